//! A request to the server that a dialog waits for.

use client::present::words;
use client::{Change, Command, Ticket};
use shared::RequestId;

use super::Outcome;
use crate::chat::Env;

#[derive(Default)]
pub(super) struct Request {
    asked: Option<RequestId>,
    /// Why it was refused, as a sentence.
    pub(super) problem: Option<String>,
}

impl Request {
    /// The answer is on its way.
    pub(super) fn waits(&self) -> bool {
        self.asked.is_some()
    }

    pub(super) fn ask(&mut self, env: &Env<'_>, command: Command) {
        match env.handle.command(command) {
            Ok(Ticket::Request(request_id)) => {
                self.asked = Some(request_id);
                self.problem = None;
            }
            Ok(Ticket::Done | Ticket::Message(_) | Ticket::Upload(_) | Ticket::Download(_)) => {}
            Err(error) => self.problem = Some(words::refusal(&error)),
        }
    }

    pub(super) fn changed(&mut self, change: &Change) -> Outcome {
        let mine = |request_id| self.asked == Some(request_id);
        match change {
            Change::RoomJoined {
                request_id,
                room_id,
            } if mine(*request_id) => Outcome::Done(Some(*room_id)),
            Change::RequestDone { request_id } if mine(*request_id) => Outcome::Done(None),
            Change::RequestFailed { request_id, error } if mine(*request_id) => {
                self.asked = None;
                self.problem = Some(error.message.clone());
                Outcome::Stays
            }
            Change::Connection
            | Change::Rooms
            | Change::Timeline(_)
            | Change::Unread(_)
            | Change::Members(_)
            | Change::ReadBy(_)
            | Change::Typing(_)
            | Change::Presence
            | Change::Directory
            | Change::Upload(_)
            | Change::Download(_)
            | Change::RoomJoined { .. }
            | Change::RequestDone { .. }
            | Change::Answered { .. }
            | Change::RequestFailed { .. } => Outcome::Stays,
        }
    }
}
