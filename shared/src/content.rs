//! How a file is cut into chunks, and how each chunk is verified alone.
//!
//! A file's identity is its BLAKE3 hash. BLAKE3 is a binary tree over 1 KiB pieces; a chunk of a power of
//! two of them, aligned, is a subtree, so its chaining value is known from its bytes and its position alone,
//! and the chaining values of all chunks merge to the file's hash ("BLAKE3", section 2.1; crate `blake3`,
//! module `hazmat`).

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use blake3::hazmat::{HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root};
use serde::Serialize;

use crate::decode::{Decode, text_form};
use crate::limits::{CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNKS_MAX, FILE_BYTES_MAX};

macro_rules! hash_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The hash with these 32 bytes.
            pub fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The 32 bytes.
            pub fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = blake3::HexError;
            fn from_str(text: &str) -> Result<Self, blake3::HexError> {
                Ok(Self(*blake3::Hash::from_hex(text)?.as_bytes()))
            }
        }

        text_form!($name);
    };
}

hash_type!(
    /// The BLAKE3 hash of a whole file, 64 hexadecimal digits on the wire.
    ContentHash
);
hash_type!(
    /// What verifies one chunk: the chaining value of its subtree, or, where the file is a single chunk,
    /// the file's own hash.
    ChunkHash
);

/// How a file of a given size is cut: every chunk has `chunk_bytes`, the last one what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
pub struct ChunkLayout {
    /// Bytes of the whole file.
    pub size_bytes: u64,
    /// Bytes of a chunk: a power of two from 1 MiB to 32 MiB.
    pub chunk_bytes: u32,
}

impl ChunkLayout {
    /// The layout that everyone uses for a file of this size: the smallest chunk with which at most
    /// [`CHUNKS_MAX`] are needed. `None` above [`FILE_BYTES_MAX`].
    pub fn for_size(size_bytes: u64) -> Option<Self> {
        if size_bytes > FILE_BYTES_MAX {
            return None;
        }
        let mut chunk_bytes = CHUNK_BYTES_MIN;
        while size_bytes.div_ceil(u64::from(chunk_bytes)) > u64::from(CHUNKS_MAX) {
            chunk_bytes *= 2;
        }
        debug_assert!(chunk_bytes <= CHUNK_BYTES_MAX);
        Some(Self {
            size_bytes,
            chunk_bytes,
        })
    }

    /// Chunks in the file; an empty file has none.
    pub fn count(&self) -> u32 {
        u32::try_from(self.size_bytes.div_ceil(u64::from(self.chunk_bytes.max(1))))
            .unwrap_or(u32::MAX)
    }

    /// Where chunk `index` lies in the file, in bytes; `None` where there is no such chunk.
    pub fn range(&self, index: u32) -> Option<Range<u64>> {
        let start = u64::from(index) * u64::from(self.chunk_bytes);
        (start < self.size_bytes)
            .then(|| start..(start + u64::from(self.chunk_bytes)).min(self.size_bytes))
    }

    /// Bytes of so many of its chunks, where the file's last one is among them or is not.
    pub fn bytes_of(&self, chunks: u32, with_last: bool) -> u64 {
        let chunk_bytes = u64::from(self.chunk_bytes);
        let lacking = match with_last {
            true => u64::from(self.count()) * chunk_bytes - self.size_bytes,
            false => 0,
        };
        (u64::from(chunks) * chunk_bytes).saturating_sub(lacking)
    }
}

/// Hashes one chunk as its bytes come.
pub struct ChunkHasher {
    hasher: blake3::Hasher,
    single: bool,
    bytes_left: u64,
}

impl ChunkHasher {
    /// For chunk `index` of a file of `layout`; `None` where there is no such chunk.
    pub fn new(layout: ChunkLayout, index: u32) -> Option<Self> {
        let range = layout.range(index)?;
        let mut hasher = blake3::Hasher::new();
        hasher.set_input_offset(range.start);
        Some(Self {
            hasher,
            single: layout.count() == 1,
            bytes_left: range.end - range.start,
        })
    }

    /// Takes the next bytes; false, and nothing is taken, where they are more than the chunk has left.
    #[must_use]
    pub fn update(&mut self, bytes: &[u8]) -> bool {
        match self.bytes_left.checked_sub(bytes.len() as u64) {
            Some(left) => {
                self.bytes_left = left;
                self.hasher.update(bytes);
                true
            }
            None => false,
        }
    }

    /// The hash; `None` where bytes are missing.
    pub fn finish(self) -> Option<ChunkHash> {
        match (self.bytes_left, self.single) {
            (0, true) => Some(ChunkHash(*self.hasher.finalize().as_bytes())),
            (0, false) => Some(ChunkHash(self.hasher.finalize_non_root())),
            (_, _) => None,
        }
    }
}

