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
    // Before hours of uploading rather than after.
    let room_id = if send.no_post {
        None
    } else {
        Some(session.enter(output, &send.room, send.create).await?)
    };
    let uploaded = transfer::upload(&mut session, &files, output).await?;
    for (_, file) in &uploaded {
        print(&session, file, output)?;
    }
    match room_id {
        Some(room_id) => {
            let mut text = send.message.clone().unwrap_or_default();
            let at_once = session.handle.with_view(|view| view.limits.attachments_max);
            for some in uploaded.chunks(at_once.max(1)) {
                let text = std::mem::take(&mut text);
                let attachments = transfer::attachments(some);
                post::send(&mut session, room_id, text, attachments, output).await?;
            }
        }
        None => {
            for (upload_id, _) in uploaded {
                // Only what the profile remembers of it: the file itself stays.
                session
                    .handle
                    .command(Command::CancelUpload { upload_id })?;
            }
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
