//! What goes into the core and what comes out of it.

use bytes::Bytes;
use shared::account::{OpenSession, PresenceState, SessionOpened};
use shared::codec::Packet;
use shared::file::FileDescription;
use shared::frame::{ClientInfo, Credentials};
use shared::{
    ChunkLayout, ChunkRanges, ClientFrame, ErrorCode, ErrorReply, FileId, FileInfo, RequestId,
    RoomId, RoomRef, Secret, Sequence, ServerFrame, SessionToken, TransactionId, UploadId,
};

use crate::present::words;
use crate::snapshot::Snapshot;
use crate::transfer::{DownloadId, PendingAttachment};

/// What stays the same for the life of a [`crate::Client`].
#[derive(Debug, Clone)]
pub struct Config {
    /// For the server's logs.
    pub client: ClientInfo,
    /// Events per page of history; at most [`shared::limits::HISTORY_PAGE_EVENTS_MAX`].
    pub page_events: u32,
    /// Gaps of at most this many events are filled unasked.
    pub gap_fill_events_max: u64,
    /// Events kept of a room that nobody looks at, unless older ones were asked for.
    pub timeline_events_max: usize,
    /// Uploads that have their turn at the same time.
    pub uploads_at_once: usize,
    /// Likewise of downloads.
    pub downloads_at_once: usize,
    /// Chunks on their way at the same time in one direction, over all files.
    pub chunks_in_flight: usize,
    /// Chunks are carried by HTTP beside the connection, so that their progress says nothing about it.
    pub chunks_by_http: bool,
    /// The session is a cookie that the driver's HTTP requests carry and that the core never sees: in place of a token
    /// that could be stolen from where the snapshot is stored.
    pub session_by_cookie: bool,
}

impl Config {
    /// The usual values.
    pub fn new(client: ClientInfo) -> Self {
        Self {
            client,
            page_events: 100,
            gap_fill_events_max: 1000,
            timeline_events_max: 2_000,
            uploads_at_once: 3,
            downloads_at_once: 3,
            chunks_in_flight: 4,
            chunks_by_http: false,
            session_by_cookie: false,
        }
    }
}

/// How somebody comes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// With a name that nobody has, where the server takes guests.
    Guest { name: String },
    /// With an account.
    Account {
        name: String,
        password: Secret,
        /// Where the account asks for one.
        code: Option<Secret>,
    },
    /// With a new account.
    NewAccount {
        name: String,
        password: Secret,
        /// Where the server asks for one.
        invitation: Option<Secret>,
    },
    /// With another password for an account, by an admin's link.
    NewPassword { token: Secret, password: Secret },
}

impl Entry {
    /// Under which name; an admin's link does not say.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Guest { name } | Self::Account { name, .. } | Self::NewAccount { name, .. } => {
                Some(name)
            }
            Self::NewPassword { .. } => None,
        }
    }

    /// Whether it holds what must not be stored.
    pub(crate) fn is_secret(&self) -> bool {
        match self {
            Self::Guest { .. } => false,
            Self::Account { .. } | Self::NewAccount { .. } | Self::NewPassword { .. } => true,
        }
    }

    /// As the server is told.
    pub fn credentials(&self, session_token: Option<SessionToken>) -> Credentials {
        match self.clone() {
            Self::Guest { name } => Credentials::ClaimName {
                name,
                session_token,
            },
            Self::Account {
                name,
                password,
                code,
            } => Credentials::SignIn {
                name,
                password,
                code,
                session_token,
            },
            Self::NewAccount {
                name,
                password,
                invitation,
            } => Credentials::SignUp {
                name,
                password,
                invitation,
                session_token,
            },
            Self::NewPassword { token, password } => Credentials::ResetPassword {
                token,
                password,
                session_token,
            },
        }
    }
}

