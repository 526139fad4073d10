//! The middle pane: a room's head, its timeline, and the composer under it. Files dropped or pasted anywhere land here.

use client::{Change, Command, CommandError, Room, View};
use shared::frame::RoomKind;
use shared::{RoomId, RoomRef};
use wasm_bindgen::JsCast as _;
use web_sys::{ClipboardEvent, DragEvent, Event, File, KeyboardEvent};
use yew::{
    AttrValue, Callback, Html, MouseEvent, Properties, component, html, use_callback, use_state,
};

use crate::browser::{element, files};
use crate::components::composer::Composer;
use crate::components::hooks::{
    use_changes, use_drafts, use_driver, use_entrance, use_keys, use_ui, use_window_event,
};
use crate::components::icon::{Icon, icon};
use crate::components::timeline::Timeline;
use crate::components::typing_line::TypingLine;
use crate::text::format::{self, sentence};

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

    let attach = {
        let attached = attached.clone();
        use_callback(
            (room_id, ui.say.clone()),
            move |chosen: Vec<File>, (room_id, say)| {
                for file in chosen {
                    let name = file.name();
                    match driver.upload(file) {
                        Ok(upload_id) => {
                            drafts.change(*room_id, |draft| draft.uploads.push(upload_id))
                        }
                        Err(error) => say.emit(refusal(&name, &error)),
                    }
                }
                attached.set(*attached + 1);
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
            <Head ..props_of(props) />
            <Timeline {room_id} jumps={*jumps} />
            <div class="room-foot">
                <TypingLine {room_id} />
                <Composer {room_id} attached={*attached} onattach={attach.clone()} onsent={jump} />
            </div>
            <DropTarget {room_id} onfiles={attach} />
        </>
    }
}

fn props_of(props: &RoomPaneProps) -> RoomPaneProps {
    RoomPaneProps {
        room_id: props.room_id,
        details: props.details,
        ondetails: props.ondetails.clone(),
    }
}

fn refusal(name: &str, error: &CommandError) -> String {
    match error {
        CommandError::FileTooLarge { bytes_max } => {
            format!(
                "{name} is larger than {}, the most that this server takes.",
                format::size(*bytes_max)
            )
        }
        error => format!("{name} cannot be attached: {error}."),
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

#[component]
fn Head(props: &RoomPaneProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes(props.room_id, |room_id, change| {
        matches!(change, Change::Rooms | Change::Presence)
            || *change == Change::Timeline(*room_id)
            || *change == Change::Members(*room_id)
    });
    let found = driver.view(|view| {
        let room = view.rooms.get(&props.room_id)?;
        Some((room.info.clone(), member_count(view, room)))
    });
    let Some((info, members)) = found else {
        return Html::default();
    };
    let topic = match info.kind {
        RoomKind::Lobby if info.topic.is_empty() => "Everyone is here".to_owned(),
        RoomKind::Lobby | RoomKind::Public | RoomKind::Unknown => info.topic,
    };
    let back = move |_: MouseEvent| ui.go.emit(None);
    let toggle = {
        let ondetails = props.ondetails.clone();
        move |_: MouseEvent| ondetails.emit(())
    };
    html! {
        <header class="room-head">
            <button class="icon-button back" aria-label="Back to the rooms" onclick={back}>
                { icon(Icon::Back) }
            </button>
            <h2><span class="hash" aria-hidden="true">{ "#" }</span>{ info.name.to_string() }</h2>
            <p class="topic" title={topic.clone()}>{ topic }</p>
            <button class="quiet-button" onclick={toggle} aria-pressed={props.details.to_string()}
                aria-label={format!("Details of this room, {}", format::people(members.into()))}>
                { icon(Icon::People) }
                <span class="numbers">{ members }</span>
            </button>
        </header>
    }
}

/// How many are in the room. Nobody announces who comes to the lobby, but whoever is here is in it.
pub(super) fn member_count(view: &View, room: &Room) -> u32 {
    let listed = room.members.as_ref().map_or(0, |members| members.total);
    match room.info.kind {
        RoomKind::Lobby => room.info.members.max(listed).max(view.presence.total),
        RoomKind::Public | RoomKind::Unknown => room.info.members,
    }
}

#[derive(PartialEq, Properties)]
struct DropTargetProps {
    room_id: RoomId,
    onfiles: Callback<Vec<File>>,
}

/// The whole window takes files, and shows where they will go.
#[component]
fn DropTarget(props: &DropTargetProps) -> Html {
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
        view.rooms
            .get(&props.room_id)
            .map(|room| room.info.name.to_string())
    });
    html! {
        <div class="drop-target">
            <div class="drop-card">
                { icon(Icon::Attach) }
                <p>{ format!("Drop to attach in #{}", name.unwrap_or_default()) }</p>
            </div>
        </div>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct AbsentProps {
    pub(crate) name: AttrValue,
}

/// In place of a room that one is not in.
#[component]
pub(crate) fn Absent(props: &AbsentProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes((), |(), change| *change == Change::Connection);
    let entrance = use_entrance(Callback::noop());
    if driver.view(|view| view.rooms.is_empty()) {
        return html! { <div class="empty-state waiting"><p>{ "Loading your rooms…" }</p></div> };
    }
    let join = {
        let (ask, object, name) = (entrance.ask, entrance.object, props.name.clone());
        move |_: MouseEvent| match name.parse::<RoomRef>() {
            Ok(room) => ask.emit(Command::JoinRoom { room }),
            Err(error) => object.emit(Some(sentence(&error.to_string()))),
        }
    };
    let back = move |_: MouseEvent| ui.go.emit(None);
    html! {
        <div class="empty-state">
            <h2>{ format!("You are not in #{}", props.name) }</h2>
            <p class="secondary">{ "Join to read it and to write." }</p>
            <p class="problem" role="alert">{ entrance.problem.unwrap_or_default() }</p>
            <button class="button primary" onclick={join}>{ format!("Join #{}", props.name) }</button>
            <button class="link-button" onclick={back}>{ "Back to the rooms" }</button>
        </div>
    }
}
