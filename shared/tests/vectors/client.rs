//! `client/` and `credentials/`: what clients send.

use shared::ClientFrame::{self, *};
use shared::file::{BeginUpload as Begin, FinishUpload as Finish};
use shared::frame::{ClientInfo, Credentials, Resume, RoomCursor};
use shared::frame::{Hello as HelloFrame, SendMessage as Message};
use shared::room::CreateRoom as Create;
use shared::{PROTOCOL_VERSION, RequestId, RoomRef, Sequence, SessionToken};

use crate::samples::*;
use crate::{Vector, both_ways, check, decodes, variants};

variants!(ClientFrame,
    Hello(_) => "hello",
    Ping { .. } => "ping",
    SendMessage(_) => "send_message",
    CreateRoom(_) => "create_room",
    JoinRoom { .. } => "join_room",
    LeaveRoom { .. } => "leave_room",
    ListRooms { .. } => "list_rooms",
    ListMembers { .. } => "list_members",
    ReadHistory { .. } => "read_history",
    SetTyping { .. } => "set_typing",
    BeginUpload(_) => "begin_upload",
    PutChunk { .. } => "put_chunk",
    DescribeUpload { .. } => "describe_upload",
    FinishUpload(_) => "finish_upload",
    CancelUpload { .. } => "cancel_upload",
    ListUploads { .. } => "list_uploads",
    ListFiles(_) => "list_files",
    DescribeFile { .. } => "describe_file",
    ReadChunk { .. } => "read_chunk",
    DescribeServer { .. } => "describe_server",
    DescribeInvitation { .. } => "describe_invitation",
    OpenDirect { .. } => "open_direct",
    AddMember { .. } => "add_member",
    RemoveMember(_) => "remove_member",
    ListBans { .. } => "list_bans",
    LiftBan { .. } => "lift_ban",
    ChangeRoom(_) => "change_room",
    SetRoomRole(_) => "set_room_role",
    RemoveMessage { .. } => "remove_message",
    ReportMessage(_) => "report_message",
    MarkRead { .. } => "mark_read",
    ChangeLink(_) => "change_link",
    ReadLink { .. } => "read_link",
    FindPeople { .. } => "find_people",
    DescribePerson { .. } => "describe_person",
    SetPresence { .. } => "set_presence",
    ChangeProfile(_) => "change_profile",
    ChangePassword(_) => "change_password",
    BeginTotp { .. } => "begin_totp",
    ConfirmTotp { .. } => "confirm_totp",
    RemoveTotp { .. } => "remove_totp",
    SignOut { .. } => "sign_out",
    ListSessions { .. } => "list_sessions",
    EndSessions(_) => "end_sessions",
    CreateBot(_) => "create_bot",
    ListBots { .. } => "list_bots",
    RenewBot { .. } => "renew_bot",
    RemoveBot { .. } => "remove_bot",
    CreateInvitation(_) => "create_invitation",
    ListInvitations { .. } => "list_invitations",
    RevokeInvitation { .. } => "revoke_invitation",
    AcceptInvitation { .. } => "accept_invitation",
    ListPeople(_) => "list_people",
    SetRole { .. } => "set_role",
    ResetPassword { .. } => "reset_password",
    SignOutPerson { .. } => "sign_out_person",
    RemovePerson(_) => "remove_person",
    ListAllRooms { .. } => "list_all_rooms",
    DescribeSettings { .. } => "describe_settings",
    ChangeSettings(_) => "change_settings",
    DescribeStorage { .. } => "describe_storage",
    ReadAuditLog { .. } => "read_audit_log",
    ListReports { .. } => "list_reports",
    CloseReport(_) => "close_report",
    Unknown => "unknown",
);

const ID: RequestId = RequestId(7);
const NONE: RequestId = RequestId(0);

#[test]
fn client_frames() {
    let vectors = [sessions_and_messages(), rooms(), files()];
    check(
        "client",
        NAMES,
        name_of,
        &vectors.into_iter().flatten().collect::<Vec<_>>(),
    );
}

