//! What admins see and change.

use serde::Serialize;

use crate::account::Registration;
use crate::decode::Decode;
use crate::frame::Person;
use crate::ids::{PersonId, ReportId, RequestId, RoomId, RoomRef, Sequence, TimestampMs};
use crate::roles::Role;

/// A person as admins see them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct PersonRecord {
    pub person: Person,
    pub role: Role,
    pub created_at_ms: TimestampMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_ms: Option<TimestampMs>,
    /// Where they are signed in.
    pub sessions: u32,
    /// What their finished files take.
    pub file_bytes: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_totp: bool,
}

/// Everyone whose name holds `query`, by name, from `after` on. Answered by `people_listed`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub struct ListPeople {
    pub request_id: RequestId,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub query: String,
    /// The last name of the page before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<String>,
}

/// A room as admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct RoomRecord {
    pub room: crate::room::RoomInfo,
    pub created_at_ms: TimestampMs,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_event_at_ms: Option<TimestampMs>,
}

/// Takes somebody off the server for good: their account, sessions, memberships and bots. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct RemovePerson {
    #[serde(default)]
    pub request_id: RequestId,
    pub person_id: PersonId,
    /// Whether to remove all that they wrote as well.
    #[serde(default)]
    pub messages: bool,
}

/// What admins can change while the server runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Settings {
    /// Who may make an account.
    pub registration: Registration,
    /// Whether a name is enough to come in.
    pub guests: bool,
    /// Rooms that one person may have created.
    pub rooms_per_person_max: u32,
    /// People in one room.
    pub members_per_room_max: u32,
    /// What one person's files may take, in bytes.
    pub file_bytes_per_person_max: u64,
}

/// Changes what is given, and leaves the rest. Answered by `settings_described`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(default)]
pub struct ChangeSettings {
    pub request_id: RequestId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guests: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rooms_per_person_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub members_per_room_max: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file_bytes_per_person_max: Option<u64>,
}

/// What the server stores.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Storage {
    pub people: u64,
    pub rooms: u64,
    pub events: u64,
    pub files: u64,
    /// Finished files as they were sent.
    pub file_bytes: u64,
    /// What they take on disk, each content once.
    pub content_bytes: u64,
    pub database_bytes: u64,
    /// What is left of the disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_bytes: Option<u64>,
}

/// Who did what. `hash` is BLAKE3 over the entry before's hash and this entry, so that none can be changed or taken
/// out unseen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct AuditEntry {
    /// From 1, without gaps.
    pub sequence: Sequence,
    pub at_ms: TimestampMs,
    /// Left out for the server's operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// What was done: `set_role`, `remove_person`, …
    pub action: String,
    /// What it was done to, for people to read.
    #[serde(default)]
    pub subject: String,
    /// 64 hexadecimal digits.
    pub hash: String,
}

/// Asks the admins to look at a message. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct ReportMessage {
    #[serde(default)]
    pub request_id: RequestId,
    pub room: RoomRef,
    pub sequence: Sequence,
    /// At most 500 characters.
    #[serde(default)]
    pub reason: String,
}

/// A message that somebody asked the admins to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct Report {
    pub report_id: ReportId,
    pub room_id: RoomId,
    pub room_name: String,
    pub sequence: Sequence,
    /// Who asks.
    pub by: Person,
    pub reason: String,
    pub at_ms: TimestampMs,
    /// Who wrote the message.
    pub author: Person,
    /// What it says; empty where it is gone.
    pub text: String,
}

/// Closes a report. Answered by `done`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct CloseReport {
    #[serde(default)]
    pub request_id: RequestId,
    pub report_id: ReportId,
    /// Whether to remove the message.
    #[serde(default)]
    pub remove_message: bool,
}
