//! Which rows there are around what is being read: some hundreds, made from the core's view, whatever it knows.

use std::collections::HashMap;
use std::rc::Rc;

use client::present::day::Day;
use client::present::rows::{EventRef, Parts, Row, Unread, rows};
use client::{ConnectionState, Gap, Room, Timeline, View};
use shared::{EventBody, RoomEvent, RoomId, Sequence, TimestampMs};

use super::place::RowKey;

/// Events on each side of what is being read.
const EVENTS: usize = 150;
/// Rows are made anew when fewer than this are left on a side where there are more.
const ROWS_LEFT: usize = 40;

/// The rows, and the copies of events that they are made from.
#[derive(Default)]
pub(super) struct Feed {
    pub(super) keys: Vec<RowKey>,
    pub(super) rows: Vec<Row>,
    events: HashMap<Sequence, EventRef>,
    /// More events are known before and after these.
    more: (bool, bool),
}

/// What the rows depend on beside the view.
pub(super) struct Moment<D> {
    pub(super) now: TimestampMs,
    pub(super) day: D,
    pub(super) unread: Option<Unread>,
}

impl Feed {
    /// Makes the rows around `middle`, or at the end without it.
    pub(super) fn build<D: Fn(TimestampMs) -> Day>(
        &mut self,
        view: &View,
        room_id: RoomId,
        middle: Option<Sequence>,
        moment: Moment<D>,
    ) {
        let Some(room) = view.rooms.get(&room_id) else {
            *self = Self::default();
            return;
        };
        let timeline = &room.timeline;
        let events = self.take(timeline, middle);
        let first = events.first().map(|event| event.sequence);
        let after = events.last().map_or(Sequence(0), |event| event.sequence);
        self.more = (
            first.is_some_and(|first| timeline.range(..first).next().is_some()),
            timeline.events_after(after).next().is_some() && first.is_some(),
        );
        let online = view.connection == ConnectionState::Online;
        let older = timeline.older_before().filter(|_| !self.more.0);
        let nothing = timeline.is_empty() && room.info.last_sequence > Sequence(0);
        let unread = moment
            .unread
            .filter(|line| first_message(room, *line) >= first);
        let pending = view.pending(room_id).filter(|_| !self.more.1);
        let made = rows(Parts {
            events: &events,
            pending: pending.map(|message| Rc::new(message.clone())).collect(),
            own: view.person.as_ref(),
            unread,
            at_start: !self.more.0 && older.is_none(),
            loading: !self.more.0 && nothing || older.is_some() && online,
            gap_before_end: self.end_gap(timeline, after),
            now: moment.now,
            day: moment.day,
        });
        let missing = older
            .filter(|_| !online && !nothing)
            .map(|before| Row::Gap {
                events: before.0.saturating_sub(1),
                before,
            });
        let rows = missing.into_iter().chain(made);
        self.keep(rows, first.filter(|_| self.more.0));
    }

    /// Whether the rows are to be made anew now that these are laid out.
    pub(super) fn runs_out(&self, first: usize, last: usize) -> bool {
        self.more.0 && first < ROWS_LEFT || self.more.1 && last + ROWS_LEFT >= self.rows.len()
    }

    /// Whether the last row is the last of the room.
    pub(super) fn ends(&self) -> bool {
        !self.more.1
    }

    /// The events around `middle`, of which copies that were made before are used again.
    fn take(&mut self, timeline: &Timeline, middle: Option<Sequence>) -> Vec<EventRef> {
        let mut taken: Vec<&RoomEvent> = match middle {
            Some(middle) => timeline.range(..middle).rev().take(EVENTS).collect(),
            None => timeline.events().rev().take(2 * EVENTS).collect(),
        };
        taken.reverse();
        if let Some(middle) = middle {
            taken.extend(timeline.range(middle..).take(EVENTS));
        }
        let mut kept = HashMap::with_capacity(taken.len());
        let events = taken.into_iter().map(|event| {
            // All that can happen to an event is that what it says is removed, and that its files come or will not.
            let is_same = |copy: &EventRef| {
                copy.event.is_message() == event.event.is_message()
                    && copy.event.arriving() == event.event.arriving()
            };
            let copy = self.events.remove(&event.sequence).filter(is_same);
            let copy = copy.unwrap_or_else(|| EventRef(Rc::new(event.clone())));
            kept.insert(event.sequence, copy.clone());
            copy
        });
        let events = events.collect();
        self.events = kept;
        events
    }

    fn end_gap(&self, timeline: &Timeline, after: Sequence) -> Option<Gap> {
        let gap = timeline.gaps().pop()?;
        (!self.more.1 && after < gap.first).then_some(gap)
    }

    /// `lead` is an event that is there only so that the next one knows what is before it.
    fn keep(&mut self, rows: impl Iterator<Item = Row>, lead: Option<Sequence>) {
        self.keys.clear();
        self.rows.clear();
        let mut unsent = 0;
        // The line of the unread messages stands before the message that comes next.
        let mut rows = rows.peekable();
        while let Some(row) = rows.next() {
            let key = match &row {
                Row::Beginning | Row::Loading => RowKey::FIRST,
                Row::Gap { before, .. } => RowKey::gap(before.0),
                Row::Day { key, .. } if u64::MAX - key <= u64::from(u32::MAX) => {
                    RowKey::unsent_day(unsent)
                }
                Row::Day { key, .. } => RowKey::day(*key),
                Row::Unread(_) => match rows.peek() {
                    Some(Row::Message { event, .. }) => RowKey::unread(event.sequence.0),
                    Some(
                        Row::Beginning
                        | Row::Loading
                        | Row::Day { .. }
                        | Row::Unread(_)
                        | Row::Gap { .. }
                        | Row::Notice { .. }
                        | Row::Pending { .. },
                    )
                    | None => continue,
                },
                Row::Message { event, .. } | Row::Notice { event } => {
                    RowKey::event(event.sequence.0)
                }
                Row::Pending { .. } => {
                    unsent += 1;
                    RowKey::unsent(unsent - 1)
                }
            };
            if lead.is_none_or(|lead| key > RowKey::event(lead.0)) {
                self.keys.push(key);
                self.rows.push(row);
            }
        }
    }
}

/// Where the line of the unread messages stands.
pub(super) fn first_message(room: &Room, unread: Unread) -> Option<Sequence> {
    let mut after = room.timeline.events_after(unread.after);
    let is_message = |event: &&RoomEvent| matches!(event.event, EventBody::MessageSent { .. });
    after.find(is_message).map(|event| event.sequence)
}

#[cfg(test)]
mod tests;
