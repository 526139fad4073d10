//! Coming in: with an account, a new one, only a name, or by a link.
//!
//! - `gate`: what the server and the link allow; `way`: each way in, its words and its fields

pub(crate) mod gate;
mod way;

use std::rc::Rc;

use client::present::form::Values;
use client::present::words;
use client::{Change, Command, ConnectionState, Entry, View};
use gloo_timers::callback::Interval;
use shared::{ErrorCode, ErrorReply};
use yew::{
    Callback, Html, MouseEvent, component, hook, html, use_effect_with, use_force_update,
    use_mut_ref, use_state,
};

use self::gate::{Gate, use_gate};
use self::way::Way;
use crate::browser::location;
use crate::components::connection_bar::ConnectionBar;
use crate::components::form::{Form, Problem};
use crate::components::hooks::{use_changes, use_driver};
use crate::driver::Driver;

/// How somebody came in last, to begin with that.
const WAY_NOTE: &str = "way";
/// How often the time that is left is drawn.
const TICK_MS: u32 = 500;

#[component]
pub(crate) fn Welcome() -> Html {
    let driver = use_driver();
    use_changes((), |(), change| matches!(change, Change::Connection));
    let gate = use_gate();
    let chosen = use_state(|| None::<Way>);
    let mistake = use_state(|| None::<String>);
    // Another way has nothing to do with why this one failed.
    let is_fresh = use_state(|| true);
    let seconds = use_countdown(&driver);
    use_leaving(&driver);

    let Some(gate) = gate else {
        return html! {
            <main class="welcome"><p class="list-note waiting welcome-note">{ "Asking the server…" }</p></main>
        };
    };
    let ways = way::all(&gate);
    let way = chosen.unwrap_or_else(|| first(&driver, &gate, &ways));
    let (coming, kept) = driver.view(|view| (is_coming(view), view.outbox.messages().len()));
    let refusal = refusal(&driver).filter(|_| !*is_fresh || coming);
    let asks_code = driver.view(|view| match &view.entry {
        Some(Entry::Account { code: Some(_), .. }) => true,
        _ => refusal
            .as_ref()
            .is_some_and(|error| error.code == ErrorCode::SecondFactorNeeded),
    });
    let problem = match (&*mistake, refusal) {
        (Some(text), _) => Problem::of_form(text.clone()),
        (None, Some(error)) => error.into(),
        (None, None) => Problem::default(),
    };
    let room = gate
        .invitation
        .as_ref()
        .and_then(|found| found.room_name.clone());
    let onsubmit = {
        let (driver, chosen, mistake, is_fresh) = (
            driver.clone(),
            chosen.clone(),
            mistake.clone(),
            is_fresh.clone(),
        );
        Callback::from(move |values: Rc<Values>| {
            chosen.set(Some(way));
            is_fresh.set(false);
            if let Some(room) = &room {
                driver.keep_note("room", room);
            }
            let entry = way.entry(&values, location::fragment("invite"));
            mistake.set(entry.and_then(|entry| come_in(&driver, entry)).err());
        })
    };
    let choose = |other: Way| {
        let (chosen, mistake, is_fresh) = (chosen.clone(), mistake.clone(), is_fresh.clone());
        move |_: MouseEvent| {
            mistake.set(None);
            is_fresh.set(true);
            chosen.set(Some(other));
        }
    };
    let action = match seconds {
        Some(seconds) if coming => format!("Try again in {seconds} s"),
        _ if coming => "Connecting…".into(),
        _ => way.action().into(),
    };
    let give_up = driver.clone();
    let oncancel = coming.then(|| {
        Callback::from(move |()| {
            let _ = give_up.command(Command::SignOut);
        })
    });
    html! {
        <main class="welcome">
            <ConnectionBar />
            <section class="welcome-card">
                <img class="welcome-mark" src="/mark.svg" alt="" width="48" height="48" />
                <h1>{ way.title(&gate) }</h1>
                <p class="secondary">{ way.text(&gate) }</p>
                if let Some(problem) = &gate.problem {
                    <p class="problem" role="alert">{ problem }</p>
                }
                if ways.len() > 1 {
                    <div class="ways" role="group" aria-label="How to come in">
                        for other in ways {
                            <button type="button" class="way" aria-pressed={(other == way).to_string()}
                                disabled={coming} onclick={choose(other)}>{ other.name() }</button>
                        }
                    </div>
                }
                <Form key={way.name()} fields={way.fields(&gate, asks_code)} {action} {onsubmit} {oncancel}
                    waiting={coming} {problem} />
                if kept > 0 {
                    <p class="secondary">{ "What you wrote and did not send is kept." }</p>
                }
            </section>
        </main>
    }
}

fn come_in(driver: &Driver, entry: Entry) -> Result<(), String> {
    let note = match entry {
        Entry::Guest { .. } => "guest",
        Entry::Account { .. } | Entry::NewAccount { .. } | Entry::NewPassword { .. } => "account",
    };
    driver.keep_note(WAY_NOTE, note);
    let result = driver.sign_in(entry);
    result.map(drop).map_err(|error| words::refusal(&error))
}

/// Whether somebody is on their way in.
fn is_coming(view: &View) -> bool {
    !matches!(view.connection, ConnectionState::SignedOut { .. })
}

/// Why one is not in: for good, or for now.
fn refusal(driver: &Driver) -> Option<ErrorReply> {
    driver.view(|view| match &view.connection {
        ConnectionState::Waiting { reason, .. } => {
            Some(ErrorReply::new(ErrorCode::Unknown, reason.clone()))
        }
        ConnectionState::SignedOut { .. } => view.refusal.clone(),
        ConnectionState::Connecting
        | ConnectionState::Greeting { .. }
        | ConnectionState::Online => None,
    })
}

/// What is offered first: what one did last time, else what newcomers need.
fn first(driver: &Driver, gate: &Gate, ways: &[Way]) -> Way {
    let wanted = match driver.note(WAY_NOTE).as_deref() {
        _ if gate.invitation.is_some() => Way::SignUp,
        Some("account") => Way::SignIn,
        Some(_) | None => Way::Guest,
    };
    match ways.contains(&wanted) {
        true => wanted,
        false => ways.first().copied().unwrap_or(Way::SignIn),
    }
}

/// Seconds until it is tried again, drawn as they pass.
#[hook]
fn use_countdown(driver: &Driver) -> Option<u64> {
    let until = driver.view(|view| match view.connection {
        ConnectionState::Waiting { until, .. } => Some(until),
        ConnectionState::SignedOut { .. }
        | ConnectionState::Connecting
        | ConnectionState::Greeting { .. }
        | ConnectionState::Online => None,
    });
    let update = use_force_update();
    use_effect_with(until.is_some(), move |counts| {
        let ticks = counts.then(|| Interval::new(TICK_MS, move || update.force_update()));
        move || drop(ticks)
    });
    until.map(|until| until.since_ms(driver.now()).div_ceil(1000).max(1))
}

/// A link that has done what it is for is to be in no history and no bookmark.
#[hook]
fn use_leaving(driver: &Driver) {
    let is_used = use_mut_ref(|| false);
    *is_used.borrow_mut() |= driver.view(|view| {
        matches!(
            view.entry,
            Some(Entry::NewAccount { .. } | Entry::NewPassword { .. })
        )
    });
    let driver = driver.clone();
    use_effect_with((), move |()| {
        move || {
            if *is_used.borrow() && driver.view(View::is_signed_in) {
                location::drop_fragment();
            }
        }
    });
}
