use serde_json::json;

use super::{Decode, Json};
use crate::account::Present;
use crate::frame::Credentials;
use crate::limits::Limits;
use crate::room::{ChangeRoom, RoomKind, RoomOpening};
use crate::{ClientFrame, ErrorReply, EventBody, ServerFrame};

fn read<T: Decode + serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

fn error<T: Decode + serde::de::DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
    read::<T>(text).unwrap_err()
}

#[test]
fn texts_are_borrowed_where_they_can_be() {
    let json: Json<'_> = serde_json::from_str(r#"{"plain":"a","escaped":"\n"}"#).unwrap();
    let mut object = json.into_object().unwrap();
    for (name, borrowed) in [("plain", true), ("escaped", false)] {
        let Some(Json::Text(text)) = object.take(name) else {
            panic!("{name} is a text");
        };
        assert_eq!(matches!(text, std::borrow::Cow::Borrowed(_)), borrowed);
    }
    assert_eq!(object.take("plain"), None);
}

#[test]
fn fields_come_in_any_order_among_others() {
    let frame = r#"{"future":[{}],"limit":2,"room":"lobby","type":"read_history","future":1}"#;
    assert_eq!(
        read::<ClientFrame>(frame),
        Ok(ClientFrame::ReadHistory {
            request_id: Default::default(),
            room: "lobby".parse().unwrap(),
            before: None,
            limit: 2,
        })
    );
}

/// As many as a line holds. Were each compared with each, this would take minutes.
#[test]
fn fields_that_nobody_knows_cost_little_each() {
    let unknown: Vec<String> = (0..200_000)
        .map(|number| format!("\"{number:x}\":0"))
        .collect();
    let frame = format!(r#"{{"type":"ping",{}}}"#, unknown.join(","));
    let ping = ClientFrame::Ping {
        request_id: Default::default(),
    };
    assert_eq!(read::<ClientFrame>(&frame), Ok(ping));
    let twice = format!(r#"{{"type":"ping",{},"type":"ping"}}"#, unknown.join(","));
    assert!(error::<ClientFrame>(&twice).contains("duplicate field `type`"));
}

#[test]
fn what_is_missing_or_wrong_is_named() {
    for (text, wanted) in [
        ("[]", "expected an object, found a list"),
        ("{}", "missing field `type`"),
        (r#"{"type":1}"#, "type: expected a text, found a number"),
        (r#"{"type":"join_room"}"#, "missing field `room`"),
        (
            r#"{"type":"read_history","room":"a","limit":-1}"#,
            "limit: expected a whole number, not negative, found a number",
        ),
        (
            r#"{"type":"read_history","room":"a","limit":4294967296}"#,
            "limit: the number is too large",
        ),
        (
            r#"{"type":"lift_ban","room":"a","person_id":"b"}"#,
            "person_id: not a valid PersonId",
        ),
        (
            r#"{"type":"hello","protocol":1,"credentials":{"type":"sign_in","name":7}}"#,
            "credentials: name: expected a text, found a number",
        ),
        (
            r#"{"type":"ping","request_id":null}"#,
            "request_id: expected a whole number, not negative, found null",
        ),
        (
            r#"{"type":"ping","request_id":1,"request_id":1}"#,
            "duplicate field `request_id`",
        ),
        (r#"{"type":"ping","type":"pong"}"#, "duplicate field `type`"),
    ] {
        assert_eq!(error::<ClientFrame>(text), wanted, "{text}");
    }
}

#[test]
fn an_unknown_variant_is_the_other_one_or_an_error() {
    assert_eq!(
        read::<ClientFrame>(r#"{"type":"new"}"#),
        Ok(ClientFrame::Unknown)
    );
    assert_eq!(read::<RoomKind>("\"new\""), Ok(RoomKind::Unknown));
    assert_eq!(
        read::<Credentials>(r#"{"type":"session_cookie"}"#),
        Ok(Credentials::SessionCookie)
    );

    #[derive(Debug, PartialEq, Decode)]
    #[serde(rename_all = "snake_case")]
    enum Closed {
        FirstOne,
        Second,
    }
    assert_eq!(read::<Closed>("\"first_one\""), Ok(Closed::FirstOne));
    assert_eq!(read::<Closed>("\"second\""), Ok(Closed::Second));
    assert!(error::<Closed>("\"third\"").contains("first_one"));
}

#[test]
fn what_is_left_out_has_a_default_of_the_field_or_of_the_whole() {
    let opening = json!({
        "room": {
            "room_id": "019a0000-0000-7000-8000-000000000001", "name": "a", "kind": "public", "members": 1,
            "joined": true, "last_sequence": 3, "role": null,
        },
        "events_from": 4,
    });
    let opening: RoomOpening = read(&opening.to_string()).unwrap();
    assert!(opening.first_sequence.is_first() && opening.read.is_none());
    assert!(opening.room.topic.is_empty() && opening.room.role.is_none());
    let limits: Limits = read(r#"{"attachments_max":1}"#).unwrap();
    assert_eq!(
        limits,
        Limits {
            attachments_max: 1,
            ..Limits::default()
        }
    );
}

#[test]
fn fields_of_a_part_stand_beside_the_others() {
    let change: ChangeRoom = read(r#"{"room":"a","name":"b","archived":true}"#).unwrap();
    assert_eq!(change.name.as_deref(), Some("b"));
    assert_eq!(change.rest.archived, Some(true));
    let id = "019a0000-0000-7000-8000-000000000001";
    let present: Present = read(&format!(r#"{{"id":"{id}","name":"Ann"}}"#)).unwrap();
    assert!(present.person.name == "Ann" && present.state.is_online());
}

#[test]
fn details_are_kept_as_they_are() {
    let details = json!({"a": [null, true, -1, 1, 1.5, u64::MAX, "x\n", {}]});
    let reply = json!({"type": "error", "code": "of_the_future", "details": details});
    let frame: ServerFrame = read(&reply.to_string()).unwrap();
    let ServerFrame::Error(ErrorReply { details: found, .. }) = frame else {
        panic!("{frame:?}");
    };
    assert_eq!(found, details);
    let owned: ServerFrame = serde_json::from_value(reply).unwrap();
    let borrowed: ServerFrame = read(&serde_json::to_string(&owned).unwrap()).unwrap();
    assert_eq!(borrowed, owned);
}

#[test]
fn an_event_in_an_event_is_only_an_unknown_field() {
    let event = r#"{"type":"member_joined","event":{"type":"removed"}}"#;
    assert_eq!(read::<EventBody>(event), Ok(EventBody::MemberJoined {}));
}
