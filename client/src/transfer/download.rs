//! One download: the plan, which any driver can use, and what the core knows of it besides.

use bytes::Bytes;
use shared::content::{hash_chunk, merge_chunks};
use shared::file::FileDescription;
use shared::{ChunkLayout, ChunkRanges, TimestampMs};

use crate::transfer::meter::Meter;
use crate::transfer::plan::ChunkPlan;
use crate::transfer::refusal::Hold;

/// Why a description of a file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DescriptionError {
    /// Everyone cuts a file of one size in the same way.
    #[error("the file is cut in another way than a file of its size is")]
    Layout,
    /// So nothing could be verified by them.
    #[error("the hashes of the chunks do not make up that of the file")]
    Hashes,
}

/// What is to be fetched next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkRequest {
    pub index: u32,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    pub size_bytes: u64,
}

/// A verified chunk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChunkWrite {
    pub index: u32,
    /// Where it begins in the file, in bytes.
    pub offset: u64,
    pub bytes: Bytes,
}

/// Why bytes are not to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChunkError {
    /// The chunk was not asked for, or is there already. Nothing changed.
    #[error("nobody asked for this chunk")]
    NotAsked,
    /// [`DownloadPlan::next_request`] asks for the chunk again.
    #[error("the chunk is damaged and is fetched again")]
    Damaged,
    /// There is no use in going on.
    #[error("the chunk arrived damaged again and again")]
    AlwaysDamaged,
}

/// Which chunks of a file are to be fetched, and whether they are what they should be. It knows nothing of how
/// they travel: [`crate::Client`] reads them on its connection; a driver without a session asks HTTP for the ranges
/// of the link.
#[derive(Debug)]
pub struct DownloadPlan {
    description: FileDescription,
    chunks: ChunkPlan,
    /// Verified and handed out, and not reported as written.
    writing: Vec<u32>,
}

impl DownloadPlan {
    /// For a file of which the target holds nothing yet.
    pub fn new(description: FileDescription) -> Result<Self, DescriptionError> {
        let layout = description.layout;
        if ChunkLayout::for_size(description.file.size_bytes) != Some(layout) {
            return Err(DescriptionError::Layout);
        }
        let content_hash = merge_chunks(layout, &description.chunk_hashes);
        if content_hash != Some(description.file.content_hash) {
            return Err(DescriptionError::Hashes);
        }
        Ok(Self {
            chunks: ChunkPlan::new(layout, &ChunkRanges::default()),
            writing: Vec::new(),
            description,
        })
    }

    pub fn description(&self) -> &FileDescription {
        &self.description
    }

    /// Whether these bytes are that chunk: to find out what a target holds already.
    pub fn verifies(&self, index: u32, bytes: &[u8]) -> bool {
        let expected = self.description.chunk_hashes.get(index as usize);
        expected.is_some() && hash_chunk(self.description.layout, index, bytes).as_ref() == expected
    }

    /// The target holds these chunks, which were verified. To be said before the first request.
    pub fn set_present(&mut self, present: &ChunkRanges) {
        self.chunks = ChunkPlan::new(self.description.layout, present);
    }

    /// The next chunk, which is on its way from now on; `None` while the rest is on its way, and at the end.
    pub fn next_request(&mut self) -> Option<ChunkRequest> {
        let index = self.chunks.take()?;
        let range = self.description.layout.range(index)?;
        Some(ChunkRequest {
            index,
            offset: range.start,
            size_bytes: range.end - range.start,
        })
    }

    /// So many bytes of a chunk have come.
    pub fn moved(&mut self, index: u32, bytes: u64) {
        self.chunks.moved(index, bytes);
    }

    /// A chunk has come. What it returns is to be written, and then reported to [`Self::written`].
    pub fn received(&mut self, index: u32, bytes: Bytes) -> Result<ChunkWrite, ChunkError> {
        if !self.chunks.is_in_flight(index) {
            return Err(ChunkError::NotAsked);
        }
        let range = self.description.layout.range(index);
        let Some(range) = range.filter(|_| self.verifies(index, &bytes)) else {
            return Err(if self.chunks.put_back_damaged(index) {
                ChunkError::Damaged
            } else {
                ChunkError::AlwaysDamaged
            });
        };
        self.chunks.complete(index);
        self.writing.push(index);
        Ok(ChunkWrite {
            index,
            offset: range.start,
            bytes,
        })
    }

