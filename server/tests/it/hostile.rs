//! What broken, hostile and impatient peers send, on each port. The server answers or closes, and others go on.

use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::peer::{Peer, start};

const PATIENCE: Duration = Duration::from_secs(20);
/// A ClientHello of TLS 1.2, cut short.
const TLS_HELLO: &[u8] =
    b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\x00\x01\x02\x03\x04\x05\x06\x07";

/// Sends bytes, shuts its side, and returns all that comes back.
async fn exchange(address: std::net::SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may close before it has taken all.
    let _ = stream.write_all(bytes).await;
    let _ = stream.shutdown().await;
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("the server closes")
        .ok();
    answer
}

fn noise(seed: u64, bytes: usize) -> Vec<u8> {
    let mut rng = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| rng.u8(..)).take(bytes).collect()
}

#[tokio::test]
async fn bytes_that_mean_nothing_end_their_connection_alone() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut bystander = Peer::websocket(&server).await;
    bystander.claim("Bystander").await;
    let huge_header = [b"GET / HTTP/1.1\r\nx: ".as_slice(), &[b'a'; 1 << 20]].concat();
    let mut inputs = vec![
        TLS_HELLO.to_vec(),
        huge_header,
        b"GET / HTTP/1.1\r\n".to_vec(),
    ];
    inputs.extend((0..8).map(|seed| noise(seed, 5000)));
    inputs.push(vec![0; 300_000]);
    for input in &inputs {
        for port in [server.tcp_address(), server.http_address()] {
            exchange(port, input).await;
        }
    }
    bystander.say("still here").await;
    assert_eq!(bystander.hear().await.1, "still here");
    server.stop().await;
}

/// A page can make a browser send this to the port of native clients.
#[tokio::test]
async fn frames_in_the_body_of_an_http_request_are_not_read() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut bystander = Peer::tcp(&server).await;
    bystander.claim("Bystander").await;
    let body = concat!(
        r#"{"type":"hello","protocol":1,"credentials":{"type":"claim_name","name":"Forged"}}"#,
        "\n",
        r#"{"type":"send_message","room":"lobby","text":"forged"}"#,
        "\n"
    );
    let head = format!(
        "host: evil.example\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let request = format!("POST /%0A HTTP/1.1\r\n{head}{body}");
    let answer = exchange(server.tcp_address(), request.as_bytes()).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(
        answer.contains("malformed_frame") && answer.lines().count() == 1,
        "{answer}"
    );
    // In pieces, as a slow network delivers it.
    let mut slow = Peer::tcp(&server).await;
    for piece in request.as_bytes().chunks(7) {
        // The server closes before it has taken all.
        let _ = slow.raw().write_all(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(slow.expect("error").await["code"], "malformed_frame");
    assert_eq!(slow.read().await, None);
    bystander.say("first").await;
    assert_eq!(bystander.hear().await, (1, "first".to_owned()));
    server.stop().await;
}

/// A WebSocket after its handshake, as bare bytes.
async fn websocket(address: std::net::SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = "GET /ws HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
                   sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    stream
}

/// A frame as a client sends it: masked, with a mask of zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![first];
    match payload.len() {
        short @ ..=125 => bytes.push(0x80 | short as u8),
        long => {
            bytes.push(0x80 | 126);
            bytes.extend_from_slice(&(long as u16).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(payload);
    bytes
}

/// Everything the server says until it closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut answer = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut answer))
        .await
        .expect("the server closes")
        .ok();
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn websocket_frames_against_the_rules_are_answered_and_close() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let oversize = [&[0x81, 0xff][..], &(1_u64 << 40).to_be_bytes(), &[0; 4]].concat();
    let unmasked = b"\x81\x02{}".to_vec();
    let cases = [
        (oversize, "frame_too_large"),
        (unmasked, "malformed_frame"),
        (frame(0x81, b"\xff\xfe"), "malformed_frame"),
        (frame(0x83, b"{}"), "malformed_frame"),
        (frame(0x80, b"{}"), "malformed_frame"),
        (frame(0x89, &[0; 126]), "malformed_frame"),
    ];
    for (bytes, code) in cases {
        let mut stream = websocket(server.http_address()).await;
        stream.write_all(&bytes).await.unwrap();
        let said = rest(stream).await;
        assert!(said.contains(code), "{bytes:?}: {said:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_message_in_pieces_with_a_ping_between_is_one_message() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut stream = websocket(server.http_address()).await;
    let hello = json!({"type": "hello", "protocol": 1, "credentials": {"type": "claim_name", "name": "Ann"}});
    let hello = hello.to_string().into_bytes();
    let (first, second) = hello.split_at(20);
    for bytes in [
        frame(0x01, first),
        frame(0x89, b"ping"),
        frame(0x80, second),
    ] {
        // Byte by byte, so that every length is read in pieces too.
        for byte in bytes {
            stream.write_all(&[byte]).await.unwrap();
        }
    }
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("\"welcome\"") {
        said.push(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap());
    }
    assert!(
        said.starts_with(b"\x8a\x04ping"),
        "the pong comes first and whole"
    );
    server.stop().await;
}

#[tokio::test]
async fn a_payload_before_signing_in_is_refused() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    for mut peer in [Peer::tcp(&server).await, Peer::websocket(&server).await] {
        let put = json!({"type": "put_chunk", "upload_id": "01935a00-0000-7000-8000-000000000001",
                         "index": 0, "payload_bytes": 1 << 20});
        peer.send_payload(put, &vec![0; 1 << 20]).await;
        assert_eq!(peer.expect("error").await["code"], "frame_too_large");
    }
    server.stop().await;
}

#[tokio::test]
async fn nonsense_without_end_closes_after_some_answers() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    for signed_in in [false, true] {
        let mut peer = Peer::tcp(&server).await;
        if signed_in {
            peer.claim("Ann").await;
        }
        for _ in 0..40 {
            peer.send_raw("nonsense").await;
        }
        let mut answers = 0;
        while let Some(frame) = peer.read().await {
            answers += usize::from(frame["code"] == "malformed_frame");
        }
        assert!((20..=22).contains(&answers), "{answers}");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_script_that_closes_its_side_early_still_gets_its_answers() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let lines = concat!(
        r#"{"type":"hello","protocol":1,"credentials":{"type":"claim_name","name":"Ann"}}"#,
        "\n",
        r#"{"type":"send_message","request_id":2,"room":"lobby","text":"and gone"}"#,
        "\n",
        r#"{"type":"list_rooms","request_id":3}"#,
        "\n"
    );
    let said = exchange(server.tcp_address(), lines.as_bytes()).await;
    let said = String::from_utf8(said).unwrap();
    for kind in ["welcome", "message_accepted", "rooms_listed", "room_event"] {
        assert!(
            said.contains(&format!("{{\"type\":\"{kind}\"")),
            "{kind} is not in {said}"
        );
    }
    server.stop().await;
}
