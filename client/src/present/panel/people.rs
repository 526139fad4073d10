//! Everyone, and what they are.

use shared::admin::{PersonRecord, RemovePerson};
use shared::frame::Person;
use shared::{ClientFrame, Role, ServerFrame};

use super::{Asked, Eyes, Items, Lead, Part, Row, request_id};
use crate::present::form::Field;
use crate::present::room_sheets::shown_link;
use crate::present::sheet::{Deed, Item, Request, Sheet};
use crate::present::{format, people};

pub(super) fn parts(eyes: &Eyes<'_>, asked: &Asked, answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::PeopleListed { people, more, .. } = answer else {
        return None;
    };
    let mut parts = vec![Part::List {
        rows: people.iter().map(|record| row(eyes, record)).collect(),
        empty: "Nobody of that name.",
    }];
    if *more {
        let next = Deed::Turn(Asked {
            after: people.last().map(|record| record.person.name.clone()),
            ..asked.clone()
        });
        parts.push(Part::Buttons(vec![Item::new("Next page", next)]));
    }
    Some(parts)
}

fn row(eyes: &Eyes<'_>, record: &PersonRecord) -> Row {
    let person = &record.person;
    let is_here = eyes.view.presence.people.contains_key(&person.id);
    let seen = match record.last_seen_ms {
        _ if is_here => "here now".into(),
        Some(at) => format!("last here {}", eyes.moment(at)),
        None => "never here".into(),
    };
    let sessions = match record.sessions {
        0 => "signed out".into(),
        1 => "1 session".into(),
        count => format!("{count} sessions"),
    };
    let factor = if record.has_totp { "second factor" } else { "" };
    Row::new(person.id, Lead::Person(person.clone()), &person.name)
        .notes([
            people::role(record.role).to_owned(),
            seen,
            sessions,
            format!("{} of files", format::size(record.file_bytes)),
            factor.into(),
        ])
        .items(match items(eyes, record) {
            items if items.is_empty() => Items::None,
            items => Items::Menu(items),
        })
}

/// What one may do to somebody; the server has the last word.
fn items(eyes: &Eyes<'_>, record: &PersonRecord) -> Vec<Item> {
    let role = eyes.view.role;
    let person = &record.person;
    let is_own = eyes.own() == Some(person.id);
    // Nobody but an owner changes owners.
    let reaches = role == Role::Owner || record.role != Role::Owner;
    let mut items = Vec::new();
    if is_own || !reaches {
        return items;
    }
    if matches!(record.role, Role::Owner | Role::Admin | Role::Member) {
        for other in [Role::Owner, Role::Admin, Role::Member] {
            if other != Role::Owner || role == Role::Owner {
                items.push(role_item(record, other));
            }
        }
        items.push(reset_item(person));
    }
    items.push(Item::ask("Sign out everywhere", sign_out(person)));
    items.push(Item::ask("Remove from the server", remove(person)).danger());
    items
}

fn role_item(record: &PersonRecord, role: Role) -> Item {
    let set = ClientFrame::SetRole {
        request_id: request_id(),
        person_id: record.person.id,
        role,
    };
    Item::send(people::role(role), set).chosen(role == record.role)
}

fn reset_item(person: &Person) -> Item {
    let reset = ClientFrame::ResetPassword {
        request_id: request_id(),
        person_id: person.id,
    };
    let title = format!("New password for {}", person.name);
    let request = Request::new(reset).then(move |answer| shown_link(&title, answer));
    Item::new("Link for a new password", Deed::Send(request))
}

fn sign_out(person: &Person) -> Sheet {
    let frame = ClientFrame::SignOutPerson {
        request_id: request_id(),
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
            request_id: request_id(),
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
