//! The form to connect with: which server, under which name, and what went wrong. What the session does is the core's
//! business; the form shows it.
//!
//! - `progress`: how far connecting is, in words; `show`: the form on the screen

pub(crate) mod progress;
mod show;

use std::path::{Path, PathBuf};

use client::present::format::sentence;
use client::{Command, ConnectionState, Entry};
use native::{FailureKind, Handle, Profile, ProfileError, ServerAddress};
use shared::http::invitation_of_link;
use shared::{ErrorCode, ErrorReply, PersonName, Secret};

use self::progress::Progress;
use crate::session::Session;

/// Where the server of this computer listens unless told otherwise.
const USUAL: &str = "127.0.0.1:7878";

/// What is to be connected to.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) server: ServerAddress,
    /// How to come in. Without it, one goes on with the session of this server.
    pub(crate) entry: Option<Entry>,
}

/// A field of the form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Server,
    Name,
    Password,
    Invitation,
    Code,
}

pub(crate) struct Connect {
    profile_root: PathBuf,
    server: String,
    name: String,
    /// Empty for a guest.
    password: String,
    /// A link, once somebody says that they have one.
    invitation: Option<String>,
    /// Of the account's authenticator, once the server has asked for it.
    code: Option<String>,
    /// What is wrong with each, and with neither.
    server_problem: Option<String>,
    name_problem: Option<String>,
    password_problem: Option<String>,
    invitation_problem: Option<String>,
    code_problem: Option<String>,
    problem: Option<String>,
    /// What is unsent and stays.
    kept: Option<String>,
    /// Who one is on the server that the field holds, and the text that this was looked up for.
    known: Option<String>,
    known_for: Option<String>,
    /// Takes the keyboard with the next drawing.
    focus: Option<Field>,
    /// Being opened.
    session: Option<Session>,
    progress: Progress,
}

impl Connect {
    pub(crate) fn new(profile_root: &Path) -> Self {
        Self {
            profile_root: profile_root.to_owned(),
            server: USUAL.to_owned(),
            name: String::new(),
            password: String::new(),
            invitation: None,
            code: None,
            server_problem: None,
            name_problem: None,
            password_problem: None,
            invitation_problem: None,
            code_problem: None,
            problem: None,
            kept: None,
            known: None,
            known_for: None,
            focus: Some(Field::Name),
            session: None,
            progress: Progress::default(),
        }
    }

    /// As it was entered before.
    pub(crate) fn fill(&mut self, server: Option<String>, name: Option<String>) {
        self.server = server.unwrap_or_else(|| USUAL.to_owned());
        self.name = name.unwrap_or_default();
    }

