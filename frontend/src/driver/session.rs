//! The session's cookie, which only the server sets and takes away: opening a session, and ending it even where the
//! server could not be told at once.

use std::cell::Cell;
use std::rc::Rc;

use client::{Entry, Input};
use gloo_timers::future::TimeoutFuture;
use shared::account::{OpenSession, SessionOpened};
use shared::{ErrorCode, ErrorReply};

use super::Inner;
use crate::browser::http::{self, Failure};

const PATH: &str = "/api/session";
/// Kept while a cookie is to be taken away.
const LEAVING_NOTE: &str = "leaving";
/// How often that is tried again.
const RETRY_MS: u32 = 5_000;

/// Which of the tries to open a session is the one that counts.
#[derive(Default)]
pub(super) struct Opening(Rc<Cell<u64>>);

impl Opening {
    /// Nothing more of the last try is reported.
    pub(super) fn forget(&self) {
        self.0.set(self.0.get() + 1);
    }
}

impl Inner {
    pub(super) fn open_session(&self, open: &OpenSession) {
        self.opening.forget();
        let (current, wanted) = (self.opening.0.clone(), self.opening.0.get());
        let body = serde_json::to_string(open).expect("credentials have string keys");
        let me = self.me.clone();
        // Whoever comes in now must not be put out by an end of before.
        let leaves = self.storage.note(LEAVING_NOTE).is_some();
        self.storage.keep_note(LEAVING_NOTE, "");
        wasm_bindgen_futures::spawn_local(async move {
            if leaves {
                let _ = http::fetch("DELETE", PATH, None).await;
            }
            let opened = http::fetch("POST", PATH, Some(body)).await;
            if let Some(inner) = me.upgrade().filter(|_| current.get() == wanted) {
                inner.input(opened_input(opened));
            }
        });
    }

    /// The server takes the session of the cookie that travels along.
    pub(super) fn make_account(
        &self,
        entry: &Entry,
        then: impl FnOnce(Result<(), ErrorReply>) + 'static,
    ) {
        let open = OpenSession {
            credentials: entry.credentials(None),
            client: super::client_info(),
        };
        let body = serde_json::to_string(&open).expect("credentials have string keys");
        wasm_bindgen_futures::spawn_local(async move {
            then(match http::fetch("POST", PATH, Some(body)).await {
                Ok(_) => Ok(()),
                Err(Failure::Refused(error)) => Err(error),
                Err(Failure::Unreachable) => Err(ErrorReply::new(
                    ErrorCode::Unknown,
                    "The server cannot be reached. Try again.",
                )),
            });
        });
    }

    pub(super) fn close_session(&self) {
        self.storage.keep_note(LEAVING_NOTE, "yes");
        self.leave();
    }

    /// Ends the session that is to be ended, if there is one.
    pub(super) fn leave(&self) {
        let me = self.me.clone();
        wasm_bindgen_futures::spawn_local(async move {
            while let Some(inner) = me.upgrade() {
                if inner.storage.note(LEAVING_NOTE).is_none() {
                    return;
                }
                if !matches!(
                    http::fetch("DELETE", PATH, None).await,
                    Err(Failure::Unreachable)
                ) {
                    return inner.storage.keep_note(LEAVING_NOTE, "");
                }
                drop(inner);
                TimeoutFuture::new(RETRY_MS).await;
            }
        });
    }
}

fn opened_input(opened: Result<String, Failure>) -> Input {
    let opened = opened.and_then(|text| {
        serde_json::from_slice::<SessionOpened>(text.as_bytes()).map_err(|_| Failure::Unreachable)
    });
    match opened {
        Ok(opened) => Input::SessionOpened(opened),
        Err(Failure::Refused(error)) => Input::SessionRefused(error),
        Err(Failure::Unreachable) => Input::Disconnected {
            reason: "The server cannot be reached.".into(),
        },
    }
}
