//! Bits that the disk flips are found when a file is read, and never go out as good.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::http::{Uploader, bytes, get};
use crate::peer::start;

const MIB: usize = 1 << 20;
/// What is noted in the background is noted by then.
const SOON: Duration = Duration::from_secs(5);

fn blob(folder: &TempDir, file: &Value) -> PathBuf {
    let hash = file["content_hash"].as_str().unwrap();
    folder.path().join("uploads").join(&hash[..2]).join(hash)
}

/// Flips a bit of what lies there.
fn flip(folder: &TempDir, file: &Value, at: usize) {
    let path = blob(folder, file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

async fn found(server: &Server) -> u64 {
    let metrics = String::from_utf8(get(server, "/metrics", "").await.body).unwrap();
    let mut lines = metrics.lines();
    let line = lines.find_map(|line| line.strip_prefix("chinwag_damaged_chunks_read_total "));
    line.unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_flipped_bit_is_found_and_not_given_out() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut adam = Somebody::new(&folder, &server, "Adam", "admin").await;
    let uploader = Uploader::new(&adam.welcome);
    let content = bytes(4 * MIB + 9);
    let file = uploader.upload(&server, "a.bin", None, &content).await;
    let link = file["link"].as_str().unwrap().to_owned();
    flip(&folder, &file, 2 * MIB + 77);

    let whole = get(&server, &link, "").await;
    assert_eq!(whole.header("content-length"), content.len().to_string());
    assert!(
        whole.body == content[..2 * MIB],
        "{} bytes",
        whole.body.len()
    );
    for (range, expected) in [
        ("0-9", Some(0..10)),
        ("1048570-2097151", Some(MIB - 6..2 * MIB)),
        ("3145728-", Some(3 * MIB..content.len())),
        // The wrong bit is none of these, but of their chunk.
        ("2097152-2097160", None),
        ("2500000-2500009", None),
        ("3000000-3145735", None),
    ] {
        let part = get(&server, &link, &format!("range: bytes={range}")).await;
        assert_eq!(part.status, 206);
        match expected {
            Some(expected) => assert!(part.body == content[expected], "{range}"),
            None => assert!(part.body.is_empty(), "{range}: {} bytes", part.body.len()),
        }
    }
    for (index, kind) in [(1, "chunk_read"), (2, "error"), (3, "chunk_read")] {
        let read = json!({"type": "read_chunk", "request_id": 9, "file_id": file["file_id"], "index": index});
        adam.peer.send(read).await;
        let (frame, payload) = adam.peer.expect_payload(kind).await;
        if kind == "error" {
            assert_eq!(frame["code"], "file_damaged");
            assert_eq!(frame["retry_after_ms"], Value::Null);
        } else {
            assert!(payload == content[index * MIB..(index + 1) * MIB]);
        }
    }
    assert!(found(&server).await >= 5);
    let begun = Instant::now();
    let told = loop {
        let audit = adam.audit().await;
        let told = audit
            .into_iter()
            .filter(|(_, action, _)| action == "find_damage");
        match told.collect::<Vec<_>>() {
            none if none.is_empty() => assert!(begun.elapsed() < SOON),
            told => break told,
        }
    };
    assert_eq!(told.len(), 1, "once, however often it is read");
    assert!(
        told[0].2.contains(file["file_id"].as_str().unwrap()),
        "{}",
        told[0].2
    );
    assert!(told[0].2.starts_with("chunk 2 of "), "{}", told[0].2);

    // Whoever has it still puts it right.
    let again = uploader.upload(&server, "b.bin", None, &content).await;
    assert_eq!(again["content_hash"], file["content_hash"]);
    assert!(get(&server, &link, "").await.body == content);
    server.stop().await;
    crate::operator::run(&folder, &["fsck"])
        .await
        .assert_clean();
}

#[tokio::test]
async fn what_is_cut_off_or_gone_is_damage_as_well() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let adam = Somebody::new(&folder, &server, "Adam", "admin").await;
    let uploader = Uploader::new(&adam.welcome);
    let content = bytes(2 * MIB);
    let file = uploader.upload(&server, "a.bin", None, &content).await;
    let link = file["link"].as_str().unwrap();
    let path = blob(&folder, &file);
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(MIB as u64 + 5)
        .unwrap();
    assert!(get(&server, link, "").await.body == content[..MIB]);
    std::fs::remove_file(&path).unwrap();
    let gone = get(&server, link, "").await;
    assert_eq!((gone.status, &*gone.code()), (500, "file_damaged"));
    assert_eq!(found(&server).await, 2);
    uploader.upload(&server, "again.bin", None, &content).await;
    assert!(get(&server, link, "").await.body == content);
    server.stop().await;
}
