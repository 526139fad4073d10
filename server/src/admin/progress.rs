//! How far something long has come, on standard error, every few seconds, where somebody sits in front of it.

use std::io::{IsTerminal as _, stderr};
use std::time::{Duration, Instant};

const INTERVAL: Duration = Duration::from_secs(5);

/// Says nothing of what is done within [`INTERVAL`].
pub(super) struct Progress {
    doing: &'static str,
    told_at: Instant,
    done: u64,
    total: u64,
}

impl Progress {
    /// A `total` that is not known yet comes with [`Self::at`].
    pub(super) fn new(doing: &'static str, total: u64) -> Self {
        Self {
            doing,
            told_at: Instant::now(),
            done: 0,
            total,
        }
    }

    pub(super) fn advance(&mut self, by: u64) {
        self.at(self.done + by, self.total);
    }

    pub(super) fn at(&mut self, done: u64, total: u64) {
        self.done = done;
        self.total = total;
        if self.told_at.elapsed() >= INTERVAL && stderr().is_terminal() {
            self.told_at = Instant::now();
            // In u128 no product is too large.
            let percent = u128::from(done) * 100 / u128::from(total.max(1));
            eprintln!("{}: {percent} %", self.doing);
        }
    }
}
