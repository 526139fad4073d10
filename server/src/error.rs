//! The one place where failures become codes and sentences for the peer. SQL and paths stay in the log.

use std::io;

use hyper::StatusCode;
use serde_json::json;
use shared::names::NameError;
use shared::{ErrorCode, ErrorReply, RequestId, Role};

use crate::files::{ChunkError, FinishError, ReadError, UploadError};
use crate::passwords::HashError;
use crate::store::{NotAllowed, StoreError};

/// When somebody may have finished one of their uploads.
const UPLOADS_RETRY_MS: u64 = 60_000;
/// When a file that is on its way may be there.
const ARRIVING_RETRY_MS: u64 = 3_000;

pub(crate) fn reply(
    request_id: RequestId,
    code: ErrorCode,
    message: impl Into<String>,
) -> ErrorReply {
    ErrorReply {
        request_id,
        ..ErrorReply::new(code, message)
    }
}

pub(crate) fn bad_name(request_id: RequestId, error: &NameError) -> ErrorReply {
    reply(request_id, ErrorCode::InvalidName, format!("{error}"))
}

pub(crate) fn room_not_found(request_id: RequestId) -> ErrorReply {
    reply(
        request_id,
        ErrorCode::RoomNotFound,
        "There is no such room; list_rooms shows those there are.",
    )
}

/// The answer to what this server does not do.
pub(crate) fn not_served(request_id: RequestId) -> ErrorReply {
    reply(
        request_id,
        ErrorCode::UnknownRequest,
        "This server does not know this request.",
    )
}

pub(crate) fn not_allowed(request_id: RequestId, refused: NotAllowed) -> ErrorReply {
    let (message, details) = match refused {
        NotAllowed::Role(Role::Guest) => (
            "Guests may not do this; make an account.".to_owned(),
            json!({"role": Role::Guest}),
        ),
        NotAllowed::Role(role @ Role::Admin) => (
            "Only an owner of the server may do this.".to_owned(),
            json!({"role": role}),
        ),
        NotAllowed::Role(role) => (
            format!(
                "Your role, {}, may not do this; ask an admin.",
                role.as_str()
            ),
            json!({"role": role}),
        ),
        NotAllowed::Scope(Some(scope)) => (
            format!("This token lacks the scope {}.", scope.as_str()),
            json!({"scope": scope}),
        ),
        NotAllowed::Scope(None) => ("No bot may do this.".to_owned(), json!({"role": Role::Bot})),
        NotAllowed::RoomRole => (
            "Your role in this room may not do this; ask an owner of the room.".to_owned(),
            serde_json::Value::Null,
        ),
    };
    ErrorReply {
        details,
        ..reply(request_id, ErrorCode::NotAllowed, message)
    }
}

