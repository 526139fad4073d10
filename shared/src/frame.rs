//! The frames: what clients ask for in the imperative, what the server answers and announces.
//!
//! Every enum is internally tagged by `type` and ends in `Unknown`, so that an old reader survives a new
//! writer; unknown fields are ignored and new fields have defaults.

use serde::{Deserialize, Serialize};

use crate::content::ChunkHash;
use crate::error::ErrorReply;
use crate::event::RoomEvent;
use crate::file::{BeginUpload, FileDescription, FileInfo, FinishUpload, UploadStatus};
use crate::ids::{
    Epoch, FileId, PersonId, RequestId, RoomId, RoomRef, Sequence, SessionToken, TimestampMs,
    TransactionId, UploadId,
};
use crate::limits::Limits;
use crate::names::RoomName;

/// What a client sends. `request_id` is echoed in the reply; it may be left out by who does not need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame of a connection. Answered by [`ServerFrame::Welcome`].
    Hello(Hello),
    /// Keeps the connection alive and measures it. Answered by [`ServerFrame::Pong`].
    Ping {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::MessageAccepted`] once the message is on disk.
    SendMessage(SendMessage),
    /// Creates a room and joins it. Answered by [`ServerFrame::RoomJoined`].
    CreateRoom {
        #[serde(default)]
        request_id: RequestId,
        /// Parsed by the server, so that a bad one gets its own error.
        name: String,
        #[serde(default)]
        topic: String,
    },
    /// Answered by [`ServerFrame::RoomJoined`], also where one is a member already.
    JoinRoom {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
    },
    /// Answered by [`ServerFrame::Done`].
    LeaveRoom {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
    },
    /// Every room that one may join. Answered by [`ServerFrame::RoomsListed`].
    ListRooms {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::MembersListed`].
    ListMembers {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
    },
    /// A page of a room's log that ends before `before` (before the log's end where it is left out).
    /// Answered by [`ServerFrame::HistoryPage`].
    ReadHistory {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Sequence>,
        /// At most [`crate::limits::HISTORY_PAGE_EVENTS_MAX`]; the server may return fewer.
        limit: u32,
    },
    /// Ephemeral, not answered. Repeated every few seconds while it lasts.
    SetTyping { room: RoomRef, typing: bool },
    /// Answered by [`ServerFrame::UploadStatus`].
    BeginUpload(BeginUpload),
    /// Followed by a payload: the chunk's bytes. Answered by [`ServerFrame::ChunkStored`].
    PutChunk {
        #[serde(default)]
        request_id: RequestId,
        upload_id: UploadId,
        /// From 0.
        index: u32,
        /// Where it is given, a chunk that has another hash is refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        hash: Option<ChunkHash>,
        payload_bytes: u32,
    },
    /// Answered by [`ServerFrame::UploadStatus`].
    DescribeUpload {
        #[serde(default)]
        request_id: RequestId,
        upload_id: UploadId,
    },
    /// Answered by [`ServerFrame::UploadFinished`].
    FinishUpload(FinishUpload),
    /// Forgets an unfinished upload and its chunks. Answered by [`ServerFrame::Done`].
    CancelUpload {
        #[serde(default)]
        request_id: RequestId,
        upload_id: UploadId,
    },
    /// Answered by [`ServerFrame::FileDescribed`].
    DescribeFile {
        #[serde(default)]
        request_id: RequestId,
        file_id: FileId,
    },
    /// Answered by [`ServerFrame::ChunkRead`] and its payload.
    ReadChunk {
        #[serde(default)]
        request_id: RequestId,
        file_id: FileId,
        index: u32,
    },
    /// Of a newer protocol; answered by the error `unknown_request`.
    #[serde(other)]
    Unknown,
}

/// Signs in and says where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Echoed by `Welcome`.
    #[serde(default)]
    pub request_id: RequestId,
    /// [`crate::PROTOCOL_VERSION`] of the client.
    pub protocol: u32,
    /// For logs and for the list of sessions.
    #[serde(default)]
    pub client: ClientInfo,
    /// Who it is.
    pub credentials: Credentials,
    /// What the client already has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Resume>,
}

/// The program that connects.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ClientInfo {
    /// `chinwag-web`, `chinwag-terminal`, …
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How a person shows who they are.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Credentials {
    /// Takes a free name; `Welcome` returns the secret session token to keep.
    ClaimName {
        /// Parsed by the server, so that a bad one gets its own error.
        name: String,
        /// The secret to come back with, chosen and stored by the client beforehand, so that a claim whose
        /// reply was lost can be repeated. Where it is left out the server chooses one, and a repeat is
        /// refused as [`crate::ErrorCode::NameTaken`].
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<SessionToken>,
    },
    /// A session of before.
    SessionToken {
        /// As `Welcome` gave it. Any text, so that what is no token is refused like a stale one.
        token: String,
    },
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

impl std::fmt::Debug for Credentials {
    /// Leaves the token out, so that no log can hold it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::ClaimName { name, .. } => write!(f, "ClaimName({name:?})"),
            Self::SessionToken { .. } => f.write_str("SessionToken(…)"),
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}

/// The last events that a client has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resume {
    /// The epoch that the sequences belong to; where it is not the server's, they count for nothing.
    pub epoch: Epoch,
    /// One per room that the client knows.
    pub rooms: Vec<RoomCursor>,
}

