//! The right pane: what the room is about, what one may change of it, and who is in it.

use client::present::rooms::{self, Attendance};
use client::present::{people, words};
use client::{Change, Command, View};
use shared::frame::Person;
use shared::room::{HistoryVisibility, Member, RoomInfo, RoomKind, SetRoomRole};
use shared::{ClientFrame, Operation, PersonId, RequestId, RoomId, RoomRole};
use yew::{Callback, Html, MouseEvent, Properties, component, html, use_effect_with};

use crate::components::hooks::{Dialog, Ui, use_changes, use_ui};
use crate::components::icon::{Icon, icon};
use crate::components::menu::{Item, Menu};
use crate::components::person_item::PersonItem;
use crate::components::room_sheets as sheets;
use crate::components::sheet::Sheet;
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
        *change == Change::Members(*room_id)
            || *change == Change::Timeline(*room_id)
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
            if can_leave(&ui, &info) {
                <footer class="details-foot">
                    <button class="quiet-button danger" onclick={ask(&ui, &info, sheets::leave)}>
                        { icon(Icon::Leave) }
                        <span>{ format!("Leave {}", rooms::label(&info)) }</span>
                    </button>
                </footer>
            }
        </section>
    }
}

/// Opens a sheet that is made when it is wanted.
fn ask(ui: &Ui, info: &RoomInfo, sheet: fn(&Ui, &RoomInfo) -> Sheet) -> Callback<MouseEvent> {
    let (ui, info) = (ui.clone(), info.clone());
    Callback::from(move |_: MouseEvent| ui.ask(sheet(&ui, &info)))
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
                for fact in facts(info) { <li class="meta">{ fact }</li> }
            </ul>
        </section>
    }
}

/// The rules of a room, where they are not what everybody expects.
fn facts(info: &RoomInfo) -> Vec<String> {
    let mut facts: Vec<String> = rooms::why_read_only(info).into_iter().collect();
    if info.kind == RoomKind::Private {
        facts.push("Private: only those who are invited are here.".into());
    }
    if info.history == HistoryVisibility::SinceJoining {
        facts.push("Newcomers read only what comes after they joined.".into());
    }
    match info.retention_days {
        None => {}
        Some(1) => facts.push("Messages are kept for a day.".into()),
        Some(days) => facts.push(format!("Messages are kept for {days} days.")),
    }
    facts
}

fn can_leave(ui: &Ui, info: &RoomInfo) -> bool {
    !matches!(info.kind, RoomKind::Lobby | RoomKind::Direct)
        && ui.may_in(Operation::LeaveRoom, info.room_id)
}

/// What one may do to the room.
fn actions(ui: &Ui, info: &RoomInfo) -> Html {
    let room_id = info.room_id;
    let may = |operation| ui.may_in(operation, room_id);
    let show = |dialog: Dialog| {
        let show = ui.show.clone();
        Callback::from(move |_: MouseEvent| show.emit(Some(dialog.clone())))
    };
    let is_closed = matches!(info.kind, RoomKind::Lobby | RoomKind::Direct);
    let mut actions = Vec::new();
    if !is_closed && !info.archived {
        if may(Operation::AddMember) {
            let add = show(Dialog::PickPeople {
                room_id: Some(room_id),
            });
            actions.push(action(Icon::Plus, "Add people", add));
        }
        if may(Operation::CreateRoomInvitation) {
            let invite = ask(ui, info, sheets::invite);
            actions.push(action(Icon::Link, "Invitation link", invite));
        }
    }
    if info.kind != RoomKind::Direct && may(Operation::ChangeRoom) {
        let edit = ask(ui, info, |_, info| sheets::edit(info));
        actions.push(action(Icon::Settings, "Change room", edit));
    }
    if !is_closed && may(Operation::ListBans) {
        let bans = show(Dialog::Bans { room_id });
        actions.push(action(Icon::People, "Banned people", bans));
    }
    if !is_closed && may(Operation::ChangeRoom) {
        let text = if info.archived {
            "Open again"
        } else {
            "Archive"
        };
        let archive = ask(ui, info, |_, info| sheets::archive(info));
        actions.push(action(Icon::Archive, text, archive));
    }
    html! { <div class="details-actions">{ for actions }</div> }
}

fn action(mark: Icon, text: &'static str, onclick: Callback<MouseEvent>) -> Html {
    html! {
        <button class="list-button" {onclick}>
            { icon(mark) }
            <span>{ text }</span>
        </button>
    }
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
    let role = ui
        .driver
        .view(|view| role_of(view, info.room_id, person.id));
    let note = match role {
        RoomRole::Owner | RoomRole::Moderator => people::room_role(role),
        RoomRole::Member | RoomRole::Unknown => "",
    };
    let items = member_items(ui, info, person, role);
    html! {
        <li key={person.id.to_string()} class="person">
            <PersonItem person={person.clone()} {note} asks={false} />
            if !items.is_empty() {
                <Menu label={format!("What to do with {}", person.name)} {items}>{ icon(Icon::More) }</Menu>
            }
        </li>
    }
}

fn role_of(view: &View, room_id: RoomId, person_id: PersonId) -> RoomRole {
    let room = view.rooms.get(&room_id);
    let members = room.and_then(|room| room.members.as_ref());
    let is_them = |member: &&Member| member.person.id == person_id;
    let member = members.and_then(|members| members.listed.iter().find(is_them));
    member.and_then(|member| member.role).unwrap_or_default()
}

/// What one may do to a member.
fn member_items(ui: &Ui, info: &RoomInfo, person: &Person, role: RoomRole) -> Vec<Item> {
    let is_own = ui
        .driver
        .view(|view| view.person.as_ref().is_some_and(|own| own.id == person.id));
    if is_own || matches!(info.kind, RoomKind::Lobby | RoomKind::Direct) {
        return Vec::new();
    }
    let may = |operation| ui.may_in(operation, info.room_id);
    let mut items = Vec::new();
    if may(Operation::SetRoomRole) {
        for other in [RoomRole::Owner, RoomRole::Moderator, RoomRole::Member] {
            items.push(role_item(ui, info.room_id, person.id, other, other == role));
        }
    }
    if may(Operation::RemoveMember) {
        for (text, ban) in [("Remove from the room", false), ("Ban from the room", true)] {
            let (ui, info, person) = (ui.clone(), info.clone(), person.clone());
            let act = move |()| ui.ask(sheets::remove(&info, &person, ban));
            items.push(Item::new(text, act).danger());
        }
    }
    items
}

fn role_item(ui: &Ui, room_id: RoomId, person_id: PersonId, role: RoomRole, chosen: bool) -> Item {
    let ui = ui.clone();
    let act = move |()| {
        let set = ClientFrame::SetRoomRole(SetRoomRole {
            request_id: RequestId::default(),
            room: room_id.into(),
            person_id,
            role,
        });
        let driver = ui.driver.clone();
        ui.act(set, move |_| {
            let _ = driver.command(Command::ListMembers { room_id });
        });
    };
    Item::new(people::room_role(role), act).chosen(chosen)
}
