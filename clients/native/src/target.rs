//! Files on their way from the server. What has come so far lies beside the target under a name of its own, which
//! the file's hash is part of, so that a later attempt finds it and nothing else; the whole gets its name at the end.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use shared::content::hash_chunk;
use shared::file::FileDescription;
use shared::limits::FILE_NAME_BYTES_MAX;
use shared::{ChunkRanges, FileName};

use crate::place;

/// Names are tried up to `name (999).ext`.
const ATTEMPTS_MAX: u32 = 1000;

/// Why a target cannot be written; for people.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// Another process or another download writes it.
    #[error("{0} is being written by another download; wait for that one")]
    Busy(PathBuf),
    /// The disk did not take what was written.
    #[error("{path} cannot be written: {}", place::why(error))]
    Io { path: PathBuf, error: io::Error },
    /// There are files of all names that could be given.
    #[error("{0} exists, and so do the names beside it; choose another name or folder")]
    NoNameLeft(PathBuf),
}

/// A partial file, locked, to be written at any place by any thread.
#[derive(Debug)]
pub struct Target {
    file: File,
    partial: PathBuf,
    path: PathBuf,
    size_bytes: u64,
}

impl Target {
    /// Opens what is there of the file or begins anew, and says which chunks are there and right. Where `path` is
    /// a folder or ends in a separator, the file gets the server's name in it. Blocks while it hashes.
    pub fn open(path: &Path, what: &FileDescription) -> Result<(Self, ChunkRanges), TargetError> {
        let path = place_for(path, &what.file.name);
        let failed = |path: &Path, error| TargetError::Io {
            path: path.to_owned(),
            error,
        };
        let folder = path.parent().unwrap_or(Path::new(""));
        if !folder.as_os_str().is_empty() {
            fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let hash = what.file.content_hash.to_string();
        let partial = path.with_file_name(partial_name(&name, &hash));
        let file = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&partial)
            .map_err(|error| failed(&path, error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(TargetError::Busy(path)),
            // A file system without locks: two downloads of one file would write the same bytes.
            Err(fs::TryLockError::Error(_)) => {}
        }
        let target = Self {
            file,
            partial,
            path,
            size_bytes: what.layout.size_bytes,
        };
        let present = target.verified(what);
        Ok((target, present))
    }

    fn verified(&self, what: &FileDescription) -> ChunkRanges {
        let mut present = ChunkRanges::default();
        let length = self.file.metadata().map_or(0, |metadata| metadata.len());
        let mut bytes = Vec::new();
        for (index, hash) in (0..).zip(&what.chunk_hashes) {
            let Some(range) = what.layout.range(index).filter(|range| range.end <= length) else {
                break;
            };
            bytes.resize((range.end - range.start) as usize, 0);
            let read = place::read_exact_at(&self.file, &mut bytes, range.start);
            if read.is_ok() && hash_chunk(what.layout, index, &bytes) == Some(*hash) {
                present.insert(index);
            }
        }
        present
    }

    fn failed(&self, error: io::Error) -> TargetError {
        TargetError::Io {
            path: self.path.clone(),
            error,
        }
    }

    /// Writes a verified chunk; blocks.
    pub fn write(&self, bytes: &[u8], offset: u64) -> Result<(), TargetError> {
        place::write_all_at(&self.file, bytes, offset).map_err(|error| self.failed(error))
    }

    /// Puts the whole on disk and in its place, or, where a file is there already, beside it. Returns where.
    pub fn finish(&self) -> Result<PathBuf, TargetError> {
        let flushed = self
            .file
            .set_len(self.size_bytes)
            .and_then(|()| self.file.sync_all());
        flushed.map_err(|error| self.failed(error))?;
        for attempt in 0..ATTEMPTS_MAX {
            let path = numbered(&self.path, attempt);
            match move_to_free(&self.partial, &path) {
                Ok(()) => return Ok(path),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(TargetError::Io { path, error }),
            }
        }
        Err(TargetError::NoNameLeft(self.path.clone()))
    }
}

fn place_for(path: &Path, name: &FileName) -> PathBuf {
    let text = path.as_os_str().to_string_lossy();
    if text.is_empty() || text.ends_with(std::path::is_separator) || path.is_dir() {
        // Safe as a name in any folder: `FileName` repairs itself when it is read from the server.
        path.join(name.as_str())
    } else {
        path.to_owned()
    }
}

/// Within the length that file systems take.
fn partial_name(name: &str, hash: &str) -> String {
    let suffix = format!(".{}.part", &hash[..8]);
    let mut end = name.len().min(FILE_NAME_BYTES_MAX - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}{suffix}", &name[..end])
}

/// `name.ext`, `name (1).ext`, `name (2).ext`, …, cut to the length that file systems take.
fn numbered(path: &Path, attempt: u32) -> PathBuf {
    if attempt == 0 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut tail = format!(" ({attempt})");
    if let Some(extension) = path.extension() {
        tail.push('.');
        tail.push_str(&extension.to_string_lossy());
    }
    let mut end = stem
        .len()
        .min(FILE_NAME_BYTES_MAX.saturating_sub(tail.len()));
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    let mut name = OsString::from(&stem[..end]);
    name.push(tail);
    path.with_file_name(name)
}

/// Renames, but never over a file that is there.
fn move_to_free(from: &Path, to: &Path) -> io::Result<()> {
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // A file system without links: an empty file keeps the name until the whole replaces it.
        Err(_) => {
            File::options().write(true).create_new(true).open(to)?;
            fs::rename(from, to)
        }
    }?;
    sync_folder(to.parent().unwrap_or(Path::new("")))
}

/// Makes names last across a power cut, where the system can.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
