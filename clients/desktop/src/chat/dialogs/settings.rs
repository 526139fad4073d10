//! What the window remembers.

use eframe::egui::Ui;

use crate::chat::Env;

#[derive(Default)]
pub(super) struct SettingsForm {}

impl SettingsForm {
    pub(super) fn show(&mut self, _ui: &mut Ui, _env: &Env<'_>) {}
}
