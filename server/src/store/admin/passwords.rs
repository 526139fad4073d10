//! Links by which somebody who has lost their password chooses another one.

use rusqlite::Connection;
use shared::account::{InvitationInfo, InvitationPurpose};
use shared::{Operation, PersonId, Role, TimestampMs};

use super::{Actor, Subject};
use crate::store::audit::{self, Action};
use crate::store::invitations::{self, NewInvitation};
use crate::store::{Store, StoreError, TokenHash};

/// How long such a link is good: whoever asked for it waits for it.
const LINK_MS: u64 = 24 * 60 * 60 * 1_000;

impl Store {
    /// Makes the token that of a link by which the person chooses another password, and ends such links of before.
    pub(crate) async fn offer_password_reset(
        &self,
        actor: Actor,
        person: PersonId,
        token: TokenHash,
        now: TimestampMs,
    ) -> Result<InvitationInfo, StoreError> {
        self.write(move |db| {
            let subject = actor.require_over(db, Operation::ResetPassword, person)?;
            Ok((make_link(db, &actor, &subject, token, now)?, Vec::new()))
        })
        .await
    }
}

fn make_link(
    db: &Connection,
    actor: &Actor,
    subject: &Subject,
    token: TokenHash,
    now: TimestampMs,
) -> Result<InvitationInfo, StoreError> {
    match subject.role {
        Role::Owner | Role::Admin | Role::Member => {}
        Role::Guest => {
            return Err(StoreError::Invalid(
                "A guest has no password; make them a member first.",
            ));
        }
        Role::Bot | Role::Unknown => {
            return Err(StoreError::Invalid(
                "A bot has no password; its owner gives it another token.",
            ));
        }
    }
    let person = &subject.person;
    db.prepare_cached(
        "DELETE FROM invitations WHERE purpose = 'reset_password' AND person_id = ?1",
    )?
    .execute([person.id.as_bytes()])?;
    let link = NewInvitation {
        token,
        purpose: InvitationPurpose::ResetPassword,
        room: None,
        person: Some(person.id),
        by: actor.person().map(|by| by.id),
        created_at_ms: now,
        expires_at_ms: now.plus_ms(LINK_MS),
        uses_max: 1,
    };
    let invitation_id = invitations::insert(db, &link)?;
    let name = &person.name;
    audit::append(db, actor.person(), Action::ResetPassword, name, now)?;
    Ok(InvitationInfo {
        invitation_id,
        purpose: link.purpose,
        by: actor.person().cloned(),
        room_id: None,
        room_name: None,
        created_at_ms: link.created_at_ms,
        expires_at_ms: link.expires_at_ms,
        uses: 0,
        uses_max: link.uses_max,
    })
}
