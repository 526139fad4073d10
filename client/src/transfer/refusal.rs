//! What to do about a refusal: wait and repeat, or say so.

use shared::{ErrorCode, ErrorReply, TimestampMs};

/// Waits this long where the server does not say how long; doubled while it goes on refusing.
const RETRY_AFTER_MS: u64 = 2_000;
const RETRY_AFTER_MAX_MS: u64 = 60_000;
/// Waits no longer, whatever the server says.
const ASKED_MAX_MS: u64 = 600_000;

/// Whether the same request may succeed later: the server says when, or it is the server's own trouble.
pub(crate) fn is_temporary(error: &ErrorReply) -> bool {
    error.retry_after_ms.is_some()
        || matches!(
            error.code,
            ErrorCode::RateLimited
                | ErrorCode::FileArriving
                | ErrorCode::StorageFull
                | ErrorCode::TooManyConnections
                | ErrorCode::TimedOut
                | ErrorCode::ShuttingDown
                | ErrorCode::Internal
        )
}

/// A pause that the server asked for.
#[derive(Debug, Default)]
pub(crate) struct Hold {
    until: Option<TimestampMs>,
    times: u32,
}

impl Hold {
    /// The request failed for the moment.
    pub(crate) fn refused(&mut self, error: &ErrorReply, now: TimestampMs) {
        let own_ms = RETRY_AFTER_MAX_MS.min(RETRY_AFTER_MS << self.times.min(16));
        self.times = self.times.saturating_add(1);
        let wait_ms = error.retry_after_ms.unwrap_or(own_ms);
        let until = now.plus_ms(wait_ms.min(ASKED_MAX_MS));
        self.until = self.until.max(Some(until));
    }

    /// A request succeeded. One that was sent before the pause does not end it.
    pub(crate) fn succeeded(&mut self) {
        if self.until.is_none() {
            self.times = 0;
        }
    }

    pub(crate) fn is_on(&self, now: TimestampMs) -> bool {
        self.until.is_some_and(|until| now < until)
    }

    /// When it ends, where it has not.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        self.until
    }

    /// Whether it ended by now.
    pub(crate) fn timeout(&mut self, now: TimestampMs) -> bool {
        self.until.take_if(|until| *until <= now).is_some()
    }
}
