//! Requests about rooms: which there are, who is in them as what, and what they are like. Who may do what is decided
//! where it is done, in the store.

use shared::limits::{DESCRIPTION_CHARS_MAX, HISTORY_PAGE_EVENTS_MAX, TOPIC_CHARS_MAX};
use shared::room::{
    ChangeRoom, CreateRoom, Member, RemoveMember, RoomChanges, RoomKind, SetRoomRole,
};
use shared::{
    ClientFrame, ErrorCode, ErrorReply, PersonId, RequestId, RoomRef, RoomRole, Sequence,
    ServerFrame,
};

use super::requests::not_served;
use super::session::Connection;
use crate::error;
use crate::store::{ListedMember, NewRoom, SignedIn, Store, StoreError};

/// Members in one list.
const MEMBERS_LISTED_MAX: usize = 1_000;
/// A hundred years.
const RETENTION_DAYS_MAX: u32 = 36_500;

/// Why a request is not done.
enum Refusal {
    Store(StoreError),
    Reply(ErrorReply),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ErrorReply> for Refusal {
    fn from(reply: ErrorReply) -> Self {
        Self::Reply(reply)
    }
}

impl Connection {
    pub(super) async fn handle_room_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        let request_id = request.request_id();
        let answer = match request {
            ClientFrame::CreateRoom(request) => self.create_room(request).await,
            ClientFrame::JoinRoom { room, .. } => self.join_room(request_id, room).await,
            ClientFrame::LeaveRoom { room, .. } => self.leave_room(request_id, room).await,
            ClientFrame::ListRooms { .. } => self.list_rooms(request_id).await,
            ClientFrame::ListMembers { room, .. } => self.list_members(request_id, room).await,
            ClientFrame::ReadHistory {
                room,
                before,
                limit,
                ..
            } => self.read_history(request_id, room, before, limit).await,
            ClientFrame::OpenDirect { people, .. } => self.open_direct(request_id, people).await,
            ClientFrame::AddMember {
                room, person_id, ..
            } => self.add_member(request_id, room, person_id).await,
            ClientFrame::RemoveMember(request) => self.remove_member(request).await,
            ClientFrame::ListBans { room, .. } => self.list_bans(request_id, room).await,
            ClientFrame::LiftBan {
                room, person_id, ..
            } => self.lift_ban(request_id, room, person_id).await,
            ClientFrame::ChangeRoom(request) => self.change_room(request).await,
            ClientFrame::SetRoomRole(request) => self.set_room_role(request).await,
            ClientFrame::RemoveMessage { room, sequence, .. } => {
                self.remove_message(request_id, room, sequence).await
            }
            other => return Err(not_served(other.request_id())),
        };
        answer.map_err(|refusal| match refusal {
            Refusal::Store(failed) => error::from_store(request_id, failed),
            Refusal::Reply(reply) => reply,
        })
    }

    /// The store, and who asks.
    fn asking(&self) -> (Store, SignedIn) {
        (self.context.store.clone(), SignedIn::clone(&self.account))
    }

    async fn create_room(&mut self, request: CreateRoom) -> Result<ServerFrame, Refusal> {
        let request_id = request.request_id;
        let name = request
            .name
            .parse()
            .map_err(|bad| error::bad_name(request_id, &bad))?;
        check_topic(request_id, &request.topic)?;
        check_description(request_id, &request.description)?;
        if !matches!(request.kind, RoomKind::Public | RoomKind::Private) {
            return Err(invalid(request_id, "A new room is public or private.").into());
        }
        let new = NewRoom {
            name,
            topic: request.topic,
            description: request.description,
            kind: request.kind,
            history: request.history,
        };
        let (store, by) = self.asking();
        let (room_id, _) = store.create_room(by, new, crate::now_ms()).await?;
        Ok(ServerFrame::RoomJoined {
            request_id,
            room_id,
        })
    }

    async fn join_room(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        let (room_id, _) = store.join(by, room, crate::now_ms()).await?;
        Ok(ServerFrame::RoomJoined {
            request_id,
            room_id,
        })
    }

    async fn leave_room(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        store.leave(by, room, crate::now_ms()).await?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn list_rooms(&mut self, request_id: RequestId) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        Ok(ServerFrame::RoomsListed {
            request_id,
            rooms: store.directory(by.person.id).await?,
        })
    }

