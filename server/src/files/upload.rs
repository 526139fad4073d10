//! An upload that is being added to. Of its chunks it knows those whose row is committed, and who is writing which.
//!
//! A row is committed right after its bytes were written and before they are flushed: waiting for a flush with each
//! chunk would halve the speed, and the flush at the end would still be there. So a row proves nothing after a power
//! cut. Rows whose bytes were not flushed when the server ended are verified by their hash when the upload is loaded;
//! as flushes follow every [`FLUSH_BYTES`], that is little to read.

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::content::ChunkHasher;
use shared::file::ChunkRanges;
use shared::{ChunkHash, ChunkLayout, ContentHash, FileId, UploadId};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::news::Told;
use super::{UploadError, layout};
use crate::blobs::{Blobs, Disk, read_at};
use crate::store::{NewUpload, Store, StoreError, StoredChunk, StoredUpload};

/// Written bytes after which the next flush is due.
const FLUSH_BYTES: u64 = 64 << 20;
/// A chunk is read again in pieces of this size.
const READ_BYTES: u64 = 1 << 20;

pub(super) struct Upload {
    pub(super) begun: NewUpload,
    /// Of the file that it is or will be.
    pub(super) file_id: FileId,
    pub(super) layout: ChunkLayout,
    /// Held while the upload is finished or forgotten.
    pub(super) finishing: tokio::sync::Mutex<()>,
    /// Rung whenever a chunk has come, and at the end.
    pub(super) moved: Notify,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Chunks whose row is committed.
    recorded: BTreeMap<u32, ChunkHash>,
    /// Chunks that somebody is writing, and by how many.
    writing: HashMap<u32, (Arc<Slot>, usize)>,
    /// Recorded, but not flushed.
    unflushed: Vec<u32>,
    flushing: bool,
    /// Chunks that were there, and were taken back.
    withdrawals: u64,
    phase: Phase,
    told: Told,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Phase {
    #[default]
    Open,
    /// Becoming a file, or one already: no chunk changes any more.
    Whole,
    /// Cancelled or expired.
    Ended,
}

/// A chunk's place in the part, for everyone who writes it at the same time.
#[derive(Default)]
pub(super) struct Slot {
    /// More than one has written, so that what lies there need not be what any of them verified.
    pub(super) contended: AtomicBool,
    /// The hash of what lies there; once it is set nothing is written any more. Held during each write.
    pub(super) sealed: Mutex<Option<ChunkHash>>,
    /// Held from the end of a chunk to its row's commit, so that two ends take turns.
    pub(super) ending: tokio::sync::Mutex<()>,
}

impl Slot {
    pub(super) fn sealed(&self) -> MutexGuard<'_, Option<ChunkHash>> {
        self.sealed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether a chunk can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It is verified and lies in the part.
    There,
    Awaited,
    /// It will not come: the upload was given up.
    Never,
}

/// What an unfinished upload lacks, or the hashes of its chunks.
pub(super) enum Completion {
    Missing(u32),
    Hashes(Vec<ChunkHash>),
}

impl Upload {
    pub(super) fn present(&self) -> ChunkRanges {
        self.state().recorded.keys().copied().collect()
    }

    /// Bytes of the chunks that are there.
    pub(super) fn received_bytes(&self) -> u64 {
        let state = self.state();
        let last = self.layout.count().checked_sub(1);
        let with_last = last.is_some_and(|last| state.recorded.contains_key(&last));
        self.layout.bytes_of(state.recorded.len() as u32, with_last)
    }

    /// Whether it is time to tell how far it has come.
    pub(super) fn is_to_be_told(&self, now: Instant) -> bool {
        self.state().told.is_due(now)
    }

    pub(super) fn presence(&self, index: u32) -> Presence {
        let state = self.state();
        match (state.phase, state.recorded.contains_key(&index)) {
            (Phase::Ended, _) => Presence::Never,
            (Phase::Open | Phase::Whole, true) => Presence::There,
            (Phase::Open | Phase::Whole, false) => Presence::Awaited,
        }
    }

