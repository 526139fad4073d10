//! Uploads over every transport: order, repeats, damage, interruptions, and whose they are.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::http::{Uploader, bytes, exchange, get, read_answer};
use crate::peer::{Peer, start};

const CHUNK: usize = 1 << 20;
const UPLOAD: &str = "01935a00-0000-7000-8000-00000000000a";

fn begin(content: &[u8]) -> Value {
    json!({"type": "begin_upload", "request_id": 1, "upload_id": UPLOAD, "name": "a.bin",
           "size_bytes": content.len()})
}

async fn put(peer: &mut Peer, content: &[u8], index: usize) {
    let chunk = content.chunks(CHUNK).nth(index).unwrap();
    put_bytes(peer, index, chunk, Value::Null).await;
}

async fn put_bytes(peer: &mut Peer, index: usize, chunk: &[u8], hash: Value) {
    let frame = json!({"type": "put_chunk", "upload_id": UPLOAD, "index": index,
                       "payload_bytes": chunk.len(), "hash": hash});
    peer.send_payload(frame, chunk).await;
}

async fn finish(peer: &mut Peer) -> Value {
    peer.send(json!({"type": "finish_upload", "upload_id": UPLOAD}))
        .await;
    peer.expect("upload_finished").await["file"].clone()
}

async fn present(peer: &mut Peer) -> Value {
    peer.send(json!({"type": "describe_upload", "upload_id": UPLOAD}))
        .await;
    peer.expect("upload_status").await["present"].clone()
}

/// Downloads chunk by chunk, and by the link.
async fn assert_content(server: &Server, peer: &mut Peer, file: &Value, content: &[u8]) {
    let file_id = &file["file_id"];
    assert_eq!(
        file["content_hash"],
        blake3::hash(content).to_hex().as_str()
    );
    peer.send(json!({"type": "describe_file", "file_id": file_id}))
        .await;
    let described = peer.expect("file_described").await;
    let layout = shared::ChunkLayout::for_size(content.len() as u64).unwrap();
    assert_eq!(described["layout"], serde_json::to_value(layout).unwrap());
    for (index, chunk) in content.chunks(CHUNK).enumerate() {
        peer.send(
            json!({"type": "read_chunk", "request_id": 7, "file_id": file_id, "index": index}),
        )
        .await;
        let (frame, payload) = peer.expect_payload("chunk_read").await;
        assert_eq!((&frame["index"], payload == chunk), (&json!(index), true));
        let hash = shared::content::hash_chunk(layout, index as u32, chunk).unwrap();
        assert_eq!(described["chunk_hashes"][index], hash.to_string());
    }
    peer.send(json!({"type": "read_chunk", "file_id": file_id, "index": 4096}))
        .await;
    assert_eq!(peer.expect("error").await["code"], "chunk_out_of_range");
    let link = file["link"].as_str().unwrap();
    assert!(get(server, link, "").await.body == content);
}

/// Every file below a folder of uploads, but the one that says whose they are.
fn stored_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(stored_files(&path));
        } else if !path.ends_with("belongs-to") {
            files.push(path);
        }
    }
    files
}

#[tokio::test]
async fn a_file_goes_up_in_any_order_on_each_framed_transport() {
    for content in [bytes(3 * CHUNK + 77), bytes(CHUNK), bytes(5), Vec::new()] {
        let folder = TempDir::new().unwrap();
        let server = start(&folder).await;
        for (mut peer, name) in [
            (Peer::tcp(&server).await, "Ann"),
            (Peer::websocket(&server).await, "Bob"),
        ] {
            peer.claim(name).await;
            peer.send(begin(&content)).await;
            let chunks = content.chunks(CHUNK).count();
            if name == "Bob" {
                assert_eq!(
                    peer.expect("error").await["code"],
                    "upload_conflict",
                    "Ann's id"
                );
                continue;
            }
            let status = peer.expect("upload_status").await;
            assert_eq!(
                (&status["request_id"], &status["present"]),
                (&json!(1), &json!([]))
            );
            for index in (0..chunks).rev() {
                put(&mut peer, &content, index).await;
            }
            for _ in 0..chunks {
                peer.expect("chunk_stored").await;
            }
            let file = finish(&mut peer).await;
            assert_eq!(finish(&mut peer).await, file, "a repeat");
            assert_content(&server, &mut peer, &file, &content).await;
            peer.send(begin(&content)).await;
            assert_eq!(peer.expect("upload_status").await["file"], file);
        }
        server.stop().await;
    }
}

