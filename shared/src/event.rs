//! What a room's log holds.

use serde::Serialize;

use crate::decode::Decode;
use crate::file::FileInfo;
use crate::frame::Person;
use crate::ids::{PersonId, RoomId, Sequence, TimestampMs, TransactionId};
use crate::names::RoomName;
use crate::roles::RoomRole;
use crate::room::RoomChanges;

/// One event at its place in a room's log. Its bytes are the same for every member, for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
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
    /// The person added another.
    MemberAdded {
        /// Who is a member now.
        member: Person,
    },
    /// The person removed another.
    MemberRemoved {
        /// Who is no longer a member.
        member: Person,
        /// They may not come back either.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        banned: bool,
    },
    /// The person let another back in, who may join again.
    BanLifted {
        /// Who may.
        member: Person,
    },
    /// The person changed what another is in the room.
    RoomRoleChanged {
        /// Who.
        member: Person,
        /// What they are now.
        role: RoomRole,
    },
    /// The person changed the room.
    RoomChanged {
        /// Only where it changed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<RoomName>,
        /// What else changed.
        #[serde(flatten)]
        changes: RoomChanges,
    },
    /// What these messages said is gone for good: in their places in the log stands [`EventBody::Removed`].
    MessagesRemoved {
        /// The first.
        from: Sequence,
        /// The last.
        to: Sequence,
        /// Only those of this person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        of: Option<PersonId>,
    },
    /// Stands where a message was that has been removed.
    Removed {},
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

impl EventBody {
    /// Whether somebody said something, which counts as unread and is shown as a message.
    pub fn is_message(&self) -> bool {
        matches!(self, Self::MessageSent { .. })
    }

    /// What a message says; empty for all else.
    pub fn text(&self) -> &str {
        match self {
            Self::MessageSent { text, .. } => text,
            _ => "",
        }
    }

    /// What a message carries.
    pub fn attachments(&self) -> &[FileInfo] {
        match self {
            Self::MessageSent { attachments, .. } => attachments,
            _ => &[],
        }
    }

    /// A message's.
    pub fn transaction_id(&self) -> Option<TransactionId> {
        match self {
            Self::MessageSent { transaction_id, .. } => Some(*transaction_id),
            _ => None,
        }
    }
}
