//! Reading a finished file so that nothing goes out as good that the disk gives otherwise than it was stored. What lies
//! in a chunk is hashed while it is read, and the last of it is given out only where the hash is right.

use std::fs::File;
use std::io;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use shared::content::ChunkHasher;
use shared::{ChunkHash, ChunkLayout, ContentHash};

use super::damages::Damages;
use crate::blobs::read_at;

/// Read at once, and of most files a whole chunk, so that not even its beginning goes out before its hash is right.
const PIECE_BYTES: u64 = 1 << 20;

/// A content, open to be read from one place on to another.
pub(crate) struct Verified {
    file: File,
    content: ContentHash,
    layout: ChunkLayout,
    /// Of every chunk.
    hashes: Vec<ChunkHash>,
    damages: Damages,
    hashing: Mutex<Option<Hashing>>,
}

/// A chunk that has been read to somewhere.
struct Hashing {
    index: u32,
    /// Up to where.
    at: u64,
    hasher: ChunkHasher,
}

impl Verified {
    pub(super) fn new(
        file: File,
        content: ContentHash,
        layout: ChunkLayout,
        hashes: Vec<ChunkHash>,
        damages: Damages,
    ) -> Self {
        Self {
            file,
            content,
            layout,
            hashes,
            damages,
            hashing: Mutex::default(),
        }
    }

    /// Up to where to read at once, from `start` on: to the end of its chunk at most.
    pub(crate) fn piece_end(&self, start: u64) -> u64 {
        let range = self.layout.range(self.chunk_at(start));
        let end = range.map_or(start, |range| range.end);
        end.min(start + PIECE_BYTES)
    }

    /// The bytes from `start` on, of one chunk; blocks. `is_last` where nothing behind them will be asked for, so that
    /// the rest of their chunk is looked at now.
    ///
    /// # Errors
    /// [`io::ErrorKind::InvalidData`] where the chunk is not what was stored, which is noted.
    pub(crate) fn read(&self, start: u64, bytes: usize, is_last: bool) -> io::Result<Bytes> {
        let index = self.chunk_at(start);
        let read = self.read_hashed(index, start, bytes, is_last);
        if read.as_ref().is_err_and(is_damage) {
            self.damages.found(self.content, index);
        }
        read
    }

    fn read_hashed(
        &self,
        index: u32,
        start: u64,
        bytes: usize,
        is_last: bool,
    ) -> io::Result<Bytes> {
        let range = self.layout.range(index).ok_or_else(unfit)?;
        let mut hashing = self.hashing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut chunk = match hashing.take() {
            Some(begun) if begun.index == index && begun.at == start => begun,
            Some(_) | None => Hashing {
                index,
                at: range.start,
                hasher: ChunkHasher::new(self.layout, index).ok_or_else(unfit)?,
            },
        };
        self.hash_to(&mut chunk, start)?;
        let read = read_at(&self.file, start, bytes)?;
        chunk.add(&read)?;
        if is_last {
            self.hash_to(&mut chunk, range.end)?;
        }
        if chunk.at < range.end {
            *hashing = Some(chunk);
        } else if chunk.hasher.finish() != self.hashes.get(index as usize).copied() {
            return Err(damaged());
        }
        Ok(read)
    }

    /// Reads on to `end` for the hash alone.
    fn hash_to(&self, chunk: &mut Hashing, end: u64) -> io::Result<()> {
        while chunk.at < end {
            let bytes = PIECE_BYTES.min(end - chunk.at);
            chunk.add(&read_at(&self.file, chunk.at, bytes as usize)?)?;
        }
        Ok(())
    }

    fn chunk_at(&self, offset: u64) -> u32 {
        u32::try_from(offset / u64::from(self.layout.chunk_bytes)).unwrap_or(u32::MAX)
    }
}

impl Hashing {
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += bytes.len() as u64;
        self.hasher.update(bytes).then_some(()).ok_or_else(unfit)
    }
}

/// Whether reading failed by what lies on the disk.
pub(super) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
    ) || error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error())
}

/// A content that is not there is lost as well.
pub(super) fn present(opened: io::Result<File>) -> io::Result<File> {
    opened.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => damaged(),
        _ => error,
    })
}

pub(super) fn damaged() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the disk gives other bytes than were stored",
    )
}

fn unfit() -> io::Error {
    io::Error::other("nothing of a file lies there")
}
