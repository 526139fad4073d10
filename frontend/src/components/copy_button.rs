//! Copies something and says so in place.

use gloo_timers::future::TimeoutFuture;
use yew::{AttrValue, Callback, Html, MouseEvent, Properties, component, html, use_state};

use crate::browser::clipboard;
use crate::components::icon::{Icon, icon};

const SAID_MS: u32 = 2_000;

#[derive(PartialEq, Properties)]
pub(crate) struct CopyButtonProps {
    pub(crate) text: AttrValue,
    /// What the button says.
    #[prop_or("Copy link".into())]
    pub(crate) action: AttrValue,
    /// What it is for, where several are on the page: `to notes.txt`.
    #[prop_or_default]
    pub(crate) about: AttrValue,
    #[prop_or("quiet-button".into())]
    pub(crate) class: AttrValue,
}

#[component]
pub(crate) fn CopyButton(props: &CopyButtonProps) -> Html {
    let copied = use_state(|| None::<bool>);
    let onclick = {
        let (text, copied) = (props.text.clone(), copied.clone());
        Callback::from(move |_: MouseEvent| {
            let (text, copied) = (text.clone(), copied.clone());
            wasm_bindgen_futures::spawn_local(async move {
                copied.set(Some(clipboard::copy(&text).await));
                TimeoutFuture::new(SAID_MS).await;
                copied.set(None);
            });
        })
    };
    // What is heard begins with what is seen.
    let text = match *copied {
        Some(true) => "Copied".into(),
        Some(false) => "Copying is not allowed".into(),
        None => props.action.clone(),
    };
    let label = (!props.about.is_empty()).then(|| format!("{text} {}", props.about));
    html! {
        <button type="button" class={props.class.to_string()} {onclick} aria-label={label}>
            { icon(Icon::Link) }
            <span aria-live="polite">{ text }</span>
        </button>
    }
}
