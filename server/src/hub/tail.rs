//! The newest events of one room as one run of bytes, so that whatever a connection is owed is one copy.

use std::collections::VecDeque;

use shared::Sequence;

use crate::wire::{self, Framing};

/// What [`Tail::read`] found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum TailRead {
    /// Appended to the output: the events before `next`. `more` of them are there.
    Copied { next: Sequence, more: bool },
    /// The peer has everything.
    Nothing,
    /// The tail begins after the sequence that was asked for, so the store must be read.
    Behind,
}

#[derive(Debug, Default)]
pub(super) struct Tail {
    /// After the newest event; unknown until one came, or the store said so.
    end: Option<Sequence>,
    /// WebSocket frames, one after another. Those before `starts` are dead.
    bytes: Vec<u8>,
    /// Where each event begins, counted from the first byte that there ever was.
    starts: VecDeque<u64>,
    /// Bytes that were there before `bytes`.
    forgotten: u64,
}

impl Tail {
    /// Appends the event's line and forgets old events above `bytes_max`. Returns by how much memory grew.
    pub(super) fn push(&mut self, sequence: Sequence, line: &[u8], bytes_max: usize) -> isize {
        if self.end != Some(sequence) {
            // The first one, or the room was published to without this tail.
            self.starts.clear();
        }
        let before = self.bytes.len();
        self.starts.push_back(self.forgotten + before as u64);
        wire::push_line(&mut self.bytes, line, Framing::WebSocket);
        self.end = Some(sequence.next());
        let all = self.forgotten + self.bytes.len() as u64;
        while self.starts.len() > 1 && all - self.starts[0] > bytes_max as u64 {
            self.starts.pop_front();
        }
        let dead = self
            .starts
            .front()
            .map_or(0, |first| (first - self.forgotten) as usize);
        // Moving the living half is paid for by the dead half that it follows.
        if dead > self.bytes.len() / 2 {
            self.bytes.drain(..dead);
            self.bytes.shrink_to(2 * self.bytes.len().max(4096));
            self.forgotten += dead as u64;
        }
        self.bytes.len() as isize - before as isize
    }

