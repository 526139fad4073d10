//! `chinwag-server admin …`, beside a running server and without one.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::operator::{Ended, run};
use crate::peer::{Peer, start};

async fn admin(folder: &TempDir, arguments: &[&str]) -> Ended {
    run(folder, &[&["admin"], arguments].concat()).await
}

/// What a command prints with `--json`.
async fn reply(folder: &TempDir, arguments: &[&str]) -> Value {
    let ended = admin(folder, &[arguments, &["--json"]].concat()).await;
    ended.assert_clean();
    serde_json::from_str(&ended.out).unwrap()
}

#[tokio::test]
async fn the_operator_is_heard_beside_a_server_and_without_one() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    Peer::tcp(&server).await.claim("Ann").await;
    let socket = folder.path().join("data/admin.sock");
    let mode = fs::metadata(&socket).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let told = admin(&folder, &["role", "ann", "owner"]).await;
    told.assert_clean();
    assert_eq!(told.out, "ann is owner now\n");
    let people = reply(&folder, &["people"]).await;
    assert_eq!(people["people"][0]["role"], "owner", "{people}");
    server.stop().await;
    assert!(!socket.exists());

    let people = admin(&folder, &["people", "nn"]).await;
    people.assert_clean();
    let rows: Vec<&str> = people.out.lines().collect();
    assert_eq!(rows.len(), 2, "{people:?}");
    assert!(rows[1].starts_with("Ann   owner  1"), "{people:?}");
    admin(&folder, &["settings", "rooms_per_person_max", "7"])
        .await
        .assert_clean();
    let log = reply(&folder, &["audit"]).await;
    let entries = log["entries"].as_array().unwrap();
    let entry = |number: usize| (&entries[number]["action"], &entries[number]["subject"]);
    assert_eq!(
        entry(0),
        (&json!("change_settings"), &json!("rooms_per_person_max: 7"))
    );
    assert_eq!(entry(1), (&json!("set_role"), &json!("Ann: guest → owner")));
    assert!(entries[0].get("person").is_none(), "{log}");

    let server = start(&folder).await;
    let mut bea = Somebody::new(&folder, &server, "Bea", "admin").await;
    let settings = bea.ask(json!({"type": "describe_settings"})).await;
    assert_eq!(settings["settings"]["rooms_per_person_max"], 7);
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_one_sentence() {
    let folder = TempDir::new().unwrap();
    admin(&folder, &["people"])
        .await
        .assert_refused(&["data/chinwag.db", "--data-dir"]);
    assert!(
        !folder.path().join("data").exists(),
        "a question makes no database"
    );
    let server = start(&folder).await;
    Peer::tcp(&server).await.claim("Ann").await;
    for (arguments, says) in [
        (&["role", "Bob", "owner"][..], &["nobody", "\"Bob\""][..]),
        (&["role", "Ann", "king"], &["king", "member"]),
        (&["role", "Ann", "bot"], &["owner, admin, member"]),
        (&["settings", "guests", "maybe"], &["maybe", "on or off"]),
        (&["settings", "guests"], &["VALUE"]),
        (&["reset-password", "Ann"], &["guest", "member"]),
        (&["settings", "members_per_room_max", "-1"], &["-1"]),
    ] {
        admin(&folder, arguments).await.assert_refused(says);
    }
    let socket = folder.path().join("data/admin.sock");
    fs::remove_file(&socket).unwrap();
    admin(&folder, &["rooms"])
        .await
        .assert_refused(&["in use", "admin.sock"]);
    server.stop().await;
}

#[tokio::test]
async fn what_the_operator_sees_fits_a_screen() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    mia.ask(json!({"type": "create_room", "name": "Den"})).await;
    let settings = admin(&folder, &["settings"]).await;
    assert!(
        settings
            .out
            .contains("registration               invitation\n"),
        "{settings:?}"
    );
    let rooms = admin(&folder, &["rooms"]).await;
    assert!(
        rooms
            .out
            .contains("\nDen    public  1        2       for good"),
        "{rooms:?}"
    );
    let storage = admin(&folder, &["storage"]).await;
    assert!(
        storage
            .out
            .contains("people            1\nrooms             2\n"),
        "{storage:?}"
    );
    let sessions = admin(&folder, &["sessions", "Mia"]).await;
    assert_eq!(sessions.out.lines().count(), 2, "{sessions:?}");
    assert!(sessions.out.contains("127.0.0.1"), "{sessions:?}");
    let told = admin(&folder, &["sessions", "Mia", "--end"]).await;
    assert_eq!(told.out, "Mia is signed out everywhere\n");
    let log = admin(&folder, &["audit", "--last", "1"]).await;
    let last = log.out.lines().last().unwrap();
    assert!(last.contains("(operator)  sign_out_person  Mia"), "{log:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_audit_log_is_checked_and_where_it_ends_can_be_noted() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    Peer::tcp(&server).await.claim("Ann").await;
    for role in ["admin", "member", "owner"] {
        admin(&folder, &["role", "Ann", role]).await.assert_clean();
    }
    let log = reply(&folder, &["audit"]).await;
    let hash = log["entries"][0]["hash"].as_str().unwrap();
    let sound = admin(&folder, &["audit", "--verify"]).await;
    sound.assert_clean();
    assert_eq!(sound.out, format!("entry 4 is the last: {hash}\n"));
    server.stop().await;

    let db = rusqlite::Connection::open(folder.path().join("data/chinwag.db")).unwrap();
    db.execute_batch("DROP TRIGGER audit_is_not_changed")
        .unwrap();
    db.execute("UPDATE audit SET subject = 'Eve' WHERE sequence = 2", [])
        .unwrap();
    let finding: &[&str] = &["audit log", "entry 2"];
    run(&folder, &["fsck"]).await.assert_findings(&[finding]);
    let broken = admin(&folder, &["audit", "--verify"]).await;
    assert_eq!(broken.code, 1, "{broken:?}");
    assert!(broken.out.contains("entry 2 is not the one"), "{broken:?}");
}