fn sessions_and_messages() -> Vec<Vector<ClientFrame>> {
    let hello = HelloFrame {
        request_id: ID,
        protocol: PROTOCOL_VERSION,
        client: ClientInfo {
            name: "chinwag-terminal".to_owned(),
            version: "1.0.0".to_owned(),
        },
        credentials: token(),
        resume: Some(Resume {
            epoch: epoch(),
            rooms: vec![RoomCursor {
                room_id: room_id(),
                last_sequence: Sequence(40),
            }],
        }),
    };
    let first_hello = HelloFrame {
        request_id: NONE,
        protocol: 1,
        client: ClientInfo::default(),
        credentials: name(),
        resume: None,
    };
    let future_hello = HelloFrame {
        protocol: 2,
        credentials: Credentials::Unknown,
        ..first_hello.clone()
    };
    let message = Message {
        request_id: ID,
        room: room_by_id(),
        transaction_id: Some(transaction_id()),
        text: "Two\nlines, \"quoted\", and 🍅".to_owned(),
        attachments: vec![file_id()],
    };
    let short_message = Message {
        request_id: NONE,
        room: RoomRef::Name(parsed("lobby")),
        transaction_id: None,
        text: "hello".to_owned(),
        attachments: Vec::new(),
    };
    vec![
        both_ways("hello", Hello(hello.into())),
        decodes("hello_minimal", Hello(first_hello.into())),
        decodes("hello_of_the_future", Hello(future_hello.into())),
        both_ways("ping", Ping { request_id: ID }),
        both_ways("send_message", SendMessage(message.clone())),
        decodes("send_message_minimal", SendMessage(short_message)),
        decodes("send_message_of_the_future", SendMessage(message)),
        both_ways(
            "set_typing",
            SetTyping {
                room: room_by_id(),
                typing: true,
            },
        ),
        decodes("of_the_future", Unknown),
    ]
}

fn rooms() -> Vec<Vector<ClientFrame>> {
    let room = room_by_id;
    let create = CreateRoom(Create {
        request_id: ID,
        name: "gardening".to_owned(),
        topic: "Tomatoes, mostly".to_owned(),
        ..Create::default()
    });
    let read = ReadHistory {
        request_id: ID,
        room: room(),
        before: Some(Sequence(41)),
        limit: 50,
    };
    let read_newest = ReadHistory {
        request_id: NONE,
        room: RoomRef::Name(parsed("gardening")),
        before: None,
        limit: 50,
    };
    let by_name = JoinRoom {
        request_id: ID,
        room: RoomRef::Name(parsed("gardening")),
    };
    vec![
        both_ways("create_room", create),
        both_ways(
            "join_room",
            JoinRoom {
                request_id: ID,
                room: room(),
            },
        ),
        decodes("join_room_by_name", by_name),
        both_ways(
            "leave_room",
            LeaveRoom {
                request_id: ID,
                room: room(),
            },
        ),
        both_ways("list_rooms", ListRooms { request_id: ID }),
        both_ways(
            "list_members",
            ListMembers {
                request_id: ID,
                room: room(),
            },
        ),
        both_ways("read_history", read),
        decodes("read_history_minimal", read_newest),
    ]
}

fn files() -> Vec<Vector<ClientFrame>> {
    let (upload_id, file_id) = (upload_id(), file_id());
    let begin = Begin {
        request_id: ID,
        upload_id: Some(upload_id),
        name: "holiday photo.png".to_owned(),
        size_bytes: 2_621_440,
        media_type: Some("image/png".to_owned()),
    };
    let put = PutChunk {
        request_id: ID,
        upload_id,
        index: 2,
        hash: Some(chunk_hash('2')),
        payload_bytes: 524_288,
    };
    let finish = Finish {
        request_id: ID,
        upload_id,
        content_hash: Some(content_hash()),
    };
    vec![
        both_ways("begin_upload", BeginUpload(begin)),
        both_ways("put_chunk", put),
        both_ways(
            "describe_upload",
            DescribeUpload {
                request_id: ID,
                upload_id,
            },
        ),
        both_ways("finish_upload", FinishUpload(finish)),
        both_ways(
            "cancel_upload",
            CancelUpload {
                request_id: ID,
                upload_id,
            },
        ),
        both_ways(
            "describe_file",
            DescribeFile {
                request_id: ID,
                file_id,
            },
        ),
        both_ways(
            "read_chunk",
            ReadChunk {
                request_id: ID,
                file_id,
                index: 2,
            },
        ),
    ]
}

fn name() -> Credentials {
    Credentials::ClaimName {
        name: "Zoë".to_owned(),
        session_token: None,
    }
}

fn name_with_token() -> Credentials {
    Credentials::ClaimName {
        name: "Zoë".to_owned(),
        session_token: Some(SessionToken::from_random([0; 32])),
    }
}

fn token() -> Credentials {
    Credentials::SessionToken {
        token: "an-example-and-not-a-secret".to_owned(),
    }
}

mod credentials {
    use super::*;

    variants!(Credentials,
        Credentials::ClaimName { .. } => "claim_name",
        Credentials::SignIn { .. } => "sign_in",
        Credentials::SignUp { .. } => "sign_up",
        Credentials::ResetPassword { .. } => "reset_password",
        Credentials::SessionCookie => "session_cookie",
        Credentials::SessionToken { .. } => "session_token",
        Credentials::Unknown => "unknown",
    );

    #[test]
    fn credentials() {
        let vectors = [
            both_ways("claim_name", name_with_token()),
            both_ways("claim_name_minimal", name()),
            both_ways("session_token", token()),
            decodes("of_the_future", Credentials::Unknown),
        ];
        check("credentials", NAMES, name_of, &vectors);
    }
}
