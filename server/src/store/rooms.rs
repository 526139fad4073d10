//! Rooms as people find them. Everyone is in the lobby, so it has no rows of members. A hidden room is not there for
//! who is not in it: whatever looks for it, by id or by name, finds the same as where there is no room at all.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::frame::Person;
use shared::room::{HistoryVisibility, RoomInfo, RoomKind};
use shared::{Operation, PersonId, RoomId, RoomName, RoomRef, RoomRole, Sequence};

use super::{SignedIn, Store, StoreError, at_one_moment, counter, log, named};

mod bans;
mod change;
mod creation;
mod members;
mod membership;
mod messages;
mod moderation;

pub(super) use change::archive_deserted;
pub use creation::NewRoom;
pub use members::{ListedMember, Members};
pub(super) use membership::{lead_in, leave_all, person};

/// Keeps the names of hidden rooms apart from the names that are taken, and from each other. No name has it.
const HIDDEN: char = '\n';
/// The character after [`HIDDEN`].
const AFTER_HIDDEN: char = '\u{B}';

/// A room that somebody is in, as they find it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub room: RoomInfo,
    /// The first event that they may read.
    pub first_sequence: Sequence,
}

/// What somebody is in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) role: RoomRole,
    /// The first event that they may read.
    pub(super) first_sequence: Sequence,
}

/// A room that somebody may know of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) room_id: RoomId,
    pub(super) kind: RoomKind,
    pub(super) history: HistoryVisibility,
    /// `None` where they are not in it.
    pub(super) standing: Option<Standing>,
}

impl Found {
    /// [`StoreError::NotAMember`] where they are not in it.
    pub(super) fn standing(&self) -> Result<Standing, StoreError> {
        self.standing.ok_or(StoreError::NotAMember)
    }
}

impl Store {
    /// The rooms that a person is in, the lobby first, then by name.
    pub async fn rooms_of(&self, person: PersonId) -> Result<Vec<Membership>, StoreError> {
        self.read(move |db| at_one_moment(db, |db| memberships(db, person)))
            .await
    }

    /// One of them; `None` where the person is not in it.
    pub async fn membership(
        &self,
        room: RoomId,
        person: PersonId,
    ) -> Result<Option<Membership>, StoreError> {
        self.read(move |db| at_one_moment(db, |db| membership_in(db, room, person)))
            .await
    }

    /// The rooms that a person is in or may join, the lobby first, then by name. Of archived ones only the person's.
    pub async fn directory(&self, person: PersonId) -> Result<Vec<RoomInfo>, StoreError> {
        self.read(move |db| at_one_moment(db, |db| directory(db, person)))
            .await
    }

    /// The room that a person means. [`StoreError::RoomNotFound`] where there is none, or not for them.
    pub async fn resolve(&self, person: PersonId, room: &RoomRef) -> Result<RoomId, StoreError> {
        let room = room.clone();
        self.read(move |db| at_one_moment(db, |db| Ok(find(db, person, &room)?.room_id)))
            .await
    }
}

impl Store {
    /// As [`Self::resolve`], where the person may write in it.
    pub(crate) async fn resolve_to_write(
        &self,
        person: PersonId,
        room: RoomRef,
    ) -> Result<RoomId, StoreError> {
        let find = move |db: &Connection| {
            let room = find(db, person, &room)?.room_id;
            log::require_writable(db, room, person)?;
            Ok(room)
        };
        self.read(move |db| at_one_moment(db, find)).await
    }
}

/// Of a query over `rooms` and, by a left join, the reader's row of `members`.
const COLUMNS: &str =
    "rooms.id, name, topic, description, kind, history, archived_ms IS NOT NULL, retention_days,
    member_count, last_seq, members.role, members.first_sequence, name_key";

struct Listed {
    membership: Membership,
    name_key: String,
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    let kind: RoomKind = named(row, 4)?;
    let role = match row.get_ref(10)? {
        rusqlite::types::ValueRef::Null => None,
        _some => Some(named::<RoomRole>(row, 10)?),
    };
    let room = RoomInfo {
        topic: row.get(2)?,
        description: row.get(3)?,
        history: named(row, 5)?,
        archived: row.get(6)?,
        retention_days: row.get(7)?,
        members: row.get(8)?,
        joined: role.is_some() || kind == RoomKind::Lobby,
        role: role.filter(|role| *role != RoomRole::Member),
        last_sequence: Sequence(counter(row, 9)?),
        ..RoomInfo::new(
            RoomId::from_bytes(row.get(0)?),
            name_from(row.get(1)?)?,
            kind,
        )
    };
    let first = row.get::<_, Option<i64>>(11)?.unwrap_or(1);
    Ok(Listed {
        membership: Membership {
            room,
            first_sequence: Sequence(u64::try_from(first).unwrap_or(1)),
        },
        name_key: row.get(12)?,
    })
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

fn memberships(db: &Connection, person: PersonId) -> Result<Vec<Membership>, StoreError> {
    let mut rooms = own(db, person)?;
    for room in &mut rooms {
        add_people(db, &mut room.membership.room, person)?;
    }
    Ok(rooms.into_iter().map(|room| room.membership).collect())
}

/// Without the people of direct rooms.
fn own(db: &Connection, person: PersonId) -> Result<Vec<Listed>, StoreError> {
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM rooms LEFT JOIN members ON false
         WHERE rooms.id = (SELECT value FROM meta WHERE key = 'lobby')
         UNION ALL
         SELECT {COLUMNS} FROM members CROSS JOIN rooms ON rooms.id = members.room_id WHERE members.person_id = ?1"
    ))?;
    let rooms = statement.query_map([person.as_bytes()], listed)?;
    let mut rooms: Vec<Listed> = rooms.collect::<Result<_, _>>()?;
    sort(&mut rooms);
    Ok(rooms)
}

