//! Rooms: created, found, joined, left and changed.

use shared::room::RoomChanges;
use shared::{RoomName, RoomRef, RoomRole};

use super::*;

async fn ids(store: &Store, person: &SignedIn) -> Vec<RoomId> {
    let rooms = store.rooms_of(person.person.id).await.unwrap();
    rooms.iter().map(|it| it.room.room_id).collect()
}

fn private(name: &str) -> NewRoom {
    NewRoom {
        kind: RoomKind::Private,
        ..new_room(name)
    }
}

#[tokio::test]
async fn people_join_and_leave_rooms_but_not_the_lobby() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, bob) = (account(&store, "Ada").await, account(&store, "Bob").await);
    let new = NewRoom {
        topic: "Plants".into(),
        ..new_room("Garden")
    };
    let (room, events) = store.create_room(ada.clone(), new, NOW).await.unwrap();
    assert_eq!(sequences(&events), [1, 2]);
    assert!(matches!(events[0].event, EventBody::RoomCreated { .. }));
    let by_name: RoomRef = "#garden".parse().unwrap();
    assert_eq!(store.resolve(bob.person.id, &by_name).await.unwrap(), room);

    let early = store.append_message(message(room, &bob.person, 1, "hi"));
    assert!(matches!(early.await, Err(StoreError::NotAMember)));
    let early = store.history(bob.person.id, room.into(), None, 9).await;
    assert!(matches!(early, Err(StoreError::NotAMember)));
    let (_, joined) = store.join(bob.clone(), by_name, NOW).await.unwrap();
    let joined = joined.unwrap();
    assert_eq!(
        (joined.sequence, joined.event),
        (Sequence(3), EventBody::MemberJoined {})
    );
    let again = store.join(bob.clone(), room.into(), NOW).await.unwrap();
    assert_eq!(again, (room, None));
    let rooms = store.rooms_of(bob.person.id).await.unwrap();
    let counts: Vec<_> = rooms
        .iter()
        .map(|it| (it.room.room_id, it.room.members))
        .collect();
    assert_eq!(counts, [(store.lobby(), 2), (room, 2)]);

    let left = store.leave(bob.clone(), room.into(), NOW).await.unwrap();
    assert_eq!(left[0].event, EventBody::MemberLeft {});
    let again = store.leave(bob.clone(), room.into(), NOW).await.unwrap();
    assert_eq!(again, []);
    let all = store.directory(bob.person.id).await.unwrap();
    let joined: Vec<_> = all.iter().map(|it| (it.joined, it.members)).collect();
    assert_eq!(joined, [(true, 2), (false, 1)]);
    assert_eq!(all[1].last_sequence, Sequence(4));
    let lobby = RoomRef::Id(store.lobby());
    let joined = store.join(bob.clone(), lobby.clone(), NOW).await.unwrap();
    assert_eq!(joined.1, None);
    let left = store.leave(bob, lobby, NOW).await;
    assert!(matches!(left, Err(StoreError::CannotLeave)));
    let nowhere = RoomId::from_parts(NOW, [9; 10]);
    let unknown = store.join(ada, nowhere.into(), NOW).await;
    assert!(matches!(unknown, Err(StoreError::RoomNotFound)));
}

