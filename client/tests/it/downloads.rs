//! One download at a time.

use bytes::Bytes;
use client::{ChunkError, Command, DescriptionError, DownloadId, DownloadPhase, DownloadPlan};
use client::{Input, Ticket};
use shared::{ChunkRanges, ErrorCode, FileId, RequestId};

use crate::world::{World, content};

const MIB: usize = 1 << 20;

fn download(world: &mut World, file_id: FileId) -> DownloadId {
    begin(world, file_id, false)
}

fn begin(world: &mut World, file_id: FileId, keep: bool) -> DownloadId {
    let download = Command::Download {
        file_id,
        target: "target".into(),
        keep,
    };
    match world.command(0, download) {
        Ticket::Download(download_id) => download_id,
        ticket => panic!("{ticket:?}"),
    }
}

fn phase(world: &World, download_id: DownloadId) -> DownloadPhase {
    let downloads = &world.peers[0].client.view().downloads;
    downloads[&download_id].phase.clone()
}

fn assert_finished(world: &World, download_id: DownloadId, bytes: &Bytes) {
    assert!(matches!(
        phase(world, download_id),
        DownloadPhase::Finished { .. }
    ));
    let target = &world.peers[0].targets["target"];
    assert!(target.finished && target.bytes == *bytes);
    let shown = &world.peers[0].client.view().downloads[&download_id];
    assert_eq!(shown.progress.done_bytes, bytes.len() as u64);
}

#[test]
fn files_of_every_shape_arrive_as_they_are() {
    for size in [0, 1, MIB - 1, MIB, MIB + 1, 9 * MIB + 77] {
        let mut world = World::new(1, 1);
        let bytes = content(7, size);
        let file_id = world.shared_file(&bytes);
        let download_id = download(&mut world, file_id);
        world.run(10_000);
        assert_finished(&world, download_id, &bytes);
    }
}

#[test]
fn a_download_survives_a_cut_at_every_step() {
    let bytes = content(1, 3 * MIB + 5);
    for seed in 0..3 {
        for packets in 0.. {
            let mut world = World::new(seed, 1);
            let file_id = world.shared_file(&bytes);
            world.peers[0].cut_after = Some(packets);
            let download_id = download(&mut world, file_id);
            world.run(100_000);
            assert_finished(&world, download_id, &bytes);
            assert_eq!(world.peers[0].targets["target"].writes, 4);
            if world.peers[0].cut_after.is_some() {
                assert!(packets >= 10, "only {packets} packets");
                break;
            }
        }
    }
}

#[test]
fn a_crash_at_every_step_keeps_what_was_written() {
    let bytes = content(2, 6 * MIB);
    for step in 0..40 {
        let mut world = World::new(step, 1);
        let file_id = world.shared_file(&bytes);
        download(&mut world, file_id);
        world.run(step * 30);
        world.crash(0);
        let written = world.peers[0].targets.get("target").map_or(0, |t| t.writes);
        if let Some(target) = world.peers[0].targets.get_mut("target") {
            target.finished = false;
        }
        world.run(40_000);
        world.files.chunks_read = 0;
        let download_id = download(&mut world, file_id);
        world.run(100_000);
        assert_finished(&world, download_id, &bytes);
        assert_eq!(world.files.chunks_read, 6 - written, "step {step}");
    }
}

#[test]
fn what_a_person_waits_for_goes_on_by_itself_after_a_crash() {
    let bytes = content(8, 6 * MIB);
    for step in 0..40 {
        let mut world = World::new(step, 1);
        let file_id = world.shared_file(&bytes);
        begin(&mut world, file_id, true);
        world.run(step * 30);
        let before = world.peers[0].client.view().downloads.clone();
        world.crash(0);
        let downloads = &world.peers[0].client.view().downloads;
        let Some((download_id, _)) = downloads.first() else {
            let ended = |phase: &DownloadPhase| matches!(phase, DownloadPhase::Finished { .. });
            assert!(before.values().all(|download| ended(&download.phase)));
            assert!(step > 4, "forgotten");
            break;
        };
        let download_id = *download_id;
        if let Some(target) = world.peers[0].targets.get_mut("target") {
            target.finished = false;
        }
        world.run(100_000);
        assert_finished(&world, download_id, &bytes);
        assert_eq!(world.peers[0].targets["target"].writes, 6, "step {step}");
        assert!(world.peers[0].stored.downloads.is_empty());
    }
}

#[test]
fn only_what_a_person_waits_for_is_stored() {
    let mut world = World::new(9, 1);
    let file_id = world.shared_file(&content(9, 6 * MIB));
    download(&mut world, file_id);
    let kept = begin(&mut world, file_id, true);
    let unknown = begin(&mut world, FileId::from_bytes([9; 16]), true);
    let stored = |world: &World| world.peers[0].stored.downloads.len();
    assert_eq!(stored(&world), 2);
    world.run(1_000);
    assert!(matches!(
        phase(&world, unknown),
        DownloadPhase::Failed { .. }
    ));
    assert_eq!(stored(&world), 1);
    let cancel = Command::CancelDownload { download_id: kept };
    world.command(0, cancel);
    assert_eq!(stored(&world), 0);
}

