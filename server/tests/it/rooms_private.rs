//! Hidden rooms, looked for by people who are not in them.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::operator::run;
use crate::peer::{Peer, start};

/// Every request that names a room.
fn requests(room: &Value, person: &Value) -> Vec<Value> {
    let mut requests = Vec::new();
    for (kind, more) in [
        ("send_message", json!({"text": "hi"})),
        ("join_room", json!({})),
        ("leave_room", json!({})),
        ("list_members", json!({})),
        ("read_history", json!({"limit": 9})),
        ("add_member", json!({"person_id": person})),
        ("remove_member", json!({"person_id": person, "ban": true})),
        ("list_bans", json!({})),
        ("lift_ban", json!({"person_id": person})),
        ("change_room", json!({"topic": "x"})),
        ("change_room", json!({"name": "taken-over"})),
        ("change_room", json!({})),
        (
            "set_room_role",
            json!({"person_id": person, "role": "owner"}),
        ),
        ("remove_message", json!({"sequence": 1})),
        ("report_message", json!({"sequence": 1})),
    ] {
        let mut request = more;
        request["type"] = json!(kind);
        request["room"] = room.clone();
        requests.push(request);
    }
    requests
}

async fn hidden(owner: &mut Somebody, kind: &str) -> Value {
    let create = json!({"type": "create_room", "name": "plans", "kind": kind});
    owner.ask(create).await["room_id"].clone()
}

#[tokio::test]
async fn a_room_that_one_is_not_in_is_one_that_there_is_not() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let mut bob = Somebody::new(&folder, &server, "Bob", "member").await;
    let private = hidden(&mut ann, "private").await;
    let direct = json!({"type": "open_direct", "people": [bob.id()]});
    let direct = ann.ask(direct).await["room_id"].clone();
    ann.done(json!({"type": "add_member", "room": private, "person_id": bob.id()}))
        .await;
    for room in [&private, &direct] {
        let say = json!({"type": "send_message", "room": room, "text": "secret"});
        ann.ask(say).await;
    }
    let nowhere = json!("01935a00-0000-7000-8000-000000000001");
    let direct_name = json!(format!("direct-{}", direct.as_str().unwrap()));
    // Owners of the server are no more in it than others are.
    for role in ["member", "owner", "guest"] {
        let mut eve = Somebody::new(&folder, &server, &format!("Eve the {role}"), role).await;
        let none = requests(&nowhere, &eve.id());
        for room in [
            &private,
            &direct,
            &direct_name,
            &json!("plans"),
            &json!("#plans"),
        ] {
            for (request, none) in requests(room, &eve.id()).into_iter().zip(&none) {
                let there = eve.ask(request).await;
                let nowhere = eve.ask(none.clone()).await;
                assert_eq!(there, nowhere, "{none}");
                assert_eq!(there["type"], "error", "{none}");
            }
        }
        let rooms = eve.ask(json!({"type": "list_rooms"})).await;
        assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1, "{rooms}");
        assert_eq!(eve.welcome["rooms"].as_array().unwrap().len(), 1);
        // That she would see, if it were a room of hers.
        let typing = json!({"type": "set_typing", "room": private, "typing": true});
        eve.peer.send(typing).await;
        let seen = json!({"type": "mark_read", "room": private, "sequence": 2});
        eve.peer.send(seen).await;
        eve.ask(json!({"type": "ping"})).await;
    }
    let heard = bob
        .ask(json!({"type": "read_history", "room": private, "limit": 9}))
        .await;
    assert_eq!(heard["events"].as_array().unwrap().len(), 4, "{heard}");
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn a_hidden_name_is_free_for_others() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let mut eve = Somebody::new(&folder, &server, "Eve", "member").await;
    let plans = hidden(&mut ann, "private").await;
    let create = |name: &str| json!({"type": "create_room", "name": name});
    let open = eve.ask(create("plans")).await;
    assert_eq!(open["type"], "room_joined", "{open}");
    assert_eq!(ann.code(create("PLANS")).await, "room_name_taken");
    assert_eq!(ann.code(create("p1ans")).await, "room_name_taken");
    let rename = json!({"type": "change_room", "room": plans, "name": "Lobby"});
    ann.done(rename).await;
    // The name leads where everyone is, whatever others call their rooms.
    ann.ask(json!({"type": "send_message", "room": "lobby", "text": "hello all"}))
        .await;
    assert_eq!(eve.peer.hear().await.1, "hello all");
    let bob = Somebody::new(&folder, &server, "Bob", "member").await;
    ann.done(json!({"type": "add_member", "room": plans, "person_id": bob.id()}))
        .await;
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
    let exported = run(&folder, &["export", "lobby", "--format", "json"]).await;
    exported.assert_clean();
    assert!(exported.out.contains("hello all"), "{exported:?}");
    let id = plans.as_str().unwrap();
    let exported = run(&folder, &["export", id, "--format", "json"]).await;
    assert!(exported.out.contains("member_added"), "{exported:?}");
}

