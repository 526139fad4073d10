//! A file of more than 256 MiB over each transport, its connection cut in the middle of chunks and its server
//! restarted; what comes back has the hash of what went up.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::http::Uploader;
use crate::peer::{Peer, start};

const SIZE_BYTES: usize = (256 << 20) + 12_345;
const CHUNK_BYTES: usize = 1 << 20;
/// After so many whole chunks of one connection it is cut in the next one, so that it is cut four times.
const CHUNKS_BEFORE_CUT: usize = 55;
const UPLOAD: &str = "01935a00-0000-7000-8000-00000000000f";

#[derive(Debug, Clone, Copy, PartialEq)]
enum Transport {
    Tcp,
    WebSocket,
    Http,
}

#[tokio::test]
async fn over_tcp_it_arrives_exactly() {
    arrives_exactly(Transport::Tcp).await;
}

#[tokio::test]
async fn over_websocket_it_arrives_exactly() {
    arrives_exactly(Transport::WebSocket).await;
}

#[tokio::test]
async fn over_http_it_arrives_exactly() {
    arrives_exactly(Transport::Http).await;
}

async fn arrives_exactly(transport: Transport) {
    let folder = TempDir::new().unwrap();
    let mut server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let mut cuts = 0;
    loop {
        let mut upload = Upload::open(&server, transport, &welcome).await;
        let missing = upload.missing().await;
        for index in missing.iter().take(CHUNKS_BEFORE_CUT) {
            upload.put(*index).await;
        }
        let Some(next) = missing.get(CHUNKS_BEFORE_CUT) else {
            break;
        };
        upload.put_half_and_cut(*next).await;
        cuts += 1;
        if cuts == 2 {
            server.stop().await;
            server = start(&folder).await;
        }
    }
    assert_eq!(cuts, 4, "the file was not cut as often as meant");
    let mut upload = Upload::open(&server, transport, &welcome).await;
    let expected = hash_of((0..chunks()).map(chunk));
    let file = upload.finish().await;
    assert_eq!(file["content_hash"], expected);
    assert_eq!(
        fetch(&server, file["link"].as_str().unwrap()).await,
        expected
    );
    server.stop().await;
}

fn chunks() -> usize {
    SIZE_BYTES.div_ceil(CHUNK_BYTES)
}

/// Made when it is needed, so that the test never holds the file.
fn chunk(index: usize) -> Vec<u8> {
    let len = CHUNK_BYTES.min(SIZE_BYTES - index * CHUNK_BYTES);
    let mut bytes = vec![0; len];
    fastrand::Rng::with_seed(index as u64).fill(&mut bytes);
    bytes
}

fn hash_of(pieces: impl Iterator<Item = Vec<u8>>) -> String {
    let mut hasher = blake3::Hasher::new();
    pieces.for_each(|piece| {
        hasher.update(&piece);
    });
    hasher.finalize().to_hex().to_string()
}

/// The hash of what the link leads to.
async fn fetch(server: &Server, link: &str) -> String {
    let mut stream = TcpStream::connect(server.http_address()).await.unwrap();
    let head = format!("GET {link} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(answer).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; 1 << 20];
    loop {
        let read = stream.read(&mut piece).await.unwrap();
        if read == 0 {
            return hasher.finalize().to_hex().to_string();
        }
        hasher.update(&piece[..read]);
    }
}

/// The upload as one connection sees it.
struct Upload<'a> {
    server: &'a Server,
    uploader: Uploader,
    /// None over HTTP, where each request has a connection of its own.
    peer: Option<Peer>,
}

impl<'a> Upload<'a> {
    async fn open(server: &'a Server, transport: Transport, welcome: &Value) -> Self {
        let mut peer = match transport {
            Transport::Tcp => Some(Peer::tcp(server).await),
            Transport::WebSocket => Some(Peer::websocket(server).await),
            Transport::Http => None,
        };
        if let Some(peer) = &mut peer {
            peer.resume(welcome, 0).await;
        }
        Self {
            server,
            uploader: Uploader::new(welcome),
            peer,
        }
    }

    /// Begins it, or learns how far it is.
    async fn missing(&mut self) -> Vec<usize> {
        let mut begin = json!({"upload_id": UPLOAD, "name": "large.bin", "size_bytes": SIZE_BYTES});
        let status = match &mut self.peer {
            Some(peer) => {
                begin["type"] = "begin_upload".into();
                peer.send(begin).await;
                peer.expect("upload_status").await
            }
            None => {
                let begun = self.uploader.post(self.server, "/api/uploads", &begin);
                begun.await.json()
            }
        };
        let present: shared::ChunkRanges =
            serde_json::from_value(status["present"].clone()).unwrap();
        let missing = present.missing(chunks() as u32);
        missing.map(|index| index as usize).collect()
    }

    async fn put(&mut self, index: usize) {
        let chunk = chunk(index);
        match &mut self.peer {
            Some(peer) => {
                peer.send_payload(put_chunk(index, chunk.len()), &chunk)
                    .await;
                peer.expect("chunk_stored").await;
            }
            None => {
                let put = self.uploader.put(self.server, UPLOAD, index, &chunk);
                assert_eq!(put.await.status, 200);
            }
        }
    }

    async fn put_half_and_cut(self, index: usize) {
        let chunk = chunk(index);
        let frame = [
            put_chunk(index, chunk.len()).to_string().as_bytes(),
            b"\n",
            &chunk,
        ]
        .concat();
        if let Some(mut peer) = self.peer {
            let bytes = peer.binary(&frame);
            let half = &bytes[..bytes.len() / 2];
            return peer.raw().write_all(half).await.unwrap();
        }
        let path = format!("/api/uploads/{UPLOAD}/chunks/{index}");
        let length = format!("host: localhost\r\ncontent-length: {}\r\n\r\n", chunk.len());
        let head = self.uploader.head("PUT", &path, &length);
        let stream = TcpStream::connect(self.server.http_address()).await;
        let (mut stream, half) = (stream.unwrap(), &chunk[..chunk.len() / 2]);
        stream
            .write_all(&[head.as_bytes(), half].concat())
            .await
            .unwrap();
    }

    async fn finish(&mut self) -> Value {
        match &mut self.peer {
            Some(peer) => {
                peer.send(json!({"type": "finish_upload", "upload_id": UPLOAD}))
                    .await;
                peer.expect("upload_finished").await["file"].clone()
            }
            None => self.uploader.finish(self.server, UPLOAD).await.json()["file"].clone(),
        }
    }
}

fn put_chunk(index: usize, payload_bytes: usize) -> Value {
    json!({"type": "put_chunk", "upload_id": UPLOAD, "index": index, "payload_bytes": payload_bytes})
}
