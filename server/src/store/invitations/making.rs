//! Making links, seeing them, and ending them.

use rusqlite::{Connection, OptionalExtension as _, Row, params};
use shared::account::{CreateInvitation, InvitationInfo, InvitationPurpose};
use shared::frame::Person;
use shared::room::RoomKind;
use shared::{InvitationId, Operation, PersonId, RoomId, RoomRef, TimestampMs};

use super::{NewInvitation, insert};
use crate::store::audit::{self, Action};
use crate::store::{
    Actor, SignedIn, Store, StoreError, TokenHash, counter, named, rooms, to_integer,
};

const HOUR_MS: u64 = 3600 * 1000;
const EXPIRES_IN_MS: u64 = 7 * 24 * HOUR_MS;
const EXPIRES_IN_MS_MAX: u64 = 366 * 24 * HOUR_MS;
const USES_MAX: u32 = 10_000;
/// Links of one person that can be followed.
const INVITATIONS_MAX: u64 = 100;
/// Links in one list.
const LISTED_MAX: u32 = 1_000;

/// A link as somebody asks for it, to the server or into a room.
pub(crate) struct AskedInvitation {
    pub(crate) token: TokenHash,
    pub(crate) room: Option<RoomRef>,
    pub(crate) created_at_ms: TimestampMs,
    pub(crate) expires_at_ms: TimestampMs,
    pub(crate) uses_max: u32,
}

impl AskedInvitation {
    /// What the request asks for, with what it leaves out; [`StoreError::Invalid`] where that cannot be.
    pub(crate) fn new(
        request: &CreateInvitation,
        token: TokenHash,
        now: TimestampMs,
    ) -> Result<Self, StoreError> {
        let expires_in_ms = request.expires_in_ms.unwrap_or(EXPIRES_IN_MS);
        let uses_max = request.uses_max.unwrap_or(1);
        if !(1..=EXPIRES_IN_MS_MAX).contains(&expires_in_ms) {
            return Err(StoreError::Invalid("An invitation ends within a year."));
        }
        if !(1..=USES_MAX).contains(&uses_max) {
            return Err(StoreError::Invalid(
                "An invitation is for 1 to 10,000 people.",
            ));
        }
        Ok(Self {
            token,
            room: request.room.clone(),
            created_at_ms: now,
            expires_at_ms: now.plus_ms(expires_in_ms),
            uses_max,
        })
    }
}

impl Store {
    /// The operator's, to the server or into any room that is no direct one.
    pub(crate) async fn create_operators_invitation(
        &self,
        asked: AskedInvitation,
    ) -> Result<InvitationInfo, StoreError> {
        self.write(move |db| {
            let room = match &asked.room {
                Some(room) => Some(room_to_lead_to(rooms::find_any(db, room)?)?),
                None => None,
            };
            forget_dead(db, asked.created_at_ms)?;
            Ok((make(db, None, asked, room)?, Vec::new()))
        })
        .await
    }

    pub(crate) async fn create_invitation(
        &self,
        by: SignedIn,
        asked: AskedInvitation,
    ) -> Result<InvitationInfo, StoreError> {
        self.write(move |db| Ok((create(db, &by, asked)?, Vec::new())))
            .await
    }

    /// The links of `by` that can be followed, or as an admin everyone's, the newest first.
    pub(crate) async fn invitations(
        &self,
        by: Person,
        now: TimestampMs,
    ) -> Result<Vec<InvitationInfo>, StoreError> {
        self.read(move |db| list(db, &by, now)).await
    }

    /// Ends a link of `by`, or as an admin anyone's.
    pub(crate) async fn revoke_invitation(
        &self,
        by: Person,
        invitation: InvitationId,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        self.write(move |db| Ok((revoke(db, &by, invitation, now)?, Vec::new())))
            .await
    }
}

fn create(
    db: &Connection,
    by: &SignedIn,
    asked: AskedInvitation,
) -> Result<InvitationInfo, StoreError> {
    let now = asked.created_at_ms;
    let room = match &asked.room {
        Some(room) => Some(room_to(db, by, room)?),
        None => {
            Actor::Person(by.person.clone()).require(db, Operation::CreateInvitation)?;
            None
        }
    };
    forget_dead(db, now)?;
    let own: u64 = db
        .prepare_cached(
            "SELECT count(*) FROM invitations WHERE created_by = ?1 AND uses < uses_max",
        )?
        .query_row([by.person.id.as_bytes()], |row| counter(row, 0))?;
    if own >= INVITATIONS_MAX {
        return Err(StoreError::QuotaExceeded {
            what: "invitations of one person at a time",
            max: INVITATIONS_MAX,
        });
    }
    make(db, Some(&by.person), asked, room)
}

