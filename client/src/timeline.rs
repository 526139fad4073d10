//! What is known of a room's log. Each sequence has one place, so repeats, late frames and overlapping
//! pages change nothing; gaps are where sequences are missing, never stored apart.

use std::collections::BTreeMap;
use std::ops::Bound;

use shared::{RoomEvent, Sequence};

/// A room's events, by sequence.
#[derive(Debug, Default)]
pub struct Timeline {
    events: BTreeMap<Sequence, RoomEvent>,
    /// Where the server began to push on this connection.
    pushed_from: Sequence,
}

/// Events that exist and are not known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first missing one.
    pub first: Sequence,
    /// The last missing one.
    pub last: Sequence,
}

impl Gap {
    /// How many events are missing, at least 1.
    pub fn events(&self) -> u64 {
        self.last.0 - self.first.0 + 1
    }
}

impl Timeline {
    /// Oldest first.
    pub fn events(&self) -> impl DoubleEndedIterator<Item = &RoomEvent> {
        self.events.values()
    }

    /// Oldest first, without the one at `sequence`.
    pub fn events_after(&self, sequence: Sequence) -> impl Iterator<Item = &RoomEvent> {
        self.events
            .range((Bound::Excluded(sequence), Bound::Unbounded))
            .map(|(_, event)| event)
    }

    /// The end of the newest contiguous run, from which the server goes on; `None` where nothing is known.
    pub fn last_sequence(&self) -> Option<Sequence> {
        self.events.keys().next_back().copied()
    }

    /// Where older history is to be read from; `None` where the log's beginning is known.
    pub fn older_before(&self) -> Option<Sequence> {
        let first = self
            .events
            .keys()
            .next()
            .copied()
            .unwrap_or(self.pushed_from);
        (first.0 > 1).then_some(first)
    }

    /// What is missing after the first known event, oldest first.
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let Some(mut expected) = self.events.keys().next().copied() else {
            return gaps;
        };
        // Between what is known and what is pushed now, where nothing was pushed yet.
        let pushed_from =
            Some(&self.pushed_from).filter(|from| Some(**from) > self.last_sequence());
        for sequence in self.events.keys().chain(pushed_from) {
            if *sequence > expected {
                gaps.push(Gap {
                    first: expected,
                    last: Sequence(sequence.0 - 1),
                });
            }
            expected = sequence.next();
        }
        gaps
    }

    /// The server pushes from here on.
    pub(crate) fn open(&mut self, events_from: Sequence) {
        self.pushed_from = events_from;
    }

    /// Whether the event is new. What is known already stays.
    pub(crate) fn insert(&mut self, event: RoomEvent) -> bool {
        match self.events.entry(event.sequence) {
            std::collections::btree_map::Entry::Occupied(_) => false,
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(event);
                true
            }
        }
    }
}
