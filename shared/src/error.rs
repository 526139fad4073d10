//! What went wrong, in a form that programs can act on and people can read; the same on every transport.

use serde::Serialize;

use crate::decode::Decode;
use crate::ids::RequestId;

/// A stable code; PROTOCOL.md says when each occurs. A code that this build does not know is [`ErrorCode::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// The bytes are not a frame. The connection goes on where the end of the frame is certain.
    MalformedFrame,
    /// A line or payload is longer than allowed; the connection closes.
    FrameTooLarge,
    /// The request's type is not known to this server.
    UnknownRequest,
    /// A field has a value that cannot be right; the message says which.
    InvalidArgument,
    /// The server does not speak the protocol version of `hello`.
    UnsupportedProtocol,
    /// `hello` (or an `Authorization` header) must come first.
    NotSignedIn,
    /// The session token is not, or no longer, valid.
    InvalidToken,
    /// No account has this name and password.
    WrongCredentials,
    /// The account asks for a code besides its password, or the code is not the current one.
    SecondFactorNeeded,
    /// The server takes no new accounts, or no guests, in this way.
    RegistrationClosed,
    /// The invitation or link is not, or no longer, valid.
    InvitationInvalid,
    /// The password is too short, too long or too easily guessed.
    WeakPassword,
    /// One's role here, or the token's scope, does not reach so far.
    NotAllowed,
    /// There is no such person.
    PersonNotFound,
    /// There is no such session, bot, invitation, report or message.
    NotFound,
    /// The person may not come into this room.
    Banned,
    /// The room is archived; nobody may write in it.
    RoomArchived,
    /// A limit on what one person, room or server may hold is reached; `details` says which.
    QuotaExceeded,
    /// The name breaks the rules for names.
    InvalidName,
    /// Another person has this name.
    NameTaken,
    /// Another room has this name.
    RoomNameTaken,
    /// There is no such room, or not for this person.
    RoomNotFound,
    /// The request needs membership of the room.
    NotAMember,
    /// The lobby cannot be left.
    CannotLeave,
    /// The transaction id was used before for another message.
    TransactionConflict,
    /// A message needs text or an attachment.
    MessageEmpty,
    /// The text is longer than `text_bytes_max`.
    TextTooLong,
    /// More attachments than `attachments_max`.
    TooManyAttachments,
    /// There is no such file.
    FileNotFound,
    /// The server's disk has lost a part of the file.
    FileDamaged,
    /// The file is still on its way to the server; try again after `retry_after_ms`.
    FileArriving,
    /// The address of a file for members is good for some minutes, and they are over; the file's link gives another.
    PassExpired,
    /// Whoever has nothing but the file's link must know its password, and this is not it.
    PasswordNeeded,
    /// No thumbnail is made of this file, or not now; load the file itself.
    NoThumbnail,
    /// There is no such upload, or not for this person.
    UploadNotFound,
    /// The upload id was used before for another file.
    UploadConflict,
    /// The file is larger than `file_bytes_max`.
    FileTooLarge,
    /// The file has no chunk of this index, or it has another length.
    ChunkOutOfRange,
    /// The chunk's bytes do not have the hash that was stated; send it again.
    ChunkMismatch,
    /// `finish_upload` came while chunks are missing.
    UploadIncomplete,
    /// The whole file does not have the hash that was stated.
    ContentMismatch,
    /// The server's disk is full; what was sent is kept where it could be.
    StorageFull,
    /// Too many requests; try again after `retry_after_ms`.
    RateLimited,
    /// The server has as many connections as it takes.
    TooManyConnections,
    /// This port speaks TLS only; the connection closes.
    TlsRequired,
    /// The peer took too long.
    TimedOut,
    /// The server is about to stop; reconnect after `retry_after_ms`.
    ShuttingDown,
    /// The server failed; its log says more. Trying again is safe.
    Internal,
    /// Sent by a newer peer.
    #[serde(other)]
    Unknown,
}

/// The reply to a request that failed, and the body of every HTTP error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode, thiserror::Error)]
#[error("{message}")]
pub struct ErrorReply {
    /// The request, or 0 where none could be read or the transport has none.
    #[serde(default)]
    pub request_id: RequestId,
    /// For programs.
    pub code: ErrorCode,
    /// For people: one sentence that says what happened and what to do.
    #[serde(default)]
    pub message: String,
    /// More for programs, by code; `null` where there is nothing.
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub details: serde_json::Value,
    /// When the same request may succeed, in milliseconds from now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl ErrorReply {
    /// An error without details, for no request in particular.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            request_id: RequestId::default(),
            code,
            message: message.into(),
            details: serde_json::Value::Null,
            retry_after_ms: None,
        }
    }
}
