//! Choosing people: to talk with, or to add to a room.

use client::present::rooms;
use shared::account::Profile;
use shared::frame::Person;
use shared::limits::DIRECT_PEOPLE_MAX;
use shared::{ClientFrame, RequestId, RoomId, ServerFrame};
use yew::{
    Callback, Html, InputEvent, MouseEvent, Properties, classes, component, html, use_state,
};

use crate::browser::element;
use crate::components::avatar::small_avatar;
use crate::components::dialog::Modal;
use crate::components::hooks::{Ui, use_entrance, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::panel::Asked;
use crate::components::request::use_answer;

/// People who are added to a room at once.
const ADDED_MAX: usize = 50;

#[derive(PartialEq, Properties)]
pub(crate) struct PickPeopleProps {
    /// To which they are added; without one, a conversation begins.
    pub(crate) room_id: Option<RoomId>,
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn PickPeople(props: &PickPeopleProps) -> Html {
    let ui = use_ui();
    let query = use_state(Asked::default);
    let chosen = use_state(Vec::<Person>::new);
    let entrance = use_entrance(props.onclose.clone());
    let found = use_answer((*query).clone(), |asked| ClientFrame::FindPeople {
        request_id: RequestId::default(),
        query: asked.query.clone(),
    });
    let people = match found.answer.as_deref() {
        Some(ServerFrame::PeopleFound { people, .. }) => people.as_slice(),
        _ => &[],
    };
    let (title, without) = about(&ui, props.room_id);
    let most = match props.room_id {
        Some(_) => ADDED_MAX,
        None => DIRECT_PEOPLE_MAX - 1,
    };
    let shown = people
        .iter()
        .filter(|profile| !has(&without, &profile.person));
    let shown: Vec<&Profile> = shown.collect();
    let toggle = {
        let chosen = chosen.clone();
        Callback::from(move |person: Person| {
            let mut all = (*chosen).clone();
            match has(&all, &person) {
                true => all.retain(|other| other.id != person.id),
                false if all.len() < most => all.push(person),
                false => {}
            }
            chosen.set(all);
        })
    };
    let oninput = {
        let query = query.clone();
        move |event: InputEvent| {
            query.set(Asked {
                query: element::value_of(event.target()).trim().to_owned(),
                ..Asked::default()
            });
        }
    };
    let pick = {
        let (chosen, room_id, onclose) = (chosen.clone(), props.room_id, props.onclose.clone());
        let send = entrance.send.clone();
        move |_: MouseEvent| match room_id {
            Some(room_id) => {
                add(&ui, room_id, &chosen);
                onclose.emit(());
            }
            None => send.emit(ClientFrame::OpenDirect {
                request_id: RequestId::default(),
                people: chosen.iter().map(|person| person.id).collect(),
            }),
        }
    };
    let problem = entrance.problem.text().or(found.problem.text());
    html! {
        <Modal {title} onclose={props.onclose.clone()}>
            <input class="search" type="search" {oninput} autofocus={true} placeholder="Search by name"
                aria-label="Search people" autocomplete="off" spellcheck="false" />
            if !chosen.is_empty() {
                <ul class="picked" aria-label="Chosen">
                    for person in chosen.iter() { { picked(person, &toggle) } }
                </ul>
            }
            if shown.is_empty() && found.answer.is_some() {
                <p class="list-note">{ "Nobody of that name." }</p>
            }
            <ul class="directory">
                for profile in shown { { candidate(profile, has(&chosen, &profile.person), &toggle) } }
            </ul>
            <p class="problem" role="alert">{ problem.unwrap_or_default() }</p>
            <div class="dialog-actions">
                <button class="button primary" onclick={pick} disabled={entrance.waiting || chosen.is_empty()}>
                    { if props.room_id.is_some() { "Add" } else { "Start talking" } }
                </button>
            </div>
        </Modal>
    }
}

/// What the dialog is called, and who is not to be chosen.
fn about(ui: &Ui, room_id: Option<RoomId>) -> (String, Vec<Person>) {
    ui.driver.view(|view| {
        let Some(room) = room_id.and_then(|room_id| view.rooms.get(&room_id)) else {
            return (
                "New message".into(),
                view.person.clone().into_iter().collect(),
            );
        };
        let members = room.members.iter().flat_map(|members| &members.listed);
        let members = members.map(|member| member.person.clone()).collect();
        (
            format!("Add people to {}", rooms::label(&room.info)),
            members,
        )
    })
}

fn add(ui: &Ui, room_id: RoomId, people: &[Person]) {
    for person in people {
        let add = ClientFrame::AddMember {
            request_id: RequestId::default(),
            room: room_id.into(),
            person_id: person.id,
        };
        ui.act(add, |_| {});
    }
}

fn has(people: &[Person], person: &Person) -> bool {
    people.iter().any(|other| other.id == person.id)
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
