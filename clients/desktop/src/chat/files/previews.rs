//! Pictures of files that are on the screen: where they come from, and for how long they are kept.
//!
//! A shared image is looked up in the cache, fetched into it where it is missing, and read beside the thread that
//! draws. Whatever fails is shown as any other file.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Sender;

use client::{Command, DownloadId, DownloadPhase, Ticket};
use eframe::egui::{self, ColorImage, TextureHandle, TextureOptions};
use native::Handle;
use shared::{ContentHash, FileId, FileInfo};

use super::News;
use super::picture::{self, Job, PictureError};
use super::{cache, layout};

/// Larger images are fetched only where a person asks for them.
const UNASKED_MAX_BYTES: u64 = 16 << 20;
/// Images on their way at the same time, so that files that a person asked for get their turn.
const FETCHES_MAX: usize = 3;
/// What was not on the screen for so long is read again when it is, in seconds.
const KEPT_SECONDS: f64 = 20.0;
/// What waits to be fetched is given up as soon as it is out of sight, in seconds.
const WAITS_SECONDS: f64 = 1.0;

/// What a picture is of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A file on the server.
    Shared(ContentHash),
    /// A file on this computer.
    Local(PathBuf),
    /// A person's picture, which never changes under its id.
    Face(FileId),
}

/// How large it is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Scale {
    /// Among other things.
    Small,
    /// Over the whole window.
    Large,
}

type Key = (Subject, Scale);

/// What there is of a picture.
pub(super) enum Shown {
    Ready(TextureHandle),
    /// It comes.
    Coming,
    /// It is large, and nobody asked for it.
    Unasked,
    /// It cannot be shown.
    None,
}

enum State {
    /// Being read.
    Reading,
    /// Waits until others are fetched.
    Wanted(FileId),
    Fetching(DownloadId),
    Ready(TextureHandle),
    Failed,
}

struct Entry {
    state: State,
    /// When it was last on the screen, in seconds.
    seen: f64,
    /// In pixels.
    size_max: (u32, u32),
    /// Of a shared file.
    file_id: Option<FileId>,
}

pub(super) struct Previews {
    ctx: egui::Context,
    handle: Handle,
    folder: PathBuf,
    jobs: Sender<Job>,
    news: Sender<News>,
    entries: HashMap<Key, Entry>,
    /// Large ones that a person asked for.
    asked: HashSet<ContentHash>,
    /// What turned out to be no image, or one that nobody should open.
    broken: HashSet<ContentHash>,
    /// When something was last shown, in seconds.
    now: f64,
}

impl Previews {
    pub(super) fn new(
        ctx: egui::Context,
        handle: Handle,
        folder: PathBuf,
        news: Sender<News>,
    ) -> Self {
        Self {
            ctx,
            handle,
            folder,
            jobs: picture::start(),
            news,
            entries: HashMap::new(),
            asked: HashSet::new(),
            broken: HashSet::new(),
            now: 0.0,
        }
    }

    /// Whether the file is an image that can be shown, as far as that is known.
    pub(super) fn can_show(&self, file: &FileInfo) -> bool {
        layout::is_image(file) && !self.broken.contains(&file.content_hash)
    }

    /// The picture of a shared image, which is on the screen.
    pub(super) fn of_file(&mut self, file: &FileInfo, scale: Scale) -> Shown {
        if !self.can_show(file) {
            return Shown::None;
        }
        let unasked = file.size_bytes > UNASKED_MAX_BYTES;
        if unasked && !self.asked.contains(&file.content_hash) {
            return Shown::Unasked;
        }
        let subject = Subject::Shared(file.content_hash);
        self.show(subject, scale, Some(file.file_id))
    }

    /// The picture of a file on this computer, which is on the screen.
    pub(super) fn of_path(&mut self, path: &Path) -> Shown {
        self.show(Subject::Local(path.to_owned()), Scale::Small, None)
    }

    /// Somebody's picture, who is on the screen; `None` while it is not there, and where it cannot be shown.
    pub(super) fn of_face(&mut self, file_id: FileId) -> Option<TextureHandle> {
        match self.show(Subject::Face(file_id), Scale::Small, Some(file_id)) {
            Shown::Ready(texture) => Some(texture),
            Shown::Coming | Shown::Unasked | Shown::None => None,
        }
    }

    /// A person wants to see it, however large it is.
    pub(super) fn ask(&mut self, file: &FileInfo) {
        self.asked.insert(file.content_hash);
    }

    fn show(&mut self, subject: Subject, scale: Scale, file_id: Option<FileId>) -> Shown {
        self.now = self.ctx.input(|input| input.time);
        let size_max = self.size_max(scale);
        let key = (subject, scale);
        if let Some(entry) = self.entries.get_mut(&key) {
            entry.seen = self.now;
            return match &entry.state {
                State::Ready(texture) => Shown::Ready(texture.clone()),
                State::Reading | State::Wanted(_) | State::Fetching(_) => Shown::Coming,
                State::Failed => Shown::None,
            };
        }
        let path = match &key.0 {
            Subject::Shared(content) => cache::path(&self.folder, *content),
            Subject::Local(path) => path.clone(),
            Subject::Face(file_id) => cache::face_path(&self.folder, *file_id),
        };
        let entry = Entry {
            state: State::Reading,
            seen: self.now,
            size_max,
            file_id,
        };
        self.entries.insert(key.clone(), entry);
        self.read(key, path, size_max);
        Shown::Coming
    }

