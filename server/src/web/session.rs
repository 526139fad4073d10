//! Sessions over HTTP: whose a request is, and the requests that begin and end a browser's session.

use hyper::header::{self, HeaderMap, HeaderValue};
use shared::account::{OpenSession, SessionOpened};
use shared::frame::{ClientInfo, Credentials};
use shared::{ErrorCode, ErrorReply, Operation, Role, SessionId, SessionToken};
use warp::reply::Response;

use super::api::{Api, Head, NONE, done, json_of, reply};
use super::body::Incoming;
use crate::connection::{Entered, Peer, SignIn, invalid_token};
use crate::error;
use crate::hub::Losses;
use crate::store::{SignedIn, Store};

/// Learns when a session ends that a request is served for.
pub(super) struct SessionWatch {
    losses: Losses,
    store: Store,
    session: SessionId,
}

impl SessionWatch {
    /// Ready once the session has ended.
    pub(super) async fn ended(&mut self) {
        loop {
            self.losses.next().await;
            if !matches!(self.store.has_session(self.session).await, Ok(true)) {
                return;
            }
        }
    }
}

impl Api {
    /// Whose request it is: of the token that it carries, or of the browser that it comes from.
    pub(super) async fn account(&self, head: &Head) -> Result<SignedIn, ErrorReply> {
        let cookie = || self.cookie.token_of(&head.method, &head.headers);
        let Some(token) = bearer(&head.headers).or_else(cookie) else {
            return Err(ErrorReply::new(
                ErrorCode::NotSignedIn,
                "Send your session token: Authorization: Bearer <session token>.",
            ));
        };
        let visit = self.peer(head).visit(&ClientInfo::default());
        match self.context.store.sign_in(token, visit).await {
            Ok(Some(account)) => Ok(account),
            Ok(None) => Err(invalid_token(NONE)),
            Err(failed) => Err(error::from_store(NONE, failed)),
        }
    }

    /// As [`Self::account`], where the operation is allowed, and how to learn that the session ends.
    pub(super) async fn watched(
        &self,
        head: &Head,
        operation: Operation,
    ) -> Result<(SignedIn, SessionWatch), ErrorReply> {
        // Before the session is looked for, so that no end is missed between.
        let losses = self.context.hub.losses();
        let account = self.account(head).await?;
        account
            .require(operation)
            .map_err(|refused| error::not_allowed(NONE, refused))?;
        let watch = SessionWatch {
            losses,
            store: self.context.store.clone(),
            session: account.session_id,
        };
        Ok((account, watch))
    }

    /// `POST /api/session`.
    pub(super) async fn open_session(
        &self,
        head: &Head,
        body: &mut Incoming,
    ) -> Result<Response, ErrorReply> {
        let mut request: OpenSession = json_of(body).await?;
        self.lend_token(head, &mut request.credentials).await;
        let sign_in = SignIn {
            context: &self.context,
            peer: &self.peer(head),
            client: &request.client,
            request_id: NONE,
        };
        let Entered { account, token } = sign_in.with(&request.credentials).await?;
        let token = match (token, &request.credentials) {
            (Some(token), _) => token,
            (None, Credentials::SessionToken { token }) => {
                token.parse().map_err(|_| invalid_token(NONE))?
            }
            (None, _) => return Err(invalid_token(NONE)),
        };
        self.opened(head, account, Some(&token))
    }

    /// Whoever signs up in a browser that is signed in as a guest keeps that session, whose token no script can name.
    /// A token whose session has ended is nobody's, and stays so.
    async fn lend_token(&self, head: &Head, credentials: &mut Credentials) {
        let Credentials::SignUp {
            session_token: token @ None,
            ..
        } = credentials
        else {
            return;
        };
        let Some(cookie) = self.cookie.token_of(&head.method, &head.headers) else {
            return;
        };
        let known = self.context.store.account_by_token(cookie).await;
        if matches!(known, Ok(Some(account)) if account.role == Role::Guest) {
            *token = cookie.parse().ok();
        }
    }

    /// `GET /api/session`.
    pub(super) async fn describe_session(&self, head: &Head) -> Result<Response, ErrorReply> {
        self.opened(head, self.account(head).await?, None)
    }

    fn opened(
        &self,
        head: &Head,
        account: SignedIn,
        token: Option<&SessionToken>,
    ) -> Result<Response, ErrorReply> {
        let mut response = reply(&SessionOpened {
            person: account.person,
            role: account.role,
            session_id: account.session_id,
        })?;
        let cookie = token.and_then(|token| self.cookie.keep(token, is_tls(head)));
        set_cookie(&mut response, cookie);
        Ok(response)
    }

    /// `DELETE /api/session`.
    pub(super) async fn close_session(&self, head: &Head) -> Result<Response, ErrorReply> {
        let account = self.account(head).await;
        match account {
            Ok(account) => {
                account
                    .require(Operation::SignOut)
                    .map_err(|refused| error::not_allowed(NONE, refused))?;
                let sessions = vec![account.session_id];
                let ended = self.context.store.end_sessions(account.person.id, sessions);
                let ended = ended.await;
                let ended = ended.map_err(|failed| error::from_store(NONE, failed))?;
                self.context.hub.end_sessions(&ended);
            }
            // It has ended already, and the browser may forget it.
            Err(refusal) if refusal.code == ErrorCode::InvalidToken => {}
            Err(refusal) => return Err(refusal),
        }
        let mut response = done()?;
        set_cookie(&mut response, self.cookie.forget(is_tls(head)));
        Ok(response)
    }

    fn peer(&self, head: &Head) -> Peer {
        Peer::from(head.reached.peer)
    }
}

fn set_cookie(response: &mut Response, cookie: Option<HeaderValue>) {
    if let Some(cookie) = cookie {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
}

/// The token of `Authorization: Bearer`.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Whether the browser has come by TLS, to this server or to a proxy before it.
pub(super) fn is_tls(head: &Head) -> bool {
    let origin = head.headers.get(header::ORIGIN);
    head.reached.is_tls || origin.is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}
