//! The browser around the page. Besides the driver, nothing else touches it.
//!
//! - `files`: files chosen, dropped and pasted; `clipboard`, `http`, `location`, `picture`, `random`, `time`, `title`
//! - `element`: what components do with elements of theirs

pub(crate) mod clipboard;
pub(crate) mod element;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod location;
pub(crate) mod picture;
pub(crate) mod random;
pub(crate) mod time;
pub(crate) mod title;

use web_sys::{Document, Window};

pub(crate) fn window() -> Window {
    web_sys::window().expect("the page runs in a window")
}

pub(crate) fn document() -> Document {
    window().document().expect("a window has a document")
}

/// Whether the page is on a screen.
pub(crate) fn is_shown() -> bool {
    document().visibility_state() == web_sys::VisibilityState::Visible
}

/// Whether somebody is looking at the page.
pub(crate) fn is_watched() -> bool {
    is_shown() && document().has_focus().unwrap_or(true)
}

/// Pixels of the screen in one of a style sheet.
pub(crate) fn pixel_ratio() -> f64 {
    window().device_pixel_ratio()
}

/// Whether one pane at a time is shown; the same width as in the style sheets.
pub(crate) fn is_narrow() -> bool {
    let query = window().match_media("(max-width: 767px)").ok().flatten();
    query.is_some_and(|query| query.matches())
}
