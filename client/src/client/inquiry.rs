//! What one may ask without having signed in: what the server is, and what an invitation is good for. It has a
//! connection of its own, which ends with the last answer.

use shared::account::{InvitationDescription, ServerDescription};
use shared::{ClientFrame, ErrorCode, ErrorReply, RequestId, ServerFrame, TimestampMs};

use crate::api::{Change, CommandError, Output, Ticket};
use crate::client::Client;
use crate::connection::ConnectionState;

/// How long it may take to connect and be answered.
const ANSWER_MS: u64 = 15_000;

/// The connection on which it is asked.
#[derive(Debug)]
pub(crate) struct Inquiry {
    /// What is asked once the connection is open; `None` from then on.
    waiting: Option<Vec<ClientFrame>>,
    pub(crate) until: TimestampMs,
}

impl Client {
    pub(crate) fn ask_server(
        &mut self,
        mut frame: ClientFrame,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let for_strangers = matches!(
            frame,
            ClientFrame::DescribeServer { .. } | ClientFrame::DescribeInvitation { .. }
        );
        let signed_out = matches!(self.view.connection, ConnectionState::SignedOut { .. });
        if !(signed_out && for_strangers) {
            return self.request(now, None, |request_id| {
                frame.set_request_id(request_id);
                frame
            });
        }
        self.left();
        let request_id = self.next_request_id();
        frame.set_request_id(request_id);
        self.requests.insert(request_id, None);
        let until = now.plus_ms(ANSWER_MS);
        match &mut self.inquiry {
            Some(inquiry) => {
                inquiry.until = until;
                match &mut inquiry.waiting {
                    Some(waiting) => waiting.push(frame),
                    None => self.send(frame, now),
                }
            }
            None => {
                let waiting = Some(vec![frame]);
                self.inquiry = Some(Inquiry { waiting, until });
                self.output(Output::Connect);
            }
        }
        Ok(Ticket::Request(request_id))
    }

    pub(crate) fn inquire(&mut self, now: TimestampMs) {
        let waiting = self.inquiry.as_mut().and_then(|one| one.waiting.take());
        for frame in waiting.into_iter().flatten() {
            self.send(frame, now);
        }
    }

    pub(crate) fn receive_inquired(&mut self, frame: ServerFrame) {
        if let ServerFrame::ServerDescribed(ServerDescription { request_id, .. })
        | ServerFrame::InvitationDescribed(InvitationDescription { request_id, .. }) = frame
        {
            self.answered(request_id, frame);
        } else if let ServerFrame::Error(error) = frame {
            self.unanswered(error);
        }
        if self.requests.is_empty() {
            self.end_inquiry("");
        }
    }

    /// An error of no request in particular is the answer to all: the server takes nobody at the moment.
    fn unanswered(&mut self, error: ErrorReply) {
        let request_id = error.request_id;
        if request_id == RequestId(0) {
            self.fail_requests(&error);
        } else if self.requests.remove(&request_id).is_some() {
            self.changed(Change::RequestFailed { request_id, error });
        }
    }

    /// Whatever has no answer so far gets none, because of `reason`.
    pub(crate) fn end_inquiry(&mut self, reason: &str) {
        if self.inquiry.is_some() {
            self.output(Output::Disconnect);
            self.inquiry_ended(reason);
        }
    }

    pub(crate) fn inquiry_ended(&mut self, reason: &str) {
        if self.inquiry.take().is_some() {
            self.fail_requests(&ErrorReply::new(ErrorCode::TimedOut, reason));
        }
    }

    pub(crate) fn fail_requests(&mut self, error: &ErrorReply) {
        for (request_id, _) in std::mem::take(&mut self.requests) {
            let error = ErrorReply {
                request_id,
                ..error.clone()
            };
            self.changed(Change::RequestFailed { request_id, error });
        }
    }

    pub(crate) fn inquiry_timeout(&mut self, now: TimestampMs) {
        if self.inquiry.as_ref().is_some_and(|one| one.until <= now) {
            self.end_inquiry("The server does not answer.");
        }
    }
}
