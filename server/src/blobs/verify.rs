//! Whether a content is what its name says, and what else lies in the folder.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use shared::{ContentHash, UploadId};

use super::place::UNFINISHED;
use super::{Blobs, OWNER_FILE, removed};

/// Of one reading.
pub(super) const READ_BYTES: usize = 1 << 20;

/// What is wrong with a content. Something else than these is the reader's trouble.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("is missing")]
    Missing,
    #[error("has {found} bytes instead of {expected}")]
    Size { expected: u64, found: u64 },
    #[error("has another hash: {0}")]
    Hash(ContentHash),
    #[error("cannot be read: {0}")]
    Unreadable(#[source] io::Error),
}

impl Fault {
    pub(crate) fn reading(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            _ => Self::Unreadable(error),
        }
    }
}

/// What lies in the folder of files.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// At the place where they belong.
    pub(crate) contents: Vec<ContentHash>,
    pub(crate) parts: Vec<UploadId>,
    /// Of [`super::Placer`], should it have been cut short.
    pub(crate) unfinished: Vec<PathBuf>,
    /// Among them, with no name of any of these.
    pub(crate) unknown: Vec<PathBuf>,
}

impl Blobs {
    /// All that is in the folder of parts and in those of contents; empty where the folder is not there.
    pub(crate) fn list(&self) -> io::Result<Listing> {
        let mut listing = Listing::default();
        for folder in entries(&self.root)? {
            let is_incoming = folder == self.incoming;
            let holds_contents = folder.file_name().is_some_and(|name| name.len() == 2);
            if !folder.is_dir() || !(is_incoming || holds_contents) {
                continue;
            }
            for path in entries(&folder)? {
                let name = path.file_name().and_then(|name| name.to_str());
                let content = name.and_then(|name| name.parse().ok());
                let part = name.and_then(|name| name.parse().ok());
                match (content, part) {
                    (Some(content), _) if path == self.blob_path(content) => {
                        listing.contents.push(content);
                    }
                    (_, Some(part)) if is_incoming => listing.parts.push(part),
                    (_, _) if path.extension().is_some_and(|it| it == UNFINISHED) => {
                        listing.unfinished.push(path);
                    }
                    (_, _) => listing.unknown.push(path),
                }
            }
        }
        Ok(listing)
    }

    /// Removes what was placed in the folder, its mark, and the folders that are empty then.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let listing = self.list()?;
        for content in listing.contents {
            self.remove_blob(content)?;
        }
        for path in listing.unfinished {
            fs::remove_file(path)?;
        }
        for folder in entries(&self.root)?.iter().filter(|path| path.is_dir()) {
            // Refused where something else lies in it.
            let _ = fs::remove_dir(folder);
        }
        removed(fs::remove_file(self.root.join(OWNER_FILE)))
    }
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Reads the content that should lie at `path`. `read` is told of bytes as they are read.
pub(crate) fn verify(
    path: &Path,
    content: ContentHash,
    size_bytes: u64,
    read: &mut dyn FnMut(u64),
) -> Result<(), Fault> {
    let mut file = open(path, size_bytes)?;
    let found = hash_file(&mut file, read).map_err(Fault::reading)?;
    if found == content {
        Ok(())
    } else {
        Err(Fault::Hash(found))
    }
}

/// Opens what should have this size.
pub(super) fn open(path: &Path, size_bytes: u64) -> Result<File, Fault> {
    let file = File::open(path).map_err(Fault::reading)?;
    let found = file.metadata().map_err(Fault::reading)?.len();
    if found == size_bytes {
        Ok(file)
    } else {
        Err(Fault::Size {
            expected: size_bytes,
            found,
        })
    }
}

/// The hash of what is left of a file. `read` is told of bytes as they are read.
pub(crate) fn hash_file(file: &mut File, read: &mut dyn FnMut(u64)) -> io::Result<ContentHash> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let bytes = match file.read(&mut buffer) {
            Ok(0) => return Ok(ContentHash::from_bytes(*hasher.finalize().as_bytes())),
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..bytes]);
        read(bytes as u64);
    }
}
