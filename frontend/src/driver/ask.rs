//! Requests and who waits for their answers.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use client::present::words;
use client::{Change, Command, CommandError, Ticket};
use js_sys::Promise;
use shared::{ClientFrame, ErrorCode, ErrorReply, RequestId, ServerFrame};

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::Driver;

/// What the server said to a request, or why it said nothing.
pub(crate) type Answer = Result<ServerFrame, ErrorReply>;

type Then = Box<dyn FnOnce(Answer)>;

#[derive(Default)]
pub(super) struct Asked {
    waiting: RefCell<HashMap<RequestId, Then>>,
    /// Answers that are told once the core has nothing more to say.
    answered: RefCell<Vec<(Then, Answer)>>,
}

impl Driver {
    /// Sends a request and calls `then` with its answer, once.
    pub(crate) fn ask(&self, frame: ClientFrame, then: impl FnOnce(Answer) + 'static) {
        let ask = Command::Ask(Box::new(frame));
        let result = self.0.client.borrow_mut().command(ask, self.now());
        match result {
            Ok(Ticket::Request(request_id)) => self.0.asked.wait(request_id, Box::new(then)),
            Ok(Ticket::Done | Ticket::Message(_) | Ticket::Upload(_) | Ticket::Download(_)) => {}
            Err(error) => then(Err(refused(&error))),
        }
        self.0.drain();
    }
}

impl Driver {
    /// The answer to a request, to be waited for.
    pub(crate) async fn answer(&self, frame: ClientFrame) -> Answer {
        let told = Rc::new(RefCell::new(None));
        let promise = Promise::new(&mut |resolve, _| {
            let told = told.clone();
            self.ask(frame.clone(), move |answer| {
                told.replace(Some(answer));
                let _ = resolve.call0(&JsValue::NULL);
            });
        });
        let _ = JsFuture::from(promise).await;
        let none = || ErrorReply::new(ErrorCode::Unknown, "There is no answer.");
        told.take().unwrap_or_else(|| Err(none()))
    }
}

impl Asked {
    fn wait(&self, request_id: RequestId, then: Then) {
        self.waiting.borrow_mut().insert(request_id, then);
    }

    /// Takes note of an answer that somebody waits for.
    pub(super) fn hear(&self, change: &Change) {
        let Some((request_id, answer)) = answer(change) else {
            return;
        };
        if let Some(then) = self.waiting.borrow_mut().remove(&request_id) {
            self.answered.borrow_mut().push((then, answer));
        }
    }

    /// Tells what was noted. Whoever is told may ask again.
    pub(super) fn tell(&self) {
        for (then, answer) in self.answered.take() {
            then(answer);
        }
    }
}

fn answer(change: &Change) -> Option<(RequestId, Answer)> {
    if let Change::Answered { request_id, answer } = change {
        Some((*request_id, Ok((**answer).clone())))
    } else if let Change::RequestFailed { request_id, error } = change {
        Some((*request_id, Err(error.clone())))
    } else if let Change::RequestDone { request_id } = *change {
        Some((request_id, Ok(ServerFrame::Done { request_id })))
    } else if let Change::RoomJoined {
        request_id,
        room_id,
    } = *change
    {
        let joined = ServerFrame::RoomJoined {
            request_id,
            room_id,
        };
        Some((request_id, Ok(joined)))
    } else {
        None
    }
}

/// The core's own refusals in the form of the server's.
fn refused(error: &CommandError) -> ErrorReply {
    ErrorReply::new(ErrorCode::Unknown, words::refusal(error))
}
