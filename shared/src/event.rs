//! What a room's log holds.

use serde::Serialize;

use crate::decode::Decode;
use crate::file::{ArrivingFile, FileInfo};
use crate::frame::Person;
use crate::ids::{FileId, PersonId, RoomId, Sequence, TimestampMs, TransactionId};
use crate::names::{FileName, RoomName};
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
        /// What is still on its way, each with its place among all that the message carries.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        arriving: Vec<ArrivingFile>,
    },
    /// A file that an earlier message carries is there now. The message in the log says so as well from now on.
    FileArrived {
        /// The message's.
        sequence: Sequence,
        /// What came.
        file: FileInfo,
    },
    /// A file that an earlier message carries will not come. The message in the log says so as well from now on.
    FileWithdrawn {
        /// The message's.
        sequence: Sequence,
        /// What will not come.
        file_id: FileId,
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

    /// What a message carries and is there.
    pub fn attachments(&self) -> &[FileInfo] {
        match self {
            Self::MessageSent { attachments, .. } => attachments,
            _ => &[],
        }
    }

    /// What a message carries and is still on its way, or never came.
    pub fn arriving(&self) -> &[ArrivingFile] {
        match self {
            Self::MessageSent { arriving, .. } => arriving,
            _ => &[],
        }
    }

    /// All that a message carries, in the sender's order.
    pub fn carried(&self) -> Vec<Carried<'_>> {
        let mut all: Vec<_> = self.attachments().iter().map(Carried::File).collect();
        // Ascending by their places, so that each goes where it will be in the end.
        for arriving in self.arriving() {
            let place = usize::try_from(arriving.place).unwrap_or(usize::MAX);
            all.insert(place.min(all.len()), Carried::Arriving(arriving));
        }
        all
    }

    /// Puts a file that has come into its place in the message that awaits it. False where none does.
    pub fn arrive(&mut self, file: &FileInfo) -> bool {
        let Self::MessageSent {
            attachments,
            arriving,
            ..
        } = self
        else {
            return false;
        };
        let awaited = |arriving: &ArrivingFile| arriving.file_id == file.file_id;
        let Some(index) = arriving.iter().position(awaited) else {
            return false;
        };
        // Of those before it, `index` are still on their way.
        let place = usize::try_from(arriving.remove(index).place).unwrap_or(usize::MAX);
        let before = place.saturating_sub(index);
        attachments.insert(before.min(attachments.len()), file.clone());
        true
    }

    /// Notes in the message that the file will not come. False where it did not await it.
    pub fn withdraw(&mut self, file_id: FileId) -> bool {
        let Self::MessageSent { arriving, .. } = self else {
            return false;
        };
        let mut awaited = arriving
            .iter_mut()
            .filter(|arriving| arriving.file_id == file_id && !arriving.withdrawn);
        let found = awaited.next();
        found.map(|arriving| arriving.withdrawn = true).is_some()
    }

    /// A message's.
    pub fn transaction_id(&self) -> Option<TransactionId> {
        match self {
            Self::MessageSent { transaction_id, .. } => Some(*transaction_id),
            _ => None,
        }
    }
}

/// One of the things that a message carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried<'a> {
    /// It is there.
    File(&'a FileInfo),
    /// It is on its way, or never came.
    Arriving(&'a ArrivingFile),
}

impl Carried<'_> {
    /// Which file it is, or will be.
    pub fn file_id(&self) -> FileId {
        match self {
            Self::File(file) => file.file_id,
            Self::Arriving(arriving) => arriving.file_id,
        }
    }

    /// Its name.
    pub fn name(&self) -> &FileName {
        match self {
            Self::File(file) => &file.name,
            Self::Arriving(arriving) => &arriving.name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::ContentHash;

    fn id(number: u8) -> FileId {
        FileId::from_bytes([number; 16])
    }

    fn file(number: u8) -> FileInfo {
        FileInfo {
            file_id: id(number),
            name: FileName::repaired("a.txt"),
            size_bytes: 1,
            media_type: "text/plain".into(),
            content_hash: ContentHash::from_bytes([number; 32]),
            link: "/files/a".into(),
            image: None,
        }
    }

    fn arriving(number: u8, place: u32) -> ArrivingFile {
        ArrivingFile {
            file_id: id(number),
            place,
            name: FileName::repaired("a.txt"),
            size_bytes: 1,
            media_type: None,
            link: "/files/a".into(),
            withdrawn: false,
        }
    }

    fn order(body: &EventBody) -> Vec<FileId> {
        body.carried().iter().map(Carried::file_id).collect()
    }

    /// Every order in which four of five files come in leaves them where their sender put them.
    #[test]
    fn files_keep_their_places_however_they_come() {
        let all: Vec<_> = (0..5).map(id).collect();
        let waiting = [0_u8, 1, 3, 4];
        let mut orders = vec![vec![]];
        for _ in waiting {
            orders = orders
                .into_iter()
                .flat_map(|order: Vec<u8>| {
                    let left = waiting.into_iter().filter(|next| !order.contains(next));
                    left.map(|next| [order.clone(), vec![next]].concat())
                        .collect::<Vec<_>>()
                })
                .collect();
        }
        assert_eq!(orders.len(), 24);
        for order_of_arrival in orders {
            let mut body = EventBody::MessageSent {
                transaction_id: TransactionId::from_bytes([0; 16]),
                text: String::new(),
                attachments: vec![file(2)],
                arriving: waiting.map(|n| arriving(n, n.into())).to_vec(),
            };
            assert_eq!(order(&body), all);
            for next in order_of_arrival {
                assert!(body.arrive(&file(next)));
                assert!(!body.arrive(&file(next)), "it is there already");
                assert_eq!(order(&body), all);
            }
            assert!(body.arriving().is_empty());
        }
    }

    #[test]
    fn what_will_not_come_keeps_its_place() {
        let mut body = EventBody::MessageSent {
            transaction_id: TransactionId::from_bytes([0; 16]),
            text: String::new(),
            attachments: vec![],
            arriving: vec![arriving(0, 0), arriving(1, 1), arriving(2, 2)],
        };
        assert!(body.withdraw(id(1)));
        assert!(!body.withdraw(id(1)), "it is noted already");
        assert!(!body.withdraw(id(7)));
        assert!(body.arrive(&file(2)));
        assert_eq!(order(&body), [id(0), id(1), id(2)]);
        let withdrawn: Vec<_> = body.arriving().iter().map(|it| it.withdrawn).collect();
        assert_eq!(withdrawn, [false, true]);
    }
}
