//! Short notes that go by themselves.

use eframe::egui;

use super::Env;

#[derive(Default)]
pub(super) struct Toasts {
    notes: Vec<String>,
}

impl Toasts {
    pub(super) fn say(&mut self, text: String) {
        self.notes.push(text);
    }

    pub(super) fn show(&mut self, _ctx: &egui::Context, _env: &Env<'_>) {}
}
