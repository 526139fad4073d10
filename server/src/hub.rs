//! The newest events of each room that somebody follows, encoded once, and what waits for each connection.
//!
//! A connection holds no queue of events: it remembers the next sequence that it owes and, when its bell rings,
//! copies everything from there. Where the tail no longer reaches back that far, it reads the store.

use std::collections::HashMap;
use std::sync::atomic::{AtomicIsize, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::account::PresenceState;
use shared::frame::Person;
use shared::room::{ReadMarker, RoomInfo};
use shared::{EventBody, PersonId, Role, RoomEvent, RoomId, Sequence, ServerFrame, SessionId};
use tokio::runtime::Handle;
use tokio::sync::{Notify, watch};
use tokio::time::{Instant, sleep, sleep_until};

mod losses;
mod mailbox;
mod presence;
mod publisher;
mod room;
mod tail;

pub(crate) use losses::Losses;
pub(crate) use mailbox::{Mail, Mailbox, MembershipChange, SendAnswer};
pub(crate) use publisher::{Publisher, moved};
pub(crate) use room::Room;
pub(crate) use tail::TailRead;

use crate::store::Moved;
use crate::wire::Encoded;
use presence::Presence;
use room::FaceChange;

/// People who come or go together are told of together.
const PRESENCE_PAUSE: Duration = Duration::from_millis(20);

/// A peer whose session has ended hears of it within this time, or is cut off.
const END_TIMEOUT: Duration = Duration::from_millis(500);

/// Shared by all connections and by the store's writer.
#[derive(Debug, Default)]
pub struct Hub {
    rooms: Mutex<Rooms>,
    presence: Mutex<Presence>,
    presence_bell: Notify,
    numbers: AtomicU64,
    losses: watch::Sender<u64>,
    tails_bytes: Arc<AtomicIsize>,
}

#[derive(Debug, Default)]
struct Rooms {
    followed: HashMap<RoomId, Arc<Room>>,
    /// What became of rooms since the server started, for whoever begins to follow one as it was before.
    changed: HashMap<RoomId, FaceChange>,
}

impl Rooms {
    /// The room of an event, where somebody follows it.
    fn published(&mut self, event: &RoomEvent) -> Option<Arc<Room>> {
        let room = self.followed.get(&event.room_id);
        if let EventBody::RoomChanged { name, changes } = &event.event {
            let change = self.changed.entry(event.room_id).or_default();
            change.add(event.sequence, name.as_ref(), changes);
            if let Some(room) = room {
                room.change_face(change, Sequence::default());
            }
        }
        room.cloned()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under these locks can leave a half-made change behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Hub {
    /// A mailbox for a new connection of the person, who is here from now on.
    pub(crate) fn enter(&self, person: &Person, session: SessionId) -> Arc<Mailbox> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let mailbox = Arc::new(Mailbox::new(number, person.id, session));
        lock(&self.presence).enter(&person.name, &mailbox);
        self.presence_bell.notify_one();
        mailbox
    }

    /// The connection is gone. It must have unfollowed its rooms. Whether it was the last one of its person.
    pub(crate) fn leave(&self, mailbox: &Mailbox) -> bool {
        let is_gone = lock(&self.presence).leave(mailbox);
        self.presence_bell.notify_one();
        is_gone
    }

    /// What the connection says of whether its person is there.
    pub(crate) fn set_presence(&self, mailbox: &Mailbox, state: PresenceState) {
        lock(&self.presence).set_state(mailbox, state);
        self.presence_bell.notify_one();
    }

    /// Whether each of the people is there, in their order.
    pub(crate) fn presence_of(
        &self,
        people: impl IntoIterator<Item = PersonId>,
    ) -> Vec<PresenceState> {
        let presence = lock(&self.presence);
        let states = people.into_iter().map(|id| presence.state(id));
        states.map(Option::unwrap_or_default).collect()
    }

    /// The person's name or role is another one now: their connections take it over and tell them, and others are
    /// told the name.
    pub(crate) fn account_changed(&self, person: &Person, role: Role) {
        let mut presence = lock(&self.presence);
        presence.rename(person);
        for mailbox in presence.connections_of(person.id) {
            mailbox.account_changed(person, role);
        }
        drop(presence);
        self.presence_bell.notify_one();
    }

    /// Whether anybody may have to be told that the person has read on over the connection of this number.
    pub(crate) fn has_readers(&self, person: PersonId, by: u64, room: RoomId) -> bool {
        let elsewhere = lock(&self.presence)
            .connections_of(person)
            .any(|mailbox| mailbox.number != by);
        let room = lock(&self.rooms).followed.get(&room).cloned();
        elsewhere || room.is_some_and(|room| room.is_small_beside(person))
    }

    /// Tells the person's connections, but the one that said it, how far they have read, and in a small room the
    /// other members.
    pub(crate) fn read_marker_moved(&self, person: PersonId, by: u64, moved: &Moved) {
        let frame = |marker, counted_to| ServerFrame::ReadMarkerMoved {
            room_id: moved.room,
            person_id: person,
            marker,
            counted_to,
        };
        let own = Encoded::new(&frame(moved.marker, Some(moved.counted_to)));
        for mailbox in lock(&self.presence).connections_of(person) {
            if mailbox.number != by {
                mailbox.read_marker_moved(moved.room, &own);
            }
        }
        let room = lock(&self.rooms).followed.get(&moved.room).cloned();
        if let Some(room) = room.filter(|_| moved.is_small) {
            let marker = ReadMarker {
                sequence: moved.marker.sequence,
                ..ReadMarker::default()
            };
            room.whisper(person, &frame(marker, None));
        }
    }

    /// Passes an ephemeral frame to all connections of the person.
    pub(crate) fn whisper_to(&self, person: PersonId, frame: &ServerFrame) {
        let encoded = Encoded::new(frame);
        for mailbox in lock(&self.presence).connections_of(person) {
            mailbox.whisper(None, &encoded);
        }
    }

    /// Passes an ephemeral frame to who is in the room and connected, but to those who have caused it.
    pub(crate) fn whisper_in(&self, room: RoomId, from: PersonId, frame: &ServerFrame) {
        let room = lock(&self.rooms).followed.get(&room).cloned();
        if let Some(room) = room {
            room.whisper(from, frame);
        }
    }

    pub(crate) fn follow(&self, info: &RoomInfo, mailbox: &Arc<Mailbox>) -> Arc<Room> {
        let mut rooms = lock(&self.rooms);
        let Rooms { followed, changed } = &mut *rooms;
        let room = followed.entry(info.room_id).or_insert_with(|| {
            let room = Room::new(info, self.tails_bytes.clone());
            if let Some(change) = changed.get(&info.room_id) {
                room.change_face(change, info.last_sequence);
            }
            Arc::new(room)
        });
        room.follow(info, mailbox);
        room.clone()
    }

    pub(crate) fn unfollow(&self, room: &Room, mailbox: &Mailbox) {
        let mut rooms = lock(&self.rooms);
        if room.unfollow(mailbox) {
            rooms.followed.remove(&room.id());
        }
    }

    /// Tells every connection of the person. One that does not keep up is closed.
    fn membership_changed(&self, person: PersonId, change: MembershipChange) {
        for mailbox in lock(&self.presence).connections_of(person) {
            mailbox.membership_changed(change);
        }
    }

    /// Closes the connections of these sessions, which the store must have ended, and tells whoever serves them
    /// otherwise to look.
    pub(crate) fn end_sessions(&self, sessions: &[SessionId]) {
        if sessions.is_empty() {
            return;
        }
        let ended: Vec<_> = lock(&self.presence)
            .connections()
            .filter(|mailbox| sessions.contains(&mailbox.session))
            .cloned()
            .collect();
        self.end(ended);
    }

    fn end(&self, connections: Vec<Arc<Mailbox>>) {
        self.lost();
        connections.iter().for_each(|mailbox| mailbox.end());
        if connections.is_empty() {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        runtime.spawn(async move {
            sleep(END_TIMEOUT).await;
            connections.iter().for_each(|mailbox| mailbox.cut());
        });
    }

    /// Somebody may have lost what they were allowed, as far as the store is concerned: a session, a room, a file.
    pub(crate) fn lost(&self) {
        self.losses.send_modify(|losses| *losses += 1);
    }

    /// What is lost from now on.
    pub(crate) fn losses(&self) -> Losses {
        Losses::new(self.losses.subscribe())
    }

    /// Those of the person's sessions that have a connection.
    pub(crate) fn sessions_of(&self, person: PersonId) -> Vec<SessionId> {
        lock(&self.presence)
            .connections_of(person)
            .map(|mailbox| mailbox.session)
            .collect()
    }

    /// Everyone who is connected, or some of them where they are many.
    pub(crate) fn presence_listing(&self) -> Encoded {
        lock(&self.presence).listing()
    }

    /// Who is connected and in the room, at most `limit`.
    pub(crate) fn people_in(&self, room: RoomId, limit: usize) -> HashMap<PersonId, Person> {
        let people = lock(&self.rooms)
            .followed
            .get(&room)
            .map(|room| room.people(limit));
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
