//! Files on their way in both directions, and how they are shown.
//!
//! - `attachments`, `layout`: the files of a message; `file_card`: one that is no image; `lightbox`: one that is
//! - `upload_card`: a file on its way to the server; `parts`: what cards are made of
//! - `previews`, `picture`, `cache`: pictures of files; `pasted`: images that lie in no file
//! - `downloads`: where files go; `choose`, `reveal`, `drop`: the desktop's part in it

mod attachments;
mod cache;
pub(super) mod choose;
mod downloads;
mod drop;
mod file_card;
mod layout;
mod lightbox;
mod parts;
mod pasted;
mod picture;
mod previews;
mod reveal;
mod upload_card;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};

use client::present::format::sentence;
use client::present::words;
use client::{Change, Command, Ticket, Upload};
use eframe::egui::{self, ColorImage, Rect, Ui, vec2};
use native::Handle;
use native::source::{LocalFile, SourceError, place_of};
use shared::{FileInfo, RoomId, UploadId};

use self::choose::Choice;
use self::lightbox::Lightbox;
use self::pasted::PastedImages;
use self::picture::PictureError;
use self::previews::Previews;
use super::Env;
use crate::session::Session;
use crate::settings::Settings;

/// Cards of uploads beside each other are at least so wide.
const UPLOAD_WIDTH_MIN: f32 = 240.0;
const UPLOAD_WIDTH_MAX: f32 = 320.0;
const GAP: f32 = 6.0;

pub(crate) struct Files {
    ctx: egui::Context,
    handle: Handle,
    pasted: RefCell<PastedImages>,
    previews: RefCell<Previews>,
    /// The image that is open.
    lightbox: RefCell<Option<Lightbox>>,
    sender: Sender<News>,
    news: Receiver<News>,
    chosen: Vec<(RoomId, Vec<PathBuf>)>,
    troubles: RefCell<Vec<String>>,
}

/// What happened beside the thread of the window.
enum News {
    /// To be attached to a message in this room.
    Chosen(RoomId, Vec<PathBuf>),
    /// An upload is to go on from this file.
    ChosenAgain(UploadId, PathBuf),
    /// A file is to go into this folder.
    ChosenFolder(Box<FileInfo>, PathBuf),
    Read(
        (previews::Subject, previews::Scale),
        Result<ColorImage, PictureError>,
    ),
    Trouble(String),
}

impl Files {
    pub(super) fn new(ctx: &egui::Context, session: &Session) -> Self {
        let (sender, news) = mpsc::channel();
        let handle = session.handle.clone();
        let mut pasted = PastedImages::new(session.folder.join("pasted"));
        handle.with_view(|view| {
            for upload in view.uploads.values() {
                pasted.reads(upload.upload_id, &upload.source);
            }
        });
        let images = session.cache.join("images");
        let previews = Previews::new(ctx.clone(), handle.clone(), images, sender.clone());
        Self {
            ctx: ctx.clone(),
            handle,
            pasted: RefCell::new(pasted),
            previews: RefCell::new(previews),
            lightbox: RefCell::new(None),
            sender,
            news,
            chosen: Vec::new(),
            troubles: RefCell::default(),
        }
    }

    pub(super) fn changed(&mut self, changes: &[Change]) {
        while let Ok(news) = self.news.try_recv() {
            self.take(news);
        }
        for change in changes {
            match change {
                Change::Upload(upload_id) => self.upload_changed(*upload_id),
                Change::Download(download_id) => {
                    self.previews.get_mut().download_changed(*download_id);
                }
                Change::Connection
                | Change::Rooms
                | Change::Timeline(_)
                | Change::Unread(_)
                | Change::Members(_)
                | Change::Typing(_)
                | Change::Presence
                | Change::Directory
                | Change::RoomJoined { .. }
                | Change::RequestDone { .. }
                | Change::RequestFailed { .. } => {}
            }
        }
        self.previews.get_mut().forget();
    }

    fn take(&mut self, news: News) {
        match news {
            News::Chosen(room_id, paths) => self.chosen.push((room_id, paths)),
            News::ChosenAgain(upload_id, path) => self.resume_from(upload_id, &path),
            News::ChosenFolder(file, folder) => self.save_in(&file, &folder),
            News::Read(key, read) => self.previews.get_mut().was_read(key, read),
            News::Trouble(trouble) => self.trouble(trouble),
        }
    }

    fn upload_changed(&self, upload_id: UploadId) {
        let ended = self.handle.with_view(|view| {
            let upload = view.uploads.get(&upload_id);
            upload.is_none_or(|upload| upload.file().is_some())
        });
        if ended {
            self.pasted.borrow_mut().ended(upload_id);
        }
    }

    fn trouble(&self, trouble: String) {
        self.troubles.borrow_mut().push(trouble);
    }

    /// What went wrong since the last time, to be told.
    pub(super) fn troubles(&self) -> Vec<String> {
        self.troubles.take()
    }

    /// Tells the window's thread how a dialog ended.
    fn report(
        &self,
        news: impl FnOnce(Vec<PathBuf>) -> News + Send + 'static,
    ) -> impl FnOnce(Choice) + Send + 'static {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        move |choice| {
            let news = match choice {
                Choice::Chosen(paths) => news(paths),
                Choice::Dismissed => return,
                Choice::NoDialog => News::Trouble(
                    "This desktop opens no dialog for files. Drop files on the window instead, and choose the folder \
                     for downloads in the settings."
                        .to_owned(),
                ),
            };
            // Refused only where the chat is over.
            let _ = sender.send(news);
            ctx.request_repaint();
        }
    }

    /// Whether an image lies over everything.
    pub(super) fn is_open(&self) -> bool {
        self.lightbox.borrow().is_some()
    }

    /// What lies over everything: an image that was opened, and where dropped files will go.
    pub(super) fn show_over(&self, ctx: &egui::Context, env: &Env<'_>, room_id: RoomId) {
        self.show_lightbox(ctx, env);
        drop::take(ctx, env);
        drop::show(ctx, env, room_id);
    }
}

