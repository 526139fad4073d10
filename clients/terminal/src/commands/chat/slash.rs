//! What can be done in a chat besides talking. What is a command of its own as well is understood and done in the same
//! way; the room that is shown need not be named.

use std::path::Path;

use clap::{CommandFactory as _, Parser};
use client::{Command, PendingAttachment, Ticket};
use native::source::LocalFile;
use shared::account::PresenceState;
use shared::room::Member;
use shared::{EventBody, RoomId, RoomRef, Sequence};

use super::{Conversation, Next};
use crate::arguments::requests::Request;
use crate::commands::chat::show::Shown;
use crate::commands::rooms::heading;
use crate::commands::{requests, rooms, who};
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Answer;
use crate::text;

const HELP: &str = "\
/rooms                  list the rooms, with what is unread
/join ROOM              go to a room, joining it if needed; the link of an invitation will do
/create ROOM            make a room and go there; --private for one that others must be added to
/dm PERSON…             talk with one person or a few, in private
/leave                  leave this room and go to the lobby
/who                    list the people of this room
/send FILE              send a file to this room
/numbers                show the messages' numbers, or no longer
/delete [NUMBER]        remove a message, your last one where none is named
/report NUMBER WHY      ask the admins to look at a message

/members                who is here as what: then /add, /remove, /ban, /unban PERSON…, /role PERSON ROLE, /bans
/topic TEXT             then also /description, /rename NAME, /archive, /unarchive, /history, /retention
/people [NAME]          look somebody up
/invite                 make a link that lets somebody in; --room to lead to a room
/away, /dnd, /back      not looking, not to be disturbed, here again
/account, /sessions     who you are, and where you are signed in: /account password, /sessions end ID
/bots, /link, /admin    as chinwag bots, link and admin; /help COMMAND says more of each

/quit                   end; Ctrl-D does the same
//TEXT                  say something that begins with /";

/// Events to show of a room that one comes to.
const HISTORY: u64 = 20;

/// A line that is understood as on the command line.
#[derive(Debug, Parser)]
#[command(name = "/", no_binary_name = true, disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    request: Request,
}

/// What it says of other commands is said as one writes them here.
pub(super) async fn run(
    conversation: &mut Conversation,
    line: &str,
    output: &mut Output,
) -> Result<Next, Failure> {
    let next = understand(conversation, line, output).await;
    next.map_err(|failure| Failure {
        message: failure
            .message
            .replace("chinwag ", "/")
            .replace("--create", "/create"),
        ..failure
    })
}

async fn understand(
    conversation: &mut Conversation,
    line: &str,
    output: &mut Output,
) -> Result<Next, Failure> {
    let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    match command {
        "/quit" | "/exit" | "/q" => return Ok(Next::End),
        "/help" | "/?" => help(rest, output)?,
        "/rooms" if rest.is_empty() => rooms::list(&mut conversation.session, output).await?,
        "/join" => join(conversation, rest, output).await?,
        "/create" => create(conversation, rest, output).await?,
        "/dm" => direct(conversation, rest, output).await?,
        "/leave" => leave(conversation, output).await?,
        "/who" => list_people(conversation, output).await?,
        "/send" => send(conversation, rest, output)?,
        "/away" => be(conversation, PresenceState::Away)?,
        "/dnd" => be(conversation, PresenceState::DoNotDisturb)?,
        "/back" => be(conversation, PresenceState::Online)?,
        "/numbers" => conversation.shown.toggle_numbers(),
        other => carry_out(conversation, other, rest, output).await?,
    }
    conversation.prompt();
    Ok(Next::GoOn)
}

/// How others see whether one is there, until one says otherwise or goes.
fn be(conversation: &Conversation, state: PresenceState) -> Result<(), Failure> {
    let command = Command::SetPresence { state };
    conversation.session.handle.command(command)?;
    Ok(())
}

fn help(of: &str, output: &mut Output) -> Result<(), Failure> {
    if of.is_empty() {
        return output.line(HELP);
    }
    let mut line = Line::command();
    line.build();
    let mut command = &mut line;
    for word in of.trim_start_matches('/').split_whitespace() {
        command = command
            .find_subcommand_mut(word)
            .ok_or_else(|| unknown(of))?;
    }
    let text = command.render_help().to_string().replace("/ ", "/");
    output.line(text.trim_end())
}

fn unknown(command: &str) -> Failure {
    Failure::usage(format!("there is no {command}; /help lists what there is"))
}

/// Whatever is a command of its own too.
async fn carry_out(
    conversation: &mut Conversation,
    command: &str,
    rest: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let mut words = words(rest)?;
    if command == "/delete" && words.is_empty() {
        words.push(last_own(conversation)?.to_string());
    }
    let room_id = conversation.shown.room_id();
    let arguments = arguments(command.trim_start_matches('/'), words, room_id)
        .ok_or_else(|| unknown(command))?;
    let line = Line::try_parse_from(arguments).map_err(|error| told(&error))?;
    requests::carry_out(&mut conversation.session, line.request, output).await
}

