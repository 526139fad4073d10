//! One fault at a time.

use client::{Command, Delivery};
use shared::{ErrorCode, TimestampMs};

use crate::world::{Cut, World, content, error};

#[test]
fn a_message_survives_a_cut_at_every_step() {
    for cut in [Cut::BeforeWrite, Cut::AfterCommit, Cut::AfterAck] {
        for seed in 0..20 {
            let mut world = World::new(seed, 2);
            world.peers[0].cut = Some(cut);
            for text in ["a", "b", "c"] {
                world.say(0, text);
            }
            world.assert_converged();
            assert_eq!(world.texts(), ["a", "b", "c"], "{cut:?}, seed {seed}");
            assert_eq!(world.peers[0].cut, None, "{cut:?} did not happen");
        }
    }
}

#[test]
fn a_message_written_offline_survives_the_process() {
    let mut world = World::new(1, 2);
    world.disconnect(0);
    world.say(0, "a");
    world.crash(0);
    world.assert_converged();
    assert_eq!(world.texts(), ["a"]);
}

#[test]
fn duplicates_and_late_frames_change_nothing() {
    let mut world = World::new(2, 2);
    world.duplicate_percent = 80;
    for n in 0..20 {
        world.say(n % 2, &n.to_string());
        world.run(100);
    }
    world.disconnect(1);
    world.assert_converged();
    assert_eq!(world.texts().len(), 20);
}

#[test]
fn a_gap_is_filled_page_by_page() {
    let mut world = World::new(3, 2);
    world.say(0, "first");
    world.run(2_000);
    world.disconnect(1);
    for n in 0..15 {
        world.say(0, &n.to_string());
    }
    // Longer than every message takes, while the other one stays away.
    for _ in 0..100 {
        world.run(100);
        world.disconnect(1);
    }
    world.assert_converged();
    let view = world.peers[1].client.view();
    let timeline = &view.rooms[&world.room_id].timeline;
    assert_eq!(timeline.events().count(), 16);
    assert_eq!(timeline.older_before(), None);
    assert!(world.history_reads >= 2, "{} pages", world.history_reads);
    assert_eq!(view.unread(world.room_id), 16);
}

#[test]
fn another_epoch_drops_timelines_and_keeps_the_outbox() {
    let mut world = World::new(4, 2);
    for text in ["a", "b", "c"] {
        world.say(0, text);
    }
    world.run(5_000);
    world.disconnect(0);
    world.say(0, "d");
    world.restore_backup(1);
    world.assert_converged();
    assert_eq!(world.texts(), ["a", "d"]);
}

#[test]
fn another_epoch_gets_the_files_that_it_lacks() {
    let mut world = World::new(8, 1);
    let files = [1, 2].map(|seed| content(seed, 3 << 20));
    let uploads = files.clone().map(|bytes| world.upload(0, bytes, true));
    world.run(60_000);
    let sent = world.files.chunks_put;
    world.disconnect(0);
    world.say_with(0, "both", &uploads);
    // The first was finished before the backup, the second after.
    let lost = world.files.uploads.remove(&uploads[1]).unwrap();
    world.files.files.remove(&lost.file.unwrap().file_id);
    world.restore_backup(0);
    world.assert_converged();
    assert_eq!(world.texts(), ["both"]);
    assert!(world.attached() == files.map(|bytes| bytes.to_vec()));
    assert_eq!(world.files.chunks_put, sent + 3);
}

#[test]
fn a_rate_limit_delays_and_keeps_the_order() {
    let mut world = World::new(5, 1);
    let refusal = error(ErrorCode::RateLimited, Some(10_000));
    world.refusals.push_back(Some(refusal));
    world.say(0, "a");
    world.say(0, "b");
    world.run(9_000);
    assert!(world.texts().is_empty());
    world.assert_converged();
    assert_eq!(world.texts(), ["a", "b"]);
}

#[test]
fn a_refused_message_waits_for_a_retry_or_its_deletion() {
    let mut world = World::new(6, 1);
    for text in ["a", "b"] {
        let refusal = error(ErrorCode::NotAMember, None);
        world.refusals.push_back(Some(refusal));
        world.say(0, text);
        world.run(1_000);
    }
    let pending: Vec<_> = world.peers[0]
        .client
        .view()
        .pending(world.room_id)
        .cloned()
        .collect();
    assert!(
        pending
            .iter()
            .all(|m| matches!(m.delivery, Delivery::Failed { .. }))
    );
    let now = TimestampMs(world.now);
    let peer = &mut world.peers[0].client;
    let transaction_id = pending[0].transaction_id;
    peer.command(Command::DeleteMessage { transaction_id }, now)
        .unwrap();
    let transaction_id = pending[1].transaction_id;
    peer.command(Command::RetryMessage { transaction_id }, now)
        .unwrap();
    world.input(0, client::Input::Timeout);
    world.assert_converged();
    assert_eq!(world.texts(), ["b"]);
}
