//! Rooms and who is in them. Everyone is in the lobby, so it has no rows of members.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::frame::Person;
use shared::room::{RoomInfo, RoomKind};
use shared::{EventBody, PersonId, RoomEvent, RoomId, RoomName, RoomRef, Sequence, TimestampMs};

use super::looks::{self, Named};
use super::{StoreError, counter, log, people, to_integer};

#[derive(Clone, Copy)]
pub(super) enum Which {
    Joined,
    All,
}

pub(super) fn list(
    db: &Connection,
    lobby: RoomId,
    person: PersonId,
    which: Which,
) -> Result<Vec<RoomInfo>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT id, name, topic, last_seq, id = ?1 AS is_lobby,
                id = ?1 OR EXISTS (SELECT 1 FROM members WHERE room_id = id AND person_id = ?2) AS joined,
                CASE WHEN id = ?1 THEN (SELECT count(*) FROM people WHERE removed_ms IS NULL)
                     ELSE (SELECT count(*) FROM members WHERE room_id = id) END
         FROM rooms
         WHERE ?3 OR id = ?1 OR id IN (SELECT room_id FROM members WHERE person_id = ?2)
         ORDER BY is_lobby DESC, name_key",
    )?;
    let all = matches!(which, Which::All);
    let rooms = statement.query_map(params![lobby.as_bytes(), person.as_bytes(), all], |row| {
        let kind = if row.get(4)? {
            RoomKind::Lobby
        } else {
            RoomKind::Public
        };
        Ok(RoomInfo {
            topic: row.get(2)?,
            members: row.get(6)?,
            joined: row.get(5)?,
            last_sequence: Sequence(counter(row, 3)?),
            ..RoomInfo::new(
                RoomId::from_bytes(row.get(0)?),
                name_from(row.get(1)?)?,
                kind,
            )
        })
    })?;
    Ok(rooms.collect::<Result<_, _>>()?)
}

pub(super) fn name_from(text: String) -> rusqlite::Result<RoomName> {
    text.parse().map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(
            1,
            rusqlite::types::Type::Text,
            Box::<dyn std::error::Error + Send + Sync>::from(error),
        )
    })
}

pub(super) fn resolve(db: &Connection, room: &RoomRef) -> Result<Option<RoomId>, StoreError> {
    let id: Option<[u8; 16]> = match room {
        RoomRef::Id(id) => db
            .prepare_cached("SELECT id FROM rooms WHERE id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .optional()?,
        RoomRef::Name(name) => db
            .prepare_cached("SELECT id FROM rooms WHERE name_key = ?1")?
            .query_row([name.key()], |row| row.get(0))
            .optional()?,
    };
    Ok(id.map(RoomId::from_bytes))
}

pub(super) fn create(
    db: &Connection,
    name: RoomName,
    topic: String,
    by: &Person,
    now: TimestampMs,
) -> Result<(RoomId, Vec<RoomEvent>), StoreError> {
    let room = RoomId::from_parts(now, people::random());
    let inserted = db
        .prepare_cached(
            "INSERT INTO rooms (id, name, name_key, topic, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (name_key) DO NOTHING",
        )?
        .execute(params![
            room.as_bytes(),
            name.as_str(),
            name.key(),
            topic,
            to_integer(now.0)
        ])?;
    if inserted == 0 {
        return Err(StoreError::RoomNameTaken);
    }
    looks::take(db, Named::Room, name.as_str(), room.as_bytes())?;
    insert_member(db, room, by, now)?;
    let created = log::append(
        db,
        room,
        by,
        now,
        EventBody::RoomCreated { name, topic },
        None,
    )?;
    let joined = log::append(db, room, by, now, EventBody::MemberJoined {}, None)?;
    Ok((room, vec![created, joined]))
}

pub(super) fn join(
    db: &Connection,
    lobby: RoomId,
    room: RoomId,
    person: &Person,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    if resolve(db, &room.into())?.is_none() {
        return Err(StoreError::RoomNotFound);
    }
    if room == lobby || !insert_member(db, room, person, now)? {
        return Ok(None);
    }
    log::append(db, room, person, now, EventBody::MemberJoined {}, None).map(Some)
}

pub(super) fn leave(
    db: &Connection,
    lobby: RoomId,
    room: RoomId,
    person: &Person,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    if room == lobby {
        return Err(StoreError::CannotLeave);
    }
    if resolve(db, &room.into())?.is_none() {
        return Err(StoreError::RoomNotFound);
    }
    let deleted = db
        .prepare_cached("DELETE FROM members WHERE room_id = ?1 AND person_id = ?2")?
        .execute([room.as_bytes(), person.id.as_bytes()])?;
    if deleted == 0 {
        return Ok(None);
    }
    log::append(db, room, person, now, EventBody::MemberLeft {}, None).map(Some)
}

pub(super) fn is_member(
    db: &Connection,
    room: RoomId,
    person: PersonId,
) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached("SELECT 1 FROM members WHERE room_id = ?1 AND person_id = ?2")?
        .exists([room.as_bytes(), person.as_bytes()])?)
}

/// The number of members, and the first ones by name.
pub(super) fn members(
    db: &Connection,
    lobby: RoomId,
    room: RoomId,
    limit: usize,
) -> Result<(u32, Vec<Person>), StoreError> {
    let person = |row: &rusqlite::Row<'_>| {
        Ok(Person {
            id: PersonId::from_bytes(row.get(0)?),
            name: row.get(1)?,
        })
    };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let (total, people) = if room == lobby {
        let total = db
            .prepare_cached("SELECT count(*) FROM people WHERE removed_ms IS NULL")?
            .query_row([], |row| row.get(0))?;
        let mut people = db.prepare_cached(
            "SELECT id, name FROM people WHERE removed_ms IS NULL ORDER BY name_key LIMIT ?1",
        )?;
        let people = people
            .query_map([limit], person)?
            .collect::<Result<_, _>>()?;
        (total, people)
    } else {
        let total = db
            .prepare_cached("SELECT count(*) FROM members WHERE room_id = ?1")?
            .query_row([room.as_bytes()], |row| row.get(0))?;
        let mut people = db.prepare_cached(
            "SELECT people.id, people.name FROM members JOIN people ON people.id = person_id
             WHERE room_id = ?1 ORDER BY name_key LIMIT ?2",
        )?;
        let people = people.query_map(params![room.as_bytes(), limit], person)?;
        (total, people.collect::<Result<_, _>>()?)
    };
    Ok((total, people))
}

/// Whether the person was not a member before.
fn insert_member(
    db: &Connection,
    room: RoomId,
    person: &Person,
    now: TimestampMs,
) -> Result<bool, StoreError> {
    let inserted = db
        .prepare_cached(
            "INSERT INTO members (room_id, person_id, joined_ms) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![
            room.as_bytes(),
            person.id.as_bytes(),
            to_integer(now.0)
        ])?;
    Ok(inserted > 0)
}
