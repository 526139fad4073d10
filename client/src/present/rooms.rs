//! What rooms are called, which one comes next, who is in one, and what one may do there. Lists come unsorted: each
//! screen sorts names by the tables that it has.

use shared::frame::Person;
use shared::room::{HistoryVisibility, RoomInfo, RoomKind};
use shared::{Operation, RoomId};

use crate::view::{Room, View};

/// What a room is called: its name, or who else is in a direct one.
pub fn title(room: &RoomInfo) -> String {
    match room.kind {
        RoomKind::Direct if room.people.is_empty() => "Nobody else".into(),
        RoomKind::Direct => {
            let names: Vec<&str> = room.people.iter().map(|one| one.name.as_str()).collect();
            names.join(", ")
        }
        RoomKind::Lobby | RoomKind::Public | RoomKind::Private | RoomKind::Unknown => {
            room.name.to_string()
        }
    }
}

/// The same as it is mentioned in a sentence: `#garden`, `Ann, Bob`.
pub fn label(room: &RoomInfo) -> String {
    match room.kind {
        RoomKind::Direct => title(room),
        RoomKind::Lobby | RoomKind::Public | RoomKind::Private | RoomKind::Unknown => {
            format!("#{}", room.name)
        }
    }
}

/// Whether one may do this in a room, by the table of operations; without a room, on the server.
pub fn may(view: &View, operation: Operation, room_id: Option<RoomId>) -> bool {
    let room = room_id.and_then(|room_id| view.rooms.get(&room_id));
    let standing = room.and_then(|room| room.info.standing());
    operation.is_allowed_in(view.role, standing)
}

/// Why one cannot write in a room, to stand in place of where one writes; `None` where one can.
pub fn why_read_only(room: &RoomInfo) -> Option<String> {
    if !room.archived {
        return None;
    }
    Some(match room.kind {
        RoomKind::Direct => "Everyone else in this conversation has been removed from the server. \
             It can be read, and nobody can write in it."
            .into(),
        RoomKind::Lobby | RoomKind::Public | RoomKind::Private | RoomKind::Unknown => {
            let room = label(room);
            format!("{room} is archived: it can be read, and nobody can write in it.")
        }
    })
}

/// Where a room stands among one's own: the lobby first, those that are over after the others, direct ones last. Within
/// a group they stand by their titles.
pub fn group(room: &RoomInfo) -> u8 {
    match room.kind {
        RoomKind::Lobby => 0,
        RoomKind::Public | RoomKind::Private | RoomKind::Unknown => 1 + u8::from(room.archived),
        RoomKind::Direct => 3,
    }
}

/// The rules of a room, where they are not what everybody expects.
pub fn facts(room: &RoomInfo) -> Vec<String> {
    let mut facts: Vec<String> = why_read_only(room).into_iter().collect();
    if room.kind == RoomKind::Private {
        facts.push("Private: only those who are invited are here.".into());
    }
    if room.history == HistoryVisibility::SinceJoining {
        facts.push("Newcomers read only what comes after they joined.".into());
    }
    match room.retention_days {
        None => {}
        Some(1) => facts.push("Messages are kept for a day.".into()),
        Some(days) => facts.push(format!("Messages are kept for {days} days.")),
    }
    facts
}

/// Where to in a list of rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Up,
    Down,
}

/// The room before or after `current` that is `wanted`, as the list has them, going around; `current` itself comes
/// last. From nowhere, the first.
pub fn neighbour(
    list: &[RoomId],
    current: Option<RoomId>,
    direction: Direction,
    wanted: impl Fn(RoomId) -> bool,
) -> Option<RoomId> {
    let at = list.iter().position(|room_id| Some(*room_id) == current);
    let count = list.len();
    let mut steps = (1..=count).map(|step| match (at, direction) {
        (Some(at), Direction::Down) => list[(at + step) % count],
        (Some(at), Direction::Up) => list[(at + count - step) % count],
        (None, Direction::Down | Direction::Up) => list[step - 1],
    });
    steps.find(|room_id| wanted(*room_id))
}

