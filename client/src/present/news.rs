//! What is news: messages of others in rooms that nobody looks at. A room has one notice at a time, which grows until
//! somebody looks. Whatever was there when a room was first seen is no news.

use litemap::LiteMap;
use shared::{EventBody, RoomEvent, RoomId, Sequence, TimestampMs};

use crate::present::{markdown, words};
use crate::view::{Room, View};

/// What comes so soon after a notice of the same room is gathered.
const PAUSE_MS: u64 = 3_000;
/// Of a message's text.
const TEXT_CHARS_MAX: usize = 120;

/// What is to be told of a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub room_id: RoomId,
    /// `Ann in #lobby`, `3 new messages in #lobby`.
    pub title: String,
    /// The newest message, on one line.
    pub text: String,
}

/// What is to be done with notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announcement {
    /// In place of the one that the room has.
    Show(Notice),
    /// Somebody looked.
    Withdraw(RoomId),
}

/// What was told so far.
#[derive(Debug, Default)]
pub struct News {
    rooms: LiteMap<RoomId, Told>,
    due: Option<TimestampMs>,
}

#[derive(Debug)]
struct Told {
    /// Nothing up to here is news.
    known: Sequence,
    /// Looked through up to here.
    seen: Sequence,
    /// When the notice that stands was shown.
    shown_at: Option<TimestampMs>,
    last_at: Option<TimestampMs>,
}

impl Told {
    fn new(room: &Room) -> Self {
        Self {
            known: room.info.last_sequence,
            seen: room.info.last_sequence,
            shown_at: None,
            last_at: None,
        }
    }

    /// Whether a notice stands that is no news any more.
    fn look(&mut self, room: &Room, watched: bool) -> bool {
        let last = room.info.last_sequence;
        let read = if watched { last } else { room.last_read };
        // A restored backup may hold less than was there.
        self.known = self.known.max(read).min(last);
        self.seen = self.seen.max(self.known).min(last);
        self.known >= last && self.shown_at.take().is_some()
    }
}

impl News {
    /// Takes in what is there now. `watched` is the room on the screen of somebody who is there to see it.
    pub fn look(
        &mut self,
        view: &View,
        watched: Option<RoomId>,
        now: TimestampMs,
    ) -> Vec<Announcement> {
        let mut all = Vec::new();
        self.due = None;
        self.rooms.retain(|room_id, told| {
            let stays = view.rooms.contains_key(room_id);
            if !stays && told.shown_at.is_some() {
                all.push(Announcement::Withdraw(*room_id));
            }
            stays
        });
        for (room_id, room) in &view.rooms {
            let told = self.rooms.entry(*room_id);
            let told = told.or_insert_with(|| Told::new(room));
            if told.look(room, watched == Some(*room_id)) {
                all.push(Announcement::Withdraw(*room_id));
            }
            // What came last is pushed in any case, so that it is waited for.
            if room.timeline.last_sequence() != Some(room.info.last_sequence) {
                continue;
            }
            let mut later = room.timeline.events().rev();
            let newest = later
                .by_ref()
                .take_while(|event| event.sequence > told.seen)
                .find(|event| view.is_message_of_others(event));
            let due = told.last_at.map(|at| at.plus_ms(PAUSE_MS));
            match (newest, due.filter(|due| *due > now)) {
                (Some(_), Some(due)) => {
                    self.due = Some(self.due.map_or(due, |other| other.min(due)));
                    continue;
                }
                (Some(event), None) => {
                    let count = view.messages_after(room, told.known);
                    all.push(Announcement::Show(notice(room, event, count)));
                    told.shown_at = Some(now);
                    told.last_at = Some(now);
                }
                (None, _) => {}
            }
            told.seen = room.info.last_sequence;
        }
        all
    }

    /// When to look again although nothing changed.
    pub fn poll_timeout(&self) -> Option<TimestampMs> {
        self.due
    }
}

fn notice(room: &Room, event: &RoomEvent, count: u64) -> Notice {
    let sender = &event.person.name;
    let name = &room.info.name;
    let text = text(&event.event);
    let (title, text) = match count {
        ..=1 => (format!("{sender} in #{name}"), text),
        count => {
            let title = format!("{} in #{name}", words::new_messages(count));
            (title, format!("{sender}: {text}"))
        }
    };
    Notice {
        room_id: room.info.room_id,
        title,
        text,
    }
}

fn text(event: &EventBody) -> String {
    match event {
        EventBody::MessageSent { text, .. } => match (text.trim(), event.carried().as_slice()) {
            ("", [file]) => file.name().to_string(),
            ("", files) => format!("{} files", files.len()),
            (text, _) => markdown::line(text, TEXT_CHARS_MAX),
        },
        event => words::notice(event),
    }
}

#[cfg(test)]
mod tests;
