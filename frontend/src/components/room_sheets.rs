//! What one may do to a room and its members, as forms and questions.

use client::present::rooms;
use shared::account::CreateInvitation;
use shared::frame::Person;
use shared::limits::{DESCRIPTION_CHARS_MAX, ROOM_NAME_CHARS_MAX, TOPIC_CHARS_MAX};
use shared::room::{
    ChangeRoom, CreateRoom, HistoryVisibility, RemoveMember, RoomChanges, RoomInfo, RoomKind,
};
use shared::{ClientFrame, Operation, RequestId, RoomId, RoomName, ServerFrame};
use yew::{AttrValue, Callback, MouseEvent};

use crate::browser::location;
use crate::components::form::{Field, Kind, Values};
use crate::components::hooks::{Dialog, Ui};
use crate::components::secret::Secret;
use crate::components::sheet::Sheet;
use client::present::format::sentence;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn request_id() -> RequestId {
    RequestId::default()
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
        .value(value.to_owned())
        .example("garden-party")
        .chars_max(ROOM_NAME_CHARS_MAX + 1)
}

fn topic_field(value: &str) -> Field {
    Field::line("topic", "Topic")
        .value(value.to_owned())
        .example("What is it about?")
        .chars_max(TOPIC_CHARS_MAX)
        .optional()
}

fn description_field(value: &str) -> Field {
    Field::new("description", "Description", Kind::Lines)
        .value(value.to_owned())
        .chars_max(DESCRIPTION_CHARS_MAX)
        .optional()
}

fn history_field(value: HistoryVisibility) -> Field {
    let options = vec![
        ("all", AttrValue::from("All that was said before")),
        ("since_joining", "Only what comes after they joined".into()),
    ];
    Field::new("history", "Newcomers can read", Kind::Choice(options)).value(value.as_str())
}

fn history(values: &Values) -> HistoryVisibility {
    match values.text("history").as_str() {
        "since_joining" => HistoryVisibility::SinceJoining,
        _ => HistoryVisibility::All,
    }
}

/// Opens the form for a new room.
pub(crate) fn ask_for_room(ui: &Ui) -> impl Fn(MouseEvent) + 'static {
    let ui = ui.clone();
    move |_| ui.ask(create(&ui))
}

/// A new room, which opens.
fn create(ui: &Ui) -> Sheet {
    let mut kinds = vec![("public", AttrValue::from("Anyone may find and join it"))];
    if ui.may(Operation::CreatePrivateRoom) {
        kinds.push(("private", "Private: only those who are invited".into()));
    }
    let kind = Field::new("kind", "Who is it for?", Kind::Choice(kinds));
    let ui = ui.clone();
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
    .then(move |answer| {
        if let ServerFrame::RoomJoined { room_id, .. } = answer {
            ui.open(room_id);
        }
    })
}

/// Name, topic and rules of a room.
pub(crate) fn edit(room: &RoomInfo) -> Sheet {
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
    let title = format!("Change {}", rooms::label(room));
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
pub(crate) fn archive(room: &RoomInfo) -> Sheet {
    let label = rooms::label(room);
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
pub(crate) fn invite(ui: &Ui, room: &RoomInfo) -> Sheet {
    let (room_id, label) = (room.room_id, rooms::label(room));
    let title = format!("Invite people to {label}");
    let text = format!("Whoever has the link comes into {label}.");
    Sheet::new(title.clone(), "Make a link", move |values| {
        invitation(values, Some(room_id))
    })
    .text(text)
    .fields(invitation_fields())
    .then(show_invitation(ui, title))
}

/// A link by which others get an account; `made` is told once there is one.
pub(crate) fn invite_to_server(ui: &Ui, made: &Callback<()>) -> Sheet {
    let show = show_invitation(ui, "Invitation to this server".into());
    let made = made.clone();
    Sheet::new("Invite people", "Make a link", |values| {
        invitation(values, None)
    })
    .text("Whoever has the link can make an account.")
    .fields(invitation_fields())
    .then(move |answer| {
        made.emit(());
        show(answer);
    })
}

/// How long an invitation holds, and for how many.
fn invitation_fields() -> [Field; 2] {
    let days = vec![
        ("1", AttrValue::from("A day")),
        ("7", "A week".into()),
        ("30", "A month".into()),
        ("365", "A year".into()),
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

/// Shows the link of a new invitation.
pub(crate) fn show_invitation(ui: &Ui, title: String) -> impl Fn(ServerFrame) + 'static {
    let show = ui.show.clone();
    move |answer| {
        if let ServerFrame::InvitationCreated { token, .. } = answer {
            let link = location::absolute(&location::invitation_path(token.reveal()));
            show.emit(Some(Dialog::Secret(Secret {
                title: title.clone().into(),
                text: "This link is shown once. Send it to those whom you invite.".into(),
                value: link.into(),
                action: "Copy link".into(),
                is_link: true,
            })));
        }
    }
}

/// Leaves the room.
pub(crate) fn leave(ui: &Ui, room: &RoomInfo) -> Sheet {
    let label = rooms::label(room);
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
    let ui = ui.clone();
    Sheet::confirm(format!("Leave {label}?"), format!("Leave {label}"), frame)
        .text(text)
        .then(move |_| ui.open_lobby())
}

/// Removes somebody from the room, for now or for good.
pub(crate) fn remove(room: &RoomInfo, person: &Person, ban: bool) -> Sheet {
    let (name, label) = (&person.name, rooms::label(room));
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