/// The listed members of a room.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attendance {
    pub here: Vec<Person>,
    pub away: Vec<Person>,
    /// Members who are not listed.
    pub more: usize,
}

/// Who of a room's members is here; nobody until [`crate::Command::ListMembers`] was answered.
pub fn attendance(view: &View, room_id: RoomId) -> Attendance {
    let room = view.rooms.get(&room_id);
    let Some(members) = room.and_then(|room| room.members.as_ref()) else {
        return Attendance::default();
    };
    let all_listed = view.presence.people.len() >= view.presence.total as usize;
    let (mut here, mut away) = (Vec::new(), Vec::new());
    for member in &members.listed {
        // Presence is newer than the list; where it is not complete, the list knows the rest.
        let listed = view.presence.people.contains_key(&member.person.id);
        match listed || (member.online && !all_listed) {
            true => here.push(member.person.clone()),
            false => away.push(member.person.clone()),
        }
    }
    let more = (members.total as usize).saturating_sub(here.len() + away.len());
    Attendance { here, away, more }
}

/// How many are in the room. Nobody announces who comes to the lobby, but whoever is here is in it.
pub fn member_count(view: &View, room: &Room) -> u32 {
    let listed = room.members.as_ref().map_or(0, |members| members.total);
    match room.info.kind {
        RoomKind::Lobby => room.info.members.max(listed).max(view.presence.total),
        RoomKind::Public | RoomKind::Private | RoomKind::Direct | RoomKind::Unknown => {
            room.info.members
        }
    }
}

/// Who is online besides oneself, and how many these are, all of whom may be too many to list.
pub fn others_online(view: &View) -> (Vec<Person>, usize) {
    let own = view.person.as_ref().map(|person| person.id);
    let people = view.presence.people.values().map(|present| &present.person);
    let others = people.filter(|person| Some(person.id) != own);
    let oneself = u32::from(view.presence.total > 0);
    let total = view.presence.total.saturating_sub(oneself);
    (others.cloned().collect(), total as usize)
}

#[cfg(test)]
mod tests {
    use litemap::LiteMap;
    use shared::room::{Member, RoomInfo};
    use shared::{PersonId, Role};

    use super::*;
    use crate::view::{Members, Presence};

    fn rooms() -> [RoomId; 4] {
        [1, 2, 3, 4].map(|number| RoomId::from_bytes([number; 16]))
    }

    fn person(number: u8) -> Person {
        Person {
            id: PersonId::from_bytes([number; 16]),
            name: format!("person {number}"),
        }
    }

    /// One room with these members, told to be online or not, and these people online of `total`.
    fn view(kind: RoomKind, members: &[(u8, bool)], online: &[u8], total: u32) -> (View, RoomId) {
        let room_id = rooms()[0];
        let listed = members
            .iter()
            .map(|(number, online)| Member::new(person(*number), *online));
        let room = Room {
            members: Some(Members {
                total: 5,
                listed: listed.collect(),
            }),
            ..Room::new(
                RoomInfo {
                    members: 3,
                    joined: true,
                    ..RoomInfo::new(room_id, "garden".parse().expect("a name"), kind)
                },
                0,
            )
        };
        let people = online.iter().map(|number| person(*number));
        let view = View {
            person: Some(person(1)),
            rooms: LiteMap::from_iter([(room_id, room)]),
            presence: Presence {
                total,
                people: people.map(|person| (person.id, person.into())).collect(),
            },
            ..View::default()
        };
        (view, room_id)
    }

    #[test]
    fn a_direct_room_is_called_by_who_is_in_it() {
        let mut room = RoomInfo::new(
            rooms()[0],
            "direct-1".parse().expect("a name"),
            RoomKind::Direct,
        );
        assert_eq!(label(&room), "Nobody else");
        room.people = vec![person(2), person(3)];
        assert_eq!(label(&room), "person 2, person 3");
        room.kind = RoomKind::Private;
        assert_eq!(title(&room), "direct-1");
        assert_eq!(label(&room), "#direct-1");
    }