#[tokio::test]
async fn whoever_is_added_is_there_on_every_device() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let mut bob = Somebody::new(&folder, &server, "Bob", "member").await;
    let mut tablet = Peer::websocket(&server).await;
    tablet.resume(&bob.welcome, 0).await;
    let plans = hidden(&mut ann, "private").await;
    let add = json!({"type": "add_member", "room": plans, "person_id": bob.id()});
    ann.done(add.clone()).await;
    for peer in [&mut bob.peer, &mut tablet] {
        let entered = peer.expect("room_entered").await;
        let room = &entered["room"]["room"];
        assert_eq!(
            (&room["room_id"], &room["kind"]),
            (&plans, &json!("private"))
        );
        assert_eq!(
            (&room["joined"], &room["members"]),
            (&json!(true), &json!(2))
        );
    }
    // Once more changes nothing.
    ann.done(add).await;
    let say = json!({"type": "send_message", "room": "plans", "text": "hello"});
    bob.ask(say).await;
    assert_eq!(tablet.hear().await, (4, "hello".to_owned()));
    let members = ann
        .ask(json!({"type": "list_members", "room": plans}))
        .await;
    assert_eq!(members["total"], 2);
    let mut members = members["members"].as_array().unwrap().iter();
    let owner = members.find(|member| member["role"] == "owner").unwrap();
    assert_eq!(owner["person"]["name"], "Ann");
    bob.done(json!({"type": "leave_room", "room": plans})).await;
    let exited = tablet.expect("room_exited").await;
    assert_eq!(exited["room_id"], plans);
    assert_eq!(
        bob.code(json!({"type": "join_room", "room": plans})).await,
        "room_not_found"
    );
    assert_alone(&server, &bob).await;
    server.stop().await;
}

/// They are in no room but the lobby.
async fn assert_alone(server: &Server, somebody: &Somebody) {
    let welcome = Peer::tcp(server).await.resume(&somebody.welcome, 0).await;
    assert_eq!(welcome["rooms"].as_array().unwrap().len(), 1, "{welcome}");
}

#[tokio::test]
async fn what_comes_with_a_new_room_is_checked() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let mut guest = Somebody::new(&folder, &server, "Gus", "guest").await;
    let private = json!({"type": "create_room", "name": "den", "kind": "private"});
    assert_eq!(guest.code(private).await, "not_allowed");
    for (field, value) in [
        ("kind", json!("direct")),
        ("kind", json!("lobby")),
        ("kind", json!("of-the-future")),
        ("topic", json!("two\nlines")),
        ("description", json!("x".repeat(2_001))),
        ("description", json!("a bell: \u{7}")),
    ] {
        let mut request = json!({"type": "create_room", "name": "den"});
        request[field] = value;
        assert_eq!(
            ann.code(request.clone()).await,
            "invalid_argument",
            "{request}"
        );
    }
    let full = json!({
        "type": "create_room", "name": "den", "topic": "Tea", "description": "All about tea:\nhot",
        "kind": "private", "history": "since_joining",
    });
    ann.peer.send(full).await;
    let room = ann.peer.expect("room_entered").await["room"]["room"].clone();
    assert_eq!(
        (&room["topic"], &room["description"]),
        (&json!("Tea"), &json!("All about tea:\nhot"))
    );
    assert_eq!(
        (&room["history"], &room["role"]),
        (&json!("since_joining"), &json!("owner"))
    );
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}
