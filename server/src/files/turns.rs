//! Files that come in order over several requests, each of which may end in the middle of a chunk: what was taken of that
//! chunk waits in memory for the next request. One request at a time has the turn of an upload, the newest one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use shared::{PersonId, UploadId};
use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard, watch};
use tokio::time::Instant;

use super::appending::Appender;
use super::chunk::ChunkError;
use super::{Files, UploadError};

/// A chunk that is not whole is forgotten when nothing has come for this long.
const KEPT: Duration = Duration::from_secs(300);
/// Uploads that are kept so at once; each has a file open. Of more, the one is forgotten that waits for longest.
const KEPT_MAX: usize = 256;

/// All that wait, by upload.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<UploadId, Kept>>);

#[derive(Clone)]
struct Kept {
    appender: Arc<AsyncMutex<Option<Appender>>>,
    /// How many wait for the turn.
    waiting: watch::Sender<usize>,
    used_at: Instant,
}

/// The turn to add to an upload.
pub(crate) struct Turn {
    files: Arc<Files>,
    person: PersonId,
    upload_id: UploadId,
    appender: OwnedMutexGuard<Option<Appender>>,
    waiting: watch::Receiver<usize>,
}

/// Counts itself among those who wait for a turn.
struct Waiting<'a>(&'a watch::Sender<usize>);

impl<'a> Waiting<'a> {
    fn new(waiting: &'a watch::Sender<usize>) -> Self {
        waiting.send_modify(|count| *count += 1);
        Self(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl Turns {
    fn lock(&self) -> MutexGuard<'_, HashMap<UploadId, Kept>> {
        // Every change to it is whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn enter(&self, upload_id: UploadId) -> Kept {
        let mut all = self.lock();
        if all.len() >= KEPT_MAX && !all.contains_key(&upload_id) {
            let idle = all.iter().filter(|(_, kept)| kept.is_idle());
            let longest = idle.min_by_key(|(_, kept)| kept.used_at).map(|(id, _)| *id);
            if let Some(longest) = longest {
                all.remove(&longest);
            }
        }
        let kept = all.entry(upload_id).or_insert_with(|| Kept {
            appender: Arc::default(),
            waiting: watch::Sender::new(0),
            used_at: Instant::now(),
        });
        kept.used_at = Instant::now();
        kept.clone()
    }

    /// Forgets what has waited for too long.
    pub(super) fn rest(&self) {
        let now = Instant::now();
        self.lock()
            .retain(|_, kept| !kept.is_idle() || now - kept.used_at < KEPT);
    }

    pub(super) fn forget(&self, upload_id: UploadId) {
        self.lock().remove(&upload_id);
    }
}

impl Kept {
    /// Whether nobody has the turn or waits for it. Turns are handed out under the lock of all only.
    fn is_idle(&self) -> bool {
        Arc::strong_count(&self.appender) == 1
    }
}

impl Files {
    /// Takes the turn from whoever has it, as they may have been cut off without knowing.
    pub(crate) async fn turn(
        self: &Arc<Self>,
        person: PersonId,
        upload_id: UploadId,
    ) -> Result<Turn, UploadError> {
        // Others learn nothing, and hold up nobody.
        self.stored(person, upload_id).await?;
        let kept = self.turns.enter(upload_id);
        let waiting = Waiting::new(&kept.waiting);
        let mut appender = kept.appender.clone().lock_owned().await;
        drop(waiting);
        if appender.is_none() {
            *appender = Some(self.append(person, upload_id).await?);
        }
        Ok(Turn {
            files: self.clone(),
            person,
            upload_id,
            appender,
            waiting: kept.waiting.subscribe(),
        })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(kept) = self.files.turns.lock().get_mut(&self.upload_id) {
            kept.used_at = Instant::now();
        }
    }
}

impl Turn {
    /// Bytes that are there, as far as the server has not been stopped since.
    pub(crate) fn offset(&self) -> u64 {
        self.appender.as_ref().map_or(0, Appender::offset)
    }

    /// Whether all of them are.
    pub(crate) fn is_complete(&self) -> bool {
        let appender = self.appender.as_ref();
        appender.is_some_and(|it| it.offset() == it.size_bytes())
    }

    /// Ready once somebody else wants it.
    pub(crate) async fn is_wanted(&mut self) {
        // The other end is kept for as long as there are turns.
        let _ = self.waiting.wait_for(|count| *count > 0).await;
    }

    /// Takes the next bytes. After a failure the upload is as far as its whole chunks.
    pub(crate) async fn write(&mut self, pieces: Vec<Bytes>) -> Result<(), ChunkError> {
        let Some(appender) = self.appender.as_mut() else {
            return Err(ChunkError::NoSuchChunk);
        };
        let written = appender.write(pieces).await;
        self.begin_anew_after(written).await
    }

    /// Ready once every whole chunk is recorded.
    pub(crate) async fn settle(&mut self) -> Result<(), ChunkError> {
        let Some(appender) = self.appender.as_mut() else {
            return Ok(());
        };
        let settled = appender.settle().await;
        self.begin_anew_after(settled).await
    }

    async fn begin_anew_after(&mut self, result: Result<(), ChunkError>) -> Result<(), ChunkError> {
        if result.is_err() {
            *self.appender = None;
            let anew = self.files.append(self.person, self.upload_id).await;
            *self.appender = Some(anew?);
        }
        result
    }
}
