//! Connections, silence, slow readers, and what operators can see of them.

use std::time::{Duration, Instant};

use serde_json::json;
use server::{Config, Server};
use shared::limits::Limits;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::peer::{Peer, config};

/// What an HTTP port answers to `GET path`.
async fn get(server: &Server, path: &str) -> String {
    let mut stream = TcpStream::connect(server.http_address()).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_on_each_port() {
    let folder = TempDir::new().unwrap();
    for per_address in [false, true] {
        let mut config = config(&folder);
        if per_address {
            config.connections_per_address_max = 2;
            config.loopback_is_exempt = false;
        } else {
            config.connections_max = 2;
        }
        let server = Server::start(config).await.unwrap();
        let (mut first, mut second) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
        first.claim(&format!("Ann {per_address}")).await;
        second.claim(&format!("Bob {per_address}")).await;
        let refusal = Peer::tcp(&server).await.expect("error").await;
        assert_eq!(refusal["code"], "too_many_connections");
        assert!(refusal["retry_after_ms"].as_u64() > Some(0));
        let answer = get(&server, "/").await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
        assert!(answer.contains("\r\nretry-after: "), "{answer}");
        assert!(answer.contains("\"too_many_connections\""), "{answer}");
        drop(first);
        // Until the server has noticed that there is room again.
        while get(&server, "/health").await.starts_with("HTTP/1.1 503 ") {}
        second.say("still here").await;
        second.expect("message_accepted").await;
        server.stop().await;
    }
}

#[tokio::test]
async fn the_silent_are_closed_and_those_who_ping_are_not() {
    let folder = TempDir::new().unwrap();
    let limits = Limits {
        silence_timeout_ms: 600,
        ..Limits::default()
    };
    let server = Server::start(Config {
        limits,
        ..config(&folder)
    })
    .await
    .unwrap();
    let (mut silent, mut alive) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    let welcome = silent.claim("Silent").await;
    assert_eq!(welcome["limits"]["silence_timeout_ms"], 600);
    alive.claim("Alive").await;
    let start = Instant::now();
    let silenced = tokio::spawn(async move {
        let error = silent.expect("error").await;
        (error, start.elapsed(), silent.read().await)
    });
    while !silenced.is_finished() || start.elapsed() < Duration::from_millis(1300) {
        alive.send(json!({"type": "ping", "request_id": 1})).await;
        alive.expect("pong").await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let (error, after, end) = silenced.await.unwrap();
    assert_eq!((&error["code"], end), (&json!("timed_out"), None));
    assert!(after >= Duration::from_millis(500), "{after:?}");
    server.stop().await;
}

#[tokio::test]
async fn a_payload_that_comes_slowly_is_not_silence_and_one_that_drips_is() {
    let folder = TempDir::new().unwrap();
    let limits = Limits {
        silence_timeout_ms: 500,
        ..Limits::default()
    };
    let server = Server::start(Config {
        limits,
        ..config(&folder)
    });
    let server = server.await.unwrap();
    let chunk = vec![5; 1 << 20];
    for (mut peer, name) in [
        (Peer::tcp(&server).await, "Lines"),
        (Peer::websocket(&server).await, "WebSocket"),
    ] {
        peer.claim(name).await;
        peer.send(json!({"type": "begin_upload", "name": "a", "size_bytes": chunk.len()}))
            .await;
        let status = peer.expect("upload_status").await;
        let put = json!({"type": "put_chunk", "upload_id": status["upload_id"], "index": 0,
                         "payload_bytes": chunk.len()});
        let frame = [format!("{put}\n").as_bytes(), &chunk].concat();
        let (bytes, pieces) = (peer.binary(&frame), 16);
        for piece in bytes.chunks(bytes.len().div_ceil(pieces)) {
            peer.raw().write_all(piece).await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        peer.expect("chunk_stored").await;
        let mut drops = bytes.chunks(64);
        let refusal = loop {
            // Writing fails once the server has closed; what it said before can still be read.
            let written = peer.raw().write_all(drops.next().unwrap()).await;
            let said = timeout(Duration::from_millis(100), peer.read_lasting());
            if let Ok(frame) = said.await {
                break frame;
            }
            written.unwrap();
        };
        assert_eq!(refusal["code"], "timed_out");
    }
    server.stop().await;
}

#[tokio::test]
async fn who_reads_late_still_gets_everything_in_order() {
    const MESSAGES: u64 = 600;
    let folder = TempDir::new().unwrap();
    let server = Server::start(config(&folder)).await.unwrap();
    let mut writer = Peer::tcp(&server).await;
    writer.claim("Writer").await;
    // More than the sockets between hold, and more than a tail keeps.
    let text = "x".repeat(30_000);
    let mut late = [Peer::tcp(&server).await, Peer::websocket(&server).await];
    for (number, peer) in late.iter_mut().enumerate() {
        peer.claim(&format!("Late {number}")).await;
    }
    for _ in 0..MESSAGES {
        writer.say(&text).await;
        writer.expect("message_accepted").await;
    }
    for peer in &mut late {
        for sequence in 1..=MESSAGES {
            let (found, heard) = peer.hear().await;
            assert_eq!((found, heard.len()), (sequence, text.len()));
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn operators_see_health_and_counters() {
    let folder = TempDir::new().unwrap();
    let server = Server::start(config(&folder)).await.unwrap();
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    ann.claim("Ann").await;
    bob.claim("Bob").await;
    ann.say("one").await;
    ann.expect("message_accepted").await;
    bob.hear().await;
    assert!(get(&server, "/health").await.ends_with("\r\n\r\nok\n"));
    let metrics = get(&server, "/metrics").await;
    for line in [
        "chinwag_sessions_open{transport=\"tcp\"} 1",
        "chinwag_sessions_open{transport=\"websocket\"} 1",
        "chinwag_events_committed_total 1",
        "chinwag_frames_received_total 1",
    ] {
        assert!(
            metrics.lines().any(|found| found == line),
            "{line} is not in {metrics}"
        );
    }
    server.stop().await;
}
