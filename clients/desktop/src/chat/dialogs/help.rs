//! The keys.

use eframe::egui::{self, Align, Layout, Ui, vec2};

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
                let column = Layout::top_down(Align::Min);
                ui.allocate_ui_with_layout(vec2(KEYS, 0.0), column, |ui| {
                    ui.set_min_width(KEYS);
                    label(ui, theme.secondary.bold(), theme.text, &key);
                });
                label(ui, theme.secondary, theme.text_2, meaning);
            });
        }
    });
}
