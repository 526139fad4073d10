//! Receiving one chunk: its bytes are hashed and written as they come, and recorded once they are verified.
//!
//! Several may send the same chunk at once, on different connections. They share a `Slot`: each write holds its lock
//! and stops once it is sealed; where more than one has written, what lies there is read again before it is sealed.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bytes::Bytes;
use shared::content::ChunkHasher;
use shared::{ChunkHash, PersonId, UploadId};
use tokio::task::JoinHandle;

use super::upload::{Slot, Upload, is_intact};
use super::{Files, UploadError};
use crate::blobs::{Blobs, write_at};
use crate::store::StoreError;

/// Why a chunk was not stored.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChunkError {
    #[error("the file has no such chunk")]
    NoSuchChunk,
    #[error("the chunk has {expected} bytes, not {received}")]
    WrongLength {
        expected: u64,
        /// Of a chunk that is too long, those up to where that was noticed.
        received: u64,
    },
    #[error("the bytes have another hash")]
    Mismatch { computed: ChunkHash },
    #[error(transparent)]
    Upload(#[from] UploadError),
}

impl From<StoreError> for ChunkError {
    fn from(error: StoreError) -> Self {
        Self::Upload(error.into())
    }
}

impl From<io::Error> for ChunkError {
    fn from(error: io::Error) -> Self {
        Self::Upload(error.into())
    }
}

/// Takes the bytes of one chunk. Dropping it before the end leaves nothing behind.
pub(crate) struct ChunkWriter {
    files: Arc<Files>,
    upload: Arc<Upload>,
    index: u32,
    range: Range<u64>,
    stated: Option<ChunkHash>,
    received: u64,
    progress: Progress,
}

enum Progress {
    Idle(Box<Worker>),
    /// One piece is being hashed and written while the next one comes.
    Busy(JoinHandle<io::Result<Box<Worker>>>),
    /// A job was lost, and with it the hash.
    Failed,
}

/// What a blocking job needs; it goes from one to the next.
struct Worker {
    hasher: ChunkHasher,
    blobs: Arc<Blobs>,
    /// Opened for the first write.
    part: Option<File>,
    offset: u64,
    writing: Writing,
}

/// One's part in writing a chunk. A job that outlives its connection still has it.
struct Writing {
    upload: Arc<Upload>,
    index: u32,
    slot: Arc<Slot>,
}

impl Writing {
    fn open_part(&self, blobs: &Blobs) -> io::Result<File> {
        blobs.require_space(u64::from(self.upload.layout.chunk_bytes))?;
        let upload_id = self.upload.begun.upload_id;
        let part = blobs.open_part(upload_id)?;
        if self.upload.has_ended() {
            // It may have been removed before it was opened, which made it anew.
            blobs.remove_part(upload_id)?;
            return Err(io::Error::other("the upload was given up"));
        }
        Ok(part)
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        self.upload.leave(self.index);
    }
}

impl Files {
    /// Begins to receive chunk `index`. Where `stated` is given, only bytes with that hash are stored.
    pub(crate) async fn put_chunk(
        self: &Arc<Self>,
        person: PersonId,
        upload_id: UploadId,
        index: u32,
        stated: Option<ChunkHash>,
    ) -> Result<ChunkWriter, ChunkError> {
        let upload = match self.loaded(upload_id) {
            Some(upload) if upload.begun.person == person => upload,
            Some(_) => return Err(StoreError::UploadNotFound.into()),
            None => self.load(&self.stored(person, upload_id).await?).await?,
        };
        let layout = upload.layout;
        let (Some(range), Some(hasher)) = (layout.range(index), ChunkHasher::new(layout, index))
        else {
            return Err(ChunkError::NoSuchChunk);
        };
        let slot = upload.join(index)?;
        let worker = Worker {
            hasher,
            blobs: self.blobs.clone(),
            part: None,
            offset: range.start,
            writing: Writing {
                upload: upload.clone(),
                index,
                slot,
            },
        };
        Ok(ChunkWriter {
            files: self.clone(),
            upload,
            index,
            range,
            stated,
            received: 0,
            progress: Progress::Idle(Box::new(worker)),
        })
    }
}

impl ChunkWriter {
    /// Bytes that the chunk has.
    pub(crate) fn len(&self) -> u64 {
        self.range.end - self.range.start
    }

    /// Bytes that were taken.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Bytes that are to come.
    pub(super) fn missing(&self) -> u64 {
        self.len() - self.received
    }

