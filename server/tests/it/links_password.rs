//! Passwords of links: asked of whoever has nothing but the link, slow to guess, and never told.

use serde_json::json;
use tempfile::TempDir;

use crate::http::{Uploader, exchange, get};
use crate::link::{Linked, PASSWORD, basic, bearer};
use crate::peer::Peer;

#[tokio::test]
async fn whoever_has_only_the_link_must_know_its_password() {
    let mut linked = Linked::new("plan.txt", None, b"the plan").await;
    let link = linked.change(json!({"password": PASSWORD})).await;
    assert_eq!(link, json!({"access": "anyone", "has_password": true}));
    assert_eq!(linked.state().await, link);

    let asked = linked.get("").await;
    assert_eq!((asked.status, &*asked.code()), (401, "password_needed"));
    let challenge = asked.header("www-authenticate");
    assert_eq!(challenge, "Basic realm=\"file\", charset=\"UTF-8\"");
    let opened = linked.get(&basic(PASSWORD)).await;
    assert_eq!((opened.status, &opened.body[..]), (200, &b"the plan"[..]));
    assert_eq!(opened.header("cache-control"), "private, no-cache");
    for wrong in ["Open: the shed", "the shed", ""] {
        let refused = linked.get(&basic(wrong)).await;
        assert_eq!((refused.status, &*refused.code()), (401, "password_needed"));
    }
    let described = format!("/api/files/{}", linked.id());
    for (headers, status) in [(String::new(), 401), (basic(PASSWORD), 200)] {
        let answer = get(&linked.server, &described, &headers).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("www-authenticate"), "", "pages ask this");
    }

    // Whoever sees the file in a room needs none; who is signed in elsewhere has nothing but the link.
    let mut bob = Peer::tcp(&linked.server).await;
    let as_bob = bearer(&bob.claim("Bob").await);
    let describe = json!({"type": "describe_file", "file_id": linked.id()});
    let send = json!({"type": "send_message", "room": "lobby", "attachments": [linked.id()]});
    assert_eq!(linked.get(&as_bob).await.status, 401);
    assert_eq!(bob.ask(describe.clone()).await["code"], "file_not_found");
    assert_eq!(bob.ask(send.clone()).await["code"], "file_not_found");
    assert_eq!(linked.get(&linked.as_ann.clone()).await.status, 200);
    linked.ann.ask(send).await;
    assert_eq!(linked.get(&as_bob).await.status, 200);
    assert_eq!(bob.ask(describe).await["type"], "file_described");
    assert_eq!(linked.state().await["downloads"], 1, "of the password's");
    linked.server.stop().await;
}

#[tokio::test]
async fn a_password_stays_until_it_is_said_otherwise() {
    let mut linked = Linked::new("a.txt", None, b"text").await;
    linked.change(json!({"password": PASSWORD})).await;
    let changed = linked.change(json!({"expires_at_ms": 4_000_000_000_000_u64}));
    assert_eq!(changed.await["has_password"], true);
    assert_eq!(linked.get("").await.status, 401);
    linked.change(json!({"password": "another one"})).await;
    assert_eq!(linked.get(&basic(PASSWORD)).await.status, 401);
    assert_eq!(linked.get(&basic("another one")).await.status, 200);
    for (fields, code) in [
        (json!({"password": "short"}), "weak_password"),
        (json!({"password": ""}), "weak_password"),
        (json!({"password": "x".repeat(5_000)}), "weak_password"),
        (
            json!({"password": PASSWORD, "without_password": true}),
            "invalid_argument",
        ),
    ] {
        assert_eq!(
            linked.change(fields.clone()).await["code"],
            code,
            "{fields}"
        );
        assert_eq!(linked.get(&basic("another one")).await.status, 200);
    }
    let open = linked.change(json!({"without_password": true})).await;
    assert_eq!(open["has_password"], json!(null));
    assert_eq!(linked.get("").await.status, 200);
    linked.server.stop().await;
}

