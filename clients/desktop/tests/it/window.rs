//! A window without a screen.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use desktop::{App, Options};
use eframe::App as _;
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, Key, Modifiers, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use testing::World;

/// Nothing here takes this long unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// How long a frame waits for the next where nothing has come yet.
const PAUSE: Duration = Duration::from_millis(5);

pub(crate) const WIDE: Vec2 = vec2(1100.0, 720.0);

/// What the window shows, and the person at it.
pub(crate) struct Window {
    pub(crate) harness: Harness<'static, App>,
}

impl Window {
    /// The window of a person who signs in as `name` at once, with a profile of their own.
    pub(crate) fn of(world: &World, name: &str) -> Self {
        Self::open(Options {
            profile_root: profile(world, name),
            server: Some(world.tcp().parse().unwrap()),
            fingerprint: None,
            name: Some(name.parse().unwrap()),
            files: Vec::new(),
        })
    }

    pub(crate) fn open(options: Options) -> Self {
        let harness = Harness::builder()
            .with_size(WIDE)
            .build_eframe(move |creation| App::new(creation, options).unwrap());
        Self { harness }
    }

    /// Closes it as a person does: what there is to store is stored.
    pub(crate) fn close(mut self) {
        self.harness.state_mut().on_exit(None);
    }

    /// Draws until it holds.
    pub(crate) fn until(&mut self, what: &str, holds: impl Fn(&Harness<'static, App>) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.harness.step();
            if holds(&self.harness) {
                return;
            }
            assert!(
                Instant::now() < deadline,
                "{what} did not come; there is: {:#?}",
                self.harness.root()
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// Waits for something of this role and name.
    pub(crate) fn meets(&mut self, role: Role, name: &str) {
        self.until(name, |harness| finds(harness, role, name));
    }

    /// Waits until there is no such thing.
    pub(crate) fn loses(&mut self, role: Role, name: &str) {
        let gone = format!("the end of {name}");
        self.until(&gone, |harness| !finds(harness, role, name));
    }

    pub(crate) fn has(&self, role: Role, name: &str) -> bool {
        finds(&self.harness, role, name)
    }

    /// Waits for it, and clicks it with the mouse.
    pub(crate) fn clicks(&mut self, role: Role, name: &str) {
        self.meets(role, name);
        self.harness.get_by_role_and_label(role, name).click();
        self.harness.step();
        self.harness.remove_cursor();
        self.harness.step();
    }

    pub(crate) fn presses(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
    }

    /// Into whatever has the keyboard.
    pub(crate) fn types(&mut self, text: &str) {
        self.harness.event(Event::Text(text.to_owned()));
        self.harness.step();
    }

    /// Gives it the keyboard.
    pub(crate) fn focuses(&mut self, role: Role, name: &str) {
        self.meets(role, name);
        self.harness.get_by_role_and_label(role, name).focus();
        self.harness.step();
    }

    /// The first text that holds this.
    pub(crate) fn text_holding(&self, text: &str) -> String {
        let mut nodes = self.harness.query_all_by_label_contains(text);
        let node = nodes.next().unwrap();
        node.value().unwrap_or_default()
    }

    /// Waits for it in the dialog of this name, and clicks it.
    pub(crate) fn clicks_in(&mut self, dialog: &str, role: Role, name: &str) {
        let what = format!("{name} in {dialog}");
        self.until(&what, |harness| {
            let dialog = harness.query_by_role_and_label(Role::Dialog, dialog);
            dialog.is_some_and(|dialog| dialog.query_by_role_and_label(role, name).is_some())
        });
        let dialog = self.harness.get_by_role_and_label(Role::Dialog, dialog);
        dialog.get_by_role_and_label(role, name).click();
        self.harness.step();
        self.harness.remove_cursor();
        self.harness.step();
    }

    /// Into a field of this role in place of what it holds.
    pub(crate) fn writes(&mut self, role: Role, field: &str, text: &str) {
        self.focuses(role, field);
        self.presses(Modifiers::COMMAND, Key::A);
        self.types(text);
    }

    /// Waits until this has the keyboard.
    pub(crate) fn is_at(&mut self, role: Role, name: &str) {
        let at = |harness: &Harness<'static, App>| is_focused(harness, role, name);
        self.until(&format!("the keyboard at {name}"), at);
    }

    pub(crate) fn has_keyboard(&self, role: Role, name: &str) -> bool {
        is_focused(&self.harness, role, name)
    }

    /// Waits for something whose name holds `text`.
    pub(crate) fn sees(&mut self, text: &str) {
        self.until(text, |harness| {
            harness.query_all_by_label_contains(text).next().is_some()
        });
    }
}

fn finds(harness: &Harness<'static, App>, role: Role, name: &str) -> bool {
    let mut found = harness.query_all_by_role_and_label(role, name);
    found.next().is_some()
}

fn is_focused(harness: &Harness<'static, App>, role: Role, name: &str) -> bool {
    let mut found = harness.query_all_by_role_and_label(role, name);
    found.any(|node| node.is_focused())
}

/// Where somebody's profile lies.
pub(crate) fn profile(world: &World, name: &str) -> PathBuf {
    world.folder.path().join(format!("home of {name}"))
}
