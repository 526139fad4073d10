//! Messages that carry files before these are there, and uploads as one's other devices see them.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::http::{Uploader, bytes, get};
use crate::operator::run;
use crate::peer::{Peer, config, start};

const CHUNK: usize = 1 << 20;

/// An upload that somebody has begun.
pub(crate) struct Sending {
    pub(crate) upload_id: Value,
    pub(crate) file_id: Value,
    pub(crate) content: Vec<u8>,
}

impl Sending {
    pub(crate) async fn begin(peer: &mut Peer, name: &str, content: Vec<u8>) -> Self {
        let request = json!({"type": "begin_upload", "name": name, "size_bytes": content.len()});
        let status = peer.ask(request).await;
        assert_eq!(status["type"], "upload_status", "{status}");
        Self {
            upload_id: status["upload_id"].clone(),
            file_id: status["file_id"].clone(),
            content,
        }
    }

    pub(crate) async fn put(&self, peer: &mut Peer, index: usize) {
        let chunk = self.content.chunks(CHUNK).nth(index).unwrap();
        let frame = json!({"type": "put_chunk", "upload_id": self.upload_id, "index": index,
                           "payload_bytes": chunk.len()});
        peer.send_payload(frame, chunk).await;
        peer.expect("chunk_stored").await;
    }

    pub(crate) async fn finish(&self, peer: &mut Peer) -> Value {
        let request = json!({"type": "finish_upload", "upload_id": self.upload_id});
        let finished = peer.ask(request).await;
        assert_eq!(finished["type"], "upload_finished", "{finished}");
        finished["file"].clone()
    }

    /// Everything that is still to be done.
    pub(crate) async fn complete(&self, peer: &mut Peer) -> Value {
        for index in 0..self.content.chunks(CHUNK).count() {
            self.put(peer, index).await;
        }
        self.finish(peer).await
    }

    pub(crate) fn cancel(&self) -> Value {
        json!({"type": "cancel_upload", "upload_id": self.upload_id})
    }
}

pub(crate) fn send(room: &str, text: &str, files: &[&Value]) -> Value {
    json!({"type": "send_message", "room": room, "text": text, "attachments": files})
}

pub(crate) async fn accepted(peer: &mut Peer, request: Value) -> Value {
    let reply = peer.ask(request).await;
    assert_eq!(reply["type"], "message_accepted", "{reply}");
    reply["sequence"].clone()
}

/// The next event of this type.
async fn event(peer: &mut Peer, kind: &str) -> Value {
    loop {
        let event = peer.expect("room_event").await;
        if event["event"]["type"] == kind {
            return event;
        }
    }
}

/// What the log has at this place.
async fn logged(peer: &mut Peer, room: &str, sequence: &Value) -> Value {
    let before = sequence.as_u64().unwrap() + 1;
    let request = json!({"type": "read_history", "room": room, "before": before, "limit": 1});
    peer.ask(request).await["events"][0]["event"].clone()
}

pub(crate) async fn signed_in(server: &Server, name: &str) -> (Peer, Value) {
    let mut peer = Peer::tcp(server).await;
    let welcome = peer.claim(name).await;
    (peer, welcome)
}

