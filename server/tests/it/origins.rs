//! Which names the server answers to, and which pages may open a WebSocket or change something.

use server::{Config, Server, system};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http::{Answer, Uploader, read_answer};
use crate::peer::{Peer, config};

/// One byte, the chunk of the upload that the tests write to.
const CHUNK: &[u8] = b"x";
const LOOPBACK: &[&str] = &["127.0.0.1:PORT"];
const LOCALHOST: &[&str] = &["localhost:PORT"];
/// What a request is answered: taken, or refused by its origin or its host.
const TAKEN: [u16; 2] = [101, 200];
const ORIGIN: [u16; 2] = [403, 403];
const HOST: [u16; 2] = [421, 421];
const MALFORMED: [u16; 2] = [400, 400];

/// A server that is also known as `https://chat.example` and `http://tea.example:8081`.
async fn start(folder: &TempDir) -> Server {
    let config = Config {
        public_url: Some("https://Chat.example/tea".parse().unwrap()),
        allow_origins: vec!["http://tea.example:8081".parse().unwrap()],
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

/// Sends the head, its end and the body, and reads the answer; of a WebSocket only the status.
async fn exchange(server: &Server, head: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server.http_address()).await.unwrap();
    let request = [head.as_bytes(), b"\r\n", body].concat();
    stream.write_all(&request).await.unwrap();
    let mut first = [0; 12];
    stream.peek(&mut first).await.unwrap();
    if first.ends_with(b"101") {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        return Answer {
            status: 101,
            headers: Default::default(),
            body: Vec::new(),
        };
    }
    read_answer(stream).await
}

/// The `Host` headers, the `Origin` headers, and the statuses of the WebSocket and of the chunk.
type Case = (&'static [&'static str], &'static [&'static str], [u16; 2]);