#[tokio::test]
async fn guesses_wait_and_parts_do_not() {
    let mut linked = Linked::new("a.txt", None, b"some text").await;
    linked.change(json!({"password": PASSWORD})).await;
    // A download in many parts asks as often; they are no attempts.
    let right = basic(PASSWORD);
    assert_eq!(linked.get(&right).await.status, 200);
    let part = format!("{right}\r\nrange: bytes=2-3");
    let parts = (0..30).map(|_| linked.get(&part));
    for part in futures_util::future::join_all(parts).await {
        assert_eq!((part.status, &part.body[..]), (206, &b"me"[..]));
    }
    let guesses: Vec<String> = (0..30)
        .map(|number| basic(&format!("guess {number}")))
        .collect();
    let tried = guesses.iter().map(|guess| linked.get(guess));
    let tried = futures_util::future::join_all(tried).await;
    let held: Vec<_> = tried.iter().filter(|answer| answer.status == 429).collect();
    assert_eq!(tried.len() - held.len(), 5, "so many are free");
    for answer in held {
        assert_eq!(answer.code(), "rate_limited");
        assert_ne!(answer.header("retry-after"), "");
    }
    // Whoever has shown it already is not held off by them, and neither are other files.
    assert_eq!(linked.get(&right).await.status, 200);
    let mut bob = Peer::tcp(&linked.server).await;
    let uploader = Uploader::new(&bob.claim("Bob").await);
    let other = uploader.upload(&linked.server, "b.txt", None, b"b").await;
    let change = json!({
        "type": "change_link", "file_id": other["file_id"], "access": "anyone", "password": PASSWORD,
    });
    bob.ask(change).await;
    let link = other["link"].as_str().unwrap();
    assert_eq!(get(&linked.server, link, &right).await.status, 200);
    linked.server.stop().await;
}

#[tokio::test]
async fn no_part_of_a_page_has_browsers_ask_for_a_password() {
    let mut linked = Linked::new("a.png", None, b"\x89PNG\r\n\x1a\n").await;
    linked.change(json!({"password": PASSWORD})).await;
    for (headers, asks) in [
        ("user-agent: curl/8.5.0\r\naccept: */*", true),
        ("user-agent: Wget/1.21", true),
        (
            "user-agent: Mozilla/5.0 (X11)\r\naccept: image/avif,image/*,*/*;q=0.8",
            false,
        ),
        (
            "user-agent: Mozilla/5.0 (X11)\r\naccept: */*\r\nrange: bytes=0-",
            false,
        ),
        ("user-agent: Mozilla/5.0 (X11)", false),
    ] {
        let answer = linked.get(headers).await;
        assert_eq!(answer.status, 401, "{headers}");
        assert_eq!(
            !answer.header("www-authenticate").is_empty(),
            asks,
            "{headers}"
        );
    }
    linked.server.stop().await;
}

#[tokio::test]
async fn the_state_of_a_link_is_its_uploaders_to_read_and_to_change_over_http_too() {
    let folder = TempDir::new().unwrap();
    let server = crate::peer::start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let (as_ann, as_bob) = (ann.claim("Ann").await, bob.claim("Bob").await);
    let (ann, by_bob) = (Uploader::new(&as_ann), Uploader::new(&as_bob));
    let file = ann.upload(&server, "a.txt", None, b"text").await;
    let path = format!("/api/files/{}/link", file["file_id"].as_str().unwrap());
    let change = json!({"access": "members", "password": PASSWORD, "downloads_left": 2});
    let changed = ann.post(&server, &path, &change).await.json();
    let link = json!({
        "path": file["link"], "access": "members", "has_password": true, "downloads_left": 2,
    });
    let told = json!({"request_id": 0, "file_id": file["file_id"], "link": link});
    assert_eq!(changed, told);
    let read = ann.request(&server, "GET", &path, b"").await;
    assert_eq!(read.json(), told);
    let text = String::from_utf8_lossy(&read.body).into_owned();
    assert!(!text.contains("argon2") && !text.contains(PASSWORD));

    for asked in [
        by_bob.request(&server, "GET", &path, b"").await,
        by_bob.post(&server, &path, &change).await,
    ] {
        assert_eq!((asked.status, &*asked.code()), (404, "file_not_found"));
    }
    let read = json!({"type": "read_link", "file_id": file["file_id"]});
    assert_eq!(bob.ask(read).await["code"], "file_not_found");
    assert_eq!(get(&server, &path, "").await.status, 401);
    let nothing = "/api/files/AAAAAAAAAAAAAAAAAAAAAA/link";
    assert_eq!(ann.post(&server, nothing, &change).await.status, 404);
    let of_a_limit = |left: serde_json::Value| json!({"access": "anyone", "downloads_left": left});
    for odd in [
        json!({}),
        json!({"access": 7}),
        json!([]),
        json!({"access": "anyone", "password": ["x"]}),
        of_a_limit(json!(-1)),
        of_a_limit(json!(1.5)),
    ] {
        assert_eq!(
            ann.post(&server, &path, &odd).await.code(),
            "malformed_frame"
        );
    }
    // The path names the file, whatever the body does.
    let elsewhere = json!({"access": "anyone", "file_id": "AAAAAAAAAAAAAAAAAAAAAA"});
    assert_eq!(ann.post(&server, &path, &elsewhere).await.status, 200);
    server.stop().await;
}

