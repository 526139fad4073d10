//! Lists of who is in a room.

use std::collections::HashSet;

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::frame::Person;
use shared::room::RoomKind;
use shared::{Operation, PersonId, RoomId, RoomRef, RoomRole};

use super::{Found, find_to, person_from};
use crate::store::{SignedIn, Store, StoreError, at_one_moment, named};

/// A member of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedMember {
    pub person: Person,
    pub role: RoomRole,
}

/// Who is in a room, or some of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members {
    pub room_id: RoomId,
    /// How many there are.
    pub total: u32,
    /// Those who were asked for first, then the others by name.
    pub members: Vec<ListedMember>,
}

impl Store {
    /// At most `limit` members of the room: those of `first` who are in it, then others in the order of their names.
    pub async fn members(
        &self,
        by: SignedIn,
        room: RoomRef,
        first: Vec<PersonId>,
        limit: usize,
    ) -> Result<Members, StoreError> {
        self.read(move |db| at_one_moment(db, |db| list(db, &by, &room, &first, limit)))
            .await
    }
}

fn list(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    first: &[PersonId],
    limit: usize,
) -> Result<Members, StoreError> {
    let found = find_to(db, by, room, Operation::ListMembers)?;
    let room_id = found.room_id;
    let total = db
        .prepare_cached("SELECT member_count FROM rooms WHERE id = ?1")?
        .query_row([room_id.as_bytes()], |row| row.get(0))?;
    let mut members = Vec::new();
    let mut known = HashSet::new();
    for person in first.iter().take(limit) {
        if let Some(member) = member(db, &found, *person)?
            && known.insert(*person)
        {
            members.push(member);
        }
    }
    members.sort_by_cached_key(|member| member.person.name.to_lowercase());
    for member in by_name(db, &found, limit + members.len())? {
        if members.len() < limit && known.insert(member.person.id) {
            members.push(member);
        }
    }
    Ok(Members {
        room_id,
        total,
        members,
    })
}

fn member(
    db: &Connection,
    found: &Found,
    person: PersonId,
) -> Result<Option<ListedMember>, StoreError> {
    let member = if found.kind == RoomKind::Lobby {
        db.prepare_cached(
            "SELECT id, name, 'member' FROM people WHERE id = ?1 AND removed_ms IS NULL",
        )?
        .query_row([person.as_bytes()], member_from)
    } else {
        db.prepare_cached(
            "SELECT people.id, people.name, members.role FROM members JOIN people ON people.id = person_id
             WHERE room_id = ?1 AND person_id = ?2",
        )?
        .query_row([found.room_id.as_bytes(), person.as_bytes()], member_from)
    };
    Ok(member.optional()?)
}

fn by_name(db: &Connection, found: &Found, limit: usize) -> Result<Vec<ListedMember>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let members = if found.kind == RoomKind::Lobby {
        db.prepare_cached(
            "SELECT id, name, 'member' FROM people WHERE removed_ms IS NULL ORDER BY name_key LIMIT ?1",
        )?
        .query_map([limit], member_from)?
        .collect()
    } else {
        db.prepare_cached(
            "SELECT people.id, people.name, members.role FROM members JOIN people ON people.id = person_id
             WHERE room_id = ?1 ORDER BY name_key LIMIT ?2",
        )?
        .query_map(params![found.room_id.as_bytes(), limit], member_from)?
        .collect::<Result<_, _>>()
    };
    Ok(members?)
}

/// Of the columns id, name and role.
fn member_from(row: &Row<'_>) -> rusqlite::Result<ListedMember> {
    Ok(ListedMember {
        person: person_from(row)?,
        role: named(row, 2)?,
    })
}
