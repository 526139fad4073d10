//! Looking for files of messages.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::arrivals::{Sending, accepted, send, signed_in};
use crate::operator::run;
use crate::peer::{Peer, start};

/// Sends files of these names in one message.
async fn share(peer: &mut Peer, room: &str, names: &[&str]) -> Vec<Value> {
    let mut files = Vec::new();
    for name in names {
        let sending = Sending::begin(peer, name, name.as_bytes().to_vec()).await;
        files.push(sending.complete(peer).await);
    }
    let ids: Vec<&Value> = files.iter().map(|file| &file["file_id"]).collect();
    accepted(peer, send(room, "look", &ids)).await;
    files
}

async fn listed(peer: &mut Peer, mut request: Value) -> Value {
    request["type"] = json!("list_files");
    let reply = peer.ask(request).await;
    assert_eq!(reply["type"], "files_listed", "{reply}");
    reply
}

fn names(reply: &Value) -> Vec<&str> {
    let files = reply["files"].as_array().unwrap().iter();
    let mut names: Vec<&str> = files
        .map(|sent| sent["file"]["name"].as_str().unwrap())
        .collect();
    names.sort_unstable();
    names
}

async fn found(peer: &mut Peer, request: Value) -> Vec<String> {
    let reply = listed(peer, request).await;
    assert!(reply.get("next").is_none(), "{reply}");
    names(&reply).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn files_are_found_by_name_kind_sender_and_date() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, _) = signed_in(&server, "Ann").await;
    let (mut bob, _) = signed_in(&server, "Bob").await;
    share(&mut ann, "lobby", &["Garden Plan.pdf", "garden.png"]).await;
    let cut = 1 + server_time(&mut ann).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    share(&mut bob, "lobby", &["Straße im Garten.zip"]).await;

    let all = listed(&mut bob, json!({})).await;
    assert_eq!(all["files"][0]["file"]["name"], "Straße im Garten.zip");
    assert_eq!(all["files"][0]["person"]["name"], "Bob");
    assert_eq!(names(&all).len(), 3);
    assert!(all["files"][0]["sequence"].as_u64() > all["files"][1]["sequence"].as_u64());

    let bob = &mut bob;
    assert_eq!(
        found(bob, json!({"query": "GARDEN"})).await,
        ["Garden Plan.pdf", "garden.png"]
    );
    assert_eq!(
        found(bob, json!({"query": "plan garden"})).await,
        ["Garden Plan.pdf"]
    );
    assert_eq!(found(bob, json!({"query": "plan_"})).await, [""; 0]);
    assert_eq!(
        found(bob, json!({"kind": "document"})).await,
        ["Garden Plan.pdf"]
    );
    assert_eq!(
        found(bob, json!({"kind": "archive", "from": "bo"})).await,
        ["Straße im Garten.zip"]
    );
    assert_eq!(
        found(bob, json!({"from": "ann"})).await,
        ["Garden Plan.pdf", "garden.png"]
    );
    assert_eq!(
        found(bob, json!({"until_ms": cut})).await,
        ["Garden Plan.pdf", "garden.png"]
    );
    assert_eq!(
        found(bob, json!({"since_ms": cut})).await,
        ["Straße im Garten.zip"]
    );
    let refused = bob
        .ask(json!({"type": "list_files", "kind": "spell"}))
        .await;
    assert_eq!(refused["code"], "invalid_argument", "{refused}");
}

/// When the newest message was sent.
async fn server_time(peer: &mut Peer) -> u64 {
    let all = listed(peer, json!({})).await;
    all["files"][0]["sent_at_ms"].as_u64().unwrap()
}

#[tokio::test]
async fn many_files_come_page_by_page_each_once() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, _) = signed_in(&server, "Ann").await;
    ann.ask(json!({"type": "create_room", "name": "garden"}))
        .await;
    let mut sent = Vec::new();
    for number in 0..24 {
        let names: Vec<String> = (0..5)
            .map(|file| format!("{number:02} {file}.txt"))
            .collect();
        let room = ["lobby", "garden"][number % 2];
        share(
            &mut ann,
            room,
            &names.iter().map(String::as_str).collect::<Vec<_>>(),
        )
        .await;
        sent.extend(names);
    }
    let mut seen = Vec::new();
    let mut request = json!({});
    loop {
        let page = listed(&mut ann, request).await;
        let files = page["files"].as_array().unwrap();
        assert!(files.len() <= 50);
        let times = files
            .iter()
            .map(|sent| sent["sent_at_ms"].as_u64().unwrap());
        assert!(times.is_sorted_by(|a, b| a >= b));
        seen.extend(names(&page).into_iter().map(str::to_owned));
        match page.get("next") {
            Some(next) => request = json!({"before": next}),
            None => break,
        }
    }
    seen.sort();
    assert_eq!(seen, sent);
    let garden = listed(&mut ann, json!({"room": "garden", "query": "11"})).await;
    assert_eq!(names(&garden).len(), 5);
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_read() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let bob = Somebody::new(&folder, &server, "Bob", "member").await;
    let (bobs_id, mut ann, mut bob) = (bob.id(), ann.peer, bob.peer);
    let private = json!({"type": "create_room", "name": "secret", "kind": "private", "history": "since_joining"});
    let room = ann.ask(private).await["room_id"].clone();
    let room = room.as_str().unwrap();
    share(&mut ann, room, &["before.txt"]).await;
    let revoked = share(&mut ann, "lobby", &["revoked.txt"]).await;
    let revoke =
        json!({"type": "change_link", "file_id": revoked[0]["file_id"], "access": "revoked"});
    ann.ask(revoke).await;

    assert_eq!(found(&mut bob, json!({})).await, [""; 0]);
    let request = json!({"type": "list_files", "room": room});
    let hidden = bob.ask(request.clone()).await;
    assert_eq!(hidden["code"], "room_not_found", "{hidden}");

    let add = json!({"type": "add_member", "room": room, "person_id": bobs_id});
    ann.ask(add).await;
    share(&mut ann, room, &["after.txt"]).await;
    assert_eq!(found(&mut bob, json!({"room": room})).await, ["after.txt"]);
    let own = found(&mut ann, json!({})).await;
    assert_eq!(own, ["after.txt", "before.txt"]);

    let remove = json!({"type": "remove_member", "room": room, "person_id": bobs_id});
    ann.ask(remove).await;
    assert_eq!(found(&mut bob, json!({})).await, [""; 0]);
    assert_eq!(bob.ask(request).await["code"], "room_not_found");

    // What was removed is found no more.
    let gone = listed(&mut ann, json!({"query": "after"})).await;
    let sequence = &gone["files"][0]["sequence"];
    ann.ask(json!({"type": "remove_message", "room": room, "sequence": sequence}))
        .await;
    assert_eq!(found(&mut ann, json!({})).await, ["before.txt"]);
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}
