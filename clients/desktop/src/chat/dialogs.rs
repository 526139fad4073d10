//! What lies over the window until it is answered; one at a time.
//!
//! - `jump`, `browse`, `create_room`: ways into a room; `request` waits for the server's answer
//! - `confirm`: what cannot be undone asks first; `help`: the keys; `settings`: what the window remembers

mod browse;
mod confirm;
mod create_room;
mod help;
mod jump;
mod request;
mod settings;

use client::Change;
use eframe::egui::{self, Id};
use shared::RoomId;

use self::browse::Browse;
use self::confirm::{Leave, SignOut};
use self::create_room::CreateRoom;
use self::jump::Jump;
use self::settings::SettingsForm;
use super::{Env, Wish};
use crate::widgets::modal;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialog {
    /// Find a room by its name.
    Jump,
    /// Rooms that one may join.
    Browse,
    CreateRoom,
    Leave(RoomId),
    SignOut,
    Settings,
    /// The keys.
    Help,
}

/// A dialog with what was entered into it.
enum Open {
    Jump(Jump),
    Browse(Browse),
    CreateRoom(CreateRoom),
    Leave(Leave),
    SignOut(SignOut),
    Settings(SettingsForm),
    Help,
}

/// What a change led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The dialog stays.
    Stays,
    /// It has done what it was for, maybe with a room to go to.
    Done(Option<RoomId>),
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
            Dialog::CreateRoom => Open::CreateRoom(CreateRoom::default()),
            Dialog::Leave(room_id) => Open::Leave(Leave::new(room_id)),
            Dialog::SignOut => Open::SignOut(SignOut::default()),
            Dialog::Settings => Open::Settings(SettingsForm::default()),
            Dialog::Help => Open::Help,
        });
    }

    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Takes in what changed. Returns the room to go to, where the dialog led into one.
    pub(super) fn changed(&mut self, changes: &[Change]) -> Outcome {
        for change in changes {
            let outcome = match &mut self.open {
                Some(Open::Browse(browse)) => browse.changed(change),
                Some(Open::CreateRoom(form)) => form.changed(change),
                Some(Open::Leave(leave)) => leave.changed(change),
                Some(Open::Jump(_) | Open::SignOut(_) | Open::Settings(_) | Open::Help) | None => {
                    Outcome::Stays
                }
            };
            if outcome != Outcome::Stays {
                self.close();
                return outcome;
            }
        }
        Outcome::Stays
    }

    pub(super) fn show(&mut self, ctx: &egui::Context, env: &Env<'_>) {
        let Some(open) = &mut self.open else {
            return;
        };
        let id = Id::unique(("dialog", self.number));
        let title = match open {
            Open::Jump(_) => "Jump to a room".to_owned(),
            Open::Browse(_) => "All rooms".to_owned(),
            Open::CreateRoom(_) => "New room".to_owned(),
            Open::Leave(leave) => leave.title(env),
            Open::SignOut(sign_out) => sign_out.title(env),
            Open::Settings(_) => "Settings".to_owned(),
            Open::Help => "Keys".to_owned(),
        };
        let (closed, ()) = modal(ctx, env.theme, id, &title, |ui| match open {
            Open::Jump(jump) => jump.show(ui, env),
            Open::Browse(browse) => browse.show(ui, env),
            Open::CreateRoom(form) => form.show(ui, env),
            Open::Leave(leave) => leave.show(ui, env),
            Open::SignOut(sign_out) => sign_out.show(ui, env),
            Open::Settings(form) => form.show(ui, env),
            Open::Help => help::show(ui, env),
        });
        if closed {
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
