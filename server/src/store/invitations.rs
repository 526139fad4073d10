//! Links that let people in: to the server, into a room, or back to an account. Of a link's token only the hash is
//! stored. Whether one may still be followed is decided in the transaction that follows it.

use rusqlite::{Connection, OptionalExtension as _, params};
use shared::account::{InvitationDescription, InvitationInfo, InvitationPurpose, Registration};
use shared::frame::Person;
use shared::{
    InvitationId, Operation, PersonId, RequestId, Role, RoomEvent, RoomId, RoomRole, TimestampMs,
};

use super::people::random;
use super::sessions::TokenHash;
use super::{Actor, Store, StoreError, accounts, counter, named, policy, rooms, to_integer};

mod making;

pub(crate) use making::AskedInvitation;

/// While nobody owns the server, each start makes another link.
const OWNERS_LINK_MS: u64 = 365 * 24 * 3600 * 1000;

/// A link to be made.
pub(crate) struct NewInvitation {
    pub(crate) token: TokenHash,
    pub(crate) purpose: InvitationPurpose,
    pub(crate) room: Option<RoomId>,
    /// Whose password it resets.
    pub(crate) person: Option<PersonId>,
    /// `None` for the server's own.
    pub(crate) by: Option<PersonId>,
    pub(crate) created_at_ms: TimestampMs,
    pub(crate) expires_at_ms: TimestampMs,
    pub(crate) uses_max: u32,
}

/// A link that is there.
pub(super) struct Invitation {
    id: InvitationId,
    pub(super) purpose: InvitationPurpose,
    room: Option<RoomId>,
    person: Option<PersonId>,
    by: Option<PersonId>,
    expires_at_ms: TimestampMs,
    uses: u32,
    uses_max: u32,
}

/// What somebody becomes who makes an account.
pub(super) struct Entry {
    pub(super) role: Role,
    /// Where they are led.
    pub(super) room: Option<RoomId>,
}

impl Store {
    /// Makes the token that of the link by which somebody becomes the owner, and ends that of before. `None` where
    /// the server has an owner, and so no such link.
    pub(crate) async fn renew_owners_link(
        &self,
        token: TokenHash,
        now: TimestampMs,
    ) -> Result<Option<InvitationInfo>, StoreError> {
        if self.read(policy::is_owned).await? {
            return Ok(None);
        }
        self.write(move |db| Ok((renew_owners_link(db, token, now)?, Vec::new())))
            .await
    }

    /// What following the link with this token does.
    pub(crate) async fn describe_invitation(
        &self,
        token: TokenHash,
        now: TimestampMs,
    ) -> Result<InvitationDescription, StoreError> {
        self.read(move |db| describe(db, &token, now)).await
    }

    /// Leads somebody who is signed in into a link's room. Returns which.
    pub(crate) async fn accept_invitation(
        &self,
        by: Person,
        token: TokenHash,
        now: TimestampMs,
    ) -> Result<RoomId, StoreError> {
        self.write(move |db| {
            Actor::Person(by.clone()).require(db, Operation::AcceptInvitation)?;
            let invitation = find(db, &token, now)?;
            let (InvitationPurpose::Room, Some(room)) = (invitation.purpose, invitation.room)
            else {
                return Err(StoreError::InvitationInvalid);
            };
            let joined = join(db, room, &by, now)?;
            if joined.is_some() {
                count_use(db, &invitation)?;
            }
            Ok((room, joined.into_iter().collect()))
        })
        .await
    }
}

fn renew_owners_link(
    db: &Connection,
    token: TokenHash,
    now: TimestampMs,
) -> Result<Option<InvitationInfo>, StoreError> {
    db.prepare_cached("DELETE FROM invitations WHERE purpose = 'own'")?
        .execute([])?;
    if policy::is_owned(db)? {
        return Ok(None);
    }
    let link = NewInvitation {
        token,
        purpose: InvitationPurpose::Own,
        room: None,
        person: None,
        by: None,
        created_at_ms: now,
        expires_at_ms: now.plus_ms(OWNERS_LINK_MS),
        uses_max: 1,
    };
    let id = insert(db, &link)?;
    making::find(db, id).map(Some)
}

