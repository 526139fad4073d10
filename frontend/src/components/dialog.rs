//! The frame of every dialog: the browser keeps the focus inside, and closes it on Escape.

use wasm_bindgen::JsCast as _;
use web_sys::HtmlDialogElement;
use yew::{
    AttrValue, Callback, Children, Event, Html, MouseEvent, NodeRef, Properties, component, hook,
    html, use_effect_with, use_node_ref,
};

use crate::components::icon::{Icon, icon};

#[derive(PartialEq, Properties)]
pub(crate) struct ModalProps {
    pub(crate) title: AttrValue,
    pub(crate) onclose: Callback<()>,
    pub(crate) children: Children,
}

#[component]
pub(crate) fn Modal(props: &ModalProps) -> Html {
    let node = use_modal();
    let oncancel = on_cancel(&props.onclose);
    // The dialog itself is hit only outside of what it holds.
    let onclick = {
        let onclose = props.onclose.clone();
        Callback::from(move |event: MouseEvent| {
            let target = event.target();
            if target.is_some_and(|target| target.has_type::<HtmlDialogElement>()) {
                onclose.emit(());
            }
        })
    };
    let close = {
        let onclose = props.onclose.clone();
        move |_: MouseEvent| onclose.emit(())
    };
    html! {
        <dialog ref={node} class="dialog" aria-label={props.title.clone()} {oncancel} {onclick}>
            <div class="dialog-body">
                <header class="dialog-head">
                    <h2>{ &props.title }</h2>
                    <button class="icon-button" aria-label="Close" onclick={close}>
                        { icon(Icon::Close) }
                    </button>
                </header>
                { props.children.clone() }
            </div>
        </dialog>
    }
}

/// A dialog's element, which is open for as long as it is there. It keeps the focus inside, and gives it back.
#[hook]
pub(super) fn use_modal() -> NodeRef {
    let node = use_node_ref();
    use_effect_with(node.clone(), |node| {
        let dialog = node.cast::<HtmlDialogElement>();
        if let Some(dialog) = &dialog {
            let _ = dialog.show_modal();
        }
        move || {
            if let Some(dialog) = dialog {
                dialog.close();
            }
        }
    });
    node
}

/// Escape closes it as everything else does.
pub(super) fn on_cancel(onclose: &Callback<()>) -> Callback<Event> {
    onclose.reform(|event: Event| event.prevent_default())
}
