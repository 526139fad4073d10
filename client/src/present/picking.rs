//! Choosing people: to talk with, or to add to a room.

use shared::account::Profile;
use shared::frame::Person;
use shared::limits::DIRECT_PEOPLE_MAX;
use shared::{ClientFrame, PersonId, RequestId, RoomId, ServerFrame};

use crate::present::room_sheets::opens;
use crate::present::rooms::label;
use crate::present::sheet::Next;
use crate::view::View;

/// People who are added to a room at once.
const ADDED_MAX: usize = 50;

/// The request for those whose names hold this.
pub fn find(query: &str) -> ClientFrame {
    ClientFrame::FindPeople {
        request_id: RequestId(0),
        query: query.trim().to_owned(),
    }
}

/// What comes after a conversation was asked for: it opens.
pub fn opened(answer: &ServerFrame) -> Option<Next> {
    opens(answer)
}

/// What people are chosen for, and who is chosen so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picking {
    /// To which they are added; without one, a conversation begins.
    room_id: Option<RoomId>,
    /// What it is called.
    pub title: String,
    /// Who is not to be chosen: oneself, or who is in the room already.
    without: Vec<PersonId>,
    pub chosen: Vec<Person>,
}

impl Picking {
    /// Nobody is chosen yet.
    pub fn new(view: &View, room_id: Option<RoomId>) -> Self {
        let room = room_id.and_then(|room_id| view.rooms.get(&room_id));
        let (title, without) = match room {
            Some(room) => {
                let members = room.members.iter().flat_map(|members| &members.listed);
                let members = members.map(|member| member.person.id);
                let title = format!("Add people to {}", label(&room.info));
                (title, members.collect())
            }
            None => {
                let own = view.person.iter().map(|own| own.id);
                ("New message".into(), own.collect())
            }
        };
        Self {
            room_id,
            title,
            without,
            chosen: Vec::new(),
        }
    }

    /// What the button says.
    pub fn action(&self) -> &'static str {
        match self.room_id {
            Some(_) => "Add",
            None => "Start talking",
        }
    }

    /// Those of the people found who can be chosen.
    pub fn candidates<'a>(&self, found: &'a [Profile]) -> Vec<&'a Profile> {
        let found = found.iter();
        let fit = |profile: &&Profile| !self.without.contains(&profile.person.id);
        found.filter(fit).collect()
    }

    /// Whether somebody is chosen.
    pub fn has(&self, person_id: PersonId) -> bool {
        self.chosen.iter().any(|other| other.id == person_id)
    }

    /// Chooses somebody, or no longer. No more are chosen than can be.
    pub fn toggle(&mut self, person: &Person) {
        let most = match self.room_id {
            Some(_) => ADDED_MAX,
            None => DIRECT_PEOPLE_MAX - 1,
        };
        match self.has(person.id) {
            true => self.chosen.retain(|other| other.id != person.id),
            false if self.chosen.len() < most => self.chosen.push(person.clone()),
            false => {}
        }
    }

    /// What is to be asked of the server: to begin one conversation, or to add each of them.
    pub fn frames(&self) -> Vec<ClientFrame> {
        let request_id = RequestId(0);
        let chosen = self.chosen.iter().map(|person| person.id);
        match self.room_id {
            Some(room_id) => chosen
                .map(|person_id| ClientFrame::AddMember {
                    request_id,
                    room: room_id.into(),
                    person_id,
                })
                .collect(),
            None => vec![ClientFrame::OpenDirect {
                request_id,
                people: chosen.collect(),
            }],
        }
    }
}

#[cfg(test)]
mod tests {
    use litemap::LiteMap;
    use shared::room::{Member, RoomInfo, RoomKind};

    use super::*;
    use crate::view::{Members, Room};

    fn person(number: u8) -> Person {
        Person {
            id: PersonId::from_bytes([number; 16]),
            name: format!("person {number}"),
        }
    }

    fn profile(number: u8) -> Profile {
        Profile {
            person: person(number),
            role: shared::Role::Member,
            status_text: String::new(),
            avatar: None,
            presence: shared::account::PresenceState::Online,
            last_seen_ms: None,
            hides_last_seen: false,
            has_totp: false,
            has_password: false,
        }
    }

    fn view() -> (View, RoomId) {
        let room_id = RoomId::from_bytes([9; 16]);
        let info = RoomInfo::new(room_id, "garden".parse().expect("a name"), RoomKind::Public);
        let members = [1, 2].map(|number| Member::new(person(number), true));
        let room = Room {
            members: Some(Members {
                total: 2,
                listed: members.into(),
            }),
            ..Room::new(info, 0)
        };
        let view = View {
            person: Some(person(1)),
            rooms: LiteMap::from_iter([(room_id, room)]),
            ..View::default()
        };
        (view, room_id)
    }

    #[test]
    fn whoever_is_there_already_is_not_chosen() {
        let (view, room_id) = view();
        let found: Vec<Profile> = (1..=4).map(profile).collect();
        let names = |picking: &Picking| {
            let fit = picking.candidates(&found).into_iter();
            fit.map(|profile| profile.person.clone())
                .collect::<Vec<_>>()
        };
        let adding = Picking::new(&view, Some(room_id));
        assert_eq!(adding.title, "Add people to #garden");
        assert_eq!(names(&adding), [person(3), person(4)]);
        let talking = Picking::new(&view, None);
        assert_eq!(names(&talking), [person(2), person(3), person(4)]);
    }

    #[test]
    fn those_who_are_chosen_are_asked_for() {
        let (view, room_id) = view();
        let mut adding = Picking::new(&view, Some(room_id));
        for number in [3, 4, 5, 4] {
            adding.toggle(&person(number));
        }
        assert!(adding.has(person(5).id) && !adding.has(person(4).id));
        assert_eq!(adding.frames().len(), 2);
        let mut talking = Picking::new(&view, None);
        for number in 2..200 {
            talking.toggle(&person(number));
        }
        let [ClientFrame::OpenDirect { people, .. }] = &talking.frames()[..] else {
            panic!("one conversation");
        };
        assert_eq!(people.len(), DIRECT_PEOPLE_MAX - 1);
    }
}
