//! One's rooms, with what is unread in them.

use client::{Change, Room, View};
use shared::RoomId;
use shared::room::RoomKind;
use yew::{Html, MouseEvent, Properties, classes, component, html};

use crate::components::hooks::{use_changes, use_driver, use_ui};
use crate::text::order;
use client::present::format;

#[derive(PartialEq, Properties)]
pub(crate) struct RoomListProps {
    pub(crate) current: Option<RoomId>,
}

/// The lobby first, then by name.
pub(crate) fn in_order(view: &View) -> Vec<&Room> {
    order::by_key(view.rooms.values().collect(), |room| {
        let group = u8::from(room.info.kind != RoomKind::Lobby);
        format!("{group}{}", order::lower(room.info.name.as_str()))
    })
}

#[component]
pub(crate) fn RoomList(props: &RoomListProps) -> Html {
    let driver = use_driver();
    use_changes((), |(), change| *change == Change::Rooms);
    let rooms: Vec<(RoomId, String)> = driver.view(|view| {
        let row = |room: &Room| (room.info.room_id, room.info.name.to_string());
        in_order(view).into_iter().map(row).collect()
    });
    html! {
        <ul class="rooms">
            for (room_id, name) in rooms {
                <RoomItem key={room_id.to_string()} {room_id} {name} current={props.current == Some(room_id)} />
            }
        </ul>
    }
}

#[derive(PartialEq, Properties)]
struct RoomItemProps {
    room_id: RoomId,
    name: String,
    current: bool,
}

#[component]
fn RoomItem(props: &RoomItemProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes(props.room_id, |room_id, change| {
        *change == Change::Unread(*room_id)
    });
    let unread = driver.view(|view| view.unread(props.room_id));
    let onclick = {
        let name = props.name.clone();
        move |_: MouseEvent| ui.go.emit(Some(name.clone()))
    };
    let class = classes!(
        "room-item",
        props.current.then_some("current"),
        (unread > 0).then_some("unread")
    );
    html! {
        <li>
            <button {class} {onclick} aria-current={props.current.then_some("page")}>
                <span class="hash" aria-hidden="true">{ "#" }</span>
                <span class="room-name">{ &props.name }</span>
                if unread > 0 {
                    <span class="badge numbers" aria-label={format!("{unread} unread")}>{ format::count(unread) }</span>
                }
            </button>
        </li>
    }
}
