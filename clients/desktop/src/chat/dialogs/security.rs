//! How the connection is kept from others.

use client::present::sheet::{Deed, Weight};
use eframe::egui::{Align, Layout, RichText, Ui};
use native::Secured;

use crate::chat::{Env, Wish};
use crate::widgets::{button, label};

pub(super) fn show(ui: &mut Ui, env: &Env<'_>) {
    let theme = env.theme;
    let server = env.server.to_string();
    let secured = env.handle.secured();
    let text = secured.map_or("There was no connection yet.", |secured| {
        secured.explained()
    });
    label(ui, theme.body.bold(), theme.text, &server);
    label(ui, theme.secondary, theme.text_2, text);
    let Some(Secured::Pinned { fingerprint, .. }) = secured else {
        return;
    };
    let fingerprint = fingerprint.to_string();
    label(
        ui,
        theme.secondary.bold(),
        theme.text,
        "Fingerprint of its certificate",
    );
    let shown = RichText::new(&fingerprint).monospace().color(theme.text);
    ui.add(eframe::egui::Label::new(shown).wrap().selectable(true));
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        if button(ui, theme, Weight::Plain, "Copy fingerprint").clicked() {
            env.wish(Wish::Perform(Deed::Copy(fingerprint.clone())));
        }
    });
}
