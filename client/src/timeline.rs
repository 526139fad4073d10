//! What is known of a room's log. Each sequence has one place, so repeats, late frames and overlapping
//! pages change nothing. Gaps lie between the runs of sequences without one missing, of which there are few.

use std::ops::{Bound, Range, RangeBounds};

use shared::{EventBody, PersonId, RoomEvent, Sequence};

/// A room's events, by sequence.
#[derive(Debug, Default)]
pub struct Timeline {
    /// In order. Each has a place of its own, so that a page of older ones moves nothing but addresses.
    #[expect(
        clippy::vec_box,
        reason = "what is put in between moves all that follows"
    )]
    events: Vec<Box<RoomEvent>>,
    /// The first and the last sequence of each run, in order.
    runs: Vec<(Sequence, Sequence)>,
    /// Where the server began to push on this connection.
    pushed_from: Sequence,
    /// The first event that one may read; nothing before it ever comes.
    readable_from: Sequence,
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
        self.events.iter().map(|event| &**event)
    }

    /// Oldest first, those of the range, which must not begin after its end. Finding it costs a logarithm of what is
    /// known, and nothing more than what is taken.
    pub fn range(
        &self,
        range: impl RangeBounds<Sequence>,
    ) -> impl DoubleEndedIterator<Item = &RoomEvent> {
        self.events[self.indices(range)]
            .iter()
            .map(|event| &**event)
    }

    /// Oldest first, without the one at `sequence`.
    pub fn events_after(&self, sequence: Sequence) -> impl Iterator<Item = &RoomEvent> {
        self.range((Bound::Excluded(sequence), Bound::Unbounded))
    }

    /// Whether the event at `sequence` is known.
    pub fn knows(&self, sequence: Sequence) -> bool {
        let runs = self.runs_from(sequence);
        runs > 0 && sequence <= self.runs[runs - 1].1
    }

    /// The end of the newest contiguous run, from which the server goes on; `None` where nothing is known.
    pub fn last_sequence(&self) -> Option<Sequence> {
        self.runs.last().map(|(_, last)| *last)
    }

    /// Where older history is to be read from; `None` where the log's beginning is known, or all of it that one may
    /// read.
    pub fn older_before(&self) -> Option<Sequence> {
        let first = self
            .runs
            .first()
            .map_or(self.pushed_from, |(first, _)| *first);
        (first.0 > 1 && first > self.readable_from).then_some(first)
    }

    /// What is missing after the first known event, oldest first.
    pub fn gaps(&self) -> Vec<Gap> {
        let runs = self.runs.windows(2);
        let between = runs.map(|pair| gap(pair[0].1, pair[1].0));
        between.chain(self.gap_to_push()).collect()
    }

    /// The last of [`Self::gaps`].
    pub(crate) fn newest_gap(&self) -> Option<Gap> {
        self.gap_to_push().or_else(|| match self.runs.as_slice() {
            [.., (_, last), (first, _)] => Some(gap(*last, *first)),
            [..] => None,
        })
    }

    /// Between what is known and what is pushed now, where nothing was pushed yet.
    fn gap_to_push(&self) -> Option<Gap> {
        let last = self.last_sequence()?;
        (self.pushed_from > last.next()).then(|| gap(last, self.pushed_from))
    }

    /// How many events are known.
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// The server pushes from here on.
    pub(crate) fn open(&mut self, events_from: Sequence) {
        self.pushed_from = events_from;
    }

    /// One may read from here on. What is known before it is forgotten: the rest of it never comes.
    pub(crate) fn begin_at(&mut self, first: Sequence) {
        self.readable_from = first;
        self.forget_before(first);
    }

    /// Whether the event is new. What is known already stays.
    pub(crate) fn insert(&mut self, event: RoomEvent) -> bool {
        let sequence = event.sequence;
        if self.knows(sequence) {
            return false;
        }
        let at = self.indices(..sequence).end;
        self.events.insert(at, Box::new(event));
        let after = self.runs_from(sequence);
        let (before, later) = self.runs.split_at_mut(after);
        let before = before.last_mut();
        let before = before.filter(|(_, last)| last.next() == sequence);
        let later = later.first_mut();
        let later = later.filter(|(first, _)| sequence.next() == *first);
        match (before, later) {
            (Some(before), Some(later)) => {
                before.1 = later.1;
                self.runs.remove(after);
            }
            (Some(before), None) => before.1 = sequence,
            (None, Some(later)) => later.0 = sequence,
            (None, None) => self.runs.insert(after, (sequence, sequence)),
        }
        true
    }

    /// What these messages said, of this person or of all, is gone: something else stands in their places. Whether any
    /// was known.
    pub(crate) fn remove(&mut self, from: Sequence, to: Sequence, of: Option<PersonId>) -> bool {
        let mut any = false;
        if from > to {
            return any;
        }
        let indices = self.indices(from..=to);
        for event in &mut self.events[indices] {
            let is_meant = of.is_none_or(|of| event.person.id == of);
            if is_meant && event.event.is_message() {
                event.event = EventBody::Removed {};
                any = true;
            }
        }
        any
    }

    /// Changes the message at this place, where it is known. Whether anything changed.
    pub(crate) fn amend(
        &mut self,
        sequence: Sequence,
        change: impl FnOnce(&mut EventBody) -> bool,
    ) -> bool {
        let indices = self.indices(sequence..=sequence);
        let known = self.events[indices].first_mut();
        known.is_some_and(|event| change(&mut event.event))
    }

    /// Forgets all but the newest events.
    pub(crate) fn trim(&mut self, keep: usize) {
        let Some(excess) = self.events.len().checked_sub(keep) else {
            return;
        };
        if let Some(first) = self.events.get(excess) {
            self.forget_before(first.sequence);
        }
    }

    fn forget_before(&mut self, first: Sequence) {
        let forgotten = self.indices(..first);
        self.events.drain(forgotten);
        self.runs.retain_mut(|(begins, last)| {
            *begins = first.max(*begins);
            *begins <= *last
        });
    }

    /// Where the events of a range are, which must not begin after its end.
    fn indices(&self, range: impl RangeBounds<Sequence>) -> Range<usize> {
        let before = |sequence: &Sequence| {
            self.events
                .partition_point(|event| event.sequence < *sequence)
        };
        let start = match range.start_bound() {
            Bound::Included(first) => before(first),
            Bound::Excluded(last) => before(&last.next()),
            Bound::Unbounded => 0,
        };
        let end = match range.end_bound() {
            Bound::Included(last) => before(&last.next()),
            Bound::Excluded(end) => before(end),
            Bound::Unbounded => self.events.len(),
        };
        start..end
    }

    /// How many runs begin at this place or before.
    fn runs_from(&self, sequence: Sequence) -> usize {
        self.runs.partition_point(|(first, _)| *first <= sequence)
    }
}

