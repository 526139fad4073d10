//! How a component follows the core: it names the changes that concern it and is drawn again after one.

use std::ops::Deref;
use std::rc::Rc;

use client::Change;
use client::present::panel::Topic;
use client::present::sheet::{Deed, Next, Reveal, Sheet};
use client::present::{room_sheets, rooms};
use gloo_events::{EventListener, EventListenerOptions};
use shared::room::RoomKind;
use shared::{ClientFrame, FileId, Operation, RoomId, ServerFrame};
use wasm_bindgen::JsCast as _;
use web_sys::{Event, EventTarget, KeyboardEvent};
use yew::{Callback, hook, use_context, use_effect_with, use_force_update, use_mut_ref};

use crate::browser::location::{self, Place};
use crate::browser::{clipboard, document, window};
use crate::components::request::{Request, use_request};
use crate::components::sheet::SheetRef;
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
    /// What the server says of this.
    Panel(Topic),
    /// An image over the page, among those of its room.
    Image {
        room_id: RoomId,
        file_id: FileId,
    },
    /// Something secret that is shown this once.
    Secret(Reveal),
    /// A request and what it needs to know.
    Sheet(SheetRef),
    SignOut,
}

/// What any part of the page may ask of the whole. Clones are the same.
#[derive(Clone, PartialEq)]
pub(crate) struct Ui(Rc<Parts>);

#[derive(PartialEq)]
pub(crate) struct Parts {
    pub(crate) driver: Driver,
    /// Opens a place.
    pub(crate) go: Callback<Place>,
    /// Opens a dialog, or closes it.
    pub(crate) show: Callback<Option<Dialog>>,
    /// Says something that a person should know and need not answer.
    pub(crate) say: Callback<String>,
}

impl From<Parts> for Ui {
    fn from(parts: Parts) -> Self {
        Self(Rc::new(parts))
    }
}

impl Deref for Ui {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
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

    /// Opens a sheet over the page; `done` is told once it has succeeded.
    pub(crate) fn ask(&self, sheet: impl Into<Rc<Sheet>>, done: &Callback<()>) {
        let (sheet, done) = (sheet.into(), done.clone());
        self.show
            .emit(Some(Dialog::Sheet(SheetRef { sheet, done })));
    }

    /// Opens the form for a new room.
    pub(crate) fn ask_for_room(&self) {
        let sheet = self.driver.view(room_sheets::create);
        self.ask(sheet, &Callback::noop());
    }

    /// Does what a button or a line of a menu is for; `done` is told once a request of it has succeeded.
    pub(crate) fn perform(&self, deed: &Deed, done: &Callback<()>) {
        match deed {
            Deed::Ask(sheet) => self.ask(sheet.clone(), done),
            Deed::Send(request) => {
                let (ui, request, done) = (self.clone(), request.clone(), done.clone());
                self.act(request.frame.clone(), move |answer| {
                    done.emit(());
                    ui.follow(request.next(&answer), &done);
                });
            }
            // Only panels have pages.
            Deed::Turn(_) => {}
            Deed::Open(room_id) => self.open(*room_id),
            Deed::AddPeople(room_id) => {
                let room_id = Some(*room_id);
                self.show.emit(Some(Dialog::PickPeople { room_id }));
            }
            Deed::Show(topic) => self.show.emit(Some(Dialog::Panel(*topic))),
            Deed::Copy(text) => self.copy(text.clone()),
            Deed::Save(file) => location::download(&file.link),
            Deed::CopyLink(file) => self.copy(location::absolute(&file.link)),
        }
    }

    /// Does what comes after a request.
    pub(crate) fn follow(&self, next: Option<Next>, done: &Callback<()>) {
        match next {
            None => {}
            Some(Next::Say(text)) => self.say.emit(text),
            Some(Next::Open(room_id)) => {
                self.show.emit(None);
                self.open(room_id);
            }
            Some(Next::OpenLobby) => self.open_lobby(),
            Some(Next::Reveal(mut reveal)) => {
                if reveal.is_link {
                    reveal.value = location::absolute(&reveal.value);
                }
                self.show.emit(Some(Dialog::Secret(reveal)));
            }
            Some(Next::Ask(sheet)) => self.ask(sheet, done),
            Some(Next::Do(command)) => {
                // Refused only while offline, after which all is asked for anew.
                let _ = self.driver.command(command);
            }
        }
    }

    fn copy(&self, text: String) {
        let say = self.say.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let said = match clipboard::copy(&text).await {
                true => "Copied.",
                false => "The browser does not allow copying.",
            };
            say.emit(said.into());
        });
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
    let latest = use_latest(Rc::new(tell));
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
    let tell = move |event: &Event| tell(event.unchecked_ref());
    use_listener(document().into(), "keydown", Rc::new(tell));
}

/// Listens to an event of the window, as of the last drawing. It may be prevented.
#[hook]
pub(crate) fn use_window_event(name: &'static str, tell: impl Fn(&Event) + 'static) {
    use_listener(window().into(), name, Rc::new(tell));
}

/// What hooks have in common that listen: it is compiled once, not once for each closure.
#[hook]
fn use_listener(target: EventTarget, name: &'static str, tell: Rc<dyn Fn(&Event)>) {
    let latest = use_latest(tell);
    use_effect_with(name, move |name| {
        let options = EventListenerOptions::enable_prevent_default();
        let listener =
            EventListener::new_with_options(&target, *name, options, move |event| latest(event));
        move || drop(listener)
    });
}

/// A function that stays the same and calls what was given at the last drawing.
#[hook]
fn use_latest<A: 'static>(tell: Rc<dyn Fn(&A)>) -> impl Fn(&A) + 'static {
    let slot = use_mut_ref(|| None::<Rc<dyn Fn(&A)>>);
    *slot.borrow_mut() = Some(tell);
    move |argument: &A| {
        let tell = slot.borrow().clone();
        if let Some(tell) = tell {
            tell(argument);
        }
    }
}
