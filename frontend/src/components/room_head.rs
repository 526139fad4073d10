//! The head of a room: its name, its topic, and how many are in it.

use client::Change;
use client::present::format;
use client::present::rooms::{self, member_count};
use shared::RoomId;
use shared::room::RoomKind;
use yew::{Callback, Html, MouseEvent, Properties, component, html};

use crate::browser::location::Place;
use crate::components::hooks::{use_changes, use_driver, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::room_list::kind_mark;

#[derive(PartialEq, Properties)]
pub(crate) struct RoomHeadProps {
    pub(crate) room_id: RoomId,
    /// Whether the details are open.
    pub(crate) details: bool,
    pub(crate) ondetails: Callback<()>,
}

#[component]
pub(crate) fn RoomHead(props: &RoomHeadProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes(props.room_id, |room_id, change| {
        matches!(change, Change::Rooms | Change::Presence)
            || matches!(change, Change::Timeline(id) | Change::Members(id) if id == room_id)
    });
    let found = driver.view(|view| {
        let room = view.rooms.get(&props.room_id)?;
        Some((room.info.clone(), member_count(view, room)))
    });
    let Some((info, members)) = found else {
        return Html::default();
    };
    let title = rooms::title(&info);
    let mark = kind_mark(&info);
    let topic = match info.kind {
        RoomKind::Lobby if info.topic.is_empty() => "Everyone is here".to_owned(),
        RoomKind::Lobby
        | RoomKind::Public
        | RoomKind::Private
        | RoomKind::Direct
        | RoomKind::Unknown => info.topic,
    };
    let back = move |_: MouseEvent| ui.go.emit(Place::List);
    let toggle = {
        let ondetails = props.ondetails.clone();
        move |_: MouseEvent| ondetails.emit(())
    };
    html! {
        <header class="room-head">
            <button class="icon-button back" aria-label="Back to the rooms" onclick={back}>
                { icon(Icon::Back) }
            </button>
            <h2><span class="room-mark">{ mark }</span>{ title }</h2>
            <p class="topic" title={topic.clone()}>{ topic }</p>
            <button class="quiet-button" onclick={toggle} aria-pressed={props.details.to_string()}
                aria-label={format!("Details of this room, {}", format::people(members.into()))}>
                { icon(Icon::People) }
                <span class="numbers">{ members }</span>
            </button>
        </header>
    }
}
