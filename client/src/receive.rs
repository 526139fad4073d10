//! What each frame of the server does. Every effect is idempotent: a repeated or late frame changes nothing.

use bytes::Bytes;
use litemap::LiteMap;
use shared::account::{InvitationDescription, Present, ServerDescription};
use shared::codec::Packet;
use shared::frame::{Person, Welcome};
use shared::room::RoomOpening;
use shared::{
    ErrorCode, ErrorReply, EventBody, PersonId, RequestId, Role, RoomEvent, RoomId, ServerFrame,
    TimestampMs,
};

use crate::api::{Change, Output};
use crate::client::Client;
use crate::connection::ConnectionState;
use crate::happened::Touched;
use crate::outbox::transaction_of;
use crate::timeline::Gap;
use crate::view::{Members, Presence, Room};

/// A timeline is trimmed when it has grown by so many events.
const TRIM_EVENTS: usize = 200;
/// No integer of the protocol is greater; a log starts at 1.
const SEQUENCE_MAX: u64 = 1 << 53;
/// How long typing holds unless it is repeated.
const TYPING_MS: u64 = 6_000;

impl Client {
    pub(crate) fn receive(&mut self, packet: Packet<ServerFrame>, now: TimestampMs) {
        let Packet { frame, payload } = packet;
        if let Some((asked, _)) = self.leaving {
            return self.receive_leaving(asked, &frame);
        }
        if self.inquiry.is_some() {
            return self.receive_inquired(frame);
        }
        self.timers.heard(now);
        match self.view.connection {
            ConnectionState::Greeting { request_id } => {
                self.receive_greeting(request_id, frame, now)
            }
            ConnectionState::Online => self.receive_online(frame, payload, now),
            ConnectionState::SignedOut { .. }
            | ConnectionState::Waiting { .. }
            | ConnectionState::Connecting => {}
        }
    }

    fn receive_greeting(&mut self, hello: RequestId, frame: ServerFrame, now: TimestampMs) {
        if let ServerFrame::Welcome(welcome) = frame {
            if welcome.request_id == hello {
                self.welcomed(welcome, now);
            }
        } else if let ServerFrame::Error(error) = frame {
            self.entry_refused(error, now);
        } else if let ServerFrame::SessionEnded {} = frame {
            self.session_ended(now);
        } else if let ServerFrame::Draining { reconnect_after_ms } = frame {
            self.timers.wait_at_least(reconnect_after_ms);
        }
    }

