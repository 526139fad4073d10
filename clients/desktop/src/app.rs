//! What the window shows: the form to connect with, or the chat. Owns what outlives both.

use std::path::PathBuf;
use std::time::Duration;

use eframe::egui::{self, ThemePreference};
use native::{Profile, ServerAddress};
use shared::PersonName;
use tokio::runtime::Runtime;

use crate::chat::Chat;
use crate::clipboard;
use crate::connect::{Connect, Connecting};
use crate::session::Session;
use crate::settings::{Appearance, Settings};
use crate::theme::{self, Themes};

/// What the program was asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where the profiles of all servers lie.
    pub profile_root: PathBuf,
    /// Without it, the server of last time.
    pub server: Option<ServerAddress>,
    /// Claimed where there is no session yet.
    pub name: Option<PersonName>,
    /// To be attached to a message.
    pub files: Vec<PathBuf>,
}

/// The whole window.
pub struct App {
    runtime: Runtime,
    profile_root: PathBuf,
    settings: Settings,
    /// As last written.
    stored: Settings,
    themes: Themes,
    stage: Stage,
    /// Waits for a chat to be attached in.
    files: Vec<PathBuf>,
}

enum Stage {
    Connect(Connect),
    Chat(Box<Chat>),
}

impl App {
    /// Goes on with the session of last time, or asks where to connect to.
    pub fn new(
        creation: &eframe::CreationContext<'_>,
        options: Options,
    ) -> Result<Self, std::io::Error> {
        let ctx = &creation.egui_ctx;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("chinwag")
            .enable_all()
            .build()?;
        theme::fonts::install(ctx);
        let themes = Themes::install(ctx, false);
        let settings = Settings::load(&options.profile_root);
        ctx.set_theme(match settings.appearance {
            Appearance::System => ThemePreference::System,
            Appearance::Light => ThemePreference::Light,
            Appearance::Dark => ThemePreference::Dark,
        });
        ctx.set_zoom_factor(settings.zoom);
        let mut app = Self {
            runtime,
            profile_root: options.profile_root,
            stored: settings.clone(),
            settings,
            themes,
            stage: Stage::Connect(Connect::default()),
            files: options.files,
        };
        app.begin(ctx, options.server, options.name);
        Ok(app)
    }

    fn begin(
        &mut self,
        ctx: &egui::Context,
        server: Option<ServerAddress>,
        name: Option<PersonName>,
    ) {
        let last = self.settings.server.clone();
        let server = server.or_else(|| last.and_then(|last| last.parse().ok()));
        let text = server.as_ref().map(ServerAddress::to_string);
        let mut form = Connect::new(text, name.as_ref().map(PersonName::to_string));
        if let Some(server) = server {
            let known = Profile::open(&self.profile_root, &server)
                .and_then(|profile| profile.session())
                .ok()
                .flatten();
            if let Some(known) = &known {
                form.know(known.name());
            }
            if known.is_some() || name.is_some() {
                form.connect(self.open(ctx, server, name.as_ref()));
            }
        }
        self.stage = Stage::Connect(form);
    }

    fn open(
        &self,
        ctx: &egui::Context,
        server: ServerAddress,
        name: Option<&PersonName>,
    ) -> Result<Session, native::ProfileError> {
        Session::open(&self.runtime, &self.profile_root, server, name, ctx.clone())
    }

    fn store_settings(&mut self) {
        if self.settings != self.stored {
            // Whatever it does not remember is asked for again.
            let _ = self.settings.store(&self.profile_root);
            self.stored = self.settings.clone();
        }
    }
}

impl eframe::App for App {
    /// Also runs while the window is hidden.
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        match &mut self.stage {
            Stage::Connect(form) => {
                if let Connecting::Done(session) = form.look() {
                    self.settings.server = Some(session.server.to_string());
                    let files = std::mem::take(&mut self.files);
                    let chat = Chat::new(ctx, session, files);
                    self.stage = Stage::Chat(Box::new(chat));
                }
            }
            Stage::Chat(chat) => {
                if let Some(reason) = chat.look(ctx, &mut self.settings) {
                    let old = std::mem::replace(
                        &mut self.stage,
                        Stage::Connect(Connect::new(self.settings.server.clone(), None)),
                    );
                    if let Stage::Chat(chat) = old {
                        chat.close();
                    }
                    if let Stage::Connect(form) = &mut self.stage {
                        form.fail(reason);
                    }
                }
            }
        }
        self.store_settings();
    }

    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        clipboard::take_keys(ctx, input);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        let theme = self.themes.current(ui.ctx()).clone();
        match &mut self.stage {
            Stage::Connect(form) => {
                if let Some((server, name)) = form.show(ui, &theme) {
                    let session = self.open(ui.ctx(), server, Some(&name));
                    if let Stage::Connect(form) = &mut self.stage {
                        form.connect(session);
                    }
                }
            }
            Stage::Chat(chat) => chat.show(ui, &theme, &mut self.settings),
        }
        self.settings.zoom = ui.ctx().zoom_factor();
        ui.ctx().request_repaint_after(Duration::from_secs(3600));
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        let stage = std::mem::replace(&mut self.stage, Stage::Connect(Connect::default()));
        match stage {
            Stage::Chat(chat) => chat.close(),
            Stage::Connect(form) => form.close(),
        }
        self.store_settings();
    }
}
