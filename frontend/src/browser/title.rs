//! The title of the tab, with the number of unread messages.

use client::present::words;

use crate::browser::document;

pub(crate) fn set(unread: u64, room: Option<&str>) {
    let title = words::title(unread, room);
    if document().title() != title {
        document().set_title(&title);
    }
}
