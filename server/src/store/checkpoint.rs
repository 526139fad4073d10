//! Moves what is committed from the write-ahead log into the database, on a thread and connection of its own, so
//! that no commit waits for it.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::{OpenError, schema};

/// Pages that many commits change are moved once, so this pays; about 16 MiB of log where messages are short.
const JOBS_BETWEEN: usize = 2048;
/// From here on the log is restarted even if the writer has to wait for it.
const LOG_BYTES_MAX: u64 = 256 << 20;

/// So long may the log's restart take, for which the writer has to wait: a reader may be in its way.
const RESTART_WAIT: Duration = Duration::from_millis(250);
/// After a restart that did not come about.
const RESTART_PAUSE: Duration = Duration::from_secs(1);
/// Pages that are written during a checkpoint, at most. More than these cannot be moved because somebody reads as of
/// an old moment, which a backup does for long.
const PAGES_MEANWHILE: i64 = 4096;

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
    connection.busy_timeout(RESTART_WAIT)?;
    let log = log_path(path);
    let mut failed_at: Option<Instant> = None;
    let (bell, rings) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("store-checkpoint".into())
        .spawn(move || {
            while rings.recv().is_ok() {
                let paused = failed_at.is_some_and(|at| at.elapsed() < RESTART_PAUSE);
                let log_bytes_max = if paused { u64::MAX } else { LOG_BYTES_MAX };
                match checkpoint(&connection, &log, log_bytes_max) {
                    Ok(Log::Restarted) => failed_at = None,
                    Ok(Log::InUse) => failed_at = Some(Instant::now()),
                    Ok(Log::GoesOn) => {}
                    Err(error) => {
                        tracing::warn!(%error, "a checkpoint failed; the next one will do its work");
                    }
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

/// What a checkpoint did to the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    GoesOn,
    Restarted,
    /// It was to be restarted, but somebody kept it in use.
    InUse,
}

/// Moves what can be moved, and restarts the log where it is larger than this.
pub(super) fn checkpoint(db: &Connection, log: &Path, log_bytes_max: u64) -> rusqlite::Result<Log> {
    let ran = |mode| {
        db.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], |row| {
            Ok((
                row.get::<_, bool>(0)?,
                row.get::<_, i64>(1)?,
                row.get::<_, i64>(2)?,
            ))
        })
    };
    let (_, pages, moved) = ran("PASSIVE")?;
    // Under steady writing that never reaches the end, which alone lets the log start over.
    let large = std::fs::metadata(log).is_ok_and(|log| log.len() > log_bytes_max);
    if !large || pages - moved > PAGES_MEANWHILE {
        return Ok(Log::GoesOn);
    }
    let (in_use, ..) = ran("TRUNCATE")?;
    Ok(if in_use { Log::InUse } else { Log::Restarted })
}
