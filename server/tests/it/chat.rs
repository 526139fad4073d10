use serde_json::json;
use tempfile::TempDir;

use crate::peer::{Peer, start};

#[tokio::test]
async fn a_line_typed_into_tcp_appears_on_a_websocket_and_back() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut typed, mut browser) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    typed.claim("Typed").await;
    browser.claim("Browser").await;
    typed.say("hello from a line").await;
    assert_eq!(browser.hear().await, (1, "hello from a line".to_owned()));
    browser.say("hello from a page").await;
    assert_eq!(browser.hear().await, (2, "hello from a page".to_owned()));
    assert_eq!(typed.hear().await, (1, "hello from a line".to_owned()));
    assert_eq!(typed.hear().await, (2, "hello from a page".to_owned()));
    server.stop().await;
}

#[tokio::test]
async fn a_repeated_send_is_acknowledged_again_and_stored_once() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    peer.claim("Ann").await;
    let send = |text: &str| {
        json!({
            "type": "send_message", "room": "#lobby", "text": text, "request_id": 9,
            "transaction_id": "01935a00-0000-7000-8000-000000000001",
        })
    };
    for _ in 0..2 {
        peer.send(send("once")).await;
        let accepted = peer.expect("message_accepted").await;
        assert_eq!(
            (&accepted["sequence"], &accepted["request_id"]),
            (&json!(1), &json!(9))
        );
    }
    peer.send(send("twice")).await;
    assert_eq!(peer.expect("error").await["code"], "transaction_conflict");
    peer.say("next").await;
    assert_eq!(peer.expect("message_accepted").await["sequence"], 2);
    server.stop().await;
}

#[tokio::test]
async fn a_peer_resumes_after_the_server_was_restarted() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut reader, mut writer) = (Peer::websocket(&server).await, Peer::tcp(&server).await);
    let welcome = reader.claim("Reader").await;
    let author = writer.claim("Writer").await;
    writer.say("one").await;
    writer.expect("message_accepted").await;
    assert_eq!(reader.hear().await.0, 1);
    drop(reader);
    for text in ["two", "three"] {
        writer.say(text).await;
        writer.expect("message_accepted").await;
    }
    server.stop().await;
    assert!(writer.expect("draining").await["reconnect_after_ms"].as_u64() > Some(0));

    let server = start(&folder).await;
    let (mut reader, mut writer) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    assert_eq!(reader.resume(&welcome, 1).await["epoch"], welcome["epoch"]);
    writer.resume(&author, 3).await;
    writer.say("four").await;
    for (sequence, text) in [(2, "two"), (3, "three"), (4, "four")] {
        assert_eq!(reader.hear().await, (sequence, text.to_owned()));
    }
    server.stop().await;
}

#[tokio::test]
async fn rooms_are_created_joined_and_left() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    ann.claim("Ann").await;
    bob.claim("Bob").await;
    ann.send(json!({"type": "create_room", "name": "build", "request_id": 1}))
        .await;
    assert_eq!(ann.read_lasting().await["type"], "room_entered");
    assert_eq!(ann.read_lasting().await["type"], "room_joined");
    bob.send(json!({"type": "send_message", "room": "build", "text": "let me in"}))
        .await;
    assert_eq!(bob.expect("error").await["code"], "not_a_member");
    bob.send(json!({"type": "join_room", "room": "build"}))
        .await;
    bob.expect("room_joined").await;
    bob.send(json!({"type": "send_message", "room": "build", "text": "made it"}))
        .await;
    assert_eq!(ann.hear().await.1, "made it");
    bob.send(json!({"type": "leave_room", "room": "build"}))
        .await;
    bob.expect("room_exited").await;
    bob.send(json!({"type": "read_history", "room": "build", "limit": 10}))
        .await;
    assert_eq!(bob.expect("error").await["code"], "not_a_member");
    ann.send(json!({"type": "read_history", "room": "build", "limit": 10}))
        .await;
    let page = ann.expect("history_page").await;
    let sequences: Vec<u64> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["sequence"].as_u64().unwrap())
        .collect();
    assert_eq!(sequences, [1, 2, 3, 4, 5]);
    server.stop().await;
}

#[tokio::test]
async fn many_requests_in_one_piece_are_all_answered() {
    const REQUESTS: u64 = 500;
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut typed, mut browser) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    typed.claim("Typed").await;
    browser.claim("Browser").await;
    let message = |number: u64| json!({"type": "send_message", "request_id": number, "room": "lobby", "text": format!("{number}")});
    let lines: Vec<String> = (1..=REQUESTS)
        .map(|number| message(number).to_string())
        .collect();
    typed.send_raw(&lines.join("\n")).await;
    for sequence in 1..=REQUESTS {
        assert_eq!(browser.hear().await, (sequence, sequence.to_string()));
    }
    for number in 1..=REQUESTS {
        browser
            .send(json!({"type": "ping", "request_id": number}))
            .await;
    }
    for number in 1..=REQUESTS {
        assert_eq!(browser.expect("pong").await["request_id"], number);
        assert_eq!(typed.expect("message_accepted").await["request_id"], number);
    }
    server.stop().await;
}
