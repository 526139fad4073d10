//! Contents of files on the disk, one copy each, and the parts of those still on their way.
//!
//! `<root>/incoming/<upload id>` is a part; `<root>/<two digits>/<content hash>` is a content, complete and flushed
//! before it has that name, and never changed after. `<root>/thumbnails/` has what was drawn of them. Every function here blocks: run it by [`Disk`].

use std::fs::{self, File};
use std::io::{self, IoSlice, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use rustix::buffer::spare_capacity;
use shared::{ContentHash, UploadId};

use crate::store::UploadsOwner;

mod disk;
mod place;
mod thumbnails;
mod verify;

pub(crate) use disk::Disk;
pub(crate) use place::{PlaceError, Placer};
pub(crate) use verify::{Fault, Listing, hash_file, verify};

/// Kept free for the database, so that a full disk stops uploads before it stops messages.
const RESERVE_BYTES: u64 = 64 << 20;

/// Of one call. Each call takes the file's lock, so that few are better; but much larger ones make Linux choose large
/// pages for its cache, which virtual machines may have to get from their host first, at a tenth of the speed.
const WRITE_BYTES: usize = 256 * 1024;
/// Of one call (POSIX, IOV_MAX).
const SLICES_MAX: usize = 1024;

/// In the folder: whose files these are. Another database would take them for orphans and remove them.
const OWNER_FILE: &str = "belongs-to";

/// Why the folder of files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OpenUploadsError {
    #[error("cannot write to {}: {source}; choose a directory that this user may write to, with --uploads-dir", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
    #[error(
        "{} holds the files of another database; choose another directory with --uploads-dir, or remove \
         {OWNER_FILE} in it to let this server delete what it does not know",
        .0.display()
    )]
    Foreign(PathBuf),
}

/// The folder of files.
pub(crate) struct Blobs {
    root: PathBuf,
    incoming: PathBuf,
}

impl Blobs {
    /// Makes the folder where it is missing, and tries that it can be written to. It belongs to one database for
    /// good.
    pub(crate) fn open(root: &Path, owner: UploadsOwner) -> Result<Self, OpenUploadsError> {
        let blobs = Self::at(root);
        let tried = blobs.incoming.join("writable");
        let marked = fs::create_dir_all(&blobs.incoming)
            .and_then(|()| File::create(&tried))
            .and_then(|_| fs::remove_file(&tried))
            .and_then(|()| match blobs.owner()? {
                Some(found) => Ok(found),
                None => blobs.mark(owner).map(|()| owner.to_string()),
            });
        let found = marked.map_err(|source| OpenUploadsError::Unwritable {
            path: root.to_owned(),
            source,
        })?;
        if found != owner.to_string() {
            return Err(OpenUploadsError::Foreign(root.to_owned()));
        }
        Ok(blobs)
    }

