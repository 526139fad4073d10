//! The lines between messages.

use yew::{Callback, Html, MouseEvent, NodeRef, html};

use client::present::rows::Unread;
use client::present::words;

pub(super) fn day_line(key: u64, name: &str) -> Html {
    html! {
        <div key={format!("day-{key}")} class="day-line" role="separator" aria-label={name.to_owned()}>
            <span aria-hidden="true">{ name.to_owned() }</span>
        </div>
    }
}

pub(super) fn unread_line(node: &NodeRef, unread: Unread) -> Html {
    let text = words::new_messages(unread.count);
    html! {
        <div key="unread" ref={node.clone()} class="unread-line" role="separator" aria-label={text.clone()}>
            <span class="numbers" aria-hidden="true">{ text }</span>
        </div>
    }
}

/// Events that are not loaded. `key` is the sequence of the event after them.
pub(super) fn gap_line(key: u64, events: u64, load: Callback<MouseEvent>) -> Html {
    html! {
        <div key={format!("gap-{key}")} class="gap-line">
            <span class="numbers">{ words::gap(events) }</span>
            <button class="link-button" onclick={load}>{ "Load them" }</button>
        </div>
    }
}

pub(super) fn beginning(room: &str) -> Html {
    html! {
        <div key="beginning" class="beginning">
            <h3>{ room.to_owned() }</h3>
            <p class="secondary">{ format!("This is where {room} begins. Write something, or drop a file.") }</p>
        </div>
    }
}

/// Holds the place of what is on its way. It shows itself only when that takes long.
pub(super) fn loading() -> Html {
    html! {
        <div key="loading" class="skeletons" aria-label="Loading messages" role="status">
            for _ in 0..4 {
                <div class="skeleton" aria-hidden="true">
                    <span class="skeleton-avatar"></span>
                    <span class="skeleton-lines"><i></i><i></i></span>
                </div>
            }
        </div>
    }
}
