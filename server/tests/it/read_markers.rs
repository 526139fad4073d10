//! How far people have read: on all of their devices, after a restart, and seen by others in small rooms.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::peer::{Peer, start};

async fn mark(peer: &mut Peer, room: &str, sequence: u64) {
    peer.send(json!({"type": "mark_read", "room": room, "sequence": sequence}))
        .await;
}

/// Another connection of who was welcomed.
async fn again(server: &Server, welcome: &Value) -> (Peer, Value) {
    let mut peer = Peer::websocket(server).await;
    let welcomed = peer.resume(welcome, 0).await;
    (peer, welcomed)
}

fn read(welcome: &Value, room: usize) -> Value {
    welcome["rooms"][room]["read"].clone()
}

/// The server has handled what the peer sent before.
async fn settle(peer: &mut Peer) {
    peer.send(json!({"type": "ping", "request_id": 77})).await;
    peer.expect("pong").await;
}

/// Says so many messages in the lobby.
async fn talk(peer: &mut Peer, messages: u64) {
    for number in 0..messages {
        peer.say(&format!("message {number}")).await;
        peer.expect("message_accepted").await;
    }
}

#[tokio::test]
async fn what_is_read_on_one_device_is_read_on_all() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let anns = ann.claim("Ann").await;
    assert_eq!(
        read(&anns, 0),
        json!({"sequence": 0, "unread": 0, "mentions": 0}),
        "nothing was said yet"
    );
    bob.claim("Bob").await;
    talk(&mut bob, 3).await;
    ann.say("my own").await;
    talk(&mut bob, 2).await;
    let (mut tablet, welcome) = again(&server, &anns).await;
    assert_eq!(
        read(&welcome, 0),
        json!({"sequence": 0, "unread": 5, "mentions": 0})
    );
    mark(&mut ann, "lobby", 2).await;
    let moved = tablet.expect("read_marker_moved").await;
    assert_eq!(moved["room_id"], anns["rooms"][0]["room"]["room_id"]);
    assert_eq!(moved["person_id"], anns["person"]["id"]);
    assert_eq!(moved["sequence"], 2);
    assert_eq!(
        (&moved["unread"], &moved["mentions"]),
        (&json!(3), &json!(0))
    );
    assert_eq!(moved["counted_to"], 6);
    // It never goes back, and no further than there is something to read.
    mark(&mut ann, "lobby", 1).await;
    mark(&mut ann, "#Lobby", 1000).await;
    let moved = tablet.expect("read_marker_moved").await;
    assert_eq!(
        (&moved["sequence"], &moved["unread"]),
        (&json!(6), &json!(0))
    );
    mark(&mut tablet, "lobby", 3).await;
    settle(&mut tablet).await;
    let (_phone, welcome) = again(&server, &anns).await;
    assert_eq!(
        read(&welcome, 0),
        json!({"sequence": 6, "unread": 0, "mentions": 0}),
        "stored or not yet"
    );
    server.stop().await;
    let server = start(&folder).await;
    let (_ann, welcome) = again(&server, &anns).await;
    assert_eq!(
        read(&welcome, 0),
        json!({"sequence": 6, "unread": 0, "mentions": 0}),
        "after a stop"
    );
    server.stop().await;
}

#[tokio::test]
async fn whoever_says_it_is_not_told_but_others_in_a_small_room_are() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    let anns = ann.claim("Ann").await;
    bob.claim("Bob").await;
    talk(&mut bob, 2).await;
    mark(&mut ann, "lobby", 2).await;
    let moved = bob.expect("read_marker_moved").await;
    assert_eq!(moved["person_id"], anns["person"]["id"]);
    assert_eq!(moved["sequence"], 2);
    assert_eq!(moved["unread"], 0);
    assert!(
        moved.get("counted_to").is_none(),
        "how much she has to read is her own"
    );
    ann.send(json!({"type": "ping"})).await;
    loop {
        let frame = ann.read().await.unwrap();
        assert_ne!(frame["type"], "read_marker_moved");
        if frame["type"] == "pong" {
            break;
        }
    }
    // Who asks later is told too; Bob has said nothing.
    bob.send(json!({"type": "list_members", "room": "lobby"}))
        .await;
    let listed = bob.expect("members_listed").await;
    let markers: Vec<_> = listed["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (&member["person"]["name"], &member["read_sequence"]))
        .collect();
    assert!(markers.contains(&(&json!("Ann"), &json!(2))), "{markers:?}");
    assert!(markers.contains(&(&json!("Bob"), &json!(0))), "{markers:?}");
    // One who is not in the room reads nothing there.
    bob.send(json!({"type": "create_room", "name": "garden"}))
        .await;
    let garden = bob.expect("room_entered").await;
    mark(&mut ann, "garden", 2).await;
    mark(
        &mut ann,
        garden["room"]["room"]["room_id"].as_str().unwrap(),
        2,
    )
    .await;
    mark(&mut ann, "nowhere", 2).await;
    settle(&mut ann).await;
    server.stop().await;
}

