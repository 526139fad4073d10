//! What a signed-in peer may ask for, a handler per request.

use shared::codec::Packet;
use shared::frame::{RoomInfo, RoomOpening, SendMessage};
use shared::limits::{HISTORY_PAGE_EVENTS_MAX, TOPIC_CHARS_MAX};
use shared::{
    ClientFrame, ErrorCode, ErrorReply, RequestId, RoomId, RoomRef, Sequence, ServerFrame,
    TransactionId,
};

use super::Connection;
use crate::error;
use crate::hub::MembershipChange;
use crate::store::NewMessage;

impl Connection {
    /// The reply, where it is there at once; those that wait for the disk come from `replies`.
    pub(super) async fn handle(&mut self, packet: Packet<ClientFrame>) -> Option<ServerFrame> {
        let answer = match packet.frame {
            ClientFrame::Ping { request_id } => Ok(ServerFrame::Pong { request_id }),
            ClientFrame::SendMessage(message) => match self.send(message).await {
                Ok(()) => return None,
                Err(refusal) => Err(refusal),
            },
            ClientFrame::CreateRoom {
                request_id,
                name,
                topic,
            } => self.create_room(request_id, &name, topic).await,
            ClientFrame::JoinRoom { request_id, room } => self.join_room(request_id, &room).await,
            ClientFrame::LeaveRoom { request_id, room } => self.leave_room(request_id, &room).await,
            ClientFrame::ListRooms { request_id } => self.list_rooms(request_id).await,
            ClientFrame::ListMembers { request_id, .. } => Err(not_served(request_id)),
            ClientFrame::ReadHistory {
                request_id,
                room,
                before,
                limit,
            } => self.read_history(request_id, &room, before, limit).await,
            ClientFrame::Hello(hello) => Err(error::reply(
                hello.request_id,
                ErrorCode::InvalidArgument,
                "This connection is signed in already; open another one.",
            )),
            // Ephemeral: not answered.
            ClientFrame::SetTyping { .. } => return None,
            ClientFrame::BeginUpload(request) => {
                self.begin_upload(request);
                return None;
            }
            ClientFrame::PutChunk {
                request_id,
                upload_id,
                index,
                hash,
                payload_bytes: _,
            } => {
                self.put_chunk(request_id, upload_id, index, hash, packet.payload);
                return None;
            }
            ClientFrame::DescribeUpload {
                request_id,
                upload_id,
            } => {
                self.describe_upload(request_id, upload_id);
                return None;
            }
            ClientFrame::FinishUpload(request) => {
                self.finish_upload(request);
                return None;
            }
            ClientFrame::CancelUpload {
                request_id,
                upload_id,
            } => {
                self.cancel_upload(request_id, upload_id);
                return None;
            }
            ClientFrame::DescribeFile {
                request_id,
                file_id,
            } => {
                self.describe_file(request_id, file_id);
                return None;
            }
            ClientFrame::ReadChunk {
                request_id,
                file_id,
                index,
            } => {
                self.read_chunk(request_id, file_id, index);
                return None;
            }
            ClientFrame::Unknown => Err(not_served(RequestId::default())),
        };
        Some(answer.unwrap_or_else(ServerFrame::Error))
    }

    async fn resolve(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
    ) -> Result<RoomId, ErrorReply> {
        match self.context.store.resolve(room).await {
            Ok(Some(room)) => Ok(room),
            Ok(None) => Err(error::room_not_found(request_id)),
            Err(failed) => Err(error::from_store(request_id, failed)),
        }
    }

    async fn send(&mut self, message: SendMessage) -> Result<(), ErrorReply> {
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
        let room = self.resolve(request_id, &message.room).await?;
        let transaction_id = match message.transaction_id {
            Some(chosen) => chosen,
            None => TransactionId::from_bytes(*uuid::Uuid::now_v7().as_bytes()),
        };
        // Queued here and now, so that messages of one connection keep their order.
        let appended = self.context.store.append_message(NewMessage {
            room,
            person: self.person.clone(),
            transaction_id,
            text: message.text,
            attachments: message.attachments,
            at_ms: crate::now_ms(),
        });
        self.replies.push(Box::pin(async move {
            let reply = match appended.await {
                Ok(appended) => ServerFrame::MessageAccepted {
                    request_id,
                    transaction_id,
                    room_id: room,
                    sequence: appended.event.sequence,
                    at_ms: appended.event.at_ms,
                },
                Err(failed) => ServerFrame::Error(error::from_store(request_id, failed)),
            };
            reply.into()
        }));
        Ok(())
    }

    async fn create_room(
        &mut self,
        request_id: RequestId,
        name: &str,
        topic: String,
    ) -> Result<ServerFrame, ErrorReply> {
        let name = name
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
            .create_room(name, topic, self.person.clone(), crate::now_ms())
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
            .join(room_id, self.person.clone(), crate::now_ms())
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
        let events_from = super::first_event(room.last_sequence, None);
        let change = MembershipChange::Entered(RoomOpening { room, events_from });
        self.context.hub.membership_changed(self.person.id, &change);
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
            .leave(room_id, self.person.clone(), crate::now_ms())
            .await;
        if left
            .map_err(|failed| error::from_store(request_id, failed))?
            .is_some()
        {
            self.context
                .hub
                .membership_changed(self.person.id, &MembershipChange::Exited(room_id));
        }
        Ok(ServerFrame::Done { request_id })
    }

    async fn rooms(&mut self, request_id: RequestId) -> Result<Vec<RoomInfo>, ErrorReply> {
        let rooms = self.context.store.public_rooms(self.person.id).await;
        rooms.map_err(|failed| error::from_store(request_id, failed))
    }

    async fn list_rooms(&mut self, request_id: RequestId) -> Result<ServerFrame, ErrorReply> {
        Ok(ServerFrame::RoomsListed {
            request_id,
            rooms: self.rooms(request_id).await?,
        })
    }

    async fn read_history(
        &mut self,
        request_id: RequestId,
        room: &RoomRef,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<ServerFrame, ErrorReply> {
        let room_id = self.resolve(request_id, room).await?;
        if !self.cursors.contains_key(&room_id) {
            let message = "You are not in this room; join it first.";
            return Err(error::reply(request_id, ErrorCode::NotAMember, message));
        }
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
fn not_served(request_id: RequestId) -> ErrorReply {
    error::reply(
        request_id,
        ErrorCode::UnknownRequest,
        "This server does not know this request.",
    )
}
