//! `event/`: what a room's log holds.

use shared::EventBody::{self, *};

use crate::samples::*;
use crate::{both_ways, check, decodes, variants};

variants!(EventBody,
    MessageSent { .. } => "message_sent",
    RoomCreated { .. } => "room_created",
    MemberJoined { .. } => "member_joined",
    MemberLeft { .. } => "member_left",
    MemberAdded { .. } => "member_added",
    MemberRemoved { .. } => "member_removed",
    BanLifted { .. } => "ban_lifted",
    RoomRoleChanged { .. } => "room_role_changed",
    RoomChanged { .. } => "room_changed",
    FileArrived { .. } => "file_arrived",
    FileWithdrawn { .. } => "file_withdrawn",
    MessagesRemoved { .. } => "messages_removed",
    Removed { .. } => "removed",
    Unknown => "unknown",
);

#[test]
fn event_bodies() {
    let sent = MessageSent {
        transaction_id: transaction_id(),
        text: "Look at these".to_owned(),
        attachments: vec![file()],
        arriving: Vec::new(),
    };
    let created = RoomCreated {
        name: parsed("gardening"),
        topic: "Tomatoes, mostly".to_owned(),
    };
    let vectors = [
        both_ways("message_sent", sent.clone()),
        both_ways("message_sent_text_only", message("Good morning")),
        decodes("message_sent_of_the_future", sent),
        both_ways("room_created", created),
        both_ways("member_joined", MemberJoined {}),
        both_ways("member_left", MemberLeft {}),
        decodes("of_the_future", Unknown),
    ];
    check("event", NAMES, name_of, &vectors);
}
