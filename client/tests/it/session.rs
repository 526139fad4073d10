//! Signing in and out.

use client::{Command, CommandError, ConnectionState, Delivery, Entry};
use shared::{ClientFrame, ErrorCode, SessionToken, TimestampMs};

use crate::world::{World, error};

fn signed_out(world: &World, who: usize) -> bool {
    let state = &world.peers[who].client.view().connection;
    matches!(state, ConnectionState::SignedOut { .. })
}

#[test]
fn a_claim_is_repeated_after_a_cut_or_a_crash_at_every_step() {
    for crash in [false, true] {
        for packets in 0..3 {
            let mut world = World::empty(packets);
            world.add_peer();
            world.peers[0].cut_after = Some(packets as usize);
            world.sign_in(0);
            world.run(if crash { packets * 150 } else { 5_000 });
            if crash {
                world.crash(0);
            }
            world.run(20_000);
            let peer = &world.peers[0];
            assert_eq!(peer.client.view().connection, ConnectionState::Online);
            assert_eq!(peer.stored.claim, None);
            assert_eq!(world.names(), ["p0"]);
            // A token is enough from now on.
            world.disconnect(0);
            world.say(0, "a");
            world.assert_converged();
            let claims = world.peers[0].sent.iter().filter(|frame| {
                matches!(frame, ClientFrame::Hello(hello)
                    if format!("{:?}", hello.credentials).contains("ClaimName"))
            });
            // One more for the cut, and one for the crash.
            assert!((1..=3).contains(&claims.count()));
        }
    }
}

#[test]
fn a_refused_claim_forgets_its_token_and_keeps_the_outbox() {
    let mut world = World::new(1, 1);
    world.add_peer();
    let taken = Command::SignIn {
        entry: Entry::Guest { name: "p0".into() },
        session_token: SessionToken::from_random([9; 32]),
    };
    world.command(1, taken);
    world.say(1, "kept");
    world.run(5_000);
    assert!(signed_out(&world, 1));
    let peer = &world.peers[1];
    let reason = match &peer.client.view().connection {
        ConnectionState::SignedOut { reason } => reason.as_deref(),
        state => panic!("{state:?}"),
    };
    assert_eq!(reason, Some("no"));
    assert_eq!(
        (&peer.stored.session_token, &peer.stored.claim),
        (&None, &None)
    );
    assert_eq!(peer.stored.outbox.len(), 1);
    world.sign_in(1);
    world.assert_converged();
    assert_eq!(world.texts(), ["kept"]);
}

#[test]
fn only_a_token_that_is_none_is_forgotten() {
    for code in [
        ErrorCode::UnsupportedProtocol,
        ErrorCode::Internal,
        ErrorCode::TooManyConnections,
        ErrorCode::InvalidArgument,
        ErrorCode::Unknown,
    ] {
        let mut world = World::new(2, 1);
        world.refuse_hello = Some(error(code, None));
        world.disconnect(0);
        world.run(60_000);
        assert!(!signed_out(&world, 0), "{code:?}");
        world.refuse_hello = None;
        world.say(0, "a");
        world.assert_converged();
    }
    let mut world = World::new(3, 1);
    world.refuse_hello = Some(error(ErrorCode::InvalidToken, None));
    world.disconnect(0);
    world.run(60_000);
    assert!(signed_out(&world, 0));
    assert_eq!(world.peers[0].stored.session_token, None);
}

#[test]
fn whoever_signs_out_is_forgotten_but_not_what_they_wrote() {
    let mut world = World::new(4, 2);
    world.say(0, "seen");
    world.run(5_000);
    world.disconnect(0);
    world.say(0, "not sent");
    world.command(0, Command::SignOut);
    world.run(60_000);
    assert!(signed_out(&world, 0));
    let view = world.peers[0].client.view();
    assert!(view.rooms.is_empty() && view.presence.people.is_empty());
    let connects = world.peers[0].connects.len();
    world.run(600_000);
    assert_eq!(world.peers[0].connects.len(), connects, "stays away");

    let other = Command::SignIn {
        entry: Entry::Guest {
            name: "other".into(),
        },
        session_token: SessionToken::from_random([8; 32]),
    };
    world.command(0, other);
    let claiming = world.peers[0].client.view();
    assert!(
        claiming.person.is_some() && !claiming.is_signed_in(),
        "who one was says nothing about who one will be"
    );
    world.run(5_000);
    assert!(world.peers[0].client.view().is_signed_in());
    // Nothing is said in the name of another person unasked.
    assert_eq!(world.texts(), ["seen"]);
    let pending = world.peers[0].client.view().outbox.messages().to_vec();
    assert!(matches!(pending[0].delivery, Delivery::Failed { .. }));
    let transaction_id = pending[0].transaction_id;
    world.command(0, Command::RetryMessage { transaction_id });
    world.assert_converged();
    assert_eq!(world.texts(), ["seen", "not sent"]);
}

#[test]
fn signing_in_twice_is_refused() {
    let mut world = World::new(5, 1);
    let again = Command::SignIn {
        entry: Entry::Guest { name: "p9".into() },
        session_token: SessionToken::from_random([7; 32]),
    };
    let now = TimestampMs(world.now);
    let refused = world.peers[0].client.command(again, now);
    assert_eq!(refused, Err(CommandError::SignedIn));
}