#[tokio::test]
async fn a_hidden_room_is_not_there_for_others() {
    let dir = TempDir::new().unwrap();
    let (store, commits) = open(&dir);
    let (ada, eve) = (account(&store, "Ada").await, account(&store, "Eve").await);
    let (room, _) = store
        .create_room(ada.clone(), private("plans"), NOW)
        .await
        .unwrap();
    let before = commits.lock().unwrap().len();
    let nowhere = RoomId::from_parts(NOW, [9; 10]);
    let none: RoomName = "nothing".parse().unwrap();
    for room in [
        RoomRef::Id(room),
        "plans".parse().unwrap(),
        RoomRef::Id(nowhere),
        RoomRef::Name(none),
    ] {
        let (id, by) = (eve.person.id, eve.clone());
        let mut refusals = vec![
            store.resolve(id, &room).await.err(),
            store.history(id, room.clone(), None, 9).await.err(),
            store.join(by.clone(), room.clone(), NOW).await.err(),
            store.leave(by.clone(), room.clone(), NOW).await.err(),
            store.bans(by.clone(), room.clone()).await.err(),
            store
                .members(by.clone(), room.clone(), vec![], 9)
                .await
                .err(),
            store
                .add_member(by.clone(), room.clone(), id, NOW)
                .await
                .err(),
            store
                .remove_member(by.clone(), room.clone(), ada.person.id, true, NOW)
                .await
                .err(),
            store
                .lift_ban(by.clone(), room.clone(), id, NOW)
                .await
                .err(),
            store
                .set_room_role(by.clone(), room.clone(), id, RoomRole::Owner, NOW)
                .await
                .err(),
            store
                .change_room(by.clone(), room.clone(), None, RoomChanges::default(), NOW)
                .await
                .err(),
        ];
        if let RoomRef::Id(room) = room {
            let message = message(room, &eve.person, 1, "hi");
            refusals.push(store.append_message(message).await.err());
        }
        for refusal in refusals {
            assert!(
                matches!(refusal, Some(StoreError::RoomNotFound)),
                "{room}: {refusal:?}"
            );
        }
    }
    assert_eq!(commits.lock().unwrap().len(), before, "nothing happened");
    assert!(!ids(&store, &eve).await.contains(&room));
    let directory = store.directory(eve.person.id).await.unwrap();
    assert_eq!(directory.len(), 1, "the lobby");
    assert_eq!(store.membership(room, eve.person.id).await.unwrap(), None);
    assert!(ids(&store, &ada).await.contains(&room));
}

#[tokio::test]
async fn names_of_hidden_rooms_are_nobodys_business() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, eve) = (account(&store, "Ada").await, account(&store, "Eve").await);
    let create = async |by: &SignedIn, new| store.create_room(by.clone(), new, NOW).await;
    let (hidden, _) = create(&ada, private("plans")).await.unwrap();
    // Neither the name nor what looks like it is taken.
    let (open, _) = create(&eve, new_room("Plans")).await.unwrap();
    create(&eve, new_room("p1ans")).await.unwrap_err();
    let (other, _) = create(&eve, private("PLANS")).await.unwrap();
    create(&eve, private("lobby")).await.unwrap();

    let plans: RoomRef = "plans".parse().unwrap();
    let found = async |by: &SignedIn| store.resolve(by.person.id, &plans).await;
    assert_eq!(
        found(&ada).await.unwrap(),
        hidden,
        "she is not in the open one"
    );
    assert_eq!(found(&eve).await.unwrap(), open, "before her hidden one");
    let lobby = store
        .resolve(eve.person.id, &"lobby".parse().unwrap())
        .await;
    assert_eq!(lobby.unwrap(), store.lobby());

    // Whoever is put into another room of the name does not write into it by mistake.
    let add = store.add_member(eve.clone(), other.into(), ada.person.id, NOW);
    add.await.unwrap();
    assert!(matches!(found(&ada).await, Err(StoreError::Invalid(_))));
    store.leave(ada.clone(), other.into(), NOW).await.unwrap();
    assert_eq!(found(&ada).await.unwrap(), hidden);
    store.join(ada.clone(), open.into(), NOW).await.unwrap();
    assert_eq!(found(&ada).await.unwrap(), open);
}

#[tokio::test]
async fn what_a_room_is_comes_with_its_creation() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, guest) = (
        account(&store, "Ada").await,
        account_as(&store, "Guest", Role::Guest).await,
    );
    let new = NewRoom {
        topic: "Where".into(),
        description: "Who\nand why".into(),
        history: HistoryVisibility::SinceJoining,
        ..private("plans")
    };
    let refused = store.create_room(guest.clone(), new.clone(), NOW).await;
    assert!(matches!(
        refused,
        Err(StoreError::NotAllowed(NotAllowed::Role(Role::Guest)))
    ));
    let (room, events) = store.create_room(ada.clone(), new, NOW).await.unwrap();
    assert_eq!(sequences(&events), [1, 2, 3]);
    let changes = RoomChanges {
        description: Some("Who\nand why".into()),
        history: Some(HistoryVisibility::SinceJoining),
        ..RoomChanges::default()
    };
    let name = None;
    assert_eq!(events[1].event, EventBody::RoomChanged { name, changes });
    let membership = store
        .membership(room, ada.person.id)
        .await
        .unwrap()
        .unwrap();
    let info = membership.room;
    assert_eq!(
        (
            info.kind,
            info.history,
            info.role,
            info.members,
            info.archived
        ),
        (
            RoomKind::Private,
            HistoryVisibility::SinceJoining,
            Some(RoomRole::Owner),
            1,
            false
        )
    );
    assert_eq!(
        (info.topic.as_str(), info.description.as_str()),
        ("Where", "Who\nand why")
    );
    assert_eq!(membership.first_sequence, Sequence(1));
    for kind in [RoomKind::Lobby, RoomKind::Direct, RoomKind::Unknown] {
        let new = NewRoom {
            kind,
            ..new_room("odd")
        };
        let refused = store.create_room(ada.clone(), new, NOW).await;
        assert!(matches!(refused, Err(StoreError::Invalid(_))), "{kind:?}");
    }
}

