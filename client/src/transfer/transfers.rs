//! All transfers, the requests that they wait for, and whose turn is next.

use litemap::LiteMap;
use shared::{RequestId, TimestampMs, UploadId};

use crate::transfer::DownloadId;
use crate::transfer::download::DownloadJob;
use crate::transfer::plan::ChunkPlan;
use crate::transfer::upload::UploadJob;

/// Bytes that may be on their way in one direction, unless a single chunk is more.
const IN_FLIGHT_BYTES_MAX: u64 = 32 << 20;
/// As much as travels in so long may be on its way.
const IN_FLIGHT_SECONDS_MAX: u64 = 3;
/// Chunks that may be on their way while the speed is not known.
const IN_FLIGHT_UNMEASURED_MAX: usize = 2;
/// Uploads that the server has heard of and that go on, where messages await them.
const BEGUN_MAX: usize = 64;

/// What a request about a transfer was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Upload(UploadId, UploadRequest),
    /// To cancel an upload that is forgotten here already.
    CancelUpload,
    /// For the uploads of other devices.
    Elsewhere,
    Download(DownloadId, DownloadRequest),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UploadRequest {
    Begin,
    Put {
        index: u32,
    },
    Finish,
    /// To begin it again.
    Discard,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DownloadRequest {
    Describe,
    Read { index: u32 },
}

#[derive(Debug, Default)]
pub(crate) struct Transfers {
    pub(crate) uploads: LiteMap<UploadId, UploadJob>,
    pub(crate) downloads: LiteMap<DownloadId, DownloadJob>,
    pub(crate) last_download: u64,
    /// What was not answered on this connection.
    pub(crate) requests: LiteMap<RequestId, Asked>,
}

impl Transfers {
    pub(crate) fn asked(&self, request_id: RequestId) -> Option<Asked> {
        self.requests.get(&request_id).copied()
    }

    /// Whether this is the answer to that request, which it is only once.
    pub(crate) fn answered(&mut self, request_id: RequestId, to: Asked) -> bool {
        let found = self.asked(request_id) == Some(to);
        if found {
            self.requests.remove(&request_id);
        }
        found
    }

    /// Answers about this upload that are still to come change nothing any more.
    pub(crate) fn forget_requests(&mut self, upload_id: UploadId) {
        let about = |asked: Asked| matches!(asked, Asked::Upload(id, _) if id == upload_id);
        self.requests.retain(|_, asked| !about(*asked));
    }

    /// Likewise.
    pub(crate) fn forget_reads(&mut self, download_id: DownloadId) {
        let about = |asked: Asked| matches!(asked, Asked::Download(id, _) if id == download_id);
        self.requests.retain(|_, asked| !about(*asked));
    }

    /// The oldest upload that waits for its turn, where there is one for it. What a message waits for is begun before
    /// its turn to travel, so that the message can be sent.
    pub(crate) fn next_to_begin(
        &self,
        at_once: usize,
        now: TimestampMs,
        is_awaited: impl Fn(UploadId) -> bool,
    ) -> Option<UploadId> {
        let active = self.uploads.values().filter(|job| job.is_active(now));
        let active = active.count();
        let ready = self.uploads.iter().filter(|(_, job)| job.is_ready(now));
        let may_begin = |id| active < at_once || (active < BEGUN_MAX && is_awaited(id));
        let mut ready = ready.map(|(id, _)| *id);
        ready.find(|id| may_begin(*id))
    }

    /// The upload of which the next chunk is to travel: of the oldest `at_once`, one with the fewest on their way.
    pub(crate) fn next_to_put(
        &self,
        at_once: usize,
        in_flight_max: usize,
        now: TimestampMs,
    ) -> Option<UploadId> {
        let mut turns = at_once;
        let lanes = self.uploads.iter().filter_map(|(id, job)| {
            let plan = job.plan()?;
            let held = job.hold.is_on(now);
            let has_turn = !held && turns > 0;
            turns -= usize::from(has_turn && !plan.is_complete());
            Some(Lane {
                id: *id,
                plan,
                writing: 0,
                held: !has_turn,
                speed: job.meter.speed(),
            })
        });
        fairest(lanes.collect(), in_flight_max)
    }

    /// The download of which the next chunk is to be read, likewise.
    pub(crate) fn next_to_read(
        &self,
        in_flight_max: usize,
        now: TimestampMs,
    ) -> Option<DownloadId> {
        let lanes = self.downloads.iter().filter_map(|(id, job)| {
            let plan = job.fetching()?;
            Some(Lane {
                id: *id,
                plan: plan.chunks(),
                writing: plan.writing(),
                held: job.hold.is_on(now),
                speed: job.meter.speed(),
            })
        });
        fairest(lanes.collect(), in_flight_max)
    }

    /// An upload of which every chunk is there.
    pub(crate) fn next_to_finish(&self, now: TimestampMs) -> Option<UploadId> {
        let complete = |(_, job): &(&UploadId, &UploadJob)| {
            job.plan().is_some_and(|plan| plan.is_complete()) && !job.hold.is_on(now)
        };
        self.uploads.iter().find(complete).map(|(id, _)| *id)
    }

    /// The oldest download that waits for its turn, where there is one for it.
    pub(crate) fn next_to_describe(&self, at_once: usize, now: TimestampMs) -> Option<DownloadId> {
        let active = self.downloads.values().filter(|job| job.is_active());
        let mut ready = self.downloads.iter().filter(|(_, job)| job.is_ready(now));
        let (download_id, _) = ready.next()?;
        (active.count() < at_once).then_some(*download_id)
    }

    /// When a pause ends or progress is to be shown.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        let uploads = self.uploads.values().filter_map(UploadJob::poll_timeout);
        let downloads = self
            .downloads
            .values()
            .filter_map(DownloadJob::poll_timeout);
        uploads.chain(downloads).min()
    }
}

/// One transfer among those that share the connection.
struct Lane<'a, Id> {
    id: Id,
    plan: &'a ChunkPlan,
    /// Chunks that have arrived and take up memory.
    writing: usize,
    held: bool,
    speed: Option<u64>,
}

/// Whose chunk is to travel next, where one more may.
fn fairest<Id>(lanes: Vec<Lane<'_, Id>>, in_flight_max: usize) -> Option<Id> {
    let busy = |lane: &Lane<'_, Id>| lane.plan.in_flight() + lane.writing;
    let in_flight: usize = lanes.iter().map(busy).sum();
    let in_flight_bytes: u64 = lanes.iter().map(|lane| lane.plan.in_flight_bytes()).sum();
    let speed = lanes
        .iter()
        .filter_map(|lane| lane.speed)
        .reduce(|a, b| a + b);
    let waiting = lanes
        .into_iter()
        .filter(|lane| !lane.held && lane.plan.next_bytes().is_some());
    let lane = waiting.min_by_key(busy)?;
    if in_flight == 0 {
        return Some(lane.id);
    }
    // What waits before a message is not to keep it waiting for long.
    let bytes_max = speed.map_or(IN_FLIGHT_BYTES_MAX, |speed| {
        IN_FLIGHT_BYTES_MAX.min(speed.saturating_mul(IN_FLIGHT_SECONDS_MAX))
    });
    let known = speed.is_some() || in_flight < IN_FLIGHT_UNMEASURED_MAX;
    let fits = in_flight_bytes + lane.plan.next_bytes()? <= bytes_max;
    (in_flight < in_flight_max && known && fits).then_some(lane.id)
}
