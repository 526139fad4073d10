//! Accounts: who may make one, how one signs in, and what whoever guesses, replays or counts gets.

use serde_json::{Value, json};
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;

use crate::account::{PASSWORD, Signed, code, refused, sign_in, sign_up, token, with_token};
use crate::http;
use crate::peer::{Peer, config, start};

async fn start_with(folder: &TempDir, registration: Registration, guests: bool) -> Server {
    let config = Config {
        registration: Some(registration),
        guests: Some(guests),
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

fn database(folder: &TempDir) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(folder.path().join("data/chinwag.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db
}

#[tokio::test]
async fn whoever_opens_the_first_link_owns_the_server_and_nobody_else_does() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Closed, false).await;
    let before = Peer::tcp(&server)
        .await
        .ask(json!({"type": "describe_server"}))
        .await;
    assert_eq!(before["type"], "server_described");
    assert_eq!(before["unowned"], true);
    let old = server.owners_link().unwrap();
    server.stop().await;
    // Each start makes another link.
    let server = start_with(&folder, Registration::Closed, false).await;
    let old = sign_up("Eve", Some(old.reveal()));
    assert_eq!(
        refused(Peer::tcp(&server).await, &old).await,
        "invitation_invalid"
    );
    let link = server.owners_link().unwrap();
    let described = json!({"type": "describe_invitation", "token": link.reveal()});
    let described = Peer::websocket(&server).await.ask(described).await;
    assert_eq!(described["purpose"], "own");
    let all = futures_util::future::join_all((0..5).map(async |number| {
        let peer = if number % 2 == 0 {
            Peer::tcp(&server).await
        } else {
            Peer::websocket(&server).await
        };
        let mut peer = peer;
        peer.enter(&sign_up(&format!("Olga {number}"), Some(link.reveal())))
            .await
    }))
    .await;
    let owners: Vec<_> = all.iter().filter(|it| it["type"] == "welcome").collect();
    assert_eq!(owners.len(), 1, "{all:?}");
    assert_eq!(owners[0]["role"], "owner");
    let refusals = all.iter().filter(|it| it["code"] == "invitation_invalid");
    assert_eq!(refusals.count(), 4);
    let after = http::get(&server, "/api/server", "").await.json();
    assert_eq!(after["unowned"], Value::Null);
    assert_eq!(
        (&after["registration"], &after["guests"], &after["name"]),
        (&json!("closed"), &json!(false), &json!("Test"))
    );
    server.stop().await;
    let server = start_with(&folder, Registration::Closed, false).await;
    assert!(server.owners_link().is_none());
    server.stop().await;
}

#[tokio::test]
async fn only_those_are_let_in_whom_the_operator_lets_in() {
    use Registration::{Closed, Invitation, Open};
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Invitation, true).await;
    let mut owner = Signed::owner(&server).await;
    let link = owner.invite(json!({"uses_max": 9})).await;
    server.stop().await;
    let guest = |name: &str| json!({"type": "claim_name", "name": name});
    for (number, (registration, guests, without, with, as_guest)) in [
        (Open, true, "welcome", "welcome", "welcome"),
        (
            Invitation,
            false,
            "registration_closed",
            "welcome",
            "registration_closed",
        ),
        (
            Closed,
            false,
            "registration_closed",
            "registration_closed",
            "registration_closed",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let server = start_with(&folder, registration, guests).await;
        for (kind, credentials, expected) in [
            ("free", sign_up(&format!("Free {number}"), None), without),
            (
                "invited",
                sign_up(&format!("Invited {number}"), Some(&link)),
                with,
            ),
            ("guest", guest(&format!("Guest {number}")), as_guest),
            (
                "forged",
                sign_up("Mallory", Some(&token('m'))),
                "invitation_invalid",
            ),
        ] {
            let answer = Peer::tcp(&server).await.enter(&credentials).await;
            let said = answer["code"].as_str().unwrap_or("welcome");
            assert_eq!(said, expected, "{kind} where it is {registration:?}");
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn a_guess_learns_nothing_of_who_has_an_account() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Open, true).await;
    Signed::up(&server, "Zoë", None).await;
    Peer::tcp(&server).await.claim("Gus").await;
    for same in ["Zoë", "zoë", "ZOE\u{308}", " Zoë "] {
        let mut peer = Peer::websocket(&server).await;
        let welcome = peer.enter(&sign_in(same, PASSWORD)).await;
        assert_eq!(welcome["person"]["name"], "Zoë", "{welcome}");
        assert_eq!(welcome["role"], Value::Null, "a member");
    }
    // Nobody, a guest, what is no name, and too long a password.
    let mut answers = Vec::new();
    for (name, password) in [
        ("Zoë", "wrong horse battery"),
        ("Zoë", ""),
        ("Nobody", PASSWORD),
        ("Gus", PASSWORD),
        ("Gus", ""),
        ("\u{200B}", PASSWORD),
        ("Zoë", &"x".repeat(100_000)),
    ] {
        let mut peer = Peer::tcp(&server).await;
        answers.push(peer.enter(&sign_in(name, password)).await);
    }
    assert_eq!(answers[0]["code"], "wrong_credentials");
    answers
        .iter()
        .for_each(|answer| assert_eq!(*answer, answers[0]));
    // Whoever goes on guessing has to wait, whether there is such an account or not.
    for name in ["Zoë", "Nobody"] {
        let mut waits = Vec::new();
        for _ in 0..8 {
            let mut peer = Peer::tcp(&server).await;
            let answer = peer.enter(&sign_in(name, "wrong horse battery")).await;
            waits.push(answer["retry_after_ms"].as_u64());
        }
        assert!(
            waits[0].is_none() && waits[7] >= Some(1),
            "{name}: {waits:?}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_sign_up_whose_reply_was_lost_is_repeated_without_a_second_account() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Invitation, false).await;
    let mut owner = Signed::owner(&server).await;
    let link = owner.invite(json!({})).await;
    let credentials = with_token(sign_up("Ann", Some(&link)), &token('a'));
    // At once on several connections, then later.
    let all = futures_util::future::join_all((0..4).map(async |_| {
        let mut peer = Peer::tcp(&server).await;
        peer.enter(&credentials).await
    }))
    .await;
    let later = Peer::websocket(&server).await.enter(&credentials).await;
    for welcome in all.iter().chain([&later]) {
        assert_eq!(welcome["type"], "welcome", "{welcome}");
        assert_eq!(welcome["person"], all[0]["person"]);
        assert_eq!(welcome["session_id"], all[0]["session_id"]);
        assert_eq!(welcome["session_token"], token('a'));
    }
    // The token alone is not enough, and neither is it anybody else's.
    let mut other = credentials.clone();
    other["password"] = json!("another good password");
    assert_eq!(
        refused(Peer::tcp(&server).await, &other).await,
        "invalid_argument"
    );
    let stolen = with_token(sign_in("Olga", PASSWORD), &token('a'));
    assert_eq!(
        refused(Peer::tcp(&server).await, &stolen).await,
        "invalid_argument"
    );
    // Signing in is repeated likewise.
    let credentials = with_token(sign_in("Ann", PASSWORD), &token('b'));
    let first = Peer::tcp(&server).await.enter(&credentials).await;
    let second = Peer::tcp(&server).await.enter(&credentials).await;
    assert_eq!(first["session_id"], second["session_id"]);
    assert_ne!(first["session_id"], all[0]["session_id"]);
    let people: i64 = database(&folder)
        .query_row(
            "SELECT count(*) FROM people WHERE role = 'member'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(people, 1);
    server.stop().await;
}

#[tokio::test]
async fn what_is_easily_guessed_is_no_password() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Open, false).await;
    let mut peer = Peer::tcp(&server).await;
    for password in ["", "short", "Password1", "ann lee 1999", "xxxxxxxxxx"] {
        let credentials = json!({"type": "sign_up", "name": "Ann Lee", "password": password});
        let refusal = peer.enter(&credentials).await;
        assert_eq!(refusal["code"], "weak_password", "{password}");
        assert!(refusal["message"].as_str().unwrap().contains("password"));
    }
    // The name is free still.
    let mut ann = Signed::with(peer, &sign_up("Ann Lee", None)).await;
    let change = json!({"type": "change_password", "current": PASSWORD, "new": "annlee99"});
    assert_eq!(ann.code(change).await, "weak_password");
    let described = ann.ask(json!({"type": "describe_server"})).await;
    assert_eq!(described["password_chars_min"], 8);
    server.stop().await;
}

#[tokio::test]
async fn a_flood_of_sign_ins_is_held_off_and_others_are_served() {
    let folder = TempDir::new().unwrap();
    let config = Config {
        connections_max: 1_000,
        ..config(&folder)
    };
    let server = Server::start(config).await.unwrap();
    let mut ann = Peer::websocket(&server).await;
    ann.claim("Ann").await;
    let mut crowd = Vec::new();
    for number in 0..300 {
        let mut peer = Peer::tcp(&server).await;
        let credentials = sign_in(&format!("Name {number}"), PASSWORD);
        let hello = json!({"type": "hello", "protocol": 1, "credentials": credentials});
        peer.send(hello).await;
        crowd.push(peer);
    }
    for number in 1..=20 {
        ann.say(&format!("still here {number}")).await;
        ann.expect("message_accepted").await;
    }
    let (mut wrong, mut busy) = (0, 0);
    for mut peer in crowd {
        let answer = peer.read().await.expect("an answer");
        match answer["code"].as_str().unwrap() {
            "wrong_credentials" => wrong += 1,
            "rate_limited" => {
                assert!(answer["retry_after_ms"].as_u64() >= Some(1), "{answer}");
                busy += 1;
            }
            other => panic!("{other}"),
        }
    }
    assert!(wrong > 0 && busy > 0, "{wrong} {busy}");
    server.stop().await;
}

#[tokio::test]
async fn a_code_is_asked_for_and_is_good_once() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Open, false).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let begin = |password: &str| json!({"type": "begin_totp", "password": password});
    assert_eq!(ann.code(begin("wrong")).await, "wrong_credentials");
    let begun = ann.ask(begin(PASSWORD)).await;
    let secret = &begun["secret"];
    let uri = format!(
        "otpauth://totp/Test:Ann?secret={}&issuer=Test",
        secret.as_str().unwrap()
    );
    assert_eq!(begun["uri"], uri);
    // Nothing changes until the secret is confirmed.
    let without = sign_in("Ann", PASSWORD);
    Signed::with(Peer::tcp(&server).await, &without).await;
    let confirm = |code: &str| json!({"type": "confirm_totp", "code": code});
    assert_eq!(ann.code(confirm("000000")).await, "second_factor_needed");
    let first = code(secret, 0);
    ann.done(confirm(&first)).await;
    assert_eq!(ann.code(begin(PASSWORD)).await, "invalid_argument");
    let with = |code: &str| {
        let mut credentials = sign_in("Ann", PASSWORD);
        credentials["code"] = json!(code);
        credentials
    };
    let needed = "second_factor_needed";
    assert_eq!(refused(Peer::tcp(&server).await, &without).await, needed);
    // Whoever looked over the shoulder is late.
    assert_eq!(
        refused(Peer::tcp(&server).await, &with(&first)).await,
        needed
    );
    let mut wrong = with("123456");
    wrong["password"] = json!("not the password");
    assert_eq!(
        refused(Peer::tcp(&server).await, &wrong).await,
        "wrong_credentials"
    );
    let next = with_token(with(&code(secret, 1)), &token('n'));
    // Two at once: one of them is a replay, unless it is the same session's.
    let replay = with_token(next.clone(), &token('r'));
    let (mut a, mut b) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let (next_answer, replay_answer) = tokio::join!(a.enter(&next), b.enter(&replay));
    let answers = [&next_answer, &replay_answer];
    let entered: Vec<_> = answers
        .iter()
        .filter(|it| it["type"] == "welcome")
        .collect();
    assert_eq!(entered.len(), 1, "{answers:?}");
    let chosen = entered[0]["session_token"].as_str().unwrap();
    let repeat = with_token(next, chosen);
    let again = Peer::websocket(&server).await.enter(&repeat).await;
    assert_eq!(again["session_id"], entered[0]["session_id"]);
    let remove = |password: &str| json!({"type": "remove_totp", "password": password});
    assert_eq!(ann.code(remove("wrong")).await, "wrong_credentials");
    ann.done(remove(PASSWORD)).await;
    Signed::with(Peer::tcp(&server).await, &without).await;
    server.stop().await;
}

#[tokio::test]
async fn whoever_knows_the_password_cannot_try_all_codes() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Open, false).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let begun = ann
        .ask(json!({"type": "begin_totp", "password": PASSWORD}))
        .await;
    let right = code(&begun["secret"], 0);
    ann.done(json!({"type": "confirm_totp", "code": right}))
        .await;
    let mut codes = Vec::new();
    for number in 0..10 {
        let mut credentials = sign_in("Ann", PASSWORD);
        credentials["code"] = json!(format!("{number:06}"));
        codes.push(refused(Peer::tcp(&server).await, &credentials).await);
    }
    assert_eq!(codes[0], "second_factor_needed");
    assert_eq!(codes[9], "rate_limited", "{codes:?}");
    server.stop().await;
}

