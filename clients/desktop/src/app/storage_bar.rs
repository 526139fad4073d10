//! Says that nothing can be stored, above everything else: what is written meanwhile is not safe.

use client::present::format::sentence;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Frame, Margin, Panel, Ui, ViewportCommand};

use crate::theme::{Theme, space};
use crate::widgets::{Weight, button, label, live, region};

#[derive(Debug, Default)]
pub(super) struct StorageBar {
    /// Why, for people.
    stuck: Option<String>,
    /// The window was to be closed all the same.
    asks: bool,
}

/// What a person wants done about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    TryAgain,
    Close,
}

impl StorageBar {
    /// A window that is closed takes with it what is not stored, so that it asks once.
    pub(super) fn look(&mut self, ctx: &egui::Context, stuck: Option<String>) {
        self.stuck = stuck;
        self.asks &= self.stuck.is_some();
        let closes = ctx.input(|input| input.viewport().close_requested());
        if closes && self.stuck.is_some() && !self.asks {
            self.asks = true;
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            ctx.request_repaint();
        }
    }

    pub(super) fn show(&self, ui: &mut Ui, theme: &Theme) -> Option<Wanted> {
        let reason = sentence(self.stuck.as_deref()?);
        let after = if self.asks {
            "What you wrote since is lost when the window closes."
        } else {
            "What you see stays, and nothing is sent until it can be stored."
        };
        let text = format!("Nothing can be stored: {reason} {after}");
        let frame = Frame::new()
            .fill(theme.danger_soft)
            .inner_margin(Margin::symmetric(space::L as i8, space::S as i8));
        let bar = Panel::top("storage").frame(frame);
        bar.show(ui, |ui| {
            region(ui, Role::Group, "Storage");
            let mut wanted = None;
            let told = label(ui, theme.secondary, theme.danger, &text);
            live(&told, Role::Alert, &text);
            ui.add_space(space::XS);
            ui.horizontal_wrapped(|ui| {
                if button(ui, theme, Weight::Primary, "Try again").clicked() {
                    wanted = Some(Wanted::TryAgain);
                }
                if self.asks && button(ui, theme, Weight::Danger, "Close anyway").clicked() {
                    wanted = Some(Wanted::Close);
                }
            });
            wanted
        })
        .inner
    }
}
