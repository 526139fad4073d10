//! Bots: programs with a name of their own, whose tokens are good for some things only.

use serde_json::{Value, json};
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;

use crate::account::{PASSWORD, Signed, refused, sign_in};
use crate::http::Uploader;
use crate::peer::{Peer, config};

async fn start(folder: &TempDir) -> Server {
    let config = Config {
        registration: Some(Registration::Open),
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

fn create(name: &str, scopes: &[&str]) -> Value {
    json!({"type": "create_bot", "name": name, "scopes": scopes})
}

/// The credentials of a bot that was made.
fn credentials(made: &Value) -> Value {
    assert_eq!(made["type"], "bot_created", "{made}");
    json!({"type": "session_token", "token": made["token"]})
}

#[tokio::test]
async fn a_token_is_good_for_its_scopes_on_every_transport() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    for (scopes, reads, sends, creates) in [
        (&["read"][..], true, false, false),
        (&["send"], false, true, false),
        (&["rooms"], false, false, true),
        (&["read", "send", "rooms"], true, true, true),
    ] {
        let name = format!("bot {}", scopes.join(" "));
        let made = ann.ask(create(&name, scopes)).await;
        assert_eq!(made["bot"]["owner"]["name"], "Ann");
        assert_eq!(made["bot"]["scopes"], json!(scopes));
        for peer in [Peer::tcp(&server).await, Peer::websocket(&server).await] {
            let mut bot = Signed::with(peer, &credentials(&made)).await;
            assert_eq!(bot.welcome["role"], "bot");
            for (request, may) in [
                (json!({"type": "list_rooms"}), reads),
                (
                    json!({"type": "send_message", "room": "lobby", "text": "beep"}),
                    sends,
                ),
                (json!({"type": "join_room", "room": "lobby"}), creates),
            ] {
                let reply = bot.ask(request.clone()).await;
                let is_refused = reply["code"] == "not_allowed";
                assert_eq!(!is_refused, may, "{scopes:?} {request}");
            }
            // Never what is a person's.
            for request in [
                json!({"type": "list_sessions"}),
                json!({"type": "change_password", "new": PASSWORD}),
                create("bot of a bot", &["read"]),
                json!({"type": "sign_out"}),
                json!({"type": "create_invitation"}),
            ] {
                assert_eq!(bot.code(request).await, "not_allowed");
            }
        }
        let uploader = Uploader::new(&json!({"session_token": made["token"]}));
        let begun = uploader
            .post(
                &server,
                "/api/uploads",
                &json!({"name": "a", "size_bytes": 1}),
            )
            .await;
        assert_eq!(begun.status, if sends { 200 } else { 403 });
        let file = uploader
            .request(&server, "GET", "/api/files/AAAAAAAAAAAAAAAAAAAAAA", b"")
            .await;
        assert_eq!(file.status, if reads { 404 } else { 403 });
    }
    server.stop().await;
}

#[tokio::test]
async fn a_bot_is_its_makers_who_renews_and_removes_it() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut owner = Signed::owner(&server).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let mut bob = Signed::up(&server, "Bob", None).await;
    let made = ann.ask(create("Beep", &["send", "read", "read"])).await;
    assert_eq!(made["bot"]["scopes"], json!(["read", "send"]));
    let mut beep = Signed::with(Peer::tcp(&server).await, &credentials(&made)).await;
    let with_bot = |kind: &str| json!({"type": kind, "person_id": made["bot"]["person"]["id"]});
    // Nobody signs in to it with a password, and nobody else sees it.
    assert_eq!(
        refused(Peer::tcp(&server).await, &sign_in("Beep", "")).await,
        "wrong_credentials"
    );
    for request in [with_bot("renew_bot"), with_bot("remove_bot")] {
        assert_eq!(bob.code(request).await, "not_found");
    }
    let bots = |listed: Value| listed["bots"].as_array().unwrap().len();
    assert_eq!(bots(bob.ask(json!({"type": "list_bots"})).await), 0);
    assert_eq!(bots(owner.ask(json!({"type": "list_bots"})).await), 1);
    // An admin may take it away, but not become it.
    assert_eq!(owner.code(with_bot("renew_bot")).await, "not_found");

    let renewed = ann.ask(with_bot("renew_bot")).await;
    assert_eq!(renewed["bot"], made["bot"]);
    beep.peer.expect("session_ended").await;
    assert_eq!(beep.peer.read().await, None);
    assert_eq!(
        refused(Peer::tcp(&server).await, &credentials(&made)).await,
        "invalid_token"
    );
    let mut beep = Signed::with(Peer::websocket(&server).await, &credentials(&renewed)).await;
    assert_eq!(beep.ask(json!({"type": "ping"})).await["type"], "pong");

    let room = json!({"type": "create_room", "name": "tea"});
    ann.ask(room).await;
    let add =
        json!({"type": "add_member", "room": "tea", "person_id": made["bot"]["person"]["id"]});
    ann.done(add).await;
    owner.done(with_bot("remove_bot")).await;
    beep.peer.expect("session_ended").await;
    assert_eq!(
        refused(Peer::tcp(&server).await, &credentials(&renewed)).await,
        "invalid_token"
    );
    let members = ann
        .ask(json!({"type": "list_members", "room": "tea"}))
        .await;
    assert_eq!(members["total"], 1);
    assert_eq!(ann.code(with_bot("renew_bot")).await, "not_found");
    // Its name is free again.
    let again = ann.ask(create("Beep", &["read"])).await;
    assert_eq!(again["type"], "bot_created", "{again}");
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_a_bot_is_refused() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    for (name, scopes, code) in [
        ("", &["read"][..], "invalid_name"),
        ("ann", &["read"], "name_taken"),
        ("Beep", &[], "invalid_argument"),
        ("Beep", &["read", "everything"], "invalid_argument"),
    ] {
        assert_eq!(ann.code(create(name, scopes)).await, code, "{name}");
    }
    for number in 0..20 {
        ann.ask(create(&format!("Beep {number}"), &["read"])).await;
    }
    assert_eq!(ann.code(create("Beep", &["read"])).await, "quota_exceeded");
    let mut gus = Peer::tcp(&server).await;
    gus.claim("Gus").await;
    let refusal = gus.ask(create("Beep", &["read"])).await;
    assert_eq!(refusal["code"], "not_allowed");
    server.stop().await;
}