    /// A chunk did not come; it is asked for again.
    pub fn put_back(&mut self, index: u32) {
        self.chunks.put_back(index);
    }

    /// The connection ended: all that was on its way is asked for again.
    pub fn put_back_all(&mut self) {
        self.chunks.put_back_all();
    }

    /// A chunk is written. Whether it was waited for.
    pub fn written(&mut self, index: u32) -> bool {
        let found = self.writing.iter().position(|other| *other == index);
        found.map(|at| self.writing.swap_remove(at)).is_some()
    }

    /// Everything is written and verified.
    pub fn is_complete(&self) -> bool {
        self.chunks.is_complete() && self.writing.is_empty()
    }

    /// Bytes that are there, or have come.
    pub fn done_bytes(&self) -> u64 {
        self.chunks.done_bytes()
    }

    pub(crate) fn chunks(&self) -> &ChunkPlan {
        &self.chunks
    }

    /// How many chunks are being written.
    pub(crate) fn writing(&self) -> usize {
        self.writing.len()
    }
}

/// What comes next, or is under way.
#[derive(Debug)]
pub(crate) enum Step {
    /// `describe_file`.
    Describe,
    /// `describe_file` is on its way.
    Describing,
    /// The driver looks at what the target holds.
    Opening(DownloadPlan),
    /// `read_chunk`, until all are written.
    Fetch(DownloadPlan),
    /// The driver puts the file in its place.
    Finishing,
    /// Nothing.
    Ended,
}

/// A download that is not forgotten.
#[derive(Debug)]
pub(crate) struct DownloadJob {
    pub(crate) step: Step,
    pub(crate) hold: Hold,
    pub(crate) meter: Meter,
}

impl DownloadJob {
    pub(crate) fn new() -> Self {
        Self {
            step: Step::Describe,
            hold: Hold::default(),
            meter: Meter::default(),
        }
    }

    /// What was on its way is lost with the connection.
    pub(crate) fn disconnected(&mut self) {
        self.hold = Hold::default();
        match &mut self.step {
            Step::Describing => self.step = Step::Describe,
            Step::Fetch(plan) => plan.put_back_all(),
            Step::Describe | Step::Opening(_) | Step::Finishing | Step::Ended => {}
        }
    }

    /// Whether it has its turn: other downloads wait for it.
    pub(crate) fn is_active(&self) -> bool {
        match self.step {
            Step::Describing | Step::Opening(_) | Step::Fetch(_) | Step::Finishing => true,
            Step::Describe | Step::Ended => false,
        }
    }

    /// Whether it may get its turn.
    pub(crate) fn is_ready(&self, now: TimestampMs) -> bool {
        matches!(self.step, Step::Describe) && !self.hold.is_on(now)
    }

    /// The plan, while chunks travel.
    pub(crate) fn fetching(&self) -> Option<&DownloadPlan> {
        match &self.step {
            Step::Fetch(plan) => Some(plan),
            Step::Describe
            | Step::Describing
            | Step::Opening(_)
            | Step::Finishing
            | Step::Ended => None,
        }
    }

    /// Likewise.
    pub(crate) fn fetching_mut(&mut self) -> Option<&mut DownloadPlan> {
        match &mut self.step {
            Step::Fetch(plan) => Some(plan),
            Step::Describe
            | Step::Describing
            | Step::Opening(_)
            | Step::Finishing
            | Step::Ended => None,
        }
    }

    /// Whether the driver has its target open, or is about to.
    pub(crate) fn has_target(&self) -> bool {
        match self.step {
            Step::Opening(_) | Step::Fetch(_) | Step::Finishing => true,
            Step::Describe | Step::Describing | Step::Ended => false,
        }
    }

    /// When a pause ends or progress is to be shown.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        let hold = match self.step {
            Step::Describe | Step::Fetch(_) => self.hold.poll_timeout(),
            Step::Describing | Step::Opening(_) | Step::Finishing | Step::Ended => None,
        };
        [hold, self.meter.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }
}
