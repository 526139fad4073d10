//! The account and sessions of the person: how they sign in, and where they are.

use shared::account::{ChangePassword, EndSessions};
use shared::frame::ClientInfo;
use shared::{ClientFrame, ErrorCode, ErrorReply, RequestId, Secret, ServerFrame, SessionId};
use tokio::time::Instant;

use super::describe;
use super::requests::not_served;
use super::session::Connection;
use super::sign_in::{Peer, SignIn, code_key, key_of};
use crate::store::{Account, NewPassword, StoreError, Totp};
use crate::{error, totp};

impl Connection {
    pub(super) async fn handle_account_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        match request {
            ClientFrame::DescribeServer { request_id } => {
                describe::server(&self.context, request_id).await
            }
            ClientFrame::DescribeInvitation { request_id, token } => {
                describe::invitation(&self.context, request_id, &token).await
            }
            ClientFrame::ChangePassword(request) => self.change_password(request).await,
            ClientFrame::BeginTotp {
                request_id,
                password,
            } => self.begin_totp(request_id, &password).await,
            ClientFrame::ConfirmTotp { request_id, code } => {
                self.confirm_totp(request_id, &code).await
            }
            ClientFrame::RemoveTotp {
                request_id,
                password,
            } => self.remove_totp(request_id, &password).await,
            ClientFrame::SignOut { request_id } => {
                let own = vec![self.account.session_id];
                self.end_sessions(request_id, own).await
            }
            ClientFrame::ListSessions { request_id } => self.list_sessions(request_id).await,
            ClientFrame::EndSessions(request) => self.end_chosen_sessions(request).await,
            request @ (ClientFrame::CreateBot(_)
            | ClientFrame::ListBots { .. }
            | ClientFrame::RenewBot { .. }
            | ClientFrame::RemoveBot { .. }) => self.handle_bot_request(request).await,
            request @ (ClientFrame::CreateInvitation(_)
            | ClientFrame::ListInvitations { .. }
            | ClientFrame::RevokeInvitation { .. }
            | ClientFrame::AcceptInvitation { .. }) => {
                self.handle_invitation_request(request).await
            }
            other => Err(not_served(other.request_id())),
        }
    }

    async fn change_password(
        &mut self,
        request: ChangePassword,
    ) -> Result<ServerFrame, ErrorReply> {
        let request_id = request.request_id;
        let account = self.own_account(request_id).await?;
        match (&account.password, &request.current) {
            (None, _) => {}
            (Some(_), Some(current)) => {
                self.prove(request_id, &account, current).await?;
            }
            (Some(_), None) => return Err(wrong_password(request_id)),
        }
        let (peer, client) = (self.peer(), ClientInfo::default());
        let sign_in = self.sign_in(request_id, &peer, &client);
        let new = sign_in.new_password(&request.new, &account.person.name);
        let change = NewPassword {
            person: account.person.id,
            current: account.password,
            new: new.await?,
            end_all_but: request
                .end_other_sessions
                .then_some(self.account.session_id),
        };
        let ended = self.context.store.change_password(change).await;
        self.context
            .hub
            .end_sessions(&ended.map_err(|failed| of_password(request_id, failed))?);
        Ok(ServerFrame::Done { request_id })
    }

    async fn begin_totp(
        &mut self,
        request_id: RequestId,
        password: &Secret,
    ) -> Result<ServerFrame, ErrorReply> {
        let account = self.own_account(request_id).await?;
        let proof = self.prove(request_id, &account, password).await?;
        let secret = totp::new_secret();
        let (server, name) = (&self.context.server.name, &account.person.name);
        let uri = totp::uri(&secret, server, name);
        let typed = totp::typed(&secret);
        let begun = self
            .context
            .store
            .begin_totp(account.person.id, proof, secret);
        begun
            .await
            .map_err(|failed| of_password(request_id, failed))?;
        Ok(ServerFrame::TotpBegun {
            request_id,
            secret: typed,
            uri,
        })
    }

    async fn confirm_totp(
        &mut self,
        request_id: RequestId,
        code: &Secret,
    ) -> Result<ServerFrame, ErrorReply> {
        let account = self.own_account(request_id).await?;
        let Totp::Begun(secret) = account.totp else {
            let text = "There is no secret to be confirmed; begin anew.";
            return Err(error::reply(request_id, ErrorCode::InvalidArgument, text));
        };
        let (peer, client) = (self.peer(), ClientInfo::default());
        let sign_in = self.sign_in(request_id, &peer, &client);
        let attempt = sign_in.attempt(&code_key(&key_of(&account.person.name)))?;
        let Some(step) = totp::step_of(&secret, code, crate::now_ms()) else {
            attempt.failed();
            let text = "This is not the current code. Look at the authenticator again, and whether its clock is right.";
            return Err(error::reply(
                request_id,
                ErrorCode::SecondFactorNeeded,
                text,
            ));
        };
        attempt.succeeded(Instant::now());
        let store = &self.context.store;
        let confirmed = store.confirm_totp(account.person.id, secret, step).await;
        confirmed.map_err(|failed| error::from_store(request_id, failed))?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn remove_totp(
        &mut self,
        request_id: RequestId,
        password: &Secret,
    ) -> Result<ServerFrame, ErrorReply> {
        let account = self.own_account(request_id).await?;
        let proof = self.prove(request_id, &account, password).await?;
        let removed = self.context.store.remove_totp(account.person.id, proof);
        removed
            .await
            .map_err(|failed| of_password(request_id, failed))?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn list_sessions(&mut self, request_id: RequestId) -> Result<ServerFrame, ErrorReply> {
        let person = self.account.person.id;
        let sessions = self.context.store.sessions_of(person).await;
        let mut sessions = sessions.map_err(|failed| error::from_store(request_id, failed))?;
        let (now, connected) = (crate::now_ms(), self.context.hub.sessions_of(person));
        for session in &mut sessions {
            session.current = session.session_id == self.account.session_id;
            if connected.contains(&session.session_id) {
                session.last_used_at_ms = now;
            }
        }
        Ok(ServerFrame::SessionsListed {
            request_id,
            sessions,
        })
    }

    async fn end_chosen_sessions(
        &mut self,
        request: EndSessions,
    ) -> Result<ServerFrame, ErrorReply> {
        let request_id = request.request_id;
        if !request.all_others {
            return self.end_sessions(request_id, request.session_ids).await;
        }
        let (person, own) = (self.account.person.id, self.account.session_id);
        let ended = self.context.store.end_sessions_of(person, own).await;
        let ended = ended.map_err(|failed| error::from_store(request_id, failed))?;
        self.context.hub.end_sessions(&ended);
        Ok(ServerFrame::Done { request_id })
    }

    /// Those that are gone already need not be ended, so this may be repeated.
    async fn end_sessions(
        &mut self,
        request_id: RequestId,
        sessions: Vec<SessionId>,
    ) -> Result<ServerFrame, ErrorReply> {
        let person = self.account.person.id;
        let ended = self.context.store.end_sessions(person, sessions).await;
        let ended = ended.map_err(|failed| error::from_store(request_id, failed))?;
        self.context.hub.end_sessions(&ended);
        Ok(ServerFrame::Done { request_id })
    }

    async fn own_account(&mut self, request_id: RequestId) -> Result<Account, ErrorReply> {
        let account = self.context.store.account_of(self.account.person.id).await;
        let account = account.map_err(|failed| error::from_store(request_id, failed))?;
        account.ok_or_else(|| error::from_store(request_id, StoreError::PersonNotFound))
    }

    /// The hash of the account's password, where this is it.
    async fn prove(
        &mut self,
        request_id: RequestId,
        account: &Account,
        password: &Secret,
    ) -> Result<String, ErrorReply> {
        let Some(hash) = &account.password else {
            let text = "You have no password yet; choose one first.";
            return Err(error::reply(request_id, ErrorCode::InvalidArgument, text));
        };
        let (peer, client) = (self.peer(), ClientInfo::default());
        let sign_in = self.sign_in(request_id, &peer, &client);
        let key = key_of(&account.person.name);
        if sign_in.is_password(&key, Some(account), password).await? {
            Ok(hash.clone())
        } else {
            Err(wrong_password(request_id))
        }
    }

    fn sign_in<'a>(
        &'a self,
        request_id: RequestId,
        peer: &'a Peer,
        client: &'a ClientInfo,
    ) -> SignIn<'a> {
        SignIn {
            context: &self.context,
            peer,
            client,
            request_id,
        }
    }

    fn peer(&self) -> Peer {
        Peer {
            address: self.address,
            cookie: None,
        }
    }
}

fn wrong_password(request_id: RequestId) -> ErrorReply {
    let text = "This is not your present password.";
    error::reply(request_id, ErrorCode::WrongCredentials, text)
}

/// Somebody has changed it between the look at it and the deed.
fn of_password(request_id: RequestId, failed: StoreError) -> ErrorReply {
    match failed {
        StoreError::WrongCredentials => wrong_password(request_id),
        failed => error::from_store(request_id, failed),
    }
}
