//! All rooms that are no direct messages.

use client::present::{format, rooms};
use shared::admin::RoomRecord;
use shared::room::RoomKind;
use shared::{ClientFrame, RequestId, ServerFrame};
use yew::{Html, html};

use crate::browser::time;
use crate::components::hooks::Ui;
use crate::components::list::{button, list, row};
use crate::components::panel::{Panel, Shown};
use crate::components::room_list::kind_mark;

pub(super) const PANEL: Panel = Panel {
    ask: |_| ClientFrame::ListAllRooms {
        request_id: RequestId::default(),
    },
    show,
    search: None,
};

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::AllRoomsListed { rooms, .. } = shown.answer else {
        return None;
    };
    let rows = rooms.iter().map(|record| room_row(shown.ui, record));
    Some(list(rows.collect(), "There are no rooms."))
}

fn room_row(ui: &Ui, record: &RoomRecord) -> Html {
    let room = &record.room;
    let room_id = room.room_id;
    let now = ui.driver.now();
    let last = match record.last_event_at_ms {
        Some(at) => format!("last used {}", time::moment(at, now)),
        None => "never used".into(),
    };
    let kind = match room.kind {
        _ if room.archived => "archived",
        RoomKind::Private => "private",
        RoomKind::Lobby | RoomKind::Public | RoomKind::Direct | RoomKind::Unknown => "",
    };
    let notes = [
        kind.to_owned(),
        format::people(room.members.into()),
        format!("{} events", room.last_sequence.0),
        last,
    ];
    let is_mine = ui.driver.view(|view| view.rooms.contains_key(&room_id));
    let open = {
        let ui = ui.clone();
        move |_| ui.open(room_id)
    };
    let action = if is_mine {
        button("Open", open)
    } else {
        Html::default()
    };
    let lead = html! { <span class="room-mark">{ kind_mark(room) }</span> };
    let title = html! { { rooms::title(room) } };
    row(room_id.to_string(), lead, title, &notes, action)
}
