//! What the check of a store finds, on folders that were damaged by hand.

use std::fs;

use rusqlite::Connection;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::http::{Uploader, bytes};
use crate::operator::{content_path, flip_a_bit, run};
use crate::peer::{Peer, start};

/// A stopped server's folders with a room, some messages, and two files; the infos of these.
async fn with_store(folder: &TempDir) -> [Value; 2] {
    let server = start(folder).await;
    let mut peer = Peer::tcp(&server).await;
    let uploader = Uploader::new(&peer.claim("Ann").await);
    let first = uploader.upload(&server, "a.txt", None, b"hello").await;
    let second = bytes(3 << 20);
    let second = uploader.upload(&server, "b.bin", None, &second).await;
    peer.send(json!({"type": "create_room", "name": "den"}))
        .await;
    peer.expect("room_joined").await;
    for text in ["one", "two", "three", "four"] {
        peer.say(text).await;
        peer.expect("message_accepted").await;
    }
    let attachments = json!([first["file_id"]]);
    peer.send(json!({"type": "send_message", "room": "den", "attachments": attachments}))
        .await;
    peer.expect("message_accepted").await;
    server.stop().await;
    [first, second]
}

fn database(folder: &TempDir) -> Connection {
    Connection::open(folder.path().join("data/chinwag.db")).unwrap()
}

#[tokio::test]
async fn a_sound_store_is_clean_and_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    with_store(&folder).await;
    // The last of the server's threads to go leaves all in one file.
    let log = folder.path().join("data/chinwag.db-wal");
    for _ in 0..100 {
        if !log.exists() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let before = fs::read(folder.path().join("data/chinwag.db")).unwrap();
    let checked = run(&folder, &["fsck"]).await;
    checked.assert_clean();
    assert!(checked.out.is_empty(), "{checked:?}");
    assert!(checked.err.contains("0 findings"), "{checked:?}");
    assert!(fs::read(folder.path().join("data/chinwag.db")).unwrap() == before);
    run(&folder, &["fsck", "--data-dir", "nowhere"])
        .await
        .assert_refused(&["nowhere", "--data-dir"]);
}

#[tokio::test]
async fn damage_to_files_is_found() {
    let folder = TempDir::new().unwrap();
    let [first, second] = with_store(&folder).await;
    let uploads = folder.path().join("uploads");
    fs::remove_file(content_path(&uploads, &first)).unwrap();
    let second = content_path(&uploads, &second);
    let whole = fs::read(&second).unwrap();
    flip_a_bit(&second);
    let missing: &[&str] = &["is missing", "a.txt of Ann"];
    let findings = [missing, &["has another hash", "b.bin of Ann"]];
    run(&folder, &["fsck"]).await.assert_findings(&findings);
    fs::write(&second, &whole[1..]).unwrap();
    let findings = [missing, &["bytes instead of", "b.bin of Ann"]];
    run(&folder, &["fsck"]).await.assert_findings(&findings);
}

#[tokio::test]
async fn what_belongs_to_nothing_is_found() {
    let folder = TempDir::new().unwrap();
    with_store(&folder).await;
    let uploads = folder.path().join("uploads");
    let orphan = "ab".repeat(32);
    let part = "01935a00-0000-7000-8000-0000000000ff";
    fs::create_dir_all(uploads.join("ab")).unwrap();
    fs::write(uploads.join("ab").join(&orphan), "x").unwrap();
    fs::write(uploads.join("ab/letter"), "x").unwrap();
    fs::write(uploads.join("incoming").join(part), "x").unwrap();
    let findings: [&[&str]; 3] = [
        &[&orphan, "no file has this content"],
        &[part, "no upload needs this part"],
        &["ab/letter is an orphan"],
    ];
    run(&folder, &["fsck"]).await.assert_findings(&findings);
}

