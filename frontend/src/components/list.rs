//! Lists of things, and buttons.

use client::present::panel::Row;
use client::present::sheet::Weight;
use yew::{Callback, Html, MouseEvent, classes, html};

/// One thing of a list: what it is, what is to be known of it, and what can be done with it.
pub(crate) fn row(row: &Row, lead: Html, items: Html) -> Html {
    let note = row.note();
    let note = html! {
        if !note.is_empty() { <p class="meta numbers">{ note }</p> }
    };
    if let Some((text, said)) = &row.quote {
        return html! {
            <li key={row.key.clone()} class="report">
                <p class="directory-name">{ title(row) }</p>
                <blockquote>{ text.clone() }</blockquote>
                if !said.is_empty() { <p>{ said.clone() }</p> }
                { note }
                <div class="page-actions">{ items }</div>
            </li>
        };
    }
    html! {
        <li key={row.key.clone()} class="directory-row">
            { lead }
            <div class="directory-text">
                <p class="directory-name">{ title(row) }</p>
                { note }
            </div>
            { items }
        </li>
    }
}

fn title(row: &Row) -> Html {
    html! {
        <>
            { row.title.clone() }
            if !row.word.is_empty() {
                { " " }<span class="chip">{ row.word.clone() }</span>
            }
            if !row.subject.is_empty() {
                { " " }<span class="subject">{ row.subject.clone() }</span>
            }
        </>
    }
}

/// The list, or one sentence where it is empty.
pub(crate) fn list(rows: impl ExactSizeIterator<Item = Html>, empty: &'static str) -> Html {
    match rows.len() {
        0 => html! { <p class="secondary">{ empty }</p> },
        _ => html! { <ul class="directory">{ for rows }</ul> },
    }
}

/// A button with a border or a ground.
pub(crate) fn button(text: &str, weight: Weight, onclick: Callback<MouseEvent>) -> Html {
    let weight = match weight {
        Weight::Plain => None,
        Weight::Primary => Some("primary"),
        Weight::Danger => Some("danger"),
    };
    html! { <button class={classes!("button", weight)} {onclick}>{ text.to_owned() }</button> }
}
