//! A word for whoever serves somebody otherwise than by a mailbox, a request over HTTP or a large payload: somebody may
//! have lost what they were allowed, so the store is to be asked again.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// However often something is lost, nobody asks the store more often than this.
const PAUSE: Duration = Duration::from_millis(200);

/// Hears of losses from when it was made.
#[derive(Debug, Clone)]
pub(crate) struct Losses {
    counted: watch::Receiver<u64>,
    not_before: Instant,
}

impl Losses {
    pub(super) fn new(counted: watch::Receiver<u64>) -> Self {
        Self {
            counted,
            not_before: Instant::now(),
        }
    }

    /// Ready once anybody has lost anything since the last time.
    pub(crate) async fn next(&mut self) {
        if self.counted.changed().await.is_err() {
            // Nothing is lost any more where there is no hub.
            std::future::pending::<()>().await;
        }
        sleep_until(self.not_before).await;
        self.counted.mark_unchanged();
        self.not_before = Instant::now() + PAUSE;
    }

    /// Whether [`Self::next`] would be ready.
    pub(crate) fn are_there(&self) -> bool {
        self.counted.has_changed().unwrap_or(false)
    }
}