#[tokio::test]
async fn a_lost_password_is_replaced_by_a_link() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    Peer::tcp(&server).await.claim("Ann").await;
    admin(&folder, &["role", "Ann", "owner"])
        .await
        .assert_clean();
    let first = reply(&folder, &["reset-password", "Ann"]).await;
    let printed = admin(&folder, &["reset-password", "Ann"]).await;
    printed.assert_clean();
    let origin = format!("http://{}/#invite=", server.http_address());
    let second = printed.out.trim_end().strip_prefix(&origin).unwrap();
    let reset = |token: &str| {
        let credentials =
            json!({"type": "reset_password", "token": token, "password": "correct horse battery"});
        json!({"type": "hello", "protocol": 1, "credentials": credentials})
    };
    // Another link ends the one of before, and each works once.
    let link = first["link"].as_str().unwrap();
    let mut peer = Peer::tcp(&server).await;
    peer.send(reset(link.strip_prefix(&origin).unwrap())).await;
    assert_eq!(peer.expect("error").await["code"], "invitation_invalid");
    peer.send(reset(second)).await;
    assert_eq!(peer.expect("welcome").await["person"]["name"], "Ann");
    let mut again = Peer::tcp(&server).await;
    again.send(reset(second)).await;
    assert_eq!(again.expect("error").await["code"], "invitation_invalid");
    server.stop().await;
}

#[tokio::test]
async fn links_of_the_operator_let_people_in() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let origin = format!("http://{}/#invite=", server.http_address());
    let token = |printed: &Ended| {
        printed.assert_clean();
        let token = printed.out.trim_end().strip_prefix(&origin).unwrap();
        token.to_owned()
    };
    let sign_up = |name: &str, token: &str| {
        let credentials = json!({"type": "sign_up", "name": name, "password": "correct horse battery",
            "invitation": token});
        json!({"type": "hello", "protocol": 1, "credentials": credentials})
    };
    let old = token(&admin(&folder, &["owner-link"]).await);
    let owners = token(&admin(&folder, &["owner-link"]).await);
    let mut olga = Peer::tcp(&server).await;
    olga.send(sign_up("Olga", &old)).await;
    assert_eq!(olga.expect("error").await["code"], "invitation_invalid");
    olga.send(sign_up("Olga", &owners)).await;
    assert_eq!(olga.expect("welcome").await["role"], "owner");
    admin(&folder, &["owner-link"])
        .await
        .assert_refused(&["has an owner"]);

    olga.send(json!({"type": "create_room", "name": "den", "kind": "private"}))
        .await;
    olga.expect("room_joined").await;
    let invite = ["invite", "--room", "den", "--uses", "2", "--days", "1"];
    let link = token(&admin(&folder, &invite).await);
    for name in ["Mia", "Tom"] {
        let mut peer = Peer::tcp(&server).await;
        peer.send(sign_up(name, &link)).await;
        let rooms = peer.expect("welcome").await["rooms"].to_string();
        assert!(rooms.contains("\"den\""), "{rooms}");
    }
    let mut late = Peer::tcp(&server).await;
    late.send(sign_up("Late", &link)).await;
    assert_eq!(late.expect("error").await["code"], "invitation_invalid");
    let plain = token(&admin(&folder, &["invite"]).await);
    late.send(sign_up("Late", &plain)).await;
    assert!(late.expect("welcome").await["role"].is_null(), "a member");
    for (arguments, says) in [
        (&["invite", "--room", "attic"][..], "no such room"),
        (&["invite", "--room", "lobby"], "lobby"),
        (&["invite", "--days", "400"], "within a year"),
        (&["invite", "--uses", "0"], "1 to 10,000"),
    ] {
        admin(&folder, arguments).await.assert_refused(&[says]);
    }
    server.stop().await;
}
