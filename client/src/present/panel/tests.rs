use shared::account::{PresenceState, SessionInfo};
use shared::admin::PersonRecord;
use shared::{FileId, FileName, Role, SessionId, UploadId, UploadInfo};

use super::*;
use crate::present::form::Values;
use crate::present::sheet::Deed;

fn person(number: u8) -> Person {
    Person {
        id: PersonId::from_bytes([number; 16]),
        name: format!("person {number}"),
    }
}

fn view(role: Role) -> View {
    View {
        person: Some(person(1)),
        role,
        ..View::default()
    }
}

fn parts(topic: Topic, view: &View, answer: &ServerFrame) -> Option<Vec<Part>> {
    let eyes = Eyes {
        view,
        now: TimestampMs(0),
        moment: &|at| format!("at {}", at.0),
    };
    topic.parts(&eyes, &Asked::default(), answer)
}

fn rows(parts: &[Part]) -> &[Row] {
    let list = parts.iter().find_map(|part| match part {
        Part::List { rows, .. } => Some(rows.as_slice()),
        _ => None,
    });
    list.expect("a list")
}

fn profile(number: u8) -> Profile {
    Profile {
        person: person(number),
        role: Role::Guest,
        status_text: String::new(),
        avatar: None,
        presence: PresenceState::Offline,
        last_seen_ms: Some(TimestampMs(7)),
        hides_last_seen: false,
        has_totp: false,
        has_password: true,
    }
}

#[test]
fn each_topic_asks_what_one_must_be_allowed_to() {
    let view = view(Role::Owner);
    for topic in YOU.into_iter().chain(ADMINISTRATION) {
        let frame = topic.frame(&view, &Asked::default());
        assert!(frame.operation().is_some(), "{topic:?} asks nothing");
        let answer = ServerFrame::Pong {
            request_id: RequestId(1),
        };
        assert!(parts(topic, &view, &answer).is_none(), "{topic:?}");
    }
}

#[test]
fn the_session_that_one_is_in_is_not_ended_here() {
    let session = |number: u8| SessionInfo {
        session_id: SessionId::from_bytes([number; 16]),
        device: format!("device {number}"),
        address: String::new(),
        created_at_ms: TimestampMs(1),
        last_used_at_ms: TimestampMs(2),
        current: number == 1,
    };
    let answer = |sessions: Vec<SessionInfo>| ServerFrame::SessionsListed {
        request_id: RequestId(1),
        sessions,
    };
    let view = view(Role::Member);
    let both = parts(
        Topic::Sessions,
        &view,
        &answer(vec![session(1), session(2)]),
    );
    let both = both.expect("sessions");
    let [own, other] = rows(&both) else {
        panic!("two sessions");
    };
    assert!(matches!(own.items, Items::Word("This one")));
    assert!(matches!(&other.items, Items::Buttons(items) if items[0].text == "Sign out"));
    assert_eq!(other.note(), "Last used at 2 · since at 1");
    assert!(matches!(both.last(), Some(Part::Buttons(_))));
    let one = parts(Topic::Sessions, &view, &answer(vec![session(1)]));
    assert_eq!(
        one.map(|parts| parts.len()),
        Some(1),
        "nowhere else to sign out"
    );
}

#[test]
fn admins_do_not_touch_owners_nor_themselves() {
    let record = |number, role| PersonRecord {
        person: person(number),
        role,
        created_at_ms: TimestampMs(0),
        last_seen_ms: None,
        sessions: 1,
        file_bytes: 0,
        has_totp: false,
    };
    let everyone = [
        record(1, Role::Admin),
        record(2, Role::Owner),
        record(3, Role::Member),
        record(4, Role::Guest),
    ];
    let answer = ServerFrame::PeopleListed {
        request_id: RequestId(1),
        people: everyone.into(),
        more: true,
    };
    let offered = |role| {
        let parts = parts(Topic::People, &view(role), &answer).expect("people");
        let offered: Vec<usize> = rows(&parts)
            .iter()
            .map(|row| match &row.items {
                Items::Menu(items) => items.len(),
                Items::None | Items::Word(_) | Items::Buttons(_) => 0,
            })
            .collect();
        let turns = parts.iter().any(|part| {
            match part {
            Part::Buttons(items) => items.iter().any(|item| {
                matches!(&item.deed, Deed::Turn(next) if next.after.as_deref() == Some("person 4"))
            }),
            _ => false,
        }
        });
        assert!(turns, "the next page begins after the last name");
        offered
    };
    assert_eq!(offered(Role::Admin), [0, 0, 5, 2]);
    assert_eq!(offered(Role::Owner), [0, 6, 6, 2]);
}

#[test]
fn guests_have_no_password_to_change() {
    let answer = ServerFrame::ProfileDescribed {
        request_id: RequestId(1),
        profile: profile(1),
    };
    let shown = |role| {
        let parts = parts(Topic::Security, &view(role), &answer).expect("what there is");
        parts
            .iter()
            .filter(|part| matches!(part, Part::Section(..)))
            .count()
    };
    assert_eq!((shown(Role::Guest), shown(Role::Member)), (0, 2));
}

#[test]
fn one_writes_to_others_only() {
    let card = |number| {
        let answer = ServerFrame::ProfileDescribed {
            request_id: RequestId(1),
            profile: profile(number),
        };
        let topic = Topic::Card(person(number).id);
        parts(topic, &view(Role::Member), &answer).expect("a card")
    };
    let other = card(2);
    let [Part::Person(_, facts), Part::Buttons(items)] = &other[..] else {
        panic!("who it is, and what to do");
    };
    assert_eq!(facts, &["Guest", "Last seen at 7"]);
    assert_eq!(items[0].text, "Message");
    assert_eq!(card(1).len(), 1);
}

#[test]
fn uploads_of_all_devices_are_shown_as_they_move_and_can_be_cancelled() {
    let mut view = view(Role::Member);
    let upload = |number: u8| UploadInfo {
        upload_id: UploadId::from_bytes([number; 16]),
        file_id: FileId::from_bytes([number; 16]),
        name: FileName::repaired("film.mp4"),
        size_bytes: 200,
        received_bytes: 0,
        begun_at_ms: TimestampMs(5),
    };
    let answer = ServerFrame::UploadsListed {
        request_id: RequestId(1),
        uploads: vec![upload(1), upload(2)],
    };
    let moved = UploadInfo {
        received_bytes: 50,
        ..upload(1)
    };
    view.elsewhere.insert(moved.upload_id, moved);
    let parts = parts(Topic::Uploads, &view, &answer).unwrap();
    let rows = rows(&parts);
    assert_eq!(rows.len(), 1, "what has ended meanwhile is gone");
    assert_eq!(rows[0].title, "film.mp4");
    assert_eq!(
        rows[0].note(),
        "25 % of 200 bytes · from another device · begun at 5"
    );
    let Items::Buttons(buttons) = &rows[0].items else {
        panic!("{:?}", rows[0].items);
    };
    let Deed::Ask(sheet) = &buttons[0].deed else {
        panic!("{buttons:?}");
    };
    let frame = sheet.frame(&Values::default()).unwrap();
    let expected = UploadId::from_bytes([1; 16]);
    assert!(matches!(frame, ClientFrame::CancelUpload { upload_id, .. } if upload_id == expected));
}
