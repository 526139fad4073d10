//! How far one has read, on several devices and over broken connections; who is there; whom messages mention.

use client::{Change, Command, View};
use shared::account::{PresenceState, Present};
use shared::frame::Person;
use shared::room::{ReadMarker, RoomInfo, RoomKind, RoomOpening};
use shared::{
    ClientFrame, EventBody, PersonId, RoomEvent, RoomId, Sequence, ServerFrame, TimestampMs,
    TransactionId,
};

use crate::world::World;

const TABLET: usize = 2;

/// Of p0 and p1, and another device of p0.
fn two_and_a_tablet(seed: u64) -> World {
    let mut world = World::new(seed, 2);
    world.add_peer();
    world.sign_in_as_well(TABLET, 0);
    world.run(2_000);
    world
}

fn mark(world: &mut World, who: usize, up_to: u64) {
    let room_id = world.room_id;
    let up_to = Sequence(up_to);
    world.command(who, Command::MarkRead { room_id, up_to });
}

fn unread(world: &World, who: usize) -> u64 {
    world.peers[who].client.view().unread(world.room_id)
}

fn mentions(world: &World, who: usize) -> u64 {
    world.peers[who].client.view().mentions(world.room_id)
}

/// The marks that a peer sent, and when.
fn marks(world: &World, who: usize) -> Vec<u64> {
    let sent = world.peers[who].sent.iter();
    sent.filter_map(|frame| match frame {
        ClientFrame::MarkRead { sequence, .. } => Some(sequence.0),
        _ => None,
    })
    .collect()
}

fn person(number: u8, name: &str) -> Person {
    Person {
        id: PersonId::from_bytes([number; 16]),
        name: name.into(),
    }
}

/// A message in the room of [`garden`].
fn message(sequence: u64, text: &str) -> ServerFrame {
    ServerFrame::RoomEvent(RoomEvent {
        room_id: RoomId::from_bytes([9; 16]),
        sequence: Sequence(sequence),
        at_ms: TimestampMs(5),
        person: person(7, "Tom"),
        event: EventBody::MessageSent {
            transaction_id: TransactionId::from_bytes([sequence as u8; 16]),
            text: text.into(),
            attachments: Vec::new(),
            arriving: Vec::new(),
        },
    })
}

/// A room of which the events from 41 on are pushed.
fn garden(read: Option<ReadMarker>) -> ServerFrame {
    let room_id = RoomId::from_bytes([9; 16]);
    let room = RoomInfo {
        members: 2,
        joined: true,
        last_sequence: Sequence(42),
        ..RoomInfo::new(room_id, "garden".parse().unwrap(), RoomKind::Public)
    };
    let room = RoomOpening {
        read,
        ..RoomOpening::new(room, Sequence(41))
    };
    ServerFrame::RoomEntered { room }
}

fn marker(sequence: u64, unread: u32, mentions: u32) -> ReadMarker {
    ReadMarker {
        sequence: Sequence(sequence),
        unread,
        mentions,
    }
}

#[test]
fn what_is_read_on_one_device_is_read_on_the_other() {
    let mut world = two_and_a_tablet(1);
    for text in ["one", "two @p0", "three @P0", "for @p1"] {
        world.say(1, text);
        world.run(1_000);
    }
    assert_eq!((unread(&world, 0), mentions(&world, 0)), (4, 2));
    assert_eq!((unread(&world, TABLET), mentions(&world, TABLET)), (4, 2));
    world.peers[TABLET].changes.clear();
    mark(&mut world, 0, 2);
    world.run(1_000);
    assert_eq!((unread(&world, 0), mentions(&world, 0)), (2, 1));
    assert_eq!((unread(&world, TABLET), mentions(&world, TABLET)), (2, 1));
    let room_id = world.room_id;
    assert!(
        world.peers[TABLET]
            .changes
            .contains(&Change::Unread(room_id))
    );
    mark(&mut world, TABLET, 4);
    world.run(1_000);
    assert_eq!((unread(&world, 0), mentions(&world, 0)), (0, 0));
    assert_eq!(
        marks(&world, 0),
        [2],
        "what another device read is not said again"
    );
    world.assert_read_alike();
    // Stored as well, for where it starts next without a connection.
    world.run(2_000);
    let stored = &world.peers[0].stored.last_read;
    assert_eq!(stored.get(&room_id), Some(&Sequence(4)));
}

