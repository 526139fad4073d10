//! The frame of every dialog: the keyboard stays inside, and Escape closes it.

use client::present::icon::Icon;
use eframe::egui::{self, Align, Align2, Color32, Id, Layout, Modal, Stroke, Ui, vec2};

use crate::theme::{TextToken, Theme, space};
use crate::widgets::{heading, icon_button};

/// In points, where the window is wide enough.
const WIDTH: f32 = 480.0;
const HEIGHT: f32 = 640.0;
const TITLE: TextToken = TextToken {
    size: 17.0,
    line_height: 24.0,
    weight: 600,
};
/// Behind it, as the page has it.
const BACKDROP: Color32 = Color32::from_rgba_premultiplied(0, 3, 4, 102);

/// Shows a dialog. Returns whether it is to be closed, and what `content` returns.
pub(crate) fn modal<T>(
    ctx: &egui::Context,
    theme: &Theme,
    id: Id,
    title: &str,
    content: impl FnOnce(&mut Ui) -> T,
) -> (bool, T) {
    let window = ctx.content_rect().size();
    let width = WIDTH.min(window.x - 2.0 * space::L);
    let height = HEIGHT.min(window.y - 2.0 * space::L);
    let top = (0.12 * window.y).min(window.y - height);
    let area = Modal::default_area(id)
        .anchor(Align2::CENTER_TOP, vec2(0.0, top.max(space::L)))
        .accessible_name(title);
    let frame = egui::Frame::new()
        .fill(theme.surface_raised)
        .stroke(Stroke::new(1.0, theme.line))
        .corner_radius(14.0)
        .shadow(theme.shadow)
        .inner_margin(space::L);
    let shown = Modal::new(id)
        .area(area)
        .frame(frame)
        .backdrop_color(BACKDROP)
        .show(ctx, |ui| {
            ui.set_width(width - 2.0 * space::L - 2.0);
            ui.set_max_height(height - 2.0 * space::L - 2.0);
            ui.spacing_mut().item_spacing.y = space::M;
            let closed = head(ui, theme, title);
            (closed, content(ui))
        });
    let (closed, inner) = (shown.inner.0, shown.should_close());
    (closed || inner, shown.inner.1)
}

fn head(ui: &mut Ui, theme: &Theme, title: &str) -> bool {
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let closed = icon_button(ui, theme, Icon::Close, "Close").clicked();
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                heading(ui, TITLE, theme.text, title, 1);
            });
            closed
        })
        .inner
    })
    .inner
}
