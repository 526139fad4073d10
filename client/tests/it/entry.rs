//! Coming in with accounts, links and cookies, and what of it is kept.

use client::{Command, ConnectionState, Delivery, Entry};
use shared::frame::Person;
use shared::{ClientFrame, ErrorCode, Role, Secret, ServerFrame, SessionToken};

use crate::world::{World, error};

const PASSWORD: &str = "correct horse";
const TOKEN: [u8; 32] = [77; 32];

fn account(name: &str, code: Option<&str>) -> Entry {
    Entry::Account {
        name: name.into(),
        password: PASSWORD.into(),
        code: code.map(Secret::from),
    }
}

/// A way in, and what makes it work on a server.
type Way = (Entry, fn(&mut World));

/// Each way in that holds a password.
fn ways() -> [Way; 3] {
    [
        (account("Ann", Some("123456")), |world| {
            let ann = world.accounts.add("Ann", Some(PASSWORD));
            world.accounts.people[ann].codes = Some(["123456".to_owned()].into());
        }),
        (
            Entry::NewAccount {
                name: "Ann".into(),
                password: PASSWORD.into(),
                invitation: Some("come".into()),
            },
            |world| world.accounts.invitations = ["come".to_owned()].into(),
        ),
        (
            Entry::NewPassword {
                token: "again".into(),
                password: PASSWORD.into(),
            },
            |world| {
                let ann = world.accounts.add("Ann", Some("forgotten"));
                world.accounts.resets.insert("again".into(), ann);
            },
        ),
    ]
}

fn world_with_one(seed: u64, cookie: bool) -> World {
    let mut world = World::empty(seed);
    world.add_peer_with(|config| config.session_by_cookie = cookie);
    world
}

fn sign_in(world: &mut World, entry: Entry) {
    let session_token = SessionToken::from_random(TOKEN);
    let command = Command::SignIn {
        entry,
        session_token,
    };
    world.command(0, command);
}

fn reason(world: &World) -> Option<String> {
    match &world.peers[0].client.view().connection {
        ConnectionState::SignedOut { reason } => Some(reason.clone().unwrap_or_default()),
        _ => None,
    }
}

fn online(world: &World) -> bool {
    world.peers[0].client.view().connection == ConnectionState::Online
}

/// No password is stored anywhere, and none and no token is told to a log.
fn assert_kept_secret(world: &World) {
    let peer = &world.peers[0];
    let stored = serde_json::to_string(&peer.stored).unwrap();
    let token = SessionToken::from_random(TOKEN).reveal();
    for secret in [PASSWORD, "123456", "come", "again"] {
        assert!(!stored.contains(&format!("\"{secret}")), "{stored}");
    }
    for shown in [
        format!("{:?}", peer.client),
        format!("{:?}", peer.stored),
        format!("{:?}", peer.sent),
    ] {
        for secret in [PASSWORD, "123456", &*token] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }
}

#[test]
fn a_try_is_repeated_after_a_cut_at_every_step() {
    for cookie in [false, true] {
        for packets in 0..6 {
            for (entry, prepare) in ways() {
                let mut world = world_with_one(packets, cookie);
                prepare(&mut world);
                world.peers[0].cut_after = Some(packets as usize);
                sign_in(&mut world, entry);
                for _ in 0..200 {
                    world.run(100);
                    assert_kept_secret(&world);
                }
                assert!(online(&world), "{cookie} {packets}");
                assert_eq!(world.names(), ["Ann"]);
                assert_eq!(world.accounts.sessions.len(), 1);
                let peer = &world.peers[0];
                assert_eq!(peer.stored.cookie, cookie);
                assert_eq!(peer.stored.session_token.is_some(), !cookie);
                assert_eq!(peer.client.session_token().is_some(), !cookie);
                assert!(!peer.stored.unconfirmed);
                let view = peer.client.view();
                assert_eq!((&view.entry, &view.refusal), (&None, &None));
                // What was stored is enough from now on.
                world.crash(0);
                world.say(0, "a");
                world.assert_converged();
            }
        }
    }
}

#[test]
fn after_a_crash_the_token_alone_is_tried() {
    let (mut came_in, mut stayed_out) = (0, 0);
    for step in 0..12 {
        for (entry, prepare) in ways() {
            let mut world = world_with_one(step, false);
            prepare(&mut world);
            sign_in(&mut world, entry);
            world.run(step * 50);
            let sent = world.peers[0].sent.len();
            world.crash(0);
            assert!(
                !world.peers[0].client.view().is_signed_in() || !world.accounts.sessions.is_empty()
            );
            world.run(30_000);
            for frame in &world.peers[0].sent[sent..] {
                let ClientFrame::Hello(hello) = frame else {
                    continue;
                };
                assert_eq!(format!("{:?}", hello.credentials), "SessionToken(…)");
            }
            if world.accounts.sessions.is_empty() {
                stayed_out += 1;
                assert!(reason(&world).unwrap().contains("interrupted"));
                assert_eq!(world.peers[0].stored.session_token, None);
                assert!(!world.peers[0].stored.unconfirmed);
            } else {
                came_in += 1;
                assert!(online(&world));
            }
        }
    }
    assert!(came_in > 3 && stayed_out > 3, "{came_in} {stayed_out}");
}

