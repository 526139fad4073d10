//! Whole files by one `PUT`, as `curl -T` sends them, and links that `wget -c` goes on with: the programs themselves.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::account::Signed;
use crate::arrivals::signed_in;
use crate::http::{Uploader, bytes, exchange, get, read_answer};
use crate::peer::{Peer, config, start};

const MIB: usize = 1 << 20;
/// What was cut off is gone by then.
const SOON: Duration = Duration::from_secs(5);

/// Runs a program beside the server, with this on its standard input.
pub(crate) async fn run(
    folder: &Path,
    program: &str,
    arguments: &[&str],
    input: Vec<u8>,
) -> Output {
    let mut command = Command::new(program);
    command.current_dir(folder).args(arguments);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let run = move || {
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // Who has heard enough reads no more.
        let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let output = child.wait_with_output().unwrap();
        writing.join().unwrap();
        output
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

struct Scene {
    server: Server,
    ann: Peer,
    token: String,
    folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = start(&folder).await;
        let (ann, welcome) = signed_in(&server, "Ann").await;
        let token = welcome["session_token"].as_str().unwrap().to_owned();
        Self {
            server,
            ann,
            token,
            folder,
        }
    }

    /// Runs curl with the token; the status and what was answered.
    async fn curl(&self, arguments: &[&str], path: &str, input: Vec<u8>) -> (u16, String) {
        let url = format!("http://{}{path}", self.server.http_address());
        let token = format!("Authorization: Bearer {}", self.token);
        let always = ["-sS", "-H", &token, "-w", "%{http_code}"];
        let arguments = [&always[..], arguments, &[&url]].concat();
        let output = run(self.folder.path(), "curl", &arguments, input).await;
        assert!(output.status.success(), "{output:?}");
        let out = String::from_utf8(output.stdout).unwrap();
        let (body, status) = out.split_at(out.len() - 3);
        (status.parse().unwrap(), body.to_owned())
    }

    fn keep(&self, name: &str, content: &[u8]) {
        std::fs::write(self.folder.path().join(name), content).unwrap();
    }

    /// Waits until nothing is left of an upload that was cut off.
    async fn expect_nothing_left(&mut self) {
        let incoming = self.folder.path().join("uploads/incoming");
        let begun = Instant::now();
        loop {
            let parts = std::fs::read_dir(&incoming).unwrap().count();
            let uploads = self.ann.ask(json!({"type": "list_uploads"})).await;
            if parts == 0 && uploads["uploads"] == json!([]) {
                return;
            }
            assert!(begun.elapsed() < SOON, "{parts} parts, {uploads}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// What is found by the address that was printed.
async fn fetch(server: &Server, address: &str) -> Vec<u8> {
    let origin = format!("http://{}", server.http_address());
    let link = address.trim_end().strip_prefix(&origin).unwrap();
    let found = get(server, link, "").await;
    assert_eq!(found.status, 200);
    found.body
}

#[tokio::test]
async fn curl_sends_a_file_and_prints_its_link() {
    let scene = Scene::new().await;
    for (name, content) in [
        ("film.mp4", bytes(3 * MIB + 17)),
        ("exactly two.bin", bytes(2 * MIB)),
        ("Zoë's plan?.txt", b"plan".to_vec()),
        ("empty", Vec::new()),
    ] {
        scene.keep(name, &content);
        let (status, link) = scene.curl(&["-T", name], "/upload/", Vec::new()).await;
        assert_eq!(status, 201, "{link}");
        assert!(link.ends_with('\n') && link.lines().count() == 1, "{link}");
        assert!(fetch(&scene.server, &link).await == content, "{name}");
        let described = link.replace("/files/", "/api/files/");
        let described = described.rsplit_once('/').unwrap().0;
        let path = described.split_once("/api").unwrap().1;
        let described = get(&scene.server, &format!("/api{path}"), "").await.json();
        let hash = blake3::hash(&content).to_hex();
        assert_eq!(described["file"]["content_hash"], hash.as_str());
        assert_eq!(described["file"]["name"], name.replace('?', "_"));
    }
    let json = ["-T", "empty", "-H", "Accept: application/json"];
    let (status, told) = scene.curl(&json, "/upload/other.txt", Vec::new()).await;
    assert_eq!(status, 201);
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["file"]["name"], "other.txt");
    let url = told["url"].as_str().unwrap();
    assert!(url.ends_with(told["file"]["link"].as_str().unwrap()));
    scene.server.stop().await;
}

#[tokio::test]
async fn curl_sends_what_it_knows_no_size_of() {
    let mut scene = Scene::new().await;
    for content in [bytes(70 * MIB + 3), bytes(MIB), b"x".to_vec(), Vec::new()] {
        let (status, link) = scene
            .curl(&["-T", "-"], "/upload/all.tar", content.clone())
            .await;
        assert_eq!(status, 201, "{link}");
        assert!(link.trim_end().ends_with("/all.tar"), "{link}");
        assert!(fetch(&scene.server, &link).await == content);
    }
    scene.expect_nothing_left().await;
    // Nothing of it was abandoned, whoever looks for that meanwhile.
    scene.server.stop().await;
    crate::operator::run(&scene.folder, &["fsck"])
        .await
        .assert_clean();
}

#[tokio::test]
async fn what_is_sent_goes_into_a_room_where_that_is_asked_for() {
    let folder = TempDir::new().unwrap();
    let config = Config {
        registration: Some(Registration::Open),
        ..config(&folder)
    };
    let server = Server::start(config).await.unwrap();
    let mut ann = Signed::up(&server, "Ann", None).await;
    for (scopes, status) in [(&["send"][..], 201), (&["read"], 403)] {
        let bot = json!({"type": "create_bot", "name": format!("bot {status}"), "scopes": scopes});
        let token = ann.ask(bot).await["token"].clone();
        let bot = Uploader::new(&json!({"session_token": token}));
        let sent = bot
            .request(&server, "PUT", "/upload/log.txt?room=lobby", b"log")
            .await;
        assert_eq!(
            sent.status,
            status,
            "{}",
            String::from_utf8_lossy(&sent.body)
        );
    }
    let history = json!({"type": "read_history", "room": "lobby", "limit": 1});
    let message = ann.ask(history).await["events"][0].clone();
    assert_eq!(message["person"]["name"], "bot 201");
    assert_eq!(message["event"]["attachments"][0]["name"], "log.txt");
    assert_eq!(message["event"]["text"], "");

    ann.ask(json!({"type": "create_room", "name": "den"})).await;
    let mut bob = Signed::up(&server, "Bob", None).await;
    let uploader = Uploader::new(&bob.welcome);
    for (room, code) in [
        ("den", "not_a_member"),
        ("nowhere", "room_not_found"),
        ("a%20b", "invalid_name"),
    ] {
        // It is refused before it is sent.
        let path = format!("/upload/a.bin?room={room}");
        let head = uploader.head(
            "PUT",
            &path,
            "content-length: 99999999\r\nexpect: 100-continue",
        );
        assert_eq!(exchange(&server, &head, b"").await.code(), code);
    }
    bob.ask(json!({"type": "join_room", "room": "den"})).await;
    let accept = "accept: application/json\r\ncontent-length: 1";
    let head = uploader.head("PUT", "/upload/a.bin?room=%23den", accept);
    let told = exchange(&server, &head, b"x").await;
    assert_eq!(told.json()["message"]["sequence"], 4);
    server.stop().await;
}

#[tokio::test]
async fn what_is_cut_off_leaves_nothing_behind() {
    let mut scene = Scene::new().await;
    let uploader = Uploader::new(&json!({"session_token": scene.token}));
    let address = scene.server.http_address();
    for headers in ["content-length: 9999999", "transfer-encoding: chunked"] {
        for sent in [0, 10, MIB + 10, 5 * MIB] {
            let head = uploader.head("PUT", "/upload/a.bin", headers);
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!("{head}\r\nhost: {address}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            if headers.starts_with("transfer") {
                stream.write_all(b"99999999\r\n").await.unwrap();
            }
            stream.write_all(&vec![7; sent]).await.unwrap();
            let incoming = scene.folder.path().join("uploads/incoming");
            let begun = Instant::now();
            while sent > MIB && std::fs::read_dir(&incoming).unwrap().count() == 0 {
                assert!(begun.elapsed() < SOON, "it never began");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            drop(stream);
            scene.expect_nothing_left().await;
        }
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn what_is_sent_while_its_session_ends_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let address = server.http_address();
    for pause_ms in 0..12 {
        let (mut ann, welcome) = signed_in(&server, &format!("Ann {pause_ms}")).await;
        let uploader = Uploader::new(&welcome);
        let head = uploader.head("PUT", "/upload/a.bin", "content-length: 9999999");
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("{head}\r\nhost: {address}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(&vec![7; MIB]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        ann.send(json!({"type": "sign_out"})).await;
        assert_eq!(read_answer(stream).await.status, 401);
    }
    let incoming = folder.path().join("uploads/incoming");
    let begun = Instant::now();
    while std::fs::read_dir(&incoming).unwrap().count() > 0 {
        assert!(begun.elapsed() < SOON);
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_refused_says_why_and_leaves_nothing() {
    let mut scene = Scene::new().await;
    crate::operator::run(
        &scene.folder,
        &["admin", "settings", "file_bytes_per_person_max", "3000000"],
    )
    .await
    .assert_clean();
    for (arguments, input) in [(["-T", "big"], Vec::new()), (["-T", "-"], bytes(4 * MIB))] {
        scene.keep("big", &bytes(4 * MIB));
        let (status, told) = scene.curl(&arguments, "/upload/big", input).await;
        assert_eq!(status, 403, "{told}");
        assert!(told.contains("quota_exceeded"), "{told}");
        scene.expect_nothing_left().await;
    }
    let nobody = exchange(
        &scene.server,
        "PUT /upload/a HTTP/1.1\r\ncontent-length: 1",
        b"x",
    )
    .await;
    assert_eq!((nobody.status, &*nobody.code()), (401, "not_signed_in"));
    let uploader = Uploader::new(&json!({"session_token": scene.token}));
    for method in ["POST", "GET", "DELETE"] {
        let other = uploader
            .request(&scene.server, method, "/upload/a", b"")
            .await;
        assert_eq!((other.status, other.header("allow")), (405, "PUT"));
    }
    scene.server.stop().await;
}

/// Passes connections on, and cuts the first after so many bytes of the answer.
async fn cut_once(listener: TcpListener, server: std::net::SocketAddr, bytes: u64) {
    let (mut near, _) = listener.accept().await.unwrap();
    let mut far = TcpStream::connect(server).await.unwrap();
    let mut request = vec![0; 64 * 1024];
    let read = near.read(&mut request).await.unwrap();
    far.write_all(&request[..read]).await.unwrap();
    tokio::io::copy(&mut far.take(bytes), &mut near)
        .await
        .unwrap();
    drop(near);
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(server).await.unwrap();
        tokio::spawn(async move { copy_bidirectional(&mut near, &mut far).await });
    }
}

#[tokio::test]
async fn wget_goes_on_with_what_was_cut() {
    let scene = Scene::new().await;
    let content = bytes(5 * MIB + 7);
    scene.keep("film.bin", &content);
    let (_, link) = scene
        .curl(&["-T", "film.bin"], "/upload/", Vec::new())
        .await;
    let server = scene.server.http_address();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let near = listener.local_addr().unwrap();
    let link = link
        .trim_end()
        .replace(&server.to_string(), &near.to_string());
    let cutting = tokio::spawn(cut_once(listener, server, 2_000_000));
    let target = scene.folder.path().join("got");
    let arguments = ["-q", "--no-proxy", "-O", "got", "--tries=1", &link];
    let cut = run(scene.folder.path(), "wget", &arguments, Vec::new()).await;
    assert!(!cut.status.success());
    let there = std::fs::read(&target).unwrap();
    assert!((1..content.len()).contains(&there.len()) && content.starts_with(&there));
    let arguments = ["-nv", "--no-proxy", "-c", "-O", "got", "--tries=1", &link];
    let whole = run(scene.folder.path(), "wget", &arguments, Vec::new()).await;
    assert!(whole.status.success(), "{whole:?}");
    let log = String::from_utf8(whole.stderr).unwrap();
    let rest = content.len() - there.len();
    assert!(
        log.contains(&format!("[{rest}/{rest}]")) || log.contains(&format!("/{}]", content.len())),
        "{log}"
    );
    assert!(std::fs::read(&target).unwrap() == content);
    cutting.abort();
    scene.server.stop().await;
}
