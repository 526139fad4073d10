//! A look into a file of text. It is fetched when somebody asks, and becomes text nodes: nothing in it can run.

use client::present::media::{TextKind, table};
use shared::FileInfo;
use yew::{Callback, Html, MouseEvent, Properties, component, html, use_state};

use crate::browser::http;
use crate::components::hooks::use_driver;
use crate::text::markdown;

/// Of a text, or rows of a table, before somebody asks for all.
const LINES_MAX: usize = 12;
/// A browser gets slow by more.
const CELLS_MAX: usize = 20_000;

#[derive(PartialEq, Properties)]
pub(super) struct TextPreviewProps {
    pub(super) file: FileInfo,
    pub(super) kind: TextKind,
}

#[derive(PartialEq)]
enum State {
    Closed,
    Loading,
    Failed,
    Open(String),
}

#[component]
pub(super) fn TextPreview(props: &TextPreviewProps) -> Html {
    let driver = use_driver();
    let state = use_state(|| State::Closed);
    let is_all = use_state(|| false);
    // Another host's answers are not for this page to read.
    let is_elsewhere = driver.view(|view| {
        let server = view.server.as_ref();
        server.is_some_and(|server| server.files_url.is_some())
    });
    if is_elsewhere {
        return Html::default();
    }
    let toggle = {
        let (state, is_all, link) = (state.clone(), is_all.clone(), props.file.link.clone());
        Callback::from(move |_| {
            match *state {
                State::Loading => return,
                State::Open(_) => {
                    is_all.set(false);
                    return state.set(State::Closed);
                }
                State::Closed | State::Failed => state.set(State::Loading),
            }
            let (state, link) = (state.clone(), link.clone());
            wasm_bindgen_futures::spawn_local(async move {
                state.set(match http::fetch("GET", &link, None).await {
                    Ok(text) => State::Open(text),
                    Err(_) => State::Failed,
                });
            });
        })
    };
    let (open, says) = match &*state {
        State::Open(text) => (Some(text), "Hide preview"),
        State::Failed => (None, "It could not be loaded. Try again"),
        State::Closed | State::Loading => (None, "Preview"),
    };
    let shown = open.map(|text| shown(text, props.kind, *is_all));
    let cut = shown.as_ref().is_some_and(|(_, cut)| *cut);
    let name = props.file.name.as_str();
    let button = |says: &'static str, onclick: Callback<MouseEvent>, expanded| {
        html! {
            <button class="file-more" {onclick} aria-expanded={expanded} aria-label={format!("{says}: {name}")}>
                { says }
            </button>
        }
    };
    let show_all = {
        let is_all = is_all.clone();
        Callback::from(move |_| is_all.set(true))
    };
    let expanded = if open.is_some() { "true" } else { "false" };
    html! {
        <>
            if let Some((shown, _)) = shown {
                <div class="text-preview" role="region" aria-label={format!("Preview of {name}")} tabindex="0">{ shown }</div>
            }
            <div class="file-mores">
                { button(says, toggle, Some(expanded)) }
                if cut { { button("Show all", show_all, None) } }
            </div>
        </>
    }
}

/// The text as it is laid out, and whether something of it is left out.
fn shown(text: &str, kind: TextKind, is_all: bool) -> (Html, bool) {
    if kind == TextKind::Table {
        let rows = table(text);
        let most = if is_all { rows.len() } else { LINES_MAX };
        let mut cells = 0;
        let fitting = rows.iter().take(most).take_while(|row| {
            cells += row.len();
            cells <= CELLS_MAX
        });
        let fitting: Vec<_> = fitting.collect();
        let cut = fitting.len() < rows.len();
        let row = |row: &Vec<String>| html! { <tr>for cell in row { <td>{ cell }</td> }</tr> };
        let table = html! {
            <table>
                { for fitting.into_iter().map(row) }
                if cut && is_all { <tr><td>{ "…" }</td></tr> }
            </table>
        };
        return (table, cut && !is_all);
    }
    let end = text.match_indices('\n').nth(LINES_MAX - 1);
    let end = end.map_or(text.len(), |(at, _)| at).min(cut_at(text));
    let cut = !is_all && end < text.trim_end().len();
    let text = if is_all { text } else { &text[..end] };
    let html = match kind {
        TextKind::Markdown => html! { <div class="text">{ markdown::render(text, None) }</div> },
        TextKind::Plain | TextKind::Table => html! { <pre>{ text.to_owned() }</pre> },
    };
    (html, cut)
}

/// Where a text without lines is cut.
fn cut_at(text: &str) -> usize {
    text.floor_char_boundary(LINES_MAX * 200)
}
