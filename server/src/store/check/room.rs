//! One room's log, event by event, and what is kept beside it.

use rusqlite::{Connection, Row};
use shared::room::RoomChanges;
use shared::{Carried, EventBody, FileId, PersonId, RoomName, Sequence, TransactionId};

use super::Report;
use super::projection::Projection;
use super::removed::RemovedRanges;
use crate::store::inspect::{InspectError, RoomOfLog, content_of_file};
use crate::store::{arrivals, counter, log};

pub(super) struct RoomCheck<'a, 'b> {
    room: &'a RoomOfLog,
    is_lobby: bool,
    report: Report<'b>,
    /// The sequence that the next event should have.
    next: u64,
    /// What follows from the log.
    by_log: Projection,
    removed: RemovedRanges,
}

/// What stands beside a body in the event's row.
struct Beside {
    transaction_id: Option<TransactionId>,
    content_hash: Option<[u8; 32]>,
}

impl<'a, 'b> RoomCheck<'a, 'b> {
    pub(super) fn new(
        db: &Connection,
        room: &'a RoomOfLog,
        is_lobby: bool,
        report: Report<'b>,
    ) -> Result<Self, InspectError> {
        Ok(Self {
            room,
            is_lobby,
            report,
            next: 1,
            by_log: Projection::begin(room.kind),
            removed: RemovedRanges::of(db, room.room_id)?,
        })
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
        let by_log = &mut self.by_log;
        match body {
            EventBody::MessageSent { .. } => self.message(db, sequence, person, &body, beside)?,
            EventBody::Removed {} if !self.removed.may_be(sequence, person) => {
                self.found(format!("event {sequence} is gone, but nobody removed it"));
            }
            EventBody::RoomCreated { name, topic } => self.created(sequence, person, name, topic),
            EventBody::MemberJoined {} => by_log.came(person, sequence),
            EventBody::MemberAdded { member } => by_log.came(member.id, sequence),
            EventBody::MemberLeft {} => by_log.went(person, false),
            EventBody::MemberRemoved { member, banned } => by_log.went(member.id, banned),
            EventBody::BanLifted { member } => by_log.let_back(member.id),
            EventBody::RoomRoleChanged { member, role } => by_log.became(member.id, role),
            EventBody::RoomChanged { name, changes } => by_log.change(name, changes),
            EventBody::MessagesRemoved { .. }
            | EventBody::Removed {}
            | EventBody::FileArrived { .. }
            | EventBody::FileWithdrawn { .. } => {}
            // Of a newer version; its place in the log is all that is known of it.
            EventBody::Unknown => {}
        }
        Ok(())
    }

    fn message(
        &mut self,
        db: &Connection,
        sequence: u64,
        person: PersonId,
        body: &EventBody,
        beside: &Beside,
    ) -> Result<(), InspectError> {
        if beside.transaction_id != body.transaction_id() {
            self.found(format!(
                "event {sequence} is kept under another transaction id"
            ));
        }
        let files: Vec<FileId> = body.carried().iter().map(Carried::file_id).collect();
        if beside.content_hash != Some(log::content_hash(body.text(), &files)) {
            self.found(format!("event {sequence} is not what its sender sent"));
        }
        if self.removed.must_be(sequence, person) {
            self.found(format!("event {sequence} was removed, but is still there"));
        }
        for file in body.attachments() {
            if content_of_file(db, file.file_id)? != Some(file.content_hash) {
                self.found(format!(
                    "event {sequence} has an attachment that is no file: {}",
                    file.file_id
                ));
            }
        }
        let room = self.room.room_id;
        for file in body.arriving() {
            let is_expected = arrivals::is_expected(db, file.file_id, room, Sequence(sequence))?;
            if is_expected == file.withdrawn {
                let what = match file.withdrawn {
                    true => "still awaits a file that was withdrawn",
                    false => "awaits a file that nobody uploads",
                };
                self.found(format!("event {sequence} {what}: {}", file.file_id));
            }
        }
        Ok(())
    }

    fn created(&mut self, sequence: u64, person: PersonId, name: RoomName, topic: String) {
        if sequence != 1 || self.is_lobby {
            self.found(format!("event {sequence} creates it once more"));
            return;
        }
        self.by_log.created_by(person);
        let changes = RoomChanges {
            topic: Some(topic),
            ..RoomChanges::default()
        };
        self.by_log.change(Some(name), changes);
    }

    /// After the last event.
    pub(super) fn end(mut self, db: &Connection) -> Result<(), InspectError> {
        let (counted, last) = (self.room.last_sequence.0, self.next - 1);
        if counted != last {
            self.found(format!(
                "its counter is at {counted}, but its log ends at {last}"
            ));
        }
        let kept = Projection::load(db, self.room)?;
        for difference in self.by_log.differences(&kept) {
            self.found(difference);
        }
        for disagreement in kept.disagreements(db, self.room)? {
            self.found(disagreement);
        }
        Ok(())
    }
}
