//! `error_codes.json`: every error code, in the order of the enum; the last one is of the future.

use std::fs;

use shared::ErrorCode::{self, *};

macro_rules! codes {
    ($($code:ident,)+) => {
        const CODES: &[ErrorCode] = &[$($code),+];

        /// Does not compile while a code is missing in the list.
        fn is_listed(code: ErrorCode) -> bool {
            match code { $($code => CODES.contains(&$code),)+ }
        }
    };
}

codes!(
    MalformedFrame,
    FrameTooLarge,
    UnknownRequest,
    InvalidArgument,
    UnsupportedProtocol,
    NotSignedIn,
    InvalidToken,
    WrongCredentials,
    SecondFactorNeeded,
    RegistrationClosed,
    InvitationInvalid,
    WeakPassword,
    NotAllowed,
    PersonNotFound,
    NotFound,
    Banned,
    RoomArchived,
    QuotaExceeded,
    InvalidName,
    NameTaken,
    RoomNameTaken,
    RoomNotFound,
    NotAMember,
    CannotLeave,
    TransactionConflict,
    MessageEmpty,
    TextTooLong,
    TooManyAttachments,
    FileNotFound,
    FileDamaged,
    FileArriving,
    PassExpired,
    PasswordNeeded,
    NoThumbnail,
    UploadNotFound,
    UploadConflict,
    FileTooLarge,
    ChunkOutOfRange,
    ChunkMismatch,
    UploadIncomplete,
    ContentMismatch,
    StorageFull,
    RateLimited,
    TooManyConnections,
    TlsRequired,
    TimedOut,
    ShuttingDown,
    Internal,
    Unknown,
);

#[test]
fn error_codes() {
    let bytes = fs::read(crate::folder("error_codes.json")).expect("the list of codes");
    let names: Vec<String> = serde_json::from_slice(&bytes).expect("a list of strings");
    let codes: Vec<ErrorCode> = serde_json::from_slice(&bytes).expect("a list of codes");
    assert_eq!(codes, CODES);
    assert!(codes.iter().copied().all(is_listed));
    for (name, code) in names.iter().zip(&codes) {
        let encoded = serde_json::to_value(code).expect("a code encodes");
        if *code == Unknown {
            assert_eq!(
                (name.as_str(), encoded),
                ("of_the_future", "unknown".into())
            );
        } else {
            assert_eq!(encoded, name.as_str());
        }
    }
}
