//! What goes into the core and what comes out of it.

use shared::frame::ClientInfo;
use shared::{
    ClientFrame, ErrorReply, FileId, RequestId, RoomId, RoomRef, Sequence, ServerFrame,
    TransactionId,
};

use crate::snapshot::Snapshot;

/// What stays the same for the life of a [`crate::Client`].
#[derive(Debug, Clone)]
pub struct Config {
    /// For the server's logs.
    pub client: ClientInfo,
    /// The name to claim where the snapshot has no session; without either, [`Command::SignIn`] is awaited.
    pub claim_name: Option<String>,
    /// Events per page of history; at most [`shared::limits::HISTORY_PAGE_EVENTS_MAX`].
    pub page_events: u32,
    /// Gaps of at most this many events are filled unasked.
    pub gap_fill_events_max: u64,
}

impl Config {
    /// The usual values.
    pub fn new(client: ClientInfo) -> Self {
        Self {
            client,
            claim_name: None,
            page_events: 100,
            gap_fill_events_max: 1000,
        }
    }
}

/// What a person wants.
#[derive(Debug, Clone)]
pub enum Command {
    /// Claims a name and connects, where one is signed out.
    SignIn { name: String },
    /// Does not wait for the backoff to end.
    ConnectNow,
    /// Works offline too: the message waits in the outbox.
    SendMessage {
        room_id: RoomId,
        text: String,
        /// Finished files.
        attachments: Vec<FileId>,
    },
    /// Sends a failed message again.
    RetryMessage { transaction_id: TransactionId },
    /// Forgets a failed message.
    DeleteMessage { transaction_id: TransactionId },
    /// Answered by [`Change::RoomJoined`].
    CreateRoom { name: String, topic: String },
    /// Answered by [`Change::RoomJoined`].
    JoinRoom { room: RoomRef },
    /// Answered by [`Change::RequestDone`].
    LeaveRoom { room_id: RoomId },
    /// Fills [`crate::View::directory`].
    ListRooms,
    /// Fills [`crate::Room::members`].
    ListMembers { room_id: RoomId },
    /// Reads the page that ends before `before`, or before the first event that is known.
    ReadHistory {
        room_id: RoomId,
        before: Option<Sequence>,
    },
    /// Everything up to `up_to` was seen.
    MarkRead { room_id: RoomId, up_to: Sequence },
    /// May be called at every keystroke; it is not sent more often than needed.
    SetTyping { room_id: RoomId, typing: bool },
}

/// What a command led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ticket {
    /// Done, or nothing to wait for.
    Done,
    /// The message is in the outbox under this id.
    Message(TransactionId),
    /// A request was sent; a later [`Change`] names it.
    Request(RequestId),
}

/// Why a command was refused; nothing has changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The request cannot wait for a connection.
    #[error("not connected; try again once connected")]
    Offline,
    /// The room is not among one's own.
    #[error("you are not a member of this room")]
    NotAMember,
    /// A message needs text or an attachment.
    #[error("write something or attach a file")]
    MessageEmpty,
    /// In bytes of UTF-8.
    #[error("the text is longer than {bytes_max} bytes; shorten it")]
    TextTooLong { bytes_max: usize },
    /// Of one message.
    #[error("more than {count_max} attachments; send several messages")]
    TooManyAttachments { count_max: usize },
    /// The outbox has no failed message of this id.
    #[error("there is no failed message of this id")]
    NotFailed,
    /// A page of this room is being read already.
    #[error("a page of this room is being read already")]
    ReadingAlready,
    /// Signing in needs one to be signed out.
    #[error("signed in already")]
    SignedIn,
}

/// What happened outside.
#[derive(Debug, Clone)]
#[allow(
    clippy::large_enum_variant,
    reason = "inputs are passed on at once, never stored"
)]
pub enum Input {
    /// The connection that [`Output::Connect`] asked for is open.
    Connected,
    /// The server sent this.
    Frame(ServerFrame),
    /// The connection ended or could not be opened.
    Disconnected {
        /// For people.
        reason: String,
    },
    /// The time of [`crate::Client::poll_timeout`] came. Early and needless ones do no harm.
    Timeout,
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a connection.
    Connect,
    /// Write this frame.
    Send(ClientFrame),
    /// Close the connection or give up opening it, and report nothing more of it.
    Disconnect,
    /// Store this in place of the snapshot of before, before going on.
    Persist(Snapshot),
    /// Show again what this names.
    Changed(Change),
}

/// What changed in the [`crate::View`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// [`crate::View::connection`], who one is, or the server.
    Connection,
    /// Which rooms there are, or what describes them.
    Rooms,
    /// A room's events or pending messages.
    Timeline(RoomId),
    /// A room's count of unread messages.
    Unread(RoomId),
    /// A room's members.
    Members(RoomId),
    /// Who is typing in a room.
    Typing(RoomId),
    /// Who is online.
    Presence,
    /// The list of all rooms.
    Directory,
    /// A room was created or joined.
    RoomJoined {
        request_id: RequestId,
        room_id: RoomId,
    },
    /// A request succeeded and there is nothing else to show.
    RequestDone { request_id: RequestId },
    /// A request failed; where the connection ended first, nobody knows whether it was carried out.
    RequestFailed {
        request_id: RequestId,
        error: ErrorReply,
    },
}
