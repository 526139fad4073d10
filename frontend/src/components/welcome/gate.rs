//! What the server allows, and what the link does that led here.

use gloo_timers::future::TimeoutFuture;
use shared::account::{InvitationDescription, ServerDescription};
use yew::{hook, use_effect_with, use_state};

use crate::browser::http::{self, Failure};
use crate::browser::location;

/// How often a server that is away is asked again.
const RETRY_MS: u32 = 3_000;

/// What is known before one is in.
#[derive(Clone, PartialEq)]
pub(crate) struct Gate {
    pub(crate) server: ServerDescription,
    pub(crate) invitation: Option<InvitationDescription>,
    /// Why the link does nothing.
    pub(crate) problem: Option<String>,
}

/// Asks until there is an answer.
#[hook]
pub(super) fn use_gate() -> Option<Gate> {
    let gate = use_state(|| None::<Gate>);
    let tries = use_state(|| 0u32);
    use_effect_with(*tries, {
        let (gate, tries) = (gate.setter(), tries.clone());
        move |_| {
            wasm_bindgen_futures::spawn_local(async move {
                if let Some(found) = ask().await {
                    return gate.set(Some(found));
                }
                TimeoutFuture::new(RETRY_MS).await;
                tries.set(*tries + 1);
            });
        }
    });
    (*gate).clone()
}

async fn ask() -> Option<Gate> {
    let mut gate = Gate {
        server: http::fetch("GET", "/api/server", None).await.ok()?,
        invitation: None,
        problem: None,
    };
    let Some(token) = location::fragment("invite") else {
        return Some(gate);
    };
    match describe(&token).await {
        Ok(found) => gate.invitation = Some(found),
        Err(Failure::Refused(error)) => {
            location::drop_fragment();
            gate.problem = Some(error.message);
        }
        Err(Failure::Unreachable) => return None,
    }
    Some(gate)
}

/// What the link with this token does.
pub(crate) async fn describe(token: &str) -> Result<InvitationDescription, Failure> {
    let body = serde_json::json!({ "token": token }).to_string();
    http::fetch("POST", "/api/invitation", Some(body)).await
}