#[test]
fn the_server_is_told_once_a_second_and_always_the_last_one() {
    let mut world = two_and_a_tablet(2);
    for number in 0..100 {
        world.say(1, &number.to_string());
        world.run(50);
    }
    world.run(5_000);
    for up_to in 1..=100 {
        mark(&mut world, 0, up_to);
        world.run(35);
    }
    world.run(5_000);
    let told = marks(&world, 0);
    assert!((2..=5).contains(&told.len()), "{told:?}");
    assert_eq!((told[0], told.last()), (1, Some(&100)));
    world.assert_read_alike();
}

#[test]
fn what_is_read_offline_is_told_on_the_next_connection() {
    let mut world = two_and_a_tablet(3);
    for number in 0..5 {
        world.say(1, &number.to_string());
        world.run(1_000);
    }
    world.break_off(0);
    mark(&mut world, 0, 3);
    assert_eq!(unread(&world, 0), 2);
    assert_eq!(marks(&world, 0), [0; 0]);
    world.run(60_000);
    assert_eq!(marks(&world, 0), [3]);
    world.assert_read_alike();
    // A mark that was lost with its connection, or with its process.
    mark(&mut world, 0, 4);
    world.break_off(0);
    world.run(60_000);
    world.assert_read_alike();
    mark(&mut world, 0, 5);
    world.run(1_500);
    world.break_off(0);
    world.crash(0);
    world.run(60_000);
    assert_eq!(world.markers.values().max(), Some(&Sequence(5)));
    world.assert_read_alike();
    // What was read elsewhere meanwhile counts, and is not undone.
    world.say(1, "six");
    world.run(1_000);
    world.break_off(0);
    mark(&mut world, TABLET, 6);
    world.run(60_000);
    assert_eq!(unread(&world, 0), 0);
    world.assert_read_alike();
}

#[test]
fn devices_agree_whatever_happens_to_their_connections() {
    for seed in 0..60 {
        let mut world = two_and_a_tablet(seed);
        world.duplicate_percent = 10;
        for _ in 0..80 {
            let who = world.rng.usize(..3);
            match world.rng.u8(..10) {
                0 => world.disconnect(who),
                1 if world.rng.u8(..4) == 0 => world.crash(who),
                2 if world.rng.u8(..8) == 0 => world.restart_server(),
                3..6 => {
                    // One reads on in what one sees.
                    let rooms = world.peers[who].client.view().rooms.values();
                    let seen = rooms.flat_map(|room| room.timeline.events());
                    let seen: Vec<u64> = seen.map(|event| event.sequence.0).collect();
                    if !seen.is_empty() {
                        let up_to = seen[world.rng.usize(..seen.len())];
                        mark(&mut world, who, up_to);
                    }
                }
                _ => {
                    let text = ["hello", "@p0", "@p1 @p0", "@all"][world.rng.usize(..4)];
                    world.say(who, text);
                }
            }
            let pause = world.rng.u64(..1_500);
            world.run(pause);
        }
        world.assert_converged();
        world.assert_read_alike();
    }
}