pub(crate) fn from_store(request_id: RequestId, error: StoreError) -> ErrorReply {
    let (code, message) = match error {
        StoreError::NewName(error) => {
            return reply(request_id, ErrorCode::InvalidName, format!("{error}"));
        }
        StoreError::NameLooksTaken { like } => {
            return looks_taken(request_id, ErrorCode::NameTaken, &like);
        }
        StoreError::RoomNameLooksTaken { like } => {
            return looks_taken(request_id, ErrorCode::RoomNameTaken, &like);
        }
        StoreError::NameTaken => (
            ErrorCode::NameTaken,
            "Somebody else has this name; choose another.",
        ),
        StoreError::TokenTaken => (
            ErrorCode::InvalidArgument,
            "This session token belongs to another name; choose a new one.",
        ),
        StoreError::RoomNameTaken => (
            ErrorCode::RoomNameTaken,
            "There is a room of this name; join it or choose another name.",
        ),
        StoreError::RoomNotFound => return room_not_found(request_id),
        StoreError::NotAMember => (
            ErrorCode::NotAMember,
            "You are not in this room; join it first.",
        ),
        StoreError::CannotLeave => (
            ErrorCode::CannotLeave,
            "The lobby and direct rooms cannot be left.",
        ),
        StoreError::TransactionConflict => (
            ErrorCode::TransactionConflict,
            "This transaction id was used for another message; choose a new one.",
        ),
        StoreError::FileNotFound => (ErrorCode::FileNotFound, "There is no such file."),
        StoreError::UploadNotFound => (
            ErrorCode::UploadNotFound,
            "You have no such upload; begin it, or begin it again.",
        ),
        StoreError::UploadConflict => (
            ErrorCode::UploadConflict,
            "This upload id was used for another file; choose a new one.",
        ),
        StoreError::TooManyUploads => {
            let message = "You have too many unfinished uploads; finish or cancel some.";
            return ErrorReply {
                retry_after_ms: Some(UPLOADS_RETRY_MS),
                ..reply(request_id, ErrorCode::RateLimited, message)
            };
        }
        StoreError::WrongCredentials => (
            ErrorCode::WrongCredentials,
            "No account has this name and password.",
        ),
        StoreError::SecondFactorNeeded => (
            ErrorCode::SecondFactorNeeded,
            "This account asks for the current code of its authenticator.",
        ),
        StoreError::RegistrationClosed => (
            ErrorCode::RegistrationClosed,
            "This server takes nobody in this way; ask its admins for an invitation.",
        ),
        StoreError::InvitationInvalid => (
            ErrorCode::InvitationInvalid,
            "This link does not work any more; ask for another one.",
        ),
        StoreError::PersonNotFound => (ErrorCode::PersonNotFound, "There is no such person."),
        StoreError::NotFound(what) => {
            let message = format!("There is no such {what}.");
            return reply(request_id, ErrorCode::NotFound, message);
        }
        StoreError::NotAllowed(refused) => return not_allowed(request_id, refused),
        StoreError::Banned => (
            ErrorCode::Banned,
            "Who is banned from this room cannot come in, until its moderators lift the ban.",
        ),
        StoreError::NobodyElse => (
            ErrorCode::RoomArchived,
            "Everyone else in this conversation has been removed from the server; nobody would read it.",
        ),
        StoreError::RoomArchived => (
            ErrorCode::RoomArchived,
            "This room is archived; nobody can write in it.",
        ),
        StoreError::Invalid(message) => (ErrorCode::InvalidArgument, message),
        StoreError::QuotaExceeded { what, max } => {
            let message = format!("There may be {max} {what} at most.");
            return ErrorReply {
                details: json!({"what": what, "max": max}),
                ..reply(request_id, ErrorCode::QuotaExceeded, message)
            };
        }
        StoreError::Full => return storage_full(request_id),
        StoreError::Closed => (
            ErrorCode::ShuttingDown,
            "The server is stopping; reconnect and send it again.",
        ),
        StoreError::Sqlite(error) => {
            tracing::error!(%error, "the store failed");
            return internal(request_id);
        }
    };
    reply(request_id, code, message)
}

pub(crate) fn from_hash(request_id: RequestId, error: HashError) -> ErrorReply {
    match error {
        HashError::Busy(wait) => wait.reply(
            request_id,
            "Many people sign in at once; try again in a moment.",
        ),
        HashError::Failed => {
            tracing::error!("a password could not be hashed");
            internal(request_id)
        }
    }
}

fn looks_taken(request_id: RequestId, code: ErrorCode, like: &str) -> ErrorReply {
    let message = format!("This name looks like “{like}”, which is taken; choose another.");
    ErrorReply {
        details: json!({"looks_like": like}),
        ..reply(request_id, code, message)
    }
}

pub(crate) fn from_upload(request_id: RequestId, error: UploadError) -> ErrorReply {
    match error {
        UploadError::TooLarge => reply(
            request_id,
            ErrorCode::FileTooLarge,
            "The file is larger than this server takes; cut it into several.",
        ),
        UploadError::Finished => reply(
            request_id,
            ErrorCode::UploadConflict,
            "This upload is finished; its file stays.",
        ),
        UploadError::Store(error) => from_store(request_id, error),
        UploadError::Disk(error) => from_disk(request_id, &error),
        UploadError::Flush(error) => {
            tracing::error!(%error, "the disk failed");
            let message = "The server's disk failed. What was uploaded is not safe; begin again.";
            reply(request_id, ErrorCode::Internal, message)
        }
    }
}

pub(crate) fn from_chunk(request_id: RequestId, error: ChunkError) -> ErrorReply {
    let (code, message, details) = match error {
        ChunkError::NoSuchChunk => (
            ErrorCode::ChunkOutOfRange,
            "The file has no chunk of this index; begin_upload says how it is cut.".to_owned(),
            serde_json::Value::Null,
        ),
        ChunkError::WrongLength { expected, received } => (
            ErrorCode::ChunkOutOfRange,
            if received < expected {
                format!("The chunk has {expected} bytes, but only {received} came; send it again.")
            } else {
                format!("The chunk has {expected} bytes, but more came; send only those.")
            },
            json!({"expected_bytes": expected}),
        ),
        ChunkError::Mismatch { computed } => (
            ErrorCode::ChunkMismatch,
            "The bytes are not those of the chunk; send it again.".to_owned(),
            json!({"hash": computed}),
        ),
        ChunkError::Upload(error) => return from_upload(request_id, error),
    };
    ErrorReply {
        details,
        ..reply(request_id, code, message)
    }
}

