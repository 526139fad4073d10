//! Reading and writing at a place in a file, so that several can do it at once; and why it failed.

use std::fs::File;
use std::io;

/// Fills `buffer` from `offset` on; an error where the file ends before.
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
    }
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < buffer.len() {
            let place = offset + done as u64;
            match std::os::windows::fs::FileExt::seek_read(file, &mut buffer[done..], place)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                read => done += read,
            }
        }
        Ok(())
    }
}

/// Writes all of `bytes` at `offset`.
pub(crate) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    #[cfg(unix)]
    {
        std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
    }
    #[cfg(windows)]
    {
        let mut done = 0;
        while done < bytes.len() {
            let place = offset + done as u64;
            match std::os::windows::fs::FileExt::seek_write(file, &bytes[done..], place)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                written => done += written,
            }
        }
        Ok(())
    }
}

/// What the operating system says, and what to do about it, for people.
pub(crate) fn why(error: &io::Error) -> String {
    let why = match error.kind() {
        io::ErrorKind::NotFound => "there is nothing of this name",
        io::ErrorKind::PermissionDenied => "permission is denied; change that or choose another",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only; choose another",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "the disk is full; make room and try again"
        }
        io::ErrorKind::NotADirectory => "a folder on the way there is a file; choose another",
        _ => return error.to_string(),
    };
    why.to_owned()
}
