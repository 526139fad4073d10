//! Coming in and going out: with a name, a password or a link, by token or by cookie.
//!
//! Whatever is tried again after a lost reply is tried with the same token, by which the server knows that it is the
//! same try. Passwords are never stored: of a process that died while it tried, the token alone is tried.

use shared::account::{OpenSession, PresenceState, SessionOpened};
use shared::frame::{Credentials, Person};
use shared::{
    ClientFrame, ErrorCode, ErrorReply, RequestId, ServerFrame, SessionToken, TimestampMs,
};

use crate::api::{Change, CommandError, Entry, Output, Ticket};
use crate::client::Client;
use crate::connection::ConnectionState;
use crate::transfer::refusal::is_temporary;
use crate::view::Presence;

/// How long the server may take to hear that the session is over.
const LEAVING_MS: u64 = 3_000;

impl Client {
    pub(crate) fn sign_in(
        &mut self,
        entry: Entry,
        session_token: &SessionToken,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        if !matches!(self.view.connection, ConnectionState::SignedOut { .. }) {
            return Err(CommandError::SignedIn);
        }
        self.left();
        self.end_inquiry("Signing in came first. Ask again.");
        self.token = Some(session_token.reveal().into());
        self.view.unconfirmed = entry.is_secret();
        self.view.entry = Some(entry);
        self.view.refusal = None;
        self.persist();
        self.connect(now);
        Ok(Ticket::Done)
    }

    /// Opens a session first where it is to be a cookie and is none yet.
    pub(crate) fn connect(&mut self, now: TimestampMs) {
        self.set_state(ConnectionState::Connecting);
        self.timers.asked(now);
        let opening = match self.credentials() {
            Some(credentials) if self.opens_session() => {
                Output::OpenSession(Box::new(OpenSession {
                    credentials,
                    client: self.config.client.clone(),
                }))
            }
            Some(_) | None => Output::Connect,
        };
        self.output(opening);
    }

    fn opens_session(&self) -> bool {
        self.config.session_by_cookie && self.token.is_some()
    }

    /// Who one is, or wants to be.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        match (&self.token, &self.view.entry) {
            (Some(token), Some(entry)) => Some(entry.credentials(token.reveal().parse().ok())),
            (Some(token), None) => Some(Credentials::SessionToken {
                token: token.reveal().to_owned(),
            }),
            (None, _) => self.cookie.then_some(Credentials::SessionCookie),
        }
    }

    /// The cookie takes the token's place.
    pub(crate) fn session_opened(&mut self, opened: SessionOpened, now: TimestampMs) {
        if self.view.connection != ConnectionState::Connecting || !self.opens_session() {
            return;
        }
        self.timers.heard(now);
        self.become_person(opened.person, now);
        self.view.role = opened.role;
        self.token = None;
        self.cookie = true;
        self.came_in();
        self.persist();
        self.connect(now);
    }

    pub(crate) fn session_refused(&mut self, error: ErrorReply, now: TimestampMs) {
        if self.view.connection == ConnectionState::Connecting && self.opens_session() {
            self.timers.heard(now);
            self.entry_refused(error, now);
        }
    }

    /// Nothing is in the way any more.
    pub(crate) fn came_in(&mut self) {
        self.view.entry = None;
        self.view.refusal = None;
        self.view.unconfirmed = false;
    }

    /// Forgets what belonged to another person.
    pub(crate) fn become_person(&mut self, person: Person, now: TimestampMs) {
        let before = self.view.person.as_ref().map(|person| person.id);
        if before.is_some_and(|id| id != person.id) {
            self.view.rooms.clear();
            self.last_read.clear();
            let gone = self.view.outbox.person_changed();
            self.uploads_posted(&gone, now);
            self.drop_posted_uploads(now);
        }
        self.view.person = Some(person);
    }

    /// The key to a session may be the only one to a person's name, so it is forgotten only where the server says that
    /// it is none. A first try has nothing to lose unless an earlier one of the same token succeeded unseen.
    pub(crate) fn entry_refused(&mut self, mut error: ErrorReply, now: TimestampMs) {
        let for_good = if self.view.entry.is_some() {
            !is_temporary(&error) && error.code != ErrorCode::UnsupportedProtocol
        } else {
            error.code == ErrorCode::InvalidToken
                // So answers who gets no cookie at all.
                || (self.cookie && error.code == ErrorCode::NotSignedIn)
        };
        if !for_good {
            self.timers.wait_at_least(error.retry_after_ms.unwrap_or(0));
            return self.give_up(error.message, now);
        }
        if self.view.unconfirmed && self.view.entry.is_none() {
            error.message = "Signing in was interrupted. Sign in again.".into();
        }
        self.thrown_out(error, now);
    }

    /// The server ended the session.
    pub(crate) fn session_ended(&mut self, now: TimestampMs) {
        let reason = "Your session has ended. Sign in again.";
        self.thrown_out(ErrorReply::new(ErrorCode::InvalidToken, reason), now);
    }

    /// Signed out by the server's will. What a person typed stays, to be put right.
    pub(crate) fn thrown_out(&mut self, error: ErrorReply, now: TimestampMs) {
        let entry = self.view.entry.take();
        self.output(Output::Disconnect);
        self.forget_session(now);
        self.view.entry = entry;
        let reason = Some(error.message.clone());
        self.view.refusal = Some(error);
        self.set_state(ConnectionState::SignedOut { reason });
        self.persist();
    }

    /// Signed out by a person's will. Where the server can be told, the connection stays until it has heard it.
    pub(crate) fn sign_out(&mut self, now: TimestampMs) -> Ticket {
        let online = self.view.connection == ConnectionState::Online;
        let signed_out = matches!(self.view.connection, ConnectionState::SignedOut { .. });
        let tells = online && !self.cookie;
        if !tells && !self.is_leaving() {
            self.inquiry = None;
            self.output(Output::Disconnect);
        }
        if self.config.session_by_cookie && !signed_out {
            self.output(Output::CloseSession);
        }
        self.forget_session(now);
        self.view.refusal = None;
        self.set_state(ConnectionState::SignedOut { reason: None });
        self.persist();
        if tells {
            let request_id = self.next_request_id();
            self.leaving = Some((request_id, now.plus_ms(LEAVING_MS)));
            self.send(ClientFrame::SignOut { request_id }, now);
        }
        Ticket::Done
    }

    /// Whoever is next at this screen may be somebody else.
    fn forget_session(&mut self, now: TimestampMs) {
        self.end_connection(now);
        self.token = None;
        self.cookie = false;
        self.view.unconfirmed = false;
        self.view.entry = None;
        self.view.rooms.clear();
        self.view.directory.clear();
        self.view.presence = Presence::default();
        self.view.attention = PresenceState::Online;
        self.changed(Change::Rooms);
    }

    /// While the server is being told.
    pub(crate) fn receive_leaving(&mut self, asked: RequestId, frame: &ServerFrame) {
        let over = match frame {
            ServerFrame::Error(error) => error.request_id == asked,
            ServerFrame::Done { request_id } => *request_id == asked,
            frame => matches!(frame, ServerFrame::SessionEnded {}),
        };
        if over {
            self.left();
        }
    }

    pub(crate) fn leaving_timeout(&mut self, now: TimestampMs) {
        if self.leaving.is_some_and(|(_, until)| until <= now) {
            self.left();
        }
    }

    /// The server need not be told any longer.
    pub(crate) fn left(&mut self) {
        if self.leaving.take().is_some() {
            self.output(Output::Disconnect);
        }
    }
}
