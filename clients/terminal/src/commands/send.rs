//! `chinwag send`.

use client::Command;
use shared::FileInfo;

use crate::arguments::{Global, Send};
use crate::commands::post;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Keeping, Session};
use crate::text;
use crate::transfer;

pub(crate) async fn run(global: &Global, send: &Send, output: &mut Output) -> Result<(), Failure> {
    let files = transfer::find(&send.files)?;
    let keeping = Keeping::Passing(transfer::sources(&files));
    let mut session = Session::open(global, keeping, output).await?;
    let room_id = if send.no_post {
        None
    } else {
        Some(session.enter(output, &send.room, send.create).await?)
    };
    let mut accepted = Vec::new();
    let upload_ids = transfer::begin(&session, &files, output)?;
    if let Some(room_id) = room_id {
        // What an earlier run has posted and not finished is only finished.
        let unposted = transfer::unposted(&session, room_id, &upload_ids);
        let mut text = send.message.clone().unwrap_or_default();
        let at_once = session.handle.with_view(|view| view.limits.attachments_max);
        for some in unposted.chunks(at_once.max(1)) {
            let text = std::mem::take(&mut text);
            let attachments = transfer::attachments(some);
            accepted.push(post::send(&mut session, room_id, text, attachments, output).await?);
        }
    }
    for file in transfer::finish(&mut session, &upload_ids, output).await? {
        print(&session, &file, output)?;
    }
    for message in accepted {
        message.tell(&session, output)?;
    }
    if room_id.is_none() {
        for upload_id in upload_ids {
            // Only what the profile remembers of it: the file itself stays.
            session
                .handle
                .command(Command::CancelUpload { upload_id })?;
        }
    }
    session.close().await
}

fn print(session: &Session, file: &FileInfo, output: &mut Output) -> Result<(), Failure> {
    #[derive(serde::Serialize)]
    struct Object<'a> {
        url: &'a str,
        #[serde(flatten)]
        file: &'a FileInfo,
    }
    let url = session.address_of(&file.link);
    output.object("file", Object { url: &url, file })?;
    output.line(&text::line(&url))
}
