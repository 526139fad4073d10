//! A request to the server that a part of the window waits for.

use client::{Change, Command, Ticket};
use shared::{ClientFrame, ErrorReply, RequestId, ServerFrame};

use super::Env;

#[derive(Default)]
pub(super) struct Request {
    asked: Option<RequestId>,
    /// Why it was refused.
    pub(super) problem: Option<ErrorReply>,
}

impl Request {
    /// The answer is on its way.
    pub(super) fn waits(&self) -> bool {
        self.asked.is_some()
    }

    /// What is wrong, as a sentence.
    pub(super) fn trouble(&self) -> Option<&str> {
        self.problem
            .as_ref()
            .map(|problem| problem.message.as_str())
    }

    pub(super) fn ask(&mut self, env: &Env<'_>, command: Command) {
        match env.handle.command(command) {
            Ok(Ticket::Request(request_id)) => {
                self.asked = Some(request_id);
                self.problem = None;
            }
            Ok(Ticket::Done | Ticket::Message(_) | Ticket::Upload(_) | Ticket::Download(_)) => {}
            Err(error) => self.problem = Some(error.reply()),
        }
    }

    pub(super) fn send(&mut self, env: &Env<'_>, frame: ClientFrame) {
        self.ask(env, Command::Ask(Box::new(frame)));
    }

    /// What the server said, once it has. A refusal stays here.
    pub(super) fn changed(&mut self, change: &Change) -> Option<ServerFrame> {
        let (request_id, answer) = change.answer()?;
        if self.asked != Some(request_id) {
            return None;
        }
        self.asked = None;
        match answer {
            Ok(answer) => Some(answer),
            Err(error) => {
                self.problem = Some(error);
                None
            }
        }
    }
}
