//! The contract of the store, on a database of its own for each test.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use rusqlite::params;
use shared::room::{HistoryVisibility, RoomKind};
use shared::{EventBody, PersonId, Role, SessionId};
use tempfile::TempDir;

use super::*;

mod direct;
mod downloads;
mod members;
mod rooms;

type Commits = Arc<Mutex<Vec<Vec<RoomEvent>>>>;

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

fn open(dir: &TempDir) -> (Store, Commits) {
    let commits = Commits::default();
    let told = Arc::clone(&commits);
    let on_commit = Box::new(move |events: &[RoomEvent]| told.lock().unwrap().push(events.into()));
    (
        Store::open(dir.path(), Arc::default(), on_commit).unwrap(),
        commits,
    )
}

impl Store {
    /// As [`Store::claim_name`], on a server that takes guests.
    pub(crate) async fn claim(
        &self,
        name: &str,
        token: &str,
        at_ms: TimestampMs,
    ) -> Result<SignedIn, StoreError> {
        self.write(|db| {
            db.execute(
                "INSERT OR REPLACE INTO meta (key, value) VALUES ('guests', 1)",
                [],
            )?;
            Ok(((), Vec::new()))
        })
        .await?;
        let session = NewSession {
            token: TokenHash::of(token),
            visit: Visit::at(at_ms),
        };
        self.claim_name(name.parse().unwrap(), session).await
    }
}

async fn person(store: &Store, name: &str) -> Person {
    let token = format!("token of {name}");
    store.claim(name, &token, NOW).await.unwrap().person
}

/// Somebody with an account.
async fn account(store: &Store, name: &str) -> SignedIn {
    account_as(store, name, Role::Member).await
}

async fn account_as(store: &Store, name: &str, role: Role) -> SignedIn {
    let person = person(store, name).await;
    let change = store.write(move |db| {
        let sql = "UPDATE people SET role = ?2 WHERE id = ?1";
        db.execute(sql, params![person.id.as_bytes(), role.as_str()])?;
        Ok(((), Vec::new()))
    });
    change.await.unwrap();
    let token = format!("token of {name}");
    let signed_in = store.sign_in(&token, Visit::at(NOW)).await;
    signed_in.unwrap().unwrap()
}

/// Somebody, as if they had an account.
pub(super) fn signed(person: &Person) -> SignedIn {
    SignedIn {
        person: person.clone(),
        role: Role::Member,
        session_id: SessionId::from_bytes([0; 16]),
        scopes: None,
    }
}

pub(super) fn new_room(name: &str) -> NewRoom {
    NewRoom {
        name: name.parse().unwrap(),
        topic: String::new(),
        description: String::new(),
        kind: RoomKind::Public,
        history: HistoryVisibility::All,
    }
}

/// Whose session the token stands for.
async fn signed_in(store: &Store, token: &str) -> Option<Person> {
    Some(store.sign_in(token, Visit::at(NOW)).await.unwrap()?.person)
}

fn message(room: RoomId, person: &Person, number: u64, text: &str) -> NewMessage {
    let mut random = [0; 10];
    // The first bytes share theirs with the version and the variant.
    random[2..].copy_from_slice(&number.to_be_bytes());
    NewMessage {
        room,
        person: person.clone(),
        transaction_id: TransactionId::from_parts(NOW, random),
        text: text.into(),
        attachments: Vec::new(),
        at_ms: NOW,
    }
}

