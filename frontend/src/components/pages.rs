//! Pages that are no room: one's own, and the administration's. Each has a tab.

use client::Change;
use client::present::panel::{ADMINISTRATION, Topic, YOU};
use yew::{AttrValue, Html, MouseEvent, Properties, component, html};

use crate::browser::location::Place;
use crate::components::hooks::{use_changes, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::panel::Panel;

/// The path of its page; `None` where it has none.
fn path(topic: Topic) -> Option<&'static str> {
    Some(match topic {
        Topic::Profile => "/you/profile",
        Topic::Security => "/you/security",
        Topic::Sessions => "/you/sessions",
        Topic::Bots => "/you/bots",
        Topic::Uploads => "/you/uploads",
        Topic::Files => "/you/files",
        Topic::People => "/admin/people",
        Topic::Rooms => "/admin/rooms",
        Topic::Invitations => "/admin/invitations",
        Topic::Reports => "/admin/reports",
        Topic::Settings => "/admin/settings",
        Topic::Storage => "/admin/storage",
        Topic::Audit => "/admin/audit",
        Topic::Card(_)
        | Topic::RoomFiles(_)
        | Topic::Bans(_)
        | Topic::RoomInvitations(_)
        | Topic::Link(_) => {
            return None;
        }
    })
}

#[derive(PartialEq, Properties)]
pub(crate) struct PageProps {
    pub(crate) path: AttrValue,
}

#[component]
pub(crate) fn Page(props: &PageProps) -> Html {
    let ui = use_ui();
    use_changes((), |(), change| matches!(change, Change::Connection));
    let (title, topics) = match props.path.starts_with("/admin/") {
        true => ("Administration", &ADMINISTRATION[..]),
        false => ("You", &YOU[..]),
    };
    let topics = topics.iter().copied();
    let tabs: Vec<(Topic, &str)> = topics
        .filter(|topic| ui.may(topic.operation()))
        .filter_map(|topic| Some((topic, path(topic)?)))
        .collect();
    let shown = tabs.iter().find(|(_, path)| *path == props.path.as_str());
    let shown = shown.map(|(topic, _)| *topic);
    let go = |place: Place| {
        let go = ui.go.clone();
        move |event: MouseEvent| {
            event.prevent_default();
            go.emit(place.clone());
        }
    };
    let tab = |(topic, path): (Topic, &'static str)| {
        let current = path == props.path.as_str();
        html! {
            <a key={path} class="tab" href={path} aria-current={current.then_some("page")}
                onclick={go(Place::Page(path.into()))}>{ topic.name() }</a>
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
                    if let Some(topic) = shown {
                        <Panel {topic} />
                    } else {
                        <p class="secondary">{ "There is nothing here for you." }</p>
                    }
                </div>
            </div>
        </>
    }
}
