//! The left pane: where one is, one's rooms, who is here, and oneself.

use client::Change;
use client::present::room_sheets::invite_to_server;
use client::present::rooms;
use shared::{Operation, RoomId};
use yew::{Callback, Html, MouseEvent, Properties, component, html};

use crate::components::hooks::{Dialog, use_changes, use_driver, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::person_item::PersonItem;
use crate::components::room_list::RoomList;
use crate::components::you_menu::YouMenu;
use crate::text::order;

#[derive(PartialEq, Properties)]
pub(crate) struct SidebarProps {
    pub(crate) current: Option<RoomId>,
}

#[component]
pub(crate) fn Sidebar(props: &SidebarProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes((), |(), change| matches!(change, Change::Connection));
    let server = driver.view(|view| view.server.as_ref().map(|server| server.name.clone()));
    let show = |dialog: Dialog| {
        let show = ui.show.clone();
        move |_: MouseEvent| show.emit(Some(dialog.clone()))
    };
    let new_room = {
        let ui = ui.clone();
        move |_: MouseEvent| ui.ask_for_room()
    };
    html! {
        <nav class="sidebar" aria-label="Rooms and people">
            <header class="sidebar-head">
                <img src="/mark.svg" alt="" width="24" height="24" />
                <h1>{ server.unwrap_or_else(|| "Chinwag".into()) }</h1>
            </header>
            <button class="jump-button" onclick={show(Dialog::Jump)}>
                { icon(Icon::Search) }
                <span>{ "Jump to…" }</span>
                <kbd aria-hidden="true">{ "Ctrl K" }</kbd>
            </button>
            <div class="sidebar-scroll">
                <div class="section-head">
                    <h2>{ "Rooms" }</h2>
                    if ui.may(Operation::CreateRoom) {
                        <button class="icon-button small" aria-label="New room" title="New room"
                            onclick={new_room}>
                            { icon(Icon::Plus) }
                        </button>
                    }
                </div>
                <RoomList current={props.current} direct={false} />
                <button class="list-button" onclick={show(Dialog::Browse)}>
                    { icon(Icon::Search) }
                    <span>{ "Browse all rooms" }</span>
                </button>
                <div class="section-head">
                    <h2>{ "Direct messages" }</h2>
                    if ui.may(Operation::OpenDirect) {
                        <button class="icon-button small" aria-label="New message" title="New message"
                            onclick={show(Dialog::PickPeople { room_id: None })}>
                            { icon(Icon::Plus) }
                        </button>
                    }
                </div>
                <RoomList current={props.current} direct={true} />
                <People />
            </div>
            <YouMenu />
        </nav>
    }
}

/// Who is connected.
#[component]
fn People() -> Html {
    let ui = use_ui();
    let driver = ui.driver.clone();
    use_changes((), |(), change| {
        matches!(change, Change::Presence | Change::Connection)
    });
    let (people, total) = driver.view(rooms::others_online);
    let people = order::by_key(people, |person| order::lower(&person.name));
    let more = total.saturating_sub(people.len());
    let invite = {
        let ui = ui.clone();
        move |_: MouseEvent| ui.ask(invite_to_server(), &Callback::noop())
    };
    html! {
        <>
            <div class="section-head">
                <h2>{ "Here now" }</h2>
                if total > 0 {
                    <span class="count numbers">{ total }</span>
                }
            </div>
            if people.is_empty() {
                <p class="list-note">{ "Nobody else is here now." }</p>
            }
            <ul class="people">
                for person in people {
                    <li key={person.id.to_string()} class="person"><PersonItem {person} /></li>
                }
            </ul>
            if more > 0 {
                <p class="list-note">{ format!("and {more} more") }</p>
            }
            if ui.may(Operation::CreateInvitation) {
                <button class="list-button" onclick={invite}>
                    { icon(Icon::Link) }
                    <span>{ "Invite people" }</span>
                </button>
            }
        </>
    }
}
