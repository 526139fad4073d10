//! Rooms whose messages are kept for a number of days.

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::http::{Uploader, exchange};
use crate::operator::{content_path, run};
use crate::peer::{Peer, start};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn database(folder: &TempDir) -> Connection {
    Connection::open(folder.path().join("data/chinwag.db")).unwrap()
}

/// The server sleeps while its clock goes on: everything up to this event is days older.
fn age(folder: &TempDir, room: &str, to: u64, days: i64) {
    let aged = database(folder).execute(
        "UPDATE events SET at_ms = at_ms - ?3 WHERE sequence <= ?2
             AND room_id = (SELECT id FROM rooms WHERE name = ?1)",
        rusqlite::params![room, to as i64, days * DAY_MS],
    );
    assert_eq!(aged.unwrap() as u64, to);
}

fn keep(folder: &TempDir, room: &str, days: Option<u32>) {
    let sql = "UPDATE rooms SET retention_days = ?2 WHERE name = ?1";
    let kept = database(folder).execute(sql, rusqlite::params![room, days]);
    assert_eq!(kept.unwrap(), 1);
}

fn kinds(events: &Value) -> Vec<&str> {
    let events = events["events"].as_array().unwrap().iter();
    events
        .map(|event| event["event"]["type"].as_str().unwrap())
        .collect()
}

async fn history(somebody: &mut Somebody, room: &str) -> Value {
    let request = json!({"type": "read_history", "room": room, "limit": 100});
    somebody.ask(request).await
}

#[tokio::test]
async fn what_is_too_old_is_gone_and_members_are_told_once() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    for room in ["den", "attic"] {
        mia.ask(json!({"type": "create_room", "name": room})).await;
    }
    let uploader = Uploader::new(&mia.welcome);
    let old = uploader.upload(&server, "old.txt", None, b"old").await;
    let both = uploader.upload(&server, "both.txt", None, b"both").await;
    for (room, files) in [
        ("den", json!([old["file_id"], both["file_id"]])),
        ("den", json!([])),
        ("den", json!([both["file_id"]])),
        ("attic", json!([])),
    ] {
        let request =
            json!({"type": "send_message", "room": room, "text": "x", "attachments": files});
        assert_eq!(mia.ask(request).await["type"], "message_accepted");
    }
    server.stop().await;
    keep(&folder, "den", Some(7));
    age(&folder, "den", 4, 8);
    age(&folder, "attic", 3, 8);

    let server = start(&folder).await;
    let mut watcher = Peer::tcp(&server).await;
    let welcome = watcher.resume(&mia.welcome, 0).await;
    mia.peer = watcher;
    let den = welcome["rooms"].as_array().unwrap().iter();
    let den = den
        .map(|opening| &opening["room"])
        .find(|room| room["name"] == "den");
    let den = den.unwrap()["room_id"].clone();
    let told = loop {
        let event = mia.peer.expect("room_event").await;
        if event["event"]["type"] == "messages_removed" {
            break event;
        }
    };
    assert_eq!(
        (&told["room_id"], &told["person"]["name"]),
        (&den, &json!("Chinwag"))
    );
    assert_eq!(
        told["event"],
        json!({"type": "messages_removed", "from": 1, "to": 4})
    );
    let expected = [
        "room_created",
        "member_joined",
        "removed",
        "removed",
        "message_sent",
        "messages_removed",
    ];
    assert_eq!(kinds(&history(&mut mia, "den").await), expected);
    let attic = history(&mut mia, "attic").await;
    assert_eq!(
        kinds(&attic),
        ["room_created", "member_joined", "message_sent"]
    );
    for (file, status) in [(&old, 404), (&both, 200)] {
        let link = file["link"].as_str().unwrap();
        let answer = exchange(&server, &format!("GET {link} HTTP/1.1"), b"").await;
        assert_eq!(answer.status, status, "{link}");
    }
    server.stop().await;
    // It was set by hand, of which the log knows nothing.
    keep(&folder, "den", None);
    run(&folder, &["fsck"]).await.assert_clean();
    keep(&folder, "den", Some(7));

    // Nothing is left to remove, so that nothing is told.
    let server = start(&folder).await;
    mia.peer = Peer::tcp(&server).await;
    mia.peer.resume(&mia.welcome, 0).await;
    assert_eq!(kinds(&history(&mut mia, "den").await), expected);
    server.stop().await;

    // The next time tells of the first ones as well, for who was away.
    age(&folder, "den", 5, 8);
    let server = start(&folder).await;
    mia.peer = Peer::tcp(&server).await;
    mia.peer.resume(&mia.welcome, 0).await;
    let told = loop {
        let event = mia.peer.expect("room_event").await;
        if event["sequence"] == 7 {
            break event;
        }
    };
    assert_eq!(
        told["event"],
        json!({"type": "messages_removed", "from": 1, "to": 5})
    );
    server.stop().await;
}

#[tokio::test]
async fn contents_of_removed_messages_are_collected() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    let file = Uploader::new(&mia.welcome)
        .upload(&server, "old.txt", None, b"old")
        .await;
    let request =
        json!({"type": "send_message", "room": "lobby", "attachments": [file["file_id"]]});
    mia.ask(request).await;
    server.stop().await;
    keep(&folder, "lobby", Some(1));
    age(&folder, "lobby", 1, 2);
    let path = content_path(&folder.path().join("uploads"), &file);
    let server = start(&folder).await;
    mia.peer = Peer::tcp(&server).await;
    mia.peer.resume(&mia.welcome, 1).await;
    mia.peer.expect("room_event").await;
    server.stop().await;
    // The collection of that start may have come before the removal.
    let server = start(&folder).await;
    for _ in 0..1_000 {
        if !path.exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert!(!path.exists());
    server.stop().await;
    // It was set by hand, of which the log knows nothing.
    keep(&folder, "lobby", None);
    run(&folder, &["fsck"]).await.assert_clean();
}