async fn stop_clean(server: Server, folder: &TempDir) {
    server.stop().await;
    run(folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn a_message_is_there_before_its_files() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, as_ann) = signed_in(&server, "Ann").await;
    let mut bob = Peer::websocket(&server).await;
    bob.claim("Bob").await;
    let there = Uploader::new(&as_ann);
    let there = there.upload(&server, "there.txt", None, b"there").await;
    let film = Sending::begin(&mut ann, "film.mp4", bytes(2 * CHUNK + 5)).await;
    let notes = Sending::begin(&mut ann, "notes.txt", b"notes".to_vec()).await;

    let mut request = send(
        "lobby",
        "look",
        &[&film.file_id, &there["file_id"], &notes.file_id],
    );
    request["transaction_id"] = json!("019a0000-0000-7000-8000-000000000001");
    let sequence = accepted(&mut ann, request.clone()).await;
    let heard = event(&mut bob, "message_sent").await;
    assert_eq!(heard["sequence"], sequence);
    assert_eq!(heard["event"]["attachments"], json!([there]));
    let link =
        |file: &Sending, name: &str| format!("/files/{}/{name}", file.file_id.as_str().unwrap());
    let awaited = json!([
        {"file_id": film.file_id, "place": 0, "name": "film.mp4", "size_bytes": film.content.len(),
         "link": link(&film, "film.mp4")},
        {"file_id": notes.file_id, "place": 2, "name": "notes.txt", "size_bytes": 5,
         "link": link(&notes, "notes.txt")},
    ]);
    assert_eq!(heard["event"]["arriving"], awaited);

    // Others see it come.
    film.put(&mut ann, 2).await;
    let progress = bob.expect("upload_progressed").await;
    let expected =
        json!({"type": "upload_progressed", "file_id": film.file_id, "received_bytes": 5});
    assert_eq!(progress, expected);
    let text = notes.complete(&mut ann).await;
    let arrived = event(&mut bob, "file_arrived").await;
    assert_eq!(arrived["person"]["name"], "Ann");
    let expected = json!({"type": "file_arrived", "sequence": sequence, "file": text});
    assert_eq!(arrived["event"], expected);
    assert_eq!(text["file_id"], notes.file_id);
    let message = logged(&mut bob, "lobby", &sequence).await;
    assert_eq!(message["attachments"], json!([there, text]));
    assert_eq!(message["arriving"], json!([awaited[0]]));

    let film = film.complete(&mut ann).await;
    event(&mut bob, "file_arrived").await;
    let message = logged(&mut bob, "lobby", &sequence).await;
    assert_eq!(message["attachments"], json!([film, there, text]));
    assert_eq!(message["arriving"], Value::Null);
    // A repeat is the same message, whatever has come since.
    assert_eq!(accepted(&mut ann, request).await, sequence);
    let opened = get(&server, film["link"].as_str().unwrap(), "").await;
    assert!(opened.body == bytes(2 * CHUNK + 5));
    stop_clean(server, &folder).await;
}

#[tokio::test]
async fn a_file_that_is_given_up_is_withdrawn() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, _) = signed_in(&server, "Ann").await;
    let (mut bob, _) = signed_in(&server, "Bob").await;
    let file = Sending::begin(&mut ann, "a.bin", bytes(CHUNK)).await;
    let others = bob.ask(send("lobby", "mine", &[&file.file_id])).await;
    assert_eq!(others["code"], "file_not_found", "it is Ann's");
    let sequence = accepted(&mut ann, send("lobby", "", &[&file.file_id])).await;
    assert_eq!(ann.ask(file.cancel()).await["type"], "done");
    let withdrawn = event(&mut bob, "file_withdrawn").await;
    let expected = json!({"type": "file_withdrawn", "sequence": sequence, "file_id": file.file_id});
    assert_eq!(withdrawn["event"], expected);
    let message = logged(&mut bob, "lobby", &sequence).await;
    assert_eq!(message["arriving"][0]["withdrawn"], true);
    let late = ann.ask(send("lobby", "again", &[&file.file_id])).await;
    assert_eq!(late["code"], "file_not_found");
    stop_clean(server, &folder).await;
}

#[tokio::test]
async fn who_is_put_out_brings_nothing_in() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, _) = signed_in(&server, "Ann").await;
    let (mut bob, as_bob) = signed_in(&server, "Bob").await;
    ann.ask(json!({"type": "create_room", "name": "den"})).await;
    bob.ask(json!({"type": "join_room", "room": "den"})).await;
    let file = Sending::begin(&mut bob, "a.bin", bytes(CHUNK)).await;
    let sequence = accepted(&mut bob, send("den", "wait for it", &[&file.file_id])).await;
    let elsewhere = accepted(&mut bob, send("lobby", "here as well", &[&file.file_id])).await;
    let kick = json!({"type": "remove_member", "room": "den",
                      "person_id": as_bob["person"]["id"]});
    assert_eq!(ann.ask(kick).await["type"], "done");
    let whole = file.complete(&mut bob).await;
    event(&mut ann, "file_withdrawn").await;
    let message = logged(&mut ann, "den", &sequence).await;
    assert_eq!(message["arriving"][0]["withdrawn"], true);
    let message = logged(&mut ann, "lobby", &elsewhere).await;
    assert_eq!(message["attachments"], json!([whole]));
    stop_clean(server, &folder).await;
}

