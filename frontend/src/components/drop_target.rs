//! The whole window takes files, and shows where they will go.

use client::present::rooms;
use shared::RoomId;
use wasm_bindgen::JsCast as _;
use web_sys::{DragEvent, Event, File};
use yew::{Callback, Html, Properties, component, html, use_state};

use crate::browser::files;
use crate::components::hooks::{use_driver, use_ui, use_window_event};
use crate::components::icon::{Icon, icon};

#[derive(PartialEq, Properties)]
pub(crate) struct DropTargetProps {
    pub(crate) room_id: RoomId,
    pub(crate) onfiles: Callback<Vec<File>>,
}

#[component]
pub(crate) fn DropTarget(props: &DropTargetProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    let over = use_state(|| false);
    {
        let over = over.clone();
        use_window_event("dragover", move |event: &Event| {
            let data = event.unchecked_ref::<DragEvent>().data_transfer();
            if files::are_dragged(data.as_ref()) {
                event.prevent_default();
                if let Some(data) = data {
                    data.set_drop_effect("copy");
                }
                if !*over {
                    over.set(true);
                }
            }
        });
    }
    {
        let over = over.clone();
        use_window_event("dragleave", move |event: &Event| {
            // Leaving the window, not one element for another.
            if event
                .unchecked_ref::<DragEvent>()
                .related_target()
                .is_none()
            {
                over.set(false);
            }
        });
    }
    {
        let (over, onfiles) = (over.clone(), props.onfiles.clone());
        use_window_event("drop", move |event: &Event| {
            over.set(false);
            let data = event.unchecked_ref::<DragEvent>().data_transfer();
            let Some(data) = data.filter(|data| files::are_dragged(Some(data))) else {
                return;
            };
            event.prevent_default();
            let (dropped, folders) = files::dropped(&data);
            if folders > 0 {
                ui.say.emit(
                    "Folders cannot be attached as they are. Pack them into one file first.".into(),
                );
            }
            if !dropped.is_empty() {
                onfiles.emit(dropped);
            }
        });
    }
    if !*over {
        return Html::default();
    }
    let name = driver.view(|view| {
        let room = view.rooms.get(&props.room_id)?;
        Some(rooms::label(&room.info))
    });
    html! {
        <div class="drop-target">
            <div class="drop-card">
                { icon(Icon::Attach) }
                <p>{ format!("Drop to attach in {}", name.unwrap_or_default()) }</p>
            </div>
        </div>
    }
}
