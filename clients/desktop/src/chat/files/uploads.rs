//! Files on their way to the server: what begins them, what goes on with them, and how far they are.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use client::present::format::sentence;
use client::present::words;
use client::{Command, Progress, Ticket, Upload, UploadPhase, View};
use eframe::egui::{ColorImage, Rect, Ui, pos2, vec2};
use native::source::{LocalFile, SourceError, place_of};
use shared::{ArrivingFile, RoomId, UploadId};

use super::{Files, News, choose, pasted, upload_card};
use crate::chat::Env;

/// Cards beside each other are at least so wide.
const WIDTH_MIN: f32 = 240.0;
const WIDTH_MAX: f32 = 320.0;
const GAP: f32 = 6.0;

impl Files {
    /// Begins to upload these; what cannot be is told.
    pub(in crate::chat) fn begin(&self, paths: &[PathBuf]) -> Vec<UploadId> {
        let mut begun = Vec::new();
        let mut folders = 0;
        for path in paths {
            match LocalFile::find(path) {
                Ok(file) => begun.extend(self.begin_one(file)),
                Err(SourceError::NotAFile(path)) if path.is_dir() => folders += 1,
                Err(error) => self.trouble(sentence(&error.to_string())),
            }
        }
        if folders > 0 {
            self.trouble(
                "Folders cannot be attached as they are. Pack them into one file first.".to_owned(),
            );
        }
        begun
    }

    pub(super) fn begin_one(&self, file: LocalFile) -> Option<UploadId> {
        let command = Command::BeginUpload {
            name: file.name.clone(),
            size_bytes: file.size_bytes,
            media_type: file.media_type,
            source: file.source.clone(),
        };
        match self.handle.command(command) {
            Ok(Ticket::Upload(upload_id)) => {
                self.pasted.borrow_mut().reads(upload_id, &file.source);
                Some(upload_id)
            }
            Ok(Ticket::Done | Ticket::Message(_) | Ticket::Request(_) | Ticket::Download(_)) => {
                None
            }
            Err(error) => {
                self.trouble(words::attachment_refusal(&file.name, &error));
                None
            }
        }
    }

    /// Keeps an image from the clipboard in the profile until it is uploaded; it comes by [`Self::chosen`].
    pub(in crate::chat) fn keep_image(&self, room_id: RoomId, image: Arc<ColorImage>) {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let folder = self.pasted.borrow().folder().to_owned();
        pasted::write_beside(folder, image, move |written| {
            let news = match written {
                Ok(path) => News::Chosen(room_id, vec![path]),
                Err(error) => News::Trouble(format!(
                    "The image cannot be kept: {error}. Make room on the disk and paste it again."
                )),
            };
            // Refused only where the chat is over.
            let _ = sender.send(news);
            ctx.request_repaint();
        });
    }

    /// Asks for files to attach in this room; they come by [`Self::chosen`].
    pub(in crate::chat) fn choose(&self, room_id: RoomId) {
        let done = self.report(move |paths| News::Chosen(room_id, paths));
        choose::files("Attach files", done);
    }

    /// What was chosen since the last time, and for which room.
    pub(in crate::chat) fn chosen(&mut self) -> Vec<(RoomId, Vec<PathBuf>)> {
        std::mem::take(&mut self.chosen)
    }

    /// Uploads that no message waits for: they were attached when the program ended.
    pub(in crate::chat) fn left_over(&self) -> Vec<UploadId> {
        self.handle.with_view(|view| {
            let uploads = view.uploads.values();
            uploads
                .filter(|upload| upload.posted.is_none() && !view.outbox.uses(upload.upload_id))
                .map(|upload| upload.upload_id)
                .collect()
        })
    }

    /// Asks where the file of an upload is now.
    pub(in crate::chat) fn choose_again(&self, upload_id: UploadId) {
        let done = self.report(move |paths| {
            News::ChosenAgain(upload_id, paths.into_iter().next().unwrap_or_default())
        });
        choose::file("Choose the file again", done);
    }

    /// Goes on with an upload that failed, from the file as it is now.
    pub(in crate::chat) fn upload_again(&self, upload_id: UploadId) {
        let source = self.handle.with_view(|view| {
            let upload = view.uploads.get(&upload_id);
            upload.map(|upload| upload.source.clone())
        });
        if let Some(path) = source.as_deref().and_then(place_of) {
            self.resume_from(upload_id, path);
        }
    }

    pub(super) fn resume_from(&self, upload_id: UploadId, path: &Path) {
        let file = match LocalFile::find(path) {
            Ok(file) => file,
            Err(error) => return self.trouble(sentence(&error.to_string())),
        };
        let size_bytes = self.handle.with_view(|view| {
            let upload = view.uploads.get(&upload_id);
            upload.map(|upload| upload.progress.size_bytes)
        });
        if size_bytes.is_some_and(|size_bytes| size_bytes != file.size_bytes) {
            return self.trouble(format!(
                "{} is not as large as it was. Cancel it, and attach it as it is now.",
                file.name
            ));
        }
        let resume = Command::ResumeUpload {
            upload_id,
            source: file.source,
        };
        if let Err(error) = self.handle.command(resume) {
            self.trouble(words::refusal(&error));
        }
    }