    /// Grows whenever a chunk that was there is taken back, so that what was read of it may be wrong.
    pub(super) fn withdrawals(&self) -> u64 {
        self.state().withdrawals
    }

    pub(super) fn has_ended(&self) -> bool {
        self.state().phase == Phase::Ended
    }

    /// Takes part in writing a chunk, until [`Self::leave`].
    pub(super) fn join(&self, index: u32) -> Result<Arc<Slot>, StoreError> {
        let mut state = self.state();
        if state.phase == Phase::Ended {
            return Err(StoreError::UploadNotFound);
        }
        let recorded = state.recorded.get(&index).copied();
        let (slot, writers) = state.writing.entry(index).or_insert_with(|| {
            let slot = Slot {
                sealed: Mutex::new(recorded),
                ..Slot::default()
            };
            (Arc::new(slot), 0)
        });
        *writers += 1;
        if *writers > 1 {
            slot.contended.store(true, Ordering::SeqCst);
        }
        Ok(slot.clone())
    }

    pub(super) fn leave(&self, index: u32) {
        let mut state = self.state();
        if let Some((_, writers)) = state.writing.get_mut(&index) {
            *writers -= 1;
            if *writers == 0 {
                state.writing.remove(&index);
            }
        }
    }

    /// Notes a chunk whose row is committed. True where a flush is due, which the caller must then do.
    pub(super) fn record(&self, index: u32, hash: ChunkHash) -> bool {
        let mut state = self.state();
        state.recorded.insert(index, hash);
        state.unflushed.push(index);
        let bytes = state.unflushed.len() as u64 * u64::from(self.layout.chunk_bytes);
        let due = bytes >= FLUSH_BYTES && !state.flushing;
        state.flushing |= due;
        drop(state);
        self.moved.notify_waiters();
        due
    }

    /// Takes a chunk back, so that other bytes can be sent for it; false while it is being flushed, which would be
    /// noted of the other bytes, and once nothing may change.
    pub(super) fn withdraw(&self, index: u32) -> bool {
        let mut state = self.state();
        if state.phase != Phase::Open || state.flushing {
            return false;
        }
        state.withdrawals += 1;
        state.recorded.remove(&index);
        state.unflushed.retain(|unflushed| *unflushed != index);
        true
    }

    /// Closes the upload to changes where every chunk is there.
    pub(super) fn complete(&self) -> Completion {
        let mut state = self.state();
        let missing = self.layout.count() - state.recorded.len() as u32;
        if missing > 0 {
            return Completion::Missing(missing);
        }
        state.phase = Phase::Whole;
        Completion::Hashes(state.recorded.values().copied().collect())
    }

    /// Takes [`Self::complete`] back.
    pub(super) fn reopen(&self) {
        self.state().phase = Phase::Open;
    }

    /// Nobody may add to it from now on; false where it is a file, which stays.
    pub(super) fn end(&self) -> bool {
        let mut state = self.state();
        let open = state.phase != Phase::Whole;
        if open {
            state.phase = Phase::Ended;
        }
        drop(state);
        self.moved.notify_waiters();
        open
    }

    /// What is to be flushed now, if anything is and nobody does it already.
    pub(super) fn begin_flush(&self) -> bool {
        let mut state = self.state();
        let due = !state.unflushed.is_empty() && !state.flushing && state.phase == Phase::Open;
        state.flushing |= due;
        due
    }

