//! Open connections of people who are removed from a room: what they hear ends with the removal, whatever comes at
//! the same time.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use server::Server;
use tempfile::TempDir;
use tokio::io::BufReader;
use tokio::net::TcpSocket;

use crate::operator::run;
use crate::peer::{Peer, start};

const MESSAGES: u64 = 2_000;
/// Fewer changes of membership than may wait for a connection that reads nothing.
const KICKS: u64 = 30;

/// From where to where somebody was in the room, both ends included.
type Stays = Vec<(u64, u64)>;

/// The room's log, as its owner has it.
async fn log_of(peer: &mut Peer, room: &Value) -> Vec<Value> {
    let (mut log, mut before): (Vec<Value>, Option<u64>) = (Vec::new(), None);
    loop {
        peer.send(json!({"type": "read_history", "room": room, "before": before, "limit": 200}))
            .await;
        let page = peer.expect("history_page").await;
        let mut events = page["events"].as_array().unwrap().clone();
        before = events.first().map(sequence);
        events.append(&mut log);
        log = events;
        if before.is_none_or(|first| first == 1) {
            return log;
        }
    }
}

fn sequence(event: &Value) -> u64 {
    event["sequence"].as_u64().unwrap()
}

fn stays(log: &[Value], person: &Value) -> Stays {
    let (mut stays, mut came) = (Vec::new(), None);
    for event in log {
        if event["event"]["member"]["id"] != *person {
            continue;
        }
        match event["event"]["type"].as_str().unwrap() {
            "member_added" => came = Some(sequence(event)),
            "member_removed" => stays.push((came.take().unwrap(), sequence(event))),
            _ => {}
        }
    }
    stays.extend(came.map(|came| (came, u64::MAX)));
    stays
}

/// What a connection heard of one room.
#[derive(Default)]
struct Heard {
    /// The first event of each time that the room was there, and the last.
    times: Vec<(u64, u64)>,
    here: bool,
}

impl Heard {
    fn frame(&mut self, frame: &Value, room: &Value) {
        match frame["type"].as_str().unwrap() {
            "room_entered" if frame["room"]["room"]["room_id"] == *room => {
                assert!(!self.here, "entered twice");
                self.here = true;
                let opening = &frame["room"];
                let from = opening["events_from"].as_u64().unwrap();
                let first = opening["first_sequence"].as_u64().unwrap_or(1);
                assert!(from >= first, "{opening}");
                self.times.push((from, from - 1));
            }
            "room_event" if frame["room_id"] == *room => {
                let number = sequence(frame);
                assert!(self.here, "{number} after the end");
                let (_, last) = self.times.last_mut().unwrap();
                assert_eq!(number, *last + 1);
                *last = number;
            }
            "room_exited" if frame["room_id"] == *room => {
                assert!(self.here, "left twice");
                self.here = false;
            }
            "message_accepted" => {}
            other => assert!(
                !other.starts_with("room_") || frame["room_id"] != *room,
                "{frame}"
            ),
        }
    }

    /// Each time lay in a stay, and went on to its end.
    fn check(&self, stays: &Stays, what: &str) {
        let ends: BTreeMap<u64, u64> = stays.iter().map(|(came, went)| (*went, *came)).collect();
        for (index, (from, to)) in self.times.iter().enumerate() {
            let is_open = self.here && index == self.times.len() - 1;
            let end = if is_open { u64::MAX } else { *to };
            let came = ends.get(&end);
            assert!(
                came.is_some_and(|came| came <= from),
                "{what}: {from} to {to} is in none of {stays:?}"
            );
        }
        assert!(self.times.len() > 1, "{what}: {:?}", self.times);
    }
}

/// A connection that takes in little while it is not read.
async fn with_small_window(server: &Server) -> Peer {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 << 10).unwrap();
    let stream = socket.connect(server.tcp_address()).await.unwrap();
    Peer::Tcp(BufReader::new(stream))
}