    /// Why one is here again, and what stays of what was written.
    pub(crate) fn tell(&mut self, reason: Option<String>, kept: Option<String>) {
        self.name_problem = reason;
        self.kept = kept;
    }

    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.session.as_ref().map(|session| &session.handle)
    }

    /// Goes on with a session that is being opened.
    pub(crate) fn begin(&mut self, session: Result<Session, ProfileError>) {
        self.forget_problems();
        match session {
            Ok(session) => {
                self.progress = Progress::default();
                self.session = Some(session);
            }
            Err(error) => self.problem = Some(sentence(&error.to_string())),
        }
    }

    pub(crate) fn close(mut self) {
        self.give_up();
    }

    fn give_up(&mut self) {
        if let Some(session) = self.session.take() {
            session.close();
        }
        self.known_for = None;
    }

    fn forget_problems(&mut self) {
        self.server_problem = None;
        self.name_problem = None;
        self.password_problem = None;
        self.invitation_problem = None;
        self.code_problem = None;
        self.problem = None;
    }

    /// Looks how far it is. Returns the session once there is something to show of it: whoever was signed in before
    /// need not wait for the server.
    pub(crate) fn look(&mut self) -> Option<Session> {
        let handle = self.handle()?;
        if handle.with_view(client::View::is_signed_in) {
            return self.session.take();
        }
        let refused = handle.with_view(|view| match &view.connection {
            ConnectionState::SignedOut { reason } => Some((reason.clone(), view.refusal.clone())),
            ConnectionState::Waiting { .. }
            | ConnectionState::Connecting
            | ConnectionState::Greeting { .. }
            | ConnectionState::Online => None,
        });
        let failure = handle.last_failure();
        if let Some((reason, refusal)) = refused {
            match refusal {
                Some(refusal) => self.refused(&refusal),
                None => {
                    self.name_problem = reason.map(|reason| sentence(&reason));
                    self.focus = Some(Field::Name);
                }
            }
            self.give_up();
        } else if let Some(failure) = failure
            && let Some(say) = match failure.kind {
                FailureKind::Foreign => Some(progress::stranger as fn(&ServerAddress, &str) -> _),
                FailureKind::Untrusted => Some(progress::distrust as _),
                FailureKind::Unreachable | FailureKind::Lost => None,
            }
        {
            // Forgets a claim that no server has granted.
            let _ = handle.command(Command::SignOut);
            self.server_problem = self.session.as_ref().map(|session| {
                let server = &session.server;
                say(server, &failure.reason)
            });
            self.focus = Some(Field::Server);
            self.give_up();
        }
        None
    }

    /// Says beside the field that it is about why one was not let in. What was entered stays.
    fn refused(&mut self, refusal: &ErrorReply) {
        let text = Some(sentence(&refusal.message));
        let field = match refusal.code {
            ErrorCode::WrongCredentials | ErrorCode::WeakPassword => Field::Password,
            ErrorCode::InvitationInvalid | ErrorCode::RegistrationClosed => Field::Invitation,
            ErrorCode::SecondFactorNeeded => Field::Code,
            _ => Field::Name,
        };
        match field {
            Field::Password => self.password_problem = text,
            Field::Invitation => self.invitation_problem = text,
            // The first time it is news, and no mistake.
            Field::Code if self.code.is_none() => {}
            Field::Code => self.code_problem = text,
            Field::Server | Field::Name => self.name_problem = text,
        }
        match field {
            Field::Code => self.code = Some(String::new()),
            Field::Invitation => drop(self.invitation.get_or_insert_default()),
            Field::Server | Field::Name | Field::Password => {}
        }
        self.focus = Some(field);
    }

    /// Looks up who one is on the server in the field, whenever that changes.
    fn recognise(&mut self) {
        if self.known_for.as_ref() == Some(&self.server) {
            return;
        }
        self.known_for = Some(self.server.clone());
        self.known = None;
        if let Ok(server) = self.server.parse::<ServerAddress>()
            && let Ok(Some(session)) = Profile::session_at(&self.profile_root, &server)
            && session.is_granted()
        {
            self.known = session.name().map(str::to_owned);
        }
    }

    /// What the form asks for, once both fields make sense.
    fn submit(&mut self) -> Option<Request> {
        self.forget_problems();
        let server = self.server.parse::<ServerAddress>();
        let entry = match &self.known {
            Some(_) => Some(None),
            None => self.entry().map(Some),
        };
        if let Err(error) = &server {
            self.server_problem = Some(sentence(&error.to_string()));
            self.focus = Some(Field::Server);
        }
        Some(Request {
            server: server.ok()?,
            entry: entry?,
        })
    }

    /// As what the fields say that one wants to come in; says what is wrong where they make no sense.
    fn entry(&mut self) -> Option<Entry> {
        let password = Secret::from(self.password.as_str());
        let link = self.invitation.as_deref().unwrap_or_default().trim();
        let invitation = match link.is_empty() {
            true => None,
            false => {
                let token = invitation_of_link(link);
                if token.is_none() {
                    let text =
                        "This is no link of an invitation; it looks like https://…/#invite=…";
                    self.invitation_problem = Some(text.into());
                    self.focus = Some(Field::Invitation);
                    return None;
                }
                token
            }
        };
        if invitation.is_some() && self.password.is_empty() {
            self.password_problem = Some("Choose a password for your account.".into());
            self.focus = Some(Field::Password);
            return None;
        }
        if let (Some(token), true) = (&invitation, self.name.trim().is_empty()) {
            let token = token.clone();
            return Some(Entry::NewPassword { token, password });
        }
        let name = match self.name.parse::<PersonName>() {
            Ok(name) => name.to_string(),
            Err(error) => {
                self.name_problem = Some(sentence(&error.to_string()));
                self.focus = Some(Field::Name);
                return None;
            }
        };
        Some(match (self.password.is_empty(), invitation) {
            (true, _) => Entry::Guest { name },
            (false, None) => Entry::Account {
                name,
                password,
                code: self.code.as_deref().map(|code| code.trim().into()),
            },
            (false, invitation) => Entry::NewAccount {
                name,
                password,
                invitation,
            },
        })
    }
}
