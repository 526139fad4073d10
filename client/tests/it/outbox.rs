//! Several messages on their way at once.

use client::{Client, Command, Config, Delivery, Input, Output, Ticket};
use shared::frame::ClientInfo;
use shared::{ErrorCode, ServerFrame, TimestampMs};

use crate::world::{Rate, World, content, error};

fn numbers(count: usize) -> Vec<String> {
    (0..count).map(|n| n.to_string()).collect()
}

fn say_all(world: &mut World, texts: &[String]) {
    for text in texts {
        world.say(0, text);
    }
}

fn sent(world: &World) -> usize {
    let messages = world.peers[0].client.view().outbox.messages();
    let sent = |delivery: &Delivery| matches!(delivery, Delivery::Sent { .. });
    messages.iter().filter(|m| sent(&m.delivery)).count()
}

#[test]
fn many_messages_travel_at_once_and_arrive_in_order() {
    let mut world = World::new(1, 2);
    let texts = numbers(300);
    let from = world.now;
    say_all(&mut world, &texts);
    assert_eq!(sent(&world), 1, "the first finds out");
    let mut most = 0;
    while world.log.len() < 300 {
        world.run(5);
        most = most.max(sent(&world));
    }
    assert_eq!(most, 32);
    // One after another they would take 300 round trips of some 200 ms.
    assert!(world.now - from < 15_000, "{} ms", world.now - from);
    world.assert_converged();
    assert_eq!(world.texts(), texts);
}

#[test]
fn a_cut_at_every_step_keeps_the_order() {
    let texts = numbers(12);
    for seed in 0..5 {
        for packets in 0.. {
            let mut world = World::new(seed, 2);
            world.peers[0].cut_after = Some(packets);
            say_all(&mut world, &texts);
            world.assert_converged();
            assert_eq!(world.texts(), texts, "seed {seed}, {packets} packets");
            if world.peers[0].cut_after.is_some() {
                break;
            }
        }
    }
}

#[test]
fn one_that_is_refused_for_good_stops_no_other() {
    let texts = numbers(40);
    let mut world = World::new(3, 2);
    world.refused_text = Some("20".into());
    say_all(&mut world, &texts);
    world.run(30_000);
    let mut expected = texts.clone();
    expected.remove(20);
    assert_eq!(world.texts(), expected);
    let pending = world.peers[0].client.view().outbox.messages().to_vec();
    assert_eq!(pending.len(), 1);
    assert!(matches!(pending[0].delivery, Delivery::Failed { .. }));
    world.refused_text = None;
    let transaction_id = pending[0].transaction_id;
    world.command(0, Command::RetryMessage { transaction_id });
    world.assert_converged();
    expected.push("20".into());
    assert_eq!(world.texts(), expected, "behind all others");
}

#[test]
fn after_a_refusal_for_the_moment_messages_go_one_at_a_time() {
    let texts = numbers(60);
    let mut world = World::new(4, 2);
    // The first three open the window to eight; then the disk is full for all that are on their way.
    let full = || Some(error(ErrorCode::StorageFull, Some(1_000)));
    world.refusals.extend([None, None, None]);
    world.refusals.extend(std::iter::repeat_with(full).take(8));
    say_all(&mut world, &texts);
    while world.refusals.iter().any(Option::is_some) {
        world.run(5);
    }
    world.run(900);
    assert_eq!(sent(&world), 0, "waits");
    let trouble = |world: &World| {
        let outbox = &world.peers[0].client.view().outbox;
        outbox.trouble().map(str::to_owned)
    };
    assert_eq!(trouble(&world).as_deref(), Some("no"));
    while sent(&world) == 0 {
        world.run(5);
    }
    assert_eq!(sent(&world), 1);
    world.assert_converged();
    assert_eq!(world.texts(), texts);
    assert_eq!(trouble(&world), None);
}

#[test]
fn what_the_server_took_behind_a_refused_one_comes_before_it() {
    let texts = numbers(9);
    let mut world = World::new(5, 2);
    let full = Some(error(ErrorCode::StorageFull, Some(1_000)));
    world.refusals.extend([None, None, None, full]);
    say_all(&mut world, &texts);
    world.assert_converged();
    let stored = world.texts();
    let mut sorted = stored.clone();
    sorted.sort();
    assert_eq!(sorted, texts, "nothing is lost or doubled");
    let mut others = stored.clone();
    others.retain(|text| text != "3");
    let mut in_order = texts.clone();
    in_order.remove(3);
    assert_eq!(others, in_order, "the others keep their order");
}

