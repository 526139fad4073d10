//! In place of a room that one is not in.

use client::Change;
use shared::{ClientFrame, RequestId, RoomRef};
use yew::{AttrValue, Callback, Html, MouseEvent, Properties, component, html};

use crate::browser::location::Place;
use crate::components::form::Problem;
use crate::components::hooks::{use_changes, use_driver, use_entrance, use_ui};
use client::present::format::sentence;

#[derive(PartialEq, Properties)]
pub(crate) struct AbsentProps {
    pub(crate) name: AttrValue,
}

#[component]
pub(crate) fn Absent(props: &AbsentProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes((), |(), change| matches!(change, Change::Connection));
    let entrance = use_entrance(Callback::noop());
    if driver.view(|view| view.rooms.is_empty()) {
        return html! { <div class="empty-state waiting"><p>{ "Loading your rooms…" }</p></div> };
    }
    let join = {
        let (send, object, name) = (entrance.send, entrance.object, props.name.clone());
        move |_: MouseEvent| match name.parse::<RoomRef>() {
            Ok(room) => send.emit(ClientFrame::JoinRoom {
                request_id: RequestId::default(),
                room,
            }),
            Err(error) => object.emit(Problem::of_form(sentence(&error.to_string()))),
        }
    };
    let back = move |_: MouseEvent| ui.go.emit(Place::List);
    html! {
        <div class="empty-state">
            <h2>{ format!("You are not in #{}", props.name) }</h2>
            <p class="secondary">{ "Join to read it and to write." }</p>
            <p class="problem" role="alert">{ entrance.problem.text().unwrap_or_default() }</p>
            <button class="button primary" onclick={join}>{ format!("Join #{}", props.name) }</button>
            <button class="link-button" onclick={back}>{ "Back to the rooms" }</button>
        </div>
    }
}
