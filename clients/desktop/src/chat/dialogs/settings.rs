//! What the window remembers.

use std::sync::mpsc::{self, Receiver};

use client::present::format::sentence;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Ui};

use crate::chat::files::choose::{self, Choice};
use crate::chat::{Env, Wish};
use crate::settings::{Appearance, Settings, ZOOM_MAX, ZOOM_MIN};
use crate::theme::{Theme, space};
use crate::widgets::{
    Weight, button, focus_ring, heading, label, live, problem, region, switch_edges,
};

const ZOOM_STEP: f32 = 0.1;

#[derive(Default)]
pub(super) struct SettingsForm {
    /// The desktop's dialog for the folder, while it is open.
    folder: Option<Receiver<Choice>>,
    no_dialog: bool,
}

impl SettingsForm {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let mut settings = env.settings.clone();
        egui::ScrollArea::vertical().show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            appearance(ui, env.theme, &mut settings);
            zoom(ui, env.theme);
            notifications(ui, env, &mut settings);
            self.downloads(ui, env, &mut settings);
            about(ui, env);
        });
        if settings != *env.settings {
            env.wish(Wish::Set(Box::new(settings)));
        }
    }

    fn downloads(&mut self, ui: &mut Ui, env: &Env<'_>, settings: &mut Settings) {
        let theme = env.theme;
        section(ui, theme, "Downloads", |ui| {
            let place = match &settings.download_folder {
                Some(folder) => folder.display().to_string(),
                None => "The folder that your desktop has for downloads".to_owned(),
            };
            let place = format!("Files go to: {place}");
            label(ui, theme.secondary, theme.text_2, &place);
            ui.horizontal(|ui| {
                if button(ui, theme, Weight::Plain, "Choose a folder").clicked() {
                    self.folder = Some(ask_for_folder(ui.ctx()));
                }
                let own = settings.download_folder.is_some();
                let usual = |ui: &mut Ui| button(ui, theme, Weight::Plain, "Use the usual one");
                if own && usual(ui).clicked() {
                    settings.download_folder = None;
                }
            });
            let none = "This desktop opens no dialog for folders. Name one as download_folder in desktop.json of the \
                        profile.";
            problem(ui, theme, self.no_dialog.then_some(none));
        });
        let Some(Ok(choice)) = self.folder.as_ref().map(Receiver::try_recv) else {
            return;
        };
        self.folder = None;
        self.no_dialog = matches!(choice, Choice::NoDialog);
        if let Choice::Chosen(folders) = choice {
            settings.download_folder = folders.into_iter().next();
        }
    }
}

/// Opens the desktop's dialog; what is chosen comes later.
fn ask_for_folder(ctx: &egui::Context) -> Receiver<Choice> {
    let (sender, receiver) = mpsc::channel();
    let ctx = ctx.clone();
    choose::folder("Where downloads go", move |choice| {
        // Refused where the settings were closed meanwhile.
        let _ = sender.send(choice);
        ctx.request_repaint();
    });
    receiver
}

fn section(ui: &mut Ui, theme: &Theme, title: &str, content: impl FnOnce(&mut Ui)) {
    ui.scope(|ui| {
        region(ui, Role::Group, title);
        switch_edges(ui, theme);
        heading(ui, theme.body.bold(), theme.text, title, 2);
        content(ui);
    });
    ui.add_space(space::S);
}

fn appearance(ui: &mut Ui, theme: &Theme, settings: &mut Settings) {
    section(ui, theme, "Appearance", |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = space::L;
            for (value, name) in [
                (Appearance::System, "As the desktop"),
                (Appearance::Light, "Light"),
                (Appearance::Dark, "Dark"),
            ] {
                let radio = ui.radio_value(&mut settings.appearance, value, name);
                focus_ring(ui, theme, &radio);
            }
        });
    });
}

/// Egui remembers it, because its keys change it too.
fn zoom(ui: &mut Ui, theme: &Theme) {
    section(ui, theme, "Zoom", |ui| {
        let zoom = ui.ctx().zoom_factor();
        let mut wanted = zoom;
        ui.horizontal(|ui| {
            let steps = [
                ("Smaller", -ZOOM_STEP, zoom > ZOOM_MIN),
                ("Larger", ZOOM_STEP, zoom < ZOOM_MAX),
            ];
            for (name, step, possible) in steps {
                let step_button = |ui: &mut Ui| button(ui, theme, Weight::Plain, name);
                if ui.add_enabled_ui(possible, step_button).inner.clicked() {
                    wanted = ((zoom + step) * 10.0).round() / 10.0;
                }
            }
            let percent = format!("{:.0} %", zoom * 100.0);
            let told = label(ui, theme.body, theme.text, &percent);
            live(&told, Role::Status, &percent);
            let reset = |ui: &mut Ui| button(ui, theme, Weight::Plain, "100 %");
            if zoom != 1.0 && reset(ui).clicked() {
                wanted = 1.0;
            }
        });
        if wanted != zoom {
            ui.ctx().set_zoom_factor(wanted.clamp(ZOOM_MIN, ZOOM_MAX));
        }
    });
}

fn notifications(ui: &mut Ui, env: &Env<'_>, settings: &mut Settings) {
    let theme = env.theme;
    section(ui, theme, "Notifications", |ui| {
        let text = "Announce messages in rooms that I am not looking at";
        let switch = ui.checkbox(&mut settings.notifications, text);
        focus_ring(ui, theme, &switch);
        if settings.notifications {
            let test = "Show one now";
            if button(ui, theme, Weight::Plain, test).clicked() {
                env.wish(Wish::TryNotice);
            }
            if let Some(trouble) = env.notices.trouble() {
                let trouble = sentence(&trouble);
                let told = format!("This desktop shows no notifications: {trouble}");
                problem(ui, theme, Some(&told));
            }
        }
    });
}

fn about(ui: &mut Ui, env: &Env<'_>) {
    let theme = env.theme;
    section(ui, theme, "About", |ui| {
        let (name, server) = env.view(|view| {
            let name = view.person.as_ref().map(|person| person.name.clone());
            (name.unwrap_or_default(), view.server.clone())
        });
        let place = server.as_ref().map_or("the server", |server| &server.name);
        let who = format!("You are {name} on {place}, {}.", env.server);
        label(ui, theme.secondary, theme.text_2, &who);
        let own = env!("CARGO_PKG_VERSION");
        let versions = match server {
            Some(server) => format!("Chinwag {own}; the server is {}.", server.version),
            None => format!("Chinwag {own}."),
        };
        label(ui, theme.secondary, theme.text_2, &versions);
    });
}
