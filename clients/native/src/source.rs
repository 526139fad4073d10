//! Files on their way to the server. A file is known by its path, size and time of change, so that one that was
//! changed meanwhile is noticed, in this process and in a later one.

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use shared::content::hash_chunk;
use shared::{ChunkHash, ChunkLayout};

use crate::place;

/// A file to upload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalFile {
    /// Its name without the path.
    pub name: String,
    /// When it was looked at.
    pub size_bytes: u64,
    /// What its extension says.
    pub media_type: Option<String>,
    /// What [`client::Command::BeginUpload`] takes as `source`.
    pub source: String,
}

/// Why a source cannot be read; for people.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// The word is not one that [`LocalFile`] gave.
    #[error("the file's place is not known any more; choose it again")]
    NoPlace,
    /// It is no regular file.
    #[error(
        "{0} is not a file; a folder or device cannot be sent, but a folder that was packed into one file can"
    )]
    NotAFile(PathBuf),
    /// It is not as it was when the upload began.
    #[error("{0} was changed during the upload; send it again")]
    Changed(PathBuf),
    /// The operating system's word.
    #[error("{path} cannot be read: {}", place::why(error))]
    Io { path: PathBuf, error: io::Error },
}

impl LocalFile {
    /// Looks at the file; nothing is read yet.
    pub fn find(path: &Path) -> Result<Self, SourceError> {
        let failed = |error| SourceError::Io {
            path: path.to_owned(),
            error,
        };
        let path = std::path::absolute(path).map_err(failed)?;
        let metadata = path.metadata().map_err(failed)?;
        if !metadata.is_file() {
            return Err(SourceError::NotAFile(path));
        }
        // What has no name in Unicode cannot be found again by a word.
        let place = path.to_str().ok_or(SourceError::NoPlace)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            size_bytes: metadata.len(),
            media_type: mime_guess::from_path(&path).first_raw().map(str::to_owned),
            source: format!("{}:{}:{place}", changed_ns(&metadata), metadata.len()),
        })
    }
}

impl LocalFile {
    /// The same under another name.
    pub fn called(self, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            media_type: mime_guess::from_path(name).first_raw().map(str::to_owned),
            ..self
        }
    }
}

/// Where the bytes of an upload are, by the word that [`LocalFile`] gave for it.
pub fn place_of(source: &str) -> Option<&Path> {
    source.splitn(3, ':').nth(2).map(Path::new)
}

fn changed_ns(metadata: &Metadata) -> u128 {
    let changed = metadata.modified().unwrap_or(UNIX_EPOCH);
    changed
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_nanos()
}

/// An open file, to be read at any place by any thread.
#[derive(Debug)]
pub(crate) struct Source {
    file: File,
    path: PathBuf,
    changed_ns: u128,
    size_bytes: u64,
}

impl Source {
    pub(crate) fn open(word: &str) -> Result<Self, SourceError> {
        let mut parts = word.splitn(3, ':');
        let mut part = || parts.next().ok_or(SourceError::NoPlace);
        let changed_ns = part()?.parse().map_err(|_| SourceError::NoPlace)?;
        let size_bytes = part()?.parse().map_err(|_| SourceError::NoPlace)?;
        let path = PathBuf::from(part()?);
        let file = File::open(&path).map_err(|error| SourceError::Io {
            path: path.clone(),
            error,
        })?;
        let source = Self {
            file,
            path,
            changed_ns,
            size_bytes,
        };
        source.check()?;
        Ok(source)
    }

    fn failed(&self, error: io::Error) -> SourceError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => SourceError::Changed(self.path.clone()),
            _ => SourceError::Io {
                path: self.path.clone(),
                error,
            },
        }
    }

    fn check(&self) -> Result<(), SourceError> {
        let metadata = self.file.metadata().map_err(|error| self.failed(error))?;
        if metadata.len() == self.size_bytes && changed_ns(&metadata) == self.changed_ns {
            Ok(())
        } else {
            Err(SourceError::Changed(self.path.clone()))
        }
    }

    /// Reads and hashes a chunk; blocks.
    pub(crate) fn read(
        &self,
        layout: ChunkLayout,
        index: u32,
    ) -> Result<(Bytes, ChunkHash), SourceError> {
        let changed = || SourceError::Changed(self.path.clone());
        // Resumed with another file: its beginning is not to pass for the whole.
        if layout.size_bytes != self.size_bytes {
            return Err(changed());
        }
        let range = layout.range(index).ok_or_else(changed)?;
        let length = usize::try_from(range.end - range.start).map_err(|_| changed())?;
        let mut bytes = vec![0; length];
        place::read_exact_at(&self.file, &mut bytes, range.start)
            .map_err(|error| self.failed(error))?;
        // Afterwards, so that a change before or during the reading is seen.
        self.check()?;
        let hash = hash_chunk(layout, index, &bytes).ok_or_else(changed)?;
        Ok((bytes.into(), hash))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_is_not_read() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = folder.path().join("a: b.txt");
        std::fs::write(&path, "hello").expect("it can be written");
        let found = LocalFile::find(&path).expect("it is there");
        assert_eq!((found.name.as_str(), found.size_bytes), ("a: b.txt", 5));
        assert_eq!(found.media_type.as_deref(), Some("text/plain"));
        let layout = ChunkLayout::for_size(5).expect("small");
        let source = Source::open(&found.source).expect("unchanged");
        let (bytes, hash) = source.read(layout, 0).expect("unchanged");
        assert_eq!(&bytes[..], b"hello");
        assert_eq!(Some(hash), hash_chunk(layout, 0, b"hello"));
        assert_eq!(place_of(&found.source), Some(path.as_path()));
        let shorter = ChunkLayout::for_size(4).expect("small");
        assert!(matches!(
            source.read(shorter, 0),
            Err(SourceError::Changed(_))
        ));

        let later = File::options().write(true).open(&path).expect("writable");
        let at = std::time::SystemTime::now() + std::time::Duration::from_secs(5);
        later.set_modified(at).expect("the time can be set");
        assert!(matches!(
            source.read(layout, 0),
            Err(SourceError::Changed(_))
        ));
        later.set_len(3).expect("it can be cut");
        assert!(matches!(
            source.read(layout, 0),
            Err(SourceError::Changed(_))
        ));
        assert!(matches!(
            Source::open(&found.source),
            Err(SourceError::Changed(_))
        ));
        assert!(matches!(
            Source::open("nonsense"),
            Err(SourceError::NoPlace)
        ));
        assert!(matches!(
            LocalFile::find(folder.path()),
            Err(SourceError::NotAFile(_))
        ));
    }
}