/// As they would stand on the command line, with the room that is shown where it needs one.
fn arguments(command: &str, words: Vec<String>, room_id: RoomId) -> Option<Vec<String>> {
    let room = room_id.to_string();
    let before = match command {
        "topic" | "description" | "rename" | "archive" | "unarchive" | "history" | "retention" => {
            vec!["rooms".to_owned(), command.to_owned(), room]
        }
        "members" | "add" | "remove" | "ban" | "unban" | "bans" | "role" | "delete" | "report" => {
            vec![command.to_owned(), room]
        }
        "account" | "sessions" | "bots" | "invite" | "rooms" | "people" | "link" | "admin" => {
            vec![command.to_owned()]
        }
        _ => return None,
    };
    Some(before.into_iter().chain(words).collect())
}

/// What is wrong with a line, in one; help that was asked for as it is.
fn told(error: &clap::Error) -> Failure {
    let text = error.to_string();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let first = first.trim_start_matches("error: ").trim_end_matches('.');
    let possible = lines.next().map(str::trim);
    let possible = possible.filter(|line| line.starts_with("[possible"));
    let possible = possible.map(|line| format!(" {line}")).unwrap_or_default();
    Failure::usage(format!(
        "{first}{possible}; /help COMMAND says how it is written"
    ))
}

/// The words of a line; quotes keep several together.
fn words(line: &str) -> Result<Vec<String>, Failure> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c == '"' || (c == '\'' && word.is_none()) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(Failure::usage("a quotation mark has no partner"));
    }
    words.extend(word);
    Ok(words)
}

fn last_own(conversation: &Conversation) -> Result<Sequence, Failure> {
    let room_id = conversation.shown.room_id();
    let last = conversation.session.handle.with_view(|view| {
        let own = view.person.as_ref()?.id;
        let mut events = view.rooms.get(&room_id)?.timeline.events().rev();
        let last = events.find(|event| {
            event.person.id == own && matches!(event.event, EventBody::MessageSent { .. })
        });
        last.map(|event| event.sequence)
    });
    last.ok_or_else(|| Failure::usage("which message? /numbers shows their numbers"))
}

async fn join(
    conversation: &mut Conversation,
    room: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let room_id = rooms::join(&mut conversation.session, room, output).await?;
    show(conversation, room_id, output).await
}

/// A room that is there already is gone to.
async fn create(
    conversation: &mut Conversation,
    rest: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let before = ["rooms".to_owned(), "create".to_owned()];
    let arguments = before.into_iter().chain(words(rest)?);
    let line = Line::try_parse_from(arguments).map_err(|error| told(&error))?;
    let Request::Rooms(crate::arguments::rooms::Rooms {
        what: Some(crate::arguments::rooms::RoomsChange::Create(room)),
    }) = line.request
    else {
        return Err(unknown("/create"));
    };
    let session = &mut conversation.session;
    let wanted = room.name.parse::<RoomRef>();
    let room_id = match (rooms::create(session, room, output).await, wanted) {
        (Err(failure), Ok(wanted)) if failure.code == Some(shared::ErrorCode::RoomNameTaken) => {
            output.note("there is such a room already");
            session.enter(output, &wanted, false).await?
        }
        (created, _) => created?,
    };
    show(conversation, room_id, output).await
}

async fn direct(
    conversation: &mut Conversation,
    rest: &str,
    output: &mut Output,
) -> Result<(), Failure> {
    let people = words(rest)?;
    if people.is_empty() {
        return Err(Failure::usage("with whom? write /dm PERSON"));
    }
    let room_id = rooms::direct(&mut conversation.session, &people, output).await?;
    show(conversation, room_id, output).await
}

async fn show(
    conversation: &mut Conversation,
    room_id: RoomId,
    output: &mut Output,
) -> Result<(), Failure> {
    conversation.mark_read()?;
    let room = heading(&conversation.session, room_id);
    output.note(&format!("you are in {room}"));
    let numbers = conversation.shown.shows_numbers();
    conversation.shown = Shown::open(&mut conversation.session, room_id, HISTORY, output).await?;
    if numbers {
        conversation.shown.toggle_numbers();
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_do_not_contradict_each_other() {
        Line::command().debug_assert();
    }

    #[test]
    fn quotes_keep_words_together() {
        let split = |line| words(line).expect("quotes have partners");
        assert_eq!(
            split("  Ann  \"Bob Lee\" '' don't"),
            ["Ann", "Bob Lee", "", "don't"]
        );
        assert!(split("").is_empty());
        assert!(words("\"Bob").is_err());
    }

    #[test]
    fn the_room_that_is_shown_is_meant_where_one_is_needed() {
        let room_id = RoomId::from_bytes([7; 16]);
        let parsed = |command: &str, rest: &str| {
            let words = words(rest).expect("no quotes");
            let arguments = arguments(command, words, room_id)?;
            Line::try_parse_from(arguments)
                .ok()
                .map(|line| line.request)
        };
        for (command, rest) in [
            ("members", ""),
            ("add", "Ann Bob"),
            ("role", "Ann moderator"),
            ("topic", "one two"),
            ("archive", ""),
            ("account", "totp --off"),
            ("rooms", "create garden --private"),
            ("admin", "settings --guests on"),
        ] {
            assert!(parsed(command, rest).is_some(), "/{command} {rest}");
        }
        match parsed("ban", "Ann") {
            Some(Request::Ban(who)) => {
                assert_eq!(who.room, RoomRef::Id(room_id));
                assert_eq!(who.people, ["Ann"]);
            }
            other => panic!("{other:?}"),
        }
        assert!(parsed("dance", "").is_none());
        assert!(parsed("role", "Ann king").is_none());
    }
}
