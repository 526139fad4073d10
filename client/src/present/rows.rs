//! What the rows of a timeline are: events in order, with days, gaps and the first unread message marked.

use std::ops::Deref;
use std::rc::Rc;

use shared::frame::Person;
use shared::{EventBody, RoomEvent, Sequence, TimestampMs};

use crate::outbox::PendingMessage;
use crate::present::day::Day;
use crate::timeline::Gap;

/// Messages of one person this close together form a group.
const GROUP_MS: u64 = 5 * 60 * 1000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// An event; the same one is the same copy, so comparing is cheap.
#[derive(Debug, Clone)]
pub struct EventRef(pub Rc<RoomEvent>);

impl PartialEq for EventRef {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for EventRef {
    type Target = RoomEvent;

    fn deref(&self) -> &RoomEvent {
        &self.0
    }
}

/// Where the unread messages begin, and how many there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unread {
    pub after: Sequence,
    pub count: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Row {
    /// There is nothing before.
    Beginning,
    /// What is before is on its way.
    Loading,
    Day {
        key: u64,
        name: Rc<str>,
    },
    Unread(Unread),
    /// Events that are not known, up to `before`.
    Gap {
        events: u64,
        before: Sequence,
    },
    /// `head` begins a group: it shows who it is from.
    Message {
        event: EventRef,
        head: bool,
    },
    /// Something happened to the room.
    Notice {
        event: EventRef,
    },
    Pending {
        message: Rc<PendingMessage>,
        head: bool,
    },
}

/// What rows are made from.
pub struct Parts<'a, D: Fn(TimestampMs) -> Day> {
    pub events: &'a [EventRef],
    pub pending: Vec<Rc<PendingMessage>>,
    pub own: Option<&'a Person>,
    pub unread: Option<Unread>,
    /// Whether the first event is the first of the room.
    pub at_start: bool,
    pub loading: bool,
    /// What is missing after the last event.
    pub gap_before_end: Option<Gap>,
    pub now: TimestampMs,
    pub day: D,
}

/// The rows, from top to bottom.
pub fn rows<D: Fn(TimestampMs) -> Day>(parts: Parts<'_, D>) -> Vec<Row> {
    let today = (parts.day)(parts.now);
    let yesterday = (parts.day)(TimestampMs(parts.now.0.saturating_sub(DAY_MS)));
    let mut rows = Vec::with_capacity(parts.events.len() + parts.pending.len() + 8);
    if parts.loading {
        rows.push(Row::Loading);
    } else if parts.at_start {
        rows.push(Row::Beginning);
    }
    let mut unread = parts.unread;
    let mut last_day = None;
    let mut day_line = |rows: &mut Vec<Row>, at: TimestampMs, key: u64| {
        let day = (parts.day)(at);
        if last_day.replace(day) != Some(day) {
            let name = day.name(today, yesterday).into();
            rows.push(Row::Day { key, name });
        }
    };
    let mut previous: Option<&EventRef> = None;
    for event in parts.events {
        if let Some(gap) = previous.and_then(|previous| gap(previous.sequence, event.sequence)) {
            rows.push(gap);
        }
        day_line(&mut rows, event.at_ms, event.sequence.0);
        if let Some(line) = unread.take_if(|line| is_message(event) && event.sequence > line.after)
        {
            rows.push(Row::Unread(line));
        }
        match &event.event {
            EventBody::MessageSent { .. } => {
                let grouped = matches!(rows.last(), Some(Row::Message { event: last, .. })
                    if last.person == event.person && event.at_ms.since_ms(last.at_ms) < GROUP_MS);
                let event = event.clone();
                rows.push(Row::Message {
                    event,
                    head: !grouped,
                });
            }
            // Whoever creates a room is in it; that goes without saying.
            EventBody::MemberJoined {} if previous.is_some_and(|last| created(last, event)) => {}
            // What became of messages is shown where they stand.
            EventBody::MessagesRemoved { .. }
            | EventBody::FileArrived { .. }
            | EventBody::FileWithdrawn { .. }
            | EventBody::Unknown => {}
            EventBody::RoomCreated { .. }
            | EventBody::MemberJoined {}
            | EventBody::MemberLeft {}
            | EventBody::MemberAdded { .. }
            | EventBody::MemberRemoved { .. }
            | EventBody::BanLifted { .. }
            | EventBody::RoomRoleChanged { .. }
            | EventBody::RoomChanged { .. }
            | EventBody::Removed {} => {
                let event = event.clone();
                rows.push(Row::Notice { event });
            }
        }
        previous = Some(event);
    }
    if let Some(gap) = parts.gap_before_end {
        let (events, before) = (gap.events(), gap.last.next());
        rows.push(Row::Gap { events, before });
    }
    for (index, message) in parts.pending.into_iter().enumerate() {
        // No event has a key this high.
        day_line(&mut rows, message.written_at_ms, u64::MAX - index as u64);
        let grouped = match rows.last() {
            Some(Row::Message { event, .. }) => {
                let own = parts.own.map(|own| own.id) == Some(event.person.id);
                own && message.written_at_ms.since_ms(event.at_ms) < GROUP_MS
            }
            Some(Row::Pending { .. }) => true,
            Some(
                Row::Beginning
                | Row::Loading
                | Row::Day { .. }
                | Row::Unread(_)
                | Row::Gap { .. }
                | Row::Notice { .. },
            )
            | None => false,
        };
        rows.push(Row::Pending {
            message,
            head: !grouped,
        });
    }
    rows
}

fn created(room: &RoomEvent, by: &RoomEvent) -> bool {
    matches!(room.event, EventBody::RoomCreated { .. }) && room.person.id == by.person.id
}

fn is_message(event: &RoomEvent) -> bool {
    event.event.is_message()
}

fn gap(previous: Sequence, next: Sequence) -> Option<Row> {
    let events = next.0.saturating_sub(previous.next().0);
    (events > 0).then_some(Row::Gap {
        events,
        before: next,
    })
}

#[cfg(test)]
mod tests;
