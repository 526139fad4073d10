//! One's rooms and people in the order of lists.

use client::{Room, View};
use shared::RoomId;
use shared::frame::Person;
use shared::room::RoomKind;

/// The lobby first, then by name.
pub(super) fn in_order(view: &View) -> Vec<&Room> {
    let mut rooms: Vec<&Room> = view.rooms.values().collect();
    rooms.sort_by_cached_key(|room| {
        let after_lobby = room.info.kind != RoomKind::Lobby;
        (after_lobby, room.info.name.as_str().to_lowercase())
    });
    rooms
}

/// A room as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoomItem {
    pub(super) room_id: RoomId,
    pub(super) name: String,
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
        name: room.info.name.to_string(),
        unread: view.unread(room.info.room_id),
    };
    in_order(view).into_iter().map(item).collect()
}

/// By name.
pub(super) fn sort(people: &mut [Person]) {
    people.sort_by_cached_key(|person| person.name.to_lowercase());
}
