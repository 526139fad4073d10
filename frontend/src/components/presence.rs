//! Whether one is there: what one chose, and away by itself where nobody has touched the page for long.

use std::cell::Cell;

use client::{Change, Command, ConnectionState};
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use shared::account::PresenceState;
use shared::{ClientFrame, TimestampMs};
use yew::{Callback, hook, use_callback, use_effect_with, use_memo};

use crate::browser::{document, is_shown};
use crate::components::hooks::use_driver;
use crate::driver::Driver;

/// Nobody has touched the page for so long.
const IDLE_MS: u64 = 10 * 60 * 1000;
/// How often is looked whether that is so.
const LOOK_MS: u32 = 15_000;
/// What a person does while they are there.
const SIGNS: [&str; 4] = ["pointermove", "pointerdown", "keydown", "visibilitychange"];
const NOTE: &str = "presence";

/// What a person last chose to be seen as.
pub(crate) fn chosen(driver: &Driver) -> PresenceState {
    match driver.note(NOTE).as_deref() {
        Some("away") => PresenceState::Away,
        Some("busy") => PresenceState::DoNotDisturb,
        Some(_) | None => PresenceState::Online,
    }
}

/// What the server was told, and when somebody was last seen at this page.
struct Watch {
    driver: Driver,
    told: Cell<PresenceState>,
    touched_at: Cell<TimestampMs>,
}

impl PartialEq for Watch {
    fn eq(&self, other: &Self) -> bool {
        self.driver == other.driver
    }
}

impl Watch {
    fn look(&self) {
        let idle = self.driver.now().since_ms(self.touched_at.get()) >= IDLE_MS;
        let state = match chosen(&self.driver) {
            PresenceState::Online if idle => PresenceState::Away,
            state => state,
        };
        if self.is_online() && self.told.replace(state) != state {
            tell(&self.driver, state);
        }
    }

    fn is_online(&self) -> bool {
        self.driver
            .view(|view| view.connection == ConnectionState::Online)
    }

    fn connected(&self) {
        // Each connection begins as one that is there.
        if !self.is_online() {
            self.told.set(PresenceState::Online);
        }
        self.look();
    }

    fn touched(&self) {
        if is_shown() {
            self.touched_at.set(self.driver.now());
            self.look();
        }
    }
}

/// Keeps the server told. The result chooses.
#[hook]
pub(crate) fn use_presence() -> Callback<PresenceState> {
    let driver = use_driver();
    let watch = use_memo(driver, |driver| Watch {
        driver: driver.clone(),
        told: Cell::new(PresenceState::Online),
        touched_at: Cell::new(driver.now()),
    });
    use_effect_with((), {
        let watch = watch.clone();
        move |()| {
            let mut listeners = Vec::new();
            for sign in SIGNS {
                let watch = watch.clone();
                let touched = move |_: &web_sys::Event| watch.touched();
                listeners.push(EventListener::new(&document(), sign, touched));
            }
            let looks = {
                let watch = watch.clone();
                Interval::new(LOOK_MS, move || watch.look())
            };
            let connected = {
                let connected = watch.clone();
                let is_connection = |change: &Change| *change == Change::Connection;
                watch
                    .driver
                    .watch(is_connection, move |_| connected.connected())
            };
            move || drop((listeners, looks, connected))
        }
    });
    use_callback(watch, |state: PresenceState, watch| {
        let note = match state {
            PresenceState::Away => "away",
            PresenceState::DoNotDisturb => "busy",
            PresenceState::Online | PresenceState::Offline | PresenceState::Unknown => "",
        };
        watch.driver.keep_note(NOTE, note);
        watch.look();
    })
}

fn tell(driver: &Driver, state: PresenceState) {
    let set = ClientFrame::SetPresence { state };
    // Refused while offline, and then it is told once connected.
    let _ = driver.command(Command::Ask(Box::new(set)));
}