#[test]
fn damaged_chunks_are_fetched_again_and_nothing_wrong_is_written() {
    let mut world = World::new(3, 1);
    let bytes = content(3, 20 * MIB);
    let file_id = world.shared_file(&bytes);
    world.files.corrupt_percent = 20;
    let download_id = download(&mut world, file_id);
    world.run(100_000);
    assert_finished(&world, download_id, &bytes);
    assert_eq!(world.peers[0].targets["target"].writes, 20);
    assert!(world.files.chunks_read > 20);
}

#[test]
fn a_chunk_that_is_always_damaged_ends_the_download() {
    let mut world = World::new(4, 1);
    let file_id = world.shared_file(&content(4, 2 * MIB));
    world.files.corrupt_percent = 100;
    let download_id = download(&mut world, file_id);
    world.run(100_000);
    let phase = phase(&world, download_id);
    let code = Some(ErrorCode::ChunkMismatch);
    assert!(matches!(phase, DownloadPhase::Failed { code: c, .. } if c == code));
    assert!(world.files.chunks_read < 12, "bounded");
}

#[test]
fn a_refusal_for_the_moment_is_shown_and_waited_out() {
    let mut world = World::new(5, 1);
    let bytes = content(5, 4 * MIB);
    let file_id = world.shared_file(&bytes);
    world.files.refuse_reads = Some(ErrorCode::Internal);
    let download_id = download(&mut world, file_id);
    world.run(20_000);
    let shown = &world.peers[0].client.view().downloads[&download_id];
    assert_eq!(shown.phase, DownloadPhase::Waiting);
    assert_eq!(shown.trouble.as_deref(), Some("Internal"));
    assert!(world.files.chunks_read < 20, "with pauses");
    world.files.refuse_reads = None;
    world.run(100_000);
    assert_finished(&world, download_id, &bytes);
}

#[test]
fn what_cannot_be_is_refused() {
    let mut world = World::new(6, 1);
    let unknown = download(&mut world, FileId::from_bytes([9; 16]));
    world.run(2_000);
    let code = Some(ErrorCode::FileNotFound);
    assert!(matches!(phase(&world, unknown), DownloadPhase::Failed { code: c, .. } if c == code));

    let file_id = world.shared_file(&content(6, 8 * MIB));
    let full = download(&mut world, file_id);
    world.run(600);
    let reason = "the disk is full".into();
    let download_id = full;
    world.input(
        0,
        Input::TargetFailed {
            download_id,
            reason,
        },
    );
    assert!(matches!(
        phase(&world, full),
        DownloadPhase::Failed { code: None, .. }
    ));
    world.command(0, Command::CancelDownload { download_id });
    world.run(10_000);
    assert!(!world.peers[0].client.view().downloads.contains_key(&full));
}

#[test]
fn the_plan_serves_a_driver_of_its_own() {
    let mut world = World::new(7, 1);
    let bytes = content(7, 3 * MIB + 9);
    let file_id = world.shared_file(&bytes);
    let description = world.describe(file_id, RequestId(0));

    let mut forged = description.clone();
    forged.chunk_hashes.swap(0, 1);
    assert_eq!(
        DownloadPlan::new(forged).err(),
        Some(DescriptionError::Hashes)
    );
    let mut forged = description.clone();
    forged.layout.chunk_bytes *= 2;
    assert_eq!(
        DownloadPlan::new(forged).err(),
        Some(DescriptionError::Layout)
    );

    let mut plan = DownloadPlan::new(description).unwrap();
    assert!(plan.verifies(1, &bytes[MIB..2 * MIB]) && !plan.verifies(2, &bytes[MIB..2 * MIB]));
    plan.set_present(&ChunkRanges::from_iter([1]));
    let mut got = vec![0; bytes.len()];
    got[MIB..2 * MIB].copy_from_slice(&bytes[MIB..2 * MIB]);
    let mut asked = Vec::new();
    while let Some(chunk) = plan.next_request() {
        asked.push(chunk.index);
        let range = chunk.offset as usize..(chunk.offset + chunk.size_bytes) as usize;
        if asked.len() == 1 {
            let damaged = Bytes::from(vec![0; range.len()]);
            assert_eq!(
                plan.received(chunk.index, damaged),
                Err(ChunkError::Damaged)
            );
            continue;
        }
        let write = plan.received(chunk.index, bytes.slice(range)).unwrap();
        assert_eq!(
            plan.received(chunk.index, Bytes::new()),
            Err(ChunkError::NotAsked)
        );
        got[write.offset as usize..][..write.bytes.len()].copy_from_slice(&write.bytes);
        assert!(!plan.is_complete());
        assert!(plan.written(write.index));
    }
    assert_eq!(asked, [0, 0, 2, 3]);
    assert!(plan.is_complete() && got == bytes);
    assert_eq!(plan.done_bytes(), bytes.len() as u64);
}
