//! What one may do to a room, its members and its messages: forms, questions, and who is shown which.

use shared::account::CreateInvitation;
use shared::admin::ReportMessage;
use shared::frame::Person;
use shared::http::invitation_link;
use shared::limits::{DESCRIPTION_CHARS_MAX, ROOM_NAME_CHARS_MAX, TOPIC_CHARS_MAX};
use shared::room::{
    ChangeRoom, CreateRoom, HistoryVisibility, Member, RemoveMember, RoomChanges, RoomInfo,
    RoomKind, SetRoomRole,
};
use shared::{
    ClientFrame, Operation, PersonId, RequestId, RoomEvent, RoomId, RoomName, RoomRole, ServerFrame,
};

use crate::api::Command;
use crate::present::form::{Field, Kind, Values};
use crate::present::format::sentence;
use crate::present::icon::Icon;
use crate::present::panel::Topic;
use crate::present::people;
use crate::present::rooms::{label, may};
use crate::present::sheet::{Deed, Item, Next, Request, Reveal, Sheet};
use crate::view::View;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Files of one message whose links are in its menu.
const LINK_ITEMS_MAX: usize = 8;
/// Characters of why a message is reported.
const REASON_CHARS_MAX: usize = 500;

/// The core chooses it.
const fn request_id() -> RequestId {
    RequestId(0)
}

/// A room's name as people type it: a space stands for a dash.
fn parsed_name(text: &str) -> Result<String, String> {
    let name = text.trim_start_matches('#').trim().replace(' ', "-");
    match name.parse::<RoomName>() {
        Ok(name) => Ok(name.to_string()),
        Err(error) => Err(sentence(&error.to_string())),
    }
}

fn name_field(value: &str) -> Field {
    Field::line("name", "Name")
        .value(value)
        .example("garden-party")
        .chars_max(ROOM_NAME_CHARS_MAX + 1)
}

fn topic_field(value: &str) -> Field {
    Field::line("topic", "Topic")
        .value(value)
        .example("What is it about?")
        .chars_max(TOPIC_CHARS_MAX)
        .optional()
}

fn description_field(value: &str) -> Field {
    Field::new("description", "Description", Kind::Lines)
        .value(value)
        .chars_max(DESCRIPTION_CHARS_MAX)
        .optional()
}

fn history_field(value: HistoryVisibility) -> Field {
    let options = vec![
        ("all", "All that was said before"),
        ("since_joining", "Only what comes after they joined"),
    ];
    Field::new("history", "Newcomers can read", Kind::Choice(options)).value(value.as_str())
}

fn history(values: &Values) -> HistoryVisibility {
    match values.text("history").as_str() {
        "since_joining" => HistoryVisibility::SinceJoining,
        _ => HistoryVisibility::All,
    }
}

/// A room that opens once there is one.
pub(super) fn opens(answer: &ServerFrame) -> Option<Next> {
    match answer {
        ServerFrame::RoomJoined { room_id, .. } => Some(Next::Open(*room_id)),
        _ => None,
    }
}

/// A new room, which opens.
pub fn create(view: &View) -> Sheet {
    let mut kinds = vec![("public", "Anyone may find and join it")];
    if may(view, Operation::CreatePrivateRoom, None) {
        kinds.push(("private", "Private: only those who are invited"));
    }
    let kind = Field::new("kind", "Who is it for?", Kind::Choice(kinds)).value("public");
    Sheet::new("New room", "Create room", |values| {
        Ok(ClientFrame::CreateRoom(CreateRoom {
            request_id: request_id(),
            name: parsed_name(&values.text("name"))?,
            topic: values.text("topic"),
            description: values.text("description"),
            kind: match values.text("kind").as_str() {
                "private" => RoomKind::Private,
                _ => RoomKind::Public,
            },
            history: history(values),
        }))
    })
    .fields([
        name_field(""),
        topic_field(""),
        kind,
        history_field(HistoryVisibility::All),
        description_field(""),
    ])
    .then(opens)
}

