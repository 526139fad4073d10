//! The page of somebody who is signed in: the panes, the dialog over them, and what holds anywhere on the page.

use client::present::rooms::{self, Direction};
use client::present::words;
use client::{Change, Command, ConnectionState, View};
use shared::RoomId;
use shared::room::{RoomInfo, RoomKind};
use web_sys::KeyboardEvent;
use yew::{
    AttrValue, Callback, ContextProvider, Html, UseStateHandle, classes, component, html,
    use_callback, use_effect_with, use_force_update, use_mut_ref, use_state,
};

use crate::browser::location::{self, Place};
use crate::browser::{element, is_watched, title};
use crate::components::absent::Absent;
use crate::components::browse::Browse;
use crate::components::confirm::confirm;
use crate::components::connection_bar::ConnectionBar;
use crate::components::details::Details;
use crate::components::hooks::{
    Dialog, Parts, Ui, use_changes, use_driver, use_keys, use_window_event,
};
use crate::components::jump::Jump;
use crate::components::lightbox::Lightbox;
use crate::components::pages::Page;
use crate::components::pick_people::PickPeople;
use crate::components::room_pane::RoomPane;
use crate::components::sidebar::Sidebar;
use crate::components::toasts::Toasts;
use crate::components::{invitation, panel, secret, sheet};
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
    let place = use_state(Place::current);
    let dialog = use_state(|| None::<Dialog>);
    let details = use_state(|| driver.note(DETAILS_NOTE).is_some());
    let (go, (notes, say, unsay)) = (use_go(&place), use_notes());

    let show = use_callback(dialog.setter(), |open: Option<Dialog>, dialog| {
        dialog.set(open)
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
        use_window_event("popstate", move |_| place.set(Place::current()));
    }
    {
        let driver = driver.clone();
        use_window_event("beforeunload", move |event| {
            if driver.is_uploading() {
                event.prevent_default();
            }
        });
    }

    let current = current_room(&driver, &place);
    let ui = Ui::from(Parts {
        driver: driver.clone(),
        go,
        show,
        say,
    });
    use_start(&driver, &place);
    use_renamed(&driver, &place, current.as_ref());
    use_title(&driver, &place, current.as_ref());
    use_shortcuts(&ui, current.as_ref().map(|room| room.room_id));
    use_invitation(&ui);

    let room_id = current.as_ref().map(|room| room.room_id);
    let at = match *place {
        Place::List => "at-list",
        Place::Room(_) | Place::Page(_) => "at-room",
    };
    let with_details = *details && room_id.is_some();
    html! {
        <ContextProvider<Ui> context={ui.clone()}>
            <main class={classes!("shell", at, with_details.then_some("with-details"))}>
                <Sidebar current={room_id} />
                <section class="room" aria-label={if room_id.is_some() { "Room" } else { "Page" }}>
                    <ConnectionBar />
                    if let Some(room_id) = room_id {
                        <RoomPane key={room_id.to_string()} {room_id} details={*details}
                            ondetails={toggle_details.clone()} />
                    } else if let Place::Room(name) = &*place {
                        <Absent name={name.clone()} />
                    } else if let Place::Page(path) = &*place {
                        <Page path={path.clone()} />
                    }
                </section>
                if let Some(room_id) = room_id.filter(|_| *details) {
                    <Details key={room_id.to_string()} {room_id} onclose={toggle_details} />
                }
            </main>
            { dialog_view(dialog.as_ref(), &ui) }
            <Toasts {notes} onend={unsay} />
        </ContextProvider<Ui>>
    }
}

/// Goes somewhere. It stays the same, so that nothing is drawn again because somebody went.
#[yew::hook]
fn use_go(place: &UseStateHandle<Place>) -> Callback<Place> {
    let current = use_mut_ref(|| Place::List);
    current.replace((**place).clone());
    use_callback(place.setter(), move |to: Place, place| {
        if *current.borrow() != to {
            location::go_to(&to, false);
            place.set(to);
        }
    })
}

type Notes = Vec<(u32, AttrValue)>;

/// What is being said, how to say something, and how to take it back; the last two stay the same.
#[yew::hook]
fn use_notes() -> (Notes, Callback<String>, Callback<u32>) {
    let notes = use_mut_ref(|| (0u32, Notes::new()));
    let update = use_force_update();
    let said = notes.borrow().1.clone();
    let say = {
        let (notes, update) = (notes.clone(), update.clone());
        use_callback((), move |text: String, ()| {
            let (last, all) = &mut *notes.borrow_mut();
            *last += 1;
            all.push((*last, text.into()));
            update.force_update();
        })
    };
    let unsay = use_callback((), move |id: u32, ()| {
        notes.borrow_mut().1.retain(|(other, _)| *other != id);
        update.force_update();
    });
    (said, say, unsay)
}

/// The room that is shown: the one that the address names, else the lobby beside the list.
fn current_room(driver: &Driver, place: &Place) -> Option<RoomInfo> {
    let wanted = match place {
        Place::Room(name) => Some(order::lower(name)),
        Place::List => None,
        Place::Page(_) => return None,
    };
    driver.view(|view| {
        let found = view.rooms.values().find(|room| match &wanted {
            Some(wanted) => order::lower(room.info.name.as_str()) == *wanted,
            None => room.info.kind == RoomKind::Lobby,
        });
        found.map(|room| room.info.clone())
    })
}

