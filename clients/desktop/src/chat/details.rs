//! The right pane: what the room is about and who is in it.

use eframe::egui::Ui;
use shared::RoomId;

use super::Env;

pub(super) fn show(_ui: &mut Ui, _env: &Env<'_>, _room_id: RoomId) {}
