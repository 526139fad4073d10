//! Jumping to a room by a few letters of its name.

use client::present::{format, rooms};
use client::{Room, View};
use shared::RoomId;
use shared::room::RoomInfo;
use yew::{
    Callback, Html, InputEvent, KeyboardEvent, MouseEvent, Properties, classes, component, html,
    use_state,
};

use crate::browser::element;
use crate::components::dialog::Modal;
use crate::components::hooks::{Dialog, use_ui};
use crate::components::room_list::{in_order, kind_mark};
use crate::text::order;

#[derive(PartialEq, Properties)]
pub(crate) struct JumpProps {
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Jump(props: &JumpProps) -> Html {
    let ui = use_ui();
    let wanted = use_state(String::new);
    let chosen = use_state(|| 0usize);
    let rooms = ui.driver.view(|view| found(view, &wanted));
    let chosen_index = (*chosen).min(rooms.len().saturating_sub(1));
    let open = {
        let (ui, onclose) = (ui.clone(), props.onclose.clone());
        Callback::from(move |room_id: RoomId| {
            onclose.emit(());
            ui.open(room_id);
        })
    };
    let oninput = {
        let (wanted, chosen) = (wanted.clone(), chosen.clone());
        move |event: InputEvent| {
            wanted.set(element::value_of(event.target()));
            chosen.set(0);
        }
    };
    let onkeydown = {
        let ids: Vec<RoomId> = rooms.iter().map(|(room, _)| room.room_id).collect();
        let (open, chosen) = (open.clone(), chosen.clone());
        move |event: KeyboardEvent| {
            if event.is_composing() || ids.is_empty() {
                return;
            }
            match event.key().as_str() {
                "ArrowDown" => chosen.set((chosen_index + 1) % ids.len()),
                "ArrowUp" => chosen.set((chosen_index + ids.len() - 1) % ids.len()),
                "Enter" => open.emit(ids[chosen_index]),
                _ => return,
            }
            event.prevent_default();
        }
    };
    let browse = move |_: MouseEvent| ui.show.emit(Some(Dialog::Browse));
    let active = (!rooms.is_empty()).then(|| format!("jump-{chosen_index}"));
    html! {
        <Modal title="Jump to a room" onclose={props.onclose.clone()}>
            <input class="search" value={(*wanted).clone()} {oninput} {onkeydown} autofocus={true} role="combobox"
                aria-expanded="true" aria-controls="jump-list" aria-activedescendant={active}
                aria-label="Name of the room" placeholder="Name of the room" autocomplete="off" spellcheck="false" />
            <ul id="jump-list" class="jump-list" role="listbox" aria-label="Rooms">
                for (index, (room, unread)) in rooms.into_iter().enumerate() {
                    { row(index, &room, unread, index == chosen_index, &open) }
                }
            </ul>
            <button class="link-button" onclick={browse}>{ "Browse all rooms" }</button>
        </Modal>
    }
}

/// Those whose name holds what is wanted, the likeliest first, and what is unread in them.
fn found(view: &View, wanted: &str) -> Vec<(RoomInfo, u64)> {
    let search = order::lower(wanted.trim().trim_start_matches('#'));
    let row = |room: &Room| (room.info.clone(), view.unread(room.info.room_id));
    let all = in_order(view).into_iter().map(row);
    let name = |room: &RoomInfo| order::lower(&rooms::title(room));
    let found = all.filter(|(room, _)| name(room).contains(&search));
    order::by_key(found.collect(), |(room, unread)| {
        let begins = name(room).starts_with(&search);
        format!("{}{}", u8::from(!begins), u8::from(*unread == 0))
    })
}

fn row(index: usize, room: &RoomInfo, unread: u64, chosen: bool, open: &Callback<RoomId>) -> Html {
    let room_id = room.room_id;
    let onclick = open.reform(move |_: MouseEvent| room_id);
    html! {
        <li key={room_id.to_string()} id={format!("jump-{index}")} role="option" aria-selected={chosen.to_string()}
            class={classes!("jump-item", chosen.then_some("current"))} {onclick}>
            <span class="room-mark">{ kind_mark(room) }</span>
            <span class="room-name">{ rooms::title(room) }</span>
            if unread > 0 {
                <span class="badge numbers">{ format::count(unread) }</span>
            }
        </li>
    }
}
