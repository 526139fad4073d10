use serde_json::json;
use tempfile::TempDir;

use crate::peer::{Peer, start};

#[tokio::test]
async fn bad_lines_get_an_error_and_the_connection_goes_on() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    for mut peer in [Peer::tcp(&server).await, Peer::websocket(&server).await] {
        for bad in ["hello?", "{}", "[1]", "{\"type\":\"hello\"}"] {
            peer.send_raw(bad).await;
            assert_eq!(
                peer.expect("error").await["code"],
                "malformed_frame",
                "{bad}"
            );
        }
        peer.say("before signing in").await;
        assert_eq!(peer.expect("error").await["code"], "not_signed_in");
        peer.send(
            json!({"type": "hello", "protocol": 9, "credentials": {"type": "of_the_future"}}),
        )
        .await;
        assert_eq!(peer.expect("error").await["code"], "unsupported_protocol");
    }
    let mut peer = Peer::tcp(&server).await;
    peer.claim("Ann").await;
    peer.send_raw("nonsense").await;
    assert_eq!(peer.expect("error").await["code"], "malformed_frame");
    peer.say("still here").await;
    peer.expect("message_accepted").await;
    peer.say(" ").await;
    assert_eq!(peer.expect("error").await["code"], "message_empty");
    peer.say(&"x".repeat(32 * 1024 + 1)).await;
    assert_eq!(peer.expect("error").await["code"], "text_too_long");
    server.stop().await;
}

#[tokio::test]
async fn an_endless_line_closes_the_connection() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    peer.send_raw(&"x".repeat(256 * 1024 + 1)).await;
    assert_eq!(peer.expect("error").await["code"], "frame_too_large");
    assert_eq!(peer.read().await, None);
    server.stop().await;
}

#[tokio::test]
async fn a_name_in_use_and_a_stale_token_are_refused() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut first, mut second) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    first.claim("Ann").await;
    let credentials = json!({"type": "claim_name", "name": "ANN"});
    second
        .send(json!({"type": "hello", "protocol": 1, "credentials": credentials}))
        .await;
    let refused = second.expect("error").await;
    assert_eq!(
        (&refused["code"], &refused["details"]),
        (&json!("name_taken"), &json!(null))
    );
    // With a Cyrillic first letter.
    let credentials = json!({"type": "claim_name", "name": "\u{410}nn"});
    second
        .send(json!({"type": "hello", "protocol": 1, "credentials": credentials}))
        .await;
    let refused = second.expect("error").await;
    assert_eq!(refused["code"], "name_taken");
    assert_eq!(refused["details"], json!({"looks_like": "Ann"}));
    assert_eq!(
        refused["message"],
        "This name looks like “Ann”, which is taken; choose another."
    );
    let credentials = json!({"type": "session_token", "token": "guessed"});
    second
        .send(json!({"type": "hello", "protocol": 1, "credentials": credentials}))
        .await;
    assert_eq!(second.expect("error").await["code"], "invalid_token");
    assert_eq!(
        second.claim("Bob").await["person"]["name"],
        "Bob",
        "a refusal is not the end"
    );
    server.stop().await;
}
