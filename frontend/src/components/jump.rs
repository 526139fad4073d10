//! Jumping to a room by a few letters of its name.

use client::Room;
use yew::{
    Callback, Html, InputEvent, KeyboardEvent, MouseEvent, Properties, classes, component, html,
    use_state,
};

use crate::browser::element;
use crate::components::dialog::Modal;
use crate::components::hooks::{Dialog, use_driver, use_ui};
use crate::components::room_list::in_order;
use crate::text::order;
use client::present::format;

#[derive(PartialEq, Properties)]
pub(crate) struct JumpProps {
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Jump(props: &JumpProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    let wanted = use_state(String::new);
    let chosen = use_state(|| 0usize);
    let rooms: Vec<(String, u64)> = driver.view(|view| {
        let search = order::lower(wanted.trim().trim_start_matches('#'));
        let row = |room: &Room| (room.info.name.to_string(), view.unread(room.info.room_id));
        let all = in_order(view).into_iter().map(row);
        let found = all
            .filter(|(name, _)| order::lower(name).contains(&search))
            .collect();
        order::by_key(found, |(name, unread)| {
            let begins = order::lower(name).starts_with(&search);
            format!("{}{}", u8::from(!begins), u8::from(*unread == 0))
        })
    });
    let chosen_index = (*chosen).min(rooms.len().saturating_sub(1));
    let open = {
        let (ui, onclose) = (ui.clone(), props.onclose.clone());
        Callback::from(move |name: String| {
            onclose.emit(());
            ui.go.emit(Some(name));
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
        let (rooms, open, chosen) = (rooms.clone(), open.clone(), chosen.clone());
        move |event: KeyboardEvent| {
            if event.is_composing() || rooms.is_empty() {
                return;
            }
            match event.key().as_str() {
                "ArrowDown" => chosen.set((chosen_index + 1) % rooms.len()),
                "ArrowUp" => chosen.set((chosen_index + rooms.len() - 1) % rooms.len()),
                "Enter" => open.emit(rooms[chosen_index].0.clone()),
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
                for (index, (name, unread)) in rooms.into_iter().enumerate() {
                    { row(index, name, unread, index == chosen_index, &open) }
                }
            </ul>
            <button class="link-button" onclick={browse}>{ "Browse all rooms" }</button>
        </Modal>
    }
}

fn row(index: usize, name: String, unread: u64, chosen: bool, open: &Callback<String>) -> Html {
    let onclick = {
        let name = name.clone();
        open.reform(move |_: MouseEvent| name.clone())
    };
    html! {
        <li key={name.clone()} id={format!("jump-{index}")} role="option" aria-selected={chosen.to_string()}
            class={classes!("jump-item", chosen.then_some("current"))} {onclick}>
            <span class="hash" aria-hidden="true">{ "#" }</span>
            <span class="room-name">{ name }</span>
            if unread > 0 {
                <span class="badge numbers">{ format::count(unread) }</span>
            }
        </li>
    }
}
