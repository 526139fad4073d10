//! The form to connect with: which server, under which name, and what went wrong.

use client::present::format::sentence;
use client::{Command, ConnectionState};
use eframe::egui::{self, Key, RichText, Ui};
use native::{FailureKind, ProfileError, ServerAddress};
use shared::PersonName;

use crate::session::Session;
use crate::theme::{Theme, semibold, space};

#[derive(Default)]
pub(crate) struct Connect {
    server: String,
    name: String,
    problem: Option<String>,
    /// Being opened.
    session: Option<Session>,
}

/// How far connecting is.
pub(crate) enum Connecting {
    Goes,
    Done(Session),
}

impl Connect {
    pub(crate) fn new(server: Option<String>, name: Option<String>) -> Self {
        Self {
            server: server.unwrap_or_else(|| "127.0.0.1:7878".to_owned()),
            name: name.unwrap_or_default(),
            problem: None,
            session: None,
        }
    }

    /// The profile has a session of this name.
    pub(crate) fn know(&mut self, name: Option<&str>) {
        if let Some(name) = name {
            name.clone_into(&mut self.name);
        }
    }

    pub(crate) fn fail(&mut self, problem: String) {
        self.problem = Some(problem);
    }

    pub(crate) fn connect(&mut self, session: Result<Session, ProfileError>) {
        match session {
            Ok(session) => {
                self.problem = None;
                self.session = Some(session);
            }
            Err(error) => self.problem = Some(error.to_string()),
        }
    }

    pub(crate) fn close(self) {
        if let Some(session) = self.session {
            session.close();
        }
    }

    /// Looks how far it is. Whoever was signed in before need not wait for the server.
    pub(crate) fn look(&mut self) -> Connecting {
        let Some(session) = self.session.take() else {
            return Connecting::Goes;
        };
        if let Err(stopped) = session.changes() {
            self.problem = Some(stopped.to_string());
            return Connecting::Goes;
        }
        let (known, refused) = session.handle.with_view(|view| {
            let refused = match &view.connection {
                ConnectionState::SignedOut { reason } => Some(reason.clone()),
                ConnectionState::Waiting { .. }
                | ConnectionState::Connecting
                | ConnectionState::Greeting { .. }
                | ConnectionState::Online => None,
            };
            (view.person.is_some(), refused)
        });
        if let Some(reason) = refused {
            self.problem = reason;
            session.close();
            return Connecting::Goes;
        }
        if known {
            return Connecting::Done(session);
        }
        let failure = session.handle.last_failure();
        if let Some(failure) = failure {
            self.problem = Some(match failure.kind {
                FailureKind::Unreachable => format!(
                    "{} cannot be reached: {}. Check the address, and that the server runs.",
                    session.server, failure.reason
                ),
                FailureKind::Foreign => {
                    format!(
                        "{} is no Chinwag server: {}.",
                        session.server, failure.reason
                    )
                }
                FailureKind::Lost => format!("{}: {}.", session.server, failure.reason),
            });
            if failure.kind == FailureKind::Foreign {
                // Signing out forgets a claim that no server has granted.
                let _ = session.handle.command(Command::SignOut);
                session.close();
                return Connecting::Goes;
            }
        }
        self.session = Some(session);
        Connecting::Goes
    }

    /// What to connect to, once that is wanted.
    pub(crate) fn show(
        &mut self,
        ui: &mut Ui,
        theme: &Theme,
    ) -> Option<(ServerAddress, PersonName)> {
        let mut wanted = None;
        egui::CentralPanel::default().show(ui, |ui| {
            ui.vertical_centered(|ui| {
                ui.add_space(ui.available_height() * 0.2);
                ui.set_max_width(360.0);
                ui.label(RichText::new("Connect to Chinwag").font(semibold(theme.title.size)));
                ui.add_space(space::L);
                ui.with_layout(egui::Layout::top_down(egui::Align::Min), |ui| {
                    let label = ui.label("Server");
                    let server = egui::TextEdit::singleline(&mut self.server);
                    ui.add(server.desired_width(f32::INFINITY))
                        .labelled_by(label.id);
                    let label = ui.label("Your name");
                    let name = egui::TextEdit::singleline(&mut self.name);
                    let name = ui
                        .add(name.desired_width(f32::INFINITY))
                        .labelled_by(label.id);
                    if let Some(problem) = &self.problem {
                        ui.colored_label(theme.danger, problem);
                    }
                    let entered =
                        name.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
                    if self.session.is_some() {
                        ui.label("Connecting…");
                        if ui.button("Cancel").clicked()
                            && let Some(session) = self.session.take()
                        {
                            session.close();
                        }
                    } else if ui.button("Connect").clicked() || entered {
                        match self.entered() {
                            Ok(entered) => wanted = Some(entered),
                            Err(problem) => self.problem = Some(problem),
                        }
                    }
                });
            });
        });
        wanted
    }

    fn entered(&self) -> Result<(ServerAddress, PersonName), String> {
        let server = self.server.parse::<ServerAddress>();
        let server = server.map_err(|error| sentence(&error.to_string()))?;
        let name = self.name.parse::<PersonName>();
        let name = name.map_err(|error| sentence(&error.to_string()))?;
        Ok((server, name))
    }
}
