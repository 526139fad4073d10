//! Messages that are sent before their files are there.

use client::{Command, CommandError, Delivery, Input, Ticket, Upload, UploadPhase};
use shared::{EventBody, Sequence, TimestampMs, UploadId};

use crate::world::{World, content};

const MIB: usize = 1 << 20;

fn shown(world: &World, upload_id: UploadId) -> Option<&Upload> {
    world.peers[0].client.view().uploads.get(&upload_id)
}

/// Chunks of an upload that the server has.
fn chunks(world: &World, upload_id: UploadId) -> usize {
    let upload = world.files.uploads.get(&upload_id);
    upload.map_or(0, |upload| upload.chunks.len())
}

/// Files that the messages of the log await, and files that will not come.
fn awaited(world: &World) -> (usize, usize) {
    let arriving = world.log.iter().flat_map(|event| event.event.arriving());
    let (gone, awaited): (Vec<_>, Vec<_>) = arriving.partition(|file| file.withdrawn);
    (awaited.len(), gone.len())
}

/// A world in which a message is in the log whose file is on its way.
fn posted(seed: u64, on_disk: bool) -> (World, UploadId) {
    let mut world = World::new(seed, 2);
    let upload_id = world.upload(0, content(seed, 24 * MIB), on_disk);
    world.say_with(0, "a file", &[upload_id]);
    while shown(&world, upload_id).is_some_and(|upload| upload.posted.is_none()) {
        world.run(10);
    }
    assert_eq!(awaited(&world), (1, 0));
    assert!(chunks(&world, upload_id) < 24, "it is on its way");
    assert!(world.peers[0].client.view().outbox.messages().is_empty());
    (world, upload_id)
}

fn assert_gone(world: &mut World) {
    world.assert_converged();
    let peer = &world.peers[0];
    assert!(peer.client.view().uploads.is_empty() && peer.stored.uploads.is_empty());
    assert!(peer.memory.is_empty(), "released");
}

#[test]
fn everyone_sees_a_message_before_its_file_is_there() {
    let (mut world, upload_id) = posted(1, false);
    world.run(100);
    assert!(chunks(&world, upload_id) < 24);
    let room = &world.peers[1].client.view().rooms[&world.room_id];
    assert_eq!(room.timeline.events().count(), 1);
    assert_gone(&mut world);
    assert!(world.attached() == [content(1, 24 * MIB).to_vec()]);
}

#[test]
fn what_is_there_in_a_moment_is_waited_for() {
    let mut world = World::new(12, 2);
    world.latency_ms_max = 60;
    world.run(1_000);
    let upload_id = world.upload(0, content(12, 4_000), false);
    world.say_with(0, "a small file", &[upload_id]);
    world.say(0, "does not wait");
    assert_gone(&mut world);
    assert_eq!(world.log.len(), 2, "nothing is said of its arrival");
    assert_eq!(world.texts(), ["does not wait", "a small file"]);
    assert_eq!(world.attached().len(), 1);
}

#[test]
fn all_files_of_a_message_are_begun_at_once_and_travel_by_turns() {
    let mut world = World::new(2, 1);
    let mut uploads = Vec::new();
    for seed in 0..10 {
        uploads.push(world.upload(0, content(seed, 6 * MIB), true));
        world.run(1);
    }
    world.say_with(0, "ten", &uploads);
    let mut most = 0;
    while world.log.is_empty() {
        world.run(1);
    }
    assert!(uploads.iter().all(|id| chunks(&world, *id) < 6));
    for _ in 0..3_000 {
        world.run(2);
        let begun = |id: &&UploadId| (1..6).contains(&chunks(&world, **id));
        most = most.max(uploads.iter().filter(begun).count());
    }
    assert!(most <= 3, "{most} at once");
    assert_gone(&mut world);
    let expected: Vec<_> = (0..10)
        .map(|seed| content(seed, 6 * MIB).to_vec())
        .collect();
    assert!(world.attached() == expected);
}

#[test]
fn files_that_no_message_awaits_are_begun_by_turns() {
    let mut world = World::new(3, 1);
    for seed in 0..10 {
        world.upload(0, content(seed, 20 * MIB), true);
    }
    world.run(300);
    assert_eq!(world.files.uploads.len(), 3);
}