    async fn list_members(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        let room_id = match self.cursor_to(&room) {
            Some(cursor) => self.cursors[cursor].room.id(),
            None => store.resolve(by.person.id, &room).await?,
        };
        let here = self.context.hub.people_in(room_id, MEMBERS_LISTED_MAX);
        let first = here.keys().copied().collect();
        let listed = store
            .members(by, room_id.into(), first, MEMBERS_LISTED_MAX)
            .await?;
        let member = |ListedMember { person, role }| Member {
            role: (role != RoomRole::Member).then_some(role),
            ..Member::new(person, false)
        };
        let mut members: Vec<_> = listed.members.into_iter().map(member).collect();
        self.describe_members(request_id, room_id, &mut members)
            .await?;
        Ok(ServerFrame::MembersListed {
            request_id,
            room_id,
            total: listed.total,
            members,
        })
    }

    async fn read_history(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        let limit = limit.clamp(1, HISTORY_PAGE_EVENTS_MAX);
        let (room_id, events) = store.history(by.person.id, room, before, limit).await?;
        Ok(ServerFrame::HistoryPage {
            request_id,
            room_id,
            events,
        })
    }

    async fn open_direct(
        &mut self,
        request_id: RequestId,
        people: Vec<PersonId>,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        let (room_id, _) = store.open_direct(by, people, crate::now_ms()).await?;
        Ok(ServerFrame::RoomJoined {
            request_id,
            room_id,
        })
    }

    async fn add_member(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
        person: PersonId,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        store.add_member(by, room, person, crate::now_ms()).await?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn remove_member(&mut self, request: RemoveMember) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        let RemoveMember {
            request_id,
            room,
            person_id,
            ban,
        } = request;
        store
            .remove_member(by, room, person_id, ban, crate::now_ms())
            .await?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn list_bans(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        let (room_id, people) = store.bans(by, room).await?;
        Ok(ServerFrame::BansListed {
            request_id,
            room_id,
            people,
        })
    }

    async fn lift_ban(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
        person: PersonId,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        store.lift_ban(by, room, person, crate::now_ms()).await?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn change_room(&mut self, request: ChangeRoom) -> Result<ServerFrame, Refusal> {
        let request_id = request.request_id;
        let name = match request.name {
            Some(name) => Some(
                name.parse()
                    .map_err(|bad| error::bad_name(request_id, &bad))?,
            ),
            None => None,
        };
        check_changes(request_id, &request.rest)?;
        let (store, by) = self.asking();
        store
            .change_room(by, request.room, name, request.rest, crate::now_ms())
            .await?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn set_room_role(&mut self, request: SetRoomRole) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        let SetRoomRole {
            request_id,
            room,
            person_id,
            role,
        } = request;
        store
            .set_room_role(by, room, person_id, role, crate::now_ms())
            .await?;
        Ok(ServerFrame::Done { request_id })
    }

    async fn remove_message(
        &mut self,
        request_id: RequestId,
        room: RoomRef,
        sequence: Sequence,
    ) -> Result<ServerFrame, Refusal> {
        let (store, by) = self.asking();
        store
            .remove_message(by, room, sequence, crate::now_ms())
            .await?;
        Ok(ServerFrame::Done { request_id })
    }
}

fn invalid(request_id: RequestId, message: impl Into<String>) -> ErrorReply {
    error::reply(request_id, ErrorCode::InvalidArgument, message)
}

fn check_changes(request_id: RequestId, changes: &RoomChanges) -> Result<(), ErrorReply> {
    check_topic(request_id, changes.topic.as_deref().unwrap_or_default())?;
    check_description(
        request_id,
        changes.description.as_deref().unwrap_or_default(),
    )?;
    if changes.retention_days > Some(RETENTION_DAYS_MAX) {
        let message = format!(
            "Messages are kept for {RETENTION_DAYS_MAX} days at most, or, with 0, for good."
        );
        return Err(invalid(request_id, message));
    }
    Ok(())
}

fn check_topic(request_id: RequestId, topic: &str) -> Result<(), ErrorReply> {
    if topic.chars().count() > TOPIC_CHARS_MAX || topic.contains(char::is_control) {
        let message = format!("A topic is one line of at most {TOPIC_CHARS_MAX} characters.");
        return Err(invalid(request_id, message));
    }
    Ok(())
}

fn check_description(request_id: RequestId, description: &str) -> Result<(), ErrorReply> {
    let is_control = |c: char| c.is_control() && c != '\n';
    if description.chars().count() > DESCRIPTION_CHARS_MAX || description.contains(is_control) {
        let message = format!("A description has at most {DESCRIPTION_CHARS_MAX} characters.");
        return Err(invalid(request_id, message));
    }
    Ok(())
}
