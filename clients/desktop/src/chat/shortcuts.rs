//! Keys that mean the same everywhere.

use eframe::egui;
use shared::RoomId;

use super::Env;

pub(super) fn take(
    _ctx: &egui::Context,
    _env: &Env<'_>,
    _room: Option<RoomId>,
    _dialog_open: bool,
) {
}