    fn uploads(&self, uploads: &[UploadId]) -> Vec<Upload> {
        self.handle.with_view(|view| {
            let known = uploads.iter().filter_map(|id| view.uploads.get(id));
            known.cloned().collect()
        })
    }

    /// How much room these uploads take at this width, in points.
    pub(in crate::chat) fn uploads_height(&self, uploads: &[UploadId], width: f32) -> f32 {
        height(&self.uploads(uploads), width)
    }

    /// The same of files that a message carries before they are there.
    pub(in crate::chat) fn arriving_height(&self, files: &[ArrivingFile], width: f32) -> f32 {
        let files = self.handle.with_view(|view| arriving(view, files));
        let uploads: Vec<Upload> = files.into_iter().map(|(upload, _)| upload).collect();
        height(&uploads, width)
    }

    /// How far they are, in `rect`. One's own can be cancelled.
    pub(in crate::chat) fn show_arriving(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        files: &[ArrivingFile],
    ) {
        let files = self.handle.with_view(|view| arriving(view, files));
        for upload_id in self.show_upload_cards(ui, env, rect, &files) {
            env.run(Command::CancelUpload { upload_id });
        }
    }

    /// How far each upload is, in `rect`.
    pub(in crate::chat) fn show_uploads(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        uploads: &[UploadId],
    ) {
        let uploads = self.uploads(uploads).into_iter();
        let uploads: Vec<_> = uploads.map(|upload| (upload, false)).collect();
        self.show_upload_cards(ui, env, rect, &uploads);
    }

    /// Likewise, with what takes each away; the ones that are to be cancelled.
    pub(in crate::chat) fn show_cancellable(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        uploads: &[UploadId],
    ) -> Vec<UploadId> {
        let uploads = self.uploads(uploads).into_iter();
        let uploads: Vec<_> = uploads.map(|upload| (upload, true)).collect();
        self.show_upload_cards(ui, env, rect, &uploads)
    }

    /// `uploads` tells which can be cancelled.
    fn show_upload_cards(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        uploads: &[(Upload, bool)],
    ) -> Vec<UploadId> {
        let mut cancelled = Vec::new();
        let heights = uploads
            .iter()
            .map(|(upload, _)| upload_card::height(upload));
        for ((upload, cancellable), place) in uploads.iter().zip(places(heights, rect.width())) {
            let place = place.translate(rect.min.to_vec2());
            let id = ui.scope_id().with(upload.upload_id);
            if self.upload_card(ui, env, place, id, (upload, *cancellable)) {
                cancelled.push(upload.upload_id);
            }
        }
        cancelled
    }
}

/// Files that a message carries before they are there, as uploads, and which of them can be cancelled.
fn arriving(view: &View, files: &[ArrivingFile]) -> Vec<(Upload, bool)> {
    let awaited = files.iter().filter(|file| !file.withdrawn);
    let upload = |file: &ArrivingFile| {
        let own = view.upload_of(file.file_id);
        if let Some(upload) = own.and_then(|upload_id| view.uploads.get(&upload_id)) {
            return (upload.clone(), true);
        }
        let received = view.arriving.get(&file.file_id).copied();
        let upload = Upload {
            // Somebody else's is shown under the name of its file.
            upload_id: own.unwrap_or(UploadId::from_bytes(*file.file_id.as_bytes())),
            name: file.name.to_string(),
            media_type: file.media_type.clone(),
            source: String::new(),
            phase: UploadPhase::Sending,
            trouble: None,
            progress: Progress {
                size_bytes: file.size_bytes,
                done_bytes: received.unwrap_or_default(),
                bytes_per_second: None,
            },
            file_id: Some(file.file_id),
            posted: None,
        };
        (upload, own.is_some())
    };
    awaited.map(upload).collect()
}

fn height(uploads: &[Upload], width: f32) -> f32 {
    let places = places(uploads.iter().map(upload_card::height), width);
    places.last().map_or(0.0, |last| last.bottom())
}

/// Where cards of these heights lie: as many in a row as fit, each row as high as its highest.
fn places(heights: impl Iterator<Item = f32>, width: f32) -> Vec<Rect> {
    let heights: Vec<f32> = heights.collect();
    let columns = ((width + GAP) / (WIDTH_MIN + GAP)).floor().max(1.0);
    let card_width = ((width + GAP) / columns - GAP).min(WIDTH_MAX);
    let mut places = Vec::with_capacity(heights.len());
    let mut top = 0.0;
    for row in heights.chunks(columns as usize) {
        let height = row.iter().copied().fold(0.0, f32::max);
        for column in 0..row.len() {
            let left = column as f32 * (card_width + GAP);
            let min = pos2(left, top);
            places.push(Rect::from_min_size(min, vec2(card_width, height)));
        }
        top += height + GAP;
    }
    places
}