#[tokio::test]
async fn an_upload_goes_on_over_another_transport_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let content = bytes(6 * CHUNK + 1);
    let server = start(&folder).await;
    let mut tcp = Peer::tcp(&server).await;
    let welcome = tcp.claim("Ann").await;
    tcp.send(begin(&content)).await;
    tcp.expect("upload_status").await;
    for index in [0, 1, 4] {
        put(&mut tcp, &content, index).await;
        tcp.expect("chunk_stored").await;
    }
    server.stop().await;

    let server = start(&folder).await;
    let ann = Uploader::new(&welcome);
    let path = format!("/api/uploads/{UPLOAD}");
    let status = ann.request(&server, "GET", &path, b"").await.json();
    assert_eq!(status["present"], json!([[0, 2], [4, 5]]));
    let early = ann.finish(&server, UPLOAD).await;
    assert_eq!(
        (early.status, early.code().as_str()),
        (409, "upload_incomplete")
    );
    for index in [2, 6] {
        let chunk = content.chunks(CHUNK).nth(index).unwrap();
        assert_eq!(ann.put(&server, UPLOAD, index, chunk).await.status, 200);
    }
    let mut socket = Peer::websocket(&server).await;
    socket.resume(&welcome, 0).await;
    assert_eq!(present(&mut socket).await, json!([[0, 3], [4, 5], [6, 7]]));
    for index in [3, 5] {
        put(&mut socket, &content, index).await;
        socket.expect("chunk_stored").await;
    }
    let file = finish(&mut socket).await;
    assert_content(&server, &mut socket, &file, &content).await;
    server.stop().await;
}

#[tokio::test]
async fn chunks_that_a_power_cut_took_are_asked_for_again() {
    let folder = TempDir::new().unwrap();
    let content = bytes(3 * CHUNK);
    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    let welcome = peer.claim("Ann").await;
    peer.send(begin(&content)).await;
    peer.expect("upload_status").await;
    for index in 0..3 {
        put(&mut peer, &content, index).await;
        peer.expect("chunk_stored").await;
    }
    server.stop().await;
    // Rows survived, the bytes of the second chunk did not, and the file lost its end.
    let part = folder.path().join("uploads/incoming").join(UPLOAD);
    let part = std::fs::File::options().write(true).open(part).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&part, &[0; 4096], CHUNK as u64).unwrap();
    part.set_len(3 * CHUNK as u64 - 1).unwrap();

    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    peer.resume(&welcome, 0).await;
    assert_eq!(present(&mut peer).await, json!([[0, 1]]));
    for index in 1..3 {
        put(&mut peer, &content, index).await;
        peer.expect("chunk_stored").await;
    }
    let file = finish(&mut peer).await;
    assert_content(&server, &mut peer, &file, &content).await;
    server.stop().await;
}

#[tokio::test]
async fn chunks_go_up_in_parallel_and_twice_at_once() {
    let folder = TempDir::new().unwrap();
    let content = bytes(6 * CHUNK + 5);
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let ann = Uploader::new(&welcome);
    let upload = ann.begin(&server, "a.bin", content.len()).await;
    let puts = (0..2).flat_map(|_| content.chunks(CHUNK).enumerate());
    let puts = puts.map(|(index, chunk)| ann.put(&server, &upload, index, chunk));
    for stored in futures_util::future::join_all(puts).await {
        assert_eq!(
            stored.status,
            200,
            "{}",
            String::from_utf8_lossy(&stored.body)
        );
    }
    let finished = (0..3).map(|_| ann.finish(&server, &upload));
    let finished = futures_util::future::join_all(finished).await;
    let file = finished[0].json()["file"].clone();
    assert!(
        finished.iter().all(|other| other.json()["file"] == file),
        "one file"
    );
    let mut peer = Peer::tcp(&server).await;
    peer.resume(&welcome, 0).await;
    assert_content(&server, &mut peer, &file, &content).await;
    server.stop().await;
}

