//! One room's log, event by event, and what is kept beside it.

use std::collections::BTreeSet;

use rusqlite::{Connection, Row};
use shared::{EventBody, FileId, PersonId, TransactionId};

use super::Report;
use crate::store::inspect::{InspectError, RoomOfLog, content_of_file};
use crate::store::{counter, log};

pub(super) struct RoomCheck<'a, 'b> {
    room: &'a RoomOfLog,
    is_lobby: bool,
    report: Report<'b>,
    /// The sequence that the next event should have.
    next: u64,
    members: BTreeSet<PersonId>,
}

/// What stands beside a body in the event's row.
struct Beside {
    transaction_id: Option<TransactionId>,
    content_hash: Option<[u8; 32]>,
}

impl<'a, 'b> RoomCheck<'a, 'b> {
    pub(super) fn new(room: &'a RoomOfLog, is_lobby: bool, report: Report<'b>) -> Self {
        Self {
            room,
            is_lobby,
            report,
            next: 1,
            members: BTreeSet::new(),
        }
    }

    fn found(&mut self, what: String) {
        (self.report)(format!("room {}: {what}", self.room.name));
    }

    /// Of the columns sequence, person_id, transaction_id, content_hash, body; the events in their order.
    pub(super) fn event(&mut self, db: &Connection, row: &Row<'_>) -> Result<(), InspectError> {
        let sequence = counter(row, 0)?;
        self.place(sequence);
        let person = PersonId::from_bytes(row.get(1)?);
        let beside = Beside {
            transaction_id: row
                .get::<_, Option<[u8; 16]>>(2)?
                .map(TransactionId::from_bytes),
            content_hash: row.get(3)?,
        };
        let body = row.get_ref(4)?.as_bytes().unwrap_or_default();
        match serde_json::from_slice(body) {
            Ok(body) => self.body(db, sequence, person, body, &beside),
            Err(error) => {
                self.found(format!("event {sequence} cannot be understood: {error}"));
                Ok(())
            }
        }
    }

    fn place(&mut self, sequence: u64) {
        if sequence == self.next + 1 {
            self.found(format!("sequence {} is missing", self.next));
        } else if sequence > self.next {
            let last = sequence - 1;
            self.found(format!("sequences {} to {last} are missing", self.next));
        } else if sequence < self.next {
            self.found(format!("there is an event of sequence {sequence}"));
        }
        self.next = sequence + 1;
    }

    fn body(
        &mut self,
        db: &Connection,
        sequence: u64,
        person: PersonId,
        body: EventBody,
        beside: &Beside,
    ) -> Result<(), InspectError> {
        match body {
            EventBody::MessageSent {
                transaction_id,
                text,
                attachments,
            } => {
                let files: Vec<FileId> = attachments.iter().map(|file| file.file_id).collect();
                if beside.transaction_id != Some(transaction_id) {
                    self.found(format!(
                        "event {sequence} is kept under another transaction id"
                    ));
                }
                if beside.content_hash != Some(log::content_hash(&text, &files)) {
                    self.found(format!("event {sequence} is not what its sender sent"));
                }
                for file in attachments {
                    if content_of_file(db, file.file_id)? != Some(file.content_hash) {
                        self.found(format!(
                            "event {sequence} has an attachment that is no file: {}",
                            file.file_id
                        ));
                    }
                }
            }
            EventBody::RoomCreated { name, topic } => {
                if sequence != 1 || self.is_lobby {
                    self.found(format!("event {sequence} creates it once more"));
                } else if name.as_str() != self.room.name || topic != self.room.topic {
                    self.found("its name or topic is not that of its log".to_owned());
                }
            }
            EventBody::MemberJoined {} => drop(self.members.insert(person)),
            EventBody::MemberLeft {} => drop(self.members.remove(&person)),
            EventBody::MemberAdded { member } => drop(self.members.insert(member.id)),
            EventBody::MemberRemoved { member, .. } => drop(self.members.remove(&member.id)),
            EventBody::BanLifted { .. }
            | EventBody::RoomRoleChanged { .. }
            | EventBody::RoomChanged { .. }
            | EventBody::MessagesRemoved { .. }
            | EventBody::Removed {} => {}
            // Of a newer version; its place in the log is all that is known of it.
            EventBody::Unknown => {}
        }
        Ok(())
    }

    /// After the last event.
    pub(super) fn end(mut self, db: &Connection) -> Result<(), InspectError> {
        let (counted, last) = (self.room.last_sequence.0, self.next - 1);
        if counted != last {
            self.found(format!(
                "its counter is at {counted}, but its log ends at {last}"
            ));
        }
        let mut statement =
            db.prepare_cached("SELECT person_id FROM members WHERE room_id = ?1")?;
        let kept = statement.query_map([self.room.room_id.as_bytes()], |row| {
            row.get(0).map(PersonId::from_bytes)
        })?;
        let kept: BTreeSet<PersonId> = kept.collect::<Result<_, _>>()?;
        // Everyone is in the lobby, which has no list.
        let by_log = std::mem::take(&mut self.members);
        for person in kept.difference(&by_log) {
            self.found(format!("{person} is a member, but not by its log"));
        }
        for person in by_log.difference(&kept) {
            self.found(format!(
                "{person} is a member by its log, but not on its list"
            ));
        }
        Ok(())
    }
}
