//! Makes one folder equal to another without touching what is equal already.

use std::{collections::BTreeSet, ffi::OsString, fs, io, path::Path};

/// Makes `to` hold exactly what `from` holds. A file with the right content keeps its time of change.
pub(crate) fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    let wanted = names(from)?;
    for name in names(to)?.difference(&wanted) {
        remove(&to.join(name))?;
    }
    for name in &wanted {
        let (source, target) = (from.join(name), to.join(name));
        if source.is_dir() != target.is_dir() && target.exists() {
            remove(&target)?;
        }
        if source.is_dir() {
            mirror(&source, &target)?;
            continue;
        }
        let bytes = fs::read(&source)?;
        if !fs::read(&target).is_ok_and(|present| present == bytes) {
            fs::write(&target, bytes)?;
        }
    }
    Ok(())
}

fn names(folder: &Path) -> io::Result<BTreeSet<OsString>> {
    fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name()))
        .collect()
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, time::SystemTime};

    use super::mirror;

    #[test]
    fn the_copy_is_exact_and_equal_files_are_left_alone() {
        let folder = crate::workspace::test_folder("mirror");
        let (from, to) = (folder.join("from"), folder.join("to"));
        for (path, text) in [
            ("from/same", "1"),
            ("from/new/deep", "2"),
            ("from/file", "3"),
            ("to/same", "1"),
            ("to/file/was-folder", ""),
            ("to/old", ""),
        ] {
            let path = folder.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("create");
            fs::write(path, text).expect("write");
        }
        let long_ago = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
        fs::File::options()
            .write(true)
            .open(to.join("same"))
            .and_then(|file| file.set_modified(long_ago))
            .expect("set the time");

        mirror(&from, &to).expect("both can be used");

        assert_eq!(fs::read(to.join("new/deep")).expect("copied"), b"2");
        assert_eq!(fs::read(to.join("file")).expect("replaced"), b"3");
        assert!(!to.join("old").exists());
        assert_eq!(
            fs::metadata(to.join("same"))
                .and_then(|file| file.modified())
                .expect("kept"),
            long_ago
        );
        fs::remove_dir_all(folder).expect("clean up");
    }
}