/// Reads up to an answer that comes after all else.
async fn hear_all(mut peer: Peer, room: Value) -> Heard {
    let mut heard = Heard::default();
    loop {
        let frame = peer.read().await.expect("the connection goes on");
        heard.frame(&frame, &room);
        let body = &frame["event"];
        if body["type"] == "message_sent" && body["text"] == "the end" {
            return heard;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_is_removed_hears_nothing_that_comes_after_under_load() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let mut ann = Peer::tcp(&server).await;
    let anns = ann.claim("Ann").await;
    make_members(&folder);
    let mut ann = Peer::tcp(&server).await;
    let ann_again = ann.resume(&anns, 0).await;
    assert_eq!(ann_again["person"], anns["person"]);
    let mut sender = Peer::tcp(&server).await;
    sender.resume(&anns, 0).await;
    let mut bobs = Peer::tcp(&server).await;
    let welcome = bobs.claim("Bob").await;
    let (mut browser, mut slow) = (
        Peer::websocket(&server).await,
        with_small_window(&server).await,
    );
    browser.resume(&welcome, 0).await;
    slow.resume(&welcome, 0).await;
    let bob = welcome["person"]["id"].clone();

    ann.send(json!({
        "type": "create_room", "name": "den", "kind": "private", "history": "since_joining",
    }))
    .await;
    let room = ann.expect("room_joined").await["room_id"].clone();
    let text = "x".repeat(4 << 10);
    let lines: Vec<String> = (0..MESSAGES)
        .map(|_| json!({"type": "send_message", "room": room, "text": text}).to_string())
        .collect();
    let quick = tokio::spawn(hear_all(bobs, room.clone()));
    let browser = tokio::spawn(hear_all(browser, room.clone()));
    let sending = tokio::spawn(async move {
        for some in lines.chunks(20) {
            sender.send_raw(&some.join("\n")).await;
            for _ in some {
                sender.expect("message_accepted").await;
            }
        }
    });
    for _ in 0..KICKS {
        for kind in ["add_member", "remove_member"] {
            ann.send(json!({"type": kind, "room": room, "person_id": bob}))
                .await;
            ann.expect("done").await;
            tokio::task::yield_now().await;
        }
    }
    ann.send(json!({"type": "add_member", "room": room, "person_id": bob}))
        .await;
    ann.expect("done").await;
    sending.await.unwrap();
    ann.send(json!({"type": "send_message", "room": room, "text": "the end"}))
        .await;
    ann.expect("message_accepted").await;

    let stays = stays(&log_of(&mut ann, &room).await, &bob);
    assert_eq!(stays.len() as u64, KICKS + 1);
    let slow = hear_all(slow, room.clone()).await;
    slow.check(&stays, "slow");
    quick.await.unwrap().check(&stays, "quick");
    browser.await.unwrap().check(&stays, "browser");
    server.stop().await;
    run(&folder, &["fsck"]).await.assert_clean();
}

/// Who has only claimed a name may create no private room.
fn make_members(folder: &TempDir) {
    let db = rusqlite::Connection::open(folder.path().join("data/chinwag.db")).unwrap();
    db.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
    db.execute("UPDATE people SET role = 'member' WHERE role = 'guest'", [])
        .unwrap();
}

#[tokio::test]
async fn what_waits_to_be_sent_when_one_is_removed_is_refused() {
    let folder = TempDir::new().unwrap();
    let server = start(&folder).await;
    let (mut ann, mut bob) = (Peer::tcp(&server).await, Peer::tcp(&server).await);
    ann.claim("Ann").await;
    let bobs = bob.claim("Bob").await;
    ann.send(json!({"type": "create_room", "name": "den"}))
        .await;
    let room = ann.expect("room_joined").await["room_id"].clone();
    bob.send(json!({"type": "join_room", "room": room})).await;
    bob.expect("room_joined").await;
    let say = |number: u64| json!({"type": "send_message", "request_id": number, "room": room, "text": "hi"});
    let lines: Vec<String> = (1..=400).map(|number| say(number).to_string()).collect();
    bob.send_raw(&lines.join("\n")).await;
    ann.send(json!({
        "type": "remove_member", "room": room, "person_id": bobs["person"]["id"], "ban": true,
    }))
    .await;
    ann.expect("done").await;
    bob.send(say(401)).await;
    let (mut accepted, mut refused) = (0, 0);
    loop {
        let frame = bob.read().await.unwrap();
        match frame["type"].as_str().unwrap() {
            "message_accepted" => accepted += 1,
            "error" => {
                assert_eq!(frame["code"], "not_a_member");
                refused += 1;
            }
            _ => continue,
        }
        if frame["request_id"] == 401 {
            break;
        }
    }
    assert_eq!(accepted + refused, 401);
    let log = log_of(&mut ann, &room).await;
    let removed = log
        .iter()
        .position(|event| event["event"]["type"] == "member_removed");
    let (before, after) = log.split_at(removed.unwrap());
    let is_bobs = |event: &&Value| event["person"]["id"] == bobs["person"]["id"];
    assert_eq!(after.iter().filter(is_bobs).count(), 0);
    assert_eq!(before.iter().filter(is_bobs).count(), accepted + 1);
    bob.send(json!({"type": "join_room", "room": room})).await;
    assert_eq!(bob.expect("error").await["code"], "banned");
    server.stop().await;
}
