//! What components do with elements of theirs.

use wasm_bindgen::JsCast as _;
use web_sys::{Element, EventTarget, HtmlElement, HtmlInputElement, HtmlTextAreaElement};
use yew::NodeRef;

use crate::browser::document;

/// Puts the focus there.
pub(crate) fn focus(node: &NodeRef) {
    if let Some(element) = node.cast::<HtmlElement>() {
        let _ = element.focus();
    }
}

/// Puts the focus on the first element inside that matches.
pub(crate) fn focus_inside(node: &NodeRef, selector: &str) {
    let inside = node
        .cast::<Element>()
        .and_then(|element| element.query_selector(selector).ok()?)
        .and_then(|element| element.dyn_into::<HtmlElement>().ok());
    if let Some(element) = inside {
        let _ = element.focus();
    }
}

/// Makes a text area as high as its text, up to the style sheet's limit.
pub(crate) fn fit_height(area: &HtmlTextAreaElement) {
    let style = HtmlElement::style(area);
    let _ = style.set_property("height", "auto");
    // It has none while it is not on the screen.
    if area.scroll_height() > 0 {
        let _ = style.set_property("height", &format!("{}px", area.scroll_height()));
    }
}

/// The text of the field that an event came from.
pub(crate) fn value_of(target: Option<EventTarget>) -> String {
    let Some(target) = target else {
        return String::new();
    };
    match target.dyn_into::<HtmlInputElement>() {
        Ok(input) => input.value(),
        Err(other) => match other.dyn_into::<HtmlTextAreaElement>() {
            Ok(area) => area.value(),
            Err(_) => String::new(),
        },
    }
}

/// Whether a key pressed there belongs to what has the focus: a field, a player, a dialog.
pub(crate) fn keeps_keys(target: Option<EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| {
        let inside = "input, textarea, select, dialog, video, audio, [contenteditable]";
        element.closest(inside).ok().flatten().is_some()
    })
}

/// Whether Space and Enter mean something there.
pub(crate) fn is_pressable(target: Option<EventTarget>) -> bool {
    let element = target.and_then(|target| target.dyn_into::<Element>().ok());
    element.is_some_and(|element| {
        element
            .closest("button, a, summary")
            .ok()
            .flatten()
            .is_some()
    })
}

/// Whether a dialog or a menu is open over the page.
pub(crate) fn has_dialog() -> bool {
    document()
        .query_selector("dialog[open], [role=menu]")
        .ok()
        .flatten()
        .is_some()
}