    #[test]
    fn a_room_says_why_nobody_writes_in_it() {
        let name = "garden".parse().expect("a name");
        let mut room = RoomInfo::new(rooms()[0], name, RoomKind::Direct);
        assert_eq!(why_read_only(&room), None);
        room.archived = true;
        let why = why_read_only(&room).expect("it is archived");
        assert!(why.contains("removed from the server"), "{why}");
        room.kind = RoomKind::Public;
        let why = why_read_only(&room).expect("it is archived");
        assert!(why.starts_with("#garden is archived"), "{why}");
    }

    #[test]
    fn the_table_says_what_one_may_do() {
        let (mut view, room_id) = view(RoomKind::Public, &[], &[], 0);
        view.role = Role::Guest;
        assert!(may(&view, Operation::AddMember, Some(room_id)));
        assert!(!may(&view, Operation::ChangeRoom, Some(room_id)));
        assert!(!may(&view, Operation::ListPeople, None));
        view.role = Role::Admin;
        assert!(may(&view, Operation::ChangeRoom, Some(room_id)));
        assert!(!may(&view, Operation::ChangeRoom, Some(rooms()[3])));
        assert!(may(&view, Operation::ListPeople, None));
    }

    #[test]
    fn neighbours_go_around() {
        let [a, b, c, d] = rooms();
        let list = [a, b, c, d];
        let any = |_| true;
        let next = |from, direction| neighbour(&list, Some(from), direction, any);
        assert_eq!(next(a, Direction::Down), Some(b));
        assert_eq!(next(d, Direction::Down), Some(a));
        assert_eq!(next(a, Direction::Up), Some(d));
        assert_eq!(next(c, Direction::Up), Some(b));
        assert_eq!(neighbour(&list, None, Direction::Up, any), Some(a));
        assert_eq!(neighbour(&[], Some(a), Direction::Down, any), None);
    }

    #[test]
    fn only_wanted_neighbours_are_met() {
        let [a, b, c, d] = rooms();
        let list = [a, b, c, d];
        let next = |direction| neighbour(&list, Some(a), direction, |room| room == c);
        assert_eq!(next(Direction::Down), Some(c));
        assert_eq!(next(Direction::Up), Some(c));
        assert_eq!(
            neighbour(&list, Some(b), Direction::Down, |_| false),
            None,
            "nowhere to go"
        );
    }

    #[test]
    fn presence_says_who_is_here() {
        let (view, room_id) = view(
            RoomKind::Public,
            &[(1, true), (2, true), (3, false)],
            &[1, 3],
            2,
        );
        let found = attendance(&view, room_id);
        assert_eq!(found.here, [person(1), person(3)], "newer than the list");
        assert_eq!(found.away, [person(2)]);
        assert_eq!(found.more, 2);
        assert_eq!(others_online(&view), (vec![person(3)], 1));
    }

    #[test]
    fn the_list_knows_whom_presence_leaves_out() {
        let members = [(1, true), (2, true), (3, false)];
        let (view, room_id) = view(RoomKind::Public, &members, &[1], 9);
        let found = attendance(&view, room_id);
        assert_eq!(found.here, [person(1), person(2)]);
        assert_eq!(found.away, [person(3)]);
        assert_eq!(others_online(&view), (Vec::new(), 8));
    }

    #[test]
    fn whoever_is_here_counts_in_the_lobby() {
        for (kind, count) in [(RoomKind::Lobby, 9), (RoomKind::Public, 3)] {
            let (view, room_id) = view(kind, &[], &[1], 9);
            assert_eq!(member_count(&view, &view.rooms[&room_id]), count);
        }
    }

    #[test]
    fn nobody_is_here_while_offline() {
        let (view, _) = view(RoomKind::Lobby, &[], &[], 0);
        assert_eq!(others_online(&view), (Vec::new(), 0));
    }
}
