//! What a signed-in peer may ask for, a handler per request.

use std::time::Duration;

use shared::codec::Packet;
use shared::frame::SendMessage;
use shared::{
    ClientFrame, ErrorCode, ErrorReply, Operation, RequestId, RoomId, RoomRef, ServerFrame,
    TransactionId,
};

use super::session::Connection;
use crate::error;
use crate::hub::SendAnswer;
use crate::store::NewMessage;
use crate::throttle::Class;
use tokio::time::Instant;

/// A connection passes on that somebody goes on typing at most this often.
const TYPING_PAUSE: Duration = Duration::from_secs(1);

impl Connection {
    /// Why the person may not ask for this at all, wherever it is meant to happen.
    pub(super) fn not_allowed(&self, frame: &ClientFrame) -> Option<ErrorReply> {
        let mut allowed = self.account.require(frame.operation()?);
        if matches!(frame, ClientFrame::RemoveMessage { .. }) {
            // Whose message it is shows only in the room's log.
            allowed = allowed.or_else(|_| self.account.require(Operation::RemoveOthersMessage));
        }
        let refused = allowed.err()?;
        Some(error::not_allowed(frame.request_id(), refused))
    }

    /// The reply to what needs no waiting; `None` where it comes later, from the mailbox or from `replies`, or not
    /// at all. The error is a frame for [`Self::handle`].
    pub(super) fn handle_at_once(
        &mut self,
        packet: Packet<ClientFrame>,
    ) -> Result<Option<ServerFrame>, Box<ClientFrame>> {
        if let Err(refusal) = self.throttled(&packet.frame) {
            return Ok(Some(ServerFrame::Error(refusal)));
        }
        let answer = match packet.frame {
            ClientFrame::Ping { request_id } => ServerFrame::Pong { request_id },
            ClientFrame::SendMessage(message) => match self.cursor_to(&message.room) {
                Some(cursor) => {
                    let room = self.cursors[cursor].room.id();
                    match self.send(room, message) {
                        Ok(()) => return Ok(None),
                        Err(refusal) => ServerFrame::Error(refusal),
                    }
                }
                None => return Err(Box::new(ClientFrame::SendMessage(message))),
            },
            ClientFrame::SetTyping { room, typing } => {
                self.set_typing(&room, typing);
                return Ok(None);
            }
            ClientFrame::Hello(hello) => ServerFrame::Error(error::reply(
                hello.request_id,
                ErrorCode::InvalidArgument,
                "This connection is signed in already; open another one.",
            )),
            ClientFrame::Unknown => ServerFrame::Error(not_served(RequestId::default())),
            // `handle` has a line for every other one.
            other => {
                self.handle_file_request(other, packet.payload)?;
                return Ok(None);
            }
        };
        Ok(Some(answer))
    }

    /// The refusal of a request that is one too many.
    fn throttled(&self, frame: &ClientFrame) -> Result<(), ErrorReply> {
        let Some(class) = Class::of(frame) else {
            return Ok(());
        };
        let checked = self.context.throttle.check(self.account.person.id, class);
        checked.map_err(|wait| wait.reply(frame.request_id(), class.refusal()))
    }

    /// The reply to what [`Self::handle_at_once`] gave back; `None` as there.
    pub(super) async fn handle(&mut self, frame: ClientFrame) -> Option<ServerFrame> {
        let answer = match frame {
            ClientFrame::SendMessage(message) => match self.send_elsewhere(message).await {
                Ok(()) => return None,
                Err(refusal) => Err(refusal),
            },
            request @ (ClientFrame::CreateRoom(_)
            | ClientFrame::JoinRoom { .. }
            | ClientFrame::LeaveRoom { .. }
            | ClientFrame::ListRooms { .. }
            | ClientFrame::ListMembers { .. }
            | ClientFrame::ReadHistory { .. }
            | ClientFrame::OpenDirect { .. }
            | ClientFrame::AddMember { .. }
            | ClientFrame::RemoveMember(_)
            | ClientFrame::ListBans { .. }
            | ClientFrame::LiftBan { .. }
            | ClientFrame::ChangeRoom(_)
            | ClientFrame::SetRoomRole(_)
            | ClientFrame::RemoveMessage { .. }) => self.handle_room_request(request).await,
            request @ (ClientFrame::FindPeople { .. }
            | ClientFrame::DescribePerson { .. }
            | ClientFrame::ChangeProfile(_)
            | ClientFrame::SetPresence { .. }
            | ClientFrame::MarkRead { .. }) => return self.handle_people_request(request).await,
            request @ (ClientFrame::DescribeServer { .. }
            | ClientFrame::DescribeInvitation { .. }
            | ClientFrame::ChangePassword(_)
            | ClientFrame::BeginTotp { .. }
            | ClientFrame::ConfirmTotp { .. }
            | ClientFrame::RemoveTotp { .. }
            | ClientFrame::SignOut { .. }
            | ClientFrame::ListSessions { .. }
            | ClientFrame::EndSessions(_)
            | ClientFrame::CreateBot(_)
            | ClientFrame::ListBots { .. }
            | ClientFrame::RenewBot { .. }
            | ClientFrame::RemoveBot { .. }
            | ClientFrame::CreateInvitation(_)
            | ClientFrame::ListInvitations { .. }
            | ClientFrame::RevokeInvitation { .. }
            | ClientFrame::AcceptInvitation { .. }) => self.handle_account_request(request).await,
            request @ (ClientFrame::ReportMessage(_)
            | ClientFrame::ListPeople(_)
            | ClientFrame::SetRole { .. }
            | ClientFrame::ResetPassword { .. }
            | ClientFrame::SignOutPerson { .. }
            | ClientFrame::RemovePerson(_)
            | ClientFrame::ListAllRooms { .. }
            | ClientFrame::DescribeSettings { .. }
            | ClientFrame::ChangeSettings(_)
            | ClientFrame::DescribeStorage { .. }
            | ClientFrame::ReadAuditLog { .. }
            | ClientFrame::ListReports { .. }
            | ClientFrame::CloseReport(_)) => self.handle_admin_request(request).await,
            ClientFrame::Ping { .. }
            | ClientFrame::SetTyping { .. }
            | ClientFrame::Hello(_)
            | ClientFrame::BeginUpload(_)
            | ClientFrame::PutChunk { .. }
            | ClientFrame::DescribeUpload { .. }
            | ClientFrame::FinishUpload(_)
            | ClientFrame::CancelUpload { .. }
            | ClientFrame::ListUploads { .. }
            | ClientFrame::ListFiles(_)
            | ClientFrame::DescribeFile { .. }
            | ClientFrame::ReadChunk { .. }
            | ClientFrame::ChangeLink(_)
            | ClientFrame::ReadLink { .. }
            | ClientFrame::Unknown => return None,
        };
        Some(answer.unwrap_or_else(ServerFrame::Error))
    }

