//! Whom messages mention.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::peer::{Peer, start};

/// What somebody who comes back has missed in their room of this index.
async fn missed(server: &Server, welcome: &Value, room: usize) -> (u64, u64) {
    let mut peer = Peer::tcp(server).await;
    let welcome = peer.resume(welcome, 0).await;
    let read = &welcome["rooms"][room]["read"];
    let count = |field: &str| read[field].as_u64().unwrap();
    (count("unread"), count("mentions"))
}

async fn say(peer: &mut Peer, room: &str, text: &str) {
    peer.send(json!({"type": "send_message", "room": room, "text": text}))
        .await;
    peer.expect("message_accepted").await;
}

#[tokio::test]
async fn messages_mention_those_whose_name_is_in_them() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut peers = Vec::new();
    let mut welcomes = Vec::new();
    for name in ["Ann", "Ann Lee", "Bob"] {
        let mut peer = Peer::tcp(&server).await;
        welcomes.push(peer.claim(name).await);
        peers.push(peer);
    }
    let bob = &mut peers[2];
    for text in [
        "nobody",
        "@ann come here",
        "hello @ANN, and again @Ann",
        "@Ann Lee, you too",
        "mail bob@ann or @annabel",
        "@Bob, I say to myself",
        "@Zoë is not here",
    ] {
        say(bob, "lobby", text).await;
    }
    assert_eq!(missed(&server, &welcomes[0], 0).await, (7, 2));
    assert_eq!(missed(&server, &welcomes[1], 0).await, (7, 1));
    assert_eq!(missed(&server, &welcomes[2], 0).await, (0, 0), "his own");
    say(bob, "lobby", "@all listen, @room too").await;
    assert_eq!(missed(&server, &welcomes[0], 0).await, (8, 3), "once");
    assert_eq!(missed(&server, &welcomes[1], 0).await, (8, 2));
    assert_eq!(missed(&server, &welcomes[2], 0).await, (0, 0));
    // Her other device is told what is left when she reads on.
    let mut tablet = Peer::websocket(&server).await;
    tablet.resume(&welcomes[0], 0).await;
    peers[0]
        .send(json!({"type": "mark_read", "room": "lobby", "sequence": 2}))
        .await;
    let moved = tablet.expect("read_marker_moved").await;
    assert_eq!(
        (&moved["unread"], &moved["mentions"]),
        (&json!(6), &json!(2))
    );
    server.stop().await;
}

#[tokio::test]
async fn those_who_are_not_in_the_room_are_not_mentioned() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let anns = ann.claim("Ann").await;
    bob.claim("Bob").await;
    bob.send(json!({"type": "create_room", "name": "garden"}))
        .await;
    bob.expect("room_joined").await;
    say(&mut bob, "garden", "@Ann is not here, @all").await;
    ann.send(json!({"type": "join_room", "room": "garden"}))
        .await;
    ann.expect("room_joined").await;
    say(&mut bob, "garden", "@Ann is here, and @room").await;
    assert_eq!(missed(&server, &anns, 1).await, (1, 1));
    // What she missed is forgotten with her membership.
    ann.send(json!({"type": "leave_room", "room": "garden"}))
        .await;
    ann.expect("done").await;
    ann.send(json!({"type": "join_room", "room": "garden"}))
        .await;
    ann.expect("room_joined").await;
    assert_eq!(missed(&server, &anns, 1).await, (0, 0));
    server.stop().await;
}

#[tokio::test]
async fn a_crowd_is_not_called_by_one_word() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut bob = Peer::tcp(&server).await;
    bob.claim("Bob").await;
    let mut welcome = json!(null);
    for number in 0..99 {
        let mut peer = Peer::tcp(&server).await;
        welcome = peer.claim(&format!("P {number}")).await;
    }
    say(&mut bob, "lobby", "@all").await;
    assert_eq!(missed(&server, &welcome, 0).await, (1, 1), "of a hundred");
    Peer::tcp(&server).await.claim("One more").await;
    say(&mut bob, "lobby", "@all").await;
    say(&mut bob, "lobby", "@P 98").await;
    assert_eq!(missed(&server, &welcome, 0).await, (3, 2));
    server.stop().await;
}
