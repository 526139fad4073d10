//! Direct rooms: between people, for good.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::operator::run;
use crate::peer::{Peer, start};

fn open(people: &[&Somebody]) -> Value {
    let people: Vec<Value> = people.iter().map(|it| it.id()).collect();
    json!({"type": "open_direct", "people": people})
}

fn names(people: &Value) -> Vec<&str> {
    let people = people.as_array().unwrap().iter();
    people.map(|it| it["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn all_are_there_at_once_and_the_room_stays_the_same() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let mut bob = Somebody::new(&folder, &server, "Bob", "guest").await;
    let mut cy = Somebody::new(&folder, &server, "Cy", "member").await;
    let room = ann.ask(open(&[&bob, &cy])).await["room_id"].clone();
    for (peer, others) in [(&mut bob, ["Ann", "Cy"]), (&mut cy, ["Ann", "Bob"])] {
        let entered = peer.peer.expect("room_entered").await;
        let info = &entered["room"]["room"];
        assert_eq!((&info["room_id"], &info["kind"]), (&room, &json!("direct")));
        assert_eq!(names(&info["people"]), others);
        assert_eq!(info.get("role"), None);
        let say = json!({"type": "send_message", "room": room, "text": "hello"});
        assert_eq!(peer.ask(say).await["type"], "message_accepted");
    }
    assert_eq!(cy.ask(open(&[&bob, &ann, &cy])).await["room_id"], room);
    assert_eq!(bob.ask(open(&[&cy, &ann, &ann])).await["room_id"], room);
    let pair = ann.ask(open(&[&bob])).await["room_id"].clone();
    assert_ne!(pair, room);
    let notes = ann.ask(open(&[])).await["room_id"].clone();
    assert_eq!(ann.ask(open(&[&ann])).await["room_id"], notes);
    let welcome = Peer::websocket(&server).await.resume(&ann.welcome, 0).await;
    let directs: Vec<&Value> = welcome["rooms"].as_array().unwrap()[1..]
        .iter()
        .map(|it| &it["room"]["room_id"])
        .collect();
    assert_eq!(directs.len(), 3);
    assert!([&room, &pair, &notes].iter().all(|it| directs.contains(it)));
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn two_who_open_it_at_the_same_time_meet() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let bob = Somebody::new(&folder, &server, "Bob", "member").await;
    let (mut opening, mut met) = (Vec::new(), Vec::new());
    for number in 0..20 {
        let (mine, others) = if number % 2 == 0 {
            (&ann, &bob)
        } else {
            (&bob, &ann)
        };
        let mut peer = Peer::tcp(&server).await;
        peer.resume(&mine.welcome, 0).await;
        let request = open(&[others]);
        opening.push(tokio::spawn(async move {
            peer.send(request).await;
            peer.expect("room_joined").await["room_id"].clone()
        }));
    }
    for room in opening {
        met.push(room.await.unwrap());
    }
    assert!(met.iter().all(|room| *room == met[0]), "{met:?}");
    server.stop().await;
}

#[tokio::test]
async fn nobody_comes_goes_or_changes_anything() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "owner").await;
    let mut bob = Somebody::new(&folder, &server, "Bob", "member").await;
    let eve = Somebody::new(&folder, &server, "Eve", "member").await;
    let room = bob.ask(open(&[&ann])).await["room_id"].clone();
    for (request, bobs, anns) in [
        (
            json!({"type": "leave_room"}),
            "cannot_leave",
            "cannot_leave",
        ),
        (
            json!({"type": "add_member", "person_id": eve.id()}),
            "invalid_argument",
            "invalid_argument",
        ),
        (
            json!({"type": "remove_member", "person_id": bob.id()}),
            "not_allowed",
            "invalid_argument",
        ),
        (
            json!({"type": "set_room_role", "person_id": bob.id(), "role": "owner"}),
            "not_allowed",
            "invalid_argument",
        ),
        (
            json!({"type": "change_room", "name": "other"}),
            "not_allowed",
            "invalid_argument",
        ),
        (
            json!({"type": "change_room", "archived": true}),
            "not_allowed",
            "invalid_argument",
        ),
    ] {
        let mut request = request;
        request["room"] = room.clone();
        assert_eq!(bob.code(request.clone()).await, bobs, "{request}");
        assert_eq!(ann.code(request.clone()).await, anns, "{request}");
    }
    let joined = bob.ask(json!({"type": "join_room", "room": room})).await;
    assert_eq!(joined["type"], "room_joined", "they are in it");
    let nobody = json!({"type": "open_direct", "people": ["01935a00-0000-7000-8000-000000000001"]});
    assert_eq!(bob.code(nobody).await, "person_not_found");
    // Whoever is gone from the server stays in the room, under no name.
    ann.done(json!({"type": "remove_person", "person_id": bob.id()}))
        .await;
    let members = ann.ask(json!({"type": "list_members", "room": room})).await;
    assert_eq!(members["total"], 2, "{members}");
    assert!(!members.to_string().contains("Bob"), "{members}");
    assert_eq!(ann.ask(open(&[])).await["type"], "room_joined");
    assert_eq!(ann.code(open(&[&bob, &eve])).await, "person_not_found");
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

#[tokio::test]
async fn who_is_the_last_one_there_reads_and_no_longer_writes() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut admin = Somebody::new(&folder, &server, "Adam", "owner").await;
    let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
    let bob = Somebody::new(&folder, &server, "Bob", "member").await;
    let cy = Somebody::new(&folder, &server, "Cy", "member").await;
    let pair = ann.ask(open(&[&bob])).await["room_id"].clone();
    let three = ann.ask(open(&[&bob, &cy])).await["room_id"].clone();
    let notes = ann.ask(open(&[])).await["room_id"].clone();
    let say =
        |room: &Value, text: &str| json!({"type": "send_message", "room": room, "text": text});
    let sent = ann.ask(say(&pair, "still there?")).await;
    assert_eq!(sent["type"], "message_accepted");

    let remove = json!({"type": "remove_person", "person_id": bob.id()});
    admin.done(remove).await;
    // Whoever has the room open sees it at once, and not by whom.
    let mut event = ann.peer.expect("room_event").await;
    while event["event"]["type"] != "room_changed" {
        event = ann.peer.expect("room_event").await;
    }
    assert_eq!(event["room_id"], pair);
    let archived = json!({"type": "room_changed", "archived": true});
    assert_eq!(event["event"], archived);
    assert_eq!(event["person"]["name"], "Chinwag");
    let refused = ann.ask(say(&pair, "hello?")).await;
    assert_eq!(refused["code"], "room_archived");
    let why = refused["message"].as_str().unwrap();
    assert!(
        why.contains("removed from the server"),
        "says why: {refused}"
    );
    // A repeat of what was sent before gets its answer, and what was said can be read and removed.
    let repeat = json!({"type": "send_message", "room": pair, "text": "still there?",
        "transaction_id": sent["transaction_id"]});
    assert_eq!(ann.ask(repeat).await["sequence"], sent["sequence"]);
    assert_eq!(ann.ask(open(&[&bob])).await["room_id"], pair);
    let sequence = &sent["sequence"];
    ann.done(json!({"type": "remove_message", "room": pair, "sequence": sequence}))
        .await;
    // Where somebody is left to read it, and in one's own notes, one writes on.
    for room in [&three, &notes] {
        let sent = ann.ask(say(room, "and on")).await;
        assert_eq!(sent["type"], "message_accepted");
    }
    // Who comes back is told by the room itself.
    let welcome = Peer::websocket(&server).await.resume(&ann.welcome, 0).await;
    let rooms = welcome["rooms"].as_array().unwrap().iter();
    let archived: Vec<&Value> = rooms
        .filter(|it| it["room"]["archived"] == true)
        .map(|it| &it["room"]["room_id"])
        .collect();
    assert_eq!(archived, [&pair]);
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}
