//! A lock that keeps other processes out of a folder.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;

/// Held until it is dropped, or its process has ended.
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock of the file at `path`, which is made where it is missing. `None` where somebody else has it.
    pub(crate) fn take(path: &Path) -> io::Result<Option<Self>> {
        let file = File::create(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a process that is being started has the open file as well until it runs its program.
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "a lock could not be given back");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_free_once_it_is_dropped_whoever_else_has_its_file_open() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let held = Lock::take(&path).unwrap().unwrap();
        assert!(Lock::take(&path).unwrap().is_none());
        // As a child process has it between its fork and its program.
        let inherited = held.0.try_clone().unwrap();
        drop(held);
        assert!(Lock::take(&path).unwrap().is_some());
        drop(inherited);
    }
}
