//! Asks before one gives up who one is.

use client::Command;
use client::present::sheet::Weight;
use client::present::words;
use eframe::egui::{Align, Layout, Ui};

use super::First;
use crate::chat::{Env, Wish};
use crate::widgets::{button, label};

/// What knows a guest, and keeps what is unsent.
const HERE: &str = "this computer";

#[derive(Default)]
pub(super) struct SignOut {
    first: First,
}

impl SignOut {
    pub(super) fn title(&self, env: &Env<'_>) -> String {
        env.view(|view| words::sign_out(view, HERE)).title
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let (question, unsent) =
            env.view(|view| (words::sign_out(view, HERE), words::unsent(view)));
        label(ui, theme.secondary, theme.text_2, &question.text);
        if let Some(unsent) = unsent {
            label(ui, theme.secondary, theme.danger, &unsent);
        }
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
            let leave = button(ui, theme, Weight::Danger, question.action);
            let cancel = button(ui, theme, Weight::Plain, "Cancel");
            self.first.give(ui, cancel.id);
            if cancel.clicked() {
                env.wish(Wish::CloseDialog);
            }
            if leave.clicked() {
                env.wish(Wish::CloseDialog);
                // Works in every state of the connection.
                env.run(Command::SignOut);
            }
        });
    }
}
