//! What is told of uploads while they are under way: to the sender's connections, and in rooms whose messages carry them
//! already.

use std::sync::Arc;
use std::time::Duration;

use shared::{PersonId, ServerFrame, UploadId, UploadInfo};
use tokio::time::Instant;

use super::Files;
use super::upload::Upload;
use crate::store::StoredUpload;

/// Nobody is told more often of how far an upload has come.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

/// When it was told last how far an upload has come.
#[derive(Debug, Default)]
pub(super) struct Told(Option<Instant>);

impl Told {
    /// Whether it is time to tell again.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        let is_due = self.0.is_none_or(|last| now - last >= PROGRESS_INTERVAL);
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

impl Files {
    pub(super) fn tell_begun(&self, stored: &StoredUpload, upload: &Upload) {
        let info = UploadInfo {
            upload_id: stored.begun.upload_id,
            file_id: stored.file_id,
            name: stored.begun.name.clone(),
            size_bytes: stored.begun.size_bytes,
            received_bytes: upload.received_bytes(),
            begun_at_ms: stored.begun_at_ms,
        };
        let frame = ServerFrame::UploadBegun { upload: info };
        self.hub.whisper_to(stored.begun.person, &frame);
    }

    pub(super) fn tell_ended(&self, person: PersonId, upload_id: UploadId) {
        let frame = ServerFrame::UploadEnded { upload_id };
        self.hub.whisper_to(person, &frame);
    }

    /// Tells in the background how far the upload has come, unless that was told just now.
    pub(super) fn tell_progress(self: &Arc<Self>, upload: &Arc<Upload>) {
        if !upload.is_to_be_told(Instant::now()) {
            return;
        }
        let (files, upload) = (self.clone(), upload.clone());
        tokio::spawn(async move {
            let (file_id, person) = (upload.file_id, upload.begun.person);
            let frame = ServerFrame::UploadProgressed {
                file_id,
                received_bytes: upload.received_bytes(),
            };
            files.hub.whisper_to(person, &frame);
            // It is only progress: whoever looks again sees more of it.
            for room in files
                .store
                .awaiting_rooms(file_id)
                .await
                .unwrap_or_default()
            {
                files.hub.whisper_in(room, person, &frame);
            }
        });
    }
}
