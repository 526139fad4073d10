//! What the core knows of an upload besides what a screen shows.

use litemap::LiteMap;
use shared::content::merge_chunks;
use shared::{ChunkHash, ChunkLayout, ChunkRanges, ContentHash, TimestampMs};

use crate::transfer::meter::Meter;
use crate::transfer::plan::ChunkPlan;
use crate::transfer::refusal::Hold;

/// How often an upload is begun again because the server lost it or found chunks missing at its end.
const BEGINNINGS_MAX: u32 = 3;

/// Which request comes next, or is on its way.
#[derive(Debug)]
pub(crate) enum Step {
    /// `begin_upload`, which also tells what is there already.
    Begin,
    /// `begin_upload` is on its way.
    Beginning,
    /// `put_chunk`, until all are there; then `finish_upload`.
    Send(ChunkPlan),
    /// `finish_upload` is on its way.
    Finishing,
    /// `cancel_upload`, because what is there is not this file; then all over again.
    Discard,
    /// `cancel_upload` is on its way.
    Discarding,
    /// None, until a command starts it again.
    Ended,
}

/// An upload that is not forgotten.
#[derive(Debug)]
pub(crate) struct UploadJob {
    pub(crate) step: Step,
    /// Whether the driver can read the bytes.
    pub(crate) has_source: bool,
    /// Whether the server may have heard of it.
    pub(crate) begun: bool,
    pub(crate) hold: Hold,
    pub(crate) meter: Meter,
    /// What the server stored, as far as this process saw it.
    pub(crate) hashes: LiteMap<u32, ChunkHash>,
    /// What is there is not this file.
    pub(crate) spoilt: bool,
    /// Another device has cancelled it, as far as one hears.
    pub(crate) cancelled: bool,
    beginnings: u32,
}

impl UploadJob {
    pub(crate) fn new(step: Step, has_source: bool) -> Self {
        Self {
            step,
            has_source,
            begun: false,
            hold: Hold::default(),
            meter: Meter::default(),
            hashes: LiteMap::new(),
            spoilt: false,
            cancelled: false,
            beginnings: 0,
        }
    }

    /// Starts from the first step, as a person asked for. A file that a message carries already cannot be begun anew:
    /// what is there of it is written over.
    pub(crate) fn restart(&mut self, posted: bool) {
        if self.spoilt {
            self.hashes.clear();
        }
        let discard = self.spoilt && !posted;
        self.spoilt &= posted;
        self.step = if discard { Step::Discard } else { Step::Begin };
        self.beginnings = 0;
        self.hold = Hold::default();
    }

    /// Chunks that need not travel.
    pub(crate) fn present(&mut self, there: &ChunkRanges) -> ChunkRanges {
        if std::mem::take(&mut self.spoilt) {
            return ChunkRanges::default();
        }
        there.clone()
    }

    /// Starts from the first step, because of what the server said. False where that happened too often.
    #[must_use]
    pub(crate) fn begin_again(&mut self) -> bool {
        self.step = Step::Begin;
        self.beginnings += 1;
        self.beginnings < BEGINNINGS_MAX
    }

    /// What was on its way is lost with the connection.
    pub(crate) fn disconnected(&mut self) {
        match self.step {
            Step::Begin | Step::Discard | Step::Ended => {}
            Step::Discarding => self.step = Step::Discard,
            Step::Beginning | Step::Send(_) | Step::Finishing => self.step = Step::Begin,
        }
        self.hold = Hold::default();
    }

    /// Whether it has its turn: other uploads wait for it.
    pub(crate) fn is_active(&self, now: TimestampMs) -> bool {
        match self.step {
            Step::Beginning | Step::Discarding | Step::Finishing => true,
            Step::Send(_) => !self.hold.is_on(now),
            Step::Begin | Step::Discard | Step::Ended => false,
        }
    }

    /// Whether it may get its turn.
    pub(crate) fn is_ready(&self, now: TimestampMs) -> bool {
        match self.step {
            Step::Begin | Step::Discard => !self.hold.is_on(now),
            Step::Beginning | Step::Send(_) | Step::Finishing | Step::Discarding | Step::Ended => {
                false
            }
        }
    }

    /// The chunks, while they travel.
    pub(crate) fn plan(&self) -> Option<&ChunkPlan> {
        match &self.step {
            Step::Send(plan) => Some(plan),
            Step::Begin
            | Step::Beginning
            | Step::Finishing
            | Step::Discard
            | Step::Discarding
            | Step::Ended => None,
        }
    }

    /// Likewise.
    pub(crate) fn plan_mut(&mut self) -> Option<&mut ChunkPlan> {
        match &mut self.step {
            Step::Send(plan) => Some(plan),
            Step::Begin
            | Step::Beginning
            | Step::Finishing
            | Step::Discard
            | Step::Discarding
            | Step::Ended => None,
        }
    }

    /// The whole file's hash, where this process saw every chunk being stored.
    pub(crate) fn content_hash(&self, layout: ChunkLayout) -> Option<ContentHash> {
        let hashes: Vec<ChunkHash> = self.hashes.values().copied().collect();
        merge_chunks(layout, &hashes)
    }

    /// When a pause ends or progress is to be shown.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        let hold = match self.step {
            Step::Begin | Step::Discard | Step::Send(_) => self.hold.poll_timeout(),
            Step::Beginning | Step::Finishing | Step::Discarding | Step::Ended => None,
        };
        [hold, self.meter.poll_timeout()]
            .into_iter()
            .flatten()
            .min()
    }
}
