//! All transfers, the requests that they wait for, and whose turn is next.

use std::collections::BTreeMap;

use shared::{RequestId, TimestampMs, UploadId};

use crate::transfer::IN_FLIGHT_BYTES_MAX;
use crate::transfer::upload::{Step, UploadJob};

/// What a request about a transfer was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    BeginUpload(UploadId),
    PutChunk {
        upload_id: UploadId,
        index: u32,
    },
    FinishUpload(UploadId),
    /// To begin it again.
    DiscardUpload(UploadId),
    /// It is forgotten here already.
    CancelUpload,
}

impl Asked {
    fn upload_id(self) -> Option<UploadId> {
        match self {
            Self::BeginUpload(id) | Self::FinishUpload(id) | Self::DiscardUpload(id) => Some(id),
            Self::PutChunk { upload_id, .. } => Some(upload_id),
            Self::CancelUpload => None,
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct Transfers {
    pub(crate) uploads: BTreeMap<UploadId, UploadJob>,
    /// What was not answered on this connection.
    pub(crate) requests: BTreeMap<RequestId, Asked>,
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

    /// The upload that this is the status of.
    pub(crate) fn begun(&mut self, request_id: RequestId) -> Option<UploadId> {
        match self.asked(request_id)? {
            Asked::BeginUpload(upload_id) => {
                self.requests.remove(&request_id);
                Some(upload_id)
            }
            Asked::PutChunk { .. }
            | Asked::FinishUpload(_)
            | Asked::DiscardUpload(_)
            | Asked::CancelUpload => None,
        }
    }

    /// Answers about this upload that are still to come change nothing any more.
    pub(crate) fn forget_requests(&mut self, upload_id: UploadId) {
        self.requests
            .retain(|_, asked| asked.upload_id() != Some(upload_id));
    }

    /// The oldest upload that waits for its turn, where there is one for it.
    pub(crate) fn next_to_begin(&self, at_once: usize, now: TimestampMs) -> Option<UploadId> {
        let active = self.uploads.values().filter(|job| job.is_active(now));
        let mut ready = self.uploads.iter().filter(|(_, job)| job.is_ready(now));
        let (upload_id, _) = ready.next()?;
        (active.count() < at_once).then_some(*upload_id)
    }

    /// The upload of which the next chunk is to travel: one with the fewest on their way.
    pub(crate) fn next_to_put(&self, in_flight_max: usize, now: TimestampMs) -> Option<UploadId> {
        let plans = || {
            let uploads = self.uploads.iter();
            uploads.filter_map(|(id, job)| Some((*id, job.plan()?)))
        };
        let in_flight: usize = plans().map(|(_, plan)| plan.in_flight()).sum();
        let in_flight_bytes: u64 = plans().map(|(_, plan)| plan.in_flight_bytes()).sum();
        if in_flight >= in_flight_max {
            return None;
        }
        let held = |id: &UploadId| self.uploads.get(id).is_some_and(|job| job.hold.is_on(now));
        let waiting = plans().filter(|(id, plan)| plan.next_bytes().is_some() && !held(id));
        let (upload_id, plan) = waiting.min_by_key(|(_, plan)| plan.in_flight())?;
        let fits = in_flight_bytes + plan.next_bytes()? <= IN_FLIGHT_BYTES_MAX;
        (in_flight == 0 || fits).then_some(upload_id)
    }

    /// An upload of which every chunk is there.
    pub(crate) fn next_to_finish(&self, now: TimestampMs) -> Option<UploadId> {
        let complete = |(_, job): &(&UploadId, &UploadJob)| {
            job.plan().is_some_and(|plan| plan.is_complete()) && !job.hold.is_on(now)
        };
        self.uploads.iter().find(complete).map(|(id, _)| *id)
    }

    /// When a pause ends or progress is to be shown.
    pub(crate) fn poll_timeout(&self) -> Option<TimestampMs> {
        let times = |job: &UploadJob| {
            let hold = match job.step {
                Step::Begin | Step::Discard | Step::Send(_) => job.hold.poll_timeout(),
                Step::Beginning | Step::Finishing | Step::Discarding | Step::Ended => None,
            };
            [hold, job.meter.poll_timeout()].into_iter().flatten().min()
        };
        self.uploads.values().filter_map(times).min()
    }
}
