//! Folders that an operator names: whether they are empty, one inside another, and their names on the disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Flushes the names in the folder.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The names in the folder, sorted; none where it is not there. What a file system makes at its root is not counted.
pub(super) fn names_in(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name != "lost+found" {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Whether `inner` is `outer` or lies in it.
pub(super) fn is_within(inner: &Path, outer: &Path) -> bool {
    match (resolved(inner), resolved(outer)) {
        (Some(inner), Some(outer)) => inner.starts_with(outer),
        (_, _) => false,
    }
}

/// Whether both paths lead to one folder.
pub(super) fn is_same(one: &Path, other: &Path) -> bool {
    is_within(one, other) && is_within(other, one)
}

/// Without links and dots, also where the last parts of the path are not there yet.
fn resolved(path: &Path) -> Option<PathBuf> {
    let path = std::path::absolute(path).ok()?;
    let existing = path.ancestors().find(|path| path.exists())?;
    let rest = path.strip_prefix(existing).ok()?;
    Some(existing.canonicalize().ok()?.join(rest))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_folder_is_within_another_by_whatever_name() {
        let folder = TempDir::new().unwrap();
        let data = folder.path().join("data");
        fs::create_dir(&data).unwrap();
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&data, &link).unwrap();
        for inner in [&data, &data.join("new/deep"), &link, &link.join("new")] {
            assert!(is_within(inner, &data), "{}", inner.display());
        }
        assert!(!is_within(&folder.path().join("data-2"), &data));
        assert!(!is_within(folder.path(), &data));
    }
}
