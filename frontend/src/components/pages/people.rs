//! Everyone, and what they are.

use client::present::{format, people};
use shared::admin::{ListPeople, PersonRecord, RemovePerson};
use shared::frame::Person;
use shared::{ClientFrame, RequestId, Role, ServerFrame};
use yew::{Callback, Html, html};

use crate::browser::time;
use crate::components::avatar::small_avatar;
use crate::components::form::Field;
use crate::components::hooks::Ui;
use crate::components::icon::{Icon, icon};
use crate::components::list::{button, list, row};
use crate::components::menu::{Item, Menu};
use crate::components::panel::{Asked, Panel, Shown};
use crate::components::room_sheets::show_invitation;
use crate::components::sheet::Sheet;

pub(super) const PANEL: Panel = Panel {
    ask: |asked| {
        ClientFrame::ListPeople(ListPeople {
            request_id: RequestId::default(),
            query: asked.query.clone(),
            after: asked.after.clone(),
        })
    },
    show,
    search: Some("Search people"),
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::PeopleListed { people, more, .. } = shown.answer else {
        return None;
    };
    let rows = people
        .iter()
        .map(|record| person_row(shown.ui, shown.reload, record));
    let next = Asked {
        after: people.last().map(|record| record.person.name.clone()),
        ..shown.asked.clone()
    };
    Some(html! {
        <>
            { list(rows.collect(), "Nobody of that name.") }
            if *more {
                <div class="page-actions">{ button("Next page", shown.turn(next)) }</div>
            }
        </>
    })
}

fn person_row(ui: &Ui, reload: &Callback<()>, record: &PersonRecord) -> Html {
    let name = record.person.name.clone();
    let now = ui.driver.now();
    let is_here = ui
        .driver
        .view(|view| view.presence.people.contains_key(&record.person.id));
    let seen = match record.last_seen_ms {
        _ if is_here => "here now".into(),
        Some(at) => format!("last here {}", time::moment(at, now)),
        None => "never here".into(),
    };
    let sessions = match record.sessions {
        0 => "signed out".into(),
        1 => "1 session".into(),
        count => format!("{count} sessions"),
    };
    let factor = if record.has_totp { "second factor" } else { "" };
    let notes = [
        people::role(record.role).to_owned(),
        seen,
        sessions,
        format!("{} of files", format::size(record.file_bytes)),
        factor.into(),
    ];
    let items = items(ui, reload, record);
    let actions = html! {
        if !items.is_empty() {
            <Menu label={format!("What to do with {name}")} {items}>{ icon(Icon::More) }</Menu>
        }
    };
    let lead = small_avatar(&record.person, None);
    row(
        record.person.id.to_string(),
        lead,
        html! { { name } },
        &notes,
        actions,
    )
}

/// What one may do to somebody; the server has the last word.
fn items(ui: &Ui, reload: &Callback<()>, record: &PersonRecord) -> Vec<Item> {
    let (own, role) = ui
        .driver
        .view(|view| (view.person.as_ref().map(|own| own.id), view.role));
    let person = &record.person;
    let is_own = own == Some(person.id);
    // Nobody but an owner changes owners.
    let reaches = role == Role::Owner || record.role != Role::Owner;
    let mut items = Vec::new();
    if is_own || !reaches {
        return items;
    }
    if matches!(record.role, Role::Owner | Role::Admin | Role::Member) {
        for other in [Role::Owner, Role::Admin, Role::Member] {
            if other != Role::Owner || role == Role::Owner {
                items.push(role_item(ui, reload, record, other));
            }
        }
        items.push(reset_item(ui, person));
    }
    let (one, then) = (person.clone(), reload.clone());
    let sign_out = {
        let ui = ui.clone();
        move |()| {
            let then = then.clone();
            ui.ask(sign_out(&one).then(move |_| then.emit(())));
        }
    };
    items.push(Item::new("Sign out everywhere", sign_out));
    let (ui, one, then) = (ui.clone(), person.clone(), reload.clone());
    let remove = move |()| {
        let then = then.clone();
        ui.ask(remove(&one).then(move |_| then.emit(())));
    };
    items.push(Item::new("Remove from the server", remove).danger());
    items
}

fn role_item(ui: &Ui, reload: &Callback<()>, record: &PersonRecord, role: Role) -> Item {
    let (ui, reload, person_id) = (ui.clone(), reload.clone(), record.person.id);
    let act = move |()| {
        let set = ClientFrame::SetRole {
            request_id: RequestId::default(),
            person_id,
            role,
        };
        let reload = reload.clone();
        ui.act(set, move |_| reload.emit(()));
    };
    Item::new(people::role(role), act).chosen(role == record.role)
}

fn reset_item(ui: &Ui, person: &Person) -> Item {
    let (ui, person) = (ui.clone(), person.clone());
    Item::new("Link for a new password", move |()| {
        let reset = ClientFrame::ResetPassword {
            request_id: RequestId::default(),
            person_id: person.id,
        };
        let title = format!("New password for {}", person.name);
        ui.act(reset, show_invitation(&ui, title));
    })
}

fn sign_out(person: &Person) -> Sheet {
    let frame = ClientFrame::SignOutPerson {
        request_id: RequestId::default(),
        person_id: person.id,
    };
    let title = format!("Sign {} out everywhere?", person.name);
    Sheet::confirm(title, "Sign out", frame)
        .text("Every browser and program of theirs has to sign in again.")
}

fn remove(person: &Person) -> Sheet {
    let person_id = person.id;
    let title = format!("Remove {} from the server?", person.name);
    Sheet::new(title, "Remove", move |values| {
        Ok(ClientFrame::RemovePerson(RemovePerson {
            request_id: RequestId::default(),
            person_id,
            messages: values.is_on("messages"),
        }))
    })
    .danger()
    .text("Their account, sessions and bots are gone for good.")
    .fields([Field::switch(
        "messages",
        "Remove all that they wrote as well",
        false,
    )])
}
