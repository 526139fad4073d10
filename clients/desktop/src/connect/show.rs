//! The form on the screen, as the page's.

use std::time::Duration;

use client::Command;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, CentralPanel, Frame, Id, Key, ScrollArea, Sense, Stroke, Ui, Vec2};
use shared::limits::PERSON_NAME_CHARS_MAX;

use super::progress::Told;
use super::{Connect, Field, Request};
use crate::theme::{Theme, space};
use crate::widgets::{
    self, Weight, button, heading, label, link_button, live, mark, problem, wide_button,
};

const WIDTH: f32 = 400.0;
const PADDING: f32 = 32.0;
const MARK: f32 = 48.0;

impl Connect {
    /// What to connect to, once that is wanted.
    pub(crate) fn show(&mut self, ui: &mut Ui, theme: &Theme) -> Option<Request> {
        self.recognise();
        let ground = Frame::new().fill(theme.surface_side);
        let mut request = None;
        CentralPanel::default().frame(ground).show(ui, |ui| {
            widgets::region(ui, Role::Main, "Connect");
            ScrollArea::vertical().show(ui, |ui| {
                let width = WIDTH.min(ui.available_width() - 2.0 * space::L);
                let left = (ui.available_width() - width) / 2.0;
                // As high as it was with the last drawing, for it stands in the middle.
                let id = ui.scope_id().with("height");
                let height = ui.data(|data| data.get_temp(id)).unwrap_or(400.0);
                let top = ((ui.available_height() - height) / 2.0).max(space::L);
                ui.add_space(top);
                let card = ui.horizontal(|ui| {
                    ui.add_space(left);
                    let card = card(theme).show(ui, |ui| {
                        ui.set_width(width - 2.0 * PADDING);
                        ui.vertical(|ui| request = self.fields(ui, theme));
                    });
                    card.response.rect.height()
                });
                if card.inner != height {
                    ui.data_mut(|data| data.insert_temp(id, card.inner));
                    ui.request_repaint();
                }
                ui.add_space(space::L);
            });
        });
        request
    }

