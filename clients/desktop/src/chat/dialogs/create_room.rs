//! Creating a room.

use client::present::format::sentence;
use client::{Change, Command};
use eframe::egui::{self, Align, Id, Key, Layout, Ui};
use shared::RoomName;
use shared::limits::{ROOM_NAME_CHARS_MAX, TOPIC_CHARS_MAX};

use super::request::Request;
use super::{First, Outcome};
use crate::chat::Env;
use crate::widgets::{Field, Weight, button, field};

#[derive(Default)]
pub(super) struct CreateRoom {
    name: String,
    topic: String,
    request: Request,
    first: First,
}

impl CreateRoom {
    pub(super) fn changed(&mut self, change: &Change) -> Outcome {
        self.request.changed(change)
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let name_id = ui.scope_id().with("name");
        self.first.give(ui, name_id);
        let problem = self.request.problem.take();
        let name = Field {
            label: "Name",
            hint: "garden-party",
            problem: problem.as_deref(),
            chars_max: Some(ROOM_NAME_CHARS_MAX + 1),
            ..Field::default()
        };
        let name = field(ui, theme, name_id, name, &mut self.name);
        self.request.problem = problem;
        if name.changed() {
            // A room's name has no spaces, so whoever types one means a dash.
            self.name = self.name.replace(char::is_whitespace, "-");
            self.request.problem = None;
        }
        let topic = Field {
            label: "Topic",
            optional: true,
            hint: "What is it about?",
            chars_max: Some(TOPIC_CHARS_MAX),
            ..Field::default()
        };
        let topic = field(
            ui,
            theme,
            ui.scope_id().with("topic"),
            topic,
            &mut self.topic,
        );
        let entered = [&name, &topic].into_iter().any(egui::Response::lost_focus)
            && ui.input(|input| input.key_pressed(Key::Enter));
        let ready = !self.request.waits() && !self.name.trim().is_empty();
        let pressed = ui
            .with_layout(Layout::right_to_left(Align::Min), |ui| {
                let button = |ui: &mut Ui| button(ui, theme, Weight::Primary, "Create room");
                ui.add_enabled_ui(ready, button).inner.clicked()
            })
            .inner;
        if pressed || (entered && ready) {
            self.submit(env);
            refocus(ui, name_id);
        }
    }

    fn submit(&mut self, env: &Env<'_>) {
        match self.name.trim_start_matches('#').parse::<RoomName>() {
            Ok(name) => {
                let (name, topic) = (name.to_string(), self.topic.trim().to_owned());
                let command = Command::CreateRoom { name, topic };
                self.request.ask(env, command);
            }
            Err(error) => self.request.problem = Some(sentence(&error.to_string())),
        }
    }
}

/// What is refused is most often the name.
fn refocus(ui: &Ui, name_id: Id) {
    ui.memory_mut(|memory| memory.request_focus(name_id));
}
