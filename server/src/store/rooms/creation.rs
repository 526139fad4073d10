//! New rooms: public and private ones by a name, direct ones by who is in them.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::frame::Person;
use shared::limits::DIRECT_PEOPLE_MAX;
use shared::room::{HistoryVisibility, RoomChanges, RoomKind};
use shared::{
    EventBody, Operation, PersonId, RoomEvent, RoomId, RoomName, RoomRole, Sequence, TimestampMs,
};

use super::membership::{insert_member, person};
use super::{name_key, require_fewer};
use crate::store::looks::{self, Named};
use crate::store::{SignedIn, Store, StoreError, admin, log, people, to_integer};

/// Direct rooms that one person may have opened.
const DIRECT_ROOMS_PER_PERSON_MAX: u64 = 2_000;

/// A room to be created.
#[derive(Debug, Clone)]
pub struct NewRoom {
    pub name: RoomName,
    pub topic: String,
    pub description: String,
    /// Public or private.
    pub kind: RoomKind,
    pub history: HistoryVisibility,
}

impl Store {
    /// A new room with its creator as owner. Its log begins with `room_created`, then `room_changed` where the first
    /// does not say all, and `member_joined`. Of a public one, [`StoreError::RoomNameTaken`] where a name of the same
    /// [`RoomName::key`] exists, [`StoreError::RoomNameLooksTaken`] where one looks the same.
    pub async fn create_room(
        &self,
        by: SignedIn,
        new: NewRoom,
        now: TimestampMs,
    ) -> Result<(RoomId, Vec<RoomEvent>), StoreError> {
        self.write(move |db| {
            let (room, events) = create(db, &by, new, now)?;
            Ok(((room, events.clone()), events))
        })
        .await
    }

    /// The direct room of these people and oneself, made where it is not there; the events where it is new.
    pub async fn open_direct(
        &self,
        by: SignedIn,
        others: Vec<PersonId>,
        now: TimestampMs,
    ) -> Result<(RoomId, Vec<RoomEvent>), StoreError> {
        self.write(move |db| {
            let (room, events) = open_direct(db, &by, &others, now)?;
            Ok(((room, events.clone()), events))
        })
        .await
    }
}

fn create(
    db: &Connection,
    by: &SignedIn,
    new: NewRoom,
    now: TimestampMs,
) -> Result<(RoomId, Vec<RoomEvent>), StoreError> {
    let operation = match new.kind {
        RoomKind::Public => Operation::CreateRoom,
        RoomKind::Private => Operation::CreatePrivateRoom,
        RoomKind::Lobby | RoomKind::Direct | RoomKind::Unknown => {
            return Err(StoreError::Invalid("A new room is public or private."));
        }
    };
    by.require(operation).map_err(StoreError::NotAllowed)?;
    let max = admin::settings(db)?.rooms_per_person_max.into();
    require_fewer(
        created_by(db, by.person.id, false)?,
        max,
        "rooms of one person",
    )?;
    let room = RoomId::from_parts(now, people::random());
    insert_room(db, room, &new, by, None, now)?;
    if new.kind.is_hidden() {
        looks::check(new.name.as_str())?;
    } else {
        looks::take(db, Named::Room, new.name.as_str(), room.as_bytes())?;
    }
    let (creator, first) = (by.person.id, Sequence::first());
    insert_member(db, room, creator, RoomRole::Owner, first, now)?;
    let mut events = Vec::new();
    let mut append = |event| -> Result<(), StoreError> {
        events.push(log::append(db, room, &by.person, now, event, None)?);
        Ok(())
    };
    append(EventBody::RoomCreated {
        name: new.name,
        topic: new.topic,
    })?;
    let rest = RoomChanges {
        description: (!new.description.is_empty()).then_some(new.description),
        history: (!new.history.is_all()).then_some(new.history),
        ..RoomChanges::default()
    };
    if rest != RoomChanges::default() {
        append(EventBody::RoomChanged {
            name: None,
            changes: rest,
        })?;
    }
    append(EventBody::MemberJoined {})?;
    Ok((room, events))
}

