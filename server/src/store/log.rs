//! The rooms' logs: appending at the next sequence, once per transaction id, and reading pages.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::frame::Person;
use shared::room::RoomKind;
use shared::{
    EventBody, FileId, PersonId, RoomEvent, RoomId, RoomRef, Sequence, TimestampMs, TransactionId,
};

use super::{
    Appended, NewMessage, Store, StoreError, arrivals, at_one_moment, attachments, counter, links,
    mentions, named, rooms, to_integer,
};

/// A page ends with the event that reaches this many bytes of body.
const PAGE_BODY_BYTES: usize = 256 * 1024;

/// The transaction id and the hash of what was sent with it.
type Transaction = (TransactionId, [u8; 32]);

impl Store {
    /// The last events before `before`, or of all, that the person may read, ascending: at most `limit`, and fewer
    /// where they are large. [`StoreError::NotAMember`] where they are not in the room.
    pub async fn history(
        &self,
        person: PersonId,
        room: RoomRef,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<(RoomId, Vec<RoomEvent>), StoreError> {
        self.read(move |db| {
            at_one_moment(db, |db| {
                let found = rooms::find(db, person, &room)?;
                let first = found.standing()?.first_sequence;
                Ok((
                    found.room_id,
                    page_between(db, found.room_id, first, before, limit)?,
                ))
            })
        })
        .await
    }
}

pub(super) fn append_message(
    db: &Connection,
    lobby: RoomId,
    message: NewMessage,
) -> Result<Appended, StoreError> {
    let hash = content_hash(&message.text, &message.attachments);
    let transaction = (message.transaction_id, hash);
    // Before anything else: a repeat gets its answer even where its sender has left the room since.
    if let Some(event) = repeated(db, message.room, message.person.id, &transaction)? {
        return Ok(Appended {
            event,
            repeated: true,
        });
    }
    require_writable(db, message.room, message.person.id)?;
    // Only what the sender may open: a message gives it to everyone in the room.
    let (sender, now) = (message.person.id, message.at_ms);
    let (mut attachments, mut arriving) = (Vec::new(), Vec::new());
    for (place, file_id) in message.attachments.into_iter().enumerate() {
        if let Some(open) = links::open(db, file_id, Some(sender), now)? {
            attachments.push(open.file);
        } else if let Some(file) = arrivals::find(db, file_id, sender, place)? {
            arriving.push(file);
        } else {
            return Err(StoreError::FileNotFound);
        }
    }
    let body = EventBody::MessageSent {
        transaction_id: message.transaction_id,
        text: message.text,
        attachments,
        arriving,
    };
    let event = append(
        db,
        message.room,
        &message.person,
        message.at_ms,
        body,
        Some(transaction),
    )?;
    mentions::note(db, lobby, &event)?;
    for file in event.event.attachments() {
        attachments::attach(db, file.file_id, event.room_id, event.sequence)?;
    }
    for file in event.event.arriving() {
        arrivals::expect(db, file.file_id, event.room_id, event.sequence)?;
    }
    Ok(Appended {
        event,
        repeated: false,
    })
}

/// In one look, because every message needs it.
pub(super) fn require_writable(
    db: &Connection,
    room: RoomId,
    person: PersonId,
) -> Result<(), StoreError> {
    let found = db
        .prepare_cached(
            "SELECT removed_ms IS NULL AND (kind = 'lobby' OR members.role IS NOT NULL), kind, archived_ms IS NOT NULL
             FROM rooms JOIN people ON people.id = ?2
             LEFT JOIN members ON room_id = rooms.id AND person_id = ?2 WHERE rooms.id = ?1",
        )?
        .query_row([room.as_bytes(), person.as_bytes()], |row| {
            Ok((row.get(0)?, named::<RoomKind>(row, 1)?, row.get(2)?))
        })
        .optional()?;
    match found {
        None => Err(StoreError::RoomNotFound),
        Some((false, kind, _)) if kind.is_hidden() => Err(StoreError::RoomNotFound),
        Some((false, _, _)) => Err(StoreError::NotAMember),
        Some((true, RoomKind::Direct, true)) => Err(StoreError::NobodyElse),
        Some((true, _, true)) => Err(StoreError::RoomArchived),
        Some((true, _, false)) => Ok(()),
    }
}

/// Appends at the room's next sequence. The update comes first: it is what makes two writers take turns.
pub(super) fn append(
    db: &Connection,
    room: RoomId,
    person: &Person,
    at_ms: TimestampMs,
    event: EventBody,
    transaction: Option<Transaction>,
) -> Result<RoomEvent, StoreError> {
    let sequence = db
        .prepare_cached(
            "UPDATE rooms SET last_seq = last_seq + 1 WHERE id = ?1 RETURNING last_seq",
        )?
        .query_row([room.as_bytes()], |row| counter(row, 0).map(Sequence))
        .optional()?
        .ok_or(StoreError::RoomNotFound)?;
    let body = encoded(&event)?;
    db.prepare_cached(
        "INSERT INTO events
             (room_id, sequence, at_ms, person_id, person_name, transaction_id, content_hash, body)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        room.as_bytes(),
        to_integer(sequence.0),
        to_integer(at_ms.0),
        person.id.as_bytes(),
        person.name,
        transaction.as_ref().map(|(id, _)| id.as_bytes()),
        transaction.as_ref().map(|(_, hash)| hash),
        body,
    ])?;
    Ok(RoomEvent {
        room_id: room,
        sequence,
        at_ms,
        person: person.clone(),
        event,
    })
}

