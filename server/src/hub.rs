//! The newest events of each active room, encoded once, and the bells of the connections that follow it.
//!
//! A connection holds no queue: it remembers the next sequence that it owes and, when its bell rings, takes
//! everything from there. Where the tail no longer reaches back that far, it reads the store.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use shared::frame::RoomOpening;
use shared::{PersonId, RoomEvent, RoomId, Sequence, ServerFrame, codec};
use tokio::sync::{Notify, mpsc};

/// Events that a room's tail keeps.
const TAIL_EVENTS_MAX: usize = 1024;
/// Changes of membership that may wait for a connection before it is closed as stalled.
const CHANGES_MAX: usize = 64;

/// A change of the rooms that a person is in, for each of the person's connections.
#[derive(Debug, Clone)]
pub(crate) enum MembershipChange {
    Entered(RoomOpening),
    Exited(RoomId),
}

/// What [`Hub::read`] found.
pub(crate) enum TailRead {
    /// These lines; the last one has sequence `next - 1`.
    Lines { lines: Vec<Bytes>, next: Sequence },
    /// The tail begins after the sequence that was asked for, so the store must be read.
    Behind,
}

/// Shared by all connections and by the store's writer.
#[derive(Default)]
pub struct Hub {
    rooms: Mutex<HashMap<RoomId, Tail>>,
    people: Mutex<HashMap<PersonId, Vec<Follower>>>,
}

#[derive(Default)]
struct Tail {
    /// The sequence of the first line; meaningless while there is none.
    first: Sequence,
    lines: VecDeque<Bytes>,
    bells: HashMap<u64, Arc<Notify>>,
}

struct Follower {
    connection: u64,
    changes: mpsc::Sender<MembershipChange>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under these locks can leave a half-made change behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// Takes newly committed events, in the order of their commit, and rings each follower once.
    pub fn publish(&self, events: &[RoomEvent]) {
        let mut rooms = lock(&self.rooms);
        let mut rung: HashMap<u64, Arc<Notify>> = HashMap::new();
        for event in events {
            let tail = rooms.entry(event.room_id).or_default();
            if tail.lines.is_empty() {
                tail.first = event.sequence;
            }
            tail.lines
                .push_back(codec::encode_line(&ServerFrame::RoomEvent(event.clone())).into());
            if tail.lines.len() > TAIL_EVENTS_MAX {
                tail.lines.pop_front();
                tail.first = tail.first.next();
            }
            rung.extend(
                tail.bells
                    .iter()
                    .map(|(connection, bell)| (*connection, bell.clone())),
            );
        }
        drop(rooms);
        rung.values().for_each(|bell| bell.notify_one());
    }

    pub(crate) fn follow_room(&self, room: RoomId, connection: u64, bell: &Arc<Notify>) {
        lock(&self.rooms)
            .entry(room)
            .or_default()
            .bells
            .insert(connection, bell.clone());
    }

    pub(crate) fn unfollow_room(&self, room: RoomId, connection: u64) {
        if let Some(tail) = lock(&self.rooms).get_mut(&room) {
            tail.bells.remove(&connection);
        }
    }

    /// Everything from `next` on that the tail holds.
    pub(crate) fn read(&self, room: RoomId, next: Sequence) -> TailRead {
        let rooms = lock(&self.rooms);
        match rooms.get(&room) {
            Some(tail) if !tail.lines.is_empty() && next >= tail.first => {
                let skip = usize::try_from(next.0 - tail.first.0).unwrap_or(usize::MAX);
                let lines: Vec<Bytes> = tail.lines.iter().skip(skip).cloned().collect();
                let next = Sequence(next.0 + lines.len() as u64);
                TailRead::Lines { lines, next }
            }
            Some(_) | None => TailRead::Behind,
        }
    }

    pub(crate) fn follow_person(
        &self,
        person: PersonId,
        connection: u64,
    ) -> mpsc::Receiver<MembershipChange> {
        let (changes, receiver) = mpsc::channel(CHANGES_MAX);
        lock(&self.people)
            .entry(person)
            .or_default()
            .push(Follower {
                connection,
                changes,
            });
        receiver
    }

    pub(crate) fn unfollow_person(&self, person: PersonId, connection: u64) {
        let mut people = lock(&self.people);
        if let Some(followers) = people.get_mut(&person) {
            followers.retain(|follower| follower.connection != connection);
            if followers.is_empty() {
                people.remove(&person);
            }
        }
    }

    /// Tells every connection of the person. One that does not keep up loses its channel, and so closes.
    pub(crate) fn membership_changed(&self, person: PersonId, change: &MembershipChange) {
        if let Some(followers) = lock(&self.people).get_mut(&person) {
            followers.retain(|follower| follower.changes.try_send(change.clone()).is_ok());
        }
    }
}
