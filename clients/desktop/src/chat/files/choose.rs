//! The desktop's own dialogs for files and folders. They are open beside the window, which goes on meanwhile.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rfd::AsyncFileDialog;

/// Nobody dismisses a dialog as fast; then none was shown.
const FASTEST: Duration = Duration::from_millis(150);

/// How a dialog ended.
pub(in crate::chat) enum Choice {
    Chosen(Vec<PathBuf>),
    Dismissed,
    /// The desktop has none.
    NoDialog,
}

/// Asks for files. To be called on the thread of the window, as some systems want it.
pub(super) fn files(title: &str, done: impl FnOnce(Choice) + Send + 'static) {
    let dialog = AsyncFileDialog::new().set_title(title).pick_files();
    wait(
        async move {
            let files = dialog.await?;
            Some(files.iter().map(|file| file.path().to_owned()).collect())
        },
        done,
    );
}

/// Asks for one file.
pub(super) fn file(title: &str, done: impl FnOnce(Choice) + Send + 'static) {
    let dialog = AsyncFileDialog::new().set_title(title).pick_file();
    wait(
        async move { Some(vec![dialog.await?.path().to_owned()]) },
        done,
    );
}

/// Asks for a folder.
pub(in crate::chat) fn folder(title: &str, done: impl FnOnce(Choice) + Send + 'static) {
    let dialog = AsyncFileDialog::new().set_title(title).pick_folder();
    wait(
        async move { Some(vec![dialog.await?.path().to_owned()]) },
        done,
    );
}

fn wait(
    dialog: impl Future<Output = Option<Vec<PathBuf>>> + Send + 'static,
    done: impl FnOnce(Choice) + Send + 'static,
) {
    std::thread::spawn(move || {
        let begun = Instant::now();
        done(match pollster::block_on(dialog) {
            Some(paths) if !paths.is_empty() => Choice::Chosen(paths),
            Some(_) => Choice::Dismissed,
            None if begun.elapsed() < FASTEST => Choice::NoDialog,
            None => Choice::Dismissed,
        });
    });
}
