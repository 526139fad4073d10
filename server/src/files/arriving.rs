//! Reading a file that is still on its way: at once what is there of it, the rest as it comes. Nothing is read that is
//! not verified.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use shared::{FileId, FileName, PersonId};
use tokio::time::timeout;

use super::media::{self, Media};
use super::upload::{Presence, Upload};
use super::{Files, Grant, ReadError};
use crate::blobs::read_at;
use crate::hub::Losses;
use crate::store::{Linked, OpenFile, StoreError, StoredUpload, Terms};

/// Whoever waits for more of a file of which nothing comes for this long is sent away.
const PATIENCE: Duration = Duration::from_secs(600);

/// A file that somebody may read.
pub(crate) enum Granted {
    Whole(OpenFile),
    Arriving(Arriving),
}

impl Granted {
    /// What is still asked of the reader, if anything.
    pub(crate) fn terms(&self) -> Option<&Terms> {
        match self {
            Self::Whole(open) => open.terms.as_ref(),
            Self::Arriving(_) => None,
        }
    }
}

/// A file that is on its way. What was read before the upload's end stays readable after it.
pub(crate) struct Arriving {
    pub(crate) name: FileName,
    pub(crate) size_bytes: u64,
    /// What the first bytes say where they are there, else what the sender said.
    pub(crate) media_type: String,
    upload: Arc<Upload>,
    part: Arc<File>,
    /// Of the upload, when reading began.
    withdrawals: u64,
}

impl Files {
    /// A file, whole or not, and what says for how long the reader may read it, on the terms of its link, which the
    /// caller sees to. `losses` are those since before the call.
    pub(crate) async fn opened(
        &self,
        losses: Losses,
        file_id: FileId,
        reader: Option<PersonId>,
    ) -> Result<(Granted, Grant), ReadError> {
        let open = match self.linked_on_terms(file_id, reader).await? {
            Linked::File(open) => open,
            Linked::Arriving(stored) => match self.arriving(&stored).await {
                Ok(arriving) => {
                    let grant = self.grant(losses, file_id, reader, None);
                    return Ok((Granted::Arriving(arriving), grant));
                }
                Err(failed) => match self.linked_on_terms(file_id, reader).await? {
                    // Its end came between.
                    Linked::File(open) => open,
                    Linked::Arriving(_) => return Err(failed),
                },
            },
        };
        let grant = self.grant(losses, file_id, reader, open.link_ends_at);
        let grant = grant.on(open.terms.clone());
        Ok((Granted::Whole(open), grant))
    }

    async fn arriving(&self, stored: &StoredUpload) -> Result<Arriving, ReadError> {
        let upload = self.load(stored).await?;
        if upload.has_ended() {
            return Err(StoreError::FileNotFound.into());
        }
        let withdrawals = upload.withdrawals();
        let (blobs, begun) = (self.blobs.clone(), upload.begun.clone());
        let prefix_bytes = match upload.presence(0) {
            Presence::There => begun.size_bytes.min(media::PREFIX_BYTES),
            Presence::Awaited | Presence::Never => 0,
        };
        let open = move || {
            let part = blobs.read_part(begun.upload_id)?;
            let prefix = read_at(&part, 0, prefix_bytes as usize)?;
            Ok((part, Media::of(&prefix, begun.media_type)))
        };
        let (part, media) = self.disk.run(open).await?;
        Ok(Arriving {
            name: upload.begun.name.clone(),
            size_bytes: upload.begun.size_bytes,
            media_type: media.media_type,
            upload,
            part: Arc::new(part),
            withdrawals,
        })
    }
}

impl Arriving {
    fn chunk_at(&self, offset: u64) -> u32 {
        let index = offset / u64::from(self.upload.layout.chunk_bytes);
        u32::try_from(index).unwrap_or(u32::MAX)
    }

    /// Where the chunk ends that the byte at `offset` is in. What is read at once lies in one chunk.
    pub(crate) fn chunk_end(&self, offset: u64) -> u64 {
        let range = self.upload.layout.range(self.chunk_at(offset));
        range.map_or(offset, |range| range.end)
    }

    /// Ready once the chunk is there that the byte at `offset` is in. Fails where it will not come, and with
    /// [`io::ErrorKind::TimedOut`] where nothing of the file comes for [`PATIENCE`].
    pub(crate) async fn wait_for(&self, offset: u64) -> io::Result<()> {
        let index = self.chunk_at(offset);
        loop {
            let moved = self.upload.moved.notified();
            tokio::pin!(moved);
            // Before the look, so that nothing is missed between.
            moved.as_mut().enable();
            match self.upload.presence(index) {
                Presence::There => return Ok(()),
                Presence::Awaited => {}
                Presence::Never => return Err(given_up()),
            }
            let waited = timeout(PATIENCE, moved).await;
            waited.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?;
        }
    }

    /// Bytes of a chunk that is there; blocks. Fails where what was read since the beginning may not be what the file
    /// will be: other bytes came for a chunk.
    pub(crate) fn read(&self, offset: u64, bytes: usize) -> io::Result<Bytes> {
        let read = read_at(&self.part, offset, bytes)?;
        if self.upload.has_ended() || self.upload.withdrawals() != self.withdrawals {
            return Err(given_up());
        }
        Ok(read)
    }
}

fn given_up() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "the upload was given up")
}
