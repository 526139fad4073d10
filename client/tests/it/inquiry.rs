//! What is asked without having signed in.

use client::{Change, Command, CommandError, Ticket};
use shared::{ClientFrame, ErrorCode, RequestId, ServerFrame};

use crate::world::{World, error};

fn ask(world: &mut World, frame: ClientFrame) -> RequestId {
    match world.command(0, Command::Ask(Box::new(frame))) {
        Ticket::Request(request_id) => request_id,
        other => panic!("{other:?}"),
    }
}

fn server(world: &mut World) -> RequestId {
    let request_id = RequestId(0);
    ask(world, ClientFrame::DescribeServer { request_id })
}

fn invitation(world: &mut World, token: &str) -> RequestId {
    let request_id = RequestId(0);
    let token = token.into();
    ask(world, ClientFrame::DescribeInvitation { request_id, token })
}

/// What became of it: the answer, or why there is none.
fn outcome(world: &World, asked: RequestId) -> Option<Result<ServerFrame, (ErrorCode, String)>> {
    let mut changes = world.peers[0].changes.iter();
    changes.find_map(|change| match change {
        Change::Answered { request_id, answer } if *request_id == asked => {
            Some(Ok((**answer).clone()))
        }
        Change::RequestFailed { request_id, error } if *request_id == asked => {
            Some(Err((error.code, error.message.clone())))
        }
        _ => None,
    })
}

fn stranger() -> World {
    let mut world = World::empty(1);
    world.add_peer();
    world.accounts.invitations = ["come".to_owned()].into();
    world
}

#[test]
fn whoever_is_signed_out_may_ask_what_the_server_is() {
    let mut world = stranger();
    let about = server(&mut world);
    let good = invitation(&mut world, "come");
    let bad = invitation(&mut world, "gone");
    world.run(150);
    let late = server(&mut world);
    world.run(5_000);
    for (asked, kind) in [
        (about, "ServerDescribed"),
        (late, "ServerDescribed"),
        (good, "InvitationDescribed"),
    ] {
        let answer = format!("{:?}", outcome(&world, asked).unwrap().unwrap());
        assert!(answer.starts_with(kind), "{answer}");
    }
    let refused = outcome(&world, bad).unwrap().unwrap_err();
    assert_eq!(refused.0, ErrorCode::InvitationInvalid);
    let peer = &world.peers[0];
    assert!(!peer.open, "closed after the last answer");
    assert_eq!(peer.client.poll_timeout(), None);
    assert_eq!(peer.persists, 0);

    let members = ClientFrame::ListSessions {
        request_id: RequestId(0),
    };
    let now = shared::TimestampMs(world.now);
    let refused = world.peers[0]
        .client
        .command(Command::Ask(Box::new(members)), now);
    assert_eq!(refused, Err(CommandError::Offline));
}

#[test]
fn an_inquiry_without_an_answer_fails_in_time() {
    for packets in 0..3 {
        let mut world = stranger();
        world.peers[0].cut_after = Some(packets);
        let asked = server(&mut world);
        world.run(5_000);
        // It connects and asks, and the third packet would be the answer.
        let cut = (ErrorCode::TimedOut, "cut".to_owned());
        assert_eq!(outcome(&world, asked), Some(Err(cut)));
        assert_eq!(world.peers[0].connects.len(), 1, "not tried again");
    }
    let mut world = stranger();
    world.mute = true;
    let asked = server(&mut world);
    world.run(14_000);
    assert_eq!(outcome(&world, asked), None);
    world.run(2_000);
    assert!(outcome(&world, asked).unwrap().is_err());
    assert!(!world.peers[0].open);
}

#[test]
fn a_server_that_takes_nobody_says_so_to_all() {
    let mut world = stranger();
    world.mute = true;
    let asked = [server(&mut world), invitation(&mut world, "come")];
    world.run(1_000);
    world.mute = false;
    let full = error(ErrorCode::TooManyConnections, Some(1_000));
    world.down(0, ServerFrame::Error(full));
    world.run(1_000);
    for asked in asked {
        let refused = outcome(&world, asked).unwrap().unwrap_err();
        assert_eq!(refused.0, ErrorCode::TooManyConnections);
    }
    assert!(!world.peers[0].open);
}

#[test]
fn signing_in_comes_before_inquiries() {
    for wait in [0, 50, 150, 300, 500] {
        let mut world = stranger();
        let asked = server(&mut world);
        world.run(wait);
        world.sign_in(0);
        assert!(outcome(&world, asked).is_some());
        world.say(0, "a");
        world.assert_converged();
    }
    // And once one is in, it is a request like any other.
    let mut world = World::new(2, 1);
    let connects = world.peers[0].connects.len();
    let asked = server(&mut world);
    world.run(1_000);
    assert!(outcome(&world, asked).unwrap().is_ok());
    assert_eq!(world.peers[0].connects.len(), connects);
    world.command(0, Command::SignOut);
    let asked = server(&mut world);
    world.run(1_000);
    assert!(
        outcome(&world, asked).unwrap().is_ok(),
        "also on the way out"
    );
}
