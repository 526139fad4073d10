//! Links that let people in: to the server, or into a room.

use shared::account::CreateInvitation;
use shared::{ClientFrame, ErrorReply, InvitationId, RequestId, Secret, ServerFrame, SessionToken};

use super::requests::not_served;
use super::session::Connection;
use crate::error;
use crate::store::{AskedInvitation, StoreError, TokenHash, random};

const HOUR_MS: u64 = 3600 * 1000;
const EXPIRES_IN_MS: u64 = 7 * 24 * HOUR_MS;
const EXPIRES_IN_MS_MAX: u64 = 366 * 24 * HOUR_MS;
const USES_MAX: u32 = 10_000;

impl Connection {
    pub(super) async fn handle_invitation_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        let request_id = request.request_id();
        let answer = match request {
            ClientFrame::CreateInvitation(request) => self.create_invitation(request).await,
            ClientFrame::ListInvitations { .. } => self.list_invitations(request_id).await,
            ClientFrame::RevokeInvitation { invitation_id, .. } => {
                self.revoke_invitation(request_id, invitation_id).await
            }
            ClientFrame::AcceptInvitation { token, .. } => {
                self.accept_invitation(request_id, &token).await
            }
            _other => return Err(not_served(request_id)),
        };
        answer.map_err(|failed| error::from_store(request_id, failed))
    }

    async fn create_invitation(
        &mut self,
        request: CreateInvitation,
    ) -> Result<ServerFrame, StoreError> {
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
        let (token, now) = (SessionToken::from_random(random()), crate::now_ms());
        let asked = AskedInvitation {
            token: TokenHash::of(&token.reveal()),
            room: request.room,
            created_at_ms: now,
            expires_at_ms: now.plus_ms(expires_in_ms),
            uses_max,
        };
        let by = self.account.as_ref().clone();
        Ok(ServerFrame::InvitationCreated {
            request_id: request.request_id,
            invitation: self.context.store.create_invitation(by, asked).await?,
            token: token.reveal().into(),
        })
    }

    async fn list_invitations(&mut self, request_id: RequestId) -> Result<ServerFrame, StoreError> {
        let (by, now) = (self.account.person.clone(), crate::now_ms());
        Ok(ServerFrame::InvitationsListed {
            request_id,
            invitations: self.context.store.invitations(by, now).await?,
        })
    }

    async fn revoke_invitation(
        &mut self,
        request_id: RequestId,
        invitation: InvitationId,
    ) -> Result<ServerFrame, StoreError> {
        let (by, now) = (self.account.person.clone(), crate::now_ms());
        let store = &self.context.store;
        store.revoke_invitation(by, invitation, now).await?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn accept_invitation(
        &mut self,
        request_id: RequestId,
        token: &Secret,
    ) -> Result<ServerFrame, StoreError> {
        let (by, token) = (self.account.person.clone(), TokenHash::of(token.reveal()));
        let store = &self.context.store;
        let room_id = store.accept_invitation(by, token, crate::now_ms()).await?;
        Ok(ServerFrame::RoomJoined {
            request_id,
            room_id,
        })
    }
}