fn sort(rooms: &mut [Listed]) {
    let is_not_lobby = |room: &Listed| room.membership.room.kind != RoomKind::Lobby;
    rooms.sort_by(|a, b| (is_not_lobby(a), &a.name_key).cmp(&(is_not_lobby(b), &b.name_key)));
}

fn membership_in(
    db: &Connection,
    room: RoomId,
    person: PersonId,
) -> Result<Option<Membership>, StoreError> {
    let found = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM rooms
             LEFT JOIN members ON members.room_id = rooms.id AND members.person_id = ?2 WHERE rooms.id = ?1"
        ))?
        .query_row([room.as_bytes(), person.as_bytes()], listed)
        .optional()?;
    let Some(mut membership) = found.map(|found| found.membership) else {
        return Ok(None);
    };
    if !membership.room.joined {
        return Ok(None);
    }
    add_people(db, &mut membership.room, person)?;
    Ok(Some(membership))
}

fn directory(db: &Connection, person: PersonId) -> Result<Vec<RoomInfo>, StoreError> {
    let mut rooms = own(db, person)?;
    let mut statement = db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM rooms
         LEFT JOIN members ON members.room_id = rooms.id AND members.person_id = ?1
         WHERE rooms.kind = 'public' AND archived_ms IS NULL AND members.role IS NULL"
    ))?;
    for room in statement.query_map([person.as_bytes()], listed)? {
        rooms.push(room?);
    }
    sort(&mut rooms);
    let mut rooms: Vec<RoomInfo> = rooms.into_iter().map(|it| it.membership.room).collect();
    for room in &mut rooms {
        add_people(db, room, person)?;
    }
    Ok(rooms)
}

/// Of a direct room, who else is in it.
fn add_people(db: &Connection, room: &mut RoomInfo, reader: PersonId) -> Result<(), StoreError> {
    if room.kind != RoomKind::Direct {
        return Ok(());
    }
    let mut statement = db.prepare_cached(
        "SELECT people.id, people.name FROM members JOIN people ON people.id = person_id
         WHERE room_id = ?1 AND person_id <> ?2 ORDER BY name_key",
    )?;
    let people = statement.query_map([room.room_id.as_bytes(), reader.as_bytes()], person_from)?;
    room.people = people.collect::<Result<_, _>>()?;
    Ok(())
}

/// Of the columns id and name.
fn person_from(row: &Row<'_>) -> rusqlite::Result<Person> {
    Ok(Person {
        id: PersonId::from_bytes(row.get(0)?),
        name: row.get(1)?,
    })
}

/// What `name_key` is of a room of this name: what must be unique.
pub(super) fn name_key(name: &RoomName, kind: RoomKind, room: RoomId) -> String {
    let key = name.key();
    if kind.is_hidden() {
        format!("{key}{HIDDEN}{room}")
    } else {
        key
    }
}

/// As lists of what admins see have it.
fn name_of(db: &Connection, room: RoomId) -> Result<String, StoreError> {
    Ok(db
        .prepare_cached("SELECT name FROM rooms WHERE id = ?1")?
        .query_row([room.as_bytes()], |row| row.get(0))?)
}

