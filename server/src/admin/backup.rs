//! Copies database and files into a folder. The manifest is replaced last: until then the folder holds the earlier
//! backup, and what a run that was cut short left there is only not copied again by the next one.

use std::collections::HashSet;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use shared::ContentHash;

use super::folder::{is_within, names_in, sync_folder};
use super::manifest::{DatabaseFile, Manifest, ManifestError};
use super::progress::Progress;
use super::secrets::Secrets;
use super::words::{count, size};
use super::{Verdict, say, warn};
use crate::Config;
use crate::blobs::{Blobs, Fault, PlaceError, Placer, hash_file, verify};
use crate::lock::Lock;
use crate::store::{Content, Identity, Snapshot, SnapshotError};

mod lost;

use lost::{Lost, until_settled};

/// Held by whoever writes the backup. That it is there tells a folder of backups from others.
const LOCK_FILE: &str = "chinwag-backup.lock";

/// Why there is no new backup. An earlier one is as it was.
#[derive(Debug, thiserror::Error)]
pub(super) enum BackupError {
    #[error("{} holds what is to be backed up; choose another folder", .0.display())]
    Inside(PathBuf),
    #[error("{} is not empty and holds no backup; choose another folder", .0.display())]
    NotABackup(PathBuf),
    #[error("{} holds the backup of another server; choose another folder", .0.display())]
    OfAnother(PathBuf),
    #[error("another backup to {} is under way", .0.display())]
    InUse(PathBuf),
    #[error("{} does not belong to this database; name the folder that does, with --uploads-dir", .0.display())]
    ForeignUploads(PathBuf),
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Place(#[from] PlaceError),
    #[error("cannot use {}: {source}", path.display())]
    Unwritable { path: PathBuf, source: io::Error },
}

pub(super) fn run(
    config: &Config,
    folder: &Path,
    verify_all: bool,
    out: &mut dyn Write,
) -> Result<Verdict, BackupError> {
    let inside = |outer: &&PathBuf| is_within(folder, outer);
    if let Some(outer) = [&config.data_dir, &config.uploads_dir]
        .into_iter()
        .find(inside)
    {
        return Err(BackupError::Inside(outer.clone()));
    }
    let _lock = open(folder)?;
    let mut backup = Backup {
        config,
        folder,
        uploads: Blobs::at(&config.uploads_dir),
        kept: Blobs::at(&folder.join("uploads")),
        earlier: Manifest::read(folder)?,
        verify_all,
        placer: Placer::default(),
    };
    backup.make(out)
}

/// Makes the folder where it is missing, readable by its owner alone, and keeps other backups out of it.
fn open(folder: &Path) -> Result<Lock, BackupError> {
    let failed = |source| unwritable(folder, source);
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(failed)?;
    let names = names_in(folder).map_err(failed)?;
    if !names.is_empty() && !names.iter().any(|name| name == LOCK_FILE) {
        return Err(BackupError::NotABackup(folder.to_owned()));
    }
    let lock = Lock::take(&folder.join(LOCK_FILE)).map_err(failed)?;
    lock.ok_or_else(|| BackupError::InUse(folder.to_owned()))
}

struct Backup<'a> {
    config: &'a Config,
    folder: &'a Path,
    /// Where the server keeps its files.
    uploads: Blobs,
    /// Where the backup keeps them.
    kept: Blobs,
    earlier: Option<Manifest>,
    verify_all: bool,
    placer: Placer,
}

