//! What a signed-in peer may ask for, a handler per request.

use std::collections::HashMap;
use std::time::Duration;

use shared::codec::Packet;
use shared::frame::SendMessage;
use shared::limits::{HISTORY_PAGE_EVENTS_MAX, TOPIC_CHARS_MAX};
use shared::room::{CreateRoom, Member, RoomInfo, RoomOpening};
use shared::{
    ClientFrame, ErrorCode, ErrorReply, RequestId, RoomId, RoomRef, Sequence, ServerFrame,
    TransactionId,
};

use super::session::{Connection, first_event};
use crate::error;
use crate::hub::{MembershipChange, SendAnswer};
use crate::store::NewMessage;
use crate::throttle::Class;
use tokio::time::Instant;

/// Members in one list.
const MEMBERS_LISTED_MAX: usize = 1_000;
/// A connection passes on that somebody goes on typing at most this often.
const TYPING_PAUSE: Duration = Duration::from_secs(1);

impl Connection {
    /// Why the person may not ask for this at all, wherever it is meant to happen.
    pub(super) fn not_allowed(&self, frame: &ClientFrame) -> Option<ErrorReply> {
        let refused = self.account.require(frame.operation()?).err()?;
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
            ClientFrame::CreateRoom(request) => self.create_room(request).await,
            ClientFrame::JoinRoom { request_id, room } => self.join_room(request_id, &room).await,
            ClientFrame::LeaveRoom { request_id, room } => self.leave_room(request_id, &room).await,
            ClientFrame::ListRooms { request_id } => self.list_rooms(request_id).await,
            ClientFrame::ListMembers { request_id, room } => {
                self.list_members(request_id, &room).await
            }
            ClientFrame::ReadHistory {
                request_id,
                room,
                before,
                limit,
            } => self.read_history(request_id, &room, before, limit).await,
            request @ (ClientFrame::OpenDirect { .. }
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
            | ClientFrame::DescribeFile { .. }
            | ClientFrame::ReadChunk { .. }
            | ClientFrame::ChangeLink(_)
            | ClientFrame::Unknown => return None,
        };
        Some(answer.unwrap_or_else(ServerFrame::Error))
    }

    /// The cursor of a room that the person is in.
    pub(super) fn cursor_to(&self, room: &RoomRef) -> Option<usize> {
        match room {
            RoomRef::Id(id) => self.cursor_of(*id),
            RoomRef::Name(name) => {
                let key = name.key();
                self.cursors
                    .iter()
                    .position(|cursor| cursor.room.name_key() == key)
            }
        }
    }

    async fn resolve(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
    ) -> Result<RoomId, ErrorReply> {
        if let Some(cursor) = self.cursor_to(room) {
            return Ok(self.cursors[cursor].room.id());
        }
        match self.context.store.resolve(room).await {
            Ok(Some(room)) => Ok(room),
            Ok(None) => Err(error::room_not_found(request_id)),
            Err(failed) => Err(error::from_store(request_id, failed)),
        }
    }

