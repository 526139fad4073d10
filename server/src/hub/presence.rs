//! Who is connected: everyone with their connections, and what changed since everyone was last told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use shared::account::{PresenceState, Present};
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
    /// Who came, went or changed since everyone was told, and what everyone was told of them then.
    changed: HashMap<PersonId, Told>,
    /// What newcomers are told. It may be as old as what everyone was told last: what came since will follow.
    listing: Option<Encoded>,
}

#[derive(Debug)]
struct Online {
    name: Box<str>,
    connections: Vec<Here>,
}

/// One connection of somebody.
#[derive(Debug)]
struct Here {
    mailbox: Arc<Mailbox>,
    state: PresenceState,
}

#[derive(Debug, Clone, Copy)]
struct Told {
    /// `None` where they were not here.
    state: Option<PresenceState>,
    /// By a name that is not theirs any more.
    by_old_name: bool,
}

impl Online {
    /// What the most attentive connection says.
    fn state(&self) -> PresenceState {
        let states = self.connections.iter().map(|here| here.state);
        states
            .max_by_key(|state| attention(*state))
            .unwrap_or_default()
    }
}

fn attention(state: PresenceState) -> u8 {
    match state {
        PresenceState::Online => 3,
        PresenceState::DoNotDisturb => 2,
        PresenceState::Away => 1,
        PresenceState::Offline | PresenceState::Unknown => 0,
    }
}

impl Presence {
    pub(super) fn enter(&mut self, name: &str, mailbox: &Arc<Mailbox>) {
        self.note(mailbox.person);
        self.connections += 1;
        let online = self.online.entry(mailbox.person).or_insert_with(|| Online {
            name: name.into(),
            connections: Vec::with_capacity(1),
        });
        online.connections.push(Here {
            mailbox: mailbox.clone(),
            state: PresenceState::Online,
        });
    }

    /// Whether the person is gone with this connection.
    pub(super) fn leave(&mut self, mailbox: &Mailbox) -> bool {
        self.note(mailbox.person);
        let Some(online) = self.online.get_mut(&mailbox.person) else {
            return false;
        };
        self.connections -= 1;
        online
            .connections
            .retain(|here| here.mailbox.number != mailbox.number);
        let is_gone = online.connections.is_empty();
        if is_gone {
            self.online.remove(&mailbox.person);
        }
        is_gone
    }

    /// What one connection says of its person.
    pub(super) fn set_state(&mut self, mailbox: &Mailbox, state: PresenceState) {
        self.note(mailbox.person);
        let online = self.online.get_mut(&mailbox.person);
        let here = online.and_then(|online| {
            let mut connections = online.connections.iter_mut();
            connections.find(|here| here.mailbox.number == mailbox.number)
        });
        if let Some(here) = here {
            here.state = state;
        }
    }

    pub(super) fn rename(&mut self, person: &Person) {
        self.note(person.id);
        if let Some(online) = self.online.get_mut(&person.id)
            && *online.name != *person.name
        {
            online.name = person.name.as_str().into();
            if let Some(told) = self.changed.get_mut(&person.id) {
                told.by_old_name = true;
            }
        }
    }

    /// Keeps what everyone was told of somebody who is about to change.
    fn note(&mut self, person: PersonId) {
        let state = self.state(person);
        self.changed.entry(person).or_insert(Told {
            state,
            by_old_name: false,
        });
    }

    pub(super) fn connections_of(&self, person: PersonId) -> impl Iterator<Item = &Arc<Mailbox>> {
        let online = self.online.get(&person).into_iter();
        online.flat_map(|online| online.connections.iter().map(|here| &here.mailbox))
    }

    pub(super) fn connections(&self) -> impl Iterator<Item = &Arc<Mailbox>> {
        let here = self.online.values().flat_map(|online| &online.connections);
        here.map(|here| &here.mailbox)
    }

    /// `None` where the person is not here.
    pub(super) fn state(&self, id: PersonId) -> Option<PresenceState> {
        self.online.get(&id).map(Online::state)
    }

    pub(super) fn person(&self, id: PersonId) -> Option<Person> {
        self.online.get(&id).map(|online| Person {
            id,
            name: online.name.as_ref().to_owned(),
        })
    }

