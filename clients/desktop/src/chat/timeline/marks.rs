//! What is unread: where it begins, how much of it is below what is in sight, and when it counts as read.

use client::present::rows::Unread;
use client::{Command, Room, View};
use native::Handle;
use shared::{EventBody, PersonId, RoomId, Sequence};

#[derive(Default)]
pub(super) struct Marks {
    pub(super) unread: Option<Unread>,
    /// New messages of others below what is in sight.
    pub(super) below: u64,
    /// Up to here they are counted, or were in sight.
    counted: Sequence,
}

impl Marks {
    /// Notes where the unread messages begin, unless they are being looked at as they come.
    pub(super) fn note(&mut self, view: &View, room_id: RoomId, watched: bool) {
        let count = view.unread(room_id);
        if let Some(room) = view.rooms.get(&room_id).filter(|_| count > 0 && !watched) {
            self.unread = Some(Unread {
                after: room.last_read,
                count,
            });
        }
    }

    /// Counts what is new. Each event is looked at once.
    pub(super) fn count(&mut self, room: &Room, own: Option<PersonId>, follows_end: bool) {
        if follows_end {
            self.below = 0;
        } else {
            let news = room.timeline.events_after(self.counted).filter(|event| {
                matches!(event.event, EventBody::MessageSent { .. }) && Some(event.person.id) != own
            });
            self.below += news.count() as u64;
        }
        self.counted = room.timeline.last_sequence().unwrap_or_default();
    }

    /// The end is being looked at.
    pub(super) fn read(&mut self, handle: &Handle, room_id: RoomId) {
        self.below = 0;
        let last = handle.with_view(|view| {
            let room = view.rooms.get(&room_id)?;
            self.counted = room.timeline.last_sequence().unwrap_or_default();
            (room.info.last_sequence > room.last_read).then_some(room.info.last_sequence)
        });
        if let Some(up_to) = last {
            // Refused only for a room that one is not in, and then there is nothing to mark.
            let _ = handle.command(Command::MarkRead { room_id, up_to });
        }
    }
}
