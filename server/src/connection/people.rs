//! Profiles, presence, and how far people have read.

use std::collections::HashMap;

use shared::account::{ChangeProfile, PresenceState, Profile};
use shared::frame::Person;
use shared::room::{Member, ReadMarker, RoomInfo};
use shared::{
    ClientFrame, ErrorCode, ErrorReply, PersonId, RequestId, Role, RoomId, RoomRef, Sequence,
    ServerFrame,
};

use super::requests::not_served;
use super::session::Connection;
use crate::error;
use crate::marks::{Marks, Untold};
use crate::store::NewProfile;
use crate::wire::Framing;

impl Connection {
    pub(super) async fn handle_people_request(
        &mut self,
        request: ClientFrame,
    ) -> Option<ServerFrame> {
        let answer = match request {
            ClientFrame::MarkRead { room, sequence } => {
                self.mark_read(&room, sequence).await;
                return None;
            }
            ClientFrame::SetPresence { state } => {
                return self.set_presence(state).err().map(ServerFrame::Error);
            }
            ClientFrame::FindPeople { request_id, query } => {
                self.find_people(request_id, &query).await
            }
            ClientFrame::DescribePerson {
                request_id,
                person_id,
            } => self.describe_person(request_id, person_id).await,
            ClientFrame::ChangeProfile(change) => self.change_profile(change).await,
            other => Err(not_served(other.request_id())),
        };
        Some(answer.unwrap_or_else(ServerFrame::Error))
    }

    /// Where the person is not in the room, or said as much before, nobody is told.
    async fn mark_read(&mut self, room: &RoomRef, sequence: Sequence) {
        let Some(cursor) = self.cursor_to(room).map(|at| &self.cursors[at]) else {
            return;
        };
        // Events that this connection was sent may be newer than what the room heard of before it had followers.
        let sent = Sequence(cursor.next.0.saturating_sub(1));
        let mark = Untold {
            room: cursor.room.id(),
            sequence: sequence.min(cursor.room.last().max(sent)),
            by: self.mailbox.number,
        };
        let person = self.account.person.id;
        if let Some(mark) = self.context.marks.read(person, mark) {
            Marks::tell(&self.context.hub, &self.context.store, person, vec![mark]).await;
        }
    }

