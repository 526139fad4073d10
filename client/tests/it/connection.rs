//! Heartbeat, backoff and draining.

use client::{ConnectionState, Input};
use shared::{ClientFrame, ServerFrame};

use crate::world::{World, content};

fn pings(world: &World) -> usize {
    let sent = world.peers[0].sent.iter();
    sent.filter(|frame| matches!(frame, ClientFrame::Ping { .. }))
        .count()
}

#[test]
fn silence_is_broken_by_a_ping() {
    let mut world = World::new(1, 1);
    world.run(20_000);
    assert_eq!(pings(&world), 0);
    world.run(100_000);
    assert!((3..=4).contains(&pings(&world)), "{} pings", pings(&world));
    assert_eq!(world.peers[0].connects.len(), 1, "and nothing else");
}

#[test]
fn a_server_that_does_not_answer_is_given_up() {
    let mut world = World::new(2, 1);
    world.mute = true;
    world.run(37_000);
    assert_eq!(world.peers[0].connects.len(), 1);
    world.run(6_000);
    let state = world.peers[0].client.view().connection.clone();
    assert_ne!(state, ConnectionState::Online);
    assert!(world.peers[0].connects.len() >= 2 || matches!(state, ConnectionState::Waiting { .. }));
    world.mute = false;
    world.say(0, "a");
    world.assert_converged();
}

#[test]
fn a_chunk_on_a_slow_network_is_no_silence() {
    let mut world = World::new(3, 1);
    world.run(26_000);
    assert_eq!(pings(&world), 1);
    world.mute = true;
    world.run(25_000);
    assert_eq!(pings(&world), 2);
    let request_id = shared::RequestId(999);
    for received_bytes in 0..10 {
        world.run(10_000);
        world.input(
            0,
            Input::ReadProgress {
                request_id,
                received_bytes,
            },
        );
        assert_eq!(
            world.peers[0].client.view().connection,
            ConnectionState::Online
        );
    }
    world.run(20_000);
    assert_ne!(
        world.peers[0].client.view().connection,
        ConnectionState::Online
    );
}

#[test]
fn bytes_beside_the_connection_say_nothing_about_it() {
    for by_http in [false, true] {
        let mut world = World::empty(4);
        world.add_peer_with(|config| config.chunks_by_http = by_http);
        world.sign_in(0);
        world.run(2_000);
        world.upload(0, content(1, 8 << 20), true);
        while world.peers[0].last_put.is_none() {
            world.run(10);
        }
        world.mute = true;
        let request_id = world.peers[0].last_put.unwrap();
        for sent_bytes in 0..6 {
            world.run(9_000);
            let progress = Input::ChunkProgress {
                request_id,
                sent_bytes,
            };
            world.input(0, progress);
        }
        let online = world.peers[0].client.view().connection == ConnectionState::Online;
        assert_eq!(online, !by_http);
    }
}

#[test]
fn attempts_become_rarer_within_bounds_and_at_random() {
    let mut waits = Vec::new();
    for seed in 0..50 {
        let mut world = World::new(seed, 1);
        for attempt in 0..12 {
            let from = world.now;
            world.disconnect(0);
            let until = match world.peers[0].client.view().connection {
                ConnectionState::Waiting { until, .. } => until.0,
                ref state => panic!("{state:?}"),
            };
            let bound = 30_000.min(500 << attempt);
            assert!((from..=from + bound).contains(&until), "attempt {attempt}");
            if attempt == 11 {
                waits.push(until - from);
            }
            world.run(until - from);
            assert_eq!(world.peers[0].connects.last(), Some(&until));
        }
    }
    waits.sort_unstable();
    waits.dedup();
    assert!(waits.len() > 40, "spread out");
    assert!(
        waits[0] < 5_000 && waits[waits.len() - 1] > 25_000,
        "{waits:?}"
    );
}

#[test]
fn a_draining_server_says_when_to_come_back() {
    let mut waits = Vec::new();
    for seed in 0..30 {
        let mut world = World::new(seed, 1);
        let reconnect_after_ms = 4_000;
        world.down(0, ServerFrame::Draining { reconnect_after_ms });
        world.run(1_000);
        let from = world.now;
        world.disconnect(0);
        world.run(20_000);
        let came_back = *world.peers[0].connects.last().unwrap();
        waits.push(came_back - from);
        world.assert_converged();
    }
    assert!(waits.iter().all(|wait| (4_000..=8_000).contains(wait)));
    let first_half = waits.iter().filter(|wait| **wait < 6_000).count();
    assert!((5..=25).contains(&first_half), "spread: {waits:?}");
}
