//! `chinwag rooms`: which there are, and what is done to one.

use client::{Command, View};
use serde::Serialize;
use shared::room::{ChangeRoom, CreateRoom, HistoryVisibility, RoomChanges, RoomInfo, RoomKind};
use shared::{ClientFrame, RequestId, RoomId, RoomRef, ServerFrame};

use crate::arguments::rooms::{NewRoom, Rooms, RoomsChange};
use crate::commands::requests::{done, have_done};
use crate::commands::sign::invitation;
use crate::commands::who::{own_room, room_name};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Answer, Session, unexpected};
use crate::text;

const REQUEST: RequestId = RequestId(0);

pub(crate) async fn run(
    session: &mut Session,
    rooms: Rooms,
    output: &mut Output,
) -> Result<(), Failure> {
    match rooms.what {
        None => list(session, output).await,
        Some(RoomsChange::Create(room)) => {
            let room_id = create(session, room, output).await?;
            entered(session, room_id, output)
        }
        Some(RoomsChange::Join { room }) => {
            let room_id = join(session, &room, output).await?;
            entered(session, room_id, output)
        }
        Some(RoomsChange::Leave { room }) => leave(session, &room, output).await,
        Some(RoomsChange::Archive { room }) => {
            let said = format!("Nobody writes in {room} any more.");
            change(
                session,
                room,
                changes(|to| to.archived = Some(true)),
                &said,
                output,
            )
            .await
        }
        Some(RoomsChange::Unarchive { room }) => {
            let said = format!("{room} is open again.");
            change(
                session,
                room,
                changes(|to| to.archived = Some(false)),
                &said,
                output,
            )
            .await
        }
        Some(RoomsChange::Rename { room, new_name }) => {
            let said = format!("{room} is called {new_name} now.");
            let change = ClientFrame::ChangeRoom(ChangeRoom {
                request_id: REQUEST,
                room,
                name: Some(new_name),
                rest: RoomChanges::default(),
            });
            have_done(session, change, &said, output).await
        }
        Some(RoomsChange::Topic { room, text }) => {
            let said = format!("The topic of {room} is another one now.");
            let to = changes(|to| to.topic = Some(text.join(" ")));
            change(session, room, to, &said, output).await
        }
        Some(RoomsChange::Description { room, text }) => {
            let said = format!("The description of {room} is another one now.");
            let to = changes(|to| to.description = Some(text.join(" ")));
            change(session, room, to, &said, output).await
        }
        Some(RoomsChange::History { room, visible }) => {
            let (history, sees) = match visible.as_str() {
                "all" => (HistoryVisibility::All, "everything"),
                _ => (HistoryVisibility::SinceJoining, "what is said from then on"),
            };
            let said = format!("Whoever joins {room} sees {sees}.");
            let to = changes(|to| to.history = Some(history));
            change(session, room, to, &said, output).await
        }
        Some(RoomsChange::Retention { room, days }) => {
            let said = match days {
                0 => format!("Messages in {room} are kept for good."),
                days => format!("Messages in {room} are kept for {days} days."),
            };
            let to = changes(|to| to.retention_days = Some(days));
            change(session, room, to, &said, output).await
        }
    }
}

fn changes(set: impl FnOnce(&mut RoomChanges)) -> RoomChanges {
    let mut changes = RoomChanges::default();
    set(&mut changes);
    changes
}

async fn change(
    session: &mut Session,
    room: RoomRef,
    rest: RoomChanges,
    said: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let change = ClientFrame::ChangeRoom(ChangeRoom {
        request_id: REQUEST,
        room,
        name: None,
        rest,
    });
    have_done(session, change, said, output).await
}

pub(crate) async fn create(
    session: &mut Session,
    room: NewRoom,
    output: &mut Output,
) -> Result<RoomId, Failure> {
    let create = ClientFrame::CreateRoom(CreateRoom {
        request_id: REQUEST,
        name: room.name,
        topic: room.topic,
        description: room.description,
        kind: match room.private {
            true => RoomKind::Private,
            false => RoomKind::Public,
        },
        history: match room.hide_history {
            true => HistoryVisibility::SinceJoining,
            false => HistoryVisibility::All,
        },
    });
    joined(session, create, output).await
}

/// A room by its name or id, or by the link of an invitation.
pub(crate) async fn join(
    session: &mut Session,
    room: &str,
    output: &mut Output,
) -> Result<RoomId, Failure> {
    if room.contains("invite=") {
        let accept = ClientFrame::AcceptInvitation {
            request_id: REQUEST,
            token: invitation(room)?,
        };
        return joined(session, accept, output).await;
    }
    let room = room
        .parse()
        .map_err(|error| Failure::usage(format!("which room? {error}")))?;
    session.enter(output, &room, false).await
}

