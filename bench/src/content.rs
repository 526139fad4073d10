//! A file of any size that takes no memory: one block of noise, with the number of its chunk at the start of each.

use shared::content::{ChunkHasher, merge_chunks};
use shared::{ChunkHash, ChunkLayout, ContentHash};

use anyhow::{Context as _, Result, ensure};

const STAMP_BYTES: usize = 8;

/// The file.
pub(crate) struct Content {
    pub(crate) layout: ChunkLayout,
    block: Vec<u8>,
}

impl Content {
    /// A file of so many whole chunks as `size_mib` makes.
    pub(crate) fn new(size_mib: u64) -> Result<Self> {
        let layout = ChunkLayout::for_size(size_mib << 20).context("the file is too large")?;
        // Xorshift (Marsaglia 2003): nothing on the way could compress or deduplicate it.
        let mut state = 0x9E37_79B9_7F4A_7C15_u64;
        let words = (0..layout.chunk_bytes / 8).flat_map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        });
        Ok(Self {
            layout,
            block: words.collect(),
        })
    }

    /// The bytes of chunk `index`, in two parts; nothing where there is no such chunk.
    pub(crate) fn chunk(&self, index: u32) -> ([u8; STAMP_BYTES], &[u8]) {
        let length = self
            .layout
            .range(index)
            .map_or(0, |range| range.end - range.start);
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        // The size is whole MiB, so every chunk is longer than its stamp.
        let rest = self.block.get(STAMP_BYTES..length).unwrap_or_default();
        (u64::from(index).to_le_bytes(), rest)
    }

    /// What a client states with each chunk, and of the whole.
    pub(crate) fn hashes(&self) -> Result<(Vec<ChunkHash>, ContentHash)> {
        let hash = |index| {
            let (stamp, rest) = self.chunk(index);
            let mut hasher = ChunkHasher::new(self.layout, index)?;
            (hasher.update(&stamp) && hasher.update(rest)).then(|| hasher.finish())?
        };
        let chunks: Option<Vec<ChunkHash>> = (0..self.layout.count()).map(hash).collect();
        let chunks = chunks.context("every chunk has its length")?;
        let whole = merge_chunks(self.layout, &chunks).context("every chunk has a hash")?;
        Ok((chunks, whole))
    }
}

/// Compares what comes with what was sent.
pub(crate) struct Verifier<'a> {
    content: &'a Content,
    position: u64,
    taken_bytes: u64,
    differs_at: Option<u64>,
}

impl<'a> Verifier<'a> {
    pub(crate) fn new(content: &'a Content) -> Self {
        Self {
            content,
            position: 0,
            taken_bytes: 0,
            differs_at: None,
        }
    }

    /// What comes next is chunk `index`.
    pub(crate) fn go_to(&mut self, index: u32) {
        self.position = u64::from(index) * u64::from(self.content.layout.chunk_bytes);
    }

    pub(crate) fn take(&mut self, mut piece: &[u8]) {
        let chunk_bytes = u64::from(self.content.layout.chunk_bytes);
        while !piece.is_empty() && self.differs_at.is_none() {
            let index = u32::try_from(self.position / chunk_bytes).unwrap_or(u32::MAX);
            let within = (self.position % chunk_bytes) as usize;
            let (stamp, rest) = self.content.chunk(index);
            let expected = match within.checked_sub(STAMP_BYTES) {
                None => &stamp[within..],
                Some(within) => &rest[within.min(rest.len())..],
            };
            let length = expected.len().min(piece.len());
            let is_past_the_end = self.position >= self.content.layout.size_bytes;
            if is_past_the_end || expected[..length] != piece[..length] {
                self.differs_at = Some(self.position);
            }
            self.position += length as u64;
            self.taken_bytes += length as u64;
            piece = &piece[length..];
        }
    }

    /// Fails where anything was missing, added or changed.
    pub(crate) fn finish(self) -> Result<()> {
        if let Some(place) = self.differs_at {
            anyhow::bail!("what came differs from what was sent, from byte {place} on");
        }
        let expected = self.content.layout.size_bytes;
        ensure!(
            self.taken_bytes == expected,
            "{} of {expected} bytes came",
            self.taken_bytes
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(content: &Content) -> Vec<u8> {
        let chunks = (0..content.layout.count()).map(|index| content.chunk(index));
        chunks
            .flat_map(|(stamp, rest)| [&stamp[..], rest].concat())
            .collect()
    }

    fn verify(content: &Content, bytes: &[u8]) -> Result<()> {
        let mut verifier = Verifier::new(content);
        bytes.chunks(100_003).for_each(|piece| verifier.take(piece));
        verifier.finish()
    }

    #[test]
    fn a_file_is_verified_to_the_byte() {
        let content = Content::new(3).unwrap();
        let mut bytes = whole(&content);
        assert_eq!(bytes.len(), 3 << 20);
        verify(&content, &bytes).unwrap();
        assert!(verify(&content, &bytes[1..]).is_err(), "cut at the start");
        assert!(
            verify(&content, &bytes[..bytes.len() - 1]).is_err(),
            "cut at the end"
        );
        bytes.push(0);
        assert!(verify(&content, &bytes).is_err(), "one byte more");
        bytes.pop();
        let mut verifier = Verifier::new(&content);
        for index in [2, 0, 1] {
            verifier.go_to(index);
            verifier.take(&bytes[(index as usize) << 20..][..1 << 20]);
        }
        verifier.finish().unwrap();
        bytes[(2 << 20) + 3] ^= 1;
        assert!(
            verify(&content, &bytes).is_err(),
            "one bit in the last stamp"
        );
    }

    #[test]
    fn chunks_differ_and_their_hashes_merge() {
        let content = Content::new(2).unwrap();
        let (chunks, _) = content.hashes().unwrap();
        assert_ne!(chunks[0], chunks[1]);
        let single = Content::new(1).unwrap();
        let (chunks, whole) = single.hashes().unwrap();
        assert_eq!(chunks[0].as_bytes(), whole.as_bytes());
    }
}
