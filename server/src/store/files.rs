//! Uploads, their chunks, and finished files. A chunk's row says that its bytes were written; `flushed` in it, that
//! they are on the disk too. Rows that are not flushed count only after their bytes have been verified again.

use std::future::Future;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::file::ImageSize;
use shared::{
    ChunkHash, ChunkLayout, ContentHash, FileId, FileInfo, FileName, PersonId, RoomEvent, RoomId,
    TimestampMs, UploadId, UploadInfo, http,
};

use super::{Store, StoreError, admin, arrivals, counter, to_integer};

/// Unfinished uploads that a person may have at once.
const UPLOADS_MAX: u32 = 1_000;

pub(super) const TABLES: &str = "
CREATE TABLE blobs (
    content_hash BLOB PRIMARY KEY, size_bytes INTEGER NOT NULL, chunk_hashes BLOB NOT NULL,
    created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE files (
    id BLOB PRIMARY KEY, content_hash BLOB NOT NULL REFERENCES blobs(content_hash),
    person_id BLOB NOT NULL REFERENCES people(id), name TEXT NOT NULL, media_type TEXT NOT NULL,
    image_width INTEGER, image_height INTEGER, created_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_content ON files (content_hash);
CREATE INDEX files_by_person ON files (person_id);
CREATE TABLE uploads (
    id BLOB PRIMARY KEY, person_id BLOB NOT NULL REFERENCES people(id), name TEXT NOT NULL,
    size_bytes INTEGER NOT NULL, media_type TEXT, created_ms INTEGER NOT NULL, touched_ms INTEGER NOT NULL,
    file_id BLOB REFERENCES files(id)
) STRICT, WITHOUT ROWID;
CREATE INDEX uploads_by_person ON uploads (person_id) WHERE file_id IS NULL;
CREATE INDEX uploads_by_touch ON uploads (touched_ms);
CREATE TABLE upload_chunks (
    upload_id BLOB NOT NULL REFERENCES uploads(id) ON DELETE CASCADE, chunk_index INTEGER NOT NULL,
    chunk_hash BLOB NOT NULL, flushed INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (upload_id, chunk_index)
) STRICT, WITHOUT ROWID;
";

/// An upload as it was begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewUpload {
    pub(crate) upload_id: UploadId,
    pub(crate) person: PersonId,
    pub(crate) name: FileName,
    pub(crate) size_bytes: u64,
    /// As the sender said it, valid in form.
    pub(crate) media_type: Option<String>,
    pub(crate) stated: Stated,
}

/// What else was said where an upload was begun by tus.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stated {
    /// To be returned as it came.
    pub(crate) metadata: Option<String>,
    /// Where the file is to be posted.
    pub(crate) room: Option<RoomId>,
}

/// An upload as it is stored.
#[derive(Debug, Clone)]
pub(crate) struct StoredUpload {
    pub(crate) begun: NewUpload,
    /// Of the file that it is or will be.
    pub(crate) file_id: FileId,
    pub(crate) begun_at_ms: TimestampMs,
    /// When the last chunk came.
    pub(crate) touched_at_ms: TimestampMs,
    /// Set once it is finished.
    pub(crate) file: Option<FileInfo>,
}

/// A chunk whose bytes were written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StoredChunk {
    pub(crate) index: u32,
    pub(crate) hash: ChunkHash,
    pub(crate) flushed: bool,
}

/// What finishing an upload makes of it.
#[derive(Debug, Clone)]
pub(crate) struct NewFile {
    pub(crate) content_hash: ContentHash,
    /// Of every chunk, in order.
    pub(crate) chunk_hashes: Vec<ChunkHash>,
    pub(crate) media_type: String,
    pub(crate) image: Option<ImageSize>,
}

impl Store {
    /// A new upload, or the one of this id where it is the same person's and of the same name and size.
    /// [`StoreError::UploadConflict`] where it is not, [`StoreError::TooManyUploads`] for a new one too many.
    pub(crate) fn begin_upload(
        &self,
        new: NewUpload,
        now: TimestampMs,
    ) -> impl Future<Output = Result<StoredUpload, StoreError>> + Send + use<> {
        self.write(move |db| Ok((begin(db, &new, now)?, Vec::new())))
    }

    /// Bytes that the person's files may take, and bytes that they take, unfinished ones among them.
    pub(crate) async fn file_quota(&self, person: PersonId) -> Result<(u64, u64), StoreError> {
        self.read(move |db| quota(db, person)).await
    }

    /// The upload of this id, whoever's it is.
    pub(crate) async fn find_upload(
        &self,
        upload_id: UploadId,
    ) -> Result<Option<StoredUpload>, StoreError> {
        self.read(move |db| find(db, upload_id)).await
    }

