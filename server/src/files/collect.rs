//! Removes what nobody will come back for: abandoned uploads, parts without an upload, contents without a file.

use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use shared::{ContentHash, TimestampMs};
use tokio::time::{MissedTickBehavior, interval};

use super::upload::Upload;
use super::{Files, UploadError};

/// An upload that got no chunk for this long is abandoned; a finished one is no longer repeated.
pub(crate) const UPLOAD_AGE_MS: u64 = 7 * 24 * 3600 * 1000;
/// Younger contents may be about to get their row.
const CONTENT_AGE: Duration = Duration::from_secs(3600);
/// Uploads that nobody uses are flushed and leave the memory.
const REST_INTERVAL: Duration = Duration::from_secs(60);
/// How many of those pass between two collections: six hours.
const RESTS_PER_COLLECTION: u32 = 360;

/// Collects at once and then regularly, until the files are gone.
pub(crate) async fn collect_regularly(files: Weak<Files>) {
    let mut ticks = interval(REST_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for rests in (0..RESTS_PER_COLLECTION).cycle() {
        ticks.tick().await;
        let Some(files) = files.upgrade() else { return };
        files.rest();
        if rests > 0 {
            continue;
        }
        if let Err(error) = files.collect(crate::now_ms()).await {
            tracing::warn!(%error, "abandoned uploads could not be collected");
        }
    }
}

impl Files {
    /// Flushes what is recorded, in the background.
    pub(super) fn flush(self: Arc<Self>, upload: Arc<Upload>) {
        tokio::spawn(async move {
            match upload.flush(&self.store, &self.blobs, &self.disk).await {
                Ok(()) => {}
                Err(UploadError::Flush(error)) => self.give_up(&upload, &error).await,
                Err(error) => tracing::warn!(%error, "chunks stay unflushed until the next flush"),
            }
        });
    }

    /// Removes an upload whose flush failed: a flush that is tried again can report success wrongly.
    pub(super) async fn give_up(&self, upload: &Upload, error: &io::Error) {
        let upload_id = upload.begun.upload_id;
        tracing::error!(%error, %upload_id, "an upload could not be flushed and is given up");
        if let Ok(Some(stored)) = self.store.find_upload(upload_id).await
            && stored.file.is_none()
            && let Err(error) = self.forget(stored).await
        {
            tracing::error!(%error, "what is left of it could not be removed");
        }
    }

    /// Flushes the uploads that nobody uses; those that are flushed leave the memory.
    pub(super) fn rest(self: &Arc<Self>) {
        self.turns.rest();
        let mut unflushed = Vec::new();
        self.active().retain(|_, cell| match cell.get() {
            // Handed out under the same lock only, so that no second one of the same upload can come up.
            Some(upload) if Arc::strong_count(cell) == 1 && Arc::strong_count(upload) == 1 => {
                let flush = upload.begin_flush();
                if flush {
                    unflushed.push(upload.clone());
                }
                flush
            }
            Some(_) => true,
            None => Arc::strong_count(cell) > 1,
        });
        for upload in unflushed {
            self.clone().flush(upload);
        }
    }

    /// Removes everything that is abandoned at this time.
    pub(super) async fn collect(self: &Arc<Self>, now: TimestampMs) -> Result<(), UploadError> {
        let before = TimestampMs(now.0.saturating_sub(UPLOAD_AGE_MS));
        for upload_id in self.store.uploads_untouched_since(before).await? {
            match self.store.find_upload(upload_id).await? {
                Some(stored) if stored.file.is_some() => {
                    self.store.forget_upload(upload_id, crate::now_ms()).await?;
                    self.active().remove(&upload_id);
                }
                Some(stored) => self.forget(stored).await?,
                None => {}
            }
        }
        let blobs = self.blobs.clone();
        for upload_id in self.disk.run(move || blobs.parts()).await? {
            let found = self.store.find_upload(upload_id).await?;
            let is_abandoned = found.is_none_or(|stored| stored.file.is_some());
            if is_abandoned && !self.spools.has(upload_id) {
                let blobs = self.blobs.clone();
                self.disk.run(move || blobs.remove_part(upload_id)).await?;
            }
        }
        self.store.forget_downloads(now).await?;
        self.collect_contents(CONTENT_AGE).await
    }

    pub(super) async fn collect_contents(
        self: &Arc<Self>,
        age: Duration,
    ) -> Result<(), UploadError> {
        // In a task of its own: where a server that stops ends the collection, what lost its row goes all the same.
        let removing = tokio::spawn(self.clone().remove_unused());
        removing.await.map_err(io::Error::other)??;
        // What was not removed although its row was, or never got one.
        let blobs = self.blobs.clone();
        let contents = self.disk.run(move || blobs.contents_older_than(age));
        for content in contents.await? {
            let _unnamed = self.naming.write().await;
            if self.store.chunk_hashes(content).await?.is_none() {
                self.remove_content(content).await?;
            }
        }
        Ok(())
    }

    async fn remove_unused(self: Arc<Self>) -> Result<(), UploadError> {
        // Nobody may be told that a content is there already while it goes.
        let _unnamed = self.naming.write().await;
        for content in self.store.forget_unused_blobs().await? {
            self.remove_content(content).await?;
        }
        Ok(())
    }

    async fn remove_content(&self, content: ContentHash) -> Result<(), UploadError> {
        let blobs = self.blobs.clone();
        self.disk.run(move || blobs.remove_blob(content)).await?;
        tracing::info!(%content, "removed a content that no file has");
        Ok(())
    }
}
