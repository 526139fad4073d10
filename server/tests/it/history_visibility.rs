//! What newcomers may read, and what they are never sent.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::operator::run;
use crate::peer::{Peer, start};

fn say(text: &str) -> Value {
    json!({"type": "send_message", "room": "den", "text": text})
}

async fn read(somebody: &mut Somebody, before: Option<u64>) -> Vec<u64> {
    let request = json!({"type": "read_history", "room": "den", "before": before, "limit": 200});
    let page = somebody.ask(request).await;
    let events = page["events"].as_array().unwrap().iter();
    events.map(|it| it["sequence"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn who_comes_later_is_never_sent_what_was_said_before() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let mut bob = Somebody::new(&folder, &server, "Bob", "member").await;
    ann.ask(json!({
        "type": "create_room", "name": "den", "kind": "private", "history": "since_joining",
    }))
    .await;
    for _ in 0..5 {
        ann.ask(say("secret")).await;
    }
    ann.done(json!({"type": "add_member", "room": "den", "person_id": bob.id()}))
        .await;
    let entered = bob.peer.expect("room_entered").await;
    let opening = &entered["room"];
    assert_eq!(
        (&opening["first_sequence"], &opening["events_from"]),
        (&json!(9), &json!(9))
    );
    let room = opening["room"]["room_id"].clone();
    assert_eq!(bob.peer.expect("room_event").await["sequence"], 9);
    ann.ask(say("open")).await;
    assert_eq!(read(&mut bob, None).await, [9, 10]);
    assert_eq!(read(&mut bob, Some(10)).await, [9]);
    assert_eq!(read(&mut bob, Some(9)).await, [0; 0]);
    assert_eq!(read(&mut bob, Some(5)).await, [0; 0]);
    assert_eq!(read(&mut ann, None).await, (1..=10).collect::<Vec<_>>());

    // Whatever a client says that it has.
    for last in [0, 3, 8, 9, 99] {
        let mut peer = Peer::tcp(&server).await;
        let credentials = json!({"type": "session_token", "token": bob.welcome["session_token"]});
        let rooms = json!([{"room_id": room, "last_sequence": last}]);
        let resume = json!({"epoch": bob.welcome["epoch"], "rooms": rooms});
        peer.send(json!({
            "type": "hello", "protocol": 1, "credentials": credentials, "resume": resume,
        }))
        .await;
        let welcome = peer.expect("welcome").await;
        let opening = &welcome["rooms"][1];
        assert_eq!(opening["first_sequence"], 9);
        let from = opening["events_from"].as_u64().unwrap();
        assert_eq!(from, if last == 9 { 10 } else { 9 }, "{last}");
        assert_eq!(peer.expect("room_event").await["sequence"], from);
    }
    for sequence in [4, 8] {
        let report = json!({"type": "report_message", "room": "den", "sequence": sequence});
        assert_eq!(bob.code(report).await, "not_found");
        let remove = json!({"type": "remove_message", "room": "den", "sequence": sequence});
        assert_eq!(bob.code(remove).await, "not_found");
    }
    // Opening it up is for those who come from then on.
    ann.done(json!({"type": "change_room", "room": "den", "history": "all"}))
        .await;
    assert_eq!(read(&mut bob, Some(10)).await, [9]);
    let mut cy = Somebody::new(&folder, &server, "Cy", "member").await;
    bob.done(json!({"type": "add_member", "room": "den", "person_id": cy.id()}))
        .await;
    assert_eq!(read(&mut cy, None).await, (1..=12).collect::<Vec<_>>());
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn coming_back_one_has_lost_what_came_before_and_between() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let mut bob = Somebody::new(&folder, &server, "Bob", "member").await;
    ann.ask(json!({"type": "create_room", "name": "den", "history": "since_joining"}))
        .await;
    bob.ask(json!({"type": "join_room", "room": "den"})).await;
    ann.ask(say("first time")).await;
    bob.done(json!({"type": "leave_room", "room": "den"})).await;
    ann.ask(say("between")).await;
    bob.ask(json!({"type": "join_room", "room": "den"})).await;
    ann.ask(say("second time")).await;
    let first = read(&mut bob, None).await[0];
    assert_eq!(read(&mut bob, None).await, [first, first + 1]);
    server.stop().await;
}
