//! Direct rooms: the same people always have the same one.

use shared::limits::DIRECT_PEOPLE_MAX;
use shared::room::RoomChanges;
use shared::{RoomRef, RoomRole};

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_people_have_the_same_room_however_many_open_it() {
    let dir = TempDir::new().unwrap();
    let (store, commits) = open(&dir);
    let mut people = Vec::new();
    for name in ["Ada", "Bob", "Cy"] {
        people.push(account(&store, name).await);
    }
    let mut opening = Vec::new();
    for round in 0..30 {
        let (store, by) = (store.clone(), people[round % 3].clone());
        let mut others: Vec<PersonId> = people.iter().map(|it| it.person.id).collect();
        // In any order, oneself and repeats included or not.
        others.rotate_left(round % 2);
        if round % 2 == 0 {
            others.retain(|id| *id != by.person.id);
        }
        opening.push(tokio::spawn(async move {
            store.open_direct(by, others, NOW).await.unwrap()
        }));
    }
    let mut rooms = Vec::new();
    for opened in opening {
        rooms.push(opened.await.unwrap());
    }
    let room = rooms[0].0;
    assert!(rooms.iter().all(|(other, _)| *other == room));
    let made: Vec<_> = rooms
        .iter()
        .filter(|(_, events)| !events.is_empty())
        .collect();
    assert_eq!(made.len(), 1, "one of them made it");
    let events = commits.lock().unwrap().concat();
    assert_eq!(sequences(&events), [1, 2, 3, 4]);
    for one in &people {
        let rooms = store.rooms_of(one.person.id).await.unwrap();
        assert_eq!(rooms.len(), 2);
        let info = &rooms[1].room;
        assert_eq!(
            (info.kind, info.members, info.role),
            (RoomKind::Direct, 3, None)
        );
        let others: Vec<_> = people
            .iter()
            .filter(|it| it.person.id != one.person.id)
            .collect();
        let others: Vec<_> = others.iter().map(|it| it.person.clone()).collect();
        assert_eq!(info.people, others);
    }
    let two = store
        .open_direct(people[0].clone(), vec![people[1].person.id], NOW)
        .await
        .unwrap();
    assert_ne!(two.0, room);
}

#[tokio::test]
async fn with_nobody_else_it_is_ones_own() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, bob) = (account(&store, "Ada").await, account(&store, "Bob").await);
    let (notes, events) = store.open_direct(ada.clone(), vec![], NOW).await.unwrap();
    assert_eq!(sequences(&events), [1, 2]);
    let again = store
        .open_direct(ada.clone(), vec![ada.person.id], NOW)
        .await;
    assert_eq!(again.unwrap(), (notes, vec![]));
    let bobs = store.open_direct(bob, vec![], NOW).await.unwrap();
    assert_ne!(bobs.0, notes);
}

#[tokio::test]
async fn too_many_and_unknown_people_are_refused() {
    let dir = TempDir::new().unwrap();
    let (store, commits) = open(&dir);
    let ada = account(&store, "Ada").await;
    let nobody = PersonId::from_parts(NOW, [9; 10]);
    let refused = store.open_direct(ada.clone(), vec![nobody], NOW).await;
    assert!(matches!(refused, Err(StoreError::PersonNotFound)));
    let mut many = Vec::new();
    for number in 0..DIRECT_PEOPLE_MAX {
        many.push(person(&store, &format!("guest {number}")).await.id);
    }
    let refused = store.open_direct(ada.clone(), many.clone(), NOW).await;
    assert!(matches!(refused, Err(StoreError::QuotaExceeded { .. })));
    assert!(commits.lock().unwrap().is_empty());
    many.pop();
    store.open_direct(ada, many, NOW).await.unwrap();
}

#[tokio::test]
async fn who_is_in_a_direct_room_stays_the_same() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, bob) = (account(&store, "Ada").await, account(&store, "Bob").await);
    let eve = account_as(&store, "Eve", Role::Admin).await;
    let people = vec![bob.person.id, eve.person.id];
    let (room, _) = store.open_direct(ada.clone(), people, NOW).await.unwrap();
    let room = RoomRef::Id(room);
    let left = store.leave(ada.clone(), room.clone(), NOW).await;
    assert!(matches!(left, Err(StoreError::CannotLeave)));
    // Even for an admin who is in it.
    let cy = account(&store, "Cy").await.person.id;
    let refusals = [
        store
            .add_member(eve.clone(), room.clone(), cy, NOW)
            .await
            .err(),
        store
            .remove_member(eve.clone(), room.clone(), bob.person.id, true, NOW)
            .await
            .err(),
        store
            .set_room_role(
                eve.clone(),
                room.clone(),
                bob.person.id,
                RoomRole::Owner,
                NOW,
            )
            .await
            .err(),
        store
            .change_room(
                eve.clone(),
                room.clone(),
                Some("x".parse().unwrap()),
                RoomChanges::default(),
                NOW,
            )
            .await
            .err(),
    ];
    for refusal in refusals {
        assert!(
            matches!(refusal, Some(StoreError::Invalid(_))),
            "{refusal:?}"
        );
    }
    let log = store.history(ada.person.id, room, None, 9).await.unwrap().1;
    assert_eq!(sequences(&log), [1, 2, 3, 4]);
}
