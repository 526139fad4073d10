//! How a component follows the core: it names the changes that concern it and is drawn again after one.

use std::rc::Rc;

use client::Change;
use client::present::rooms;
use gloo_events::{EventListener, EventListenerOptions};
use shared::room::RoomKind;
use shared::{ClientFrame, Operation, PersonId, RoomId, ServerFrame};
use wasm_bindgen::JsCast as _;
use web_sys::{Event, KeyboardEvent};
use yew::{
    Callback, Properties, hook, use_context, use_effect_with, use_force_update, use_mut_ref,
};

use crate::browser::location::Place;
use crate::browser::{document, window};
use crate::components::request::{Request, use_request};
use crate::components::secret::Secret;
use crate::components::sheet::{Sheet, SheetRef};
use crate::drafts::Drafts;
use crate::driver::Driver;

/// What is open over the page.
#[derive(Clone, PartialEq)]
pub(crate) enum Dialog {
    Jump,
    Browse,
    /// Choosing whom to add to a room; without one, with whom to talk in private.
    PickPeople {
        room_id: Option<RoomId>,
    },
    /// Who may not come into a room.
    Bans {
        room_id: RoomId,
    },
    /// Somebody's profile.
    Person {
        person_id: PersonId,
    },
    /// Something secret that is shown this once.
    Secret(Secret),
    /// A request and what it needs to know.
    Sheet(SheetRef),
    SignOut,
}

/// What any part of the page may ask of the whole.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Ui {
    pub(crate) driver: Driver,
    /// Opens a place.
    pub(crate) go: Callback<Place>,
    /// Opens a dialog, or closes it.
    pub(crate) show: Callback<Option<Dialog>>,
    /// Says something that a person should know and need not answer.
    pub(crate) say: Callback<String>,
}

impl Ui {
    /// Opens one of one's rooms.
    pub(crate) fn open(&self, room_id: RoomId) {
        let name = self.driver.view(|view| {
            let room = view.rooms.get(&room_id)?;
            Some(room.info.name.to_string())
        });
        if let Some(name) = name {
            self.go.emit(Place::Room(name));
        }
    }

    /// Opens the room that everyone is in.
    pub(crate) fn open_lobby(&self) {
        let lobby = self.driver.view(|view| {
            let mut rooms = view.rooms.values();
            let lobby = rooms.find(|room| room.info.kind == RoomKind::Lobby);
            lobby.map(|room| room.info.room_id)
        });
        if let Some(room_id) = lobby {
            self.open(room_id);
        }
    }

    /// Whether one may do this on the server.
    pub(crate) fn may(&self, operation: Operation) -> bool {
        self.driver.view(|view| rooms::may(view, operation, None))
    }

    /// Whether one may do this in the room.
    pub(crate) fn may_in(&self, operation: Operation, room_id: RoomId) -> bool {
        self.driver
            .view(|view| rooms::may(view, operation, Some(room_id)))
    }

    /// Opens a sheet over the page.
    pub(crate) fn ask(&self, sheet: Sheet) {
        self.show.emit(Some(Dialog::Sheet(sheet.into())));
    }

    /// Sends a request at once; says why it was refused, or tells `then` what the server said.
    pub(crate) fn act(&self, frame: ClientFrame, then: impl FnOnce(ServerFrame) + 'static) {
        let say = self.say.clone();
        self.driver.ask(frame, move |answer| match answer {
            Ok(answer) => then(answer),
            Err(error) => say.emit(error.message),
        });
    }
}

#[hook]
pub(crate) fn use_driver() -> Driver {
    use_context::<Driver>().expect("the app provides the driver")
}

#[hook]
pub(crate) fn use_drafts() -> Drafts {
    use_context::<Drafts>().expect("the app provides the drafts")
}

#[hook]
pub(crate) fn use_ui() -> Ui {
    use_context::<Ui>().expect("the shell provides itself")
}

/// Draws the component again after each change that `wants` accepts. `of` is what the component is about.
#[hook]
pub(crate) fn use_changes<T: Clone + PartialEq + 'static>(of: T, wants: fn(&T, &Change) -> bool) {
    let driver = use_driver();
    let update = use_force_update();
    use_effect_with((driver, of), move |(driver, of)| {
        let of = of.clone();
        let watch = driver.watch(
            move |change| wants(&of, change),
            move |_| update.force_update(),
        );
        move || drop(watch)
    });
}

/// Calls `tell` with every change, as of the last drawing.
#[hook]
pub(crate) fn use_change_listener(tell: impl Fn(&Change) + 'static) {
    let driver = use_driver();
    let latest = use_latest(tell);
    use_effect_with(driver, move |driver| {
        let watch = driver.watch(|_| true, move |change| latest(change));
        move || drop(watch)
    });
}

/// A request to create or join a room, which opens once the request succeeds; `onentered` is called before.
#[hook]
pub(crate) fn use_entrance(onentered: Callback<()>) -> Request {
    let ui = use_ui();
    use_request(move |answer| {
        if let ServerFrame::RoomJoined { room_id, .. } = answer {
            onentered.emit(());
            ui.open(room_id);
        }
    })
}

/// Listens to keys of the whole document, as of the last drawing.
#[hook]
pub(crate) fn use_keys(tell: impl Fn(&KeyboardEvent) + 'static) {
    let latest = use_latest(tell);
    use_effect_with((), move |()| {
        let options = EventListenerOptions::enable_prevent_default();
        let listener =
            EventListener::new_with_options(&document(), "keydown", options, move |event| {
                latest(event.unchecked_ref());
            });
        move || drop(listener)
    });
}

/// Listens to an event of the window, as of the last drawing. It may be prevented.
#[hook]
pub(crate) fn use_window_event(name: &'static str, tell: impl Fn(&Event) + 'static) {
    let latest = use_latest(tell);
    use_effect_with(name, move |name| {
        let options = EventListenerOptions::enable_prevent_default();
        let listener =
            EventListener::new_with_options(&window(), *name, options, move |event| latest(event));
        move || drop(listener)
    });
}

/// A function that stays the same and calls what was given at the last drawing.
#[hook]
fn use_latest<A: ?Sized + 'static>(tell: impl Fn(&A) + 'static) -> impl Fn(&A) + Clone + 'static {
    let slot = use_mut_ref(|| None::<Rc<dyn Fn(&A)>>);
    *slot.borrow_mut() = Some(Rc::new(tell));
    move |argument: &A| {
        let tell = slot.borrow().clone();
        if let Some(tell) = tell {
            tell(argument);
        }
    }
}
