//! The middle pane: a room's head, its timeline, and the composer under it. Files dropped or pasted anywhere land here.

use client::present::words;
use shared::{RoomId, Sequence};
use wasm_bindgen::JsCast as _;
use web_sys::{ClipboardEvent, Event, File, KeyboardEvent};
use yew::{
    Callback, Html, Properties, component, html, use_callback, use_memo, use_mut_ref, use_state,
};

use crate::browser::{element, files, location};
use crate::components::composer::Composer;
use crate::components::drop_target::DropTarget;
use crate::components::hooks::{use_drafts, use_driver, use_keys, use_ui, use_window_event};
use crate::components::room_head::RoomHead;
use crate::components::timeline::Timeline;
use crate::components::typing_line::TypingLine;

#[derive(PartialEq, Properties)]
pub(crate) struct RoomPaneProps {
    pub(crate) room_id: RoomId,
    /// Whether the details are open.
    pub(crate) details: bool,
    pub(crate) ondetails: Callback<()>,
}

#[component]
pub(crate) fn RoomPane(props: &RoomPaneProps) -> Html {
    let room_id = props.room_id;
    let driver = use_driver();
    let drafts = use_drafts();
    let ui = use_ui();
    // Both count what happened, so that the parts can react to it.
    let attached = use_state(|| 0u32);
    let jumps = use_state(|| 0u32);
    let at = use_memo((), |()| {
        let sequence = location::fragment("at")?.parse().ok()?;
        Some(Sequence(sequence))
    });

    let attach = {
        let (attached, count) = (attached.setter(), use_mut_ref(|| 0u32));
        use_callback(
            (room_id, ui.say.clone()),
            move |chosen: Vec<File>, (room_id, say)| {
                for file in chosen {
                    let name = file.name();
                    match driver.upload(file) {
                        Ok(upload_id) => {
                            drafts.change(*room_id, |draft| draft.uploads.push(upload_id))
                        }
                        Err(error) => say.emit(words::attachment_refusal(&name, &error)),
                    }
                }
                *count.borrow_mut() += 1;
                attached.set(*count.borrow());
            },
        )
    };
    let jump = {
        let jumps = jumps.clone();
        Callback::from(move |()| jumps.set(*jumps + 1))
    };
    use_escape(jump.clone());
    use_paste(attach.clone());
    html! {
        <>
            <RoomHead {room_id} details={props.details} ondetails={props.ondetails.clone()} />
            <Timeline {room_id} jumps={*jumps} at={*at} />
            <div class="room-foot">
                <TypingLine {room_id} />
                <Composer {room_id} attached={*attached} onattach={attach.clone()} onsent={jump} />
            </div>
            <DropTarget {room_id} onfiles={attach} />
        </>
    }
}

/// Escape says that all of it was read, where nothing else is open.
#[yew::hook]
fn use_escape(jump: Callback<()>) {
    use_keys(move |event: &KeyboardEvent| {
        if event.key() == "Escape" && !event.is_composing() && !element::has_dialog() {
            jump.emit(());
        }
    });
}

#[yew::hook]
fn use_paste(attach: Callback<Vec<File>>) {
    use_window_event("paste", move |event: &Event| {
        let Some(data) = event.unchecked_ref::<ClipboardEvent>().clipboard_data() else {
            return;
        };
        let pasted = files::list(data.files());
        if !pasted.is_empty() && !element::has_dialog() {
            event.prevent_default();
            attach.emit(pasted);
        }
    });
}