fn sequences(events: &[RoomEvent]) -> Vec<u64> {
    events.iter().map(|event| event.sequence.0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_senders_leave_no_gaps_and_commits_are_told_in_order() {
    let dir = TempDir::new().unwrap();
    let (store, commits) = open(&dir);
    let mut senders = Vec::new();
    for sender in 0..4 {
        let person = person(&store, &format!("sender {sender}")).await;
        let store = store.clone();
        senders.push(tokio::spawn(async move {
            for number in 0..25 {
                let message = message(store.lobby(), &person, number, "hello");
                store.append_message(message).await.unwrap();
            }
        }));
    }
    for sender in senders {
        sender.await.unwrap();
    }
    let page = store
        .read_page(store.lobby(), Sequence(1), 1000)
        .await
        .unwrap();
    assert_eq!(sequences(&page), (1..=100).collect::<Vec<_>>());
    assert_eq!(commits.lock().unwrap().concat(), page);
}

#[tokio::test]
async fn a_repeat_gets_the_original_and_another_body_a_conflict() {
    let dir = TempDir::new().unwrap();
    let (store, commits) = open(&dir);
    let ada = person(&store, "Ada").await;
    let sent = message(store.lobby(), &ada, 1, "hello");
    let first = store.append_message(sent.clone()).await.unwrap();
    let mut late = sent.clone();
    late.at_ms = NOW.plus_ms(5000);
    let second = store.append_message(late).await.unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!(first.event, second.event);
    assert_eq!(*commits.lock().unwrap(), [vec![first.event]]);
    let other = message(store.lobby(), &ada, 1, "goodbye");
    let conflict = store.append_message(other).await;
    assert!(matches!(conflict, Err(StoreError::TransactionConflict)));
}

#[tokio::test]
async fn reopening_keeps_the_epoch_the_sessions_and_the_log() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (epoch, lobby) = (store.epoch(), store.lobby());
    let ada = person(&store, "Ada").await;
    // Not awaited: closing commits what is queued.
    let queued = store.append_message(message(lobby, &ada, 1, "hello"));
    let clone = store.clone();
    store.close().await;
    let event = queued.await.unwrap().event;
    let late = clone.append_message(message(lobby, &ada, 2, "late")).await;
    assert!(matches!(late, Err(StoreError::Closed)));

    let (store, _) = open(&dir);
    assert_eq!((store.epoch(), store.lobby()), (epoch, lobby));
    assert_eq!(signed_in(&store, "token of Ada").await, Some(ada));
    assert_eq!(signed_in(&store, "no such token").await, None);
    let page = store.read_page(lobby, Sequence(1), 10).await.unwrap();
    assert_eq!(page, [event]);
}

#[tokio::test]
async fn names_are_taken_whatever_their_case() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let ada = person(&store, "Ada").await;
    let claim = async |name: &str, token| store.claim(name, token, NOW).await;
    let again = claim("aDA", "another token").await;
    assert!(matches!(again, Err(StoreError::NameTaken)));
    let repeated = claim("Ada", "token of Ada").await.unwrap();
    assert_eq!(repeated.person, ada, "a repeat");
    let other = claim("Bob", "token of Ada").await;
    assert!(matches!(other, Err(StoreError::TokenTaken)));
    let ada = store.sign_in("token of Ada", Visit::at(NOW)).await;
    let ada = ada.unwrap().unwrap();
    let room = store.create_room(ada, new_room("LOBBY"), NOW).await;
    assert!(matches!(room, Err(StoreError::RoomNameTaken)));
}

#[tokio::test]
async fn a_name_that_looks_like_a_taken_one_is_refused_and_says_which() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let ada = account(&store, "PayPal").await;
    for attack in ["Раураl", "paypaI", "PAYPA1", "ＰａｙＰａｌ", "𝐩𝐚𝐲𝐩𝐚𝐥"]
    {
        let claim = |token| store.claim(attack, token, NOW);
        let refused = claim("another token").await;
        let full_width = matches!(refused, Err(StoreError::NameTaken));
        let looks =
            matches!(&refused, Err(StoreError::NameLooksTaken { like }) if like == "PayPal");
        assert!(looks || full_width, "{attack}: {refused:?}");
        let repeated = claim("another token").await;
        assert!(repeated.is_err(), "nothing of it was stored: {repeated:?}");
    }
    let create = async |name: &str| store.create_room(ada.clone(), new_room(name), NOW).await;
    let refused = create("1оbbу").await;
    assert!(
        matches!(&refused, Err(StoreError::RoomNameLooksTaken { like }) if like == "lobby"),
        "{refused:?}"
    );
    // Rooms and people are not taken for each other.
    create("PayPal").await.unwrap();
    let piled = create("z\u{336}\u{335}\u{301}\u{302}\u{303}\u{304}\u{305}").await;
    assert!(matches!(piled, Err(StoreError::NewName(_))), "{piled:?}");
}

/// A database of this version with Ada, somebody called `second`, and Ada's room.
fn older(dir: &TempDir, version: usize, second: &str, room: &str) -> (Person, PersonId, RoomId) {
    let db = super::schema::older(&super::database_path(dir.path()), version);
    let ids = [1, 2].map(|number| PersonId::from_parts(TimestampMs(number), [0; 10]));
    for (id, name) in ids.iter().zip(["Ada", second]) {
        let key = name.to_lowercase();
        db.execute(
            "INSERT INTO people (id, name, name_key, created_ms) VALUES (?1, ?2, ?3, 1)",
            params![id.as_bytes(), name, key],
        )
        .unwrap();
    }
    for (id, token) in ids.iter().zip(["token of Ada", "token of Bob"]) {
        let hash = *blake3::hash(token.as_bytes()).as_bytes();
        db.execute(
            "INSERT INTO sessions (token_hash, person_id, created_ms) VALUES (?1, ?2, 1)",
            params![hash, id.as_bytes()],
        )
        .unwrap();
    }
    let ada = Person {
        id: ids[0],
        name: "Ada".to_owned(),
    };
    let room_id = RoomId::from_parts(TimestampMs(3), [0; 10]);
    db.execute(
        "INSERT INTO rooms (id, name, name_key, topic, created_ms) VALUES (?1, ?2, ?2, '', 1)",
        params![room_id.as_bytes(), room],
    )
    .unwrap();
    db.execute(
        "INSERT INTO members (room_id, person_id, joined_ms) VALUES (?1, ?2, 1)",
        params![room_id.as_bytes(), ada.id.as_bytes()],
    )
    .unwrap();
    let created = EventBody::RoomCreated {
        name: room.parse().unwrap(),
        topic: String::new(),
    };
    for event in [created, EventBody::MemberJoined {}] {
        log::append(&db, room_id, &ada, NOW, event, None).unwrap();
    }
    (ada, ids[1], room_id)
}

