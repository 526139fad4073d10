//! Links that let people in: to the server, or into a room.

use shared::account::CreateInvitation;
use shared::{ClientFrame, ErrorReply, InvitationId, RequestId, Secret, ServerFrame, SessionToken};

use super::requests::not_served;
use super::session::Connection;
use crate::error;
use crate::store::{AskedInvitation, StoreError, TokenHash, random};

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
        let token = SessionToken::from_random(random());
        let hash = TokenHash::of(&token.reveal());
        let asked = AskedInvitation::new(&request, hash, crate::now_ms())?;
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
