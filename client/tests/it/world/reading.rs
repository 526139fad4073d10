//! How far the people of the world have read, as the server keeps it.

use client::ConnectionState;
use shared::frame::Person;
use shared::room::{Member, ReadMarker};
use shared::{EventBody, PersonId, RequestId, Sequence, ServerFrame, mentions, names};

use super::World;

impl World {
    /// Signs in as the person of another peer: another device.
    pub(crate) fn sign_in_as_well(&mut self, who: usize, other: usize) {
        self.sign_in_with(who, other);
    }

    fn people(&self) -> impl Iterator<Item = &Person> {
        self.accounts.people.iter().map(|account| &account.person)
    }

    /// What the server tells who comes in.
    pub(super) fn marker(&self, person: PersonId) -> Option<ReadMarker> {
        let sequence = *self.markers.get(&person)?;
        let mut people = self.people();
        let person_name = &people.find(|known| known.id == person)?.name;
        let key = names::key(person_name);
        let messages = self.log.iter().filter(|event| {
            event.sequence > sequence && event.person.id != person && event.event.is_message()
        });
        let unread = messages.clone().count() as u32;
        let mentioning = messages.filter(|event| match &event.event {
            EventBody::MessageSent { text, .. } => {
                let meant = |found: &str| found == key || mentions::is_everyone(found);
                let own = mentions::find(text, |found| meant(found).then_some(()));
                !own.is_empty()
            }
            _ => false,
        });
        Some(ReadMarker {
            sequence,
            unread,
            mentions: mentioning.count() as u32,
        })
    }

    /// Takes a mark, late or not, and tells those who are to know.
    pub(super) fn mark(&mut self, who: usize, sequence: Sequence) {
        let Some(person) = self.peers[who].person.as_ref().map(|person| person.id) else {
            return;
        };
        let last = Sequence(self.log.len() as u64);
        let sequence = sequence.min(last);
        if self
            .markers
            .get(&person)
            .is_some_and(|before| *before >= sequence)
        {
            return;
        }
        self.markers.insert(person, sequence);
        self.marks += 1;
        let counted = self.marker(person).expect("just set");
        for other in 0..self.peers.len() {
            if other == who && self.deaf.is_none() {
                continue;
            }
            let Some(them) = self.peers[other].person.as_ref().map(|them| them.id) else {
                continue;
            };
            if !self.peers[other].open || !self.greeted(other) {
                continue;
            }
            let own = them == person;
            let marker = ReadMarker {
                sequence,
                ..ReadMarker::default()
            };
            let moved = ServerFrame::ReadMarkerMoved {
                room_id: self.room_id,
                person_id: person,
                marker: if own { counted } else { marker },
                counted_to: own.then_some(last),
            };
            self.down(other, moved);
        }
    }

    pub(super) fn list_members(&mut self, who: usize, request_id: RequestId) {
        let member = |person: &Person| Member {
            read_sequence: self.markers.get(&person.id).copied(),
            ..Member::new(person.clone(), false)
        };
        let members: Vec<_> = self.people().map(member).collect();
        let listed = ServerFrame::MembersListed {
            request_id,
            room_id: self.room_id,
            total: members.len() as u32,
            members,
        };
        self.down(who, listed);
    }

    /// Every device shows what its person has read, and nothing that is not unread.
    pub(crate) fn assert_read_alike(&self) {
        for (who, peer) in self.peers.iter().enumerate() {
            let view = peer.client.view();
            assert_eq!(view.connection, ConnectionState::Online, "client {who}");
            let person = peer.person.as_ref().expect("online").id;
            let marker = self
                .marker(person)
                .expect("the core tells how far one has read");
            let shown = ReadMarker {
                sequence: view.rooms[&self.room_id].last_read,
                unread: view.unread(self.room_id) as u32,
                mentions: view.mentions(self.room_id) as u32,
            };
            assert_eq!(shown, marker, "client {who}");
        }
    }
}