    /// The store has nothing from `next` on, so the tail may begin there.
    pub(super) fn begin_at(&mut self, next: Sequence) {
        self.end.get_or_insert(next);
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets the events before `next`. Returns by how much memory grew.
    pub(super) fn forget_before(&mut self, next: Sequence) -> isize {
        let kept = self.end.map_or(0, |end| end.0.saturating_sub(next.0));
        let gone = self.starts.len().saturating_sub(kept as usize);
        let dead = self.place(gone);
        self.starts.drain(..gone);
        self.bytes.drain(..dead);
        self.forgotten += dead as u64;
        -(dead as isize)
    }

    /// Copies events from `next` on and before `until`, one at least, about `bytes_max` at most.
    pub(super) fn read(
        &self,
        next: Sequence,
        until: Sequence,
        framing: Framing,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> TailRead {
        let Some(end) = self.end else {
            return TailRead::Behind;
        };
        if next >= end.min(until) {
            return TailRead::Nothing;
        }
        let first = end.0 - self.starts.len() as u64;
        let Some(from) = next.0.checked_sub(first) else {
            return TailRead::Behind;
        };
        let from = from as usize;
        let events = (end.min(until).0 - first) as usize;
        let limit = self.starts[from] + bytes_max as u64;
        let to = self
            .starts
            .partition_point(|start| *start < limit)
            .clamp(from + 1, events);
        match framing {
            Framing::WebSocket => {
                out.extend_from_slice(&self.bytes[self.place(from)..self.place(to)])
            }
            Framing::Lines => {
                for event in from..to {
                    let frame = &self.bytes[self.place(event)..self.place(event + 1)];
                    out.extend_from_slice(wire::strip(frame, framing));
                }
            }
        }
        TailRead::Copied {
            next: Sequence(first + to as u64),
            more: to < events,
        }
    }

    /// Where the event begins in `bytes`; that of the one after the last is their end.
    fn place(&self, event: usize) -> usize {
        self.starts
            .get(event)
            .map_or(self.bytes.len(), |start| (start - self.forgotten) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: usize = usize::MAX >> 1;

    fn line(sequence: u64) -> Vec<u8> {
        format!("event {sequence}\n").into_bytes()
    }

    fn read(tail: &Tail, next: u64, bytes_max: usize) -> (TailRead, String) {
        read_until(tail, next, u64::MAX, bytes_max)
    }

    fn read_until(tail: &Tail, next: u64, until: u64, bytes_max: usize) -> (TailRead, String) {
        let (mut out, until) = (Vec::new(), Sequence(until));
        let read = tail.read(Sequence(next), until, Framing::Lines, bytes_max, &mut out);
        (read, String::from_utf8(out).unwrap_or_default())
    }

    #[test]
    fn a_tail_forgets_its_oldest_events_and_says_who_is_behind() {
        let mut tail = Tail::default();
        assert_eq!(read(&tail, 1, ALL).0, TailRead::Behind);
        for sequence in 5..=400 {
            tail.push(Sequence(sequence), &line(sequence), 1000);
        }
        assert!(tail.bytes() < 2100, "{}", tail.bytes());
        assert_eq!(read(&tail, 5, ALL).0, TailRead::Behind);
        assert_eq!(read(&tail, 401, ALL).0, TailRead::Nothing);
        let copied = |next, more| TailRead::Copied {
            next: Sequence(next),
            more,
        };
        let newest = "event 399\nevent 400\n".to_owned();
        assert_eq!(read(&tail, 399, ALL), (copied(401, false), newest));
        assert_eq!(
            read(&tail, 399, 1),
            (copied(400, true), "event 399\n".to_owned())
        );
        let oldest = (5..=400).find(|next| read(&tail, *next, ALL).0 != TailRead::Behind);
        let (_, all) = read(&tail, oldest.unwrap_or_default(), ALL);
        let expected: Vec<u8> = (oldest.unwrap_or_default()..=400).flat_map(line).collect();
        assert_eq!(all.into_bytes(), expected);
        assert!(expected.len() > 700);
    }

    #[test]
    fn a_tail_that_begins_where_the_store_ends_has_nothing_before_it() {
        let mut tail = Tail::default();
        tail.begin_at(Sequence(8));
        assert_eq!(read(&tail, 8, ALL).0, TailRead::Nothing);
        assert_eq!(read(&tail, 7, ALL).0, TailRead::Behind);
        tail.push(Sequence(8), &line(8), 1000);
        assert_eq!(read(&tail, 8, ALL).1, "event 8\n");
        assert_eq!(read(&tail, 7, ALL).0, TailRead::Behind);
    }

    #[test]
    fn who_is_gone_reads_up_to_their_end() {
        let mut tail = Tail::default();
        for sequence in 1..=9 {
            tail.push(Sequence(sequence), &line(sequence), 1000);
        }
        let copied = |next, more| TailRead::Copied {
            next: Sequence(next),
            more,
        };
        let until = |next, until, bytes_max| read_until(&tail, next, until, bytes_max);
        assert_eq!(until(8, 9, ALL), (copied(9, false), "event 8\n".to_owned()));
        assert_eq!(until(7, 9, 1), (copied(8, true), "event 7\n".to_owned()));
        assert_eq!(until(9, 9, ALL).0, TailRead::Nothing);
        assert_eq!(until(9, 5, ALL).0, TailRead::Nothing);
        assert_eq!(until(9, 99, ALL).0, copied(10, false));
    }

    #[test]
    fn what_is_forgotten_is_to_be_read_elsewhere() {
        let mut tail = Tail::default();
        assert_eq!(tail.forget_before(Sequence(5)), 0);
        for sequence in 4..=9 {
            tail.push(Sequence(sequence), &line(sequence), 1000);
        }
        assert_eq!(tail.forget_before(Sequence(4)), 0);
        assert_eq!(tail.forget_before(Sequence(6)), -20);
        assert_eq!(read(&tail, 5, ALL).0, TailRead::Behind);
        assert_eq!(read(&tail, 6, 1).1, "event 6\n");
        assert_eq!(tail.forget_before(Sequence(10)), -40);
        assert_eq!(read(&tail, 9, ALL).0, TailRead::Behind);
        assert_eq!(read(&tail, 10, ALL).0, TailRead::Nothing);
        tail.push(Sequence(10), &line(10), 1000);
        assert_eq!(read(&tail, 10, ALL).1, "event 10\n");
        assert_eq!(
            (read(&tail, 9, ALL).0, tail.bytes()),
            (TailRead::Behind, 11)
        );
    }
}