    fn receive_online(&mut self, frame: ServerFrame, payload: Bytes, now: TimestampMs) {
        match frame {
            ServerFrame::Done { request_id } => self.done(request_id, now),
            ServerFrame::MessageAccepted {
                transaction_id,
                room_id,
                sequence,
                ..
            } => {
                self.accepted(transaction_id, room_id, sequence, now);
            }
            ServerFrame::RoomJoined {
                request_id,
                room_id,
            } => self.joined(request_id, room_id),
            ServerFrame::RoomsListed { request_id, rooms } => {
                self.requests.remove(&request_id);
                self.view.directory = rooms;
                self.changed(Change::Directory);
            }
            ServerFrame::MembersListed {
                request_id,
                room_id,
                total,
                members,
            } => {
                self.requests.remove(&request_id);
                self.members_listed(
                    room_id,
                    Members {
                        total,
                        listed: members,
                    },
                );
            }
            ServerFrame::HistoryPage {
                request_id,
                room_id,
                events,
            } => {
                self.history_page(request_id, room_id, events, now);
            }
            ServerFrame::Error(error) => self.failed(error, now),
            ServerFrame::RoomEvent(event) => self.room_event(event, now),
            ServerFrame::RoomEntered { room } => self.entered(room, now),
            ServerFrame::RoomExited { room_id } => self.exited(room_id),
            ServerFrame::TypingChanged {
                room_id,
                person,
                typing,
            } => {
                self.typing(room_id, person, typing, now);
            }
            ServerFrame::UploadBegun { upload } => self.begun_elsewhere(upload),
            ServerFrame::UploadProgressed {
                file_id,
                received_bytes,
            } => self.arriving(file_id, received_bytes),
            ServerFrame::UploadEnded { upload_id } => self.ended_elsewhere(upload_id, now),
            ServerFrame::UploadsListed {
                request_id,
                uploads,
            } => self.elsewhere_listed(request_id, uploads),
            ServerFrame::PresenceListed { total, people } => self.presence_listed(total, people),
            ServerFrame::PresenceChanged { total, came, left } => self.presence(total, came, left),
            ServerFrame::Draining { reconnect_after_ms } => {
                self.timers.wait_at_least(reconnect_after_ms);
            }
            ServerFrame::UploadStatus(status) => self.upload_status(status, now),
            ServerFrame::ChunkStored {
                request_id,
                upload_id,
                index,
                hash,
            } => self.chunk_stored(request_id, upload_id, index, hash, now),
            ServerFrame::UploadFinished {
                request_id,
                upload_id,
                file,
            } => self.upload_finished(request_id, upload_id, file, now),
            ServerFrame::FileDescribed(description) => self.file_described(description, now),
            ServerFrame::ChunkRead {
                request_id,
                file_id,
                index,
                ..
            } => self.chunk_read(request_id, file_id, index, payload, now),
            answer @ (ServerFrame::ServerDescribed(ServerDescription { request_id, .. })
            | ServerFrame::InvitationDescribed(InvitationDescription {
                request_id,
                ..
            })
            | ServerFrame::BansListed { request_id, .. }
            | ServerFrame::LinkDescribed { request_id, .. }
            | ServerFrame::FilesListed { request_id, .. }
            | ServerFrame::PeopleFound { request_id, .. }
            | ServerFrame::ProfileDescribed { request_id, .. }
            | ServerFrame::TotpBegun { request_id, .. }
            | ServerFrame::SessionsListed { request_id, .. }
            | ServerFrame::BotCreated { request_id, .. }
            | ServerFrame::BotsListed { request_id, .. }
            | ServerFrame::InvitationCreated { request_id, .. }
            | ServerFrame::InvitationsListed { request_id, .. }
            | ServerFrame::PeopleListed { request_id, .. }
            | ServerFrame::AllRoomsListed { request_id, .. }
            | ServerFrame::SettingsDescribed { request_id, .. }
            | ServerFrame::StorageDescribed { request_id, .. }
            | ServerFrame::AuditPage { request_id, .. }
            | ServerFrame::ReportsListed { request_id, .. }) => self.answered(request_id, answer),
            ServerFrame::AccountChanged { person, role } => self.account_changed(person, role),
            ServerFrame::SessionEnded {} => self.session_ended(now),
            ServerFrame::ReadMarkerMoved {
                room_id,
                person_id,
                marker,
                counted_to,
            } => self.read_marker_moved(room_id, person_id, marker, counted_to, now),
            // The core greets once per connection and pings to hear anything.
            ServerFrame::Welcome(_) | ServerFrame::Pong { .. } | ServerFrame::Unknown => {}
        }
    }

