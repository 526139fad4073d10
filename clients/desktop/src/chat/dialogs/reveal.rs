//! A link or a token that is shown once, to be copied or, by a camera, read.

use client::present::sheet::{Deed, Reveal, Weight};
use eframe::egui::{Align, Frame, Layout, Margin, RichText, Ui};

use crate::chat::{Env, Wish};
use crate::widgets::{button, label, qr};

pub(super) fn show(ui: &mut Ui, env: &Env<'_>, reveal: &Reveal) {
    let theme = env.theme;
    label(ui, theme.secondary, theme.text_2, &reveal.text);
    if reveal.is_link {
        ui.vertical_centered(|ui| qr(ui, &reveal.value));
    }
    let frame = Frame::new()
        .fill(theme.code)
        .corner_radius(theme.radius)
        .inner_margin(Margin::same(12));
    frame.show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        let text = RichText::new(&reveal.value).monospace().color(theme.text);
        ui.add(eframe::egui::Label::new(text).wrap().selectable(true));
    });
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if button(ui, theme, Weight::Primary, reveal.action).clicked() {
            env.wish(Wish::Perform(Deed::Copy(reveal.value.clone())));
        }
    });
}
