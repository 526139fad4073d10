//! One's messages that are not in a timeline yet. Each keeps its transaction id until it is acknowledged,
//! and each room has at most one on its way, so that a repeat never overtakes.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use shared::frame::SendMessage;
use shared::{
    ClientFrame, ErrorCode, FileId, RequestId, RoomEvent, RoomId, Sequence, TimestampMs,
    TransactionId,
};

use crate::timeline::Timeline;
use crate::transfer::PendingAttachment;

/// Waits this long where the server does not say how long.
const RETRY_AFTER_MS: u64 = 2_000;

/// A message that is not in the timeline yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingMessage {
    pub transaction_id: TransactionId,
    pub room_id: RoomId,
    pub text: String,
    #[serde(default)]
    pub attachments: Vec<PendingAttachment>,
    /// When it was written.
    pub written_at_ms: TimestampMs,
    #[serde(default)]
    pub delivery: Delivery,
}

impl PendingMessage {
    fn finished_files(&self) -> Vec<FileId> {
        let file = |attachment: &PendingAttachment| match attachment {
            PendingAttachment::File { file_id } => Some(*file_id),
            PendingAttachment::Upload { .. } => None,
        };
        self.attachments.iter().filter_map(file).collect()
    }
}

/// How far a message got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Delivery {
    /// Waits for its turn, or for the connection.
    #[default]
    Queued,
    /// Written on this connection and not acknowledged. Never stored: it counts as queued later.
    Sent { request_id: RequestId },
    /// On the server's disk; its event has not come yet. Never stored.
    Accepted { sequence: Sequence },
    /// Refused for good; waits for a retry or for its deletion.
    Failed { code: ErrorCode, reason: String },
}

/// The messages, oldest first.
#[derive(Debug, Default)]
pub struct Outbox {
    messages: Vec<PendingMessage>,
    held_until: Option<TimestampMs>,
}

impl Outbox {
    /// Oldest first.
    pub fn messages(&self) -> &[PendingMessage] {
        &self.messages
    }

    pub(crate) fn restore(messages: Vec<PendingMessage>) -> Self {
        Self {
            messages,
            held_until: None,
        }
    }

    /// What has to outlive the process.
    pub(crate) fn to_store(&self) -> Vec<PendingMessage> {
        let stored = self.messages.iter().filter_map(|message| {
            let delivery = match &message.delivery {
                Delivery::Queued | Delivery::Sent { .. } => Delivery::Queued,
                Delivery::Failed { .. } => message.delivery.clone(),
                Delivery::Accepted { .. } => return None,
            };
            Some(PendingMessage {
                delivery,
                ..message.clone()
            })
        });
        stored.collect()
    }

    pub(crate) fn push(&mut self, message: PendingMessage) {
        self.messages.push(message);
    }

    /// The frames to write now, at most one per room.
    pub(crate) fn take_ready(
        &mut self,
        now: TimestampMs,
        mut next_request_id: impl FnMut() -> RequestId,
    ) -> Vec<ClientFrame> {
        if self.held_until.is_some_and(|until| now < until) {
            return Vec::new();
        }
        self.held_until = None;
        let mut busy: BTreeSet<RoomId> = BTreeSet::new();
        for message in &self.messages {
            if matches!(message.delivery, Delivery::Sent { .. }) {
                busy.insert(message.room_id);
            }
        }
        let mut frames = Vec::new();
        for message in &mut self.messages {
            if message.delivery != Delivery::Queued || !busy.insert(message.room_id) {
                continue;
            }
            let request_id = next_request_id();
            message.delivery = Delivery::Sent { request_id };
            frames.push(ClientFrame::SendMessage(SendMessage {
                request_id,
                room: message.room_id.into(),
                transaction_id: Some(message.transaction_id),
                text: message.text.clone(),
                attachments: message.finished_files(),
            }));
        }
        frames
    }

