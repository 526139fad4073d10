//! Where one writes: text, files, and the button that sends both.

use client::present::{rooms, words};
use client::{Change, Command};
use shared::{RoomId, UploadId};
use wasm_bindgen::JsCast as _;
use web_sys::{File, HtmlInputElement, HtmlTextAreaElement};
use yew::{
    Callback, Event, Html, InputEvent, KeyboardEvent, MouseEvent, NodeRef, Properties, component,
    html, use_effect_with, use_force_update, use_node_ref, use_state,
};

use crate::browser::{element, files};
use crate::components::hooks::{use_changes, use_drafts, use_driver, use_keys, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::shell::takes_typing;
use crate::components::upload_card::UploadCard;
use crate::driver::attachment;

/// What browsers report for keys that an input method takes.
const KEY_OF_INPUT_METHOD: u32 = 229;

#[derive(PartialEq, Properties)]
pub(crate) struct ComposerProps {
    pub(crate) room_id: RoomId,
    /// Increases when files were attached from elsewhere.
    pub(crate) attached: u32,
    pub(crate) onattach: Callback<Vec<File>>,
    pub(crate) onsent: Callback<()>,
}

#[component]
pub(crate) fn Composer(props: &ComposerProps) -> Html {
    let room_id = props.room_id;
    let driver = use_driver();
    let drafts = use_drafts();
    let ui = use_ui();
    use_changes((), |(), change| matches!(change, Change::Rooms));
    let update = use_force_update();
    let area = use_node_ref();
    let has_text = use_state(|| !drafts.get(room_id).text.trim().is_empty());
    use_start(&area, drafts.get(room_id).text);
    use_focus_on_typing(&area);
    use_effect_with(props.attached, {
        let area = area.clone();
        move |_| element::focus(&area)
    });

    // What was forgotten elsewhere is no longer attached.
    let mut draft = drafts.get(room_id);
    draft
        .uploads
        .retain(|id| driver.view(|view| view.uploads.contains_key(id)));
    let send = {
        let (driver, drafts, ui, area) = (driver.clone(), drafts.clone(), ui.clone(), area.clone());
        let (has_text, onsent, uploads) = (
            has_text.clone(),
            props.onsent.clone(),
            draft.uploads.clone(),
        );
        Callback::from(move |()| {
            let Some(field) = area.cast::<HtmlTextAreaElement>() else {
                return;
            };
            let text = field.value().trim().to_owned();
            if text.is_empty() && uploads.is_empty() {
                return;
            }
            let attachments = uploads.iter().copied().map(attachment).collect();
            let message = Command::SendMessage {
                room_id,
                text,
                attachments,
            };
            match driver.command(message) {
                Ok(_) => {
                    drafts.take(room_id);
                    field.set_value("");
                    element::fit_height(&field);
                    has_text.set(false);
                    onsent.emit(());
                    element::focus(&area);
                }
                Err(error) => ui.say.emit(words::refusal(&error)),
            }
        })
    };
    let oninput = {
        let (driver, drafts, has_text) = (driver.clone(), drafts.clone(), has_text.clone());
        move |event: InputEvent| {
            let Some(field) = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok())
            else {
                return;
            };
            element::fit_height(&field);
            let text = field.value();
            let typing = !text.trim().is_empty();
            has_text.set(typing);
            drafts.change(room_id, |draft| draft.text = text);
            // Refused for a room that one is not in; then nobody is to know.
            let _ = driver.command(Command::SetTyping { room_id, typing });
        }
    };
    let onblur = {
        let driver = driver.clone();
        move |_| {
            let typing = false;
            let _ = driver.command(Command::SetTyping { room_id, typing });
        }
    };
    let onkeydown = {
        let send = send.clone();
        move |event: KeyboardEvent| {
            let composing = event.is_composing() || event.key_code() == KEY_OF_INPUT_METHOD;
            if event.key() == "Enter" && !event.shift_key() && !composing {
                event.prevent_default();
                send.emit(());
            }
        }
    };
    let cancel = {
        let (driver, drafts, say, area) =
            (driver.clone(), drafts.clone(), ui.say.clone(), area.clone());
        Callback::from(move |upload_id: UploadId| {
            if let Err(error) = driver.command(Command::CancelUpload { upload_id }) {
                say.emit(words::refusal(&error));
            }
            drafts.change(room_id, |draft| draft.uploads.retain(|id| *id != upload_id));
            update.force_update();
            element::focus(&area);
        })
    };
    let room = driver.view(|view| view.rooms.get(&room_id).map(|room| room.info.clone()));
    let name = room.as_ref().map(rooms::label).unwrap_or_default();
    if let Some(why) = room.as_ref().and_then(rooms::why_read_only) {
        return html! { <p class="archived-note">{ why }</p> };
    }
    let sendable = *has_text || !draft.uploads.is_empty();
    html! {
        <div class="composer">
            if !draft.uploads.is_empty() {
                <div class="chips" role="group" aria-label="Attached files">
                    for upload_id in draft.uploads.iter().copied() {
                        <UploadCard key={upload_id.to_string()} {upload_id} oncancel={cancel.clone()} />
                    }
                </div>
            }
            <div class="composer-row">
                <AttachButton onattach={props.onattach.clone()} />
                <textarea ref={area} rows="1" {oninput} {onkeydown} {onblur} placeholder={format!("Message {name}")}
                    aria-label={format!("Message to {name}")} enterkeyhint="send" />
                <button class="send-button" aria-label="Send" title="Send" disabled={!sendable}
                    onclick={move |_: MouseEvent| send.emit(())}>
                    { icon(Icon::Send) }
                </button>
            </div>
        </div>
    }
}

/// Puts the draft into the field once, and the focus where a keyboard would not jump up.
#[yew::hook]
fn use_start(area: &NodeRef, text: String) {
    let area = area.clone();
    use_effect_with((), move |()| {
        if let Some(field) = area.cast::<HtmlTextAreaElement>() {
            field.set_value(&text);
            element::fit_height(&field);
        }
        if !crate::browser::is_narrow() {
            element::focus(&area);
        }
    });
}

/// Whatever is typed anywhere goes into the field.
#[yew::hook]
fn use_focus_on_typing(area: &NodeRef) {
    let area = area.clone();
    use_keys(move |event| {
        if takes_typing(event) {
            element::focus(&area);
        }
    });
}

#[derive(PartialEq, Properties)]
struct AttachButtonProps {
    onattach: Callback<Vec<File>>,
}

#[component]
fn AttachButton(props: &AttachButtonProps) -> Html {
    let input = use_node_ref();
    let onclick = {
        let input = input.clone();
        move |_: MouseEvent| {
            if let Some(input) = input.cast::<HtmlInputElement>() {
                input.click();
            }
        }
    };
    let onchange = {
        let (input, onattach) = (input.clone(), props.onattach.clone());
        move |_: Event| {
            let Some(input) = input.cast::<HtmlInputElement>() else {
                return;
            };
            onattach.emit(files::list(input.files()));
            // So that choosing the same file again is a change.
            input.set_value("");
        }
    };
    html! {
        <>
            <button class="icon-button attach" aria-label="Attach files" title="Attach files" {onclick}>
                { icon(Icon::Attach) }
            </button>
            <input ref={input} type="file" multiple={true} hidden={true} {onchange} aria-hidden="true" tabindex="-1" />
        </>
    }
}
