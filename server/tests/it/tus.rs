//! Uploads by tus 1.0, request by request. `e2e/journeys/tus.test.js` has its public client.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::arrivals::signed_in;
use crate::http::{Answer, Uploader, bytes, exchange, get, read_answer};
use crate::peer::{Peer, start};

const MIB: usize = 1 << 20;
const PIECE: &str = "content-type: application/offset+octet-stream";
/// A request that takes the turn of another one has it by then.
const SOON: Duration = Duration::from_secs(5);

struct Scene {
    server: Server,
    ann: Peer,
    welcome: Value,
    folder: TempDir,
}

impl Scene {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = start(&folder).await;
        let (ann, welcome) = signed_in(&server, "Ann").await;
        Self {
            server,
            ann,
            welcome,
            folder,
        }
    }

    async fn ask(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> Answer {
        let headers = format!(
            "tus-resumable: 1.0.0\r\ncontent-length: {}\r\n{headers}",
            body.len()
        );
        let head = Uploader::new(&self.welcome).head(method, path, &headers);
        exchange(&self.server, &head, body).await
    }

    /// Begins an upload; its path.
    async fn create(&self, size: usize, metadata: &[(&str, &str)]) -> String {
        let pairs = metadata.iter().map(|(key, value)| {
            let value = BASE64_STANDARD.encode(value);
            format!("{key} {value}")
        });
        let metadata = pairs.collect::<Vec<_>>().join(",");
        let headers = format!("upload-length: {size}\r\nupload-metadata: {metadata}");
        let created = self.ask("POST", "/api/tus", &headers, b"").await;
        assert_eq!(
            created.status,
            201,
            "{}",
            String::from_utf8_lossy(&created.body)
        );
        created.header("location").to_owned()
    }

    async fn patch(&self, path: &str, offset: usize, body: &[u8]) -> Answer {
        let headers = format!("{PIECE}\r\nupload-offset: {offset}");
        self.ask("PATCH", path, &headers, body).await
    }

    async fn offset(&self, path: &str) -> usize {
        let told = self.ask("HEAD", path, "", b"").await;
        assert_eq!(told.status, 200);
        assert_eq!(told.header("cache-control"), "no-store");
        told.header("upload-offset").parse().unwrap()
    }

    /// What the link in an answer leads to.
    async fn fetch(&self, answer: &Answer) -> Vec<u8> {
        let origin = format!("http://{}", self.server.http_address());
        let link = answer.header("chinwag-link").strip_prefix(&origin).unwrap();
        get(&self.server, link, "").await.body
    }

    /// Begins a `PATCH`, of which this much comes.
    async fn begin_patch(
        &self,
        path: &str,
        offset: usize,
        length: usize,
        sent: &[u8],
    ) -> TcpStream {
        let address = self.server.http_address();
        let headers = format!(
            "tus-resumable: 1.0.0\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {length}\r\n\
             {PIECE}\r\nupload-offset: {offset}\r\n\r\n"
        );
        let head = Uploader::new(&self.welcome).head("PATCH", path, &headers);
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(sent).await.unwrap();
        stream
    }

    async fn messages(&mut self) -> Vec<Value> {
        let history = json!({"type": "read_history", "room": "lobby", "limit": 200});
        let page = self.ann.ask(history).await;
        let events = page["events"].as_array().unwrap().iter();
        let messages = events.filter(|event| event["event"]["type"] == "message_sent");
        messages.cloned().collect()
    }
}

