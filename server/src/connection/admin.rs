//! What only admins may ask for, and what people ask of them.

use shared::admin::ReportMessage;
use shared::{ClientFrame, ErrorReply, ServerFrame};

use super::session::Connection;
use crate::error;
use crate::store::Actor;

impl Connection {
    pub(super) async fn handle_admin_request(
        &mut self,
        request: ClientFrame,
    ) -> Result<ServerFrame, ErrorReply> {
        if let ClientFrame::ReportMessage(request) = request {
            return self.report_message(request).await;
        }
        let actor = Actor::Person(self.account.person.clone());
        self.context.administration.answer(actor, request).await
    }

    async fn report_message(&mut self, request: ReportMessage) -> Result<ServerFrame, ErrorReply> {
        let request_id = request.request_id;
        let (store, by) = (&self.context.store, (*self.account).clone());
        let reported = store.report_message(by, request, crate::now_ms()).await;
        reported
            .map(|()| ServerFrame::Done { request_id })
            .map_err(|failed| error::from_store(request_id, failed))
    }
}
