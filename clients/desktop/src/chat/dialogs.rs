//! What lies over the window until it is answered; one at a time.

use client::Change;
use eframe::egui;
use shared::RoomId;

use super::Env;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialog {
    /// Find a room by its name.
    Jump,
    /// Rooms that one may join.
    Browse,
    CreateRoom,
    Leave(RoomId),
    SignOut,
    Settings,
    /// The keys.
    Help,
}

#[derive(Default)]
pub(super) struct Dialogs {
    open: Option<Dialog>,
}

impl Dialogs {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn open(&mut self, dialog: Dialog) {
        self.open = Some(dialog);
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    pub(super) fn changed(&mut self, _changes: &[Change]) {}

    pub(super) fn show(&mut self, _ctx: &egui::Context, _env: &Env<'_>) {}
}
