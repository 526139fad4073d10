//! Rooms, their members, and how far people have read.

use serde::Serialize;

use crate::account::PresenceState;
use crate::decode::Decode;
use crate::frame::Person;
use crate::ids::{PersonId, RequestId, RoomId, RoomRef, Sequence};
use crate::names::RoomName;
use crate::roles::RoomRole;

/// What kind of room it is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Everyone is in it; it cannot be left.
    Lobby,
    /// Anyone may join.
    #[default]
    Public,
    /// Only for those who were added or invited; for others there is no such room.
    Private,
    /// Between the few people who are in it, for good. Its name is not for showing: clients show who is in it.
    Direct,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

impl RoomKind {
    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lobby => "lobby",
            Self::Public => "public",
            Self::Private => "private",
            Self::Direct => "direct",
            Self::Unknown => "unknown",
        }
    }

    /// Whether only its members know of it.
    pub fn is_hidden(self) -> bool {
        matches!(self, Self::Private | Self::Direct)
    }
}

/// What newcomers may read of a room.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum HistoryVisibility {
    /// All of it.
    #[default]
    All,
    /// What came since they joined.
    SinceJoining,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

impl HistoryVisibility {
    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::SinceJoining => "since_joining",
            Self::Unknown => "unknown",
        }
    }

    /// All of it.
    pub fn is_all(&self) -> bool {
        *self == Self::All
    }
}

/// A room as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct RoomInfo {
    pub room_id: RoomId,
    pub name: RoomName,
    #[serde(default)]
    pub topic: String,
    /// Longer than the topic, with line breaks.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    pub kind: RoomKind,
    /// What newcomers may read.
    #[serde(default, skip_serializing_if = "HistoryVisibility::is_all")]
    pub history: HistoryVisibility,
    /// Nobody may write in it any more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
    /// How long messages are kept, in days; for good where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
    pub members: u32,
    /// Whether the reader is a member.
    pub joined: bool,
    /// What the reader is in it; left out for a plain member, and where they are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoomRole>,
    /// Of a direct room: the others who are in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<Person>,
    pub last_sequence: Sequence,
}

impl RoomInfo {
    /// A room of which nothing else is known.
    pub fn new(room_id: RoomId, name: RoomName, kind: RoomKind) -> Self {
        Self {
            room_id,
            name,
            topic: String::new(),
            description: String::new(),
            kind,
            history: HistoryVisibility::All,
            archived: false,
            retention_days: None,
            members: 0,
            joined: false,
            role: None,
            people: Vec::new(),
            last_sequence: Sequence(0),
        }
    }

    /// What the reader is in the room, if they are in it.
    pub fn standing(&self) -> Option<RoomRole> {
        self.joined.then_some(self.role.unwrap_or_default())
    }
}

/// A room that one is a member of, and where its events begin on this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct RoomOpening {
    pub room: RoomInfo,
    /// The sequence of the first event that will be pushed. Where it is more than one past what the client
    /// has, the events between are a gap, to be read by `ReadHistory`.
    pub events_from: Sequence,
    /// The first event that one may read; nothing before it is ever sent. 1 where it is left out.
    #[serde(
        default = "Sequence::first",
        skip_serializing_if = "Sequence::is_first"
    )]
    pub first_sequence: Sequence,
    /// How far one has read, on any device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<ReadMarker>,
}

impl RoomOpening {
    /// Of a room that one may read from its beginning and has read nothing of on any device.
    pub fn new(room: RoomInfo, events_from: Sequence) -> Self {
        Self {
            room,
            events_from,
            first_sequence: Sequence::first(),
            read: None,
        }
    }
}

/// How far somebody has read in a room, and what has come since.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
pub struct ReadMarker {
    /// The last event that was read; 0 where nothing was.
    pub sequence: Sequence,
    /// Messages of others after it, [`crate::limits::UNREAD_MAX`] at most.
    #[serde(default)]
    pub unread: u32,
    /// How many of them mention the reader.
    #[serde(default)]
    pub mentions: u32,
}

/// A person in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Member {
    pub person: Person,
    /// Connected now.
    pub online: bool,
    /// Left out where `online` says it all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub presence: Option<PresenceState>,
    /// What they are in the room; left out for a plain member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoomRole>,
    /// How far they have read; told in small rooms only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_sequence: Option<Sequence>,
}

impl Member {
    /// A plain member.
    pub fn new(person: Person, online: bool) -> Self {
        Self {
            person,
            online,
            presence: None,
            role: None,
            read_sequence: None,
        }
    }
}

/// Creates a room and joins it as its owner. Answered by `room_joined`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct CreateRoom {
    #[serde(default)]
    pub request_id: RequestId,
    /// Parsed by the server, so that a bad one gets its own error.
    pub name: String,
    #[serde(default)]
    pub topic: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// [`RoomKind::Public`] or [`RoomKind::Private`].
    #[serde(default, skip_serializing_if = "is_public")]
    pub kind: RoomKind,
    #[serde(default, skip_serializing_if = "HistoryVisibility::is_all")]
    pub history: HistoryVisibility,
}

fn is_public(kind: &RoomKind) -> bool {
    *kind == RoomKind::Public
}

/// Changes what is given, and leaves the rest. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct ChangeRoom {
    #[serde(default)]
    pub request_id: RequestId,
    pub room: RoomRef,
    /// Parsed by the server, so that a bad one gets its own error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(flatten)]
    pub rest: RoomChanges,
}

/// What of a room changed, apart from its name; what did not change is left out.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub struct RoomChanges {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryVisibility>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// 0 stands for: for good.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_days: Option<u32>,
}

/// Removes somebody from a room. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct RemoveMember {
    #[serde(default)]
    pub request_id: RequestId,
    pub room: RoomRef,
    pub person_id: PersonId,
    /// Whether they may not come back either.
    #[serde(default)]
    pub ban: bool,
}

/// Changes what somebody is in a room. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct SetRoomRole {
    #[serde(default)]
    pub request_id: RequestId,
    pub room: RoomRef,
    pub person_id: PersonId,
    pub role: RoomRole,
}
