//! The database as whoever runs the server reads it, beside a running server or without one: on a connection of its
//! own, without the server's lock, and without changing anything.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _};
use shared::room::RoomKind;
use shared::{ContentHash, FileId, RoomEvent, RoomId, RoomName, RoomRef, Sequence, UploadId};

use super::{Identity, StoreError, StoredChunk, counter, files, log, named, schema};

/// Why the database cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InspectError {
    #[error("cannot open {}: {source}; --data-dir names the folder of the database", path.display())]
    NoDatabase { path: PathBuf, source: io::Error },
    #[error(
        "the database has schema {found} and this version reads {known}; start this version's server once, which \
         brings it up to date, or use the version that made it"
    )]
    OtherSchema { found: i64, known: i64 },
    #[error("the database is damaged: {0}")]
    Damaged(#[source] rusqlite::Error),
    #[error("the database cannot be read: {0}")]
    Sqlite(#[source] rusqlite::Error),
    #[error(transparent)]
    Store(StoreError),
}

impl From<rusqlite::Error> for InspectError {
    fn from(error: rusqlite::Error) -> Self {
        let is_damage = match &error {
            rusqlite::Error::SqliteFailure(cause, _) => {
                matches!(
                    cause.code,
                    ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase
                )
            }
            // What the schema promises is not there.
            rusqlite::Error::QueryReturnedNoRows
            | rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => true,
            _other => false,
        };
        if is_damage {
            Self::Damaged(error)
        } else {
            Self::Sqlite(error)
        }
    }
}

impl From<StoreError> for InspectError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Sqlite(error) => error.into(),
            refusal => Self::Store(refusal),
        }
    }
}

/// An open database.
pub(crate) struct Inspection {
    pub(super) db: Connection,
    pub(crate) identity: Identity,
}

/// A content that files have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) hash: ContentHash,
    pub(crate) size_bytes: u64,
}

/// A room as its log's reader needs it.
#[derive(Debug, Clone)]
pub(crate) struct RoomOfLog {
    pub(crate) room_id: RoomId,
    pub(crate) name: String,
    pub(crate) topic: String,
    pub(crate) kind: RoomKind,
    pub(crate) last_sequence: Sequence,
}

