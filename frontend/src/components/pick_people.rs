//! Choosing people: to talk with, or to add to a room.

use std::rc::Rc;

use client::present::rooms;
use shared::account::Profile;
use shared::frame::Person;
use shared::limits::DIRECT_PEOPLE_MAX;
use shared::{ClientFrame, RequestId, RoomId, ServerFrame};
use yew::{
    AttrValue, Callback, Html, InputEvent, MouseEvent, Properties, classes, component, html,
    use_state,
};

use crate::browser::element;
use crate::components::avatar::small_avatar;
use crate::components::dialog::Modal;
use crate::components::hooks::{use_entrance, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::request::use_answer;

#[derive(PartialEq, Properties)]
struct PickerProps {
    /// What the button says.
    action: AttrValue,
    /// How many may be chosen.
    most: usize,
    /// Who is not to be chosen.
    without: Rc<Vec<Person>>,
    waiting: bool,
    problem: Option<AttrValue>,
    onpick: Callback<Vec<Person>>,
}

/// Begins to talk with a few people in private.
#[component]
pub(crate) fn NewDirect(props: &crate::components::jump::JumpProps) -> Html {
    let entrance = use_entrance(props.onclose.clone());
    let ui = use_ui();
    let own = ui.driver.view(|view| view.person.clone());
    let onpick = {
        let send = entrance.send.clone();
        Callback::from(move |people: Vec<Person>| {
            send.emit(ClientFrame::OpenDirect {
                request_id: RequestId::default(),
                people: people.into_iter().map(|person| person.id).collect(),
            });
        })
    };
    let problem = entrance.problem.reply().map(|error| error.message.clone());
    html! {
        <Modal title="New message" onclose={props.onclose.clone()}>
            <Picker action="Start talking" most={DIRECT_PEOPLE_MAX - 1} without={Rc::new(Vec::from_iter(own))}
                waiting={entrance.waiting} problem={problem.map(AttrValue::from)} {onpick} />
        </Modal>
    }
}

#[derive(PartialEq, Properties)]
pub(crate) struct AddPeopleProps {
    pub(crate) room_id: RoomId,
    pub(crate) onclose: Callback<()>,
}

/// Adds people to a room.
#[component]
pub(crate) fn AddPeople(props: &AddPeopleProps) -> Html {
    let ui = use_ui();
    let room_id = props.room_id;
    let (label, members) = ui.driver.view(|view| {
        let room = view.rooms.get(&room_id);
        let members = room.and_then(|room| room.members.as_ref());
        let listed = members.into_iter().flat_map(|members| &members.listed);
        (
            room.map(|room| rooms::label(&room.info)),
            listed.map(|member| member.person.clone()).collect(),
        )
    });
    let onpick = {
        let (ui, onclose) = (ui.clone(), props.onclose.clone());
        Callback::from(move |people: Vec<Person>| {
            for person in people {
                let add = ClientFrame::AddMember {
                    request_id: RequestId::default(),
                    room: room_id.into(),
                    person_id: person.id,
                };
                ui.act(add, |_| {});
            }
            onclose.emit(());
        })
    };
    html! {
        <Modal title={format!("Add people to {}", label.unwrap_or_default())} onclose={props.onclose.clone()}>
            <Picker action="Add" most={50} without={Rc::new(members)} waiting={false} problem={None::<AttrValue>}
                {onpick} />
        </Modal>
    }
}

#[component]
fn Picker(props: &PickerProps) -> Html {
    let query = use_state(String::new);
    let chosen = use_state(Vec::<Person>::new);
    let found = use_answer((*query).clone(), |query| ClientFrame::FindPeople {
        request_id: RequestId::default(),
        query: query.clone(),
    });
    let people = match found.answer.as_deref() {
        Some(ServerFrame::PeopleFound { people, .. }) => people.as_slice(),
        _ => &[],
    };
    let shown: Vec<&Profile> = people
        .iter()
        .filter(|profile| !has(&props.without, &profile.person))
        .collect();
    let toggle = {
        let (chosen, most) = (chosen.clone(), props.most);
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
        move |event: InputEvent| query.set(element::value_of(event.target()).trim().to_owned())
    };
    let pick = {
        let (onpick, chosen) = (props.onpick.clone(), chosen.clone());
        move |_: MouseEvent| onpick.emit((*chosen).clone())
    };
    html! {
        <>
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
            <p class="problem" role="alert">{ props.problem.clone().unwrap_or_default() }</p>
            <div class="dialog-actions">
                <button class="button primary" onclick={pick} disabled={props.waiting || chosen.is_empty()}>
                    { &props.action }
                </button>
            </div>
        </>
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
