//! A request of every operation, in the world's room where it is about one. What would change much is asked of what is
//! not there: whether one may ask is decided before.

use serde_json::{Value, json};
use shared::Operation;

use super::world::World;

/// Nobody, no upload and no report has this id.
const NOTHING: &str = "01935a00-0000-7000-8000-0000000000ff";

pub(super) struct Sample {
    pub(super) frames: Vec<Value>,
    /// Where there are routes.
    pub(super) http: Vec<Route>,
}

/// A request over HTTP.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) body: Value,
}

fn route(method: &'static str, path: String, body: Value) -> Route {
    Route { method, path, body }
}

pub(super) async fn sample(operation: Operation, world: &mut World) -> Sample {
    let room = world.room;
    let frames = match operation {
        Operation::Ping => vec![json!({"type": "ping"})],
        Operation::SendMessage => {
            vec![json!({"type": "send_message", "room": room, "text": "hello"})]
        }
        Operation::SetTyping => vec![json!({"type": "set_typing", "room": room, "typing": true})],
        Operation::ReadHistory => vec![json!({"type": "read_history", "room": room, "limit": 1})],
        Operation::ListMembers => vec![json!({"type": "list_members", "room": room})],
        Operation::MarkRead => vec![json!({"type": "mark_read", "room": room, "sequence": 1})],
        Operation::ListRooms => vec![json!({"type": "list_rooms"})],
        Operation::CreateRoom => vec![json!({"type": "create_room", "name": ""})],
        Operation::CreatePrivateRoom => {
            vec![json!({"type": "create_room", "name": "", "kind": "private"})]
        }
        Operation::JoinRoom => vec![json!({"type": "join_room", "room": "attic"})],
        Operation::LeaveRoom => vec![json!({"type": "leave_room", "room": "lobby"})],
        Operation::OpenDirect => vec![json!({"type": "open_direct", "people": [NOTHING]})],
        Operation::AddMember => vec![in_room(room, "add_member")],
        Operation::RemoveMember => vec![in_room(room, "remove_member")],
        Operation::ListBans => vec![json!({"type": "list_bans", "room": room})],
        Operation::LiftBan => vec![in_room(room, "lift_ban")],
        Operation::ChangeRoom => vec![json!({"type": "change_room", "room": room})],
        Operation::SetRoomRole => {
            let mut frame = in_room(room, "set_room_role");
            frame["role"] = json!("member");
            vec![frame]
        }
        Operation::RemoveMessage => {
            vec![json!({"type": "remove_message", "room": room, "sequence": 999_999})]
        }
        Operation::RemoveOthersMessage => {
            let sequence = world.say_as_rita().await;
            vec![json!({"type": "remove_message", "room": room, "sequence": sequence})]
        }
        Operation::ReportMessage => {
            vec![json!({"type": "report_message", "room": room, "sequence": 1})]
        }
        Operation::Upload => vec![
            json!({"type": "begin_upload", "name": "b", "size_bytes": 1}),
            json!({"type": "put_chunk", "upload_id": NOTHING, "index": 0, "payload_bytes": 0}),
            json!({"type": "describe_upload", "upload_id": NOTHING}),
            json!({"type": "finish_upload", "upload_id": NOTHING}),
            json!({"type": "cancel_upload", "upload_id": NOTHING}),
            json!({"type": "list_uploads"}),
        ],
        Operation::ReadFile => {
            let file = &world.file["file_id"];
            vec![
                json!({"type": "list_files"}),
                json!({"type": "describe_file", "file_id": file}),
                json!({"type": "read_chunk", "file_id": file, "index": 0}),
            ]
        }
        Operation::ChangeLink => {
            let file = &world.file["file_id"];
            vec![
                json!({"type": "change_link", "file_id": file, "access": "anyone"}),
                json!({"type": "read_link", "file_id": file}),
            ]
        }
        Operation::FindPeople => vec![json!({"type": "find_people", "query": "x"})],
        Operation::DescribePerson => vec![of_nobody("describe_person")],
        Operation::SetPresence => vec![json!({"type": "set_presence", "state": "away"})],
        Operation::ChangeProfile => {
            vec![json!({"type": "change_profile", "status_text": "x".repeat(101)})]
        }
        Operation::ChangePassword => vec![json!({"type": "change_password", "new": "x"})],
        Operation::ChangeTotp => vec![
            json!({"type": "begin_totp", "password": "x"}),
            json!({"type": "confirm_totp", "code": "1"}),
            json!({"type": "remove_totp", "password": "x"}),
        ],
        Operation::SignOut => vec![json!({"type": "sign_out"})],
        Operation::ListSessions => vec![json!({"type": "list_sessions"})],
        Operation::EndSessions => vec![json!({"type": "end_sessions", "session_ids": [NOTHING]})],
        Operation::ManageBots => vec![
            json!({"type": "create_bot", "name": "", "scopes": []}),
            json!({"type": "list_bots"}),
            of_nobody("renew_bot"),
            of_nobody("remove_bot"),
        ],
        Operation::CreateInvitation => vec![json!({"type": "create_invitation"})],
        Operation::CreateRoomInvitation => {
            vec![json!({"type": "create_invitation", "room": room})]
        }
        Operation::ManageInvitations => vec![
            json!({"type": "list_invitations"}),
            json!({"type": "revoke_invitation", "invitation_id": NOTHING}),
        ],
        Operation::AcceptInvitation => vec![json!({"type": "accept_invitation", "token": "x"})],
        Operation::ListPeople => vec![json!({"type": "list_people"})],
        Operation::SetRole => {
            let mut frame = of_nobody("set_role");
            frame["role"] = json!("member");
            vec![frame]
        }
        Operation::ResetPassword => vec![of_nobody("reset_password")],
        Operation::SignOutPerson => vec![of_nobody("sign_out_person")],
        Operation::RemovePerson => vec![of_nobody("remove_person")],
        Operation::ListAllRooms => vec![json!({"type": "list_all_rooms"})],
        Operation::DescribeSettings => vec![
            json!({"type": "describe_settings"}),
            json!({"type": "describe_storage"}),
        ],
        Operation::ChangeSettings => vec![json!({"type": "change_settings"})],
        Operation::ReadAuditLog => vec![json!({"type": "read_audit_log"})],
        Operation::ManageReports => vec![
            json!({"type": "list_reports"}),
            json!({"type": "close_report", "report_id": NOTHING}),
        ],
    };
    Sample {
        frames,
        http: http(operation, &world.file),
    }
}

/// About somebody who is not there.
fn of_nobody(kind: &str) -> Value {
    json!({"type": kind, "person_id": NOTHING})
}

fn in_room(room: &str, kind: &str) -> Value {
    json!({"type": kind, "room": room, "person_id": NOTHING})
}

fn http(operation: Operation, file: &Value) -> Vec<Route> {
    let upload = |rest: &str| format!("/api/uploads/{NOTHING}{rest}");
    match operation {
        Operation::Upload => vec![
            route(
                "POST",
                "/api/uploads".to_owned(),
                json!({"name": "b", "size_bytes": 1}),
            ),
            route("GET", upload(""), Value::Null),
            route("PUT", upload("/chunks/0"), Value::Null),
            route("POST", upload("/finish"), json!({})),
            route("DELETE", upload(""), Value::Null),
        ],
        Operation::ReadFile => {
            let id = file["file_id"].as_str().unwrap();
            vec![route("GET", format!("/api/files/{id}"), Value::Null)]
        }
        Operation::SignOut => vec![route("DELETE", "/api/session".to_owned(), Value::Null)],
        // Everything else is asked for by frames alone.
        _others => Vec::new(),
    }
}
