//! What the server tells whoever is at the door.

use shared::account::ServerDescription;
use shared::limits::PASSWORD_CHARS_MIN;
use shared::{ErrorReply, RequestId, ServerFrame};

use super::Context;
use crate::error;

/// Whom it lets in.
pub(crate) async fn describe_server(
    context: &Context,
    request_id: RequestId,
) -> Result<ServerDescription, ErrorReply> {
    let door = context.store.door().await;
    let door = door.map_err(|failed| error::from_store(request_id, failed))?;
    Ok(ServerDescription {
        request_id,
        name: context.server.name.clone(),
        version: context.server.version.clone(),
        registration: door.policy.registration,
        guests: door.policy.guests,
        unowned: door.unowned,
        password_chars_min: u32::try_from(PASSWORD_CHARS_MIN).unwrap_or(u32::MAX),
    })
}

pub(super) async fn server(
    context: &Context,
    request_id: RequestId,
) -> Result<ServerFrame, ErrorReply> {
    let described = describe_server(context, request_id).await;
    described.map(ServerFrame::ServerDescribed)
}
