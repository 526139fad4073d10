//! Who is here, who is in a room, and who is typing.

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::peer::{Peer, start};

/// Reads frames about presence until exactly these people are here, by name.
async fn until_here(peer: &mut Peer, here: &mut Vec<(String, String)>, names: &[&str]) {
    loop {
        let mut found: Vec<&str> = here.iter().map(|(_, name)| name.as_str()).collect();
        found.sort_unstable();
        if found == names {
            return;
        }
        let frame = peer.read().await.unwrap();
        let people = |field: &str| -> Vec<(String, String)> {
            let people = frame[field].as_array().into_iter().flatten();
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            people
                .map(|person| (text(&person["id"]), text(&person["name"])))
                .collect()
        };
        match frame["type"].as_str().unwrap() {
            "presence_listed" => *here = people("people"),
            "presence_changed" => {
                here.retain(|(id, _)| {
                    !frame["left"]
                        .as_array()
                        .into_iter()
                        .flatten()
                        .any(|left| left == id)
                });
                here.extend(people("came"));
                here.sort();
                here.dedup();
            }
            _ => continue,
        }
        assert_eq!(frame["total"], here.len(), "{frame}");
    }
}

#[tokio::test]
async fn everyone_is_told_who_comes_and_who_leaves() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    let welcome = ann.claim("Ann").await;
    let mut here = Vec::new();
    until_here(&mut ann, &mut here, &["Ann"]).await;
    bob.claim("Bob").await;
    until_here(&mut ann, &mut here, &["Ann", "Bob"]).await;
    until_here(&mut bob, &mut Vec::new(), &["Ann", "Bob"]).await;

    // A second connection of one person, and its end, change nothing.
    let mut second = Peer::websocket(&server).await;
    second.resume(&welcome, 0).await;
    until_here(&mut second, &mut Vec::new(), &["Ann", "Bob"]).await;
    drop(second);
    drop(bob);
    until_here(&mut ann, &mut here, &["Ann"]).await;
    server.stop().await;
}

#[tokio::test]
async fn members_are_listed_with_those_who_are_here_first() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    ann.claim("Ann").await;
    let bobs = bob.claim("Bob").await;
    bob.send(json!({"type": "create_room", "name": "garden"}))
        .await;
    bob.expect("room_joined").await;
    ann.send(json!({"type": "list_members", "request_id": 3, "room": "garden"}))
        .await;
    assert_eq!(ann.expect("error").await["code"], "not_a_member");
    ann.send(json!({"type": "join_room", "room": "garden"}))
        .await;
    ann.expect("room_joined").await;
    let names = |listed: &Value| -> Vec<(String, bool)> {
        let members = listed["members"].as_array().unwrap().iter();
        let member = |m: &Value| {
            (
                m["person"]["name"].as_str().unwrap().to_owned(),
                m["online"] == true,
            )
        };
        members.map(member).collect()
    };
    let mut listed = json!(null);
    drop(ann);
    // Until the server has noticed that Ann's connection is gone.
    for _ in 0..1000 {
        bob.send(json!({"type": "list_members", "request_id": 4, "room": "#Garden"}))
            .await;
        listed = bob.expect("members_listed").await;
        if names(&listed).iter().filter(|(_, online)| *online).count() == 1 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(
        names(&listed),
        [("Bob".to_owned(), true), ("Ann".to_owned(), false)]
    );
    assert_eq!(
        (&listed["total"], &listed["request_id"]),
        (&json!(2), &json!(4))
    );
    let lobby = &bobs["rooms"][0]["room"]["room_id"];
    bob.send(json!({"type": "list_members", "room": lobby}))
        .await;
    assert_eq!(names(&bob.expect("members_listed").await), names(&listed));
    server.stop().await;
}

