//! Pages that are no room: one's own, and the administration's. Each has a tab.
//!
//! - `profile`, `security`, `sessions`, `bots`: one's own
//! - `people`, `all_rooms`, `invitations`, `reports`, `settings` and storage, `audit`: the administration's

mod all_rooms;
mod audit;
mod bots;
mod invitations;
mod people;
pub(crate) mod profile;
mod reports;
mod security;
mod sessions;
mod settings;

use client::Change;
use shared::Operation;
use shared::frame::Person;
use yew::{AttrValue, Html, MouseEvent, Properties, component, html};

use crate::browser::location::Place;
use crate::components::hooks::{use_changes, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::panel::{Asked, panel};

/// The path of a page, what it is called, and what it is for.
type Tab = (&'static str, &'static str, Operation);

const YOU: &[Tab] = &[
    ("/you/profile", "Profile", Operation::ChangeProfile),
    ("/you/security", "Security", Operation::ListSessions),
    ("/you/sessions", "Sessions", Operation::ListSessions),
    ("/you/bots", "Bots", Operation::ManageBots),
];
const ADMIN: &[Tab] = &[
    ("/admin/people", "People", Operation::ListPeople),
    ("/admin/rooms", "Rooms", Operation::ListAllRooms),
    (
        "/admin/invitations",
        "Invitations",
        Operation::CreateInvitation,
    ),
    ("/admin/reports", "Reports", Operation::ManageReports),
    ("/admin/settings", "Settings", Operation::DescribeSettings),
    ("/admin/storage", "Storage", Operation::DescribeSettings),
    ("/admin/audit", "Audit log", Operation::ReadAuditLog),
];

#[derive(PartialEq, Properties)]
pub(crate) struct PageProps {
    pub(crate) path: AttrValue,
}

#[component]
pub(crate) fn Page(props: &PageProps) -> Html {
    let ui = use_ui();
    use_changes((), |(), change| *change == Change::Connection);
    let (title, tabs) = match props.path.starts_with("/admin/") {
        true => ("Administration", ADMIN),
        false => ("You", YOU),
    };
    let tabs: Vec<Tab> = tabs
        .iter()
        .filter(|(_, _, operation)| ui.may(*operation))
        .copied()
        .collect();
    let own = ui.driver.view(|view| view.person.clone());
    let may_see = tabs.iter().any(|(path, ..)| *path == props.path.as_str());
    let go = |place: Place| {
        let go = ui.go.clone();
        move |event: MouseEvent| {
            event.prevent_default();
            go.emit(place.clone());
        }
    };
    let tab = |(path, name, _): Tab| {
        let current = path == props.path.as_str();
        html! {
            <a key={path} class="tab" href={path} aria-current={current.then_some("page")}
                onclick={go(Place::Page(path.into()))}>{ name }</a>
        }
    };
    html! {
        <>
            <header class="room-head">
                <button class="icon-button back" aria-label="Back to the rooms" onclick={go(Place::List)}>
                    { icon(Icon::Back) }
                </button>
                <h2>{ title }</h2>
            </header>
            <nav class="tabs" aria-label={title}>{ for tabs.into_iter().map(tab) }</nav>
            <div class="page" tabindex="0">
                <div class="page-body" key={props.path.to_string()}>
                    if let Some(own) = own.filter(|_| may_see) {
                        { content(&props.path, own) }
                    } else {
                        <p class="secondary">{ "There is nothing here for you." }</p>
                    }
                </div>
            </div>
        </>
    }
}

fn content(path: &str, own: Person) -> Html {
    let own = Asked::person(own.id);
    let page = match path {
        "/you/profile" => return panel(&profile::PANEL, own),
        "/you/security" => return panel(&security::PANEL, own),
        "/you/sessions" => &sessions::PANEL,
        "/you/bots" => &bots::PANEL,
        "/admin/people" => &people::PANEL,
        "/admin/rooms" => &all_rooms::PANEL,
        "/admin/invitations" => &invitations::PANEL,
        "/admin/reports" => &reports::PANEL,
        "/admin/settings" => &settings::PANEL,
        "/admin/storage" => &settings::STORAGE,
        "/admin/audit" => &audit::PANEL,
        _ => return Html::default(),
    };
    panel(page, Asked::default())
}
