//! How far one has read, what is unread and whom it mentions, and how far others have read.
//!
//! A mark counts here at once. The server is told it, no more often than a second, and tells it one's other devices.
//! Of messages that are not known here the server's count holds, of those that are known, one's own.

use litemap::LiteMap;
use shared::account::PresenceState;
use shared::limits::{MENTION_ALL_MEMBERS_MAX, READ_BY_MEMBERS_MAX, UNREAD_MAX};
use shared::room::ReadMarker;
use shared::{
    ClientFrame, EventBody, PersonId, RoomEvent, RoomId, Sequence, TimestampMs, mentions, names,
};

use crate::api::{Change, CommandError, Ticket};
use crate::client::Client;
use crate::connection::ConnectionState;
use crate::view::{Room, View};

/// The server is told how far one has read in a room at most this often.
const TELL_PAUSE_MS: u64 = 1_000;

/// What the server counted in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    /// From where, and how much.
    pub(crate) marker: ReadMarker,
    /// Up to which event.
    pub(crate) to: Sequence,
}

/// What the server knows of how far one has read.
#[derive(Debug, Default)]
pub(crate) struct ToldMarks {
    rooms: LiteMap<RoomId, Told>,
    /// Rooms in which one has read on since, and when that may be said.
    due: LiteMap<RoomId, TimestampMs>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Told {
    sequence: Sequence,
    at: Option<TimestampMs>,
}

impl ToldMarks {
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        self.due.values().min().copied()
    }

    /// What was said on the connection may not have come.
    pub(crate) fn disconnected(&mut self) {
        self.due.clear();
    }

    /// The server knows this much.
    fn knows(&mut self, room_id: RoomId, sequence: Sequence) {
        self.rooms.entry(room_id).or_default().sequence = sequence;
    }

    /// Notes that one has read up to `sequence`, which the server is told when its time has come.
    fn owe(&mut self, room_id: RoomId, sequence: Sequence, now: TimestampMs) {
        let told = self.rooms.entry(room_id).or_default();
        if sequence > told.sequence {
            let due = told.at.map_or(now, |at| at.plus_ms(TELL_PAUSE_MS).max(now));
            self.due.insert(room_id, due);
        } else {
            self.due.remove(&room_id);
        }
    }

    /// Rooms whose time has come.
    fn take_due(&mut self, now: TimestampMs) -> Vec<RoomId> {
        let due = self.due.iter().filter(|(_, at)| **at <= now);
        let due = due.map(|(room_id, _)| *room_id).collect();
        self.due.retain(|_, at| *at > now);
        due
    }
}

impl View {
    /// Messages of others after the last read one. Of events that are not known here, because they were not read from
    /// the server yet or are not kept, those count that the server counted, or all where it did not.
    pub fn unread(&self, room_id: RoomId) -> u64 {
        let room = self.rooms.get(&room_id);
        room.map_or(0, |room| self.messages_after(room, room.last_read))
    }

    /// How many of them mention oneself.
    pub fn mentions(&self, room_id: RoomId) -> u64 {
        let Some(room) = self.rooms.get(&room_id) else {
            return 0;
        };
        let known = room.mentions_between(room.last_read, Sequence(u64::MAX));
        let counted = room.counted.map_or(0, |counted| {
            let at = counted.marker.sequence;
            let elsewhere = u64::from(counted.marker.mentions);
            let elsewhere = elsewhere.saturating_sub(room.mentions_between(at, counted.to));
            elsewhere.min(room.unknown_between(room.last_read, counted.to))
        });
        known + counted
    }

    /// In all rooms.
    pub fn mentions_in_all(&self) -> u64 {
        self.rooms.keys().map(|id| self.mentions(*id)).sum()
    }

    /// Who else has read a room up to this event or further, as far as it is known here.
    pub fn readers(&self, room_id: RoomId, sequence: Sequence) -> Vec<PersonId> {
        let own = self.person.as_ref().map(|person| person.id);
        let read_by = self.rooms.get(&room_id).into_iter();
        read_by
            .flat_map(|room| &room.read_by)
            .filter(|(id, read)| **read >= sequence && Some(**id) != own)
            .map(|(id, _)| *id)
            .collect()
    }

    /// Messages of others after this one, counted as unread ones are.
    pub(crate) fn messages_after(&self, room: &Room, sequence: Sequence) -> u64 {
        let events = room.timeline.events_after(sequence);
        let not_counted = events.filter(|event| !self.is_message_of_others(event));
        let after = room.info.last_sequence.0.saturating_sub(sequence.0);
        let after = after.saturating_sub(not_counted.count() as u64);
        after.saturating_sub(self.no_messages_after(room, sequence))
    }

