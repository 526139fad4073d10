//! What the server's answers, and a driver that cannot read, do to an upload.

use shared::{
    ChunkHash, ChunkLayout, ErrorCode, ErrorReply, FileInfo, RequestId, TimestampMs, UploadId,
    UploadStatus,
};

use crate::api::{Change, Output};
use crate::client::Client;
use crate::transfer::plan::ChunkPlan;
use crate::transfer::refusal::is_temporary;
use crate::transfer::upload::{Step, UploadJob};
use crate::transfer::{Asked, UploadPhase, UploadRequest};

impl Client {
    pub(crate) fn upload_status(&mut self, status: UploadStatus, now: TimestampMs) {
        let request_id = status.request_id;
        let Some(Asked::Upload(upload_id, UploadRequest::Begin)) = self.transfers.asked(request_id)
        else {
            return;
        };
        self.transfers.requests.remove(&request_id);
        let job = self.transfers.uploads.get_mut(&upload_id);
        let (Some(job), Some(shown)) = (job, self.view.uploads.get_mut(&upload_id)) else {
            return;
        };
        let layout = ChunkLayout::for_size(shown.progress.size_bytes);
        if status.upload_id != upload_id || layout != Some(status.layout) {
            let reason = "The server takes this file for another one.";
            self.upload_failed(upload_id, None, reason.into(), now);
            return self.pump(now);
        }
        job.hold.succeeded();
        shown.trouble = None;
        let awaited = shown.file_id.replace(status.file_id);
        if shown.posted.is_some() && awaited.is_some_and(|awaited| awaited != status.file_id) {
            // The server had forgotten it, and its message is not to get it any more.
            self.forget_upload(upload_id, now);
            self.persist();
            return self.pump(now);
        }
        if let Some(file) = status.file {
            return self.upload_ended_well(upload_id, file, now);
        }
        job.hashes
            .retain(|index, _| status.present.contains(*index));
        job.cancelled = false;
        let plan = ChunkPlan::new(status.layout, &job.present(&status.present));
        job.meter.reset(&mut shown.progress, plan.done_bytes());
        if plan.is_complete() || job.has_source {
            job.step = Step::Send(plan);
            self.set_upload_phase(upload_id, UploadPhase::Sending);
        } else {
            job.step = Step::Ended;
            self.set_upload_phase(upload_id, UploadPhase::SourceMissing);
        }
        // Messages may have waited for this alone.
        self.flush(now);
    }

    pub(crate) fn chunk_stored(
        &mut self,
        request_id: RequestId,
        upload_id: UploadId,
        index: u32,
        hash: ChunkHash,
        now: TimestampMs,
    ) {
        if !self.transfers.answered(
            request_id,
            Asked::Upload(upload_id, UploadRequest::Put { index }),
        ) {
            return;
        }
        let Some(job) = self.transfers.uploads.get_mut(&upload_id) else {
            return;
        };
        job.hold.succeeded();
        job.hashes.insert(index, hash);
        if let Some(plan) = job.plan_mut() {
            plan.complete(index);
        }
        self.upload_moved(upload_id, now);
        self.pump(now);
    }

    pub(crate) fn chunk_progress(
        &mut self,
        request_id: RequestId,
        sent_bytes: u64,
        now: TimestampMs,
    ) {
        let Some(Asked::Upload(upload_id, UploadRequest::Put { index })) =
            self.transfers.asked(request_id)
        else {
            return;
        };
        if !self.config.chunks_by_http {
            self.timers.moved(now);
        }
        let job = self.transfers.uploads.get_mut(&upload_id);
        if let Some(plan) = job.and_then(UploadJob::plan_mut)
            && plan.moved(index, sent_bytes)
        {
            self.upload_moved(upload_id, now);
        }
    }

    fn upload_moved(&mut self, upload_id: UploadId, now: TimestampMs) {
        let job = self.transfers.uploads.get_mut(&upload_id);
        let (Some(job), Some(shown)) = (job, self.view.uploads.get_mut(&upload_id)) else {
            return;
        };
        let Some(done_bytes) = job.plan_mut().map(|plan| plan.done_bytes()) else {
            return;
        };
        if job.meter.moved(&mut shown.progress, done_bytes, now) {
            self.changed(Change::Upload(upload_id));
        }
    }

    pub(crate) fn upload_finished(
        &mut self,
        request_id: RequestId,
        upload_id: UploadId,
        file: FileInfo,
        now: TimestampMs,
    ) {
        if self
            .transfers
            .answered(request_id, Asked::Upload(upload_id, UploadRequest::Finish))
        {
            self.upload_ended_well(upload_id, file, now);
        }
    }

    fn upload_ended_well(&mut self, upload_id: UploadId, file: FileInfo, now: TimestampMs) {
        let job = self.transfers.uploads.get_mut(&upload_id);
        let (Some(job), Some(shown)) = (job, self.view.uploads.get_mut(&upload_id)) else {
            return;
        };
        job.step = Step::Ended;
        let size_bytes = shown.progress.size_bytes;
        job.meter.reset(&mut shown.progress, size_bytes);
        let is_done_with = shown.posted.is_some() && !self.view.outbox.uses(upload_id);
        self.output(Output::ReleaseSource { upload_id });
        let there = Some(Box::new(file.clone()));
        self.set_upload_phase(upload_id, UploadPhase::Finished(file));
        if is_done_with {
            self.forget_upload(upload_id, now);
        } else {
            self.changed(Change::UploadEnded {
                upload_id,
                file: there,
            });
        }
        self.persist();
        self.flush(now);
    }

