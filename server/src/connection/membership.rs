//! What a connection makes of its person's comings and goings: which rooms it follows, and from where to where.
//!
//! A change of membership is a word from the hub, in the order of each room's log. A room's end comes after the last
//! event that the person was there for, so whatever follows it waits for that.

use shared::room::RoomOpening;
use shared::{RequestId, RoomEvent, RoomId, Sequence, ServerFrame};

use super::session::Connection;
use crate::hub::{MembershipChange, moved};
use crate::store::Membership;
use crate::wire::Framing;

/// Changes and answers that may wait before the connection is closed as stalled.
const WAITING_MAX: usize = 128;

/// What waits for a room's end.
#[derive(Debug)]
pub(super) enum Waiting {
    Change(MembershipChange),
    Answer(Box<ServerFrame>),
}

impl Connection {
    pub(super) fn take_changes(&mut self) {
        let changes = self.mailbox.take_changes();
        self.wait_with(changes);
    }

    pub(super) fn wait_with(&mut self, changes: Vec<MembershipChange>) {
        self.waiting
            .extend(changes.into_iter().map(Waiting::Change));
        self.stalled |= self.waiting.len() > WAITING_MAX;
    }

    /// Does what waits, as far as no room's end comes first.
    pub(super) async fn settle(&mut self, framing: Framing) {
        while let Some(first) = self.waiting.pop_front() {
            match first {
                Waiting::Answer(answer) => self.push(*answer, framing),
                Waiting::Change(change) if self.must_wait(change) => {
                    self.waiting.push_front(first);
                    return;
                }
                Waiting::Change(change) if change.is_member => {
                    // Boxed, as it is rare and an idle connection is to be small.
                    Box::pin(self.enter(change, framing)).await;
                }
                Waiting::Change(change) => self.exit(change, framing),
            }
        }
    }

    /// Whether the person is in the room, as far as this connection has heard.
    pub(super) fn is_in(&self, room: RoomId) -> bool {
        let cursor = self.cursor_of(room);
        cursor.is_some_and(|cursor| !self.cursors[cursor].is_ending())
    }

    /// Whether the room has to end before it can begin again.
    fn must_wait(&self, change: MembershipChange) -> bool {
        let cursor = self.cursor_of(change.room_id);
        change.is_member && cursor.is_some_and(|cursor| self.cursors[cursor].is_ending())
    }

    async fn enter(&mut self, change: MembershipChange, framing: Framing) {
        if self.cursor_of(change.room_id).is_some() {
            // Known where the cursor began.
            return;
        }
        let (store, person) = (self.context.store.clone(), self.account.person.id);
        match store.membership(change.room_id, person).await {
            Ok(Some(membership)) => self.open_room(membership, framing).await,
            // Gone again; that word is on its way.
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "a room could not be opened for a connection");
                self.stalled = true;
            }
        }
    }

    async fn open_room(&mut self, membership: Membership, framing: Framing) {
        let rooms = std::iter::once(&membership.room);
        match self.read_markers(RequestId::default(), rooms).await {
            Ok(mut read) => {
                let read = read.remove(&membership.room.room_id);
                let opening = self.follow(membership, None);
                let room = RoomOpening { read, ..opening };
                self.push(ServerFrame::RoomEntered { room }, framing);
            }
            Err(_said_in_the_log) => self.stalled = true,
        }
    }

    fn exit(&mut self, change: MembershipChange, framing: Framing) {
        if let Some(cursor) = self.cursor_of(change.room_id) {
            self.end_after(cursor, change.sequence);
            self.tell_ended(framing);
        }
    }

    /// The person was in the room up to this event.
    fn end_after(&mut self, cursor: usize, sequence: Sequence) {
        let cursor = &mut self.cursors[cursor];
        if sequence > cursor.known && !cursor.is_ending() {
            cursor.until = sequence.next();
            self.ending += 1;
        }
    }

    /// Tells of the rooms that have ended, and whether there were any.
    pub(super) fn tell_ended(&mut self, framing: Framing) -> bool {
        if self.ending == 0 {
            return false;
        }
        let mut ended = false;
        while let Some(cursor) = self.cursors.iter().position(|it| it.has_ended()) {
            let cursor = self.cursors.swap_remove(cursor);
            self.context.hub.unfollow(&cursor.room, &self.mailbox);
            let room_id = cursor.room.id();
            self.push(ServerFrame::RoomExited { room_id }, framing);
            self.ending -= 1;
            ended = true;
        }
        ended
    }

    /// Takes out of a page of the store, which knows more than the hub has told, what came after the person had left.
    pub(super) fn cut_page(&mut self, cursor: usize, page: &mut Vec<RoomEvent>) {
        let (person, known) = (self.account.person.id, self.cursors[cursor].known);
        let gone = page
            .iter()
            .find(|event| event.sequence > known && moved(event) == Some((person, false)));
        if let Some(sequence) = gone.map(|event| event.sequence) {
            self.end_after(cursor, sequence);
        }
        let until = self.cursors[cursor].until;
        page.truncate(page.partition_point(|event| event.sequence < until));
    }
}