#[tokio::test]
async fn older_names_that_look_alike_or_break_new_rules_stay() {
    let dir = TempDir::new().unwrap();
    let piled = "t\u{336}\u{301}\u{302}\u{303}\u{304}\u{305}ea";
    let (ada, bob, room) = older(&dir, 3, "Аda", piled);
    for _ in 0..2 {
        let (store, _) = open(&dir);
        assert_eq!(signed_in(&store, "token of Ada").await, Some(ada.clone()));
        let second = signed_in(&store, "token of Bob").await.unwrap();
        assert_eq!((second.id, second.name.as_str()), (bob, "Аda"));
        let again = store.claim("Аda", "token of Bob", NOW);
        assert_eq!(again.await.unwrap().person, second, "a repeat");
        let rooms = store.rooms_of(ada.id).await.unwrap();
        assert_eq!(rooms[1].room.room_id, room);
        let third = store.claim("Adа", "third", NOW).await;
        assert!(
            matches!(&third, Err(StoreError::NameLooksTaken { like }) if *like == "Ada"),
            "{third:?}"
        );
        let free = store.claim("Bob", "fourth", NOW);
        free.await.unwrap();
        store.close().await;
    }
}

#[tokio::test]
async fn a_failed_job_rolls_back_alone() {
    let dir = TempDir::new().unwrap();
    let (store, commits) = open(&dir);
    let ada = person(&store, "Ada").await;
    let lobby = store.lobby();
    // The writer waits in the first job until the others are queued, so that they share a batch.
    let (release, wait) = mpsc::channel::<()>();
    let gate = store.write(move |_| {
        wait.recv().unwrap();
        Ok(((), Vec::new()))
    });
    let first = store.append_message(message(lobby, &ada, 1, "one"));
    let (by, at) = (ada.clone(), NOW);
    let broken = store.write(move |db| {
        log::append(db, lobby, &by, at, EventBody::MemberLeft {}, None)?;
        Err::<((), Vec<RoomEvent>), _>(StoreError::NotAMember)
    });
    let second = store.append_message(message(lobby, &ada, 2, "two"));
    release.send(()).unwrap();
    gate.await.unwrap();
    assert!(matches!(broken.await, Err(StoreError::NotAMember)));
    assert_eq!(first.await.unwrap().event.sequence, Sequence(1));
    assert_eq!(second.await.unwrap().event.sequence, Sequence(2));
    let page = store.read_page(lobby, Sequence(1), 10).await.unwrap();
    assert_eq!(sequences(&page), [1, 2]);
    assert_eq!(commits.lock().unwrap().concat(), page);
}

