//! What the server says to one request, as lists and forms. It is asked again after whatever may have changed it.

mod row;

use client::present::panel::{Asked, Eyes, Part, Topic};
use client::present::sheet::{Deed, Item, Weight};
use client::{Change, ConnectionState};
use eframe::egui::accesskit::Role;
use eframe::egui::{Align, Layout, Sense, Ui, UiBuilder, Vec2, vec2};
use shared::account::Profile;
use shared::{ErrorReply, Role as Standing, ServerFrame};

use super::ask_form::{AskForm, Done};
use super::make_account::MakeAccount;
use super::request::Request;
use super::time;
use super::{Env, Wish};
use crate::theme::space;
use crate::widgets::{
    button, heading, label, link_button, live, paint_avatar, paint_presence, problem, region,
    search,
};

/// What comes sooner is waited for without a word, in seconds.
const GRACE: f64 = 0.3;
/// The side of a large avatar.
const LARGE: f32 = 72.0;

pub(super) struct Panel {
    pub(super) topic: Topic,
    asked: Asked,
    wanted: String,
    request: Request,
    /// It is to be asked, again.
    stale: bool,
    /// What was asked while one was offline is asked once one is not.
    was_online: bool,
    answer: Option<ServerFrame>,
    parts: Vec<Part>,
    /// Of the parts that are forms, in their order.
    forms: Vec<AskForm>,
    /// What a guest finds below their profile.
    account: Option<MakeAccount>,
    /// How often there was something new, so that no form begins with the traces of another.
    version: u64,
    /// Since when it is waited for, by egui's clock.
    waits_since: Option<f64>,
}

impl Panel {
    pub(super) fn new(topic: Topic) -> Self {
        Self {
            topic,
            asked: Asked::default(),
            wanted: String::new(),
            request: Request::default(),
            stale: true,
            was_online: true,
            answer: None,
            parts: Vec::new(),
            forms: Vec::new(),
            account: None,
            version: 0,
            waits_since: None,
        }
    }

    /// Why no account was made.
    pub(super) fn refuse_account(&mut self, error: &ErrorReply) {
        if let Some(account) = &mut self.account {
            account.refuse(error);
        }
    }

    pub(super) fn reload(&mut self) {
        self.stale = true;
    }

    /// Takes in what changed. Returns what comes after a form of it has succeeded.
    pub(super) fn changed(&mut self, change: &Change) -> Option<Done> {
        if let Some(answer) = self.request.changed(change) {
            self.answer = Some(answer);
            self.parts.clear();
        }
        if self.topic.moves_with(change) {
            self.parts.clear();
        }
        let mut forms = self.forms.iter_mut();
        let done = forms.find_map(|form| form.changed(change))?;
        self.stale = true;
        Some(done)
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        self.ask(env);
        self.look(env);
        ui.spacing_mut().item_spacing.y = space::M;
        if let Some(what) = self.topic.search() {
            let id = ui.scope_id().with("wanted");
            let names = (what, "Search by name");
            if search(ui, env.theme, id, names, &mut self.wanted).changed() {
                self.turn(self.asked.search(&self.wanted));
            }
        }
        if self.answer.is_none() {
            return self.show_missing(ui, env);
        }
        problem(ui, env.theme, self.request.trouble());
        let parts = std::mem::take(&mut self.parts);
        let mut turned = None;
        ui.push_id(self.version, |ui| {
            let mut shown = ShownParts {
                env,
                forms: self.forms.iter_mut(),
                turned: &mut turned,
            };
            for part in &parts {
                shown.part(ui, part);
            }
        });
        self.parts = parts;
        if let Some(account) = &mut self.account {
            ui.add_space(space::L);
            ui.push_id("account", |ui| account.show(ui, env));
        }
        if let Some(asked) = turned {
            self.turn(asked);
        }
    }

    fn turn(&mut self, asked: Asked) {
        self.asked = asked;
        self.stale = true;
    }

    /// Asks where there is reason to.
    fn ask(&mut self, env: &Env<'_>) {
        let (frame, online) = env.view(|view| {
            let online = view.connection == ConnectionState::Online;
            (self.topic.frame(view, &self.asked), online)
        });
        self.stale |= online && !self.was_online && self.answer.is_none();
        self.was_online = online;
        if std::mem::take(&mut self.stale) {
            self.request.send(env, frame);
        }
    }

    /// Makes the parts of what came.
    fn look(&mut self, env: &Env<'_>) {
        let Some(answer) = self.answer.as_ref().filter(|_| self.parts.is_empty()) else {
            return;
        };
        let now = env.handle.now();
        let moment = |at| time::moment(at, now);
        let parts = env.view(|view| {
            let eyes = Eyes {
                view,
                now,
                moment: &moment,
            };
            self.topic.parts(&eyes, &self.asked, answer)
        });
        self.parts = parts.unwrap_or_default();
        self.forms = forms(&self.parts);
        self.account = match answer {
            ServerFrame::ProfileDescribed { profile, .. }
                if self.topic == Topic::Profile && profile.role == Standing::Guest =>
            {
                Some(MakeAccount::new(&profile.person.name))
            }
            _ => None,
        };
        self.version += 1;
        self.waits_since = None;
    }

