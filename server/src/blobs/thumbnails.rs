//! Thumbnails of contents, `<root>/thumbnails/<two digits>/<content hash>-<edge>`: a store of what can be drawn again, in no
//! backup, and gone with its content.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::PathBuf;

use shared::ContentHash;
use shared::http::ThumbnailBox;

use super::{Blobs, removed};

/// Behind the name of what is being written.
const UNFINISHED: &str = "new";

impl Blobs {
    pub(crate) fn open_thumbnail(
        &self,
        content: ContentHash,
        fits: ThumbnailBox,
    ) -> io::Result<File> {
        File::open(self.thumbnail_path(content, fits))
    }

    /// Keeps what was drawn of a content that is still there.
    pub(crate) fn keep_thumbnail(
        &self,
        content: ContentHash,
        fits: ThumbnailBox,
        bytes: &[u8],
    ) -> io::Result<()> {
        if !self.blob_path(content).try_exists()? {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.require_space(bytes.len() as u64)?;
        let path = self.thumbnail_path(content, fits);
        let unfinished = path.with_extension(UNFINISHED);
        let folder = path.parent().expect("a thumbnail's path is below the root");
        fs::create_dir_all(folder)?;
        let mut file = File::create(&unfinished)?;
        file.write_all(bytes)?;
        // Or a power cut could leave the name of a thumbnail to a file without its bytes.
        file.sync_data()?;
        fs::rename(&unfinished, &path)
    }

    pub(super) fn remove_thumbnails(&self, content: ContentHash) -> io::Result<()> {
        for fits in ThumbnailBox::ALL {
            let path = self.thumbnail_path(content, fits);
            removed(fs::remove_file(path.with_extension(UNFINISHED)))?;
            removed(fs::remove_file(path))?;
        }
        Ok(())
    }

    fn thumbnail_path(&self, content: ContentHash, fits: ThumbnailBox) -> PathBuf {
        let name = content.to_string();
        let folder = self.root.join("thumbnails").join(&name[..2]);
        folder.join(format!("{name}-{}", fits.pixels()))
    }
}
