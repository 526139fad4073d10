//! From the store's writer to the connections: the one place where events become known.

use std::sync::Arc;

use shared::{EventBody, PersonId, RoomEvent, ServerFrame, codec};
use tokio::runtime::Handle;
use tokio::time::sleep_until;

use super::{Hub, MembershipChange, Room, lock};
use crate::store::Announcer;

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

    fn append(&mut self, event: &RoomEvent, room: Arc<Room>) {
        if let EventBody::MessagesRemoved { to, .. } = &event.event {
            room.forget_up_to(*to);
        }
        let frame = ServerFrame::RoomEvent(event.clone());
        room.append(event, &codec::encode_line(&frame));
        let last = self.touched.last();
        if last.is_none_or(|last| !Arc::ptr_eq(last, &room)) {
            self.touched.push(room);
        }
    }

    /// Tells the connections of whoever came into the room by the event, or is gone.
    fn tell_moved(&self, event: &RoomEvent) {
        let Some((person, is_member)) = moved(event) else {
            return;
        };
        let change = MembershipChange {
            room_id: event.room_id,
            sequence: event.sequence,
            is_member,
        };
        self.hub.membership_changed(person, change);
    }
}

impl Announcer for Publisher {
    fn committed(&mut self, events: &[RoomEvent]) {
        let mut rooms = lock(&self.hub.rooms);
        let followed: Vec<_> = events.iter().map(|event| rooms.published(event)).collect();
        drop(rooms);
        for (event, room) in events.iter().zip(followed) {
            // Where nobody follows, nobody is owed anything now.
            if let Some(room) = room {
                self.append(event, room);
            }
            // Before the next event of the room is there to be read.
            self.tell_moved(event);
        }
        if events.iter().any(is_loss) {
            self.hub.lost();
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

/// Whether anybody may read less than before the event.
fn is_loss(event: &RoomEvent) -> bool {
    let is_gone = moved(event).is_some_and(|(_, is_member)| !is_member);
    is_gone || matches!(event.event, EventBody::MessagesRemoved { .. })
}

/// Who came into the room by the event, or is gone, and whether they are a member now.
pub(crate) fn moved(event: &RoomEvent) -> Option<(PersonId, bool)> {
    match &event.event {
        EventBody::MemberJoined {} => Some((event.person.id, true)),
        EventBody::MemberAdded { member } => Some((member.id, true)),
        EventBody::MemberLeft {} => Some((event.person.id, false)),
        EventBody::MemberRemoved { member, .. } => Some((member.id, false)),
        EventBody::MessageSent { .. }
        | EventBody::RoomCreated { .. }
        | EventBody::BanLifted { .. }
        | EventBody::RoomRoleChanged { .. }
        | EventBody::RoomChanged { .. }
        | EventBody::FileArrived { .. }
        | EventBody::FileWithdrawn { .. }
        | EventBody::MessagesRemoved { .. }
        | EventBody::Removed {}
        | EventBody::Unknown => None,
    }
}
