//! The account and sessions of the person, their bots, and invitations.

use shared::{ClientFrame, ErrorReply, ServerFrame};

use super::describe;
use super::requests::not_served;
use super::session::Connection;

impl Connection {
    pub(super) async fn handle_account_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        match request {
            ClientFrame::DescribeServer { request_id } => {
                describe::server(&self.context, request_id).await
            }
            other => Err(not_served(other.request_id())),
        }
    }
}
