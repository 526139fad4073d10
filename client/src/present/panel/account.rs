//! How others see one, and one's password and second factor.

use std::rc::Rc;

use shared::account::{ChangePassword, ChangeProfile, Profile};
use shared::limits::{PASSWORD_CHARS_MAX, PERSON_NAME_CHARS_MAX, STATUS_CHARS_MAX};
use shared::{ClientFrame, Operation, Secret, ServerFrame};

use super::{Eyes, Part, request_id};
use crate::present::form::{Field, Kind};
use crate::present::rooms::may;
use crate::present::sheet::{Next, Sheet};

pub(super) fn profile(profile: &Profile) -> Vec<Part> {
    vec![
        Part::Picture(Box::new(profile.clone())),
        Part::Form(Rc::new(form(profile))),
    ]
}

fn form(profile: &Profile) -> Sheet {
    let name = Field::line("name", "Name").value(profile.person.name.clone());
    let status = Field::line("status", "Status")
        .value(profile.status_text.clone())
        .example("Back on Monday")
        .chars_max(STATUS_CHARS_MAX);
    let hides = Field::switch(
        "hides",
        "Do not show others when I was last here",
        profile.hides_last_seen,
    );
    let before = profile.person.name.clone();
    Sheet::new("Profile", "Save", move |values| {
        Ok(ClientFrame::ChangeProfile(ChangeProfile {
            name: Some(values.text("name")).filter(|name| *name != before),
            status_text: Some(values.text("status")),
            hides_last_seen: Some(values.is_on("hides")),
            ..ChangeProfile::default()
        }))
    })
    .fields([
        name.chars_max(PERSON_NAME_CHARS_MAX),
        status.optional(),
        hides,
    ])
    .then_say("Your profile is saved.")
}

pub(super) fn security(eyes: &Eyes<'_>, profile: &Profile) -> Vec<Part> {
    if !may(eyes.view, Operation::ChangePassword, None) {
        return vec![Part::Text(
            "You are here as a guest: only this device knows you. Create an account to come in from elsewhere.",
        )];
    }
    let totp = match (profile.has_totp, profile.has_password) {
        (true, _) => Part::Form(Rc::new(remove_totp())),
        (false, true) => Part::Form(Rc::new(begin_totp())),
        (false, false) => Part::Text("Choose a password first."),
    };
    let password = password(profile.person.name.clone(), profile.has_password);
    vec![
        Part::Section("Password", vec![Part::Form(Rc::new(password))]),
        Part::Section("Second factor", vec![totp]),
    ]
}

fn password_field(name: &'static str, label: &'static str, autocomplete: &'static str) -> Field {
    Field::new(name, label, Kind::Password { autocomplete }).chars_max(PASSWORD_CHARS_MAX)
}

fn password(name: String, has_one: bool) -> Sheet {
    let autocomplete = "username";
    let username = Field::new("username", "", Kind::Fixed { autocomplete }).value(name);
    let current = password_field("password", "Current password", "current-password");
    let action = match has_one {
        true => "Change password",
        false => "Set password",
    };
    Sheet::new("Password", action, move |values| {
        Ok(ClientFrame::ChangePassword(ChangePassword {
            request_id: request_id(),
            current: has_one.then(|| values.raw("password").into()),
            new: values.raw("new").into(),
            end_other_sessions: values.is_on("others"),
        }))
    })
    .fields([username])
    .fields(has_one.then_some(current))
    .fields([
        password_field("new", "New password", "new-password"),
        Field::switch("others", "Sign out everywhere else", true),
    ])
    .then_say("Your password is changed.")
}

fn begin_totp() -> Sheet {
    Sheet::new("Second factor", "Set up", |values| {
        Ok(ClientFrame::BeginTotp {
            request_id: request_id(),
            password: values.raw("password").into(),
        })
    })
    .text("Signing in then also asks for a code that an app on your phone makes.")
    .fields([password_field("password", "Password", "current-password")])
    .then(|answer| match answer {
        ServerFrame::TotpBegun { secret, uri, .. } => {
            Some(Next::Ask(Rc::new(confirm_totp(secret, uri))))
        }
        _ => None,
    })
}

fn confirm_totp(secret: &Secret, uri: &Secret) -> Sheet {
    Sheet::new("Second factor", "Confirm", |values| {
        Ok(ClientFrame::ConfirmTotp {
            request_id: request_id(),
            code: values.text("code").into(),
        })
    })
    .text("Scan this with an app for one-time codes, or type the secret into it. Then enter the code that it shows.")
    .code(uri.reveal(), secret.reveal())
    .fields([Field::new("code", "Code", Kind::Code).chars_max(7)])
    .then_say("From now on, signing in asks for a code.")
}

fn remove_totp() -> Sheet {
    Sheet::new("Second factor", "Turn off", |values| {
        Ok(ClientFrame::RemoveTotp {
            request_id: request_id(),
            password: values.raw("password").into(),
        })
    })
    .danger()
    .text("Signing in asks for your password and a code.")
    .fields([password_field("password", "Password", "current-password")])
    .then_say("From now on, your password is enough.")
}