/// What a person wants.
#[derive(Debug, Clone)]
pub enum Command {
    /// Connects and comes in, where one is signed out. The token is stored before anything is sent, so that what
    /// had no reply is repeated and not refused.
    SignIn {
        entry: Entry,
        /// Of random bytes fit for secrets, which the core does not have.
        session_token: SessionToken,
    },
    /// Forgets the session, tells the server where it can be told, and closes the connection; also gives up coming
    /// in. The outbox stays.
    SignOut,
    /// Does not wait for the backoff to end.
    ConnectNow,
    /// Works offline too: the message waits in the outbox.
    SendMessage {
        room_id: RoomId,
        text: String,
        /// It is sent once all of them are finished; later messages do not wait for it.
        attachments: Vec<PendingAttachment>,
    },
    /// Sends a failed message again.
    RetryMessage { transaction_id: TransactionId },
    /// Forgets a message that failed or waits for its uploads, and cancels these.
    DeleteMessage { transaction_id: TransactionId },
    /// Answered by [`Change::RoomJoined`].
    CreateRoom { name: String, topic: String },
    /// Answered by [`Change::RoomJoined`].
    JoinRoom { room: RoomRef },
    /// Answered by [`Change::RequestDone`].
    LeaveRoom { room_id: RoomId },
    /// Sends any other request; its request id is chosen by the core. Answered by [`Change::Answered`], or
    /// [`Change::RequestDone`] or [`Change::RoomJoined`] where the protocol says so. What one may ask without having
    /// signed in may be asked while signed out.
    Ask(Box<ClientFrame>),
    /// Fills [`crate::View::directory`].
    ListRooms,
    /// Fills [`crate::Room::members`].
    ListMembers { room_id: RoomId },
    /// Reads the page that ends before `before`, or before the first event that is known.
    ReadHistory {
        room_id: RoomId,
        before: Option<Sequence>,
    },
    /// A person looks at this room now, or at none: of the others only the newest events are kept.
    ShowRoom { room_id: Option<RoomId> },
    /// Everything up to `up_to` was seen. Works offline too, and may be given as often as one likes.
    MarkRead { room_id: RoomId, up_to: Sequence },
    /// Whether somebody is there: [`PresenceState::Online`], [`PresenceState::Away`] or
    /// [`PresenceState::DoNotDisturb`]. Noticing it is the driver's. Works offline too, and holds until the next one.
    SetPresence { state: PresenceState },
    /// May be called at every keystroke; it is not sent more often than needed.
    SetTyping { room_id: RoomId, typing: bool },
    /// Begins to upload a file. Works offline too, like a message.
    BeginUpload {
        name: String,
        size_bytes: u64,
        media_type: Option<String>,
        /// The driver's own word for where the bytes are. Stored; give an empty one where it means nothing to a
        /// later process.
        source: String,
    },
    /// Goes on with an upload that failed or whose source was missing. The driver vouches that it is the same file:
    /// chunks that are on the server already are not sent again.
    ResumeUpload { upload_id: UploadId, source: String },
    /// Forgets the upload, here and, while online, on the server, which forgets by itself what nobody goes on with.
    /// Refused while a message waits for it: delete that. One of [`crate::View::elsewhere`] ends there as well.
    CancelUpload { upload_id: UploadId },
    /// Fetches a file chunk by chunk and verifies each.
    Download {
        file_id: FileId,
        /// The driver's own word for where the bytes go.
        target: String,
        /// Whether it goes on in a later process: a person asked for it, and not a screen that wants to show it.
        keep: bool,
    },
    /// Stops the download and forgets it. What was written stays.
    CancelDownload { download_id: DownloadId },
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
    /// The upload is under way.
    Upload(UploadId),
    /// The download is under way.
    Download(DownloadId),
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
    /// There is no such transfer, or it does not stand where the command makes sense.
    #[error("there is no such transfer")]
    NoSuchTransfer,
    /// A message waits for the upload.
    #[error("a message waits for this file; delete the message instead")]
    UploadInUse,
    /// In bytes.
    #[error("the file is larger than {bytes_max} bytes, the most that this server takes")]
    FileTooLarge { bytes_max: u64 },
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
    /// The session that [`Output::OpenSession`] asked for is there, and so is its cookie.
    SessionOpened(SessionOpened),
    /// The server did not open it.
    SessionRefused(ErrorReply),
    /// The server sent this.
    Frame(Packet<ServerFrame>),
    /// The connection ended or could not be opened, or [`Output::OpenSession`] had no answer.
    Disconnected {
        /// For people.
        reason: String,
    },
    /// The time of [`crate::Client::poll_timeout`] came. Early and needless ones do no harm.
    Timeout,
    /// So many bytes of a chunk that [`Output::PutChunk`] asked for are written to the connection.
    ChunkProgress {
        request_id: RequestId,
        sent_bytes: u64,
    },
    /// So many bytes of the chunk that `read_chunk` of this id asked for have come. May be left out; on a slow
    /// network it shows that the server lives while the rest is on its way.
    ReadProgress {
        request_id: RequestId,
        received_bytes: u64,
    },
    /// The source of an upload cannot be read, or is not the file that it was.
    SourceFailed {
        upload_id: UploadId,
        /// For people.
        reason: String,
    },
    /// [`Output::OpenTarget`] is done.
    TargetOpened {
        download_id: DownloadId,
        /// Chunks that are there already and have the right hash.
        present: ChunkRanges,
    },
    /// [`Output::WriteChunk`] is done.
    ChunkWritten { download_id: DownloadId, index: u32 },
    /// [`Output::FinishTarget`] is done.
    TargetFinished {
        download_id: DownloadId,
        /// Where the file is now.
        path: String,
    },
    /// The target of a download cannot be written.
    TargetFailed {
        download_id: DownloadId,
        /// For people.
        reason: String,
    },
}

