//! Which messages of a room were removed, by what its log says and by what is going on.

use std::collections::HashMap;

use rusqlite::{Connection, params};
use shared::{EventBody, PersonId, RoomId};

use crate::store::counter;
use crate::store::inspect::InspectError;

/// First and last sequence of each, sorted and apart.
#[derive(Debug, Default)]
struct Ranges(Vec<(u64, u64)>);

impl Ranges {
    fn add(&mut self, from: u64, to: u64) {
        self.0.push((from, to));
    }

    fn tidy(&mut self) {
        self.0.sort_unstable();
        let mut apart: Vec<(u64, u64)> = Vec::with_capacity(self.0.len());
        for (from, to) in self.0.drain(..) {
            match apart.last_mut() {
                Some(last) if from <= last.1 => last.1 = last.1.max(to),
                Some(_) | None => apart.push((from, to)),
            }
        }
        self.0 = apart;
    }

    fn contain(&self, sequence: u64) -> bool {
        let after = self.0.partition_point(|(from, _)| *from <= sequence);
        after > 0 && self.0[after - 1].1 >= sequence
    }
}

#[derive(Debug, Default)]
struct Removals {
    of_all: Ranges,
    of_one: HashMap<PersonId, Ranges>,
}

impl Removals {
    fn add(&mut self, of: Option<PersonId>, from: u64, to: u64) {
        match of {
            None => self.of_all.add(from, to),
            Some(person) => self.of_one.entry(person).or_default().add(from, to),
        }
    }

    fn tidy(&mut self) {
        self.of_all.tidy();
        self.of_one.values_mut().for_each(Ranges::tidy);
    }

    fn contain(&self, sequence: u64, of: PersonId) -> bool {
        self.of_all.contain(sequence) || self.of_one.get(&of).is_some_and(|it| it.contain(sequence))
    }
}

/// What was removed from one room.
#[derive(Debug, Default)]
pub(super) struct RemovedRanges {
    done: Removals,
    /// Begun, and not told of yet.
    begun: Removals,
}

impl RemovedRanges {
    pub(super) fn of(db: &Connection, room: RoomId) -> Result<Self, InspectError> {
        let mut ranges = Self::default();
        let mut statement = db.prepare_cached(
            "SELECT body FROM events WHERE room_id = ?1 AND body GLOB '{\"type\":\"messages_removed\"*'",
        )?;
        let mut rows = statement.query([room.as_bytes()])?;
        while let Some(row) = rows.next()? {
            // What cannot be read is told of as an event.
            if let Ok(EventBody::MessagesRemoved { from, to, of }) =
                serde_json::from_slice(row.get_ref(0)?.as_bytes().unwrap_or_default())
            {
                ranges.done.add(of, from.0, to.0);
            }
        }
        let mut statement =
            db.prepare_cached("SELECT of_person, to_sequence FROM purges WHERE room_id = ?1")?;
        let mut rows = statement.query(params![room.as_bytes()])?;
        while let Some(row) = rows.next()? {
            let of: Option<[u8; 16]> = row.get(0)?;
            let to = counter(row, 1)?;
            ranges.begun.add(of.map(PersonId::from_bytes), 1, to);
        }
        ranges.done.tidy();
        ranges.begun.tidy();
        Ok(ranges)
    }

    /// Whether a message of this person must be gone.
    pub(super) fn must_be(&self, sequence: u64, of: PersonId) -> bool {
        self.done.contain(sequence, of)
    }

    /// Whether a message of this person may be gone.
    pub(super) fn may_be(&self, sequence: u64, of: PersonId) -> bool {
        self.done.contain(sequence, of) || self.begun.contain(sequence, of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_contain_what_any_of_them_does() {
        let mut ranges = Ranges::default();
        for (from, to) in [(7, 9), (1, 1), (3, 5), (4, 4), (5, 7)] {
            ranges.add(from, to);
        }
        ranges.tidy();
        assert_eq!(ranges.0, [(1, 1), (3, 9)]);
        let contained: Vec<u64> = (0..12).filter(|it| ranges.contain(*it)).collect();
        assert_eq!(contained, [1, 3, 4, 5, 6, 7, 8, 9]);
    }
}
