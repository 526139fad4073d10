//! Who may open a file's link, and who only believes to.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::http::{Uploader, get};
use crate::peer::{Peer, start};

/// The code of an error, or else the reply's type.
fn outcome(reply: &Value) -> &str {
    let code = reply["code"].as_str();
    code.or(reply["type"].as_str()).unwrap()
}

/// What a link answers to whoever sends this header, or none.
async fn status(server: &Server, file: &Value, headers: &str) -> u16 {
    get(server, file["link"].as_str().unwrap(), headers)
        .await
        .status
}

fn bearer(welcome: &Value) -> String {
    let token = welcome["session_token"].as_str().unwrap();
    format!("authorization: Bearer {token}")
}

#[tokio::test]
async fn a_link_for_members_is_not_there_for_others() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let (as_ann, as_bob) = (ann.claim("Ann").await, bob.claim("Bob").await);
    let uploader = Uploader::new(&as_ann);
    let file = uploader
        .upload(&server, "plan.txt", None, b"the plan")
        .await;
    let id = &file["file_id"];
    let create = json!({"type": "create_room", "name": "garden"});
    assert_eq!(outcome(&ann.ask(create).await), "room_joined");
    let send = json!({"type": "send_message", "room": "garden", "attachments": [id]});
    assert_eq!(outcome(&ann.ask(send).await), "message_accepted");
    assert_eq!(status(&server, &file, "").await, 200, "whoever has it");

    let members = json!({"type": "change_link", "file_id": id, "access": "members"});
    assert_eq!(outcome(&bob.ask(members.clone()).await), "file_not_found");
    let changed = ann.ask(members).await;
    let link = json!({"path": file["link"], "access": "members", "downloads": 1});
    assert_eq!(changed["link"], link);

    let (ann_says, bob_says) = (bearer(&as_ann), bearer(&as_bob));
    assert_eq!(status(&server, &file, "").await, 404);
    let made_up = "authorization: Bearer made-up";
    assert_eq!(status(&server, &file, made_up).await, 404);
    assert_eq!(status(&server, &file, &bob_says).await, 404);
    assert_eq!(status(&server, &file, &ann_says).await, 200, "her own");
    let describe = json!({"type": "describe_file", "file_id": id});
    let read = json!({"type": "read_chunk", "file_id": id, "index": 0});
    for request in [&describe, &read] {
        assert_eq!(outcome(&bob.ask(request.clone()).await), "file_not_found");
    }
    let path = format!("/api/files/{}", id.as_str().unwrap());
    assert_eq!(get(&server, &path, "").await.status, 404);
    assert_eq!(get(&server, &path, &bob_says).await.status, 404);

    // What Bob could send, he could read in the message.
    let pass_on = json!({"type": "send_message", "room": "lobby", "attachments": [id]});
    assert_eq!(outcome(&bob.ask(pass_on).await), "file_not_found");

    let join = json!({"type": "join_room", "room": "garden"});
    assert_eq!(outcome(&bob.ask(join).await), "room_joined");
    assert_eq!(status(&server, &file, &bob_says).await, 200);
    assert_eq!(get(&server, &path, &bob_says).await.status, 200);
    assert_eq!(outcome(&bob.ask(describe).await), "file_described");
    let answer = get(&server, file["link"].as_str().unwrap(), &bob_says).await;
    assert_eq!(answer.header("cache-control"), "private, no-cache");
    let leave = json!({"type": "leave_room", "room": "garden"});
    assert_eq!(outcome(&bob.ask(leave).await), "done");
    assert_eq!(status(&server, &file, &bob_says).await, 404, "no more");
    server.stop().await;
}

#[tokio::test]
async fn a_link_ends_with_its_time_or_its_revocation() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Peer::tcp(&server).await;
    let welcome = ann.claim("Ann").await;
    let uploader = Uploader::new(&welcome);
    let file = uploader.upload(&server, "a.txt", None, b"text").await;
    let id = &file["file_id"];
    let now = welcome["now_ms"].as_u64().unwrap();
    let change = |access: &str, end: Option<u64>| {
        let mut request = json!({"type": "change_link", "file_id": id, "access": access});
        if let Some(end) = end {
            request["expires_at_ms"] = json!(end);
        }
        request
    };
    let over = ann.ask(change("anyone", Some(now - 1))).await;
    assert_eq!(over["link"]["expires_at_ms"], json!(now - 1));
    assert_eq!(status(&server, &file, &bearer(&welcome)).await, 404);
    ann.ask(change("anyone", Some(now + 3_600_000))).await;
    assert_eq!(status(&server, &file, "").await, 200);
    let unknown = ann.ask(change("nobody_in_particular", None)).await;
    assert_eq!(outcome(&unknown), "invalid_argument");
    ann.ask(change("revoked", None)).await;
    assert_eq!(status(&server, &file, &bearer(&welcome)).await, 404);
    let again = ann.ask(change("anyone", None)).await;
    assert_eq!(outcome(&again), "invalid_argument", "for good");
    server.stop().await;
}

#[tokio::test]
async fn who_may_not_open_a_file_cannot_send_it_to_themselves() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut eve) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    let (as_ann, as_eve) = (ann.claim("Ann").await, eve.claim("Eve").await);
    let uploader = Uploader::new(&as_ann);
    let file = uploader.upload(&server, "a.txt", None, b"plan").await;
    let id = &file["file_id"];
    let change = |access: &str| json!({"type": "change_link", "file_id": id, "access": access});
    let send = |room: &str| json!({"type": "send_message", "room": room, "attachments": [id]});
    ann.ask(json!({"type": "create_room", "name": "den"})).await;
    ann.ask(send("den")).await;
    ann.ask(change("members")).await;
    eve.ask(json!({"type": "create_room", "name": "trap"}))
        .await;
    for room in ["trap", "lobby"] {
        assert_eq!(outcome(&eve.ask(send(room)).await), "file_not_found");
    }
    assert_eq!(status(&server, &file, &bearer(&as_eve)).await, 404);
    eve.ask(json!({"type": "join_room", "room": "den"})).await;
    assert_eq!(outcome(&eve.ask(send("trap")).await), "message_accepted");
    ann.ask(change("revoked")).await;
    assert_eq!(outcome(&ann.ask(send("den")).await), "file_not_found");
    server.stop().await;
}
