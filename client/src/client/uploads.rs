//! Uploads: what a person asks for, and the next request of each.

mod answers;

use shared::file::{BeginUpload, FinishUpload};
use shared::{ChunkLayout, ClientFrame, FileId, TimestampMs, UploadId};

use crate::api::{Change, CommandError, Output, Ticket};
use crate::client::Client;
use crate::connection::ConnectionState;
use crate::outbox::PendingMessage;
use crate::transfer::upload::{Step, UploadJob};
use crate::transfer::{Asked, Progress, StoredUpload, Upload, UploadPhase, UploadRequest};

impl Client {
    pub(crate) fn begin_upload(
        &mut self,
        name: String,
        size_bytes: u64,
        media_type: Option<String>,
        source: String,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let bytes_max = self.view.limits.file_bytes_max;
        if size_bytes > bytes_max || ChunkLayout::for_size(size_bytes).is_none() {
            return Err(CommandError::FileTooLarge { bytes_max });
        }
        let mut random = [0; 10];
        self.rng.fill(&mut random);
        let upload_id = UploadId::from_parts(now, random);
        let stored = StoredUpload {
            upload_id,
            name,
            size_bytes,
            media_type,
            source,
            file: None,
            file_id: None,
            posted: None,
        };
        self.view.uploads.insert(upload_id, waiting(stored));
        let job = UploadJob::new(Step::Begin, true);
        self.transfers.uploads.insert(upload_id, job);
        self.persist();
        self.changed(Change::Upload(upload_id));
        self.pump(now);
        Ok(Ticket::Upload(upload_id))
    }

    pub(crate) fn restore_uploads(&mut self, stored: Vec<StoredUpload>) {
        for mut upload in stored {
            let upload_id = upload.upload_id;
            let file = upload.file.take();
            let step = if file.is_some() {
                Step::Ended
            } else {
                Step::Begin
            };
            let mut job = UploadJob::new(step, !upload.source.is_empty());
            job.begun = true;
            let mut shown = waiting(upload);
            if let Some(file) = file {
                shown.progress.done_bytes = shown.progress.size_bytes;
                shown.phase = UploadPhase::Finished(file);
            } else if !job.has_source {
                shown.phase = UploadPhase::SourceMissing;
            }
            self.transfers.uploads.insert(upload_id, job);
            self.view.uploads.insert(upload_id, shown);
        }
    }

    /// What has to outlive the process: not the finished ones of messages that are on the server's disk.
    pub(crate) fn uploads_to_store(&self) -> Vec<StoredUpload> {
        let outbox = &self.view.outbox;
        let uploads = self.view.uploads.values();
        uploads
            .map(|upload| {
                let accepted = || outbox.accepted_with(upload.upload_id);
                (upload, upload.posted.or_else(accepted))
            })
            .filter(|(upload, posted)| posted.is_none() || upload.file().is_none())
            .map(|(upload, posted)| StoredUpload {
                upload_id: upload.upload_id,
                name: upload.name.clone(),
                size_bytes: upload.progress.size_bytes,
                media_type: upload.media_type.clone(),
                source: upload.source.clone(),
                file: upload.file().cloned(),
                file_id: upload.file_id,
                posted,
            })
            .collect()
    }

    pub(crate) fn resume_upload(
        &mut self,
        upload_id: UploadId,
        source: String,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        let upload = self.view.uploads.get_mut(&upload_id);
        let upload = upload.ok_or(CommandError::NoSuchTransfer)?;
        match upload.phase {
            UploadPhase::Failed { .. } | UploadPhase::SourceMissing => {}
            UploadPhase::Waiting
            | UploadPhase::Sending
            | UploadPhase::Finishing
            | UploadPhase::Finished(_) => return Err(CommandError::NoSuchTransfer),
        }
        upload.source = source;
        if let Some(job) = self.transfers.uploads.get_mut(&upload_id) {
            job.has_source = true;
        }
        self.restart_upload(upload_id);
        let uploads = &self.view.uploads;
        let has_failed = |id| {
            let shown: Option<&Upload> = uploads.get(&id);
            shown.is_some_and(|shown| matches!(shown.phase, UploadPhase::Failed { .. }))
        };
        for room_id in self.view.outbox.upload_resumed(upload_id, has_failed) {
            self.changed(Change::Timeline(room_id));
        }
        self.persist();
        self.pump(now);
        Ok(Ticket::Upload(upload_id))
    }

    /// Starts from the first step what failed, or what the server has lost.
    pub(crate) fn restart_upload(&mut self, upload_id: UploadId) {
        self.transfers.forget_requests(upload_id);
        let Some(job) = self.transfers.uploads.get_mut(&upload_id) else {
            return;
        };
        let shown = self.view.uploads.get(&upload_id);
        job.restart(shown.is_some_and(|shown| shown.posted.is_some()));
        let phase = if job.has_source {
            UploadPhase::Waiting
        } else {
            UploadPhase::SourceMissing
        };
        self.set_upload_phase(upload_id, phase);
    }

