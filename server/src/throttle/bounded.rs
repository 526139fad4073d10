//! A map that anybody may make the server write to, and that yet takes no more than so much memory.

use std::collections::HashMap;
use std::hash::Hash;

use tokio::time::Instant;

/// What is kept, and how willingly it is given up.
pub(super) trait Entry {
    /// The lowest goes first.
    type Rank: Ord;

    fn rank(&self, now: Instant) -> Self::Rank;

    /// Whether it says no more than no entry does.
    fn is_spent(&self, now: Instant) -> bool;
}

/// Keeps at most so many entries: where one more is wanted, the spent ones go, and where none are, the lowest eighth.
#[derive(Debug)]
pub(super) struct Bounded<K, V> {
    entries: HashMap<K, V>,
    max: usize,
}

impl<K: Eq + Hash + Clone, V: Entry> Bounded<K, V> {
    pub(super) fn new(max: usize) -> Self {
        Self {
            entries: HashMap::new(),
            max,
        }
    }

    pub(super) fn find(&self, key: &K) -> Option<&V> {
        self.entries.get(key)
    }

    pub(super) fn find_mut(&mut self, key: &K) -> Option<&mut V> {
        self.entries.get_mut(key)
    }

    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key)
    }

    /// The entry, made by `new` where there is none.
    pub(super) fn entry(&mut self, key: K, now: Instant, new: impl FnOnce() -> V) -> &mut V {
        if self.entries.len() >= self.max && !self.entries.contains_key(&key) {
            self.make_room(now);
        }
        self.entries.entry(key).or_insert_with(new)
    }

    /// Drops what is spent.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.entries.retain(|_, entry| !entry.is_spent(now));
        // A flood that is over leaves nothing behind.
        if self.entries.capacity() / 4 > self.entries.len() {
            self.entries.shrink_to(self.entries.len() * 2);
        }
    }

    fn make_room(&mut self, now: Instant) {
        self.entries.retain(|_, entry| !entry.is_spent(now));
        let keep = self.max - (self.max / 8).max(1);
        if self.entries.len() <= keep {
            return;
        }
        let mut ranked: Vec<_> = self.entries.iter().collect();
        ranked.sort_by_cached_key(|(_, entry)| entry.rank(now));
        let dropped = ranked.len() - keep;
        let lowest: Vec<K> = ranked[..dropped]
            .iter()
            .map(|(key, _)| (*key).clone())
            .collect();
        for key in &lowest {
            self.entries.remove(key);
        }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Spent once its time has come.
    struct Until(Instant);

    impl Entry for Until {
        type Rank = Instant;

        fn rank(&self, _now: Instant) -> Instant {
            self.0
        }

        fn is_spent(&self, now: Instant) -> bool {
            self.0 <= now
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_spent_go_first_then_the_lowest() {
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let mut map = Bounded::new(8);
        for key in 0..8 {
            map.entry(key, start, || Until(at(10 + key)));
        }
        // Nothing is spent: the one that would be soonest makes room.
        map.entry(8, start, || Until(at(99)));
        assert_eq!((map.len(), map.find(&0).is_some()), (8, false));
        assert!(map.find(&1).is_some() && map.find(&8).is_some());
        map.entry(9, at(14), || Until(at(99)));
        assert_eq!((map.len(), map.find(&4).is_some()), (5, false));
        assert!(map.find(&5).is_some());
        map.sweep(at(98));
        assert_eq!(map.len(), 2);
        // What is there already needs no room.
        map.entry(9, at(98), || Until(start));
        assert_eq!(map.len(), 2);
    }
}
