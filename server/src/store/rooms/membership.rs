//! Who comes into rooms and who goes, each as an event of the room's log.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::frame::Person;
use shared::room::{HistoryVisibility, RoomKind};
use shared::{
    EventBody, Operation, PersonId, RoomEvent, RoomId, RoomRef, RoomRole, Sequence, TimestampMs,
};

use super::bans::is_banned;
use super::{Found, by_id, find, find_to, person_from, require_fewer};
use crate::store::{SignedIn, Store, StoreError, admin, counter, log, named, to_integer};

impl Store {
    /// Makes the person a member of a public room; no event where they are one already, as everyone is of the lobby.
    /// [`StoreError::Banned`] where they may not come in.
    pub async fn join(
        &self,
        by: SignedIn,
        room: RoomRef,
        now: TimestampMs,
    ) -> Result<(RoomId, Option<RoomEvent>), StoreError> {
        self.write(move |db| {
            let (room, event) = join(db, &by, &room, now)?;
            Ok(((room, event.clone()), event.into_iter().collect()))
        })
        .await
    }

    /// Ends the membership; no event where there is none. The last owner hands the room on.
    /// [`StoreError::CannotLeave`] for the lobby and direct rooms.
    pub async fn leave(
        &self,
        by: SignedIn,
        room: RoomRef,
        now: TimestampMs,
    ) -> Result<Vec<RoomEvent>, StoreError> {
        self.write(move |db| {
            let events = leave(db, &by, &room, now)?;
            Ok((events.clone(), events))
        })
        .await
    }

    /// Makes another person a member; no event where they are one already. [`StoreError::Banned`] where they may not
    /// come in, [`StoreError::PersonNotFound`] where there is no such person.
    pub async fn add_member(
        &self,
        by: SignedIn,
        room: RoomRef,
        person: PersonId,
        now: TimestampMs,
    ) -> Result<Option<RoomEvent>, StoreError> {
        self.write(move |db| {
            let event = add(db, &by, &room, person, now)?;
            Ok((event.clone(), event.into_iter().collect()))
        })
        .await
    }
}

fn join(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    now: TimestampMs,
) -> Result<(RoomId, Option<RoomEvent>), StoreError> {
    by.require(Operation::JoinRoom)
        .map_err(StoreError::NotAllowed)?;
    let found = find(db, by.person.id, room)?;
    Ok((found.room_id, enter(db, &found, &by.person, now)?))
}

/// Lets somebody in who comes by themselves; `None` where they are in already. Whether they may know of the room is
/// for the caller to say.
fn enter(
    db: &Connection,
    found: &Found,
    person: &Person,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    if found.standing.is_some() {
        return Ok(None);
    }
    let event = EventBody::MemberJoined {};
    admit(db, found, person.id, person, event, now).map(Some)
}

/// Leads somebody into a room that they need not have known of.
pub(in crate::store) fn lead_in(
    db: &Connection,
    room: RoomId,
    person: &Person,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let found = by_id(db, room, person.id)?.ok_or(StoreError::RoomNotFound)?;
    enter(db, &found, person, now)
}

fn add(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    who: PersonId,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let found = find_to(db, by, room, Operation::AddMember)?;
    let member = person(db, who)?;
    match found.kind {
        RoomKind::Lobby => return Ok(None),
        RoomKind::Direct => {
            return Err(StoreError::Invalid(
                "Who is in a direct room stays the same; open another one.",
            ));
        }
        RoomKind::Public | RoomKind::Private | RoomKind::Unknown => {}
    }
    if role_in(db, found.room_id, who)?.is_some() {
        return Ok(None);
    }
    let event = EventBody::MemberAdded { member };
    admit(db, &found, who, &by.person, event, now).map(Some)
}

/// Appends `event` and makes the person a member as of it.
fn admit(
    db: &Connection,
    found: &Found,
    who: PersonId,
    by: &Person,
    event: EventBody,
    now: TimestampMs,
) -> Result<RoomEvent, StoreError> {
    let room = found.room_id;
    if is_banned(db, room, who)? {
        return Err(StoreError::Banned);
    }
    let (members, last): (u32, u64) = db
        .prepare_cached("SELECT member_count, last_seq FROM rooms WHERE id = ?1")?
        .query_row([room.as_bytes()], |row| Ok((row.get(0)?, counter(row, 1)?)))?;
    let max = admin::settings(db)?.members_per_room_max.into();
    require_fewer(members.into(), max, "people in one room")?;
    let first = match found.history {
        HistoryVisibility::All => Sequence::first(),
        HistoryVisibility::SinceJoining | HistoryVisibility::Unknown => Sequence(last).next(),
    };
    insert_member(db, room, who, RoomRole::Member, first, now)?;
    log::append(db, room, by, now, event, None)
}

