//! Sentences about states, the same on every screen.

use shared::frame::Person;
use shared::room::{HistoryVisibility, RoomChanges, RoomKind};
use shared::{ArrivingFile, EventBody, Role, RoomEvent, RoomName, RoomRole, TimestampMs};

use crate::api::CommandError;
use crate::connection::ConnectionState;
use crate::outbox::{Delivery, PendingMessage};
use crate::present::format::{count, remaining, sentence, size, speed};
use crate::transfer::{Download, DownloadPhase, Progress, Upload, UploadPhase};
use crate::view::View;

/// Why a command was refused.
pub fn refusal(error: &CommandError) -> String {
    sentence(&error.to_string())
}

/// Why a file of this name was not taken.
pub fn attachment_refusal(name: &str, error: &CommandError) -> String {
    match error {
        CommandError::FileTooLarge { bytes_max } => {
            let most = size(*bytes_max);
            format!("{name} is larger than {most}, the most that this server takes.")
        }
        error => format!("{name} cannot be attached: {error}."),
    }
}

/// Where the connection stands; `None` where that goes without saying.
pub fn connection(state: &ConnectionState, now: TimestampMs) -> Option<String> {
    match state {
        ConnectionState::Waiting { until, .. } => {
            let seconds = until.since_ms(now).div_ceil(1000).max(1);
            Some(format!("Reconnecting, retry in {seconds} s"))
        }
        ConnectionState::Connecting | ConnectionState::Greeting { .. } => {
            Some("Connecting…".into())
        }
        ConnectionState::Online | ConnectionState::SignedOut { .. } => None,
    }
}

/// Of the window or the tab: `(3) #lobby · Chinwag`. `place` is what is shown there.
pub fn title(unread: u64, place: Option<&str>) -> String {
    let unread = match unread {
        0 => String::new(),
        unread => format!("({}) ", count(unread)),
    };
    let place = place.map(|name| format!("{name} · ")).unwrap_or_default();
    format!("{unread}{place}Chinwag")
}

/// Who is typing; empty where nobody is.
pub fn typing(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("{one} is typing"),
        [one, two] => format!("{one} and {two} are typing"),
        [_, _, ..] => "Several people are typing".into(),
    }
}

/// What happened to a room, to be read after the name of who did it; empty for messages.
pub fn notice(event: &EventBody) -> String {
    match event {
        EventBody::RoomCreated { name, topic } if topic.is_empty() => format!("created #{name}"),
        EventBody::RoomCreated { name, topic } => format!("created #{name}: {topic}"),
        EventBody::MemberJoined {} => "joined".into(),
        EventBody::MemberLeft {} => "left".into(),
        EventBody::MemberAdded { member } => format!("added {}", member.name),
        EventBody::MemberRemoved {
            member,
            banned: false,
        } => format!("removed {}", member.name),
        EventBody::MemberRemoved {
            member,
            banned: true,
        } => format!("banned {}", member.name),
        EventBody::BanLifted { member } => format!("let {} in again", member.name),
        EventBody::RoomRoleChanged { member, role } => {
            format!("made {} {}", member.name, room_role(*role))
        }
        EventBody::RoomChanged { name, changes } => room_changed(name.as_ref(), changes),
        EventBody::Removed {} => "wrote a message that was removed".into(),
        EventBody::MessageSent { .. }
        | EventBody::FileArrived { .. }
        | EventBody::FileWithdrawn { .. }
        | EventBody::MessagesRemoved { .. }
        | EventBody::Unknown => String::new(),
    }
}

/// What somebody is in a room, with its article.
pub fn room_role(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Owner => "an owner of the room",
        RoomRole::Moderator => "a moderator of the room",
        RoomRole::Member | RoomRole::Unknown => "a member of the room",
    }
}

