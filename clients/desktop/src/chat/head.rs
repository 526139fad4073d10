//! The line above a room: its name and topic, and what can be done with it.

use eframe::egui::Ui;
use shared::RoomId;

use super::Env;

pub(super) fn show(_ui: &mut Ui, _env: &Env<'_>, _room_id: RoomId) {}