/// The last event that a client has of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomCursor {
    pub room_id: RoomId,
    pub last_sequence: Sequence,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendMessage {
    #[serde(default)]
    pub request_id: RequestId,
    pub room: RoomRef,
    /// Where a script leaves it out, the server chooses one, and a repeat is a second message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<TransactionId>,
    #[serde(default)]
    pub text: String,
    /// Finished files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<FileId>,
}

/// What the server sends: replies, errors, and events in the past tense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// Signed in. The events that each room's `events_from` promises follow.
    Welcome(Welcome),
    Pong {
        request_id: RequestId,
    },
    /// Done; there is nothing else to say.
    Done {
        request_id: RequestId,
    },
    /// The message is on disk at this place. A repeat gets the same.
    MessageAccepted {
        request_id: RequestId,
        transaction_id: TransactionId,
        room_id: RoomId,
        sequence: Sequence,
        at_ms: TimestampMs,
    },
    /// [`ServerFrame::RoomEntered`] came before it.
    RoomJoined {
        request_id: RequestId,
        room_id: RoomId,
    },
    RoomsListed {
        request_id: RequestId,
        rooms: Vec<RoomInfo>,
    },
    /// At most 1,000 of `total`, those who are here first.
    MembersListed {
        request_id: RequestId,
        room_id: RoomId,
        total: u32,
        members: Vec<Member>,
    },
    /// Ascending and without gaps. It starts at 1 where nothing is before it.
    HistoryPage {
        request_id: RequestId,
        room_id: RoomId,
        events: Vec<RoomEvent>,
    },
    UploadStatus(UploadStatus),
    /// The chunk is stored; `hash` is what the server computed.
    ChunkStored {
        request_id: RequestId,
        upload_id: UploadId,
        index: u32,
        hash: ChunkHash,
    },
    /// The file is complete, verified and on disk.
    UploadFinished {
        request_id: RequestId,
        upload_id: UploadId,
        file: FileInfo,
    },
    FileDescribed(FileDescription),
    /// Followed by a payload: the chunk's bytes.
    ChunkRead {
        request_id: RequestId,
        file_id: FileId,
        index: u32,
        payload_bytes: u32,
    },
    Error(ErrorReply),
    /// The next event of a room that one is a member of.
    RoomEvent(RoomEvent),
    /// One became a member, here or on another device.
    RoomEntered {
        room: RoomOpening,
    },
    /// One is no longer a member.
    RoomExited {
        room_id: RoomId,
    },
    /// Ephemeral. Holds for six seconds unless repeated.
    TypingChanged {
        room_id: RoomId,
        person: Person,
        typing: bool,
    },
    /// Ephemeral. Everyone who is connected, or the first 200 of `total`.
    PresenceListed {
        total: u32,
        people: Vec<Person>,
    },
    /// Ephemeral. What changed since the last frame about presence.
    PresenceChanged {
        total: u32,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        came: Vec<Person>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<PersonId>,
    },
    /// The server is about to close the connection; come back after this long.
    Draining {
        reconnect_after_ms: u64,
    },
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

/// The state in which a session begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    #[serde(default)]
    pub request_id: RequestId,
    pub protocol: u32,
    pub server: ServerInfo,
    /// Where it is not the one that the client resumed with, all that the client has is to be dropped.
    pub epoch: Epoch,
    pub person: Person,
    /// Only where a name was claimed: the secret to come back with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// Every room that one is a member of.
    pub rooms: Vec<RoomOpening>,
    #[serde(default)]
    pub limits: Limits,
    /// The server's clock.
    pub now_ms: TimestampMs,
}

/// The server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerInfo {
    /// What its people call it.
    pub name: String,
    pub version: String,
    /// Where browsers find it, without a slash at the end, where its operator said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// The port of its web pages, on the host that one has reached it at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_port: Option<u16>,
}

impl ServerInfo {
    /// The whole address of a file's `link`, for who has reached the server at `host` (IPv6 without brackets);
    /// `None` where the server does not say where its links are.
    pub fn address_of(&self, host: &str, link: &str) -> Option<String> {
        if let Some(url) = &self.public_url {
            return Some(format!("{}{link}", url.trim_end_matches('/')));
        }
        let port = self.http_port?;
        Some(match host.contains(':') {
            true => format!("http://[{host}]:{port}{link}"),
            false => format!("http://{host}:{port}{link}"),
        })
    }
}

/// A person as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    pub id: PersonId,
    /// Not parsed: rules for names may widen, and old names stay.
    pub name: String,
}

/// A person in a room.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    pub person: Person,
    /// Connected now.
    pub online: bool,
}

/// A room as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomInfo {
    pub room_id: RoomId,
    pub name: RoomName,
    #[serde(default)]
    pub topic: String,
    pub kind: RoomKind,
    pub members: u32,
    /// Whether the reader is a member.
    pub joined: bool,
    pub last_sequence: Sequence,
}

/// What kind of room it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    /// Everyone is in it; it cannot be left.
    Lobby,
    /// Anyone may join.
    Public,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

/// A room that one is a member of, and where its events begin on this connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomOpening {
    pub room: RoomInfo,
    /// The sequence of the first event that will be pushed. Where it is more than one past what the client
    /// has, the events between are a gap, to be read by `ReadHistory`.
    pub events_from: Sequence,
}
