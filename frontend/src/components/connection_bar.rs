//! Says when one is not connected, and since when trying again makes sense. Nothing when all is well.

use client::present::words;
use client::{Change, Command, ConnectionState};
use gloo_timers::callback::Interval;
use yew::{Callback, Html, component, html, use_effect_with, use_force_update};

use crate::components::hooks::{use_changes, use_driver, use_window_event};

/// How often the countdown is drawn.
const TICK_MS: u32 = 500;

#[component]
pub(crate) fn ConnectionBar() -> Html {
    let driver = use_driver();
    use_changes((), |(), change| matches!(change, Change::Connection));
    let retry = {
        let driver = driver.clone();
        Callback::from(move |()| {
            // Does nothing unless it waits.
            let _ = driver.command(Command::ConnectNow);
        })
    };
    {
        let retry = retry.clone();
        use_window_event("online", move |_| retry.emit(()));
    }
    let update = use_force_update();
    let waits = driver.view(|view| matches!(view.connection, ConnectionState::Waiting { .. }));
    use_effect_with(waits, move |waits| {
        let ticks = waits.then(|| Interval::new(TICK_MS, move || update.force_update()));
        move || drop(ticks)
    });
    let now = driver.now();
    let text = driver.view(|view| words::connection(&view.connection, now));
    html! {
        <div class="connection-bars" role="status">
            if let Some(text) = text {
                <div class="connection-bar">
                    <span class="connection-dot" aria-hidden="true"></span>
                    <span class="numbers">{ text }</span>
                    if waits {
                        <button class="link-button" onclick={move |_| retry.emit(())}>{ "Retry now" }</button>
                    }
                </div>
            }
            if !driver.stores() {
                <div class="connection-bar">
                    { "This browser stores nothing for this page: what is not sent is lost when it closes." }
                </div>
            }
        </div>
    }
}