impl Inspection {
    /// Opens the database of this data folder.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, InspectError> {
        let path = schema::database_path(data_dir);
        // SQLite does not say why it cannot open a file.
        if let Err(source) = std::fs::File::open(&path) {
            return Err(InspectError::NoDatabase { path, source });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&path, flags)?;
        db.busy_timeout(Duration::from_secs(5))?;
        let (found, known) = (schema::version(&db)?, schema::SCHEMA_VERSION);
        if found != known {
            return Err(InspectError::OtherSchema { found, known });
        }
        let identity = schema::identity(&db)?;
        Ok(Self { db, identity })
    }

    /// What is read until [`Self::release`] is of one moment. The server's log of changes grows meanwhile, so that
    /// this should not take hours.
    pub(crate) fn hold(&self) -> Result<(), InspectError> {
        self.db.execute_batch("BEGIN")?;
        // The moment is that of the first reading.
        schema::version(&self.db)?;
        Ok(())
    }

    pub(crate) fn release(&self) -> Result<(), InspectError> {
        Ok(self.db.execute_batch("COMMIT")?)
    }

    /// Every room, by name.
    pub(crate) fn rooms(&self) -> Result<Vec<RoomOfLog>, InspectError> {
        let mut statement = self
            .db
            .prepare("SELECT id, name, topic, last_seq, kind FROM rooms ORDER BY name_key")?;
        let rooms = statement.query_map([], |row| {
            Ok(RoomOfLog {
                room_id: RoomId::from_bytes(row.get(0)?),
                name: row.get(1)?,
                topic: row.get(2)?,
                kind: named(row, 4)?,
                last_sequence: Sequence(counter(row, 3)?),
            })
        })?;
        Ok(rooms.collect::<Result<_, _>>()?)
    }

    /// The rooms that are meant: several only where hidden ones share a name that no other has.
    pub(crate) fn rooms_of(&self, room: &RoomRef) -> Result<Vec<RoomOfLog>, InspectError> {
        let mut rooms = self.rooms()?;
        match room {
            RoomRef::Id(id) => rooms.retain(|room| room.room_id == *id),
            RoomRef::Name(name) => {
                let key = name.key();
                let parsed = |room: &RoomOfLog| room.name.parse().map(|name: RoomName| name.key());
                rooms.retain(|room| parsed(room).as_ref() == Ok(&key));
                if let Some(open) = rooms.iter().position(|room| !room.kind.is_hidden()) {
                    rooms = vec![rooms.swap_remove(open)];
                }
            }
        }
        Ok(rooms)
    }

    /// The events from `from` on, ascending: at most `limit`, and fewer where they are large.
    pub(crate) fn read_page(
        &self,
        room: RoomId,
        from: Sequence,
        limit: u32,
    ) -> Result<Vec<RoomEvent>, InspectError> {
        Ok(log::page_from(&self.db, room, from, limit)?)
    }

    /// Every content, by hash.
    pub(crate) fn contents(&self) -> Result<Vec<Content>, InspectError> {
        Ok(contents(&self.db)?)
    }

    pub(crate) fn has_content(&self, content: ContentHash) -> Result<bool, InspectError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT 1 FROM blobs WHERE content_hash = ?1")?;
        Ok(statement.exists([content.as_bytes()])?)
    }

    /// The names of some files with this content, and who sent them.
    pub(crate) fn names_of(&self, content: ContentHash) -> Result<Vec<String>, InspectError> {
        let mut statement = self.db.prepare_cached(
            "SELECT files.name, people.name FROM files JOIN people ON people.id = person_id
             WHERE content_hash = ?1 LIMIT 3",
        )?;
        let names = statement.query_map([content.as_bytes()], |row| {
            let (file, person): (String, String) = (row.get(0)?, row.get(1)?);
            Ok(format!("{file} of {person}"))
        })?;
        Ok(names.collect::<Result<_, _>>()?)
    }

    /// The uploads that are no files yet, with their sizes in bytes.
    pub(crate) fn unfinished_uploads(&self) -> Result<Vec<(UploadId, u64)>, InspectError> {
        let sql = "SELECT id, size_bytes FROM uploads WHERE file_id IS NULL ORDER BY id";
        let mut statement = self.db.prepare(sql)?;
        let uploads = statement.query_map([], |row| {
            Ok((UploadId::from_bytes(row.get(0)?), counter(row, 1)?))
        })?;
        Ok(uploads.collect::<Result<_, _>>()?)
    }

    pub(crate) fn is_unfinished(&self, upload_id: UploadId) -> Result<bool, InspectError> {
        let mut statement = self
            .db
            .prepare_cached("SELECT 1 FROM uploads WHERE id = ?1 AND file_id IS NULL")?;
        Ok(statement.exists([upload_id.as_bytes()])?)
    }

    /// The chunks of an upload that are on the disk, by index.
    pub(crate) fn flushed_chunks(
        &self,
        upload_id: UploadId,
    ) -> Result<Vec<StoredChunk>, InspectError> {
        let mut chunks = files::chunks(&self.db, upload_id)?;
        chunks.retain(|chunk| chunk.flushed);
        Ok(chunks)
    }
}

pub(super) fn contents(db: &Connection) -> rusqlite::Result<Vec<Content>> {
    let mut statement =
        db.prepare("SELECT content_hash, size_bytes FROM blobs ORDER BY content_hash")?;
    let contents = statement.query_map([], |row| {
        Ok(Content {
            hash: ContentHash::from_bytes(row.get(0)?),
            size_bytes: counter(row, 1)?,
        })
    })?;
    contents.collect()
}

/// What the file of this id holds, if there is one.
pub(super) fn content_of_file(
    db: &Connection,
    file_id: FileId,
) -> rusqlite::Result<Option<ContentHash>> {
    db.prepare_cached("SELECT content_hash FROM files WHERE id = ?1")?
        .query_row([file_id.as_bytes()], |row| {
            row.get(0).map(ContentHash::from_bytes)
        })
        .optional()
}
