//! Who asks for too much is told when to come back, and nobody else notices. The limits are a hundredth of the usual ones.

use serde_json::json;
use server::config::RateLimit;
use server::{Config, Server};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http::{Uploader, exchange};
use crate::peer::{Peer, config};
use crate::resync::{Person, texts};

async fn start(folder: &TempDir, factor: &str) -> Server {
    let limited = Config {
        rate_limit: factor.parse::<RateLimit>().unwrap(),
        loopback_is_exempt: false,
        ..config(folder)
    };
    Server::start(limited).await.unwrap()
}

#[tokio::test]
async fn a_request_too_many_is_answered_with_the_time_to_wait_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, "0.01").await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    let welcome = ann.claim("Ann").await;
    bob.claim("Bob").await;
    for text in ["one", "two", "three", "four"] {
        ann.send(json!({"type": "send_message", "request_id": 7, "room": "lobby", "text": text}))
            .await;
    }
    // Other kinds of requests go on, and a ping is no request.
    ann.send(json!({"type": "ping", "request_id": 8})).await;
    ann.send(json!({"type": "list_rooms", "request_id": 9}))
        .await;
    let (mut accepted, mut refused, mut others) = (0, Vec::new(), 0);
    while accepted + refused.len() + others < 6 {
        let frame = ann.read_lasting().await;
        match frame["type"].as_str().unwrap() {
            "message_accepted" => accepted += 1,
            "error" => refused.push(frame),
            "pong" | "rooms_listed" => others += 1,
            _event => {}
        }
    }
    assert_eq!((accepted, others), (2, 2));
    for error in &refused {
        assert_eq!(
            (&error["code"], &error["request_id"]),
            (&json!("rate_limited"), &json!(7))
        );
        assert!(error["retry_after_ms"].as_u64() >= Some(1), "{error}");
        assert!(
            error["message"].as_str().unwrap().contains("messages"),
            "{error}"
        );
    }
    // It is the person who is limited, on whichever connection, and nobody else.
    let mut again = Peer::tcp(&server).await;
    again.resume(&welcome, 2).await;
    again.say("five").await;
    assert_eq!(again.expect("error").await["code"], "rate_limited");
    bob.say("hello").await;
    assert_eq!([bob.hear().await.1, bob.hear().await.1], ["one", "two"]);
    assert_eq!(
        bob.hear().await.1,
        "hello",
        "what was refused is not stored"
    );
    server.stop().await;
}

#[tokio::test]
async fn rooms_and_uploads_have_limits_of_their_own_on_every_transport() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, "0.01").await;
    let mut ann = Peer::tcp(&server).await;
    let welcome = ann.claim("Ann").await;
    ann.send(json!({"type": "create_room", "name": "first"}))
        .await;
    ann.expect("room_joined").await;
    ann.send(json!({"type": "create_room", "name": "second"}))
        .await;
    let refused = ann.expect("error").await;
    assert_eq!(refused["code"], "rate_limited");
    // One in a thousand seconds.
    assert!(
        refused["retry_after_ms"].as_u64() > Some(500_000),
        "{refused}"
    );

    let begin = json!({"name": "a", "size_bytes": 1});
    for _ in 0..5 {
        ann.send(json!({"type": "begin_upload", "name": "a", "size_bytes": 1}))
            .await;
        ann.expect("upload_status").await;
    }
    let uploader = Uploader::new(&welcome);
    for _ in 0..5 {
        assert_eq!(
            uploader.post(&server, "/api/uploads", &begin).await.status,
            200
        );
    }
    let refused = uploader.post(&server, "/api/uploads", &begin).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "rate_limited")
    );
    let ms = refused.json()["retry_after_ms"].as_u64().unwrap();
    assert_eq!(refused.header("retry-after"), ms.div_ceil(1000).to_string());
    server.stop().await;
}

#[tokio::test]
async fn connections_and_requests_of_an_address_are_limited() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, "0.01").await;
    let mut ann = Peer::tcp(&server).await;
    ann.claim("Ann").await;
    let mut stream = TcpStream::connect(server.http_address()).await.unwrap();
    let head = format!("host: {}\r\n", server.http_address());
    let api = format!("GET /api/files/none HTTP/1.1\r\n{head}\r\n");
    let link = format!("GET /files/none HTTP/1.1\r\n{head}\r\n");
    let last = format!("GET /files/none HTTP/1.1\r\n{head}connection: close\r\n\r\n");
    let requests = [api.repeat(40), link.repeat(40), last].concat();
    stream.write_all(requests.as_bytes()).await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    let count = |status: &str| answers.matches(&format!("HTTP/1.1 {status} ")).count();
    assert_eq!(
        (count("404") + count("429"), count("404") >= 50),
        (81, true)
    );
    assert!(
        count("429") > 0 && answers.contains("\"rate_limited\""),
        "{answers}"
    );

    // Two have come already.
    let mut refused = None;
    for _ in 0..40 {
        let answer = exchange(&server, "GET /health HTTP/1.1", b"").await;
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("one is too many");
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (429, "rate_limited")
    );
    assert_ne!(refused.header("retry-after"), "");
    let error = Peer::tcp(&server).await.expect("error").await;
    assert_eq!(error["code"], "rate_limited");
    // Who is connected stays so.
    ann.say("still here").await;
    ann.expect("message_accepted").await;
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_writes_too_fast_sends_all_of_it_in_order() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder, "0.5").await;
    let mut ann = Person::new(server.tcp_address(), "Ann").await;
    let written: Vec<String> = (0..130).map(|number| number.to_string()).collect();
    for text in &written {
        ann.say(text, Vec::new());
    }
    ann.wait("told to wait", |view| view.outbox.trouble().is_some())
        .await;
    ann.wait("done", |view| view.outbox.messages().is_empty())
        .await;
    assert_eq!(texts(&ann.events()), written);
    server.stop().await;
}