    /// Events after this one that are not known here and of which the server knows that they do not count.
    fn no_messages_after(&self, room: &Room, sequence: Sequence) -> u64 {
        // Beyond the greatest count the server says nothing.
        let counted = room.counted.filter(|counted| {
            counted.marker.unread < UNREAD_MAX && sequence >= counted.marker.sequence
        });
        let Some(counted) = counted else { return 0 };
        let unknown = room.unknown_between(sequence, counted.to);
        if unknown == 0 {
            return 0;
        }
        let events = room
            .timeline
            .events_after(counted.marker.sequence)
            .take_while(|event| event.sequence <= counted.to);
        let known = events.filter(|event| self.is_message_of_others(event));
        let messages = u64::from(counted.marker.unread).saturating_sub(known.count() as u64);
        unknown.saturating_sub(messages)
    }

    /// Whether a message mentions oneself, and not somebody known whose name only begins like one's own.
    pub(crate) fn is_mentioned(&self, room: &Room, event: &RoomEvent) -> bool {
        let EventBody::MessageSent { text, .. } = &event.event else {
            return false;
        };
        text.contains('@')
            && self.is_message_of_others(event)
            && !self.mentions_in(room, text).is_empty()
    }

    /// Where the text mentions oneself.
    pub(crate) fn mentions_in(&self, room: &Room, text: &str) -> Vec<std::ops::Range<usize>> {
        let Some(own) = &self.person else {
            return Vec::new();
        };
        let own = names::key(&own.name);
        let found = mentions::find(text, |key| {
            if key == own || (mentions::is_everyone(key) && room.calls_everyone()) {
                return Some(true);
            }
            let is_longer = key.len() > own.len() && key.starts_with(&own);
            (is_longer && self.is_known(room, key)).then_some(false)
        });
        let own = found.into_iter().filter(|(_, is_own)| *is_own);
        own.map(|(at, _)| at).collect()
    }

    /// Whether somebody of a room has a name of this key.
    fn is_known(&self, room: &Room, key: &str) -> bool {
        let members = room.members.iter().flat_map(|members| &members.listed);
        let members = members.map(|member| &member.person);
        let present = self.presence.people.values().map(|here| &here.person);
        let mut people = members.chain(present).chain(&room.info.people);
        people.any(|person| names::key(&person.name) == key)
    }
}

impl Room {
    /// Notes that the message at this place mentions oneself.
    pub(crate) fn note_mention(&mut self, sequence: Sequence) {
        if let Err(at) = self.mentioning.binary_search(&sequence) {
            self.mentioning.insert(at, sequence);
        }
    }

    /// Whether the message at this place mentions oneself.
    pub fn mentions_me(&self, sequence: Sequence) -> bool {
        self.mentioning.binary_search(&sequence).is_ok()
    }

    /// Whether so few are in it that they see how far each has read.
    pub fn is_small(&self) -> bool {
        self.info.members <= READ_BY_MEMBERS_MAX
    }

    /// Whether `@all` means somebody here.
    fn calls_everyone(&self) -> bool {
        self.info.members <= MENTION_ALL_MEMBERS_MAX
    }

    /// Events after `from` and up to `to` that are not known here.
    fn unknown_between(&self, from: Sequence, to: Sequence) -> u64 {
        let known = self.timeline.events_after(from);
        let known = known.take_while(|event| event.sequence <= to).count();
        to.0.saturating_sub(from.0).saturating_sub(known as u64)
    }

    /// A message that was removed mentions nobody any more.
    fn mentions_between(&self, from: Sequence, to: Sequence) -> u64 {
        if from >= to {
            return 0;
        }
        let first = self.mentioning.partition_point(|at| *at <= from);
        let found = self.mentioning[first..].iter();
        let found = found.take_while(|at| **at <= to);
        let stays = |sequence: &&Sequence| {
            let event = self.timeline.range(**sequence..=**sequence).next();
            event.is_none_or(|event| event.event.is_message())
        };
        found.filter(stays).count() as u64
    }

    /// One has read up to here. Whether that is news.
    fn read(&mut self, up_to: Sequence) -> bool {
        let is_news = up_to > self.last_read;
        self.last_read = self.last_read.max(up_to);
        if self
            .counted
            .is_some_and(|counted| self.last_read >= counted.to)
        {
            self.counted = None;
        }
        is_news
    }