    /// The folder as it is, if it is there at all.
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            incoming: root.join("incoming"),
        }
    }

    /// What the folder says it belongs to, if it says anything.
    pub(crate) fn owner(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(self.root.join(OWNER_FILE)) {
            Ok(owner) => Ok(Some(owner.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// From now on the folder belongs to this database.
    pub(crate) fn mark(&self, owner: UploadsOwner) -> io::Result<()> {
        let mut file = File::create(self.root.join(OWNER_FILE))?;
        writeln!(file, "{owner}")?;
        file.sync_all()
    }

    /// Fails with [`io::ErrorKind::StorageFull`] where `bytes` more do not fit.
    pub(crate) fn require_space(&self, bytes: u64) -> io::Result<()> {
        let disk = rustix::fs::statvfs(&self.root)?;
        let free = disk.f_bavail.saturating_mul(disk.f_frsize);
        if free < bytes.saturating_add(RESERVE_BYTES) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        Ok(())
    }

    /// The part of an upload, to read and to write at any offset; made where it is missing.
    pub(crate) fn open_part(&self, upload_id: UploadId) -> io::Result<File> {
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        options.open(self.part_path(upload_id))
    }

    /// The same, only to be read; fails where it is not there.
    pub(crate) fn read_part(&self, upload_id: UploadId) -> io::Result<File> {
        File::open(self.part_path(upload_id))
    }

    pub(crate) fn remove_part(&self, upload_id: UploadId) -> io::Result<()> {
        removed(fs::remove_file(self.part_path(upload_id)))
    }

    /// Gives a complete and flushed part its content's name as well; the part stays until it is removed, so
    /// that a crash before the database knows of the content loses nothing.
    pub(crate) fn keep(
        &self,
        upload_id: UploadId,
        content: ContentHash,
        size_bytes: u64,
    ) -> io::Result<()> {
        let path = self.blob_path(content);
        let folder = path.parent().expect("a content's path is below the root");
        // Whoever gave a content this name had it verified and flushed.
        if !has_size(&path, size_bytes) {
            let part = self.part_path(upload_id);
            if !has_size(&part, size_bytes) {
                return Err(io::Error::other("the part has another size than its file"));
            }
            fs::create_dir_all(folder)?;
            match fs::hard_link(&part, &path) {
                Ok(()) => {}
                // Somebody else named the same content just now.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                // Some file systems have no links. There a crash right now costs a new upload.
                Err(_) => fs::rename(&part, &path)?,
            }
        }
        File::open(folder)?.sync_all()?;
        File::open(&self.root)?.sync_all()
    }

    pub(crate) fn open_blob(&self, content: ContentHash) -> io::Result<File> {
        File::open(self.blob_path(content))
    }

    pub(crate) fn remove_blob(&self, content: ContentHash) -> io::Result<()> {
        self.remove_thumbnails(content)?;
        removed(fs::remove_file(self.blob_path(content)))
    }

    /// The uploads that have a part.
    pub(crate) fn parts(&self) -> io::Result<Vec<UploadId>> {
        names_in(&self.incoming)
    }

    /// The contents that have had their name for at least `age`.
    pub(crate) fn contents_older_than(&self, age: Duration) -> io::Result<Vec<ContentHash>> {
        let mut contents = Vec::new();
        for folder in fs::read_dir(&self.root)? {
            let folder = folder?.path();
            if folder == self.incoming || !folder.is_dir() {
                continue;
            }
            for content in names_in(&folder)? {
                let changed = fs::metadata(self.blob_path(content)).and_then(|it| it.modified());
                let since = changed.map(|at| SystemTime::now().duration_since(at));
                if matches!(since, Ok(Ok(since)) if since >= age) {
                    contents.push(content);
                }
            }
        }
        Ok(contents)
    }

    pub(crate) fn part_path(&self, upload_id: UploadId) -> PathBuf {
        self.incoming.join(upload_id.to_string())
    }

    pub(crate) fn blob_path(&self, content: ContentHash) -> PathBuf {
        let name = content.to_string();
        self.root.join(&name[..2]).join(name)
    }
}

/// `len` bytes from `offset` on; fails where the file ends before.
pub(crate) fn read_at(file: &File, offset: u64, len: usize) -> io::Result<Bytes> {
    let mut bytes = Vec::with_capacity(len);
    while bytes.len() < len {
        let at = offset + bytes.len() as u64;
        let read = match rustix::io::pread(file, spare_capacity(&mut bytes), at) {
            Ok(read) => read,
            Err(rustix::io::Errno::INTR) => continue,
            Err(error) => return Err(error.into()),
        };
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    bytes.truncate(len);
    Ok(bytes.into())
}

/// Has the system forget what it keeps of the file in memory, where it can: the next reading asks the disk.
pub(crate) fn forget_cached(file: &File, offset: u64, bytes: u64) {
    #[cfg(target_os = "linux")]
    if let Some(bytes) = std::num::NonZeroU64::new(bytes) {
        let _ = rustix::fs::fadvise(file, offset, Some(bytes), rustix::fs::Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, offset, bytes);
}

/// Writes all of the pieces, one behind the other, from `offset` on.
pub(crate) fn write_at(file: &File, pieces: &[Bytes], mut offset: u64) -> io::Result<()> {
    let cut = pieces.iter().flat_map(|piece| piece.chunks(WRITE_BYTES));
    let mut slices: Vec<IoSlice<'_>> = cut.map(IoSlice::new).collect();
    let mut rest = slices.as_mut_slice();
    while !rest.is_empty() {
        let mut bytes = 0;
        let fitting = rest.iter().take(SLICES_MAX).take_while(|slice| {
            bytes += slice.len();
            bytes <= WRITE_BYTES
        });
        let count = fitting.count();
        match rustix::io::pwritev(file, &rest[..count], offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                offset += written as u64;
                IoSlice::advance_slices(&mut rest, written);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The names in a folder that parse; others are not ours to touch.
fn names_in<T: std::str::FromStr>(folder: &Path) -> io::Result<Vec<T>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        if let Some(Ok(name)) = entry?.file_name().to_str().map(str::parse) {
            names.push(name);
        }
    }
    Ok(names)
}

fn has_size(path: &Path, size_bytes: u64) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() == size_bytes)
}

/// What was not there is removed as well.
fn removed(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests;
