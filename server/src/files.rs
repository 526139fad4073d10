//! Uploads on their way, finished files and their contents: what every transport asks for goes through here.
//!
//! The database says what is there, `blobs` holds the bytes. An upload that is being added to is kept in memory as an
//! `Upload`, loaded once from both and forgotten again when nobody uses it.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use shared::file::BeginUpload;
use shared::limits::FILE_BYTES_MAX;
use shared::{ChunkLayout, FileName, PersonId, RequestId, UploadId, UploadInfo, UploadStatus};
use tokio::sync::{OnceCell, RwLock};

use crate::blobs::{Blobs, Disk};
use crate::hub::Hub;
use crate::metrics::Metrics;
pub(crate) use crate::store::Stated;
use crate::store::{NewUpload, Store, StoreError, StoredUpload};

mod appending;
mod arriving;
mod chunk;
mod collect;
mod damages;
mod finish;
mod grant;
mod media;
mod news;
mod reading;
mod scrub;
mod spool;
mod thumbnails;
mod turns;
mod upload;
mod verified;

pub(crate) use arriving::{Arriving, Granted};
pub(crate) use chunk::ChunkError;
pub(crate) use collect::{UPLOAD_AGE_MS, collect_regularly};
use damages::Damages;
pub(crate) use finish::FinishError;
pub(crate) use grant::Grant;
pub(crate) use reading::ReadError;
pub(crate) use scrub::scrub_regularly;
use spool::Spools;
pub(crate) use thumbnails::Thumbnail;
use thumbnails::Thumbnails;
pub(crate) use turns::Turn;
use turns::Turns;
use upload::Upload;
pub(crate) use upload::is_intact;
pub(crate) use verified::Verified;