    fn welcomed(&mut self, welcome: Welcome, now: TimestampMs) {
        self.timers.signed_in();
        if self.epoch != Some(welcome.epoch) {
            self.view.rooms.clear();
            self.last_read.clear();
            let gone = self.view.outbox.epoch_changed();
            self.uploads_posted(&gone, now);
            self.begin_finished_uploads_again();
            self.epoch = Some(welcome.epoch);
        }
        self.become_person(welcome.person, now);
        self.view.server = Some(welcome.server);
        self.view.limits = welcome.limits;
        if let Some(token) = welcome.session_token.filter(|_| !self.cookie) {
            self.token = Some(token.into());
        }
        self.came_in();
        self.view.role = welcome.role;
        let mut gone = std::mem::take(&mut self.view.rooms);
        for opening in welcome.rooms {
            let known = gone.remove(&opening.room.room_id);
            self.open_room(opening, known, now);
        }
        self.persist();
        self.set_state(ConnectionState::Online);
        self.repeat_presence(now);
        self.tell_marks(now);
        self.list_elsewhere(now);
        self.changed(Change::Rooms);
        self.downloads_connected();
        let room_ids: Vec<RoomId> = self.view.rooms.keys().copied().collect();
        for room_id in room_ids {
            self.fill_gap(room_id, now);
        }
        if let Some(room_id) = self.shown_room {
            self.ask_who_has_read(room_id, now);
        }
        self.flush(now);
    }

    fn open_room(&mut self, opening: RoomOpening, known: Option<Room>, now: TimestampMs) {
        let room_id = opening.room.room_id;
        // Where nobody knows how far one has read, what was said before one first came here is not unread.
        let unknown = match opening.read {
            Some(read) => read.sequence,
            None => opening.room.last_sequence,
        };
        let last_read = self.last_read.get(&room_id).copied().unwrap_or(unknown);
        let mut room = Room {
            last_read,
            ..Room::new(opening.room, self.config.timeline_events_max)
        };
        if let Some(known) = known {
            room.timeline = known.timeline;
            room.members = known.members;
            room.read_by = known.read_by;
            room.mentioning = known.mentioning;
        }
        room.timeline.begin_at(opening.first_sequence);
        room.timeline.open(opening.events_from);
        self.view.rooms.insert(room_id, room);
        self.compare_marks(room_id, opening.read, now);
    }

    fn newest_gap(&self, room_id: RoomId) -> Option<Gap> {
        self.view.rooms.get(&room_id)?.timeline.newest_gap()
    }

    fn fill_gap(&mut self, room_id: RoomId, now: TimestampMs) {
        let gap_fill_events_max = self.config.gap_fill_events_max;
        let newest = self.newest_gap(room_id);
        if let Some(gap) = newest.filter(|gap| gap.events() <= gap_fill_events_max) {
            // Refused only while a page is being read; its arrival leads here again.
            let _ = self.read_history(room_id, Some(gap.last.next()), now);
        }
    }

    fn room_event(&mut self, event: RoomEvent, now: TimestampMs) {
        let room_id = event.room_id;
        if self.insert(event, now) {
            self.settle(room_id, now);
            self.fill_gap(room_id, now);
            self.trim(room_id);
            self.flush(now);
        }
    }

    fn history_page(
        &mut self,
        request_id: RequestId,
        room_id: RoomId,
        events: Vec<RoomEvent>,
        now: TimestampMs,
    ) {
        let asked = self.requests.remove(&request_id).flatten();
        if let Some(room) = self.view.rooms.get_mut(&room_id)
            && asked.is_some()
        {
            room.reading_history = false;
        }
        let mut news = false;
        for event in events {
            news |= self.insert(event, now);
        }
        self.settle(room_id, now);
        if let Some(room) = self.view.rooms.get_mut(&room_id) {
            // What a person went back to is not to vanish with the next event.
            room.keep_events = room.keep_events.max(room.timeline.len());
        }
        // A page that brought nothing into the gap it was read for would be read again and again.
        let end = self.newest_gap(room_id).map(|gap| gap.last.next());
        if news || asked.map(|(_, before)| before) != end {
            self.fill_gap(room_id, now);
        }
        self.flush(now);
        self.changed(Change::Timeline(room_id));
    }

