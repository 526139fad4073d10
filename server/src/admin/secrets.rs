//! The files of TLS in a backup: the certificate that the server has made for itself, accounts at authorities, and what
//! these gave, with their keys. They are few, small and nobody's but the operator's to read.

use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use shared::ContentHash;

use crate::blobs::{Fault, PlaceError};
use crate::tls;

/// What the folder of a backup is called that holds them, before the time.
const PREFIX: &str = "tls-";

/// Those of one backup, as its manifest names them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    /// In the folder of the backup.
    pub(super) folder: String,
    files: Vec<SecretFile>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SecretFile {
    /// Below the folder, with `/` between folders.
    name: String,
    size_bytes: u64,
    /// BLAKE3 of the file.
    hash: ContentHash,
}

impl Secrets {
    /// Copies what there is in the data folder into a folder of its own in the backup; nothing where there is none. A
    /// server that runs replaces such a file as a whole or not at all.
    pub(super) fn keep(
        data_dir: &Path,
        backup: &Path,
        time: u64,
    ) -> Result<Option<Self>, PlaceError> {
        let source = data_dir.join(tls::FOLDER);
        let mut names = Vec::new();
        list(&source, "", &mut names).map_err(|error| faulty(&source, Fault::reading(error)))?;
        if names.is_empty() {
            return Ok(None);
        }
        names.sort();
        let folder = format!("{PREFIX}{time}");
        let mut files = Vec::with_capacity(names.len());
        for name in names {
            let path = source.join(&name);
            let bytes = fs::read(&path).map_err(|error| faulty(&path, Fault::reading(error)))?;
            write(&backup.join(&folder).join(&name), &bytes)?;
            files.push(SecretFile {
                name,
                size_bytes: bytes.len() as u64,
                hash: hash_of(&bytes),
            });
        }
        Ok(Some(Self { folder, files }))
    }

    /// Writes them to a data folder, each verified before.
    pub(super) fn bring_back(&self, backup: &Path, data_dir: &Path) -> Result<(), PlaceError> {
        for file in &self.files {
            let path = backup.join(&self.folder).join(&file.name);
            let bytes = fs::read(&path).map_err(|error| faulty(&path, Fault::reading(error)))?;
            let (expected, found) = (file.size_bytes, bytes.len() as u64);
            if found != expected {
                return Err(faulty(&path, Fault::Size { expected, found }));
            }
            let hash = hash_of(&bytes);
            if hash != file.hash {
                return Err(faulty(&path, Fault::Hash(hash)));
            }
            write(&data_dir.join(tls::FOLDER).join(&file.name), &bytes)?;
        }
        Ok(())
    }

    /// Takes back what was brought.
    pub(super) fn clear(data_dir: &Path) -> io::Result<()> {
        match fs::remove_dir_all(data_dir.join(tls::FOLDER)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Whether a folder of the backup is one of these.
    pub(super) fn is_folder(name: &str) -> bool {
        name.starts_with(PREFIX)
    }

    /// Whether nothing in it leads out of the folders that it is for.
    pub(super) fn is_contained(&self) -> bool {
        let is_plain = |name: &str| {
            let mut parts = Path::new(name).components();
            !name.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)))
        };
        let is_one = Path::new(&self.folder).components().count() == 1;
        is_one && is_plain(&self.folder) && self.files.iter().all(|file| is_plain(&file.name))
    }
}

/// Every file in the folder and below, but what is just being written; none where it is not there.
fn list(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            list(&entry.path(), &format!("{name}/"), names)?;
        } else if kind.is_file() && !tls::is_unfinished(&entry.path()) {
            names.push(name);
        }
    }
    Ok(())
}

fn hash_of(bytes: &[u8]) -> ContentHash {
    ContentHash::from_bytes(*blake3::hash(bytes).as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), PlaceError> {
    let path: PathBuf = path.into();
    tls::write_private(&path, bytes).map_err(|source| PlaceError::Unwritable { path, source })
}

fn faulty(path: &Path, fault: Fault) -> PlaceError {
    PlaceError::Faulty {
        path: path.to_owned(),
        fault,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn no_manifest_leads_out_of_its_folders() {
        let secrets = |folder: &str, name: &str| Secrets {
            folder: folder.to_owned(),
            files: vec![SecretFile {
                name: name.to_owned(),
                size_bytes: 0,
                hash: hash_of(b""),
            }],
        };
        assert!(secrets("tls-1", "self-signed.pem").is_contained());
        assert!(secrets("tls-1", "acme.example/account.json").is_contained());
        for (folder, name) in [
            ("tls-1", "../chinwag.db"),
            ("tls-1", "/etc/passwd"),
            ("tls-1", "a/../../b"),
            ("tls-1", ""),
            ("..", "a"),
            ("a/b", "a"),
            ("/", "a"),
            ("", "a"),
        ] {
            assert!(!secrets(folder, name).is_contained(), "{folder:?} {name:?}");
        }
    }
}
