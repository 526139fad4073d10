//! Files on a host of their own: nothing else is there, and links lead there from everywhere.

use serde_json::{Value, json};
use server::{Config, Server};
use tempfile::TempDir;

use crate::account::Signed;
use crate::arrivals::Sending;
use crate::http::{Answer, Uploader, bytes, get, read_answer};
use crate::peer::{Peer, config};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

fn with_files_host(folder: &TempDir) -> Config {
    Config {
        public_url: Some("https://chat.example".parse().unwrap()),
        files_url: Some("https://files.example".parse().unwrap()),
        ..config(folder)
    }
}

async fn start(folder: &TempDir) -> Server {
    Server::start(with_files_host(folder)).await.unwrap()
}

/// Asks by a request line that names the host, which goes before the `Host` that is sent with it.
async fn ask(server: &Server, method: &str, host: &str, path: &str, headers: &str) -> Answer {
    let head = format!("{method} http://{host}{path} HTTP/1.1\r\n{headers}");
    crate::http::exchange(server, &head, b"").await
}

#[tokio::test]
async fn files_are_on_their_host_and_nothing_else_is() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Peer::tcp(&server).await;
    let welcome = ann.claim("Ann").await;
    assert_eq!(welcome["server"]["files_url"], "https://files.example");
    let uploader = Uploader::new(&welcome);
    let file = uploader.upload(&server, "a b.png", None, PNG).await;
    let link = file["link"].as_str().unwrap();
    let api = format!("/api/files/{}", file["file_id"].as_str().unwrap());

    for host in ["files.example", "FILES.example:8443"] {
        let found = ask(&server, "GET", host, link, "").await;
        assert_eq!((found.status, &found.body[..]), (200, PNG), "{host}");
        // The page is on another host, and shows it.
        assert_eq!(found.header("cross-origin-resource-policy"), "cross-origin");
        assert!(found.header("content-security-policy").contains("sandbox"));
        let described = ask(&server, "GET", host, &api, "").await;
        assert_eq!(described.json()["file"], file);
        let posted = ask(&server, "POST", host, link, "").await;
        assert_eq!(posted.status, 405);
        let session = "authorization: Bearer x\r\ncontent-length: 0";
        for (method, path) in [
            ("GET", "/"),
            ("GET", "/index.html"),
            ("GET", "/rooms/lobby"),
            ("GET", "/files"),
            ("GET", "/metrics"),
            ("GET", "/ws"),
            ("GET", "/api/uploads/x"),
            ("POST", "/api/uploads"),
            ("GET", "/FILES/x"),
        ] {
            let answer = ask(&server, method, host, path, session).await;
            assert_eq!(answer.status, 404, "{method} {path} on {host}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff");
        }
    }
    // No page of the files' host may do anything, should one ever run.
    let origin = "origin: https://files.example\r\ncontent-length: 0";
    let posted = ask(&server, "POST", "chat.example", "/api/uploads", origin).await;
    assert_eq!(posted.status, 403);
    server.stop().await;
}

#[tokio::test]
async fn links_lead_there_from_every_other_host() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let uploader = Uploader::new(&welcome);
    let file = uploader.upload(&server, "a.txt", None, b"text").await;
    let link = file["link"].as_str().unwrap();
    for host in ["chat.example", "localhost", "127.0.0.1:1", "[::1]"] {
        for (method, query) in [("GET", ""), ("HEAD", "?download"), ("GET", "?x=%0d%0a")] {
            let path = format!("{link}{query}");
            let moved = ask(&server, method, host, &path, "").await;
            assert_eq!(moved.status, 308, "{host}");
            let there = format!("https://files.example{path}");
            assert_eq!(moved.header("location"), there);
            assert_eq!(moved.header("cache-control"), "no-store");
        }
        let page = ask(&server, "GET", host, "/", "").await;
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("img-src 'self' blob: data: https://files.example;"),
            "{policy}"
        );
    }
    // Other names still mean nothing.
    assert_eq!(
        ask(&server, "GET", "evil.example", link, "").await.status,
        421
    );
    // Without such a host they are beside the page.
    server.stop().await;
    let server = crate::peer::start(&folder).await;
    assert_eq!(get(&server, link, "").await.body, b"text");
    let refused = ask(&server, "GET", "files.example", link, "").await;
    assert_eq!(refused.status, 421);
    let body = json!({"name": "a", "size_bytes": 1});
    assert_eq!(
        uploader.post(&server, "/api/uploads", &body).await.status,
        200
    );
    server.stop().await;
}

