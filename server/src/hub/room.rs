//! One room that somebody who is connected is in: its tail, and the connections that follow it.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicIsize, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use shared::limits::READ_BY_MEMBERS_MAX;
use shared::room::{RoomChanges, RoomInfo};
use shared::{PersonId, RoomEvent, RoomId, RoomName, Sequence, ServerFrame};
use tokio::time::Instant;

use super::lock;
use super::mailbox::Mailbox;
use super::tail::{Tail, TailRead};
use crate::wire::{Encoded, Framing};

/// Bytes that a room's tail keeps: seconds of a very busy room.
const TAIL_BYTES_MAX: usize = 1 << 20;
/// Bytes that a room's tail keeps where all of them together have become too many.
const TAIL_BYTES_MIN: usize = 16 << 10;
/// From here on tails are kept short.
const TAILS_BYTES_MAX: isize = 64 << 20;
/// How long the followers of a room have peace after a ring, for each of them: about twice what it costs to write to
/// one. A write costs the same whatever its size, so a large and busy room is served by fewer and larger ones.
const PEACE_PER_FOLLOWER: Duration = Duration::from_micros(20);
/// Nobody waits for longer than this.
const PEACE_MAX: Duration = Duration::from_millis(25);
/// A shorter one gathers nothing.
const PEACE_MIN: Duration = Duration::from_millis(2);
/// Deliveries of ephemeral frames in a room per second, above which they are dropped.
const EPHEMERAL_PER_SECOND: f64 = 5_000.0;

/// Shared by the connections that follow the room; gone with the last of them.
#[derive(Debug)]
pub(crate) struct Room {
    id: RoomId,
    is_hidden: bool,
    face: Mutex<Face>,
    tail: Mutex<Tail>,
    /// A sequence that no event of the tail reaches, so that who has everything need not lock it.
    end: AtomicU64,
    /// Of the last event that was heard of.
    last: AtomicU64,
    followers: Mutex<HashMap<u64, Arc<Mailbox>>>,
    peace: Mutex<Peace>,
    budget: Mutex<Budget>,
    /// Bytes of all rooms' tails together.
    tails_bytes: Arc<AtomicIsize>,
}

impl Drop for Room {
    fn drop(&mut self) {
        self.count_bytes(-isize::try_from(lock(&self.tail).bytes()).unwrap_or_default());
    }
}

/// What of a room changes and is needed without asking the store.
#[derive(Debug)]
struct Face {
    /// [`shared::RoomName::key`] of its name.
    name_key: Arc<str>,
    is_archived: bool,
}

/// What became of it, in all the events that were published.
#[derive(Debug, Default)]
pub(super) struct FaceChange {
    /// Of the last of these events.
    sequence: Sequence,
    name_key: Option<Arc<str>>,
    is_archived: Option<bool>,
}

impl FaceChange {
    pub(super) fn add(&mut self, at: Sequence, name: Option<&RoomName>, changes: &RoomChanges) {
        self.sequence = at;
        self.name_key = name.map(|name| name.key().into()).or(self.name_key.take());
        self.is_archived = changes.archived.or(self.is_archived);
    }
}

/// The first ring is heard at once, those soon after it together at the end of the peace.
#[derive(Debug)]
struct Peace {
    until: Instant,
    /// Somebody rings at its end.
    broken: bool,
}

#[derive(Debug)]
struct Budget {
    deliveries: f64,
    at: Instant,
}

impl Room {
    pub(super) fn new(info: &RoomInfo, tails_bytes: Arc<AtomicIsize>) -> Self {
        Self {
            id: info.room_id,
            is_hidden: info.kind.is_hidden(),
            face: Mutex::new(Face {
                name_key: info.name.key().into(),
                is_archived: info.archived,
            }),
            tail: Mutex::default(),
            end: AtomicU64::new(u64::MAX),
            last: AtomicU64::new(info.last_sequence.0),
            followers: Mutex::default(),
            peace: Mutex::new(Peace {
                until: Instant::now(),
                broken: false,
            }),
            budget: Mutex::new(Budget {
                deliveries: EPHEMERAL_PER_SECOND,
                at: Instant::now(),
            }),
            tails_bytes,
        }
    }