#[tokio::test]
async fn typing_reaches_others_in_the_room_only() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    let welcome = ann.claim("Ann").await;
    bob.claim("Bob").await;
    ann.send(json!({"type": "create_room", "name": "study"}))
        .await;
    ann.expect("room_joined").await;
    // Bob is not in this one, Ann has it to herself, and nobody has the third.
    for room in ["study", "lobby", "nowhere"] {
        ann.send(json!({"type": "set_typing", "room": room, "typing": true}))
            .await;
        ann.send(json!({"type": "set_typing", "room": room, "typing": false}))
            .await;
    }
    for typing in [true, false] {
        let changed = bob.expect("typing_changed").await;
        assert_eq!(changed["room_id"], welcome["rooms"][0]["room"]["room_id"]);
        assert_eq!(changed["person"], welcome["person"]);
        assert_eq!(changed["typing"], typing);
    }
    ann.send(json!({"type": "ping", "request_id": 9})).await;
    loop {
        let frame = ann.read().await.unwrap();
        assert_ne!(frame["type"], "typing_changed", "her own");
        if frame["type"] == "pong" {
            break;
        }
    }
    server.stop().await;
}

#[tokio::test]
async fn typing_after_a_message_is_seen_at_once() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    ann.claim("Ann").await;
    bob.claim("Bob").await;
    let typing = json!({"type": "set_typing", "room": "lobby", "typing": true});
    ann.send(typing.clone()).await;
    bob.expect("typing_changed").await;
    ann.say("one").await;
    ann.expect("message_accepted").await;
    ann.send(typing).await;
    assert_eq!(bob.expect("typing_changed").await["typing"], true);
    server.stop().await;
}

#[tokio::test]
async fn one_who_types_without_end_is_passed_on_now_and_then() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    ann.claim("Ann").await;
    bob.claim("Bob").await;
    for _ in 0..200 {
        ann.send(json!({"type": "set_typing", "room": "lobby", "typing": true}))
            .await;
    }
    ann.say("done").await;
    let mut typed = 0;
    loop {
        let frame = bob.read().await.unwrap();
        typed += usize::from(frame["type"] == "typing_changed");
        if frame["type"] == "room_event" {
            break;
        }
    }
    assert!((1..20).contains(&typed), "{typed}");
    server.stop().await;
}

/// Reads on until this person is said to be there in this way.
async fn until_state(peer: &mut Peer, person: &Value, state: Option<&str>) {
    loop {
        let frame = peer.read().await.unwrap();
        let came = frame.get("came").or_else(|| frame.get("people"));
        let people = came.and_then(Value::as_array).into_iter().flatten();
        for present in people {
            if present["id"] == *person && present.get("state").and_then(Value::as_str) == state {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_person_is_there_as_the_most_attentive_of_their_connections_says() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::websocket(&server).await);
    let welcome = ann.claim("Ann").await;
    let anns = &welcome["person"]["id"];
    let mut phone = Peer::websocket(&server).await;
    phone.resume(&welcome, 0).await;
    bob.claim("Bob").await;
    until_state(&mut bob, anns, None).await;
    let say = |state: &str| json!({"type": "set_presence", "state": state});
    phone.send(say("away")).await;
    ann.send(say("do_not_disturb")).await;
    until_state(&mut bob, anns, Some("do_not_disturb")).await;
    bob.send(json!({"type": "list_members", "room": "lobby"}))
        .await;
    let listed = bob.expect("members_listed").await;
    let member = |listed: &Value, id: &Value| {
        let mut members = listed["members"].as_array().unwrap().iter();
        members.find(|m| m["person"]["id"] == *id).unwrap().clone()
    };
    let hers = member(&listed, anns);
    assert_eq!(
        (&hers["online"], &hers["presence"]),
        (&json!(true), &json!("do_not_disturb"))
    );
    ann.send(say("away")).await;
    until_state(&mut bob, anns, Some("away")).await;
    phone.send(say("online")).await;
    until_state(&mut bob, anns, None).await;
    drop(phone);
    until_state(&mut bob, anns, Some("away")).await;
    // One who comes later is told at once.
    let mut tom = Peer::tcp(&server).await;
    tom.claim("Tom").await;
    until_state(&mut tom, anns, Some("away")).await;
    for bad in ["offline", "asleep"] {
        ann.send(say(bad)).await;
        assert_eq!(ann.expect("error").await["code"], "invalid_argument");
    }
    server.stop().await;
}
