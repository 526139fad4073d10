//! Downloads of files that are still on their way.

use std::time::{Duration, Instant};

use client::{Command, DownloadPhase};
use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::arrivals::{Sending, accepted, send, signed_in};
use crate::http::{Answer, Uploader, bytes, exchange, get, open_connections};
use crate::kill::{free_ports, start as start_program};
use crate::peer::{Peer, start};
use crate::resync::Person;

const CHUNK: usize = 1 << 20;
/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);
/// Whoever may read no more is cut off by then.
const AT_ONCE: Duration = Duration::from_secs(2);
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0\x08\x02\0\0\0";

fn link(file: &Sending) -> String {
    format!("/files/{}/a.bin", file.file_id.as_str().unwrap())
}

/// A download that goes on beside the test.
struct Download {
    stream: TcpStream,
    head: String,
}

impl Download {
    async fn begin(server: &Server, reader: &Value, file: &Sending, headers: &str) -> Self {
        let address = server.http_address();
        let head = Uploader::new(reader).head("GET", &link(file), headers);
        let head = format!(
            "{}\r\nhost: {address}\r\nconnection: close\r\n\r\n",
            head.trim_end()
        );
        Self::send(TcpStream::connect(address).await.unwrap(), &head).await
    }

    async fn send(mut stream: TcpStream, head: &str) -> Self {
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(timeout(PATIENCE, stream.read_u8()).await.unwrap().unwrap());
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        Self { stream, head }
    }

    async fn take(&mut self, bytes: usize) -> Vec<u8> {
        let mut taken = vec![0; bytes];
        let read = self.stream.read_exact(&mut taken);
        timeout(PATIENCE, read).await.unwrap().unwrap();
        taken
    }

    /// Whether nothing comes for a moment.
    async fn is_quiet(&mut self) -> bool {
        let some = self.stream.read_u8();
        timeout(Duration::from_millis(300), some).await.is_err()
    }

    async fn rest(mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        // A connection that is cut may end in either way.
        let _ = timeout(PATIENCE, self.stream.read_to_end(&mut rest))
            .await
            .expect("an end in time");
        rest
    }
}

/// A file of Ann's that a message of hers in the lobby awaits, and Bob, who reads it.
struct Scene {
    server: Server,
    ann: Peer,
    as_ann: Value,
    bob: Peer,
    as_bob: Value,
    file: Sending,
    _folder: TempDir,
}

impl Scene {
    async fn new(content: Vec<u8>) -> Self {
        let folder = TempDir::new().unwrap();
        let server = start(&folder).await;
        let (mut ann, as_ann) = signed_in(&server, "Ann").await;
        let (bob, as_bob) = signed_in(&server, "Bob").await;
        let file = Sending::begin(&mut ann, "a.bin", content).await;
        accepted(&mut ann, send("lobby", "", &[&file.file_id])).await;
        Self {
            server,
            ann,
            as_ann,
            bob,
            as_bob,
            file,
            _folder: folder,
        }
    }

    async fn download(&self, headers: &str) -> Download {
        Download::begin(&self.server, &self.as_bob, &self.file, headers).await
    }

    async fn ask(&self, method: &str, headers: &str) -> Answer {
        let head = Uploader::new(&self.as_bob).head(method, &link(&self.file), headers);
        exchange(&self.server, &head, b"").await
    }
}

#[tokio::test]
async fn what_is_downloaded_beside_its_upload_is_the_same() {
    let mut scene = Scene::new(bytes(5 * CHUNK + 7)).await;
    let mut early = scene.download("").await;
    assert!(early.head.starts_with("http/1.1 200 "), "{}", early.head);
    let length = format!("content-length: {}\r\n", 5 * CHUNK + 7);
    assert!(early.head.contains(&length), "{}", early.head);
    assert!(early.is_quiet().await, "nothing is there yet");
    let mut got = Vec::new();
    // Out of order, as they come where several travel at once.
    for index in [1, 0, 5, 3, 2] {
        scene.file.put(&mut scene.ann, index).await;
        if index == 0 {
            got.extend(early.take(2 * CHUNK).await);
            assert!(early.is_quiet().await, "the third is not there");
        }
    }
    let late = scene.download("range: bytes=4194304-").await;
    assert!(late.head.starts_with("http/1.1 206 "));
    scene.file.put(&mut scene.ann, 4).await;
    let whole = scene.file.finish(&mut scene.ann).await;
    got.extend(early.rest().await);
    assert!(got == scene.file.content);
    assert!(late.rest().await == scene.file.content[4 * CHUNK..]);
    let after = scene.ask("GET", "").await;
    assert!(after.body == scene.file.content);
    let hash = whole["content_hash"].as_str().unwrap();
    assert_eq!(after.header("etag"), format!("\"{hash}\""));
    scene.server.stop().await;
}

