//! What only admins may ask for, and what people ask of them.

use shared::{ClientFrame, ErrorReply, ServerFrame};

use super::session::Connection;
use crate::store::Actor;

impl Connection {
    pub(super) async fn handle_admin_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        let actor = Actor::Person(self.account.person.clone());
        self.context.administration.answer(actor, request).await
    }
}