    fn size_max(&self, scale: Scale) -> (u32, u32) {
        let pixels = self.ctx.pixels_per_point().clamp(1.0, 2.0);
        let side_max = self.ctx.input(|input| input.max_texture_side) as u32;
        let (width, height) = match scale {
            Scale::Small => {
                let (width, height) = layout::IMAGE_MAX;
                (width as f32, height as f32)
            }
            Scale::Large => self.ctx.content_rect().size().into(),
        };
        let side = |points: f32| ((points * pixels) as u32).clamp(1, side_max);
        (side(width), side(height))
    }

    fn read(&self, key: Key, path: PathBuf, size_max: (u32, u32)) {
        let (news, ctx) = (self.news.clone(), self.ctx.clone());
        let done = Box::new(move |read| {
            // Refused only where the chat is over.
            let _ = news.send(News::Read(key, read));
            ctx.request_repaint();
        });
        let job = Job {
            path,
            size_max,
            done,
        };
        // Refused only where there is no thread to read it.
        let _ = self.jobs.send(job);
    }

    /// An image was read, or was not.
    pub(super) fn was_read(&mut self, key: Key, read: Result<ColorImage, PictureError>) {
        let Some(entry) = self.entries.get_mut(&key) else {
            return;
        };
        entry.state = match (read, entry.file_id) {
            (Ok(image), _) => {
                let name = format!("{:?}", key.0);
                let texture = self.ctx.load_texture(name, image, TextureOptions::LINEAR);
                State::Ready(texture)
            }
            (Err(PictureError::Missing), Some(file_id)) => State::Wanted(file_id),
            (Err(_), _) => State::Failed,
        };
        if let (Subject::Shared(content), State::Failed) = (&key.0, &entry.state) {
            self.broken.insert(*content);
        }
        self.fetch();
    }

    /// Fetches what is wanted, where it is its turn.
    fn fetch(&mut self) {
        let fetching = |entry: &Entry| matches!(entry.state, State::Fetching(_));
        let on_their_way: Vec<Subject> = self
            .entries
            .iter()
            .filter(|(_, entry)| fetching(entry))
            .map(|((subject, _), _)| subject.clone())
            .collect();
        let mut places = FETCHES_MAX.saturating_sub(on_their_way.len());
        for ((subject, _), entry) in &mut self.entries {
            let State::Wanted(file_id) = &entry.state else {
                continue;
            };
            let target = match subject {
                Subject::Shared(content) => cache::path(&self.folder, *content),
                Subject::Face(file_id) => cache::face_path(&self.folder, *file_id),
                Subject::Local(_) => continue,
            };
            if on_their_way.contains(subject) {
                continue;
            }
            if places == 0 {
                return;
            }
            let command = Command::Download {
                file_id: *file_id,
                target: target.to_string_lossy().into_owned(),
                keep: false,
            };
            entry.state = match self.handle.command(command) {
                Ok(Ticket::Download(download_id)) => State::Fetching(download_id),
                Ok(Ticket::Done | Ticket::Message(_) | Ticket::Request(_) | Ticket::Upload(_))
                | Err(_) => State::Failed,
            };
            places -= 1;
        }
    }

    /// A download moved or ended.
    pub(super) fn download_changed(&mut self, download_id: DownloadId) {
        let of_it = |(_, entry): &(&Key, &Entry)| matches!(entry.state, State::Fetching(id) if id == download_id);
        let found = self.entries.iter().find(of_it);
        let Some(subject) = found.map(|((subject, _), _)| subject.clone()) else {
            return;
        };
        let phase = self.handle.with_view(|view| {
            let download = view.downloads.get(&download_id);
            download.map(|download| download.phase.clone())
        });
        match phase {
            Some(DownloadPhase::Waiting | DownloadPhase::Receiving | DownloadPhase::Finishing) => {
                return;
            }
            Some(DownloadPhase::Finished { path }) => self.fetched(&subject, Path::new(&path)),
            Some(DownloadPhase::Failed { .. }) | None => {
                for (_, entry) in self.of_subject(&subject) {
                    entry.state = State::Failed;
                }
            }
        }
        // Nobody looks at it any more; it may be forgotten already.
        let _ = self.handle.command(Command::CancelDownload { download_id });
        let folder = self.folder.clone();
        std::thread::spawn(move || cache::trim(&folder));
        self.fetch();
    }

    /// What waits for this subject, in whatever size.
    fn of_subject(&mut self, subject: &Subject) -> impl Iterator<Item = (&Key, &mut Entry)> {
        self.entries.iter_mut().filter(move |((of, _), entry)| {
            of == subject && matches!(entry.state, State::Wanted(_) | State::Fetching(_))
        })
    }

    fn fetched(&mut self, subject: &Subject, path: &Path) {
        let mut reads = Vec::new();
        for (key, entry) in self.of_subject(subject) {
            entry.state = State::Reading;
            reads.push((key.clone(), entry.size_max));
        }
        for (key, size_max) in reads {
            self.read(key, path.to_owned(), size_max);
        }
    }

    /// Forgets what has long been out of sight.
    pub(super) fn forget(&mut self) {
        let now = self.now;
        self.entries.retain(|_, entry| {
            let unseen = now - entry.seen;
            match entry.state {
                State::Ready(_) | State::Failed => unseen < KEPT_SECONDS,
                State::Wanted(_) => unseen < WAITS_SECONDS,
                State::Reading | State::Fetching(_) => true,
            }
        });
    }
}