pub(super) fn insert(db: &Connection, new: &NewInvitation) -> Result<InvitationId, StoreError> {
    let id = InvitationId::from_parts(new.created_at_ms, random());
    db.prepare_cached(
        "INSERT INTO invitations (id, token_hash, purpose, room_id, person_id, created_by, created_ms, expires_ms,
                                  uses_max)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        id.as_bytes(),
        new.token.as_bytes(),
        purpose_name(new.purpose),
        new.room.map(|id| *id.as_bytes()),
        new.person.map(|id| *id.as_bytes()),
        new.by.map(|id| *id.as_bytes()),
        to_integer(new.created_at_ms.0),
        to_integer(new.expires_at_ms.0),
        new.uses_max,
    ])?;
    Ok(id)
}

/// Ends the links by which the person could choose another password.
pub(super) fn revoke_resets(db: &Connection, person: PersonId) -> Result<(), StoreError> {
    db.prepare_cached(
        "DELETE FROM invitations WHERE purpose = 'reset_password' AND person_id = ?1",
    )?
    .execute([person.as_bytes()])?;
    Ok(())
}

fn purpose_name(purpose: InvitationPurpose) -> &'static str {
    match purpose {
        InvitationPurpose::Own => "own",
        InvitationPurpose::Join => "join",
        InvitationPurpose::Room => "room",
        InvitationPurpose::ResetPassword => "reset_password",
        InvitationPurpose::Unknown => "unknown",
    }
}

/// What the link with this token does now. [`StoreError::InvitationInvalid`] where it does nothing (any more).
pub(super) fn find(
    db: &Connection,
    token: &TokenHash,
    now: TimestampMs,
) -> Result<Invitation, StoreError> {
    let found = db
        .prepare_cached(
            "SELECT id, purpose, room_id, person_id, created_by, expires_ms, uses, uses_max
             FROM invitations WHERE token_hash = ?1",
        )?
        .query_row([token.as_bytes()], |row| {
            Ok(Invitation {
                id: InvitationId::from_bytes(row.get(0)?),
                purpose: named(row, 1)?,
                room: row.get::<_, Option<_>>(2)?.map(RoomId::from_bytes),
                person: row.get::<_, Option<_>>(3)?.map(PersonId::from_bytes),
                by: row.get::<_, Option<_>>(4)?.map(PersonId::from_bytes),
                expires_at_ms: TimestampMs(counter(row, 5)?),
                uses: row.get(6)?,
                uses_max: row.get(7)?,
            })
        })
        .optional()?;
    let Some(found) = found else {
        return Err(StoreError::InvitationInvalid);
    };
    let goes_on = found.expires_at_ms > now && found.uses < found.uses_max;
    if goes_on && is_backed(db, &found)? {
        Ok(found)
    } else {
        Err(StoreError::InvitationInvalid)
    }
}

/// Whether whoever made it could still make it.
fn is_backed(db: &Connection, invitation: &Invitation) -> Result<bool, StoreError> {
    let Some(by) = invitation.by else {
        // The server's own is for whoever is the first, and the operator could always make another.
        return Ok(invitation.purpose != InvitationPurpose::Own || !policy::is_owned(db)?);
    };
    let role = accounts::role_of(db, by)?;
    Ok(
        match (invitation.purpose, invitation.room, invitation.person) {
            (InvitationPurpose::Join, _, _) => role.is_admin(),
            (InvitationPurpose::ResetPassword, _, Some(person)) => {
                let subject = accounts::role_of(db, person)?;
                role == Role::Owner || role.is_admin() && (!subject.is_admin() || by == person)
            }
            (InvitationPurpose::Room, Some(room), _) => {
                let standing = standing(db, room, by)?;
                Operation::CreateRoomInvitation.is_allowed_in(role, standing)
            }
            _other => false,
        },
    )
}

/// What the person is in the room, if they are in it.
fn standing(
    db: &Connection,
    room: RoomId,
    person: PersonId,
) -> Result<Option<RoomRole>, StoreError> {
    Ok(db
        .prepare_cached("SELECT role FROM members WHERE room_id = ?1 AND person_id = ?2")?
        .query_row([room.as_bytes(), person.as_bytes()], |row| named(row, 0))
        .optional()?)
}

/// Counts one who follows it. [`StoreError::InvitationInvalid`] where enough have.
fn count_use(db: &Connection, invitation: &Invitation) -> Result<(), StoreError> {
    let counted = db
        .prepare_cached("UPDATE invitations SET uses = uses + 1 WHERE id = ?1 AND uses < uses_max")?
        .execute([invitation.id.as_bytes()])?;
    if counted == 1 {
        Ok(())
    } else {
        Err(StoreError::InvitationInvalid)
    }
}