#[tokio::test]
async fn one_may_seek_within_what_is_there() {
    let content = [PNG, &bytes(3 * CHUNK)].concat();
    let mut scene = Scene::new(content).await;
    let unknown = scene.ask("HEAD", "").await;
    assert_eq!(unknown.status, 200);
    assert_eq!(
        unknown.header("content-length"),
        scene.file.content.len().to_string()
    );
    assert_eq!(unknown.header("content-type"), "application/octet-stream");
    for index in [0, 2] {
        scene.file.put(&mut scene.ann, index).await;
    }
    for (range, expected) in [
        ("bytes=0-9", 0..10),
        ("bytes=100-200", 100..201),
        ("bytes=2097152-3145727", 2 * CHUNK..3 * CHUNK),
        ("bytes=2500000-2600000", 2_500_000..2_600_001),
    ] {
        let part = scene.ask("GET", &format!("range: {range}")).await;
        assert_eq!(part.status, 206, "{range}");
        assert!(part.body == scene.file.content[expected], "{range}");
        assert_eq!(
            part.header("content-type"),
            "image/png",
            "its first bytes say so"
        );
        assert_eq!(part.header("cache-control"), "no-store");
        assert_eq!(part.header("etag"), "");
        assert_eq!(part.header("accept-ranges"), "bytes");
    }
    let beyond = scene.ask("GET", "range: bytes=99999999-").await;
    assert_eq!(beyond.status, 416);
    // Nothing vouches that what somebody has is the same.
    let conditional = scene
        .ask("GET", "range: bytes=0-9\r\nif-none-match: *")
        .await;
    assert_eq!(conditional.status, 206);
    scene.server.stop().await;
}

