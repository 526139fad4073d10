//! Who may not come into a room.

use client::present::rooms;
use shared::frame::Person;
use shared::{ClientFrame, RequestId, RoomId, ServerFrame};
use yew::{Callback, Html, Properties, component, html};

use crate::components::avatar::small_avatar;
use crate::components::dialog::Modal;
use crate::components::hooks::use_ui;
use crate::components::list::{button, list, missing, row};
use crate::components::request::use_answer;

#[derive(PartialEq, Properties)]
pub(crate) struct BansProps {
    pub(crate) room_id: RoomId,
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Bans(props: &BansProps) -> Html {
    let ui = use_ui();
    let room_id = props.room_id;
    let loaded = use_answer(room_id, |room_id| ClientFrame::ListBans {
        request_id: RequestId::default(),
        room: (*room_id).into(),
    });
    let lift = |person: &Person| {
        let (ui, reload) = (ui.clone(), loaded.reload.clone());
        let frame = ClientFrame::LiftBan {
            request_id: RequestId::default(),
            room: room_id.into(),
            person_id: person.id,
        };
        move |_| {
            let reload = reload.clone();
            ui.act(frame.clone(), move |_| reload.emit(()));
        }
    };
    let label = ui.driver.view(|view| {
        let room = view.rooms.get(&room_id);
        room.map(|room| rooms::label(&room.info))
    });
    let content = match loaded.answer.as_deref() {
        Some(ServerFrame::BansListed { people, .. }) => {
            let rows = people.iter().map(|person| {
                let action = button("Let in again", lift(person));
                let name = html! { { person.name.clone() } };
                row(
                    person.id.to_string(),
                    small_avatar(person, None),
                    name,
                    &[],
                    action,
                )
            });
            list(rows.collect(), "Nobody is banned.")
        }
        _ => missing(&loaded),
    };
    html! {
        <Modal title={format!("Banned from {}", label.unwrap_or_default())} onclose={props.onclose.clone()}>
            { content }
        </Modal>
    }
}
