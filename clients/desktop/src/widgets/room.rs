//! What stands before a room's name: what kind of room it is, or who else is in it.

use client::present::icon::Icon;
use eframe::egui::{Align2, Color32, Pos2, Rect, Ui, Vec2};
use shared::account::PresenceState;
use shared::frame::Person;
use shared::room::{RoomInfo, RoomKind};

use crate::theme::{Theme, icons};
use crate::widgets::{paint_avatar, paint_presence};

const SIDE: f32 = 20.0;

/// What stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RoomMark {
    /// `#`.
    Name,
    Icon(Icon),
    /// The other one of a conversation of two.
    Person(Person, PresenceState),
}

impl RoomMark {
    /// `presence` says whether somebody is there.
    pub(crate) fn of(room: &RoomInfo, presence: impl FnOnce(&Person) -> PresenceState) -> Self {
        match (room.kind, room.people.as_slice()) {
            (RoomKind::Direct, [other]) => Self::Person(other.clone(), presence(other)),
            (RoomKind::Direct, _) => Self::Icon(Icon::People),
            _ if room.archived => Self::Icon(Icon::Archive),
            (RoomKind::Private, _) => Self::Icon(Icon::Lock),
            (RoomKind::Lobby | RoomKind::Public | RoomKind::Unknown, _) => Self::Name,
        }
    }
}

/// Around `centre`, on `ground`.
pub(crate) fn paint_mark(
    ui: &Ui,
    theme: &Theme,
    centre: Pos2,
    mark: &RoomMark,
    (colour, ground): (Color32, Color32),
) {
    let painter = ui.painter();
    let rect = Rect::from_center_size(centre, Vec2::splat(SIDE));
    match mark {
        RoomMark::Name => {
            let font = theme.body.font();
            painter.text(centre, Align2::CENTER_CENTER, "#", font, colour);
        }
        RoomMark::Icon(icon) => icons::paint(painter, rect, 16.0, *icon, colour),
        RoomMark::Person(person, presence) => {
            paint_avatar(painter, theme, person, rect);
            paint_presence(painter, theme, *presence, rect, ground);
        }
    }
}