#[tokio::test]
async fn it_is_for_its_sender_and_those_who_read_a_message_with_it() {
    let mut scene = Scene::new(bytes(CHUNK)).await;
    scene.file.put(&mut scene.ann, 0).await;
    let nobody = get(&scene.server, &link(&scene.file), "").await;
    assert_eq!((nobody.status, &*nobody.code()), (404, "file_not_found"));
    scene
        .ann
        .ask(json!({"type": "create_room", "name": "den"}))
        .await;
    let inside = Sending::begin(&mut scene.ann, "a.bin", bytes(CHUNK)).await;
    let unsent = Sending::begin(&mut scene.ann, "a.bin", bytes(CHUNK)).await;
    inside.put(&mut scene.ann, 0).await;
    unsent.put(&mut scene.ann, 0).await;
    accepted(&mut scene.ann, send("den", "", &[&inside.file_id])).await;
    for (file, sender, reader) in [
        (&scene.file, 200, 200),
        (&inside, 200, 404),
        (&unsent, 200, 404),
    ] {
        for (who, status) in [(&scene.as_ann, sender), (&scene.as_bob, reader)] {
            let head = Uploader::new(who).head("GET", &link(file), "");
            assert_eq!(exchange(&scene.server, &head, b"").await.status, status);
        }
        let describe = json!({"type": "describe_file", "file_id": file.file_id});
        let refused = scene.bob.ask(describe).await;
        let code = if reader == 200 {
            "file_arriving"
        } else {
            "file_not_found"
        };
        assert_eq!(refused["code"], code);
        assert_eq!(refused["retry_after_ms"].is_u64(), reader == 200);
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn who_waits_for_what_is_withdrawn_sees_that_it_is_short() {
    let mut scene = Scene::new(bytes(3 * CHUNK)).await;
    scene.file.put(&mut scene.ann, 0).await;
    let mut reading = scene.download("").await;
    let begun = reading.take(CHUNK).await;
    assert!(begun == scene.file.content[..CHUNK]);
    assert!(reading.is_quiet().await);
    let cancelled = Instant::now();
    assert_eq!(scene.ann.ask(scene.file.cancel()).await["type"], "done");
    assert!(reading.rest().await.is_empty());
    assert!(cancelled.elapsed() < AT_ONCE);
    assert_eq!(scene.ask("GET", "").await.status, 404);
    scene.server.stop().await;
}

#[tokio::test]
async fn who_read_what_is_taken_back_gets_no_more() {
    let mut scene = Scene::new(bytes(3 * CHUNK)).await;
    scene.file.put(&mut scene.ann, 0).await;
    let mut reading = scene.download("").await;
    reading.take(CHUNK).await;
    // Nobody knows which of two contents is meant.
    let frame = json!({"type": "put_chunk", "upload_id": scene.file.upload_id, "index": 0, "payload_bytes": CHUNK});
    scene.ann.send_payload(frame, &vec![1; CHUNK]).await;
    assert_eq!(scene.ann.expect("error").await["code"], "chunk_mismatch");
    scene.file.put(&mut scene.ann, 1).await;
    assert!(reading.rest().await.is_empty());
    scene.server.stop().await;
}

#[tokio::test]
async fn who_is_put_out_gets_no_more() {
    let mut scene = Scene::new(bytes(3 * CHUNK)).await;
    scene
        .ann
        .ask(json!({"type": "create_room", "name": "den"}))
        .await;
    scene
        .bob
        .ask(json!({"type": "join_room", "room": "den"}))
        .await;
    let file = Sending::begin(&mut scene.ann, "a.bin", bytes(3 * CHUNK)).await;
    accepted(&mut scene.ann, send("den", "", &[&file.file_id])).await;
    file.put(&mut scene.ann, 0).await;
    let mut stays = Download::begin(&scene.server, &scene.as_ann, &file, "").await;
    let mut gone = Download::begin(&scene.server, &scene.as_bob, &file, "").await;
    for reading in [&mut stays, &mut gone] {
        reading.take(CHUNK).await;
    }
    let kick =
        json!({"type": "remove_member", "room": "den", "person_id": scene.as_bob["person"]["id"]});
    assert_eq!(scene.ann.ask(kick).await["type"], "done");
    let kicked = Instant::now();
    assert!(gone.rest().await.is_empty());
    assert!(kicked.elapsed() < AT_ONCE);
    for index in [1, 2] {
        file.put(&mut scene.ann, index).await;
    }
    // The end changes nothing for who reads, and its link is open to everyone after it.
    file.finish(&mut scene.ann).await;
    assert!(stays.rest().await == file.content[CHUNK..]);
    scene.server.stop().await;
}

#[tokio::test]
async fn a_reader_who_leaves_is_not_waited_for() {
    let scene = Scene::new(bytes(CHUNK)).await;
    let before = open_connections(&scene.server).await;
    let reading = scene.download("").await;
    assert_eq!(open_connections(&scene.server).await, before + 1);
    drop(reading);
    let left = Instant::now();
    while open_connections(&scene.server).await > before {
        assert!(left.elapsed() < AT_ONCE);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    scene.server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_native_download_that_begins_early_ends_by_itself() {
    let mut scene = Scene::new(bytes(2 * CHUNK + 3)).await;
    let mut cleo = Person::new(scene.server.tcp_address(), "Cleo").await;
    let target = scene._folder.path().join("got.bin");
    cleo.command(Command::Download {
        file_id: scene.file.file_id.as_str().unwrap().parse().unwrap(),
        target: target.to_str().unwrap().to_owned(),
        keep: false,
    });
    let phase = |view: &client::View| view.downloads.values().next().map(|it| it.phase.clone());
    let waits = |view: &client::View| {
        let shown = view.downloads.values().next();
        shown.is_some_and(|it| it.phase == DownloadPhase::Waiting && it.trouble.is_some())
    };
    cleo.wait("told to wait", waits).await;
    scene.file.complete(&mut scene.ann).await;
    let is_finished =
        |view: &client::View| matches!(phase(view), Some(DownloadPhase::Finished { .. }));
    cleo.wait("finished", is_finished).await;
    assert!(std::fs::read(target).unwrap() == scene.file.content);
    scene.server.stop().await;
}

/// A figure of a process, as Linux has it in `status`.
#[cfg(target_os = "linux")]
fn status(process: u32, name: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let number = line
        .unwrap()
        .trim_start_matches(':')
        .split_whitespace()
        .next();
    number.unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn two_hundred_who_wait_cost_little() {
    const READERS: usize = 200;
    const MEMORY_KIB_EACH: u64 = 64;
    let folder = TempDir::new().unwrap();
    let (http, tcp) = free_ports();
    let life = start_program(folder.path(), (http, tcp));
    let stream = loop {
        match TcpStream::connect(("127.0.0.1", tcp)).await {
            Ok(stream) => break stream,
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    };
    let mut ann = Peer::Tcp(BufReader::new(stream));
    let as_ann = ann.claim("Ann").await;
    let file = Sending::begin(&mut ann, "a.bin", bytes(2 * CHUNK)).await;
    let head = Uploader::new(&as_ann).head("GET", &link(&file), "");
    let head = format!(
        "{}\r\nhost: localhost\r\nconnection: close\r\n\r\n",
        head.trim_end()
    );
    let process = life.0.id();
    let mut readers = Vec::new();
    let (mut threads, mut memory) = (0, 0);
    for reader in 0..=READERS {
        let stream = TcpStream::connect(("127.0.0.1", http)).await.unwrap();
        readers.push(Download::send(stream, &head).await);
        if reader == 0 {
            (threads, memory) = (status(process, "Threads"), status(process, "VmRSS"));
        }
    }
    let grown = status(process, "VmRSS").saturating_sub(memory);
    assert!(grown < READERS as u64 * MEMORY_KIB_EACH, "{grown} KiB");
    let waiting = status(process, "Threads");
    // Those that opened the part are kept for a moment.
    assert!(
        waiting < threads + 20,
        "{waiting} threads, {threads} with one reader"
    );
    file.complete(&mut ann).await;
    for reader in readers {
        assert!(reader.rest().await == file.content);
    }
}
