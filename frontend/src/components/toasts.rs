//! Short notes that go by themselves.

use gloo_timers::callback::Timeout;
use yew::{AttrValue, Callback, Html, Properties, component, html, use_effect_with};

use crate::components::icon::{Icon, icon};

/// Long enough to be read twice.
const SHOWN_MS: u32 = 8_000;

#[derive(PartialEq, Properties)]
pub(crate) struct ToastsProps {
    /// Each with a number of its own.
    pub(crate) notes: Vec<(u32, AttrValue)>,
    pub(crate) onend: Callback<u32>,
}

#[component]
pub(crate) fn Toasts(props: &ToastsProps) -> Html {
    html! {
        <div class="toasts" role="status">
            for (id, text) in props.notes.iter() {
                <Toast key={*id} id={*id} text={text.clone()} onend={props.onend.clone()} />
            }
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct ToastProps {
    id: u32,
    text: AttrValue,
    onend: Callback<u32>,
}

#[component]
fn Toast(props: &ToastProps) -> Html {
    use_effect_with((props.id, props.onend.clone()), |(id, onend)| {
        let (id, onend) = (*id, onend.clone());
        let end = Timeout::new(SHOWN_MS, move || onend.emit(id));
        move || drop(end)
    });
    let (id, onend) = (props.id, props.onend.clone());
    html! {
        <div class="toast">
            <span>{ &props.text }</span>
            <button class="icon-button" aria-label="Dismiss" onclick={move |_| onend.emit(id)}>
                { icon(Icon::Close) }
            </button>
        </div>
    }
}
