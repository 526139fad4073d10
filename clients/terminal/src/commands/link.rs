//! `chinwag link`: who may open the link of a file.

use serde_json::json;
use shared::file::{ChangeLink, LinkAccess, LinkInfo};
use shared::http::file_of_link;
use shared::{ClientFrame, RequestId, ServerFrame};

use crate::arguments::requests::Link;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

pub(crate) async fn run(
    session: &mut Session,
    link: &Link,
    output: &mut Output,
) -> Result<(), Failure> {
    let file_id = file_of_link(&link.file)
        .ok_or_else(|| Failure::usage("this is no link to a file, and no id of one"))?;
    let expires = link.expires.map(|ms| session.handle.now().plus_ms(ms));
    let change = ClientFrame::ChangeLink(ChangeLink {
        request_id: RequestId(0),
        file_id,
        link: LinkInfo {
            access: link.access,
            expires_at_ms: expires,
        },
    });
    let ServerFrame::LinkDescribed { file_id, link, .. } = session.ask(output, change).await?
    else {
        return Err(unexpected());
    };
    output.object("link", json!({"file_id": file_id, "link": link}))?;
    output.line(&told(&link))
}

fn told(link: &LinkInfo) -> String {
    let who = match link.access {
        LinkAccess::Anyone => "Whoever has the link may open it",
        LinkAccess::Members => "Whoever is signed in and in a room with the file may open its link",
        LinkAccess::Revoked => return "Nobody may open the link any more.".to_owned(),
        LinkAccess::Unknown => "This version does not know who may open the link",
    };
    match link.expires_at_ms {
        Some(at) => format!("{who}, until {}.", text::when(at)),
        None => format!("{who}."),
    }
}
