//! The form by which a guest makes an account.

use client::present::membership;
use client::present::sheet::Weight;
use eframe::egui::accesskit::Role;
use eframe::egui::{Align, Ui};
use shared::{ErrorCode, ErrorReply};

use super::{Env, Wish};
use crate::widgets::{Form, Pressed, heading, label, region};

pub(super) struct MakeAccount {
    /// The guest's, and their account's.
    name: String,
    form: Form,
    /// The answer is on its way.
    waits: bool,
}

impl MakeAccount {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            form: Form::new(&membership::fields(name), false),
            waits: false,
        }
    }

    pub(super) fn refuse(&mut self, error: &ErrorReply) {
        self.waits = false;
        self.form.refuse(error);
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        region(ui, Role::Group, "Account");
        heading(ui, theme.body.bold(), theme.text, "Account", 3);
        label(ui, theme.secondary, theme.text_2, membership::ABOUT);
        self.form.show_fields(ui, theme);
        let words = (membership::ACTION, Weight::Primary);
        let pressed = self
            .form
            .show_buttons(ui, theme, words, self.waits, Align::Min);
        if pressed == Pressed::Submit {
            match membership::entry(&self.name, &self.form.values()) {
                Ok(entry) => {
                    self.waits = true;
                    env.wish(Wish::MakeAccount(entry));
                }
                Err(text) => self.form.refuse(&ErrorReply::new(ErrorCode::Unknown, text)),
            }
        }
    }
}
