//! Brings a backup back, into empty folders. The database gets its name last: until then no server takes the folder
//! for a whole one, and what fails before leaves the folders empty.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use shared::ContentHash;

use super::folder::{is_same, names_in, sync_folder};
use super::manifest::{Manifest, ManifestError};
use super::progress::Progress;
use super::secrets::Secrets;
use super::words::{count, date};
use super::{Verdict, say, warn};
use crate::Config;
use crate::blobs::{Blobs, PlaceError, Placer};
use crate::store::{self, Content, OpenError};

/// In the data folder, until the database is whole.
const UNFINISHED: &str = "chinwag.db.restoring";
const UNFINISHED_START: &str = "chinwag.db.";
/// Left by whoever had the folder open.
const LOCK_FILE: &str = "chinwag.lock";

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
pub(super) enum RestoreError {
    #[error("{} holds no complete backup: it has no manifest, which a backup gets last", .0.display())]
    Incomplete(PathBuf),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(
        "{} is not empty ({name} is in it); move it away, or name an empty folder with --{flag}",
        path.display()
    )]
    NotEmpty {
        path: PathBuf,
        name: String,
        flag: &'static str,
    },
    #[error(
        "an earlier restore to {} was cut short; remove what is in it and in {}, then restore again",
        data_dir.display(), uploads_dir.display()
    )]
    CutShort {
        data_dir: PathBuf,
        uploads_dir: PathBuf,
    },
    #[error("the backup is damaged: {0}")]
    Damaged(#[source] PlaceError),
    #[error("the backup is damaged: {0}; to restore all the rest, say --without-damaged")]
    DamagedFile(#[source] PlaceError),
    #[error("the backup is damaged: its database is not the one that its manifest names")]
    AnotherDatabase,
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("cannot use {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}

pub(super) fn run(
    config: &Config,
    folder: &Path,
    without_damaged: bool,
    out: &mut dyn Write,
) -> Result<Verdict, RestoreError> {
    let incomplete = || RestoreError::Incomplete(folder.to_owned());
    let manifest = Manifest::read(folder)?.ok_or_else(incomplete)?;
    require_empty(config)?;
    let _lock = store::lock(&config.data_dir)?;
    // Nobody came between.
    require_empty(config)?;
    let restore = Restore {
        config,
        manifest,
        without_damaged,
        folder,
        kept: Blobs::at(&folder.join("uploads")),
        uploads: Blobs::at(&config.uploads_dir),
        unfinished: config.data_dir.join(UNFINISHED),
    };
    let restored = restore.restore();
    if restored.is_err() {
        restore.clear();
    }
    let lost = restored?;
    restore.sum_up(lost, out);
    Ok(if lost == 0 {
        Verdict::Clean
    } else {
        Verdict::Findings
    })
}

fn require_empty(config: &Config) -> Result<(), RestoreError> {
    let (data, uploads) = (&config.data_dir, &config.uploads_dir);
    for (path, other, flag) in [(data, uploads, "data-dir"), (uploads, data, "uploads-dir")] {
        let mut names = names_in(path).map_err(|source| unwritable(path, source))?;
        // One may lie in the other, and what is hidden is nothing of a server's.
        names.retain(|name| !name.starts_with('.') && !is_same(&path.join(name), other));
        if names.iter().any(|name| name.starts_with(UNFINISHED_START)) {
            return Err(RestoreError::CutShort {
                data_dir: config.data_dir.clone(),
                uploads_dir: config.uploads_dir.clone(),
            });
        }
        let path = path.clone();
        if let Some(name) = names.into_iter().find(|name| name != LOCK_FILE) {
            return Err(RestoreError::NotEmpty { path, name, flag });
        }
    }
    Ok(())
}

struct Restore<'a> {
    config: &'a Config,
    manifest: Manifest,
    without_damaged: bool,
    folder: &'a Path,
    kept: Blobs,
    uploads: Blobs,
    unfinished: PathBuf,
}

impl Restore<'_> {
    /// How many contents could not be restored.
    fn restore(&self) -> Result<u64, RestoreError> {
        self.copy_database()?;
        let (identity, contents) = store::adopt(&self.unfinished)?;
        if identity.lobby != self.manifest.lobby {
            return Err(RestoreError::AnotherDatabase);
        }
        let uploads = &self.config.uploads_dir;
        let marked = fs::create_dir_all(uploads).and_then(|()| {
            // Another database that is started on the folder now does not take it for its own.
            self.uploads.mark(identity.uploads_owner)
        });
        marked.map_err(|source| unwritable(uploads, source))?;
        let lost = self.copy_contents(&contents)?;
        if let Some(secrets) = &self.manifest.secrets {
            let brought = secrets.bring_back(self.folder, &self.config.data_dir);
            brought.map_err(|error| match error {
                PlaceError::Faulty { .. } => RestoreError::Damaged(error),
                PlaceError::Unwritable { path, source } => {
                    RestoreError::Unwritable { path, source }
                }
            })?;
        }
        let named = sync_folder(uploads)
            .and_then(|()| fs::File::open(&self.unfinished)?.sync_all())
            .and_then(|()| {
                let path = store::database_path(&self.config.data_dir);
                fs::rename(&self.unfinished, path)
            })
            .and_then(|()| sync_folder(&self.config.data_dir));
        named.map_err(|source| unwritable(&self.config.data_dir, source))?;
        Ok(lost)
    }

    /// Never as a link: the copy is about to change.
    fn copy_database(&self) -> Result<(), RestoreError> {
        let file = &self.manifest.database;
        let mut progress = Progress::new("restoring the database", file.size_bytes);
        let placed = Placer::without_links().place(
            &self.folder.join(&file.name),
            &self.unfinished,
            (file.hash, file.size_bytes),
            &mut |bytes| progress.advance(bytes),
        );
        placed.map_err(|error| match error {
            PlaceError::Faulty { .. } => RestoreError::Damaged(error),
            PlaceError::Unwritable { path, source } => RestoreError::Unwritable { path, source },
        })
    }

    fn copy_contents(&self, contents: &[Content]) -> Result<u64, RestoreError> {
        let known: HashSet<ContentHash> = self.manifest.lost.iter().copied().collect();
        let total = contents.iter().map(|content| content.size_bytes).sum();
        let mut progress = Progress::new("restoring files", total);
        let mut placer = Placer::without_links();
        let mut lost = 0;
        for &Content { hash, size_bytes } in contents {
            let (source, target) = (self.kept.blob_path(hash), self.uploads.blob_path(hash));
            let read = &mut |bytes| progress.advance(bytes);
            match placer.place(&source, &target, (hash, size_bytes), read) {
                Ok(()) => {}
                Err(error @ PlaceError::Faulty { .. }) => {
                    if !known.contains(&hash) && !self.without_damaged {
                        return Err(RestoreError::DamagedFile(error));
                    }
                    warn(&error.to_string());
                    lost += 1;
                }
                Err(PlaceError::Unwritable { path, source }) => {
                    return Err(RestoreError::Unwritable { path, source });
                }
            }
        }
        match placer.flush() {
            Ok(()) => Ok(lost),
            Err(error @ PlaceError::Faulty { .. }) => Err(RestoreError::DamagedFile(error)),
            Err(PlaceError::Unwritable { path, source }) => {
                Err(RestoreError::Unwritable { path, source })
            }
        }
    }

    /// Leaves the folders as empty as they were.
    fn clear(&self) {
        let cleared = fs::remove_file(&self.unfinished)
            .and_then(|()| self.uploads.clear())
            .and_then(|()| Secrets::clear(&self.config.data_dir));
        match cleared {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                eprintln!("chinwag-server: what was restored so far could not be removed: {error}");
            }
            Ok(()) | Err(_) => {}
        }
    }

    fn sum_up(&self, lost: u64, out: &mut dyn Write) {
        let manifest = &self.manifest;
        let line = format!(
            "restored {}, {} and {} as of {} to {} and {}",
            count(manifest.rooms, "room"),
            count(manifest.events, "event"),
            count(manifest.files, "file"),
            date(manifest.made_at_ms),
            self.config.data_dir.display(),
            self.config.uploads_dir.display(),
        );
        say(out, &line);
        if lost > 0 {
            let lost = count(lost, "content");
            warn(&format!(
                "{lost} could not be restored; chinwag-server fsck names their files"
            ));
        }
    }
}

fn unwritable(path: &Path, source: io::Error) -> RestoreError {
    RestoreError::Unwritable {
        path: path.to_owned(),
        source,
    }
}