#[test]
fn what_is_not_known_here_counts_as_the_server_says() {
    let mut world = World::new(5, 1);
    let room_id = RoomId::from_bytes([9; 16]);
    world.down(0, garden(Some(marker(10, 5, 2))));
    world.run(500);
    let counts = |world: &World| {
        let view = world.peers[0].client.view();
        (view.unread(room_id), view.mentions(room_id))
    };
    assert_eq!(counts(&world), (5, 2), "of 32 events");
    world.down(0, message(41, "hello"));
    world.down(0, message(42, "dear @p0"));
    world.run(500);
    assert_eq!(counts(&world), (5, 2), "two of them are known now");
    world.down(0, message(43, "@P0 again"));
    world.run(500);
    assert_eq!(counts(&world), (6, 3));
    // Of the other thirty events, nobody knows which one has read.
    let up_to = Sequence(41);
    world.command(0, Command::MarkRead { room_id, up_to });
    assert_eq!(counts(&world), (2, 2), "only known ones are left");
    let up_to = Sequence(42);
    world.command(0, Command::MarkRead { room_id, up_to });
    assert_eq!(counts(&world), (1, 1));
}

#[test]
fn a_count_that_comes_before_what_it_counts_counts_once() {
    let mut world = World::new(6, 1);
    let room_id = RoomId::from_bytes([9; 16]);
    world.down(0, garden(Some(marker(42, 0, 0))));
    world.down(0, message(43, "seen"));
    let own = world.peers[0].client.view().person.clone().unwrap();
    let moved = |sequence: u64, unread, mentions, counted_to| ServerFrame::ReadMarkerMoved {
        room_id,
        person_id: own.id,
        marker: marker(sequence, unread, mentions),
        counted_to: Some(Sequence(counted_to)),
    };
    // 44 and 45 are on their way.
    world.down(0, moved(43, 2, 1, 45));
    world.down(0, message(44, "@p0"));
    world.run(500);
    let counts = |world: &World| {
        let view = world.peers[0].client.view();
        (view.unread(room_id), view.mentions(room_id))
    };
    assert_eq!(counts(&world), (1, 1));
    world.down(0, message(45, "last"));
    world.down(0, message(46, "later"));
    world.run(500);
    assert_eq!(counts(&world), (3, 1));
    // A late one is passed over.
    let up_to = Sequence(45);
    world.command(0, Command::MarkRead { room_id, up_to });
    world.down(0, moved(44, 1, 0, 45));
    world.run(5_000);
    assert_eq!(counts(&world), (1, 0));
    assert_eq!(marks(&world, 0), [45]);
}

#[test]
fn a_server_that_knows_nothing_is_told_what_is_known_here() {
    let mut world = World::new(7, 1);
    let room_id = RoomId::from_bytes([9; 16]);
    world.down(0, garden(None));
    world.run(500);
    let view = world.peers[0].client.view();
    assert_eq!(view.unread(room_id), 0, "nothing of before is news");
    assert_eq!(marks(&world, 0), [42]);
}

#[test]
fn only_ones_own_name_or_everyone_is_a_mention() {
    let mut world = World::new(8, 1);
    let room_id = RoomId::from_bytes([9; 16]);
    world.down(0, garden(Some(marker(42, 0, 0))));
    let here = Present::from(person(3, "P0 Junior"));
    let people = vec![here];
    world.down(0, ServerFrame::PresenceListed { total: 1, people });
    let texts = [
        ("@p0", true),
        ("@P0, come", true),
        ("@p0 junior, come", false),
        ("p0", false),
        ("@p01", false),
        ("@all", true),
        ("@room!", true),
        ("@allies", false),
    ];
    for (index, (text, _)) in texts.iter().enumerate() {
        world.down(0, message(43 + index as u64, text));
    }
    world.run(1_000);
    let view: &View = world.peers[0].client.view();
    let room = &view.rooms[&room_id];
    for (index, (text, expected)) in texts.iter().enumerate() {
        let sequence = Sequence(43 + index as u64);
        assert_eq!(room.mentions_me(sequence), *expected, "{text}");
    }
    assert_eq!(view.mentions(room_id), 4);
    assert_eq!(view.mentions_in_all(), 4);
}

