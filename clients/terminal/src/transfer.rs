//! Uploads as commands need them, and the progress of transfers that take long.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::time::{Duration, Instant};

use client::{Change, Command, PendingAttachment, Ticket, Upload, UploadPhase};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use native::source::LocalFile;
use shared::{FileInfo, RoomId, UploadId};

use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;
use crate::text;

/// Looks at the files before anything is sent. One that is named twice is one.
pub(crate) fn find(paths: &[impl AsRef<Path>]) -> Result<Vec<LocalFile>, Failure> {
    let mut files: Vec<LocalFile> = Vec::new();
    for path in paths {
        let file =
            LocalFile::find(path.as_ref()).map_err(|error| Failure::failed(error.to_string()))?;
        if !files.contains(&file) {
            files.push(file);
        }
    }
    Ok(files)
}

/// By which an upload of before is found again.
pub(crate) fn sources(files: &[LocalFile]) -> Vec<String> {
    files.iter().map(|file| file.source.clone()).collect()
}

/// What a message takes.
pub(crate) fn attachments(uploads: &[UploadId]) -> Vec<PendingAttachment> {
    let attachment = |upload_id: &UploadId| PendingAttachment::Upload {
        upload_id: *upload_id,
    };
    uploads.iter().map(attachment).collect()
}

/// Begins to upload all of them, going on with what was begun before.
pub(crate) fn begin(
    session: &Session,
    files: &[LocalFile],
    output: &mut Output,
) -> Result<Vec<UploadId>, Failure> {
    let begun = files.iter().map(|file| begin_one(session, file, output));
    begun.collect()
}

/// Those that no message in this room carries already.
pub(crate) fn unposted(
    session: &Session,
    room_id: RoomId,
    upload_ids: &[UploadId],
) -> Vec<UploadId> {
    session.handle.with_view(|view| {
        let is_posted = |id: &UploadId| {
            let upload = view.uploads.get(id);
            upload.is_some_and(|upload| upload.posted == Some(room_id))
        };
        let unposted = upload_ids.iter().filter(|id| !is_posted(id));
        unposted.copied().collect()
    })
}

/// Where one upload is.
enum Standing {
    Finished(FileInfo),
    Moving(Upload),
    /// It has left the view, and how it ended is about to be told.
    Ended,
}

fn standing(session: &Session, upload_id: UploadId) -> Result<Standing, Failure> {
    match session.ended.get(&upload_id) {
        Some(Some(file)) => return Ok(Standing::Finished((**file).clone())),
        Some(None) => return Err(Failure::failed("the upload was cancelled")),
        None => {}
    }
    let upload = session
        .handle
        .with_view(|view| view.uploads.get(&upload_id).cloned());
    let Some(upload) = upload else {
        return Ok(Standing::Ended);
    };
    match upload.phase {
        UploadPhase::Finished(file) => Ok(Standing::Finished(file)),
        UploadPhase::Failed { code, reason } => {
            let name = &upload.name;
            Err(Failure::by_code(
                code,
                format!("{name} was not sent: {reason}"),
            ))
        }
        UploadPhase::Waiting
        | UploadPhase::Sending
        | UploadPhase::Finishing
        | UploadPhase::SourceMissing => Ok(Standing::Moving(upload)),
    }
}

/// Waits until all of them are finished.
pub(crate) async fn finish(
    session: &mut Session,
    upload_ids: &[UploadId],
    output: &mut Output,
) -> Result<Vec<FileInfo>, Failure> {
    let mut bars = Bars::new(output);
    let mut done_before = 0;
    session.wait(!upload_ids.is_empty());
    loop {
        let mut finished = Vec::with_capacity(upload_ids.len());
        let mut done = 0;
        for upload_id in upload_ids {
            let shown_as = upload_id.to_string();
            match standing(session, *upload_id)? {
                Standing::Finished(file) => {
                    done += file.size_bytes;
                    bars.end(&shown_as);
                    finished.push(file);
                }
                Standing::Moving(Upload { name, progress, .. }) => {
                    done += progress.done_bytes;
                    bars.show(&shown_as, &name, progress.done_bytes, progress.size_bytes);
                }
                Standing::Ended => {}
            }
        }
        if finished.len() == upload_ids.len() {
            return Ok(finished);
        }
        if done > done_before {
            session.moved();
        }
        done_before = done;
        tokio::select! {
            changes = session.changed(output) => {
                let changes = changes.map_err(|failure| with_trouble(session, failure))?;
                // The server puts a large file together in its own time.
                if changes.iter().any(|change| matches!(change, Change::Upload(_))) {
                    session.moved();
                }
            }
            () = tokio::time::sleep(Bars::AFTER), if bars.are_due() => {}
        }
    }
}

