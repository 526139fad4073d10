//! The frames: what clients ask for in the imperative, what the server answers and announces.
//!
//! Every enum is internally tagged by `type` and ends in `Unknown`, so that an old reader survives a new
//! writer; unknown fields are ignored and new fields have defaults.

use serde::Serialize;

use crate::account::{
    BotInfo, ChangePassword, ChangeProfile, CreateBot, CreateInvitation, EndSessions,
    InvitationDescription, InvitationInfo, PresenceState, Present, Profile, ServerDescription,
    SessionInfo,
};
use crate::admin::{
    AuditEntry, ChangeSettings, CloseReport, ListPeople, PersonRecord, RemovePerson, Report,
    ReportMessage, RoomRecord, Settings, Storage,
};
use crate::content::ChunkHash;
use crate::decode::Decode;
use crate::error::ErrorReply;
use crate::event::RoomEvent;
use crate::file::{
    BeginUpload, ChangeLink, FileDescription, FileInfo, FinishUpload, LinkInfo, UploadInfo,
    UploadStatus,
};
use crate::ids::{
    Epoch, FileId, InvitationId, PersonId, RequestId, RoomId, RoomRef, Sequence, SessionId,
    SessionToken, TimestampMs, TransactionId, UploadId,
};
use crate::limits::Limits;
use crate::listing::{FileCursor, ListFiles, SentFile};
use crate::roles::Role;
use crate::room::{
    ChangeRoom, CreateRoom, Member, ReadMarker, RemoveMember, RoomInfo, RoomOpening, SetRoomRole,
};
use crate::secret::Secret;