#[tokio::test]
async fn damage_is_refused_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let content = bytes(2 * CHUNK + 9);
    let server = start(&folder).await;
    for (mut peer, name) in [
        (Peer::tcp(&server).await, "Ann"),
        (Peer::websocket(&server).await, "Bob"),
    ] {
        peer.claim(name).await;
        if name == "Bob" {
            // The id is Ann's; that she has it is not told.
            for frame in [
                json!({"type": "describe_upload", "upload_id": UPLOAD}),
                json!({"type": "finish_upload", "upload_id": UPLOAD}),
                json!({"type": "cancel_upload", "upload_id": UPLOAD}),
            ] {
                peer.send(frame).await;
                assert_eq!(peer.expect("error").await["code"], "upload_not_found");
            }
            put(&mut peer, &content, 0).await;
            assert_eq!(peer.expect("error").await["code"], "upload_not_found");
            continue;
        }
        peer.send(begin(&content)).await;
        let mut other = begin(&content);
        other["size_bytes"] = json!(5);
        peer.send(other).await;
        assert_eq!(peer.expect("error").await["code"], "upload_conflict");
        let first = &content[..CHUNK];
        let stated = json!(blake3::hash(b"other").to_hex().as_str());
        put_bytes(&mut peer, 0, first, stated).await;
        assert_eq!(peer.expect("error").await["code"], "chunk_mismatch");
        for (index, chunk) in [(0, &first[1..]), (2, first), (3, first), (0, &[])] {
            put_bytes(&mut peer, index, chunk, Value::Null).await;
            assert_eq!(peer.expect("error").await["code"], "chunk_out_of_range");
        }
        assert_eq!(present(&mut peer).await, json!([]));
        peer.send(json!({"type": "finish_upload", "upload_id": UPLOAD}))
            .await;
        let refused = peer.expect("error").await;
        assert_eq!(
            (&refused["code"], &refused["details"]["missing"]),
            (&json!("upload_incomplete"), &json!(3))
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn a_chunk_that_was_sent_wrong_can_be_sent_again() {
    let folder = TempDir::new().unwrap();
    let content = bytes(2 * CHUNK);
    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    peer.claim("Ann").await;
    peer.send(begin(&content)).await;
    peer.expect("upload_status").await;
    let mut damaged = content[..CHUNK].to_vec();
    damaged[7] ^= 1;
    put_bytes(&mut peer, 0, &damaged, Value::Null).await;
    peer.expect("chunk_stored").await;
    put(&mut peer, &content, 1).await;
    peer.expect("chunk_stored").await;
    let hash = blake3::hash(&content).to_hex();
    let finish_with =
        json!({"type": "finish_upload", "upload_id": UPLOAD, "content_hash": hash.as_str()});
    peer.send(finish_with.clone()).await;
    assert_eq!(peer.expect("error").await["code"], "content_mismatch");
    // The first time says that other bytes were there, the second time stores.
    put(&mut peer, &content, 0).await;
    assert_eq!(peer.expect("error").await["code"], "chunk_mismatch");
    assert_eq!(present(&mut peer).await, json!([[1, 2]]));
    put(&mut peer, &content, 0).await;
    peer.expect("chunk_stored").await;
    peer.send(finish_with).await;
    let file = peer.expect("upload_finished").await["file"].clone();
    assert_content(&server, &mut peer, &file, &content).await;
    put(&mut peer, &content, 0).await;
    peer.expect("chunk_stored").await;
    put_bytes(&mut peer, 0, &damaged, Value::Null).await;
    assert_eq!(
        peer.expect("error").await["code"],
        "chunk_mismatch",
        "a file does not change"
    );
    assert_content(&server, &mut peer, &file, &content).await;
    peer.send(json!({"type": "cancel_upload", "upload_id": UPLOAD}))
        .await;
    assert_eq!(peer.expect("error").await["code"], "upload_conflict");
    server.stop().await;
}

#[tokio::test]
async fn a_cut_a_short_and_a_long_body_store_nothing() {
    let folder = TempDir::new().unwrap();
    let content = bytes(2 * CHUNK);
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let ann = Uploader::new(&welcome);
    let upload = ann.begin(&server, "a.bin", content.len()).await;
    let path = format!("/api/uploads/{upload}/chunks/0");
    let host = format!("host: {}", server.http_address());

    let mut cut = TcpStream::connect(server.http_address()).await.unwrap();
    let head = ann.head(
        "PUT",
        &path,
        &format!("{host}\r\ncontent-length: {CHUNK}\r\n\r\n"),
    );
    cut.write_all(head.as_bytes()).await.unwrap();
    cut.write_all(&content[..CHUNK / 2]).await.unwrap();
    cut.shutdown().await.unwrap();
    let refused = read_answer(cut).await;
    assert_eq!(
        (refused.status, refused.code().as_str()),
        (400, "malformed_frame")
    );

    for (bytes, code) in [
        (&content[..CHUNK - 1], "chunk_out_of_range"),
        (&content[..CHUNK + 1], "chunk_out_of_range"),
        (&content[..0], "chunk_out_of_range"),
    ] {
        let refused = ann.put(&server, &upload, 0, bytes).await;
        assert_eq!((refused.status, refused.code().as_str()), (400, code));
    }
    let chunked = |bytes: &[u8]| {
        let mut body = Vec::new();
        for piece in bytes.chunks(100_000) {
            body.extend(format!("{:x}\r\n", piece.len()).bytes());
            body.extend(piece);
            body.extend(b"\r\n");
        }
        body.extend(b"0\r\n\r\n");
        body
    };
    let head = ann.head("PUT", &path, "transfer-encoding: chunked");
    let long = exchange(&server, &head, &chunked(&content)).await;
    assert_eq!(
        (long.status, long.code().as_str()),
        (400, "chunk_out_of_range")
    );
    let status = ann
        .request(&server, "GET", &format!("/api/uploads/{upload}"), b"")
        .await;
    assert_eq!(status.json()["present"], json!([]));
    let stored = exchange(&server, &head, &chunked(&content[..CHUNK])).await;
    assert_eq!(stored.status, 200);
    let layout = shared::ChunkLayout::for_size(content.len() as u64).unwrap();
    let hash = shared::content::hash_chunk(layout, 0, &content[..CHUNK]).unwrap();
    assert_eq!(stored.json()["hash"], hash.to_string());
    server.stop().await;
}

#[tokio::test]
async fn requests_over_http_are_checked() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let ann = Uploader::new(&welcome);
    let begin = r#"{"name": "a", "size_bytes": 5}"#;
    let length = format!("content-length: {}", begin.len());
    let anonymous = format!("POST /api/uploads HTTP/1.1\r\n{length}");
    let answer = exchange(&server, &anonymous, begin.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "not_signed_in")
    );
    let stale = format!("{anonymous}\r\nauthorization: Bearer guessed");
    let answer = exchange(&server, &stale, begin.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (401, "invalid_token")
    );
    let foreign = ann.head(
        "POST",
        "/api/uploads",
        &format!("{length}\r\norigin: http://evil.example"),
    );
    let answer = exchange(&server, &foreign, begin.as_bytes()).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (403, "invalid_argument")
    );
    let own = format!("{length}\r\norigin: http://{}", server.http_address());
    let own = ann.head("POST", "/api/uploads", &own);
    assert_eq!(exchange(&server, &own, begin.as_bytes()).await.status, 200);

    let too_large = json!({"name": "a", "size_bytes": 1_u64 << 40});
    for (method, path, body, status, code) in [
        (
            "POST",
            "/api/uploads",
            "{".to_owned(),
            400,
            "malformed_frame",
        ),
        (
            "POST",
            "/api/uploads",
            "{}".to_owned(),
            400,
            "malformed_frame",
        ),
        (
            "POST",
            "/api/uploads",
            too_large.to_string(),
            413,
            "file_too_large",
        ),
        (
            "POST",
            "/api/uploads",
            " ".repeat(70_000),
            413,
            "frame_too_large",
        ),
        (
            "GET",
            "/api/uploads/none",
            String::new(),
            400,
            "invalid_argument",
        ),
        (
            "GET",
            &format!("/api/uploads/{UPLOAD}"),
            String::new(),
            404,
            "upload_not_found",
        ),
        (
            "PUT",
            &format!("/api/uploads/{UPLOAD}/chunks/0"),
            String::new(),
            404,
            "upload_not_found",
        ),
        (
            "PUT",
            &format!("/api/uploads/{UPLOAD}/chunks/-1"),
            String::new(),
            400,
            "invalid_argument",
        ),
        (
            "POST",
            &format!("/api/uploads/{UPLOAD}/finish"),
            String::new(),
            404,
            "upload_not_found",
        ),
        (
            "DELETE",
            &format!("/api/uploads/{UPLOAD}"),
            String::new(),
            404,
            "upload_not_found",
        ),
        (
            "PATCH",
            "/api/uploads",
            String::new(),
            404,
            "unknown_request",
        ),
        ("GET", "/api/other", String::new(), 404, "unknown_request"),
        (
            "GET",
            "/api/files/none",
            String::new(),
            404,
            "file_not_found",
        ),
    ] {
        let answer = ann.request(&server, method, path, body.as_bytes()).await;
        assert_eq!(
            (answer.status, answer.code().as_str()),
            (status, code),
            "{method} {path}"
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn one_content_is_stored_once_and_a_cancelled_upload_not_at_all() {
    let folder = TempDir::new().unwrap();
    let uploads = folder.path().join("uploads");
    let server = start(&folder).await;
    let welcome = Peer::tcp(&server).await.claim("Ann").await;
    let ann = Uploader::new(&welcome);
    let content = bytes(CHUNK + 1);
    let first = ann.upload(&server, "a.bin", None, &content).await;
    let second = ann.upload(&server, "b.bin", None, &content).await;
    assert_ne!(first["file_id"], second["file_id"]);
    let hash = first["content_hash"].as_str().unwrap();
    assert_eq!(
        stored_files(&uploads),
        [uploads.join(&hash[..2]).join(hash)]
    );

    let upload = ann.begin(&server, "c.bin", content.len()).await;
    assert_eq!(
        ann.put(&server, &upload, 1, &content[CHUNK..]).await.status,
        200
    );
    assert_eq!(stored_files(&uploads).len(), 2);
    let path = format!("/api/uploads/{upload}");
    assert_eq!(ann.request(&server, "DELETE", &path, b"").await.status, 200);
    assert_eq!(stored_files(&uploads).len(), 1);
    let gone = ann.put(&server, &upload, 0, &content[..CHUNK]).await;
    assert_eq!(
        (gone.status, gone.code().as_str()),
        (404, "upload_not_found")
    );
    server.stop().await;
}

#[tokio::test]
async fn messages_carry_files() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut peer = Peer::websocket(&server).await;
    let welcome = peer.claim("Ann").await;
    let file = Uploader::new(&welcome)
        .upload(&server, "a.txt", None, b"text")
        .await;
    let send = |attachments: Value| {
        json!({"type": "send_message", "room": "lobby", "request_id": 3, "attachments": attachments,
               "transaction_id": "01935a00-0000-7000-8000-000000000001"})
    };
    let unknown = "AAAAAAAAAAAAAAAAAAAAAA";
    peer.send(send(json!([file["file_id"], unknown]))).await;
    assert_eq!(peer.expect("error").await["code"], "file_not_found");
    peer.send(send(json!(vec![&file["file_id"]; 33]))).await;
    assert_eq!(peer.expect("error").await["code"], "too_many_attachments");
    peer.send(send(json!([]))).await;
    assert_eq!(peer.expect("error").await["code"], "message_empty");
    for _ in 0..2 {
        peer.send(send(json!([file["file_id"]]))).await;
        let accepted = peer.expect("message_accepted").await;
        assert_eq!(accepted["sequence"], 1, "a repeat is the same message");
    }
    let mut reader = Peer::tcp(&server).await;
    reader.claim("Bob").await;
    let event = reader.expect("room_event").await["event"].clone();
    assert_eq!(event["attachments"], json!([file]));
    server.stop().await;
}
