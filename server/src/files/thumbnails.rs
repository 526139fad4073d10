//! Thumbnails of files, each drawn when it is first asked for, by processes that can hurt nobody ([`crate::thumbnail`]).

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use shared::http::ThumbnailBox;
use shared::{ContentHash, FileInfo};
use tokio::io::AsyncReadExt as _;
use tokio::process::Command;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::{Files, ReadError};
use crate::blobs::read_at;
use crate::thumbnail::{COMMAND, INPUT_BYTES_MAX};

/// One that takes its time does not hold up the others.
const PROCESSES_MAX: usize = 2;
/// Thumbnails that are being drawn or wait for that; what is asked for beyond has none.
const QUEUE_MAX: usize = 64;
/// Whoever has waited so long is better served by the image itself.
const PATIENCE: Duration = Duration::from_secs(15);
/// For a process, whatever else the machine does meanwhile.
const DRAWING_MAX: Duration = Duration::from_secs(30);
/// None of these sizes needs more, also where much is transparent.
const THUMBNAIL_BYTES_MAX: u64 = 4 << 20;
/// What could not be drawn is not tried again for so long.
const REFUSED_FOR: Duration = Duration::from_secs(3600);
const REFUSED_MAX: usize = 1_024;

/// A file as it is seen in a box.
pub(crate) struct Thumbnail {
    pub(crate) file: File,
    pub(crate) size_bytes: u64,
    pub(crate) kind: ThumbnailKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ThumbnailKind {
    Jpeg,
    Png,
}

impl ThumbnailKind {
    fn of(first: &[u8]) -> Option<Self> {
        match first {
            [0xff, 0xd8, 0xff, ..] => Some(Self::Jpeg),
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            _ => None,
        }
    }

    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
        }
    }
}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
enum DrawingError {
    #[error("the process did not draw it")]
    Refused,
    #[error("it took too long")]
    TooLong,
    #[error("it is as large as the file")]
    NotSmaller,
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Io(#[from] io::Error),
}

type Key = (ContentHash, ThumbnailBox);
/// Whether it was drawn.
type Drawing = Shared<BoxFuture<'static, bool>>;

/// What is drawn right now, and what was tried in vain.
pub(super) struct Thumbnails {
    program: Option<PathBuf>,
    places: Semaphore,
    tried: Mutex<Tried>,
}

#[derive(Default)]
struct Tried {
    drawing: HashMap<Key, Drawing>,
    refused: VecDeque<(Key, Instant)>,
}

impl Thumbnails {
    pub(super) fn new(program: Option<PathBuf>) -> Self {
        Self {
            program,
            places: Semaphore::new(PROCESSES_MAX),
            tried: Mutex::default(),
        }
    }

    fn tried(&self) -> MutexGuard<'_, Tried> {
        // Every change to both is whole.
        self.tried.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tried {
    /// What was refused last is at the end.
    fn is_refused(&mut self, key: Key, now: Instant) -> bool {
        let is_over = |(_, at): &(Key, Instant)| now.duration_since(*at) >= REFUSED_FOR;
        while self.refused.front().is_some_and(is_over) {
            self.refused.pop_front();
        }
        self.refused.iter().any(|(refused, _)| *refused == key)
    }

    fn refuse(&mut self, key: Key, now: Instant) {
        if self.refused.len() >= REFUSED_MAX {
            self.refused.pop_front();
        }
        self.refused.push_back((key, now));
    }
}

impl Files {
    /// The thumbnail of a file, drawn now where there is none yet; none, where that cannot be, or not soon.
    pub(crate) async fn thumbnail(
        self: &Arc<Self>,
        file: &FileInfo,
        fits: ThumbnailBox,
    ) -> Option<Thumbnail> {
        file.image?;
        let key = (file.content_hash, fits);
        if let Some(found) = self.drawn(key).await {
            return Some(found);
        }
        let drawing = self.drawing(key, file)?;
        match timeout(PATIENCE, drawing).await {
            Ok(true) => self.drawn(key).await,
            Ok(false) | Err(_) => None,
        }
    }

    /// The one that is on the disk.
    async fn drawn(&self, (content, fits): Key) -> Option<Thumbnail> {
        let blobs = self.blobs.clone();
        let open = move || {
            let file = blobs.open_thumbnail(content, fits)?;
            let size_bytes = file.metadata()?.len();
            let first = read_at(&file, 0, 4)?;
            let kind = ThumbnailKind::of(&first).ok_or(io::ErrorKind::InvalidData)?;
            Ok(Thumbnail {
                file,
                size_bytes,
                kind,
            })
        };
        match self.disk.run(open).await {
            Ok(found) => Some(found),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => {
                tracing::warn!(%error, %content, "a thumbnail could not be read");
                None
            }
        }
    }

    /// One drawing for all who ask; it goes on when they have gone.
    fn drawing(self: &Arc<Self>, key: Key, file: &FileInfo) -> Option<Drawing> {
        let program = self.thumbnails.program.clone()?;
        let mut tried = self.thumbnails.tried();
        if let Some(drawing) = tried.drawing.get(&key) {
            return Some(drawing.clone());
        }
        if tried.is_refused(key, Instant::now()) || tried.drawing.len() >= QUEUE_MAX {
            return None;
        }
        let (files, file) = (self.clone(), file.clone());
        let drawing = tokio::spawn(async move {
            let drawn = files.draw(&file, key.1, program).await;
            let mut tried = files.thumbnails.tried();
            tried.drawing.remove(&key);
            if let Err(why) = &drawn {
                let (content, fits) = (key.0, key.1.pixels());
                tracing::info!(%content, fits, %why, "no thumbnail was drawn");
                tried.refuse(key, Instant::now());
            }
            drawn.is_ok()
        });
        let drawing = drawing.map(|drawn| drawn.unwrap_or(false)).boxed().shared();
        tried.drawing.insert(key, drawing.clone());
        Some(drawing)
    }

