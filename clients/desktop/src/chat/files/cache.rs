//! Images that were fetched to be shown, by their content. What was not looked at for longest goes first.

use std::fs::{self, File, FileTimes};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use shared::{ContentHash, FileId};

/// Of all files together.
const SIZE_MAX_BYTES: u64 = 256 << 20;

/// Where the image of this content lies, or will.
pub(super) fn path(folder: &Path, content: ContentHash) -> PathBuf {
    folder.join(content.to_string())
}

/// Likewise of a person's picture.
pub(super) fn face_path(folder: &Path, file_id: FileId) -> PathBuf {
    folder.join(format!("face-{file_id}"))
}

/// It is looked at.
pub(super) fn touch(file: &File) {
    // Where the time cannot be set, the order is that of their coming.
    let _ = file.set_times(FileTimes::new().set_accessed(SystemTime::now()));
}

/// Removes what is too much. Blocks.
pub(super) fn trim(folder: &Path) {
    trim_to(folder, SIZE_MAX_BYTES);
}

fn trim_to(folder: &Path, size_max_bytes: u64) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    let mut files: Vec<(SystemTime, u64, PathBuf)> = entries
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let metadata = entry.metadata().ok()?;
            let used = metadata.accessed().or_else(|_| metadata.modified()).ok()?;
            metadata
                .is_file()
                .then(|| (used, metadata.len(), entry.path()))
        })
        .collect();
    files.sort_by_key(|(used, _, _)| *used);
    let mut size_bytes: u64 = files.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in files {
        if size_bytes <= size_max_bytes {
            return;
        }
        // Another process may have been faster.
        let _ = fs::remove_file(path);
        size_bytes -= size;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_was_not_looked_at_for_longest_goes_first() {
        let folder = tempfile::tempdir().expect("a folder");
        let long_ago = SystemTime::now() - Duration::from_secs(3600);
        for (age, name) in ["old", "older", "oldest"].iter().enumerate() {
            let path = folder.path().join(name);
            fs::write(&path, [0; 100]).expect("written");
            let at = long_ago - Duration::from_secs(60 * age as u64);
            let file = File::options().write(true).open(path).expect("there");
            file.set_times(FileTimes::new().set_accessed(at).set_modified(at))
                .expect("the time can be set");
        }
        touch(&File::open(folder.path().join("oldest")).expect("there"));
        trim_to(folder.path(), 250);
        let left = |name: &str| folder.path().join(name).exists();
        assert!(left("old") && !left("older") && left("oldest"));
        trim_to(folder.path(), 0);
        assert!(!left("old") && !left("oldest"));
        trim_to(&folder.path().join("nowhere"), 0);
    }
}