/// What somebody becomes who makes an account with this token, or without one, and whom the link counts once they do.
fn entry(
    db: &Connection,
    token: Option<TokenHash>,
    now: TimestampMs,
) -> Result<(Entry, Option<Invitation>), StoreError> {
    let registration = policy::of(db)?.registration;
    let member = |room| Entry {
        role: Role::Member,
        room,
    };
    let Some(token) = token else {
        return match registration {
            Registration::Open => Ok((member(None), None)),
            Registration::Invitation | Registration::Closed | Registration::Unknown => {
                Err(StoreError::RegistrationClosed)
            }
        };
    };
    let invitation = find(db, &token, now)?;
    let entry = match (invitation.purpose, registration) {
        (InvitationPurpose::Own, _) => Entry {
            role: Role::Owner,
            room: None,
        },
        (InvitationPurpose::ResetPassword | InvitationPurpose::Unknown, _) => {
            return Err(StoreError::InvitationInvalid);
        }
        (InvitationPurpose::Join, Registration::Open | Registration::Invitation) => member(None),
        (InvitationPurpose::Room, Registration::Open) => member(invitation.room),
        (InvitationPurpose::Room, Registration::Invitation) if is_by_admin(db, &invitation)? => {
            member(invitation.room)
        }
        (InvitationPurpose::Room, Registration::Invitation)
        | (_, Registration::Closed | Registration::Unknown) => {
            return Err(StoreError::RegistrationClosed);
        }
    };
    Ok((entry, Some(invitation)))
}

fn is_by_admin(db: &Connection, invitation: &Invitation) -> Result<bool, StoreError> {
    match invitation.by {
        Some(by) => Ok(accounts::role_of(db, by)?.is_admin()),
        // The operator's.
        None => Ok(true),
    }
}

/// As [`follow`], but only says whether it could be.
pub(super) fn admit(
    db: &Connection,
    token: Option<TokenHash>,
    now: TimestampMs,
) -> Result<Entry, StoreError> {
    entry(db, token, now).map(|(entry, _)| entry)
}

/// Lets somebody in who makes an account.
pub(super) fn follow(
    db: &Connection,
    token: Option<TokenHash>,
    now: TimestampMs,
) -> Result<Entry, StoreError> {
    let (entry, invitation) = entry(db, token, now)?;
    if let Some(invitation) = invitation {
        count_use(db, &invitation)?;
    }
    Ok(entry)
}

/// Leads the person into the room; `None` where they are in it.
pub(super) fn join(
    db: &Connection,
    room: RoomId,
    person: &Person,
    now: TimestampMs,
) -> Result<Option<RoomEvent>, StoreError> {
    rooms::lead_in(db, room, person, now)
}

fn describe(
    db: &Connection,
    token: &TokenHash,
    now: TimestampMs,
) -> Result<InvitationDescription, StoreError> {
    let invitation = find(db, token, now)?;
    let person = |id: Option<PersonId>| id.map(|id| person_of(db, id)).transpose();
    let room = invitation.room.map(|room| {
        db.prepare_cached("SELECT name FROM rooms WHERE id = ?1")?
            .query_row([room.as_bytes()], |row| row.get(0))
    });
    Ok(InvitationDescription {
        request_id: RequestId::default(),
        purpose: invitation.purpose,
        by: person(invitation.by)?,
        room_name: room.transpose()?,
        person: person(invitation.person)?,
        expires_at_ms: Some(invitation.expires_at_ms),
    })
}

fn person_of(db: &Connection, id: PersonId) -> rusqlite::Result<Person> {
    let name = db
        .prepare_cached("SELECT name FROM people WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))?;
    Ok(Person { id, name })
}

/// Follows a link that resets a password. Returns whose.
pub(super) fn reset(
    db: &Connection,
    token: &TokenHash,
    now: TimestampMs,
) -> Result<PersonId, StoreError> {
    let (invitation, person) = find_reset(db, token, now)?;
    count_use(db, &invitation)?;
    Ok(person)
}

/// As [`reset`], but only says whose.
pub(super) fn reset_of(
    db: &Connection,
    token: &TokenHash,
    now: TimestampMs,
) -> Result<PersonId, StoreError> {
    find_reset(db, token, now).map(|(_, person)| person)
}

fn find_reset(
    db: &Connection,
    token: &TokenHash,
    now: TimestampMs,
) -> Result<(Invitation, PersonId), StoreError> {
    let invitation = find(db, token, now)?;
    match (invitation.purpose, invitation.person) {
        (InvitationPurpose::ResetPassword, Some(person)) => Ok((invitation, person)),
        _other => Err(StoreError::InvitationInvalid),
    }
}
