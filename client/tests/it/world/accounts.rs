//! Whom the server lets in, by frame and by cookie.

use std::collections::{BTreeMap, BTreeSet};

use client::Input;
use shared::account::{
    InvitationDescription, InvitationPurpose, OpenSession, Registration, ServerDescription,
    SessionOpened,
};
use shared::frame::{Credentials, Person};
use shared::{
    ErrorCode, ErrorReply, PersonId, RequestId, Role, ServerFrame, SessionId, SessionToken,
    TimestampMs,
};

use super::{Travelling, World, error};

/// A person, as the server knows them.
pub(crate) struct Account {
    pub(crate) person: Person,
    /// `None` of guests.
    pub(crate) password: Option<String>,
    /// Where a code is asked for: those that are good, each once.
    pub(crate) codes: Option<BTreeSet<String>>,
}

/// Everybody, and where they are signed in.
#[derive(Default)]
pub(crate) struct Accounts {
    pub(crate) people: Vec<Account>,
    /// Whose each token is.
    pub(crate) sessions: BTreeMap<String, usize>,
    /// Each lets one account be made.
    pub(crate) invitations: BTreeSet<String>,
    /// Each lets one password be chosen, of this person.
    pub(crate) resets: BTreeMap<String, usize>,
    pub(crate) closed: bool,
}

type ComeIn = Result<(Person, String), ErrorReply>;

fn refused<T>(code: ErrorCode) -> Result<T, ErrorReply> {
    Err(error(code, None))
}

impl Accounts {
    pub(crate) fn add(&mut self, name: &str, password: Option<&str>) -> usize {
        let number = self.people.len();
        self.people.push(Account {
            person: Person {
                id: PersonId::from_parts(TimestampMs(1), [number as u8; 10]),
                name: name.into(),
            },
            password: password.map(str::to_owned),
            codes: None,
        });
        number
    }

    fn named(&self, name: &str) -> Option<usize> {
        self.people.iter().position(|one| one.person.name == name)
    }

    pub(super) fn describe(&self, request_id: RequestId) -> ServerDescription {
        ServerDescription {
            request_id,
            name: "sim".into(),
            version: "0".into(),
            registration: match self.closed {
                true => Registration::Closed,
                false => Registration::Invitation,
            },
            guests: true,
            unowned: false,
            password_chars_min: 8,
        }
    }

    pub(super) fn describe_invitation(&self, request_id: RequestId, token: &str) -> ServerFrame {
        if !self.invitations.contains(token) {
            let mut error = error(ErrorCode::InvitationInvalid, None);
            error.request_id = request_id;
            return ServerFrame::Error(error);
        }
        ServerFrame::InvitationDescribed(InvitationDescription {
            request_id,
            purpose: InvitationPurpose::Join,
            by: None,
            room_name: None,
            person: None,
            expires_at_ms: None,
        })
    }

    /// A try that is repeated with its token leads to where the first one led.
    pub(super) fn come_in(&mut self, credentials: Credentials) -> ComeIn {
        let token = match &credentials {
            Credentials::ClaimName { session_token, .. }
            | Credentials::SignIn { session_token, .. }
            | Credentials::SignUp { session_token, .. }
            | Credentials::ResetPassword { session_token, .. } => {
                session_token.as_ref().map(SessionToken::reveal)
            }
            Credentials::SessionToken { token } => Some(token.clone()),
            Credentials::SessionCookie => return refused(ErrorCode::NotSignedIn),
            Credentials::Unknown => panic!("the core never sends it"),
        };
        let token = token.expect("the core chooses a token");
        let number = match self.sessions.get(&token) {
            Some(known) => *known,
            None => self.begin(credentials)?,
        };
        self.sessions.insert(token.clone(), number);
        Ok((self.people[number].person.clone(), token))
    }