    fn fields(&mut self, ui: &mut Ui, theme: &Theme) -> Option<Request> {
        ui.spacing_mut().item_spacing.y = space::M;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(MARK), Sense::hover());
        mark(ui.painter(), rect);
        ui.add_space(space::XS);
        heading(ui, theme.title, theme.text, "Connect to Chinwag", 1);
        let hint = "Ask whoever runs the server for its address. Come in with your account, with an invitation, or, \
                    where the server takes guests, with a free name.";
        label(ui, theme.secondary, theme.text_2, hint);
        ui.add_space(space::XS);
        let entered = self.server_field(ui, theme)
            | self.name_field(ui, theme)
            | self.secret_fields(ui, theme);
        problem(ui, theme, self.problem.as_deref());
        let request = match self.session.is_some() {
            true => {
                self.show_progress(ui, theme);
                None
            }
            false => {
                let pressed = wide_button(ui, theme, Weight::Primary, "Connect").clicked();
                (pressed || entered).then(|| self.submit()).flatten()
            }
        };
        if let Some(kept) = &self.kept {
            label(ui, theme.secondary, theme.text_2, kept);
        }
        request
    }

    /// Whether Enter was pressed in it.
    fn server_field(&mut self, ui: &mut Ui, theme: &Theme) -> bool {
        let text = widgets::Field {
            label: "Server",
            hint: super::USUAL,
            ..widgets::Field::default()
        };
        self.field(ui, theme, Field::Server, text)
    }

    /// What comes after the name, for whoever is not known there yet. Whether Enter was pressed in one of them.
    fn secret_fields(&mut self, ui: &mut Ui, theme: &Theme) -> bool {
        if self.known.is_some() {
            return false;
        }
        let password = widgets::Field {
            label: "Password",
            optional: true,
            hint: "Empty for a guest",
            secret: true,
            ..widgets::Field::default()
        };
        let mut entered = self.field(ui, theme, Field::Password, password);
        if self.code.is_some() {
            let code = widgets::Field {
                label: "Code",
                hint: "Of your authenticator: 123456",
                chars_max: Some(10),
                ..widgets::Field::default()
            };
            entered |= self.field(ui, theme, Field::Code, code);
        }
        if self.invitation.is_none() {
            let text = "I have an invitation link";
            let free = self.session.is_none();
            let colour = theme.accent_text;
            let asked = ui.add_enabled_ui(free, |ui| {
                link_button(ui, theme, theme.secondary, colour, text).clicked()
            });
            if asked.inner {
                self.invitation = Some(String::new());
                self.focus = Some(Field::Invitation);
            }
            return entered;
        }
        let invitation = widgets::Field {
            label: "Invitation link",
            hint: "For a new account, or a new password",
            ..widgets::Field::default()
        };
        entered | self.field(ui, theme, Field::Invitation, invitation)
    }

    /// Whether Enter was pressed in it.
    fn field(&mut self, ui: &mut Ui, theme: &Theme, which: Field, field: widgets::Field) -> bool {
        let (id, text, problem) = match which {
            Field::Server => ("server", Some(&mut self.server), &mut self.server_problem),
            Field::Name => ("name", Some(&mut self.name), &mut self.name_problem),
            Field::Password => (
                "password",
                Some(&mut self.password),
                &mut self.password_problem,
            ),
            Field::Invitation => {
                let text = self.invitation.as_mut();
                ("invitation", text, &mut self.invitation_problem)
            }
            Field::Code => ("code", self.code.as_mut(), &mut self.code_problem),
        };
        let Some(text) = text else {
            return false;
        };
        let field = widgets::Field {
            problem: problem.as_deref(),
            ..field
        };
        let id = Id::unique(("connect", id));
        let free = self.session.is_none();
        let shown = ui.add_enabled_ui(free, |ui| widgets::field(ui, theme, id, field, text));
        let response = shown.inner;
        if response.changed() {
            *problem = None;
        }
        self.give_focus(which, &response);
        response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter))
    }

    /// Who one is there, or who one wants to be.
    fn name_field(&mut self, ui: &mut Ui, theme: &Theme) -> bool {
        if let Some(known) = &self.known {
            let text = format!("You are {known} on this server.");
            let told = label(ui, theme.body, theme.text, &text);
            live(&told, Role::Status, &text);
            problem(ui, theme, self.name_problem.as_deref());
            return false;
        }
        let text = widgets::Field {
            label: "Your name",
            hint: "Ann",
            chars_max: Some(PERSON_NAME_CHARS_MAX * 2),
            ..widgets::Field::default()
        };
        self.field(ui, theme, Field::Name, text)
    }

    fn give_focus(&mut self, field: Field, response: &egui::Response) {
        if self.focus == Some(field) && self.session.is_none() {
            self.focus = None;
            response.request_focus();
        }
    }

    fn show_progress(&mut self, ui: &mut Ui, theme: &Theme) {
        let Some(session) = &self.session else {
            return;
        };
        let Told {
            trouble,
            state,
            waits,
        } = self.progress.look(&session.handle, &session.server);
        problem(ui, theme, trouble.as_deref());
        if let Some(ms) = waits {
            ui.request_repaint_after(Duration::from_millis(ms.max(500)));
        }
        let told = label(ui, theme.secondary, theme.text_2, &state);
        live(&told, Role::Status, &state);
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            if button(ui, theme, Weight::Plain, "Cancel").clicked() {
                self.focus = Some(Field::Server);
                self.give_up();
                return;
            }
            let colour = theme.accent_text;
            if waits.is_some()
                && link_button(ui, theme, theme.secondary, colour, "Retry now").clicked()
                && let Some(handle) = self.handle()
            {
                // Does nothing unless it waits.
                let _ = handle.command(Command::ConnectNow);
            }
        });
    }
}

fn card(theme: &Theme) -> Frame {
    Frame::new()
        .fill(theme.surface_raised)
        .stroke(Stroke::new(1.0, theme.line))
        .corner_radius(16.0)
        .inner_margin(PADDING)
}
