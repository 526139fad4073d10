//! Reads every content again and again, slowly, so that what the disk loses is found before somebody needs it, and while
//! a backup may still have it.

use std::collections::VecDeque;
use std::sync::Weak;
use std::time::Duration;

use shared::{ChunkLayout, ContentHash};
use tokio::time::sleep;

use super::upload::hash_at;
use super::verified::{is_damage, present};
use super::{Files, UploadError, layout};
use crate::blobs::forget_cached;
use crate::store::{ScrubPlace, StoreError};

/// A content is read again this long after it was found to be whole.
const INTERVAL_MS: u64 = 30 * 24 * 3600 * 1000;
/// What is read of the disk, at most.
const BYTES_PER_SECOND: u64 = 8 << 20;
/// Between two contents, however small they are.
const PAUSE: Duration = Duration::from_millis(20);
/// When there was nothing to read, it is looked for again after this time.
const IDLE: Duration = Duration::from_secs(600);
/// The server has other things to do when it starts.
const START: Duration = Duration::from_secs(60);
/// Contents that are looked up, and noted, at once.
const BATCH: u32 = 100;
/// How far the present content is, is noted each time so much was read: a restart repeats no more than that.
const NOTED_BYTES: u64 = 64 << 20;

/// Scrubs until the files are gone.
pub(crate) async fn scrub_regularly(files: Weak<Files>) {
    sleep(START).await;
    let mut scrub = Scrub::default();
    loop {
        let Some(files) = files.upgrade() else { return };
        let pause = match scrub.step(&files).await {
            Ok(Some(bytes)) => PAUSE.max(Duration::from_millis(bytes * 1000 / BYTES_PER_SECOND)),
            Ok(None) => IDLE,
            Err(error) => {
                tracing::warn!(%error, "the files could not be looked through; it goes on later");
                scrub = Scrub::default();
                IDLE
            }
        };
        drop(files);
        sleep(pause).await;
    }
}

/// Where it is.
#[derive(Default)]
pub(super) struct Scrub {
    /// To be read, the next one first.
    batch: VecDeque<(ContentHash, u64)>,
    /// Where one of them was begun before a restart.
    place: Option<ScrubPlace>,
    current: Option<Current>,
    /// Read to their end, whether they are whole, and not noted yet.
    read: Vec<(ContentHash, bool)>,
    unnoted_bytes: u64,
}

struct Current {
    content: ContentHash,
    layout: ChunkLayout,
    next: u32,
    is_whole: bool,
}

impl Scrub {
    /// Reads the next chunk, or finds the next content. Bytes that were read; `None` where all was read of late.
    pub(super) async fn step(&mut self, files: &Files) -> Result<Option<u64>, UploadError> {
        let Some(mut current) = self.current.take() else {
            return self.begin_next(files).await;
        };
        let Some(range) = current.layout.range(current.next) else {
            self.read.push((current.content, current.is_whole));
            if self.batch.is_empty() || self.unnoted_bytes >= NOTED_BYTES {
                self.note(files, None).await?;
            }
            return Ok(Some(0));
        };
        current.is_whole &= files.scrub_chunk(&current).await?;
        current.next += 1;
        let bytes = range.end - range.start;
        self.unnoted_bytes += bytes;
        if self.unnoted_bytes >= NOTED_BYTES && current.is_whole {
            let place = ScrubPlace {
                content: current.content,
                next: current.next,
            };
            self.note(files, Some(place)).await?;
        }
        self.current = Some(current);
        Ok(Some(bytes))
    }

    async fn begin_next(&mut self, files: &Files) -> Result<Option<u64>, UploadError> {
        if self.batch.is_empty() {
            if !self.read.is_empty() {
                self.note(files, None).await?;
            }
            let before = crate::now_ms().0.saturating_sub(INTERVAL_MS);
            let found = files.store.contents_to_scrub(before, BATCH).await?;
            (self.batch, self.place) = (found.contents.into(), found.place);
        }
        let Some((content, size_bytes)) = self.batch.pop_front() else {
            return Ok(None);
        };
        let begun = self.place.take_if(|place| place.content == content);
        self.current = Some(Current {
            content,
            layout: layout(size_bytes),
            next: begun.map_or(0, |place| place.next),
            is_whole: true,
        });
        Ok(Some(0))
    }

    async fn note(&mut self, files: &Files, place: Option<ScrubPlace>) -> Result<(), StoreError> {
        self.unnoted_bytes = 0;
        let read = std::mem::take(&mut self.read);
        files.store.note_scrub(read, place, crate::now_ms()).await
    }
}

impl Files {
    /// Whether the chunk is what was stored; where it is not, that is told.
    async fn scrub_chunk(&self, current: &Current) -> Result<bool, UploadError> {
        let (content, layout, index) = (current.content, current.layout, current.next);
        let Some(expected) = self.store.chunk_hash(content, index).await? else {
            // Nobody has the content any more.
            return Ok(true);
        };
        let (blobs, damages) = (self.blobs.clone(), self.damages.clone());
        let look = move || {
            let range = layout.range(index).unwrap_or_default();
            let bytes = range.end - range.start;
            let found = present(blobs.open_blob(content)).and_then(|file| {
                // The disk is to be asked, not the memory; and what others read is to stay there.
                forget_cached(&file, range.start, bytes);
                let hash = hash_at(&file, layout, index);
                forget_cached(&file, range.start, bytes);
                hash
            });
            damages.scrubbed(bytes);
            let is_whole = match found {
                Ok(hash) => hash == Some(expected),
                Err(error) if is_damage(&error) => false,
                Err(error) => return Err(error),
            };
            if !is_whole {
                damages.found(content, index);
            }
            Ok(is_whole)
        };
        Ok(self.disk.run(look).await?)
    }
}
