//! All rooms that are no direct messages.

use shared::ServerFrame;
use shared::admin::RoomRecord;
use shared::room::RoomKind;

use super::{Eyes, Items, Lead, Part, Row};
use crate::present::sheet::{Deed, Item};
use crate::present::{format, rooms};

pub(super) fn parts(eyes: &Eyes<'_>, answer: &ServerFrame) -> Option<Vec<Part>> {
    let ServerFrame::AllRoomsListed { rooms, .. } = answer else {
        return None;
    };
    Some(vec![Part::List {
        rows: rooms.iter().map(|record| row(eyes, record)).collect(),
        empty: "There are no rooms.",
    }])
}

fn row(eyes: &Eyes<'_>, record: &RoomRecord) -> Row {
    let room = &record.room;
    let last = match record.last_event_at_ms {
        Some(at) => format!("last used {}", eyes.moment(at)),
        None => "never used".into(),
    };
    let kind = match room.kind {
        _ if room.archived => "archived",
        RoomKind::Private => "private",
        RoomKind::Lobby | RoomKind::Public | RoomKind::Direct | RoomKind::Unknown => "",
    };
    let is_mine = eyes.view.rooms.contains_key(&room.room_id);
    let open = || Item::new("Open", Deed::Open(room.room_id));
    let lead = Lead::Room(Box::new(room.clone()));
    Row::new(room.room_id, lead, rooms::title(room))
        .notes([
            kind.to_owned(),
            format::people(room.members.into()),
            format!("{} events", room.last_sequence.0),
            last,
        ])
        .items(match is_mine {
            true => Items::Buttons(vec![open()]),
            false => Items::None,
        })
}
