//! One upload at a time.

use client::{Change, Command, CommandError, Input, Ticket, UploadPhase};
use shared::{ClientFrame, ErrorCode, TimestampMs, UploadId};

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
    world.break_off(0);
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
    assert!(world.log.is_empty());

    let upload_id = world.upload(0, content(6, 8 * MIB), false);
    world.run(500);
    let unfinished = world.files.uploads.len();
    world.command(0, Command::CancelUpload { upload_id });
    world.run(10_000);
    assert_eq!(world.files.uploads.len(), unfinished - 1);
    assert!(world.peers[0].client.view().uploads.is_empty());
}

fn failed_with(world: &World, upload_id: UploadId) -> Option<ErrorCode> {
    match phase(world, 0, upload_id) {
        UploadPhase::Failed { code, .. } => code,
        phase => panic!("{phase:?}"),
    }
}

fn resume(world: &mut World, upload_id: UploadId) {
    let source = world.peers[0].client.view().uploads[&upload_id]
        .source
        .clone();
    world.command(0, Command::ResumeUpload { upload_id, source });
}

#[test]
fn a_full_disk_is_waited_out_in_sight() {
    let mut world = World::new(7, 1);
    let upload_id = world.upload(0, content(7, 8 * MIB), true);
    world.run(400);
    world.files.full_until = world.now + 60_000;
    world.run(30_000);
    let shown = &world.peers[0].client.view().uploads[&upload_id];
    assert_eq!(shown.phase, UploadPhase::Waiting);
    assert_eq!(shown.trouble.as_deref(), Some("StorageFull"));
    assert!(world.files.chunks_put < 40, "with pauses");
    world.run(120_000);
    let shown = &world.peers[0].client.view().uploads[&upload_id];
    assert!(shown.file().is_some() && shown.trouble.is_none());
}

#[test]
fn damaged_chunks_are_sent_again_and_too_many_end_it() {
    let mut world = World::new(15, 1);
    let bytes = content(8, 12 * MIB);
    world.files.corrupt_percent = 20;
    let upload_id = world.upload(0, bytes.clone(), true);
    world.say_with(0, "a file", &[upload_id]);
    world.assert_converged();
    assert!(world.attached() == [bytes.to_vec()] && world.files.chunks_put > 12);

    world.files.corrupt_percent = 100;
    world.files.chunks_put = 0;
    let upload_id = world.upload(0, bytes.clone(), true);
    world.run(60_000);
    assert_eq!(
        failed_with(&world, upload_id),
        Some(ErrorCode::ChunkMismatch)
    );
    assert!(world.files.chunks_put < 30, "bounded");
    // What is there may be of another file: it is not built upon.
    world.files.corrupt_percent = 0;
    world.files.chunks_put = 0;
    resume(&mut world, upload_id);
    world.say_with(0, "a file", &[upload_id]);
    world.assert_converged();
    assert_eq!(world.files.chunks_put, 12);
    assert!(world.attached()[1] == bytes);
}

#[test]
fn an_upload_that_the_server_lost_begins_again() {
    let mut world = World::new(9, 1);
    let bytes = content(9, 8 * MIB);
    let upload_id = world.upload(0, bytes.clone(), true);
    world.run(600);
    world.files.uploads.clear();
    world.run(60_000);
    world.say_with(0, "a file", &[upload_id]);
    world.assert_converged();
    assert!(world.attached() == [bytes.to_vec()]);

    let upload_id = world.upload(0, bytes, true);
    for _ in 0..600 {
        world.run(100);
        world.files.uploads.clear();
    }
    assert_eq!(
        failed_with(&world, upload_id),
        Some(ErrorCode::UploadNotFound)
    );
}

#[test]
fn another_file_under_the_same_id_is_a_failure() {
    let mut world = World::new(10, 1);
    let upload_id = world.upload(0, content(10, 20 * MIB), true);
    world.run(300);
    // Another device puts other bytes.
    let foreign = content(11, MIB);
    let upload = world.files.uploads.get_mut(&upload_id).unwrap();
    let (_, chunk) = upload.chunks.entry(19).or_insert_with(|| {
        let layout = shared::ChunkLayout::for_size(20 * MIB as u64).unwrap();
        let hash = shared::content::hash_chunk(layout, 19, &foreign).unwrap();
        (hash, foreign.clone())
    });
    assert!(*chunk == foreign);
    world.disconnect(0);
    world.run(60_000);
    // The core did not see that chunk, so it claims no hash; nothing can be compared.
    assert!(matches!(
        phase(&world, 0, upload_id),
        UploadPhase::Finished(_)
    ));

    // Where it saw all of them, it does.
    let upload_id = world.upload(0, content(12, 4 * MIB), true);
    while world
        .files
        .uploads
        .get(&upload_id)
        .is_none_or(|u| u.chunks.len() < 4)
    {
        world.run(1);
    }
    let layout = shared::ChunkLayout::for_size(4 * MIB as u64).unwrap();
    let hash = shared::content::hash_chunk(layout, 0, &foreign).unwrap();
    let upload = world.files.uploads.get_mut(&upload_id).unwrap();
    upload.chunks.insert(0, (hash, foreign));
    world.run(60_000);
    assert_eq!(
        failed_with(&world, upload_id),
        Some(ErrorCode::ContentMismatch)
    );
    resume(&mut world, upload_id);
    world.run(60_000);
    let shown = world.peers[0].client.view().uploads[&upload_id].clone();
    let file = &world.files.files[&shown.file().unwrap().file_id];
    assert!(file.content() == content(12, 4 * MIB));
}

