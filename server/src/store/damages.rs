//! Contents that are read again now and then, and what was found to be lost of them.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{ChunkHash, ContentHash, FileId, TimestampMs};

use super::audit::{self, Action};
use super::{Store, StoreError, counter, to_integer};

/// In `meta`: how far the content is that is being read.
const PLACE: &str = "scrub";
/// Of a content hash and the index behind it.
const HASH_BYTES: usize = 32;

/// Where in a content reading goes on after a restart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ScrubPlace {
    pub(crate) content: ContentHash,
    /// The next chunk.
    pub(crate) next: u32,
}

/// What is to be read next.
#[derive(Debug)]
pub(crate) struct ToScrub {
    /// With their sizes, those first that were not read for longest.
    pub(crate) contents: Vec<(ContentHash, u64)>,
    pub(crate) place: Option<ScrubPlace>,
}

impl Store {
    /// Notes that a chunk is lost, and tells the audit log where that is new. The files that have the content.
    pub(crate) async fn note_damage(
        &self,
        content: ContentHash,
        index: u32,
        now: TimestampMs,
    ) -> Result<Vec<FileId>, StoreError> {
        self.write(move |db| Ok((note(db, content, index, now)?, Vec::new())))
            .await
    }

    /// Whether a part of the content was found to be lost.
    pub(crate) async fn is_damaged(&self, content: ContentHash) -> Result<bool, StoreError> {
        self.read(move |db| {
            let mut statement =
                db.prepare_cached("SELECT 1 FROM damages WHERE content_hash = ?1 LIMIT 1")?;
            Ok(statement.exists([content.as_bytes()])?)
        })
        .await
    }

    /// It is whole again.
    pub(crate) async fn forget_damages(&self, content: ContentHash) -> Result<(), StoreError> {
        self.write(move |db| Ok((forget(db, content)?, Vec::new())))
            .await
    }

    /// The hash of one chunk of a content; `None` where no file has the content, or it has no such chunk.
    pub(crate) async fn chunk_hash(
        &self,
        content: ContentHash,
        index: u32,
    ) -> Result<Option<ChunkHash>, StoreError> {
        self.read(move |db| {
            let hash: Option<Vec<u8>> = db
                .prepare_cached(
                    "SELECT substr(chunk_hashes, ?2 * 32 + 1, 32) FROM blobs WHERE content_hash = ?1",
                )?
                .query_row(params![content.as_bytes(), index], |row| row.get(0))
                .optional()?;
            let hash = hash.and_then(|hash| hash.try_into().ok());
            Ok(hash.map(ChunkHash::from_bytes))
        })
        .await
    }

    /// Contents that were not found to be whole since `before`, in milliseconds since 1970.
    pub(crate) async fn contents_to_scrub(
        &self,
        before: u64,
        limit: u32,
    ) -> Result<ToScrub, StoreError> {
        self.read(move |db| {
            let mut statement = db.prepare_cached(
                "SELECT content_hash, size_bytes FROM blobs WHERE verified_ms < ?1
                 ORDER BY verified_ms, content_hash LIMIT ?2",
            )?;
            let contents = statement.query_map(params![to_integer(before), limit], |row| {
                Ok((ContentHash::from_bytes(row.get(0)?), counter(row, 1)?))
            })?;
            Ok(ToScrub {
                contents: contents.collect::<Result<_, _>>()?,
                place: place(db)?,
            })
        })
        .await
    }

    /// Notes which contents were read, those that are not whole among them, and where in the next one reading is.
    pub(crate) async fn note_scrub(
        &self,
        read: Vec<(ContentHash, bool)>,
        place: Option<ScrubPlace>,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        self.write(move |db| {
            for (content, is_whole) in read {
                db.prepare_cached("UPDATE blobs SET verified_ms = ?2 WHERE content_hash = ?1")?
                    .execute(params![content.as_bytes(), to_integer(now.0)])?;
                if is_whole {
                    // Somebody has put it right.
                    forget(db, content)?;
                }
            }
            let place = place
                .map(|place| [&place.content.as_bytes()[..], &place.next.to_le_bytes()].concat());
            match place {
                Some(place) => db
                    .prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?1, ?2)")?
                    .execute(params![PLACE, place])?,
                None => db
                    .prepare_cached("DELETE FROM meta WHERE key = ?1")?
                    .execute([PLACE])?,
            };
            Ok(((), Vec::new()))
        })
        .await
    }
}

fn note(
    db: &Connection,
    content: ContentHash,
    index: u32,
    now: TimestampMs,
) -> Result<Vec<FileId>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT id FROM files WHERE content_hash = ?1 ORDER BY created_ms")?;
    let files = statement.query_map([content.as_bytes()], |row| {
        row.get(0).map(FileId::from_bytes)
    })?;
    let files: Vec<FileId> = files.collect::<Result<_, _>>()?;
    let is_new = db
        .prepare_cached(
            "INSERT INTO damages (content_hash, chunk_index, found_ms)
             SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM blobs WHERE content_hash = ?1)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![content.as_bytes(), index, to_integer(now.0)])?;
    if is_new > 0 {
        let names: Vec<String> = files.iter().map(ToString::to_string).collect();
        let what = format!(
            "chunk {index} of {content}, which is file {}",
            names.join(", ")
        );
        audit::append(db, None, Action::FindDamage, &what, now)?;
    }
    Ok(files)
}

fn forget(db: &Connection, content: ContentHash) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM damages WHERE content_hash = ?1")?
        .execute([content.as_bytes()])?;
    Ok(())
}

fn place(db: &Connection) -> Result<Option<ScrubPlace>, StoreError> {
    let stored: Option<Vec<u8>> = db
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")?
        .query_row([PLACE], |row| row.get(0))
        .optional()?;
    let parts = stored
        .as_deref()
        .and_then(<[u8]>::split_first_chunk::<HASH_BYTES>);
    Ok(parts.and_then(|(content, next)| {
        Some(ScrubPlace {
            content: ContentHash::from_bytes(*content),
            next: u32::from_le_bytes(next.try_into().ok()?),
        })
    }))
}
