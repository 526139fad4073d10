//! Both ports over TLS, and what becomes of who comes without.

use std::time::Duration;

use native::Secured;
use serde_json::json;
use server::{Config, Server};
use shared::Fingerprint;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::http::{Uploader, bytes};
use crate::peer::{self, Peer, config};
use crate::resync::{Person, is_idle};
use crate::secure::{self, fingerprint_of};

/// Much shorter than any deadline of the server.
const AT_ONCE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn people_talk_on_both_ports_and_are_told_that_links_are_https() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    let (mut ann, mut bob) = (
        secure::lines(&server).await,
        secure::websocket(&server).await,
    );
    let welcome = ann.claim("Ann").await;
    assert_eq!(welcome["server"]["https"], true);
    bob.claim("Bob").await;
    for number in 0..200 {
        ann.say(&format!("{number} {}", "x".repeat(3000))).await;
    }
    for number in 0..200 {
        let (_, text) = bob.hear().await;
        assert!(text.starts_with(&format!("{number} ")), "{text}");
    }
    bob.say("that was much").await;
    while ann.hear().await.1 != "that was much" {}
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_real_client_talks_over_tls_and_sends_a_file() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    let mut bob = secure::websocket(&server).await;
    bob.claim("Bob").await;
    let mut ann = Person::new(server.tcp_address(), "Ann").await;
    let Some(Secured::Pinned { fingerprint, .. }) = ann.handle.secured() else {
        panic!("{:?}", ann.handle.secured());
    };
    assert_eq!(Some(fingerprint), server.fingerprint());
    let content = folder.path().join("a.bin");
    std::fs::write(&content, bytes(9 << 20)).unwrap();
    let file = ann.begin_upload(&content);
    ann.say("with a file", vec![file]);
    ann.wait("sent", is_idle).await;
    let (_, text) = bob.hear().await;
    assert_eq!(text, "with a file");
    server.stop().await;
}

