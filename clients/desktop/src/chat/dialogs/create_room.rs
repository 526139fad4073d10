//! Creating a room.

use client::present::format::sentence;
use client::{Change, Command};
use eframe::egui::{self, Align, Id, Key, Layout, Ui};
use shared::limits::{ROOM_NAME_CHARS_MAX, TOPIC_CHARS_MAX};
use shared::room::RoomKind;
use shared::{ClientFrame, RoomName};

use super::request::Request;
use super::{First, Outcome};
use crate::chat::Env;
use crate::widgets::{Field, Weight, button, field, focus_ring};

#[derive(Default)]
pub(super) struct CreateRoom {
    name: String,
    topic: String,
    private: bool,
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
        let text = "Private: only for those who are added or invited";
        let private = ui.checkbox(&mut self.private, text);
        focus_ring(ui, theme, &private);
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
                let kind = match self.private {
                    true => RoomKind::Private,
                    false => RoomKind::Public,
                };
                let room = shared::room::CreateRoom {
                    name: name.to_string(),
                    topic: self.topic.trim().to_owned(),
                    kind,
                    ..shared::room::CreateRoom::default()
                };
                let frame = Box::new(ClientFrame::CreateRoom(room));
                self.request.ask(env, Command::Ask(frame));
            }
            Err(error) => self.request.problem = Some(sentence(&error.to_string())),
        }
    }
}

/// What is refused is most often the name.
fn refocus(ui: &Ui, name_id: Id) {
    ui.memory_mut(|memory| memory.request_focus(name_id));
}
