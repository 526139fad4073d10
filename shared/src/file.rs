//! Metadata of uploads and of finished files.

use serde::Serialize;

use crate::content::{ChunkHash, ChunkLayout, ContentHash};
use crate::decode::Decode;
use crate::ids::{FileId, RequestId, TimestampMs, UploadId};
use crate::names::FileName;
use crate::secret::Secret;

/// A finished file, as messages and links carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct FileInfo {
    /// Unguessable; whoever has it may fetch the file.
    pub file_id: FileId,
    /// Safe to show and to save under.
    pub name: FileName,
    /// Bytes of the whole.
    pub size_bytes: u64,
    /// What the bytes say that they are, else what the sender said: `image/png`.
    pub media_type: String,
    /// BLAKE3 of the whole; what `b3sum` prints.
    pub content_hash: ContentHash,
    /// The path to fetch it by, percent-encoded: `/files/<file_id>/<name>`.
    pub link: String,
    /// Of an image, so that its place can be kept before it is fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image: Option<ImageSize>,
}

/// A file that a message carries while its sender still uploads it. Its bytes may be read as far as they are there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct ArrivingFile {
    /// As [`FileInfo::file_id`], also of the file that it becomes.
    pub file_id: FileId,
    /// Where it stands among all that the message carries, from 0.
    pub place: u32,
    /// Safe to show and to save under.
    pub name: FileName,
    /// Bytes of the whole.
    pub size_bytes: u64,
    /// What the sender takes it for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// As [`FileInfo::link`].
    pub link: String,
    /// It will never come.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub withdrawn: bool,
}

/// An unfinished upload of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct UploadInfo {
    /// The upload.
    pub upload_id: UploadId,
    /// The file that it becomes.
    pub file_id: FileId,
    /// As repaired.
    pub name: FileName,
    /// Bytes of the whole.
    pub size_bytes: u64,
    /// Bytes of the chunks that are stored and verified.
    pub received_bytes: u64,
    /// When it was begun.
    pub begun_at_ms: TimestampMs,
}

/// An image's size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
pub struct ImageSize {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
}

/// Who may open a file's link.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Decode)]
#[serde(rename_all = "snake_case")]
pub enum LinkAccess {
    /// Whoever has it.
    #[default]
    Anyone,
    /// Whoever has it, is signed in, and is in a room where the file was sent, or sent it.
    Members,
    /// Nobody, for good.
    Revoked,
    /// Of a newer protocol.
    #[serde(other)]
    Unknown,
}

impl LinkAccess {
    /// As it is on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::Members => "members",
            Self::Revoked => "revoked",
            Self::Unknown => "unknown",
        }
    }
}

/// A file's link, who may open it, and how often that was done.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct LinkInfo {
    /// The path to fetch the file by, as [`FileInfo::link`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// Who may.
    pub access: LinkAccess,
    /// Nobody from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<TimestampMs>,
    /// Whoever has nothing but the link is asked for a password.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub has_password: bool,
    /// Downloads by the link so far, without those of members.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub downloads: u64,
    /// How many more may begin; without it, any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downloads_left: Option<u64>,
}

/// Says anew who may open the link of a file of one's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct ChangeLink {
    /// Echoed.
    #[serde(default)]
    pub request_id: RequestId,
    /// The file.
    pub file_id: FileId,
    /// From now on.
    pub access: LinkAccess,
    /// Without it, without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_ms: Option<TimestampMs>,
    /// Another password from now on. Left out, the one before stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    /// From now on there is none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_password: bool,
    /// So many downloads more. Left out, as many as were left before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub downloads_left: Option<u64>,
    /// From now on any number.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub without_limit: bool,
}

impl ChangeLink {
    /// Changes who may open the link, for good; password and limit stay as they are.
    pub fn new(file_id: FileId, access: LinkAccess) -> Self {
        Self {
            request_id: RequestId::default(),
            file_id,
            access,
            expires_at_ms: None,
            password: None,
            without_password: false,
            downloads_left: None,
            without_limit: false,
        }
    }
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Begins an upload, or returns to it where `upload_id` is already known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct BeginUpload {
    /// Echoed; not used over HTTP.
    #[serde(default)]
    pub request_id: RequestId,
    /// Chosen by the client so that a repeat finds the same upload; by the server where it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload_id: Option<UploadId>,
    /// The file's name; the server repairs it where it is not safe.
    pub name: String,
    /// Bytes of the whole.
    pub size_bytes: u64,
    /// What the sender takes it for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
}

/// Ends an upload once every chunk is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct FinishUpload {
    /// Echoed; not used over HTTP.
    #[serde(default)]
    pub request_id: RequestId,
    /// The upload. Over HTTP the path names it.
    pub upload_id: UploadId,
    /// BLAKE3 of the whole as the sender knows it; the server compares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<ContentHash>,
}