/// [`StoreError::RoomNameTaken`] where another public room has the name.
fn insert_room(
    db: &Connection,
    room: RoomId,
    new: &NewRoom,
    by: &SignedIn,
    direct_people: Option<&[u8]>,
    now: TimestampMs,
) -> Result<(), StoreError> {
    let inserted = db
        .prepare_cached(
            "INSERT INTO rooms (id, name, name_key, topic, description, kind, history, created_by, direct_people, \
             created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (name_key) DO NOTHING",
        )?
        .execute(params![
            room.as_bytes(),
            new.name.as_str(),
            name_key(&new.name, new.kind, room),
            new.topic,
            new.description,
            new.kind.as_str(),
            new.history.as_str(),
            by.person.id.as_bytes(),
            direct_people,
            to_integer(now.0)
        ])?;
    if inserted == 0 {
        return Err(StoreError::RoomNameTaken);
    }
    Ok(())
}

/// How many rooms the person has created: direct ones, or the others.
fn created_by(db: &Connection, person: PersonId, direct: bool) -> Result<u64, StoreError> {
    let count: u32 = db
        .prepare_cached(
            "SELECT count(*) FROM rooms WHERE created_by = ?1 AND (kind = 'direct') = ?2",
        )?
        .query_row(params![person.as_bytes(), direct], |row| row.get(0))?;
    Ok(count.into())
}

fn open_direct(
    db: &Connection,
    by: &SignedIn,
    others: &[PersonId],
    now: TimestampMs,
) -> Result<(RoomId, Vec<RoomEvent>), StoreError> {
    by.require(Operation::OpenDirect)
        .map_err(StoreError::NotAllowed)?;
    let ids: BTreeSet<PersonId> = others.iter().copied().chain([by.person.id]).collect();
    require_fewer(
        ids.len() as u64 - 1,
        DIRECT_PEOPLE_MAX as u64,
        "people in a direct room",
    )?;
    let key: Vec<u8> = ids.iter().flat_map(|id| *id.as_bytes()).collect();
    let known: Option<[u8; 16]> = db
        .prepare_cached("SELECT id FROM rooms WHERE direct_people = ?1")?
        .query_row([&key], |row| row.get(0))
        .optional()?;
    if let Some(known) = known {
        return Ok((RoomId::from_bytes(known), Vec::new()));
    }
    let others: Vec<Person> = ids
        .iter()
        .filter(|id| **id != by.person.id)
        .map(|id| person(db, *id))
        .collect::<Result<_, _>>()?;
    let (opened, max) = (
        created_by(db, by.person.id, true)?,
        DIRECT_ROOMS_PER_PERSON_MAX,
    );
    require_fewer(opened, max, "direct rooms of one person")?;
    let room = RoomId::from_parts(now, people::random());
    let new = NewRoom {
        name: direct_name(room)?,
        topic: String::new(),
        description: String::new(),
        kind: RoomKind::Direct,
        history: HistoryVisibility::All,
    };
    insert_room(db, room, &new, by, Some(&key), now)?;
    for id in ids {
        insert_member(db, room, id, RoomRole::Member, Sequence::first(), now)?;
    }
    let created = EventBody::RoomCreated {
        name: new.name,
        topic: new.topic,
    };
    let added = others
        .into_iter()
        .map(|member| EventBody::MemberAdded { member });
    let events = [created, EventBody::MemberJoined {}]
        .into_iter()
        .chain(added)
        .map(|event| log::append(db, room, &by.person, now, event, None))
        .collect::<Result<_, _>>()?;
    Ok((room, events))
}

/// Nobody sees it; clients show who is in the room.
fn direct_name(room: RoomId) -> Result<RoomName, StoreError> {
    format!("direct-{room}")
        .parse()
        .map_err(|_| StoreError::Invalid("A direct room could not be named."))
}
