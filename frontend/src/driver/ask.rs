//! Requests and who waits for their answers.

use std::cell::RefCell;
use std::rc::Rc;

use client::{Answer, Change, Command, Ticket};
use js_sys::Promise;
use litemap::LiteMap;
use shared::{ClientFrame, ErrorCode, ErrorReply, RequestId};

use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::Driver;

type Then = Box<dyn FnOnce(Answer)>;

#[derive(Default)]
pub(super) struct Asked {
    waiting: RefCell<LiteMap<RequestId, Then>>,
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
            Err(error) => then(Err(error.reply())),
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
        let Some((request_id, answer)) = change.answer() else {
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
