//! One's rooms and people in the order of lists.

use client::present::rooms::title;
use client::{Room, View};
use shared::RoomId;
use shared::frame::Person;
use shared::room::RoomKind;

/// The lobby first, then rooms by name, then conversations by who is in them.
pub(super) fn in_order(view: &View) -> Vec<&Room> {
    let mut rooms: Vec<&Room> = view.rooms.values().collect();
    rooms.sort_by_cached_key(|room| {
        let group = match room.info.kind {
            RoomKind::Lobby => 0,
            RoomKind::Public | RoomKind::Private | RoomKind::Unknown => 1,
            RoomKind::Direct => 2,
        };
        (group, title(&room.info).to_lowercase())
    });
    rooms
}

/// A room as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoomItem {
    pub(super) room_id: RoomId,
    pub(super) name: String,
    /// Stands before the name.
    pub(super) sign: &'static str,
    pub(super) unread: u64,
}

impl RoomItem {
    /// What it is called for those who do not see the badge.
    pub(super) fn title(&self) -> String {
        match self.unread {
            0 => self.name.clone(),
            unread => format!("{}, {unread} unread", self.name),
        }
    }
}

/// One's rooms in their order.
pub(super) fn items(view: &View) -> Vec<RoomItem> {
    let item = |room: &Room| RoomItem {
        room_id: room.info.room_id,
        name: title(&room.info),
        sign: sign(room.info.kind),
        unread: view.unread(room.info.room_id),
    };
    in_order(view).into_iter().map(item).collect()
}

/// What tells a room from a conversation.
pub(super) fn sign(kind: RoomKind) -> &'static str {
    match kind {
        RoomKind::Direct => "@",
        RoomKind::Lobby | RoomKind::Public | RoomKind::Private | RoomKind::Unknown => "#",
    }
}

/// By name.
pub(super) fn sort(people: &mut [Person]) {
    people.sort_by_cached_key(|person| person.name.to_lowercase());
}
