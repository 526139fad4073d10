//! The address bar: `/` is the list of rooms, `/rooms/<name>` a room.

use js_sys::{decode_uri_component, encode_uri_component};
use wasm_bindgen::JsValue;

use crate::browser::window;

const ROOMS: &str = "/rooms/";

/// The name of the room that the address means.
pub(crate) fn room() -> Option<String> {
    let path = window().location().pathname().ok()?;
    let name = decode_uri_component(path.strip_prefix(ROOMS)?).ok()?;
    Some(String::from(name)).filter(|name| !name.is_empty())
}

/// Makes the address that of the room, or of the list. `replace` leaves no step to go back by.
pub(crate) fn go_to(room: Option<&str>, replace: bool) {
    let path = match room {
        Some(name) => format!("{ROOMS}{}", encode_uri_component(name)),
        None => "/".into(),
    };
    let Ok(history) = window().history() else {
        return;
    };
    // Refused only where a page navigates hundreds of times a minute.
    let _ = if replace {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&path))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(&path))
    };
}

/// The whole address of a path on this server.
pub(crate) fn absolute(path: &str) -> String {
    format!("{}{path}", window().location().origin().unwrap_or_default())
}
