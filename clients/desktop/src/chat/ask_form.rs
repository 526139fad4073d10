//! A sheet as a form: what it asks of a person, and the request that comes of it.

use std::rc::Rc;

use client::Change;
use client::present::sheet::{Next, Sheet};
use eframe::egui::{self, Align, ScrollArea, Ui};
use shared::{ErrorCode, ErrorReply};

use super::Env;
use super::request::Request;
use crate::theme::space;
use crate::widgets::{Form, Pressed, label, qr};

pub(super) struct AskForm {
    pub(super) sheet: Rc<Sheet>,
    form: Form,
    request: Request,
}

/// A sheet has done what it was for, and this comes after it.
pub(super) struct Done(pub(super) Option<Next>);

impl AskForm {
    /// `focused` gives its first field the keyboard.
    pub(super) fn new(sheet: Rc<Sheet>, focused: bool) -> Self {
        Self {
            form: Form::new(&sheet.fields, focused),
            request: Request::default(),
            sheet,
        }
    }

    pub(super) fn changed(&mut self, change: &Change) -> Option<Done> {
        let answer = self.request.changed(change);
        if let Some(error) = self.request.problem.take() {
            self.form.refuse(&error);
        }
        Some(Done(self.sheet.next(&answer?)))
    }

    /// In a dialog of at most this height. Whether it is to be closed.
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, height: f32) -> bool {
        let foot = 36.0 + space::M;
        // Room for the rings of what has the keyboard.
        let frame = egui::Frame::new().inner_margin(2);
        ScrollArea::vertical()
            .max_height(height - foot)
            .show(ui, |ui| frame.show(ui, |ui| self.fields(ui, env)));
        self.buttons(ui, env, Align::Max)
    }

    /// As a part of a page.
    pub(super) fn show_inline(&mut self, ui: &mut Ui, env: &Env<'_>) {
        self.fields(ui, env);
        self.buttons(ui, env, Align::Min);
    }

    fn fields(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = space::M;
            if !self.sheet.text.is_empty() {
                label(ui, theme.secondary, theme.text_2, &self.sheet.text);
            }
            if let Some((text, typed)) = &self.sheet.code {
                qr(ui, text);
                label(ui, theme.body.bold(), theme.text, typed);
            }
            self.form.show_fields(ui, theme);
        });
    }

    fn buttons(&mut self, ui: &mut Ui, env: &Env<'_>, align: Align) -> bool {
        let words = (self.sheet.action.as_str(), self.sheet.weight);
        let waits = self.request.waits();
        match self.form.show_buttons(ui, env.theme, words, waits, align) {
            Pressed::Nothing => false,
            Pressed::Cancel => true,
            Pressed::Submit => {
                self.submit(env);
                false
            }
        }
    }

    fn submit(&mut self, env: &Env<'_>) {
        match self.sheet.frame(&self.form.values()) {
            Ok(frame) => {
                self.request.send(env, frame);
                if let Some(error) = self.request.problem.take() {
                    self.form.refuse(&error);
                }
            }
            Err(text) => self.form.refuse(&ErrorReply::new(ErrorCode::Unknown, text)),
        }
    }
}
