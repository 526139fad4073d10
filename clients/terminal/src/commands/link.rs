//! `chinwag link`: who may open the link of a file, and how often that was done.

use serde_json::json;
use shared::file::{ChangeLink, LinkAccess, LinkInfo};
use shared::http::file_of_link;
use shared::{ClientFrame, FileId, RequestId, Secret, ServerFrame};

use crate::arguments::requests::Link;
use crate::failure::Failure;
use crate::output::Output;
use crate::secrets::Source;
use crate::session::{Session, unexpected};
use crate::text;

pub(crate) async fn run(
    session: &mut Session,
    link: &Link,
    output: &mut Output,
) -> Result<(), Failure> {
    let file_id = file_of_link(&link.file)
        .ok_or_else(|| Failure::usage("this is no link to a file, and no id of one"))?;
    let read = ClientFrame::ReadLink {
        request_id: RequestId(0),
        file_id,
    };
    let mut info = ask(session, read, output).await?;
    if changes(link) {
        let change = change(session, link, file_id, &info).await?;
        info = ask(session, ClientFrame::ChangeLink(change), output).await?;
    }
    output.object("link", json!({"file_id": file_id, "link": info}))?;
    output.line(&told(&info))
}

async fn ask(
    session: &mut Session,
    request: ClientFrame,
    output: &mut Output,
) -> Result<LinkInfo, Failure> {
    match session.ask(output, request).await? {
        ServerFrame::LinkDescribed { link, .. } => Ok(link),
        _other => Err(unexpected()),
    }
}

/// Whether anything is to be another way.
fn changes(link: &Link) -> bool {
    link.access.is_some()
        || link.expires.is_some()
        || asks_for_password(link)
        || link.no_password
        || link.downloads.is_some()
        || link.no_limit
}

async fn change(
    session: &Session,
    link: &Link,
    file_id: FileId,
    before: &LinkInfo,
) -> Result<ChangeLink, Failure> {
    let end = link.expires.map(|ms| session.handle.now().plus_ms(ms));
    Ok(ChangeLink {
        expires_at_ms: match link.access {
            Some(_) => end,
            None => end.or(before.expires_at_ms),
        },
        password: password(link).await?,
        without_password: link.no_password,
        downloads_left: link.downloads,
        without_limit: link.no_limit,
        ..ChangeLink::new(file_id, link.access.unwrap_or(before.access))
    })
}

fn asks_for_password(link: &Link) -> bool {
    link.password || link.password_file.is_some()
}

async fn password(link: &Link) -> Result<Option<Secret>, Failure> {
    if !asks_for_password(link) {
        return Ok(None);
    }
    let source = Source {
        prompt: "A password for the link".to_owned(),
        option: "--password-file",
        file: link.password_file.as_deref(),
        variable: "CHINWAG_LINK_PASSWORD",
    };
    source.choose().await.map(Some)
}

fn told(link: &LinkInfo) -> String {
    let password = if link.has_password && link.access == LinkAccess::Anyone {
        " and knows its password"
    } else {
        ""
    };
    let who = match link.access {
        LinkAccess::Anyone => format!("Whoever has the link{password} may open it"),
        LinkAccess::Members => {
            "Whoever is signed in and in a room with the file may open its link".to_owned()
        }
        LinkAccess::Revoked => {
            return format!("Nobody may open the link any more.{}", counted(link));
        }
        LinkAccess::Unknown => "This version does not know who may open the link".to_owned(),
    };
    let until = match link.expires_at_ms {
        Some(at) => format!(", until {}", text::when(at)),
        None => String::new(),
    };
    format!("{who}{until}.{}", counted(link))
}

/// How often it was done, and how often more it may be.
fn counted(link: &LinkInfo) -> String {
    let times = |count: u64| match count {
        1 => "1 time".to_owned(),
        count => format!("{count} times"),
    };
    let so_far = match link.downloads {
        0 => " Nobody has downloaded it by its link".to_owned(),
        count => format!(" It was downloaded by its link {}", times(count)),
    };
    match link.downloads_left {
        Some(left) => format!("{so_far}, and may be {} more.", times(left)),
        None => format!("{so_far}."),
    }
}
