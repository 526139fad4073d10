//! The files of a folder, as they are sent.

use std::path::Path;
use std::{fs, io};

use crate::source::{LocalFile, SourceError};

/// A file, and where it lies in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderFile {
    /// Names of folders from that folder on, each with a `/` behind it; empty for those right in it.
    pub within: String,
    pub file: LocalFile,
}

/// What was found in a folder.
#[derive(Debug, Default)]
pub struct FolderFiles {
    /// By name, each folder's own files before those of its folders.
    pub files: Vec<FolderFile>,
    /// Links, devices and the like, which are not sent: a link may lead out of the folder, or into it again.
    pub left_out: usize,
}

impl FolderFiles {
    /// All files in and below a folder; blocks.
    pub fn find(folder: &Path) -> Result<Self, SourceError> {
        let mut found = Self::default();
        found.search(folder, "")?;
        Ok(found)
    }

    fn search(&mut self, folder: &Path, within: &str) -> Result<(), SourceError> {
        let failed = |error| SourceError::Io {
            path: folder.to_owned(),
            error,
        };
        let entries = fs::read_dir(folder).map_err(failed)?;
        let mut entries: Vec<fs::DirEntry> = entries.collect::<io::Result<_>>().map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        let mut folders = Vec::new();
        for entry in entries {
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_dir() {
                folders.push(entry);
            } else if kind.is_file() {
                self.files.push(FolderFile {
                    within: within.to_owned(),
                    file: LocalFile::find(&entry.path())?,
                });
            } else {
                self.left_out += 1;
            }
        }
        for entry in folders {
            let name = entry.file_name();
            let within = format!("{within}{}/", name.to_string_lossy());
            self.search(&entry.path(), &within)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_files_are_found_in_order_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for folder in ["b/deep", "a", "empty"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for file in ["z.txt", "a/2", "a/1", "b/deep/x", "b/y"] {
            fs::write(at(file), file).unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink(root.path(), at("b/again")).unwrap();
        let found = FolderFiles::find(root.path()).unwrap();
        let names = found.files.iter();
        let names = names.map(|one| format!("{}{}", one.within, one.file.name));
        let names: Vec<String> = names.collect();
        assert_eq!(names, ["z.txt", "a/1", "a/2", "b/y", "b/deep/x"]);
        #[cfg(unix)]
        assert_eq!(found.left_out, 1);
        assert!(FolderFiles::find(&at("nowhere")).is_err());
    }
}