#[tokio::test]
async fn the_files_host_lets_in_whoever_knew_the_password_at_the_page_s() {
    let with_host = |config: server::Config| server::Config {
        public_url: Some("https://chat.example".parse().unwrap()),
        files_url: Some("https://files.example".parse().unwrap()),
        ..config
    };
    let mut linked = Linked::with(with_host, "a.txt", None, b"text").await;
    linked.change(json!({"password": PASSWORD})).await;
    let (server, link) = (&linked.server, linked.link.clone());
    let ask = async |host: &str, path: &str, headers: &str| {
        let head = format!("GET http://{host}{path} HTTP/1.1\r\n{headers}");
        exchange(server, &head, b"").await
    };
    // Programs do not take the password along to another host.
    let led = ask("chat.example", &link, &basic(PASSWORD)).await;
    assert_eq!(led.status, 307);
    let there = led.header("location").strip_prefix("https://files.example");
    let path = there.unwrap().to_owned();
    assert_eq!(ask("files.example", &path, "").await.body, b"text");
    let refused = ask("chat.example", &link, &basic("wrong one")).await;
    assert_eq!((refused.status, &*refused.code()), (401, "password_needed"));
    assert_eq!(ask("chat.example", &link, "").await.status, 308);
    assert_eq!(ask("files.example", &link, "").await.status, 401);
    let direct = ask("files.example", &link, &basic(PASSWORD)).await;
    assert_eq!(direct.status, 200);
    linked.change(json!({"password": "another one"})).await;
    let server = &linked.server;
    let head = format!("GET http://files.example{path} HTTP/1.1\r\n");
    assert_eq!(exchange(server, &head, b"").await.status, 401, "no more");
    linked.server.stop().await;
}

#[tokio::test]
async fn another_password_ends_what_was_begun_with_the_one_before() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut linked = Linked::new("big.bin", None, &crate::http::bytes(24 << 20)).await;
    let link = linked.link.clone();
    let begin = async |linked: &Linked, headers: &str| {
        let address = linked.server.http_address();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = format!("GET {link} HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut begun = [0; 4096];
        stream.read_exact(&mut begun).await.unwrap();
        assert!(begun.starts_with(b"HTTP/1.1 200 "));
        stream
    };
    linked
        .change(json!({"password": PASSWORD, "downloads_left": 2}))
        .await;
    let mut first = begin(
        &linked,
        &format!("{}\r\nconnection: close", basic(PASSWORD)),
    )
    .await;
    // That nothing is left ends nothing that has begun.
    linked.change(json!({"downloads_left": 0})).await;
    let mut rest = Vec::new();
    first.read_to_end(&mut rest).await.unwrap();
    assert!(rest.len() > (24 << 20) - 4096);
    linked.change(json!({"downloads_left": 1})).await;
    let mut second = begin(&linked, &basic(PASSWORD)).await;
    linked.change(json!({"password": "another one"})).await;
    rest.clear();
    // Cut, or ended early.
    let _ = second.read_to_end(&mut rest).await;
    assert!(rest.len() < (24 << 20) - 4096, "{}", rest.len());
    linked.server.stop().await;
}
