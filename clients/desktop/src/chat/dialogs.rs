//! What lies over the window until it is answered; one at a time.
//!
//! - `jump`, `browse`, `pick_people`: ways into a room and to people
//! - `sign_out`: giving up who one is; `help`: the keys; `settings`: what the window remembers
//! - `reveal`: what is shown once; `security`: how the connection is kept from others
//!
//! Besides them there are sheets, which ask for what a request needs to know, and panels.

mod browse;
mod help;
mod jump;
mod pick_people;
mod reveal;
mod security;
mod settings;
mod sign_out;

use std::rc::Rc;

use client::Change;
use client::present::panel::Topic;
use client::present::sheet::{Next, Reveal, Sheet};
use eframe::egui::{self, Id, ScrollArea};
use shared::RoomId;

use self::browse::Browse;
use self::jump::Jump;
use self::pick_people::PickPeople;
use self::settings::SettingsForm;
use self::sign_out::SignOut;
use super::ask_form::{AskForm, Done};
use super::panel::Panel;
use super::{Env, Wish};
use crate::widgets::modal;

#[derive(Debug, Clone)]
pub(crate) enum Dialog {
    /// Find a room by its name.
    Jump,
    /// Rooms that one may join.
    Browse,
    /// Choosing whom to add to a room; without one, with whom to talk in private.
    PickPeople(Option<RoomId>),
    /// A request and what it needs to know.
    Sheet(Rc<Sheet>),
    /// What the server says of this.
    Panel(Topic),
    /// Something secret that is shown this once.
    Reveal(Reveal),
    /// How the connection is kept from others.
    Security,
    SignOut,
    Settings,
    /// The keys.
    Help,
}

/// A dialog with what was entered into it.
enum Open {
    Jump(Jump),
    Browse(Browse),
    PickPeople(PickPeople),
    Sheet(AskForm),
    Panel(Box<Panel>),
    Reveal(Reveal),
    Security,
    SignOut(SignOut),
    Settings(SettingsForm),
    Help,
}

#[derive(Default)]
pub(super) struct Dialogs {
    open: Option<Open>,
    /// Different for each that is opened, so that none begins with the traces of another.
    number: u64,
}

impl Dialogs {
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub(super) fn open(&mut self, dialog: Dialog) {
        self.number += 1;
        self.open = Some(match dialog {
            Dialog::Jump => Open::Jump(Jump::default()),
            Dialog::Browse => Open::Browse(Browse::default()),
            Dialog::PickPeople(room_id) => Open::PickPeople(PickPeople::new(room_id)),
            Dialog::Sheet(sheet) => Open::Sheet(AskForm::new(sheet, true)),
            Dialog::Panel(topic) => Open::Panel(Box::new(Panel::new(topic))),
            Dialog::Reveal(reveal) => Open::Reveal(reveal),
            Dialog::Security => Open::Security,
            Dialog::SignOut => Open::SignOut(SignOut::default()),
            Dialog::Settings => Open::Settings(SettingsForm::default()),
            Dialog::Help => Open::Help,
        });
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// What the server says is to be asked again.
    pub(super) fn reload(&mut self) {
        if let Some(Open::Panel(panel)) = &mut self.open {
            panel.reload();
        }
    }

    /// Takes in what changed. Returns what comes after a dialog that has done what it was for, which is closed.
    pub(super) fn changed(&mut self, changes: &[Change]) -> Option<Option<Next>> {
        for change in changes {
            let (done, stays) = match self.open.as_mut()? {
                Open::Browse(browse) => (browse.changed(change), false),
                Open::PickPeople(pick) => (pick.changed(change), false),
                Open::Sheet(form) => (form.changed(change), false),
                Open::Panel(panel) => (panel.changed(change), true),
                Open::Jump(_)
                | Open::Reveal(_)
                | Open::Security
                | Open::SignOut(_)
                | Open::Settings(_)
                | Open::Help => return None,
            };
            if let Some(Done(next)) = done {
                if !stays {
                    self.close();
                }
                return Some(next);
            }
        }
        None
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, env: &Env<'_>) {
        let Some(open) = &mut self.open else {
            return;
        };
        let id = Id::unique(("dialog", self.number));
        let title = match open {
            Open::Jump(_) => "Jump to a room".to_owned(),
            Open::Browse(_) => "All rooms".to_owned(),
            Open::PickPeople(pick) => pick.title(env),
            Open::Sheet(form) => form.sheet.title.clone(),
            Open::Panel(panel) => panel.topic.name().to_owned(),
            Open::Reveal(reveal) => reveal.title.clone(),
            Open::Security => "Connection".to_owned(),
            Open::SignOut(sign_out) => sign_out.title(env),
            Open::Settings(_) => "Settings".to_owned(),
            Open::Help => "Keys".to_owned(),
        };
        let (closed, wanted) = modal(ctx, env.theme, id, &title, |ui| {
            match open {
                Open::Jump(jump) => jump.show(ui, env),
                Open::Browse(browse) => browse.show(ui, env),
                Open::PickPeople(pick) => pick.show(ui, env),
                Open::Sheet(form) => {
                    let height = ui.available_height();
                    return form.show(ui, env, height);
                }
                Open::Panel(panel) => {
                    ScrollArea::vertical().show(ui, |ui| panel.show(ui, env));
                }
                Open::Reveal(reveal) => reveal::show(ui, env, reveal),
                Open::Security => security::show(ui, env),
                Open::SignOut(sign_out) => sign_out.show(ui, env),
                Open::Settings(form) => form.show(ui, env),
                Open::Help => help::show(ui, env),
            }
            false
        });
        if closed || wanted {
            env.wish(Wish::CloseDialog);
        }
    }
}

/// Gives the keyboard to a widget of a dialog when the dialog opens.
#[derive(Default)]
struct First {
    given: bool,
}

impl First {
    fn give(&mut self, ui: &egui::Ui, id: Id) {
        // While its size is measured, nothing takes the keyboard.
        if !self.given && ui.is_enabled() && !ui.is_sizing_pass() {
            ui.memory_mut(|memory| memory.request_focus(id));
            self.given = true;
        }
    }
}