#[test]
fn a_crash_of_a_browser_leaves_no_token_behind() {
    for step in 0..12 {
        let mut world = world_with_one(step, true);
        world.accounts.add("Ann", Some(PASSWORD));
        sign_in(&mut world, account("Ann", None));
        for _ in 0..step {
            world.run(50);
            assert_eq!(world.peers[0].stored.session_token, None);
        }
        world.crash(0);
        world.run(30_000);
        assert_eq!(online(&world), world.peers[0].stored.cookie);
        assert_eq!(reason(&world).is_some(), !world.peers[0].stored.cookie);
    }
}

#[test]
fn what_is_refused_for_good_is_not_tried_again_and_can_be_put_right() {
    for cookie in [false, true] {
        for code in [
            ErrorCode::InvalidToken,
            ErrorCode::WrongCredentials,
            ErrorCode::SecondFactorNeeded,
            ErrorCode::RegistrationClosed,
            ErrorCode::InvitationInvalid,
            ErrorCode::WeakPassword,
            ErrorCode::NameTaken,
            ErrorCode::InvalidName,
            ErrorCode::NotAllowed,
            ErrorCode::Unknown,
        ] {
            let mut world = world_with_one(1, cookie);
            world.accounts.add("Ann", Some(PASSWORD));
            world.refuse_hello = Some(error(code, None));
            sign_in(&mut world, account("Ann", None));
            world.run(60_000);
            assert_eq!(world.peers[0].connects.len(), 1, "{code:?}");
            assert_eq!(reason(&world).as_deref(), Some("no"), "{code:?}");
            let peer = &world.peers[0];
            let view = peer.client.view();
            assert_eq!(view.refusal.as_ref().map(|error| error.code), Some(code));
            assert_eq!(view.entry, Some(account("Ann", None)));
            assert!(!view.is_signed_in());
            assert!(peer.stored == client::Snapshot::default());
            world.refuse_hello = None;
            let again = view.entry.clone().unwrap();
            sign_in(&mut world, again);
            assert_eq!(world.peers[0].client.view().refusal, None);
            world.run(10_000);
            assert!(online(&world), "{code:?}");
            assert_kept_secret(&world);
        }
    }
}

#[test]
fn a_second_factor_is_asked_for_and_good_once() {
    let mut world = world_with_one(2, false);
    let ann = world.accounts.add("Ann", Some(PASSWORD));
    world.accounts.people[ann].codes = Some(["123456".to_owned()].into());
    for code in [None, Some("000000")] {
        sign_in(&mut world, account("Ann", code));
        world.run(10_000);
        let refusal = world.peers[0].client.view().refusal.clone().unwrap();
        assert_eq!(refusal.code, ErrorCode::SecondFactorNeeded);
    }
    // The reply is lost after the code was used.
    world.peers[0].cut_after = Some(2);
    sign_in(&mut world, account("Ann", Some("123456")));
    world.run(30_000);
    assert!(online(&world));
    assert_eq!(world.peers[0].cut_after, None, "the cut did not happen");
}

#[test]
fn what_only_has_to_wait_is_waited_out_in_sight() {
    for cookie in [false, true] {
        for code in [ErrorCode::RateLimited, ErrorCode::TooManyConnections] {
            let mut world = world_with_one(3, cookie);
            world.accounts.add("Ann", Some(PASSWORD));
            world.refuse_hello = Some(error(code, Some(20_000)));
            let from = world.now;
            sign_in(&mut world, account("Ann", None));
            world.run(1_500);
            let view = world.peers[0].client.view();
            match &view.connection {
                ConnectionState::Waiting { until, reason } => {
                    assert!(until.0 >= from + 20_000);
                    assert_eq!(reason, "no");
                }
                state => panic!("{state:?}"),
            }
            assert_eq!(view.entry, Some(account("Ann", None)));
            assert_eq!(view.refusal, None);
            world.refuse_hello = None;
            world.run(45_000);
            assert!(online(&world));
        }
    }
}

#[test]
fn a_session_that_has_no_answer_is_asked_for_again() {
    let mut world = world_with_one(4, true);
    world.accounts.add("Ann", Some(PASSWORD));
    world.mute = true;
    sign_in(&mut world, account("Ann", None));
    world.run(14_000);
    assert_eq!(world.peers[0].connects.len(), 1);
    world.run(30_000);
    assert!(world.peers[0].connects.len() > 1);
    world.mute = false;
    world.run(60_000);
    assert!(online(&world));
    assert_eq!(world.names(), ["Ann"]);
}

