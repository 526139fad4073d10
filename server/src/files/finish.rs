//! From a complete upload to a file: flush, name the content by its hash, and only then commit.

use std::io;
use std::sync::Arc;

use shared::content::merge_chunks;
use shared::file::FinishUpload;
use shared::{ChunkHash, ContentHash, FileInfo, PersonId};

use super::upload::{Completion, Upload, flush_part};
use super::{Files, UploadError, media};
use crate::blobs::read_at;
use crate::store::{NewFile, StoreError};

/// Why an upload did not become a file. It stays as it is, unless the disk failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FinishError {
    #[error("{missing} chunks are missing")]
    Incomplete { missing: u32 },
    #[error("the whole has another hash")]
    Mismatch { computed: ContentHash },
    #[error(transparent)]
    Upload(#[from] UploadError),
}

impl From<StoreError> for FinishError {
    fn from(error: StoreError) -> Self {
        Self::Upload(error.into())
    }
}

impl Files {
    /// Makes a file of an upload, or returns the one that it became. Goes on where the asker leaves.
    pub(crate) async fn finish(
        self: &Arc<Self>,
        person: PersonId,
        request: FinishUpload,
    ) -> Result<FileInfo, FinishError> {
        let files = self.clone();
        let finished = tokio::spawn(async move { files.finish_once(person, &request).await });
        // It fails only where the runtime stops.
        finished
            .await
            .map_err(|stopped| UploadError::Disk(io::Error::other(stopped)))?
    }

    async fn finish_once(
        &self,
        person: PersonId,
        request: &FinishUpload,
    ) -> Result<FileInfo, FinishError> {
        let expect = |computed: ContentHash| match request.content_hash {
            Some(stated) if stated != computed => Err(FinishError::Mismatch { computed }),
            Some(_) | None => Ok(()),
        };
        let stored = self.stored(person, request.upload_id).await?;
        let upload = self.load(&stored).await?;
        let turn = upload.finishing.lock().await;
        // Whoever had the turn before may have finished or cancelled it.
        let stored = self.stored(person, request.upload_id).await?;
        if let Some(file) = stored.file {
            expect(file.content_hash)?;
            return Ok(file);
        }
        let hashes = match upload.complete() {
            Completion::Hashes(hashes) => hashes,
            Completion::Missing(missing) => return Err(FinishError::Incomplete { missing }),
        };
        let content = merge_chunks(upload.layout, &hashes);
        let content = content.expect("a complete upload has as many hashes as chunks");
        let finished = match expect(content) {
            Ok(()) => self.keep(&upload, content, hashes).await,
            Err(other) => Err(other),
        };
        if finished.is_err() {
            upload.reopen();
        }
        drop(turn);
        if let Err(FinishError::Upload(UploadError::Flush(error))) = &finished {
            self.give_up(&upload, error).await;
        }
        finished
    }

    async fn keep(
        &self,
        upload: &Upload,
        content: ContentHash,
        chunk_hashes: Vec<ChunkHash>,
    ) -> Result<FileInfo, FinishError> {
        let upload_id = upload.begun.upload_id;
        let blobs = self.blobs.clone();
        let flushed = self.disk.run(move || Ok(flush_part(&blobs, upload_id)));
        flushed.await.map_err(UploadError::Disk)??;
        let (blobs, begun) = (self.blobs.clone(), upload.begun.clone());
        let _named = self.naming.read().await;
        let is_damaged = self.store.is_damaged(content).await?;
        let name = move || {
            if is_damaged {
                // Else what has the name already would stay. Whoever reads it has it open.
                blobs.remove_blob(content)?;
            }
            blobs.keep(begun.upload_id, content, begun.size_bytes)?;
            let prefix_bytes = begun.size_bytes.min(media::PREFIX_BYTES);
            let prefix = read_at(&blobs.open_blob(content)?, 0, prefix_bytes as usize)?;
            Ok(media::Media::of(&prefix, begun.media_type))
        };
        let media = self.disk.run(name).await.map_err(UploadError::Disk)?;
        let new = NewFile {
            content_hash: content,
            chunk_hashes,
            media_type: media.media_type,
            image: media.image,
        };
        let finished = self.store.finish_upload(upload_id, new, crate::now_ms());
        let file = finished.await?;
        if is_damaged {
            tracing::info!(%content, "a content that was damaged has come again");
            self.store.forget_damages(content).await?;
        }
        let blobs = self.blobs.clone();
        self.tell_ended(upload.begun.person, upload_id);
        if let Err(error) = self.disk.run(move || blobs.remove_part(upload_id)).await {
            tracing::warn!(%error, "a part that became a file stays until it is collected");
        }
        Ok(file)
    }
}
