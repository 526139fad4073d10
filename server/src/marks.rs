//! How far people have read and when they were last here: known at once, stored once a second, so that however often
//! somebody says that they read on, the writer is not kept from messages. What was not stored is lost only where the
//! server is killed.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::{PersonId, RoomId, Sequence, TimestampMs};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};

use crate::hub::Hub;
use crate::store::{NewMarks, Store, StoreError};

/// Others are told at once how far somebody has read, but not more often than this.
const TELL_PAUSE: Duration = Duration::from_millis(500);
/// Marks are stored each time after so many pauses.
const PAUSES_PER_STORE: u32 = 2;
/// Rows in one transaction; messages come in between.
const ROWS_MAX: usize = 500;

/// Shared by all connections.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    noted: Mutex<Noted>,
    bell: Notify,
}

#[derive(Debug, Default)]
struct Noted {
    read: HashMap<PersonId, Reading>,
    seen: HashMap<PersonId, TimestampMs>,
}

/// How far one person has read of late.
#[derive(Debug, Default)]
struct Reading {
    told_at: Option<Instant>,
    rooms: HashMap<RoomId, Mark>,
}

#[derive(Debug, Clone, Copy)]
struct Mark {
    sequence: Sequence,
    /// The number of the connection that said it.
    by: u64,
    stored: bool,
    told: bool,
}

/// A mark that others are to be told of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Untold {
    pub(crate) room: RoomId,
    pub(crate) sequence: Sequence,
    pub(crate) by: u64,
}

impl Marks {
    /// Notes that the person has read so far; one who has said more already has not. Returns what others are to be
    /// told now; where it is nothing, that follows by itself.
    pub(crate) fn read(&self, person: PersonId, untold: Untold) -> Option<Untold> {
        let mut noted = self.lock();
        let now = Instant::now();
        let reading = noted.read.entry(person).or_default();
        let before = reading.rooms.get(&untold.room);
        if before.is_some_and(|mark| mark.sequence >= untold.sequence) {
            return None;
        }
        let is_early = |told_at| now.duration_since(told_at) < TELL_PAUSE;
        let told = !reading.told_at.is_some_and(is_early);
        if told {
            reading.told_at = Some(now);
        }
        let mark = Mark {
            sequence: untold.sequence,
            by: untold.by,
            stored: false,
            told,
        };
        reading.rooms.insert(untold.room, mark);
        drop(noted);
        self.bell.notify_one();
        told.then_some(untold)
    }

    /// What of the person may not be stored yet.
    pub(crate) fn read_by(&self, person: PersonId) -> HashMap<RoomId, Sequence> {
        let noted = self.lock();
        let rooms = noted.read.get(&person).into_iter();
        let marks = rooms.flat_map(|reading| &reading.rooms);
        marks.map(|(room, mark)| (*room, mark.sequence)).collect()
    }

    /// What of the person in one room may not be stored yet.
    pub(crate) fn read_in(&self, person: PersonId, room: RoomId) -> Option<Sequence> {
        let noted = self.lock();
        let mark = noted.read.get(&person)?.rooms.get(&room)?;
        Some(mark.sequence)
    }

    /// Notes that the person's last connection went at this time.
    pub(crate) fn left(&self, person: PersonId, at_ms: TimestampMs) {
        self.lock().seen.insert(person, at_ms);
        self.bell.notify_one();
    }

    /// When the person was last here, where that may not be stored yet.
    pub(crate) fn last_seen(&self, person: PersonId) -> Option<TimestampMs> {
        self.lock().seen.get(&person).copied()
    }

    /// Tells and stores what is noted, for as long as it is polled.
    pub(crate) async fn keep(&self, hub: &Hub, store: &Store) {
        loop {
            self.bell.notified().await;
            while !self.is_empty() {
                for _ in 0..PAUSES_PER_STORE {
                    sleep(TELL_PAUSE).await;
                    self.tell_all(hub, store).await;
                }
                if let Err(error) = self.store_all(store).await {
                    // They stay noted.
                    tracing::warn!(%error, "cannot store how far people have read");
                }
            }
        }
    }

    /// Tells whoever is concerned of these marks of one person.
    pub(crate) async fn tell(hub: &Hub, store: &Store, person: PersonId, marks: Vec<Untold>) {
        let concerns = |mark: &Untold| hub.has_readers(person, mark.by, mark.room);
        let by: HashMap<_, _> = marks
            .into_iter()
            .filter(concerns)
            .map(|mark| (mark.room, mark))
            .collect();
        if by.is_empty() {
            return;
        }
        let markers = by.values().map(|mark| (mark.room, mark.sequence)).collect();
        match store.moved(person, markers).await {
            Ok(moved) => {
                for moved in moved {
                    if let Some(mark) = by.get(&moved.room) {
                        hub.read_marker_moved(person, mark.by, &moved);
                    }
                }
            }
            // The next mark tells it too.
            Err(error) => tracing::warn!(%error, "cannot tell how far somebody has read"),
        }
    }

    async fn tell_all(&self, hub: &Hub, store: &Store) {
        for (person, marks) in self.take_untold() {
            Self::tell(hub, store, person, marks).await;
        }
    }

