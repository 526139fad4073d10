//! Who is typing.

use client::Change;
use client::present::words;
use shared::RoomId;
use yew::{Html, Properties, component, html};

use crate::components::hooks::{use_changes, use_driver};

#[derive(PartialEq, Properties)]
pub(crate) struct TypingLineProps {
    pub(crate) room_id: RoomId,
}

#[component]
pub(crate) fn TypingLine(props: &TypingLineProps) -> Html {
    let driver = use_driver();
    use_changes(
        props.room_id,
        |room_id, change| matches!(change, Change::Typing(id) if id == room_id),
    );
    let names: Vec<String> = driver.view(|view| {
        let room = view.rooms.get(&props.room_id);
        let typing = room.into_iter().flat_map(|room| room.typing.values());
        typing.map(|(person, _)| person.name.clone()).collect()
    });
    html! {
        <p class="typing-line" aria-live="polite">
            if !names.is_empty() {
                <span class="typing-dots" aria-hidden="true"><i></i><i></i><i></i></span>
                <span class="typing-text">{ words::typing(&names) }</span>
            }
        </p>
    }
}
