//! Which of the known events are mounted.

use std::ops::Range;

use shared::Sequence;

/// Mounted at once, at most.
const SIZE: usize = 150;
/// How far the window moves at once.
const STEP: usize = 50;

/// Begins with an event, or holds the newest ones and so follows the end.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Window {
    first: Option<Sequence>,
}

impl Window {
    /// The mounted part of `known`, which ascends.
    pub(super) fn range(&self, known: &[Sequence]) -> Range<usize> {
        match self.first {
            None => known.len().saturating_sub(SIZE)..known.len(),
            Some(first) => {
                let start = known.partition_point(|sequence| *sequence < first);
                start..(start + SIZE).min(known.len())
            }
        }
    }

    pub(super) fn follows_end(&self) -> bool {
        self.first.is_none()
    }

    pub(super) fn ends(&self, known: &[Sequence]) -> bool {
        self.range(known).end == known.len()
    }

    pub(super) fn follow_end(&mut self) {
        self.first = None;
    }

    /// From now on it begins where it begins now, whatever comes at the end.
    pub(super) fn hold(&mut self, known: &[Sequence]) {
        if self.first.is_none() {
            self.first = known.get(self.range(known).start).copied();
        }
    }

    /// Shows this one, with some before it.
    pub(super) fn around(&mut self, known: &[Sequence], sequence: Sequence) {
        let at = known.partition_point(|other| *other < sequence);
        self.first = known.get(at.saturating_sub(STEP)).copied();
    }

    /// Moves towards the beginning. Whether it could.
    pub(super) fn up(&mut self, known: &[Sequence]) -> bool {
        let start = self.range(known).start;
        let to = start.saturating_sub(STEP);
        if to == start {
            return false;
        }
        self.first = known.get(to).copied();
        true
    }

    /// Moves towards the end. Whether it could.
    pub(super) fn down(&mut self, known: &[Sequence]) -> bool {
        let range = self.range(known);
        let step = STEP.min(known.len() - range.end);
        if step == 0 {
            return false;
        }
        self.first = known.get(range.start + step).copied();
        true
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;

    fn known(sequences: Range<u64>) -> Vec<Sequence> {
        sequences.map(Sequence).collect()
    }

    #[test]
    fn it_follows_the_end_until_it_is_held() {
        let mut window = Window::default();
        assert_eq!(window.range(&known(1..4)), 0..3);
        assert_eq!(window.range(&known(1..1001)), 850..1000);
        window.hold(&known(1..1001));
        assert_eq!(
            window.range(&known(1..1101)),
            850..1000,
            "new events do not move it"
        );
        assert!(!window.ends(&known(1..1101)));
        window.follow_end();
        assert_eq!(window.range(&known(1..1101)), 950..1100);
    }

    #[test]
    fn what_comes_at_the_beginning_does_not_move_it() {
        let mut window = Window::default();
        window.hold(&known(501..701));
        let held = known(501..701)[window.range(&known(501..701))].to_vec();
        assert_eq!(
            known(401..701)[window.range(&known(401..701))].to_vec(),
            held
        );
    }

    #[test]
    fn it_reaches_both_ends_and_stops_there() {
        let known = known(1..400);
        let mut window = Window::default();
        let mut steps = 0;
        while window.up(&known) {
            steps += 1;
            assert!(steps < 100, "it ends");
        }
        assert_eq!(window.range(&known), 0..SIZE);
        while window.down(&known) {
            assert_eq!(window.range(&known).len(), SIZE);
        }
        assert!(window.ends(&known));
        assert!(!Window::default().up(&[]) && !Window::default().down(&[]));
    }
}