#[test]
fn members_of_a_small_room_see_how_far_each_other_have_read() {
    let mut world = World::new(9, 2);
    let room_id = world.room_id;
    for number in 0..3 {
        world.say(1, &number.to_string());
        world.run(1_000);
    }
    let anns = world.peers[0].person.clone().unwrap().id;
    mark(&mut world, 0, 2);
    world.run(1_000);
    let readers = |world: &World, sequence| {
        let view = world.peers[1].client.view();
        view.readers(room_id, Sequence(sequence))
    };
    assert_eq!(readers(&world, 2), [anns]);
    assert_eq!(readers(&world, 3), []);
    let asked = |world: &World| {
        let asks = |frame: &&ClientFrame| matches!(frame, ClientFrame::ListMembers { .. });
        world.peers[1].sent.iter().filter(asks).count()
    };
    assert_eq!(asked(&world), 0, "nobody looks");
    for shown in [Some(room_id), None, Some(room_id)] {
        world.command(1, Command::ShowRoom { room_id: shown });
        world.run(1_000);
    }
    assert_eq!(asked(&world), 1, "once on each connection");
    world.break_off(1);
    mark(&mut world, 0, 3);
    world.run(60_000);
    assert_eq!(asked(&world), 2);
    assert_eq!(readers(&world, 3), [anns], "missed, and asked for");
}

#[test]
fn whether_one_is_there_is_said_again_on_each_connection() {
    let mut world = World::new(10, 1);
    let say = |state| Command::SetPresence { state };
    world.command(0, say(PresenceState::Away));
    world.run(1_000);
    assert_eq!(world.peers[0].presence, PresenceState::Away);
    world.break_off(0);
    world.run(60_000);
    assert_eq!(world.peers[0].presence, PresenceState::Away, "repeated");
    world.break_off(0);
    world.command(0, say(PresenceState::DoNotDisturb));
    world.run(60_000);
    assert_eq!(
        world.peers[0].presence,
        PresenceState::DoNotDisturb,
        "said offline"
    );
    world.command(0, say(PresenceState::Offline));
    world.run(1_000);
    let view = world.peers[0].client.view();
    assert_eq!(view.attention, PresenceState::DoNotDisturb, "one is here");
    world.command(0, say(PresenceState::Online));
    world.command(0, say(PresenceState::Online));
    world.run(1_000);
    assert_eq!(world.peers[0].presence, PresenceState::Online);
    let said = world.peers[0].sent.iter();
    let said = said.filter(|frame| matches!(frame, ClientFrame::SetPresence { .. }));
    assert_eq!(said.count(), 4);
    world.command(0, say(PresenceState::Away));
    world.command(0, Command::SignOut);
    let view = world.peers[0].client.view();
    assert_eq!(view.attention, PresenceState::Online, "of whoever is next");
}

#[test]
fn another_name_is_shown_wherever_somebody_is_listed() {
    let mut world = World::new(11, 2);
    let room_id = world.room_id;
    world.command(0, Command::ListMembers { room_id });
    world.run(1_000);
    let other = world.peers[1].person.clone().unwrap();
    let renamed = Present {
        person: Person {
            name: "Zoë".into(),
            ..other.clone()
        },
        state: PresenceState::Away,
    };
    let came = vec![renamed.clone()];
    let left = Vec::new();
    let total = 2;
    world.peers[0].changes.clear();
    world.down(0, ServerFrame::PresenceChanged { total, came, left });
    world.run(1_000);
    let view = world.peers[0].client.view();
    assert_eq!(view.presence.people[&other.id], renamed);
    assert_eq!(view.presence.state(other.id), PresenceState::Away);
    let members = view.rooms[&room_id].members.as_ref().unwrap();
    assert!(
        members
            .listed
            .iter()
            .any(|member| member.person == renamed.person)
    );
    assert!(world.peers[0].changes.contains(&Change::Members(room_id)));
}
