//! One's own picture: chosen or dropped, made small and square, sent like any file, and then one's picture.

use std::path::{Path, PathBuf};

use client::present::format::sentence;
use client::{Command, UploadPhase};
use native::source::LocalFile;
use shared::{FileInfo, UploadId};

use super::{Files, News, choose, pasted, picture};

/// Of the square, in pixels: enough for the largest place that shows it, twice as sharp.
const SIDE: u32 = 256;

/// What becomes of a picture that was chosen.
#[derive(Default)]
pub(super) struct Portrait {
    upload: Option<UploadId>,
    sent: Option<FileInfo>,
}

impl Files {
    /// Asks for a picture of oneself; once it is sent, [`Self::portrait_sent`] has it.
    pub(in crate::chat) fn choose_portrait(&self) {
        let done =
            self.report(|paths| News::Portrait(paths.into_iter().next().unwrap_or_default()));
        choose::file("Choose a picture", done);
    }

    /// Makes a picture of oneself of this file, and sends it.
    pub(in crate::chat) fn make_portrait(&self, path: PathBuf) {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let folder = self.pasted.borrow().folder().to_owned();
        std::thread::spawn(move || {
            let news = match make(&path, &folder) {
                Ok(made) => News::PortraitMade(made),
                Err(trouble) => News::Trouble(trouble),
            };
            // Refused only where the chat is over.
            let _ = sender.send(news);
            ctx.request_repaint();
        });
    }

    /// The picture that is on the server since the last time.
    pub(in crate::chat) fn portrait_sent(&mut self) -> Option<FileInfo> {
        self.portrait.sent.take()
    }

    pub(super) fn portrait_made(&mut self, path: &Path) {
        match LocalFile::find(path) {
            Ok(file) => self.portrait.upload = self.begin_one(file),
            Err(error) => self.trouble(sentence(&error.to_string())),
        }
    }

    /// An upload moved or ended.
    pub(super) fn portrait_changed(&mut self, upload_id: UploadId) {
        if self.portrait.upload != Some(upload_id) {
            return;
        }
        let ended = self
            .handle
            .with_view(|view| match &view.uploads.get(&upload_id)?.phase {
                UploadPhase::Finished(file) => Some(Ok(file.clone())),
                UploadPhase::Failed { reason, .. } => Some(Err(sentence(reason))),
                UploadPhase::Waiting
                | UploadPhase::Sending
                | UploadPhase::Finishing
                | UploadPhase::SourceMissing => None,
            });
        let Some(ended) = ended else {
            return;
        };
        self.portrait.upload = None;
        // Nothing waits for it any more, here or on the server.
        let _ = self.handle.command(Command::CancelUpload { upload_id });
        self.pasted.borrow_mut().ended(upload_id);
        match ended {
            Ok(file) => self.portrait.sent = Some(file),
            Err(trouble) => self.trouble(trouble),
        }
    }
}

/// Returns where it lies, or why there is none. Blocks.
fn make(path: &Path, folder: &Path) -> Result<PathBuf, String> {
    let square = picture::square(path, SIDE)
        .map_err(|_| "This is no picture that this window can read.".to_owned())?;
    let written = pasted::write(folder, &square, &jiff::ZonedDateTime::now());
    written.map_err(|error| {
        format!("The picture cannot be kept: {error}. Make room on the disk and choose it again.")
    })
}
