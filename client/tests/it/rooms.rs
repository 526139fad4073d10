//! Rooms, who is there, and what is unread.

use client::{Change, Command, CommandError};
use shared::frame::Person;
use shared::room::{HistoryVisibility, Member, RoomChanges, RoomInfo, RoomKind, RoomOpening};
use shared::{
    ClientFrame, EventBody, PersonId, RequestId, RoomEvent, RoomId, RoomRole, Sequence,
    ServerFrame, TimestampMs, TransactionId,
};

use crate::world::World;

fn person(number: u8) -> Person {
    Person {
        id: PersonId::from_bytes([number; 16]),
        name: format!("person {number}"),
    }
}

fn opening(room_id: RoomId, last_sequence: u64) -> RoomOpening {
    RoomOpening::new(
        RoomInfo {
            members: 2,
            joined: true,
            last_sequence: Sequence(last_sequence),
            ..RoomInfo::new(room_id, "garden".parse().unwrap(), RoomKind::Public)
        },
        Sequence(last_sequence + 1),
    )
}

fn joined(room_id: RoomId, sequence: u64, who: u8) -> ServerFrame {
    ServerFrame::RoomEvent(RoomEvent {
        room_id,
        sequence: Sequence(sequence),
        at_ms: TimestampMs(5),
        person: person(who),
        event: EventBody::MemberJoined {},
    })
}

#[test]
fn a_room_is_entered_and_exited() {
    let mut world = World::new(1, 1);
    let room_id = RoomId::from_bytes([9; 16]);
    let room = opening(room_id, 7);
    world.down(0, ServerFrame::RoomEntered { room: room.clone() });
    world.down(0, ServerFrame::RoomEntered { room });
    world.down(0, joined(room_id, 8, 3));
    world.run(1_000);
    let view = world.peers[0].client.view();
    let room = &view.rooms[&room_id];
    assert_eq!(room.info.last_sequence, Sequence(8));
    assert_eq!(room.info.members, 3, "kept up to date");
    assert_eq!(view.unread(room_id), 0, "a member who joins is no message");
    assert!(world.peers[0].stored.last_read.contains_key(&room_id));
    world.down(0, ServerFrame::RoomExited { room_id });
    world.down(0, joined(room_id, 9, 4));
    world.run(1_000);
    assert!(!world.peers[0].client.view().rooms.contains_key(&room_id));
    assert!(!world.peers[0].stored.last_read.contains_key(&room_id));
    let now = TimestampMs(world.now);
    let typing = Command::SetTyping {
        room_id,
        typing: true,
    };
    let refused = world.peers[0].client.command(typing, now);
    assert_eq!(refused, Err(CommandError::NotAMember));
}

fn event(room_id: RoomId, sequence: u64, who: u8, event: EventBody) -> ServerFrame {
    ServerFrame::RoomEvent(RoomEvent {
        room_id,
        sequence: Sequence(sequence),
        at_ms: TimestampMs(5),
        person: person(who),
        event,
    })
}

fn said(room_id: RoomId, sequence: u64, who: u8, text: &str) -> ServerFrame {
    let body = EventBody::MessageSent {
        transaction_id: TransactionId::from_bytes([sequence as u8; 16]),
        text: text.into(),
        attachments: Vec::new(),
        arriving: Vec::new(),
    };
    event(room_id, sequence, who, body)
}

/// A world in a room of nine events.
fn in_a_room() -> (World, RoomId) {
    let mut world = World::new(1, 1);
    let room_id = RoomId::from_bytes([9; 16]);
    let room = opening(room_id, 9);
    world.down(0, ServerFrame::RoomEntered { room });
    world.run(1_000);
    (world, room_id)
}

#[test]
fn a_room_is_what_its_log_makes_of_it() {
    let (mut world, room_id) = in_a_room();
    let own = world.peers[0].client.view().person.clone().unwrap();
    let changes = RoomChanges {
        topic: Some("roses".into()),
        archived: Some(true),
        retention_days: Some(30),
        ..RoomChanges::default()
    };
    let name = Some("roses".parse().unwrap());
    world.down(
        0,
        event(room_id, 10, 2, EventBody::RoomChanged { name, changes }),
    );
    let role = RoomRole::Moderator;
    let made = EventBody::RoomRoleChanged { member: own, role };
    world.down(0, event(room_id, 11, 2, made));
    world.run(1_000);
    let info = world.peers[0].client.view().rooms[&room_id].info.clone();
    assert_eq!(
        (info.name.as_str(), info.topic.as_str()),
        ("roses", "roses")
    );
    assert_eq!((info.archived, info.retention_days), (true, Some(30)));
    assert_eq!(info.standing(), Some(RoomRole::Moderator));
    assert_eq!(
        info.history,
        HistoryVisibility::All,
        "what is not named stays"
    );
    let changes = RoomChanges {
        retention_days: Some(0),
        ..RoomChanges::default()
    };
    let changed = EventBody::RoomChanged {
        name: None,
        changes,
    };
    world.down(0, event(room_id, 12, 2, changed));
    world.run(1_000);
    let info = &world.peers[0].client.view().rooms[&room_id].info;
    assert_eq!(info.retention_days, None, "0 stands for: for good");
    assert_eq!(info.name.as_str(), "roses");
}

