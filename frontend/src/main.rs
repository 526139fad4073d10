//! The browser page: a screen for the client core, which holds all of its state.
//!
//! - `driver`: runs the core in a browser; `browser`: everything else that the page asks of the browser
//! - `text`: what text becomes; `components`: what is on the screen; `drafts`: what is being written;
//!   `profiles`: pictures of people

mod browser;
mod components;
mod drafts;
mod driver;
mod profiles;
mod text;

use crate::components::app::{App, AppProps};
use crate::driver::Driver;

fn main() {
    shared::names::set_key(text::order::key);
    wasm_bindgen_futures::spawn_local(async {
        let driver = Driver::start().await;
        if let Some(loading) = browser::document().get_element_by_id("loading") {
            loading.remove();
        }
        yew::Renderer::<App>::with_props(AppProps { driver }).render();
    });
}

#[cfg(test)]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
