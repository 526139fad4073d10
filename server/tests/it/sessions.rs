//! Sessions: where somebody is signed in, and that a session that has ended is over at once, on every transport.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use server::{Config, Server};
use shared::account::Registration;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::account::{PASSWORD, Signed, by_token, refused, sign_in};
use crate::http::{Uploader, exchange, open_connections};
use crate::peer::{Peer, config};

/// A revoked session is over by then.
const AT_ONCE: Duration = Duration::from_secs(1);

async fn start(folder: &TempDir) -> Server {
    let config = Config {
        registration: Some(Registration::Open),
        ..config(folder)
    };
    Server::start(config).await.unwrap()
}

/// Ends all sessions of the person but the asker's, and says when.
async fn end_others(by: &mut Signed) -> Instant {
    by.done(json!({"type": "end_sessions", "all_others": true}))
        .await;
    Instant::now()
}

/// Reads to the end, whose last word must be this.
async fn expect_end(peer: &mut Peer) {
    let mut last = Value::Null;
    while let Some(frame) = peer.read().await {
        last = frame;
    }
    assert_eq!(last["type"], "session_ended");
}

#[tokio::test]
async fn sessions_are_listed_with_their_devices_and_ended_one_by_one() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let second = Peer::websocket(&server).await;
    let mut second = Signed::with(second, &sign_in("Ann", PASSWORD)).await;
    let third = Peer::tcp(&server).await;
    let mut third = Signed::with(third, &sign_in("Ann", PASSWORD)).await;
    let bob = Signed::up(&server, "Bob", None).await;
    let listed = ann.ask(json!({"type": "list_sessions"})).await;
    let sessions = listed["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 3);
    for session in sessions {
        assert_eq!(session["device"], "chinwag-test 7");
        assert_eq!(session["address"], "127.0.0.1");
        let is_own = session["session_id"] == *ann.session();
        assert_eq!(session["current"], is_own);
        assert!(session["last_used_at_ms"].as_u64() >= session["created_at_ms"].as_u64());
        assert!(session.get("token").is_none());
    }
    // Of somebody else's session nothing happens, and nothing is said.
    let request = |ids: &[&Value]| json!({"type": "end_sessions", "session_ids": ids});
    ann.done(request(&[second.session(), bob.session()])).await;
    expect_end(&mut second.peer).await;
    ann.done(request(&[second.session()])).await;
    assert_eq!(
        refused(Peer::tcp(&server).await, &by_token(&second.welcome)).await,
        "invalid_token"
    );
    third.done(json!({"type": "sign_out"})).await;
    expect_end(&mut third.peer).await;
    bob.again(Peer::tcp(&server).await).await;
    let listed = ann.ask(json!({"type": "list_sessions"})).await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn a_revoked_session_is_over_at_once_on_every_transport() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let stolen = Signed::with(Peer::tcp(&server).await, &sign_in("Ann", PASSWORD)).await;
    let mut connections = vec![
        stolen.again(Peer::tcp(&server).await).await.peer,
        stolen.again(Peer::websocket(&server).await).await.peer,
    ];
    let thief = Uploader::new(&stolen.welcome);
    let upload = thief.begin(&server, "big.bin", 4 << 20).await;
    // In the middle of an upload, which goes on as slowly as it may.
    let head = thief.head(
        "PUT",
        &format!("/api/uploads/{upload}/chunks/0"),
        &format!(
            "host: {}\r\ncontent-length: {}\r\n\r\n",
            server.http_address(),
            1 << 20
        ),
    );
    let mut uploading = TcpStream::connect(server.http_address()).await.unwrap();
    uploading.write_all(head.as_bytes()).await.unwrap();
    uploading.write_all(&[7; 1000]).await.unwrap();
    // The server has seen it: what comes behind it on another connection is answered.
    assert_eq!(
        thief.put(&server, &upload, 1, &[7; 1 << 20]).await.status,
        200
    );

    let ended = end_others(&mut ann).await;
    for peer in &mut connections {
        expect_end(peer).await;
    }
    let mut answer = Vec::new();
    // Cut, or answered and closed.
    let _ = uploading.read_to_end(&mut answer).await;
    assert!(ended.elapsed() < AT_ONCE, "{:?}", ended.elapsed());
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("invalid_token"), "{answer}");

    // What was stolen is good for nothing.
    for peer in [Peer::tcp(&server).await, Peer::websocket(&server).await] {
        assert_eq!(
            refused(peer, &by_token(&stolen.welcome)).await,
            "invalid_token"
        );
    }
    for (method, path) in [
        ("GET", format!("/api/uploads/{upload}")),
        ("PUT", format!("/api/uploads/{upload}/chunks/0")),
        ("POST", "/api/uploads".to_owned()),
        ("GET", "/api/session".to_owned()),
    ] {
        let refused = thief.request(&server, method, &path, b"{}").await;
        assert_eq!((refused.status, &*refused.code()), (401, "invalid_token"));
    }
    // Whoever ended it goes on.
    let pong = ann.ask(json!({"type": "ping"})).await;
    assert_eq!(pong["type"], "pong");
    server.stop().await;
}

