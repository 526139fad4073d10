//! Moves what is committed from the write-ahead log into the database, on a thread and connection of its own, so
//! that no commit waits for it.

use std::path::{Path, PathBuf};
use std::sync::mpsc;

use rusqlite::Connection;

use super::{OpenError, schema};

/// Pages that many commits change are moved once, so this pays; about 16 MiB of log where messages are short.
const JOBS_BETWEEN: usize = 2048;
/// From here on the log is restarted even if the writer has to wait for it.
const LOG_BYTES_MAX: u64 = 256 << 20;

/// The writer's side: counts, and rings when enough has been committed. Dropping it ends the thread.
pub(super) struct Checkpoints {
    bell: mpsc::SyncSender<()>,
    jobs: usize,
}

impl Checkpoints {
    pub(super) fn committed(&mut self, jobs: usize) {
        self.jobs += jobs;
        // A full bell has been rung already.
        if self.jobs >= JOBS_BETWEEN && self.bell.try_send(()).is_ok() {
            self.jobs = 0;
        }
    }
}

pub(super) fn start(path: &Path) -> Result<Checkpoints, OpenError> {
    let connection = schema::connect(path)?;
    let log = log_path(path);
    let (bell, rings) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("store-checkpoint".into())
        .spawn(move || {
            while rings.recv().is_ok() {
                if let Err(error) = checkpoint(&connection, &log) {
                    tracing::warn!(%error, "a checkpoint failed; the next one will do its work");
                }
            }
        })?;
    Ok(Checkpoints { bell, jobs: 0 })
}

pub(super) fn log_path(path: &Path) -> PathBuf {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

pub(super) fn checkpoint(db: &Connection, log: &Path) -> rusqlite::Result<()> {
    // Under steady writing a passive checkpoint never reaches the end, which alone lets the log start over.
    let large = std::fs::metadata(log).is_ok_and(|log| log.len() > LOG_BYTES_MAX);
    let mode = if large { "TRUNCATE" } else { "PASSIVE" };
    db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |_| Ok(()))
}