pub(crate) fn from_finish(request_id: RequestId, error: FinishError) -> ErrorReply {
    let (code, message, details) = match error {
        FinishError::Incomplete { missing } => (
            ErrorCode::UploadIncomplete,
            format!("{missing} chunks are missing; describe_upload says which are there."),
            json!({"missing": missing}),
        ),
        FinishError::Mismatch { computed } => (
            ErrorCode::ContentMismatch,
            "The whole file has another hash; cancel the upload and send the file again."
                .to_owned(),
            json!({"content_hash": computed}),
        ),
        FinishError::Upload(error) => return from_upload(request_id, error),
    };
    ErrorReply {
        details,
        ..reply(request_id, code, message)
    }
}

pub(crate) fn from_read(request_id: RequestId, error: ReadError) -> ErrorReply {
    match error {
        ReadError::NoSuchChunk => reply(
            request_id,
            ErrorCode::ChunkOutOfRange,
            "The file has no chunk of this index; describe_file says how it is cut.",
        ),
        ReadError::Damaged => reply(
            request_id,
            ErrorCode::FileDamaged,
            "The server's disk has lost a part of this file. Whoever has it may upload it again.",
        ),
        ReadError::Arriving => ErrorReply {
            retry_after_ms: Some(ARRIVING_RETRY_MS),
            ..reply(
                request_id,
                ErrorCode::FileArriving,
                "The file is still on its way to the server.",
            )
        },
        ReadError::Upload(error) => from_upload(request_id, error),
    }
}

fn from_disk(request_id: RequestId, error: &io::Error) -> ErrorReply {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => storage_full(request_id),
        _ => {
            tracing::error!(%error, "the disk failed");
            internal(request_id)
        }
    }
}

fn storage_full(request_id: RequestId) -> ErrorReply {
    reply(
        request_id,
        ErrorCode::StorageFull,
        "The server's disk is full. Nothing was stored; try again once there is room.",
    )
}

fn internal(request_id: RequestId) -> ErrorReply {
    reply(
        request_id,
        ErrorCode::Internal,
        "The server failed; trying again is safe.",
    )
}

/// The status that says over HTTP what the code says (RFC 9110, section 15).
pub(crate) fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::MalformedFrame
        | ErrorCode::InvalidArgument
        | ErrorCode::UnsupportedProtocol
        | ErrorCode::InvalidName
        | ErrorCode::WeakPassword
        | ErrorCode::MessageEmpty
        | ErrorCode::TooManyAttachments
        | ErrorCode::ChunkOutOfRange => StatusCode::BAD_REQUEST,
        ErrorCode::NotSignedIn
        | ErrorCode::InvalidToken
        | ErrorCode::WrongCredentials
        | ErrorCode::PasswordNeeded
        | ErrorCode::SecondFactorNeeded => StatusCode::UNAUTHORIZED,
        ErrorCode::NotAMember
        | ErrorCode::CannotLeave
        | ErrorCode::RegistrationClosed
        | ErrorCode::InvitationInvalid
        | ErrorCode::NotAllowed
        | ErrorCode::Banned
        | ErrorCode::RoomArchived
        | ErrorCode::QuotaExceeded => StatusCode::FORBIDDEN,
        ErrorCode::UnknownRequest
        | ErrorCode::RoomNotFound
        | ErrorCode::PersonNotFound
        | ErrorCode::NotFound
        | ErrorCode::FileNotFound
        | ErrorCode::NoThumbnail
        | ErrorCode::UploadNotFound => StatusCode::NOT_FOUND,
        ErrorCode::PassExpired => StatusCode::GONE,
        ErrorCode::TlsRequired => StatusCode::UPGRADE_REQUIRED,
        ErrorCode::TimedOut => StatusCode::REQUEST_TIMEOUT,
        ErrorCode::NameTaken
        | ErrorCode::RoomNameTaken
        | ErrorCode::TransactionConflict
        | ErrorCode::UploadConflict
        | ErrorCode::UploadIncomplete
        | ErrorCode::FileArriving => StatusCode::CONFLICT,
        ErrorCode::FrameTooLarge | ErrorCode::TextTooLong | ErrorCode::FileTooLarge => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        ErrorCode::ChunkMismatch | ErrorCode::ContentMismatch => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::TooManyConnections | ErrorCode::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::StorageFull => StatusCode::INSUFFICIENT_STORAGE,
        ErrorCode::FileDamaged | ErrorCode::Internal | ErrorCode::Unknown => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