/// A file for the members of a room: Olga's, in which Bob is.
struct Members {
    server: Server,
    olga: Signed,
    bob: Signed,
    file: Value,
}

impl Members {
    async fn new(config: Config) -> Self {
        let server = Server::start(config).await.unwrap();
        let mut olga = Signed::owner(&server).await;
        let bob = json!({"type": "claim_name", "name": "Bob"});
        let mut bob = Signed::with(Peer::tcp(&server).await, &bob).await;
        let uploader = Uploader::new(&olga.welcome);
        let file = uploader
            .upload(&server, "plan.txt", None, b"the plan")
            .await;
        olga.ask(json!({"type": "create_room", "name": "den"}))
            .await;
        bob.ask(json!({"type": "join_room", "room": "den"})).await;
        let mut members = Self {
            server,
            olga,
            bob,
            file: file.clone(),
        };
        members.share(&file).await;
        members
    }

    /// Olga sends it into the room, and lets nobody else open it.
    async fn share(&mut self, file: &Value) {
        let id = &file["file_id"];
        let send = json!({"type": "send_message", "room": "den", "attachments": [id]});
        assert_eq!(self.olga.ask(send).await["type"], "message_accepted");
        let members = json!({"type": "change_link", "file_id": id, "access": "members"});
        assert_eq!(self.olga.ask(members).await["type"], "link_described");
    }

    /// Opens the link at the page's host; where that leads to.
    async fn led(&self, who: &Signed, query: &str) -> (u16, String) {
        let token = who.welcome["session_token"].as_str().unwrap();
        let link = format!("{}{query}", self.file["link"].as_str().unwrap());
        let headers = format!("authorization: Bearer {token}");
        let moved = ask(&self.server, "GET", "chat.example", &link, &headers).await;
        assert_eq!(moved.header("cache-control"), "no-store");
        let there = moved
            .header("location")
            .strip_prefix("https://files.example");
        (moved.status, there.unwrap().to_owned())
    }

    /// The path on the files' host that Bob is given for this link.
    async fn pass(&self) -> String {
        let (status, path) = self.led(&self.bob, "").await;
        assert_eq!(status, 307);
        assert!(path.contains("?pass="), "{path}");
        path
    }

    /// What a browser gets there, which sends no cookie.
    async fn fetch(&self, path: &str, headers: &str) -> Answer {
        ask(&self.server, "GET", "files.example", path, headers).await
    }
}