    /// The cursor of a room that the person is in; `None` where the store must say which room it is.
    pub(super) fn cursor_to(&self, room: &RoomRef) -> Option<usize> {
        let name = match room {
            RoomRef::Id(id) => {
                return self
                    .cursor_of(*id)
                    .filter(|at| !self.cursors[*at].is_ending());
            }
            RoomRef::Name(name) => name.key(),
        };
        let mut hidden = None;
        for (index, cursor) in self.cursors.iter().enumerate() {
            if cursor.is_ending() || !cursor.room.is_called(&name) {
                continue;
            }
            if !cursor.room.is_hidden() {
                return Some(index);
            }
            if hidden.replace(index).is_some() {
                return None;
            }
        }
        hidden
    }

    /// To a room that the person is not in, where only the repeat of an older message is answered well.
    async fn send_elsewhere(&mut self, message: SendMessage) -> Result<(), ErrorReply> {
        let room = match &message.room {
            RoomRef::Id(room) => *room,
            named @ RoomRef::Name(_) => self.resolve(message.request_id, named).await?,
        };
        self.send(room, message)
    }

    /// The room that the person means, where they may know of it.
    async fn resolve(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
    ) -> Result<RoomId, ErrorReply> {
        let person = self.account.person.id;
        let found = self.context.store.resolve(person, room).await;
        found.map_err(|failed| error::from_store(request_id, failed))
    }

    /// Queues the message here and now, so that messages of one connection keep their order.
    fn send(&mut self, room: RoomId, message: SendMessage) -> Result<(), ErrorReply> {
        let request_id = message.request_id;
        let refuse = |code, text: &str| Err(error::reply(request_id, code, text));
        if message.text.trim().is_empty() && message.attachments.is_empty() {
            return refuse(ErrorCode::MessageEmpty, "A message needs text or a file.");
        }
        if message.attachments.len() > self.limits.attachments_max {
            return refuse(
                ErrorCode::TooManyAttachments,
                "Too many files for one message; send several messages.",
            );
        }
        if message.text.len() > self.limits.text_bytes_max {
            return refuse(ErrorCode::TextTooLong, "The text is too long; split it.");
        }
        // The message ends the typing, so that a new beginning is not too early.
        self.typed_at = None;
        let transaction_id = match message.transaction_id {
            Some(chosen) => chosen,
            None => TransactionId::from_bytes(*uuid::Uuid::now_v7().as_bytes()),
        };
        let message = NewMessage {
            room,
            person: self.account.person.clone(),
            transaction_id,
            text: message.text,
            attachments: message.attachments,
            at_ms: crate::now_ms(),
        };
        let mailbox = self.mailbox.clone();
        self.sends += 1;
        self.context.store.queue_message(message, move |result| {
            mailbox.answer(SendAnswer {
                request_id,
                transaction_id,
                room,
                result,
            });
        });
        Ok(())
    }

    /// Passes it on to who is here, now and then. Where the person is not in the room, nobody is told.
    fn set_typing(&mut self, room: &RoomRef, typing: bool) {
        let now = Instant::now();
        let is_early = self
            .typed_at
            .is_some_and(|before| now.duration_since(before) < TYPING_PAUSE);
        let Some(cursor) = self.cursor_to(room) else {
            return;
        };
        if self.cursors[cursor].room.is_archived() {
            return;
        }
        // The end is always passed on: it is what a later beginning is not too early after.
        if typing && is_early {
            return;
        }
        self.typed_at = typing.then_some(now);
        let room = &self.cursors[cursor].room;
        let frame = ServerFrame::TypingChanged {
            room_id: room.id(),
            person: self.account.person.clone(),
            typing,
        };
        room.whisper(self.mailbox.person, &frame);
    }
}

/// The answer to what this server does not do.
pub(super) use error::not_served;
