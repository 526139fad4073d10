//! Whether one is there: what one chose, and away by itself where nobody has touched the page for long.

use std::cell::Cell;

use client::Command;
use client::present::presence;
use gloo_events::EventListener;
use gloo_timers::callback::Interval;
use shared::TimestampMs;
use shared::account::PresenceState;
use yew::{Callback, hook, use_callback, use_effect_with, use_memo};

use crate::browser::{document, is_shown};
use crate::components::hooks::use_driver;
use crate::driver::Driver;

/// How often is looked whether nobody has touched the page for long.
const LOOK_MS: u32 = 15_000;
/// What a person does while they are there.
const SIGNS: [&str; 4] = ["pointermove", "pointerdown", "keydown", "visibilitychange"];
const NOTE: &str = "presence";

/// What a person last chose to be seen as.
pub(crate) fn chosen(driver: &Driver) -> PresenceState {
    presence::of_word(driver.note(NOTE).as_deref().unwrap_or_default())
}

/// When somebody was last seen at this page.
struct Watch {
    driver: Driver,
    touched_at: Cell<TimestampMs>,
}

impl PartialEq for Watch {
    fn eq(&self, other: &Self) -> bool {
        self.driver == other.driver
    }
}

impl Watch {
    fn look(&self) {
        let idle_ms = self.driver.now().since_ms(self.touched_at.get());
        let state = presence::told(chosen(&self.driver), idle_ms);
        // Never refused; the core tells the server only what is new.
        let _ = self.driver.command(Command::SetPresence { state });
    }

    fn touched(&self) {
        if is_shown() {
            self.touched_at.set(self.driver.now());
            self.look();
        }
    }
}

/// Keeps the core told. The result chooses.
#[hook]
pub(crate) fn use_presence() -> Callback<PresenceState> {
    let driver = use_driver();
    let watch = use_memo(driver, |driver| Watch {
        driver: driver.clone(),
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
            watch.look();
            move || drop((listeners, looks))
        }
    });
    use_callback(watch, |state: PresenceState, watch| {
        watch.driver.keep_note(NOTE, presence::word(state));
        watch.look();
    })
}
