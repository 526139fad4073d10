//! The ways in: what each is called, what it asks for, and what is made of the answers.

use client::Entry;
use client::present::form::{Field, Kind, Values};
use client::present::format::sentence;
use shared::account::{InvitationPurpose, Registration};
use shared::limits::{PASSWORD_CHARS_MAX, PERSON_NAME_CHARS_MAX};
use shared::{PersonName, Secret};

use super::gate::Gate;

/// How somebody comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    SignIn,
    SignUp,
    Guest,
    NewPassword,
}

/// Those that the server and the link allow.
pub(super) fn all(gate: &Gate) -> Vec<Way> {
    match purpose(gate) {
        Some(InvitationPurpose::Own) => return vec![Way::SignUp],
        Some(InvitationPurpose::ResetPassword) => return vec![Way::NewPassword],
        Some(InvitationPurpose::Join | InvitationPurpose::Room | InvitationPurpose::Unknown)
        | None => {}
    }
    let mut ways = vec![Way::SignIn];
    if gate.server.registration == Registration::Open || gate.invitation.is_some() {
        ways.push(Way::SignUp);
    }
    if gate.server.guests {
        ways.push(Way::Guest);
    }
    ways
}

fn purpose(gate: &Gate) -> Option<InvitationPurpose> {
    gate.invitation.as_ref().map(|found| found.purpose)
}

impl Way {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::SignUp => "Create account",
            Self::Guest => "Guest",
            Self::NewPassword => "New password",
        }
    }

    /// What the button says.
    pub(super) fn action(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::SignUp => "Create account",
            Self::Guest => "Start chatting",
            Self::NewPassword => "Set password",
        }
    }

    pub(super) fn title(self, gate: &Gate) -> String {
        let server = &gate.server.name;
        match self {
            Self::NewPassword => "Choose a new password".into(),
            Self::SignUp if purpose(gate) == Some(InvitationPurpose::Own) => {
                format!("Make {server} yours")
            }
            Self::SignIn | Self::SignUp | Self::Guest => match invited(gate) {
                Some(title) => title,
                None => format!("Welcome to {server}"),
            },
        }
    }

    pub(super) fn text(self, gate: &Gate) -> String {
        let text = match self {
            Self::SignIn if gate.server.unowned && gate.invitation.is_none() => {
                "Nobody owns this server yet. Whoever started it finds the link to begin with where it was started."
            }
            Self::SignIn if gate.server.registration == Registration::Invitation => {
                "With the name and password of your account. To make one, you need an invitation."
            }
            Self::SignIn => "With the name and password of your account.",
            Self::SignUp if purpose(gate) == Some(InvitationPurpose::Own) => {
                "Your account will be the owner's: you decide who comes in and who looks after what."
            }
            Self::SignUp => "Choose a name and a password. You can come back from anywhere.",
            Self::Guest => "Choose a free name. Only this browser will know you by it.",
            Self::NewPassword => {
                "It takes the place of the old one. Everywhere else you are signed out."
            }
        };
        text.into()
    }

    pub(super) fn fields(self, gate: &Gate, asks_code: bool) -> Vec<Field> {
        let new = || {
            let min = gate.server.password_chars_min;
            password("new-password").hint(format!(
                "At least {min} characters; several words are best."
            ))
        };
        match self {
            Self::SignIn => {
                let mut fields = vec![name("Name", "username"), password("current-password")];
                if asks_code {
                    let code = Field::new("code", "Code", Kind::Code).chars_max(7);
                    fields.push(code.hint("The six digits that your app for codes shows now."));
                }
                fields
            }
            Self::SignUp => vec![name("Your name", "username").example("Ann"), new()],
            Self::Guest => vec![name("Your name", "nickname").example("Ann")],
            Self::NewPassword => {
                let person = gate
                    .invitation
                    .as_ref()
                    .and_then(|found| found.person.as_ref());
                let autocomplete = "username";
                let username = Field::new("username", "", Kind::Fixed { autocomplete });
                let name = person.map(|person| person.name.clone());
                vec![username.value(name.unwrap_or_default()), new()]
            }
        }
    }

    /// What is tried, or why what was filled in cannot be.
    pub(super) fn entry(self, values: &Values, link: Option<String>) -> Result<Entry, String> {
        let name = || {
            let name = values.text("name").parse::<PersonName>();
            name.map(|name| name.to_string())
                .map_err(|error| sentence(&error.to_string()))
        };
        let password = Secret::from(values.raw("password"));
        let link = link.map(Secret::from);
        Ok(match self {
            Self::SignIn => Entry::Account {
                name: name()?,
                password,
                code: values
                    .given("code")
                    .map(|code| code.replace(' ', "").into()),
            },
            Self::SignUp => Entry::NewAccount {
                name: name()?,
                password,
                invitation: link,
            },
            Self::Guest => Entry::Guest { name: name()? },
            Self::NewPassword => Entry::NewPassword {
                token: link.ok_or("The link is gone. Open it again.")?,
                password,
            },
        })
    }
}

/// Who invites, and where to.
fn invited(gate: &Gate) -> Option<String> {
    let invitation = gate.invitation.as_ref()?;
    let place = match &invitation.room_name {
        Some(room) => format!("#{room}"),
        None => gate.server.name.clone(),
    };
    Some(match &invitation.by {
        Some(by) => format!("{} invites you to {place}", by.name),
        None => format!("You are invited to {place}"),
    })
}

fn name(label: &'static str, autocomplete: &'static str) -> Field {
    // Twice what is allowed, so that what is too long is explained and not cut.
    Field::new("name", label, Kind::Line { autocomplete }).chars_max(PERSON_NAME_CHARS_MAX * 2)
}

fn password(autocomplete: &'static str) -> Field {
    Field::new("password", "Password", Kind::Password { autocomplete })
        .chars_max(PASSWORD_CHARS_MAX)
}