    /// The server refused a request about an upload.
    pub(crate) fn upload_refused(
        &mut self,
        upload_id: UploadId,
        request: UploadRequest,
        error: ErrorReply,
        now: TimestampMs,
    ) {
        if is_temporary(&error) {
            self.upload_held(upload_id, request, &error, now);
        } else if request == UploadRequest::Discard {
            // There is nothing to discard.
            self.upload_discarded(upload_id);
        } else if error.code == ErrorCode::UploadNotFound && self.is_withdrawn(upload_id) {
            self.upload_withdrawn(upload_id, now);
        } else if !self.recover(upload_id, request, error.code) {
            let reason = if error.code == ErrorCode::ChunkMismatch {
                "The file changed while it was read. Try again to send it as it is now.".into()
            } else {
                error.message
            };
            self.upload_failed(upload_id, Some(error.code), reason, now);
        }
        self.pump(now);
    }

    /// Whether nobody awaits an upload that the server does not know any more.
    fn is_withdrawn(&self, upload_id: UploadId) -> bool {
        let cancelled = self.transfers.uploads.get(&upload_id);
        let posted = self.view.uploads.get(&upload_id);
        cancelled.is_some_and(|job| job.cancelled)
            || posted.is_some_and(|shown| shown.posted.is_some())
    }

    /// It was cancelled on another device, or with its message. Messages that were to carry it fail.
    pub(crate) fn upload_withdrawn(&mut self, upload_id: UploadId, now: TimestampMs) {
        if self.view.outbox.uses(upload_id) {
            let reason = "The upload was cancelled on another device.".into();
            self.upload_failed(upload_id, Some(ErrorCode::UploadNotFound), reason, now);
        } else {
            self.drop_upload(upload_id, now);
        }
    }

    fn upload_held(
        &mut self,
        upload_id: UploadId,
        request: UploadRequest,
        error: &ErrorReply,
        now: TimestampMs,
    ) {
        let job = self.transfers.uploads.get_mut(&upload_id);
        let (Some(job), Some(shown)) = (job, self.view.uploads.get_mut(&upload_id)) else {
            return;
        };
        job.hold.refused(error, now);
        match request {
            UploadRequest::Put { index } => {
                if let Some(plan) = job.plan_mut() {
                    plan.put_back(index);
                }
            }
            UploadRequest::Discard => job.step = Step::Discard,
            UploadRequest::Begin | UploadRequest::Finish => job.step = Step::Begin,
        }
        shown.trouble = Some(error.message.clone());
        self.set_upload_phase(upload_id, UploadPhase::Waiting);
    }

    /// Whether the upload can go on all the same.
    fn recover(&mut self, upload_id: UploadId, request: UploadRequest, code: ErrorCode) -> bool {
        let Some(job) = self.transfers.uploads.get_mut(&upload_id) else {
            return false;
        };
        if let (UploadRequest::Put { index }, ErrorCode::ChunkMismatch) = (request, code) {
            let again = |plan: &mut ChunkPlan| plan.put_back_damaged(index);
            job.spoilt = !job.plan_mut().is_some_and(again);
            !job.spoilt
        } else if code == ErrorCode::UploadNotFound {
            self.transfers.forget_requests(upload_id);
            let job = self.transfers.uploads.get_mut(&upload_id);
            job.is_some_and(|job| {
                job.hashes.clear();
                job.begin_again()
            })
        } else if code == ErrorCode::UploadIncomplete {
            job.begin_again()
        } else {
            job.spoilt = code == ErrorCode::ContentMismatch;
            false
        }
    }

    /// What was there is gone; all over again.
    pub(crate) fn upload_discarded(&mut self, upload_id: UploadId) {
        if let Some(job) = self.transfers.uploads.get_mut(&upload_id) {
            job.hashes.clear();
            job.step = Step::Begin;
        }
    }

    pub(crate) fn source_failed(&mut self, upload_id: UploadId, reason: String, now: TimestampMs) {
        let unfinished = |job: &&mut UploadJob| !matches!(job.step, Step::Ended);
        let job = self.transfers.uploads.get_mut(&upload_id);
        if let Some(job) = job.filter(unfinished) {
            // The driver may have found another file: what is there is not to be mixed with it.
            job.spoilt = true;
            self.upload_failed(upload_id, None, reason, now);
            self.pump(now);
        }
    }

    fn upload_failed(
        &mut self,
        upload_id: UploadId,
        code: Option<ErrorCode>,
        reason: String,
        now: TimestampMs,
    ) {
        self.transfers.forget_requests(upload_id);
        let job = self.transfers.uploads.get_mut(&upload_id);
        let (Some(job), Some(shown)) = (job, self.view.uploads.get_mut(&upload_id)) else {
            return;
        };
        job.step = Step::Ended;
        let done_bytes = shown.progress.done_bytes;
        job.meter.reset(&mut shown.progress, done_bytes);
        let rooms = self.view.outbox.upload_failed(upload_id, code, &reason);
        self.set_upload_phase(upload_id, UploadPhase::Failed { code, reason });
        for room_id in rooms {
            self.outbox_changed(room_id, now);
        }
    }
}
