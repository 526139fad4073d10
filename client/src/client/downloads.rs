//! Downloads: the next request of each, and what the answers and the driver's reports do.

use bytes::Bytes;
use shared::file::FileDescription;
use shared::{ChunkRanges, ClientFrame, ErrorCode, ErrorReply, FileId, RequestId, TimestampMs};

use crate::api::{Change, CommandError, Output, Ticket};
use crate::client::Client;
use crate::connection::ConnectionState;
use crate::transfer::download::{ChunkError, DownloadJob, DownloadPlan, Step};
use crate::transfer::refusal::is_temporary;
use crate::transfer::{
    Asked, Download, DownloadId, DownloadPhase, DownloadRequest, Progress, StoredDownload,
};

impl Client {
    pub(crate) fn download(
        &mut self,
        file_id: FileId,
        target: String,
        keep: bool,
        now: TimestampMs,
    ) -> Ticket {
        let download_id = self.add_download(file_id, target, keep);
        if keep {
            self.persist();
        }
        self.changed(Change::Download(download_id));
        self.pump(now);
        Ticket::Download(download_id)
    }

    fn add_download(&mut self, file_id: FileId, target: String, keep: bool) -> DownloadId {
        self.transfers.last_download += 1;
        let download_id = DownloadId(self.transfers.last_download);
        let shown = Download {
            download_id,
            file_id,
            target,
            keep,
            file: None,
            phase: DownloadPhase::Waiting,
            trouble: None,
            progress: Progress::default(),
        };
        self.view.downloads.insert(download_id, shown);
        let job = DownloadJob::new();
        self.transfers.downloads.insert(download_id, job);
        download_id
    }

    pub(crate) fn restore_downloads(&mut self, stored: Vec<StoredDownload>) {
        for download in stored {
            self.add_download(download.file_id, download.target, true);
        }
    }

    /// What has to outlive the process: what a person waits for.
    pub(crate) fn downloads_to_store(&self) -> Vec<StoredDownload> {
        let waited_for = |download: &&Download| match download.phase {
            DownloadPhase::Waiting | DownloadPhase::Receiving | DownloadPhase::Finishing => {
                download.keep
            }
            DownloadPhase::Finished { .. } | DownloadPhase::Failed { .. } => false,
        };
        let downloads = self.view.downloads.values().filter(waited_for);
        downloads
            .map(|download| StoredDownload {
                file_id: download.file_id,
                target: download.target.clone(),
            })
            .collect()
    }

    pub(crate) fn cancel_download(
        &mut self,
        download_id: DownloadId,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        self.transfers.forget_reads(download_id);
        let job = self.transfers.downloads.remove(&download_id);
        let job = job.ok_or(CommandError::NoSuchTransfer)?;
        let shown = self.view.downloads.remove(&download_id);
        if job.has_target() {
            self.output(Output::ReleaseTarget { download_id });
        }
        if shown.is_some_and(|shown| shown.keep) {
            self.persist();
        }
        self.changed(Change::Download(download_id));
        self.pump(now);
        Ok(Ticket::Done)
    }

    /// Sends what can be sent now, while online.
    pub(crate) fn pump_downloads(&mut self, now: TimestampMs) {
        let at_once = self.config.downloads_at_once;
        while let Some(download_id) = self.transfers.next_to_describe(at_once, now) {
            self.describe_file(download_id, now);
        }
        let in_flight_max = self.config.chunks_in_flight;
        while let Some(download_id) = self.transfers.next_to_read(in_flight_max, now) {
            self.read_chunk(download_id, now);
        }
    }

    fn describe_file(&mut self, download_id: DownloadId, now: TimestampMs) {
        let job = self.transfers.downloads.get_mut(&download_id);
        let (Some(job), Some(shown)) = (job, self.view.downloads.get(&download_id)) else {
            return;
        };
        job.step = Step::Describing;
        let file_id = shown.file_id;
        let request_id = self.ask(Asked::Download(download_id, DownloadRequest::Describe));
        let frame = ClientFrame::DescribeFile {
            request_id,
            file_id,
        };
        self.send(frame, now);
    }

    fn read_chunk(&mut self, download_id: DownloadId, now: TimestampMs) {
        let job = self.transfers.downloads.get_mut(&download_id);
        let Some(plan) = job.and_then(DownloadJob::fetching_mut) else {
            return;
        };
        let file_id = plan.description().file.file_id;
        if let Some(chunk) = plan.next_request() {
            let index = chunk.index;
            let read = DownloadRequest::Read { index };
            let frame = ClientFrame::ReadChunk {
                request_id: self.ask(Asked::Download(download_id, read)),
                file_id,
                index,
            };
            self.send(frame, now);
        }
    }