fn gap(last_before: Sequence, first_after: Sequence) -> Gap {
    Gap {
        first: last_before.next(),
        last: Sequence(first_after.0 - 1),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::frame::Person;
    use shared::{EventBody, PersonId, RoomId, TimestampMs};

    use super::*;

    fn event(sequence: u64) -> RoomEvent {
        RoomEvent {
            room_id: RoomId::from_bytes([1; 16]),
            sequence: Sequence(sequence),
            at_ms: TimestampMs(0),
            person: Person {
                id: PersonId::from_bytes([2; 16]),
                name: "p".into(),
            },
            event: EventBody::MemberJoined {},
        }
    }

    proptest! {
        #[test]
        fn gaps_are_what_is_missing(
            sequences in proptest::collection::vec(1u64..60, 0..80),
            keep in 0usize..50,
            pushed_from in 0u64..70,
            readable_from in 0u64..30,
        ) {
            let mut timeline = Timeline::default();
            timeline.open(Sequence(pushed_from));
            let mut known = std::collections::BTreeSet::new();
            for sequence in sequences {
                prop_assert_eq!(timeline.insert(event(sequence)), known.insert(sequence));
            }
            if keep > 0 {
                timeline.trim(keep);
                while known.len() > keep {
                    known.pop_first();
                }
            }
            timeline.begin_at(Sequence(readable_from));
            known.retain(|sequence| *sequence >= readable_from);
            let first = known.first().copied().unwrap_or(pushed_from);
            let older = (first > 1 && first > readable_from).then_some(Sequence(first));
            prop_assert_eq!(timeline.older_before(), older);
            prop_assert_eq!(timeline.len(), known.len());
            let before = timeline.range(..Sequence(30)).rev().map(|event| event.sequence.0);
            prop_assert!(before.eq(known.range(..30).rev().copied()));
            let gaps = timeline.gaps();
            prop_assert_eq!(timeline.newest_gap(), gaps.last().copied());
            let first = known.first().copied().unwrap_or(u64::MAX);
            let end = known.last().map_or(0, |last| (*last + 1).max(pushed_from));
            for sequence in 0..70 {
                let missing = (first..end).contains(&sequence) && !known.contains(&sequence);
                let in_gap = |gap: &Gap| (gap.first.0..=gap.last.0).contains(&sequence);
                prop_assert_eq!(gaps.iter().any(in_gap), missing, "{}", sequence);
                prop_assert_eq!(timeline.knows(Sequence(sequence)), known.contains(&sequence));
            }
        }
    }
}