    /// Takes over what the server knows.
    fn count(&mut self, counted: Counted) {
        self.counted = Some(counted);
        self.read(counted.marker.sequence);
    }
}

impl Client {
    pub(crate) fn mark_read(
        &mut self,
        room_id: RoomId,
        up_to: Sequence,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let room = self
            .view
            .rooms
            .get_mut(&room_id)
            .ok_or(CommandError::NotAMember)?;
        if room.read(up_to.min(room.info.last_sequence)) {
            self.has_read(room_id, now);
        }
        Ok(Ticket::Done)
    }

    /// Stores and tells how far one has read.
    fn has_read(&mut self, room_id: RoomId, now: TimestampMs) {
        let Some(room) = self.view.rooms.get(&room_id) else {
            return;
        };
        let last_read = room.last_read;
        self.last_read.insert(room_id, last_read);
        self.persist_soon(now);
        self.changed(Change::Unread(room_id));
        if self.view.connection == ConnectionState::Online {
            self.told_marks.owe(room_id, last_read, now);
            self.tell_marks(now);
        }
    }

    /// Says how far one has read where its time has come.
    pub(crate) fn tell_marks(&mut self, now: TimestampMs) {
        if self.view.connection != ConnectionState::Online {
            return;
        }
        for room_id in self.told_marks.take_due(now) {
            let Some(sequence) = self.view.rooms.get(&room_id).map(|room| room.last_read) else {
                continue;
            };
            let at = Some(now);
            self.told_marks.rooms.insert(room_id, Told { sequence, at });
            let room = room_id.into();
            self.send(ClientFrame::MarkRead { room, sequence }, now);
        }
    }

    /// A room was opened with what the server knows: what it does not, it is to be told.
    pub(crate) fn compare_marks(
        &mut self,
        room_id: RoomId,
        read: Option<ReadMarker>,
        now: TimestampMs,
    ) {
        let Some(room) = self.view.rooms.get_mut(&room_id) else {
            return;
        };
        let told = read.map(|read| read.sequence).unwrap_or_default();
        if let Some(marker) = read {
            let to = room.info.last_sequence;
            room.count(Counted { marker, to });
        }
        self.last_read.insert(room_id, room.last_read);
        self.told_marks.knows(room_id, told);
        self.told_marks.owe(room_id, room.last_read, now);
    }

    pub(crate) fn read_marker_moved(
        &mut self,
        room_id: RoomId,
        person_id: PersonId,
        marker: ReadMarker,
        counted_to: Option<Sequence>,
        now: TimestampMs,
    ) {
        let own = self.view.person.as_ref().map(|own| own.id) == Some(person_id);
        let Some(room) = self.view.rooms.get_mut(&room_id) else {
            return;
        };
        if !own {
            let read = room.read_by.entry(person_id).or_default();
            if marker.sequence > *read {
                *read = marker.sequence;
                self.changed(Change::ReadBy(room_id));
            }
            return;
        }
        // Late, and passed by what was read here since.
        if marker.sequence < room.last_read {
            return;
        }
        let to = counted_to.unwrap_or(room.info.last_sequence);
        room.count(Counted { marker, to });
        self.told_marks.knows(room_id, marker.sequence);
        self.has_read(room_id, now);
    }

    /// What one says of whether one is there, on this connection and the next ones. One who is here is not offline.
    pub(crate) fn set_presence(&mut self, state: PresenceState, now: TimestampMs) -> Ticket {
        let is_there = !matches!(state, PresenceState::Offline | PresenceState::Unknown);
        if is_there && self.view.attention != state {
            self.view.attention = state;
            self.changed(Change::Presence);
            if self.view.connection == ConnectionState::Online {
                self.send(ClientFrame::SetPresence { state }, now);
            }
        }
        Ticket::Done
    }

    pub(crate) fn repeat_presence(&mut self, now: TimestampMs) {
        let state = self.view.attention;
        // As which the server takes whoever connects.
        if state != PresenceState::Online {
            self.send(ClientFrame::SetPresence { state }, now);
        }
    }

    /// Asks once per connection how far others have read a small room; from then on the server tells.
    pub(crate) fn ask_who_has_read(&mut self, room_id: RoomId, now: TimestampMs) {
        let room = self.view.rooms.get(&room_id);
        if self.view.connection == ConnectionState::Online
            && room.is_some_and(Room::is_small)
            && self.members_asked.insert(room_id, ()).is_none()
        {
            // Refused only while offline.
            let _ = self.request(now, None, |request_id| ClientFrame::ListMembers {
                request_id,
                room: room_id.into(),
            });
        }
    }
}
