//! What a room's log holds.

use serde::{Deserialize, Serialize};

use crate::file::FileInfo;
use crate::frame::Person;
use crate::ids::{RoomId, Sequence, TimestampMs, TransactionId};
use crate::names::RoomName;

/// One event at its place in a room's log. Its bytes are the same for every member, for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomEvent {
    /// The room.
    pub room_id: RoomId,
    /// The position in the room's log, from 1, without gaps.
    pub sequence: Sequence,
    /// When the server committed it.
    pub at_ms: TimestampMs,
    /// Who caused it, with the name of that time.
    pub person: Person,
    /// What happened.
    pub event: EventBody,
}

/// What happened. A type that this build does not know keeps its place in the log as [`EventBody::Unknown`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    /// The person said something.
    MessageSent {
        /// As the sender chose it; a sender knows its own message by it.
        transaction_id: TransactionId,
        /// May be empty where there are attachments.
        text: String,
        /// In the sender's order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attachments: Vec<FileInfo>,
    },
    /// The person created the room, with these.
    RoomCreated {
        /// The room's name.
        name: RoomName,
        /// May be empty.
        #[serde(default)]
        topic: String,
    },
    /// The person became a member. The lobby, which everyone is in, has none of these.
    MemberJoined {},
    /// The person is no longer a member.
    MemberLeft {},
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}
