//! The left pane: rooms.

use eframe::egui::Ui;
use shared::RoomId;

use super::{Env, Wish};

pub(super) fn show(ui: &mut Ui, env: &Env<'_>, current: Option<RoomId>) {
    let rooms: Vec<(RoomId, String)> = env.view(|view| {
        let rooms = view.rooms.values();
        rooms
            .map(|room| (room.info.room_id, room.info.name.to_string()))
            .collect()
    });
    for (room_id, name) in rooms {
        let item = ui.selectable_label(Some(room_id) == current, format!("# {name}"));
        if item.clicked() {
            env.wish(Wish::Go(room_id));
        }
    }
}
