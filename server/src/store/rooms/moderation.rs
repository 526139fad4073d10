//! What moderators and owners of a room do with its members.

use rusqlite::{Connection, OptionalExtension as _};
use shared::room::RoomKind;
use shared::{
    EventBody, Operation, PersonId, Role, RoomEvent, RoomId, RoomRef, RoomRole, TimestampMs,
};

use super::bans::ban;
use super::membership::{end, is_last_owner, person, role_in, set_role};
use super::{Found, find_to, name_of};
use crate::store::audit::{self, Action};
use crate::store::{NotAllowed, SignedIn, Store, StoreError, log, named};

impl Store {
    /// Ends somebody's membership, and with `bans` keeps them from coming back, member or not; no event where nothing
    /// changes. [`NotAllowed::RoomRole`] where they are more in the room than whoever asks.
    pub async fn remove_member(
        &self,
        by: SignedIn,
        room: RoomRef,
        person: PersonId,
        bans: bool,
        now: TimestampMs,
    ) -> Result<Vec<RoomEvent>, StoreError> {
        self.write(move |db| {
            let events = remove(db, &by, &room, person, bans, now)?;
            Ok((events.clone(), events))
        })
        .await
    }

    /// Changes what a member is in the room; no event where they are that already.
    /// [`StoreError::PersonNotFound`] where they are no member.
    pub async fn set_room_role(
        &self,
        by: SignedIn,
        room: RoomRef,
        person: PersonId,
        role: RoomRole,
        now: TimestampMs,
    ) -> Result<Option<RoomEvent>, StoreError> {
        self.write(move |db| {
            let event = change_role(db, &by, &room, person, role, now)?;
            Ok((event.clone(), event.into_iter().collect()))
        })
        .await
    }
}

/// Roles and removals are of rooms that one is in by choice.
fn require_members(found: &Found) -> Result<(), StoreError> {
    match found.kind {
        RoomKind::Lobby => Err(StoreError::Invalid(
            "Everyone is in the lobby, as what they are on the server.",
        )),
        RoomKind::Direct => Err(StoreError::Invalid(
            "Who is in a direct room stays the same, and all are alike.",
        )),
        RoomKind::Public | RoomKind::Private | RoomKind::Unknown => Ok(()),
    }
}

fn remove(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    who: PersonId,
    bans: bool,
    now: TimestampMs,
) -> Result<Vec<RoomEvent>, StoreError> {
    let found = find_to(db, by, room, Operation::RemoveMember)?;
    require_members(&found)?;
    if who == by.person.id {
        return Err(StoreError::Invalid("Leave the room instead."));
    }
    let member = person(db, who)?;
    let role = role_in(db, found.room_id, who)?;
    require_no_more(db, by, &found, who, role)?;
    let is_new_ban = bans && ban(db, found.room_id, who, by.person.id, now)?;
    if role.is_none() && !is_new_ban {
        return Ok(Vec::new());
    }
    if is_new_ban {
        let what = format!("#{}, {}", name_of(db, found.room_id)?, member.name);
        audit::append(db, Some(&by.person), Action::Ban, &what, now)?;
    }
    let removed = EventBody::MemberRemoved {
        member,
        banned: bans,
    };
    if role.is_some() {
        end(db, found.room_id, who, &by.person, removed, now)
    } else {
        log::append(db, found.room_id, &by.person, now, removed, None).map(|event| vec![event])
    }
}

/// [`NotAllowed::RoomRole`] where `who`, being `role`, is more in the room than `by`.
fn require_no_more(
    db: &Connection,
    by: &SignedIn,
    found: &Found,
    who: PersonId,
    role: Option<RoomRole>,
) -> Result<(), StoreError> {
    let own = effective(by.role, found.standing()?.role);
    let server_role: Option<Role> = db
        .prepare_cached("SELECT role FROM people WHERE id = ?1")?
        .query_row([who.as_bytes()], |row| named(row, 0))
        .optional()?;
    let theirs = effective(server_role.unwrap_or_default(), role.unwrap_or_default());
    if own.reaches(theirs) {
        Ok(())
    } else {
        Err(StoreError::NotAllowed(NotAllowed::RoomRole))
    }
}

/// Admins count as owners.
fn effective(role: Role, room_role: RoomRole) -> RoomRole {
    if role.is_admin() {
        RoomRole::Owner
    } else {
        room_role
    }
}

fn change_role(
    db: &Connection,
    by: &SignedIn,
    room: &RoomRef,
    who: PersonId,
    role: RoomRole,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    let found = find_to(db, by, room, Operation::SetRoomRole)?;
    require_members(&found)?;
    if role == RoomRole::Unknown {
        return Err(StoreError::Invalid(
            "The roles in a room are owner, moderator and member.",
        ));
    }
    let member = person(db, who)?;
    let was = role_in(db, found.room_id, who)?.ok_or(StoreError::PersonNotFound)?;
    if was == role {
        return Ok(None);
    }
    require_owner_left(db, found.room_id, who)?;
    set_role(db, found.room_id, who, role)?;
    let event = EventBody::RoomRoleChanged { member, role };
    log::append(db, found.room_id, &by.person, now, event, None).map(Some)
}

fn require_owner_left(db: &Connection, room: RoomId, who: PersonId) -> Result<(), StoreError> {
    if is_last_owner(db, room, who)? {
        return Err(StoreError::Invalid(
            "A room needs an owner; make somebody else one first.",
        ));
    }
    Ok(())
}