#[test]
fn what_is_too_much_at_once_comes_later_and_in_order() {
    let texts = numbers(300);
    for seed in 0..10 {
        let mut world = World::new(seed, 2);
        world.rate = Some(Rate::new(100, 50));
        say_all(&mut world, &texts);
        world.say(1, "from somebody else");
        while world.rate.as_ref().is_some_and(|rate| rate.refused == 0) {
            world.run(5);
        }
        world.run(400);
        let outbox = world.peers[0].client.view().outbox.messages().to_vec();
        let is_pending = |delivery: &Delivery| !matches!(delivery, Delivery::Failed { .. });
        assert!(
            outbox.iter().all(|m| is_pending(&m.delivery)),
            "seed {seed}"
        );
        assert!(world.peers[0].client.view().outbox.trouble().is_some());
        let from = world.now;
        world.assert_converged();
        let mut stored = world.texts();
        stored.retain(|text| text != "from somebody else");
        assert_eq!(stored, texts, "seed {seed}");
        assert_eq!(world.log.len(), 301, "seed {seed}");
        // It waits for as long as it is told, and not much longer: two hundred at twenty a second.
        let took = world.log.last().map(|event| event.at_ms.0 - from);
        assert!(took < Some(30_000), "seed {seed}: {took:?} ms");
        let refused = world.rate.as_ref().map(|rate| rate.refused);
        assert!(refused < Some(300), "seed {seed}: {refused:?}");
        assert_eq!(world.peers[0].client.view().outbox.trouble(), None);
    }
}

#[test]
fn a_message_waits_for_its_uploads_and_fails_with_them() {
    let mut world = World::new(6, 1);
    let bytes = content(1, 3 << 20);
    let upload_id = world.upload(0, bytes.clone(), true);
    world.say_with(0, "with a file", &[upload_id]);
    world.say(0, "without");
    let reason = "unplugged".to_owned();
    world.input(0, Input::SourceFailed { upload_id, reason });
    world.run(5_000);
    assert_eq!(world.texts(), ["without"]);
    let pending = world.peers[0].client.view().outbox.messages().to_vec();
    assert!(
        matches!(&pending[0].delivery, Delivery::Failed { reason, .. } if reason == "unplugged")
    );
    // One that comes later fails at once.
    world.say_with(0, "too", &[upload_id]);
    let second = world.peers[0].client.view().outbox.messages()[1].clone();
    assert!(matches!(second.delivery, Delivery::Failed { .. }));
    let transaction_id = second.transaction_id;
    world.command(0, Command::DeleteMessage { transaction_id });

    let transaction_id = pending[0].transaction_id;
    world.command(0, Command::RetryMessage { transaction_id });
    world.assert_converged();
    assert_eq!(world.texts(), ["without", "with a file"]);
    assert_eq!(world.attached(), [bytes.to_vec()]);
    assert!(world.peers[0].client.view().uploads.is_empty());
}

#[test]
fn a_file_that_the_server_lost_is_sent_again() {
    let mut world = World::new(7, 1);
    let bytes = content(2, 2 << 20);
    let upload_id = world.upload(0, bytes.clone(), true);
    world.run(5_000);
    world.files.files.clear();
    world.files.uploads.clear();
    world.say_with(0, "a file", &[upload_id]);
    world.run(2_000);
    let pending = world.peers[0].client.view().outbox.messages().to_vec();
    let code = ErrorCode::FileNotFound;
    assert!(matches!(&pending[0].delivery, Delivery::Failed { code: c, .. } if *c == code));
    let transaction_id = pending[0].transaction_id;
    world.command(0, Command::RetryMessage { transaction_id });
    world.assert_converged();
    assert_eq!(world.attached(), [bytes.to_vec()]);
}

/// Nothing is written before what it needs to be repeated is stored, and snapshots do not come with every reply.
#[test]
fn snapshots_are_few_while_messages_are_acknowledged() {
    let now = TimestampMs(1_000_000);
    let mut world = World::new(8, 1);
    world.disconnect(0);
    say_all(&mut world, &numbers(200));
    let stored = world.peers[0].stored.clone();
    assert_eq!(stored.outbox.len(), 200);
    world.peers[0].persists = 0;
    world.assert_converged();
    assert_eq!(world.log.len(), 200);
    let persists = world.peers[0].persists;
    assert!(persists < 30, "{persists} snapshots for 200 messages");

    // A core that is never connected stores at once all the same.
    let mut client = Client::new(Config::new(ClientInfo::default()), stored, 1, now);
    let text = "a".into();
    let room_id = world.room_id;
    let attachments = Vec::new();
    let command = Command::SendMessage {
        room_id,
        text,
        attachments,
    };
    let ticket = client.command(command, now).unwrap();
    assert!(matches!(ticket, Ticket::Message(_)));
    let outputs: Vec<Output> = std::iter::from_fn(|| client.poll_output()).collect();
    let newest = outputs.iter().rev().find_map(|output| match output {
        Output::Persist(snapshot) => Some(snapshot.outbox.len()),
        _ => None,
    });
    assert_eq!(newest, Some(201));
    let late = ServerFrame::Pong {
        request_id: shared::RequestId(1),
    };
    client.handle_input(Input::Frame(late.into()), now);
}