    fn begin(&mut self, credentials: Credentials) -> Result<usize, ErrorReply> {
        match credentials {
            Credentials::ClaimName { name, .. } if self.named(&name).is_none() => {
                Ok(self.add(&name, None))
            }
            Credentials::ClaimName { .. } => refused(ErrorCode::NameTaken),
            Credentials::SignIn {
                name,
                password,
                code,
                ..
            } => {
                let number = self.named(&name);
                let Some(number) = number.filter(|number| {
                    self.people[*number].password.as_deref() == Some(password.reveal())
                }) else {
                    return refused(ErrorCode::WrongCredentials);
                };
                let Some(codes) = &mut self.people[number].codes else {
                    return Ok(number);
                };
                match code {
                    Some(code) if codes.remove(code.reveal()) => Ok(number),
                    _ => refused(ErrorCode::SecondFactorNeeded),
                }
            }
            Credentials::SignUp { .. } if self.closed => refused(ErrorCode::RegistrationClosed),
            Credentials::SignUp {
                name,
                password,
                invitation,
                ..
            } => {
                if password.reveal().len() < 8 {
                    return refused(ErrorCode::WeakPassword);
                }
                if self.named(&name).is_some() {
                    return refused(ErrorCode::NameTaken);
                }
                match invitation {
                    Some(token) if self.invitations.remove(token.reveal()) => {
                        Ok(self.add(&name, Some(password.reveal())))
                    }
                    _ => refused(ErrorCode::InvitationInvalid),
                }
            }
            Credentials::ResetPassword {
                token, password, ..
            } => {
                let Some(number) = self.resets.remove(token.reveal()) else {
                    return refused(ErrorCode::InvitationInvalid);
                };
                self.sessions.retain(|_, of| *of != number);
                self.people[number].password = Some(password.reveal().into());
                Ok(number)
            }
            Credentials::SessionToken { .. }
            | Credentials::SessionCookie
            | Credentials::Unknown => refused(ErrorCode::InvalidToken),
        }
    }
}

impl World {
    pub(super) fn open_session(&mut self, who: usize, open: OpenSession) {
        self.peers[who].connection += 1;
        let now = self.now;
        self.peers[who].connects.push(now);
        self.transmit(who, 0, Travelling::Post(open));
    }

    pub(super) fn post_session(&mut self, who: usize, open: OpenSession) {
        if self.mute {
            return;
        }
        let refusal = self.refuse_hello.clone();
        let came_in = refusal.map_or_else(|| self.accounts.come_in(open.credentials), Err);
        let answer = came_in.map(|(person, token)| {
            let opened = SessionOpened {
                person,
                role: Role::Member,
                session_id: SessionId::from_parts(TimestampMs(1), [0; 10]),
            };
            (opened, token)
        });
        self.transmit(who, 1, Travelling::Posted(answer));
    }

    pub(super) fn session_posted(
        &mut self,
        who: usize,
        answer: Result<(SessionOpened, String), ErrorReply>,
    ) {
        match answer {
            Ok((opened, token)) => {
                self.peers[who].cookie = Some(token);
                self.input(who, Input::SessionOpened(opened));
            }
            Err(error) => self.input(who, Input::SessionRefused(error)),
        }
    }

    pub(super) fn close_session(&mut self, who: usize) {
        if let Some(token) = self.peers[who].cookie.take() {
            self.accounts.sessions.remove(&token);
        }
    }

    pub(super) fn end_session_of(&mut self, who: usize, request_id: RequestId) {
        let token = self.peers[who].session.take();
        self.accounts
            .sessions
            .retain(|of, _| Some(of) != token.as_ref());
        self.down(who, ServerFrame::Done { request_id });
        self.down(who, ServerFrame::SessionEnded {});
    }

    /// Somebody ends the session from elsewhere.
    pub(crate) fn revoke(&mut self, who: usize) {
        let token = self.peers[who].session.take().expect("signed in");
        self.accounts.sessions.remove(&token);
        self.down(who, ServerFrame::SessionEnded {});
    }
}
