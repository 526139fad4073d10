//! Who is in which room as what, and what rooms are like.

use shared::{ClientFrame, ErrorReply, ServerFrame};

use super::requests::not_served;
use super::session::Connection;

impl Connection {
    pub(super) async fn handle_room_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        Err(not_served(request.request_id()))
    }
}
