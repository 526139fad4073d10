//! One's rooms, with what is unread in them.

use client::present::{format, rooms, words};
use client::{Change, Room, View};
use shared::RoomId;
use shared::room::{RoomInfo, RoomKind};
use yew::{Html, MouseEvent, Properties, classes, component, html};

use crate::components::avatar::small_avatar;
use crate::components::hooks::{use_changes, use_driver, use_ui};
use crate::components::icon::{Icon, icon};
use crate::text::order;

#[derive(PartialEq, Properties)]
pub(crate) struct RoomListProps {
    pub(crate) current: Option<RoomId>,
    /// Those between a few people, in place of all others.
    pub(crate) direct: bool,
}

/// As the lists have them: the lobby first, then rooms by name, those that are over, then direct ones.
pub(crate) fn in_order(view: &View) -> Vec<&Room> {
    order::by_key(view.rooms.values().collect(), |room| {
        let group = rooms::group(&room.info);
        format!("{group}{}", order::lower(&rooms::title(&room.info)))
    })
}

#[component]
pub(crate) fn RoomList(props: &RoomListProps) -> Html {
    let driver = use_driver();
    use_changes((), |(), change| matches!(change, Change::Rooms));
    let rooms: Vec<RoomInfo> = driver.view(|view| {
        let all = in_order(view).into_iter();
        all.filter(|room| (room.info.kind == RoomKind::Direct) == props.direct)
            .map(|room| room.info.clone())
            .collect()
    });
    html! {
        <ul class="rooms">
            for room in rooms {
                <RoomItem key={room.room_id.to_string()} current={props.current == Some(room.room_id)}
                    room={room.clone()} />
            }
        </ul>
    }
}

#[derive(PartialEq, Properties)]
struct RoomItemProps {
    room: RoomInfo,
    current: bool,
}

#[component]
fn RoomItem(props: &RoomItemProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    let room_id = props.room.room_id;
    use_changes(room_id, |room_id, change| {
        matches!(change, Change::Unread(id) if id == room_id) || matches!(change, Change::Presence)
    });
    let unread = driver.view(|view| view.unread(room_id));
    let mentions = driver.view(|view| view.mentions(room_id));
    let onclick = move |_: MouseEvent| ui.open(room_id);
    let class = classes!(
        "room-item",
        props.current.then_some("current"),
        props.room.archived.then_some("archived"),
        (unread > 0).then_some("unread")
    );
    html! {
        <li>
            <button {class} {onclick} aria-current={props.current.then_some("page")}>
                { driver.view(|view| mark(view, &props.room)) }
                <span class="room-name">{ rooms::title(&props.room) }</span>
                if unread > 0 {
                    <span class={classes!("badge", "numbers", (mentions > 0).then_some("mention"))}
                        aria-label={words::unread(unread, mentions)}>
                        { if mentions > 0 { "@" } else { "" } }{ format::count(unread) }
                    </span>
                }
            </button>
        </li>
    }
}

/// What stands before the name of a room.
fn mark(view: &View, room: &RoomInfo) -> Html {
    let other = room.people.first().filter(|_| room.people.len() == 1);
    match (room.kind, other) {
        (RoomKind::Direct, Some(other)) => small_avatar(other, Some(view.presence.state(other.id))),
        _ => html! { <span class="room-mark">{ kind_mark(room) }</span> },
    }
}

/// What kind of room it is, for the eye.
pub(crate) fn kind_mark(room: &RoomInfo) -> Html {
    match room.kind {
        _ if room.archived => icon(Icon::Archive),
        RoomKind::Private => icon(Icon::Lock),
        RoomKind::Direct => icon(Icon::People),
        RoomKind::Lobby | RoomKind::Public | RoomKind::Unknown => {
            html! { <span class="hash" aria-hidden="true">{ "#" }</span> }
        }
    }
}