    /// Flushes what is recorded so far, after [`Self::record`] or [`Self::begin_flush`] said that it is due.
    pub(super) async fn flush(
        &self,
        store: &Store,
        blobs: &Arc<Blobs>,
        disk: &Disk,
    ) -> Result<(), UploadError> {
        let indices = std::mem::take(&mut self.state().unflushed);
        let (blobs, upload_id) = (blobs.clone(), self.begun.upload_id);
        let flushed = disk.run(move || Ok(flush_part(&blobs, upload_id))).await;
        let noted = match flushed {
            Ok(Ok(())) => {
                let noted = store.mark_flushed(upload_id, indices.clone()).await;
                noted.map_err(UploadError::from)
            }
            Ok(Err(error)) => Err(error),
            Err(error) => Err(error.into()),
        };
        let mut state = self.state();
        state.flushing = false;
        if noted.is_err() {
            state.unflushed.extend(indices);
        }
        noted
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No change to the state can panic halfway.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts on the disk what was written; blocks.
pub(super) fn flush_part(blobs: &Blobs, upload_id: UploadId) -> Result<(), UploadError> {
    let part = blobs.open_part(upload_id)?;
    part.sync_all().map_err(UploadError::Flush)
}

/// An upload from its rows and its part. What a power cut took is forgotten, so that it is sent again.
pub(super) async fn load(
    store: &Store,
    blobs: &Arc<Blobs>,
    disk: &Disk,
    stored: &StoredUpload,
) -> Result<Arc<Upload>, UploadError> {
    let layout = layout(stored.begun.size_bytes);
    let state = match &stored.file {
        Some(file) => whole(store, file.content_hash).await?,
        None => {
            let upload_id = stored.begun.upload_id;
            let chunks = store.stored_chunks(upload_id).await?;
            let blobs = blobs.clone();
            let verify = move || {
                let part = blobs.open_part(upload_id)?;
                sort_out(&part, layout, chunks)
            };
            let (state, lost) = disk.run(verify).await?;
            if !lost.is_empty() {
                tracing::warn!(%upload_id, chunks = lost.len(), "chunks were lost and must be sent again");
                store.drop_chunks(upload_id, lost).await?;
            }
            state
        }
    };
    Ok(Arc::new(Upload {
        begun: stored.begun.clone(),
        file_id: stored.file_id,
        layout,
        finishing: tokio::sync::Mutex::default(),
        moved: Notify::new(),
        state: Mutex::new(state),
    }))
}

/// Of an upload that is a file already: its chunks may be sent again, and are compared.
async fn whole(store: &Store, content: ContentHash) -> Result<State, StoreError> {
    let hashes = store.chunk_hashes(content).await?.unwrap_or_default();
    Ok(State {
        recorded: (0..).zip(hashes).collect(),
        phase: Phase::Whole,
        ..State::default()
    })
}

/// Tells the chunks that are there from those that are lost.
fn sort_out(
    part: &std::fs::File,
    layout: ChunkLayout,
    chunks: Vec<StoredChunk>,
) -> io::Result<(State, Vec<u32>)> {
    let part_bytes = part.metadata()?.len();
    let mut state = State::default();
    let mut lost = Vec::new();
    for StoredChunk {
        index,
        hash,
        flushed,
    } in chunks
    {
        let there = layout
            .range(index)
            .is_some_and(|range| range.end <= part_bytes);
        if there && (flushed || is_intact(part, layout, index, hash)?) {
            state.recorded.insert(index, hash);
            if !flushed {
                state.unflushed.push(index);
            }
        } else {
            lost.push(index);
        }
    }
    Ok((state, lost))
}

/// Whether the part holds the chunk with this hash.
pub(crate) fn is_intact(
    part: &std::fs::File,
    layout: ChunkLayout,
    index: u32,
    hash: ChunkHash,
) -> io::Result<bool> {
    Ok(hash_at(part, layout, index)? == Some(hash))
}

/// The hash of what the part holds as this chunk.
pub(super) fn hash_at(
    part: &std::fs::File,
    layout: ChunkLayout,
    index: u32,
) -> io::Result<Option<ChunkHash>> {
    let (Some(range), Some(mut hasher)) = (layout.range(index), ChunkHasher::new(layout, index))
    else {
        return Ok(None);
    };
    let mut at = range.start;
    while at < range.end {
        let bytes = read_at(part, at, READ_BYTES.min(range.end - at) as usize)?;
        if !hasher.update(&bytes) {
            return Ok(None);
        }
        at += bytes.len() as u64;
    }
    Ok(hasher.finish())
}
