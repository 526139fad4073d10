//! The right pane: what the room is about, what one may change of it, and who is in it.

use client::present::rooms::{self, Attendance};
use client::present::sheet::{Deed, Item};
use client::present::{room_sheets, words};
use client::{Change, Command};
use shared::RoomId;
use shared::frame::Person;
use shared::room::RoomInfo;
use yew::{Callback, Html, MouseEvent, Properties, component, html, use_effect_with};

use crate::components::hooks::{Ui, use_changes, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::menu::{self, Menu};
use crate::components::person_item::PersonItem;
use crate::driver::Driver;
use crate::text::order;

#[derive(PartialEq, Properties)]
pub(crate) struct DetailsProps {
    pub(crate) room_id: RoomId,
    pub(crate) onclose: Callback<()>,
}

#[component]
pub(crate) fn Details(props: &DetailsProps) -> Html {
    let room_id = props.room_id;
    let ui = use_ui();
    let driver = ui.driver.clone();
    use_changes(room_id, |room_id, change| {
        matches!(change, Change::Members(id) | Change::Timeline(id) if id == room_id)
            || matches!(
                change,
                Change::Presence | Change::Rooms | Change::Connection
            )
    });
    let info = driver.view(|view| view.rooms.get(&room_id).map(|room| room.info.clone()));
    let online = driver.view(|view| view.presence.total);
    // Whoever came or went may be new to the list.
    let seen = info.as_ref().map(|info| (info.members, online));
    use_effect_with(seen, {
        let driver = driver.clone();
        move |_| {
            // Refused while offline; the count after connecting asks again.
            let _ = driver.command(Command::ListMembers { room_id });
        }
    });
    let Some(info) = info else {
        return Html::default();
    };
    let Attendance { here, away, more } = members(&driver, room_id);
    let close = {
        let onclose = props.onclose.clone();
        move |_: MouseEvent| onclose.emit(())
    };
    let can_leave = driver.view(|view| room_sheets::can_leave(view, &info));
    let leave = {
        let (ui, info) = (ui.clone(), info.clone());
        move |_: MouseEvent| ui.ask(room_sheets::leave(&info), &Callback::noop())
    };
    let list = |title, people: &[Person]| {
        let people = people.iter().map(|person| member(&ui, &info, person));
        section(title, people.collect())
    };
    html! {
        <section class="details" aria-label="Details of this room">
            <header class="details-head">
                <h2>{ "Details" }</h2>
                <button class="icon-button" aria-label="Close details" onclick={close}>
                    { icon(Icon::Close) }
                </button>
            </header>
            <div class="details-scroll" tabindex="0">
                { about(&info) }
                { actions(&ui, &info) }
                { list("Here now", &here) }
                { list("Away", &away) }
                if more > 0 {
                    <p class="list-note">{ format!("and {more} more") }</p>
                }
            </div>
            if can_leave {
                <footer class="details-foot">
                    <button class="quiet-button danger" onclick={leave}>
                        { icon(Icon::Leave) }
                        <span>{ format!("Leave {}", rooms::label(&info)) }</span>
                    </button>
                </footer>
            }
        </section>
    }
}

fn about(info: &RoomInfo) -> Html {
    let topic = match info.topic.is_empty() {
        true => words::about(info.kind).to_owned(),
        false => info.topic.clone(),
    };
    html! {
        <section class="details-about">
            <h3>{ rooms::label(info) }</h3>
            <p class="secondary">{ topic }</p>
            if !info.description.is_empty() {
                <p class="description">{ info.description.clone() }</p>
            }
            <ul class="facts">
                for fact in rooms::facts(info) { <li class="meta">{ fact }</li> }
            </ul>
        </section>
    }
}

/// What one may do to the room.
fn actions(ui: &Ui, info: &RoomInfo) -> Html {
    let items = ui.driver.view(|view| room_sheets::room_items(view, info));
    let action = |(mark, item): (Icon, Item)| {
        let onclick = act(ui, item.deed).reform(|_: MouseEvent| ());
        html! {
            <button class="list-button" {onclick}>
                { icon(mark) }
                <span>{ item.text }</span>
            </button>
        }
    };
    html! { <div class="details-actions">{ for items.into_iter().map(action) }</div> }
}

fn act(ui: &Ui, deed: Deed) -> Callback<()> {
    let ui = ui.clone();
    Callback::from(move |()| ui.perform(&deed, &Callback::noop()))
}

/// Who is here and who is away, sorted by name.
fn members(driver: &Driver, room_id: RoomId) -> Attendance {
    let Attendance { here, away, more } = driver.view(|view| rooms::attendance(view, room_id));
    let sorted = |people| order::by_key(people, |person: &Person| order::lower(&person.name));
    Attendance {
        here: sorted(here),
        away: sorted(away),
        more,
    }
}

fn section(title: &'static str, people: Vec<Html>) -> Html {
    if people.is_empty() {
        return Html::default();
    }
    html! {
        <section>
            <div class="section-head">
                <h3>{ title }</h3>
                <span class="count numbers">{ people.len() }</span>
            </div>
            <ul class="people">{ for people }</ul>
        </section>
    }
}

fn member(ui: &Ui, info: &RoomInfo, person: &Person) -> Html {
    let (role, items) = ui.driver.view(|view| {
        let role = room_sheets::role_of(view, info.room_id, person.id);
        (role, room_sheets::member_items(view, info, person))
    });
    let note = room_sheets::role_note(role);
    let items = items.into_iter();
    let items = items.map(|item| menu::Item::of(&item, act(ui, item.deed.clone())));
    let items: Vec<menu::Item> = items.collect();
    html! {
        <li key={person.id.to_string()} class="person">
            <PersonItem person={person.clone()} {note} asks={false} />
            if !items.is_empty() {
                <Menu label={format!("What to do with {}", person.name)} {items}>{ icon(Icon::More) }</Menu>
            }
        </li>
    }
}
