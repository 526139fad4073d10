//! An image over the page, and the others of its room that are loaded beside it.

use client::present::format;
use shared::{FileId, FileInfo, RoomId};
use yew::{
    Callback, Html, KeyboardEvent, MouseEvent, PointerEvent, Properties, classes, component, html,
    use_mut_ref, use_state,
};

use crate::components::attachments::{actions, is_shown};
use crate::components::dialog::{on_cancel, use_modal};
use crate::components::hooks::{Ui, use_ui};
use crate::components::icon::{Icon, icon};

/// A finger that moves less far, in pixels, has not swiped.
const SWIPE_MIN: i32 = 48;

#[derive(PartialEq, Properties)]
pub(super) struct LightboxProps {
    pub(super) room_id: RoomId,
    pub(super) file_id: FileId,
    pub(super) onclose: Callback<()>,
}

#[component]
pub(super) fn Lightbox(props: &LightboxProps) -> Html {
    let ui = use_ui();
    let current = use_state(|| props.file_id);
    let is_full = use_state(|| false);
    let touched_at = use_mut_ref(|| None::<i32>);
    let node = use_modal();
    let oncancel = on_cancel(&props.onclose);
    let close = props.onclose.reform(|_: MouseEvent| ());
    let images = images(&ui, props.room_id);
    let at = images.iter().position(|file| file.file_id == *current);
    let step = {
        let (current, is_full) = (current.clone(), is_full.clone());
        let ids: Vec<FileId> = images.iter().map(|file| file.file_id).collect();
        Callback::from(move |forward: bool| {
            let by = if forward { 1 } else { ids.len().max(1) - 1 };
            if let Some(next) = at.and_then(|at| ids.get((at + by) % ids.len())) {
                current.set(*next);
                is_full.set(false);
            }
        })
    };
    let zoom = {
        let is_full = is_full.clone();
        Callback::from(move |_: MouseEvent| is_full.set(!*is_full))
    };
    let onkeydown = {
        let (step, is_full) = (step.clone(), is_full.clone());
        move |event: KeyboardEvent| match event.key().as_str() {
            // They move what is larger than the screen.
            "ArrowLeft" | "ArrowRight" if *is_full => {}
            "ArrowLeft" => step.emit(false),
            "ArrowRight" => step.emit(true),
            _ => {}
        }
    };
    let onpointerdown = {
        let (touched_at, is_full) = (touched_at.clone(), is_full.clone());
        move |event: PointerEvent| {
            let is_finger = event.pointer_type() == "touch" && event.is_primary() && !*is_full;
            touched_at.replace(is_finger.then(|| event.client_x()));
        }
    };
    let onpointerup = {
        let step = step.clone();
        move |event: PointerEvent| {
            let Some(start) = touched_at.take() else {
                return;
            };
            let moved = event.client_x() - start;
            if moved.abs() >= SWIPE_MIN {
                step.emit(moved < 0);
            }
        }
    };
    let file = at.and_then(|at| images.get(at));
    let name = file.map_or("Image", |file| file.name.as_str());
    let several = images.len() > 1;
    let turn = |forward: bool, label: &'static str, shape: Icon| {
        let onclick = step.reform(move |_: MouseEvent| forward);
        html! {
            <button class={classes!("lightbox-turn", forward.then_some("forward"))} aria-label={label} {onclick}>
                { icon(shape) }
            </button>
        }
    };
    let (zoom_text, zoom_label, zoomed) = match *is_full {
        true => ("Fit", "Fit to the screen", "full"),
        false => ("100 %", "100 %, actual size", "fitted"),
    };
    html! {
        <dialog ref={node} class="lightbox" aria-label={name.to_owned()} {oncancel} {onkeydown}>
            <header class="lightbox-head">
                <p class="lightbox-name" aria-live="polite">
                    <span class="file-name">{ name }</span>
                    if let Some(file) = file {
                        <span class="meta numbers">
                            { format::size(file.size_bytes) }
                            if several { { format!(", {} of {}", at.unwrap_or_default() + 1, images.len()) } }
                        </span>
                    }
                </p>
                <button class="quiet-button numbers" onclick={zoom.clone()} aria-label={zoom_label}>{ zoom_text }</button>
                if let Some(file) = file { { actions(file) } }
                <button class="icon-button" aria-label="Close" onclick={close.clone()}>{ icon(Icon::Close) }</button>
            </header>
            <div class={classes!("lightbox-stage", zoomed)} {onpointerdown} {onpointerup} tabindex={is_full.then_some("0")}>
                if let Some(file) = file {
                    // The element goes with its image, so that none is shown under another one's name.
                    <img key={file.file_id.to_string()} src={file.link.clone()} alt={name.to_owned()} onclick={zoom}
                        draggable="false" />
                } else {
                    <p class="secondary">{ "This image is no longer there." }</p>
                }
            </div>
            if several && !*is_full {
                { turn(false, "Previous image", Icon::Back) }
                { turn(true, "Next image", Icon::Forward) }
            }
        </dialog>
    }
}

/// Those that the room's loaded messages carry, each once, the oldest first.
fn images(ui: &Ui, room_id: RoomId) -> Vec<FileInfo> {
    ui.driver.view(|view| {
        let room = view.rooms.get(&room_id);
        let events = room.iter().flat_map(|room| room.timeline.events());
        let mut images: Vec<FileInfo> = Vec::new();
        for file in events.flat_map(|event| event.event.attachments()) {
            let is_known = images.iter().any(|other| other.file_id == file.file_id);
            if is_shown(file) && !is_known {
                images.push(file.clone());
            }
        }
        images
    })
}
