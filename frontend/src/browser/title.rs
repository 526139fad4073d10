//! The title of the tab, with the number of unread messages.

use crate::browser::document;

/// `(3) lobby · Chinwag`.
pub(crate) fn set(unread: u64, room: Option<&str>) {
    let count = match unread {
        0 => String::new(),
        unread => format!("({}) ", client::present::format::count(unread)),
    };
    let room = room.map(|name| format!("#{name} · ")).unwrap_or_default();
    let title = format!("{count}{room}Chinwag");
    if document().title() != title {
        document().set_title(&title);
    }
}