#[test]
fn uploads_share_the_connection() {
    let mut world = World::new(11, 1);
    let ids: Vec<UploadId> = (0..5)
        .map(|n| world.upload(0, content(n, 6 * MIB), true))
        .collect();
    let (mut most, mut together) = (0, false);
    for _ in 0..2_000 {
        world.run(2);
        let stored = |id: &UploadId| world.files.uploads.get(id).map_or(0, |u| u.chunks.len());
        let counts: Vec<usize> = ids.iter().map(stored).collect();
        let active = counts
            .iter()
            .filter(|count| (1..6).contains(*count))
            .count();
        most = most.max(active);
        together |= counts[..3].iter().all(|count| (2..5).contains(count));
    }
    world.run(60_000);
    assert!(
        ids.iter()
            .all(|id| matches!(phase(&world, 0, *id), UploadPhase::Finished(_)))
    );
    assert!(together, "three move side by side");
    assert!(most <= 3, "{most} at once");
}

#[test]
fn no_more_chunks_are_on_their_way_than_allowed() {
    let mut world = World::new(12, 1);
    for n in 0..3 {
        world.upload(0, content(n, 10 * MIB), true);
    }
    let mut most = 0;
    for _ in 0..3_000 {
        world.run(1);
        most = most.max(world.peers[0].chunks_on_their_way());
    }
    assert_eq!(most, 4);
    assert_eq!(world.files.chunks_put, 30);
}

#[test]
fn progress_is_shown_with_speed_and_not_too_often() {
    let mut world = World::new(13, 1);
    let from = world.now;
    let upload_id = world.upload(0, content(13, 30 * MIB), true);
    world.peers[0].changes.clear();
    let (mut speeds, mut last) = (Vec::new(), 0);
    while !matches!(phase(&world, 0, upload_id), UploadPhase::Finished(_)) {
        world.run(10);
        let progress = world.peers[0].client.view().uploads[&upload_id].progress;
        assert!(progress.done_bytes >= last, "never goes back");
        last = progress.done_bytes;
        speeds.extend(progress.bytes_per_second);
    }
    let elapsed_ms = world.now - from;
    let average = 30 * MIB as u64 * 1_000 / elapsed_ms;
    let speed = speeds[speeds.len() / 2];
    assert!(
        (average / 2..average * 2).contains(&speed),
        "{speed} of {average}"
    );
    let named = |change: &&Change| **change == Change::Upload(upload_id);
    let shown = world.peers[0].changes.iter().filter(named).count() as u64;
    assert!(
        shown > 5 && shown <= elapsed_ms / 100 + 5,
        "{shown} in {elapsed_ms} ms"
    );
}

#[test]
fn a_command_that_makes_no_sense_is_refused() {
    let mut world = World::new(14, 1);
    let upload_id = world.upload(0, content(14, 1), true);
    world.run(2_000);
    let now = TimestampMs(world.now);
    let refuse = |world: &mut World, command| world.peers[0].client.command(command, now);
    let source = String::new();
    assert_eq!(
        refuse(&mut world, Command::ResumeUpload { upload_id, source }),
        Err(CommandError::NoSuchTransfer),
        "it is finished"
    );
    let unknown = UploadId::from_bytes([3; 16]);
    let upload_id = unknown;
    assert_eq!(
        refuse(&mut world, Command::CancelUpload { upload_id }),
        Err(CommandError::NoSuchTransfer)
    );
    let too_large = Command::BeginUpload {
        name: "a".into(),
        size_bytes: 1 << 60,
        media_type: None,
        source: String::new(),
    };
    let refused = refuse(&mut world, too_large);
    assert!(matches!(refused, Err(CommandError::FileTooLarge { .. })));
    assert_eq!(world.peers[0].client.view().uploads.len(), 1);
}

#[test]
fn nothing_late_revives_what_was_cancelled() {
    for step in 0..40 {
        let mut world = World::new(step, 1);
        let upload_id = world.upload(0, content(step, 3 * MIB), false);
        world.run(step * 25);
        let ticket = world.command(0, Command::CancelUpload { upload_id });
        assert_eq!(ticket, Ticket::Done);
        let reason = "gone".into();
        world.input(0, Input::SourceFailed { upload_id, reason });
        world.run(30_000);
        let peer = &world.peers[0];
        assert!(peer.client.view().uploads.is_empty() && peer.stored.uploads.is_empty());
        assert!(peer.memory.is_empty(), "released");
        let unfinished = world
            .files
            .uploads
            .values()
            .filter(|one| one.file.is_none());
        assert_eq!(unfinished.count(), 0, "step {step}");
        assert_eq!(
            peer.client.view().connection,
            client::ConnectionState::Online
        );
        let begun = |frame: &&ClientFrame| matches!(frame, ClientFrame::BeginUpload(_));
        assert!(peer.sent.iter().filter(begun).count() <= 1);
    }
}
