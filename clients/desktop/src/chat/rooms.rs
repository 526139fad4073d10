//! One's rooms and people in the order of lists.

use client::present::rooms::{group, title};
use client::present::words;
use client::{Room, View};
use shared::RoomId;
use shared::frame::Person;
use shared::room::RoomKind;

use crate::widgets::RoomMark;

/// The lobby first, then rooms by name, then those that are over, then conversations by who is in them.
pub(super) fn in_order(view: &View) -> Vec<&Room> {
    let mut rooms: Vec<&Room> = view.rooms.values().collect();
    rooms.sort_by_cached_key(|room| (group(&room.info), title(&room.info).to_lowercase()));
    rooms
}

/// A room as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RoomItem {
    pub(super) room_id: RoomId,
    pub(super) name: String,
    /// Stands before the name.
    pub(super) mark: RoomMark,
    /// Between a few people.
    pub(super) direct: bool,
    pub(super) archived: bool,
    pub(super) unread: u64,
    /// How many of them mention oneself.
    pub(super) mentions: u64,
}

impl RoomItem {
    /// What it is called for those who do not see the badge.
    pub(super) fn title(&self) -> String {
        match words::unread(self.unread, self.mentions) {
            None => self.name.clone(),
            Some(unread) => format!("{}, {unread}", self.name),
        }
    }
}

/// One's rooms in their order.
pub(super) fn items(view: &View) -> Vec<RoomItem> {
    let item = |room: &Room| {
        let info = &room.info;
        RoomItem {
            room_id: info.room_id,
            name: title(info),
            mark: RoomMark::of(info, |other| view.presence.state(other.id)),
            direct: info.kind == RoomKind::Direct,
            archived: info.archived,
            unread: view.unread(info.room_id),
            mentions: view.mentions(info.room_id),
        }
    };
    in_order(view).into_iter().map(item).collect()
}

/// By name.
pub(super) fn sort(people: &mut [Person]) {
    people.sort_by_cached_key(|person| person.name.to_lowercase());
}
