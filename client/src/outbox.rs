//! One's messages that are not in a timeline yet. Each keeps its transaction id until it is acknowledged.
//!
//! **Order.** The messages of a room are sent in the order in which they were written: one at first, then, as the
//! server takes them, several at a time. The server stores what one connection sends in the order sent. After a lost connection all that were not
//! acknowledged are sent again in the same order; a repeat of what is stored already changes nothing. So a room's
//! messages are stored as they were written, with these exceptions:
//!
//! - one that waits for its uploads is sent when they are finished or, after a moment, when the server has heard of
//!   all of them, and holds up no other;
//! - one that was refused for good goes behind all others when a person sends it again;
//! - one that was refused for the moment (the server's disk is full, say) is repeated once all that were on their
//!   way with it are answered, and from then on messages go one at a time until the server takes them again. Of
//!   those that were on their way with it, the server may have taken some: these come before it.

use litemap::LiteMap;
use serde::Serialize;
use shared::decode::Decode;
use shared::frame::SendMessage;
use shared::{
    ClientFrame, ErrorCode, ErrorReply, FileId, RequestId, RoomEvent, RoomId, Sequence,
    TimestampMs, TransactionId, UploadId,
};

use crate::timeline::Timeline;
use crate::transfer::PendingAttachment;
use crate::transfer::refusal::{Hold, is_temporary};

/// So long a message waits for its files to be there before it goes without: most are there by then, and a message that
/// carries them at once is one event in place of several.
const PATIENCE_MS: u64 = 500;
/// Messages of one room on their way at the same time.
const WINDOW_MAX: usize = 32;

/// A message that is not in the timeline yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
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
    /// Uploads that it waits for, or waited for.
    pub(crate) fn uploads(&self) -> impl Iterator<Item = UploadId> {
        self.attachments
            .iter()
            .filter_map(|attachment| match attachment {
                PendingAttachment::Upload { upload_id } => Some(*upload_id),
                PendingAttachment::File { .. } => None,
            })
    }

    /// Its files in its order; `None` while the server has not heard of an upload.
    fn files(&self, file_of: impl Fn(UploadId) -> Option<FileId>) -> Option<Vec<FileId>> {
        let file = |attachment: &PendingAttachment| match attachment {
            PendingAttachment::File { file_id } => Some(*file_id),
            PendingAttachment::Upload { upload_id } => file_of(*upload_id),
        };
        self.attachments.iter().map(file).collect()
    }
}

/// How far a message got.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Decode)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Delivery {
    /// Waits for its turn, its uploads, or the connection.
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
#[derive(Debug)]
pub struct Outbox {
    messages: Vec<PendingMessage>,
    hold: Hold,
    /// Why it is held, in the server's words.
    trouble: Option<String>,
    /// Messages of one room that may be on their way now.
    window: usize,
    /// When a message goes without all of its files being there.
    patient_until: Option<TimestampMs>,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            messages: Vec::new(),
            hold: Hold::default(),
            trouble: None,
            window: 1,
            patient_until: None,
        }
    }
}

impl Outbox {
    /// Oldest first.
    pub fn messages(&self) -> &[PendingMessage] {
        &self.messages
    }

    /// Why messages wait although one is online, in the server's words: its disk is full, say. They go on by
    /// themselves.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    pub(crate) fn restore(messages: Vec<PendingMessage>) -> Self {
        Self {
            messages,
            ..Self::default()
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

    /// The frames to write now. `file_of` tells the file of an upload where a message may carry it; for `true` only
    /// where all of it is there.
    pub(crate) fn take_ready(
        &mut self,
        now: TimestampMs,
        file_of: impl Fn(UploadId, bool) -> Option<FileId>,
        mut next_request_id: impl FnMut() -> RequestId,
    ) -> Vec<ClientFrame> {
        let mut frames = Vec::new();
        if self.hold.is_on(now) {
            return frames;
        }
        let mut on_their_way: LiteMap<RoomId, usize> = LiteMap::new();
        for message in &self.messages {
            if matches!(message.delivery, Delivery::Sent { .. }) {
                *on_their_way.entry(message.room_id).or_default() += 1;
            }
        }
        for message in &mut self.messages {
            let count = on_their_way.entry(message.room_id).or_default();
            if message.delivery != Delivery::Queued || *count >= self.window {
                continue;
            }
            let until = message.written_at_ms.plus_ms(PATIENCE_MS);
            let is_patient = (message.written_at_ms..until).contains(&now);
            let Some(attachments) = message.files(|id| file_of(id, is_patient)) else {
                if is_patient {
                    self.patient_until = Some(self.patient_until.map_or(until, |at| at.min(until)));
                }
                continue;
            };
            *count += 1;
            let request_id = next_request_id();
            message.delivery = Delivery::Sent { request_id };
            frames.push(ClientFrame::SendMessage(SendMessage {
                request_id,
                room: message.room_id.into(),
                transaction_id: Some(message.transaction_id),
                text: message.text.clone(),
                attachments,
            }));
        }
        frames
    }

    /// When something goes on that waits.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        let hold = self.hold.poll_timeout().into_iter();
        hold.chain(self.patient_until).min()
    }

