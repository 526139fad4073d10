//! One upload at a time.

use client::{Command, CommandError, UploadPhase};
use shared::{TimestampMs, UploadId};

use crate::world::{World, content};

const MIB: usize = 1 << 20;

fn phase(world: &World, who: usize, upload_id: UploadId) -> UploadPhase {
    world.peers[who].client.view().uploads[&upload_id]
        .phase
        .clone()
}

#[test]
fn files_of_every_shape_arrive_as_they_left() {
    for size in [0, 1, MIB - 1, MIB, MIB + 1, 5 * MIB + 77] {
        let mut world = World::new(1, 1);
        let bytes = content(7, size);
        let upload_id = world.upload(0, bytes.clone(), false);
        world.run(10_000);
        let shown = world.peers[0].client.view().uploads[&upload_id].clone();
        let file = shown.file().expect("finished");
        assert_eq!(file.size_bytes, size as u64);
        assert!(world.files.files[&file.file_id].content() == bytes);
        assert_eq!(shown.progress.done_bytes, size as u64);
        assert!(world.peers[0].memory.is_empty(), "the source is released");
    }
}

#[test]
fn an_upload_survives_a_cut_at_every_step() {
    let (first, second) = (content(1, 2 * MIB + 5), content(2, MIB + 1));
    for seed in 0..3 {
        for packets in 0.. {
            let mut world = World::new(seed, 2);
            world.peers[0].cut_after = Some(packets);
            let a = world.upload(0, first.clone(), false);
            let b = world.upload(0, second.clone(), true);
            world.say_with(0, "both", &[b, a]);
            world.say(0, "does not wait");
            world.assert_converged();
            assert!(world.attached() == [second.to_vec(), first.to_vec()]);
            assert_eq!(world.texts(), ["does not wait", "both"]);
            let peer = &world.peers[0];
            assert!(peer.client.view().uploads.is_empty(), "forgotten");
            assert!(peer.stored.uploads.is_empty(), "forgotten in the snapshot");
            if peer.cut_after.is_some() {
                assert!(packets > 15, "only {packets} packets");
                break;
            }
        }
    }
}

#[test]
fn a_crash_at_every_step_loses_nothing_that_is_on_disk() {
    let bytes = content(3, 3 * MIB);
    for step in 0..60 {
        let mut world = World::new(step, 2);
        let upload_id = world.upload(0, bytes.clone(), true);
        world.say_with(0, "a file", &[upload_id]);
        world.run(step * 25);
        world.crash(0);
        world.assert_converged();
        assert!(world.attached() == [bytes.to_vec()], "step {step}");
        assert!(world.peers[0].stored.uploads.is_empty());
    }
}

#[test]
fn only_missing_chunks_travel_again() {
    let mut world = World::new(4, 1);
    let upload_id = world.upload(0, content(4, 20 * MIB), true);
    while world
        .files
        .uploads
        .get(&upload_id)
        .is_none_or(|u| u.chunks.len() < 10)
    {
        world.run(10);
    }
    world.disconnect(0);
    world.run(60_000);
    assert!(matches!(
        phase(&world, 0, upload_id),
        UploadPhase::Finished(_)
    ));
    assert!(
        world.files.chunks_put < 26,
        "{} chunks travelled",
        world.files.chunks_put
    );
}

#[test]
fn a_source_that_died_with_the_process_is_asked_for() {
    let mut world = World::new(5, 1);
    let bytes = content(5, 8 * MIB);
    let upload_id = world.upload(0, bytes.clone(), false);
    world.say_with(0, "a file", &[upload_id]);
    world.run(300);
    world.crash(0);
    assert_eq!(phase(&world, 0, upload_id), UploadPhase::SourceMissing);
    world.run(60_000);
    assert_eq!(phase(&world, 0, upload_id), UploadPhase::SourceMissing);
    world.peers[0].memory.insert(upload_id, bytes.clone());
    let source = String::new();
    world.command(0, Command::ResumeUpload { upload_id, source });
    world.assert_converged();
    assert!(world.attached() == [bytes.to_vec()]);
}

#[test]
fn a_cancelled_upload_is_forgotten_on_both_sides() {
    let mut world = World::new(6, 1);
    let upload_id = world.upload(0, content(6, 8 * MIB), false);
    world.run(500);
    assert_eq!(world.files.uploads.len(), 1);
    let now = TimestampMs(world.now);
    world.say_with(0, "a file", &[upload_id]);
    let refused = world.peers[0]
        .client
        .command(Command::CancelUpload { upload_id }, now);
    assert_eq!(refused, Err(CommandError::UploadInUse));
    let transaction_id = world.peers[0].client.view().outbox.messages()[0].transaction_id;
    world.command(0, Command::DeleteMessage { transaction_id });
    world.run(10_000);
    let peer = &world.peers[0];
    assert!(peer.client.view().uploads.is_empty() && peer.stored.uploads.is_empty());
    assert!(peer.stored.outbox.is_empty() && peer.memory.is_empty());
    assert!(world.files.uploads.is_empty() && world.log.is_empty());
}