#[tokio::test]
async fn in_a_large_room_nobody_is_told_how_far_others_have_read() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let anns = ann.claim("Ann").await;
    bob.claim("Bob").await;
    // They are members of the lobby, connected or not.
    for number in 0..19 {
        Peer::tcp(&server).await.claim(&format!("P {number}")).await;
    }
    talk(&mut bob, 1).await;
    let (mut tablet, _) = again(&server, &anns).await;
    mark(&mut ann, "lobby", 1).await;
    assert_eq!(tablet.expect("read_marker_moved").await["sequence"], 1);
    bob.send(json!({"type": "list_members", "room": "lobby"}))
        .await;
    loop {
        let frame = bob.read().await.unwrap();
        assert_ne!(frame["type"], "read_marker_moved");
        if frame["type"] == "members_listed" {
            let members = frame["members"].as_array().unwrap();
            assert_eq!(members.len(), 21);
            assert!(members.iter().all(|m| m.get("read_sequence").is_none()));
            break;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn what_was_said_before_one_came_counts_as_read() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut bob = Peer::tcp(&server).await;
    bob.claim("Bob").await;
    talk(&mut bob, 2).await;
    bob.send(json!({"type": "create_room", "name": "garden"}))
        .await;
    bob.expect("room_joined").await;
    let say = json!({"type": "send_message", "room": "garden", "text": "one"});
    bob.send(say.clone()).await;
    bob.expect("message_accepted").await;
    let mut ann = Peer::tcp(&server).await;
    let anns = ann.claim("Ann").await;
    assert_eq!(
        read(&anns, 0),
        json!({"sequence": 2, "unread": 0, "mentions": 0})
    );
    let join = json!({"type": "join_room", "room": "garden"});
    ann.send(join.clone()).await;
    let entered = ann.expect("room_entered").await;
    assert_eq!(
        entered["room"]["read"],
        json!({"sequence": 3, "unread": 0, "mentions": 0})
    );
    bob.send(say.clone()).await;
    bob.expect("message_accepted").await;
    let (_tablet, welcome) = again(&server, &anns).await;
    assert_eq!(
        read(&welcome, 1),
        json!({"sequence": 3, "unread": 1, "mentions": 0})
    );
    // One who comes back has not missed what was said in between.
    ann.send(json!({"type": "leave_room", "room": "garden"}))
        .await;
    ann.expect("done").await;
    bob.send(say).await;
    bob.expect("message_accepted").await;
    ann.send(join).await;
    let entered = ann.expect("room_entered").await;
    assert_eq!(entered["room"]["read"]["unread"], 0);
    assert_eq!(entered["room"]["read"]["sequence"], 7);
    server.stop().await;
}

#[tokio::test]
async fn marks_that_come_thick_and_fast_are_told_in_the_end() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let anns = ann.claim("Ann").await;
    bob.claim("Bob").await;
    talk(&mut bob, 100).await;
    let (mut tablet, _) = again(&server, &anns).await;
    for sequence in 1..=100 {
        mark(&mut ann, "lobby", sequence).await;
    }
    let mut told = Vec::new();
    while told.last() != Some(&100) {
        let moved = tablet.expect("read_marker_moved").await;
        told.push(moved["sequence"].as_u64().unwrap());
    }
    assert!(told.is_sorted(), "{told:?}");
    assert!(told.len() <= 10, "{told:?}");
    server.stop().await;
}