/// What the server has of an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct UploadStatus {
    /// Of the request that asked; 0 over HTTP.
    #[serde(default)]
    pub request_id: RequestId,
    /// The upload.
    pub upload_id: UploadId,
    /// The file that it becomes; a message may carry it from now on.
    pub file_id: FileId,
    /// As repaired.
    pub name: FileName,
    /// How the file is cut.
    pub layout: ChunkLayout,
    /// Chunks that are stored and verified.
    pub present: ChunkRanges,
    /// Set once the upload is finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileInfo>,
}

/// A finished file with what is needed to verify each of its chunks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Decode)]
pub struct FileDescription {
    /// Of the request that asked; 0 over HTTP.
    #[serde(default)]
    pub request_id: RequestId,
    /// The file.
    pub file: FileInfo,
    /// How it is cut.
    pub layout: ChunkLayout,
    /// One per chunk, in order. They merge to `file.content_hash`.
    pub chunk_hashes: Vec<ChunkHash>,
}

/// A set of chunk indices as sorted, disjoint, non-adjacent half-open ranges: `[[0,5],[7,8]]`.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Decode)]
#[serde(from = "Vec<(u32, u32)>", into = "Vec<(u32, u32)>")]
pub struct ChunkRanges(Vec<(u32, u32)>);

impl ChunkRanges {
    /// Adds one index.
    pub fn insert(&mut self, index: u32) {
        let at = self.0.partition_point(|&(_, end)| end < index);
        match self.0.get_mut(at) {
            Some((start, end)) if *start <= index && index <= *end => {
                *end = (*end).max(index.saturating_add(1));
                if let Some(&(next_start, next_end)) = self.0.get(at + 1)
                    && next_start <= self.0[at].1
                {
                    self.0[at].1 = next_end;
                    self.0.remove(at + 1);
                }
            }
            Some((start, _)) if index.checked_add(1) == Some(*start) => *start = index,
            Some(_) | None => self.0.insert(at, (index, index.saturating_add(1))),
        }
    }

    /// Whether the index is in the set.
    pub fn contains(&self, index: u32) -> bool {
        let at = self.0.partition_point(|&(_, end)| end <= index);
        self.0.get(at).is_some_and(|&(start, _)| start <= index)
    }

    /// How many indices the set holds.
    pub fn count(&self) -> u32 {
        self.0.iter().map(|(start, end)| end - start).sum()
    }

    /// Every index below `count` that is not in the set, ascending.
    pub fn missing(&self, count: u32) -> impl Iterator<Item = u32> + '_ {
        (0..count).filter(|&index| !self.contains(index))
    }
}

impl FromIterator<u32> for ChunkRanges {
    fn from_iter<T: IntoIterator<Item = u32>>(indices: T) -> Self {
        let mut ranges = Self::default();
        indices.into_iter().for_each(|index| ranges.insert(index));
        ranges
    }
}

impl From<Vec<(u32, u32)>> for ChunkRanges {
    /// Sorts and joins what a peer sent; empty and reversed ranges are dropped.
    fn from(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.retain(|(start, end)| start < end);
        ranges.sort_unstable();
        let mut joined: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (start, end) in ranges {
            match joined.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                Some(_) | None => joined.push((start, end)),
            }
        }
        Self(joined)
    }
}

impl From<ChunkRanges> for Vec<(u32, u32)> {
    fn from(ranges: ChunkRanges) -> Self {
        ranges.0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ranges_are_a_set(indices in proptest::collection::vec(0u32..40, 0..60)) {
            let ranges: ChunkRanges = indices.iter().copied().collect();
            let set: BTreeSet<u32> = indices.into_iter().collect();
            prop_assert_eq!(ranges.count() as usize, set.len());
            prop_assert!((0..50).all(|i| ranges.contains(i) == set.contains(&i)));
            let pairs: Vec<(u32, u32)> = ranges.clone().into();
            prop_assert!(pairs.windows(2).all(|w| w[0].1 < w[1].0), "disjoint and apart: {pairs:?}");
            prop_assert_eq!(ChunkRanges::from(pairs), ranges);
        }

        #[test]
        fn ranges_from_a_peer_never_panic(pairs in any::<Vec<(u32, u32)>>()) {
            let mut ranges = ChunkRanges::from(pairs);
            ranges.insert(u32::MAX - 1);
            prop_assert!(ranges.contains(u32::MAX - 1));
        }
    }
}
