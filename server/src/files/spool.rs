//! Receiving a file whose size nobody knows before its end. It lies in a part that belongs to no upload until then; its
//! chunks are hashed once the size says where they end.

use std::collections::HashSet;
use std::fs::File;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use shared::file::BeginUpload;
use shared::limits::FILE_BYTES_MAX;
use shared::{PersonId, RequestId, UploadId};
use tokio::task::JoinHandle;

use super::chunk::ChunkError;
use super::upload::hash_at;
use super::{Files, UploadError, new_upload};
use crate::blobs::{Blobs, write_at};
use crate::store::{StoreError, StoredUpload};

/// Written bytes after which they are flushed, so that little is left to flush at the end.
const FLUSH_BYTES: u64 = 64 << 20;

/// The parts that are being filled so, which nobody else may take for abandoned.
#[derive(Default)]
pub(super) struct Spools(Mutex<HashSet<UploadId>>);

impl Spools {
    pub(super) fn has(&self, upload_id: UploadId) -> bool {
        self.lock().contains(&upload_id)
    }

    fn lock(&self) -> MutexGuard<'_, HashSet<UploadId>> {
        // Every change to it is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a file's bytes in order. Dropping it removes them.
pub(crate) struct Spool {
    files: Arc<Files>,
    person: PersonId,
    upload_id: UploadId,
    size_bytes: u64,
    /// How much of it there may be, and what that comes of.
    room: Room,
    writing: Writing,
    /// Whether an upload has the part now.
    is_upload: bool,
}

enum Writing {
    Idle(Option<Box<Part>>),
    Busy(JoinHandle<io::Result<Box<Part>>>),
}

struct Part {
    file: File,
    unflushed_bytes: u64,
}

#[derive(Clone, Copy)]
struct Room {
    quota_bytes: u64,
    left_bytes: u64,
}

impl Files {
    /// Begins to receive a file of unknown size.
    pub(crate) async fn spool(self: &Arc<Self>, person: PersonId) -> Result<Spool, UploadError> {
        let (quota_bytes, taken_bytes) = self.store.file_quota(person).await?;
        let upload_id = UploadId::from_parts(crate::now_ms(), crate::store::random());
        self.spools.lock().insert(upload_id);
        Ok(Spool {
            files: self.clone(),
            person,
            upload_id,
            size_bytes: 0,
            room: Room {
                quota_bytes,
                left_bytes: quota_bytes.saturating_sub(taken_bytes),
            },
            writing: Writing::Idle(None),
            is_upload: false,
        })
    }
}

impl Spool {
    /// Takes the next bytes; ready once those before are written.
    pub(crate) async fn write(&mut self, pieces: Vec<Bytes>) -> Result<(), UploadError> {
        let bytes: u64 = pieces.iter().map(|piece| piece.len() as u64).sum();
        let (offset, end) = (self.size_bytes, self.size_bytes + bytes);
        if end > FILE_BYTES_MAX {
            return Err(UploadError::TooLarge);
        }
        if end > self.room.left_bytes {
            return Err(StoreError::too_many_file_bytes(self.room.quota_bytes).into());
        }
        let part = self.part().await?;
        let (blobs, upload_id) = (self.files.blobs.clone(), self.upload_id);
        let write = move || write(part, &blobs, upload_id, &pieces, offset);
        self.writing = Writing::Busy(self.files.disk.start(write).await);
        self.size_bytes = end;
        Ok(())
    }

    /// Makes an upload of it, which has all its chunks and is to be finished. Where that fails, nothing is left.
    pub(crate) async fn into_upload(
        mut self,
        name: &str,
        media_type: Option<String>,
    ) -> Result<UploadId, ChunkError> {
        drop(self.part().await?);
        let (files, person, upload_id) = (self.files.clone(), self.person, self.upload_id);
        let begin = BeginUpload {
            request_id: RequestId::default(),
            upload_id: None,
            name: name.to_owned(),
            size_bytes: self.size_bytes,
            media_type,
        };
        // Its bytes have their space already.
        let new = new_upload(person, upload_id, &begin);
        let stored = files.store.begin_upload(new, crate::now_ms()).await?;
        self.is_upload = true;
        let recorded = files.record_spooled(&stored).await;
        if recorded.is_err() {
            // What fails then is collected later.
            let _ = files.cancel(person, upload_id).await;
        }
        recorded.map(|()| upload_id)
    }

    async fn part(&mut self) -> io::Result<Option<Box<Part>>> {
        match std::mem::replace(&mut self.writing, Writing::Idle(None)) {
            Writing::Idle(part) => Ok(part),
            Writing::Busy(job) => Ok(Some(job.await.map_err(io::Error::other)??)),
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        let (files, upload_id) = (self.files.clone(), self.upload_id);
        if self.is_upload {
            files.spools.lock().remove(&upload_id);
            return;
        }
        let writing = std::mem::replace(&mut self.writing, Writing::Idle(None));
        tokio::spawn(async move {
            // A job that still runs would make the part anew.
            if let Writing::Busy(job) = writing {
                let _ = job.await;
            }
            let blobs = files.blobs.clone();
            if let Err(error) = files.disk.run(move || blobs.remove_part(upload_id)).await {
                tracing::warn!(%error, "what was cut off stays until it is collected");
            }
            files.spools.lock().remove(&upload_id);
        });
    }
}

impl Files {
    /// Hashes what lies in the part of an upload, and records all of its chunks.
    async fn record_spooled(&self, stored: &StoredUpload) -> Result<(), ChunkError> {
        let upload = self.load(stored).await?;
        self.tell_begun(stored, &upload);
        let layout = upload.layout;
        let (blobs, part) = (self.blobs.clone(), stored.begun.upload_id);
        let part = Arc::new(self.disk.run(move || blobs.open_part(part)).await?);
        for index in 0..layout.count() {
            let part = part.clone();
            let hash = self.disk.run(move || hash_at(&part, layout, index)).await?;
            let hash = hash.ok_or(ChunkError::NoSuchChunk)?;
            // No rows: whoever would go on with this upload after a restart does not know of it.
            upload.record(index, hash);
        }
        Ok(())
    }
}

fn write(
    part: Option<Box<Part>>,
    blobs: &Blobs,
    upload_id: UploadId,
    pieces: &[Bytes],
    offset: u64,
) -> io::Result<Box<Part>> {
    let mut part = match part {
        Some(part) => part,
        None => {
            blobs.require_space(FLUSH_BYTES)?;
            Box::new(Part {
                file: blobs.open_part(upload_id)?,
                unflushed_bytes: 0,
            })
        }
    };
    write_at(&part.file, pieces, offset)?;
    part.unflushed_bytes += pieces.iter().map(|piece| piece.len() as u64).sum::<u64>();
    if part.unflushed_bytes >= FLUSH_BYTES {
        part.file.sync_data()?;
        part.unflushed_bytes = 0;
        blobs.require_space(FLUSH_BYTES)?;
    }
    Ok(part)
}
