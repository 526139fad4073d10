//! Which chunks of a file are there, which are on their way, and which are still to travel.

use std::collections::VecDeque;

use litemap::LiteMap;
use shared::{ChunkLayout, ChunkRanges};

/// A chunk that arrives damaged this often is not sent or fetched again.
const ATTEMPTS_MAX: u32 = 5;

/// The chunks of one file. Every index is in one of three places: waiting, in flight, or done.
#[derive(Debug)]
pub(crate) struct ChunkPlan {
    layout: ChunkLayout,
    /// In the order in which they are to travel.
    waiting: VecDeque<u32>,
    /// And how many bytes of each have moved.
    in_flight: LiteMap<u32, u64>,
    /// Of chunks that are done.
    done_bytes: u64,
    /// How often a chunk arrived damaged.
    damaged: LiteMap<u32, u32>,
}

impl ChunkPlan {
    /// Everything that is not in `present` is to travel.
    pub(crate) fn new(layout: ChunkLayout, present: &ChunkRanges) -> Self {
        let waiting: VecDeque<u32> = present.missing(layout.count()).collect();
        let missing_bytes: u64 = waiting.iter().map(|index| size_of(layout, *index)).sum();
        Self {
            layout,
            waiting,
            in_flight: LiteMap::new(),
            done_bytes: layout.size_bytes - missing_bytes,
            damaged: LiteMap::new(),
        }
    }

    pub(crate) fn layout(&self) -> ChunkLayout {
        self.layout
    }

    /// Bytes of the chunk that [`Self::take`] would return.
    pub(crate) fn next_bytes(&self) -> Option<u64> {
        self.waiting
            .front()
            .map(|index| size_of(self.layout, *index))
    }

    /// The next chunk, which is on its way from now on.
    pub(crate) fn take(&mut self) -> Option<u32> {
        let index = self.waiting.pop_front()?;
        self.in_flight.insert(index, 0);
        Some(index)
    }

    /// So many bytes of a chunk have moved. Whether it is on its way at all.
    pub(crate) fn moved(&mut self, index: u32, bytes: u64) -> bool {
        let limit = size_of(self.layout, index);
        match self.in_flight.get_mut(&index) {
            Some(moved) => {
                *moved = (*moved).max(bytes.min(limit));
                true
            }
            None => false,
        }
    }

    /// The chunk has arrived. Whether it was on its way.
    pub(crate) fn complete(&mut self, index: u32) -> bool {
        let was_in_flight = self.in_flight.remove(&index).is_some();
        if was_in_flight {
            self.done_bytes += size_of(self.layout, index);
        }
        was_in_flight
    }

    /// The chunk is to travel again, before all others.
    pub(crate) fn put_back(&mut self, index: u32) {
        if self.in_flight.remove(&index).is_some() {
            self.waiting.push_front(index);
        }
    }

    /// Like [`Self::put_back`], for one that arrived damaged. False where that happened too often.
    #[must_use]
    pub(crate) fn put_back_damaged(&mut self, index: u32) -> bool {
        self.put_back(index);
        let times = self.damaged.entry(index).or_default();
        *times += 1;
        *times < ATTEMPTS_MAX
    }

    /// What was on its way is lost with the connection.
    pub(crate) fn put_back_all(&mut self) {
        for (index, _) in std::mem::take(&mut self.in_flight).into_iter().rev() {
            self.waiting.push_front(index);
        }
    }

    pub(crate) fn is_in_flight(&self, index: u32) -> bool {
        self.in_flight.contains_key(&index)
    }

    /// How many chunks are on their way.
    pub(crate) fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// Bytes of the chunks that are on their way, moved or not.
    pub(crate) fn in_flight_bytes(&self) -> u64 {
        let sizes = self.in_flight.keys();
        sizes.map(|index| size_of(self.layout, *index)).sum()
    }

    /// Nothing is left to travel, and nothing travels.
    pub(crate) fn is_complete(&self) -> bool {
        self.waiting.is_empty() && self.in_flight.is_empty()
    }

    /// Bytes that are there, or have moved.
    pub(crate) fn done_bytes(&self) -> u64 {
        self.done_bytes + self.in_flight.values().sum::<u64>()
    }
}

/// Bytes of a chunk; 0 where there is no such chunk.
fn size_of(layout: ChunkLayout, index: u32) -> u64 {
    layout
        .range(index)
        .map_or(0, |range| range.end - range.start)
}
