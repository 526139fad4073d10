//! Creating a room.

use client::Command;
use shared::RoomName;
use shared::limits::{ROOM_NAME_CHARS_MAX, TOPIC_CHARS_MAX};
use yew::{Callback, Html, InputEvent, Properties, SubmitEvent, component, html, use_state};

use crate::browser::element;
use crate::components::dialog::Modal;
use crate::components::hooks::use_entrance;
use client::present::format::sentence;

#[derive(PartialEq, Properties)]
pub(crate) struct CreateRoomProps {
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn CreateRoom(props: &CreateRoomProps) -> Html {
    let name = use_state(String::new);
    let topic = use_state(String::new);
    let entrance = use_entrance(props.onclose.clone());
    let onsubmit = {
        let (name, topic) = (name.clone(), topic.clone());
        let (ask, object) = (entrance.ask.clone(), entrance.object.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            match name.trim_start_matches('#').parse::<RoomName>() {
                Ok(name) => {
                    let (name, topic) = (name.to_string(), topic.trim().to_owned());
                    ask.emit(Command::CreateRoom { name, topic });
                }
                Err(error) => object.emit(Some(sentence(&error.to_string()))),
            }
        })
    };
    let type_name = {
        let (name, object) = (name.clone(), entrance.object.clone());
        // A room's name has no spaces, so whoever types one means a dash.
        move |event: InputEvent| {
            name.set(element::value_of(event.target()).replace(char::is_whitespace, "-"));
            object.emit(None);
        }
    };
    let type_topic = {
        let topic = topic.clone();
        move |event: InputEvent| topic.set(element::value_of(event.target()))
    };
    html! {
        <Modal title="New room" onclose={props.onclose.clone()}>
            <form class="form" {onsubmit}>
                <label class="field">
                    <span>{ "Name" }</span>
                    <input value={(*name).clone()} oninput={type_name} placeholder="garden-party" autocomplete="off"
                        spellcheck="false" maxlength={(ROOM_NAME_CHARS_MAX + 1).to_string()} autofocus={true}
                        aria-describedby="room-problem" aria-invalid={entrance.problem.is_some().to_string()} />
                </label>
                <label class="field">
                    <span>{ "Topic" }<span class="optional">{ " (optional)" }</span></span>
                    <input value={(*topic).clone()} oninput={type_topic} placeholder="What is it about?"
                        autocomplete="off" maxlength={TOPIC_CHARS_MAX.to_string()} />
                </label>
                <p id="room-problem" class="problem" role="alert">{ entrance.problem.unwrap_or_default() }</p>
                <div class="dialog-actions">
                    <button class="button primary" disabled={entrance.waiting || name.trim().is_empty()}>
                        { "Create room" }
                    </button>
                </div>
            </form>
        </Modal>
    }
}