impl Backup<'_> {
    fn make(&mut self, out: &mut dyn Write) -> Result<Verdict, BackupError> {
        let made_at_ms = crate::now_ms();
        let name = format!("chinwag-{made_at_ms}.db");
        let unfinished = self.folder.join("database.unfinished");
        let copied = until_settled(|| self.copy(&unfinished));
        if copied.is_err() {
            // What fills the disk does not stay.
            let _ = fs::remove_file(&unfinished);
        }
        let (snapshot, lost) = copied?;
        let database = self.name_database(&unfinished, name)?;
        let secrets = Secrets::keep(&self.config.data_dir, self.folder, made_at_ms.0)?;
        let manifest = Manifest {
            format: Manifest::FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            made_at_ms,
            epoch: snapshot.identity.epoch,
            lobby: snapshot.identity.lobby,
            database,
            rooms: snapshot.rooms,
            events: snapshot.events,
            files: snapshot.files,
            secrets,
            lost: lost.iter().map(|lost| lost.content).collect(),
        };
        let written = manifest.write(self.folder);
        written.map_err(|source| unwritable(self.folder, source))?;
        self.prune(&manifest, &snapshot)?;
        self.sum_up(&snapshot, &lost, out);
        Ok(if lost.is_empty() {
            Verdict::Clean
        } else {
            Verdict::Findings
        })
    }

    /// Copies the database, and the contents that it names; what was lost of those.
    fn copy(&mut self, database: &Path) -> Result<(Snapshot, Vec<Lost>), BackupError> {
        let mut progress = Progress::new("copying the database", 0);
        let snapshot = Snapshot::take(&self.config.data_dir, database, &mut |done, total| {
            progress.at(done, total);
        })?;
        self.require_same(&snapshot.identity, !snapshot.contents.is_empty())?;
        let lost = self.copy_contents(&snapshot.contents)?;
        Ok((snapshot, lost))
    }

    /// That the folders belong together.
    fn require_same(&self, identity: &Identity, has_contents: bool) -> Result<(), BackupError> {
        let earlier = self.earlier.as_ref();
        if earlier.is_some_and(|earlier| earlier.lobby != identity.lobby) {
            return Err(BackupError::OfAnother(self.folder.to_owned()));
        }
        let uploads = &self.config.uploads_dir;
        let owner = self.uploads.owner();
        let owner = owner.map_err(|source| unwritable(uploads, source))?;
        match owner {
            Some(owner) if owner == identity.uploads_owner.to_string() => Ok(()),
            None if !has_contents => Ok(()),
            Some(_) | None => Err(BackupError::ForeignUploads(uploads.clone())),
        }
    }

    fn copy_contents(&mut self, contents: &[Content]) -> Result<Vec<Lost>, BackupError> {
        let mut lost = Vec::new();
        let total = contents.iter().map(|content| content.size_bytes).sum();
        let mut progress = Progress::new("copying files", total);
        for &Content { hash, size_bytes } in contents {
            let (source, target) = (self.uploads.blob_path(hash), self.kept.blob_path(hash));
            if self.is_there(&target, hash, size_bytes, &mut progress) {
                continue;
            }
            let read = &mut |bytes| progress.advance(bytes);
            match self
                .placer
                .place(&source, &target, (hash, size_bytes), read)
            {
                Ok(()) => {}
                Err(PlaceError::Faulty { path, fault }) => lost.push(Lost {
                    content: hash,
                    is_missing: matches!(fault, Fault::Missing),
                    why: format!("{} {fault}", path.display()),
                }),
                Err(error @ PlaceError::Unwritable { .. }) => return Err(error.into()),
            }
        }
        self.placer.flush()?;
        // The folders of contents are names as well.
        match sync_folder(&self.folder.join("uploads")) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(unwritable(self.folder, error))
            }
            Ok(()) | Err(_) => Ok(lost),
        }
    }

    /// Whether an earlier run has placed the content, which then was verified.
    fn is_there(
        &self,
        path: &Path,
        hash: ContentHash,
        size_bytes: u64,
        progress: &mut Progress,
    ) -> bool {
        if self.verify_all {
            verify(path, hash, size_bytes, &mut |bytes| progress.advance(bytes)).is_ok()
        } else {
            progress.advance(size_bytes);
            fs::metadata(path).is_ok_and(|found| found.len() == size_bytes)
        }
    }

    /// Gives the copy of the database the name that the manifest will say.
    fn name_database(&self, unfinished: &Path, name: String) -> Result<DatabaseFile, BackupError> {
        let path = self.folder.join(&name);
        let named = || -> io::Result<DatabaseFile> {
            let mut file = File::open(unfinished)?;
            let size_bytes = file.metadata()?.len();
            let mut progress = Progress::new("reading the copy of the database", size_bytes);
            let hash = hash_file(&mut file, &mut |bytes| progress.advance(bytes))?;
            fs::rename(unfinished, &path)?;
            sync_folder(self.folder)?;
            Ok(DatabaseFile {
                name,
                size_bytes,
                hash,
            })
        };
        named().map_err(|source| unwritable(&path, source))
    }

    /// Removes what the backup of now does not need.
    fn prune(&self, manifest: &Manifest, snapshot: &Snapshot) -> Result<(), BackupError> {
        let prune = || -> io::Result<()> {
            let kept = manifest.secrets.as_ref().map(|secrets| &secrets.folder);
            for name in names_in(self.folder)? {
                if Secrets::is_folder(&name) && Some(&name) != kept {
                    fs::remove_dir_all(self.folder.join(&name))?;
                }
                let is_database = name.starts_with("chinwag-") && name.ends_with(".db");
                if is_database && name != manifest.database.name {
                    fs::remove_file(self.folder.join(name))?;
                }
            }
            let contents = snapshot.contents.iter();
            let needed: HashSet<ContentHash> = contents.map(|content| content.hash).collect();
            let listing = self.kept.list()?;
            for content in listing.contents {
                if !needed.contains(&content) {
                    self.kept.remove_blob(content)?;
                }
            }
            for path in listing.unfinished {
                fs::remove_file(path)?;
            }
            Ok(())
        };
        prune().map_err(|source| unwritable(self.folder, source))
    }

    fn sum_up(&self, snapshot: &Snapshot, lost: &[Lost], out: &mut dyn Write) {
        let Placer {
            shared,
            copied,
            copied_bytes,
            ..
        } = &self.placer;
        let missing = lost.len() as u64;
        let there = (snapshot.contents.len() as u64).saturating_sub(shared + copied + missing);
        let line = format!(
            "backed up {}, {} and {} to {}: {} copied ({}), {shared} shared with the server's, {there} there already",
            count(snapshot.rooms, "room"),
            count(snapshot.events, "event"),
            count(snapshot.files, "file"),
            self.folder.display(),
            count(*copied, "content"),
            size(*copied_bytes),
        );
        say(out, &line);
        if snapshot.uploads_left_out > 0 {
            let uploads = count(snapshot.uploads_left_out, "unfinished upload");
            let line = format!("{uploads} left out; senders begin again after a restore");
            say(out, &line);
        }
        for lost in lost {
            warn(&lost.why);
        }
        if missing > 0 {
            let lost = count(missing, "content");
            warn(&format!(
                "{lost} lost by the server and not in the backup; chinwag-server fsck names their files"
            ));
        }
    }
}

fn unwritable(path: &Path, source: io::Error) -> BackupError {
    BackupError::Unwritable {
        path: path.to_owned(),
        source,
    }
}
