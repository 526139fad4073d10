//! Reading finished files: who may, what verifies their chunks, and the bytes, which are what was stored.

use std::io;
use std::ops::Range;

use bytes::Bytes;
use shared::content::hash_chunk;
use shared::file::FileDescription;
use shared::{ChunkLayout, ContentHash, FileId, FileInfo, PersonId, RequestId};

use super::verified::{Verified, damaged, is_damage, present};
use super::{Files, Grant, UploadError, layout};
use crate::blobs::read_at;
use crate::hub::Losses;
use crate::store::{Linked, OpenFile, StoreError};

/// Why a file, or a part of it, was not read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("the file has no such chunk")]
    NoSuchChunk,
    #[error("the file is still on its way")]
    Arriving,
    #[error("the disk has lost a part of the file")]
    Damaged,
    #[error(transparent)]
    Upload(#[from] UploadError),
}

impl From<StoreError> for ReadError {
    fn from(error: StoreError) -> Self {
        Self::Upload(error.into())
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        match is_damage(&error) {
            true => Self::Damaged,
            false => Self::Upload(error.into()),
        }
    }
}

/// A chunk of a finished file.
pub(crate) struct Chunk {
    content: ContentHash,
    layout: ChunkLayout,
    index: u32,
    range: Range<u64>,
}

impl Chunk {
    /// Its bytes.
    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.range.end - self.range.start).unwrap_or(u32::MAX)
    }
}

impl Files {
    /// [`StoreError::FileNotFound`] where there is none that `reader` may open, [`ReadError::Arriving`] where it is not
    /// whole yet.
    pub(crate) async fn file(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
    ) -> Result<OpenFile, ReadError> {
        let found = self.store.open_file(file_id, reader, crate::now_ms());
        whole(found.await?.ok_or(StoreError::FileNotFound)?)
    }

    /// As [`Self::file`], on the terms of its link, which the caller sees to.
    pub(crate) async fn file_on_terms(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
    ) -> Result<OpenFile, ReadError> {
        whole(self.linked_on_terms(file_id, reader).await?)
    }

    pub(super) async fn linked_on_terms(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
    ) -> Result<Linked, StoreError> {
        let found = self.store.open_link(file_id, reader, crate::now_ms());
        found.await?.ok_or(StoreError::FileNotFound)
    }

    /// A file with what is needed to verify its chunks.
    pub(crate) async fn describe_file(
        &self,
        file_id: FileId,
        reader: Option<PersonId>,
        request_id: RequestId,
    ) -> Result<FileDescription, ReadError> {
        let file = self.file(file_id, reader).await?.file;
        self.describe_open(file, request_id).await
    }

    /// Likewise, of a file that the caller knows somebody may open.
    pub(crate) async fn describe_open(
        &self,
        file: FileInfo,
        request_id: RequestId,
    ) -> Result<FileDescription, ReadError> {
        let hashes = self.store.chunk_hashes(file.content_hash).await?;
        Ok(FileDescription {
            request_id,
            layout: layout(file.size_bytes),
            chunk_hashes: hashes.ok_or(StoreError::FileNotFound)?,
            file,
        })
    }

    /// Where a chunk lies, and how long the reader may have it. `losses` are those since before the call.
    pub(crate) async fn chunk(
        &self,
        losses: Losses,
        file_id: FileId,
        reader: PersonId,
        index: u32,
    ) -> Result<(Chunk, Grant), ReadError> {
        let (open, grant) = self.granted(losses, file_id, Some(reader)).await?;
        let layout = layout(open.file.size_bytes);
        let range = layout.range(index);
        let chunk = Chunk {
            content: open.file.content_hash,
            layout,
            index,
            range: range.ok_or(ReadError::NoSuchChunk)?,
        };
        Ok((chunk, grant))
    }

    /// The bytes of one chunk, which are what was stored.
    pub(crate) async fn read_chunk(&self, chunk: &Chunk) -> Result<Bytes, ReadError> {
        let (content, layout, index) = (chunk.content, chunk.layout, chunk.index);
        let expected = self.store.chunk_hash(content, index).await?;
        let (blobs, damages) = (self.blobs.clone(), self.damages.clone());
        let (start, len) = (chunk.range.start, chunk.len() as usize);
        let read = move || {
            let read = present(blobs.open_blob(content))
                .and_then(|file| read_at(&file, start, len))
                .and_then(|bytes| match hash_chunk(layout, index, &bytes) {
                    hash if hash == expected => Ok(bytes),
                    _other => Err(damaged()),
                });
            if read.as_ref().is_err_and(is_damage) {
                damages.found(content, index);
            }
            read
        };
        Ok(self.disk.run(read).await?)
    }

    /// The content of a file, open to be read by jobs of [`Self::disk`].
    pub(crate) async fn open(&self, file: &FileInfo) -> Result<Verified, ReadError> {
        let content = file.content_hash;
        let hashes = self.store.chunk_hashes(content).await?;
        let hashes = hashes.ok_or(StoreError::FileNotFound)?;
        let (blobs, damages) = (self.blobs.clone(), self.damages.clone());
        let layout = layout(file.size_bytes);
        let open = move || match present(blobs.open_blob(content)) {
            Ok(file) => Ok(Verified::new(file, content, layout, hashes, damages)),
            Err(error) => {
                if is_damage(&error) {
                    damages.found(content, 0);
                }
                Err(error)
            }
        };
        Ok(self.disk.run(open).await?)
    }
}

fn whole(linked: Linked) -> Result<OpenFile, ReadError> {
    match linked {
        Linked::File(open) => Ok(open),
        Linked::Arriving(_) => Err(ReadError::Arriving),
    }
}
