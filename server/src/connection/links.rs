//! What people ask for about the links of their files, whatever carries it.

use std::net::IpAddr;

use shared::file::{ChangeLink, LinkInfo};
use shared::frame::Person;
use shared::{ErrorCode, ErrorReply, FileId, RequestId, Secret};

use super::Context;
use crate::store::{Change, NewLink};
use crate::{error, passwords};

/// The link of a file of the person's own.
pub(crate) async fn read(
    context: &Context,
    by: &Person,
    file_id: FileId,
    request_id: RequestId,
) -> Result<LinkInfo, ErrorReply> {
    let link = context.store.read_link(by.id, file_id).await;
    link.map_err(|failed| error::from_store(request_id, failed))
}

/// Says anew who may open the link of a file of the person's own, who is at this address.
pub(crate) async fn change(
    context: &Context,
    by: &Person,
    address: IpAddr,
    request: ChangeLink,
) -> Result<LinkInfo, ErrorReply> {
    let (request_id, file_id) = (request.request_id, request.file_id);
    let (wants_password, wants_limit) = (request.password.is_some(), request.downloads_left);
    if (wants_password && request.without_password)
        || (wants_limit.is_some() && request.without_limit)
    {
        let text = "A link is changed to have a password or a limit, or to have none, not both.";
        return Err(error::reply(request_id, ErrorCode::InvalidArgument, text));
    }
    // Asked before a password is hashed, which costs more.
    read(context, by, file_id, request_id).await?;
    let password = match &request.password {
        Some(password) => Change::Set(hash(context, by, address, password, request_id).await?),
        None if request.without_password => Change::Remove,
        None => Change::Keep,
    };
    let wanted = NewLink {
        access: request.access,
        expires_at_ms: request.expires_at_ms,
        password,
        downloads_left: match wants_limit {
            Some(left) => Change::Set(left),
            None if request.without_limit => Change::Remove,
            None => Change::Keep,
        },
    };
    let changed = context.store.change_link(by.id, file_id, wanted).await;
    let link = changed.map_err(|failed| error::from_store(request_id, failed))?;
    // Whoever is being sent the file may be one of those whom it is not for any more.
    context.hub.lost();
    Ok(link)
}

async fn hash(
    context: &Context,
    by: &Person,
    address: IpAddr,
    password: &Secret,
    request_id: RequestId,
) -> Result<String, ErrorReply> {
    passwords::check_new(password, &by.name)
        .map_err(|weak| error::reply(request_id, ErrorCode::WeakPassword, weak.to_string()))?;
    let hash = context.passwords.hash(password, address).await;
    hash.map_err(|failed| error::from_hash(request_id, failed))
}