    /// To a room that the person is not in, where only the repeat of an older message is answered well.
    async fn send_elsewhere(&mut self, message: SendMessage) -> Result<(), ErrorReply> {
        let room = self.resolve(message.request_id, &message.room).await?;
        self.send(room, message)
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

    async fn create_room(&mut self, request: CreateRoom) -> Result<ServerFrame, ErrorReply> {
        let (request_id, topic) = (request.request_id, request.topic);
        let name = request
            .name
            .parse()
            .map_err(|bad| error::bad_name(request_id, &bad))?;
        if topic.chars().count() > TOPIC_CHARS_MAX || topic.contains(char::is_control) {
            let message = format!("A topic is one line of at most {TOPIC_CHARS_MAX} characters.");
            return Err(error::reply(
                request_id,
                ErrorCode::InvalidArgument,
                message,
            ));
        }
        let created = self
            .context
            .store
            .create_room(name, topic, self.account.person.clone(), crate::now_ms())
            .await;
        let (room_id, _) = created.map_err(|failed| error::from_store(request_id, failed))?;
        self.enter(request_id, room_id).await
    }

    async fn join_room(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
    ) -> Result<ServerFrame, ErrorReply> {
        let room_id = self.resolve(request_id, room).await?;
        let joined = self
            .context
            .store
            .join(room_id, self.account.person.clone(), crate::now_ms())
            .await;
        match joined.map_err(|failed| error::from_store(request_id, failed))? {
            Some(_) => self.enter(request_id, room_id).await,
            None => Ok(ServerFrame::RoomJoined {
                request_id,
                room_id,
            }),
        }
    }

    /// Tells all of the person's connections, this one among them, of a room they are now in.
    async fn enter(
        &mut self,
        request_id: RequestId,
        room_id: RoomId,
    ) -> Result<ServerFrame, ErrorReply> {
        let rooms = self.rooms(request_id).await?;
        let room = rooms.into_iter().find(|room| room.room_id == room_id);
        let room = room.ok_or_else(|| error::room_not_found(request_id))?;
        let events_from = first_event(room.last_sequence, None);
        let rooms = std::slice::from_ref(&room);
        let mut read = self.read_markers(request_id, rooms).await?;
        let change = MembershipChange::Entered(RoomOpening {
            read: read.remove(&room_id),
            ..RoomOpening::new(room, events_from)
        });
        self.context
            .hub
            .membership_changed(self.account.person.id, &change);
        Ok(ServerFrame::RoomJoined {
            request_id,
            room_id,
        })
    }

    async fn leave_room(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
    ) -> Result<ServerFrame, ErrorReply> {
        let room_id = self.resolve(request_id, room).await?;
        let left = self
            .context
            .store
            .leave(room_id, self.account.person.clone(), crate::now_ms())
            .await;
        if left
            .map_err(|failed| error::from_store(request_id, failed))?
            .is_some()
        {
            self.context
                .hub
                .membership_changed(self.account.person.id, &MembershipChange::Exited(room_id));
        }
        Ok(ServerFrame::Done { request_id })
    }

    async fn rooms(&mut self, request_id: RequestId) -> Result<Vec<RoomInfo>, ErrorReply> {
        let rooms = self
            .context
            .store
            .public_rooms(self.account.person.id)
            .await;
        rooms.map_err(|failed| error::from_store(request_id, failed))
    }

    async fn list_rooms(&mut self, request_id: RequestId) -> Result<ServerFrame, ErrorReply> {
        Ok(ServerFrame::RoomsListed {
            request_id,
            rooms: self.rooms(request_id).await?,
        })
    }

    async fn list_members(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
    ) -> Result<ServerFrame, ErrorReply> {
        let room_id = self.resolve(request_id, room).await?;
        self.require_member(request_id, room_id)?;
        let here: HashMap<_, _> = self.context.hub.people_in(room_id, MEMBERS_LISTED_MAX);
        let wanted = MEMBERS_LISTED_MAX + here.len();
        let found = self.context.store.members(room_id, wanted).await;
        let (total, people) = found.map_err(|failed| error::from_store(request_id, failed))?;
        let away: Vec<_> = people
            .into_iter()
            .filter(|person| !here.contains_key(&person.id))
            .collect();
        let here = here.into_values().map(|person| (person, true));
        let all = here.chain(away.into_iter().map(|person| (person, false)));
        let members = all.map(|(person, online)| Member::new(person, online));
        let mut members: Vec<_> = members.take(MEMBERS_LISTED_MAX).collect();
        self.describe_members(request_id, room_id, &mut members)
            .await?;
        Ok(ServerFrame::MembersListed {
            request_id,
            room_id,
            total,
            members,
        })
    }

    fn require_member(&self, request_id: RequestId, room: RoomId) -> Result<(), ErrorReply> {
        if self.cursor_of(room).is_some() {
            return Ok(());
        }
        let message = "You are not in this room; join it first.";
        Err(error::reply(request_id, ErrorCode::NotAMember, message))
    }

    async fn read_history(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<ServerFrame, ErrorReply> {
        let room_id = self.resolve(request_id, room).await?;
        self.require_member(request_id, room_id)?;
        let limit = limit.clamp(1, HISTORY_PAGE_EVENTS_MAX);
        let page = self.context.store.page_before(room_id, before, limit).await;
        let events = page.map_err(|failed| error::from_store(request_id, failed))?;
        Ok(ServerFrame::HistoryPage {
            request_id,
            room_id,
            events,
        })
    }
}

/// The answer to what this server does not do.
pub(super) use error::not_served;
