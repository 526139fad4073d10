//! The page of somebody who is signed in: the panes, the dialog over them, and what holds anywhere on the page.

use client::present::rooms::{self, Direction};
use client::present::words;
use client::{Change, Command, View};
use shared::RoomId;
use shared::room::RoomKind;
use web_sys::KeyboardEvent;
use yew::{
    AttrValue, Callback, ContextProvider, Html, classes, component, html, use_callback,
    use_effect_with, use_state,
};

use crate::browser::{element, is_watched, location, title};
use crate::components::absent::Absent;
use crate::components::browse::Browse;
use crate::components::confirm::{Question, confirm};
use crate::components::connection_bar::ConnectionBar;
use crate::components::create_room::CreateRoom;
use crate::components::details::Details;
use crate::components::hooks::{Dialog, Ui, use_changes, use_driver, use_keys, use_window_event};
use crate::components::jump::Jump;
use crate::components::room_pane::RoomPane;
use crate::components::sidebar::Sidebar;
use crate::components::toasts::Toasts;
use crate::driver::Driver;
use crate::text::order;

/// Where the details pane was left.
const DETAILS_NOTE: &str = "details";

#[component]
pub(crate) fn Shell() -> Html {
    let driver = use_driver();
    use_changes((), |(), change| {
        matches!(change, Change::Rooms | Change::Unread(_))
    });
    let place = use_state(location::room);
    let dialog = use_state(|| None::<Dialog>);
    let details = use_state(|| driver.note(DETAILS_NOTE).is_some());
    let notes = use_state(|| (0u32, Vec::<(u32, AttrValue)>::new()));

    let go = use_callback(place.clone(), |name: Option<String>, place| {
        if **place != name {
            location::go_to(name.as_deref(), false);
            place.set(name);
        }
    });
    let show = use_callback(dialog.setter(), |open: Option<Dialog>, dialog| {
        dialog.set(open)
    });
    let say = use_callback(notes.clone(), |text: String, notes| {
        let (last, mut all) = (**notes).clone();
        all.push((last + 1, text.into()));
        notes.set((last + 1, all));
    });
    let unsay = use_callback(notes.clone(), |id: u32, notes| {
        let (last, mut all) = (**notes).clone();
        all.retain(|(other, _)| *other != id);
        notes.set((last, all));
    });
    let toggle_details = {
        let driver = driver.clone();
        use_callback(details.clone(), move |(), details| {
            driver.keep_note(DETAILS_NOTE, if **details { "" } else { "open" });
            details.set(!**details);
        })
    };
    {
        let place = place.clone();
        use_window_event("popstate", move |_| place.set(location::room()));
    }
    {
        let driver = driver.clone();
        use_window_event("beforeunload", move |event| {
            if driver.is_uploading() {
                event.prevent_default();
            }
        });
    }

    let current = current_room(&driver, place.as_deref());
    use_start(&driver, &place);
    use_title(&driver, current.as_ref());
    use_shortcuts(&driver, current.as_ref().map(|(id, _)| *id), &go, &show);

    let ui = Ui {
        go: go.clone(),
        show: show.clone(),
        say,
    };
    let room_id = current.as_ref().map(|(id, _)| *id);
    let at = if place.is_some() {
        "at-room"
    } else {
        "at-list"
    };
    html! {
        <ContextProvider<Ui> context={ui.clone()}>
            <main class={classes!("shell", at, details.then_some("with-details"))}>
                <Sidebar current={room_id} />
                <section class="room" aria-label="Room">
                    <ConnectionBar />
                    if let Some((room_id, _)) = current {
                        <RoomPane key={room_id.to_string()} {room_id} details={*details}
                            ondetails={toggle_details.clone()} />
                    } else if let Some(name) = &*place {
                        <Absent name={name.clone()} />
                    }
                </section>
                if let Some(room_id) = room_id.filter(|_| *details) {
                    <Details key={room_id.to_string()} {room_id} onclose={toggle_details} />
                }
            </main>
            { dialog_view(&driver, dialog.as_ref(), &ui) }
            <Toasts notes={notes.1.clone()} onend={unsay} />
        </ContextProvider<Ui>>
    }
}

/// The room that is shown: the one that the address names, else the lobby.
fn current_room(driver: &Driver, place: Option<&str>) -> Option<(RoomId, String)> {
    let wanted = place.map(order::lower);
    driver.view(|view| {
        let found = view.rooms.iter().find(|(_, room)| match &wanted {
            Some(wanted) => order::lower(room.info.name.as_str()) == *wanted,
            None => room.info.kind == RoomKind::Lobby,
        });
        found.map(|(id, room)| (*id, room.info.name.to_string()))
    })
}

/// Whoever comes without naming a room starts in the one of last time, or in the lobby.
#[yew::hook]
fn use_start(driver: &Driver, place: &yew::UseStateHandle<Option<String>>) {
    let rooms = driver.view(|view| !view.rooms.is_empty());
    let (driver, place) = (driver.clone(), place.clone());
    use_effect_with(rooms, move |rooms| {
        if *rooms && place.is_none() {
            let last = driver
                .note("room")
                .filter(|name| current_room(&driver, Some(name)).is_some());
            let name = last.or_else(|| current_room(&driver, None).map(|(_, name)| name));
            location::go_to(name.as_deref(), true);
            place.set(name);
        }
    });
}