#[tokio::test]
async fn nobody_has_more_rooms_than_they_may() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, bob) = (account(&store, "Ada").await, account(&store, "Bob").await);
    set(&store, "rooms_per_person_max", 2).await;
    set(&store, "members_per_room_max", 2).await;
    let create = async |name| store.create_room(ada.clone(), private(name), NOW).await;
    let (room, _) = create("one").await.unwrap();
    create("two").await.unwrap();
    let third = create("three").await;
    assert!(matches!(
        third,
        Err(StoreError::QuotaExceeded { max: 2, .. })
    ));
    let direct = store
        .open_direct(ada.clone(), vec![bob.person.id], NOW)
        .await;
    direct.unwrap();
    let add = async |who: &SignedIn| {
        store
            .add_member(ada.clone(), room.into(), who.person.id, NOW)
            .await
    };
    add(&bob).await.unwrap();
    let eve = account(&store, "Eve").await;
    assert!(matches!(
        add(&eve).await,
        Err(StoreError::QuotaExceeded { max: 2, .. })
    ));
    store.leave(bob.clone(), room.into(), NOW).await.unwrap();
    add(&eve).await.unwrap();
}

async fn set(store: &Store, key: &'static str, value: u32) {
    let set = store.write(move |db| {
        db.execute(
            "INSERT INTO meta (key, value) VALUES (?1, ?2)",
            params![key, value],
        )?;
        Ok(((), Vec::new()))
    });
    set.await.unwrap();
}

#[tokio::test]
async fn a_room_changes_as_far_as_it_is_not_so_already() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, bob) = (account(&store, "Ada").await, account(&store, "Bob").await);
    let (room, _) = store
        .create_room(ada.clone(), new_room("tea"), NOW)
        .await
        .unwrap();
    store.join(bob.clone(), room.into(), NOW).await.unwrap();
    let change = async |by: &SignedIn, name: Option<&str>, changes: RoomChanges| {
        let name = name.map(|name| name.parse().unwrap());
        store
            .change_room(by.clone(), room.into(), name, changes, NOW)
            .await
    };
    let none = RoomChanges::default;
    let refused = change(&bob, Some("coffee"), none()).await;
    assert!(matches!(
        refused,
        Err(StoreError::NotAllowed(NotAllowed::RoomRole))
    ));
    let all = RoomChanges {
        topic: Some("Hot".into()),
        description: Some("Leaves".into()),
        history: Some(HistoryVisibility::SinceJoining),
        archived: Some(true),
        retention_days: Some(30),
    };
    let event = change(&ada, Some("coffee"), all.clone())
        .await
        .unwrap()
        .unwrap();
    let name = Some("coffee".parse().unwrap());
    assert_eq!(
        event.event,
        EventBody::RoomChanged {
            name,
            changes: all.clone()
        }
    );
    assert_eq!(
        change(&ada, Some("coffee"), all.clone()).await.unwrap(),
        None
    );
    let membership = store
        .membership(room, bob.person.id)
        .await
        .unwrap()
        .unwrap();
    let info = membership.room;
    assert_eq!(
        (
            info.name.as_str(),
            info.topic,
            info.description,
            info.history
        ),
        (
            "coffee",
            "Hot".into(),
            "Leaves".into(),
            HistoryVisibility::SinceJoining
        )
    );
    assert_eq!((info.archived, info.retention_days), (true, Some(30)));
    assert_eq!(
        membership.first_sequence,
        Sequence(1),
        "he was there before"
    );

    let refused = store
        .append_message(message(room, &bob.person, 1, "hi"))
        .await;
    assert!(matches!(refused, Err(StoreError::RoomArchived)));
    let directory = store.directory(ada.person.id).await.unwrap();
    assert_eq!(directory.len(), 2, "her own");
    let eve = account(&store, "Eve").await;
    assert_eq!(store.directory(eve.person.id).await.unwrap().len(), 1);
    let (_, joined) = store.join(eve.clone(), room.into(), NOW).await.unwrap();
    let joined = joined.unwrap().sequence;
    let membership = store
        .membership(room, eve.person.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(membership.first_sequence, joined);

    let back = RoomChanges {
        archived: Some(false),
        retention_days: Some(0),
        ..none()
    };
    change(&ada, None, back).await.unwrap().unwrap();
    store
        .append_message(message(room, &bob.person, 1, "hi"))
        .await
        .unwrap();
    let again = RoomChanges {
        retention_days: Some(0),
        ..none()
    };
    assert_eq!(change(&ada, None, again).await.unwrap(), None);
}

