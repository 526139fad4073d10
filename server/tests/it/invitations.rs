//! Invitations: whom each lets in, how often, and for how long.

use futures_util::future::join_all;
use serde_json::{Value, json};
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;

use crate::account::{Signed, refused, sign_up, token};
use crate::http::exchange;
use crate::peer::{Peer, config};

async fn start(folder: &TempDir) -> Server {
    let config = Config {
        registration: Some(Registration::Invitation),
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

/// A private room of this person; its id.
async fn private_room(by: &mut Signed, name: &str) -> Value {
    let room = json!({"type": "create_room", "name": name, "kind": "private"});
    let joined = by.ask(room).await;
    assert_eq!(joined["type"], "room_joined", "{joined}");
    joined["room_id"].clone()
}

/// Makes them an admin, or a member again.
async fn set_role(owner: &mut Signed, person: &Signed, role: &str) {
    let request = json!({"type": "set_role", "person_id": person.id(), "role": role});
    owner.done(request).await;
}

fn accept(token: &str) -> Value {
    json!({"type": "accept_invitation", "token": token})
}

#[tokio::test]
async fn no_more_follow_an_invitation_than_may_however_they_hurry() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut owner = Signed::owner(&server).await;
    let link = owner.invite(json!({"uses_max": 3})).await;
    let all = join_all((0..12).map(async |number| {
        let mut peer = match number % 2 {
            0 => Peer::tcp(&server).await,
            _ => Peer::websocket(&server).await,
        };
        let credentials = sign_up(&format!("Person {number}"), Some(&link));
        peer.enter(&credentials).await
    }))
    .await;
    let count = |kind: &str| all.iter().filter(|it| it["code"] == kind).count();
    let entered = all.iter().filter(|it| it["type"] == "welcome").count();
    assert_eq!((entered, count("invitation_invalid")), (3, 9), "{all:?}");
    // Those who were refused left nothing behind.
    let people = owner.ask(json!({"type": "list_people"})).await;
    assert_eq!(people["people"].as_array().unwrap().len(), 4);

    let room = private_room(&mut owner, "plans").await;
    let link = owner.invite(json!({"room": room, "uses_max": 2})).await;
    let mut guests = Vec::new();
    for number in 0..6 {
        let mut peer = Peer::tcp(&server).await;
        peer.claim(&format!("Guest {number}")).await;
        guests.push(peer);
    }
    let all = join_all(guests.iter_mut().map(|guest| guest.ask(accept(&link)))).await;
    let joined = all.iter().filter(|it| it["type"] == "room_joined").count();
    assert_eq!(joined, 2, "{all:?}");
    let members = owner
        .ask(json!({"type": "list_members", "room": room}))
        .await;
    assert_eq!(members["total"], 3);
    server.stop().await;
}

#[tokio::test]
async fn a_rooms_invitation_leads_into_it_and_counts_newcomers_only() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut owner = Signed::owner(&server).await;
    let room = private_room(&mut owner, "plans").await;
    let link = owner.invite(json!({"room": room, "uses_max": 2})).await;
    let described = json!({"type": "describe_invitation", "token": link});
    let described = Peer::tcp(&server).await.ask(described).await;
    assert_eq!(described["purpose"], "room");
    assert_eq!(described["room_name"], "plans");
    assert_eq!(described["by"]["name"], "Olga");
    let body = json!({"token": link}).to_string();
    let head = format!(
        "POST /api/invitation HTTP/1.1\r\ncontent-length: {}",
        body.len()
    );
    let over_http = exchange(&server, &head, body.as_bytes()).await.json();
    for field in ["purpose", "room_name", "by", "expires_at_ms"] {
        assert_eq!(over_http[field], described[field], "{over_http}");
    }
    // With an admin's, also who has no account yet.
    let mut ann = Signed::up(&server, "Ann", Some(&link)).await;
    let rooms = ann.welcome["rooms"].as_array().unwrap();
    assert_eq!(rooms[1]["room"]["room_id"], room);
    for _ in 0..2 {
        assert_eq!(ann.ask(accept(&link)).await["room_id"], room, "again");
    }
    let mut gus = Peer::websocket(&server).await;
    gus.claim("Gus").await;
    assert_eq!(gus.ask(accept(&link)).await["room_id"], room);
    // Everyone in the room hears of both.
    for name in ["Ann", "Gus"] {
        loop {
            let event = owner.peer.expect("room_event").await;
            if event["event"]["type"] == "member_joined" && event["person"]["name"] == name {
                break;
            }
        }
    }
    let mut bob = Peer::tcp(&server).await;
    bob.claim("Bob").await;
    assert_eq!(bob.ask(accept(&link)).await["code"], "invitation_invalid");
    server.stop().await;
}

