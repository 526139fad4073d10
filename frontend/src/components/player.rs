//! A film or a sound, with the browser's own controls, which seek by ranges of the file.

use client::present::media::{Playable, playable, waits_to_be_asked};
use shared::FileInfo;
use yew::{Event, Html, MouseEvent, Properties, component, html, use_state};

#[derive(PartialEq, Properties)]
pub(super) struct PlayerProps {
    pub(super) file: FileInfo,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Unasked,
    /// With its first picture and its length, and no more until it is played.
    Ready,
    /// Somebody has asked for it.
    Playing,
    Unplayable,
}

#[component]
pub(super) fn Player(props: &PlayerProps) -> Html {
    let file = &props.file;
    let state = use_state(|| match waits_to_be_asked(file) {
        true => State::Unasked,
        false => State::Ready,
    });
    let play = {
        let state = state.clone();
        move |_: MouseEvent| state.set(State::Playing)
    };
    let onerror = {
        let state = state.clone();
        move |_: Event| state.set(State::Unplayable)
    };
    let (src, label) = (file.link.clone(), file.name.to_string());
    let autoplay = *state == State::Playing;
    let tag = match playable(file) {
        Some(Playable::Audio) => "audio",
        Some(Playable::Video) | None => "video",
    };
    match *state {
        State::Unasked => html! {
            <button class="file-more" onclick={play} aria-label={format!("Play {label}")}>{ "Play" }</button>
        },
        State::Unplayable => html! {
            <p class="file-more secondary">{ "This browser cannot play it. Download it to play it elsewhere." }</p>
        },
        State::Ready | State::Playing => html! {
            <@{tag} class="player" controls=true preload="metadata" {autoplay} {src} aria-label={label} {onerror} />
        },
    }
}