fn make(
    db: &Connection,
    by: Option<&Person>,
    asked: AskedInvitation,
    room: Option<RoomId>,
) -> Result<InvitationInfo, StoreError> {
    let now = asked.created_at_ms;
    let new = NewInvitation {
        token: asked.token,
        purpose: match room {
            Some(_) => InvitationPurpose::Room,
            None => InvitationPurpose::Join,
        },
        room,
        person: None,
        by: by.map(|by| by.id),
        created_at_ms: now,
        expires_at_ms: asked.expires_at_ms,
        uses_max: asked.uses_max,
    };
    let made = find(db, insert(db, &new)?)?;
    let what = described(&made);
    audit::append(db, by, Action::CreateInvitation, &what, now)?;
    Ok(made)
}

/// A room into which somebody may lead others.
fn room_to(db: &Connection, by: &SignedIn, room: &RoomRef) -> Result<RoomId, StoreError> {
    let operation = Operation::CreateRoomInvitation;
    Actor::Person(by.person.clone()).require(db, operation)?;
    room_to_lead_to(rooms::find_to(db, by, room, operation)?)
}

fn room_to_lead_to(found: rooms::Found) -> Result<RoomId, StoreError> {
    match found.kind {
        RoomKind::Public | RoomKind::Private => Ok(found.room_id),
        RoomKind::Lobby => Err(StoreError::Invalid(
            "Everyone is in the lobby; invite to the server instead.",
        )),
        RoomKind::Direct | RoomKind::Unknown => Err(StoreError::Invalid(
            "Who is in a direct room stays the same; open another one.",
        )),
    }
}

/// Those whose time is over; used ones stay until then, so that whoever followed one can come again.
fn forget_dead(db: &Connection, now: TimestampMs) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM invitations WHERE expires_ms <= ?1")?
        .execute([to_integer(now.0)])?;
    Ok(())
}

fn revoke(
    db: &Connection,
    by: &Person,
    invitation: InvitationId,
    now: TimestampMs,
) -> Result<(), StoreError> {
    let role = Actor::Person(by.clone()).require(db, Operation::ManageInvitations)?;
    let found = find(db, invitation)?;
    let is_own = found.by.as_ref().is_some_and(|maker| maker.id == by.id);
    if !is_own && !role.is_admin() {
        return Err(NOT_FOUND);
    }
    db.prepare_cached("DELETE FROM invitations WHERE id = ?1")?
        .execute([invitation.as_bytes()])?;
    let what = described(&found);
    audit::append(db, Some(by), Action::RevokeInvitation, &what, now)
}

/// As the audit log names it.
fn described(invitation: &InvitationInfo) -> String {
    let (id, uses) = (invitation.invitation_id, invitation.uses_max);
    match &invitation.room_name {
        Some(room) => format!("{id}, to #{room}, for {uses}"),
        None => format!("{id}, to the server, for {uses}"),
    }
}

const NOT_FOUND: StoreError = StoreError::NotFound("invitation");

const INVITATIONS: &str = "
    SELECT made.id, purpose, made.created_by, people.name, room_id, rooms.name, made.created_ms, expires_ms, uses, uses_max
    FROM invitations AS made LEFT JOIN people ON people.id = made.created_by
    LEFT JOIN rooms ON rooms.id = made.room_id";

pub(super) fn find(
    db: &Connection,
    invitation: InvitationId,
) -> Result<InvitationInfo, StoreError> {
    db.prepare_cached(&format!("{INVITATIONS} WHERE made.id = ?1"))?
        .query_row([invitation.as_bytes()], info)
        .optional()?
        .ok_or(NOT_FOUND)
}

fn list(db: &Connection, by: &Person, now: TimestampMs) -> Result<Vec<InvitationInfo>, StoreError> {
    let role = Actor::Person(by.clone()).require(db, Operation::ManageInvitations)?;
    let mut statement = db.prepare_cached(&format!(
        "{INVITATIONS} WHERE (?2 OR made.created_by = ?1) AND expires_ms > ?3 AND uses < uses_max AND purpose <> 'own'
         ORDER BY made.created_ms DESC, made.id LIMIT {LISTED_MAX}"
    ))?;
    let listed = statement.query_map(
        params![by.id.as_bytes(), role.is_admin(), to_integer(now.0)],
        info,
    )?;
    Ok(listed.collect::<Result<_, _>>()?)
}

fn info(row: &Row<'_>) -> rusqlite::Result<InvitationInfo> {
    let by: Option<[u8; 16]> = row.get(2)?;
    let room: Option<[u8; 16]> = row.get(4)?;
    let name: Option<String> = row.get(3)?;
    Ok(InvitationInfo {
        invitation_id: InvitationId::from_bytes(row.get(0)?),
        purpose: named(row, 1)?,
        by: by.map(|id| Person {
            id: PersonId::from_bytes(id),
            name: name.unwrap_or_default(),
        }),
        room_id: room.map(RoomId::from_bytes),
        room_name: row.get(5)?,
        created_at_ms: TimestampMs(counter(row, 6)?),
        expires_at_ms: TimestampMs(counter(row, 7)?),
        uses: row.get(8)?,
        uses_max: row.get(9)?,
    })
}
