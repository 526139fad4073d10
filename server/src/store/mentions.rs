//! Whom messages mention. The rows are made with the message, so that counting them needs no text.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::limits::MENTION_ALL_MEMBERS_MAX;
use shared::{RoomEvent, RoomId, mentions};

use super::{StoreError, reading, to_integer};

enum Mentioned {
    Everyone,
    Person([u8; 16]),
}

/// Notes whom the message mentions of the members of its room. Most messages have no `@`, and cost nothing.
pub(super) fn note(db: &Connection, lobby: RoomId, message: &RoomEvent) -> Result<(), StoreError> {
    let text = message.event.text();
    if !text.contains('@') {
        return Ok(());
    }
    for (_, mentioned) in mentions::try_find(text, |key| find(db, lobby, message.room_id, key))? {
        insert(db, lobby, message, &mentioned)?;
    }
    Ok(())
}

/// Who in the room is meant by this key of a name. Nobody can keep a room from being called by taking its name.
fn find(
    db: &Connection,
    lobby: RoomId,
    room: RoomId,
    key: &str,
) -> Result<Option<Mentioned>, StoreError> {
    if mentions::is_everyone(key) {
        let up_to = MENTION_ALL_MEMBERS_MAX + 1;
        if reading::members_up_to(db, lobby, room, up_to)? <= MENTION_ALL_MEMBERS_MAX {
            return Ok(Some(Mentioned::Everyone));
        }
    }
    let person = db
        .prepare_cached(
            "SELECT id FROM people WHERE name_key = ?1 AND removed_ms IS NULL AND
                 (?2 = ?3 OR EXISTS (SELECT 1 FROM members WHERE room_id = ?2 AND person_id = id))",
        )?
        .query_row(params![key, room.as_bytes(), lobby.as_bytes()], |row| {
            row.get(0).map(Mentioned::Person)
        })
        .optional()?;
    Ok(person)
}

/// Once for each person, and not for the sender.
fn insert(
    db: &Connection,
    lobby: RoomId,
    message: &RoomEvent,
    mentioned: &Mentioned,
) -> Result<(), StoreError> {
    let room = message.room_id;
    let sender = message.person.id;
    let sequence = to_integer(message.sequence.0);
    let row = params![room.as_bytes(), sequence, sender.as_bytes()];
    match mentioned {
        Mentioned::Everyone if room == lobby => db
            .prepare_cached(
                "INSERT INTO mentions (person_id, room_id, sequence)
                 SELECT id, ?1, ?2 FROM people WHERE removed_ms IS NULL AND id <> ?3 ON CONFLICT DO NOTHING",
            )?
            .execute(row)?,
        Mentioned::Everyone => db
            .prepare_cached(
                "INSERT INTO mentions (person_id, room_id, sequence)
                 SELECT person_id, ?1, ?2 FROM members WHERE room_id = ?1 AND person_id <> ?3
                 ON CONFLICT DO NOTHING",
            )?
            .execute(row)?,
        Mentioned::Person(person) if person == sender.as_bytes() => 0,
        Mentioned::Person(person) => db
            .prepare_cached(
                "INSERT INTO mentions (person_id, room_id, sequence) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![person, room.as_bytes(), sequence])?,
    };
    Ok(())
}
