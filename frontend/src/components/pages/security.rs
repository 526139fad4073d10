//! One's password and second factor.

use shared::account::ChangePassword;
use shared::limits::PASSWORD_CHARS_MAX;
use shared::{ClientFrame, Operation, RequestId, Secret, ServerFrame};
use yew::{Callback, Html, html};

use crate::components::form::{Field, Kind};
use crate::components::hooks::Ui;
use crate::components::list::part;
use crate::components::pages::profile;
use crate::components::panel::{Panel, Shown};
use crate::components::sheet::{Sheet, inline};

pub(super) const PANEL: Panel = Panel {
    ask: profile::ask,
    show,
    search: None,
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::ProfileDescribed { profile, .. } = shown.answer else {
        return None;
    };
    if !shown.ui.may(Operation::ChangePassword) {
        return Some(html! {
            <p class="secondary">
                { "You are here as a guest: only this browser knows you. Create an account to come in from elsewhere." }
            </p>
        });
    }
    let totp = match (profile.has_totp, profile.has_password) {
        (true, _) => inline(remove_totp(shown.ui, shown.reload)),
        (false, true) => inline(begin_totp(shown.ui, shown.reload)),
        (false, false) => html! { <p class="secondary">{ "Choose a password first." }</p> },
    };
    let name = profile.person.name.clone();
    let password = password(shown.ui, name, profile.has_password, shown.reload);
    Some(html! {
        <>
            { part("Password", inline(password)) }
            { part("Second factor", totp) }
        </>
    })
}

fn password_field(name: &'static str, label: &'static str, autocomplete: &'static str) -> Field {
    Field::new(name, label, Kind::Password { autocomplete }).chars_max(PASSWORD_CHARS_MAX)
}

fn password(ui: &Ui, name: String, has_one: bool, reload: &Callback<()>) -> Sheet {
    let autocomplete = "username";
    let username = Field::new("username", "", Kind::Fixed { autocomplete }).value(name);
    let mut fields = vec![username];
    if has_one {
        fields.push(password_field(
            "password",
            "Current password",
            "current-password",
        ));
    }
    fields.push(password_field("new", "New password", "new-password"));
    fields.push(Field::switch("others", "Sign out everywhere else", true));
    let action = if has_one {
        "Change password"
    } else {
        "Set password"
    };
    let (say, reload) = (ui.say.clone(), reload.clone());
    Sheet::new("Password", action, move |values| {
        Ok(ClientFrame::ChangePassword(ChangePassword {
            request_id: RequestId::default(),
            current: has_one.then(|| values.raw("password").into()),
            new: values.raw("new").into(),
            end_other_sessions: values.is_on("others"),
        }))
    })
    .fields(fields)
    .then(move |_| {
        say.emit("Your password is changed.".into());
        reload.emit(());
    })
}

fn begin_totp(ui: &Ui, reload: &Callback<()>) -> Sheet {
    let (ui, reload) = (ui.clone(), reload.clone());
    Sheet::new("Second factor", "Set up", |values| {
        Ok(ClientFrame::BeginTotp {
            request_id: RequestId::default(),
            password: values.raw("password").into(),
        })
    })
    .text("Signing in then also asks for a code that an app on your phone makes.")
    .fields([password_field("password", "Password", "current-password")])
    .then(move |answer| {
        if let ServerFrame::TotpBegun { secret, uri, .. } = answer {
            ui.ask(confirm_totp(&ui, &secret, &uri, &reload));
        }
    })
}

fn confirm_totp(ui: &Ui, secret: &Secret, uri: &Secret, reload: &Callback<()>) -> Sheet {
    let (say, reload) = (ui.say.clone(), reload.clone());
    Sheet::new("Second factor", "Confirm", |values| {
        Ok(ClientFrame::ConfirmTotp {
            request_id: RequestId::default(),
            code: values.text("code").into(),
        })
    })
    .text("Scan this with an app for one-time codes, or type the secret into it. Then enter the code that it shows.")
    .code(uri.reveal(), secret.reveal())
    .fields([Field::new("code", "Code", Kind::Code).chars_max(7)])
    .then(move |_| {
        say.emit("From now on, signing in asks for a code.".into());
        reload.emit(());
    })
}

fn remove_totp(ui: &Ui, reload: &Callback<()>) -> Sheet {
    let (say, reload) = (ui.say.clone(), reload.clone());
    Sheet::new("Second factor", "Turn off", |values| {
        Ok(ClientFrame::RemoveTotp {
            request_id: RequestId::default(),
            password: values.raw("password").into(),
        })
    })
    .danger()
    .text("Signing in asks for your password and a code.")
    .fields([password_field("password", "Password", "current-password")])
    .then(move |_| {
        say.emit("From now on, your password is enough.".into());
        reload.emit(());
    })
}
