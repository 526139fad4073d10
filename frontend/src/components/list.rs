//! Rows of lists, and other parts of pages.

use yew::{Html, MouseEvent, html};

/// One thing of a list: what it is, what is to be known of it, and what can be done with it.
pub(crate) fn row(key: String, lead: Html, title: Html, notes: &[String], actions: Html) -> Html {
    let notes: Vec<&str> = notes
        .iter()
        .map(String::as_str)
        .filter(|note| !note.is_empty())
        .collect();
    html! {
        <li {key} class="directory-row">
            { lead }
            <div class="directory-text">
                <p class="directory-name">{ title }</p>
                if !notes.is_empty() {
                    <p class="meta numbers">{ notes.join(" · ") }</p>
                }
            </div>
            { actions }
        </li>
    }
}

/// A part of a page.
pub(crate) fn part(title: &'static str, content: Html) -> Html {
    html! {
        <section class="part">
            <h3>{ title }</h3>
            { content }
        </section>
    }
}

/// The list, or one sentence where it is empty.
pub(crate) fn list(rows: Vec<Html>, empty: &'static str) -> Html {
    match rows.is_empty() {
        true => html! { <p class="secondary">{ empty }</p> },
        false => html! { <ul class="directory">{ for rows }</ul> },
    }
}

/// A quiet button.
pub(crate) fn button(text: &'static str, onclick: impl Fn(MouseEvent) + 'static) -> Html {
    html! { <button class="button" {onclick}>{ text }</button> }
}
