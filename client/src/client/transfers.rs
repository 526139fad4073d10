//! What uploads and downloads have in common.

use shared::{ErrorReply, RequestId, TimestampMs};

use crate::client::Client;
use crate::connection::ConnectionState;
use crate::transfer::{Asked, UploadRequest};

impl Client {
    /// Sends whatever can be sent now.
    pub(crate) fn pump(&mut self, now: TimestampMs) {
        if self.view.connection == ConnectionState::Online {
            self.pump_uploads(now);
            self.pump_downloads(now);
        }
    }

    /// The id of a request that is about to be sent.
    pub(crate) fn ask(&mut self, asked: Asked) -> RequestId {
        let request_id = self.next_request_id();
        self.transfers.requests.insert(request_id, asked);
        request_id
    }

    pub(crate) fn transfer_refused(&mut self, asked: Asked, error: ErrorReply, now: TimestampMs) {
        match asked {
            Asked::Upload(id, request) => self.upload_refused(id, request, error, now),
            Asked::Download(id, request) => self.download_refused(id, request, error, now),
            // It expires by itself.
            Asked::CancelUpload => {}
            // Whoever may not upload has none.
            Asked::Elsewhere => {}
        }
    }

    /// A request is done that has nothing else to say.
    pub(crate) fn transfer_done(&mut self, asked: Asked, now: TimestampMs) {
        match asked {
            Asked::Upload(upload_id, UploadRequest::Discard) => {
                self.upload_discarded(upload_id);
                self.pump(now);
            }
            Asked::Upload(
                _,
                UploadRequest::Begin | UploadRequest::Put { .. } | UploadRequest::Finish,
            )
            | Asked::Download(..)
            | Asked::Elsewhere
            | Asked::CancelUpload => {}
        }
    }

    /// What was on its way is lost with the connection.
    pub(crate) fn transfers_disconnected(&mut self) {
        self.transfers.requests.clear();
        self.uploads_disconnected();
        self.downloads_disconnected();
        self.forget_elsewhere();
    }
}
