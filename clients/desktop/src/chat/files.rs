//! Files on their way in both directions, and how they are shown.
//!
//! - `attachments`, `layout`: the files of a message; `file_card`: one that is no image; `lightbox`: one that is
//! - `uploads`, `upload_card`: files on their way to the server; `parts`: what cards are made of
//! - `previews`, `picture`, `cache`: pictures of files; `pasted`: images that lie in no file; `portrait`: one's own picture
//! - `downloads`: where files go; `choose`, `reveal`, `drop`: the desktop's part in it

mod attachments;
mod cache;
pub(super) mod choose;
mod downloads;
pub(super) mod drop;
mod file_card;
mod layout;
mod lightbox;
mod parts;
mod pasted;
mod picture;
mod portrait;
mod previews;
mod reveal;
mod upload_card;
mod uploads;

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, Sender};

use client::Change;
use client::present::format::sentence;
use eframe::egui::{self, ColorImage, TextureHandle};
use native::Handle;
use shared::{FileId, FileInfo, RoomId, UploadId};

use self::choose::Choice;
use self::drop::DropPlace;
use self::lightbox::Lightbox;
use self::pasted::PastedImages;
use self::picture::PictureError;
use self::portrait::Portrait;
use self::previews::Previews;
use super::Env;
use crate::session::Session;
use crate::settings::Settings;

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
    portrait: Portrait,
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
    /// To be made one's picture.
    Portrait(PathBuf),
    /// It is small and square there.
    PortraitMade(PathBuf),
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
            portrait: Portrait::default(),
            troubles: RefCell::default(),
        }
    }

    pub(super) fn changed(&mut self, changes: &[Change]) {
        while let Ok(news) = self.news.try_recv() {
            self.take(news);
        }
        for change in changes {
            match change {
                Change::Upload(upload_id) => {
                    self.upload_changed(*upload_id);
                    self.portrait_changed(*upload_id);
                }
                Change::Download(download_id) => {
                    self.previews.get_mut().download_changed(*download_id);
                }
                Change::Connection
                | Change::Rooms
                | Change::Timeline(_)
                | Change::Unread(_)
                | Change::Members(_)
                | Change::ReadBy(_)
                | Change::Typing(_)
                | Change::Presence
                | Change::Directory
                | Change::UploadEnded { .. }
                | Change::Elsewhere
                | Change::Arriving(_)
                | Change::RoomJoined { .. }
                | Change::RequestDone { .. }
                | Change::Answered { .. }
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
            News::Portrait(path) => self.make_portrait(path),
            News::PortraitMade(path) => self.portrait_made(&path),
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

    /// Somebody's picture, as far as it is here.
    pub(super) fn face(&self, file_id: FileId) -> Option<TextureHandle> {
        self.previews.borrow_mut().of_face(file_id)
    }

    /// Whether an image lies over everything.
    pub(super) fn is_open(&self) -> bool {
        self.lightbox.borrow().is_some()
    }

    /// What lies over everything: an image that was opened, and where dropped files will go.
    pub(super) fn show_over(&self, ctx: &egui::Context, env: &Env<'_>, place: DropPlace) {
        self.show_lightbox(ctx, env);
        drop::take(ctx, env, place);
        drop::show(ctx, env, place);
    }
}

/// Files on their way from the server.
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
