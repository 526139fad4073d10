//! Peers that never finish saying who they are, or what they want, are not waited for.

use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::peer::{Peer, start};

/// Ten seconds are granted; far more than that would be another deadline, or none.
const DEADLINE: Duration = Duration::from_secs(10);
const LATE: Duration = Duration::from_secs(25);
/// Of these, one byte is sent a second.
const HELLO: &[u8] = b"{\"type\":\"hello\",\"protocol\":1,\"credentials\":{\"type\":\"claim_name\",\"name\":\"Drip\"}}\n";
const REQUEST: &[u8] = b"GET /health HTTP/1.1\r\nhost: drip\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn who_does_not_say_hello_or_end_its_headers_is_cut_after_ten_seconds() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let tcp = || TcpStream::connect(server.tcp_address());
    let http = || TcpStream::connect(server.http_address());
    let mut socket = Peer::websocket(&server).await;
    let silent_socket = async {
        let begun = Instant::now();
        let frame = timeout(LATE, socket.read()).await.unwrap().unwrap();
        (begun.elapsed(), frame.to_string())
    };
    let (silent, dripping, idle, slow, on_socket) = tokio::join!(
        last_words(tcp().await.unwrap(), b""),
        last_words(tcp().await.unwrap(), HELLO),
        last_words(http().await.unwrap(), b""),
        last_words(http().await.unwrap(), REQUEST),
        silent_socket,
    );
    for (after, words) in [&silent, &dripping, &on_socket] {
        assert!(words.contains("\"timed_out\""), "{words}");
        assert!(*after >= DEADLINE - Duration::from_secs(1), "{after:?}");
    }
    for (after, words) in [&idle, &slow] {
        assert!(!words.contains(" 200 "), "{words}");
        assert!(*after >= DEADLINE - Duration::from_secs(1), "{after:?}");
    }
    server.stop().await;
}

/// Sends a byte a second until the server closes; when that was, and what it said.
async fn last_words(stream: TcpStream, drip: &'static [u8]) -> (Duration, String) {
    let begun = Instant::now();
    let (mut reader, mut writer) = stream.into_split();
    let dripping = tokio::spawn(async move {
        for byte in drip {
            // It fails once the server has closed.
            if writer.write_all(&[*byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        // Held open: an end of the stream would be another reason to close.
        std::future::pending::<()>().await;
    });
    let mut words = Vec::new();
    // A reset is an end as well.
    let ended = timeout(LATE, reader.read_to_end(&mut words)).await;
    assert!(
        ended.is_ok(),
        "not closed; sending {} bytes by drips: {words:?}",
        drip.len()
    );
    dripping.abort();
    (
        begun.elapsed(),
        String::from_utf8_lossy(&words).into_owned(),
    )
}
