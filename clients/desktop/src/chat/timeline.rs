//! A room's timeline.

use eframe::egui::Ui;
use shared::{EventBody, RoomId};

use super::Env;

#[derive(Default)]
pub(super) struct Timeline {}

impl Timeline {
    /// The room's events or pending messages changed.
    pub(super) fn changed(&mut self) {}

    pub(super) fn jump_to_latest(&mut self) {}

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId) {
        let texts: Vec<String> = env.view(|view| {
            let room = view.rooms.get(&room_id);
            let events = room.into_iter().flat_map(|room| room.timeline.events());
            events
                .filter_map(|event| match &event.event {
                    EventBody::MessageSent { text, .. } => {
                        Some(format!("{}: {text}", event.person.name))
                    }
                    EventBody::RoomCreated { .. }
                    | EventBody::MemberJoined {}
                    | EventBody::MemberLeft {}
                    | EventBody::Unknown => None,
                })
                .collect()
        });
        for text in texts {
            ui.label(text);
        }
    }
}