#[tokio::test]
async fn a_file_comes_in_pieces_that_end_anywhere() {
    let mut scene = Scene::new().await;
    let content = bytes(3 * MIB + 77);
    let metadata = [
        ("filename", "Zoë.txt"),
        ("filetype", "text/plain"),
        ("room", "#lobby"),
    ];
    let path = scene.create(content.len(), &metadata).await;
    let mut at = 0;
    // Less than a chunk, over its end, exactly to an end, several at once, nothing.
    for piece in [1, 300_000, MIB, MIB - 300_001, 0, MIB + 76] {
        let moved = scene.patch(&path, at, &content[at..at + piece]).await;
        at += piece;
        assert_eq!(moved.status, 204);
        assert_eq!(moved.header("upload-offset"), at.to_string());
        assert_eq!(moved.header("tus-resumable"), "1.0.0");
        assert!(moved.header("upload-expires").ends_with(" GMT"));
        assert_eq!(moved.header("chinwag-link"), "");
        assert_eq!(scene.offset(&path).await, at);
    }
    let told = scene.ask("HEAD", &path, "", b"").await;
    assert_eq!(told.header("upload-length"), content.len().to_string());
    let stated = "filename Wm/Dqy50eHQ=,filetype dGV4dC9wbGFpbg==,room I2xvYmJ5";
    assert_eq!(told.header("upload-metadata"), stated);
    assert!(scene.messages().await.is_empty());
    let last = scene.patch(&path, at, &content[at..]).await;
    assert_eq!((last.status, last.header("upload-expires")), (204, ""));
    assert!(scene.fetch(&last).await == content);
    // Whoever did not hear of the end asks again, and nothing is posted twice.
    for _ in 0..2 {
        let told = scene.ask("HEAD", &path, "", b"").await;
        assert_eq!(told.header("upload-offset"), content.len().to_string());
        assert_eq!(told.header("chinwag-link"), last.header("chinwag-link"));
    }
    let messages = scene.messages().await;
    assert_eq!(messages.len(), 1);
    let file = &messages[0]["event"]["attachments"][0];
    assert_eq!(
        (&file["name"], &file["media_type"]),
        (&json!("Zoë.txt"), &json!("text/plain"))
    );
    let hash = blake3::hash(&content).to_hex();
    assert_eq!(file["content_hash"], hash.as_str());
    scene.server.stop().await;
}

#[tokio::test]
async fn a_piece_that_is_cut_keeps_what_came() {
    let mut scene = Scene::new().await;
    let content = bytes(4 * MIB);
    let path = scene.create(content.len(), &[]).await;
    let sent = MIB + 4321;
    let cut = scene
        .begin_patch(&path, 0, content.len(), &content[..sent])
        .await;
    drop(cut);
    let begun = Instant::now();
    // It comes to the server when it comes.
    while scene.offset(&path).await < sent {
        assert!(begun.elapsed() < SOON);
    }
    assert_eq!(scene.offset(&path).await, sent);
    // Of a chunk that was not whole nothing outlives the server.
    scene.server.stop().await;
    scene.server = start(&scene.folder).await;
    assert_eq!(scene.offset(&path).await, MIB);
    let behind = scene.patch(&path, sent, &content[sent..]).await;
    assert_eq!((behind.status, &*behind.code()), (409, "upload_conflict"));
    let last = scene.patch(&path, MIB, &content[MIB..]).await;
    assert!(scene.fetch(&last).await == content);
    scene.server.stop().await;
}

#[tokio::test]
async fn the_newest_request_has_the_turn() {
    let scene = Scene::new().await;
    let content = bytes(2 * MIB);
    let path = scene.create(content.len(), &[]).await;
    let stalled = scene
        .begin_patch(&path, 0, content.len(), &content[..1000])
        .await;
    let begun = Instant::now();
    while scene.offset(&path).await < 1000 {
        assert!(begun.elapsed() < SOON);
    }
    assert_eq!(read_answer(stalled).await.status, 423);
    let last = scene.patch(&path, 1000, &content[1000..]).await;
    assert!(scene.fetch(&last).await == content);
    scene.server.stop().await;
}

#[tokio::test]
async fn what_it_can_do_is_told_and_other_versions_are_refused() {
    let scene = Scene::new().await;
    let options = exchange(&scene.server, "OPTIONS /api/tus HTTP/1.1", b"").await;
    assert_eq!(options.status, 204);
    assert_eq!(options.header("tus-version"), "1.0.0");
    assert_eq!(options.header("tus-max-size"), (128_u64 << 30).to_string());
    let extensions = "creation,creation-with-upload,expiration,termination";
    assert_eq!(options.header("tus-extension"), extensions);
    for version in ["", "tus-resumable: 0.2.2"] {
        let head = format!("upload-length: 1\r\n{version}");
        let head = Uploader::new(&scene.welcome).head("POST", "/api/tus", head.trim_end());
        let other = exchange(&scene.server, &head, b"").await;
        assert_eq!((other.status, other.header("tus-version")), (412, "1.0.0"));
    }
    scene.server.stop().await;
}

