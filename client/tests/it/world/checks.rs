//! What has to hold in the end.

use shared::{EventBody, FileInfo, RoomEvent};

use super::World;

impl World {
    /// Who has a name.
    pub(crate) fn names(&self) -> Vec<&str> {
        let names = self.accounts.people.iter().map(|one| &*one.person.name);
        names.collect()
    }

    /// Everyone shows the server's log and nothing else.
    pub(crate) fn assert_converged(&mut self) {
        // A late frame just before the end would open a gap that there is no time to fill.
        self.duplicate_percent = 0;
        self.run(300_000);
        for (who, peer) in self.peers.iter().enumerate() {
            let view = peer.client.view();
            let room = &view.rooms[&self.room_id];
            let shown: Vec<_> = room.timeline.events().cloned().collect();
            let from = self.log.len() - shown.len().min(self.log.len());
            assert!(
                shown == self.log[from..],
                "client {who} {:?} reading {} gaps {:?} of {} at {}",
                view.connection,
                room.reading_history,
                room.timeline.gaps(),
                self.log.len(),
                shown.len()
            );
            assert!(
                !shown.is_empty() || self.log.is_empty(),
                "client {who} shows nothing"
            );
            assert_eq!(view.pending(self.room_id).count(), 0, "client {who}");
            assert!(peer.stored.outbox.is_empty(), "client {who}");
        }
    }

    /// The contents of the files that the room's messages carry, in order.
    pub(crate) fn attached(&self) -> Vec<Vec<u8>> {
        let mut contents = Vec::new();
        for event in &self.log {
            if let EventBody::MessageSent { attachments, .. } = &event.event {
                let file = |info: &FileInfo| self.files.files[&info.file_id].content();
                contents.extend(attachments.iter().map(file));
            }
        }
        contents
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        let text = |event: &RoomEvent| match &event.event {
            EventBody::MessageSent { text, .. } => Some(text.clone()),
            _ => None,
        };
        self.log.iter().filter_map(text).collect()
    }
}