#[test]
fn the_list_of_members_follows_the_log() {
    let (mut world, room_id) = in_a_room();
    let members = vec![Member::new(person(2), true), Member::new(person(3), false)];
    world.down(
        0,
        ServerFrame::MembersListed {
            request_id: RequestId(0),
            room_id,
            total: 2,
            members,
        },
    );
    let member = person(4);
    world.down(0, event(room_id, 10, 2, EventBody::MemberAdded { member }));
    let (member, role) = (person(4), RoomRole::Owner);
    world.down(
        0,
        event(room_id, 11, 2, EventBody::RoomRoleChanged { member, role }),
    );
    let (member, banned) = (person(3), true);
    world.down(
        0,
        event(room_id, 12, 2, EventBody::MemberRemoved { member, banned }),
    );
    world.run(1_000);
    let room = &world.peers[0].client.view().rooms[&room_id];
    let members = room.members.as_ref().unwrap();
    let listed: Vec<_> = members
        .listed
        .iter()
        .map(|member| (member.person.clone(), member.role))
        .collect();
    assert_eq!(
        listed,
        [(person(2), None), (person(4), Some(RoomRole::Owner))]
    );
    assert_eq!((members.total, room.info.members), (2, 2));
    let changes = &world.peers[0].changes;
    assert!(changes.contains(&Change::Members(room_id)));
}

#[test]
fn what_was_removed_is_not_there_any_more() {
    let (mut world, room_id) = in_a_room();
    for (sequence, who) in [(10, 2), (11, 3), (12, 2), (13, 2)] {
        world.down(0, said(room_id, sequence, who, "rude"));
    }
    let of = Some(person(2).id);
    let (from, to) = (Sequence(10), Sequence(12));
    world.down(
        0,
        event(room_id, 14, 3, EventBody::MessagesRemoved { from, to, of }),
    );
    world.run(1_000);
    let view = world.peers[0].client.view();
    let timeline = &view.rooms[&room_id].timeline;
    let texts: Vec<&str> = timeline.events().map(|event| event.event.text()).collect();
    assert_eq!(texts, ["", "rude", "", "rude", ""]);
    assert_eq!(view.unread(room_id), 2, "what is gone is not unread");
}

#[test]
fn impossible_frames_change_nothing() {
    let mut world = World::new(8, 1);
    let room_id = world.room_id;
    for sequence in [0, (1 << 53) + 1, u64::MAX] {
        world.down(0, joined(room_id, sequence, 3));
    }
    world.down(0, joined(RoomId::from_bytes([8; 16]), 1, 3));
    world.down(0, ServerFrame::Unknown);
    world.run(1_000);
    let view = world.peers[0].client.view();
    assert!(view.rooms[&room_id].timeline.is_empty() && view.rooms.len() == 1);
    assert_eq!(view.unread(room_id), 0);
}

#[test]
fn messages_of_others_are_unread_until_they_are_marked() {
    let mut world = World::new(2, 2);
    let room_id = world.room_id;
    for (who, text) in [(1, "a"), (0, "b"), (1, "c"), (1, "d")] {
        world.say(who, text);
        world.run(3_000);
    }
    let unread = |world: &World, who: usize| world.peers[who].client.view().unread(room_id);
    assert_eq!((unread(&world, 0), unread(&world, 1)), (3, 1));
    let mark = |sequence| Command::MarkRead {
        room_id,
        up_to: Sequence(sequence),
    };
    world.command(0, mark(3));
    assert_eq!(unread(&world, 0), 1);
    world.command(0, mark(1));
    assert_eq!(unread(&world, 0), 1, "never goes back");
    world.run(2_000);
    world.crash(0);
    world.run(60_000);
    assert_eq!(unread(&world, 0), 1, "outlives the process");
    world.command(0, mark(1_000));
    assert_eq!(unread(&world, 0), 0);
    world.say(1, "e");
    world.run(3_000);
    assert_eq!(unread(&world, 0), 1, "marked only up to what there was");
}

#[test]
fn presence_follows_the_server() {
    let mut world = World::new(3, 1);
    let people = vec![person(1).into(), person(2).into()];
    world.down(0, ServerFrame::PresenceListed { total: 2, people });
    let came = vec![person(3).into()];
    let left = vec![person(1).id];
    let total = 2;
    world.down(0, ServerFrame::PresenceChanged { total, came, left });
    world.run(1_000);
    let presence = &world.peers[0].client.view().presence;
    let names: Vec<&str> = presence.people.values().map(|p| &*p.person.name).collect();
    assert_eq!((presence.total, names), (2, vec!["person 2", "person 3"]));
    let people = vec![person(4).into()];
    world.down(0, ServerFrame::PresenceListed { total: 1, people });
    world.run(1_000);
    assert_eq!(world.peers[0].client.view().presence.people.len(), 1);
}

