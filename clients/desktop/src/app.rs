//! What the window shows: the form to connect with, or the chat. Owns what outlives both.
//!
//! - `run`: opens the window; `place`: where it was on the screen
//! - `caret`: when the text cursor blinks; `storage_bar`: says that nothing can be stored

mod caret;
mod place;
mod run;
mod storage_bar;

pub use self::run::{RunError, run};

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;

use client::Entry;
use eframe::egui::{self, SystemTheme, ThemePreference, ViewportCommand};
use native::{Profile, ServerAddress};
use shared::{Fingerprint, PersonName};
use tokio::runtime::Runtime;

use self::caret::Caret;
use self::storage_bar::{StorageBar, Wanted};
use crate::chat::{Chat, Ended};
use crate::clipboard;
use crate::connect::{Connect, Request};
use crate::session::Session;
use crate::settings::{Appearance, Settings};
use crate::system::announce::{Announce, Announcer, Desktop};
use crate::system::look::{Look, Looks};
use crate::theme::{self, Themes};

/// What the program was asked for.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Where the profiles of all servers lie.
    pub profile_root: PathBuf,
    /// Without it, the server of last time.
    pub server: Option<ServerAddress>,
    /// Of that server's certificate; no other will do.
    pub fingerprint: Option<Fingerprint>,
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
    looks: Looks,
    themes: Themes,
    /// What the themes were made for, and the preference that egui was told.
    look: Look,
    told: Option<ThemePreference>,
    announcer: Announcer,
    caret: Caret,
    storage_bar: StorageBar,
    stage: Stage,
    /// Waits for a chat to be attached in.
    files: Vec<PathBuf>,
    /// Of this server's certificate.
    stated: Option<(ServerAddress, Fingerprint)>,
}

enum Stage {
    Connect(Box<Connect>),
    Chat(Box<Chat>),
}

impl App {
    /// Goes on with the session of last time, or asks where to connect to.
    pub fn new(
        creation: &eframe::CreationContext<'_>,
        options: Options,
    ) -> Result<Self, std::io::Error> {
        let ctx = &creation.egui_ctx;
        let mut looks = Looks::follow(ctx.clone());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("chinwag")
            .enable_all()
            .build()?;
        let settings = Settings::load(&options.profile_root);
        place::keep_on_screen(creation);
        ctx.set_zoom_factor(settings.zoom);
        theme::fonts::install(ctx);
        let look = looks.first();
        let announcer = Desktop::new(runtime.handle(), ctx.clone());
        let mut app = Self {
            runtime,
            stage: Stage::Connect(Box::new(Connect::new(&options.profile_root))),
            profile_root: options.profile_root,
            stored: settings.clone(),
            themes: Themes::install(ctx, look.high_contrast),
            look,
            told: None,
            settings,
            looks,
            announcer: Rc::new(RefCell::new(announcer)),
            caret: Caret::default(),
            storage_bar: StorageBar::default(),
            files: options.files,
            stated: options.server.clone().zip(options.fingerprint),
        };
        // Before the first frame, and told again with it.
        ctx.set_theme(app.preference().0);
        app.begin(ctx, options.server, options.name);
        Ok(app)
    }

    /// Has notices shown by somebody else than the desktop.
    pub fn announce_by(&mut self, announcer: Rc<RefCell<dyn Announce>>) {
        if let Stage::Chat(chat) = &mut self.stage {
            chat.announce_by(announcer.clone());
        }
        self.announcer = announcer;
    }

    /// Whoever has a session, or named themselves, need not be asked.
    fn begin(
        &mut self,
        ctx: &egui::Context,
        server: Option<ServerAddress>,
        name: Option<PersonName>,
    ) {
        let last = self.settings.server.clone();
        let server = server.or_else(|| last.and_then(|last| last.parse().ok()));
        let name_text = name.as_ref().map(PersonName::to_string);
        let mut form = Connect::new(&self.profile_root);
        form.fill(
            server.as_ref().map(ServerAddress::to_string),
            name_text.or_else(|| self.settings.name.clone()),
        );
        if let Some(server) = server {
            let known = Profile::session_at(&self.profile_root, &server);
            if known.ok().flatten().is_some() || name.is_some() {
                let entry = name.map(|name| Entry::Guest {
                    name: name.to_string(),
                });
                form.begin(self.open(ctx, Request { server, entry }));
            }
        }
        self.stage = Stage::Connect(Box::new(form));
    }

    fn open(&self, ctx: &egui::Context, request: Request) -> Result<Session, native::ProfileError> {
        let Request { server, entry } = request;
        let root = &self.profile_root;
        let stated = self.stated.as_ref().filter(|(stated, _)| {
            stated.host.eq_ignore_ascii_case(&server.host) && stated.port == server.port
        });
        let fingerprint = stated.map(|(_, fingerprint)| *fingerprint);
        Session::open(&self.runtime, root, server, entry, fingerprint, ctx.clone())
    }

