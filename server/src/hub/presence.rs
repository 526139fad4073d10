//! Who is connected: everyone with their connections, and what changed since everyone was last told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use shared::account::Present;
use shared::frame::Person;
use shared::{PersonId, ServerFrame};

use super::mailbox::Mailbox;
use crate::wire::Encoded;

/// Names in one frame.
const NAMES_MAX: usize = 200;
/// Everyone is told at most this often.
const INTERVAL: Duration = Duration::from_secs(1);
/// Telling takes this many frames a second at most, so that a crowd is told less often.
const FRAMES_PER_SECOND: usize = 2_000;

#[derive(Debug, Default)]
pub(super) struct Presence {
    online: HashMap<PersonId, Online>,
    connections: usize,
    /// Who came or went since everyone was told, and whether they were here then.
    changed: HashMap<PersonId, bool>,
    /// What newcomers are told. It may be as old as what everyone was told last: what came since will follow.
    listing: Option<Encoded>,
}

#[derive(Debug)]
struct Online {
    name: Box<str>,
    connections: Vec<Arc<Mailbox>>,
}

impl Presence {
    pub(super) fn enter(&mut self, name: &str, mailbox: &Arc<Mailbox>) {
        self.connections += 1;
        let person = mailbox.person;
        let online = self.online.entry(person).or_insert_with(|| {
            self.changed.entry(person).or_insert(false);
            Online {
                name: name.into(),
                connections: Vec::with_capacity(1),
            }
        });
        online.connections.push(mailbox.clone());
    }

    pub(super) fn leave(&mut self, mailbox: &Mailbox) {
        let Some(online) = self.online.get_mut(&mailbox.person) else {
            return;
        };
        self.connections -= 1;
        online
            .connections
            .retain(|other| other.number != mailbox.number);
        if online.connections.is_empty() {
            self.online.remove(&mailbox.person);
            self.changed.entry(mailbox.person).or_insert(true);
        }
    }

    pub(super) fn connections_of(&self, person: PersonId) -> &[Arc<Mailbox>] {
        self.online
            .get(&person)
            .map_or(&[], |online| &online.connections)
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = &Arc<Mailbox>> {
        self.online.values().flat_map(|online| &online.connections)
    }

    pub(super) fn person(&self, id: PersonId) -> Option<Person> {
        self.online.get(&id).map(|online| Person {
            id,
            name: online.name.as_ref().to_owned(),
        })
    }

    pub(super) fn people(&self) -> impl Iterator<Item = Person> {
        self.online.keys().filter_map(|id| self.person(*id))
    }

    pub(super) fn has_changed(&self) -> bool {
        !self.changed.is_empty()
    }

    /// How long to wait before telling everyone again.
    pub(super) fn interval(&self) -> Duration {
        INTERVAL.max(INTERVAL * self.connections.div_ceil(FRAMES_PER_SECOND) as u32)
    }

    pub(super) fn listing(&mut self) -> Encoded {
        if self.online.len() <= NAMES_MAX {
            // Small enough to be always new.
            self.listing = None;
        }
        match &self.listing {
            Some(listing) => listing.clone(),
            None => {
                let listing = Encoded::new(&ServerFrame::PresenceListed {
                    total: self.total(),
                    people: self.people().take(NAMES_MAX).map(Present::from).collect(),
                });
                self.listing.insert(listing).clone()
            }
        }
    }

    /// The frame that tells everyone what changed; `None` where all came back.
    pub(super) fn change(&mut self) -> Option<Encoded> {
        let changed = std::mem::take(&mut self.changed);
        self.listing = None;
        let (mut came, mut left) = (Vec::new(), Vec::new());
        for (id, was_here) in changed {
            match (was_here, self.person(id)) {
                (false, Some(person)) => came.push(person.into()),
                (true, None) => left.push(id),
                (true, Some(_)) | (false, None) => {}
            }
        }
        if came.is_empty() && left.is_empty() {
            return None;
        }
        if left.len() > NAMES_MAX {
            return Some(self.listing());
        }
        came.truncate(NAMES_MAX);
        Some(Encoded::new(&ServerFrame::PresenceChanged {
            total: self.total(),
            came,
            left,
        }))
    }

    fn total(&self) -> u32 {
        u32::try_from(self.online.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use shared::TimestampMs;

    use super::*;

    fn mailbox(number: u64) -> Arc<Mailbox> {
        let person = PersonId::from_parts(TimestampMs(number), [0; 10]);
        Arc::new(Mailbox::new(number, person))
    }

    fn frame(encoded: &Encoded) -> ServerFrame {
        let line = encoded.framed(crate::wire::Framing::Lines);
        shared::codec::decode_line(line).unwrap().frame
    }

    #[test]
    fn who_comes_back_in_time_was_never_away() {
        let mut presence = Presence::default();
        let ann = mailbox(1);
        presence.enter("Ann", &ann);
        assert!(presence.change().is_some());
        presence.leave(&ann);
        presence.enter("Ann", &ann);
        assert!(presence.has_changed());
        assert!(presence.change().is_none());
    }

    #[test]
    fn frames_about_a_crowd_stay_small() {
        let mut presence = Presence::default();
        let crowd: Vec<_> = (0..5000).map(mailbox).collect();
        for mailbox in &crowd {
            presence.enter(&format!("Person {}", mailbox.number), mailbox);
        }
        let ServerFrame::PresenceChanged { total, came, left } = frame(&presence.change().unwrap())
        else {
            panic!("they came");
        };
        assert_eq!((total, came.len(), left.len()), (5000, NAMES_MAX, 0));
        assert_eq!(presence.interval(), 3 * INTERVAL);
        let listing = presence.listing();
        assert!(listing.framed(crate::wire::Framing::Lines).len() < 32 * 1024);
        crowd
            .iter()
            .take(1000)
            .for_each(|mailbox| presence.leave(mailbox));
        // So many ids would be too long a frame, so everyone is told anew.
        let ServerFrame::PresenceListed { total, people } = frame(&presence.change().unwrap())
        else {
            panic!("they left");
        };
        assert_eq!((total, people.len()), (4000, NAMES_MAX));
    }
}
