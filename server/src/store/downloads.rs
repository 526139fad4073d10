//! Downloads by those who have nothing but a file's link: how often they began, and which of them may go on.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{FileId, TimestampMs};

use super::{Store, StoreError, to_integer};

/// For so long after its beginning a download may go on.
const GOES_ON_MS: u64 = 24 * 3600 * 1000;

/// Where a download is from, as a hash that is of one file only.
pub(crate) type Origin = [u8; 16];

/// What is asked for of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Portion {
    /// All of it from its beginning: another download, unless the last one from there broke off.
    Whole,
    /// A range, by which a download goes on, if one was begun from there.
    Part,
}

impl Store {
    /// Whether a download may begin, or go on. Nothing is counted.
    pub(crate) async fn may_download(
        &self,
        file_id: FileId,
        origin: Origin,
        now: TimestampMs,
    ) -> Result<bool, StoreError> {
        self.read(move |db| Ok(are_left(db, file_id)? || goes_on(db, file_id, origin, now)?))
            .await
    }

    /// Whether a download may begin, or begin anew after it broke off. Nothing is counted.
    pub(crate) async fn may_begin_download(
        &self,
        file_id: FileId,
        origin: Origin,
        now: TimestampMs,
    ) -> Result<bool, StoreError> {
        self.read(move |db| Ok(are_left(db, file_id)? || has_broken(db, file_id, origin, now)?))
            .await
    }

    /// Notes that a whole download was cut off, or given up. Queued at the call.
    pub(crate) fn download_broke(
        &self,
        file_id: FileId,
        origin: Origin,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |db| {
            db.prepare_cached(
                "UPDATE downloads SET broke = 1 WHERE file_id = ?1 AND network = ?2",
            )?
            .execute(params![file_id.as_bytes(), origin])?;
            Ok(((), Vec::new()))
        })
    }

    /// Whether a download was begun from there and may go on.
    pub(crate) async fn goes_on(
        &self,
        file_id: FileId,
        origin: Origin,
        now: TimestampMs,
    ) -> Result<bool, StoreError> {
        self.read(move |db| goes_on(db, file_id, origin, now)).await
    }

    /// Lets a download go on, or counts one that begins: false, where no more may. Queued at the call.
    pub(crate) fn begin_download(
        &self,
        file_id: FileId,
        origin: Origin,
        portion: Portion,
        now: TimestampMs,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send + use<> {
        self.write(move |db| Ok((begin(db, file_id, origin, portion, now)?, Vec::new())))
    }

    /// Forgets downloads that may not go on any more.
    pub(crate) async fn forget_downloads(&self, now: TimestampMs) -> Result<(), StoreError> {
        let end = to_integer(now.0.saturating_sub(GOES_ON_MS));
        self.write(move |db| {
            db.prepare_cached("DELETE FROM downloads WHERE begun_ms <= ?1")?
                .execute([end])?;
            Ok(((), Vec::new()))
        })
        .await
    }
}

fn begin(
    db: &Connection,
    file_id: FileId,
    origin: Origin,
    portion: Portion,
    now: TimestampMs,
) -> Result<bool, StoreError> {
    let goes_on = match portion {
        Portion::Part => goes_on(db, file_id, origin, now)?,
        Portion::Whole => has_broken(db, file_id, origin, now)?,
    };
    if goes_on {
        if portion == Portion::Whole {
            // Once only, until it breaks again.
            db.prepare_cached(
                "UPDATE downloads SET broke = 0 WHERE file_id = ?1 AND network = ?2",
            )?
            .execute(params![file_id.as_bytes(), origin])?;
        }
        return Ok(true);
    }
    let counted = db
        .prepare_cached(
            "UPDATE files SET downloads = downloads + 1, downloads_left = downloads_left - 1
             WHERE id = ?1 AND (downloads_left IS NULL OR downloads_left > 0)",
        )?
        .execute([file_id.as_bytes()])?;
    if counted == 0 {
        return Ok(false);
    }
    db.prepare_cached(
        "INSERT OR REPLACE INTO downloads (file_id, network, begun_ms) VALUES (?1, ?2, ?3)",
    )?
    .execute(params![file_id.as_bytes(), origin, to_integer(now.0)])?;
    Ok(true)
}

fn are_left(db: &Connection, file_id: FileId) -> Result<bool, StoreError> {
    let left: Option<Option<i64>> = db
        .prepare_cached("SELECT downloads_left FROM files WHERE id = ?1")?
        .query_row([file_id.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(left.is_some_and(|left| left.is_none_or(|left| left > 0)))
}

fn has_broken(
    db: &Connection,
    file_id: FileId,
    origin: Origin,
    now: TimestampMs,
) -> Result<bool, StoreError> {
    let since = to_integer(now.0.saturating_sub(GOES_ON_MS));
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM downloads
             WHERE file_id = ?1 AND network = ?2 AND begun_ms > ?3 AND broke = 1",
        )?
        .exists(params![file_id.as_bytes(), origin, since])?)
}

fn goes_on(
    db: &Connection,
    file_id: FileId,
    origin: Origin,
    now: TimestampMs,
) -> Result<bool, StoreError> {
    let since = to_integer(now.0.saturating_sub(GOES_ON_MS));
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM downloads WHERE file_id = ?1 AND network = ?2 AND begun_ms > ?3",
        )?
        .exists(params![file_id.as_bytes(), origin, since])?)
}