/// What a client sends. `request_id` is echoed in the reply; it may be left out by who does not need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    /// The first frame of a connection. Answered by [`ServerFrame::Welcome`].
    Hello(Box<Hello>),
    /// Keeps the connection alive and measures it. Answered by [`ServerFrame::Pong`].
    Ping {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::MessageAccepted`] once the message is on disk.
    SendMessage(SendMessage),
    /// Answered by [`ServerFrame::RoomJoined`].
    CreateRoom(CreateRoom),
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
    /// One's own that are not finished, on whatever device they were begun. Answered by
    /// [`ServerFrame::UploadsListed`].
    ListUploads {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Files of messages that one may read. Answered by [`ServerFrame::FilesListed`].
    ListFiles(Box<ListFiles>),
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
    /// What the server is and whom it lets in; allowed before `hello`. Answered by
    /// [`ServerFrame::ServerDescribed`].
    DescribeServer {
        #[serde(default)]
        request_id: RequestId,
    },
    /// What following an invitation would do; allowed before `hello`. Answered by
    /// [`ServerFrame::InvitationDescribed`].
    DescribeInvitation {
        #[serde(default)]
        request_id: RequestId,
        token: Secret,
    },
    /// A direct room with these people, new or there already. Answered by [`ServerFrame::RoomJoined`].
    OpenDirect {
        #[serde(default)]
        request_id: RequestId,
        /// The others.
        people: Vec<PersonId>,
    },
    /// Answered by [`ServerFrame::Done`].
    AddMember {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
        person_id: PersonId,
    },
    /// Answered by [`ServerFrame::Done`].
    RemoveMember(RemoveMember),
    /// Answered by [`ServerFrame::BansListed`].
    ListBans {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
    },
    /// Answered by [`ServerFrame::Done`].
    LiftBan {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
        person_id: PersonId,
    },
    /// Answered by [`ServerFrame::Done`].
    ChangeRoom(ChangeRoom),
    /// Answered by [`ServerFrame::Done`].
    SetRoomRole(SetRoomRole),
    /// Removes what a message says for good; its place in the log stays. Answered by [`ServerFrame::Done`].
    RemoveMessage {
        #[serde(default)]
        request_id: RequestId,
        room: RoomRef,
        sequence: Sequence,
    },
    /// Answered by [`ServerFrame::Done`].
    ReportMessage(ReportMessage),
    /// Says that one has read up to here; never goes back. Not answered; one's other connections, and in small
    /// rooms the other members', get [`ServerFrame::ReadMarkerMoved`].
    MarkRead { room: RoomRef, sequence: Sequence },
    /// Answered by [`ServerFrame::LinkDescribed`].
    ChangeLink(ChangeLink),
    /// The link of a file of one's own as it is now. Answered by [`ServerFrame::LinkDescribed`].
    ReadLink {
        #[serde(default)]
        request_id: RequestId,
        file_id: FileId,
    },
    /// People whose names hold `query`, those who begin with it first. Answered by [`ServerFrame::PeopleFound`].
    FindPeople {
        #[serde(default)]
        request_id: RequestId,
        #[serde(default)]
        query: String,
    },
    /// Answered by [`ServerFrame::ProfileDescribed`].
    DescribePerson {
        #[serde(default)]
        request_id: RequestId,
        person_id: PersonId,
    },
    /// Whether one is there, for this connection; a person is what the most attentive of theirs says. Not answered.
    SetPresence { state: PresenceState },
    /// Answered by [`ServerFrame::ProfileDescribed`].
    ChangeProfile(ChangeProfile),
    /// Answered by [`ServerFrame::Done`].
    ChangePassword(ChangePassword),
    /// Answered by [`ServerFrame::TotpBegun`]; nothing changes until it is confirmed.
    BeginTotp {
        #[serde(default)]
        request_id: RequestId,
        password: Secret,
    },
    /// Answered by [`ServerFrame::Done`]: from now on signing in asks for a code.
    ConfirmTotp {
        #[serde(default)]
        request_id: RequestId,
        code: Secret,
    },
    /// Answered by [`ServerFrame::Done`].
    RemoveTotp {
        #[serde(default)]
        request_id: RequestId,
        password: Secret,
    },
    /// Ends this session. Answered by [`ServerFrame::Done`], then its connections close.
    SignOut {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::SessionsListed`].
    ListSessions {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::Done`].
    EndSessions(EndSessions),
    /// Answered by [`ServerFrame::BotCreated`].
    CreateBot(CreateBot),
    /// One's own, or as an admin everyone's. Answered by [`ServerFrame::BotsListed`].
    ListBots {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Gives the bot a new token; the one of before ends. Answered by [`ServerFrame::BotCreated`].
    RenewBot {
        #[serde(default)]
        request_id: RequestId,
        person_id: PersonId,
    },
    /// Answered by [`ServerFrame::Done`].
    RemoveBot {
        #[serde(default)]
        request_id: RequestId,
        person_id: PersonId,
    },
    /// Answered by [`ServerFrame::InvitationCreated`].
    CreateInvitation(CreateInvitation),
    /// One's own, or as an admin everyone's. Answered by [`ServerFrame::InvitationsListed`].
    ListInvitations {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::Done`].
    RevokeInvitation {
        #[serde(default)]
        request_id: RequestId,
        invitation_id: InvitationId,
    },
    /// Follows a room's invitation. Answered by [`ServerFrame::RoomJoined`].
    AcceptInvitation {
        #[serde(default)]
        request_id: RequestId,
        token: Secret,
    },
    /// Answered by [`ServerFrame::PeopleListed`].
    ListPeople(ListPeople),
    /// Answered by [`ServerFrame::Done`].
    SetRole {
        #[serde(default)]
        request_id: RequestId,
        person_id: PersonId,
        role: Role,
    },
    /// Makes a one-time link by which the person chooses a new password, and signs in without a code. Answered by
    /// [`ServerFrame::InvitationCreated`].
    ResetPassword {
        #[serde(default)]
        request_id: RequestId,
        person_id: PersonId,
    },
    /// Ends all sessions of somebody. Answered by [`ServerFrame::Done`].
    SignOutPerson {
        #[serde(default)]
        request_id: RequestId,
        person_id: PersonId,
    },
    /// Answered by [`ServerFrame::Done`].
    RemovePerson(RemovePerson),
    /// Answered by [`ServerFrame::AllRoomsListed`].
    ListAllRooms {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::SettingsDescribed`].
    DescribeSettings {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::SettingsDescribed`].
    ChangeSettings(ChangeSettings),
    /// Answered by [`ServerFrame::StorageDescribed`].
    DescribeStorage {
        #[serde(default)]
        request_id: RequestId,
    },
    /// The newest entries before `before`, at most 200, the newest first. Answered by [`ServerFrame::AuditPage`].
    ReadAuditLog {
        #[serde(default)]
        request_id: RequestId,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Sequence>,
    },
    /// Open ones, the oldest first. Answered by [`ServerFrame::ReportsListed`].
    ListReports {
        #[serde(default)]
        request_id: RequestId,
    },
    /// Answered by [`ServerFrame::Done`].
    CloseReport(CloseReport),
    /// Of a newer protocol; answered by the error `unknown_request`.
    #[serde(other)]
    Unknown,
}