    /// Puts the event at its place. Whether it is new.
    fn insert(&mut self, mut event: RoomEvent, now: TimestampMs) -> bool {
        if !(1..=SEQUENCE_MAX).contains(&event.sequence.0) {
            return false;
        }
        let room_id = event.room_id;
        let room = self.view.rooms.get(&room_id);
        let mentions_me = room.is_some_and(|room| self.view.is_mentioned(room, &event));
        let Some(room) = self.view.rooms.get_mut(&room_id) else {
            return false;
        };
        let person_id = self.view.person.as_ref().map(|person| person.id);
        let own = person_id == Some(event.person.id);
        let own_id = transaction_of(&event).filter(|_| own);
        let just_happened = event.sequence > room.info.last_sequence;
        let stopped_typing = just_happened && room.typing.remove(&event.person.id).is_some();
        let touched = match just_happened {
            true => room.happened(&event, person_id),
            false => Touched::default(),
        };
        let unwanted = room.no_longer_awaited(&event);
        let amended = room.amend_messages(&event);
        room.catch_up(&mut event);
        let arrived = match &event.event {
            EventBody::FileArrived { file, .. } => Some(file.file_id),
            _ => None,
        };
        if mentions_me {
            room.note_mention(event.sequence);
        }
        let new = room.timeline.insert(event);
        if let Some(message) = own_id.and_then(|id| self.view.outbox.seen(id)) {
            self.uploads_posted(&[message], now);
            self.outbox_shrank(now);
        }
        if stopped_typing {
            self.changed(Change::Typing(room_id));
        }
        if touched.info {
            self.changed(Change::Rooms);
        }
        if touched.members {
            self.changed(Change::Members(room_id));
        }
        for file_id in arrived.iter().chain(&unwanted) {
            self.no_longer_arriving(*file_id);
        }
        for file_id in unwanted {
            self.no_longer_posted(file_id, now);
        }
        if new || amended {
            self.changed(Change::Timeline(room_id));
            self.changed(Change::Unread(room_id));
        }
        new
    }

    /// Keeps a room that nobody looks at from growing for ever; what is forgotten can be read again.
    pub(crate) fn trim(&mut self, room_id: RoomId) {
        if self.shown_room == Some(room_id) {
            return;
        }
        if let Some(room) = self.view.rooms.get_mut(&room_id)
            && !room.reading_history
            && room.timeline.len() > room.keep_events + TRIM_EVENTS
        {
            room.timeline.trim(room.keep_events);
        }
    }

    fn settle(&mut self, room_id: RoomId, now: TimestampMs) {
        if let Some(room) = self.view.rooms.get(&room_id) {
            let gone = self.view.outbox.settle(room_id, &room.timeline);
            self.uploads_posted(&gone, now);
        }
    }

    fn accepted(
        &mut self,
        id: shared::TransactionId,
        room_id: RoomId,
        sequence: shared::Sequence,
        now: TimestampMs,
    ) {
        if self.view.outbox.accepted(id, sequence) {
            self.settle(room_id, now);
            self.outbox_shrank(now);
            self.changed(Change::Timeline(room_id));
            self.flush(now);
        }
    }

    fn failed(&mut self, error: ErrorReply, now: TimestampMs) {
        if let Some(asked) = self.transfers.requests.remove(&error.request_id) {
            return self.transfer_refused(asked, error, now);
        }
        if let Some(room_id) = self.view.outbox.refused(&error, now) {
            return self.outbox_changed(room_id, now);
        }
        let request_id = error.request_id;
        if let Some(page) = self.requests.remove(&request_id) {
            if let Some(room) = page.and_then(|(id, _)| self.view.rooms.get_mut(&id)) {
                room.reading_history = false;
            }
            self.changed(Change::RequestFailed { request_id, error });
        } else if error.code == ErrorCode::InvalidToken {
            self.thrown_out(error, now);
        } else if error.code == ErrorCode::NotSignedIn {
            self.give_up(error.message, now);
        }
    }

    fn done(&mut self, request_id: RequestId, now: TimestampMs) {
        if let Some(asked) = self.transfers.requests.remove(&request_id) {
            self.transfer_done(asked, now);
        } else if self.requests.remove(&request_id).is_some() {
            self.output(Output::Changed(Change::RequestDone { request_id }));
        }
    }

