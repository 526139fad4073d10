//! What of a folder was sent to a room, so that the next time only the rest is.

use std::collections::BTreeSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use shared::content::{hash_chunk, merge_chunks};
use shared::{ChunkLayout, ContentHash, RoomId};

use super::{Profile, ProfileError, lock_file, read, write};
use crate::source::place_of;

/// The record of a folder and a room, which no other process has meanwhile.
#[derive(Debug)]
pub struct Synced {
    path: PathBuf,
    /// As [`crate::source::LocalFile::source`]: a file that was changed has another one.
    sources: BTreeSet<String>,
    _lock: File,
}

impl Profile {
    /// What of `folder` was sent to the room. [`ProfileError::FolderBusy`] where another process sends it.
    pub fn synced(&self, folder: &Path, room_id: RoomId) -> Result<Synced, ProfileError> {
        let failed = |error| ProfileError::Io {
            path: folder.to_owned(),
            error,
        };
        let folder = folder.canonicalize().map_err(failed)?;
        let of = format!("{room_id} {}", folder.display());
        let name = name_of(of.as_bytes()).to_string();
        let (lock, path) = lock_file(&self.folder.join(format!("sync-{name}.lock")))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(ProfileError::FolderBusy(folder)),
            Err(TryLockError::Error(error)) => return Err(ProfileError::Io { path, error }),
        }
        let path = self.folder.join(format!("sync-{name}.json"));
        Ok(Synced {
            sources: read(&path)?.unwrap_or_default(),
            path,
            _lock: lock,
        })
    }
}

/// The BLAKE3 hash of a few bytes.
fn name_of(bytes: &[u8]) -> ContentHash {
    let layout = ChunkLayout::for_size(bytes.len() as u64).expect("a path is no large file");
    let hash = hash_chunk(layout, 0, bytes).expect("it is one chunk");
    merge_chunks(layout, &[hash]).expect("it is the only one")
}

impl Synced {
    /// Whether the file, as it is now, was sent.
    pub fn has(&self, source: &str) -> bool {
        self.sources.contains(source)
    }

    /// These were sent; on disk once it returns.
    pub fn add<'a>(&mut self, sources: impl Iterator<Item = &'a str>) -> Result<(), ProfileError> {
        let new: Vec<&str> = sources.collect();
        let places: BTreeSet<&Path> = new.iter().filter_map(|word| place_of(word)).collect();
        self.sources
            .retain(|word| place_of(word).is_none_or(|place| !places.contains(place)));
        self.sources.extend(new.into_iter().map(str::to_owned));
        write(&self.path, &self.sources)
    }
}