#[tokio::test]
async fn chunks_go_up_and_down_by_every_way() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    let content = bytes(3 << 20);
    let mut file_ids = Vec::new();
    for mut peer in [
        secure::lines(&server).await,
        secure::websocket(&server).await,
    ] {
        peer.claim(&format!("Ann {}", file_ids.len())).await;
        let begin = json!({
            "type": "begin_upload", "name": "a", "size_bytes": content.len(),
        });
        peer.send(begin).await;
        let upload = peer.expect("upload_status").await["upload_id"].clone();
        for (index, chunk) in content.chunks(1 << 20).enumerate() {
            let put = json!({
                "type": "put_chunk", "upload_id": upload, "index": index, "payload_bytes": chunk.len(),
            });
            peer.send_payload(put, chunk).await;
            peer.expect("chunk_stored").await;
        }
        let finish = json!({"type": "finish_upload", "upload_id": upload});
        peer.send(finish).await;
        let file = peer.expect("upload_finished").await["file"].clone();
        for (index, chunk) in content.chunks(1 << 20).enumerate() {
            let read = json!({"type": "read_chunk", "file_id": file["file_id"], "index": index});
            peer.send(read).await;
            let (_, payload) = peer.expect_payload("chunk_read").await;
            assert!(payload == chunk, "chunk {index}");
        }
        file_ids.push(file["link"].as_str().unwrap().to_owned());
    }
    let host = server.http_address();
    let head = format!("GET {} HTTP/1.1\r\nhost: {host}", file_ids[0]);
    let answer = secure::exchange(&server, &head, b"").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body == content);
    let mut ann = secure::lines(&server).await;
    let uploader = Uploader::new(&ann.claim("Zoe").await);
    let body = json!({"name": "b", "size_bytes": 1 << 20}).to_string();
    let size = format!("content-length: {}\r\nhost: {host}", body.len());
    let head = uploader.head("POST", "/api/uploads", &size);
    let begun = secure::exchange(&server, &head, body.as_bytes()).await;
    let upload = begun.json()["upload_id"].as_str().unwrap().to_owned();
    let size = format!("content-length: {}\r\nhost: {host}", 1 << 20);
    let path = format!("/api/uploads/{upload}/chunks/0");
    let head = uploader.head("PUT", &path, &size);
    let put = secure::exchange(&server, &head, &content[..1 << 20]).await;
    assert_eq!(put.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn who_takes_nothing_gets_all_of_it_later() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    let mut slow = [
        secure::lines(&server).await,
        secure::websocket(&server).await,
    ];
    for (number, peer) in slow.iter_mut().enumerate() {
        peer.claim(&format!("Slow {number}")).await;
    }
    let mut ann = secure::lines(&server).await;
    ann.claim("Ann").await;
    // Far more than a socket holds.
    for number in 0..400 {
        ann.say(&format!("{number} {}", "x".repeat(30_000))).await;
        ann.expect("message_accepted").await;
    }
    for peer in &mut slow {
        for number in 0..400 {
            let (_, text) = peer.hear().await;
            assert!(text.starts_with(&format!("{number} ")), "{text:.20}");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn the_certificate_of_the_servers_own_making_is_kept() {
    let folder = TempDir::new().unwrap();
    let mut shown = Vec::<Fingerprint>::new();
    for _ in 0..2 {
        let server = secure::start(&folder).await;
        let (http, tcp) = (server.http_address(), server.tcp_address());
        for address in [http, tcp] {
            shown.push(fingerprint_of(&secure::connect(address).await));
        }
        assert_eq!(server.fingerprint(), Some(shown[0]));
        server.stop().await;
    }
    assert!(shown.iter().all(|one| *one == shown[0]), "{shown:?}");
    let other = TempDir::new().unwrap();
    let server = secure::start(&other).await;
    assert_ne!(server.fingerprint(), Some(shown[0]));
    server.stop().await;
}

#[tokio::test]
async fn who_speaks_without_tls_on_the_tcp_port_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    for line in [
        "{\"type\":\"hello\",\"protocol\":1}",
        "GET / HTTP/1.1\r\nhost: localhost\r\n\r",
        "x",
    ] {
        let mut peer = Peer::tcp(&server).await;
        peer.send_raw(line).await;
        let error = timeout(AT_ONCE, peer.expect("error")).await.unwrap();
        assert_eq!(error["code"], "tls_required");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("TLS only"), "{message}");
        assert_eq!(timeout(AT_ONCE, peer.read()).await.unwrap(), None);
    }
    server.stop().await;
}

#[tokio::test]
async fn who_speaks_tls_to_a_server_without_is_told_at_once() {
    let folder = TempDir::new().unwrap();
    let server = peer::start(&folder).await;
    assert!(!server.is_tls() && server.fingerprint().is_none());
    let mut stream = TcpStream::connect(server.tcp_address()).await.unwrap();
    stream.write_all(&[22, 3, 1, 2, 0, 1, 0]).await.unwrap();
    let mut answer = String::new();
    let read = timeout(AT_ONCE, stream.read_to_string(&mut answer)).await;
    read.unwrap().unwrap();
    assert!(answer.contains("\"malformed_frame\""), "{answer}");
    assert!(answer.contains("without TLS"), "{answer}");
    // What a person writes may well begin with such bytes.
    let mut peer = Peer::tcp(&server).await;
    assert_eq!(peer.claim("Ann").await["server"].get("https"), None);
    peer.send_raw("\u{16}\u{3}").await;
    assert_eq!(peer.expect("error").await["code"], "malformed_frame");
    peer.say("still here").await;
    peer.expect("message_accepted").await;
    server.stop().await;
}

#[tokio::test]
async fn one_connection_too_many_hears_it_over_tls_and_handshakes_count() {
    let folder = TempDir::new().unwrap();
    let tls = server::config::TlsSource::SelfSigned;
    let config = Config {
        tls,
        connections_max: 2,
        ..config(&folder)
    };
    let server = Server::start(config).await.unwrap();
    let mut first = secure::lines(&server).await;
    first.claim("Ann").await;
    // Has not said a word of its handshake.
    let silent = TcpStream::connect(server.http_address()).await.unwrap();
    let refusal = secure::lines(&server).await.expect("error").await;
    assert_eq!(refusal["code"], "too_many_connections");
    let answer = secure::exchange(&server, "GET / HTTP/1.1\r\nhost: localhost", b"").await;
    assert_eq!(answer.status, 503);
    let refusal = Peer::tcp(&server).await;
    let mut refusal = refusal;
    refusal.send_raw("{}").await;
    assert_eq!(
        refusal.expect("error").await["code"],
        "too_many_connections"
    );
    drop(silent);
    // Until the server has noticed.
    loop {
        let answer =
            secure::exchange(&server, "GET /health HTTP/1.1\r\nhost: localhost", b"").await;
        if answer.status == 200 {
            break;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_drain_reaches_peers_over_tls_and_waits_for_no_handshake() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    let mut peers = [
        secure::lines(&server).await,
        secure::websocket(&server).await,
    ];
    for (number, peer) in peers.iter_mut().enumerate() {
        peer.claim(&format!("Ann {number}")).await;
    }
    let silent = TcpStream::connect(server.tcp_address()).await.unwrap();
    let idle = secure::connect(server.http_address()).await;
    let told = tokio::spawn(async move {
        for peer in &mut peers {
            peer.expect("draining").await;
            while peer.read().await.is_some() {}
        }
    });
    timeout(AT_ONCE, server.stop()).await.unwrap();
    told.await.unwrap();
    drop((silent, idle));
}
