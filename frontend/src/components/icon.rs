//! Icons as elements.

pub(crate) use client::present::icon::Icon;
use yew::{Html, html};

/// The icon as an element.
pub(crate) fn icon(icon: Icon) -> Html {
    html! {
        <svg class="icon" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
            <path d={icon.path()} />
        </svg>
    }
}
