//! The last file of a backup. It says that the backup is complete, and of which database file; that one says which
//! contents belong to it, so that together they tell every byte that must be there.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::{ContentHash, Epoch, RoomId, TimestampMs};

use super::folder::sync_folder;
use super::secrets::Secrets;

const FILE: &str = "manifest.json";
/// Raised where an older version would misread what a newer one writes.
const FORMAT: u32 = 1;

/// Why there is no manifest.
#[derive(Debug, thiserror::Error)]
pub(super) enum ManifestError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} is damaged: {source}", path.display())]
    Damaged {
        path: PathBuf,
        source: serde_json::Error,
    },
    #[error(
        "{} has format {found} and this version knows {FORMAT}; use the newer version that made it",
        path.display()
    )]
    Newer { path: PathBuf, found: u32 },
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// Of the program that made the backup.
    pub(super) version: String,
    pub(super) made_at_ms: TimestampMs,
    pub(super) epoch: Epoch,
    /// By which the backups of different servers are told apart.
    pub(super) lobby: RoomId,
    pub(super) database: DatabaseFile,
    pub(super) rooms: u64,
    pub(super) events: u64,
    pub(super) files: u64,
    /// Where the server has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) secrets: Option<Secrets>,
    /// Contents that the server itself had lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) lost: Vec<ContentHash>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct DatabaseFile {
    /// In the folder.
    pub(super) name: String,
    pub(super) size_bytes: u64,
    /// BLAKE3 of the file.
    pub(super) hash: ContentHash,
}

#[derive(Deserialize)]
struct Format {
    format: u32,
}

impl Manifest {
    pub(super) const FORMAT: u32 = FORMAT;

    /// The manifest of the backup in this folder; `None` where no backup was ever completed there.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>, ManifestError> {
        let path = folder.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(ManifestError::Unreadable { path, source }),
        };
        let read = || -> Result<Result<Self, u32>, serde_json::Error> {
            let Format { format } = serde_json::from_slice(&text)?;
            if format > FORMAT {
                return Ok(Err(format));
            }
            let manifest: Self = serde_json::from_slice(&text)?;
            if Path::new(&manifest.database.name).file_name()
                != Some(manifest.database.name.as_ref())
            {
                return Err(serde::de::Error::custom("the database lies elsewhere"));
            }
            if manifest.secrets.iter().any(|it| !it.is_contained()) {
                return Err(serde::de::Error::custom("files of TLS lie elsewhere"));
            }
            Ok(Ok(manifest))
        };
        match read() {
            Ok(Ok(manifest)) => Ok(Some(manifest)),
            Ok(Err(found)) => Err(ManifestError::Newer { path, found }),
            Err(source) => Err(ManifestError::Damaged { path, source }),
        }
    }

    /// Replaces the manifest of the folder; once this returns, the new backup is what the folder holds.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let unfinished = folder.join("manifest.unfinished");
        let mut file = File::create(&unfinished)?;
        let text = serde_json::to_string_pretty(self).map_err(io::Error::from)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        fs::rename(&unfinished, folder.join(FILE))?;
        sync_folder(folder)
    }
}