#[tokio::test]
async fn all_may_come_with_the_beginning_and_some_may_never_come() {
    let mut scene = Scene::new().await;
    let headers = format!("{PIECE}\r\nupload-length: 5");
    let part = scene.ask("POST", "/api/tus/", &headers, b"abc").await;
    assert_eq!((part.status, part.header("upload-offset")), (201, "3"));
    let whole = scene.ask("POST", "/api/tus", &headers, b"abcde").await;
    assert_eq!((whole.status, whole.header("upload-offset")), (201, "5"));
    assert_eq!(scene.fetch(&whole).await, b"abcde");
    let empty = scene.ask("POST", "/api/tus", "upload-length: 0", b"").await;
    assert_eq!(empty.status, 201);
    assert!(scene.fetch(&empty).await.is_empty());

    let path = part.header("location").to_owned();
    let listed = scene.ann.ask(json!({"type": "list_uploads"})).await;
    assert_eq!(listed["uploads"][0]["name"], "upload");
    let ended = scene.ask("DELETE", &path, "", b"").await;
    assert_eq!(ended.status, 204);
    assert_eq!(scene.ask("HEAD", &path, "", b"").await.status, 404);
    assert_eq!(scene.patch(&path, 3, b"de").await.status, 404);
    let finished = scene.ask("DELETE", whole.header("location"), "", b"").await;
    assert_eq!(finished.status, 409);
    // Some programs know two methods only. Beside what reads, nothing else may be meant.
    let path = scene.create(2, &[]).await;
    let headers = format!("{PIECE}\r\nupload-offset: 0\r\nx-http-method-override: PATCH");
    let last = scene.ask("POST", &path, &headers, b"hi").await;
    assert_eq!(scene.fetch(&last).await, b"hi");
    let path = scene.create(2, &[]).await;
    let hidden = scene
        .ask("GET", &path, "x-http-method-override: DELETE", b"")
        .await;
    assert_eq!(hidden.status, 404);
    assert_eq!(scene.offset(&path).await, 0);
    scene.server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_right_is_refused() {
    let scene = Scene::new().await;
    for (headers, status, code) in [
        ("", 400, "invalid_argument"),
        ("upload-length: -1", 400, "invalid_argument"),
        ("upload-defer-length: 1", 400, "invalid_argument"),
        ("upload-length: 999999999999999", 413, "file_too_large"),
        (
            "upload-length: 1\r\nupload-metadata: filename %%%",
            400,
            "invalid_argument",
        ),
        (
            "upload-length: 1\r\nupload-metadata: room bm93aGVyZQ==",
            404,
            "room_not_found",
        ),
    ] {
        let refused = scene.ask("POST", "/api/tus", headers, b"").await;
        assert_eq!(
            (refused.status, &*refused.code()),
            (status, code),
            "{headers}"
        );
        assert_eq!(refused.header("tus-resumable"), "1.0.0");
    }
    let path = scene.create(10, &[]).await;
    let typeless = scene.ask("PATCH", &path, "upload-offset: 0", b"abc").await;
    assert_eq!(typeless.status, 415);
    assert_eq!(scene.ask("PATCH", &path, PIECE, b"abc").await.status, 400);
    assert_eq!(scene.patch(&path, 1, b"abc").await.status, 409);
    assert_eq!(scene.patch(&path, 0, b"more than ten").await.status, 400);
    assert_eq!(scene.offset(&path).await, 0, "nothing of what is too long");
    let (_, bob) = signed_in(&scene.server, "Bob").await;
    for method in ["HEAD", "DELETE", "PATCH"] {
        let headers =
            format!("{PIECE}\r\nupload-offset: 0\r\ntus-resumable: 1.0.0\r\ncontent-length: 0");
        let head = Uploader::new(&bob).head(method, &path, &headers);
        assert_eq!(
            exchange(&scene.server, &head, b"").await.status,
            404,
            "{method}"
        );
    }
    let nobody = "POST /api/tus HTTP/1.1\r\ntus-resumable: 1.0.0\r\nupload-length: 1";
    assert_eq!(exchange(&scene.server, nobody, b"").await.status, 401);
    scene.server.stop().await;
}
