//! Who has read the last message of a small room.

use client::Change;
use client::present::rows::EventRef;
use client::present::words;
use yew::{Html, Properties, component, html};

use crate::components::hooks::{use_changes, use_driver};

#[derive(PartialEq, Properties)]
pub(super) struct ReadByProps {
    pub(super) event: EventRef,
}

#[component]
pub(super) fn ReadBy(props: &ReadByProps) -> Html {
    let driver = use_driver();
    use_changes(
        props.event.room_id,
        |room_id, change| matches!(change, Change::ReadBy(id) | Change::Members(id) if id == room_id),
    );
    let text = driver.view(|view| words::read_by(view, &props.event));
    html! {
        if let Some(text) = text {
            <p class="read-by">{ text }</p>
        }
    }
}