    /// How far the person has read in these rooms, and what has come since.
    pub(super) async fn read_markers<'a>(
        &mut self,
        request_id: RequestId,
        rooms: impl Iterator<Item = &'a RoomInfo>,
    ) -> Result<HashMap<RoomId, ReadMarker>, ErrorReply> {
        let person = self.account.person.id;
        // Before the store is asked, so that what it stores in between is in one of both.
        let ahead = self.context.marks.read_by(person);
        let rooms = rooms.map(|room| (room.room_id, room.last_sequence));
        let rooms = rooms.collect();
        let read = self.context.store.read_markers(person, rooms, ahead);
        read.await
            .map_err(|failed| error::from_store(request_id, failed))
    }

    fn set_presence(&self, state: PresenceState) -> Result<(), ErrorReply> {
        match state {
            PresenceState::Online | PresenceState::Away | PresenceState::DoNotDisturb => {
                self.context.hub.set_presence(&self.mailbox, state);
                Ok(())
            }
            PresenceState::Offline | PresenceState::Unknown => Err(error::reply(
                RequestId::default(),
                ErrorCode::InvalidArgument,
                "One who is connected is online, away or do_not_disturb.",
            )),
        }
    }

    async fn find_people(
        &mut self,
        request_id: RequestId,
        query: &str,
    ) -> Result<ServerFrame, ErrorReply> {
        let found = self.context.store.find_people(query, crate::now_ms()).await;
        let mut people = found.map_err(|failed| error::from_store(request_id, failed))?;
        self.show(&mut people);
        Ok(ServerFrame::PeopleFound { request_id, people })
    }

    async fn describe_person(
        &mut self,
        request_id: RequestId,
        person: PersonId,
    ) -> Result<ServerFrame, ErrorReply> {
        let found = self.context.store.profile(person, crate::now_ms()).await;
        let mut profile = found.map_err(|failed| error::from_store(request_id, failed))?;
        self.show(std::slice::from_mut(&mut profile));
        Ok(ServerFrame::ProfileDescribed {
            request_id,
            profile,
        })
    }

    async fn change_profile(&mut self, change: ChangeProfile) -> Result<ServerFrame, ErrorReply> {
        let request_id = change.request_id;
        let person = self.account.person.id;
        let new = new_profile(change)?;
        let changed = self
            .context
            .store
            .change_profile(person, new, crate::now_ms())
            .await;
        let mut profile = changed.map_err(|failed| error::from_store(request_id, failed))?;
        if profile.person != self.account.person {
            let hub = &self.context.hub;
            hub.account_changed(&profile.person, profile.role);
        }
        self.show(std::slice::from_mut(&mut profile));
        Ok(ServerFrame::ProfileDescribed {
            request_id,
            profile,
        })
    }

    /// Adds whether the people are here, and takes away what the reader is not to see.
    fn show(&self, profiles: &mut [Profile]) {
        let ids = profiles.iter().map(|profile| profile.person.id);
        let states = self.context.hub.presence_of(ids);
        for (profile, state) in profiles.iter_mut().zip(states) {
            let person = profile.person.id;
            profile.presence = state;
            let is_own = person == self.account.person.id;
            if state != PresenceState::Offline || (profile.hides_last_seen && !is_own) {
                profile.last_seen_ms = None;
            } else {
                let newer = self.context.marks.last_seen(person);
                profile.last_seen_ms = profile.last_seen_ms.max(newer);
            }
            if !is_own {
                profile.hides_last_seen = false;
                profile.has_totp = false;
                profile.has_password = false;
            }
        }
    }

    /// Adds whether the members are here and, in a small room, how far they have read.
    pub(super) async fn describe_members(
        &mut self,
        request_id: RequestId,
        room: RoomId,
        members: &mut [Member],
    ) -> Result<(), ErrorReply> {
        let states = self
            .context
            .hub
            .presence_of(members.iter().map(|member| member.person.id));
        let read = self.context.store.read_sequences(room).await;
        let read = read.map_err(|failed| error::from_store(request_id, failed))?;
        for (member, state) in members.iter_mut().zip(states) {
            let is_more = state != PresenceState::Online && state != PresenceState::Offline;
            member.presence = is_more.then_some(state);
            member.online = state != PresenceState::Offline;
            let person = member.person.id;
            if let Some(stored) = read.get(&person) {
                let ahead = self.context.marks.read_in(person, room);
                member.read_sequence = ahead.max(Some(*stored));
            }
        }
        // Somebody may have left since those who are here were put first.
        members.sort_by_key(|member| !member.online);
        Ok(())
    }

    /// Takes over a name or role that somebody gave the person, and says so.
    pub(super) fn account_changed(&mut self, (person, role): (Person, Role), framing: Framing) {
        self.account.person = person.clone();
        self.account.role = role;
        self.push(ServerFrame::AccountChanged { person, role }, framing);
    }
}

fn new_profile(change: ChangeProfile) -> Result<NewProfile, ErrorReply> {
    let request_id = change.request_id;
    let name = change.name.map(|name| name.parse()).transpose();
    let avatar = match (change.avatar, change.remove_avatar) {
        (Some(_), true) => {
            let message = "A picture is set or removed, not both.";
            return Err(error::reply(
                request_id,
                ErrorCode::InvalidArgument,
                message,
            ));
        }
        (Some(file_id), false) => Some(Some(file_id)),
        (None, true) => Some(None),
        (None, false) => None,
    };
    Ok(NewProfile {
        name: name.map_err(|bad| error::bad_name(request_id, &bad))?,
        status_text: change.status_text,
        avatar,
        hides_last_seen: change.hides_last_seen,
    })
}
