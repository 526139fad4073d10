//! Identifiers and counters as newtypes, so that one cannot stand where another is meant.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use uuid::Uuid;

use crate::decode::{Decode, decode_as, parse, text_form};
use crate::names::{NameError, RoomName};

/// Why a string is not an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct ParseIdError(&'static str);

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        decode_as!($name, parse);

        impl $name {
            /// A UUIDv7 (RFC 9562) of the time `at` and ten random bytes.
            pub fn from_parts(at: TimestampMs, random: [u8; 10]) -> Self {
                Self(uuid::Builder::from_unix_timestamp_millis(at.0, &random).into_uuid())
            }

            /// The 16 bytes, big-endian, as a database stores them.
            pub fn as_bytes(&self) -> &[u8; 16] {
                self.0.as_bytes()
            }

            /// The identifier with these 16 bytes.
            pub const fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(Uuid::from_bytes(bytes))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIdError;
            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| ParseIdError(stringify!($name)))
            }
        }
    };
}

uuid_id!(
    /// A person with a name and any number of sessions.
    PersonId
);
uuid_id!(
    /// A room and its log.
    RoomId
);
uuid_id!(
    /// Chosen by the sender, once per message; repeating it repeats the acknowledgement, not the message.
    TransactionId
);
uuid_id!(
    /// Chosen by whoever begins an upload; repeating it returns to the same upload.
    UploadId
);
uuid_id!(
    /// Where somebody is signed in.
    SessionId
);
uuid_id!(
    /// An invitation; its token is another, secret thing.
    InvitationId
);
uuid_id!(
    /// A message that somebody asked the admins to look at.
    ReportId
);
uuid_id!(
    /// One life of a database. Sequences of different epochs cannot be compared.
    Epoch
);

/// The unguessable part of a file's link: 16 random bytes, 22 characters of base64url on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId([u8; 16]);

impl FileId {
    /// The id of these 16 random bytes.
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The 16 bytes, as a database stores them.
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Display for FileId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl FromStr for FileId {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let error = ParseIdError("FileId");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| error.clone())?;
        bytes.try_into().map(Self).map_err(|_| error)
    }
}

text_form!(FileId);

/// The secret that stands for a session: 32 random bytes, 43 characters of base64url on the wire.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken([u8; 32]);

impl SessionToken {
    /// The token of these 32 bytes, which must come from a source fit for secrets.
    pub fn from_random(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The token as text: the only way to see it.
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }
}

impl fmt::Debug for SessionToken {
    /// Leaves the secret out, so that no log can hold it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl FromStr for SessionToken {
    type Err = ParseIdError;
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        let error = ParseIdError("SessionToken");
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| error.clone())?;
        bytes.try_into().map(Self).map_err(|_| error)
    }
}

impl Serialize for SessionToken {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.reveal())
    }
}

decode_as!(SessionToken, parse);

macro_rules! counter {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Default, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Decode,
        )]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

counter!(
    /// Names a request on its connection; its reply or error carries it back. At most 2^53.
    RequestId
);
counter!(
    /// An event's position in its room's log: 1, 2, 3, … without gaps. 0 stands for "before the first".
    Sequence
);
counter!(
    /// Milliseconds since 1970-01-01 00:00 UTC, leap seconds not counted.
    TimestampMs
);

impl Sequence {
    /// The first event of every log.
    pub fn first() -> Self {
        Self(1)
    }

    /// Whether nothing is before it.
    pub fn is_first(&self) -> bool {
        self.0 <= 1
    }

    /// The position after this one.
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl TimestampMs {
    /// This time, `ms` milliseconds later; saturates.
    pub fn plus_ms(self, ms: u64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// Milliseconds from `earlier` to this time; 0 if `earlier` is later.
    pub fn since_ms(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// A room as a request names it: by id, or, for people who type, by name with or without `#`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RoomRef {
    /// By its id.
    Id(RoomId),
    /// By its name; names are unique.
    Name(RoomName),
}

impl From<RoomId> for RoomRef {
    fn from(id: RoomId) -> Self {
        Self::Id(id)
    }
}

impl FromStr for RoomRef {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        match text.parse() {
            Ok(id) => Ok(Self::Id(id)),
            Err(_) => text
                .strip_prefix('#')
                .unwrap_or(text)
                .parse()
                .map(Self::Name),
        }
    }
}

impl fmt::Display for RoomRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

text_form!(RoomRef);
