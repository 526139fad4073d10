//! People who are removed from the server, with and without what they wrote.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::http::{Uploader, exchange};
use crate::operator::run;
use crate::peer::{Peer, start};

/// What a message that anybody sends is, with a room and a text.
fn message(room: &str, text: &str) -> Value {
    json!({"type": "send_message", "room": room, "text": text})
}

async fn history(somebody: &mut Somebody, room: &str) -> Vec<Value> {
    let request = json!({"type": "read_history", "room": room, "limit": 100});
    let page = somebody.ask(request).await;
    page["events"].as_array().unwrap().clone()
}

/// What an event says, or what it is.
fn gist(event: &Value) -> String {
    let body = &event["event"];
    let kind = body["type"].as_str().unwrap();
    match body["text"].as_str() {
        Some(text) => text.to_owned(),
        None => kind.to_owned(),
    }
}

async fn attach(somebody: &mut Somebody, room: &str, file: &Value) {
    let request = json!({"type": "send_message", "room": room, "attachments": [file["file_id"]]});
    assert_eq!(somebody.ask(request).await["type"], "message_accepted");
}

#[tokio::test]
async fn who_is_removed_leaves_nothing_but_words_behind() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    mia.ask(json!({"type": "create_room", "name": "den"})).await;
    admin.ask(json!({"type": "join_room", "room": "den"})).await;
    mia.ask(message("den", "hello")).await;
    let request = json!({"type": "remove_person", "person_id": mia.id()});
    admin.done(request.clone()).await;
    assert_eq!(admin.code(request).await, "person_not_found");

    let events = history(&mut admin, "den").await;
    let gists: Vec<String> = events.iter().map(gist).collect();
    assert_eq!(gists.last().unwrap(), "member_left");
    assert!(gists.contains(&"hello".to_owned()), "{gists:?}");
    assert_eq!(events.last().unwrap()["person"]["name"], "Mia");
    for room in ["den", "lobby"] {
        let members = admin
            .ask(json!({"type": "list_members", "room": room}))
            .await;
        assert_eq!(members["total"], 1, "{members}");
        assert_eq!(members["members"][0]["person"]["name"], "Adam");
    }
    let people = admin.ask(json!({"type": "list_people"})).await;
    assert_eq!(people["people"].as_array().unwrap().len(), 1);
    let uploader = Uploader::new(&mia.welcome);
    let refused = uploader.post(&server, "/api/uploads", &json!({})).await;
    assert_eq!(refused.code(), "invalid_token");
    let token = json!({"type": "session_token", "token": mia.welcome["session_token"]});
    let mut late = Peer::tcp(&server).await;
    late.send(json!({"type": "hello", "protocol": 1, "credentials": token}))
        .await;
    assert_eq!(late.expect("error").await["code"], "invalid_token");
    // The name, and what looks like it, is free again.
    Peer::tcp(&server).await.claim("Mìa").await;
    let (by, action, subject) = &admin.audit().await[0];
    let id = mia.id();
    let expected = format!("Mia ({})", id.as_str().unwrap());
    assert_eq!(
        (&**by, &**action, subject),
        ("Adam", "remove_person", &expected)
    );
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn messages_go_with_their_author_where_it_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    let uploader = Uploader::new(&mia.welcome);
    let upload = async |name: &str, text: &[u8]| uploader.upload(&server, name, None, text).await;
    let own = upload("own.txt", b"mine").await;
    let shared = upload("shared.txt", b"ours").await;
    let unsent = upload("unsent.txt", b"nowhere").await;
    attach(&mut mia, "lobby", &own).await;
    attach(&mut mia, "lobby", &shared).await;
    attach(&mut admin, "lobby", &shared).await;
    admin.ask(message("lobby", "stays")).await;
    // More than one step.
    for number in 0..600 {
        mia.peer
            .send(message("lobby", &format!("goes {number}")))
            .await;
    }
    mia.ask(json!({"type": "ping"})).await;
    let sent = mia.ask(message("lobby", "the last")).await;
    let last = sent["sequence"].as_u64().unwrap();
    assert_eq!(last, 605);

    let request = json!({"type": "remove_person", "person_id": mia.id(), "messages": true});
    admin.done(request).await;
    let told = admin.peer.expect("room_event");
    let mut event = told.await;
    while event["event"]["type"] != "messages_removed" {
        event = admin.peer.expect("room_event").await;
    }
    let expected = json!({"type": "messages_removed", "from": 1, "to": last, "of": mia.id()});
    assert_eq!(event["event"], expected);
    assert_eq!(event["person"]["name"], "Adam");

    // Whoever comes later gets nothing of it either, neither of the tail nor of the store.
    let mut late = Somebody::new(&folder, &server, "Late", "member").await;
    let events = history(&mut late, "lobby").await;
    let removed = events.iter().filter(|event| gist(event) == "removed");
    assert_eq!(removed.count(), 99, "{events:?}");
    let mut bodies = Vec::new();
    let db = rusqlite::Connection::open(folder.path().join("data/chinwag.db")).unwrap();
    let mut statement = db
        .prepare("SELECT body FROM events WHERE sequence < 606")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        bodies.push(row.get::<_, String>(0).unwrap());
    }
    bodies.retain(|body| body != r#"{"type":"removed"}"#);
    assert_eq!(bodies.len(), 2, "{bodies:?}");

    for (file, status) in [(&own, 404), (&unsent, 404), (&shared, 200)] {
        let link = file["link"].as_str().unwrap();
        let answer = exchange(&server, &format!("GET {link} HTTP/1.1"), b"").await;
        assert_eq!(answer.status, status, "{link}");
    }
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn a_removal_that_was_cut_short_goes_on() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    for text in ["one", "two", "three"] {
        mia.ask(message("lobby", text)).await;
    }
    server.stop().await;
    // As it is after the step that removes the first.
    let db = rusqlite::Connection::open(folder.path().join("data/chinwag.db")).unwrap();
    db.execute_batch(
        r#"UPDATE events SET body = '{"type":"removed"}' WHERE sequence = 1;
        INSERT INTO purges (room_id, of_person, next_sequence, to_sequence, by_person, by_name, removed)
        SELECT room_id, NULL, 2, 2, person_id, person_name, 1 FROM events WHERE sequence = 1;"#,
    )
    .unwrap();
    drop(db);
    let server = start(&folder).await;
    mia.peer = Peer::tcp(&server).await;
    mia.peer.resume(&mia.welcome, 3).await;
    let event = mia.peer.expect("room_event").await;
    let expected = json!({"type": "messages_removed", "from": 1, "to": 2});
    assert_eq!(event["event"], expected);
    let events = history(&mut mia, "lobby").await;
    let gists: Vec<String> = events.iter().map(gist).collect();
    assert_eq!(gists, ["removed", "removed", "three", "messages_removed"]);
    server.stop().await;
}