    pub(crate) fn answered(&mut self, request_id: RequestId, answer: ServerFrame) {
        if self.requests.remove(&request_id).is_some() {
            let answer = Box::new(answer);
            self.changed(Change::Answered { request_id, answer });
        }
    }

    fn account_changed(&mut self, person: Person, role: Role) {
        if self.view.person.as_ref().map(|own| own.id) != Some(person.id) {
            return;
        }
        self.view.person = Some(person);
        self.view.role = role;
        self.persist();
        self.changed(Change::Connection);
    }

    fn joined(&mut self, request_id: RequestId, room_id: RoomId) {
        if self.requests.remove(&request_id).is_some() {
            self.changed(Change::RoomJoined {
                request_id,
                room_id,
            });
        }
    }

    fn members_listed(&mut self, room_id: RoomId, members: Members) {
        if let Some(room) = self.view.rooms.get_mut(&room_id) {
            room.read_by.clear();
            for member in &members.listed {
                if let Some(read) = member.read_sequence {
                    room.read_by.insert(member.person.id, read);
                }
            }
            room.members = Some(members);
            self.changed(Change::Members(room_id));
            self.changed(Change::ReadBy(room_id));
        }
    }

    fn entered(&mut self, opening: RoomOpening, now: TimestampMs) {
        if self.view.rooms.contains_key(&opening.room.room_id) {
            return;
        }
        self.open_room(opening, None, now);
        self.persist();
        self.tell_marks(now);
        self.changed(Change::Rooms);
    }

    fn exited(&mut self, room_id: RoomId) {
        if self.view.rooms.remove(&room_id).is_some() {
            self.last_read.remove(&room_id);
            self.persist();
            self.changed(Change::Rooms);
        }
    }

    fn typing(&mut self, room_id: RoomId, person: Person, typing: bool, now: TimestampMs) {
        let own = self.view.person.as_ref().map(|own| own.id) == Some(person.id);
        let Some(room) = self.view.rooms.get_mut(&room_id).filter(|_| !own) else {
            return;
        };
        if typing {
            room.typing
                .insert(person.id, (person, now.plus_ms(TYPING_MS)));
        } else {
            room.typing.remove(&person.id);
        }
        self.changed(Change::Typing(room_id));
    }

    fn presence_listed(&mut self, total: u32, people: Vec<Present>) {
        self.view.presence = Presence::default();
        self.presence(total, people, Vec::new());
    }

    fn presence(&mut self, total: u32, came: Vec<Present>, left: Vec<PersonId>) {
        let mut people = LiteMap::new();
        for present in came {
            people.insert(present.person.id, present);
        }
        self.renamed(&people);
        let presence = &mut self.view.presence;
        presence.total = total;
        for (id, present) in people {
            presence.people.insert(id, present);
        }
        presence.people.retain(|id, _| !left.contains(id));
        self.changed(Change::Presence);
    }

    /// Somebody may have another name than before; in events the old one stays.
    fn renamed(&mut self, people: &LiteMap<PersonId, Present>) {
        let mut renamed: Vec<RoomId> = Vec::new();
        for (room_id, room) in &mut self.view.rooms {
            let members = room.members.iter_mut().flat_map(|all| &mut all.listed);
            let members = members.map(|member| &mut member.person);
            for known in members.chain(&mut room.info.people) {
                let name = people.get(&known.id).map(|present| &present.person.name);
                if let Some(name) = name.filter(|name| **name != known.name) {
                    known.name.clone_from(name);
                    if renamed.last() != Some(room_id) {
                        renamed.push(*room_id);
                    }
                }
            }
        }
        if !renamed.is_empty() {
            self.changed(Change::Rooms);
        }
        for room_id in renamed {
            self.changed(Change::Members(room_id));
        }
    }
}
