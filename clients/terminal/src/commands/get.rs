//! `chinwag get`: over the native connection, or, where a whole address is given, over HTTP and without an account.

mod http;
mod tls;

use std::path::PathBuf;

use client::{Change, Command, DownloadPhase, Ticket};
use serde_json::json;
use shared::http::file_of_link;
use shared::{FileId, FileInfo};

use crate::arguments::{Get, Global};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Keeping, Session};
use crate::text;
use crate::transfer::Bars;

pub(crate) async fn run(global: &Global, get: Get, output: &mut Output) -> Result<(), Failure> {
    let unknown = || {
        Failure::usage(
            "this is no link to a file; give https://HOST/files/ID/NAME, /files/ID/NAME or the ID",
        )
    };
    let file_id = file_of_link(&get.link).ok_or_else(unknown)?;
    let is_whole = ["http://", "https://"]
        .iter()
        .any(|scheme| get.link.starts_with(scheme));
    let (path, file) = if is_whole {
        http::fetch(global, &get.link, file_id, get.output, output).await?
    } else {
        fetch(global, file_id, get.output, output).await?
    };
    let path = path.to_string_lossy();
    output.object(
        "downloaded",
        json!({
            "path": path, "file_id": file.file_id, "name": file.name,
            "size_bytes": file.size_bytes, "content_hash": file.content_hash,
        }),
    )?;
    output.line(&text::line(&path))
}

async fn fetch(
    global: &Global,
    file_id: FileId,
    target: PathBuf,
    output: &mut Output,
) -> Result<(PathBuf, FileInfo), Failure> {
    let target = target.into_os_string().into_string();
    let target = target.map_err(|_| Failure::usage("the path of -o must be Unicode"))?;
    let mut session = Session::open(global, Keeping::Passing(Vec::new()), output).await?;
    let command = Command::Download {
        file_id,
        target,
        // This process ends with it, either way.
        keep: false,
    };
    let Ticket::Download(download_id) = session.handle.command(command)? else {
        return Err(Failure::failed("the download was not taken"));
    };
    let mut bars = Bars::new(output);
    session.wait(true);
    session.moved();
    loop {
        let download = session
            .handle
            .with_view(|view| view.downloads.get(&download_id).cloned());
        let download = download.ok_or_else(|| Failure::failed("the download was cancelled"))?;
        match download.phase {
            DownloadPhase::Finished { path } => {
                bars.end("");
                session.close().await?;
                let file = download.file;
                let file = file.ok_or_else(|| Failure::failed("the server named no file"))?;
                return Ok((path.into(), file));
            }
            DownloadPhase::Failed { code, reason } => return Err(Failure::by_code(code, reason)),
            DownloadPhase::Waiting | DownloadPhase::Receiving | DownloadPhase::Finishing => {}
        }
        if let Some(file) = download.file {
            let progress = download.progress;
            let name = file.name.as_str();
            bars.show("", name, progress.done_bytes, progress.size_bytes);
        }
        tokio::select! {
            changes = session.changed(output) => {
                if changes?.contains(&Change::Download(download_id)) {
                    session.moved();
                }
            }
            () = tokio::time::sleep(Bars::AFTER), if bars.are_due() => {}
        }
    }
}
