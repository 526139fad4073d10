//! How a component follows the core: it names the changes that concern it and is drawn again after one.

use std::rc::Rc;

use client::present::words;
use client::{Change, Command, Ticket};
use gloo_events::{EventListener, EventListenerOptions};
use shared::RequestId;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, KeyboardEvent};
use yew::{
    Callback, Properties, hook, use_callback, use_context, use_effect_with, use_force_update,
    use_mut_ref, use_state,
};

use crate::browser::{document, window};
use crate::drafts::Drafts;
use crate::driver::Driver;

/// What is open over the page.
#[derive(Clone, PartialEq)]
pub(crate) enum Dialog {
    Jump,
    Browse,
    CreateRoom,
    Leave { room_id: shared::RoomId },
    SignOut,
}

/// What any part of the page may ask of the whole.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Ui {
    /// Opens the room of this name, or the list of rooms.
    pub(crate) go: Callback<Option<String>>,
    /// Opens a dialog, or closes it.
    pub(crate) show: Callback<Option<Dialog>>,
    /// Says something that a person should know and need not answer.
    pub(crate) say: Callback<String>,
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

/// A request to create or join a room, which opens the room once it succeeds.
pub(crate) struct Entrance {
    /// Sends the request.
    pub(crate) ask: Callback<Command>,
    /// The answer is on its way.
    pub(crate) waiting: bool,
    /// Why it was refused, as a sentence.
    pub(crate) problem: Option<String>,
    /// Says another problem, or none.
    pub(crate) object: Callback<Option<String>>,
}

/// `onentered` is called before the room opens.
#[hook]
pub(crate) fn use_entrance(onentered: Callback<()>) -> Entrance {
    let driver = use_driver();
    let ui = use_ui();
    let asked = use_state(|| None::<RequestId>);
    let problem = use_state(|| None::<String>);
    {
        let (driver, asked, problem) = (driver.clone(), asked.clone(), problem.clone());
        use_change_listener(move |change| {
            if let Change::RoomJoined {
                request_id,
                room_id,
            } = change
                && *asked == Some(*request_id)
            {
                let name = driver.view(|view| {
                    view.rooms
                        .get(room_id)
                        .map(|room| room.info.name.to_string())
                });
                asked.set(None);
                onentered.emit(());
                ui.go.emit(name);
            } else if let Change::RequestFailed { request_id, error } = change
                && *asked == Some(*request_id)
            {
                asked.set(None);
                problem.set(Some(error.message.clone()));
            }
        });
    }
    let ask = {
        let (asked, problem) = (asked.setter(), problem.setter());
        use_callback(driver, move |command: Command, driver| {
            match driver.command(command) {
                Ok(Ticket::Request(request_id)) => {
                    problem.set(None);
                    asked.set(Some(request_id));
                }
                Ok(Ticket::Done | Ticket::Message(_) | Ticket::Upload(_) | Ticket::Download(_)) => {
                }
                Err(error) => problem.set(Some(words::refusal(&error))),
            }
        })
    };
    Entrance {
        ask,
        waiting: asked.is_some(),
        problem: (*problem).clone(),
        object: use_callback(problem.setter(), |text: Option<String>, problem| {
            problem.set(text)
        }),
    }
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
