//! Copies of the whole database, as of one moment: how one is taken, and how another database is made of it.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::check::one_line;
use super::inspect::{self, Content, InspectError, Inspection};
use super::{Identity, OpenError, counter, schema};

/// Copied between two words about progress: 16 MiB.
const PAGES_PER_STEP: i32 = 4096;
/// Only another connection to the copy could keep it waiting, and there is none.
const BUSY_PAUSE: Duration = Duration::from_millis(50);

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error(transparent)]
    Source(#[from] InspectError),
    #[error("the database is damaged: {0}; chinwag-server fsck tells more")]
    Damaged(String),
    #[error("cannot write {}: {source}", path.display())]
    Unwritable {
        path: PathBuf,
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// What a copy holds.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) identity: Identity,
    pub(crate) rooms: u64,
    pub(crate) events: u64,
    pub(crate) files: u64,
    /// What the files need, by hash.
    pub(crate) contents: Vec<Content>,
    /// Unfinished uploads of the database that are not in the copy.
    pub(crate) uploads_left_out: u64,
}

impl Snapshot {
    /// Copies the database of this data folder to `target`, in one file. The server may be writing, and does not
    /// wait: a reader of one moment holds up nobody. `copied` is told of how many bytes of how many are copied.
    pub(crate) fn take(
        data_dir: &Path,
        target: &Path,
        copied: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, SnapshotError> {
        let unwritable =
            |source: Box<dyn std::error::Error + Send + Sync>| SnapshotError::Unwritable {
                path: target.to_owned(),
                source,
            };
        remove(target).map_err(|error| unwritable(error.into()))?;
        let source = Inspection::open(data_dir)?;
        // Otherwise every step would begin anew where something was written since the last one.
        source.hold()?;
        let mut copy = Connection::open(target).map_err(|error| unwritable(error.into()))?;
        copy_pages(&source.db, &mut copy, copied).map_err(|error| unwritable(error.into()))?;
        source.release()?;
        drop(source);
        let snapshot = tidy(&mut copy).map_err(|error| unwritable(error.into()))?;
        // The earlier backup of an intact database is worth more than this one.
        let verdict: String = copy
            .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
            .map_err(InspectError::from)?;
        if verdict != "ok" {
            return Err(SnapshotError::Damaged(one_line(&verdict)));
        }
        drop(copy);
        let flushed = File::open(target).and_then(|file| file.sync_all());
        flushed.map_err(|error| unwritable(error.into()))?;
        Ok(snapshot)
    }
}

/// Removes what an earlier run left, with the journal that would be taken for the new file's.
fn remove(path: &Path) -> io::Result<()> {
    let mut journal = path.as_os_str().to_owned();
    journal.push("-journal");
    for path in [path, Path::new(&journal)] {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

fn copy_pages(
    source: &Connection,
    copy: &mut Connection,
    copied: &mut dyn FnMut(u64, u64),
) -> rusqlite::Result<()> {
    let page_bytes: u64 = source.query_row("PRAGMA page_size", [], |row| counter(row, 0))?;
    let backup = Backup::new(source, copy)?;
    loop {
        let step = backup.step(PAGES_PER_STEP)?;
        let progress = backup.progress();
        let total = u64::try_from(progress.pagecount).unwrap_or_default();
        let left = u64::try_from(progress.remaining).unwrap_or_default();
        copied(total.saturating_sub(left) * page_bytes, total * page_bytes);
        match step {
            StepResult::Done => return Ok(()),
            StepResult::More => {}
            StepResult::Busy | StepResult::Locked => std::thread::sleep(BUSY_PAUSE),
            _other => return Err(rusqlite::Error::InvalidQuery),
        }
    }
}

/// Makes a single file of the copy, without what means nothing elsewhere: an unfinished upload's bytes are not in a
/// backup, and its sender begins it again. Those that messages carry stay without them, so that what is sent again is
/// what these await.
fn tidy(copy: &mut Connection) -> rusqlite::Result<Snapshot> {
    copy.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = ON;")?;
    let transaction = copy.transaction()?;
    let uploads_left_out = transaction.query_row(
        "SELECT count(*) FROM uploads WHERE file_id IS NULL",
        [],
        |row| counter(row, 0),
    )?;
    transaction.execute_batch(
        "DELETE FROM upload_chunks;
         DELETE FROM uploads WHERE file_id IS NULL
             AND NOT EXISTS (SELECT 1 FROM arrivals WHERE arrivals.file_id = future_id);",
    )?;
    transaction.execute(
        "DELETE FROM blobs
         WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.content_hash = blobs.content_hash)",
        [],
    )?;
    let count = |sql: &str| transaction.query_row(sql, [], |row| counter(row, 0));
    let snapshot = Snapshot {
        identity: schema::identity(&transaction)?,
        rooms: count("SELECT count(*) FROM rooms")?,
        events: count("SELECT ifnull(sum(last_seq), 0) FROM rooms")?,
        files: count("SELECT count(*) FROM files")?,
        contents: inspect::contents(&transaction)?,
        uploads_left_out,
    };
    transaction.commit()?;
    Ok(snapshot)
}

/// Makes another database of the copy at `path`, which may be of an older version: clients resynchronise with it, and
/// other uploads belong to it. What its files need, by hash.
pub(crate) fn adopt(path: &Path) -> Result<(Identity, Vec<Content>), OpenError> {
    let mut db = Connection::open(path)?;
    db.execute_batch("PRAGMA journal_mode = DELETE; PRAGMA foreign_keys = ON;")?;
    schema::prepare(&mut db)?;
    let transaction = db.transaction()?;
    let identity = schema::renew(&transaction)?;
    let contents = inspect::contents(&transaction)?;
    transaction.commit()?;
    Ok((identity, contents))
}
