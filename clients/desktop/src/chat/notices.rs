//! What the desktop announces of rooms that nobody looks at.

use client::Change;
use eframe::egui;
use native::Handle;
use shared::RoomId;

use crate::settings::Settings;

#[derive(Default)]
pub(super) struct Notices {}

impl Notices {
    pub(super) fn changed(
        &mut self,
        _ctx: &egui::Context,
        _handle: &Handle,
        _changes: &[Change],
        _shown: Option<RoomId>,
        _settings: &Settings,
    ) {
    }
}