#[tokio::test]
async fn a_members_invitation_lets_nobody_onto_the_server() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut owner = Signed::owner(&server).await;
    let to_server = owner.invite(json!({"uses_max": 5})).await;
    let mut ann = Signed::up(&server, "Ann", Some(&to_server)).await;
    assert_eq!(
        ann.code(json!({"type": "create_invitation"})).await,
        "not_allowed"
    );
    let room = private_room(&mut ann, "tea").await;
    let link = ann.invite(json!({"room": room, "uses_max": 5})).await;
    assert_eq!(
        refused(Peer::tcp(&server).await, &sign_up("Eve", Some(&link))).await,
        "registration_closed"
    );
    let mut bob = Signed::up(&server, "Bob", Some(&to_server)).await;
    assert_eq!(bob.ask(accept(&link)).await["room_id"], room);
    // A link to the server leads into no room.
    assert_eq!(bob.code(accept(&to_server)).await, "invitation_invalid");
    // Only who moderates a room may open it; for others there is none.
    let into = |room: &Value| json!({"type": "create_invitation", "room": room});
    assert_eq!(bob.code(into(&room)).await, "not_allowed");
    let hidden = private_room(&mut owner, "secret").await;
    for room in [&hidden, &json!("secret"), &json!("nowhere")] {
        assert_eq!(bob.code(into(room)).await, "room_not_found");
    }
    assert_eq!(owner.code(into(&json!("lobby"))).await, "invalid_argument");
    server.stop().await;
}

#[tokio::test]
async fn an_invitation_ends_with_its_time_its_maker_or_their_power() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut owner = Signed::owner(&server).await;
    let link = owner.invite(json!({"uses_max": 5})).await;
    let mut ann = Signed::up(&server, "Ann", Some(&link)).await;
    let is_dead = async |link: &str| {
        let answer = json!({"type": "describe_invitation", "token": link});
        let described = Peer::tcp(&server).await.ask(answer).await;
        let refusal = refused(Peer::tcp(&server).await, &sign_up("Eve", Some(link))).await;
        assert_eq!(described["code"], "invitation_invalid", "{described}");
        assert_eq!(refusal, "invitation_invalid");
    };
    // Its time.
    let short = owner.invite(json!({"expires_in_ms": 1})).await;
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    is_dead(&short).await;
    // Revoked, by whoever may.
    set_role(&mut owner, &ann, "admin").await;
    let theirs = ann.invite(json!({"uses_max": 5})).await;
    let listed = owner.ask(json!({"type": "list_invitations"})).await;
    let listed = listed["invitations"].as_array().unwrap();
    assert_eq!(listed.len(), 2, "{listed:?}");
    assert!(listed.iter().all(|it| it.get("token").is_none()));
    let own = listed.iter().find(|it| it["by"]["name"] == "Olga").unwrap();
    assert_eq!((&own["uses"], &own["uses_max"]), (&json!(1), &json!(5)));
    let revoke = json!({"type": "revoke_invitation", "invitation_id": own["invitation_id"]});
    set_role(&mut owner, &ann, "member").await;
    assert_eq!(ann.code(revoke.clone()).await, "not_found", "another's");
    owner.done(revoke.clone()).await;
    assert_eq!(owner.code(revoke).await, "not_found");
    is_dead(&link).await;
    // Whoever made it may not any more.
    is_dead(&theirs).await;
    set_role(&mut owner, &ann, "admin").await;
    Signed::up(&server, "Bob", Some(&theirs)).await;
    let room = private_room(&mut ann, "tea").await;
    let link = ann.invite(json!({"room": room, "uses_max": 5})).await;
    let mut gus = Peer::tcp(&server).await;
    gus.claim("Gus").await;
    let leave = json!({"type": "leave_room", "room": room});
    assert_eq!(gus.ask(accept(&link)).await["type"], "room_joined");
    ann.done(leave).await;
    is_dead(&link).await;
    // Whoever made it is gone.
    let remove = json!({"type": "remove_person", "person_id": ann.id()});
    owner.done(remove).await;
    is_dead(&theirs).await;
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_an_invitation_is_refused() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut owner = Signed::owner(&server).await;
    for (field, value) in [
        ("uses_max", json!(0)),
        ("uses_max", json!(10_001)),
        ("expires_in_ms", json!(0)),
        ("expires_in_ms", json!(400_u64 * 24 * 3600 * 1000)),
    ] {
        let mut request = json!({"type": "create_invitation"});
        request[field] = value;
        assert_eq!(owner.code(request).await, "invalid_argument", "{field}");
    }
    for _ in 0..100 {
        owner.invite(json!({})).await;
    }
    let many = owner.ask(json!({"type": "create_invitation"})).await;
    assert_eq!(many["code"], "quota_exceeded");
    assert_eq!(many["details"]["max"], 100);
    assert_eq!(owner.code(accept(&token('x'))).await, "invitation_invalid");
    server.stop().await;
}