#[tokio::test]
async fn people_of_before_passwords_choose_one_and_then_need_it() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    // As the migration leaves people of before.
    let db = database(&folder);
    db.execute("UPDATE people SET role = 'member'", []).unwrap();
    for password in ["", PASSWORD] {
        let credentials = sign_in("Ann", password);
        assert_eq!(
            refused(Peer::tcp(&server).await, &credentials).await,
            "wrong_credentials"
        );
    }
    let by_session = crate::account::by_token(&welcome);
    let mut ann = Signed::with(Peer::tcp(&server).await, &by_session).await;
    let begin = json!({"type": "begin_totp", "password": ""});
    assert_eq!(ann.code(begin).await, "invalid_argument");
    let choose = json!({"type": "change_password", "new": PASSWORD});
    ann.done(choose.clone()).await;
    assert_eq!(ann.code(choose).await, "wrong_credentials");
    let welcome = Peer::tcp(&server)
        .await
        .enter(&sign_in("ann", PASSWORD))
        .await;
    assert_eq!(welcome["person"]["id"], *ann.id());
    // A guest has none to choose.
    let mut gus = Peer::tcp(&server).await;
    gus.claim("Gus").await;
    let refusal = gus
        .ask(json!({"type": "change_password", "new": PASSWORD}))
        .await;
    assert_eq!(refusal["code"], "not_allowed");
    server.stop().await;
}

