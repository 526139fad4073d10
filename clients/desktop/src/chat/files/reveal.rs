//! Shows a file where it lies, in the desktop's file manager.

use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

/// Why a file cannot be shown; for people.
#[derive(Debug, thiserror::Error)]
pub(super) enum RevealError {
    /// It was moved or removed.
    #[error("{0} is not there any more")]
    Gone(String),
    /// There is none, or it does not answer.
    #[error("no file manager can be opened ({error}); the file is {path}")]
    NoFileManager { path: String, error: io::Error },
}

/// Blocks until the file manager has taken note of it.
pub(super) fn reveal(path: &Path) -> Result<(), RevealError> {
    if !path.exists() {
        return Err(RevealError::Gone(path.display().to_string()));
    }
    show(path).map_err(|error| RevealError::NoFileManager {
        path: path.display().to_string(),
        error,
    })
}

#[cfg(target_os = "windows")]
fn show(path: &Path) -> io::Result<()> {
    use std::os::windows::process::CommandExt as _;
    // It parses its arguments in its own way, and says that it failed when it did not.
    let argument = format!("/select,\"{}\"", path.display());
    Command::new("explorer").raw_arg(argument).spawn().map(drop)
}

#[cfg(target_os = "macos")]
fn show(path: &Path) -> io::Result<()> {
    run(Command::new("open").arg("-R").arg(path))
}

#[cfg(not(any(target_os = "windows", target_os = "macos")))]
fn show(path: &Path) -> io::Result<()> {
    if show_items(path).is_ok() {
        return Ok(());
    }
    // No file manager that marks the file; its folder is better than nothing.
    run(Command::new("xdg-open").arg(path.parent().unwrap_or(path)))
}

/// What file managers answer to (freedesktop.org, file manager interface).
#[cfg(not(any(target_os = "windows", target_os = "macos")))]
fn show_items(path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let address = url::Url::from_file_path(path).map_err(|()| "the path is not absolute")?;
    let bus = zbus::blocking::Connection::session()?;
    bus.call_method(
        Some("org.freedesktop.FileManager1"),
        "/org/freedesktop/FileManager1",
        Some("org.freedesktop.FileManager1"),
        "ShowItems",
        &([address.as_str()].as_slice(), ""),
    )?;
    Ok(())
}

#[cfg(not(target_os = "windows"))]
fn run(command: &mut Command) -> io::Result<()> {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.stderr(Stdio::null()).status()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other("it refused the folder")),
    }
}
