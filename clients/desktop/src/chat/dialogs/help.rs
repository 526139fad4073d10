//! The keys.

use eframe::egui::{self, Sense, Ui, UiBuilder, vec2};

use crate::chat::{Env, shortcuts};
use crate::theme::space;
use crate::widgets::label;

/// The width of their column.
const KEYS: f32 = 168.0;

pub(super) fn show(ui: &mut Ui, env: &Env<'_>) {
    let theme = env.theme;
    let keys = shortcuts::list(ui.ctx());
    egui::ScrollArea::vertical().show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::S;
        for (key, meaning) in keys {
            ui.horizontal_top(|ui| {
                let (column, _) = ui.allocate_exact_size(vec2(KEYS, 18.0), Sense::hover());
                ui.scope_builder(UiBuilder::new().max_rect(column), |ui| {
                    label(ui, theme.secondary.bold(), theme.text, &key);
                });
                label(ui, theme.secondary, theme.text_2, meaning);
            });
        }
    });
}
