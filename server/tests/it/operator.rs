//! The program's commands, as whoever runs the server gives them, on the folders that `peer` serves from.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    /// One sentence on standard error, which says these, and nothing done.
    pub(crate) fn assert_refused(&self, says: &[&str]) {
        assert_eq!((self.code, self.err.lines().count()), (2, 1), "{self:?}");
        for part in says {
            assert!(self.err.contains(part), "{part:?} is not in {self:?}");
        }
    }

    pub(crate) fn assert_clean(&self) {
        assert_eq!(self.code, 0, "{self:?}");
    }

    /// Exactly these findings, each a line that says all of it.
    pub(crate) fn assert_findings(&self, findings: &[&[&str]]) {
        let lines: Vec<&str> = self.out.lines().collect();
        assert_eq!((self.code, lines.len()), (1, findings.len()), "{self:?}");
        for says in findings {
            let fits = |line: &&str| says.iter().all(|part| line.contains(part));
            assert!(lines.iter().any(&fits), "{says:?}: {self:?}");
        }
    }
}

/// Runs the program on `data` and `uploads` in the folder, beside whatever else runs there.
pub(crate) async fn run(folder: &TempDir, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag-server"));
    command
        .args(arguments)
        .current_dir(folder.path())
        .stdin(Stdio::null());
    let ended = tokio::task::spawn_blocking(move || command.output());
    let Output {
        status,
        stdout,
        stderr,
    } = ended.await.unwrap().unwrap();
    Ended {
        code: status.code().unwrap(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Where a folder of files keeps this content.
pub(crate) fn content_path(uploads: &Path, file: &serde_json::Value) -> PathBuf {
    let hash = file["content_hash"].as_str().unwrap();
    uploads.join(&hash[..2]).join(hash)
}

/// Changes one bit in the middle of a file, which gets an inode of its own.
pub(crate) fn flip_a_bit(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}