fn room_changed(name: Option<&RoomName>, changes: &RoomChanges) -> String {
    let mut did = Vec::new();
    if let Some(name) = name {
        did.push(format!("renamed the room to #{name}"));
    }
    match changes.topic.as_deref() {
        Some("") => did.push("removed the topic".into()),
        Some(topic) => did.push(format!("changed the topic to “{topic}”")),
        None => {}
    }
    if changes.description.is_some() {
        did.push("changed the description".into());
    }
    match changes.history {
        Some(HistoryVisibility::All) => did.push("showed newcomers what was said before".into()),
        Some(HistoryVisibility::SinceJoining | HistoryVisibility::Unknown) => {
            did.push("hid from newcomers what was said before".into());
        }
        None => {}
    }
    match changes.archived {
        Some(true) => did.push("archived the room".into()),
        Some(false) => did.push("opened the room again".into()),
        None => {}
    }
    match changes.retention_days {
        Some(0) => did.push("had messages kept for good".into()),
        Some(1) => did.push("had messages kept for a day".into()),
        Some(days) => did.push(format!("had messages kept for {days} days")),
        None => {}
    }
    did.join(", ")
}

/// What stands where a topic would.
pub fn about(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Lobby => "Everyone on this server is here.",
        RoomKind::Public | RoomKind::Unknown => "No topic yet. Anyone may join.",
        RoomKind::Private => "No topic yet. Only invited people are here.",
        RoomKind::Direct => "Only the people in this conversation can read it.",
    }
}

/// Who has read a message of a small room, besides whoever wrote it; `None` where nobody is known to.
pub fn read_by(view: &View, event: &RoomEvent) -> Option<String> {
    let room = view
        .rooms
        .get(&event.room_id)
        .filter(|room| room.is_small())?;
    let members = room.members.as_ref()?;
    let own = view.person.as_ref().map(|own| own.id);
    let is_other = |person: &Person| Some(person.id) != own && person.id != event.person.id;
    let readers = view.readers(event.room_id, event.sequence);
    let listed = members.listed.iter().map(|member| &member.person);
    let others: Vec<&Person> = listed.filter(|person| is_other(person)).collect();
    let readers: Vec<&str> = others
        .iter()
        .filter(|person| readers.contains(&person.id))
        .map(|person| person.name.as_str())
        .collect();
    match readers.as_slice() {
        [] => None,
        all if all.len() == others.len() && all.len() > 1 => Some("Read by everyone".into()),
        [one] => Some(format!("Read by {one}")),
        [one, two] => Some(format!("Read by {one} and {two}")),
        [one, two, rest @ ..] => Some(format!("Read by {one}, {two} and {} more", rest.len())),
    }
}

/// `1 new message`, `7 new messages`.
pub fn new_messages(count: u64) -> String {
    match count {
        1 => "1 new message".to_owned(),
        count => format!("{count} new messages"),
    }
}

/// Where events are missing.
pub fn gap(events: u64) -> String {
    match events {
        1 => "1 earlier event is not loaded".to_owned(),
        events => format!("{events} earlier events are not loaded"),
    }
}

/// Why a message is not sent yet.
pub fn why_it_waits(view: &View, has_uploads: bool) -> String {
    if view.connection != ConnectionState::Online {
        return "Waits for the connection".into();
    }
    match view.outbox.trouble() {
        Some(trouble) => trouble.into(),
        None if has_uploads => "Sends when the files are there".into(),
        None => "Sending".into(),
    }
}

/// What is not on the server yet, before somebody gives up their name; `None` where all of it is.
pub fn unsent(view: &View) -> Option<String> {
    let waits = |message: &&PendingMessage| match message.delivery {
        Delivery::Queued | Delivery::Sent { .. } | Delivery::Failed { .. } => true,
        Delivery::Accepted { .. } => false,
    };
    match view.outbox.messages().iter().filter(waits).count() {
        0 => None,
        1 => Some("1 message is not sent. It waits here for you to send it under another name, or to delete it.".into()),
        count => Some(format!(
            "{count} messages are not sent. They wait here for you to send them under another name, or to delete them."
        )),
    }
}

/// What is unread in a room, besides its name: `3 unread, 1 mentions you`; `None` where nothing is.
pub fn unread(unread: u64, mentions: u64) -> Option<String> {
    match (unread, mentions) {
        (0, _) => None,
        (unread, 0) => Some(format!("{unread} unread")),
        (unread, 1) => Some(format!("{unread} unread, 1 mentions you")),
        (unread, mentions) => Some(format!("{unread} unread, {mentions} mention you")),
    }
}

