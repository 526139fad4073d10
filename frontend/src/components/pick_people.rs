//! Choosing people: to talk with, or to add to a room.

use client::present::picking::{self, Picking};
use shared::account::Profile;
use shared::frame::Person;
use shared::{RoomId, ServerFrame};
use yew::{
    Callback, Html, InputEvent, MouseEvent, Properties, classes, component, html, use_state,
};

use crate::browser::element;
use crate::components::avatar::small_avatar;
use crate::components::dialog::Modal;
use crate::components::hooks::{use_entrance, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::request::use_answer;

#[derive(PartialEq, Properties)]
pub(crate) struct PickPeopleProps {
    /// To which they are added; without one, a conversation begins.
    pub(crate) room_id: Option<RoomId>,
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn PickPeople(props: &PickPeopleProps) -> Html {
    let ui = use_ui();
    let query = use_state(String::new);
    let picking = use_state(|| ui.driver.view(|view| Picking::new(view, props.room_id)));
    let entrance = use_entrance(props.onclose.clone());
    let found = use_answer(picking::find(&query));
    let people = match found.answer.as_deref() {
        Some(ServerFrame::PeopleFound { people, .. }) => people.as_slice(),
        _ => &[],
    };
    let shown = picking.candidates(people);
    let toggle = {
        let picking = picking.clone();
        Callback::from(move |person: Person| {
            let mut changed = (*picking).clone();
            changed.toggle(&person);
            picking.set(changed);
        })
    };
    let oninput = move |event: InputEvent| query.set(element::value_of(event.target()));
    let pick = {
        let (picking, room_id, onclose) = (picking.clone(), props.room_id, props.onclose.clone());
        let send = entrance.send.clone();
        move |_: MouseEvent| {
            let frames = picking.frames().into_iter();
            match room_id {
                Some(_) => {
                    frames.for_each(|frame| ui.act(frame, |_| {}));
                    onclose.emit(());
                }
                None => frames.for_each(|frame| send.emit(frame)),
            }
        }
    };
    let problem = entrance.problem.text().or(found.problem.text());
    html! {
        <Modal title={picking.title.clone()} onclose={props.onclose.clone()}>
            <input class="search" type="search" {oninput} autofocus={true} placeholder="Search by name"
                aria-label="Search people" autocomplete="off" spellcheck="false" />
            if !picking.chosen.is_empty() {
                <ul class="picked" aria-label="Chosen">
                    for person in &picking.chosen { { picked(person, &toggle) } }
                </ul>
            }
            if shown.is_empty() && found.answer.is_some() {
                <p class="list-note">{ "Nobody of that name." }</p>
            }
            <ul class="directory">
                for profile in shown { { candidate(profile, picking.has(profile.person.id), &toggle) } }
            </ul>
            <p class="problem" role="alert">{ problem.unwrap_or_default() }</p>
            <div class="dialog-actions">
                <button class="button primary" onclick={pick} disabled={entrance.waiting || picking.chosen.is_empty()}>
                    { picking.action() }
                </button>
            </div>
        </Modal>
    }
}

fn candidate(profile: &Profile, chosen: bool, toggle: &Callback<Person>) -> Html {
    let person = profile.person.clone();
    let onclick = {
        let person = person.clone();
        toggle.reform(move |_: MouseEvent| person.clone())
    };
    html! {
        <li key={person.id.to_string()}>
            <button type="button" class={classes!("pick", chosen.then_some("current"))} {onclick}
                aria-pressed={chosen.to_string()}>
                { small_avatar(&person, Some(profile.presence)) }
                <span class="person-name">{ person.name.clone() }</span>
                <span class="secondary">{ profile.status_text.clone() }</span>
            </button>
        </li>
    }
}

fn picked(person: &Person, toggle: &Callback<Person>) -> Html {
    let one = person.clone();
    let onclick = toggle.reform(move |_: MouseEvent| one.clone());
    html! {
        <li key={person.id.to_string()}>
            <button type="button" class="quiet-button" {onclick} aria-label={format!("Leave out {}", person.name)}>
                <span>{ person.name.clone() }</span>
                { icon(Icon::Close) }
            </button>
        </li>
    }
}