    /// When a held outbox goes on.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        self.held_until
    }

    /// What was on its way is to be repeated on the next connection.
    pub(crate) fn disconnected(&mut self) {
        self.held_until = None;
        for message in &mut self.messages {
            if matches!(message.delivery, Delivery::Sent { .. }) {
                message.delivery = Delivery::Queued;
            }
        }
    }

    /// Whether a message of this id was waiting.
    pub(crate) fn accepted(&mut self, id: TransactionId, sequence: Sequence) -> bool {
        let Some(message) = self.messages.iter_mut().find(|m| m.transaction_id == id) else {
            return false;
        };
        message.delivery = Delivery::Accepted { sequence };
        true
    }

    /// Forgets the message that this event of one's own is. Whether there was one.
    pub(crate) fn seen(&mut self, id: TransactionId) -> bool {
        let before = self.messages.len();
        self.messages.retain(|message| message.transaction_id != id);
        self.messages.len() != before
    }

    /// Forgets accepted messages that the timeline has, or has gone past.
    pub(crate) fn settle(&mut self, room_id: RoomId, timeline: &Timeline) {
        let last = timeline.last_sequence();
        self.messages.retain(|message| match message.delivery {
            Delivery::Accepted { sequence } => message.room_id != room_id || last < Some(sequence),
            Delivery::Queued | Delivery::Sent { .. } | Delivery::Failed { .. } => true,
        });
    }

    /// Forgets accepted messages: the epoch that they were accepted in is over.
    pub(crate) fn epoch_changed(&mut self) {
        self.messages
            .retain(|message| !matches!(message.delivery, Delivery::Accepted { .. }));
    }

    /// Fails everything that waits: another person wrote it.
    pub(crate) fn person_changed(&mut self) {
        for message in &mut self.messages {
            message.delivery = Delivery::Failed {
                code: ErrorCode::InvalidToken,
                reason: "Written under another name. Send it again or delete it.".into(),
            };
        }
    }

    /// The server refused the request. The room of the message, if it was one.
    pub(crate) fn refused(
        &mut self,
        error: &shared::ErrorReply,
        now: TimestampMs,
    ) -> Option<RoomId> {
        let sent = Delivery::Sent {
            request_id: error.request_id,
        };
        let message = self.messages.iter_mut().find(|m| m.delivery == sent)?;
        if is_temporary(error) {
            message.delivery = Delivery::Queued;
            let wait_ms = error.retry_after_ms.unwrap_or(RETRY_AFTER_MS);
            self.held_until = Some(now.plus_ms(wait_ms));
        } else {
            message.delivery = Delivery::Failed {
                code: error.code,
                reason: error.message.clone(),
            };
        }
        Some(message.room_id)
    }

    /// The room of the failed message that is to be sent again, behind all others.
    pub(crate) fn retry(&mut self, id: TransactionId) -> Option<RoomId> {
        let mut message = self.remove_failed(id)?;
        message.delivery = Delivery::Queued;
        let room_id = message.room_id;
        self.messages.push(message);
        Some(room_id)
    }

    /// The failed message, which is forgotten.
    pub(crate) fn remove_failed(&mut self, id: TransactionId) -> Option<PendingMessage> {
        let index = self.messages.iter().position(|message| {
            message.transaction_id == id && matches!(message.delivery, Delivery::Failed { .. })
        })?;
        Some(self.messages.remove(index))
    }
}

/// The transaction id, where the event is a message.
pub(crate) fn transaction_of(event: &RoomEvent) -> Option<TransactionId> {
    match &event.event {
        shared::EventBody::MessageSent { transaction_id, .. } => Some(*transaction_id),
        shared::EventBody::RoomCreated { .. }
        | shared::EventBody::MemberJoined {}
        | shared::EventBody::MemberLeft {}
        | shared::EventBody::Unknown => None,
    }
}

/// Whether the same request may succeed later: the server says when, or it is the server's own trouble.
pub(crate) fn is_temporary(error: &shared::ErrorReply) -> bool {
    error.retry_after_ms.is_some()
        || matches!(
            error.code,
            ErrorCode::RateLimited
                | ErrorCode::StorageFull
                | ErrorCode::TooManyConnections
                | ErrorCode::TimedOut
                | ErrorCode::ShuttingDown
                | ErrorCode::Internal
        )
}