    async fn draw(
        &self,
        file: &FileInfo,
        fits: ThumbnailBox,
        program: PathBuf,
    ) -> Result<(), DrawingError> {
        if file.size_bytes > INPUT_BYTES_MAX {
            return Err(DrawingError::Refused);
        }
        // It is never closed; without a place there would only be more at once.
        let _place = self.thumbnails.places.acquire().await.ok();
        self.verify(file).await?;
        let (blobs, content) = (self.blobs.clone(), file.content_hash);
        let image = self.disk.run(move || blobs.open_blob(content)).await?;
        let drawn = timeout(DRAWING_MAX, run(program, image, fits)).await;
        let bytes = drawn.map_err(|_| DrawingError::TooLong)??;
        if bytes.len() as u64 >= file.size_bytes {
            return Err(DrawingError::NotSmaller);
        }
        // It must not outlive a content that is removed just now.
        let _named = self.naming.read().await;
        let blobs = self.blobs.clone();
        let keep = move || blobs.keep_thumbnail(content, fits, &bytes);
        Ok(self.disk.run(keep).await?)
    }

    /// Reads all of a file: what is drawn of one that the disk has lost would outlive its repair.
    async fn verify(&self, file: &FileInfo) -> Result<(), DrawingError> {
        let verified = self.open(file).await?;
        let size_bytes = file.size_bytes;
        let read = move || {
            let mut start = 0;
            while start < size_bytes {
                let end = verified.piece_end(start);
                verified.read(start, (end - start) as usize, end == size_bytes)?;
                start = end;
            }
            Ok(())
        };
        Ok(self.disk.run(read).await?)
    }
}

/// Has a process draw, which is killed where nobody waits for it any more.
async fn run(program: PathBuf, image: File, fits: ThumbnailBox) -> Result<Vec<u8>, DrawingError> {
    let mut process = Command::new(program)
        .args([COMMAND, &fits.pixels().to_string()])
        .env_clear()
        .current_dir("/")
        .stdin(image)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let out = process.stdout.take().ok_or(DrawingError::Refused)?;
    let mut bytes = Vec::new();
    let mut out = out.take(THUMBNAIL_BYTES_MAX + 1);
    let is_small = out.read_to_end(&mut bytes).await? as u64 <= THUMBNAIL_BYTES_MAX;
    if is_small && process.wait().await?.success() && ThumbnailKind::of(&bytes).is_some() {
        Ok(bytes)
    } else {
        Err(DrawingError::Refused)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use tempfile::TempDir;

    use super::*;

    /// What comes of a program that is this shell script.
    async fn run_script(script: &str) -> Result<Vec<u8>, DrawingError> {
        let folder = TempDir::new().unwrap();
        let program = folder.path().join("program");
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        let image = File::open(&program).unwrap();
        run(program, image, ThumbnailBox::Small).await
    }

    #[tokio::test]
    async fn whatever_the_process_does_it_is_a_thumbnail_or_none() {
        let drawn = run_script(r"printf '\377\330\377and more'").await;
        assert_eq!(drawn.unwrap(), b"\xff\xd8\xffand more");
        for script in [
            "exit 1",
            "kill -9 $$",
            "printf 'no picture'",
            ":",
            r"printf '\377\330\377'; exit 3",
            r"printf '\377\330\377'; exec cat /dev/zero",
        ] {
            let drawn = run_script(script).await;
            assert!(matches!(drawn, Err(DrawingError::Refused)), "{script}");
        }
        let missing = run(
            "/nowhere".into(),
            File::open("/dev/null").unwrap(),
            ThumbnailBox::Small,
        );
        assert!(matches!(missing.await, Err(DrawingError::Io(_))));
    }

    #[tokio::test]
    async fn a_process_that_nobody_waits_for_is_killed() {
        let folder = TempDir::new().unwrap();
        let told = folder.path().join("process");
        let script = format!("echo $$ > {}; exec sleep 1000", told.display());
        let running = tokio::spawn(async move { run_script(&script).await });
        let process = loop {
            match fs::read_to_string(&told) {
                Ok(text) if text.ends_with('\n') => break text.trim().to_owned(),
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        };
        running.abort();
        let status = format!("/proc/{process}/status");
        let is_alive = || match fs::read_to_string(&status) {
            Ok(status) => !status.contains("State:\tZ"),
            Err(_) => false,
        };
        while is_alive() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    #[test]
    fn what_was_refused_is_tried_again_after_a_while_or_when_there_is_more() {
        let key = |number| (ContentHash::from_bytes([number; 32]), ThumbnailBox::Small);
        let now = Instant::now();
        let mut tried = Tried::default();
        tried.refuse(key(1), now);
        assert!(tried.is_refused(key(1), now + REFUSED_FOR / 2));
        assert!(!tried.is_refused(key(2), now));
        let other = (key(1).0, ThumbnailBox::Large);
        assert!(!tried.is_refused(other, now), "another box may do");
        assert!(!tried.is_refused(key(1), now + REFUSED_FOR));
        for number in 0..=REFUSED_MAX {
            tried.refuse(key((number % 200) as u8 + 2), now);
        }
        assert_eq!(tried.refused.len(), REFUSED_MAX);
    }
}
