//! `chinwag delete` and `chinwag report`.

use shared::admin::ReportMessage;
use shared::{ClientFrame, RequestId, Sequence};

use crate::arguments::requests::Message;
use crate::commands::requests::have_done;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;

pub(crate) async fn delete(
    session: &mut Session,
    message: Message,
    output: &mut Output,
) -> Result<(), Failure> {
    let remove = ClientFrame::RemoveMessage {
        request_id: RequestId(0),
        room: message.room,
        sequence: Sequence(message.sequence),
    };
    have_done(session, remove, "The message is gone.", output).await
}

pub(crate) async fn report(
    session: &mut Session,
    message: Message,
    reason: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let report = ClientFrame::ReportMessage(ReportMessage {
        request_id: RequestId(0),
        room: message.room,
        sequence: Sequence(message.sequence),
        reason: reason.to_owned(),
    });
    have_done(session, report, "The admins will see it.", output).await
}
