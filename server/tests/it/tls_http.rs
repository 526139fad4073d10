//! What is different about HTTP where it is HTTPS: redirects, names, origins, and what browsers are told to remember.

use server::Server;
use server::config::TlsSource;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http::read_answer;
use crate::peer::config;
use crate::secure::{self, Operator, exchange};

const STRICT: &str = "strict-transport-security";

/// What is answered without TLS.
async fn plain(server: &Server, head: &str) -> crate::http::Answer {
    let mut stream = TcpStream::connect(server.http_address()).await.unwrap();
    let head = format!("{}\r\nconnection: close\r\n\r\n", head.trim_end());
    stream.write_all(head.as_bytes()).await.unwrap();
    read_answer(stream).await
}

#[tokio::test]
async fn who_comes_by_http_is_sent_to_https() {
    let folder = TempDir::new().unwrap();
    let server = secure::start(&folder).await;
    let host = server.http_address();
    for (method, path) in [("GET", "/"), ("PUT", "/api/x?y=z"), ("GET", "/ws")] {
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: 0");
        let answer = plain(&server, &head).await;
        assert_eq!(answer.status, 308, "{path}");
        assert_eq!(answer.header("location"), format!("https://{host}{path}"));
        assert_eq!(answer.header(STRICT), "");
    }
    let elsewhere = plain(&server, "GET / HTTP/1.1\r\nhost: evil.example").await;
    assert_eq!((elsewhere.status, elsewhere.header("location")), (421, ""));
    let health = plain(&server, "GET /health HTTP/1.0\r\n").await;
    assert_eq!((health.status, &health.body[..]), (200, &b"ok\n"[..]));
    let metrics = plain(&server, &format!("GET /metrics HTTP/1.1\r\nhost: {host}")).await;
    assert_eq!(metrics.status, 308);
    // A page that came so is there.
    let page = exchange(&server, &format!("GET / HTTP/1.1\r\nhost: {host}"), b"").await;
    assert_eq!(page.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn browsers_keep_to_https_only_for_names_that_others_vouch_for() {
    let folder = TempDir::new().unwrap();
    let operator = Operator::new(&folder);
    operator.renew(&["chat.example", "*.wild.example", "localhost", "127.0.0.1"]);
    let server = operator.start(&folder).await;
    for (host, status, is_strict) in [
        ("chat.example", 200, true),
        ("Chat.Example:8443", 200, true),
        ("a.wild.example", 200, true),
        ("localhost", 200, false),
        ("127.0.0.1", 200, false),
        ("[::1]", 200, false),
        ("other.example", 421, false),
        ("a.b.wild.example", 421, false),
    ] {
        let answer = exchange(&server, &format!("GET / HTTP/1.1\r\nhost: {host}"), b"").await;
        assert_eq!(answer.status, status, "{host}");
        let told = answer.header(STRICT);
        let expected = if is_strict { "max-age=15552000" } else { "" };
        assert_eq!(told, expected, "{host}");
    }
    server.stop().await;

    let folder = TempDir::new().unwrap();
    let config = server::Config {
        tls: TlsSource::SelfSigned,
        public_url: Some("https://chat.example".parse().unwrap()),
        ..config(&folder)
    };
    let server = Server::start(config).await.unwrap();
    let head = "GET / HTTP/1.1\r\nhost: chat.example";
    let answer = exchange(&server, head, b"").await;
    assert_eq!((answer.status, answer.header(STRICT)), (200, ""));
    server.stop().await;
}

#[tokio::test]
async fn a_page_that_came_by_http_is_not_the_servers_own() {
    let folder = TempDir::new().unwrap();
    let operator = Operator::new(&folder);
    operator.renew(&["chat.example"]);
    let server = operator.start(&folder).await;
    let port = server.http_address().port();
    for (host, origin, status) in [
        ("127.0.0.1:PORT", "https://127.0.0.1:PORT", 101),
        ("127.0.0.1:PORT", "http://127.0.0.1:PORT", 403),
        ("127.0.0.1", "https://127.0.0.1", 101),
        ("127.0.0.1", "https://127.0.0.1:80", 403),
        ("localhost:PORT", "https://localhost:PORT", 101),
        ("chat.example", "https://chat.example", 101),
        ("chat.example:PORT", "https://chat.example:PORT", 101),
        ("chat.example", "http://chat.example", 403),
        ("chat.example", "https://evil.example", 403),
        ("other.example", "https://other.example", 421),
    ] {
        let (host, origin) = (
            host.replace("PORT", &port.to_string()),
            origin.replace("PORT", &port.to_string()),
        );
        let head = format!(
            "GET /ws HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let mut stream = secure::connect(server.http_address()).await;
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        let expected = format!("HTTP/1.1 {status}");
        assert_eq!(
            String::from_utf8_lossy(&answer),
            expected,
            "{host} {origin}"
        );
    }
    server.stop().await;
}
