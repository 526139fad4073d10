//! `chinwag send` and `chinwag sync`.

use std::fs::{self, File};
use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use client::Command;
use native::folder::FolderFiles;
use native::source::LocalFile;
use shared::{FileInfo, RoomId};

use crate::arguments::{Global, Send, Sync};
use crate::commands::post;
use crate::failure::Failure;
use crate::output::Output;
use crate::profile;
use crate::session::{Keeping, Session};
use crate::text;
use crate::transfer;

/// What stands for standard input among files.
const PIPE: &str = "-";

/// Files that go together, and what is said of them.
#[derive(Debug, Default)]
struct Batch {
    text: String,
    files: Vec<LocalFile>,
}

pub(crate) async fn run(global: &Global, send: &Send, output: &mut Output) -> Result<(), Failure> {
    let message = send.message.clone().unwrap_or_default();
    let (pipes, paths): (Vec<_>, Vec<_>) =
        send.files.iter().partition(|path| path.as_os_str() == PIPE);
    if pipes.len() > 1 {
        return Err(Failure::usage("standard input can be sent once"));
    }
    let mut batches = find(&paths, message, output)?;
    let piped = match pipes.is_empty() {
        true => None,
        false => Some(Piped::read(global, &send.called).await?),
    };
    if let Some(piped) = &piped {
        batches[0].files.push(piped.file.clone());
    }
    let mut session = open(global, &batches, output).await?;
    // Before hours of uploading rather than after.
    let room_id = if send.no_post {
        None
    } else {
        Some(session.enter(output, &send.room, send.create).await?)
    };
    for batch in batches {
        deliver(&mut session, room_id, batch, output).await?;
    }
    session.close().await
}

pub(crate) async fn sync(global: &Global, sync: &Sync, output: &mut Output) -> Result<(), Failure> {
    let batches = in_folder(&sync.folder, output)?;
    let mut session = open(global, &batches, output).await?;
    let room_id = session.enter(output, &sync.room, sync.create).await?;
    let mut synced = profile::open(global)?.synced(&sync.folder, room_id)?;
    let at_once = attachments_max(&session);
    let mut sent = 0;
    for Batch { text, files } in batches {
        let new: Vec<LocalFile> = files
            .into_iter()
            .filter(|file| !synced.has(&file.source))
            .collect();
        // Little by little, so that little is sent again after an interruption.
        for some in new.chunks(at_once) {
            let batch = Batch {
                text: text.clone(),
                files: some.to_vec(),
            };
            deliver(&mut session, Some(room_id), batch, output).await?;
            synced.add(some.iter().map(|file| file.source.as_str()))?;
            sent += some.len();
        }
    }
    if sent == 0 {
        output.note("nothing is new");
    }
    session.close().await
}

async fn open(global: &Global, batches: &[Batch], output: &mut Output) -> Result<Session, Failure> {
    let files = batches.iter().flat_map(|batch| &batch.files);
    let sources = files.map(|file| file.source.clone()).collect();
    Session::open(global, Keeping::Passing(sources), output).await
}

/// Looks at all of them before anything is sent. What is named without its folder goes first, with the message.
fn find(paths: &[&PathBuf], message: String, output: &mut Output) -> Result<Vec<Batch>, Failure> {
    let (folders, files): (Vec<&PathBuf>, Vec<&PathBuf>) =
        paths.iter().partition(|path| path.is_dir());
    let mut batches = vec![Batch {
        text: message,
        files: transfer::find(&files)?,
    }];
    for folder in folders {
        batches.extend(in_folder(folder, output)?);
    }
    Ok(batches)
}

/// A batch for each folder in and below this one, which says where its files lay.
fn in_folder(folder: &Path, output: &mut Output) -> Result<Vec<Batch>, Failure> {
    let failed = |error: &dyn std::fmt::Display| Failure::failed(error.to_string());
    let found = FolderFiles::find(folder).map_err(|error| failed(&error))?;
    if found.left_out > 0 {
        let count = found.left_out;
        output.note(&format!(
            "{count} links and other things that are no files are left out"
        ));
    }
    let whole = folder.canonicalize().map_err(|error| failed(&error))?;
    let top = whole.file_name().unwrap_or_default().to_string_lossy();
    let mut batches: Vec<Batch> = Vec::new();
    for one in found.files {
        let text = format!("{top}/{}", one.within);
        match batches.last_mut().filter(|batch| batch.text == text) {
            Some(batch) => batch.files.push(one.file),
            None => batches.push(Batch {
                text,
                files: vec![one.file],
            }),
        }
    }
    Ok(batches)
}

fn attachments_max(session: &Session) -> usize {
    let max = session.handle.with_view(|view| view.limits.attachments_max);
    max.max(1)
}

/// Posts the files in as few messages as can be, uploads them, and prints where they are.
async fn deliver(
    session: &mut Session,
    room_id: Option<RoomId>,
    batch: Batch,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut text = batch.text;
    for files in batch.files.chunks(attachments_max(session)) {
        let upload_ids = transfer::begin(session, files, output)?;
        let mut accepted = None;
        if let Some(room_id) = room_id {
            // What an earlier run has posted and not finished is only finished.
            let unposted = transfer::unposted(session, room_id, &upload_ids);
            if !unposted.is_empty() {
                let text = std::mem::take(&mut text);
                let attachments = transfer::attachments(&unposted);
                accepted = Some(post::send(session, room_id, text, attachments, output).await?);
            }
        }
        for file in transfer::finish(session, &upload_ids, output).await? {
            print(session, &file, output)?;
        }
        if let Some(message) = accepted {
            message.tell(session, output)?;
        }
        if room_id.is_none() {
            for upload_id in upload_ids {
                // Only what the profile remembers of it: the file itself stays.
                session
                    .handle
                    .command(Command::CancelUpload { upload_id })?;
            }
        }
    }
    Ok(())
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

/// What came from standard input, kept on the disk while it is sent: the server wants to know first how much it is.
struct Piped {
    path: PathBuf,
    file: LocalFile,
}

impl Piped {
    async fn read(global: &Global, name: &str) -> Result<Self, Failure> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            return Err(Failure::usage(
                "there is nothing on standard input; pipe something into it",
            ));
        }
        let number = u64::from_le_bytes(native::random());
        let path = profile::open(global)?
            .folder()
            .join(format!("piped-{number:016x}"));
        let copy = {
            let path = path.clone();
            move || io::copy(&mut stdin.lock(), &mut File::create_new(&path)?)
        };
        let copied = tokio::task::spawn_blocking(copy).await;
        let copied = copied.map_err(io::Error::other).flatten();
        let file = copied
            .map_err(|error| error.to_string())
            .and_then(|_| LocalFile::find(&path).map_err(|error| error.to_string()));
        match file {
            Ok(file) => Ok(Self {
                path,
                file: file.called(name),
            }),
            Err(error) => {
                // Nobody else knows of it.
                let _ = fs::remove_file(&path);
                let why = format!("standard input cannot be kept: {error}");
                Err(Failure::failed(why))
            }
        }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        // What stays lies in the profile, where its owner can remove it.
        let _ = fs::remove_file(&self.path);
    }
}
