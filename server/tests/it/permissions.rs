//! Who may do what, asked of a real server over every transport: each operation of the table by everybody that the
//! table speaks of. An operation without a sample request does not compile, a request without one fails.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::roles::Place;
use shared::{ClientFrame, Operation, Role, RoomRole, Scope};

mod document;
mod samples;
mod world;

use samples::{Sample, sample};
use world::{Principal, Transport, World};

/// What the table says of somebody's request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Whatever else is said of it.
    Allowed,
    NotAllowed,
    NotSignedIn,
}

impl Verdict {
    fn by_table(operation: Operation, principal: Principal) -> Self {
        let (role, scopes) = match principal {
            Principal::Person(role) => (role, None),
            Principal::Bot(scope) => (Role::Bot, Some([scope])),
            Principal::Standing(role, _) => (role, None),
            Principal::Nobody => return Self::NotSignedIn,
        };
        let scopes = scopes.as_ref().map(<[Scope; 1]>::as_slice);
        match operation.is_allowed(role) && operation.is_in(scopes) {
            true => Self::Allowed,
            false => Self::NotAllowed,
        }
    }

    /// Of an error's code, or of none.
    fn by_answer(code: Option<&str>) -> Self {
        match code {
            Some("not_allowed") => Self::NotAllowed,
            Some("not_signed_in") => Self::NotSignedIn,
            Some(_) | None => Self::Allowed,
        }
    }
}

/// The table's own sample is a request of that operation.
fn assert_is_of(operation: Operation, frame: &Value) {
    let parsed: ClientFrame = serde_json::from_value(frame.clone()).unwrap();
    let asked = match operation {
        // Whose message it is shows only when it is looked at.
        Operation::RemoveOthersMessage => Operation::RemoveMessage,
        other => other,
    };
    assert_eq!(parsed.operation(), Some(asked), "{frame}");
}

#[tokio::test]
async fn everybody_may_do_what_the_table_says_and_nothing_else() {
    let mut world = World::new().await;
    for operation in Operation::ALL {
        for principal in Principal::ALL {
            let expected = Verdict::by_table(*operation, principal);
            for transport in [Transport::Tcp, Transport::WebSocket] {
                let Sample { frames, .. } = sample(*operation, &mut world).await;
                for frame in frames {
                    assert_is_of(*operation, &frame);
                    let code = world.ask(principal, transport, &frame).await;
                    if code.as_deref() == Some("unknown_request") {
                        continue;
                    }
                    let answered = Verdict::by_answer(code.as_deref());
                    assert_eq!(
                        answered, expected,
                        "{principal:?} by {transport:?}: {frame} was answered by {code:?}"
                    );
                }
            }
            let Sample { http, .. } = sample(*operation, &mut world).await;
            for route in http {
                let code = world.ask_http(principal, &route).await;
                // Whoever knows a file's id may read it, as its link says.
                let expected = match (operation, principal) {
                    (Operation::ReadFile, Principal::Nobody) => Verdict::Allowed,
                    _others => expected,
                };
                let answered = Verdict::by_answer(code.as_deref());
                assert_eq!(
                    answered, expected,
                    "{principal:?} by HTTP: {route:?} was answered by {code:?}"
                );
            }
        }
    }
    world.stop().await;
}

/// What the table says of a request in a room in which one is this, if anything.
fn code_in_room(
    operation: Operation,
    role: Role,
    standing: Option<RoomRole>,
    room: &str,
) -> Option<&'static str> {
    let is_answered = !matches!(operation, Operation::SetTyping | Operation::MarkRead);
    match standing {
        _allowed if operation.is_allowed_in(role, standing) => None,
        Some(_) => Some("not_allowed"),
        // A typed word of a stranger is dropped.
        None if !is_answered => None,
        // Whoever is not there need not leave.
        None if operation == Operation::LeaveRoom && room == "den" => None,
        None if !operation.is_allowed(role) => Some("not_allowed"),
        None if room == "den" => Some("not_a_member"),
        None => Some("room_not_found"),
    }
}

#[tokio::test]
async fn in_a_room_it_depends_on_what_one_is_there() {
    let mut world = World::new().await;
    let in_rooms = Operation::ALL.iter().copied();
    let in_rooms = in_rooms.filter(|operation| matches!(operation.rule().place, Place::Room(_)));
    // Whoever has left is not there any more.
    let (last, others): (Vec<_>, Vec<_>) = in_rooms.partition(|it| *it == Operation::LeaveRoom);
    for operation in others.into_iter().chain(last) {
        for principal in Principal::STANDINGS {
            let Principal::Standing(role, standing) = principal else {
                panic!("{principal:?} is somebody else");
            };
            for room in ["den", "nook"] {
                world.room = room;
                let Sample { frames, .. } = sample(operation, &mut world).await;
                for mut frame in frames {
                    frame["room"] = json!(room);
                    let code = world.ask(principal, Transport::Tcp, &frame).await;
                    let expected = code_in_room(operation, role, standing, room);
                    let code = code.as_deref();
                    let refusals = ["not_allowed", "not_a_member", "room_not_found"];
                    let refused = code.filter(|code| refusals.contains(code));
                    if code == Some("unknown_request") {
                        continue;
                    }
                    assert_eq!(
                        refused, expected,
                        "{principal:?}: {frame} was answered by {code:?}"
                    );
                }
            }
        }
    }
    world.stop().await;
}

/// Whether every request that there is was asked for above.
#[tokio::test]
async fn no_request_is_without_a_sample() {
    let mut world = World::new().await;
    let mut asked = BTreeSet::new();
    for operation in Operation::ALL {
        for frame in sample(*operation, &mut world).await.frames {
            asked.insert(frame["type"].as_str().unwrap().to_owned());
        }
    }
    world.stop().await;
    let vectors = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/vectors/client");
    for entry in std::fs::read_dir(vectors).unwrap() {
        let text = std::fs::read(entry.unwrap().path()).unwrap();
        let frame: ClientFrame = serde_json::from_slice(&text).unwrap();
        if frame.operation().is_some() {
            let frame = json!(frame);
            let kind = frame["type"].as_str().unwrap();
            assert!(asked.contains(kind), "{kind} has no sample");
        }
    }
}

/// What a link answers to those whom its access leaves out: it is not there.
#[tokio::test]
async fn a_link_is_open_to_whom_its_access_says() {
    let mut world = World::new().await;
    let link = world.file["link"].as_str().unwrap().to_owned();
    let id = world.file["file_id"].clone();
    let send = json!({"type": "send_message", "room": "nook", "attachments": [id]});
    assert_eq!(world.rita.ask(send).await["type"], "message_accepted");
    for access in ["anyone", "members", "revoked"] {
        let change = json!({"type": "change_link", "file_id": id, "access": access});
        assert_eq!(world.rita.ask(change).await["link"]["access"], access);
        for principal in Principal::ALL.into_iter().chain(Principal::STANDINGS) {
            let is_member = match principal {
                Principal::Person(_) | Principal::Bot(Scope::Read) => true,
                // They are in the room, but may read no files.
                Principal::Bot(_) | Principal::Nobody => false,
                Principal::Standing(_, standing) => standing.is_some(),
            };
            let is_open = access == "anyone" || (access == "members" && is_member);
            let expected = if is_open { 200 } else { 404 };
            let status = world.status(principal, "GET", &link).await;
            assert_eq!(status, expected, "{principal:?}, where it is for {access}");
        }
    }
    world.stop().await;
}