#[tokio::test]
async fn members_get_a_pass_to_the_files_host_and_others_do_not() {
    let folder = TempDir::new().unwrap();
    let mut members = Members::new(with_files_host(&folder)).await;
    let link = members.file["link"].as_str().unwrap().to_owned();
    let path = members.pass().await;
    let found = members.fetch(&path, "").await;
    assert_eq!((found.status, &found.body[..]), (200, &b"the plan"[..]));
    assert_eq!(found.header("cache-control"), "private, no-cache");
    assert_eq!(found.header("referrer-policy"), "no-referrer");
    let part = members.fetch(&path, "range: bytes=4-7").await;
    assert_eq!((part.status, &part.body[..]), (206, &b"plan"[..]));
    let head = ask(&members.server, "HEAD", "files.example", &path, "").await;
    assert_eq!(head.status, 200);
    // What else the link said stays, and no pass that somebody else has put there counts.
    let (_, saved) = members.led(&members.bob, "?download&pass=x").await;
    let saved = members.fetch(&saved, "").await;
    assert!(
        saved
            .header("content-disposition")
            .starts_with("attachment")
    );
    assert_eq!(saved.status, 200);

    // Neither others nor anybody without a pass.
    let eve = json!({"type": "claim_name", "name": "Eve"});
    let eve = Signed::with(Peer::tcp(&members.server).await, &eve).await;
    assert_eq!(members.led(&eve, "").await, (308, link.clone()));
    for nothing in [
        link.clone(),
        format!("{link}?pass="),
        format!("{link}?pass=AAAA"),
    ] {
        assert_eq!(members.fetch(&nothing, "").await.status, 404, "{nothing}");
    }
    // Whatever is not there for somebody is not there in the same words, which say where members go.
    let made_up = members.fetch("/files/AAAAAAAAAAAAAAAAAAAAAA/x", "").await;
    let hidden = members.fetch(&link, "").await;
    assert_eq!(made_up.json(), hidden.json());
    let says = hidden.json()["message"].to_string();
    assert!(says.contains("open it from its message"), "{says}");
    // Nor is the pass a session: it opens nothing else, and not the description.
    let pass = path.split_once("?pass=").unwrap().1;
    let bearer = format!("authorization: Bearer {pass}");
    assert_eq!(members.fetch(&link, &bearer).await.status, 404);
    let session = ask(
        &members.server,
        "GET",
        "chat.example",
        "/api/session",
        &bearer,
    )
    .await;
    assert_eq!(session.status, 401);
    let id = members.file["file_id"].as_str().unwrap();
    let described = format!("/api/files/{id}?pass={pass}");
    assert_eq!(members.fetch(&described, "").await.status, 404);
    // Of a link for everybody none is needed.
    let anyone = json!({"type": "change_link", "file_id": id, "access": "anyone"});
    members.olga.ask(anyone).await;
    assert_eq!(members.led(&members.bob, "").await, (308, link));
    members.server.stop().await;
}

#[tokio::test]
async fn a_pass_is_good_for_one_file_as_it_was_given() {
    let folder = TempDir::new().unwrap();
    let mut members = Members::new(with_files_host(&folder)).await;
    let path = members.pass().await;
    let (link, pass) = path.split_once("?pass=").unwrap();
    let uploader = Uploader::new(&members.olga.welcome);
    let other = uploader
        .upload(&members.server, "other.txt", None, b"another plan")
        .await;
    members.share(&other).await;
    let other = format!("{}?pass={pass}", other["link"].as_str().unwrap());
    assert_eq!(members.fetch(&other, "").await.status, 404);
    for at in [0, 10, 21, 22, 30, 31, 32, 40, pass.len() - 2] {
        let mut forged: Vec<char> = pass.chars().collect();
        forged[at] = if forged[at] == 'A' { 'B' } else { 'A' };
        let forged: String = forged.into_iter().collect();
        let forged = members.fetch(&format!("{link}?pass={forged}"), "").await;
        assert_eq!(forged.status, 404, "letter {at}");
    }
    // A server that was started again knows no pass of before.
    members.server.stop().await;
    members.server = start(&folder).await;
    assert_eq!(members.fetch(&path, "").await.status, 404);
    let again = members.pass().await;
    assert_eq!(members.fetch(&again, "").await.status, 200);
    members.server.stop().await;
}

#[tokio::test]
async fn a_pass_ends_with_the_session_and_with_the_membership() {
    let folder = TempDir::new().unwrap();
    let mut members = Members::new(with_files_host(&folder)).await;
    let path = members.pass().await;
    members
        .bob
        .done(json!({"type": "leave_room", "room": "den"}))
        .await;
    assert_eq!(members.fetch(&path, "").await.status, 404);
    assert_eq!(members.led(&members.bob, "").await.0, 308);
    members
        .bob
        .ask(json!({"type": "join_room", "room": "den"}))
        .await;
    assert_eq!(members.fetch(&path, "").await.status, 200, "back again");
    let second = members.bob.again(Peer::tcp(&members.server).await).await;
    members.bob.done(json!({"type": "sign_out"})).await;
    assert_eq!(members.fetch(&path, "").await.status, 404);
    drop(second);
    members.server.stop().await;
}

