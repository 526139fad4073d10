//! The newest events of each room that somebody follows, encoded once, and what waits for each connection.
//!
//! A connection holds no queue of events: it remembers the next sequence that it owes and, when its bell rings,
//! copies everything from there. Where the tail no longer reaches back that far, it reads the store.

use std::collections::HashMap;
use std::sync::atomic::{AtomicIsize, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::frame::Person;
use shared::room::RoomInfo;
use shared::{PersonId, RoomEvent, RoomId, ServerFrame, codec};
use tokio::runtime::Handle;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

mod mailbox;
mod presence;
mod room;
mod tail;

pub(crate) use mailbox::{Mail, Mailbox, MembershipChange, SendAnswer};
pub(crate) use room::Room;
pub(crate) use tail::TailRead;

use crate::store::Announcer;
use crate::wire::Encoded;
use presence::Presence;

/// People who come or go together are told of together.
const PRESENCE_PAUSE: Duration = Duration::from_millis(20);

/// Shared by all connections and by the store's writer.
#[derive(Debug, Default)]
pub struct Hub {
    rooms: Mutex<HashMap<RoomId, Arc<Room>>>,
    presence: Mutex<Presence>,
    presence_bell: Notify,
    numbers: AtomicU64,
    tails_bytes: Arc<AtomicIsize>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under these locks can leave a half-made change behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A mailbox for a new connection of the person, who is here from now on.
    pub(crate) fn enter(&self, person: &Person) -> Arc<Mailbox> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mailbox = Arc::new(Mailbox::new(number, person.id));
        lock(&self.presence).enter(&person.name, &mailbox);
        self.presence_bell.notify_one();
        mailbox
    }

    /// The connection is gone. It must have unfollowed its rooms.
    pub(crate) fn leave(&self, mailbox: &Mailbox) {
        lock(&self.presence).leave(mailbox);
        self.presence_bell.notify_one();
    }

    pub(crate) fn follow(&self, info: &RoomInfo, mailbox: &Arc<Mailbox>) -> Arc<Room> {
        let mut rooms = lock(&self.rooms);
        let room = rooms
            .entry(info.room_id)
            .or_insert_with(|| Arc::new(Room::new(info, self.tails_bytes.clone())));
        room.follow(mailbox);
        room.clone()
    }

    pub(crate) fn unfollow(&self, room: &Room, mailbox: &Mailbox) {
        let mut rooms = lock(&self.rooms);
        if room.unfollow(mailbox) {
            rooms.remove(&room.id());
        }
    }

    /// Tells every connection of the person. One that does not keep up is closed.
    pub(crate) fn membership_changed(&self, person: PersonId, change: &MembershipChange) {
        for mailbox in lock(&self.presence).connections_of(person) {
            mailbox.membership_changed(change);
        }
    }

    /// Everyone who is connected, or some of them where they are many.
    pub(crate) fn presence_listing(&self) -> Encoded {
        lock(&self.presence).listing()
    }

    /// Who is connected and in the room, at most `limit`.
    pub(crate) fn people_in(&self, room: RoomId, limit: usize) -> HashMap<PersonId, Person> {
        let people = lock(&self.rooms).get(&room).map(|room| room.people(limit));
        let presence = lock(&self.presence);
        let people = people.into_iter().flatten();
        people
            .filter_map(|id| Some((id, presence.person(id)?)))
            .collect()
    }

    /// Tells every connection that the server is stopping.
    pub(crate) fn drain(&self) {
        lock(&self.presence)
            .connections()
            .for_each(|mailbox| mailbox.drain());
    }

    /// Tells everyone who came and who left, now and then, for as long as it is polled.
    pub(crate) async fn tell_presence(&self) {
        let mut not_before = Instant::now();
        loop {
            self.presence_bell.notified().await;
            sleep_until(not_before.max(Instant::now() + PRESENCE_PAUSE)).await;
            let mut presence = lock(&self.presence);
            not_before = Instant::now() + presence.interval();
            if presence.has_changed()
                && let Some(frame) = presence.change()
            {
                presence
                    .connections()
                    .for_each(|mailbox| mailbox.presence_changed(&frame));
            }
        }
    }
}

/// Puts what was committed into the tails, then rings.
pub(crate) struct Publisher {
    hub: Arc<Hub>,
    /// Rings those who have peace for now; the writer's thread cannot wait.
    runtime: Handle,
    /// Rooms that have new events and whose followers were not rung yet.
    touched: Vec<Arc<Room>>,
}

impl Publisher {
    pub(crate) fn new(hub: Arc<Hub>, runtime: Handle) -> Self {
        Self {
            hub,
            runtime,
            touched: Vec::new(),
        }
    }
}

impl Announcer for Publisher {
    fn committed(&mut self, events: &[RoomEvent]) {
        let rooms = lock(&self.hub.rooms);
        let followed: Vec<_> = events
            .iter()
            .map(|event| rooms.get(&event.room_id).cloned())
            .collect();
        drop(rooms);
        for (event, room) in events.iter().zip(followed) {
            // Where nobody follows, nobody is owed anything now.
            let Some(room) = room else { continue };
            room.append(
                event,
                &codec::encode_line(&ServerFrame::RoomEvent(event.clone())),
            );
            if self
                .touched
                .last()
                .is_none_or(|last| !Arc::ptr_eq(last, &room))
            {
                self.touched.push(room);
            }
        }
    }

    fn answered(&mut self) {
        // A room that comes twice finds its followers rung already.
        for room in self.touched.drain(..) {
            if let Some(until) = room.ring() {
                self.runtime.spawn(async move {
                    sleep_until(until).await;
                    room.ring_late();
                });
            }
        }
    }
}