/// Name, topic and rules of a room.
pub fn edit(room: &RoomInfo) -> Sheet {
    let days = room.retention_days.map(|days| days.to_string());
    let keeps = Field::new("days", "Keep messages for so many days", Kind::Number)
        .value(days.unwrap_or_default())
        .hint("Empty: for good. Older messages and their files are removed.")
        .chars_max(5)
        .optional();
    let mut fields = vec![
        name_field(room.name.as_str()),
        topic_field(&room.topic),
        description_field(&room.description),
        history_field(room.history),
        keeps,
    ];
    if room.kind == RoomKind::Lobby {
        fields.remove(0);
    }
    let before = room.clone();
    let title = format!("Change {}", label(room));
    Sheet::new(title, "Save", move |values| changes(&before, values)).fields(fields)
}

/// Only what is another now.
fn changes(before: &RoomInfo, values: &Values) -> Result<ClientFrame, String> {
    let name = match values.given("name") {
        Some(name) => Some(parsed_name(&name)?),
        None => None,
    };
    let days = match values.given("days") {
        Some(days) => {
            let days: u32 = days.parse().map_err(|_| "Give a number of days.")?;
            days
        }
        None => 0,
    };
    let (topic, description) = (values.text("topic"), values.text("description"));
    let history = history(values);
    Ok(change(
        before.room_id,
        name.filter(|name| *name != before.name.as_str()),
        RoomChanges {
            topic: (topic != before.topic).then_some(topic),
            description: (description != before.description).then_some(description),
            history: (history != before.history).then_some(history),
            archived: None,
            retention_days: (days != before.retention_days.unwrap_or(0)).then_some(days),
        },
    ))
}

fn change(room_id: RoomId, name: Option<String>, rest: RoomChanges) -> ClientFrame {
    ClientFrame::ChangeRoom(ChangeRoom {
        request_id: request_id(),
        room: room_id.into(),
        name,
        rest,
    })
}

/// Closes the room for good, or until it is opened again.
pub fn archive(room: &RoomInfo) -> Sheet {
    let label = label(room);
    let rest = RoomChanges {
        archived: Some(!room.archived),
        ..RoomChanges::default()
    };
    let frame = change(room.room_id, None, rest);
    match room.archived {
        false => Sheet::confirm(format!("Archive {label}?"), "Archive", frame).text(
            "Everybody can still read it, and nobody can write in it. You can open it again.",
        ),
        true => Sheet::new(format!("Open {label} again?"), "Open again", move |_| {
            Ok(frame.clone())
        })
        .text("Its members can write in it again."),
    }
}

/// A link by which others come into the room.
pub fn invite(room: &RoomInfo) -> Sheet {
    let (room_id, label) = (room.room_id, label(room));
    let title = format!("Invite people to {label}");
    let text = format!("Whoever has the link comes into {label}.");
    Sheet::new(title.clone(), "Make a link", move |values| {
        invitation(values, Some(room_id))
    })
    .text(text)
    .fields(invitation_fields())
    .then(move |answer| shown_link(&title, answer))
}

/// A link by which others get an account.
pub fn invite_to_server() -> Sheet {
    Sheet::new("Invite people", "Make a link", |values| {
        invitation(values, None)
    })
    .text("Whoever has the link can make an account.")
    .fields(invitation_fields())
    .then(|answer| shown_link("Invitation to this server", answer))
}

/// How long an invitation holds, and for how many.
fn invitation_fields() -> [Field; 2] {
    let days = vec![
        ("1", "A day"),
        ("7", "A week"),
        ("30", "A month"),
        ("365", "A year"),
    ];
    [
        Field::new("days", "It works for", Kind::Choice(days)).value("7"),
        Field::new("uses", "For how many people", Kind::Number)
            .value("10")
            .chars_max(5),
    ]
}

fn invitation(values: &Values, room: Option<RoomId>) -> Result<ClientFrame, String> {
    let uses = values.text("uses").parse();
    Ok(ClientFrame::CreateInvitation(CreateInvitation {
        request_id: request_id(),
        room: room.map(Into::into),
        expires_in_ms: values.number("days").map(|days| days * DAY_MS),
        uses_max: Some(uses.map_err(|_| "Give a number of people.")?),
    }))
}

