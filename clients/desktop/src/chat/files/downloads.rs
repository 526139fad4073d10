//! Files that a person asked for: where they go, and how far each is.

use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use client::{Command, Download, DownloadPhase};
use native::Handle;
use shared::FileInfo;

use crate::settings::Settings;

/// The folder of one's choice, or the desktop's for downloads.
pub(super) fn folder(settings: &Settings) -> Option<PathBuf> {
    let chosen = settings.download_folder.clone();
    chosen.or_else(dirs::download_dir).or_else(dirs::home_dir)
}

/// The newest download of this file that a person asked for.
pub(super) fn of_file(handle: &Handle, file: &FileInfo) -> Option<Download> {
    handle.with_view(|view| {
        let mut downloads = view.downloads.values().rev();
        let found = downloads.find(|download| download.keep && download.file_id == file.file_id);
        found.cloned()
    })
}

/// Fetches the file into the folder. Why it cannot, where it cannot.
pub(super) fn save(handle: &Handle, file: &FileInfo, folder: &Path) -> Result<(), String> {
    let before = of_file(handle, file);
    if before.as_ref().is_some_and(is_under_way) {
        return Err(format!("{} is on its way already.", file.name.as_str()));
    }
    let Some(folder) = folder.to_str() else {
        return Err("The name of this folder cannot be written. Choose another.".to_owned());
    };
    let command = Command::Download {
        file_id: file.file_id,
        // A folder, even where there is none of this name yet.
        target: format!(
            "{}{MAIN_SEPARATOR}",
            folder.trim_end_matches(MAIN_SEPARATOR)
        ),
        keep: true,
    };
    handle
        .command(command)
        .map_err(|error| client::present::words::refusal(&error))?;
    if let Some(Download { download_id, .. }) = before {
        // Ended, and of no more interest than the new one leaves it.
        let _ = handle.command(Command::CancelDownload { download_id });
    }
    Ok(())
}

/// Whether it may still come.
pub(super) fn is_under_way(download: &Download) -> bool {
    match download.phase {
        DownloadPhase::Waiting | DownloadPhase::Receiving | DownloadPhase::Finishing => true,
        DownloadPhase::Finished { .. } | DownloadPhase::Failed { .. } => false,
    }
}