    /// The chat of whoever is signed in now.
    fn enter(&mut self, ctx: &egui::Context, session: Session) {
        self.settings.server = Some(session.server.to_string());
        self.settings.name = session
            .handle
            .with_view(|view| Some(view.person.as_ref()?.name.clone()));
        let files = std::mem::take(&mut self.files);
        let chat = Chat::new(ctx, session, files, self.announcer.clone());
        self.stage = Stage::Chat(Box::new(chat));
    }

    /// Back to the form, with all that it asks for filled in.
    fn leave(&mut self, ended: Ended) {
        let mut form = Connect::new(&self.profile_root);
        form.fill(self.settings.server.clone(), self.settings.name.clone());
        form.tell(ended.reason, ended.kept);
        let chat = std::mem::replace(&mut self.stage, Stage::Connect(Box::new(form)));
        if let Stage::Chat(chat) = chat {
            chat.close();
        }
    }

    fn take_looks(&mut self, ctx: &egui::Context) {
        let look = self.looks.now();
        if look.high_contrast != self.look.high_contrast {
            self.themes = Themes::install(ctx, look.high_contrast);
            self.caret = Caret::default();
        }
        self.look = look;
        let (preference, frame) = self.preference();
        if self.told != Some(preference) {
            self.told = Some(preference);
            // Where nobody says anything.
            ctx.options_mut(|options| options.fallback_theme = egui::Theme::Light);
            ctx.set_theme(preference);
            ctx.send_viewport_cmd(ViewportCommand::SetTheme(frame));
        }
    }

    /// For the window, and for what the system draws around it.
    fn preference(&self) -> (ThemePreference, SystemTheme) {
        match (self.settings.appearance, self.look.dark) {
            (Appearance::System, None) => (ThemePreference::System, SystemTheme::SystemDefault),
            (Appearance::Light, _) | (Appearance::System, Some(false)) => {
                (ThemePreference::Light, SystemTheme::Light)
            }
            (Appearance::Dark, _) | (Appearance::System, Some(true)) => {
                (ThemePreference::Dark, SystemTheme::Dark)
            }
        }
    }

    fn store_settings(&mut self) {
        if self.settings != self.stored {
            // Whatever it does not remember is asked for again.
            let _ = self.settings.store(&self.profile_root);
            self.stored = self.settings.clone();
        }
    }

    fn handle(&self) -> Option<&native::Handle> {
        match &self.stage {
            Stage::Connect(form) => form.handle(),
            Stage::Chat(chat) => Some(chat.handle()),
        }
    }
}

impl eframe::App for App {
    /// Also runs while the window is hidden.
    fn logic(&mut self, ctx: &egui::Context, _: &mut eframe::Frame) {
        self.take_looks(ctx);
        match &mut self.stage {
            Stage::Connect(form) => {
                if let Some(session) = form.look() {
                    self.enter(ctx, session);
                }
            }
            Stage::Chat(chat) => {
                if let Some(ended) = chat.look(ctx, &mut self.settings) {
                    self.leave(ended);
                }
            }
        }
        let stuck = self.handle().and_then(native::Handle::stuck);
        self.storage_bar.look(ctx, stuck);
        self.store_settings();
    }

    fn raw_input_hook(&mut self, ctx: &egui::Context, input: &mut egui::RawInput) {
        clipboard::take_keys(ctx, input);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        self.caret.look(ui.ctx());
        let theme = self.themes.current(ui.ctx()).clone();
        match self.storage_bar.show(ui, &theme) {
            Some(Wanted::TryAgain) => {
                if let Some(handle) = self.handle() {
                    handle.store_again();
                }
            }
            Some(Wanted::Close) => ui.ctx().send_viewport_cmd(ViewportCommand::Close),
            None => {}
        }
        match &mut self.stage {
            Stage::Connect(form) => {
                if let Some(request) = form.show(ui, &theme) {
                    let session = self.open(ui.ctx(), request);
                    if let Stage::Connect(form) = &mut self.stage {
                        form.begin(session);
                    }
                }
            }
            Stage::Chat(chat) => chat.show(ui, &theme, &mut self.settings),
        }
        if ui.ctx().zoom_factor() != self.stored.zoom {
            self.settings.zoom = ui.ctx().zoom_factor();
        }
        place::remember(ui.ctx(), &mut self.settings);
    }

    fn on_exit(&mut self, _: Option<&eframe::glow::Context>) {
        let empty = Stage::Connect(Box::new(Connect::new(&self.profile_root)));
        match std::mem::replace(&mut self.stage, empty) {
            Stage::Chat(chat) => chat.close(),
            Stage::Connect(form) => form.close(),
        }
        self.store_settings();
    }
}