#[tokio::test]
async fn damage_to_the_log_is_found() {
    let folder = TempDir::new().unwrap();
    with_store(&folder).await;
    let check = async |sql: &str, undo: &str, findings: &[&[&str]]| {
        database(&folder).execute_batch(sql).unwrap();
        run(&folder, &["fsck"]).await.assert_findings(findings);
        database(&folder).execute_batch(undo).unwrap();
        run(&folder, &["fsck"]).await.assert_clean();
    };
    check(
        "CREATE TABLE aside AS SELECT * FROM events WHERE sequence = 2 AND body LIKE '%two%';
         DELETE FROM events WHERE sequence = 2 AND body LIKE '%two%'",
        "INSERT INTO events SELECT * FROM aside; DROP TABLE aside",
        &[&["room lobby", "sequence 2 is missing"]],
    )
    .await;
    check(
        "UPDATE rooms SET last_seq = last_seq + 1 WHERE name = 'den'",
        "UPDATE rooms SET last_seq = last_seq - 1 WHERE name = 'den'",
        &[&["room den", "counter is at 4", "ends at 3"]],
    )
    .await;
    check(
        "UPDATE events SET body = replace(body, 'three', 'tree')",
        "UPDATE events SET body = replace(body, 'tree', 'three')",
        &[&["room lobby", "event 3", "not what its sender sent"]],
    )
    .await;
    check(
        "UPDATE events SET body = body || '}' WHERE body LIKE '%four%'",
        "UPDATE events SET body = rtrim(body, '}') || '}' WHERE body LIKE '%four%'",
        &[&["room lobby", "event 4 cannot be understood"]],
    )
    .await;
    check(
        "UPDATE rooms SET topic = 'other' WHERE name = 'den'",
        "UPDATE rooms SET topic = '' WHERE name = 'den'",
        &[&["room den", "name or topic"]],
    )
    .await;
    check(
        "CREATE TABLE aside AS SELECT * FROM members; DELETE FROM members",
        "INSERT INTO members SELECT * FROM aside; DROP TABLE aside",
        &[&["room den", "is a member by its log, but not on its list"]],
    )
    .await;
    check(
        "UPDATE members SET role = 'member', first_sequence = 2",
        "UPDATE members SET role = 'owner', first_sequence = 1",
        &[&["room den", "is member in it, but owner by its log"]],
    )
    .await;
    check(
        "UPDATE members SET first_sequence = 2",
        "UPDATE members SET first_sequence = 1",
        &[&["room den", "from event 2, but by its log from 1"]],
    )
    .await;
    check(
        "UPDATE rooms SET history = 'since_joining', archived_ms = 1, retention_days = 9, description = 'x'
         WHERE name = 'den'",
        "UPDATE rooms SET history = 'all', archived_ms = NULL, retention_days = NULL, description = ''",
        &[
            &["room den", "its description"],
            &["room den", "what newcomers may read"],
            &["room den", "whether it is archived"],
            &["room den", "how long it keeps messages"],
        ],
    )
    .await;
    check(
        "UPDATE rooms SET name_key = 'other', member_count = 5, direct_people = x'00' WHERE name = 'den'",
        "UPDATE rooms SET name_key = 'den', member_count = 1, direct_people = NULL WHERE name = 'den'",
        &[
            &["room den", "not to be found by its name"],
            &["room den", "counts 5 members, but has 1"],
            &["room den", "not the room of the people who are in it"],
        ],
    )
    .await;
    check(
        "INSERT INTO bans SELECT room_id, person_id, person_id, 1 FROM members",
        "DELETE FROM bans",
        &[&["room den", "is banned, but not by its log"]],
    )
    .await;
    check(
        "CREATE TABLE aside AS SELECT body FROM events WHERE body LIKE '%three%';
         UPDATE events SET body = '{\"type\":\"removed\"}' WHERE body LIKE '%three%'",
        "UPDATE events SET body = (SELECT body FROM aside) WHERE body LIKE '%removed%'; DROP TABLE aside",
        &[&["room lobby", "event 3 is gone, but nobody removed it"]],
    )
    .await;
    check(
        "CREATE TABLE aside AS SELECT * FROM blobs; UPDATE blobs SET chunk_hashes = x'' WHERE size_bytes = 5",
        "UPDATE blobs SET chunk_hashes = content_hash WHERE size_bytes = 5; DROP TABLE aside",
        &[&["do not merge"]],
    )
    .await;
    check(
        "PRAGMA foreign_keys = OFF; CREATE TABLE aside AS SELECT * FROM sessions;
         UPDATE sessions SET person_id = x'00'",
        "UPDATE sessions SET person_id = (SELECT person_id FROM aside); DROP TABLE aside",
        &[&["a row of sessions refers to one of people"]],
    )
    .await;
}

#[tokio::test]
async fn a_damaged_database_is_a_finding() {
    let folder = TempDir::new().unwrap();
    with_store(&folder).await;
    let path = folder.path().join("data/chinwag.db");
    // What stands in the log of changes would be read instead.
    let whole = "PRAGMA wal_checkpoint(TRUNCATE)";
    database(&folder).execute_batch(whole).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[..16].fill(b'x');
    fs::write(&path, bytes).unwrap();
    let findings: [&[&str]; 1] = [&["the database is damaged"]];
    run(&folder, &["fsck"]).await.assert_findings(&findings);
}

#[tokio::test]
async fn unfinished_uploads_are_checked_as_far_as_they_are_flushed() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let uploader = Uploader::new(&Peer::tcp(&server).await.claim("Ann").await);
    let content = bytes(2 << 20);
    let upload = uploader.begin(&server, "a.bin", content.len()).await;
    for (index, chunk) in content.chunks(1 << 20).enumerate() {
        let stored = uploader.put(&server, &upload, index, chunk).await;
        assert_eq!(stored.status, 200);
    }
    run(&folder, &["fsck"]).await.assert_clean();
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
    flip_a_bit(&folder.path().join("uploads/incoming").join(&upload));
    // The server does not count on it before it has read it again.
    run(&folder, &["fsck"]).await.assert_clean();
    database(&folder)
        .execute_batch("UPDATE upload_chunks SET flushed = 1")
        .unwrap();
    let findings: [&[&str]; 1] = [&[&upload, "has not what chunk 1 was"]];
    run(&folder, &["fsck"]).await.assert_findings(&findings);
}