/// Begins an upload, or goes on with the one that another run of the program began.
fn begin_one(
    session: &Session,
    file: &LocalFile,
    output: &mut Output,
) -> Result<UploadId, Failure> {
    let known = session.handle.with_view(|view| {
        let mut uploads = view.uploads.values();
        let known = uploads.find(|upload| upload.source == file.source);
        known.map(|upload: &Upload| upload.upload_id)
    });
    if let Some(upload_id) = known {
        output.note(&format!("going on with {}", file.name));
        return Ok(upload_id);
    }
    let command = Command::BeginUpload {
        name: file.name.clone(),
        size_bytes: file.size_bytes,
        media_type: file.media_type.clone(),
        source: file.source.clone(),
    };
    match session.handle.command(command)? {
        Ticket::Upload(upload_id) => Ok(upload_id),
        Ticket::Done | Ticket::Message(_) | Ticket::Request(_) | Ticket::Download(_) => {
            Err(Failure::failed("the file was not taken"))
        }
    }
}

/// Adds what the server said about why nothing moves.
pub(crate) fn with_trouble(session: &Session, failure: Failure) -> Failure {
    let trouble = session.handle.with_view(|view| {
        let mut uploads = view.uploads.values();
        uploads.find_map(|upload| upload.trouble.clone())
    });
    match trouble {
        Some(trouble) => Failure {
            message: format!("{} ({trouble})", failure.message),
            ..failure
        },
        None => failure,
    }
}

/// Progress bars on standard error, where somebody watches and it takes long.
pub(crate) struct Bars {
    begun: Instant,
    all: Option<MultiProgress>,
    bars: BTreeMap<String, ProgressBar>,
}

impl Bars {
    /// Shorter transfers show no bar.
    pub(crate) const AFTER: Duration = Duration::from_millis(700);

    pub(crate) fn new(output: &Output) -> Self {
        let watched = io::stderr().is_terminal() && !output.is_quiet();
        Self {
            begun: Instant::now(),
            all: watched.then(MultiProgress::new),
            bars: BTreeMap::new(),
        }
    }

    /// Whether bars are about to appear without anything having changed.
    pub(crate) fn are_due(&self) -> bool {
        self.all.is_some() && self.bars.is_empty()
    }

    /// Moves the bar that is known by `key`.
    pub(crate) fn show(&mut self, key: &str, name: &str, done_bytes: u64, size_bytes: u64) {
        let Some(all) = self.all.as_ref() else { return };
        if self.begun.elapsed() < Self::AFTER {
            return;
        }
        let bar = self.bars.entry(key.to_owned()).or_insert_with(|| {
            let style = ProgressStyle::with_template(
                "{msg:30!} {wide_bar} {bytes:>11} of {total_bytes:<11} {binary_bytes_per_sec:>12} {eta:>4}",
            );
            // Drawn only once it has its place among the others.
            let bar = all.add(ProgressBar::new(size_bytes).with_position(done_bytes));
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(text::line(name).into_owned());
            bar.reset_eta();
            bar
        });
        bar.set_length(size_bytes);
        bar.set_position(done_bytes);
    }

    /// Takes it off the screen.
    pub(crate) fn end(&mut self, key: &str) {
        if let Some(bar) = self.bars.remove(key) {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        if let Some(all) = &self.all {
            // A bar that stays on the screen does no harm.
            let _ = all.clear();
        }
    }
}