    /// Stores all that is noted, a piece at a time, and forgets what had been stored before.
    pub(crate) async fn store_all(&self, store: &Store) -> Result<(), StoreError> {
        let mut marks = self.unstored();
        while !marks.read.is_empty() || !marks.seen.is_empty() {
            let piece = NewMarks {
                read: marks
                    .read
                    .split_off(marks.read.len().saturating_sub(ROWS_MAX)),
                seen: marks
                    .seen
                    .split_off(marks.seen.len().saturating_sub(ROWS_MAX)),
            };
            store.store_marks(piece.clone()).await?;
            self.stored(&piece);
        }
        Ok(())
    }

    fn is_empty(&self) -> bool {
        let noted = self.lock();
        noted.read.is_empty() && noted.seen.is_empty()
    }

    fn take_untold(&self) -> Vec<(PersonId, Vec<Untold>)> {
        let mut noted = self.lock();
        let now = Instant::now();
        let mut untold = Vec::new();
        for (person, reading) in &mut noted.read {
            let marks = reading.rooms.iter_mut().filter(|(_, mark)| !mark.told);
            let marks: Vec<_> = marks
                .map(|(room, mark)| {
                    mark.told = true;
                    Untold {
                        room: *room,
                        sequence: mark.sequence,
                        by: mark.by,
                    }
                })
                .collect();
            if !marks.is_empty() {
                reading.told_at = Some(now);
                untold.push((*person, marks));
            }
        }
        untold
    }

    fn unstored(&self) -> NewMarks {
        let mut noted = self.lock();
        let mut read = Vec::new();
        noted.read.retain(|person, reading| {
            reading.rooms.retain(|_, mark| !(mark.stored && mark.told));
            let unstored = reading.rooms.iter().filter(|(_, mark)| !mark.stored);
            read.extend(unstored.map(|(room, mark)| (*person, *room, mark.sequence)));
            !reading.rooms.is_empty()
        });
        let seen = noted.seen.iter().map(|(person, at_ms)| (*person, *at_ms));
        NewMarks {
            read,
            seen: seen.collect(),
        }
    }

    /// What has changed since is to be stored again.
    fn stored(&self, marks: &NewMarks) {
        let mut noted = self.lock();
        for (person, room, sequence) in &marks.read {
            let reading = noted.read.get_mut(person);
            let mark = reading.and_then(|reading| reading.rooms.get_mut(room));
            if let Some(mark) = mark.filter(|mark| mark.sequence == *sequence) {
                mark.stored = true;
            }
        }
        for (person, at_ms) in &marks.seen {
            if noted.seen.get(person) == Some(at_ms) {
                noted.seen.remove(person);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Noted> {
        // Nothing that runs under the lock can leave a half-made change behind.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person() -> PersonId {
        PersonId::from_parts(TimestampMs(1), [1; 10])
    }

    fn room(number: u8) -> RoomId {
        RoomId::from_parts(TimestampMs(1), [number; 10])
    }

    fn mark(number: u8, sequence: u64) -> Untold {
        Untold {
            room: room(number),
            sequence: Sequence(sequence),
            by: 7,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn many_marks_of_a_room_are_told_now_and_then_and_stored_as_one() {
        let marks = Marks::default();
        assert_eq!(
            marks.read(person(), mark(1, 1)),
            Some(mark(1, 1)),
            "at once"
        );
        for sequence in 2..=1000 {
            assert_eq!(marks.read(person(), mark(1, sequence)), None);
        }
        assert_eq!(marks.read(person(), mark(1, 5)), None, "never back");
        assert_eq!(marks.read(person(), mark(2, 3)), None);
        let mut untold = marks.take_untold().remove(0).1;
        untold.sort_by_key(|mark| mark.room);
        assert_eq!(untold, [mark(1, 1000), mark(2, 3)]);
        assert!(marks.take_untold().is_empty());
        assert_eq!(marks.unstored().read.len(), 2);
        sleep(TELL_PAUSE).await;
        let next = mark(1, 1001);
        assert_eq!(marks.read(person(), next), Some(next), "after a pause");
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_while_it_is_stored_is_stored_again() {
        let marks = Marks::default();
        marks.read(person(), mark(1, 1));
        marks.left(person(), TimestampMs(5));
        let first = marks.unstored();
        assert_eq!(first.read, [(person(), room(1), Sequence(1))]);
        assert_eq!(first.seen, [(person(), TimestampMs(5))]);
        marks.read(person(), mark(1, 2));
        marks.left(person(), TimestampMs(6));
        marks.stored(&first);
        assert_eq!(marks.last_seen(person()), Some(TimestampMs(6)));
        let second = marks.unstored();
        assert_eq!(second.read, [(person(), room(1), Sequence(2))]);
        assert_eq!(second.seen, [(person(), TimestampMs(6))]);
        marks.stored(&second);
        assert_eq!(
            marks.read_in(person(), room(1)),
            Some(Sequence(2)),
            "until it is told"
        );
        marks.take_untold();
        assert!(marks.unstored().read.is_empty());
        assert!(marks.is_empty(), "and then forgotten");
    }
}
