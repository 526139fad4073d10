//! A room's events as lines, each once and in the order of the log.

use std::collections::BTreeSet;

use client::present::words;
use client::{Command, CommandError};
use jiff::civil::Date;
use shared::{Carried, EventBody, FileId, FileInfo, RoomEvent, RoomId, Sequence};

use crate::commands::who::room_name;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::Session;
use crate::text;

/// Missing events up to this many are waited for: the core reads them by itself.
const GAP_EVENTS_MAX: u64 = 1000;
/// Before the lines of a message after its first.
const INDENT: &str = "      | ";

/// How far a room was shown.
pub(crate) struct Shown {
    room_id: RoomId,
    sequence: Sequence,
    day: Option<Date>,
    numbers: bool,
    /// Files that were shown to be on their way. What has come of others is told by their messages.
    awaited: BTreeSet<FileId>,
}

impl Shown {
    /// Reads back the newest `history` events.
    pub(crate) async fn open(
        session: &mut Session,
        room_id: RoomId,
        history: u64,
        output: &mut Output,
    ) -> Result<Self, Failure> {
        let last = session.handle.with_view(|view| {
            let room = view.rooms.get(&room_id);
            room.map_or(Sequence(0), |room| room.info.last_sequence)
        });
        let sequence = Sequence(last.0.saturating_sub(history));
        session.wait(true);
        while history > 0 && last.0 > 0 && !reaches_back(session, room_id, sequence, last) {
            session.changed(output).await?;
        }
        session.wait(false);
        Ok(Self {
            room_id,
            sequence,
            day: None,
            numbers: false,
            awaited: BTreeSet::new(),
        })
    }

    pub(crate) fn room_id(&self) -> RoomId {
        self.room_id
    }

    /// Whether each event is shown with its number.
    pub(crate) fn shows_numbers(&self) -> bool {
        self.numbers
    }

    pub(crate) fn toggle_numbers(&mut self) {
        self.numbers = !self.numbers;
    }

    /// The last event that was shown.
    pub(crate) fn sequence(&self) -> Sequence {
        self.sequence
    }

    /// Shows what is new. Waits with what follows a gap that is being filled.
    pub(crate) fn show(&mut self, session: &Session, output: &mut Output) -> Result<(), Failure> {
        let mut missing = 0;
        let mut read_before = None;
        let events = session.handle.with_view(|view| {
            let room = view.rooms.get(&self.room_id)?;
            if room.info.last_sequence < self.sequence {
                // Another log under the same id: a backup was restored.
                self.sequence = Sequence(0);
            }
            let mut events: Vec<RoomEvent> = Vec::new();
            let mut last = self.sequence;
            // Of what lies before one joined, nothing is ever known.
            let begins = room.timeline.older_before().is_none();
            let first = room.timeline.events().next().filter(|_| begins);
            if let Some(first) = first {
                last = last.max(Sequence(first.sequence.0 - 1));
            }
            for event in room.timeline.events_after(self.sequence) {
                let gap = event.sequence.0 - last.0 - 1;
                if gap > GAP_EVENTS_MAX && events.is_empty() {
                    missing = gap;
                } else if gap > 0 {
                    // The core forgets the oldest of many, and fills only what lies between those that it knows.
                    let forgotten = room.timeline.older_before() == Some(event.sequence);
                    read_before = forgotten.then_some(event.sequence);
                    break;
                }
                last = event.sequence;
                events.push(event.clone());
            }
            Some(events)
        });
        if read_before.is_some() {
            let (room_id, before) = (self.room_id, read_before);
            // Refused only while it is being read, or until there is a connection: both lead here again.
            let _ = session
                .handle
                .command(Command::ReadHistory { room_id, before });
        }
        let Some(events) = events else {
            return Err(session.why_out("you are no longer in this room"));
        };
        if missing > 0 {
            output.note(&format!("{missing} older events are not shown"));
        }
        let room = room_name(session, self.room_id);
        for event in events {
            self.sequence = event.sequence;
            if output.is_json() {
                print_object(&room, &event, output)?;
            } else {
                self.print(session, &event, output)?;
            }
        }
        Ok(())
    }

    fn print(
        &mut self,
        session: &Session,
        event: &RoomEvent,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let name = text::line(&event.person.name);
        let at = text::local(event.at_ms);
        if self.day != Some(at.date()) {
            self.day = Some(at.date());
            let day = at.strftime("--- %A, %-d %B %Y ---").to_string();
            output.line(&output.dim(&day))?;
        }
        let mut time = at.strftime("%H:%M").to_string();
        if self.numbers {
            time += &format!(" {}", event.sequence);
        }
        let time = output.dim(&time);
        match &event.event {
            EventBody::MessageSent { text, .. } => {
                let who = output.bold(&name);
                if !text.trim().is_empty() {
                    output.line(&format!("{time} {who}: {}", text::block(text, INDENT)))?;
                }
                for carried in event.event.carried() {
                    let line = match carried {
                        Carried::File(file) => format!("sent {}", described(session, file)),
                        Carried::Arriving(file) => {
                            let name = text::line(file.name.as_str());
                            let how_far = words::arriving(file, None);
                            if file.withdrawn {
                                format!("gave up sending {name} ({how_far})")
                            } else {
                                self.awaited.insert(file.file_id);
                                format!("is sending {name} ({how_far})")
                            }
                        }
                    };
                    output.line(&format!("{time} {who} {line}"))?;
                }
                Ok(())
            }
            EventBody::FileArrived { file, .. } => {
                if !self.awaited.remove(&file.file_id) {
                    return Ok(());
                }
                let who = output.bold(&name);
                output.line(&format!("{time} {who} sent {}", described(session, file)))
            }
            EventBody::FileWithdrawn { file_id, .. } => {
                if !self.awaited.remove(file_id) {
                    return Ok(());
                }
                let did = "gave up sending a file";
                output.line(&format!("{time} * {name} {did}"))
            }
            EventBody::MessagesRemoved { .. } => Ok(()),
            EventBody::Unknown => output.line(&format!(
                "{time} * {name} did something that this version cannot show"
            )),
            other => {
                let did = words::notice(other);
                let did = text::line(&did);
                output.line(&format!("{time} * {name} {did}"))
            }
        }
    }
}

/// Whether everything after `sequence` up to `last` is known; asks for more where it is not.
fn reaches_back(session: &Session, room_id: RoomId, sequence: Sequence, last: Sequence) -> bool {
    let older = session.handle.with_view(|view| {
        let timeline = &view.rooms.get(&room_id)?.timeline;
        timeline.last_sequence().filter(|known| *known >= last)?;
        Some(timeline.older_before())
    });
    match older {
        // The newest ones come unasked.
        None => false,
        Some(Some(before)) if before > sequence.next() => {
            let command = Command::ReadHistory {
                room_id,
                before: Some(before),
            };
            // Whatever else it is refused for: what is there is shown.
            session.handle.command(command).map_or_else(
                |error| !matches!(error, CommandError::ReadingAlready | CommandError::Offline),
                |_| false,
            )
        }
        Some(_) => true,
    }
}

fn print_object(room: &str, event: &RoomEvent, output: &mut Output) -> Result<(), Failure> {
    #[derive(serde::Serialize)]
    struct Object<'a> {
        room: &'a str,
        #[serde(flatten)]
        event: &'a RoomEvent,
    }
    output.object("room_event", Object { room, event })
}

fn described(session: &Session, file: &FileInfo) -> String {
    let name = text::line(file.name.as_str());
    let address = session.address_of(&file.link);
    let link = text::line(&address);
    format!("{name} ({})  {link}", text::size(file.size_bytes))
}
