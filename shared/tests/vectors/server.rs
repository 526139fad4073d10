//! `server/`: what the server sends.

use shared::ServerFrame::{self, *};
use shared::file::FileDescription;
use shared::frame::Welcome as WelcomeFrame;
use shared::frame::{Person, ServerInfo};
use shared::limits::Limits;
use shared::room::{Member, RoomKind};
use shared::room::{RoomInfo, RoomOpening};
use shared::{ErrorCode, ErrorReply, EventBody, RequestId, Role, Sequence};

use crate::samples::*;
use crate::{Vector, both_ways, check, decodes, variants};

variants!(ServerFrame,
    Welcome(_) => "welcome",
    Pong { .. } => "pong",
    Done { .. } => "done",
    MessageAccepted { .. } => "message_accepted",
    RoomJoined { .. } => "room_joined",
    RoomsListed { .. } => "rooms_listed",
    MembersListed { .. } => "members_listed",
    HistoryPage { .. } => "history_page",
    UploadStatus(_) => "upload_status",
    ChunkStored { .. } => "chunk_stored",
    UploadFinished { .. } => "upload_finished",
    UploadsListed { .. } => "uploads_listed",
    FilesListed { .. } => "files_listed",
    FileDescribed(_) => "file_described",
    ChunkRead { .. } => "chunk_read",
    ServerDescribed(_) => "server_described",
    InvitationDescribed(_) => "invitation_described",
    BansListed { .. } => "bans_listed",
    LinkDescribed { .. } => "link_described",
    PeopleFound { .. } => "people_found",
    ProfileDescribed { .. } => "profile_described",
    TotpBegun { .. } => "totp_begun",
    SessionsListed { .. } => "sessions_listed",
    BotCreated { .. } => "bot_created",
    BotsListed { .. } => "bots_listed",
    InvitationCreated { .. } => "invitation_created",
    InvitationsListed { .. } => "invitations_listed",
    PeopleListed { .. } => "people_listed",
    AllRoomsListed { .. } => "all_rooms_listed",
    SettingsDescribed { .. } => "settings_described",
    StorageDescribed { .. } => "storage_described",
    AuditPage { .. } => "audit_page",
    ReportsListed { .. } => "reports_listed",
    Error(_) => "error",
    RoomEvent(_) => "room_event",
    RoomEntered { .. } => "room_entered",
    RoomExited { .. } => "room_exited",
    TypingChanged { .. } => "typing_changed",
    UploadBegun { .. } => "upload_begun",
    UploadProgressed { .. } => "upload_progressed",
    UploadEnded { .. } => "upload_ended",
    ReadMarkerMoved { .. } => "read_marker_moved",
    AccountChanged { .. } => "account_changed",
    SessionEnded { .. } => "session_ended",
    PresenceListed { .. } => "presence_listed",
    PresenceChanged { .. } => "presence_changed",
    Draining { .. } => "draining",
    Unknown => "unknown",
);

const ID: RequestId = RequestId(7);

#[test]
fn server_frames() {
    let vectors = [sessions(), rooms(), files(), pushed()];
    check(
        "server",
        NAMES,
        name_of,
        &vectors.into_iter().flatten().collect::<Vec<_>>(),
    );
}

fn sessions() -> Vec<Vector<ServerFrame>> {
    let welcome = WelcomeFrame {
        request_id: ID,
        protocol: 1,
        server: ServerInfo {
            name: "Chinwag".to_owned(),
            version: "1.0.0".to_owned(),
            public_url: Some("https://chat.example".to_owned()),
            files_url: Some("https://files.example".to_owned()),
            http_port: Some(8080),
            https: true,
        },
        epoch: epoch(),
        person: person(),
        role: Role::Member,
        session_id: None,
        session_token: Some("an-example-and-not-a-secret".to_owned()),
        rooms: vec![room_opening()],
        limits: Limits {
            text_bytes_max: 32_768,
            attachments_max: 32,
            file_bytes_max: 137_438_953_472,
            silence_timeout_ms: 90_000,
        },
        now_ms: AT,
    };
    let future_room = RoomOpening {
        room: RoomInfo {
            kind: RoomKind::Unknown,
            topic: String::new(),
            ..room_info()
        },
        ..room_opening()
    };
    let future_welcome = WelcomeFrame {
        request_id: RequestId(0),
        server: ServerInfo {
            public_url: None,
            files_url: None,
            http_port: None,
            https: false,
            ..welcome.server.clone()
        },
        session_token: None,
        rooms: vec![future_room],
        limits: Limits {
            file_bytes_max: 1_073_741_824,
            ..Limits::default()
        },
        ..welcome.clone()
    };
    let error = ErrorReply {
        request_id: ID,
        code: ErrorCode::RateLimited,
        message: "Too many requests; try again in a second.".to_owned(),
        details: serde_json::json!({ "limit": "messages" }),
        retry_after_ms: Some(1000),
    };
    let short_error = ErrorReply::new(ErrorCode::MalformedFrame, "");
    let future_error = ErrorReply::new(ErrorCode::Unknown, "The moon is in the wrong phase.");
    vec![
        both_ways("welcome", Welcome(welcome)),
        decodes("welcome_of_the_future", Welcome(future_welcome)),
        both_ways("pong", Pong { request_id: ID }),
        both_ways("done", Done { request_id: ID }),
        both_ways("error", Error(error)),
        decodes("error_minimal", Error(short_error)),
        decodes("error_of_the_future", Error(future_error)),
        both_ways(
            "draining",
            Draining {
                reconnect_after_ms: 2500,
            },
        ),
        decodes("of_the_future", Unknown),
    ]
}