/// The hash of chunk `index`; `None` where there is no such chunk or `bytes` has another length.
pub fn hash_chunk(layout: ChunkLayout, index: u32, bytes: &[u8]) -> Option<ChunkHash> {
    let mut hasher = ChunkHasher::new(layout, index)?;
    if hasher.update(bytes) {
        hasher.finish()
    } else {
        None
    }
}

/// The file's hash from those of its chunks, in order; `None` where their number is not `layout.count()`.
pub fn merge_chunks(layout: ChunkLayout, chunks: &[ChunkHash]) -> Option<ContentHash> {
    if chunks.len() != layout.count() as usize {
        return None;
    }
    Some(match chunks {
        [] => ContentHash(*blake3::hash(b"").as_bytes()),
        [single] => ContentHash(single.0),
        [..] => {
            let (left, right) = chunks.split_at(left_subtree(chunks.len()));
            let root = merge_subtrees_root(&subtree(left), &subtree(right), Mode::Hash);
            ContentHash(*root.as_bytes())
        }
    })
}

fn subtree(chunks: &[ChunkHash]) -> [u8; 32] {
    match chunks {
        [single] => single.0,
        [..] => {
            let (left, right) = chunks.split_at(left_subtree(chunks.len()));
            merge_subtrees_non_root(&subtree(left), &subtree(right), Mode::Hash)
        }
    }
}

/// Chunks in the left subtree: the largest power of two below `count`, which is at least 2.
fn left_subtree(count: usize) -> usize {
    count.next_power_of_two() / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(len: usize) -> Vec<u8> {
        (0..len as u64)
            .map(|i| (i.wrapping_mul(0x9E37_79B9) >> 13) as u8)
            .collect()
    }

    #[test]
    fn chunks_have_their_bytes() {
        let layout = ChunkLayout::for_size((2 << 20) + 7).expect("a small file");
        assert_eq!(layout.bytes_of(0, false), 0);
        assert_eq!(layout.bytes_of(2, false), 2 << 20);
        assert_eq!(layout.bytes_of(1, true), 7);
        assert_eq!(layout.bytes_of(3, true), (2 << 20) + 7);
        let even = ChunkLayout::for_size(2 << 20).expect("a small file");
        assert_eq!(even.bytes_of(1, true), 1 << 20);
        let empty = ChunkLayout::for_size(0).expect("a small file");
        assert_eq!(empty.bytes_of(0, false), 0);
    }

    #[test]
    fn chunk_hashes_merge_to_what_b3sum_prints() {
        let mib = 1 << 20;
        for len in [
            0,
            1,
            1023,
            mib - 1,
            mib,
            mib + 1,
            2 * mib,
            3 * mib + 77,
            5 * mib,
            8 * mib,
        ] {
            let content = bytes(len);
            let layout = ChunkLayout::for_size(len as u64).expect("a small file");
            let hashes: Vec<ChunkHash> = (0..layout.count())
                .map(|i| {
                    let range = layout.range(i).expect("a chunk");
                    let part = &content[range.start as usize..range.end as usize];
                    hash_chunk(layout, i, part).expect("a hash")
                })
                .collect();
            let whole = ContentHash(*blake3::hash(&content).as_bytes());
            assert_eq!(merge_chunks(layout, &hashes), Some(whole), "{len} bytes");
            assert_eq!(
                merge_chunks(layout, &[hashes.clone(), hashes].concat()).is_none(),
                len > 0
            );
        }
    }

    #[test]
    fn a_chunk_at_another_place_has_another_hash() {
        let layout = ChunkLayout::for_size(4 << 20).expect("a small file");
        let part = bytes(1 << 20);
        assert_ne!(hash_chunk(layout, 0, &part), hash_chunk(layout, 1, &part));
        assert_eq!(hash_chunk(layout, 0, &part[1..]), None, "too short");
        assert_eq!(hash_chunk(layout, 4, &part), None, "no such chunk");
        assert_eq!(
            hash_chunk(layout, 0, &bytes((1 << 20) + 1)),
            None,
            "too long"
        );
    }

    #[test]
    fn chunks_grow_with_the_file() {
        let chunk_bytes = |size| ChunkLayout::for_size(size).map(|layout| layout.chunk_bytes);
        assert_eq!(chunk_bytes(0), Some(1 << 20));
        assert_eq!(chunk_bytes(4 << 30), Some(1 << 20));
        assert_eq!(chunk_bytes((4 << 30) + 1), Some(2 << 20));
        assert_eq!(chunk_bytes(FILE_BYTES_MAX), Some(CHUNK_BYTES_MAX));
        assert_eq!(chunk_bytes(FILE_BYTES_MAX + 1), None);
    }
}
