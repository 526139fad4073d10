//! One's password and second factor.

use shared::account::ChangePassword;
use shared::limits::PASSWORD_CHARS_MAX;
use shared::{ClientFrame, Operation, RequestId, Secret, ServerFrame};
use yew::{Callback, Html, UseStateHandle, component, html, use_state};

use crate::components::form::{Field, Kind};
use crate::components::hooks::{Ui, use_ui};
use crate::components::list::{missing, part};
use crate::components::pages::profile::OwnProps;
use crate::components::qr::qr;
use crate::components::request::use_answer;
use crate::components::sheet::{Sheet, inline};

#[component]
pub(super) fn Security(props: &OwnProps) -> Html {
    let ui = use_ui();
    // What is to be typed into the program that makes the codes, while that is being set up.
    let begun = use_state(|| None::<(String, String)>);
    let loaded = use_answer(props.own.id, |own| ClientFrame::DescribePerson {
        request_id: RequestId::default(),
        person_id: *own,
    });
    if !ui.may(Operation::ChangePassword) {
        return html! {
            <p class="secondary">
                { "You are here as a guest: only this browser knows you. Create an account to come in from elsewhere." }
            </p>
        };
    }
    let Some(ServerFrame::ProfileDescribed { profile, .. }) = loaded.answer.as_deref() else {
        return missing(&loaded);
    };
    let totp = match &*begun {
        _ if profile.has_totp => inline(remove_totp(&ui, &loaded.reload)),
        Some((secret, uri)) => confirm_totp(&ui, secret, uri, &begun, &loaded.reload),
        None if profile.has_password => inline(begin_totp(&begun)),
        None => html! { <p class="secondary">{ "Choose a password first." }</p> },
    };
    let name = profile.person.name.clone();
    html! {
        <>
            { part("Password", inline(password(&ui, name, profile.has_password, &loaded.reload))) }
            { part("Second factor", totp) }
        </>
    }
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

fn begin_totp(begun: &UseStateHandle<Option<(String, String)>>) -> Sheet {
    let begun = begun.setter();
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
            let text = |secret: Secret| secret.reveal().to_owned();
            begun.set(Some((text(secret), text(uri))));
        }
    })
}

fn confirm_totp(
    ui: &Ui,
    secret: &str,
    uri: &str,
    begun: &UseStateHandle<Option<(String, String)>>,
    reload: &Callback<()>,
) -> Html {
    let (say, begun, reload) = (ui.say.clone(), begun.setter(), reload.clone());
    let sheet = Sheet::new("Second factor", "Confirm", |values| {
        Ok(ClientFrame::ConfirmTotp {
            request_id: RequestId::default(),
            code: values.text("code").replace(' ', "").into(),
        })
    })
    .fields([Field::new("code", "Code", Kind::Code).chars_max(7)])
    .then(move |_| {
        say.emit("From now on, signing in asks for a code.".into());
        begun.set(None);
        reload.emit(());
    });
    html! {
        <>
            <p class="secondary">
                { "Scan this with an app for one-time codes, or type the secret into it. Then enter the code that it shows." }
            </p>
            { qr(uri) }
            <p class="secret">{ secret.to_owned() }</p>
            { inline(sheet) }
        </>
    }
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