/// `PORT` stands for the server's, `NAME` for this machine's name.
const CASES: &[Case] = &[
    // Programs.
    (LOOPBACK, &[], TAKEN),
    (&["LocalHost:PORT"], &[], TAKEN),
    (&["chat.example"], &[], TAKEN),
    // The server's own page, by address and by name.
    (LOOPBACK, &["http://127.0.0.1:PORT"], TAKEN),
    (LOCALHOST, &["http://localhost:PORT"], TAKEN),
    (&["NAME:PORT"], &["http://NAME:PORT"], TAKEN),
    (&["NAME.local:PORT"], &["http://NAME.local:PORT"], TAKEN),
    (&["[::1]:PORT"], &["http://[::1]:PORT"], TAKEN),
    (&["[0:0:0:0:0:0:0:1]:PORT"], &["http://[::1]:PORT"], TAKEN),
    (
        &["[::ffff:127.0.0.1]:PORT"],
        &["http://[::ffff:7f00:1]:PORT"],
        TAKEN,
    ),
    (&["192.168.1.5:9000"], &["http://192.168.1.5:9000"], TAKEN),
    // Default ports.
    (&["127.0.0.1"], &["http://127.0.0.1"], TAKEN),
    (&["127.0.0.1:80"], &["http://127.0.0.1"], TAKEN),
    (&["127.0.0.1"], &["http://127.0.0.1:80"], TAKEN),
    (&["127.0.0.1:443"], &["https://127.0.0.1"], ORIGIN),
    // What the operator has listed, whether a proxy passes the host on or puts its own.
    (&["chat.example"], &["https://chat.example"], TAKEN),
    (&["chat.example:443"], &["https://chat.example"], TAKEN),
    (&["chat.example"], &["https://chat.example:443"], TAKEN),
    (LOOPBACK, &["https://chat.example"], TAKEN),
    (&["tea.example:8081"], &["http://tea.example:8081"], TAKEN),
    (LOOPBACK, &["http://tea.example:8081"], TAKEN),
    // Listed with another scheme or port.
    (&["chat.example"], &["http://chat.example"], ORIGIN),
    (
        &["chat.example:PORT"],
        &["http://chat.example:PORT"],
        ORIGIN,
    ),
    (&["chat.example"], &["https://chat.example:444"], ORIGIN),
    (&["tea.example:8081"], &["https://tea.example:8081"], ORIGIN),
    (&["tea.example:8081"], &["http://tea.example"], ORIGIN),
    // Another page.
    (LOOPBACK, &["http://evil.example"], ORIGIN),
    (LOOPBACK, &["http://evil.example:PORT"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1:1"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1"], ORIGIN),
    (LOOPBACK, &["https://127.0.0.1:PORT"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.2:PORT"], ORIGIN),
    (LOOPBACK, &["http://localhost:PORT"], ORIGIN),
    (LOCALHOST, &["http://127.0.0.1:PORT"], ORIGIN),
    (LOCALHOST, &["http://[::1]:PORT"], ORIGIN),
    (LOCALHOST, &["http://evil.localhost:PORT"], ORIGIN),
    // No page that can be known.
    (LOOPBACK, &["null"], ORIGIN),
    (LOOPBACK, &[""], ORIGIN),
    (LOOPBACK, &["127.0.0.1:PORT"], ORIGIN),
    (LOOPBACK, &["//127.0.0.1:PORT"], ORIGIN),
    (LOOPBACK, &["file://"], ORIGIN),
    (LOOPBACK, &["chrome-extension://127.0.0.1:PORT"], ORIGIN),
    (
        LOOPBACK,
        &["http://127.0.0.1:PORT", "http://127.0.0.1:PORT"],
        ORIGIN,
    ),
    (
        LOOPBACK,
        &["http://127.0.0.1:PORT", "http://evil.example"],
        ORIGIN,
    ),
    (
        LOOPBACK,
        &["http://127.0.0.1:PORT, http://evil.example"],
        ORIGIN,
    ),
    (
        LOOPBACK,
        &["http://127.0.0.1:PORT http://evil.example"],
        ORIGIN,
    ),
    // As no browser writes it.
    (LOOPBACK, &["HTTP://127.0.0.1:PORT"], ORIGIN),
    (LOCALHOST, &["http://LOCALHOST:PORT"], ORIGIN),
    (LOCALHOST, &["http://localhost.:PORT"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1:PORT/"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1:PORT?"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1:PORT#"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1:0PORT"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1:"], ORIGIN),
    (LOOPBACK, &["http://127.1:PORT"], ORIGIN),
    (LOOPBACK, &["http://2130706433:PORT"], ORIGIN),
    (LOOPBACK, &["http://0x7f000001:PORT"], ORIGIN),
    (LOOPBACK, &["http://0177.0.0.1:PORT"], ORIGIN),
    // Userinfo, prefixes, suffixes, subdomains.
    (LOOPBACK, &["http://127.0.0.1:PORT@evil.example"], ORIGIN),
    (LOOPBACK, &["http://evil@127.0.0.1:PORT"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1:PORT.evil.example"], ORIGIN),
    (LOOPBACK, &["http://127.0.0.1.evil.example:PORT"], ORIGIN),
    (LOCALHOST, &["http://evillocalhost:PORT"], ORIGIN),
    (LOCALHOST, &["http://localhost.evil.example:PORT"], ORIGIN),
    (
        &["chat.example"],
        &["https://chat.example.evil.example"],
        ORIGIN,
    ),
    (&["chat.example"], &["https://evilchat.example"], ORIGIN),
    (&["chat.example"], &["https://evil.chat.example"], ORIGIN),
    (&["chat.example"], &["https://example"], ORIGIN),
    (
        &["chat.example"],
        &["https://chat.example\\@evil.example"],
        ORIGIN,
    ),
    // With a Cyrillic letter, as it is and as browsers send it.
    (&["chat.example"], &["https://ch\u{430}t.example"], ORIGIN),
    (&["chat.example"], &["https://xn--cht-5cd.example"], ORIGIN),
    // A name that somebody else has pointed at this server.
    (&["evil.example:PORT"], &["http://evil.example:PORT"], HOST),
    (&["evil.example:PORT"], &[], HOST),
    (&["evil.example"], &["https://chat.example"], HOST),
    (
        &["127.0.0.1.evil.example:PORT"],
        &["http://127.0.0.1.evil.example:PORT"],
        HOST,
    ),
    (&["localhost.evil.example:PORT"], &[], HOST),
    (&["localhost.:PORT"], &["http://localhost.:PORT"], HOST),
    (
        &["evil.localhost:PORT"],
        &["http://evil.localhost:PORT"],
        HOST,
    ),
    (&["evil.chat.example"], &[], HOST),
    (&["chat.example.evil.example"], &[], HOST),
    (&["xn--cht-5cd.example"], &[], HOST),
    (
        &["NAME.evil.example:PORT"],
        &["http://NAME.evil.example:PORT"],
        HOST,
    ),
    // What is no host.
    (&["127.1:PORT"], &[], HOST),
    (&["2130706433:PORT"], &["http://2130706433:PORT"], HOST),
    (&["evil@127.0.0.1:PORT"], &[], HOST),
    (&["127.0.0.1:PORT@evil.example"], &[], HOST),
    (&["127.0.0.1:PORT:1"], &[], HOST),
    (&["127.0.0.1:port"], &[], HOST),
    (&["[::1%25lo]:PORT"], &[], HOST),
    (&["::1"], &[], HOST),
    (&["localhost, evil.example"], &[], HOST),
    (&["loc\u{430}lhost"], &[], HOST),
    (&[""], &[], HOST),
    (&[], &[], MALFORMED),
    (&["127.0.0.1:PORT", "evil.example"], &[], MALFORMED),
    (
        &["evil.example", "127.0.0.1:PORT"],
        &["http://127.0.0.1:PORT"],
        MALFORMED,
    ),
];

#[tokio::test]
async fn only_the_servers_own_pages_open_a_websocket_or_change_something() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let ann = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
    let upload = ann.begin(&server, "a", CHUNK.len()).await;
    let name = system::host_name().unwrap().to_lowercase();
    let filled = |text: &str| {
        text.replace("PORT", &server.http_address().port().to_string())
            .replace("NAME", name.split('.').next().unwrap())
    };
    let header = |name: &str, values: &[&str]| -> String {
        let lines = values
            .iter()
            .map(|value| format!("{name}: {}\r\n", filled(value)));
        lines.collect()
    };
    for (hosts, origins, statuses) in CASES {
        let headers = header("host", hosts) + &header("origin", origins);
        let handshake = format!(
            "GET /ws HTTP/1.1\r\n{headers}connection: close, upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        let put = ann.head(
            "PUT",
            &format!("/api/uploads/{upload}/chunks/0"),
            &format!("{headers}content-length: 1\r\nconnection: close\r\n"),
        );
        let socket = exchange(&server, &handshake, b"").await;
        let put = exchange(&server, &put, CHUNK).await;
        assert_eq!([socket.status, put.status], *statuses, "{headers}");
        if put.status != 200 {
            assert_eq!(put.code(), "invalid_argument", "{headers}");
            assert_eq!(socket.header("content-type"), "text/plain; charset=utf-8");
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn a_name_that_others_can_point_here_reads_nothing_and_says_what_to_do() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let ann = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
    let file = ann.upload(&server, "a.txt", None, b"secret").await;
    let (id, link) = (
        file["file_id"].as_str().unwrap(),
        file["link"].as_str().unwrap(),
    );
    let ask = async |method: &str, path: &str, host: &str| {
        let head = ann.head(
            method,
            path,
            &format!("host: {host}\r\nconnection: close\r\n"),
        );
        exchange(&server, &head, b"").await
    };
    let description = format!("/api/files/{id}");
    for path in [
        "/",
        "/rooms/lobby",
        "/nothing",
        "/metrics",
        &description,
        link,
    ] {
        for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS"] {
            let refused = ask(method, path, "evil.example:8080").await;
            assert_eq!(refused.status, 421, "{method} {path}");
        }
    }
    for path in [&description, link, "/metrics"] {
        for host in ["127.0.0.1", "localhost:9000", "chat.example"] {
            assert_eq!(ask("GET", path, host).await.status, 200, "{path} {host}");
        }
    }
    assert_eq!(ask("GET", "/health", "evil.example").await.status, 200);
    let page = ask("GET", "/", "Tea.lan:8080").await;
    let text = String::from_utf8(page.body).unwrap();
    for part in ["tea.lan:8080", "--public-url", "--allow-origin"] {
        assert!(text.contains(part), "{text}");
    }
    // The request line goes before the header.
    for (target, host, status) in [
        ("http://127.0.0.1/metrics", "127.0.0.1", 200),
        ("http://evil.example/metrics", "127.0.0.1", 421),
        ("http://127.0.0.1/metrics", "evil.example", 421),
        ("http://evil@127.0.0.1/metrics", "127.0.0.1", 421),
    ] {
        assert_eq!(ask("GET", target, host).await.status, status, "{target}");
    }
    let old = exchange(&server, "GET /metrics HTTP/1.0\r\n", b"").await;
    assert_eq!(
        old.status, 200,
        "before Host there were no pages like these"
    );
    server.stop().await;
}

#[tokio::test]
async fn who_sends_much_hears_the_refusal() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let body = vec![0; 8 << 20];
    let length = body.len();
    let head =
        format!("POST /api/uploads HTTP/1.1\r\nhost: evil.example\r\ncontent-length: {length}\r\n");
    let answer = exchange(&server, &(head + "connection: close\r\n"), &body).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (421, "invalid_argument")
    );
    server.stop().await;
}