/// The room that a person means, where they may know of it. A name means the room of that name that everyone may
/// know of, where the person is in it; else the one hidden room of theirs that has it; else the former again.
pub(super) fn find(db: &Connection, person: PersonId, room: &RoomRef) -> Result<Found, StoreError> {
    let name = match room {
        RoomRef::Id(room) => {
            let found = by_id(db, *room, person)?;
            return found
                .filter(|found| found.standing.is_some() || !found.kind.is_hidden())
                .ok_or(StoreError::RoomNotFound);
        }
        RoomRef::Name(name) => name,
    };
    let key = name.key();
    let open: Option<[u8; 16]> = db
        .prepare_cached("SELECT id FROM rooms WHERE name_key = ?1")?
        .query_row([&key], |row| row.get(0))
        .optional()?;
    let open = match open {
        Some(id) => by_id(db, RoomId::from_bytes(id), person)?,
        None => None,
    };
    if let Some(found) = open.filter(|found| found.standing.is_some()) {
        return Ok(found);
    }
    // Goes through the person's rooms, so that it takes the same time whatever rooms others have.
    let mut statement = db.prepare_cached(
        "SELECT rooms.id FROM members CROSS JOIN rooms ON rooms.id = members.room_id
         WHERE person_id = ?1 AND name_key > ?2 AND name_key < ?3 LIMIT 2",
    )?;
    let (from, to) = (format!("{key}{HIDDEN}"), format!("{key}{AFTER_HIDDEN}"));
    let own = statement.query_map(params![person.as_bytes(), from, to], |row| row.get(0))?;
    let own: Vec<[u8; 16]> = own.collect::<Result<_, _>>()?;
    match own[..] {
        [] => open.ok_or(StoreError::RoomNotFound),
        [id] => by_id(db, RoomId::from_bytes(id), person)?.ok_or(StoreError::RoomNotFound),
        [..] => Err(StoreError::Invalid(
            "You are in several rooms of this name; use the room's id.",
        )),
    }
}

/// The room that the operator means, who is in none and knows of all. A name means the room of that name that everyone
/// may know of, else the one hidden room that has it.
pub(super) fn find_any(db: &Connection, room: &RoomRef) -> Result<Found, StoreError> {
    let ids: Vec<[u8; 16]> = match room {
        RoomRef::Id(room) => vec![*room.as_bytes()],
        RoomRef::Name(name) => {
            let key = name.key();
            let (from, to) = (format!("{key}{HIDDEN}"), format!("{key}{AFTER_HIDDEN}"));
            let mut statement = db.prepare_cached(
                "SELECT id FROM rooms WHERE name_key = ?1 OR name_key > ?2 AND name_key < ?3
                 ORDER BY name_key <> ?1 LIMIT 3",
            )?;
            let ids = statement.query_map(params![key, from, to], |row| row.get(0))?;
            ids.collect::<Result<_, _>>()?
        }
    };
    // Nobody has this id, and so nobody is in the room as whom.
    let nobody = PersonId::from_bytes([0; 16]);
    let mut found = Vec::new();
    for id in ids {
        found.extend(by_id(db, RoomId::from_bytes(id), nobody)?);
    }
    match found.as_slice() {
        [] => Err(StoreError::RoomNotFound),
        [one] => Ok(*one),
        [first, ..] if !first.kind.is_hidden() => Ok(*first),
        _several => Err(StoreError::Invalid(
            "Several rooms have this name; use the room's id.",
        )),
    }
}

/// The room, whoever may know of it, and what the person is in it.
fn by_id(db: &Connection, room: RoomId, person: PersonId) -> Result<Option<Found>, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT kind, history, role, first_sequence FROM rooms
             LEFT JOIN members ON room_id = rooms.id AND person_id = ?2 WHERE rooms.id = ?1",
        )?
        .query_row([room.as_bytes(), person.as_bytes()], |row| {
            let kind: RoomKind = named(row, 0)?;
            let standing = match (row.get_ref(2)?, kind) {
                (rusqlite::types::ValueRef::Null, RoomKind::Lobby) => Some(Standing {
                    role: RoomRole::Member,
                    first_sequence: Sequence::first(),
                }),
                (rusqlite::types::ValueRef::Null, _) => None,
                (_some, _) => Some(Standing {
                    role: named(row, 2)?,
                    first_sequence: Sequence(counter(row, 3)?),
                }),
            };
            Ok(Found {
                room_id: room,
                kind,
                history: named(row, 1)?,
                standing,
            })
        })
        .optional()?;
    Ok(found)
}

/// Whether the person is in the room.
pub(super) fn is_in(db: &Connection, room: RoomId, person: PersonId) -> Result<bool, StoreError> {
    let found = by_id(db, room, person)?;
    Ok(found.is_some_and(|found| found.standing.is_some()))
}

/// [`StoreError::QuotaExceeded`] where there is no room for one more than `count`.
fn require_fewer(count: u64, max: u64, what: &'static str) -> Result<(), StoreError> {
    if count < max {
        Ok(())
    } else {
        Err(StoreError::QuotaExceeded { what, max })
    }
}

/// The room, where the person may do this in it. Admins count as owners of the rooms that they are in.
pub(super) fn find_to(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    operation: Operation,
) -> Result<Found, StoreError> {
    let found = find(db, by.person.id, room)?;
    let standing = found.standing()?;
    by.require_in(operation, standing.role)
        .map_err(StoreError::NotAllowed)?;
    Ok(found)
}