    /// Another database may not have the files of the one before. Beginning again tells, and sends what it lacks.
    pub(crate) fn begin_finished_uploads_again(&mut self) {
        let uploads = self.view.uploads.values();
        let finished = uploads.filter(|upload| upload.file().is_some());
        for upload_id in finished.map(|upload| upload.upload_id).collect::<Vec<_>>() {
            self.restart_upload(upload_id);
        }
    }

    pub(crate) fn cancel_upload(
        &mut self,
        upload_id: UploadId,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        if self.view.elsewhere.contains_key(&upload_id) {
            return self.cancel_elsewhere(upload_id, now);
        }
        if !self.view.uploads.contains_key(&upload_id) {
            return Err(CommandError::NoSuchTransfer);
        }
        if self.view.outbox.uses(upload_id) {
            return Err(CommandError::UploadInUse);
        }
        self.forget_upload(upload_id, now);
        self.persist();
        self.pump(now);
        Ok(Ticket::Done)
    }

    /// Forgets an upload here and, where it is not finished, on the server. Nothing is remembered for later where
    /// one is offline: the server forgets by itself what nobody goes on with.
    pub(crate) fn forget_upload(&mut self, upload_id: UploadId, now: TimestampMs) {
        self.transfers.forget_requests(upload_id);
        let shown = self.view.uploads.remove(&upload_id);
        let job = self.transfers.uploads.remove(&upload_id);
        let (Some(shown), Some(job)) = (shown, job) else {
            return;
        };
        let file = shown.file().map(|file| Box::new(file.clone()));
        self.changed(Change::UploadEnded { upload_id, file });
        if shown.file().is_none() {
            self.output(Output::ReleaseSource { upload_id });
            if job.begun && self.view.connection == ConnectionState::Online {
                let request_id = self.ask(Asked::CancelUpload);
                let frame = ClientFrame::CancelUpload {
                    request_id,
                    upload_id,
                };
                self.send(frame, now);
            }
        }
        self.changed(Change::Upload(upload_id));
    }

    /// Forgets what belongs to a message that is deleted before it was sent.
    pub(crate) fn forget_uploads_of(&mut self, deleted: &PendingMessage, now: TimestampMs) {
        for upload_id in deleted.uploads() {
            if !self.view.outbox.uses(upload_id) {
                self.forget_upload(upload_id, now);
            }
        }
    }

    /// Messages are in their room's log: of their uploads the finished ones are forgotten, the others go on.
    pub(crate) fn uploads_posted(&mut self, logged: &[PendingMessage], now: TimestampMs) {
        for message in logged {
            for upload_id in message.uploads() {
                let is_used = self.view.outbox.uses(upload_id);
                match self.view.uploads.get_mut(&upload_id) {
                    Some(shown) if shown.file().is_none() => {
                        shown.posted = Some(message.room_id);
                        self.changed(Change::Upload(upload_id));
                    }
                    Some(_) if !is_used => self.forget_upload(upload_id, now),
                    Some(_) | None => {}
                }
            }
        }
    }

    /// The message that carried one's own file, perhaps, does so no more.
    pub(crate) fn no_longer_posted(&mut self, file_id: FileId, now: TimestampMs) {
        let mut uploads = self.view.uploads.values();
        let posted = uploads.find(|shown| shown.posted.is_some() && shown.file_id == Some(file_id));
        if let Some(upload_id) = posted.map(|shown| shown.upload_id) {
            self.forget_upload(upload_id, now);
            self.persist();
        }
    }

    /// Forgets an upload that the server does not know, or is not to be told of.
    pub(crate) fn drop_upload(&mut self, upload_id: UploadId, now: TimestampMs) {
        if let Some(job) = self.transfers.uploads.get_mut(&upload_id) {
            job.begun = false;
        }
        self.forget_upload(upload_id, now);
        self.persist();
    }

    /// Forgets the uploads of messages that somebody else has sent.
    pub(crate) fn drop_posted_uploads(&mut self, now: TimestampMs) {
        let posted = self
            .view
            .uploads
            .values()
            .filter(|shown| shown.posted.is_some());
        for upload_id in posted.map(|shown| shown.upload_id).collect::<Vec<_>>() {
            self.drop_upload(upload_id, now);
        }
    }

    /// Sends what can be sent now, while online.
    pub(crate) fn pump_uploads(&mut self, now: TimestampMs) {
        while let Some(upload_id) =
            self.transfers
                .next_to_begin(self.config.uploads_at_once, now, |id| {
                    self.view.outbox.awaits(id)
                })
        {
            self.begin_on_server(upload_id, now);
        }
        let (at_once, in_flight) = (self.config.uploads_at_once, self.config.chunks_in_flight);
        while let Some(upload_id) = self.transfers.next_to_put(at_once, in_flight, now) {
            self.put_chunk(upload_id);
        }
        while let Some(upload_id) = self.transfers.next_to_finish(now) {
            self.finish_on_server(upload_id, now);
        }
    }

