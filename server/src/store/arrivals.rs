//! Files that messages carry before they are there. Such a message names the file that an upload of its sender will
//! become. Once it has, or never will, the message in the log says so, and an event tells who has read it before.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::{
    ArrivingFile, EventBody, FileId, FileInfo, FileName, PersonId, RoomEvent, RoomId, Sequence,
    TimestampMs, UploadId, http,
};

use super::{Store, StoreError, StoredUpload, attachments, counter, files, log, rooms, to_integer};

pub(super) const TABLES: &str = "
-- Of the file that the upload becomes.
ALTER TABLE uploads ADD COLUMN future_id BLOB;
UPDATE uploads SET future_id = ifnull(file_id, randomblob(16));
CREATE UNIQUE INDEX uploads_by_future ON uploads (future_id);
-- The messages that carry it already.
CREATE TABLE arrivals (
    file_id BLOB NOT NULL REFERENCES uploads(future_id), room_id BLOB NOT NULL REFERENCES rooms(id),
    sequence INTEGER NOT NULL, PRIMARY KEY (file_id, room_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX arrivals_by_message ON arrivals (room_id, sequence);
";

impl Store {
    /// The rooms in which messages await the file.
    pub(crate) async fn awaiting_rooms(&self, file_id: FileId) -> Result<Vec<RoomId>, StoreError> {
        self.read(move |db| {
            let mut statement =
                db.prepare_cached("SELECT DISTINCT room_id FROM arrivals WHERE file_id = ?1")?;
            let rooms = statement.query_map([file_id.as_bytes()], |row| {
                row.get(0).map(RoomId::from_bytes)
            })?;
            Ok(rooms.collect::<Result<_, _>>()?)
        })
        .await
    }
}

/// The unfinished upload that will become the file.
pub(super) fn upload_of(
    db: &Connection,
    file_id: FileId,
) -> Result<Option<StoredUpload>, StoreError> {
    let upload: Option<[u8; 16]> = db
        .prepare_cached("SELECT id FROM uploads WHERE future_id = ?1 AND file_id IS NULL")?
        .query_row([file_id.as_bytes()], |row| row.get(0))
        .optional()?;
    match upload {
        Some(upload) => files::find(db, UploadId::from_bytes(upload)),
        None => Ok(None),
    }
}

/// The file that an unfinished upload of the sender will become, for the place that it has in a message.
pub(super) fn find(
    db: &Connection,
    file_id: FileId,
    sender: PersonId,
    place: usize,
) -> Result<Option<ArrivingFile>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT name, size_bytes, media_type FROM uploads
             WHERE future_id = ?1 AND person_id = ?2 AND file_id IS NULL",
        )?
        .query_row([&file_id.as_bytes()[..], &sender.as_bytes()[..]], |row| {
            let name = FileName::repaired(row.get_ref(0)?.as_str()?);
            Ok(ArrivingFile {
                file_id,
                place: u32::try_from(place).unwrap_or(u32::MAX),
                size_bytes: counter(row, 1)?,
                media_type: row.get(2)?,
                link: http::file_link(file_id, &name),
                name,
                withdrawn: false,
            })
        })
        .optional()?;
    Ok(found)
}

/// Notes that the message awaits the file.
pub(super) fn expect(
    db: &Connection,
    file_id: FileId,
    room: RoomId,
    sequence: Sequence,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO arrivals (file_id, room_id, sequence) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    )?
    .execute(params![
        file_id.as_bytes(),
        room.as_bytes(),
        to_integer(sequence.0)
    ])?;
    Ok(())
}

/// The message awaits nothing any more.
pub(super) fn forget(db: &Connection, room: RoomId, sequence: Sequence) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM arrivals WHERE room_id = ?1 AND sequence = ?2")?
        .execute(params![room.as_bytes(), to_integer(sequence.0)])?;
    Ok(())
}

/// Puts the file, which is there now, into the messages that await it. In rooms that its sender is no longer in, they
/// are told that it will not come: whoever was put out brings nothing in.
pub(super) fn arrived(
    db: &Connection,
    file: &FileInfo,
    sender: PersonId,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    settle(db, file.file_id, Some(file), sender, now)
}

/// Tells the messages that await the file that it will not come.
pub(super) fn withdrawn(
    db: &Connection,
    file_id: FileId,
    sender: PersonId,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    settle(db, file_id, None, sender, now)
}

/// [`withdrawn`] for all unfinished uploads of a person.
pub(super) fn all_withdrawn(
    db: &Connection,
    sender: PersonId,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let mut statement = db
        .prepare_cached("SELECT future_id FROM uploads WHERE person_id = ?1 AND file_id IS NULL")?;
    let files = statement.query_map([sender.as_bytes()], |row| {
        row.get(0).map(FileId::from_bytes)
    })?;
    let files: Vec<_> = files.collect::<Result<_, _>>()?;
    let mut events = Vec::new();
    for file_id in files {
        events.extend(withdrawn(db, file_id, sender, now)?);
    }
    Ok(events)
}

fn settle(
    db: &Connection,
    file_id: FileId,
    file: Option<&FileInfo>,
    sender: PersonId,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let awaiting = take_awaiting(db, file_id)?;
    if awaiting.is_empty() {
        return Ok(Vec::new());
    }
    let sender = rooms::person(db, sender)?;
    let mut events = Vec::new();
    for (room, sequence) in awaiting {
        let Some(message) = log::event(db, room, sequence)? else {
            continue;
        };
        let mut body = message.event;
        let file = match file {
            Some(file) if rooms::is_in(db, room, sender.id)? => Some(file.clone()),
            Some(_) | None => None,
        };
        let event = match file {
            Some(file) if body.arrive(&file) => {
                attachments::attach(db, file_id, room, sequence)?;
                EventBody::FileArrived { sequence, file }
            }
            None if body.withdraw(file_id) => EventBody::FileWithdrawn { sequence, file_id },
            Some(_) | None => continue,
        };
        log::rewrite(db, room, sequence, &body)?;
        events.push(log::append(db, room, &sender, now, event, None)?);
    }
    Ok(events)
}

/// The messages that awaited the file, which they do no longer.
fn take_awaiting(db: &Connection, file_id: FileId) -> Result<Vec<(RoomId, Sequence)>, StoreError> {
    let mut statement =
        db.prepare_cached("DELETE FROM arrivals WHERE file_id = ?1 RETURNING room_id, sequence")?;
    let taken = statement.query_map([file_id.as_bytes()], |row| {
        Ok((RoomId::from_bytes(row.get(0)?), Sequence(counter(row, 1)?)))
    })?;
    let mut taken: Vec<_> = taken.collect::<Result<_, _>>()?;
    taken.sort_unstable();
    Ok(taken)
}

/// Whether the message awaits this file.
pub(super) fn is_expected(
    db: &Connection,
    file_id: FileId,
    room: RoomId,
    sequence: Sequence,
) -> rusqlite::Result<bool> {
    db.prepare_cached(
        "SELECT 1 FROM arrivals WHERE file_id = ?1 AND room_id = ?2 AND sequence = ?3",
    )?
    .exists(params![
        file_id.as_bytes(),
        room.as_bytes(),
        to_integer(sequence.0)
    ])
}
