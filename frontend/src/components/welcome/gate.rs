//! What the server allows, and what the link does that led here.

use gloo_timers::future::TimeoutFuture;
use shared::account::{InvitationDescription, ServerDescription};
use shared::{ClientFrame, ErrorCode, ErrorReply, RequestId, ServerFrame};
use yew::{hook, use_effect_with, use_state};

use crate::browser::location;
use crate::components::hooks::use_driver;
use crate::driver::Driver;

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
    let driver = use_driver();
    let gate = use_state(|| None::<Gate>);
    let tries = use_state(|| 0u32);
    use_effect_with(*tries, {
        let (gate, tries) = (gate.setter(), tries.clone());
        move |_| {
            wasm_bindgen_futures::spawn_local(async move {
                if let Some(found) = ask(&driver).await {
                    return gate.set(Some(found));
                }
                TimeoutFuture::new(RETRY_MS).await;
                tries.set(*tries + 1);
            });
        }
    });
    (*gate).clone()
}

async fn ask(driver: &Driver) -> Option<Gate> {
    let request_id = RequestId::default();
    let ask = ClientFrame::DescribeServer { request_id };
    let Ok(ServerFrame::ServerDescribed(server)) = driver.answer(ask).await else {
        return None;
    };
    let mut gate = Gate {
        server,
        invitation: None,
        problem: None,
    };
    let Some(token) = location::fragment("invite") else {
        return Some(gate);
    };
    match describe(driver, &token).await {
        Ok(found) => gate.invitation = Some(found),
        Err(error) if error.code == ErrorCode::InvitationInvalid => {
            location::drop_fragment();
            gate.problem = Some(error.message);
        }
        Err(_) => return None,
    }
    Some(gate)
}

/// What the link with this token does.
pub(crate) async fn describe(
    driver: &Driver,
    token: &str,
) -> Result<InvitationDescription, ErrorReply> {
    let describe = ClientFrame::DescribeInvitation {
        request_id: RequestId::default(),
        token: token.into(),
    };
    match driver.answer(describe).await? {
        ServerFrame::InvitationDescribed(found) => Ok(found),
        _ => Err(ErrorReply::new(
            ErrorCode::Unknown,
            "This link leads nowhere.",
        )),
    }
}
