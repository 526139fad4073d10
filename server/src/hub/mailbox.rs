//! What waits for one connection besides the events of its rooms, and the bell that wakes it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use futures_util::task::AtomicWaker;
use shared::frame::Person;
use shared::{PersonId, RequestId, Role, RoomId, Sequence, SessionId, TransactionId};

use crate::store::{Appended, StoreError};
use crate::wire::Encoded;

/// Changes of membership that may wait for a connection before it is closed as stalled.
const CHANGES_MAX: usize = 64;
/// Ephemeral frames that may wait for a connection; those above are dropped.
const EPHEMERAL_MAX: usize = 8;

/// A change of the rooms that a person is in, for each of the person's connections: only a word that something
/// happened at this place in the room's log, because what the person is now is up to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MembershipChange {
    pub(crate) room_id: RoomId,
    /// Of the event by which they came or went.
    pub(crate) sequence: Sequence,
    pub(crate) is_member: bool,
}

/// How a send went that waited for the disk.
#[derive(Debug)]
pub(crate) struct SendAnswer {
    pub(crate) request_id: RequestId,
    pub(crate) transaction_id: TransactionId,
    pub(crate) room: RoomId,
    pub(crate) result: Result<Appended, StoreError>,
}

/// All that waited.
#[derive(Debug, Default)]
pub(crate) struct Mail {
    pub(crate) changes: Vec<MembershipChange>,
    pub(crate) answers: Vec<SendAnswer>,
    /// With the room that each is about, if it is about one.
    pub(crate) ephemeral: Vec<(Option<RoomId>, Encoded)>,
    /// That the person has read on elsewhere: the newest frame for each room, so that there are no more than rooms.
    pub(crate) read_markers: Vec<(RoomId, Encoded)>,
    /// The person's name or role is another one now.
    pub(crate) account: Option<Box<(Person, Role)>>,
    /// A frame about presence was dropped, so the peer must be told all of it.
    pub(crate) presence_lost: bool,
    /// Too much waited: on reconnecting, the peer resumes.
    pub(crate) stalled: bool,
    /// The server is stopping.
    pub(crate) draining: bool,
    /// The session has ended, so nothing else is to be said any more.
    pub(crate) ended: bool,
}

/// One connection's, shared with everyone who has something for it.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub(crate) number: u64,
    pub(crate) person: PersonId,
    pub(crate) session: SessionId,
    rung: AtomicBool,
    waker: AtomicWaker,
    /// The session has ended.
    ended: AtomicBool,
    /// It has for so long that the peer must have heard of it.
    cut: AtomicBool,
    cut_waker: AtomicWaker,
    /// Changes of membership wait. Set before anything that comes after them in their rooms is in a tail.
    changed: AtomicBool,
    mail: Mutex<Mail>,
}

impl Mailbox {
    pub(super) fn new(number: u64, person: PersonId, session: SessionId) -> Self {
        Self {
            number,
            person,
            session,
            rung: AtomicBool::new(false),
            waker: AtomicWaker::new(),
            ended: AtomicBool::new(false),
            cut: AtomicBool::new(false),
            cut_waker: AtomicWaker::new(),
            changed: AtomicBool::new(false),
            mail: Mutex::default(),
        }
    }

    /// Wakes the connection, unless it has been and has not looked yet.
    pub(crate) fn ring(&self) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            self.waker.wake();
        }
    }

    /// Ready once after any number of rings.
    pub(crate) fn poll_rung(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.rung.swap(false, Ordering::AcqRel) {
            return Poll::Ready(());
        }
        self.waker.register(cx.waker());
        // A ring between the look and the registration woke nobody.
        if self.rung.swap(false, Ordering::AcqRel) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    pub(crate) fn take(&self) -> Mail {
        let mut mail = self.lock();
        self.changed.store(false, Ordering::Release);
        std::mem::take(&mut *mail)
    }

    pub(crate) fn take_changes(&self) -> Vec<MembershipChange> {
        let mut mail = self.lock();
        self.changed.store(false, Ordering::Release);
        std::mem::take(&mut mail.changes)
    }

    /// Whether changes of membership wait. Where an event was read from a tail before, no change that comes before
    /// it in its room is missed.
    pub(crate) fn has_changes(&self) -> bool {
        self.changed.load(Ordering::Acquire)
    }

    pub(super) fn membership_changed(&self, change: MembershipChange) {
        let mut mail = self.lock();
        if mail.changes.len() < CHANGES_MAX {
            mail.changes.push(change);
        } else {
            mail.stalled = true;
        }
        self.changed.store(true, Ordering::Release);
        drop(mail);
        self.ring();
    }

    pub(crate) fn answer(&self, answer: SendAnswer) {
        // No more can wait than the connection has asked for.
        self.lock().answers.push(answer);
        self.ring();
    }

    /// Drops the frame, which is about this room or about none, where the connection does not keep up.
    pub(super) fn whisper(&self, room: Option<RoomId>, frame: &Encoded) {
        let mut mail = self.lock();
        if mail.ephemeral.len() < EPHEMERAL_MAX {
            mail.ephemeral.push((room, frame.clone()));
            drop(mail);
            self.ring();
        }
    }

    /// As [`Self::whisper`], but a loss is made good later.
    pub(super) fn presence_changed(&self, frame: &Encoded) {
        let mut mail = self.lock();
        if mail.ephemeral.len() < EPHEMERAL_MAX {
            mail.ephemeral.push((None, frame.clone()));
        } else {
            mail.presence_lost = true;
        }
        drop(mail);
        self.ring();
    }

    pub(super) fn read_marker_moved(&self, room: RoomId, frame: &Encoded) {
        let mut mail = self.lock();
        mail.read_markers.retain(|(other, _)| *other != room);
        mail.read_markers.push((room, frame.clone()));
        drop(mail);
        self.ring();
    }

    pub(super) fn account_changed(&self, person: &Person, role: Role) {
        self.lock().account = Some(Box::new((person.clone(), role)));
        self.ring();
    }

    pub(super) fn drain(&self) {
        self.lock().draining = true;
        self.ring();
    }

    /// The session has ended: no more of its requests are heard, and its peer is told.
    pub(crate) fn end(&self) {
        self.ended.store(true, Ordering::Release);
        self.lock().ended = true;
        self.ring();
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Ends the connection wherever it is, in the middle of a write to a peer that takes nothing as well.
    pub(super) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
        self.cut_waker.wake();
    }

    /// Ready once the connection is cut.
    pub(crate) fn poll_cut(&self, cx: &mut Context<'_>) -> Poll<()> {
        if self.cut.load(Ordering::Acquire) {
            return Poll::Ready(());
        }
        self.cut_waker.register(cx.waker());
        if self.cut.load(Ordering::Acquire) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Mail> {
        // Nothing that runs under the lock can leave a half-made change behind.
        self.mail.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