    pub(crate) fn timeout(&mut self, now: TimestampMs) {
        self.hold.timeout(now);
        self.patient_until.take_if(|until| *until <= now);
    }

    /// What was on its way is to be repeated on the next connection.
    pub(crate) fn disconnected(&mut self) {
        self.hold = Hold::default();
        self.trouble = None;
        self.window = 1;
        self.patient_until = None;
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
        let before = std::mem::replace(&mut message.delivery, Delivery::Accepted { sequence });
        self.taken(&before);
        true
    }

    /// The server has taken a message, which was `before` that.
    fn taken(&mut self, before: &Delivery) {
        let was_sent = matches!(before, Delivery::Sent { .. });
        self.hold.succeeded();
        if was_sent && self.hold.poll_timeout().is_none() {
            self.trouble = None;
            self.window = WINDOW_MAX.min(self.window * 2);
        }
    }

    /// The message that this event of one's own is, which is forgotten.
    pub(crate) fn seen(&mut self, id: TransactionId) -> Option<PendingMessage> {
        let index = self.messages.iter().position(|m| m.transaction_id == id)?;
        let message = self.messages.remove(index);
        self.taken(&message.delivery);
        Some(message)
    }

    /// Accepted messages that the timeline has, or has gone past. They are forgotten.
    pub(crate) fn settle(&mut self, room_id: RoomId, timeline: &Timeline) -> Vec<PendingMessage> {
        let last = timeline.last_sequence();
        self.remove(|message| match message.delivery {
            Delivery::Accepted { sequence } => message.room_id == room_id && last >= Some(sequence),
            Delivery::Queued | Delivery::Sent { .. } | Delivery::Failed { .. } => false,
        })
    }

    /// Accepted messages, which are forgotten: the epoch that they were accepted in is over.
    pub(crate) fn epoch_changed(&mut self) -> Vec<PendingMessage> {
        self.remove(|message| matches!(message.delivery, Delivery::Accepted { .. }))
    }

    fn remove(&mut self, which: impl FnMut(&mut PendingMessage) -> bool) -> Vec<PendingMessage> {
        self.messages.extract_if(.., which).collect()
    }

    /// Fails everything that waits: another person wrote it. Accepted messages are returned and forgotten.
    pub(crate) fn person_changed(&mut self) -> Vec<PendingMessage> {
        for message in &mut self.messages {
            match message.delivery {
                Delivery::Queued | Delivery::Sent { .. } => {
                    message.delivery = Delivery::Failed {
                        code: ErrorCode::InvalidToken,
                        reason: "Written under another name. Send it again or delete it.".into(),
                    };
                }
                Delivery::Accepted { .. } | Delivery::Failed { .. } => {}
            }
        }
        self.epoch_changed()
    }

    /// The server refused the request. The room of the message, if it was one.
    pub(crate) fn refused(&mut self, error: &ErrorReply, now: TimestampMs) -> Option<RoomId> {
        let sent = Delivery::Sent {
            request_id: error.request_id,
        };
        let message = self.messages.iter_mut().find(|m| m.delivery == sent)?;
        if is_temporary(error) {
            message.delivery = Delivery::Queued;
            self.hold.refused(error, now);
            self.trouble = Some(error.message.clone());
            self.window = 1;
        } else {
            message.delivery = Delivery::Failed {
                code: error.code,
                reason: error.message.clone(),
            };
        }
        Some(message.room_id)
    }

