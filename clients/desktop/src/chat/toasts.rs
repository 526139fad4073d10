//! Short notes that go by themselves.

use std::collections::VecDeque;
use std::time::Duration;

use client::present::icon::Icon;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align, Align2, Area, Id, Layout, Margin, Order, Stroke, Ui, vec2};

use super::Env;
use crate::theme::space;
use crate::widgets::{icon_button, label, live};

/// Long enough to be read twice, in seconds.
const SHOWN: f64 = 8.0;
/// As many as fit over the composer.
const NOTES_MAX: usize = 3;
const WIDTH: f32 = 440.0;

#[derive(Default)]
pub(super) struct Toasts {
    notes: VecDeque<Note>,
    /// How many there were; numbers the notes.
    count: u64,
}

struct Note {
    number: u64,
    text: String,
    /// By egui's clock; `None` until it is first shown.
    until: Option<f64>,
}

impl Toasts {
    /// The oldest goes where there are too many.
    pub(super) fn say(&mut self, text: String) {
        // Whoever is told the same again reads it again.
        self.notes.retain(|note| note.text != text);
        self.count += 1;
        self.notes.push_back(Note {
            number: self.count,
            text,
            until: None,
        });
        while self.notes.len() > NOTES_MAX {
            self.notes.pop_front();
        }
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, env: &Env<'_>) {
        let time = ctx.input(|input| input.time);
        for note in &mut self.notes {
            note.until.get_or_insert(time + SHOWN);
        }
        self.notes.retain(|note| note.until > Some(time));
        let ends = self.notes.iter().filter_map(|note| note.until);
        let Some(next) = ends.reduce(f64::min) else {
            return;
        };
        ctx.request_repaint_after(Duration::from_secs_f64(next - time));
        let width = WIDTH.min(ctx.content_rect().width() - 2.0 * space::L);
        let mut dismissed = None;
        Area::new(Id::unique("toasts"))
            .order(Order::Tooltip)
            .anchor(Align2::CENTER_BOTTOM, vec2(0.0, -96.0))
            .show(ctx, |ui| {
                ui.set_width(width);
                ui.spacing_mut().item_spacing.y = space::S;
                for note in &self.notes {
                    if toast(ui, env, &note.text) {
                        dismissed = Some(note.number);
                    }
                }
            });
        self.notes.retain(|note| Some(note.number) != dismissed);
    }
}

/// Returns whether it is dismissed.
fn toast(ui: &mut Ui, env: &Env<'_>, text: &str) -> bool {
    let theme = env.theme;
    let frame = egui::Frame::new()
        .fill(theme.surface_raised)
        .stroke(Stroke::new(1.0, theme.line_strong))
        .corner_radius(theme.radius_card)
        .shadow(theme.shadow)
        .inner_margin(Margin {
            left: 16,
            right: 8,
            top: 8,
            bottom: 8,
        });
    let shown = frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let dismissed = icon_button(ui, theme, Icon::Close, "Dismiss").clicked();
            ui.with_layout(
                Layout::left_to_right(Align::Center).with_main_wrap(false),
                |ui| {
                    let said = label(ui, theme.secondary, theme.text, text);
                    live(&said, Role::Status, text);
                },
            );
            dismissed
        })
        .inner
    });
    shown.inner
}
