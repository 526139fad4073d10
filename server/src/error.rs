//! The one place where failures become codes and sentences for the peer. SQL and paths stay in the log.

use shared::names::NameError;
use shared::{ErrorCode, ErrorReply, RequestId};

use crate::store::StoreError;

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

pub(crate) fn from_store(request_id: RequestId, error: StoreError) -> ErrorReply {
    let (code, message) = match error {
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
            "Everyone is in the lobby; it cannot be left.",
        ),
        StoreError::TransactionConflict => (
            ErrorCode::TransactionConflict,
            "This transaction id was used for another message; choose a new one.",
        ),
        StoreError::Full => (
            ErrorCode::StorageFull,
            "The server's disk is full. Nothing was stored; try again once there is room.",
        ),
        StoreError::Closed => (
            ErrorCode::ShuttingDown,
            "The server is stopping; reconnect and send it again.",
        ),
        StoreError::Sqlite(error) => {
            tracing::error!(%error, "the store failed");
            (
                ErrorCode::Internal,
                "The server failed; trying again is safe.",
            )
        }
    };
    reply(request_id, code, message)
}