#[tokio::test]
async fn a_revoked_session_gets_and_does_nothing_more() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let mut stolen = Signed::with(Peer::tcp(&server).await, &sign_in("Ann", PASSWORD)).await;
    let mut bob = Signed::up(&server, "Bob", None).await;
    end_others(&mut ann).await;
    // Said after the end: it must not arrive.
    bob.peer.say("not for thieves").await;
    bob.peer.expect("message_accepted").await;
    stolen
        .peer
        .send(json!({"type": "send_message", "room": "lobby", "text": "from a thief"}))
        .await;
    while let Some(frame) = stolen.peer.read().await {
        assert_ne!(frame["event"]["text"], "not for thieves", "{frame}");
    }
    bob.peer.say("last").await;
    while let (_, text) = bob.peer.hear().await
        && text != "last"
    {
        assert_ne!(text, "from a thief");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_revoked_session_that_takes_nothing_is_cut() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    for _ in 0..50 {
        ann.peer.say(&"x".repeat(30_000)).await;
        ann.peer.expect("message_accepted").await;
    }
    let mut stolen = Signed::with(Peer::tcp(&server).await, &sign_in("Ann", PASSWORD)).await;
    let history = json!({"type": "read_history", "room": "lobby", "limit": 200});
    // More than any socket holds, and nobody reads it.
    for _ in 0..60 {
        stolen.peer.send(history.clone()).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    // Both, and the one that asks.
    assert_eq!(open_connections(&server).await, 3);
    let ended = end_others(&mut ann).await;
    while open_connections(&server).await > 2 {
        assert!(ended.elapsed() < AT_ONCE, "{:?}", ended.elapsed());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn another_password_ends_the_other_sessions_where_asked_to() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let mut other = Signed::with(Peer::websocket(&server).await, &sign_in("Ann", PASSWORD)).await;
    let change = |current: &str, new: &str, end: bool| json!({"type": "change_password", "current": current, "new": new, "end_other_sessions": end});
    assert_eq!(
        ann.code(change("wrong", "the second password", true)).await,
        "wrong_credentials"
    );
    ann.done(change(PASSWORD, "the second password", false))
        .await;
    assert_eq!(other.ask(json!({"type": "ping"})).await["type"], "pong");
    ann.done(change("the second password", "the third password", true))
        .await;
    expect_end(&mut other.peer).await;
    assert_eq!(
        refused(Peer::tcp(&server).await, &sign_in("Ann", PASSWORD)).await,
        "wrong_credentials"
    );
    ann.again(Peer::tcp(&server).await).await;
    server.stop().await;
}

#[tokio::test]
async fn nobody_has_sessions_without_end() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let db = rusqlite::Connection::open(folder.path().join("data/chinwag.db")).unwrap();
    db.execute_batch(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 150)
         INSERT INTO sessions (token_hash, id, person_id, created_ms, last_used_ms)
         SELECT randomblob(32), randomblob(16), (SELECT id FROM people), i, i FROM n",
    )
    .unwrap();
    Signed::with(Peer::tcp(&server).await, &sign_in("Ann", PASSWORD)).await;
    let listed = ann.ask(json!({"type": "list_sessions"})).await;
    assert_eq!(listed["sessions"].as_array().unwrap().len(), 100);
    server.stop().await;
}

#[tokio::test]
async fn no_log_holds_a_token_or_a_password() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Signed::up(&server, "Ann", None).await;
    let invitation = Signed::owner(&server).await.invite(json!({})).await;
    ann.done(json!({"type": "end_sessions", "all_others": true}))
        .await;
    let head = format!(
        "GET /api/session HTTP/1.1\r\nauthorization: Bearer {}",
        ann.welcome["session_token"].as_str().unwrap()
    );
    assert_eq!(exchange(&server, &head, b"").await.status, 200);
    server.stop().await;
    let secrets = [
        ann.welcome["session_token"].as_str().unwrap(),
        invitation.as_str(),
        PASSWORD,
    ];
    let data = folder.path().join("data");
    for entry in std::fs::read_dir(data).unwrap() {
        let bytes = match std::fs::read(entry.unwrap().path()) {
            // SQLite's own log goes with its last reader, who may just be leaving.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            read => read.unwrap(),
        };
        for secret in secrets {
            let found = bytes
                .windows(secret.len())
                .any(|it| it == secret.as_bytes());
            assert!(!found, "{secret}");
        }
    }
}
