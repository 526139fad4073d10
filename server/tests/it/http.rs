//! HTTP over raw sockets: nothing between the test and the bytes tidies them up.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use server::Server;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(20);

/// An answer, with header names in lower case.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The code of an error.
    pub(crate) fn code(&self) -> String {
        self.json()["code"].as_str().unwrap().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Sends a request whose head is `head` without its end, and reads the answer. `Host` and an end are added.
pub(crate) async fn exchange(server: &Server, head: &str, body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(server.http_address()).await.unwrap();
    let head = format!(
        "{}\r\nhost: {}\r\nconnection: close\r\n\r\n",
        head.trim_end(),
        server.http_address()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The server may answer, and close, before it has read all of it.
    let _ = stream.write_all(body).await;
    let _ = stream.flush().await;
    read_answer(stream).await
}

/// Reads an answer up to where the server closes.
pub(crate) async fn read_answer(mut stream: impl AsyncRead + Unpin) -> Answer {
    let mut bytes = Vec::new();
    let read = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await;
    let read = read.expect("an answer in time");
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {read:?} {bytes:?}"));
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let headers = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    Answer {
        status: status.parse().unwrap(),
        headers,
        body: bytes[end + 4..].to_vec(),
    }
}

/// A signed-in person who uploads over HTTP.
pub(crate) struct Uploader {
    token: String,
}

impl Uploader {
    /// Whoever `welcome` is about.
    pub(crate) fn new(welcome: &Value) -> Self {
        let token = welcome["session_token"].as_str().unwrap().to_owned();
        Self { token }
    }

    pub(crate) async fn request(
        &self,
        server: &Server,
        method: &str,
        path: &str,
        body: &[u8],
    ) -> Answer {
        let head = self.head(method, path, &format!("content-length: {}", body.len()));
        exchange(server, &head, body).await
    }

    /// The head of a request, with these headers.
    pub(crate) fn head(&self, method: &str, path: &str, headers: &str) -> String {
        let token = &self.token;
        format!("{method} {path} HTTP/1.1\r\nauthorization: Bearer {token}\r\n{headers}")
    }

    pub(crate) async fn post(&self, server: &Server, path: &str, body: &Value) -> Answer {
        let body = body.to_string();
        self.request(server, "POST", path, body.as_bytes()).await
    }

    pub(crate) async fn begin(&self, server: &Server, name: &str, size_bytes: usize) -> String {
        let body = serde_json::json!({"name": name, "size_bytes": size_bytes});
        let begun = self.post(server, "/api/uploads", &body).await;
        assert_eq!(
            begun.status,
            200,
            "{}",
            String::from_utf8_lossy(&begun.body)
        );
        begun.json()["upload_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn put(
        &self,
        server: &Server,
        upload: &str,
        index: usize,
        chunk: &[u8],
    ) -> Answer {
        let path = format!("/api/uploads/{upload}/chunks/{index}");
        self.request(server, "PUT", &path, chunk).await
    }

    pub(crate) async fn finish(&self, server: &Server, upload: &str) -> Answer {
        let path = format!("/api/uploads/{upload}/finish");
        self.request(server, "POST", &path, b"").await
    }

    /// Uploads a file of one or more chunks and returns its info.
    pub(crate) async fn upload(
        &self,
        server: &Server,
        name: &str,
        media_type: Option<&str>,
        content: &[u8],
    ) -> Value {
        let body = serde_json::json!({
            "name": name, "size_bytes": content.len(), "media_type": media_type,
        });
        let begun = self.post(server, "/api/uploads", &body).await.json();
        let upload = begun["upload_id"].as_str().unwrap();
        for (index, chunk) in content.chunks(1 << 20).enumerate() {
            assert_eq!(self.put(server, upload, index, chunk).await.status, 200);
        }
        self.finish(server, upload).await.json()["file"].clone()
    }
}

/// Bytes that look like nothing.
pub(crate) fn bytes(len: usize) -> Vec<u8> {
    (0..len as u64)
        .map(|i| (i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 29) as u8)
        .collect()
}

pub(crate) async fn get(server: &Server, path: &str, headers: &str) -> Answer {
    exchange(server, &format!("GET {path} HTTP/1.1\r\n{headers}"), b"").await
}

/// As the metrics have it, with the one that asks.
pub(crate) async fn open_connections(server: &Server) -> u64 {
    let metrics = get(server, "/metrics", "").await;
    let text = String::from_utf8(metrics.body).unwrap();
    let mut lines = text.lines();
    let found = lines.find_map(|line| line.strip_prefix("chinwag_connections "));
    found.unwrap().parse().unwrap()
}