    pub(crate) async fn stored_chunks(
        &self,
        upload_id: UploadId,
    ) -> Result<Vec<StoredChunk>, StoreError> {
        self.read(move |db| chunks(db, upload_id)).await
    }

    /// [`StoreError::UploadNotFound`] where the upload is finished or gone.
    pub(crate) fn record_chunk(
        &self,
        upload_id: UploadId,
        index: u32,
        hash: ChunkHash,
        now: TimestampMs,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |db| Ok((record(db, upload_id, index, &hash, now)?, Vec::new())))
    }

    pub(crate) fn drop_chunks(
        &self,
        upload_id: UploadId,
        indices: Vec<u32>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let sql = "DELETE FROM upload_chunks WHERE upload_id = ?1 AND chunk_index = ?2";
        self.write(move |db| Ok((for_chunks(db, sql, upload_id, &indices)?, Vec::new())))
    }

    /// Notes that the bytes of these chunks are on the disk.
    pub(crate) fn mark_flushed(
        &self,
        upload_id: UploadId,
        indices: Vec<u32>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let sql = "UPDATE upload_chunks SET flushed = 1 WHERE upload_id = ?1 AND chunk_index = ?2";
        self.write(move |db| Ok((for_chunks(db, sql, upload_id, &indices)?, Vec::new())))
    }

    /// Turns the upload into a file, also in the messages that await it; its content must be on the disk already.
    pub(crate) fn finish_upload(
        &self,
        upload_id: UploadId,
        new: NewFile,
        now: TimestampMs,
    ) -> impl Future<Output = Result<FileInfo, StoreError>> + Send + use<> {
        self.write(move |db| finish(db, upload_id, &new, now))
    }

    /// Forgets an upload and its chunks, and tells the messages that await it; a file that it became stays.
    pub(crate) fn forget_upload(
        &self,
        upload_id: UploadId,
        now: TimestampMs,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        self.write(move |db| Ok(((), forget(db, upload_id, now)?)))
    }

    /// The person's unfinished uploads with what is there of each, the newest first.
    pub(crate) async fn unfinished_uploads(
        &self,
        person: PersonId,
    ) -> Result<Vec<UploadInfo>, StoreError> {
        self.read(move |db| unfinished(db, person)).await
    }

    /// Uploads, finished or not, to which nothing has come since `before`.
    pub(crate) async fn uploads_untouched_since(
        &self,
        before: TimestampMs,
    ) -> Result<Vec<UploadId>, StoreError> {
        self.read(move |db| {
            let mut statement =
                db.prepare_cached("SELECT id FROM uploads WHERE touched_ms < ?1")?;
            let ids = statement.query_map([to_integer(before.0)], |row| {
                row.get(0).map(UploadId::from_bytes)
            })?;
            Ok(ids.collect::<Result<_, _>>()?)
        })
        .await
    }

    /// The hashes of a content's chunks, in order; `None` where no file has this content.
    pub(crate) async fn chunk_hashes(
        &self,
        content: ContentHash,
    ) -> Result<Option<Vec<ChunkHash>>, StoreError> {
        self.read(move |db| {
            let hashes = db
                .prepare_cached("SELECT chunk_hashes FROM blobs WHERE content_hash = ?1")?
                .query_row([content.as_bytes()], |row| {
                    Ok(hashes_from(row.get_ref(0)?.as_blob()?))
                })
                .optional()?;
            Ok(hashes)
        })
        .await
    }

    /// Forgets the contents that no file has; what lies under their hashes may be removed.
    pub(crate) fn forget_unused_blobs(
        &self,
    ) -> impl Future<Output = Result<Vec<ContentHash>, StoreError>> + Send + use<> {
        self.write(|db| {
            let mut statement = db.prepare_cached(
                "DELETE FROM blobs
                 WHERE NOT EXISTS (SELECT 1 FROM files WHERE files.content_hash = blobs.content_hash)
                 RETURNING content_hash",
            )?;
            let unused = statement.query_map([], |row| {
                row.get(0).map(ContentHash::from_bytes)
            })?;
            Ok((unused.collect::<Result<_, _>>()?, Vec::new()))
        })
    }
}

