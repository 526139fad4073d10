//! Copying text, also on plain HTTP, where browsers withhold their clipboard interface.

use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

use crate::browser::{document, window};

/// Whether the text is in the clipboard now. Call it from what a person did, or the browser refuses.
pub(crate) async fn copy(text: &str) -> bool {
    if window().is_secure_context() {
        let written = window().navigator().clipboard().write_text(text);
        if JsFuture::from(written).await.is_ok() {
            return true;
        }
    }
    copy_selected(text).unwrap_or(false)
}

fn copy_selected(text: &str) -> Option<bool> {
    let before = document().active_element();
    let area: HtmlTextAreaElement = document()
        .create_element("textarea")
        .ok()?
        .dyn_into()
        .ok()?;
    area.set_value(text);
    area.set_class_name("visually-hidden");
    document().body()?.append_child(&area).ok()?;
    area.select();
    let document: HtmlDocument = document().dyn_into().ok()?;
    let copied = document.exec_command("copy").unwrap_or(false);
    area.remove();
    if let Some(before) = before.and_then(|element| element.dyn_into::<web_sys::HtmlElement>().ok())
    {
        let _ = before.focus();
    }
    Some(copied)
}
