//! Limits and counts of downloads by a link: what begins one, what goes on with it, and that none is too many.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::curl::run;
use crate::http::{bytes, exchange, get};
use crate::link::{Linked, PASSWORD, bearer};
use crate::peer::Peer;

/// As the proxy of this machine says it of somebody elsewhere.
const ELSEWHERE: &str = "x-forwarded-for: 192.0.2.7";

#[tokio::test]
async fn a_limit_is_not_overrun_by_many_at_once() {
    let mut linked = Linked::new("a.txt", None, b"text").await;
    let link = linked.change(json!({"downloads_left": 3})).await;
    assert_eq!(link, json!({"access": "anyone", "downloads_left": 3}));
    let places: Vec<String> = (0..20)
        .map(|n| format!("x-forwarded-for: 192.0.2.{}", n / 2))
        .collect();
    let all = places.iter().map(|place| linked.get(place));
    let all = futures_util::future::join_all(all).await;
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    let served = statuses.iter().filter(|status| **status == 200).count();
    let refused = statuses.iter().filter(|status| **status == 404).count();
    assert_eq!((served, refused), (3, 17));
    assert_eq!(
        linked.state().await,
        json!({"access": "anyone", "downloads": 3, "downloads_left": 0})
    );
    linked.server.stop().await;
}

#[tokio::test]
async fn what_is_used_up_is_not_there_except_for_those_who_go_on() {
    let mut linked = Linked::new("a.txt", None, b"some text").await;
    linked.change(json!({"downloads_left": 1})).await;
    let made_up = crate::http::get(&linked.server, "/files/AAAAAAAAAAAAAAAAAAAAAA/x", "").await;
    assert_eq!(linked.get("").await.body, b"some text");
    // A resumed download, a player that seeks, one in parts, and who asks whether it has changed.
    let part = linked.get("range: bytes=5-").await;
    assert_eq!((part.status, &part.body[..]), (206, &b"text"[..]));
    assert_eq!(linked.get("range: bytes=0-").await.status, 206);
    assert_eq!(linked.head("").await, 200);
    let etag = part.header("etag").to_owned();
    assert_eq!(
        linked.get(&format!("if-none-match: {etag}")).await.status,
        304
    );
    // From the beginning it is another download, and so is whatever comes from elsewhere.
    for headers in [
        String::new(),
        ELSEWHERE.to_owned(),
        format!("{ELSEWHERE}\r\nrange: bytes=5-"),
        format!("{ELSEWHERE}\r\nrange: bytes=99-"),
        format!("{ELSEWHERE}\r\nif-none-match: {etag}"),
        "range: bytes=5-\r\nif-range: \"other\"".to_owned(),
    ] {
        let refused = linked.get(&headers).await;
        assert_eq!(refused.status, 404, "{headers}");
        assert_eq!(refused.body, made_up.body, "{headers}");
    }
    assert_eq!(linked.head(ELSEWHERE).await, 404);
    // Nor is there a way around by how it is shown.
    for query in ["?preview", "?inline&preview", "?download"] {
        let path = format!("{}{query}", linked.link);
        assert_eq!(get(&linked.server, &path, "").await.status, 404, "{query}");
    }
    let described = format!("/api/files/{}", linked.id());
    let asked = crate::http::get(&linked.server, &described, ELSEWHERE).await;
    assert_eq!(asked.status, 404);

    // Another limit is from now on.
    linked.change(json!({"downloads_left": 1})).await;
    assert_eq!(linked.get(ELSEWHERE).await.status, 200);
    assert_eq!(linked.get("").await.status, 404);
    let lifted = linked.change(json!({"without_limit": true})).await;
    assert_eq!(lifted, json!({"access": "anyone", "downloads": 2}));
    assert_eq!(linked.get("").await.status, 200);
    linked.server.stop().await;
}

#[tokio::test]
async fn parts_that_come_before_the_beginning_are_one_download() {
    let mut linked = Linked::new("a.txt", None, b"some text").await;
    linked.change(json!({"downloads_left": 1})).await;
    let parts = ["range: bytes=5-8", "range: bytes=2-4", "range: bytes=0-1"];
    let parts = parts.map(|part| linked.get(part));
    for part in futures_util::future::join_all(parts).await {
        assert_eq!(part.status, 206);
    }
    assert_eq!(linked.state().await["downloads"], 1);
    linked.server.stop().await;
}

