//! What can be done in a chat besides talking.

use std::path::Path;

use client::{Command, PendingAttachment, Ticket};
use native::source::LocalFile;
use shared::RoomRef;
use shared::room::Member;

use super::{Conversation, Next};
use crate::commands::chat::show::Shown;
use crate::commands::{rooms, who};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Answer;
use crate::text;

const HELP: &str = "\
/rooms          list the rooms
/join ROOM      go to a room, joining it if needed
/create ROOM    make a room and go there
/leave          leave this room and go to the lobby
/who            list the people of this room
/send FILE      send a file to this room
/quit           end; Ctrl-D does the same
//TEXT          say something that begins with /";

/// Events to show of a room that one comes to.
const HISTORY: u64 = 20;

pub(super) async fn run(
    conversation: &mut Conversation,
    line: &str,
    output: &mut Output,
) -> Result<Next, Failure> {
    let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match command {
        "/quit" | "/exit" | "/q" => return Ok(Next::End),
        "/help" | "/?" => output.line(HELP)?,
        "/rooms" => list_rooms(conversation, output).await?,
        "/join" => go(conversation, rest, false, output).await?,
        "/create" => go(conversation, rest, true, output).await?,
        "/leave" => leave(conversation, output).await?,
        "/who" => list_people(conversation, output).await?,
        "/send" => send(conversation, rest, output)?,
        other => output.note(&format!("there is no {other}; /help lists what there is")),
    }
    conversation.prompt();
    Ok(Next::GoOn)
}

async fn list_rooms(conversation: &mut Conversation, output: &mut Output) -> Result<(), Failure> {
    let session = &mut conversation.session;
    session
        .request(output, Answer::Rooms, || Command::ListRooms)
        .await?;
    let rows = session.handle.with_view(|view| {
        let row = |room: &shared::room::RoomInfo| match view.unread(room.room_id) {
            0 => rooms::row(room),
            unread => format!("{} ({unread} unread)", rooms::row(room)),
        };
        view.directory.iter().map(row).collect::<Vec<_>>()
    });
    rows.iter().try_for_each(|row| output.line(row))
}

async fn go(
    conversation: &mut Conversation,
    room: &str,
    create: bool,
    output: &mut Output,
) -> Result<(), Failure> {
    let room: RoomRef = room
        .parse()
        .map_err(|error| Failure::usage(format!("which room? {error}")))?;
    let entered = conversation.session.enter(output, &room, create).await;
    let room_id = entered.map_err(|failure| Failure {
        message: failure
            .message
            .replace("chinwag rooms", "/rooms")
            .replace("--create", "/create"),
        ..failure
    })?;
    show(conversation, room_id, output).await
}

async fn show(
    conversation: &mut Conversation,
    room_id: shared::RoomId,
    output: &mut Output,
) -> Result<(), Failure> {
    conversation.mark_read()?;
    let room = who::room_name(&conversation.session, room_id);
    output.note(&format!("you are in #{room}"));
    conversation.shown = Shown::open(&mut conversation.session, room_id, HISTORY, output).await?;
    Ok(())
}

async fn leave(conversation: &mut Conversation, output: &mut Output) -> Result<(), Failure> {
    let room_id = conversation.shown.room_id();
    let lobby = who::lobby(&conversation.session)?;
    // What was said before is said to this room.
    conversation.drain(output).await?;
    let session = &mut conversation.session;
    session
        .request(output, Answer::Done, || Command::LeaveRoom { room_id })
        .await?;
    show(conversation, lobby, output).await
}

async fn list_people(conversation: &mut Conversation, output: &mut Output) -> Result<(), Failure> {
    let room_id = conversation.shown.room_id();
    let (total, members) = who::members(&mut conversation.session, room_id, output).await?;
    let name = |member: &Member| text::line(&member.person.name).into_owned();
    let (online, offline): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.online);
    for (kind, people) in [("online", online), ("offline", offline)] {
        if !people.is_empty() {
            let names: Vec<String> = people.into_iter().map(name).collect();
            output.line(&format!("{kind}: {}", names.join(", ")))?;
        }
    }
    let more = u64::from(total).saturating_sub(members.len() as u64);
    if more > 0 {
        output.line(&format!("and {more} more"))?;
    }
    Ok(())
}

fn send(conversation: &mut Conversation, path: &str, output: &mut Output) -> Result<(), Failure> {
    if path.is_empty() {
        return Err(Failure::usage("which file? write /send FILE"));
    }
    // As a terminal writes a path that is dropped on it.
    let path = path.trim_matches(['\'', '"']);
    let file =
        LocalFile::find(Path::new(path)).map_err(|error| Failure::failed(error.to_string()))?;
    let size = text::size(file.size_bytes);
    output.note(&format!("sending {} ({size})…", file.name));
    let begin = Command::BeginUpload {
        name: file.name,
        size_bytes: file.size_bytes,
        media_type: file.media_type,
        source: file.source,
    };
    let Ticket::Upload(upload_id) = conversation.session.handle.command(begin)? else {
        return Err(Failure::failed("the file was not taken"));
    };
    conversation.say(String::new(), vec![PendingAttachment::Upload { upload_id }])
}