/// Whoever comes without naming a room starts in the one of last time, or in the lobby.
#[yew::hook]
fn use_start(driver: &Driver, place: &UseStateHandle<Place>) {
    let rooms = driver.view(|view| !view.rooms.is_empty());
    let (driver, place) = (driver.clone(), place.clone());
    use_effect_with(rooms, move |rooms| {
        if *rooms && *place == Place::List {
            let last = driver.note("room").map(Place::Room);
            let last = last.filter(|place| current_room(&driver, place).is_some());
            let lobby = || current_room(&driver, &Place::List);
            let start = last.or_else(|| Some(Place::Room(lobby()?.name.to_string())));
            if let Some(start) = start {
                // A link that led here is still to be followed.
                if location::fragment("invite").is_none() {
                    location::go_to(&start, true);
                }
                place.set(start);
            }
        }
    });
}

/// A room that gets another name stays open.
#[yew::hook]
fn use_renamed(driver: &Driver, place: &UseStateHandle<Place>, current: Option<&RoomInfo>) {
    let last = use_mut_ref(|| None::<RoomId>);
    if let Some(room) = current {
        last.replace(Some(room.room_id));
        return;
    }
    let shown = last.borrow().and_then(|room_id| {
        driver.view(|view| {
            let room = view.rooms.get(&room_id)?;
            Some(Place::Room(room.info.name.to_string()))
        })
    });
    if let (Some(renamed), Place::Room(_)) = (shown, &**place) {
        location::go_to(&renamed, true);
        place.set(renamed);
    }
}

#[yew::hook]
fn use_title(driver: &Driver, place: &Place, current: Option<&RoomInfo>) {
    let unread = driver.view(View::unread_in_all);
    let label = current.map(rooms::label);
    let name = current
        .filter(|_| *place != Place::List)
        .map(|room| room.name.to_string());
    let driver = driver.clone();
    use_effect_with((unread, label, name), move |(unread, label, name)| {
        title::set(*unread, label.as_deref());
        if let Some(name) = name {
            driver.keep_note("room", name);
        }
    });
    use_effect_with((), |()| || title::set(0, None));
}

/// Follows the link by which somebody came who was in already.
#[yew::hook]
fn use_invitation(ui: &Ui) {
    let ui = ui.clone();
    let online = ui
        .driver
        .view(|view| view.connection == ConnectionState::Online);
    use_effect_with(online, move |online| {
        if let Some(token) = location::fragment("invite").filter(|_| *online) {
            wasm_bindgen_futures::spawn_local(invitation::follow(ui, token));
        }
    });
}

/// Keys that mean the same everywhere.
#[yew::hook]
fn use_shortcuts(ui: &Ui, current: Option<RoomId>) {
    let ui = ui.clone();
    use_keys(move |event: &KeyboardEvent| {
        if event.is_composing() || element::has_dialog() {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        match event.key().as_str() {
            "k" | "K" if control && !event.alt_key() => {
                event.prevent_default();
                ui.show.emit(Some(Dialog::Jump));
            }
            key @ ("ArrowUp" | "ArrowDown") if event.alt_key() && !control => {
                event.prevent_default();
                let direction = match key {
                    "ArrowDown" => Direction::Down,
                    _ => Direction::Up,
                };
                if let Some(next) = neighbour(&ui.driver, current, direction, event.shift_key()) {
                    ui.open(next);
                }
            }
            _ => {}
        }
    });
}

/// The room before or after, as the list has them.
fn neighbour(
    driver: &Driver,
    current: Option<RoomId>,
    direction: Direction,
    unread: bool,
) -> Option<RoomId> {
    driver.view(|view| {
        let rooms = super::room_list::in_order(view);
        let list: Vec<RoomId> = rooms.iter().map(|room| room.info.room_id).collect();
        let wanted = |room_id| !unread || view.unread(room_id) > 0;
        rooms::neighbour(&list, current, direction, wanted)
    })
}

fn dialog_view(dialog: Option<&Dialog>, ui: &Ui) -> Html {
    let onclose = ui.show.reform(|()| None);
    match dialog {
        None => Html::default(),
        Some(Dialog::Jump) => html! { <Jump {onclose} /> },
        Some(Dialog::Browse) => html! { <Browse {onclose} /> },
        Some(Dialog::PickPeople { room_id }) => {
            html! { <PickPeople room_id={*room_id} {onclose} /> }
        }
        Some(Dialog::Panel(topic)) => panel::dialog(*topic, onclose),
        Some(Dialog::Image { room_id, file_id }) => {
            html! { <Lightbox room_id={*room_id} file_id={*file_id} {onclose} /> }
        }
        Some(Dialog::Secret(shown)) => secret::dialog(shown, onclose),
        Some(Dialog::Sheet(sheet)) => sheet::dialog(sheet, onclose),
        Some(Dialog::SignOut) => sign_out(&ui.driver, onclose),
    }
}

fn sign_out(driver: &Driver, onclose: Callback<()>) -> Html {
    let question = driver.view(|view| words::sign_out(view, "this browser"));
    let driver = driver.clone();
    let onconfirm = move |()| {
        // Works in every state of the connection.
        let _ = driver.command(Command::SignOut);
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