/// Why an upload was not begun, described or cancelled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UploadError {
    #[error("the file is too large")]
    TooLarge,
    #[error("the upload is finished")]
    Finished,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the disk failed: {0}")]
    Disk(#[from] io::Error),
    /// Nobody knows what of it is on the disk, and reading it may only show what is in memory.
    #[error("what was written could not be flushed: {0}")]
    Flush(#[source] io::Error),
}

/// Everything about files that the connections share.
pub(crate) struct Files {
    store: Store,
    hub: Arc<Hub>,
    blobs: Arc<Blobs>,
    disk: Disk,
    active: Mutex<HashMap<UploadId, Arc<OnceCell<Arc<Upload>>>>>,
    /// Read while a content has its name but not yet its row; written while contents without a row are removed.
    naming: RwLock<()>,
    spools: Spools,
    turns: Turns,
    damages: Damages,
    thumbnails: Thumbnails,
}

impl Files {
    /// `thumbnailer` is the program that draws thumbnails.
    pub(crate) fn new(
        store: Store,
        hub: Arc<Hub>,
        blobs: Blobs,
        thumbnailer: Option<PathBuf>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            damages: Damages::new(store.clone(), metrics),
            store,
            hub,
            blobs: Arc::new(blobs),
            disk: Disk::default(),
            active: Mutex::default(),
            naming: RwLock::default(),
            spools: Spools::default(),
            turns: Turns::default(),
            thumbnails: Thumbnails::new(thumbnailer),
        }
    }

    /// Begins an upload, or returns to it.
    pub(crate) async fn begin(
        &self,
        person: PersonId,
        request: BeginUpload,
    ) -> Result<UploadStatus, UploadError> {
        self.begin_as(person, request, Stated::default()).await
    }

    /// The same, with what else was said of it.
    pub(crate) async fn begin_as(
        &self,
        person: PersonId,
        request: BeginUpload,
        stated: Stated,
    ) -> Result<UploadStatus, UploadError> {
        if request.size_bytes > FILE_BYTES_MAX {
            return Err(UploadError::TooLarge);
        }
        let chosen = request.upload_id;
        let now = crate::now_ms();
        let upload_id = chosen.unwrap_or_else(|| UploadId::from_parts(now, crate::store::random()));
        let is_new = self.store.find_upload(upload_id).await?.is_none();
        if is_new {
            let (blobs, bytes) = (self.blobs.clone(), request.size_bytes);
            self.disk.run(move || blobs.require_space(bytes)).await?;
        }
        let new = NewUpload {
            stated,
            ..new_upload(person, upload_id, &request)
        };
        let stored = self.store.begin_upload(new, now).await?;
        let upload = self.load(&stored).await?;
        if is_new {
            self.tell_begun(&stored, &upload);
        }
        status(stored, &upload, request.request_id)
    }

    /// What is there of an upload of this person.
    pub(crate) async fn describe(
        &self,
        person: PersonId,
        upload_id: UploadId,
        request_id: RequestId,
    ) -> Result<UploadStatus, UploadError> {
        let stored = self.stored(person, upload_id).await?;
        let upload = self.load(&stored).await?;
        status(stored, &upload, request_id)
    }

    /// Of this person, and as it is stored.
    pub(crate) async fn upload(
        &self,
        person: PersonId,
        upload_id: UploadId,
    ) -> Result<StoredUpload, UploadError> {
        Ok(self.stored(person, upload_id).await?)
    }

    /// The person's uploads that are not finished, the newest first.
    pub(crate) async fn unfinished(&self, person: PersonId) -> Result<Vec<UploadInfo>, StoreError> {
        self.store.unfinished_uploads(person).await
    }

    /// Forgets an unfinished upload and its chunks.
    pub(crate) async fn cancel(
        &self,
        person: PersonId,
        upload_id: UploadId,
    ) -> Result<(), UploadError> {
        let stored = self.stored(person, upload_id).await?;
        self.forget(stored).await
    }

    pub(crate) fn disk(&self) -> &Disk {
        &self.disk
    }

    /// The upload, if it is this person's.
    async fn stored(
        &self,
        person: PersonId,
        upload_id: UploadId,
    ) -> Result<StoredUpload, StoreError> {
        let found = self.store.find_upload(upload_id).await?;
        found
            .filter(|stored| stored.begun.person == person)
            .ok_or(StoreError::UploadNotFound)
    }

    /// The upload in memory, the same for everyone who uses it at the same time.
    async fn load(&self, stored: &StoredUpload) -> Result<Arc<Upload>, UploadError> {
        let cell = self
            .active()
            .entry(stored.begun.upload_id)
            .or_default()
            .clone();
        let load = || upload::load(&self.store, &self.blobs, &self.disk, stored);
        cell.get_or_try_init(load).await.cloned()
    }

    /// The upload where it is in memory, so that not every chunk asks the database.
    fn loaded(&self, upload_id: UploadId) -> Option<Arc<Upload>> {
        let active = self.active();
        active.get(&upload_id).and_then(|cell| cell.get().cloned())
    }

    /// Removes what is there of an unfinished upload. Its bytes go first: rows without bytes are noticed when they
    /// are loaded, and nobody could begin anew on a part that is about to go.
    async fn forget(&self, stored: StoredUpload) -> Result<(), UploadError> {
        let upload_id = stored.begun.upload_id;
        let upload = self.load(&stored).await?;
        let _turn = upload.finishing.lock().await;
        if !upload.end() {
            return Err(UploadError::Finished);
        }
        let blobs = self.blobs.clone();
        self.disk.run(move || blobs.remove_part(upload_id)).await?;
        self.store.forget_upload(upload_id, crate::now_ms()).await?;
        self.active().remove(&upload_id);
        self.turns.forget(upload_id);
        self.tell_ended(stored.begun.person, upload_id);
        Ok(())
    }

    fn active(&self) -> MutexGuard<'_, HashMap<UploadId, Arc<OnceCell<Arc<Upload>>>>> {
        // Every change to the map is whole, also that of a thread that panicked.
        self.active.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn new_upload(person: PersonId, upload_id: UploadId, request: &BeginUpload) -> NewUpload {
    NewUpload {
        upload_id,
        person,
        name: FileName::repaired(&request.name),
        size_bytes: request.size_bytes,
        media_type: request.media_type.as_deref().and_then(media::valid_type),
        stated: Stated::default(),
    }
}

fn status(
    stored: StoredUpload,
    upload: &Upload,
    request_id: RequestId,
) -> Result<UploadStatus, UploadError> {
    if upload.has_ended() {
        return Err(StoreError::UploadNotFound.into());
    }
    Ok(UploadStatus {
        request_id,
        upload_id: stored.begun.upload_id,
        file_id: stored.file_id,
        name: stored.begun.name,
        layout: upload.layout,
        present: upload.present(),
        file: stored.file,
    })
}

/// The layout of a file that was let in.
fn layout(size_bytes: u64) -> ChunkLayout {
    ChunkLayout::for_size(size_bytes).expect("no file above the limit is ever stored")
}

#[cfg(test)]
mod tests;
