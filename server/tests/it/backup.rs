//! Backups, taken while people talk and send files, and what restoring accepts.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

use crate::http::{Uploader, bytes, get};
use crate::operator::{content_path, flip_a_bit, run};
use crate::peer::{Peer, config, start};

const SENDERS: usize = 4;
const UPLOADERS: usize = 2;
const CHUNK: usize = 1 << 20;
/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// What has been acknowledged.
#[derive(Default)]
struct Ledger {
    messages: Mutex<Vec<(u64, String)>>,
    files: Mutex<Vec<(Value, Vec<u8>)>>,
    done: AtomicBool,
}

impl Ledger {
    fn is_done(&self) -> bool {
        self.done.load(Ordering::SeqCst)
    }

    async fn wait(&self, messages: usize, files: usize) {
        let begun = Instant::now();
        while self.messages.lock().unwrap().len() < messages
            || self.files.lock().unwrap().len() < files
        {
            assert!(begun.elapsed() < PATIENCE, "too little is acknowledged");
            sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn talk(mut peer: Peer, number: usize, ledger: Arc<Ledger>) {
    for index in 0.. {
        if ledger.is_done() {
            return;
        }
        let text = format!("{index} of {number}");
        peer.say(&text).await;
        let accepted = peer.expect("message_accepted").await;
        let sequence = accepted["sequence"].as_u64().unwrap();
        ledger.messages.lock().unwrap().push((sequence, text));
    }
}

async fn send_files(server: Arc<Server>, uploader: Uploader, number: u8, ledger: Arc<Ledger>) {
    for index in 0..u8::MAX {
        if ledger.is_done() {
            return;
        }
        let mut content = bytes(2 * CHUNK + 5);
        content[..2].copy_from_slice(&[number, index]);
        let file = uploader.upload(&server, "a.bin", None, &content).await;
        ledger.files.lock().unwrap().push((file, content));
    }
}

/// The whole log of the lobby.
async fn log(peer: &mut Peer) -> Vec<Value> {
    let mut log: Vec<Value> = Vec::new();
    loop {
        let mut request = json!({"type": "read_history", "room": "lobby", "limit": 200});
        if let Some(first) = log.first() {
            request["before"] = first["sequence"].clone();
        }
        peer.send(request).await;
        let page = peer.expect("history_page").await["events"].clone();
        let page = page.as_array().unwrap();
        if page.is_empty() {
            return log;
        }
        log.splice(0..0, page.iter().cloned());
    }
}

/// A server on what was restored into `data-2` and `uploads-2`.
async fn start_restored(folder: &TempDir) -> Server {
    let mut config = config(folder);
    config.data_dir = folder.path().join("data-2");
    config.uploads_dir = folder.path().join("uploads-2");
    Server::start(config).await.unwrap()
}

const RESTORED: [&str; 4] = ["--data-dir", "data-2", "--uploads-dir", "uploads-2"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_has_all_that_was_acknowledged_before() {
    let folder = TempDir::new().unwrap();
    let server = Arc::new(start(&folder).await);
    let ledger = Arc::new(Ledger::default());
    let mut load = tokio::task::JoinSet::new();
    for number in 0..SENDERS {
        let mut peer = Peer::tcp(&server).await;
        peer.claim(&format!("sender {number}")).await;
        load.spawn(talk(peer, number, ledger.clone()));
    }
    for number in 0..UPLOADERS as u8 {
        let mut peer = Peer::tcp(&server).await;
        let uploader = Uploader::new(&peer.claim(&format!("uploader {number}")).await);
        // Stays unfinished.
        let begun = uploader.begin(&server, "half.bin", 2 * CHUNK).await;
        uploader.put(&server, &begun, 0, &bytes(CHUNK)).await;
        load.spawn(send_files(server.clone(), uploader, number, ledger.clone()));
    }
    ledger.wait(50, 2).await;
    let messages = ledger.messages.lock().unwrap().clone();
    let files = ledger.files.lock().unwrap().clone();
    let backup = run(&folder, &["backup", "backup"]).await;
    backup.assert_clean();
    assert!(backup.out.contains("unfinished upload"), "{backup:?}");
    let after = ledger.messages.lock().unwrap().len();
    assert!(after > messages.len(), "nobody spoke meanwhile");
    // All the same while the server runs, whatever goes on.
    run(&folder, &["fsck"]).await.assert_clean();
    ledger.wait(after + 20, 0).await;
    ledger.done.store(true, Ordering::SeqCst);
    while let Some(ended) = load.join_next().await {
        ended.unwrap();
    }
    let epoch = Peer::tcp(&server).await.claim("Ann").await["epoch"].clone();
    Arc::into_inner(server).unwrap().stop().await;

    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    run(&folder, &restore).await.assert_clean();
    let fsck = [&["fsck"], &RESTORED[..]].concat();
    run(&folder, &fsck).await.assert_clean();
    let server = start_restored(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    assert_ne!(peer.claim("Bob").await["epoch"], epoch);
    let log = log(&mut peer).await;
    for (index, event) in log.iter().enumerate() {
        assert_eq!(event["sequence"].as_u64(), Some(index as u64 + 1));
    }
    assert!(log.len() < ledger.messages.lock().unwrap().len());
    for (sequence, text) in messages {
        assert_eq!(log[sequence as usize - 1]["event"]["text"], text);
    }
    for (file, content) in files {
        let link = file["link"].as_str().unwrap();
        assert!(get(&server, link, "").await.body == content, "{file}");
    }
    server.stop().await;
    run(&folder, &fsck).await.assert_clean();
}

/// A stopped server's folders with a message and two files, the infos of these, and a backup.
async fn with_backup(folder: &TempDir) -> [Value; 2] {
    let server = start(folder).await;
    let mut peer = Peer::tcp(&server).await;
    let uploader = Uploader::new(&peer.claim("Ann").await);
    let small = uploader.upload(&server, "a.txt", None, b"hello").await;
    let large = bytes(2 * CHUNK);
    let large = uploader.upload(&server, "b.bin", None, &large).await;
    peer.say("before the backup").await;
    peer.expect("message_accepted").await;
    server.stop().await;
    run(folder, &["backup", "backup"]).await.assert_clean();
    [small, large]
}

#[tokio::test]
async fn a_second_backup_copies_nothing_that_is_there() {
    let folder = TempDir::new().unwrap();
    let [small, _] = with_backup(&folder).await;
    let again = run(&folder, &["backup", "backup"]).await;
    again.assert_clean();
    let said = ": 0 contents copied (0 bytes), 0 shared with the server's, 2 there already";
    assert!(again.out.contains(said), "{again:?}");
    // Also where the server has lost it since.
    fs::remove_file(content_path(&folder.path().join("uploads"), &small)).unwrap();
    run(&folder, &["backup", "backup"]).await.assert_clean();
    // One file of the database and one of each content.
    let databases = fs::read_dir(folder.path().join("backup")).unwrap();
    let names = databases.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(names.filter(|name| name.ends_with(".db")).count(), 1);
}

#[tokio::test]
async fn what_is_damaged_in_the_backup_is_copied_anew_where_it_is_read() {
    let folder = TempDir::new().unwrap();
    let [small, _] = with_backup(&folder).await;
    flip_a_bit(&content_path(&folder.path().join("backup/uploads"), &small));
    run(&folder, &["backup", "backup"]).await.assert_clean();
    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    run(&folder, &restore).await.assert_refused(&["damaged"]);
    run(&folder, &["backup", "--verify", "backup"])
        .await
        .assert_clean();
    run(&folder, &restore).await.assert_clean();
}

#[tokio::test]
async fn what_damages_a_restored_file_spares_the_backup() {
    let folder = TempDir::new().unwrap();
    let [small, _] = with_backup(&folder).await;
    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    run(&folder, &restore).await.assert_clean();
    // In place, as a broken disk or a careless program would.
    let restored = content_path(&folder.path().join("uploads-2"), &small);
    fs::write(restored, b"jello").unwrap();
    let fsck = [&["fsck"], &RESTORED[..]].concat();
    run(&folder, &fsck)
        .await
        .assert_findings(&[&["has another hash"]]);
    run(&folder, &["fsck"]).await.assert_clean();
    fs::remove_dir_all(folder.path().join("data-2")).unwrap();
    fs::remove_dir_all(folder.path().join("uploads-2")).unwrap();
    run(&folder, &restore).await.assert_clean();
}

#[tokio::test]
async fn what_the_server_has_lost_is_named_and_the_rest_kept() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut peer = Peer::tcp(&server).await;
    let uploader = Uploader::new(&peer.claim("Ann").await);
    let lost = uploader.upload(&server, "a.txt", None, b"hello").await;
    let damaged = uploader.upload(&server, "b.txt", None, b"good day").await;
    uploader.upload(&server, "c.txt", None, b"good night").await;
    let uploads = folder.path().join("uploads");
    fs::remove_file(content_path(&uploads, &lost)).unwrap();
    flip_a_bit(&content_path(&uploads, &damaged));
    let backup = run(&folder, &["backup", "backup"]).await;
    assert_eq!(backup.code, 1, "{backup:?}");
    assert!(backup.err.contains("is missing"), "{backup:?}");
    assert!(backup.err.contains("has another hash"), "{backup:?}");
    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    let restored = run(&folder, &restore).await;
    assert_eq!(restored.code, 1, "{restored:?}");
    let fsck = [&["fsck"], &RESTORED[..]].concat();
    let findings = [
        ["a.txt of Ann", "is missing"],
        ["b.txt of Ann", "is missing"],
    ];
    let findings: Vec<&[&str]> = findings.iter().map(<[_; 2]>::as_slice).collect();
    run(&folder, &fsck).await.assert_findings(&findings);
    server.stop().await;
}

#[tokio::test]
async fn only_a_whole_backup_is_restored_and_only_into_empty_folders() {
    let folder = TempDir::new().unwrap();
    let [_, large] = with_backup(&folder).await;
    let path = |name: &str| folder.path().join(name);
    run(&folder, &["restore", "backup"])
        .await
        .assert_refused(&["data is not empty", "--data-dir"]);
    run(&folder, &["restore", "backup", "--data-dir", "data-2"])
        .await
        .assert_refused(&["uploads is not empty", "--uploads-dir"]);
    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    // Cut short: the manifest comes last.
    fs::rename(path("backup/manifest.json"), path("manifest.json")).unwrap();
    run(&folder, &restore)
        .await
        .assert_refused(&["no complete backup"]);
    let manifest = fs::read_to_string(path("manifest.json")).unwrap();
    fs::write(path("backup/manifest.json"), &manifest[..100]).unwrap();
    run(&folder, &restore)
        .await
        .assert_refused(&["manifest.json is damaged"]);
    fs::write(path("backup/manifest.json"), &manifest).unwrap();
    let manifest: Value = serde_json::from_str(&manifest).unwrap();
    let database = path("backup").join(manifest["database"]["name"].as_str().unwrap());
    let content = content_path(&path("backup/uploads"), &large);
    for damaged in [&database, &content] {
        let whole = fs::read(damaged).unwrap();
        flip_a_bit(damaged);
        let name = damaged.file_name().unwrap().to_str().unwrap();
        run(&folder, &restore).await.assert_refused(&[
            "the backup is damaged",
            name,
            "another hash",
        ]);
        fs::remove_file(damaged).unwrap();
        run(&folder, &restore)
            .await
            .assert_refused(&["the backup is damaged", name, "is missing"]);
        fs::write(damaged, &whole[1..]).unwrap();
        run(&folder, &restore).await.assert_refused(&[
            "the backup is damaged",
            name,
            "bytes instead of",
        ]);
        fs::write(damaged, whole).unwrap();
    }
    // Nothing of all that is left in the way.
    run(&folder, &restore).await.assert_clean();
    run(&folder, &restore)
        .await
        .assert_refused(&["data-2 is not empty"]);
}

#[tokio::test]
async fn a_restore_that_goes_on_or_was_cut_short_is_known() {
    let folder = TempDir::new().unwrap();
    with_backup(&folder).await;
    let data = folder.path().join("data-2");
    fs::create_dir(&data).unwrap();
    let restore = [&["restore", "backup"], &RESTORED[..]].concat();
    let lock = fs::File::create(data.join("chinwag.lock")).unwrap();
    lock.lock().unwrap();
    run(&folder, &restore)
        .await
        .assert_refused(&["data-2 is in use"]);
    drop(lock);
    fs::write(data.join("chinwag.db.restoring"), "half").unwrap();
    run(&folder, &restore)
        .await
        .assert_refused(&["cut short", "data-2", "uploads-2"]);
}

#[tokio::test]
async fn what_cannot_be_backed_up_or_is_no_place_for_it_is_said() {
    let folder = TempDir::new().unwrap();
    with_backup(&folder).await;
    let path = |name: &str| folder.path().join(name);
    let run = |arguments: &'static [&'static str]| run(&folder, arguments);
    fs::create_dir(path("other")).unwrap();
    fs::write(path("other/letter"), "").unwrap();
    let refused = run(&["backup", "other"]).await;
    refused.assert_refused(&["other is not empty and holds no backup"]);
    let refused = run(&["backup", "data/backup"]).await;
    refused.assert_refused(&["choose another folder"]);
    let refused = run(&["backup", "new", "--data-dir", "nowhere"]).await;
    refused.assert_refused(&["nowhere/chinwag.db", "--data-dir"]);
    let refused = run(&["backup", "backup", "--uploads-dir", "other"]).await;
    refused.assert_refused(&["--uploads-dir"]);
    let lock = fs::File::open(path("backup/chinwag-backup.lock")).unwrap();
    lock.lock().unwrap();
    let refused = run(&["backup", "backup"]).await;
    refused.assert_refused(&["under way"]);
    drop(lock);
    // Another server's.
    for name in ["data", "uploads"] {
        fs::rename(path(name), path(&format!("{name}-1"))).unwrap();
    }
    start(&folder).await.stop().await;
    let refused = run(&["backup", "backup"]).await;
    refused.assert_refused(&["another server"]);
}