#[tokio::test]
async fn only_what_is_sent_to_those_who_have_but_the_link_is_counted() {
    let mut linked = Linked::new("empty", None, b"").await;
    assert_eq!(linked.get("").await.status, 200);
    assert_eq!(count(&mut linked).await, 1, "also of nothing");
    linked.server.stop().await;

    let mut linked = Linked::new("a.txt", None, b"some text").await;
    let etag = linked.get("").await.header("etag").to_owned();
    for headers in [
        format!("if-none-match: {etag}"),
        "range: bytes=0-3".to_owned(),
        "range: bytes=99-".to_owned(),
    ] {
        linked.get(&headers).await;
    }
    linked.head(ELSEWHERE).await;
    let post = format!("POST {} HTTP/1.1\r\ncontent-length: 0", linked.link);
    assert_eq!(exchange(&linked.server, &post, b"").await.status, 405);
    assert_eq!(linked.get(&linked.as_ann.clone()).await.status, 200);
    assert_eq!(count(&mut linked).await, 1);

    // Members are neither counted nor stopped, and use up nothing.
    let mut bob = Peer::tcp(&linked.server).await;
    let as_bob = bearer(&bob.claim("Bob").await);
    assert_eq!(linked.get(&as_bob).await.status, 200);
    assert_eq!(count(&mut linked).await, 2, "he has nothing but the link");
    let send = json!({"type": "send_message", "room": "lobby", "attachments": [linked.id()]});
    linked.ann.ask(send).await;
    linked.change(json!({"downloads_left": 0})).await;
    assert_eq!(linked.get(ELSEWHERE).await.status, 404);
    assert_eq!(linked.get(&as_bob).await.status, 200);
    assert_eq!(count(&mut linked).await, 2);
    linked.server.stop().await;
}

#[tokio::test]
async fn what_broke_off_begins_anew_and_what_is_whole_does_not() {
    // Far more than lies in sockets on its way.
    let content = bytes(24 << 20);
    let mut linked = Linked::new("big.bin", None, &content).await;
    linked.change(json!({"downloads_left": 1})).await;
    let address = linked.server.http_address();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("GET {} HTTP/1.1\r\nhost: {address}\r\n\r\n", linked.link);
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut begun = [0; 4096];
    stream.read_exact(&mut begun).await.unwrap();
    assert!(begun.starts_with(b"HTTP/1.1 200 "));
    let page = format!("/share/{}", linked.id());
    for path in [&linked.link, &page] {
        let refused = get(&linked.server, path, "").await;
        assert_eq!(refused.status, 404, "{path} while it goes on");
    }
    drop(stream);
    let begun = Instant::now();
    while get(&linked.server, &page, "").await.status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "it broke off");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(linked.get(ELSEWHERE).await.status, 404);
    let whole = linked.get("").await;
    assert_eq!(whole.status, 200);
    assert!(whole.body == content);
    assert_eq!(linked.get("").await.status, 404, "it is whole now");
    let state = json!({"access": "anyone", "downloads": 1, "downloads_left": 0});
    assert_eq!(linked.state().await, state);
    linked.server.stop().await;
}

#[tokio::test]
async fn a_limit_has_bounds() {
    let mut linked = Linked::new("a.txt", None, b"text").await;
    for (fields, code) in [
        (json!({"downloads_left": 1_000_001}), "invalid_argument"),
        (json!({"downloads_left": u64::MAX}), "invalid_argument"),
        (
            json!({"downloads_left": 1, "without_limit": true}),
            "invalid_argument",
        ),
    ] {
        assert_eq!(
            linked.change(fields.clone()).await["code"],
            code,
            "{fields}"
        );
    }
    assert_eq!(linked.state().await, json!({"access": "anyone"}));
    linked.server.stop().await;
}

/// How many downloads were counted, once those that were are.
async fn count(linked: &mut Linked) -> u64 {
    let state: Value = linked.state().await;
    state["downloads"].as_u64().unwrap_or_default()
}

#[tokio::test]
async fn curl_and_wget_send_the_password_and_go_on_with_what_was_begun() {
    let content = bytes(300_000);
    let mut linked = Linked::new("data.bin", None, &content).await;
    linked
        .change(json!({"password": PASSWORD, "downloads_left": 2}))
        .await;
    let folder = TempDir::new().unwrap();
    let url = format!("http://{}{}", linked.server.http_address(), linked.link);
    let user = format!("whoever:{PASSWORD}");
    let saved = folder.path().join("data.bin");
    let run = |program, arguments: Vec<String>| {
        let folder = folder.path().to_owned();
        async move {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let ran = run(&folder, program, &arguments, Vec::new()).await;
            let code = ran.status.code();
            (code, String::from_utf8_lossy(&ran.stderr).into_owned())
        }
    };
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let curl = [words("-fsS -O -u"), vec![user.clone(), url.clone()]].concat();
    assert_eq!(run("curl", curl.clone()).await.0, Some(0));
    assert_eq!(std::fs::read(&saved).unwrap(), content);

    // wget asks first, hears that a password is needed, and goes on where it was: no other download.
    std::fs::write(&saved, &content[..100_000]).unwrap();
    let credentials = vec!["--user=x".to_owned(), format!("--password={PASSWORD}")];
    let wget = [words("-nv -c"), credentials, vec![url.clone()]].concat();
    let (code, said) = run("wget", wget.clone()).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(std::fs::read(&saved).unwrap(), content);
    assert_eq!(linked.state().await["downloads_left"], 1);

    std::fs::remove_file(&saved).unwrap();
    assert_eq!(run("wget", wget.clone()).await.0, Some(0));
    assert_eq!(linked.state().await["downloads_left"], 0);
    // Nothing is left for another, but what broke off is finished.
    std::fs::write(&saved, &content[..200_000]).unwrap();
    assert_eq!(run("curl", curl.clone()).await.0, Some(22));
    let resumed = [words("-fsS -C - -O -u"), vec![user, url]].concat();
    let (code, said) = run("curl", resumed).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(std::fs::read(&saved).unwrap(), content);
    linked.server.stop().await;
}