fn encoded(body: &EventBody) -> rusqlite::Result<String> {
    serde_json::to_string(body)
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// The event at this place.
pub(super) fn event(
    db: &Connection,
    room: RoomId,
    sequence: Sequence,
) -> Result<Option<RoomEvent>, StoreError> {
    let event = db
        .prepare_cached(
            "SELECT sequence, at_ms, person_id, person_name, body FROM events
             WHERE room_id = ?1 AND sequence = ?2",
        )?
        .query_row(params![room.as_bytes(), to_integer(sequence.0)], |row| {
            event_from(room, row)
        })
        .optional()?;
    Ok(event)
}

/// Gives the event at this place another body. An event after it has to tell so.
pub(super) fn rewrite(
    db: &Connection,
    room: RoomId,
    sequence: Sequence,
    body: &EventBody,
) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE events SET body = ?3 WHERE room_id = ?1 AND sequence = ?2")?
        .execute(params![
            room.as_bytes(),
            to_integer(sequence.0),
            encoded(body)?
        ])?;
    Ok(())
}

fn repeated(
    db: &Connection,
    room: RoomId,
    person: PersonId,
    (id, hash): &Transaction,
) -> Result<Option<RoomEvent>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT sequence, at_ms, person_id, person_name, body, content_hash FROM events
             WHERE room_id = ?1 AND person_id = ?2 AND transaction_id = ?3",
        )?
        .query_row([room.as_bytes(), person.as_bytes(), id.as_bytes()], |row| {
            Ok((event_from(room, row)?, row.get::<_, [u8; 32]>(5)?))
        })
        .optional()?;
    match found {
        Some((event, stored)) if stored == *hash => Ok(Some(event)),
        Some(_) => Err(StoreError::TransactionConflict),
        None => Ok(None),
    }
}

pub(super) fn content_hash(text: &str, attachments: &[FileId]) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    // The length keeps the end of the text apart from the first attachment.
    hasher.update(&(text.len() as u64).to_le_bytes());
    hasher.update(text.as_bytes());
    for file_id in attachments {
        hasher.update(file_id.as_bytes());
    }
    *hasher.finalize().as_bytes()
}

pub(super) fn page_from(
    db: &Connection,
    room: RoomId,
    from: Sequence,
    limit: u32,
) -> Result<Vec<RoomEvent>, StoreError> {
    page(
        db,
        "SELECT sequence, at_ms, person_id, person_name, body FROM events
         WHERE room_id = ?1 AND sequence >= ?2 ORDER BY sequence LIMIT ?3",
        room,
        from,
        limit,
    )
}

pub(super) fn page_before(
    db: &Connection,
    room: RoomId,
    before: Option<Sequence>,
    limit: u32,
) -> Result<Vec<RoomEvent>, StoreError> {
    page_between(db, room, Sequence::first(), before, limit)
}

/// The last events before `before` of those from `first` on.
fn page_between(
    db: &Connection,
    room: RoomId,
    first: Sequence,
    before: Option<Sequence>,
    limit: u32,
) -> Result<Vec<RoomEvent>, StoreError> {
    let mut events = page(
        db,
        "SELECT sequence, at_ms, person_id, person_name, body FROM events
         WHERE room_id = ?1 AND sequence < ?2 ORDER BY sequence DESC LIMIT ?3",
        room,
        before.unwrap_or(Sequence(u64::MAX)),
        limit,
    )?;
    events.reverse();
    let hidden = events.partition_point(|event| event.sequence < first);
    events.drain(..hidden);
    Ok(events)
}

fn page(
    db: &Connection,
    sql: &str,
    room: RoomId,
    edge: Sequence,
    limit: u32,
) -> Result<Vec<RoomEvent>, StoreError> {
    let edge = to_integer(edge.0);
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query(params![room.as_bytes(), edge, limit])?;
    let mut events = Vec::new();
    let mut body_bytes = 0;
    while body_bytes < PAGE_BODY_BYTES
        && let Some(row) = rows.next()?
    {
        body_bytes += row.get_ref(4)?.as_str().map_or(0, str::len);
        events.push(event_from(room, row)?);
    }
    Ok(events)
}

/// Of the columns sequence, at_ms, person_id, person_name, body.
fn event_from(room: RoomId, row: &Row<'_>) -> rusqlite::Result<RoomEvent> {
    let body = row.get_ref(4)?.as_str()?;
    let event = serde_json::from_str(body).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(4, rusqlite::types::Type::Text, error.into())
    })?;
    Ok(RoomEvent {
        room_id: room,
        sequence: Sequence(counter(row, 0)?),
        at_ms: TimestampMs(counter(row, 1)?),
        person: Person {
            id: PersonId::from_bytes(row.get(2)?),
            name: row.get(3)?,
        },
        event,
    })
}