/// Signs in and says where to go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
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
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub struct ClientInfo {
    /// `chinwag-web`, `chinwag-terminal`, …
    pub name: String,
    /// Its version.
    pub version: String,
}

/// How a person shows who they are.
#[derive(Clone, PartialEq, Eq, Serialize, Decode)]
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
    /// An account's name and password. `Welcome` returns the secret session token to keep.
    SignIn {
        name: String,
        password: Secret,
        /// Where the account asks for one: six digits.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<Secret>,
        /// As of `ClaimName`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<SessionToken>,
    },
    /// Makes an account. A repeat with the same `session_token` returns to it.
    SignUp {
        /// Parsed by the server, so that a bad one gets its own error.
        name: String,
        password: Secret,
        /// Where registration asks for one; the server's first makes its owner.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invitation: Option<Secret>,
        /// As of `ClaimName`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<SessionToken>,
    },
    /// Follows an admin's link to choose another password; ends the account's other sessions.
    ResetPassword {
        token: Secret,
        password: Secret,
        /// As of `ClaimName`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session_token: Option<SessionToken>,
    },
    /// The session whose cookie the WebSocket's request carried, as `POST /api/session` set it.
    SessionCookie,
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
            Self::SignIn { name, .. } => write!(f, "SignIn({name:?})"),
            Self::SignUp { name, .. } => write!(f, "SignUp({name:?})"),
            Self::ResetPassword { .. } => f.write_str("ResetPassword(…)"),
            Self::SessionCookie => f.write_str("SessionCookie"),
            Self::SessionToken { .. } => f.write_str("SessionToken(…)"),
            Self::Unknown => f.write_str("Unknown"),
        }
    }
}

/// The last events that a client has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Resume {
    /// The epoch that the sequences belong to; where it is not the server's, they count for nothing.
    pub epoch: Epoch,
    /// One per room that the client knows.
    pub rooms: Vec<RoomCursor>,
}

