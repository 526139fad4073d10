//! Choosing a name.

use client::present::words;
use client::{Change, ConnectionState};
use shared::PersonName;
use shared::limits::PERSON_NAME_CHARS_MAX;
use yew::{
    Callback, Html, InputEvent, NodeRef, SubmitEvent, component, html, use_effect_with,
    use_node_ref, use_state,
};

use crate::browser::element;
use crate::components::connection_bar::ConnectionBar;
use crate::components::hooks::{use_changes, use_driver};
use client::present::format::sentence;

#[component]
pub(crate) fn Welcome() -> Html {
    let driver = use_driver();
    use_changes((), |(), change| *change == Change::Connection);
    let name = use_state(String::new);
    let mistake = use_state(|| None::<String>);
    let field = use_node_ref();
    use_effect_with(field.clone(), |field: &NodeRef| element::focus(field));

    let (waiting, refused, kept) = driver.view(|view| {
        let (waiting, refused) = match &view.connection {
            ConnectionState::SignedOut { reason } => (false, reason.clone()),
            ConnectionState::Waiting { .. }
            | ConnectionState::Connecting
            | ConnectionState::Greeting { .. }
            | ConnectionState::Online => (true, None),
        };
        (waiting, refused, view.outbox.messages().len())
    });
    // A refused name stays in the field, to be changed rather than typed again.
    use_effect_with((refused.clone(), field.clone()), |(refused, field)| {
        if refused.is_some() {
            element::focus(field);
        }
    });

    let oninput = {
        let (name, mistake) = (name.clone(), mistake.clone());
        Callback::from(move |event: InputEvent| {
            name.set(element::value_of(event.target()));
            mistake.set(None);
        })
    };
    let onsubmit = {
        let (driver, name, mistake) = (driver.clone(), name.clone(), mistake.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            let parsed = name
                .parse::<PersonName>()
                .map_err(|error| sentence(&error.to_string()));
            let result = parsed.and_then(|name| {
                driver
                    .sign_in(name.to_string())
                    .map_err(|error| words::refusal(&error))
            });
            mistake.set(result.err());
        })
    };
    let problem = (*mistake).clone().or(refused);
    html! {
        <main class="welcome">
            <ConnectionBar />
            <form class="welcome-card" {onsubmit}>
                <img class="welcome-mark" src="/mark.svg" alt="" width="48" height="48" />
                <h1>{ "What should people call you?" }</h1>
                <p class="secondary">
                    { "Choose a free name. This browser keeps the secret that makes it yours." }
                </p>
                <label class="field">
                    <span>{ "Your name" }</span>
                    <input ref={field} value={(*name).clone()} {oninput} autocomplete="nickname" autocapitalize="words"
                        spellcheck="false" maxlength={(PERSON_NAME_CHARS_MAX * 2).to_string()}
                        readonly={waiting} aria-invalid={problem.is_some().to_string()}
                        aria-describedby="name-problem" placeholder="Ann" />
                </label>
                <p id="name-problem" class="problem" role="alert">{ problem.unwrap_or_default() }</p>
                <button class="button primary" disabled={waiting || name.trim().is_empty()}>
                    { if waiting { "Connecting…" } else { "Start chatting" } }
                </button>
                if kept > 0 {
                    <p class="secondary">{ "What you wrote and did not send is kept." }</p>
                }
            </form>
        </main>
    }
}