#[tokio::test]
async fn pages_are_ascending_and_bounded() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let ada = person(&store, "Ada").await;
    let lobby = store.lobby();
    let text = "x".repeat(30 * 1024);
    for number in 0..20 {
        let message = message(lobby, &ada, number, &text);
        store.append_message(message).await.unwrap();
    }
    let page = store.read_page(lobby, Sequence(5), 3).await.unwrap();
    assert_eq!(sequences(&page), [5, 6, 7]);
    let page = store
        .page_before(lobby, Some(Sequence(5)), 3)
        .await
        .unwrap();
    assert_eq!(sequences(&page), [2, 3, 4]);
    let page = store.page_before(lobby, None, 200).await.unwrap();
    assert_eq!(sequences(&page), (12..=20).collect::<Vec<_>>());
    let page = store.read_page(lobby, Sequence(1), 200).await.unwrap();
    assert_eq!(sequences(&page), (1..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_newer_schema_and_a_useless_directory_are_refused() {
    let dir = TempDir::new().unwrap();
    open(&dir).0.close().await;
    let path = dir.path().join("chinwag.db");
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE meta SET value = 99 WHERE key = 'schema'", [])
        .unwrap();
    let newer = Store::open(dir.path(), Arc::default(), Box::new(|_: &[RoomEvent]| {})).err();
    assert!(matches!(
        newer,
        Some(OpenError::NewerSchema { found: 99, .. })
    ));
    let useless = Store::open(&path, Arc::default(), Box::new(|_: &[RoomEvent]| {})).err();
    assert!(matches!(useless, Some(OpenError::Unwritable { .. })));
}

#[tokio::test]
async fn an_older_schema_is_brought_to_this_one_and_keeps_its_rows() {
    let dir = TempDir::new().unwrap();
    let (ada, bob, room) = older(&dir, 1, "Bob", "tea");
    for _ in 0..2 {
        let (store, _) = open(&dir);
        assert!(store.uploads_untouched_since(NOW).await.unwrap().is_empty());
        assert_eq!(store.page_before(room, None, 9).await.unwrap().len(), 2);
        let signed_in = store.sign_in("token of Bob", Visit::at(NOW)).await;
        let signed_in = signed_in.unwrap().unwrap();
        assert_eq!((signed_in.person.id, signed_in.role), (bob, Role::Member));
        let rooms = store.rooms_of(ada.id).await.unwrap();
        assert_eq!(rooms[1].room.room_id, room);
        store.close().await;
    }
    let db = rusqlite::Connection::open(super::database_path(dir.path())).unwrap();
    let role: String = db
        .query_row("SELECT role FROM members", [], |row| row.get(0))
        .unwrap();
    assert_eq!(role, "owner", "whoever created it");
}

#[tokio::test]
async fn nothing_is_written_to_a_disk_that_is_nearly_full_and_reading_goes_on() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let ada = person(&store, "Ada").await;
    let first = message(store.lobby(), &ada, 1, "first");
    store.append_message(first).await.unwrap();
    store.close().await;
    let announcer = Box::new(|_: &[RoomEvent]| {});
    let full = Store::open_keeping_free(dir.path(), u64::MAX, Arc::default(), announcer).unwrap();
    let second = message(full.lobby(), &ada, 2, "second");
    let refused = full.append_message(second).await;
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    let refused = full.claim("Bob", "token", NOW).await;
    assert!(matches!(refused, Err(StoreError::Full)), "{refused:?}");
    let log = full.page_before(full.lobby(), None, 9).await.unwrap();
    assert_eq!(sequences(&log), [1]);
}

#[tokio::test]
async fn a_directory_is_opened_once_at_a_time() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let announcer = || Box::new(|_: &[RoomEvent]| {});
    let second = Store::open(dir.path(), Arc::default(), announcer()).err();
    assert!(matches!(second, Some(OpenError::InUse(_))));
    store.clone().close().await;
    Store::open(dir.path(), Arc::default(), announcer()).unwrap();
}

#[tokio::test]
async fn only_a_checkpoint_moves_commits_into_the_database() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let ada = person(&store, "Ada").await;
    let text = "x".repeat(30 * 1024);
    let sent = message(store.lobby(), &ada, 1, &text);
    store.append_message(sent).await.unwrap();
    let path = dir.path().join("chinwag.db");
    let size_bytes = || std::fs::metadata(&path).unwrap().len();
    assert!(size_bytes() < 30 * 1024);
    let connection = schema::connect(&path).unwrap();
    checkpoint::checkpoint(&connection, &checkpoint::log_path(&path), u64::MAX).unwrap();
    assert!(size_bytes() > 30 * 1024);
}

#[tokio::test]
async fn the_log_is_restarted_once_nobody_reads_from_it() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let ada = person(&store, "Ada").await;
    let path = dir.path().join("chinwag.db");
    let log = checkpoint::log_path(&path);
    let connection = schema::connect(&path).unwrap();
    connection.busy_timeout(Duration::ZERO).unwrap();
    let backup = schema::connect(&path).unwrap();
    let begin = "BEGIN; SELECT count(*) FROM events";
    backup.execute_batch(begin).unwrap();
    let sent = message(store.lobby(), &ada, 1, "after the backup began");
    store.append_message(sent).await.unwrap();
    let restarted = checkpoint::checkpoint(&connection, &log, 0).unwrap();
    assert_eq!(restarted, checkpoint::Log::InUse);
    backup.execute_batch("COMMIT").unwrap();
    let restarted = checkpoint::checkpoint(&connection, &log, 0).unwrap();
    assert_eq!(restarted, checkpoint::Log::Restarted);
    assert_eq!(std::fs::metadata(&log).unwrap().len(), 0);
}
