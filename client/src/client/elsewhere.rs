//! One's uploads on other devices, and files of anybody that messages carry before they are there.

use shared::{ClientFrame, FileId, RequestId, ServerFrame, TimestampMs, UploadId, UploadInfo};

use crate::api::{Change, CommandError, Ticket};
use crate::client::Client;
use crate::connection::ConnectionState;
use crate::transfer::{Asked, UploadPhase};

/// Files of which it is remembered how much is there.
const ARRIVING_MAX: usize = 1_000;

impl Client {
    /// Asks for the uploads of other devices.
    pub(crate) fn list_elsewhere(&mut self, now: TimestampMs) {
        self.forget_elsewhere();
        let request_id = self.ask(Asked::Elsewhere);
        self.send(ClientFrame::ListUploads { request_id }, now);
    }

    /// Nothing is known of other devices without a connection.
    pub(crate) fn forget_elsewhere(&mut self) {
        if !std::mem::take(&mut self.view.elsewhere).is_empty() {
            self.changed(Change::Elsewhere);
        }
        for (file_id, _) in std::mem::take(&mut self.view.arriving) {
            self.changed(Change::Arriving(file_id));
        }
    }

    pub(crate) fn elsewhere_listed(&mut self, request_id: RequestId, uploads: Vec<UploadInfo>) {
        let own = self.transfers.answered(request_id, Asked::Elsewhere);
        if !own && !self.requests.contains_key(&request_id) {
            return;
        }
        for upload in &uploads {
            self.begun_elsewhere(upload.clone());
        }
        let answer = ServerFrame::UploadsListed {
            request_id,
            uploads,
        };
        self.answered(request_id, answer);
    }

    pub(crate) fn begun_elsewhere(&mut self, upload: UploadInfo) {
        if !self.view.uploads.contains_key(&upload.upload_id) {
            self.view.elsewhere.insert(upload.upload_id, upload);
            self.changed(Change::Elsewhere);
        }
    }

    pub(crate) fn ended_elsewhere(&mut self, upload_id: UploadId, now: TimestampMs) {
        if let Some(job) = self.transfers.uploads.get_mut(&upload_id) {
            // Where it is one's own and not over, the next answer about it says so for sure.
            job.cancelled = true;
        }
        let shown = self.view.uploads.get(&upload_id);
        if shown.is_some_and(|shown| shown.phase == UploadPhase::SourceMissing) {
            self.upload_withdrawn(upload_id, now);
        }
        if self.view.elsewhere.remove(&upload_id).is_some() {
            self.changed(Change::Elsewhere);
        }
    }

    /// So much of a file is there.
    pub(crate) fn arriving(&mut self, file_id: FileId, received_bytes: u64) {
        let mut elsewhere = self.view.elsewhere.iter_mut().map(|(_, upload)| upload);
        if let Some(upload) = elsewhere.find(|upload| upload.file_id == file_id) {
            upload.received_bytes = received_bytes;
            self.changed(Change::Elsewhere);
        }
        // One's own are among them that no message carries, and nobody says when these have come. Those that still
        // arrive are told of again.
        if self.view.arriving.len() >= ARRIVING_MAX {
            self.view.arriving.clear();
        }
        self.view.arriving.insert(file_id, received_bytes);
        self.changed(Change::Arriving(file_id));
    }

    /// It is there, or will not come.
    pub(crate) fn no_longer_arriving(&mut self, file_id: FileId) {
        if self.view.arriving.remove(&file_id).is_some() {
            self.changed(Change::Arriving(file_id));
        }
    }

    /// Has the server forget an upload of another device. [`CommandError::Offline`] without a connection.
    pub(crate) fn cancel_elsewhere(
        &mut self,
        upload_id: UploadId,
        now: TimestampMs,
    ) -> Result<Ticket, CommandError> {
        if self.view.connection != ConnectionState::Online {
            return Err(CommandError::Offline);
        }
        let request_id = self.ask(Asked::CancelUpload);
        let frame = ClientFrame::CancelUpload {
            request_id,
            upload_id,
        };
        self.send(frame, now);
        Ok(Ticket::Done)
    }
}
