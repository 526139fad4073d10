//! Copies a link and says so in place.

use gloo_timers::future::TimeoutFuture;
use yew::{AttrValue, Callback, Html, MouseEvent, Properties, component, html, use_state};

use crate::browser::{clipboard, location};
use crate::components::icon::{Icon, icon};

const SAID_MS: u32 = 2_000;

#[derive(PartialEq, Properties)]
pub(crate) struct CopyButtonProps {
    /// A path on this server.
    pub(crate) link: AttrValue,
    /// What it leads to.
    pub(crate) name: AttrValue,
}

#[component]
pub(crate) fn CopyButton(props: &CopyButtonProps) -> Html {
    let copied = use_state(|| None::<bool>);
    let onclick = {
        let (link, copied) = (props.link.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let (link, copied) = (location::absolute(&link), copied.clone());
            wasm_bindgen_futures::spawn_local(async move {
                copied.set(Some(clipboard::copy(&link).await));
                TimeoutFuture::new(SAID_MS).await;
                copied.set(None);
            });
        })
    };
    // What is heard begins with what is seen.
    let (text, about) = match *copied {
        Some(true) => ("Copied", "the link to"),
        Some(false) => ("Not allowed", "to copy the link to"),
        None => ("Copy link", "to"),
    };
    html! {
        <button class="quiet-button" {onclick} aria-label={format!("{text} {about} {}", props.name)}>
            { icon(Icon::Link) }
            <span aria-live="polite">{ text }</span>
        </button>
    }
}