fn begin(db: &Connection, new: &NewUpload, now: TimestampMs) -> Result<StoredUpload, StoreError> {
    if let Some(stored) = find(db, new.upload_id)? {
        let begun = &stored.begun;
        let same = begun.person == new.person
            && begun.name == new.name
            && begun.size_bytes == new.size_bytes;
        return if same {
            Ok(stored)
        } else {
            Err(StoreError::UploadConflict)
        };
    }
    let unfinished: u32 = db
        .prepare_cached("SELECT count(*) FROM uploads WHERE person_id = ?1 AND file_id IS NULL")?
        .query_row([new.person.as_bytes()], |row| row.get(0))?;
    if unfinished >= UPLOADS_MAX {
        return Err(StoreError::TooManyUploads);
    }
    keep_quota(db, new)?;
    let file_id = FileId::from_bytes(super::people::random());
    db.prepare_cached(
        "INSERT INTO uploads
             (id, person_id, name, size_bytes, media_type, created_ms, touched_ms, future_id, metadata, post_in)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        new.upload_id.as_bytes(),
        new.person.as_bytes(),
        new.name.as_str(),
        to_integer(new.size_bytes),
        new.media_type,
        to_integer(now.0),
        file_id.as_bytes(),
        new.stated.metadata,
        new.stated.room.as_ref().map(RoomId::as_bytes),
    ])?;
    Ok(StoredUpload {
        begun: new.clone(),
        file_id,
        begun_at_ms: now,
        touched_at_ms: now,
        file: None,
    })
}

/// Refuses what is more than one person's files may take, unfinished ones among them.
fn keep_quota(db: &Connection, new: &NewUpload) -> Result<(), StoreError> {
    let (max, taken) = quota(db, new.person)?;
    if taken.saturating_add(new.size_bytes) <= max {
        return Ok(());
    }
    Err(StoreError::too_many_file_bytes(max))
}

/// What the person's files may take, and what they take, unfinished ones among them.
fn quota(db: &Connection, person: PersonId) -> Result<(u64, u64), StoreError> {
    let taken = db
        .prepare_cached(
            "SELECT file_bytes + (SELECT ifnull(sum(size_bytes), 0) FROM uploads
                                  WHERE person_id = ?1 AND file_id IS NULL) FROM people WHERE id = ?1",
        )?
        .query_row([person.as_bytes()], |row| counter(row, 0))?;
    Ok((admin::file_bytes_per_person_max(db)?, taken))
}

pub(super) fn find(
    db: &Connection,
    upload_id: UploadId,
) -> Result<Option<StoredUpload>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT person_id, name, size_bytes, media_type, future_id, file_id IS NOT NULL, created_ms,
                 touched_ms, metadata, post_in
             FROM uploads
             WHERE id = ?1",
        )?
        .query_row([upload_id.as_bytes()], |row| {
            let begun = NewUpload {
                upload_id,
                person: PersonId::from_bytes(row.get(0)?),
                name: FileName::repaired(row.get_ref(1)?.as_str()?),
                size_bytes: counter(row, 2)?,
                media_type: row.get(3)?,
                stated: Stated {
                    metadata: row.get(8)?,
                    room: row.get::<_, Option<_>>(9)?.map(RoomId::from_bytes),
                },
            };
            let stored = StoredUpload {
                begun,
                file_id: FileId::from_bytes(row.get(4)?),
                begun_at_ms: TimestampMs(counter(row, 6)?),
                touched_at_ms: TimestampMs(counter(row, 7)?),
                file: None,
            };
            Ok((stored, row.get(5)?))
        })
        .optional()?;
    let Some((mut stored, is_finished)) = found else {
        return Ok(None);
    };
    if is_finished {
        stored.file = file(db, stored.file_id)?;
    }
    Ok(Some(stored))
}

pub(super) fn chunks(db: &Connection, upload_id: UploadId) -> Result<Vec<StoredChunk>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT chunk_index, chunk_hash, flushed FROM upload_chunks
         WHERE upload_id = ?1 ORDER BY chunk_index",
    )?;
    let chunks = statement.query_map([upload_id.as_bytes()], |row| {
        Ok(StoredChunk {
            index: row.get(0)?,
            hash: ChunkHash::from_bytes(row.get(1)?),
            flushed: row.get(2)?,
        })
    })?;
    Ok(chunks.collect::<Result<_, _>>()?)
}

fn record(
    db: &Connection,
    upload_id: UploadId,
    index: u32,
    hash: &ChunkHash,
    now: TimestampMs,
) -> Result<(), StoreError> {
    let touched = db
        .prepare_cached("UPDATE uploads SET touched_ms = ?2 WHERE id = ?1 AND file_id IS NULL")?
        .execute(params![upload_id.as_bytes(), to_integer(now.0)])?;
    if touched == 0 {
        return Err(StoreError::UploadNotFound);
    }
    db.prepare_cached(
        "INSERT OR REPLACE INTO upload_chunks (upload_id, chunk_index, chunk_hash)
         VALUES (?1, ?2, ?3)",
    )?
    .execute(params![upload_id.as_bytes(), index, hash.as_bytes()])?;
    Ok(())
}

fn for_chunks(
    db: &Connection,
    sql: &str,
    upload_id: UploadId,
    indices: &[u32],
) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    for index in indices {
        statement.execute(params![upload_id.as_bytes(), index])?;
    }
    Ok(())
}