    pub(crate) fn file_described(&mut self, description: FileDescription, now: TimestampMs) {
        let request_id = description.request_id;
        let Some(Asked::Download(download_id, DownloadRequest::Describe)) =
            self.transfers.asked(request_id)
        else {
            return;
        };
        self.transfers.requests.remove(&request_id);
        let job = self.transfers.downloads.get_mut(&download_id);
        let (Some(job), Some(shown)) = (job, self.view.downloads.get_mut(&download_id)) else {
            return;
        };
        job.hold.succeeded();
        shown.trouble = None;
        if description.file.file_id != shown.file_id {
            let reason = "The server describes another file than was asked for.";
            return self.download_failed(download_id, None, reason.into(), now);
        }
        match DownloadPlan::new(description) {
            Ok(plan) => {
                let description = plan.description().clone();
                shown.progress.size_bytes = description.file.size_bytes;
                shown.file = Some(description.file.clone());
                job.step = Step::Opening(plan);
                let target = shown.target.clone();
                self.output(Output::OpenTarget {
                    download_id,
                    target,
                    description: Box::new(description),
                });
                self.changed(Change::Download(download_id));
            }
            Err(error) => {
                let reason = format!("The server contradicts itself: {error}.");
                self.download_failed(download_id, None, reason, now);
            }
        }
    }

    pub(crate) fn target_opened(
        &mut self,
        download_id: DownloadId,
        present: &ChunkRanges,
        now: TimestampMs,
    ) {
        let job = self.transfers.downloads.get_mut(&download_id);
        let (Some(job), Some(shown)) = (job, self.view.downloads.get_mut(&download_id)) else {
            return;
        };
        match std::mem::replace(&mut job.step, Step::Ended) {
            Step::Opening(mut plan) => {
                plan.set_present(present);
                job.meter.reset(&mut shown.progress, plan.done_bytes());
                job.step = Step::Fetch(plan);
                let phase = if self.view.connection == ConnectionState::Online {
                    DownloadPhase::Receiving
                } else {
                    DownloadPhase::Waiting
                };
                self.set_download_phase(download_id, phase);
                self.finish_target(download_id);
                self.pump(now);
            }
            step @ (Step::Describe
            | Step::Describing
            | Step::Fetch(_)
            | Step::Finishing
            | Step::Ended) => job.step = step,
        }
    }

    pub(crate) fn chunk_read(
        &mut self,
        request_id: RequestId,
        file_id: FileId,
        index: u32,
        bytes: Bytes,
        now: TimestampMs,
    ) {
        let Some(Asked::Download(download_id, asked)) = self.transfers.asked(request_id) else {
            return;
        };
        let shown = self.view.downloads.get(&download_id);
        if asked != (DownloadRequest::Read { index })
            || shown.is_none_or(|shown| shown.file_id != file_id)
        {
            return;
        }
        self.transfers.requests.remove(&request_id);
        let Some(job) = self.transfers.downloads.get_mut(&download_id) else {
            return;
        };
        job.hold.succeeded();
        let Some(plan) = job.fetching_mut() else {
            return;
        };
        match plan.received(index, bytes) {
            Ok(write) => self.output(Output::WriteChunk {
                download_id,
                index,
                offset: write.offset,
                bytes: write.bytes,
            }),
            Err(ChunkError::NotAsked | ChunkError::Damaged) => {}
            Err(ChunkError::AlwaysDamaged) => {
                let code = Some(ErrorCode::ChunkMismatch);
                let reason = "A part of the file arrives damaged again and again.";
                return self.download_failed(download_id, code, reason.into(), now);
            }
        }
        self.download_moved(download_id, now);
        self.pump(now);
    }

    pub(crate) fn read_progress(
        &mut self,
        request_id: RequestId,
        received_bytes: u64,
        now: TimestampMs,
    ) {
        self.timers.moved(now);
        let asked = self.transfers.asked(request_id);
        if let Some(Asked::Download(download_id, DownloadRequest::Read { index })) = asked {
            let job = self.transfers.downloads.get_mut(&download_id);
            if let Some(plan) = job.and_then(DownloadJob::fetching_mut) {
                plan.moved(index, received_bytes);
                self.download_moved(download_id, now);
            }
        }
    }

    fn download_moved(&mut self, download_id: DownloadId, now: TimestampMs) {
        let job = self.transfers.downloads.get_mut(&download_id);
        let (Some(job), Some(shown)) = (job, self.view.downloads.get_mut(&download_id)) else {
            return;
        };
        let Some(done_bytes) = job.fetching().map(DownloadPlan::done_bytes) else {
            return;
        };
        if job.meter.moved(&mut shown.progress, done_bytes, now) {
            self.changed(Change::Download(download_id));
        }
    }

    pub(crate) fn chunk_written(&mut self, download_id: DownloadId, index: u32, now: TimestampMs) {
        let job = self.transfers.downloads.get_mut(&download_id);
        if let Some(plan) = job.and_then(DownloadJob::fetching_mut)
            && plan.written(index)
        {
            self.finish_target(download_id);
            self.pump(now);
        }
    }

    /// Lets the driver put the file in its place, where all is written.
    fn finish_target(&mut self, download_id: DownloadId) {
        let job = self.transfers.downloads.get_mut(&download_id);
        let (Some(job), Some(shown)) = (job, self.view.downloads.get_mut(&download_id)) else {
            return;
        };
        if job.fetching().is_some_and(DownloadPlan::is_complete) {
            job.step = Step::Finishing;
            let size_bytes = shown.progress.size_bytes;
            job.meter.reset(&mut shown.progress, size_bytes);
            self.output(Output::FinishTarget { download_id });
            self.set_download_phase(download_id, DownloadPhase::Finishing);
        }
    }