fn rooms() -> Vec<Vector<ServerFrame>> {
    let room_id = room_id();
    let accepted = MessageAccepted {
        request_id: ID,
        transaction_id: transaction_id(),
        room_id,
        sequence: Sequence(42),
        at_ms: AT,
    };
    let lobby = RoomInfo {
        members: 9,
        joined: true,
        ..RoomInfo::new(
            parsed("019a0000-0000-7000-8000-000000000006"),
            parsed("lobby"),
            RoomKind::Lobby,
        )
    };
    let rooms = RoomsListed {
        request_id: ID,
        rooms: vec![lobby, room_info()],
    };
    let members = MembersListed {
        request_id: ID,
        room_id,
        total: 3,
        members: vec![Member::new(person(), true)],
    };
    let events = vec![
        room_event(40, EventBody::MemberJoined {}),
        room_event(41, message("Good morning")),
    ];
    let future_events = vec![
        room_event(40, EventBody::Unknown),
        room_event(41, message("Good morning")),
    ];
    let page = |events| HistoryPage {
        request_id: ID,
        room_id,
        events,
    };
    vec![
        both_ways("message_accepted", accepted),
        both_ways(
            "room_joined",
            RoomJoined {
                request_id: ID,
                room_id,
            },
        ),
        both_ways("rooms_listed", rooms),
        both_ways("members_listed", members),
        both_ways("history_page", page(events)),
        decodes("history_page_of_the_future", page(future_events)),
    ]
}

fn files() -> Vec<Vector<ServerFrame>> {
    let (upload_id, file_id) = (upload_id(), file_id());
    let finished_status = shared::UploadStatus {
        present: (0..3).collect(),
        file: Some(file()),
        ..upload_status()
    };
    let stored = ChunkStored {
        request_id: ID,
        upload_id,
        index: 2,
        hash: chunk_hash('2'),
    };
    let finished = UploadFinished {
        request_id: ID,
        upload_id,
        file: file(),
    };
    let described = FileDescription {
        request_id: ID,
        file: file(),
        layout: layout(),
        chunk_hashes: ['0', '1', '2'].map(chunk_hash).to_vec(),
    };
    let read = ChunkRead {
        request_id: ID,
        file_id,
        index: 2,
        payload_bytes: 524_288,
    };
    vec![
        both_ways("upload_status", UploadStatus(upload_status())),
        both_ways("upload_status_finished", UploadStatus(finished_status)),
        both_ways("chunk_stored", stored),
        both_ways("upload_finished", finished),
        both_ways("file_described", FileDescribed(described)),
        both_ways("chunk_read", read),
    ]
}

fn pushed() -> Vec<Vector<ServerFrame>> {
    let room_id = room_id();
    let other = Person {
        id: parsed("019a0000-0000-7000-8000-000000000007"),
        name: "Old Tom".to_owned(),
    };
    let typing = TypingChanged {
        room_id,
        person: person(),
        typing: true,
    };
    let present = PresenceListed {
        total: 2,
        people: vec![person().into(), other.clone().into()],
    };
    let changed = PresenceChanged {
        total: 1,
        came: vec![person().into()],
        left: vec![other.id],
    };
    let unchanged = PresenceChanged {
        total: 3000,
        came: Vec::new(),
        left: Vec::new(),
    };
    vec![
        both_ways(
            "room_event",
            RoomEvent(room_event(42, message("Good morning"))),
        ),
        decodes(
            "room_event_of_the_future",
            RoomEvent(room_event(43, EventBody::Unknown)),
        ),
        both_ways(
            "room_entered",
            RoomEntered {
                room: room_opening(),
            },
        ),
        both_ways("room_exited", RoomExited { room_id }),
        both_ways("typing_changed", typing),
        both_ways("presence_listed", present),
        both_ways("presence_changed", changed),
        both_ways("presence_changed_total_only", unchanged),
    ]
}
