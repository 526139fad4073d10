//! What slows down those who ask too much: guesses at passwords wait longer and longer.

use std::time::Duration;

use shared::{ErrorCode, ErrorReply, RequestId};

mod backoff;
mod bounded;

pub use backoff::{Attempt, Backoff};

/// Why something is refused for now, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much was asked for; again in {} ms", .0.as_millis())]
pub struct RetryAfter(pub Duration);

impl RetryAfter {
    /// At least 1, so that whoever waits for it does wait.
    pub fn ms(self) -> u64 {
        // Rounded up: a client that comes back to the millisecond must not be early.
        let ms = self.0.as_nanos().div_ceil(1_000_000);
        u64::try_from(ms).unwrap_or(u64::MAX).max(1)
    }

    /// The answer to the request.
    pub fn reply(self, request_id: RequestId, message: impl Into<String>) -> ErrorReply {
        ErrorReply {
            request_id,
            retry_after_ms: Some(self.ms()),
            ..ErrorReply::new(ErrorCode::RateLimited, message)
        }
    }
}
