//! Gives contents another place: shared with the old one where the file system can do that, else copied. Nothing has
//! its name there before it is verified and flushed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use shared::ContentHash;

use super::verify::{self, Fault, READ_BYTES};

/// Of names that are not a content's yet.
pub(super) const UNFINISHED: &str = "unfinished";

/// Why a content did not get another place.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PlaceError {
    /// Of the content itself; others can still be placed.
    #[error("{} {fault}", path.display())]
    Faulty { path: PathBuf, fault: Fault },
    #[error("cannot write {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}

/// What was placed and how, and what works between the two places.
#[derive(Debug)]
pub(crate) struct Placer {
    clones: bool,
    links: bool,
    folders: BTreeSet<PathBuf>,
    pub(crate) shared: u64,
    pub(crate) copied: u64,
    pub(crate) copied_bytes: u64,
}

impl Default for Placer {
    fn default() -> Self {
        Self {
            clones: true,
            links: true,
            folders: BTreeSet::new(),
            shared: 0,
            copied: 0,
            copied_bytes: 0,
        }
    }
}

impl Placer {
    /// For what is to be changed at its new place, or must not be lost with its source.
    pub(crate) fn without_links() -> Self {
        Self {
            links: false,
            ..Self::default()
        }
    }

    /// Places the content of `source` at `target`, whose folder is made where it is missing. The names are on the
    /// disk after [`Self::flush`]. `read` is told of bytes as they are read.
    pub(crate) fn place(
        &mut self,
        source: &Path,
        target: &Path,
        (content, size_bytes): (ContentHash, u64),
        read: &mut dyn FnMut(u64),
    ) -> Result<(), PlaceError> {
        let folder = target.parent().expect("a content lies in a folder");
        fs::create_dir_all(folder).map_err(|source| unwritable(folder, source))?;
        let faulty = |fault| PlaceError::Faulty {
            path: source.to_owned(),
            fault,
        };
        let file = verify::open(source, size_bytes).map_err(faulty)?;
        let unfinished = target.with_extension(UNFINISHED);
        // Also what an earlier run left: a link may not replace it.
        removed(&unfinished)?;
        if self.clone(&file, &unfinished) || self.link(source, &unfinished) {
            let verified = verify::verify(&unfinished, content, size_bytes, read);
            if let Err(fault) = verified {
                removed(&unfinished)?;
                return Err(faulty(fault));
            }
            self.shared += 1;
        } else {
            let copied = copy(file, &unfinished, content, read);
            match copied {
                Ok(()) => {}
                Err(CopyError::Source(fault)) => {
                    removed(&unfinished)?;
                    return Err(faulty(fault));
                }
                Err(CopyError::Target(source)) => {
                    // What fills the disk does not stay.
                    let _ = fs::remove_file(&unfinished);
                    return Err(unwritable(&unfinished, source));
                }
            }
            self.copied += 1;
            self.copied_bytes += size_bytes;
        }
        fs::rename(&unfinished, target).map_err(|source| unwritable(target, source))?;
        // Renaming does nothing where both names are links to one file.
        removed(&unfinished)?;
        self.folders.insert(folder.to_owned());
        Ok(())
    }

    /// Flushes the names of what was placed.
    pub(crate) fn flush(&mut self) -> Result<(), PlaceError> {
        while let Some(folder) = self.folders.pop_first() {
            let flushed = File::open(&folder).and_then(|open| open.sync_all());
            flushed.map_err(|source| unwritable(&folder, source))?;
        }
        Ok(())
    }

    /// Whether the file system made a file that shares the bytes until one of the two changes.
    fn clone(&mut self, source: &File, target: &Path) -> bool {
        if !self.clones {
            return false;
        }
        let cloned = File::create(target).and_then(|file| {
            rustix::fs::ioctl_ficlone(&file, source)?;
            file.sync_all()
        });
        self.clones = cloned.is_ok();
        if !self.clones {
            // A copy overwrites it; a link finds it in its way.
            let _ = fs::remove_file(target);
        }
        self.clones
    }

    /// Whether the file has a second name now. A content never changes, so that this is as good as a copy.
    fn link(&mut self, source: &Path, target: &Path) -> bool {
        self.links = self.links && fs::hard_link(source, target).is_ok();
        self.links
    }
}

/// Whose fault it is.
enum CopyError {
    Source(Fault),
    Target(io::Error),
}

fn copy(
    mut source: File,
    target: &Path,
    content: ContentHash,
    read: &mut dyn FnMut(u64),
) -> Result<(), CopyError> {
    let mut file = File::create(target).map_err(CopyError::Target)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; READ_BYTES];
    loop {
        let bytes = match source.read(&mut buffer) {
            Ok(0) => break,
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Source(Fault::reading(error))),
        };
        hasher.update(&buffer[..bytes]);
        file.write_all(&buffer[..bytes])
            .map_err(CopyError::Target)?;
        read(bytes as u64);
    }
    let found = ContentHash::from_bytes(*hasher.finalize().as_bytes());
    if found != content {
        return Err(CopyError::Source(Fault::Hash(found)));
    }
    file.sync_all().map_err(CopyError::Target)
}

fn removed(path: &Path) -> Result<(), PlaceError> {
    super::removed(fs::remove_file(path)).map_err(|source| unwritable(path, source))
}

fn unwritable(path: &Path, source: io::Error) -> PlaceError {
    PlaceError::Unwritable {
        path: path.to_owned(),
        source,
    }
}