    /// What stands where the answer will be: nothing for a moment, or why it does not come.
    fn show_missing(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        if let Some(trouble) = self.request.trouble() {
            problem(ui, theme, Some(trouble));
            let (token, colour) = (theme.body, theme.accent_text);
            if link_button(ui, theme, token, colour, "Try again").clicked() {
                self.stale = true;
            }
            return;
        }
        let now = ui.input(|input| input.time);
        let left = *self.waits_since.get_or_insert(now) + GRACE - now;
        if left > 0.0 {
            let wait = std::time::Duration::from_secs_f64(left);
            return ui.request_repaint_after(wait);
        }
        let said = label(ui, theme.secondary, theme.text_3, "Loading…");
        live(&said, Role::Status, "Loading…");
    }
}

/// The forms among these, in their order.
fn forms(parts: &[Part]) -> Vec<AskForm> {
    let mut forms = Vec::new();
    for part in parts {
        match part {
            Part::Form(sheet) => forms.push(AskForm::new(sheet.clone(), false)),
            Part::Section(_, parts) => forms.extend(self::forms(parts)),
            Part::Text(_)
            | Part::List { .. }
            | Part::Buttons(_)
            | Part::Figures(_)
            | Part::Picture(_)
            | Part::Person(..) => {}
        }
    }
    forms
}

/// Draws parts below each other.
struct ShownParts<'a, 'b> {
    env: &'a Env<'b>,
    /// Those that come next.
    forms: std::slice::IterMut<'a, AskForm>,
    /// Another page that somebody wants.
    turned: &'a mut Option<Asked>,
}

impl ShownParts<'_, '_> {
    fn part(&mut self, ui: &mut Ui, part: &Part) {
        let (env, theme) = (self.env, self.env.theme);
        match part {
            Part::Text(text) => {
                label(ui, theme.secondary, theme.text_2, text);
            }
            Part::Section(title, parts) => {
                ui.scope(|ui| {
                    region(ui, Role::Group, title);
                    heading(ui, theme.body.bold(), theme.text, title, 3);
                    for part in parts {
                        self.part(ui, part);
                    }
                    ui.add_space(space::L);
                });
            }
            Part::Form(_) => {
                let left = self.forms.len();
                if let Some(form) = self.forms.next() {
                    ui.push_id(left, |ui| form.show_inline(ui, env));
                }
            }
            Part::List { rows, empty } if rows.is_empty() => {
                label(ui, theme.secondary, theme.text_2, empty);
            }
            Part::List { rows, .. } => {
                let mut wanted = None;
                ui.scope(|ui| {
                    region(ui, Role::List, "Entries");
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for (number, one) in rows.iter().enumerate() {
                        wanted = row::show(ui, theme, one, number > 0).or(wanted.take());
                    }
                });
                self.perform(wanted);
            }
            Part::Buttons(items) => {
                ui.horizontal_wrapped(|ui| self.buttons(ui, items));
            }
            Part::Figures(figures) => show_figures(ui, env, figures),
            Part::Picture(profile) => show_picture(ui, env, profile),
            Part::Person(profile, facts) => show_person(ui, env, profile, facts),
        }
    }

    fn buttons(&mut self, ui: &mut Ui, items: &[Item]) {
        for item in items {
            if button(ui, self.env.theme, item.weight, &item.text).clicked() {
                self.perform(Some(item.deed.clone()));
            }
        }
    }

    fn perform(&mut self, deed: Option<Deed>) {
        match deed {
            Some(Deed::Turn(asked)) => *self.turned = Some(asked),
            Some(deed) => self.env.wish(Wish::Perform(deed)),
            None => {}
        }
    }
}

fn show_figures(ui: &mut Ui, env: &Env<'_>, figures: &[(&'static str, String)]) {
    let theme = env.theme;
    for (name, value) in figures {
        let builder = UiBuilder::new()
            .accessibility_role(Role::ListItem)
            .accessibility_label(format!("{name}: {value}"));
        ui.scope_builder(builder, |ui| {
            ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                let width = ui.available_width() * 0.6;
                ui.allocate_ui(vec2(width, 0.0), |ui| {
                    ui.set_min_width(width);
                    label(ui, theme.body, theme.text_2, name);
                });
                label(ui, theme.body, theme.text, value);
            });
        });
    }
}

/// One's picture, and another one in its place.
fn show_picture(ui: &mut Ui, env: &Env<'_>, profile: &Profile) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(LARGE), Sense::hover());
        paint_avatar(ui.painter(), env.theme, &profile.person, rect);
        if button(ui, env.theme, Weight::Plain, "Choose a picture").clicked() {
            env.wish(Wish::ChoosePortrait);
        }
        let remove = |ui: &mut Ui| button(ui, env.theme, Weight::Plain, "Remove picture");
        if profile.avatar.is_some() && remove(ui).clicked() {
            env.wish(Wish::RemovePortrait);
        }
    });
}

fn show_person(ui: &mut Ui, env: &Env<'_>, profile: &Profile, facts: &[String]) {
    let theme = env.theme;
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(LARGE), Sense::hover());
        paint_avatar(ui.painter(), theme, &profile.person, rect);
        let ground = theme.surface_raised;
        paint_presence(ui.painter(), theme, profile.presence, rect, ground);
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let name = &profile.person.name;
            heading(ui, theme.title, theme.text, name, 2);
            if !profile.status_text.is_empty() {
                label(ui, theme.body, theme.text, &profile.status_text);
            }
            for fact in facts {
                label(ui, theme.secondary, theme.text_2, fact);
            }
        });
    });
}