fn finish(
    db: &Connection,
    upload_id: UploadId,
    new: &NewFile,
    now: TimestampMs,
) -> Result<(FileInfo, Vec<RoomEvent>), StoreError> {
    let stored = find(db, upload_id)?.ok_or(StoreError::UploadNotFound)?;
    if let Some(file) = stored.file {
        return Ok((file, Vec::new()));
    }
    let (begun, file_id) = (stored.begun, stored.file_id);
    let hashes: Vec<u8> = new
        .chunk_hashes
        .iter()
        .flat_map(|hash| *hash.as_bytes())
        .collect();
    db.prepare_cached(
        "INSERT INTO blobs (content_hash, size_bytes, chunk_hashes, created_ms)
         VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        new.content_hash.as_bytes(),
        to_integer(begun.size_bytes),
        hashes,
        to_integer(now.0),
    ])?;
    db.prepare_cached(
        "INSERT INTO files
             (id, content_hash, person_id, name, media_type, image_width, image_height, created_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        file_id.as_bytes(),
        new.content_hash.as_bytes(),
        begun.person.as_bytes(),
        begun.name.as_str(),
        new.media_type,
        new.image.map(|image| image.width),
        new.image.map(|image| image.height),
        to_integer(now.0),
    ])?;
    db.prepare_cached("UPDATE uploads SET file_id = ?2, touched_ms = ?3 WHERE id = ?1")?
        .execute(params![
            upload_id.as_bytes(),
            file_id.as_bytes(),
            to_integer(now.0)
        ])?;
    db.prepare_cached("DELETE FROM upload_chunks WHERE upload_id = ?1")?
        .execute([upload_id.as_bytes()])?;
    let file = file(db, file_id)?.ok_or(StoreError::FileNotFound)?;
    let events = arrivals::arrived(db, &file, begun.person, now)?;
    Ok((file, events))
}

fn forget(
    db: &Connection,
    upload_id: UploadId,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let Some(stored) = find(db, upload_id)? else {
        return Ok(Vec::new());
    };
    let events = arrivals::withdrawn(db, stored.file_id, stored.begun.person, now)?;
    db.prepare_cached("DELETE FROM uploads WHERE id = ?1")?
        .execute([upload_id.as_bytes()])?;
    Ok(events)
}

fn unfinished(db: &Connection, person: PersonId) -> Result<Vec<UploadInfo>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, future_id, name, size_bytes, created_ms,
             (SELECT count(*) FROM upload_chunks WHERE upload_id = uploads.id),
             (SELECT max(chunk_index) + 1 FROM upload_chunks WHERE upload_id = uploads.id)
         FROM uploads WHERE person_id = ?1 AND file_id IS NULL ORDER BY created_ms DESC, id DESC",
    )?;
    let uploads = statement.query_map([person.as_bytes()], |row| {
        let size_bytes = counter(row, 3)?;
        let end: Option<u32> = row.get(6)?;
        let received = |layout: ChunkLayout| {
            let with_last = end == Some(layout.count());
            Ok::<_, rusqlite::Error>(layout.bytes_of(row.get(5)?, with_last))
        };
        Ok(UploadInfo {
            upload_id: UploadId::from_bytes(row.get(0)?),
            file_id: FileId::from_bytes(row.get(1)?),
            name: FileName::repaired(row.get_ref(2)?.as_str()?),
            size_bytes,
            received_bytes: ChunkLayout::for_size(size_bytes).map_or(Ok(0), received)?,
            begun_at_ms: TimestampMs(counter(row, 4)?),
        })
    })?;
    Ok(uploads.collect::<Result<_, _>>()?)
}

/// The file of this id, if there is one.
pub(super) fn file(db: &Connection, file_id: FileId) -> Result<Option<FileInfo>, StoreError> {
    let info = db
        .prepare_cached(
            "SELECT name, size_bytes, media_type, files.content_hash, image_width, image_height
             FROM files JOIN blobs ON blobs.content_hash = files.content_hash WHERE id = ?1",
        )?
        .query_row([file_id.as_bytes()], |row| info_from(file_id, row))
        .optional()?;
    Ok(info)
}

fn info_from(file_id: FileId, row: &Row<'_>) -> rusqlite::Result<FileInfo> {
    let name = FileName::repaired(row.get_ref(0)?.as_str()?);
    let image = match (row.get(4)?, row.get(5)?) {
        (Some(width), Some(height)) => Some(ImageSize { width, height }),
        (_, _) => None,
    };
    Ok(FileInfo {
        file_id,
        size_bytes: counter(row, 1)?,
        media_type: row.get(2)?,
        content_hash: ContentHash::from_bytes(row.get(3)?),
        link: http::file_link(file_id, &name),
        name,
        image,
    })
}

pub(super) fn hashes_from(bytes: &[u8]) -> Vec<ChunkHash> {
    let (hashes, _) = bytes.as_chunks();
    hashes.iter().copied().map(ChunkHash::from_bytes).collect()
}
