//! Whether the disk has room for more: what is refused early can be tried again, and what fails in the middle of a
//! commit costs everyone else.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Below this nothing more is written, so that what is committed can still be moved into the database.
pub(super) const FREE_BYTES_MIN: u64 = 32 << 20;
/// Much less than [`FREE_BYTES_MIN`] is written in this time.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

pub(super) struct Space {
    path: PathBuf,
    free_bytes_min: u64,
    checked_at: Option<Instant>,
    is_low: bool,
}

impl Space {
    pub(super) fn new(path: &Path, free_bytes_min: u64) -> Self {
        Self {
            path: path.to_owned(),
            free_bytes_min,
            checked_at: None,
            is_low: false,
        }
    }

    /// Whether too little is free; asks the file system now and then.
    pub(super) fn is_low(&mut self) -> bool {
        let now = Instant::now();
        let due = self
            .checked_at
            .is_none_or(|checked_at| now.duration_since(checked_at) >= CHECK_INTERVAL);
        if due {
            self.checked_at = Some(now);
            let was_low = self.is_low;
            // Where it cannot be asked, writing will tell.
            self.is_low = rustix::fs::statvfs(&self.path).is_ok_and(|disk| {
                disk.f_bavail.saturating_mul(disk.f_frsize) < self.free_bytes_min
            });
            match (was_low, self.is_low) {
                (false, true) => tracing::error!(
                    "the disk of {} is nearly full; nothing more is stored until there is room",
                    self.path.display()
                ),
                (true, false) => tracing::info!("the disk has room again"),
                (false, false) | (true, true) => {}
            }
        }
        self.is_low
    }
}
