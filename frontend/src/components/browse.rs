//! All rooms that there are, to be joined or opened.

use client::present::words;
use client::{Change, Command};
use shared::room::RoomInfo;
use shared::{ClientFrame, Operation, RequestId, RoomRef};
use yew::{
    Callback, Html, InputEvent, MouseEvent, Properties, component, html, use_effect_with, use_state,
};

use crate::browser::element;
use crate::components::dialog::Modal;
use crate::components::form::Problem;
use crate::components::hooks::{use_changes, use_driver, use_entrance, use_ui};
use crate::components::room_list::kind_mark;
use crate::text::order;
use client::present::format;

#[derive(PartialEq, Properties)]
pub(crate) struct BrowseProps {
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Browse(props: &BrowseProps) -> Html {
    let driver = use_driver();
    let ui = use_ui();
    use_changes((), |(), change| {
        matches!(change, Change::Directory | Change::Rooms)
    });
    let wanted = use_state(String::new);
    let entrance = use_entrance(props.onclose.clone());
    {
        let (driver, object) = (driver.clone(), entrance.object.clone());
        use_effect_with((), move |()| {
            if let Err(error) = driver.command(Command::ListRooms) {
                object.emit(Problem::of_form(words::refusal(&error)));
            }
        });
    }
    let open = {
        let (ui, onclose, send) = (ui.clone(), props.onclose.clone(), entrance.send.clone());
        Callback::from(move |(room, member): (RoomInfo, bool)| {
            if member {
                onclose.emit(());
                ui.open(room.room_id);
            } else {
                send.emit(ClientFrame::JoinRoom {
                    request_id: RequestId::default(),
                    room: RoomRef::Id(room.room_id),
                });
            }
        })
    };
    let rooms = driver.view(|view| {
        let search = wanted.trim().trim_start_matches('#');
        let search = order::lower(search);
        let found = view.directory.iter().filter(|room| {
            order::lower(room.name.as_str()).contains(&search)
                || order::lower(&room.topic).contains(&search)
        });
        let row = |room: &RoomInfo| (room.clone(), view.rooms.contains_key(&room.room_id));
        let rooms: Vec<_> = found.map(row).collect();
        order::by_key(rooms, |(room, _)| order::lower(room.name.as_str()))
    });
    let search = {
        let wanted = wanted.clone();
        move |event: InputEvent| wanted.set(element::value_of(event.target()))
    };
    let create = {
        let ui = ui.clone();
        move |_: MouseEvent| ui.ask_for_room()
    };
    html! {
        <Modal title="All rooms" onclose={props.onclose.clone()}>
            <div class="browse-head">
                <input class="search" type="search" value={(*wanted).clone()} oninput={search} autofocus={true}
                    placeholder="Search by name or topic" aria-label="Search rooms" />
                if ui.may(Operation::CreateRoom) {
                    <button class="button" onclick={create}>{ "New room" }</button>
                }
            </div>
            <p class="problem" role="alert">{ entrance.problem.text().unwrap_or_default() }</p>
            if rooms.is_empty() {
                <p class="list-note">{ "No room of that name. Create it?" }</p>
            }
            <ul class="directory">
                for (room, member) in rooms {
                    <DirectoryRow key={room.room_id.to_string()} room={room.clone()} {member} onopen={open.clone()} />
                }
            </ul>
        </Modal>
    }
}

#[derive(PartialEq, Properties)]
struct DirectoryRowProps {
    room: RoomInfo,
    member: bool,
    onopen: Callback<(RoomInfo, bool)>,
}

#[component]
fn DirectoryRow(props: &DirectoryRowProps) -> Html {
    let room = &props.room;
    let onclick = {
        let (room, member, onopen) = (room.clone(), props.member, props.onopen.clone());
        move |_: MouseEvent| onopen.emit((room.clone(), member))
    };
    let action = if props.member { "Open" } else { "Join" };
    html! {
        <li class="directory-row">
            <div class="directory-text">
                <p class="directory-name">
                    { kind_mark(room) }{ room.name.to_string() }
                    <span class="meta numbers">{ format::people(room.members.into()) }</span>
                </p>
                if !room.topic.is_empty() {
                    <p class="secondary">{ room.topic.clone() }</p>
                }
            </div>
            <button class="button" {onclick} aria-label={format!("{action} {}", room.name)}>{ action }</button>
        </li>
    }
}
