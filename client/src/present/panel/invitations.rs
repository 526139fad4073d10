//! Links that let people in.

use shared::account::{InvitationInfo, InvitationPurpose};
use shared::{ClientFrame, RoomId, ServerFrame};

use super::{Eyes, Items, Lead, Part, Row, request_id};
use crate::present::room_sheets::invite_to_server;
use crate::present::sheet::Item;

/// Of one room, or all.
pub(super) fn parts(
    eyes: &Eyes<'_>,
    room_id: Option<RoomId>,
    answer: &ServerFrame,
) -> Option<Vec<Part>> {
    let ServerFrame::InvitationsListed { invitations, .. } = answer else {
        return None;
    };
    let concerns = |one: &&InvitationInfo| room_id.is_none() || one.room_id == room_id;
    let rows = invitations.iter().filter(concerns);
    let list = Part::List {
        rows: rows.map(|one| row(eyes, one)).collect(),
        empty: "There are no open invitations.",
    };
    if room_id.is_some() {
        return Some(vec![list]);
    }
    let create = Item::ask("New invitation", invite_to_server()).primary();
    Some(vec![Part::Buttons(vec![create]), list])
}

fn row(eyes: &Eyes<'_>, one: &InvitationInfo) -> Row {
    let title = match (one.purpose, &one.room_name) {
        (_, Some(room)) => format!("Into #{room}"),
        (InvitationPurpose::Own, None) => "To own this server".into(),
        (InvitationPurpose::ResetPassword, None) => "For a new password".into(),
        (InvitationPurpose::Join | InvitationPurpose::Room | InvitationPurpose::Unknown, None) => {
            "To this server".into()
        }
    };
    let by = one.by.as_ref().map(|by| format!("by {}", by.name));
    Row::new(one.invitation_id, Lead::None, title)
        .notes([
            by.unwrap_or_default(),
            format!("used {} of {} times", one.uses, one.uses_max),
            format!("until {}", eyes.moment(one.expires_at_ms)),
        ])
        .items(Items::Buttons(vec![revoke(one)]))
}

fn revoke(one: &InvitationInfo) -> Item {
    let frame = ClientFrame::RevokeInvitation {
        request_id: request_id(),
        invitation_id: one.invitation_id,
    };
    Item::send("Revoke", frame)
}