#[tokio::test]
async fn renaming_gives_the_old_name_up_and_takes_no_other() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let ada = account(&store, "Ada").await;
    let (tea, _) = store
        .create_room(ada.clone(), new_room("tea"), NOW)
        .await
        .unwrap();
    let (hidden, _) = store
        .create_room(ada.clone(), private("cave"), NOW)
        .await
        .unwrap();
    let rename = async |room: RoomId, name: &str| {
        let name = Some(name.parse().unwrap());
        store
            .change_room(ada.clone(), room.into(), name, RoomChanges::default(), NOW)
            .await
    };
    assert!(matches!(
        rename(tea, "LOBBY").await,
        Err(StoreError::RoomNameTaken)
    ));
    let looks = rename(tea, "1obby").await;
    assert!(matches!(looks, Err(StoreError::RoomNameLooksTaken { .. })));
    assert_eq!(
        store
            .resolve(ada.person.id, &"tea".parse().unwrap())
            .await
            .unwrap(),
        tea
    );
    rename(tea, "Tea").await.unwrap().unwrap();
    rename(tea, "coffee").await.unwrap().unwrap();
    store
        .create_room(ada.clone(), new_room("tеa"), NOW)
        .await
        .unwrap();
    let looks = store
        .create_room(ada.clone(), new_room("cоffee"), NOW)
        .await;
    assert!(matches!(looks, Err(StoreError::RoomNameLooksTaken { .. })));
    rename(hidden, "coffee").await.unwrap().unwrap();
    let piled = rename(hidden, "z\u{336}\u{335}\u{301}\u{302}\u{303}\u{304}\u{305}").await;
    assert!(matches!(piled, Err(StoreError::NewName(_))));
    assert_eq!(
        store
            .resolve(ada.person.id, &"coffee".parse().unwrap())
            .await
            .unwrap(),
        tea
    );
}

#[tokio::test]
async fn the_lobby_stays_open() {
    let dir = TempDir::new().unwrap();
    let (store, _) = open(&dir);
    let (ada, root) = (
        account(&store, "Ada").await,
        account_as(&store, "Root", Role::Admin).await,
    );
    let lobby = RoomRef::Id(store.lobby());
    let change = async |by: &SignedIn, changes| {
        store
            .change_room(by.clone(), lobby.clone(), None, changes, NOW)
            .await
    };
    let topic = RoomChanges {
        topic: Some("Welcome".into()),
        ..RoomChanges::default()
    };
    let refused = change(&ada, topic.clone()).await;
    assert!(matches!(
        refused,
        Err(StoreError::NotAllowed(NotAllowed::RoomRole))
    ));
    change(&root, topic).await.unwrap().unwrap();
    let archived = RoomChanges {
        archived: Some(true),
        ..RoomChanges::default()
    };
    assert!(matches!(
        change(&root, archived).await,
        Err(StoreError::Invalid(_))
    ));
    let since = RoomChanges {
        history: Some(HistoryVisibility::SinceJoining),
        ..RoomChanges::default()
    };
    assert!(matches!(
        change(&root, since).await,
        Err(StoreError::Invalid(_))
    ));
    let removed = store
        .remove_member(root.clone(), lobby.clone(), ada.person.id, true, NOW)
        .await;
    assert!(matches!(removed, Err(StoreError::Invalid(_))));
    let role = store
        .set_room_role(root, lobby.clone(), ada.person.id, RoomRole::Owner, NOW)
        .await;
    assert!(matches!(role, Err(StoreError::Invalid(_))));
    let added = store
        .add_member(ada.clone(), lobby.clone(), ada.person.id, NOW)
        .await;
    assert_eq!(added.unwrap(), None);
    let members = store.members(ada.clone(), lobby, vec![], 9).await.unwrap();
    assert_eq!((members.total, members.members.len()), (2, 2));
}
