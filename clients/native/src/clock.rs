//! The time that the core is told: the wall clock once, then a clock that never goes back.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use shared::TimestampMs;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    started: Instant,
    started_at: TimestampMs,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let ms = since.unwrap_or_default().as_millis();
        Self {
            started: Instant::now(),
            started_at: TimestampMs(u64::try_from(ms).unwrap_or(u64::MAX)),
        }
    }

    pub(crate) fn now(&self) -> TimestampMs {
        let ms = self.started.elapsed().as_millis();
        self.started_at
            .plus_ms(u64::try_from(ms).unwrap_or(u64::MAX))
    }

    /// When it will be `at`; at most a day from now, which is soon enough to ask again.
    pub(crate) fn instant(&self, at: Option<TimestampMs>) -> Instant {
        const DAY_MS: u64 = 24 * 60 * 60 * 1000;
        let now = self.now();
        let ms = at.map_or(DAY_MS, |at| at.since_ms(now).min(DAY_MS));
        Instant::now() + Duration::from_millis(ms)
    }
}
