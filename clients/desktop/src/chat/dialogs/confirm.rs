//! Asks before what cannot be undone, naming the thing.

use client::present::words;
use client::{Change, Command, View};
use eframe::egui::{Align, Layout, Ui};
use shared::RoomId;

use super::request::Request;
use super::{First, Outcome};
use crate::chat::{Env, Wish};
use crate::widgets::{Weight, button, label, problem};

/// Leaving a room.
pub(super) struct Leave {
    room_id: RoomId,
    request: Request,
    first: First,
}

impl Leave {
    pub(super) fn new(room_id: RoomId) -> Self {
        Self {
            room_id,
            request: Request::default(),
            first: First::default(),
        }
    }

    pub(super) fn title(&self, env: &Env<'_>) -> String {
        format!("Leave #{}?", self.name(env))
    }

    fn name(&self, env: &Env<'_>) -> String {
        let name = |view: &View| {
            let room = view.rooms.get(&self.room_id)?;
            Some(room.info.name.to_string())
        };
        env.view(name).unwrap_or_default()
    }

    pub(super) fn changed(&mut self, change: &Change) -> Outcome {
        self.request.changed(change)
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let text = "You can join again whenever you like; what was said stays.";
        label(ui, theme.secondary, theme.text_2, text);
        problem(ui, theme, self.request.problem.as_deref());
        let action = format!("Leave #{}", self.name(env));
        let ready = !self.request.waits();
        if answer(ui, env, &mut self.first, &action, ready) {
            let room_id = self.room_id;
            self.request.ask(env, Command::LeaveRoom { room_id });
        }
    }
}

/// Giving up one's name.
#[derive(Default)]
pub(super) struct SignOut {
    first: First,
}

impl SignOut {
    pub(super) fn title(&self, env: &Env<'_>) -> String {
        format!("Give up {}?", own_name(env))
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let name = own_name(env);
        let text = format!(
            "This computer forgets the secret that makes {name} yours. Nobody, not even you, can use the name again. \
             What you wrote stays."
        );
        label(ui, theme.secondary, theme.text_2, &text);
        if let Some(unsent) = env.view(words::unsent) {
            label(ui, theme.secondary, theme.danger, &unsent);
        }
        if answer(ui, env, &mut self.first, "Sign out", true) {
            env.wish(Wish::CloseDialog);
            // Works in every state of the connection.
            env.run(Command::SignOut);
        }
    }
}

fn own_name(env: &Env<'_>) -> String {
    let name = |view: &View| view.person.as_ref().map(|person| person.name.clone());
    env.view(name).unwrap_or_default()
}

/// Cancel, or do it. Returns whether it is to be done.
fn answer(ui: &mut Ui, env: &Env<'_>, first: &mut First, action: &str, ready: bool) -> bool {
    let theme = env.theme;
    ui.with_layout(Layout::right_to_left(Align::Min), |ui| {
        let act = |ui: &mut Ui| button(ui, theme, Weight::Danger, action);
        let act = ui.add_enabled_ui(ready, act).inner;
        let cancel = button(ui, theme, Weight::Plain, "Cancel");
        first.give(ui, cancel.id);
        if cancel.clicked() {
            env.wish(Wish::CloseDialog);
        }
        act.clicked()
    })
    .inner
}
