//! What the server tells whoever is at the door.

use shared::account::{InvitationDescription, ServerDescription};
use shared::limits::PASSWORD_CHARS_MIN;
use shared::{ErrorReply, RequestId, Secret, ServerFrame};

use super::Context;
use crate::error;
use crate::store::TokenHash;

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

/// What following an invitation does.
pub(crate) async fn describe_invitation(
    context: &Context,
    request_id: RequestId,
    token: &Secret,
) -> Result<InvitationDescription, ErrorReply> {
    let token = TokenHash::of(token.reveal());
    let described = context.store.describe_invitation(token, crate::now_ms());
    let described = described.await;
    let described = described.map_err(|failed| error::from_store(request_id, failed))?;
    Ok(InvitationDescription {
        request_id,
        ..described
    })
}

pub(super) async fn invitation(
    context: &Context,
    request_id: RequestId,
    token: &Secret,
) -> Result<ServerFrame, ErrorReply> {
    let described = describe_invitation(context, request_id, token).await;
    described.map(ServerFrame::InvitationDescribed)
}
