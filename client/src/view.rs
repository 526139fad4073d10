//! What a screen shows. Only the core changes it; every change is announced by a [`crate::Change`].

use litemap::LiteMap;
use shared::account::{PresenceState, Present};
use shared::frame::{Person, ServerInfo};
use shared::limits::Limits;
use shared::room::{Member, RoomInfo};
use shared::{
    ErrorReply, EventBody, FileId, PersonId, Role, RoomEvent, RoomId, Sequence, TimestampMs,
    UploadId, UploadInfo,
};

use crate::api::Entry;
use crate::connection::ConnectionState;
use crate::outbox::{Outbox, PendingMessage};
use crate::reading::Counted;
use crate::timeline::Timeline;
use crate::transfer::{Download, DownloadId, Upload};

/// Everything there is to see.
#[derive(Debug, Default)]
pub struct View {
    /// Whether one is online, and if not, why.
    pub connection: ConnectionState,
    /// Oneself; `None` before the first sign-in. While one is coming in, who one was before.
    pub person: Option<Person>,
    /// How one is coming in, or, while one is signed out, what was refused, so that it can be put right; `None` once
    /// one is in.
    pub entry: Option<Entry>,
    /// Why the last try to come in failed for good, or why one is out; its code says whether to ask for more than
    /// before. What only has to wait is told by [`ConnectionState::Waiting`].
    pub refusal: Option<ErrorReply>,
    /// As of [`crate::Snapshot::unconfirmed`].
    pub(crate) unconfirmed: bool,
    /// What one is on this server.
    pub role: Role,
    /// `None` before the first connection.
    pub server: Option<ServerInfo>,
    /// As the server stated them.
    pub limits: Limits,
    /// One's own rooms.
    pub rooms: LiteMap<RoomId, Room>,
    /// Every room that one may join, as of the last [`crate::Command::ListRooms`].
    pub directory: Vec<RoomInfo>,
    /// Who is online.
    pub presence: Presence,
    /// What one says oneself of whether one is there, on this device.
    pub attention: PresenceState,
    /// One's messages that are not in a timeline yet.
    pub outbox: Outbox,
    /// One's files that are on their way, or wait to be attached.
    pub uploads: LiteMap<UploadId, Upload>,
    /// One's uploads that other devices send, and those that nobody goes on with.
    pub elsewhere: LiteMap<UploadId, UploadInfo>,
    /// How much is there of files that messages carry before they are there, in bytes. What is not here is not known.
    pub arriving: LiteMap<FileId, u64>,
    /// Files on their way from the server, and those that ended.
    pub downloads: LiteMap<DownloadId, Download>,
}

impl View {
    /// Whether there is anything to show of somebody: a session, though perhaps no connection.
    pub fn is_signed_in(&self) -> bool {
        let out = matches!(self.connection, ConnectionState::SignedOut { .. });
        !out && self.entry.is_none() && !self.unconfirmed && self.person.is_some()
    }

    /// Unread messages of all rooms.
    pub fn unread_in_all(&self) -> u64 {
        self.rooms.keys().map(|id| self.unread(*id)).sum()
    }

    /// One's upload that becomes this file, where it is on its way: on this device, or on another one.
    pub fn upload_of(&self, file_id: FileId) -> Option<UploadId> {
        let mut here = self.uploads.values();
        let here = here.find(|upload| upload.file_id == Some(file_id) && upload.file().is_none());
        let here = here.map(|upload| upload.upload_id);
        let elsewhere = || {
            let mut elsewhere = self.elsewhere.values();
            let found = elsewhere.find(|upload| upload.file_id == file_id)?;
            Some(found.upload_id)
        };
        here.or_else(elsewhere)
    }

    /// One's messages to this room that are not in its timeline yet, to be shown after it, oldest first.
    pub fn pending(&self, room_id: RoomId) -> impl Iterator<Item = &PendingMessage> {
        self.outbox
            .messages()
            .iter()
            .filter(move |message| message.room_id == room_id)
    }

    pub(crate) fn is_message_of_others(&self, event: &RoomEvent) -> bool {
        let own = self.person.as_ref().map(|person| person.id);
        matches!(event.event, EventBody::MessageSent { .. }) && Some(event.person.id) != own
    }
}

/// A room that one is a member of.
#[derive(Debug)]
pub struct Room {
    /// `last_sequence` and `members` are kept up to date.
    pub info: RoomInfo,
    /// What is known of its log.
    pub timeline: Timeline,
    /// `None` until [`crate::Command::ListMembers`] was answered.
    pub members: Option<Members>,
    /// Who is typing, and until when unless repeated.
    pub typing: LiteMap<PersonId, (Person, TimestampMs)>,
    /// The last event that was read, on any device.
    pub last_read: Sequence,
    /// How far others have read; known of small rooms only.
    pub read_by: LiteMap<PersonId, Sequence>,
    /// A page of history is on its way.
    pub reading_history: bool,
    /// What the server counted, where not everything that it counted is read.
    pub(crate) counted: Option<Counted>,
    /// Messages of others that mention oneself, among those that are known.
    pub(crate) mentioning: Vec<Sequence>,
    /// Older events are forgotten while nobody looks at the room.
    pub(crate) keep_events: usize,
}

impl Room {
    /// One of which nothing is known.
    pub(crate) fn new(info: RoomInfo, keep_events: usize) -> Self {
        Self {
            info,
            timeline: Timeline::default(),
            members: None,
            typing: LiteMap::new(),
            last_read: Sequence(0),
            read_by: LiteMap::new(),
            reading_history: false,
            counted: None,
            mentioning: Vec::new(),
            keep_events,
        }
    }
}

/// As of the last answer.
#[derive(Debug)]
pub struct Members {
    /// May be more than are listed.
    pub total: u32,
    /// Those online first.
    pub listed: Vec<Member>,
}

/// Who is connected.
#[derive(Debug, Default)]
pub struct Presence {
    /// May be more than are listed.
    pub total: u32,
    /// By id.
    pub people: LiteMap<PersonId, Present>,
}

impl Presence {
    /// Whether somebody is there, as far as it is known here: where many are, not everyone is.
    pub fn state(&self, id: PersonId) -> PresenceState {
        let known = self.people.get(&id);
        known.map_or(PresenceState::Offline, |present| present.state)
    }
}
