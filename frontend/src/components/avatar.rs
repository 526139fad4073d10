//! A person's initials on their colour, which follows from their id.

use shared::PersonId;
use shared::frame::Person;
use yew::{Html, classes, html};

use client::present::format;
use client::present::people::hue;

/// The class that gives a person's colour.
pub(crate) fn hue_class(id: PersonId) -> String {
    format!("hue-{}", hue(id))
}

/// The avatar in a timeline.
pub(crate) fn avatar(person: &Person) -> Html {
    html! {
        <span class={classes!("avatar", hue_class(person.id))} aria-hidden="true">
            { format::initials(&person.name) }
        </span>
    }
}

/// The small one of lists; `online` shows whether the person is connected.
pub(crate) fn small_avatar(person: &Person, online: Option<bool>) -> Html {
    html! {
        <span class={classes!("avatar", "small", hue_class(person.id))} aria-hidden="true">
            { format::initials(&person.name) }
            if let Some(online) = online {
                <span class={classes!("presence", online.then_some("online"))}></span>
            }
        </span>
    }
}

/// People in a list, in the order given.
pub(crate) fn people_list(people: &[Person], online: bool) -> Html {
    html! {
        <ul class="people">
            for person in people {
                <li key={person.id.to_string()} class="person">
                    { small_avatar(person, Some(online)) }
                    <span class="person-name" title={person.name.clone()}>{ person.name.clone() }</span>
                </li>
            }
        </ul>
    }
}