#[yew::hook]
fn use_title(driver: &Driver, current: Option<&(RoomId, String)>) {
    let unread = driver.view(View::unread_in_all);
    let room = current.map(|(_, name)| name.clone());
    let driver = driver.clone();
    use_effect_with((unread, room), move |(unread, room)| {
        title::set(*unread, room.as_deref());
        if let Some(room) = room {
            driver.keep_note("room", room);
        }
    });
    use_effect_with((), |()| || title::set(0, None));
}

/// Keys that mean the same everywhere.
#[yew::hook]
fn use_shortcuts(
    driver: &Driver,
    current: Option<RoomId>,
    go: &Callback<Option<String>>,
    show: &Callback<Option<Dialog>>,
) {
    let (driver, go, show) = (driver.clone(), go.clone(), show.clone());
    use_keys(move |event: &KeyboardEvent| {
        if event.is_composing() || element::has_dialog() {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "k" | "K" if control && !event.alt_key() => {
                event.prevent_default();
                show.emit(Some(Dialog::Jump));
            }
            key @ ("ArrowUp" | "ArrowDown") if event.alt_key() && !control => {
                event.prevent_default();
                let direction = match key {
                    "ArrowDown" => Direction::Down,
                    _ => Direction::Up,
                };
                let next = neighbour(&driver, current, direction, event.shift_key());
                if next.is_some() {
                    go.emit(next);
                }
            }
            _ => {}
        }
    });
}

/// The name of the room before or after, as the list has them.
fn neighbour(
    driver: &Driver,
    current: Option<RoomId>,
    direction: Direction,
    unread: bool,
) -> Option<String> {
    driver.view(|view| {
        let rooms = super::room_list::in_order(view);
        let list: Vec<RoomId> = rooms.iter().map(|room| room.info.room_id).collect();
        let wanted = |room_id| !unread || view.unread(room_id) > 0;
        let next = rooms::neighbour(&list, current, direction, wanted)?;
        let room = view.rooms.get(&next)?;
        Some(room.info.name.to_string())
    })
}

fn dialog_view(driver: &Driver, dialog: Option<&Dialog>, ui: &Ui) -> Html {
    let onclose = ui.show.reform(|()| None);
    match dialog {
        None => Html::default(),
        Some(Dialog::Jump) => html! { <Jump {onclose} /> },
        Some(Dialog::Browse) => html! { <Browse {onclose} /> },
        Some(Dialog::CreateRoom) => html! { <CreateRoom {onclose} /> },
        Some(Dialog::Leave { room_id }) => leave_room(driver, *room_id, ui, onclose),
        Some(Dialog::SignOut) => sign_out(driver, onclose),
    }
}

fn sign_out(driver: &Driver, onclose: Callback<()>) -> Html {
    let name = driver.view(|view| view.person.as_ref().map(|person| person.name.clone()));
    let name = name.unwrap_or_default();
    let driver = driver.clone();
    let onconfirm = move |()| {
        // Works in every state of the connection.
        let _ = driver.command(Command::SignOut);
    };
    let question = Question {
        title: format!("Give up {name}?"),
        text: format!(
            "This browser forgets the secret that makes {name} yours. Nobody, not even you, can use the name again. \
             What you wrote stays."
        ),
        action: "Sign out".into(),
    };
    confirm(question, Callback::from(onconfirm), onclose)
}

fn leave_room(driver: &Driver, room_id: RoomId, ui: &Ui, onclose: Callback<()>) -> Html {
    let name = driver.view(|view| {
        view.rooms
            .get(&room_id)
            .map(|room| room.info.name.to_string())
    });
    let name = name.unwrap_or_default();
    let (driver, ui) = (driver.clone(), ui.clone());
    let onconfirm = move |()| match driver.command(Command::LeaveRoom { room_id }) {
        Ok(_) => ui
            .go
            .emit(current_room(&driver, None).map(|(_, name)| name)),
        Err(error) => ui.say.emit(words::refusal(&error)),
    };
    let question = Question {
        title: format!("Leave #{name}?"),
        text: "You can join again whenever you like; what was said stays.".into(),
        action: format!("Leave #{name}"),
    };
    confirm(question, Callback::from(onconfirm), onclose)
}

/// Whether keys typed now should go into the composer.
pub(super) fn takes_typing(event: &KeyboardEvent) -> bool {
    let control = event.ctrl_key() || event.meta_key();
    let pastes = control && !event.alt_key() && event.key().eq_ignore_ascii_case("v");
    let types = !control && !event.alt_key() && event.key().chars().count() == 1;
    let presses =
        matches!(event.key().as_str(), " " | "Enter") && element::is_pressable(event.target());
    (types || pastes)
        && !presses
        && !event.is_composing()
        && is_watched()
        && !element::keeps_keys(event.target())
}