/// A direct room with these people.
pub(crate) async fn direct(
    session: &mut Session,
    people: &[String],
    output: &mut Output,
) -> Result<RoomId, Failure> {
    let mut ids = Vec::new();
    for person in people {
        ids.push(session.person(output, person).await?.id);
    }
    let open = ClientFrame::OpenDirect {
        request_id: REQUEST,
        people: ids,
    };
    joined(session, open, output).await
}

async fn joined(
    session: &mut Session,
    frame: ClientFrame,
    output: &mut Output,
) -> Result<RoomId, Failure> {
    match session.ask(output, frame).await? {
        ServerFrame::RoomJoined { room_id, .. } => Ok(room_id),
        _ => Err(unexpected()),
    }
}

fn entered(session: &Session, room_id: RoomId, output: &mut Output) -> Result<(), Failure> {
    let room = session.handle.with_view(|view| {
        let room = view.rooms.get(&room_id)?;
        Some(Listed::of(view, &room.info))
    });
    if let Some(room) = room {
        output.object("room", &room)?;
    }
    let name = room_name(session, room_id);
    output.line(&format!("You are in {} now.", text::line(&name)))
}

async fn leave(session: &mut Session, room: &RoomRef, output: &mut Output) -> Result<(), Failure> {
    let room_id = own_room(session, room, output).await?;
    session
        .request(output, Answer::Done, || Command::LeaveRoom { room_id })
        .await?;
    done(&format!("You have left {room}."), output)
}

/// A room with what one has not read of it.
#[derive(Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    room: RoomInfo,
    unread: u64,
    /// How many of them mention oneself.
    mentions: u64,
}

impl Listed {
    fn of(view: &View, room: &RoomInfo) -> Self {
        Self {
            room: room.clone(),
            unread: view.unread(room.room_id),
            mentions: view.mentions(room.room_id),
        }
    }
}

/// All that one may join, and all that one is in.
pub(crate) async fn list(session: &mut Session, output: &mut Output) -> Result<(), Failure> {
    session
        .request(output, Answer::Rooms, || Command::ListRooms)
        .await?;
    let rooms: Vec<Listed> = session.handle.with_view(|view| {
        let listed = view.directory.iter();
        let missing = view.rooms.values().map(|room| &room.info);
        let missing =
            missing.filter(|info| view.directory.iter().all(|one| one.room_id != info.room_id));
        let all = listed.chain(missing);
        all.map(|room| Listed::of(view, room)).collect()
    });
    for room in &rooms {
        output.object("room", room)?;
        output.line(&row(room))?;
    }
    Ok(())
}

/// As people read it.
fn row(listed: &Listed) -> String {
    let room = &listed.room;
    let name = title(room);
    let name = text::line(&name);
    let people = match (room.kind, room.members) {
        (RoomKind::Lobby, count) => format!("everyone ({count})"),
        (RoomKind::Direct, _) => "direct".to_owned(),
        (_, 1) => "1 member".to_owned(),
        (_, count) => format!("{count} members"),
    };
    let mut marks = Vec::new();
    if room.joined {
        marks.push("joined".to_owned());
    }
    if room.kind == RoomKind::Private {
        marks.push("private".to_owned());
    }
    if room.archived {
        marks.push("archived".to_owned());
    }
    if listed.unread > 0 {
        marks.push(match listed.mentions {
            0 => format!("{} unread", listed.unread),
            1 => format!("{} unread, one for you", listed.unread),
            for_you => format!("{} unread, {for_you} for you", listed.unread),
        });
    }
    let topic = text::line(&room.topic);
    let row = format!("{name:<20} {people:<14} {:<16} {topic}", marks.join(", "));
    row.trim_end().to_owned()
}

/// What a room is called: of a direct one, who is in it.
pub(crate) fn title(room: &RoomInfo) -> String {
    if room.kind != RoomKind::Direct || room.people.is_empty() {
        return room.name.to_string();
    }
    let names: Vec<&str> = room.people.iter().map(|one| one.name.as_str()).collect();
    format!("@{}", names.join(", "))
}

/// The same with the sign that tells rooms from people.
pub(crate) fn heading(session: &Session, room_id: RoomId) -> String {
    let name = room_name(session, room_id);
    match name.starts_with('@') {
        true => name,
        false => format!("#{name}"),
    }
}