#[tokio::test]
async fn a_guest_who_makes_an_account_stays_who_they_are() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Open, true).await;
    let mut gus = Peer::tcp(&server).await;
    let guest = gus.claim("Gus").await;
    assert_eq!(guest["role"], "guest");
    assert_eq!(
        refused(Peer::tcp(&server).await, &sign_up("Gus", None)).await,
        "name_taken"
    );
    let own = with_token(
        sign_up("gus", None),
        guest["session_token"].as_str().unwrap(),
    );
    let mut other = own.clone();
    other["name"] = json!("Eve");
    assert_eq!(
        refused(Peer::tcp(&server).await, &other).await,
        "invalid_argument"
    );
    for _ in 0..2 {
        let member = Peer::tcp(&server).await.enter(&own).await;
        assert_eq!(member["person"], guest["person"], "{member}");
        assert_eq!(member["role"], Value::Null);
    }
    // Their open connection may do more at once.
    assert_eq!(gus.expect("account_changed").await["role"], "member");
    let bots = gus.ask(json!({"type": "list_bots"})).await;
    assert_eq!(bots["type"], "bots_listed");
    Signed::with(Peer::tcp(&server).await, &sign_in("Gus", PASSWORD)).await;
    server.stop().await;
}

#[tokio::test]
async fn a_password_is_reset_once_by_who_was_given_the_link() {
    let folder = TempDir::new().unwrap();
    let server = start_with(&folder, Registration::Open, false).await;
    let mut owner = Signed::owner(&server).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let begun = ann
        .ask(json!({"type": "begin_totp", "password": PASSWORD}))
        .await;
    let now = code(&begun["secret"], 0);
    ann.done(json!({"type": "confirm_totp", "code": now})).await;
    let ask = |id: &Value| json!({"type": "reset_password", "person_id": id});
    assert_eq!(ann.code(ask(owner.id())).await, "not_allowed");
    let mut bob = Signed::up(&server, "Bob", None).await;
    let role = json!({"type": "set_role", "person_id": bob.id(), "role": "admin"});
    owner.done(role).await;
    assert_eq!(bob.code(ask(owner.id())).await, "not_allowed", "an owner's");
    let old = owner.ask(ask(ann.id())).await;
    let made = bob.ask(ask(ann.id())).await;
    assert_eq!(made["invitation"]["purpose"], "reset_password");
    let link = made["token"].as_str().unwrap();
    let described = json!({"type": "describe_invitation", "token": link});
    let described = Peer::tcp(&server).await.ask(described).await;
    assert_eq!(described["person"]["name"], "Ann");
    let reset = |link: &Value, password: &str| json!({"type": "reset_password", "token": link, "password": password});
    let new = "a wholly new password";
    for (link, password, code) in [
        (&old["token"], new, "invitation_invalid"),
        (&json!(token('f')), new, "invitation_invalid"),
        (&made["token"], "short", "weak_password"),
    ] {
        let credentials = reset(link, password);
        assert_eq!(refused(Peer::tcp(&server).await, &credentials).await, code);
    }
    // It is no way to make an account, nor into a room.
    assert_eq!(
        refused(Peer::tcp(&server).await, &sign_up("Eve", Some(link))).await,
        "invitation_invalid"
    );
    let accept = json!({"type": "accept_invitation", "token": link});
    assert_eq!(bob.code(accept).await, "invitation_invalid");
    let credentials = with_token(reset(&made["token"], new), &token('a'));
    let theirs = with_token(reset(&made["token"], "the thief's password"), &token('t'));
    let (mut a, mut b) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    let (own, thief) = tokio::join!(a.enter(&credentials), b.enter(&theirs));
    let mut both = [&own, &thief];
    both.sort_by_key(|answer| answer["type"] == "error");
    assert_eq!(both[0]["person"]["id"], *ann.id(), "{both:?}");
    assert_eq!(both[1]["code"], "invitation_invalid");
    // Who was in before is out, and the code is not asked for any more.
    ann.peer.expect("session_ended").await;
    assert_eq!(ann.peer.read().await, None);
    let (password, credentials) = match own["type"].as_str() {
        Some("welcome") => (new, credentials),
        _ => ("the thief's password", theirs),
    };
    let again = Peer::tcp(&server).await.enter(&credentials).await;
    assert_eq!(again["session_id"], both[0]["session_id"], "a repeat");
    Signed::with(Peer::tcp(&server).await, &sign_in("Ann", password)).await;
    assert_eq!(
        refused(Peer::tcp(&server).await, &sign_in("Ann", PASSWORD)).await,
        "wrong_credentials"
    );
    server.stop().await;
}
