//! Who may not come into a room.

use shared::{ClientFrame, RequestId, RoomRef, ServerFrame};
use yew::{Callback, Html, html};

use crate::components::avatar::small_avatar;
use crate::components::dialog::Modal;
use crate::components::list::{button, list, row};
use crate::components::panel::{Asked, Panel, Shown, panel};
use shared::RoomId;

const PANEL: Panel = Panel {
    ask: |asked| match asked.room {
        Some(room_id) => ClientFrame::ListBans {
            request_id: RequestId::default(),
            room: room_id.into(),
        },
        None => ClientFrame::Unknown,
    },
    show,
    search: None,
};

pub(crate) fn dialog(room_id: RoomId, onclose: Callback<()>) -> Html {
    html! { <Modal title="Banned people" {onclose}>{ panel(&PANEL, Asked::room(room_id)) }</Modal> }
}

fn show(shown: &Shown<'_>) -> Option<Html> {
    let ServerFrame::BansListed {
        room_id, people, ..
    } = shown.answer
    else {
        return None;
    };
    let rows = people.iter().map(|person| {
        let lift = ClientFrame::LiftBan {
            request_id: RequestId::default(),
            room: RoomRef::Id(*room_id),
            person_id: person.id,
        };
        let action = button("Let in again", shown.act(lift));
        let name = html! { { person.name.clone() } };
        let key = person.id.to_string();
        row(key, small_avatar(person, None), name, &[], action)
    });
    Some(list(rows.collect(), "Nobody is banned."))
}