/// The link of a new invitation.
pub(super) fn shown_link(title: &str, answer: &ServerFrame) -> Option<Next> {
    match answer {
        ServerFrame::InvitationCreated { token, .. } => Some(Next::Reveal(Reveal {
            title: title.to_owned(),
            text: "This link is shown once. Send it to those whom you invite.".into(),
            value: invitation_link(token),
            action: "Copy link",
            is_link: true,
        })),
        _ => None,
    }
}

/// Leaves the room.
pub fn leave(room: &RoomInfo) -> Sheet {
    let label = label(room);
    let text = match room.kind {
        RoomKind::Private => "To come back you have to be added again; what was said stays.",
        RoomKind::Lobby | RoomKind::Public | RoomKind::Direct | RoomKind::Unknown => {
            "You can join again whenever you like; what was said stays."
        }
    };
    let frame = ClientFrame::LeaveRoom {
        request_id: request_id(),
        room: room.room_id.into(),
    };
    Sheet::confirm(format!("Leave {label}?"), format!("Leave {label}"), frame)
        .text(text)
        .then(|_| Some(Next::OpenLobby))
}

/// Removes somebody from the room, for now or for good.
fn remove(room: &RoomInfo, person: &Person, ban: bool) -> Sheet {
    let (name, label) = (&person.name, label(room));
    let frame = ClientFrame::RemoveMember(RemoveMember {
        request_id: request_id(),
        room: room.room_id.into(),
        person_id: person.id,
        ban,
    });
    match ban {
        true => Sheet::confirm(format!("Ban {name} from {label}?"), "Ban", frame)
            .text("They are removed and cannot come back until you let them in again."),
        false => Sheet::confirm(format!("Remove {name} from {label}?"), "Remove", frame)
            .text("What they wrote stays. They can be added again."),
    }
}

/// Whether one can leave the room and may.
pub fn can_leave(view: &View, room: &RoomInfo) -> bool {
    !is_fixed(room) && may(view, Operation::LeaveRoom, Some(room.room_id))
}

/// Nobody is added to it or removed.
fn is_fixed(room: &RoomInfo) -> bool {
    matches!(room.kind, RoomKind::Lobby | RoomKind::Direct)
}

/// What one may do to the room.
pub fn room_items(view: &View, room: &RoomInfo) -> Vec<(Icon, Item)> {
    let room_id = room.room_id;
    let may = |operation| may(view, operation, Some(room_id));
    let mut items = Vec::new();
    if may(Operation::ReadFile) {
        let files = Deed::Show(Topic::RoomFiles(room_id));
        items.push((Icon::File, Item::new("Files", files)));
    }
    if !is_fixed(room) && !room.archived {
        if may(Operation::AddMember) {
            let add = Item::new("Add people", Deed::AddPeople(room_id));
            items.push((Icon::Plus, add));
        }
        if may(Operation::CreateRoomInvitation) {
            items.push((Icon::Link, Item::ask("Invitation link", invite(room))));
        }
    }
    if !is_fixed(room) && may(Operation::CreateRoomInvitation) {
        let open = Deed::Show(Topic::RoomInvitations(room_id));
        items.push((Icon::Clock, Item::new("Open invitations", open)));
    }
    if room.kind != RoomKind::Direct && may(Operation::ChangeRoom) {
        items.push((Icon::Settings, Item::ask("Change room", edit(room))));
    }
    if !is_fixed(room) && may(Operation::ListBans) {
        let bans = Item::new("Banned people", Deed::Show(Topic::Bans(room_id)));
        items.push((Icon::People, bans));
    }
    if !is_fixed(room) && may(Operation::ChangeRoom) {
        let text = match room.archived {
            true => "Open again",
            false => "Archive",
        };
        items.push((Icon::Archive, Item::ask(text, archive(room))));
    }
    items
}

/// What somebody is in a room, as far as its members are listed.
pub fn role_of(view: &View, room_id: RoomId, person_id: PersonId) -> RoomRole {
    let room = view.rooms.get(&room_id);
    let members = room.and_then(|room| room.members.as_ref());
    let is_them = |member: &&Member| member.person.id == person_id;
    let member = members.and_then(|members| members.listed.iter().find(is_them));
    member.and_then(|member| member.role).unwrap_or_default()
}

