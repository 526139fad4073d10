//! What a person asks for in rooms: messages, history, marks and typing.

use shared::{
    ClientFrame, ErrorCode, RequestId, RoomId, Sequence, TimestampMs, TransactionId, UploadId,
};

use crate::api::{Change, CommandError, Ticket};
use crate::client::Client;
use crate::client::uploads::postable;
use crate::connection::ConnectionState;
use crate::outbox::{Delivery, PendingMessage};
use crate::transfer::{PendingAttachment, UploadPhase};

/// `SetTyping` is repeated at most this often while it lasts.
const TYPING_REPEAT_MS: u64 = 3_000;

impl Client {
    /// Writes what the outbox and the uploads have ready.
    pub(crate) fn flush(&mut self, now: TimestampMs) {
        if self.view.connection != ConnectionState::Online {
            // A held outbox must not keep a timer that nothing can serve.
            self.view.outbox.disconnected();
            return;
        }
        let mut last = self.last_request;
        let (jobs, uploads) = (&self.transfers.uploads, &self.view.uploads);
        let file_of = |id, whole| postable(jobs.get(&id)?, uploads.get(&id)?, whole);
        let frames = self.view.outbox.take_ready(now, file_of, || {
            last.0 += 1;
            last
        });
        self.last_request = last;
        for frame in frames {
            self.send(frame, now);
        }
        self.pump(now);
    }

    pub(crate) fn send_message(
        &mut self,
        room_id: RoomId,
        text: String,
        attachments: Vec<PendingAttachment>,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let limits = &self.view.limits;
        if text.trim().is_empty() && attachments.is_empty() {
            return Err(CommandError::MessageEmpty);
        }
        if text.len() > limits.text_bytes_max {
            let bytes_max = limits.text_bytes_max;
            return Err(CommandError::TextTooLong { bytes_max });
        }
        if attachments.len() > limits.attachments_max {
            let count_max = limits.attachments_max;
            return Err(CommandError::TooManyAttachments { count_max });
        }
        let pending: Vec<UploadId> = attachments.iter().filter_map(upload_of).collect();
        if !pending.iter().all(|id| self.view.uploads.contains_key(id)) {
            return Err(CommandError::NoSuchTransfer);
        }
        let has_attachments = !attachments.is_empty();
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        let transaction_id = TransactionId::from_parts(now, random);
        self.view.outbox.push(PendingMessage {
            transaction_id,
            room_id,
            text,
            attachments,
            written_at_ms: now,
            delivery: Delivery::Queued,
        });
        for upload_id in pending {
            self.fail_with_upload(upload_id);
        }
        // A message ends it for everyone, unless it has to wait.
        if has_attachments {
            let _ = self.set_typing(room_id, false, now);
        }
        self.typing_sent.remove(&room_id);
        self.outbox_changed(room_id, now);
        Ok(Ticket::Message(transaction_id))
    }

    /// Stores the outbox, and only then sends from it.
    pub(crate) fn outbox_changed(&mut self, room_id: RoomId, now: TimestampMs) {
        self.persist();
        self.changed(Change::Timeline(room_id));
        self.flush(now);
    }

    /// A message that is to carry an upload that has failed fails too.
    fn fail_with_upload(&mut self, upload_id: UploadId) {
        let phase = self.view.uploads.get(&upload_id).map(|shown| &shown.phase);
        if let Some(UploadPhase::Failed { code, reason }) = phase {
            self.view.outbox.upload_failed(upload_id, *code, reason);
        }
    }

    /// Messages left the outbox. Before the last one has, their snapshot may wait.
    pub(crate) fn outbox_shrank(&mut self, now: TimestampMs) {
        if self.view.outbox.is_acknowledged() {
            self.persist();
        } else {
            self.persist_soon(now);
        }
    }

