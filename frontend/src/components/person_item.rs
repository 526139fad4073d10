//! Somebody in a list, whose profile opens.

use client::Change;
use client::present::panel::Topic;
use client::present::people;
use shared::account::PresenceState;
use shared::frame::Person;
use yew::{Html, MouseEvent, Properties, component, html};

use crate::components::avatar::Avatar;
use crate::components::hooks::{Dialog, use_changes, use_ui};

#[derive(PartialEq, Properties)]
pub(crate) struct PersonItemProps {
    pub(crate) person: Person,
    /// What they are, beside the name.
    #[prop_or_default]
    pub(crate) note: &'static str,
    /// Whether their picture is worth asking for.
    #[prop_or(true)]
    pub(crate) asks: bool,
}

#[component]
pub(crate) fn PersonItem(props: &PersonItemProps) -> Html {
    let ui = use_ui();
    use_changes((), |(), change| matches!(change, Change::Presence));
    let person = &props.person;
    let person_id = person.id;
    let presence = ui.driver.view(|view| view.presence.state(person_id));
    let onclick = move |_: MouseEvent| ui.show.emit(Some(Dialog::Panel(Topic::Card(person_id))));
    html! {
        <button class="person-button" {onclick}>
            <Avatar person={person.clone()} size="small" {presence} asks={props.asks} />
            <span class="person-name" title={person.name.clone()}>{ person.name.clone() }</span>
            if matches!(presence, PresenceState::Away | PresenceState::DoNotDisturb) {
                <span class="visually-hidden">{ people::presence(presence) }</span>
            }
            if !props.note.is_empty() {
                <span class="meta">{ props.note }</span>
            }
        </button>
    }
}