#[tokio::test]
async fn a_message_that_is_gone_awaits_nothing() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "admin").await;
    let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
    let removed = Sending::begin(&mut mia.peer, "a.bin", bytes(CHUNK)).await;
    let sequence = accepted(&mut mia.peer, send("lobby", "", &[&removed.file_id])).await;
    let remove = json!({"type": "remove_message", "room": "lobby", "sequence": sequence});
    mia.done(remove).await;
    let whole = removed.complete(&mut mia.peer).await;
    let message = logged(&mut admin.peer, "lobby", &sequence).await;
    assert_eq!(message, json!({"type": "removed"}));
    // It is hers still, and may be sent once more.
    accepted(&mut mia.peer, send("lobby", "", &[&whole["file_id"]])).await;

    // With its sender goes what they have not sent to the end.
    let (mut wanda, _) = signed_in(&server, "Wanda").await;
    let left = Sending::begin(&mut mia.peer, "b.bin", bytes(CHUNK)).await;
    let sequence = accepted(&mut mia.peer, send("lobby", "soon", &[&left.file_id])).await;
    admin
        .done(json!({"type": "remove_person", "person_id": mia.id()}))
        .await;
    let withdrawn = event(&mut wanda, "file_withdrawn").await;
    assert_eq!(withdrawn["event"]["sequence"], sequence);
    let message = logged(&mut admin.peer, "lobby", &sequence).await;
    assert_eq!(message["arriving"][0]["withdrawn"], true);
    server.stop().await;
    // What it was to become is collected later.
    let checked = run(&folder, &["fsck"]).await;
    checked.assert_findings(&[&["no upload needs this part"]]);
}

#[tokio::test]
async fn uploads_are_known_on_every_device_of_their_sender() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, as_ann) = signed_in(&server, "Ann").await;
    let mut tablet = Peer::websocket(&server).await;
    tablet.resume(&as_ann, 0).await;
    let (mut bob, _) = signed_in(&server, "Bob").await;
    let file = Sending::begin(&mut ann, "a.bin", bytes(CHUNK + 3)).await;
    let begun = tablet.expect("upload_begun").await["upload"].clone();
    assert_eq!(begun["upload_id"], file.upload_id);
    assert_eq!(begun["received_bytes"], 0);
    file.put(&mut ann, 1).await;
    let progress = tablet.expect("upload_progressed").await;
    assert_eq!(progress["received_bytes"], 3);
    let list = json!({"type": "list_uploads"});
    let listed = tablet.ask(list.clone()).await;
    let mut expected = begun;
    expected["received_bytes"] = json!(3);
    assert_eq!(listed["uploads"], json!([expected]));
    assert_eq!(bob.ask(list.clone()).await["uploads"], json!([]));
    let denied = bob.ask(file.cancel()).await;
    assert_eq!(denied["code"], "upload_not_found");

    assert_eq!(tablet.ask(file.cancel()).await["type"], "done");
    let ended = ann.expect("upload_ended").await;
    assert_eq!(ended["upload_id"], file.upload_id);
    assert_eq!(tablet.ask(list.clone()).await["uploads"], json!([]));

    let file = Sending::begin(&mut ann, "b.bin", bytes(3)).await;
    file.complete(&mut ann).await;
    let ended = tablet.expect("upload_ended").await;
    assert_eq!(ended["upload_id"], file.upload_id);
    assert_eq!(tablet.ask(list).await["uploads"], json!([]));
    server.stop().await;
}

#[tokio::test]
async fn what_is_restored_still_awaits_its_files() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, as_ann) = signed_in(&server, "Ann").await;
    let file = Sending::begin(&mut ann, "a.bin", bytes(2 * CHUNK)).await;
    let sequence = accepted(&mut ann, send("lobby", "soon", &[&file.file_id])).await;
    file.put(&mut ann, 0).await;
    run(&folder, &["backup", "kept"]).await.assert_clean();
    server.stop().await;
    let restored = ["--data-dir", "data-2", "--uploads-dir", "uploads-2"];
    let restore = [&["restore", "kept"], &restored[..]].concat();
    run(&folder, &restore).await.assert_clean();
    let fsck = [&["fsck"], &restored[..]].concat();
    run(&folder, &fsck).await.assert_clean();

    let mut config = config(&folder);
    config.data_dir = folder.path().join("data-2");
    config.uploads_dir = folder.path().join("uploads-2");
    let server = Server::start(config).await.unwrap();
    let mut ann = Peer::tcp(&server).await;
    ann.resume(&as_ann, 0).await;
    let describe = json!({"type": "describe_upload", "upload_id": file.upload_id});
    let status = ann.ask(describe).await;
    assert_eq!(
        status["present"],
        json!([]),
        "its bytes were not in the backup"
    );
    let whole = file.complete(&mut ann).await;
    assert_eq!(whole["file_id"], file.file_id);
    let message = logged(&mut ann, "lobby", &sequence).await;
    assert_eq!(message["attachments"], json!([whole]));
    server.stop().await;
    run(&folder, &fsck).await.assert_clean();
}