    /// Fails the messages that wait for this upload. Their rooms.
    pub(crate) fn upload_failed(
        &mut self,
        upload_id: UploadId,
        code: Option<ErrorCode>,
        reason: &str,
    ) -> Vec<RoomId> {
        let waits = |message: &&mut PendingMessage| {
            message.delivery == Delivery::Queued && message.uploads().any(|id| id == upload_id)
        };
        let fail = |message: &mut PendingMessage| {
            message.delivery = Delivery::Failed {
                code: code.unwrap_or(ErrorCode::UploadIncomplete),
                reason: reason.to_owned(),
            };
            message.room_id
        };
        distinct(self.messages.iter_mut().filter(waits).map(fail))
    }

    /// An upload that had failed goes on: so do the messages that failed with it, at their place, unless another
    /// upload of theirs has failed. Their rooms.
    pub(crate) fn upload_resumed(
        &mut self,
        upload_id: UploadId,
        has_failed: impl Fn(UploadId) -> bool,
    ) -> Vec<RoomId> {
        let goes_on = |message: &&mut PendingMessage| {
            matches!(message.delivery, Delivery::Failed { .. })
                && message.uploads().any(|id| id == upload_id)
                && !message.uploads().any(&has_failed)
        };
        let queue = |message: &mut PendingMessage| {
            message.delivery = Delivery::Queued;
            message.room_id
        };
        distinct(self.messages.iter_mut().filter(goes_on).map(queue))
    }

    /// Whether a message waits for this upload, or was sent with it.
    pub fn uses(&self, upload_id: UploadId) -> bool {
        let mut uploads = self.messages.iter().flat_map(PendingMessage::uploads);
        uploads.any(|id| id == upload_id)
    }

    /// Whether a message is sent as soon as the server has heard of this upload, among others perhaps.
    pub(crate) fn awaits(&self, upload_id: UploadId) -> bool {
        let mut queued = self
            .messages
            .iter()
            .filter(|message| message.delivery == Delivery::Queued);
        queued.any(|message| message.uploads().any(|id| id == upload_id))
    }

    /// Whether nothing waits for an acknowledgement.
    pub(crate) fn is_acknowledged(&self) -> bool {
        self.messages.iter().all(|message| match message.delivery {
            Delivery::Accepted { .. } | Delivery::Failed { .. } => true,
            Delivery::Queued | Delivery::Sent { .. } => false,
        })
    }

    /// The room of a message with this upload that is on the server's disk, where no other waits for it.
    pub(crate) fn accepted_with(&self, upload_id: UploadId) -> Option<RoomId> {
        let uses = |message: &&PendingMessage| message.uploads().any(|id| id == upload_id);
        let mut messages = self.messages.iter().filter(uses).peekable();
        let room_id = messages.peek()?.room_id;
        let mut deliveries = messages.map(|message| &message.delivery);
        let all = deliveries.all(|delivery| matches!(delivery, Delivery::Accepted { .. }));
        all.then_some(room_id)
    }

    /// The failed message that is to be sent again, behind all others.
    pub(crate) fn take_failed(&mut self, id: TransactionId) -> Option<PendingMessage> {
        let index = self.messages.iter().position(|message| {
            message.transaction_id == id && matches!(message.delivery, Delivery::Failed { .. })
        })?;
        Some(self.messages.remove(index))
    }

    /// A message that failed or waits for its uploads, which is forgotten.
    pub(crate) fn delete(
        &mut self,
        id: TransactionId,
        file_of: impl Fn(UploadId) -> Option<FileId>,
    ) -> Option<PendingMessage> {
        let index = self.messages.iter().position(|message| {
            message.transaction_id == id
                && match message.delivery {
                    Delivery::Failed { .. } => true,
                    Delivery::Queued => message.files(&file_of).is_none(),
                    Delivery::Sent { .. } | Delivery::Accepted { .. } => false,
                }
        })?;
        Some(self.messages.remove(index))
    }
}

/// Each once.
fn distinct<T: PartialEq>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

/// The transaction id, where the event is a message.
pub(crate) fn transaction_of(event: &RoomEvent) -> Option<TransactionId> {
    event.event.transaction_id()
}