    pub(crate) fn id(&self) -> RoomId {
        self.id
    }

    /// Whether only its members know of it.
    pub(crate) fn is_hidden(&self) -> bool {
        self.is_hidden
    }

    /// Whether its name has this [`shared::RoomName::key`].
    pub(crate) fn is_called(&self, name_key: &str) -> bool {
        *lock(&self.face).name_key == *name_key
    }

    /// Whether nobody may write in it.
    pub(crate) fn is_archived(&self) -> bool {
        lock(&self.face).is_archived
    }

    /// Takes over what changed after `known`.
    pub(super) fn change_face(&self, change: &FaceChange, known: Sequence) {
        if change.sequence <= known {
            return;
        }
        let mut face = lock(&self.face);
        if let Some(name_key) = &change.name_key {
            face.name_key = name_key.clone();
        }
        face.is_archived = change.is_archived.unwrap_or(face.is_archived);
    }

    /// Copies what the tail holds from `next` on and before `until`, one event at least, about `bytes_max` at most.
    pub(crate) fn read(
        &self,
        next: Sequence,
        until: Sequence,
        framing: Framing,
        bytes_max: usize,
        out: &mut Vec<u8>,
    ) -> TailRead {
        if next.0 >= self.end.load(Ordering::Acquire) {
            return TailRead::Nothing;
        }
        lock(&self.tail).read(next, until, framing, bytes_max, out)
    }

    /// The store has nothing from `next` on. Only who has followed since before it was asked may say so.
    pub(crate) fn nothing_from(&self, next: Sequence) {
        let mut tail = lock(&self.tail);
        tail.begin_at(next);
        if tail.bytes() == 0 {
            self.end.fetch_min(next.0, Ordering::AcqRel);
        }
    }

    /// The event's line goes to the end of the tail.
    pub(super) fn append(&self, event: &RoomEvent, line: &[u8]) {
        let crowded = self.tails_bytes.load(Ordering::Relaxed) > TAILS_BYTES_MAX;
        let bytes_max = if crowded {
            TAIL_BYTES_MIN
        } else {
            TAIL_BYTES_MAX
        };
        let mut tail = lock(&self.tail);
        self.count_bytes(tail.push(event.sequence, line, bytes_max));
        self.end.store(event.sequence.0 + 1, Ordering::Release);
        self.last.fetch_max(event.sequence.0, Ordering::AcqRel);
    }

    /// What was said up to `last` is gone, and must not be read from the tail either.
    pub(super) fn forget_up_to(&self, last: Sequence) {
        self.count_bytes(lock(&self.tail).forget_before(last.next()));
    }

    fn count_bytes(&self, grown: isize) {
        self.tails_bytes.fetch_add(grown, Ordering::Relaxed);
    }

    /// Wakes the followers, or, where they have peace for now, returns until when: then [`Self::ring_late`] is to be
    /// called.
    #[must_use]
    pub(super) fn ring(&self) -> Option<Instant> {
        let mut peace = lock(&self.peace);
        let now = Instant::now();
        if now >= peace.until {
            peace.until = now + self.ring_all();
            return None;
        }
        let is_first = !std::mem::replace(&mut peace.broken, true);
        is_first.then_some(peace.until)
    }

    /// Wakes the followers at the end of their peace.
    pub(super) fn ring_late(&self) {
        let mut peace = lock(&self.peace);
        peace.broken = false;
        peace.until = Instant::now() + self.ring_all();
    }

    /// How long the followers now have peace.
    fn ring_all(&self) -> Duration {
        let followers = lock(&self.followers);
        followers.values().for_each(|follower| follower.ring());
        let count = u32::try_from(followers.len()).unwrap_or(u32::MAX);
        let peace = PEACE_PER_FOLLOWER.saturating_mul(count).min(PEACE_MAX);
        if peace < PEACE_MIN {
            Duration::ZERO
        } else {
            peace
        }
    }

    pub(super) fn follow(&self, info: &RoomInfo, mailbox: &Arc<Mailbox>) {
        self.last.fetch_max(info.last_sequence.0, Ordering::AcqRel);
        lock(&self.followers).insert(mailbox.number, mailbox.clone());
    }

