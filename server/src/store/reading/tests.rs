//! Markers and counts of a store, on a database of its own for each test.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use shared::TransactionId;
use shared::frame::Person;
use tempfile::TempDir;

use super::*;
use crate::store::NewMessage;
use crate::store::tests::{new_room, signed};

const NOW: TimestampMs = TimestampMs(1_700_000_000_000);

async fn person(store: &Store, name: &str) -> Person {
    let token = format!("token of {name}");
    let claimed = store.claim(name, &token, NOW);
    claimed.await.unwrap().person
}

async fn say(store: &Store, room: RoomId, by: &Person, text: &str) {
    let message = NewMessage {
        room,
        person: by.clone(),
        transaction_id: TransactionId::from_bytes(*uuid::Uuid::now_v7().as_bytes()),
        text: text.into(),
        attachments: Vec::new(),
        at_ms: NOW,
    };
    store.append_message(message).await.unwrap();
}

fn open(dir: &TempDir) -> Store {
    let announcer = Box::new(|_: &[shared::RoomEvent]| {});
    Store::open(dir.path(), Arc::default(), announcer).unwrap()
}

async fn markers(store: &Store, person: &Person) -> HashMap<RoomId, ReadMarker> {
    let rooms = store.rooms_of(person.id).await.unwrap();
    let rooms = rooms
        .iter()
        .map(|it| (it.room.room_id, it.room.last_sequence));
    let read = store.read_markers(person.id, rooms.collect(), HashMap::new());
    read.await.unwrap()
}

fn marker(sequence: u64, unread: u32, mentions: u32) -> ReadMarker {
    ReadMarker {
        sequence: Sequence(sequence),
        unread,
        mentions,
    }
}

async fn mark(store: &Store, person: &Person, room: RoomId, sequence: u64) {
    let marks = NewMarks {
        read: vec![(person.id, room, Sequence(sequence))],
        seen: Vec::new(),
    };
    store.store_marks(marks).await.unwrap();
}

#[tokio::test]
async fn markers_go_forward_only_and_end_with_the_membership() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let (ann, bob) = (person(&store, "Ann").await, person(&store, "Bob").await);
    let lobby = store.lobby();
    for text in ["one", "@Ann", "three"] {
        say(&store, lobby, &bob, text).await;
    }
    assert_eq!(markers(&store, &ann).await[&lobby], marker(0, 3, 1));
    mark(&store, &ann, lobby, 2).await;
    mark(&store, &ann, lobby, 1).await;
    assert_eq!(markers(&store, &ann).await[&lobby], marker(2, 1, 0));
    let moved = store
        .moved(ann.id, vec![(lobby, Sequence(1))])
        .await
        .unwrap();
    assert_eq!(moved, [], "passed");
    let moved = store
        .moved(ann.id, vec![(lobby, Sequence(3))])
        .await
        .unwrap();
    let expected = Moved {
        room: lobby,
        marker: marker(3, 0, 0),
        counted_to: Sequence(3),
        is_small: true,
    };
    assert_eq!(moved, [expected]);
    // What is not stored yet counts where it is further.
    let ahead = HashMap::from([(lobby, Sequence(3))]);
    let rooms = vec![(lobby, Sequence(3))];
    let read = store.read_markers(ann.id, rooms, ahead).await.unwrap();
    assert_eq!(read[&lobby], marker(3, 0, 0));

    let room = store.create_room(signed(&bob), new_room("garden"), NOW);
    let (garden, _) = room.await.unwrap();
    mark(&store, &ann, garden, 2).await;
    let read = store.read_sequences(garden).await.unwrap();
    assert!(!read.contains_key(&ann.id));
    store.join(signed(&ann), garden.into(), NOW).await.unwrap();
    say(&store, garden, &bob, "@ann").await;
    assert_eq!(markers(&store, &ann).await[&garden], marker(2, 1, 1));
    store.leave(signed(&ann), garden.into(), NOW).await.unwrap();
    assert!(!markers(&store, &ann).await.contains_key(&garden));
    // Too late.
    mark(&store, &ann, garden, 4).await;
    store.join(signed(&ann), garden.into(), NOW).await.unwrap();
    assert_eq!(markers(&store, &ann).await[&garden], marker(5, 0, 0));
}

#[tokio::test]
async fn what_is_no_message_of_another_does_not_count() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let (ann, bob) = (person(&store, "Ann").await, person(&store, "Bob").await);
    let room = store.create_room(signed(&ann), new_room("garden"), NOW);
    let (garden, _) = room.await.unwrap();
    store.join(signed(&bob), garden.into(), NOW).await.unwrap();
    say(&store, garden, &ann, "@Ann, my own").await;
    say(&store, garden, &bob, "@Ann, seen").await;
    say(&store, garden, &bob, "@Ann, removed").await;
    let remove = store.write(move |db| {
        let removed =
            "UPDATE events SET body = '{\"type\":\"removed\"}' WHERE room_id = ?1 AND sequence = 6";
        db.execute(removed, [garden.as_bytes()])?;
        Ok(((), Vec::new()))
    });
    remove.await.unwrap();
    assert_eq!(markers(&store, &ann).await[&garden], marker(0, 1, 1));
}

#[tokio::test]
async fn somebody_in_two_hundred_rooms_is_told_what_came_in_each_for_a_bounded_price() {
    let dir = TempDir::new().unwrap();
    let store = open(&dir);
    let (ann, bob) = (person(&store, "Ann").await, person(&store, "Bob").await);
    let mut rooms = Vec::new();
    for number in 0..200 {
        let new = new_room(&format!("room-{number}"));
        let created = store.create_room(signed(&bob), new, NOW);
        let (room, _) = created.await.unwrap();
        store.join(signed(&ann), room.into(), NOW).await.unwrap();
        rooms.push(room);
    }
    // The room of this index has as many messages, and the last one far more than may be looked at.
    let (person, all) = (bob.id, rooms.clone());
    let fill =
        store.write(move |db| {
            for (index, room) in all.iter().enumerate() {
                let count = if index == 199 {
                    EVENTS_MAX
                } else {
                    index as u64
                };
                for sequence in 4..4 + count {
                    let body = r#"{"type":"message_sent"}"#;
                    db.prepare_cached(
                    "INSERT INTO events (room_id, sequence, at_ms, person_id, person_name, body)
                     VALUES (?1, ?2, 0, ?3, '', ?4)",
                )?
                .execute(params![room.as_bytes(), to_integer(sequence), person.as_bytes(), body])?;
                }
                db.execute(
                    "UPDATE rooms SET last_seq = ?2 WHERE id = ?1",
                    params![room.as_bytes(), to_integer(3 + count)],
                )?;
            }
            Ok(((), Vec::new()))
        });
    fill.await.unwrap();
    let read = markers(&store, &ann).await;
    for (index, room) in rooms.iter().enumerate().take(100) {
        // That she joined is no part of what she has read.
        assert_eq!(read[room], marker(2, index as u32, 0));
    }
    assert_eq!(read[&rooms[199]], marker(2, UNREAD_MAX, 0));
    let in_all: u64 = (0..200).sum();
    assert!(in_all > EVENTS_MAX, "not every event is looked at");
}