#[test]
fn a_file_goes_on_after_its_message_was_sent_whatever_happens() {
    for step in 0..30 {
        for on_disk in [true, false] {
            let (mut world, upload_id) = posted(step, on_disk);
            world.run(step * 20);
            world.crash(0);
            world.run(30_000);
            if !on_disk && let Some(upload) = shown(&world, upload_id) {
                assert_eq!(upload.phase, UploadPhase::SourceMissing);
                let bytes = content(step, 24 * MIB);
                world.peers[0].memory.insert(upload_id, bytes);
                let source = String::new();
                world.command(0, Command::ResumeUpload { upload_id, source });
            }
            assert_gone(&mut world);
            assert!(world.attached() == [content(step, 24 * MIB).to_vec()]);
            assert_eq!(world.texts().len(), 1);
        }
    }
}

#[test]
fn a_message_is_told_that_its_file_was_cancelled() {
    let (mut world, upload_id) = posted(4, false);
    assert_eq!(
        world.command(0, Command::CancelUpload { upload_id }),
        Ticket::Done
    );
    assert_gone(&mut world);
    assert_eq!(awaited(&world), (0, 1));
    assert!(world.files.uploads.is_empty());
}

#[test]
fn an_upload_ends_that_another_device_cancels() {
    let (mut world, upload_id) = posted(5, false);
    world.add_peer();
    world.sign_in_as_well(2, 0);
    while !world.peers[2]
        .client
        .view()
        .elsewhere
        .contains_key(&upload_id)
    {
        world.run(10);
    }
    world.command(2, Command::CancelUpload { upload_id });
    assert_gone(&mut world);
    assert_eq!(awaited(&world), (0, 1));
    assert!(world.files.uploads.is_empty(), "and is not begun again");
}

#[test]
fn a_message_fails_whose_upload_another_device_cancels_before_it_is_sent() {
    let mut world = World::new(6, 1);
    world.add_peer();
    world.sign_in_as_well(1, 0);
    let upload_id = world.upload(0, content(6, 24 * MIB), true);
    world.run(600);
    assert!(chunks(&world, upload_id) > 0);
    // The second cannot be begun.
    world.files.full_until = world.now + 5_000;
    let second = world.upload(0, content(7, MIB), true);
    world.say_with(0, "both", &[upload_id, second]);
    world.command(1, Command::CancelUpload { upload_id });
    world.run(60_000);
    let message = &world.peers[0].client.view().outbox.messages()[0];
    assert!(matches!(message.delivery, Delivery::Failed { .. }));
    assert!(!world.files.uploads.contains_key(&upload_id));
}

#[test]
fn a_file_that_changed_on_the_way_is_written_over_where_a_message_awaits_it() {
    let (mut world, upload_id) = posted(8, true);
    let reason = "The disk was pulled out.".to_owned();
    world.input(0, Input::SourceFailed { upload_id, reason });
    world.run(10_000);
    let upload = shown(&world, upload_id).unwrap();
    assert!(matches!(upload.phase, UploadPhase::Failed { .. }));
    assert_eq!(awaited(&world), (1, 0), "it may come still");
    let source = upload.source.clone();
    let other = content(9, 24 * MIB);
    world.peers[0].disk.insert(source.clone(), other.clone());
    world.command(0, Command::ResumeUpload { upload_id, source });
    assert_gone(&mut world);
    assert!(world.attached() == [other.to_vec()]);
}

#[test]
fn nobody_goes_on_with_a_file_whose_message_is_removed() {
    let (mut world, _) = posted(10, false);
    world.log[0].event = EventBody::Removed {};
    let person = world.log[0].person.clone();
    let (from, to) = (Sequence(1), Sequence(1));
    world.publish(person, EventBody::MessagesRemoved { from, to, of: None });
    assert_gone(&mut world);
    assert!(world.files.uploads.is_empty());
}

#[test]
fn an_upload_cannot_be_cancelled_while_its_message_waits() {
    let mut world = World::new(11, 1);
    world.break_off(0);
    let upload_id = world.upload(0, content(11, MIB), true);
    world.say_with(0, "a file", &[upload_id]);
    let now = TimestampMs(world.now);
    let refused = world.peers[0]
        .client
        .command(Command::CancelUpload { upload_id }, now);
    assert_eq!(refused, Err(CommandError::UploadInUse));
    assert_gone(&mut world);
    assert_eq!(world.attached().len(), 1);
}