/// What is asked before something that cannot be undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub title: String,
    pub text: String,
    /// What the button does.
    pub action: &'static str,
}

/// Before one signs out. `here` is what knows a guest: `this browser`.
pub fn sign_out(view: &View, here: &str) -> Question {
    let name = view.person.as_ref().map_or("", |own| &own.name);
    let (title, text) = match view.role {
        Role::Guest => (
            format!("Give up {name}?"),
            format!(
                "You are here as a guest, and only {here} knows you. Nobody, not even you, can use the name {name} \
                 again. What you wrote stays."
            ),
        ),
        Role::Owner | Role::Admin | Role::Member | Role::Bot | Role::Unknown => (
            "Sign out?".into(),
            format!("What you wrote and did not send stays in {here}."),
        ),
    };
    Question {
        title,
        text,
        action: "Sign out",
    }
}

/// How far an upload is.
pub fn upload(upload: &Upload) -> String {
    let whole = size(upload.progress.size_bytes);
    match &upload.phase {
        UploadPhase::Waiting => waiting(&whole, upload.trouble.as_deref()),
        UploadPhase::Sending => moving(&upload.progress),
        UploadPhase::Finishing => format!("{whole}, checking"),
        UploadPhase::Finished(_) => whole,
        UploadPhase::SourceMissing => "Chinwag was closed before it was sent.".into(),
        UploadPhase::Failed { reason, .. } => sentence(reason),
    }
}

/// How far a download is.
pub fn download(download: &Download) -> String {
    let whole = size(download.progress.size_bytes);
    match &download.phase {
        DownloadPhase::Waiting => waiting(&whole, download.trouble.as_deref()),
        DownloadPhase::Receiving => moving(&download.progress),
        DownloadPhase::Finishing => format!("{whole}, checking"),
        DownloadPhase::Finished { .. } => format!("{whole}, verified ✓"),
        DownloadPhase::Failed { reason, .. } => sentence(reason),
    }
}

/// How far a file is that a message carries before it is there; `received_bytes` where it is known.
pub fn arriving(file: &ArrivingFile, received_bytes: Option<u64>) -> String {
    let whole = size(file.size_bytes);
    match received_bytes {
        _ if file.withdrawn => format!("{whole}, was not sent"),
        Some(done) => share(done, file.size_bytes),
        None => format!("{whole}, on its way"),
    }
}

/// How much of it is there.
pub(crate) fn share(done_bytes: u64, size_bytes: u64) -> String {
    let percent = done_bytes.min(size_bytes) * 100 / size_bytes.max(1);
    format!("{percent} % of {}", size(size_bytes))
}

fn waiting(whole: &str, trouble: Option<&str>) -> String {
    match trouble {
        Some(trouble) => trouble.to_owned(),
        None => format!("{whole}, waiting"),
    }
}

fn moving(progress: &Progress) -> String {
    let mut text = share(progress.done_bytes, progress.size_bytes);
    if let Some(pace) = progress.bytes_per_second {
        text += &format!(" · {}", speed(pace));
    }
    if let Some(ms) = progress.remaining_ms() {
        text += &format!(" · {}", remaining(ms));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_an_account_gives_nothing_up() {
        let mut view = View::default();
        assert_eq!(sign_out(&view, "this browser").title, "Sign out?");
        view.role = Role::Guest;
        let question = sign_out(&view, "this browser");
        assert!(question.title.starts_with("Give up") && question.text.contains("this browser"));
    }

    #[test]
    fn mentions_are_told_from_the_rest() {
        assert_eq!(unread(0, 0), None);
        assert_eq!(unread(3, 0).as_deref(), Some("3 unread"));
        assert_eq!(unread(3, 1).as_deref(), Some("3 unread, 1 mentions you"));
        assert_eq!(unread(3, 2).as_deref(), Some("3 unread, 2 mention you"));
    }

    #[test]
    fn titles_name_what_is_there() {
        assert_eq!(title(0, None), "Chinwag");
        assert_eq!(title(3, None), "(3) Chinwag");
        assert_eq!(title(100, Some("#lobby")), "(99+) #lobby · Chinwag");
    }
}