#[tokio::test]
async fn a_download_by_a_pass_is_cut_when_its_session_ends() {
    let folder = TempDir::new().unwrap();
    let mut members = Members::new(with_files_host(&folder)).await;
    let content = bytes(24 << 20);
    let uploader = Uploader::new(&members.olga.welcome);
    let big = uploader
        .upload(&members.server, "big.bin", None, &content)
        .await;
    members.share(&big).await;
    members.file = big;
    let path = members.pass().await;
    let mut stream = tokio::net::TcpStream::connect(members.server.http_address())
        .await
        .unwrap();
    let head = format!(
        "GET http://files.example{path} HTTP/1.1\r\nhost: files.example\r\nconnection: close\r\n\r\n"
    );
    tokio::io::AsyncWriteExt::write_all(&mut stream, head.as_bytes())
        .await
        .unwrap();
    // The rest lies in the server until somebody takes it.
    stream.readable().await.unwrap();
    let before = crate::http::open_connections(&members.server).await;
    members.bob.done(json!({"type": "sign_out"})).await;
    while members.bob.peer.read().await.is_some() {}
    // His own connection, and that of the download.
    drop(std::mem::replace(
        &mut members.bob.peer,
        Peer::tcp(&members.server).await,
    ));
    let ended = std::time::Instant::now();
    while crate::http::open_connections(&members.server).await >= before {
        assert!(ended.elapsed() < std::time::Duration::from_secs(2));
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let answer = read_answer(stream).await;
    assert!(answer.status == 200 && answer.body.len() < content.len());
    members.server.stop().await;
}

#[tokio::test]
async fn a_pass_that_is_over_says_so_and_the_link_gives_another() {
    let folder = TempDir::new().unwrap();
    let config = Config {
        pass_life_ms: 0,
        ..with_files_host(&folder)
    };
    let mut members = Members::new(config).await;
    let path = members.pass().await;
    for range in ["", "range: bytes=4-"] {
        let late = members.fetch(&path, range).await;
        assert_eq!((late.status, &*late.code()), (410, "pass_expired"));
    }
    let browser = members.fetch(&path, "accept: text/html").await;
    let text = String::from_utf8(browser.body).unwrap();
    assert!(text.contains("Open the file again"), "{text}");
    let other = members.pass().await;
    assert_eq!(other.split('?').next(), path.split('?').next());
    // Whoever may open the file otherwise needs none.
    let id = members.file["file_id"].clone();
    let anyone = json!({"type": "change_link", "file_id": id, "access": "anyone"});
    members.olga.ask(anyone).await;
    assert_eq!(members.fetch(&path, "").await.status, 200);
    members.server.stop().await;
}

#[tokio::test]
async fn members_get_a_pass_to_what_is_still_on_its_way() {
    let folder = TempDir::new().unwrap();
    let mut members = Members::new(with_files_host(&folder)).await;
    let content = bytes(2 << 20);
    let file = Sending::begin(&mut members.olga.peer, "slow.bin", content.clone()).await;
    file.put(&mut members.olga.peer, 1).await;
    let send = json!({"type": "send_message", "room": "den", "attachments": [file.file_id]});
    assert_eq!(members.olga.ask(send).await["type"], "message_accepted");
    let link = format!("/files/{}/slow.bin", file.file_id.as_str().unwrap());
    members.file = json!({"link": link});
    let path = members.pass().await;
    let part = members.fetch(&path, "range: bytes=1048576-").await;
    assert_eq!(part.status, 206);
    assert!(part.body == content[1 << 20..]);
    assert_eq!(members.fetch(&link, "").await.status, 404);
    members.server.stop().await;
}
