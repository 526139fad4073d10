//! Messages whose words are removed for good. In their places in the log stands `removed`, and an event tells members
//! to forget what they have. Where they are many, this goes on in steps that hold up nobody, and after a restart as
//! well: first the words are gone, then the event says so.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::frame::Person;
use shared::{EventBody, PersonId, RoomEvent, RoomId, Sequence, TimestampMs};

use super::{Store, StoreError, arrivals, attachments, counter, log, people, to_integer};

/// Events that one step looks at.
const STEP_EVENTS: u64 = 500;
/// The name of whoever does what nobody in particular does, in logs.
const SERVER_NAME: &str = "Chinwag";
/// Of a message that is gone.
const REMOVED_BODY: &str = r#"{"type":"removed"}"#;

/// What is to be removed from one room.
#[derive(Debug, Clone)]
pub(super) struct Purge {
    pub(super) room: RoomId,
    /// Whose messages; everyone's, where it is `None`.
    pub(super) of: Option<PersonId>,
    /// The first event that was not looked at yet.
    pub(super) next: Sequence,
    /// The last event. The event that tells of it is about all up to here.
    pub(super) to: Sequence,
    /// Who removes them.
    pub(super) by: Person,
}

impl Store {
    /// Removes all that is to be removed, also what an earlier server has left.
    pub(crate) async fn purge(&self, now: TimestampMs) -> Result<(), StoreError> {
        while self.write(move |db| step(db, now)).await? {}
        Ok(())
    }
}

/// Has the messages removed by the next [`Store::purge`].
pub(super) fn queue(db: &Connection, purge: &Purge) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO purges (room_id, of_person, next_sequence, to_sequence, by_person, by_name)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![
        purge.room.as_bytes(),
        purge.of.as_ref().map(PersonId::as_bytes),
        to_integer(purge.next.0),
        to_integer(purge.to.0),
        purge.by.id.as_bytes(),
        purge.by.name,
    ])?;
    Ok(())
}

/// Removes one message at once; the event that says so.
pub(super) fn remove_one(
    db: &Connection,
    room: RoomId,
    sequence: Sequence,
    by: &Person,
    now: TimestampMs,
) -> Result<RoomEvent, StoreError> {
    log::rewrite(db, room, sequence, &EventBody::Removed {})?;
    clear(db, room, sequence)?;
    let event = EventBody::MessagesRemoved {
        from: sequence,
        to: sequence,
        of: None,
    };
    log::append(db, room, by, now, event, None)
}

/// How far a purge has come.
struct Progress {
    id: i64,
    purge: Purge,
    /// Messages that are gone already.
    removed: u64,
}

/// Looks at some events, of several purges where these are small; whether there may be more to do.
fn step(db: &Connection, now: TimestampMs) -> Result<(bool, Vec<RoomEvent>), StoreError> {
    let mut events = Vec::new();
    let mut left = STEP_EVENTS;
    while left > 0 {
        let Some(progress) = first(db)? else {
            return Ok((false, events));
        };
        let (next, to) = (progress.purge.next.0, progress.purge.to.0);
        let last = to.min(next.saturating_add(left - 1));
        // One that looks at nothing costs something as well.
        left -= (last + 1).saturating_sub(next).clamp(1, left);
        events.extend(advance(db, progress, last, now)?);
    }
    Ok((true, events))
}

fn first(db: &Connection) -> Result<Option<Progress>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT id, room_id, of_person, next_sequence, to_sequence, by_person, by_name, removed FROM purges
             ORDER BY id LIMIT 1",
        )?
        .query_row([], |row| {
            let of: Option<[u8; 16]> = row.get(2)?;
            let purge = Purge {
                room: RoomId::from_bytes(row.get(1)?),
                of: of.map(PersonId::from_bytes),
                next: Sequence(counter(row, 3)?),
                to: Sequence(counter(row, 4)?),
                by: Person {
                    id: PersonId::from_bytes(row.get(5)?),
                    name: row.get(6)?,
                },
            };
            Ok(Progress {
                id: row.get(0)?,
                purge,
                removed: counter(row, 7)?,
            })
        })
        .optional()?;
    Ok(found)
}

/// Removes the messages up to `last`; the event that tells of all, where that was the end and there were any.
fn advance(
    db: &Connection,
    progress: Progress,
    last: u64,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let Progress { id, purge, removed } = progress;
    let removed = removed + remove_between(db, &purge, last)?;
    if last < purge.to.0 {
        db.prepare_cached("UPDATE purges SET next_sequence = ?2, removed = ?3 WHERE id = ?1")?
            .execute(params![id, to_integer(last + 1), to_integer(removed)])?;
        return Ok(None);
    }
    db.prepare_cached("DELETE FROM purges WHERE id = ?1")?
        .execute([id])?;
    if removed == 0 {
        return Ok(None);
    }
    let event = EventBody::MessagesRemoved {
        from: Sequence::first(),
        to: purge.to,
        of: purge.of,
    };
    log::append(db, purge.room, &purge.by, now, event, None).map(Some)
}

/// Removes the next messages of the purge, up to `last`; how many there were.
fn remove_between(db: &Connection, purge: &Purge, last: u64) -> Result<u64, StoreError> {
    let mut statement = db.prepare_cached(
        "UPDATE events SET body = ?5 WHERE room_id = ?1 AND sequence BETWEEN ?2 AND ?3
             AND (?4 IS NULL OR person_id = ?4) AND body GLOB '{\"type\":\"message_sent\"*'
         RETURNING sequence",
    )?;
    let removed = statement.query_map(
        params![
            purge.room.as_bytes(),
            to_integer(purge.next.0),
            to_integer(last),
            purge.of.as_ref().map(PersonId::as_bytes),
            REMOVED_BODY
        ],
        |row| counter(row, 0),
    )?;
    let removed: Vec<u64> = removed.collect::<Result<_, _>>()?;
    for sequence in &removed {
        clear(db, purge.room, Sequence(*sequence))?;
    }
    Ok(removed.len() as u64)
}

/// Removes what was kept beside a message that is gone.
fn clear(db: &Connection, room: RoomId, sequence: Sequence) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM mentions WHERE room_id = ?1 AND sequence = ?2")?
        .execute(params![room.as_bytes(), to_integer(sequence.0)])?;
    arrivals::forget(db, room, sequence)?;
    attachments::detach(db, room, sequence)
}

/// Whoever does in a room's log what nobody in particular does: a row of people that is nobody's account.
pub(super) fn server(db: &Connection) -> Result<Person, StoreError> {
    let known: Option<[u8; 16]> = db
        .prepare_cached("SELECT value FROM meta WHERE key = 'server_person'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let name = SERVER_NAME.to_owned();
    if let Some(id) = known {
        let id = PersonId::from_bytes(id);
        return Ok(Person { id, name });
    }
    let now = crate::now_ms();
    let id = PersonId::from_parts(now, people::random());
    db.execute(
        "INSERT INTO people (id, name, name_key, created_ms, role) VALUES (?1, ?2, ?3, ?4, 'bot')",
        params![id.as_bytes(), name, people::no_key(id), to_integer(now.0)],
    )?;
    // Nobody can sign in as who is removed, and no list has them.
    db.execute(
        "UPDATE people SET removed_ms = ?2 WHERE id = ?1",
        params![id.as_bytes(), to_integer(now.0)],
    )?;
    db.execute(
        "INSERT INTO meta (key, value) VALUES ('server_person', ?1)",
        [id.as_bytes()],
    )?;
    Ok(Person { id, name })
}
