use litemap::LiteMap;
use shared::room::Member;
use shared::{
    ContentHash, EventBody, FileId, FileInfo, FileName, Role, Sequence, TimestampMs, TransactionId,
};

use super::*;
use crate::view::{Members, Room};

fn person(number: u8) -> Person {
    Person {
        id: PersonId::from_bytes([number; 16]),
        name: format!("person {number}"),
    }
}

/// One is person 1 and in a room of this kind, as this; person 2 is a moderator there.
fn view(kind: RoomKind, role: Option<RoomRole>) -> (View, RoomInfo) {
    let room_id = RoomId::from_bytes([9; 16]);
    let info = RoomInfo {
        joined: true,
        role,
        ..RoomInfo::new(room_id, "attic".parse().expect("a name"), kind)
    };
    let second = Member {
        role: Some(RoomRole::Moderator),
        ..Member::new(person(2), true)
    };
    let room = Room {
        members: Some(Members {
            total: 2,
            listed: vec![Member::new(person(1), true), second],
        }),
        ..Room::new(info.clone(), 0)
    };
    let view = View {
        person: Some(person(1)),
        role: Role::Member,
        rooms: LiteMap::from_iter([(room_id, room)]),
        ..View::default()
    };
    (view, info)
}

fn filled(pairs: &[(&str, &str)]) -> Values {
    let pairs = pairs.iter();
    pairs
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

fn texts(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.text.as_str()).collect()
}

#[test]
fn one_is_shown_what_one_may_do_to_a_room() {
    let shown = |kind, role| {
        let (view, info) = view(kind, role);
        let items = room_items(&view, &info).into_iter();
        let items: Vec<String> = items.map(|(_, item)| item.text).collect();
        items.join(", ")
    };
    assert_eq!(shown(RoomKind::Private, None), "Files, Add people");
    assert_eq!(
        shown(RoomKind::Private, Some(RoomRole::Moderator)),
        "Files, Add people, Invitation link, Open invitations, Banned people"
    );
    assert_eq!(
        shown(RoomKind::Private, Some(RoomRole::Owner)),
        "Files, Add people, Invitation link, Open invitations, Change room, Banned people, Archive"
    );
    assert_eq!(
        shown(RoomKind::Lobby, Some(RoomRole::Owner)),
        "Files, Change room"
    );
    assert_eq!(shown(RoomKind::Direct, Some(RoomRole::Owner)), "Files");
}

#[test]
fn only_who_may_changes_members_and_nobody_themselves() {
    let (as_owner, info) = view(RoomKind::Public, Some(RoomRole::Owner));
    let items = member_items(&as_owner, &info, &person(2));
    assert_eq!(
        texts(&items),
        [
            "Owner",
            "Moderator",
            "Member",
            "Remove from the room",
            "Ban from the room"
        ]
    );
    let chosen: Vec<_> = items.iter().map(|item| item.chosen).collect();
    assert_eq!(chosen[..3], [Some(false), Some(true), Some(false)]);
    assert!(member_items(&as_owner, &info, &person(1)).is_empty());
    let (as_member, info) = view(RoomKind::Public, None);
    assert!(member_items(&as_member, &info, &person(2)).is_empty());
}

#[test]
fn ones_own_message_is_not_reported_and_others_not_removed() {
    let message = |number| RoomEvent {
        room_id: RoomId::from_bytes([9; 16]),
        sequence: Sequence(1),
        at_ms: TimestampMs(0),
        person: person(number),
        event: EventBody::MessageSent {
            transaction_id: TransactionId::from_bytes([1; 16]),
            text: "hello".into(),
            attachments: Vec::new(),
            arriving: Vec::new(),
        },
    };
    let shown = |role, number| {
        let (view, _) = view(RoomKind::Public, role);
        let items = message_items(&view, &message(number));
        texts(&items).join(", ")
    };
    assert_eq!(shown(None, 1), "Remove message");
    assert_eq!(shown(None, 2), "Report to the admins");
    assert_eq!(
        shown(Some(RoomRole::Moderator), 2),
        "Report to the admins, Remove message"
    );
}

#[test]
fn the_links_of_ones_own_files_are_in_the_menu_and_others_are_not() {
    let file = |number: u8| {
        let file_id = FileId::from_bytes([number; 16]);
        let name = FileName::repaired(&format!("{number}.txt"));
        FileInfo {
            file_id,
            link: shared::http::file_link(file_id, &name),
            name,
            size_bytes: 1,
            media_type: "text/plain".into(),
            content_hash: ContentHash::from_bytes([0; 32]),
            image: None,
        }
    };
    let shown = |number, files: u8| {
        let message = RoomEvent {
            room_id: RoomId::from_bytes([9; 16]),
            sequence: Sequence(1),
            at_ms: TimestampMs(0),
            person: person(number),
            event: EventBody::MessageSent {
                transaction_id: TransactionId::from_bytes([1; 16]),
                text: String::new(),
                attachments: (1..=files).map(file).collect(),
                arriving: Vec::new(),
            },
        };
        let (view, _) = view(RoomKind::Public, None);
        texts(&message_items(&view, &message)).join(", ")
    };
    assert_eq!(shown(1, 2), "Link to 1.txt, Link to 2.txt, Remove message");
    assert_eq!(shown(2, 2), "Report to the admins");
    assert_eq!(shown(1, 200).matches("Link to").count(), LINK_ITEMS_MAX);
}

#[test]
fn only_what_is_another_now_is_changed() {
    let (_, info) = view(RoomKind::Public, None);
    let sheet = edit(&info);
    let same = [
        ("name", "attic"),
        ("topic", ""),
        ("history", "all"),
        ("days", ""),
    ];
    let Ok(ClientFrame::ChangeRoom(change)) = sheet.frame(&filled(&same)) else {
        panic!("it is a request");
    };
    assert_eq!((change.name, change.rest), (None, RoomChanges::default()));
    let other = [
        ("name", "#the loft"),
        ("topic", "Up"),
        ("history", "since_joining"),
        ("days", "7"),
    ];
    let Ok(ClientFrame::ChangeRoom(change)) = sheet.frame(&filled(&other)) else {
        panic!("it is a request");
    };
    assert_eq!(change.name.as_deref(), Some("the-loft"));
    assert_eq!(
        change.rest,
        RoomChanges {
            topic: Some("Up".into()),
            history: Some(HistoryVisibility::SinceJoining),
            retention_days: Some(7),
            ..RoomChanges::default()
        }
    );
    let wrong = sheet.frame(&filled(&[("name", "attic"), ("days", "some")]));
    assert_eq!(wrong, Err("Give a number of days.".into()));
}

#[test]
fn the_lobby_keeps_its_name() {
    let names = |kind| {
        let (_, info) = view(kind, None);
        let fields = edit(&info).fields.into_iter();
        fields.map(|field| field.name).collect::<Vec<_>>()
    };
    assert!(names(RoomKind::Public).contains(&"name"));
    assert!(!names(RoomKind::Lobby).contains(&"name"));
}

#[test]
fn guests_are_offered_no_private_rooms() {
    let kinds = |role| {
        let (mut view, _) = view(RoomKind::Public, None);
        view.role = role;
        let sheet = create(&view);
        let kind = sheet.fields.iter().find(|field| field.name == "kind");
        match kind.map(|field| &field.kind) {
            Some(Kind::Choice(kinds)) => kinds.len(),
            _ => 0,
        }
    };
    assert_eq!((kinds(Role::Guest), kinds(Role::Member)), (1, 2));
}