#[tokio::test]
async fn the_operator_removes_people_without_a_server_as_well() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    mia.ask(message("lobby", "one")).await;
    let mut olga = Somebody::new(&folder, &server, "Olga", "owner").await;
    server.stop().await;
    let remove = ["admin", "remove", "Mia", "--messages"];
    let removed = run(&folder, &remove).await;
    removed.assert_clean();
    assert_eq!(removed.out, "Mia is removed\n");
    run(&folder, &["admin", "remove", "Olga"])
        .await
        .assert_refused(&["needs an owner"]);
    run(&folder, &["fsck"]).await.assert_clean();
    let server = start(&folder).await;
    olga.peer = Peer::tcp(&server).await;
    olga.peer.resume(&olga.welcome, 0).await;
    let events = history(&mut olga, "lobby").await;
    let gists: Vec<String> = events.iter().map(gist).collect();
    assert_eq!(gists, ["removed", "messages_removed"]);
    // Nobody in particular removed them, and that is nobody whom one can find.
    assert_eq!(events[1]["person"]["name"], "Chinwag");
    let people = olga.ask(json!({"type": "list_people"})).await;
    assert_eq!(people["people"].as_array().unwrap().len(), 1);
    let members = olga
        .ask(json!({"type": "list_members", "room": "lobby"}))
        .await;
    assert_eq!(members["total"], 1, "{members}");
    server.stop().await;
}