/// What the driver has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Open a connection.
    Connect,
    /// Have the server set the session's cookie: `POST /api/session` with this. Answered by [`Input::SessionOpened`],
    /// [`Input::SessionRefused`] or, where there was no answer, [`Input::Disconnected`]. Only where
    /// [`Config::session_by_cookie`].
    OpenSession(Box<OpenSession>),
    /// End the session and take its cookie away: `DELETE /api/session`. Not answered. Where it fails it is for the
    /// driver to try again, since nothing but the server can take the cookie away.
    CloseSession,
    /// Write this frame.
    Send(ClientFrame),
    /// Close the connection or give up opening it, or the session, and report nothing more of it.
    Disconnect,
    /// Store this in place of the snapshot of before, before going on. While many messages are acknowledged it comes
    /// once a second: what a snapshot still holds of them is repeated and changes nothing.
    Persist(Snapshot),
    /// Show again what this names.
    Changed(Change),
    /// Read this chunk from the upload's source, hash it, and carry it to the server: as the frame `put_chunk` with
    /// this id, or by HTTP. The server's answer is given back as [`Input::Frame`], over HTTP too, with this id in
    /// it. Where the connection ends first, nothing is to be given back; where only HTTP fails without an answer, an
    /// error of the code `timed_out` with this id, and the chunk is asked for again after a pause.
    PutChunk {
        request_id: RequestId,
        upload_id: UploadId,
        /// Of the file; the chunk's place and hash follow from it.
        layout: ChunkLayout,
        index: u32,
    },
    /// The upload is finished or forgotten: stop carrying its chunks and forget its source. After a failure the
    /// source is kept, because the upload may be resumed.
    ReleaseSource { upload_id: UploadId },
    /// Open or create the target, find which chunks it holds already, and answer with [`Input::TargetOpened`].
    OpenTarget {
        download_id: DownloadId,
        /// As the command gave it.
        target: String,
        /// What it is to hold.
        description: Box<FileDescription>,
    },
    /// Write this verified chunk and answer with [`Input::ChunkWritten`].
    WriteChunk {
        download_id: DownloadId,
        index: u32,
        /// Where it begins in the file.
        offset: u64,
        bytes: Bytes,
    },
    /// All is written: flush it, give it its name, and answer with [`Input::TargetFinished`].
    FinishTarget { download_id: DownloadId },
    /// The download has ended before its time: close the target and keep what is there.
    ReleaseTarget { download_id: DownloadId },
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
    /// How far others have read a room.
    ReadBy(RoomId),
    /// Who is typing in a room.
    Typing(RoomId),
    /// Who is online.
    Presence,
    /// The list of all rooms.
    Directory,
    /// An upload began, moved, ended or is forgotten.
    Upload(UploadId),
    /// Nothing more comes of an upload: it is the file, or it was cancelled.
    UploadEnded {
        upload_id: UploadId,
        file: Option<Box<FileInfo>>,
    },
    /// One of [`crate::View::elsewhere`].
    Elsewhere,
    /// One of [`crate::View::arriving`].
    Arriving(FileId),
    /// A download began, moved, ended or is forgotten.
    Download(DownloadId),
    /// A room was created or joined.
    RoomJoined {
        request_id: RequestId,
        room_id: RoomId,
    },
    /// The reply to [`Command::Ask`].
    Answered {
        request_id: RequestId,
        answer: Box<ServerFrame>,
    },
    /// A request succeeded and there is nothing else to show.
    RequestDone { request_id: RequestId },
    /// A request failed; where the connection ended first, nobody knows whether it was carried out.
    RequestFailed {
        request_id: RequestId,
        error: ErrorReply,
    },
}

