//! The browser page.

use yew::{Html, component, html};

#[component]
fn App() -> Html {
    html! { <main><h1>{ "Chinwag" }</h1></main> }
}

fn main() {
    yew::Renderer::<App>::new().render();
}

#[cfg(test)]
mod tests {
    use gloo_timers::future::TimeoutFuture;
    use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

    use super::App;

    wasm_bindgen_test_configure!(run_in_browser);

    #[wasm_bindgen_test]
    async fn the_app_draws_itself() {
        let root = web_sys::window()
            .and_then(|window| window.document())
            .and_then(|document| document.create_element("div").ok())
            .expect("tests run in a browser");
        yew::Renderer::<App>::with_root(root.clone()).render();
        while root.child_element_count() == 0 {
            TimeoutFuture::new(1).await;
        }
        assert_eq!(root.text_content().as_deref(), Some("Chinwag"));
    }
}
