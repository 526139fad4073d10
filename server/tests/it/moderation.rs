//! Roles in rooms, tried by people who would like to be more than they are.

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;

use crate::admins::Somebody;
use crate::operator::run;
use crate::peer::start;

/// A room of Ann's with a moderator and a member.
struct Hall {
    folder: TempDir,
    server: Server,
    ann: Somebody,
    moderator: Somebody,
    mia: Somebody,
}

impl Hall {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = start(&folder).await;
        let mut ann = Somebody::new(&folder, &server, "Ann", "member").await;
        let mut moderator = Somebody::new(&folder, &server, "Mod", "member").await;
        let mut mia = Somebody::new(&folder, &server, "Mia", "member").await;
        ann.ask(json!({"type": "create_room", "name": "hall"}))
            .await;
        for who in [&mut moderator, &mut mia] {
            who.ask(json!({"type": "join_room", "room": "hall"})).await;
        }
        ann.done(role(&moderator, "moderator")).await;
        Self {
            folder,
            server,
            ann,
            moderator,
            mia,
        }
    }

    async fn stop(self) {
        self.server.stop().await;
        run(&self.folder, &["fsck"]).await.assert_clean();
    }
}

fn role(who: &Somebody, role: &str) -> Value {
    json!({"type": "set_room_role", "room": "hall", "person_id": who.id(), "role": role})
}

fn remove(who: &Somebody, ban: bool) -> Value {
    json!({"type": "remove_member", "room": "hall", "person_id": who.id(), "ban": ban})
}

fn say(text: &str) -> Value {
    json!({"type": "send_message", "room": "hall", "text": text})
}

async fn sequence_of(somebody: &mut Somebody, text: &str) -> u64 {
    let accepted = somebody.ask(say(text)).await;
    accepted["sequence"].as_u64().unwrap()
}

#[tokio::test]
async fn nobody_makes_themselves_more_than_they_are() {
    let mut hall = Hall::new().await;
    let (ann, moderator, mia) = (&mut hall.ann, &mut hall.moderator, &mut hall.mia);
    for request in [role(moderator, "member"), remove(moderator, false)] {
        assert_eq!(mia.code(request.clone()).await, "not_allowed", "{request}");
    }
    for request in [
        remove(ann, false),
        remove(ann, true),
        role(ann, "member"),
        json!({"type": "change_room", "room": "hall", "topic": "mine"}),
    ] {
        assert_eq!(
            moderator.code(request.clone()).await,
            "not_allowed",
            "{request}"
        );
    }
    for who in [&mut *mia, &mut *moderator] {
        let own = role(who, "owner");
        assert_eq!(who.code(own).await, "not_allowed");
    }
    for request in [
        json!({"type": "list_bans", "room": "hall"}),
        json!({"type": "lift_ban", "room": "hall", "person_id": ann.id()}),
    ] {
        assert_eq!(mia.code(request).await, "not_allowed");
    }
    // The only owner neither steps down nor goes without an heir.
    assert_eq!(ann.code(role(ann, "member")).await, "invalid_argument");
    assert_eq!(
        ann.code(role(mia, "of-the-future")).await,
        "invalid_argument"
    );
    ann.done(json!({"type": "leave_room", "room": "hall"}))
        .await;
    let changed = mia
        .ask(json!({"type": "read_history", "room": "hall", "limit": 2}))
        .await;
    let [handed_on, left] = changed["events"].as_array().unwrap().as_slice() else {
        panic!("{changed}");
    };
    assert_eq!(handed_on["event"]["type"], "room_role_changed");
    assert_eq!(handed_on["event"]["member"]["id"], moderator.id());
    assert_eq!(handed_on["event"]["role"], "owner");
    assert_eq!(left["event"]["type"], "member_left");
    // Coming back, she is a member like others.
    ann.ask(json!({"type": "join_room", "room": "hall"})).await;
    assert_eq!(ann.code(role(ann, "owner")).await, "not_allowed");
    moderator.done(role(ann, "owner")).await;
    hall.stop().await;
}

#[tokio::test]
async fn admins_are_owners_only_where_they_are_in() {
    let mut hall = Hall::new().await;
    let mut root = Somebody::new(&hall.folder, &hall.server, "Root", "owner").await;
    for request in [role(&root, "owner"), remove(&hall.ann, false), say("hi")] {
        assert_eq!(root.code(request).await, "not_a_member");
    }
    root.ask(json!({"type": "join_room", "room": "hall"})).await;
    assert_eq!(
        hall.moderator.code(remove(&root, true)).await,
        "not_allowed"
    );
    root.done(remove(&hall.ann, false)).await;
    // Nobody else could have, and somebody has to be.
    let members = root
        .ask(json!({"type": "list_members", "room": "hall"}))
        .await;
    let members = members["members"].as_array().unwrap();
    let owner = members.iter().find(|it| it["role"] == "owner").unwrap();
    assert_eq!(owner["person"]["id"], hall.moderator.id());
    hall.stop().await;
}

