//! Requests about uploads and files.

use bytes::Bytes;
use shared::file::{BeginUpload, FinishUpload};
use shared::{ClientFrame, RequestId, ServerFrame};

use super::Connection;
use super::requests::not_served;

impl Connection {
    /// Answers at once, or queues the reply among those that wait for the disk.
    pub(super) fn handle_file_request(
        &mut self,
        frame: ClientFrame,
        _payload: Bytes,
    ) -> Option<ServerFrame> {
        let request_id = match frame {
            ClientFrame::PutChunk { request_id, .. }
            | ClientFrame::DescribeUpload { request_id, .. }
            | ClientFrame::CancelUpload { request_id, .. }
            | ClientFrame::DescribeFile { request_id, .. }
            | ClientFrame::ReadChunk { request_id, .. }
            | ClientFrame::BeginUpload(BeginUpload { request_id, .. })
            | ClientFrame::FinishUpload(FinishUpload { request_id, .. }) => request_id,
            _ => RequestId::default(),
        };
        Some(ServerFrame::Error(not_served(request_id)))
    }
}