/// The last event that a client has of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
pub struct RoomCursor {
    pub room_id: RoomId,
    pub last_sequence: Sequence,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct SendMessage {
    #[serde(default)]
    pub request_id: RequestId,
    pub room: RoomRef,
    /// Where a script leaves it out, the server chooses one, and a repeat is a second message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction_id: Option<TransactionId>,
    #[serde(default)]
    pub text: String,
    /// Files, and those that uploads of one's own will become.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<FileId>,
}

/// What the server sends: replies, errors, and events in the past tense.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
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
    /// The newest first.
    UploadsListed {
        request_id: RequestId,
        uploads: Vec<UploadInfo>,
    },
    /// The newest first.
    FilesListed {
        request_id: RequestId,
        files: Vec<SentFile>,
        /// Where the next page begins; without it there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<FileCursor>,
    },
    FileDescribed(FileDescription),
    /// Followed by a payload: the chunk's bytes.
    ChunkRead {
        request_id: RequestId,
        file_id: FileId,
        index: u32,
        payload_bytes: u32,
    },
    ServerDescribed(ServerDescription),
    InvitationDescribed(InvitationDescription),
    BansListed {
        request_id: RequestId,
        room_id: RoomId,
        people: Vec<Person>,
    },
    /// Who may open a file's link now, and how often it was opened.
    LinkDescribed {
        request_id: RequestId,
        file_id: FileId,
        link: LinkInfo,
    },
    /// At most 50.
    PeopleFound {
        request_id: RequestId,
        people: Vec<Profile>,
    },
    ProfileDescribed {
        request_id: RequestId,
        profile: Profile,
    },
    /// For the program that makes the codes (RFC 6238, SHA-1, 30 seconds, six digits).
    TotpBegun {
        request_id: RequestId,
        /// Base32 without padding, to be typed.
        secret: Secret,
        /// The same as `otpauth:` URI, for a QR code.
        uri: Secret,
    },
    SessionsListed {
        request_id: RequestId,
        sessions: Vec<SessionInfo>,
    },
    /// The token is told this once.
    BotCreated {
        request_id: RequestId,
        bot: BotInfo,
        token: Secret,
    },
    BotsListed {
        request_id: RequestId,
        bots: Vec<BotInfo>,
    },
    /// The token is told this once. A link is `/#invite=` and the token.
    InvitationCreated {
        request_id: RequestId,
        invitation: InvitationInfo,
        token: Secret,
    },
    InvitationsListed {
        request_id: RequestId,
        invitations: Vec<InvitationInfo>,
    },
    /// At most 200; `more` says whether to ask on from the last one's name.
    PeopleListed {
        request_id: RequestId,
        people: Vec<PersonRecord>,
        #[serde(default)]
        more: bool,
    },
    AllRoomsListed {
        request_id: RequestId,
        rooms: Vec<RoomRecord>,
    },
    SettingsDescribed {
        request_id: RequestId,
        settings: Settings,
    },
    StorageDescribed {
        request_id: RequestId,
        storage: Storage,
    },
    AuditPage {
        request_id: RequestId,
        entries: Vec<AuditEntry>,
    },
    ReportsListed {
        request_id: RequestId,
        reports: Vec<Report>,
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
    /// Ephemeral. An upload of one's own was begun, here or on another device, or goes on there.
    UploadBegun {
        upload: UploadInfo,
    },
    /// Ephemeral. So much of an upload is there: of one's own, or of one that a message in one of one's rooms carries.
    UploadProgressed {
        file_id: FileId,
        received_bytes: u64,
    },
    /// Ephemeral. An upload of one's own is a file now, or was cancelled.
    UploadEnded {
        upload_id: UploadId,
    },
    /// Somebody has read up to here in a room: oneself on any device, or in a small room another member.
    ReadMarkerMoved {
        room_id: RoomId,
        person_id: PersonId,
        /// Unread messages and mentions only of one's own.
        #[serde(flatten)]
        marker: ReadMarker,
        /// Up to where they were counted: the room's last event of then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        counted_to: Option<Sequence>,
    },
    /// The reader's role or name is another one now.
    AccountChanged {
        person: Person,
        role: Role,
    },
    /// The session has ended, here or from elsewhere; the connection closes, and coming back needs signing in.
    SessionEnded {},
    /// Ephemeral. Everyone who is connected, or the first 200 of `total`.
    PresenceListed {
        total: u32,
        people: Vec<Present>,
    },
    /// Ephemeral. What changed since the last frame about presence.
    PresenceChanged {
        total: u32,
        /// Who came, or is there in another way now.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        came: Vec<Present>,
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Welcome {
    #[serde(default)]
    pub request_id: RequestId,
    pub protocol: u32,
    pub server: ServerInfo,
    /// Where it is not the one that the client resumed with, all that the client has is to be dropped.
    pub epoch: Epoch,
    pub person: Person,
    /// What one is on this server.
    #[serde(default, skip_serializing_if = "is_member")]
    pub role: Role,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<SessionId>,
    /// Only where the session is new: the secret to come back with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<String>,
    /// Every room that one is a member of.
    pub rooms: Vec<RoomOpening>,
    #[serde(default)]
    pub limits: Limits,
    /// The server's clock.
    pub now_ms: TimestampMs,
}

fn is_member(role: &Role) -> bool {
    *role == Role::Member
}

/// The server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct ServerInfo {
    /// What its people call it.
    pub name: String,
    pub version: String,
    /// Where browsers find it, without a slash at the end, where its operator said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub public_url: Option<String>,
    /// What comes before the links to files, where they have a host of their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_url: Option<String>,
    /// The port of its web pages, on the host that one has reached it at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub http_port: Option<u16>,
    /// Whether that port speaks TLS.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub https: bool,
}

impl ServerInfo {
    /// The whole address of a file's `link`, for who has reached the server at `host` (IPv6 without brackets);
    /// `None` where the server does not say where its links are.
    pub fn address_of(&self, host: &str, link: &str) -> Option<String> {
        match &self.files_url {
            Some(url) => Some(format!("{}{link}", url.trim_end_matches('/'))),
            None => self.page_address_of(host, link),
        }
    }

    /// The same of a path of the page, such as an invitation's.
    pub fn page_address_of(&self, host: &str, path: &str) -> Option<String> {
        if let Some(url) = &self.public_url {
            return Some(format!("{}{path}", url.trim_end_matches('/')));
        }
        let port = self.http_port?;
        let scheme = if self.https { "https" } else { "http" };
        Some(match host.contains(':') {
            true => format!("{scheme}://[{host}]:{port}{path}"),
            false => format!("{scheme}://{host}:{port}{path}"),
        })
    }
}

/// A person as others see them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Decode)]
pub struct Person {
    pub id: PersonId,
    /// Not parsed: rules for names may widen, and old names stay.
    pub name: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