    /// Whether nobody follows any more.
    pub(super) fn unfollow(&self, mailbox: &Mailbox) -> bool {
        let mut followers = lock(&self.followers);
        followers.remove(&mailbox.number);
        followers.is_empty()
    }

    /// Who is connected and in the room, at most `limit`.
    pub(super) fn people(&self, limit: usize) -> HashSet<PersonId> {
        let mut people = HashSet::new();
        for follower in lock(&self.followers).values() {
            if people.len() == limit {
                break;
            }
            people.insert(follower.person);
        }
        people
    }

    /// Whether others than the person are here, and no more people than see how far each other have read.
    pub(super) fn is_small_beside(&self, person: PersonId) -> bool {
        let few = READ_BY_MEMBERS_MAX as usize;
        let people = self.people(few + 1);
        people.len() <= few && people.iter().any(|other| *other != person)
    }

    /// The room's last event, as far as it is known here.
    pub(crate) fn last(&self) -> Sequence {
        Sequence(self.last.load(Ordering::Acquire))
    }

    /// Passes an ephemeral frame to everyone here but the connections of who caused it, unless the room has had
    /// too many.
    pub(crate) fn whisper(&self, from: PersonId, frame: &ServerFrame) {
        let followers = lock(&self.followers);
        let mut budget = lock(&self.budget);
        let now = Instant::now();
        let earned = now.duration_since(budget.at).as_secs_f64() * EPHEMERAL_PER_SECOND;
        budget.at = now;
        budget.deliveries = (budget.deliveries + earned).min(EPHEMERAL_PER_SECOND);
        if budget.deliveries < 0.0 {
            return;
        }
        // May go below zero, so that a room of any size gets its turn.
        budget.deliveries -= followers.len() as f64;
        drop(budget);
        let encoded = Encoded::new(frame);
        for follower in followers.values().filter(|to| to.person != from) {
            follower.whisper(Some(self.id), &encoded);
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::room::RoomKind;
    use shared::{SessionId, TimestampMs};

    use super::*;

    fn room(followers: u64) -> (Room, Arc<Mailbox>) {
        let info = RoomInfo {
            joined: true,
            ..RoomInfo::new(
                RoomId::from_parts(TimestampMs(1), [1; 10]),
                "busy".parse().unwrap(),
                RoomKind::Public,
            )
        };
        let room = Room::new(&info, Arc::default());
        let person = PersonId::from_parts(TimestampMs(1), [2; 10]);
        let mailboxes: Vec<_> = (0..followers)
            .map(|number| Arc::new(Mailbox::new(number, person, SessionId::from_bytes([0; 16]))))
            .collect();
        mailboxes
            .iter()
            .for_each(|mailbox| room.follow(&info, mailbox));
        (room, mailboxes[0].clone())
    }

    fn is_rung(mailbox: &Mailbox) -> bool {
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        mailbox.poll_rung(&mut cx).is_ready()
    }

    #[tokio::test(start_paused = true)]
    async fn many_followers_are_rung_at_once_and_then_in_peace() {
        let (room, follower) = room(1_000);
        assert_eq!(room.ring(), None);
        assert!(is_rung(&follower), "the first ring is heard at once");
        let until = room.ring().unwrap();
        assert_eq!(until - Instant::now(), Duration::from_millis(20));
        assert_eq!(room.ring(), None, "somebody rings already");
        assert!(!is_rung(&follower));
        tokio::time::sleep_until(until).await;
        room.ring_late();
        assert!(is_rung(&follower));
        assert!(room.ring().is_some(), "peace again");
        room.ring_late();
        tokio::time::sleep(Duration::from_millis(20)).await;
        assert!(is_rung(&follower));
        assert_eq!(room.ring(), None);
        assert!(is_rung(&follower), "after the peace it is heard at once");
    }

    #[tokio::test(start_paused = true)]
    async fn few_followers_are_rung_each_time() {
        let (room, follower) = room(50);
        for _ in 0..3 {
            assert_eq!(room.ring(), None);
            assert!(is_rung(&follower));
        }
    }
}