pub(super) fn insert_member(
    db: &Connection,
    room: RoomId,
    person: PersonId,
    role: RoomRole,
    first: Sequence,
    now: TimestampMs,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO members (room_id, person_id, joined_ms, role, first_sequence) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        room.as_bytes(),
        person.as_bytes(),
        to_integer(now.0),
        role.as_str(),
        to_integer(first.0)
    ])?;
    Ok(())
}

fn leave(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let found = find(db, by.person.id, room)?;
    if matches!(found.kind, RoomKind::Lobby | RoomKind::Direct) {
        return Err(StoreError::CannotLeave);
    }
    let Some(standing) = found.standing else {
        return Ok(Vec::new());
    };
    by.require_in(Operation::LeaveRoom, standing.role)
        .map_err(StoreError::NotAllowed)?;
    let left = EventBody::MemberLeft {};
    end(db, found.room_id, by.person.id, &by.person, left, now)
}

/// Takes the person, who is a member, out of the room with `event`, and hands the room on where they are its last
/// owner.
pub(super) fn end(
    db: &Connection,
    room: RoomId,
    who: PersonId,
    by: &Person,
    event: EventBody,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let mut events = Vec::with_capacity(2);
    if is_last_owner(db, room, who)?
        && let Some(heir) = heir(db, room, who)?
    {
        set_role(db, room, heir.id, RoomRole::Owner)?;
        let handed_on = EventBody::RoomRoleChanged {
            member: heir,
            role: RoomRole::Owner,
        };
        events.push(log::append(db, room, by, now, handed_on, None)?);
    }
    db.prepare_cached("DELETE FROM members WHERE room_id = ?1 AND person_id = ?2")?
        .execute([room.as_bytes(), who.as_bytes()])?;
    events.push(log::append(db, room, by, now, event, None)?);
    Ok(events)
}

/// Takes the person out of every room that can be left, as if they left each. In direct rooms they stay, so that the
/// others see whom they have talked with.
pub(in crate::store) fn leave_all(
    db: &Connection,
    person: &Person,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT rooms.id FROM members JOIN rooms ON rooms.id = members.room_id
         WHERE person_id = ?1 AND kind <> 'direct'",
    )?;
    let rooms = statement.query_map([person.id.as_bytes()], |row| row.get(0))?;
    let rooms: Vec<[u8; 16]> = rooms.collect::<Result<_, _>>()?;
    let mut events = Vec::with_capacity(rooms.len());
    for room in rooms {
        let (room, left) = (RoomId::from_bytes(room), EventBody::MemberLeft {});
        events.extend(end(db, room, person.id, person, left, now)?);
    }
    Ok(events)
}

pub(super) fn is_last_owner(
    db: &Connection,
    room: RoomId,
    person: PersonId,
) -> Result<bool, StoreError> {
    if role_in(db, room, person)? != Some(RoomRole::Owner) {
        return Ok(false);
    }
    let another = db
        .prepare_cached(
            "SELECT 1 FROM members WHERE room_id = ?1 AND role = 'owner' AND person_id <> ?2 LIMIT 1",
        )?
        .exists([room.as_bytes(), person.as_bytes()])?;
    Ok(!another)
}

/// Whose the room is once `leaver` is gone: the moderator who has been there longest, else the member; a bot only
/// where there is nobody else.
fn heir(db: &Connection, room: RoomId, leaver: PersonId) -> Result<Option<Person>, StoreError> {
    let heir = db
        .prepare_cached(
            "SELECT people.id, people.name FROM members JOIN people ON people.id = person_id
             WHERE room_id = ?1 AND person_id <> ?2 AND removed_ms IS NULL
             ORDER BY people.role = 'bot', members.role <> 'moderator', joined_ms, person_id LIMIT 1",
        )?
        .query_row([room.as_bytes(), leaver.as_bytes()], person_from)
        .optional()?;
    Ok(heir)
}

pub(super) fn set_role(
    db: &Connection,
    room: RoomId,
    person: PersonId,
    role: RoomRole,
) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE members SET role = ?3 WHERE room_id = ?1 AND person_id = ?2")?
        .execute(params![room.as_bytes(), person.as_bytes(), role.as_str()])?;
    Ok(())
}

/// What somebody is by the room's list of members.
pub(super) fn role_in(
    db: &Connection,
    room: RoomId,
    person: PersonId,
) -> Result<Option<RoomRole>, StoreError> {
    let role = db
        .prepare_cached("SELECT role FROM members WHERE room_id = ?1 AND person_id = ?2")?
        .query_row([room.as_bytes(), person.as_bytes()], |row| named(row, 0))
        .optional()?;
    Ok(role)
}

/// [`StoreError::PersonNotFound`] where there is no such person, or no longer.
pub(in crate::store) fn person(db: &Connection, id: PersonId) -> Result<Person, StoreError> {
    db.prepare_cached("SELECT id, name FROM people WHERE id = ?1 AND removed_ms IS NULL")?
        .query_row([id.as_bytes()], person_from)
        .optional()?
        .ok_or(StoreError::PersonNotFound)
}