/// What the server said to a request, or why it said nothing.
pub type Answer = Result<ServerFrame, ErrorReply>;

impl Change {
    /// The answer to a request, if it is one.
    pub fn answer(&self) -> Option<(RequestId, Answer)> {
        Some(match self {
            Self::Answered { request_id, answer } => (*request_id, Ok((**answer).clone())),
            Self::RequestFailed { request_id, error } => (*request_id, Err(error.clone())),
            Self::RequestDone { request_id } => {
                let request_id = *request_id;
                (request_id, Ok(ServerFrame::Done { request_id }))
            }
            Self::RoomJoined {
                request_id,
                room_id,
            } => {
                let joined = ServerFrame::RoomJoined {
                    request_id: *request_id,
                    room_id: *room_id,
                };
                (*request_id, Ok(joined))
            }
            Self::Connection
            | Self::Rooms
            | Self::Timeline(_)
            | Self::Unread(_)
            | Self::Members(_)
            | Self::ReadBy(_)
            | Self::Typing(_)
            | Self::Presence
            | Self::Directory
            | Self::Upload(_)
            | Self::UploadEnded { .. }
            | Self::Elsewhere
            | Self::Arriving(_)
            | Self::Download(_) => return None,
        })
    }

    /// Whether it says no more than `other`. What became of a request is said once.
    pub fn repeats(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Connection, Self::Connection)
            | (Self::Rooms, Self::Rooms)
            | (Self::Presence, Self::Presence)
            | (Self::Elsewhere, Self::Elsewhere)
            | (Self::Directory, Self::Directory) => true,
            (Self::Timeline(id), Self::Timeline(other))
            | (Self::Unread(id), Self::Unread(other))
            | (Self::Members(id), Self::Members(other))
            | (Self::ReadBy(id), Self::ReadBy(other))
            | (Self::Typing(id), Self::Typing(other)) => id == other,
            (Self::Upload(id), Self::Upload(other)) => id == other,
            (Self::Arriving(id), Self::Arriving(other)) => id == other,
            (Self::Download(id), Self::Download(other)) => id == other,
            (_, _) => false,
        }
    }
}

impl CommandError {
    /// The same in the form in which the server refuses.
    pub fn reply(&self) -> ErrorReply {
        ErrorReply::new(ErrorCode::Unknown, words::refusal(self))
    }
}