    fn begin_on_server(&mut self, upload_id: UploadId, now: TimestampMs) {
        let job = self.transfers.uploads.get_mut(&upload_id);
        let (Some(job), Some(shown)) = (job, self.view.uploads.get(&upload_id)) else {
            return;
        };
        let (name, media_type) = (shown.name.clone(), shown.media_type.clone());
        let size_bytes = shown.progress.size_bytes;
        let discard = matches!(job.step, Step::Discard);
        job.begun = true;
        let frame = if discard {
            job.step = Step::Discarding;
            let request_id = self.ask(Asked::Upload(upload_id, UploadRequest::Discard));
            ClientFrame::CancelUpload {
                request_id,
                upload_id,
            }
        } else {
            job.step = Step::Beginning;
            ClientFrame::BeginUpload(BeginUpload {
                request_id: self.ask(Asked::Upload(upload_id, UploadRequest::Begin)),
                upload_id: Some(upload_id),
                name,
                size_bytes,
                media_type,
            })
        };
        self.send(frame, now);
    }

    fn put_chunk(&mut self, upload_id: UploadId) {
        let job = self.transfers.uploads.get_mut(&upload_id);
        let Some(plan) = job.and_then(UploadJob::plan_mut) else {
            return;
        };
        let layout = plan.layout();
        if let Some(index) = plan.take() {
            let request_id = self.ask(Asked::Upload(upload_id, UploadRequest::Put { index }));
            self.output(Output::PutChunk {
                request_id,
                upload_id,
                layout,
                index,
            });
        }
    }

    fn finish_on_server(&mut self, upload_id: UploadId, now: TimestampMs) {
        let Some(job) = self.transfers.uploads.get_mut(&upload_id) else {
            return;
        };
        let Some(layout) = job.plan_mut().map(|plan| plan.layout()) else {
            return;
        };
        job.step = Step::Finishing;
        let content_hash = job.content_hash(layout);
        let request_id = self.ask(Asked::Upload(upload_id, UploadRequest::Finish));
        self.set_upload_phase(upload_id, UploadPhase::Finishing);
        let frame = ClientFrame::FinishUpload(FinishUpload {
            request_id,
            upload_id,
            content_hash,
        });
        self.send(frame, now);
    }

    /// Everything that is not at its end waits for the next connection.
    pub(crate) fn uploads_disconnected(&mut self) {
        let mut waiting = Vec::new();
        for (upload_id, job) in &mut self.transfers.uploads {
            job.disconnected();
            if let Some(shown) = self.view.uploads.get_mut(upload_id) {
                shown.trouble = None;
                let done_bytes = shown.progress.done_bytes;
                job.meter.reset(&mut shown.progress, done_bytes);
                match shown.phase {
                    UploadPhase::Sending | UploadPhase::Finishing => {
                        waiting.push(*upload_id);
                    }
                    UploadPhase::Waiting
                    | UploadPhase::Finished(_)
                    | UploadPhase::SourceMissing
                    | UploadPhase::Failed { .. } => {}
                }
            }
        }
        for upload_id in waiting {
            self.set_upload_phase(upload_id, UploadPhase::Waiting);
        }
    }

    /// Pauses that end, and progress that is to be shown.
    pub(crate) fn uploads_timeout(&mut self, now: TimestampMs) {
        let mut moved = Vec::new();
        let mut goes_on = Vec::new();
        for (upload_id, job) in &mut self.transfers.uploads {
            let Some(shown) = self.view.uploads.get_mut(upload_id) else {
                continue;
            };
            if job.hold.timeout(now) && job.plan_mut().is_some() {
                goes_on.push(*upload_id);
            }
            if job.meter.timeout(&mut shown.progress, now) {
                moved.push(*upload_id);
            }
        }
        for upload_id in moved {
            self.changed(Change::Upload(upload_id));
        }
        for upload_id in goes_on {
            if let Some(shown) = self.view.uploads.get_mut(&upload_id) {
                shown.trouble = None;
            }
            self.set_upload_phase(upload_id, UploadPhase::Sending);
        }
    }

    pub(crate) fn set_upload_phase(&mut self, upload_id: UploadId, phase: UploadPhase) {
        if let Some(shown) = self.view.uploads.get_mut(&upload_id) {
            shown.phase = phase;
            self.changed(Change::Upload(upload_id));
        }
    }
}

/// The file that a message may carry for an upload: one that is there, or that the server has heard of, unless it is to
/// be `whole`.
pub(crate) fn postable(job: &UploadJob, shown: &Upload, whole: bool) -> Option<FileId> {
    match job.step {
        Step::Send(_) | Step::Finishing => shown.file_id.filter(|_| !whole),
        Step::Ended => shown.file().map(|file| file.file_id),
        Step::Begin | Step::Beginning | Step::Discard | Step::Discarding => None,
    }
}

/// As a screen shows it before anything has happened.
fn waiting(stored: StoredUpload) -> Upload {
    Upload {
        upload_id: stored.upload_id,
        name: stored.name,
        media_type: stored.media_type,
        source: stored.source,
        phase: UploadPhase::Waiting,
        trouble: None,
        progress: Progress {
            size_bytes: stored.size_bytes,
            ..Progress::default()
        },
        file_id: stored.file_id,
        posted: stored.posted,
    }
}
