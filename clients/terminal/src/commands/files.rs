//! `chinwag files`: what was sent in messages.

use shared::listing::{ListFiles, SentFile};
use shared::{ClientFrame, RequestId, ServerFrame};

use crate::arguments::requests::Files;
use crate::commands::who::room_name;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

pub(crate) async fn run(
    session: &mut Session,
    files: Files,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut list = ListFiles {
        request_id: RequestId(0),
        room: files.room,
        query: files.query.join(" "),
        kind: files.kind,
        from: files.from.unwrap_or_default(),
        since_ms: files.since,
        until_ms: files.until,
        before: None,
    };
    let mut left = files.limit;
    while left > 0 {
        let ask = ClientFrame::ListFiles(Box::new(list.clone()));
        let ServerFrame::FilesListed { files, next, .. } = session.ask(output, ask).await? else {
            return Err(unexpected());
        };
        for sent in files.iter().take(left) {
            print(session, sent, output)?;
        }
        left = left.saturating_sub(files.len());
        match next {
            Some(next) => list.before = Some(next),
            None => break,
        }
    }
    Ok(())
}

fn print(session: &Session, sent: &SentFile, output: &mut Output) -> Result<(), Failure> {
    #[derive(serde::Serialize)]
    struct Object<'a> {
        url: &'a str,
        room: &'a str,
        #[serde(flatten)]
        sent: &'a SentFile,
    }
    let room = room_name(session, sent.room_id);
    let url = session.address_of(&sent.file.link);
    output.object(
        "file",
        Object {
            url: &url,
            room: &room,
            sent,
        },
    )?;
    let at = text::when(sent.sent_at_ms);
    let size = text::size(sent.file.size_bytes);
    let who = text::line(&sent.person.name);
    let (room, name) = (text::line(&room), text::line(sent.file.name.as_str()));
    output.line(&format!(
        "{at}  {size:>9}  {who} in {room}: {name}  {}",
        text::line(&url)
    ))
}
