//! Says when one is not connected, and since when trying again makes sense. Nothing when all is well.

use eframe::egui::Ui;

use super::Env;

pub(super) fn show(_ui: &mut Ui, _env: &Env<'_>) {}