/// Uploads.
impl Files {
    /// Begins to upload these; what cannot be is told.
    pub(super) fn begin(&self, paths: &[PathBuf]) -> Vec<UploadId> {
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

    fn begin_one(&self, file: LocalFile) -> Option<UploadId> {
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
    pub(super) fn keep_image(&self, room_id: RoomId, image: Arc<ColorImage>) {
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
    pub(super) fn choose(&self, room_id: RoomId) {
        let done = self.report(move |paths| News::Chosen(room_id, paths));
        choose::files("Attach files", done);
    }

    /// What was chosen since the last time, and for which room.
    pub(super) fn chosen(&mut self) -> Vec<(RoomId, Vec<PathBuf>)> {
        std::mem::take(&mut self.chosen)
    }

    /// Uploads that no message waits for: they were attached when the program ended.
    pub(super) fn left_over(&self) -> Vec<UploadId> {
        self.handle.with_view(|view| {
            let uploads = view.uploads.keys().copied();
            uploads
                .filter(|upload_id| !view.outbox.uses(*upload_id))
                .collect()
        })
    }

    /// Asks where the file of an upload is now.
    pub(super) fn choose_again(&self, upload_id: UploadId) {
        let done = self.report(move |paths| {
            News::ChosenAgain(upload_id, paths.into_iter().next().unwrap_or_default())
        });
        choose::file("Choose the file again", done);
    }

    /// Goes on with an upload that failed, from the file as it is now.
    pub(super) fn upload_again(&self, upload_id: UploadId) {
        let source = self.handle.with_view(|view| {
            let upload = view.uploads.get(&upload_id);
            upload.map(|upload| upload.source.clone())
        });
        if let Some(path) = source.as_deref().and_then(place_of) {
            self.resume_from(upload_id, path);
        }
    }

    fn resume_from(&self, upload_id: UploadId, path: &Path) {
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
    pub(super) fn uploads_height(&self, uploads: &[UploadId], width: f32) -> f32 {
        let uploads = self.uploads(uploads);
        places(&uploads, width)
            .last()
            .map_or(0.0, |last| last.bottom())
    }

    /// How far each upload is, in `rect`.
    pub(super) fn show_uploads(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        uploads: &[UploadId],
    ) {
        self.show_upload_cards(ui, env, rect, uploads, false);
    }

    /// Likewise, with what takes each away; the ones that are to be cancelled.
    pub(super) fn show_cancellable(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        uploads: &[UploadId],
    ) -> Vec<UploadId> {
        self.show_upload_cards(ui, env, rect, uploads, true)
    }

    fn show_upload_cards(
        &self,
        ui: &mut Ui,
        env: &Env<'_>,
        rect: Rect,
        uploads: &[UploadId],
        cancellable: bool,
    ) -> Vec<UploadId> {
        let mut cancelled = Vec::new();
        let uploads = self.uploads(uploads);
        for (upload, place) in uploads.iter().zip(places(&uploads, rect.width())) {
            let place = place.translate(rect.min.to_vec2());
            let id = ui.scope_id().with(upload.upload_id);
            if self.upload_card(ui, env, place, id, (upload, cancellable)) {
                cancelled.push(upload.upload_id);
            }
        }
        cancelled
    }
}

/// Where the cards of uploads lie: as many in a row as fit, each row as high as its highest.
fn places(uploads: &[Upload], width: f32) -> Vec<Rect> {
    let columns = ((width + GAP) / (UPLOAD_WIDTH_MIN + GAP)).floor().max(1.0);
    let card_width = ((width + GAP) / columns - GAP).min(UPLOAD_WIDTH_MAX);
    let mut places = Vec::with_capacity(uploads.len());
    let mut top = 0.0;
    for row in uploads.chunks(columns as usize) {
        let height = row.iter().map(upload_card::height).fold(0.0, f32::max);
        for column in 0..row.len() {
            let left = column as f32 * (card_width + GAP);
            let min = egui::pos2(left, top);
            places.push(Rect::from_min_size(min, vec2(card_width, height)));
        }
        top += height + GAP;
    }
    places
}

/// Downloads.
impl Files {
    /// Into the download folder, never over another file.
    pub(super) fn save(&self, file: &FileInfo, settings: &Settings) {
        match downloads::folder(settings) {
            Some(folder) => self.save_in(file, &folder),
            None => {
                self.trouble("There is no folder for downloads. Choose one in the settings.".into())
            }
        }
    }

    fn save_in(&self, file: &FileInfo, folder: &Path) {
        if let Err(trouble) = downloads::save(&self.handle, file, folder) {
            self.trouble(trouble);
        }
    }

    /// Into a folder that is asked for.
    pub(super) fn save_as(&self, file: &FileInfo) {
        let title = format!("Save {} in a folder", file.name.as_str());
        let file = Box::new(file.clone());
        let done = self.report(move |paths| {
            News::ChosenFolder(file, paths.into_iter().next().unwrap_or_default())
        });
        choose::folder(&title, done);
    }

    /// Shows where a file lies.
    pub(super) fn reveal(&self, path: &Path) {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let path = path.to_owned();
        std::thread::spawn(move || {
            if let Err(error) = reveal::reveal(&path) {
                // Refused only where the chat is over.
                let _ = sender.send(News::Trouble(sentence(&error.to_string())));
                ctx.request_repaint();
            }
        });
    }
}