#[test]
fn typing_ends_by_itself_by_a_message_and_by_word() {
    let mut world = World::new(4, 2);
    let room_id = world.room_id;
    let typing = |who: u8, typing: bool| ServerFrame::TypingChanged {
        room_id,
        person: person(who),
        typing,
    };
    let shown = |world: &World| world.peers[0].client.view().rooms[&room_id].typing.len();
    world.down(0, typing(7, true));
    world.run(5_000);
    assert_eq!(shown(&world), 1);
    world.down(0, typing(7, true));
    world.run(5_000);
    assert_eq!(shown(&world), 1, "repeated");
    world.peers[0].changes.clear();
    world.run(2_000);
    assert_eq!(shown(&world), 0, "expired");
    assert!(world.peers[0].changes.contains(&Change::Typing(room_id)));
    world.down(0, typing(7, true));
    world.down(0, typing(7, false));
    world.run(1_000);
    assert_eq!(shown(&world), 0, "ended");

    let other = world.peers[1].client.view().person.clone().unwrap();
    world.down(
        0,
        ServerFrame::TypingChanged {
            room_id,
            person: other,
            typing: true,
        },
    );
    world.run(500);
    assert_eq!(shown(&world), 1);
    world.say(1, "done");
    world.run(1_000);
    assert_eq!(shown(&world), 0, "the message is there");
    let own = world.peers[0].client.view().person.clone().unwrap();
    world.down(
        0,
        ServerFrame::TypingChanged {
            room_id,
            person: own,
            typing: true,
        },
    );
    world.run(500);
    assert_eq!(shown(&world), 0, "on another device");
}

#[test]
fn typing_is_not_sent_at_every_keystroke() {
    let mut world = World::new(5, 1);
    let room_id = world.room_id;
    let typing = |typing| Command::SetTyping { room_id, typing };
    let sent = |world: &World| {
        let typing = |frame: &ClientFrame| match frame {
            ClientFrame::SetTyping { typing, .. } => Some(*typing),
            _ => None,
        };
        let frames = world.peers[0].sent.iter();
        frames.filter_map(typing).collect::<Vec<bool>>()
    };
    world.command(0, typing(false));
    for _ in 0..70 {
        world.command(0, typing(true));
        world.run(100);
    }
    assert_eq!(sent(&world), [true, true, true]);
    world.command(0, typing(false));
    world.command(0, typing(false));
    assert_eq!(sent(&world), [true, true, true, false]);
    world.command(0, typing(true));
    world.say(0, "the message ends it");
    world.command(0, typing(false));
    assert_eq!(sent(&world), [true, true, true, false, true]);
}

#[test]
fn a_room_that_nobody_looks_at_keeps_its_newest_events() {
    let mut world = World::empty(6);
    world.add_peer_with(|config| config.timeline_events_max = 50);
    world.sign_in(0);
    world.add_peer();
    world.sign_in(1);
    world.run(2_000);
    let room_id = world.room_id;
    let known = |world: &World| world.peers[0].client.view().rooms[&room_id].timeline.len();
    let show = |room_id| Command::ShowRoom { room_id };
    world.command(0, show(Some(room_id)));
    for n in 0..300 {
        world.say(1, &n.to_string());
        world.run(10);
    }
    world.run(20_000);
    assert_eq!(known(&world), 300, "looked at");
    world.command(0, show(None));
    assert_eq!(known(&world), 50, "left");
    for n in 0..500 {
        world.say(1, &n.to_string());
        world.run(10);
    }
    world.run(20_000);
    assert!((50..=250).contains(&known(&world)), "{}", known(&world));
    assert_eq!(world.peers[0].client.view().unread(room_id), 800);
    // What was forgotten can be read again, and does not vanish while it is read.
    let before = known(&world);
    let history = Command::ReadHistory {
        room_id,
        before: None,
    };
    for _ in 0..100 {
        world.command(0, history.clone());
        world.run(1_000);
    }
    assert_eq!(known(&world), before + 300);
    world.say(1, "one more");
    world.run(2_000);
    assert_eq!(known(&world), before + 301);
    world.assert_converged();
}

#[test]
fn a_room_of_a_hundred_thousand_messages_stays_quick() {
    let mut world = World::new(7, 1);
    let room_id = world.room_id;
    let shown = Some(room_id);
    world.command(0, Command::ShowRoom { room_id: shown });
    let began = std::time::Instant::now();
    for sequence in 1..=100_000 {
        world.input(0, client::Input::Frame(joined(room_id, sequence, 3).into()));
        if sequence % 100 == 0 {
            let up_to = Sequence(sequence);
            world.command(0, Command::MarkRead { room_id, up_to });
        }
        let view = world.peers[0].client.view();
        assert_eq!(view.unread(room_id), 0);
    }
    let room = &world.peers[0].client.view().rooms[&room_id];
    assert_eq!(
        (room.timeline.len(), room.timeline.gaps().len()),
        (100_000, 0)
    );
    // A walk through the timeline for each event would take a hundred times as long.
    let elapsed = began.elapsed();
    assert!(elapsed.as_secs() < 20, "{elapsed:?}");
}