#[tokio::test]
async fn who_is_banned_finds_no_way_in() {
    let mut hall = Hall::new().await;
    hall.moderator.done(remove(&hall.mia, true)).await;
    let exited = hall.mia.peer.expect("room_exited").await;
    assert!(exited["room_id"].is_string());
    let join = json!({"type": "join_room", "room": "hall"});
    assert_eq!(hall.mia.code(join.clone()).await, "banned");
    assert_eq!(hall.mia.code(say("hi")).await, "not_a_member");
    let add = json!({"type": "add_member", "room": "hall", "person_id": hall.mia.id()});
    assert_eq!(hall.ann.code(add).await, "banned");
    let bans = hall
        .moderator
        .ask(json!({"type": "list_bans", "room": "hall"}))
        .await;
    assert_eq!(bans["people"][0]["id"], hall.mia.id());
    // Of somebody who was never there as well.
    let mut eve = Somebody::new(&hall.folder, &hall.server, "Eve", "member").await;
    hall.moderator.done(remove(&eve, true)).await;
    hall.moderator.done(remove(&eve, true)).await;
    assert_eq!(eve.code(join.clone()).await, "banned");
    let lift = json!({"type": "lift_ban", "room": "hall", "person_id": hall.mia.id()});
    hall.moderator.done(lift.clone()).await;
    hall.moderator.done(lift).await;
    assert_eq!(hall.mia.ask(join).await["type"], "room_joined");
    let page = hall
        .ann
        .ask(json!({"type": "read_history", "room": "hall", "limit": 5}))
        .await;
    let kinds: Vec<&str> = page["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["event"]["type"].as_str().unwrap())
        .collect();
    let expected = [
        "room_role_changed",
        "member_removed",
        "member_removed",
        "ban_lifted",
        "member_joined",
    ];
    assert_eq!(kinds, expected);
    let mut root = Somebody::new(&hall.folder, &hall.server, "Root", "admin").await;
    let audit: Vec<_> = root.audit().await;
    let mia = (
        "Mod".to_owned(),
        "lift_ban".to_owned(),
        "#hall, Mia".to_owned(),
    );
    assert_eq!(audit[0], mia);
    assert_eq!(audit.iter().filter(|entry| entry.1 == "ban").count(), 2);
    hall.stop().await;
}

#[tokio::test]
async fn a_removed_message_is_gone_wherever_one_looks() {
    let mut hall = Hall::new().await;
    let (secret, other) = (
        sequence_of(&mut hall.mia, "secret").await,
        sequence_of(&mut hall.ann, "other").await,
    );
    let remove =
        |sequence: u64| json!({"type": "remove_message", "room": "hall", "sequence": sequence});
    assert_eq!(hall.mia.code(remove(other)).await, "not_allowed");
    assert_eq!(hall.mia.code(remove(1)).await, "not_found");
    assert_eq!(hall.mia.code(remove(99)).await, "not_found");
    hall.mia.done(remove(secret)).await;
    hall.mia.done(remove(secret)).await;
    let removed = loop {
        let event = hall.ann.peer.expect("room_event").await;
        if event["event"]["type"] == "messages_removed" {
            break event;
        }
    };
    let body = json!({"type": "messages_removed", "from": secret, "to": secret});
    assert_eq!(
        (&removed["event"], &removed["person"]["id"]),
        (&body, &hall.mia.id())
    );
    // Neither a page of history nor what is pushed on resuming holds it.
    let page = hall
        .moderator
        .ask(json!({"type": "read_history", "room": "hall", "limit": 99}))
        .await;
    assert!(!page.to_string().contains("secret"), "{page}");
    let mut peer = crate::peer::Peer::tcp(&hall.server).await;
    peer.resume(&hall.moderator.welcome, 0).await;
    peer.send(json!({"type": "send_message", "room": "hall", "text": "the end"}))
        .await;
    let mut kinds = Vec::new();
    loop {
        let event = peer.expect("room_event").await;
        assert_ne!(event["event"]["text"], "secret");
        kinds.push(event["event"]["type"].as_str().unwrap().to_owned());
        if event["event"]["text"] == "the end" {
            break;
        }
    }
    assert!(kinds.contains(&"removed".to_owned()), "{kinds:?}");
    hall.moderator.done(remove(other)).await;
    // A repeat of what is gone still gets its answer.
    let transaction = "01935a00-0000-7000-8000-000000000001";
    let send = |text: &str| json!({"type": "send_message", "room": "hall", "text": text, "transaction_id": transaction});
    let first = hall.mia.ask(send("again")).await;
    hall.mia
        .done(remove(first["sequence"].as_u64().unwrap()))
        .await;
    let mut second = hall.mia.ask(send("again")).await;
    second["request_id"] = first["request_id"].clone();
    assert_eq!(first, second);
    assert_eq!(hall.mia.code(send("anew")).await, "transaction_conflict");
    hall.stop().await;
}

#[tokio::test]
async fn an_archived_room_is_read_and_not_written_in() {
    let mut hall = Hall::new().await;
    let archive =
        |archived: bool| json!({"type": "change_room", "room": "hall", "archived": archived});
    let message = sequence_of(&mut hall.mia, "before").await;
    assert_eq!(hall.moderator.code(archive(true)).await, "not_allowed");
    hall.ann.done(archive(true)).await;
    hall.ann.done(archive(true)).await;
    for who in [&mut hall.ann, &mut hall.mia] {
        assert_eq!(who.code(say("after")).await, "room_archived");
    }
    // Nobody is told of typing in it either.
    hall.mia
        .peer
        .send(json!({"type": "set_typing", "room": "hall", "typing": true}))
        .await;
    hall.mia.ask(json!({"type": "ping"})).await;
    let mut eve = Somebody::new(&hall.folder, &hall.server, "Eve", "member").await;
    let rooms = eve.ask(json!({"type": "list_rooms"})).await;
    assert_eq!(rooms["rooms"].as_array().unwrap().len(), 1, "{rooms}");
    let joined = eve.ask(json!({"type": "join_room", "room": "hall"})).await;
    assert_eq!(joined["type"], "room_joined", "to read it");
    let page = eve
        .ask(json!({"type": "read_history", "room": "hall", "limit": 99}))
        .await;
    assert!(page.to_string().contains("before"), "{page}");
    // What must not stay there goes all the same.
    let remove = json!({"type": "remove_message", "room": "hall", "sequence": message});
    hall.mia.done(remove).await;
    hall.ann.done(archive(false)).await;
    assert_eq!(hall.mia.ask(say("after")).await["type"], "message_accepted");
    loop {
        let frame = hall.ann.peer.read().await.unwrap();
        assert_ne!(frame["type"], "typing_changed");
        if frame["event"]["text"] == "after" {
            break;
        }
    }
    hall.stop().await;
}

#[tokio::test]
async fn a_room_is_called_by_its_new_name_at_once() {
    let mut hall = Hall::new().await;
    let change = |request: Value| {
        let mut request = request;
        request["type"] = json!("change_room");
        request["room"] = json!("hall");
        request
    };
    for (bad, code) in [
        (json!({"name": "two words"}), "invalid_name"),
        (json!({"name": "LOBBY"}), "room_name_taken"),
        (json!({"name": "1obby"}), "room_name_taken"),
        (json!({"topic": "two\nlines"}), "invalid_argument"),
        (
            json!({"description": "x".repeat(2_001)}),
            "invalid_argument",
        ),
        (json!({"retention_days": 36_501}), "invalid_argument"),
        (json!({"history": "of-the-future"}), "invalid_argument"),
    ] {
        assert_eq!(hall.ann.code(change(bad.clone())).await, code, "{bad}");
    }
    let all =
        json!({"name": "Atrium", "topic": "Light", "description": "Glass", "retention_days": 7});
    hall.ann.done(change(all.clone())).await;
    let event = loop {
        let event = hall.mia.peer.expect("room_event").await;
        if event["event"]["type"] == "room_changed" {
            break event["event"].clone();
        }
    };
    let mut expected = all;
    expected["type"] = json!("room_changed");
    assert_eq!(event, expected);
    assert_eq!(hall.mia.code(say("where")).await, "room_not_found");
    let say = json!({"type": "send_message", "room": "#atrium", "text": "here"});
    assert_eq!(hall.mia.ask(say).await["type"], "message_accepted");
    // The old name is free, also for who was connected all the time.
    let create = json!({"type": "create_room", "name": "hall"});
    let new = hall.moderator.ask(create).await["room_id"].clone();
    let accepted = hall
        .moderator
        .ask(json!({"type": "send_message", "room": "hall", "text": "new"}))
        .await;
    assert_eq!(accepted["room_id"], new);
    let restarted = crate::peer::Peer::tcp(&hall.server)
        .await
        .resume(&hall.mia.welcome, 0)
        .await;
    let rooms = restarted["rooms"].as_array().unwrap();
    assert_eq!(rooms[1]["room"]["name"], "Atrium");
    assert_eq!(rooms[1]["room"]["retention_days"], 7);
    hall.stop().await;
}
