//! Profiles, presence, and how far people have read.

use shared::{ClientFrame, ServerFrame};

use super::requests::not_served;
use super::session::Connection;

impl Connection {
    pub(super) async fn handle_people_request(
        &mut self,
        request: ClientFrame,
    ) -> Option<ServerFrame> {
        Some(ServerFrame::Error(not_served(request.request_id())))
    }
}