    fn present(&self, id: PersonId) -> Option<Present> {
        Some(Present {
            person: self.person(id)?,
            state: self.state(id)?,
        })
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
                let people = self.online.keys().take(NAMES_MAX);
                let listing = Encoded::new(&ServerFrame::PresenceListed {
                    total: self.total(),
                    people: people.filter_map(|id| self.present(*id)).collect(),
                });
                self.listing.insert(listing).clone()
            }
        }
    }

    /// The frame that tells everyone what changed; `None` where all is as it was.
    pub(super) fn change(&mut self) -> Option<Encoded> {
        let changed = std::mem::take(&mut self.changed);
        self.listing = None;
        let (mut came, mut others, mut left) = (Vec::new(), Vec::new(), Vec::new());
        for (id, told) in changed {
            match (told.state, self.present(id)) {
                (None, Some(present)) => came.push(present),
                (Some(_), None) => left.push(id),
                (Some(state), Some(present)) if state != present.state || told.by_old_name => {
                    others.push(present);
                }
                (Some(_), Some(_)) | (None, None) => {}
            }
        }
        if came.is_empty() && others.is_empty() && left.is_empty() {
            return None;
        }
        if left.len() > NAMES_MAX || others.len() > NAMES_MAX {
            return Some(self.listing());
        }
        // Of newcomers nobody knows, so that it is they who may be left out.
        others.append(&mut came);
        others.truncate(NAMES_MAX);
        Some(Encoded::new(&ServerFrame::PresenceChanged {
            total: self.total(),
            came: others,
            left,
        }))
    }

    fn total(&self) -> u32 {
        u32::try_from(self.online.len()).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use shared::{SessionId, TimestampMs};

    use super::*;

    fn mailbox(number: u64) -> Arc<Mailbox> {
        mailbox_of(PersonId::from_parts(TimestampMs(number), [0; 10]), number)
    }

    fn mailbox_of(person: PersonId, number: u64) -> Arc<Mailbox> {
        Arc::new(Mailbox::new(number, person, SessionId::from_bytes([0; 16])))
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
        for mailbox in crowd.iter().take(1000) {
            assert!(presence.leave(mailbox));
        }
        // So many ids would be too long a frame, so everyone is told anew.
        let ServerFrame::PresenceListed { total, people } = frame(&presence.change().unwrap())
        else {
            panic!("they left");
        };
        assert_eq!((total, people.len()), (4000, NAMES_MAX));
    }

    #[test]
    fn whoever_changes_is_told_of_and_whoever_changes_back_is_not() {
        let mut presence = Presence::default();
        let (phone, laptop) = (mailbox(1), mailbox_of(mailbox(1).person, 2));
        presence.enter("Ann", &phone);
        presence.enter("Ann", &laptop);
        assert!(presence.change().is_some());
        presence.set_state(&phone, PresenceState::Away);
        assert!(presence.change().is_none(), "the laptop says online");
        presence.set_state(&laptop, PresenceState::DoNotDisturb);
        let told = |encoded: &Encoded| match frame(encoded) {
            ServerFrame::PresenceChanged { came, left, .. } => {
                assert!(left.is_empty());
                came
            }
            other => panic!("{other:?}"),
        };
        let came = told(&presence.change().unwrap());
        assert_eq!(came[0].state, PresenceState::DoNotDisturb);
        assert!(!presence.leave(&laptop));
        presence.set_state(&phone, PresenceState::DoNotDisturb);
        assert!(presence.change().is_none(), "as before");
        let renamed = Person {
            id: phone.person,
            name: "Bea".into(),
        };
        presence.rename(&renamed);
        let came = told(&presence.change().unwrap());
        assert_eq!(came[0].person, renamed);
        presence.rename(&renamed);
        assert!(presence.change().is_none(), "the same name");
        assert!(presence.leave(&phone));
        presence.rename(&renamed);
        let gone = frame(&presence.change().unwrap());
        let left = vec![phone.person];
        assert!(matches!(gone, ServerFrame::PresenceChanged { left: ids, .. } if ids == left));
    }

    /// What a crowd costs, all of it together.
    #[derive(Debug, Default)]
    struct Cost {
        frames: usize,
        bytes: usize,
    }

    impl Cost {
        fn add(&mut self, frame: &Encoded, peers: usize) {
            self.frames += peers;
            self.bytes += peers * frame.framed(crate::wire::Framing::Lines).len();
        }
    }

    #[test]
    fn ten_thousand_people_who_come_back_cost_each_of_them_a_few_frames() {
        const PEOPLE: u64 = 10_000;
        const SECONDS: u64 = 5;
        let mut presence = Presence::default();
        let mut cost = Cost::default();
        let mut told_at = Duration::ZERO;
        for number in 0..PEOPLE {
            let now = Duration::from_secs(SECONDS) * u32::try_from(number).unwrap() / PEOPLE as u32;
            let name = format!("A person of the name {number}");
            presence.enter(&name, &mailbox(number));
            cost.add(&presence.listing(), 1);
            if now >= told_at {
                told_at = now + presence.interval();
                let frame = presence.change().unwrap();
                cost.add(&frame, presence.connections().count());
            }
        }
        let frame = presence.change().unwrap();
        cost.add(&frame, presence.connections().count());
        let people = usize::try_from(PEOPLE).unwrap();
        assert!(cost.frames < 4 * people, "{cost:?}");
        assert!(cost.bytes < 64 * 1024 * people, "{cost:?}");
        // Then they look away and back, all of them.
        let crowd: Vec<_> = presence.connections().cloned().collect();
        for mailbox in &crowd {
            presence.set_state(mailbox, PresenceState::Away);
        }
        let frame = presence.change().unwrap();
        assert!(frame.framed(crate::wire::Framing::Lines).len() < 32 * 1024);
    }
}
