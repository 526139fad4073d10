//! Receiving a file from its beginning to its end, in pieces that end anywhere: for programs that know of no chunks.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use shared::{ChunkHash, ChunkLayout, PersonId, UploadId};
use tokio::task::JoinHandle;

use super::chunk::{ChunkError, ChunkWriter};
use super::{Files, UploadError};

/// Chunks whose rows are being committed while the next one comes.
const ENDING_MAX: usize = 4;

/// Takes the bytes of an upload in order. Dropping it forgets only the chunk that is not whole.
pub(crate) struct Appender {
    files: Arc<Files>,
    person: PersonId,
    upload_id: UploadId,
    layout: ChunkLayout,
    /// The chunk that is being filled, or that comes next.
    index: u32,
    chunk: Option<ChunkWriter>,
    ending: VecDeque<JoinHandle<Result<ChunkHash, ChunkError>>>,
}

impl Files {
    /// Goes on with an upload where the chunks that are there from its beginning on end.
    pub(crate) async fn append(
        self: &Arc<Self>,
        person: PersonId,
        upload_id: UploadId,
    ) -> Result<Appender, UploadError> {
        let upload = self.load(&self.stored(person, upload_id).await?).await?;
        let (present, layout) = (upload.present(), upload.layout);
        let index = present.missing(layout.count()).next();
        Ok(Appender {
            files: self.clone(),
            person,
            upload_id,
            layout,
            index: index.unwrap_or(layout.count()),
            chunk: None,
            ending: VecDeque::new(),
        })
    }
}

impl Appender {
    /// Bytes that were taken.
    pub(crate) fn offset(&self) -> u64 {
        let start = u64::from(self.index) * u64::from(self.layout.chunk_bytes);
        let begun = self.chunk.as_ref().map_or(0, ChunkWriter::received);
        (start + begun).min(self.layout.size_bytes)
    }

    /// Of the whole file.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.layout.size_bytes
    }

    /// Takes the next bytes. After a failure it is to be made anew.
    pub(crate) async fn write(&mut self, pieces: Vec<Bytes>) -> Result<(), ChunkError> {
        let mut batch = Vec::new();
        for mut piece in pieces {
            while !piece.is_empty() {
                let chunk = self.chunk().await?;
                let batched: usize = batch.iter().map(Bytes::len).sum();
                let missing = chunk.missing() - batched as u64;
                let part = usize::try_from(missing).map_or(piece.len(), |it| it.min(piece.len()));
                batch.push(piece.split_to(part));
                if part as u64 == missing {
                    chunk.write(std::mem::take(&mut batch)).await?;
                    self.end_chunk().await?;
                }
            }
        }
        match &mut self.chunk {
            Some(chunk) if !batch.is_empty() => chunk.write(batch).await,
            Some(_) | None => Ok(()),
        }
    }

    /// Ready once every whole chunk that was taken is verified and recorded.
    pub(crate) async fn settle(&mut self) -> Result<(), ChunkError> {
        while let Some(ended) = self.ending.pop_front() {
            // It fails only where the runtime stops.
            ended.await.map_err(std::io::Error::other)??;
        }
        Ok(())
    }

    async fn chunk(&mut self) -> Result<&mut ChunkWriter, ChunkError> {
        let chunk = match self.chunk.take() {
            Some(chunk) => chunk,
            None => {
                let chunk = self
                    .files
                    .put_chunk(self.person, self.upload_id, self.index, None);
                chunk.await?
            }
        };
        Ok(self.chunk.insert(chunk))
    }

    async fn end_chunk(&mut self) -> Result<(), ChunkError> {
        if let Some(chunk) = self.chunk.take() {
            self.index += 1;
            self.ending.push_back(tokio::spawn(chunk.finish()));
        }
        if self.ending.len() > ENDING_MAX
            && let Some(ended) = self.ending.pop_front()
        {
            ended.await.map_err(std::io::Error::other)??;
        }
        Ok(())
    }
}