/// What is said of somebody's role beside their name; empty for plain members.
pub fn role_note(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Owner | RoomRole::Moderator => people::room_role(role),
        RoomRole::Member | RoomRole::Unknown => "",
    }
}

/// What one may do to a member.
pub fn member_items(view: &View, room: &RoomInfo, person: &Person) -> Vec<Item> {
    let is_own = view.person.as_ref().is_some_and(|own| own.id == person.id);
    if is_own || is_fixed(room) {
        return Vec::new();
    }
    let may = |operation| may(view, operation, Some(room.room_id));
    let mut items = Vec::new();
    if may(Operation::SetRoomRole) {
        let role = role_of(view, room.room_id, person.id);
        for other in [RoomRole::Owner, RoomRole::Moderator, RoomRole::Member] {
            items.push(role_item(room.room_id, person.id, other).chosen(other == role));
        }
    }
    if may(Operation::RemoveMember) {
        for (text, ban) in [("Remove from the room", false), ("Ban from the room", true)] {
            items.push(Item::ask(text, remove(room, person, ban)).danger());
        }
    }
    items
}

fn role_item(room_id: RoomId, person_id: PersonId, role: RoomRole) -> Item {
    let set = ClientFrame::SetRoomRole(SetRoomRole {
        request_id: request_id(),
        room: room_id.into(),
        person_id,
        role,
    });
    let request = Request::new(set).then(move |_| Some(Next::Do(Command::ListMembers { room_id })));
    Item::new(people::room_role(role), Deed::Send(request))
}

/// What one may do with a message, besides what each screen does with texts and addresses.
pub fn message_items(view: &View, event: &RoomEvent) -> Vec<Item> {
    let room_id = event.room_id;
    let may = |operation| may(view, operation, Some(room_id));
    let is_own = view.person.as_ref().map(|own| own.id) == Some(event.person.id);
    let mut items = Vec::new();
    if !is_own && may(Operation::ReportMessage) {
        items.push(Item::ask("Report to the admins", report(view, event)));
    }
    if is_own && may(Operation::ChangeLink) {
        items.extend(link_items(event));
    }
    let remove_as = match is_own {
        true => Operation::RemoveMessage,
        false => Operation::RemoveOthersMessage,
    };
    if may(remove_as) {
        items.push(Item::ask("Remove message", remove_message(event)).danger());
    }
    items
}

/// The links of the files that one's message carries, as far as a menu has room for them.
fn link_items(event: &RoomEvent) -> impl Iterator<Item = Item> {
    let files = event.event.attachments().iter().take(LINK_ITEMS_MAX);
    files.map(|file| {
        let show = Deed::Show(Topic::Link(file.file_id));
        Item::new(format!("Link to {}", file.name.as_str()), show)
    })
}

fn remove_message(event: &RoomEvent) -> Sheet {
    let frame = ClientFrame::RemoveMessage {
        request_id: request_id(),
        room: event.room_id.into(),
        sequence: event.sequence,
    };
    let title = format!("Remove the message of {}?", event.person.name);
    Sheet::confirm(title, "Remove message", frame)
        .text("What it says is gone for everybody and for good. That it was there stays visible.")
}

fn report(view: &View, event: &RoomEvent) -> Sheet {
    let (room_id, sequence) = (event.room_id, event.sequence);
    let room = view.rooms.get(&room_id);
    let text = format!(
        "The admins of this server get to read this message of {}, though they may not be in {}.",
        event.person.name,
        room.map(|room| label(&room.info)).unwrap_or_default()
    );
    let reason = Field::new("reason", "What is wrong with it?", Kind::Lines);
    Sheet::new("Report a message", "Report", move |values| {
        Ok(ClientFrame::ReportMessage(ReportMessage {
            request_id: request_id(),
            room: room_id.into(),
            sequence,
            reason: values.text("reason"),
        }))
    })
    .text(text)
    .fields([reason.chars_max(REASON_CHARS_MAX).optional()])
    .then_say("The admins will look at it.")
}

#[cfg(test)]
mod tests;
