//! The server's limit on messages, as PROTOCOL.md describes it.

use shared::{ErrorCode, ErrorReply};

use super::error;

/// Whoever was refused is refused for so long at least.
const REFUSED_MIN_MS: u64 = 1_000;

/// So many at once, and one more each `every_ms`.
pub(crate) struct Rate {
    burst: u64,
    every_ms: u64,
    /// When a whole burst may be sent again.
    full_at: u64,
    refused_until: u64,
    pub(crate) refused: usize,
}

impl Rate {
    pub(crate) fn new(burst: u64, every_ms: u64) -> Self {
        Self {
            burst,
            every_ms,
            full_at: 0,
            refused_until: 0,
            refused: 0,
        }
    }

    pub(super) fn refuses(&mut self, now: u64) -> Option<ErrorReply> {
        let after = self.full_at.max(now) + self.every_ms;
        let early = after.saturating_sub(now + self.burst * self.every_ms);
        if now >= self.refused_until && early == 0 {
            self.full_at = after;
            return None;
        }
        if now >= self.refused_until {
            self.refused_until = now + early.max(REFUSED_MIN_MS);
        }
        self.refused += 1;
        let wait = self.refused_until - now;
        Some(error(ErrorCode::RateLimited, Some(wait)))
    }
}