    pub(crate) fn retry(
        &mut self,
        id: TransactionId,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let message = self.view.outbox.take_failed(id);
        let mut message = message.ok_or(CommandError::NotFailed)?;
        let failed_with = std::mem::take(&mut message.delivery);
        let lost = matches!(
            failed_with,
            Delivery::Failed {
                code: ErrorCode::FileNotFound,
                ..
            }
        );
        for upload_id in message.uploads().collect::<Vec<_>>() {
            let phase = self.view.uploads.get(&upload_id).map(|shown| &shown.phase);
            match phase {
                Some(UploadPhase::Failed { .. }) => self.restart_upload(upload_id),
                // The server does not have the file any more.
                Some(UploadPhase::Finished(_)) if lost => self.restart_upload(upload_id),
                Some(
                    UploadPhase::Finished(_)
                    | UploadPhase::Waiting
                    | UploadPhase::Sending
                    | UploadPhase::Finishing
                    | UploadPhase::SourceMissing,
                )
                | None => {}
            }
        }
        let room_id = message.room_id;
        self.view.outbox.push(message);
        self.outbox_changed(room_id, now);
        Ok(Ticket::Message(id))
    }

    pub(crate) fn delete(
        &mut self,
        id: TransactionId,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let (jobs, uploads) = (&self.transfers.uploads, &self.view.uploads);
        let file_of = |id| postable(jobs.get(&id)?, uploads.get(&id)?, false);
        let message = self.view.outbox.delete(id, file_of);
        let message = message.ok_or(CommandError::NotFailed)?;
        let room_id = message.room_id;
        self.forget_uploads_of(&message, now);
        self.persist();
        self.changed(Change::Timeline(room_id));
        self.pump(now);
        Ok(Ticket::Done)
    }

    pub(crate) fn request(
        &mut self,
        now: TimestampMs,
        page: Option<(RoomId, Sequence)>,
        frame: impl FnOnce(RequestId) -> ClientFrame,
    ) -> Result<Ticket, CommandError> {
        if self.view.connection != ConnectionState::Online {
            return Err(CommandError::Offline);
        }
        let request_id = self.next_request_id();
        self.requests.insert(request_id, page);
        self.send(frame(request_id), now);
        Ok(Ticket::Request(request_id))
    }

    pub(crate) fn read_history(
        &mut self,
        room_id: RoomId,
        before: Option<Sequence>,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let room = self
            .view
            .rooms
            .get(&room_id)
            .ok_or(CommandError::NotAMember)?;
        if room.reading_history {
            return Err(CommandError::ReadingAlready);
        }
        let Some(before) = before.or_else(|| room.timeline.older_before()) else {
            return Ok(Ticket::Done);
        };
        let limit = self.config.page_events;
        let ticket = self.request(now, Some((room_id, before)), |request_id| {
            ClientFrame::ReadHistory {
                request_id,
                room: room_id.into(),
                before: Some(before),
                limit,
            }
        })?;
        if let Some(room) = self.view.rooms.get_mut(&room_id) {
            room.reading_history = true;
        }
        Ok(ticket)
    }

    pub(crate) fn show_room(&mut self, room_id: Option<RoomId>, now: TimestampMs) -> Ticket {
        if self.shown_room != room_id {
            let before = std::mem::replace(&mut self.shown_room, room_id);
            let left = before.and_then(|id| self.view.rooms.get_mut(&id));
            if let Some(room) = left {
                let room_id = room.info.room_id;
                room.keep_events = self.config.timeline_events_max;
                self.trim(room_id);
                self.changed(Change::Timeline(room_id));
            }
            if let Some(room_id) = room_id {
                self.ask_who_has_read(room_id, now);
            }
        }
        Ticket::Done
    }

    pub(crate) fn set_typing(
        &mut self,
        room_id: RoomId,
        typing: bool,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        if !self.view.rooms.contains_key(&room_id) {
            return Err(CommandError::NotAMember);
        }
        let sent = self.typing_sent.get(&room_id);
        let needed = match sent {
            Some(at) => !typing || now.since_ms(*at) >= TYPING_REPEAT_MS,
            None => typing,
        };
        if needed && self.view.connection == ConnectionState::Online {
            if typing {
                self.typing_sent.insert(room_id, now);
            } else {
                self.typing_sent.remove(&room_id);
            }
            let room = room_id.into();
            self.send(ClientFrame::SetTyping { room, typing }, now);
        }
        Ok(Ticket::Done)
    }
}

fn upload_of(attachment: &PendingAttachment) -> Option<UploadId> {
    match attachment {
        PendingAttachment::Upload { upload_id } => Some(*upload_id),
        PendingAttachment::File { .. } => None,
    }
}