    /// Takes the next bytes; ready once those before are written.
    pub(crate) async fn write(&mut self, pieces: Vec<Bytes>) -> Result<(), ChunkError> {
        self.received += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        if self.received > self.len() {
            return Err(self.wrong_length());
        }
        let worker = self.worker().await?;
        let job = self.files.disk.start(move || worker.take(&pieces)).await;
        self.progress = Progress::Busy(job);
        Ok(())
    }

    /// Verifies the whole chunk and records it. What was begun here goes on where the asker leaves.
    pub(crate) async fn finish(mut self) -> Result<ChunkHash, ChunkError> {
        if self.received != self.len() {
            return Err(self.wrong_length());
        }
        let Worker {
            hasher,
            part,
            writing,
            ..
        } = *self.worker().await?;
        let Some(computed) = hasher.finish() else {
            return Err(self.wrong_length());
        };
        if self.stated.is_some_and(|stated| stated != computed) {
            return Err(ChunkError::Mismatch { computed });
        }
        let recorded = tokio::spawn(self.record(computed, part, writing));
        // It fails only where the runtime stops.
        recorded.await.map_err(io::Error::other)?
    }

    async fn record(
        self,
        hash: ChunkHash,
        part: Option<File>,
        writing: Writing,
    ) -> Result<ChunkHash, ChunkError> {
        let slot = &writing.slot;
        let (upload, upload_id) = (&self.upload, self.upload.begun.upload_id);
        let _turn = slot.ending.lock().await;
        let sealed = *slot.sealed();
        match sealed {
            Some(there) if there == hash => return Ok(hash),
            // Other bytes were verified here before. Nobody can say which are meant until they are sent again.
            Some(_) => {
                if upload.withdraw(self.index) {
                    let dropped = self.files.store.drop_chunks(upload_id, vec![self.index]);
                    dropped.await?;
                    slot.contended.store(true, Ordering::SeqCst);
                    *slot.sealed() = None;
                }
                return Err(ChunkError::Mismatch { computed: hash });
            }
            None => {}
        }
        if !self.seal(hash, part, &writing).await? {
            return Err(ChunkError::Mismatch { computed: hash });
        }
        let store = &self.files.store;
        let recorded = store.record_chunk(upload_id, self.index, hash, crate::now_ms());
        if let Err(error) = recorded.await {
            slot.contended.store(true, Ordering::SeqCst);
            *slot.sealed() = None;
            return Err(error.into());
        }
        if upload.record(self.index, hash) {
            self.files.clone().flush(upload.clone());
        }
        self.files.tell_progress(upload);
        Ok(hash)
    }

    /// Lets nobody write the chunk any more, where it surely holds what has this hash.
    async fn seal(
        &self,
        hash: ChunkHash,
        part: Option<File>,
        writing: &Writing,
    ) -> Result<bool, ChunkError> {
        let slot = writing.slot.clone();
        if part.is_some()
            && let Ok(mut sealed) = slot.sealed.try_lock()
            && !slot.contended.load(Ordering::SeqCst)
        {
            *sealed = Some(hash);
            return Ok(true);
        }
        let (layout, index) = (self.upload.layout, self.index);
        let seal = move || {
            let mut sealed = slot.sealed();
            // Without a file, all that was received was taken for a repeat and not written.
            let intact = match &part {
                None => false,
                Some(part) if slot.contended.load(Ordering::SeqCst) => {
                    is_intact(part, layout, index, hash)?
                }
                Some(_) => true,
            };
            if intact {
                *sealed = Some(hash);
            }
            Ok(intact)
        };
        Ok(self.files.disk.run(seal).await?)
    }

    async fn worker(&mut self) -> Result<Box<Worker>, ChunkError> {
        match std::mem::replace(&mut self.progress, Progress::Failed) {
            Progress::Idle(worker) => Ok(worker),
            Progress::Busy(job) => Ok(job.await.map_err(io::Error::other)??),
            Progress::Failed => Err(io::Error::other("a write failed before").into()),
        }
    }

    fn wrong_length(&self) -> ChunkError {
        ChunkError::WrongLength {
            expected: self.len(),
            received: self.received,
        }
    }
}

impl Worker {
    /// Hashes and writes; blocks.
    fn take(mut self: Box<Self>, pieces: &[Bytes]) -> io::Result<Box<Self>> {
        for piece in pieces {
            if !self.hasher.update(piece) {
                return Err(io::Error::other("more bytes than the chunk has"));
            }
        }
        let slot = self.writing.slot.clone();
        let sealed = slot.sealed();
        if sealed.is_none() {
            let part = match self.part.take() {
                Some(part) => part,
                None => self.writing.open_part(&self.blobs)?,
            };
            write_at(&part, pieces, self.offset)?;
            self.part = Some(part);
        }
        drop(sealed);
        self.offset += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
        Ok(self)
    }
}
