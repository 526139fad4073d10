//! The address bar: `/` is the list of rooms, `/rooms/<name>` a room, `/you/…` and `/admin/…` pages. What follows `#`
//! is never sent to a server: `#invite=<token>` an invitation, `#at=<sequence>` a message.

use js_sys::decode_uri_component;
use shared::http::{ROOMS, room_path};
use wasm_bindgen::{JsCast as _, JsValue};
use web_sys::HtmlAnchorElement;

use crate::browser::{document, window};

/// Folders of pages that are no room.
const PAGES: [&str; 2] = ["/you/", "/admin/"];

/// What is shown beside the list of rooms.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Place {
    /// Nothing: on narrow screens the list alone.
    List,
    /// The room of this name.
    Room(String),
    /// A page, by its path.
    Page(String),
}

impl Place {
    /// That the address means.
    pub(crate) fn current() -> Self {
        let path = window().location().pathname().unwrap_or_default();
        if PAGES.iter().any(|folder| path.starts_with(folder)) {
            return Self::Page(path);
        }
        let name = path
            .strip_prefix(ROOMS)
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|name| decode_uri_component(name).ok());
        match name.map(String::from) {
            Some(name) if !name.is_empty() => Self::Room(name),
            Some(_) | None => Self::List,
        }
    }

    fn path(&self) -> String {
        match self {
            Self::List => "/".into(),
            Self::Room(name) => room_path(name),
            Self::Page(path) => path.clone(),
        }
    }
}

/// Has the browser save what a link leads to.
pub(crate) fn download(link: &str) {
    let element = document().create_element("a").ok();
    let Some(anchor) = element.and_then(|element| element.dyn_into::<HtmlAnchorElement>().ok())
    else {
        return;
    };
    anchor.set_href(&format!("{link}?download"));
    anchor.set_download("");
    anchor.click();
}

/// Makes the address that of the place. `replace` leaves no step to go back by.
pub(crate) fn go_to(place: &Place, replace: bool) {
    set(&place.path(), replace);
}

fn set(path: &str, replace: bool) {
    let Ok(history) = window().history() else {
        return;
    };
    // Refused only where a page navigates hundreds of times a minute.
    let _ = if replace {
        history.replace_state_with_url(&JsValue::NULL, "", Some(path))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(path))
    };
}

/// What the part after `#` says of this.
pub(crate) fn fragment(name: &str) -> Option<String> {
    let hash = window().location().hash().ok()?;
    let value = hash.strip_prefix('#')?.strip_prefix(name)?;
    let value = value.strip_prefix('=')?;
    (!value.is_empty()).then(|| value.to_owned())
}

/// Takes away what follows `#`, so that it is in no history and no bookmark.
pub(crate) fn drop_fragment() {
    let location = window().location();
    let path = location.pathname().unwrap_or_default();
    set(&path, true);
}

/// The whole address of a path on this server.
pub(crate) fn absolute(path: &str) -> String {
    format!("{}{path}", window().location().origin().unwrap_or_default())
}
