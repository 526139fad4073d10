//! The left pane: where one is, one's rooms, who is here, and oneself.

use client::Change;
use client::present::rooms;
use shared::RoomId;
use yew::{Html, MouseEvent, Properties, component, html};

use crate::components::avatar::{people_list, small_avatar};
use crate::components::hooks::{Dialog, use_changes, use_driver, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::room_list::RoomList;
use crate::text::order;

#[derive(PartialEq, Properties)]
pub(crate) struct SidebarProps {
    pub(crate) current: Option<RoomId>,
}

#[component]
pub(crate) fn Sidebar(props: &SidebarProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes((), |(), change| *change == Change::Connection);
    let (server, own) = driver.view(|view| {
        let server = view.server.as_ref().map(|server| server.name.clone());
        (
            server.unwrap_or_else(|| "Chinwag".into()),
            view.person.clone(),
        )
    });
    let show = |dialog: Dialog| {
        let show = ui.show.clone();
        move |_: MouseEvent| show.emit(Some(dialog.clone()))
    };
    html! {
        <nav class="sidebar" aria-label="Rooms and people">
            <header class="sidebar-head">
                <img src="/mark.svg" alt="" width="24" height="24" />
                <h1>{ server }</h1>
            </header>
            <button class="jump-button" onclick={show(Dialog::Jump)}>
                { icon(Icon::Search) }
                <span>{ "Jump to…" }</span>
                <kbd aria-hidden="true">{ "Ctrl K" }</kbd>
            </button>
            <div class="sidebar-scroll">
                <div class="section-head">
                    <h2>{ "Rooms" }</h2>
                    <button class="icon-button small" aria-label="New room" onclick={show(Dialog::CreateRoom)}>
                        { icon(Icon::Plus) }
                    </button>
                </div>
                <RoomList current={props.current} />
                <button class="list-button" onclick={show(Dialog::Browse)}>
                    { icon(Icon::Search) }
                    <span>{ "Browse all rooms" }</span>
                </button>
                <People />
            </div>
            if let Some(own) = own {
                <footer class="sidebar-you">
                    { small_avatar(&own, None) }
                    <span class="you-name" title={own.name.clone()}>{ own.name.clone() }</span>
                    <button class="icon-button" aria-label="Sign out" title="Sign out"
                        onclick={show(Dialog::SignOut)}>
                        { icon(Icon::Leave) }
                    </button>
                </footer>
            }
        </nav>
    }
}

/// Who is connected.
#[component]
fn People() -> Html {
    let driver = use_driver();
    use_changes((), |(), change| {
        matches!(change, Change::Presence | Change::Connection)
    });
    let (people, total) = driver.view(rooms::others_online);
    let people = order::by_key(people, |person| order::lower(&person.name));
    let more = total.saturating_sub(people.len());
    html! {
        <>
            <div class="section-head">
                <h2>{ "Here now" }</h2>
                if total > 0 {
                    <span class="count numbers">{ total }</span>
                }
            </div>
            if people.is_empty() {
                <p class="list-note">{ "Nobody else yet. Share this page's address to bring people in." }</p>
            }
            { people_list(&people, true) }
            if more > 0 {
                <p class="list-note">{ format!("and {more} more") }</p>
            }
        </>
    }
}