#[test]
fn a_session_that_is_ended_elsewhere_is_forgotten() {
    for cookie in [false, true] {
        let mut world = world_with_one(5, cookie);
        world.sign_in(0);
        world.run(5_000);
        world.mute = true;
        world.say(0, "unsent");
        world.run(300);
        world.mute = false;
        world.revoke(0);
        let connects = world.peers[0].connects.len();
        world.run(60_000);
        assert!(reason(&world).unwrap().contains("has ended"));
        let peer = &world.peers[0];
        assert_eq!(peer.connects.len(), connects);
        let refusal = peer.client.view().refusal.as_ref();
        assert_eq!(refusal.map(|e| e.code), Some(ErrorCode::InvalidToken));
        assert!(!peer.open);
        assert_eq!(
            (&peer.stored.session_token, peer.stored.cookie),
            (&None, false)
        );
        let pending = peer.client.view().outbox.messages();
        assert_eq!(pending[0].delivery, Delivery::Queued);
    }
}

#[test]
fn the_server_is_told_of_signing_out_and_waited_for_only_a_moment() {
    for mute in [false, true] {
        let mut world = World::new(6, 1);
        assert_eq!(world.accounts.sessions.len(), 1);
        world.mute = mute;
        world.command(0, Command::SignOut);
        let peer = &world.peers[0];
        assert_eq!(reason(&world).as_deref(), Some(""), "at once");
        assert_eq!(peer.stored.session_token, None, "at once");
        assert!(peer.open && peer.client.is_leaving());
        world.run(if mute { 2_900 } else { 500 });
        assert!(world.accounts.sessions.is_empty());
        assert_eq!(world.peers[0].open, mute);
        world.run(200);
        assert!(!world.peers[0].open && !world.peers[0].client.is_leaving());
        assert_eq!(world.peers[0].client.poll_timeout(), None);
    }
    // Whoever comes in meanwhile does so on a connection of their own.
    let mut world = World::new(7, 1);
    world.command(0, Command::SignOut);
    world.accounts.add("Ann", Some(PASSWORD));
    sign_in(&mut world, account("Ann", None));
    world.run(5_000);
    world.say(0, "a");
    world.assert_converged();
    assert_eq!(
        world.peers[0].client.view().person.as_ref().unwrap().name,
        "Ann"
    );
    // Nobody can be told.
    let mut world = World::new(8, 1);
    world.disconnect(0);
    world.command(0, Command::SignOut);
    assert!(!world.peers[0].client.is_leaving());
}

#[test]
fn signing_out_takes_the_cookie_away() {
    let mut world = world_with_one(9, true);
    world.sign_in(0);
    world.run(5_000);
    assert!(online(&world) && world.peers[0].cookie.is_some());
    world.command(0, Command::SignOut);
    assert_eq!(world.peers[0].cookie, None);
    assert!(!world.peers[0].open);
    assert!(world.accounts.sessions.is_empty());
    assert!(!world.peers[0].stored.cookie);
    let sign_outs = world.peers[0].sent.iter();
    let mut sign_outs = sign_outs.filter(|frame| matches!(frame, ClientFrame::SignOut { .. }));
    assert_eq!(sign_outs.next(), None);
    // Also where nobody knows yet whether there is one.
    sign_in(&mut world, account("p0", None));
    world.run(10);
    world.command(0, Command::SignOut);
    world.run(10_000);
    assert_eq!(
        (world.peers[0].cookie.as_ref(), online(&world)),
        (None, false)
    );
}

#[test]
fn a_cookie_takes_the_place_of_a_token_of_before() {
    for crash_at in 0..6 {
        let mut world = world_with_one(crash_at, false);
        world.sign_in(0);
        world.run(5_000);
        let token = world.peers[0].stored.session_token.clone();
        assert!(token.is_some());
        world.reconfigure(0, |config| config.session_by_cookie = true);
        world.run(crash_at * 60);
        world.crash(0);
        world.run(10_000);
        assert!(online(&world));
        assert_eq!(world.peers[0].cookie, token);
        assert_eq!(world.peers[0].stored.session_token, None);
        assert!(world.peers[0].stored.cookie);
    }
}

#[test]
fn a_cookie_that_is_gone_is_forgotten() {
    let mut world = world_with_one(10, true);
    world.sign_in(0);
    world.run(5_000);
    world.peers[0].cookie = None;
    world.disconnect(0);
    world.run(10_000);
    assert!(reason(&world).is_some());
    assert!(!world.peers[0].stored.cookie);
}

#[test]
fn another_name_or_role_of_ones_own_is_shown_and_stored() {
    let mut world = World::new(11, 1);
    let own = world.peers[0].client.view().person.clone().unwrap();
    let person = Person {
        name: "Anna".into(),
        ..own.clone()
    };
    let role = Role::Admin;
    world.down(0, ServerFrame::AccountChanged { person, role });
    world.run(1_000);
    let peer = &world.peers[0];
    assert_eq!(peer.client.view().person.as_ref().unwrap().name, "Anna");
    assert_eq!(peer.client.view().role, Role::Admin);
    assert_eq!(peer.stored.person.as_ref().unwrap().name, "Anna");
}
