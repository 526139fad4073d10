//! `chinwag who`.

use client::Command;
use shared::account::PresenceState;
use shared::room::{Member, RoomKind};
use shared::{RoomId, RoomRef};

use crate::arguments::{Global, Who};
use crate::commands::rooms;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Answer, Keeping, Session, room_in};
use crate::text;

pub(crate) async fn run(global: &Global, who: &Who, output: &mut Output) -> Result<(), Failure> {
    let mut session = Session::open(global, Keeping::Passing(Vec::new()), output).await?;
    let room_id = match &who.room {
        Some(room) => own_room(&mut session, room, output).await?,
        None => lobby(&session)?,
    };
    let (total, mut members) = members(&mut session, room_id, output).await?;
    if who.room.is_none() {
        members.retain(|member| member.online);
    }
    let room = room_name(&session, room_id);
    for member in &members {
        let name = text::line(&member.person.name);
        print_object(&room, room_id, member, output)?;
        match (who.room.is_some(), member.online) {
            (true, false) => output.line(&format!("{name} {}", output.dim("(offline)")))?,
            (true, true) | (false, _) => output.line(&name)?,
        }
    }
    if who.room.is_some() && u64::from(total) > members.len() as u64 {
        let more = u64::from(total) - members.len() as u64;
        output.note(&format!("and {more} more, all of them offline"));
    }
    session.close().await
}

/// A member of a room, for programs.
pub(crate) fn print_object(
    room: &str,
    room_id: RoomId,
    member: &Member,
    output: &mut Output,
) -> Result<(), Failure> {
    #[derive(serde::Serialize)]
    struct Object<'a> {
        room: &'a str,
        room_id: RoomId,
        #[serde(flatten)]
        member: &'a Member,
    }
    let object = Object {
        room,
        room_id,
        member,
    };
    output.object("member", object)
}

/// Whether they are here.
pub(crate) fn presence_of(member: &Member) -> PresenceState {
    match (member.presence, member.online) {
        (Some(state), _) => state,
        (None, true) => PresenceState::Online,
        (None, false) => PresenceState::Offline,
    }
}

/// The room, which one must be in.
pub(crate) async fn own_room(
    session: &mut Session,
    room: &RoomRef,
    output: &mut Output,
) -> Result<RoomId, Failure> {
    if let Some(room_id) = session.handle.with_view(|view| room_in(view, room)) {
        return Ok(room_id);
    }
    session
        .request(output, Answer::Rooms, || Command::ListRooms)
        .await?;
    let exists = session.handle.with_view(|view| {
        view.directory.iter().any(|info| match room {
            RoomRef::Id(room_id) => info.room_id == *room_id,
            RoomRef::Name(name) => info.name.key() == name.key(),
        })
    });
    Err(Failure::refused(if exists {
        format!("only members see who is in {room}; join it with chinwag chat {room}")
    } else {
        format!("there is no room {room}; chinwag rooms lists them")
    }))
}

pub(crate) fn lobby(session: &Session) -> Result<RoomId, Failure> {
    let lobby = session.handle.with_view(|view| {
        let mut rooms = view.rooms.iter();
        let lobby = rooms.find(|(_, room)| room.info.kind == RoomKind::Lobby);
        lobby.map(|(room_id, _)| *room_id)
    });
    lobby.ok_or_else(|| Failure::refused("this server has no lobby; name a room"))
}

/// What the room is called; of a direct one, who is in it.
pub(crate) fn room_name(session: &Session, room_id: RoomId) -> String {
    session.handle.with_view(|view| {
        let room = view.rooms.get(&room_id);
        room.map_or_else(|| room_id.to_string(), |room| rooms::title(&room.info))
    })
}

/// How many there are, and the first of them, those online first.
pub(crate) async fn members(
    session: &mut Session,
    room_id: RoomId,
    output: &mut Output,
) -> Result<(u32, Vec<Member>), Failure> {
    session
        .request(output, Answer::Members(room_id), || Command::ListMembers {
            room_id,
        })
        .await?;
    let members = session.handle.with_view(|view| {
        let members = view.rooms.get(&room_id)?.members.as_ref()?;
        Some((members.total, members.listed.clone()))
    });
    let (total, mut members) = members.unwrap_or_default();
    members.sort_by_cached_key(|member| (!member.online, member.person.name.to_lowercase()));
    Ok((total, members))
}
