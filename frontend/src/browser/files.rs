//! Files that a person chose, dropped or pasted.

use wasm_bindgen::JsCast as _;
use web_sys::{DataTransfer, File, FileList, FileSystemEntry, Url};

/// All of a list.
pub(crate) fn list(files: Option<FileList>) -> Vec<File> {
    let Some(files) = files else {
        return Vec::new();
    };
    (0..files.length())
        .filter_map(|index| files.get(index))
        .collect()
}

/// Whether files are being dragged.
pub(crate) fn are_dragged(data: Option<&DataTransfer>) -> bool {
    data.is_some_and(|data| {
        data.types()
            .iter()
            .any(|kind| kind.as_string().as_deref() == Some("Files"))
    })
}

/// What was dropped: the files, and how many folders, which cannot be read as files.
pub(crate) fn dropped(data: &DataTransfer) -> (Vec<File>, usize) {
    let items = data.items();
    let mut files = Vec::new();
    let mut folders = 0;
    for item in (0..items.length()).filter_map(|index| items.get(index)) {
        let entry = item.webkit_get_as_entry().ok().flatten();
        if entry.is_some_and(|entry| entry.unchecked_ref::<FileSystemEntry>().is_directory()) {
            folders += 1;
        } else if let Ok(Some(file)) = item.get_as_file() {
            files.push(file);
        }
    }
    (files, folders)
}

/// An address by which this page can show a file, until it is dropped.
#[derive(PartialEq)]
pub(crate) struct ObjectUrl(String);

impl ObjectUrl {
    pub(crate) fn new(file: &File) -> Option<Self> {
        Url::create_object_url_with_blob(file).ok().map(Self)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Drop for ObjectUrl {
    fn drop(&mut self) {
        let _ = Url::revoke_object_url(&self.0);
    }
}