    pub(crate) fn target_finished(
        &mut self,
        download_id: DownloadId,
        path: String,
        now: TimestampMs,
    ) {
        if let Some(job) = self.transfers.downloads.get_mut(&download_id)
            && matches!(job.step, Step::Finishing)
        {
            job.step = Step::Ended;
            self.download_ended(download_id, DownloadPhase::Finished { path });
            self.pump(now);
        }
    }

    pub(crate) fn target_failed(
        &mut self,
        download_id: DownloadId,
        reason: String,
        now: TimestampMs,
    ) {
        let job = self.transfers.downloads.get(&download_id);
        if job.is_some_and(DownloadJob::has_target) {
            self.download_failed(download_id, None, reason, now);
        }
    }

    /// The server refused a request about a download.
    pub(crate) fn download_refused(
        &mut self,
        download_id: DownloadId,
        request: DownloadRequest,
        error: ErrorReply,
        now: TimestampMs,
    ) {
        if !is_temporary(&error) {
            let code = Some(error.code);
            return self.download_failed(download_id, code, error.message, now);
        }
        let job = self.transfers.downloads.get_mut(&download_id);
        let (Some(job), Some(shown)) = (job, self.view.downloads.get_mut(&download_id)) else {
            return;
        };
        job.hold.refused(&error, now);
        match request {
            DownloadRequest::Describe => job.step = Step::Describe,
            DownloadRequest::Read { index } => {
                if let Some(plan) = job.fetching_mut() {
                    plan.put_back(index);
                }
            }
        }
        shown.trouble = Some(error.message);
        self.set_download_phase(download_id, DownloadPhase::Waiting);
        self.pump(now);
    }

    fn download_failed(
        &mut self,
        download_id: DownloadId,
        code: Option<ErrorCode>,
        reason: String,
        now: TimestampMs,
    ) {
        self.transfers.forget_reads(download_id);
        let job = self.transfers.downloads.get_mut(&download_id);
        let (Some(job), Some(shown)) = (job, self.view.downloads.get_mut(&download_id)) else {
            return;
        };
        let done_bytes = shown.progress.done_bytes;
        job.meter.reset(&mut shown.progress, done_bytes);
        let release = job.has_target();
        job.step = Step::Ended;
        if release {
            self.output(Output::ReleaseTarget { download_id });
        }
        self.download_ended(download_id, DownloadPhase::Failed { code, reason });
        self.pump(now);
    }

    fn download_ended(&mut self, download_id: DownloadId, phase: DownloadPhase) {
        self.set_download_phase(download_id, phase);
        let shown = self.view.downloads.get(&download_id);
        if shown.is_some_and(|shown| shown.keep) {
            self.persist();
        }
    }

    /// Chunks wait for the next connection; what the driver does goes on.
    pub(crate) fn downloads_disconnected(&mut self) {
        let mut waiting = Vec::new();
        for (download_id, job) in &mut self.transfers.downloads {
            job.disconnected();
            if let Some(shown) = self.view.downloads.get_mut(download_id) {
                shown.trouble = None;
                if let Some(plan) = job.fetching() {
                    job.meter.reset(&mut shown.progress, plan.done_bytes());
                    waiting.push(*download_id);
                }
            }
        }
        for download_id in waiting {
            self.set_download_phase(download_id, DownloadPhase::Waiting);
        }
    }

    /// Online again: chunks travel on.
    pub(crate) fn downloads_connected(&mut self) {
        let fetching = |(id, job): (&DownloadId, &DownloadJob)| job.fetching().map(|_| *id);
        let ids: Vec<DownloadId> = self
            .transfers
            .downloads
            .iter()
            .filter_map(fetching)
            .collect();
        for download_id in ids {
            self.set_download_phase(download_id, DownloadPhase::Receiving);
        }
    }

    /// Pauses that end, and progress that is to be shown.
    pub(crate) fn downloads_timeout(&mut self, now: TimestampMs) {
        let mut moved = Vec::new();
        let mut goes_on = Vec::new();
        for (download_id, job) in &mut self.transfers.downloads {
            let Some(shown) = self.view.downloads.get_mut(download_id) else {
                continue;
            };
            if job.hold.timeout(now) && job.fetching().is_some() {
                goes_on.push(*download_id);
                shown.trouble = None;
            }
            if job.meter.timeout(&mut shown.progress, now) {
                moved.push(*download_id);
            }
        }
        for download_id in moved {
            self.changed(Change::Download(download_id));
        }
        for download_id in goes_on {
            self.set_download_phase(download_id, DownloadPhase::Receiving);
        }
    }

    fn set_download_phase(&mut self, download_id: DownloadId, phase: DownloadPhase) {
        if let Some(shown) = self.view.downloads.get_mut(&download_id) {
            shown.phase = phase;
            self.changed(Change::Download(download_id));
        }
    }
}
