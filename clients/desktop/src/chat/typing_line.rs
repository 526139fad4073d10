//! Who is typing, or else who has read the last message. Its height is kept where there is nothing to say, so that
//! nothing moves.

use client::present::words;
use eframe::egui::accesskit::Role;
use eframe::egui::{Rect, Sense, Ui, pos2, vec2};
use shared::RoomId;

use super::Env;
use super::timeline::LEFT;
use crate::theme::space;
use crate::widgets::{line, live, named};

const HEIGHT: f32 = 24.0;

/// `at_end` is where the last message is in sight.
pub(super) fn show(ui: &mut Ui, env: &Env<'_>, room_id: RoomId, at_end: bool) {
    let names: Vec<String> = env.view(|view| {
        let room = view.rooms.get(&room_id);
        let typing = room.into_iter().flat_map(|room| room.typing.values());
        typing.map(|(person, _)| person.name.clone()).collect()
    });
    let text = words::typing(&names);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    live(&response, Role::Status, &text);
    if names.is_empty() {
        if let Some(read_by) = read_by(env, room_id).filter(|_| at_end) {
            show_read_by(ui, env, rect, &read_by);
        }
        return;
    }
    let colour = env.theme.text_3;
    let left = rect.left() + space::XL + space::XS;
    for dot in 0..3 {
        let x = left + 2.5 + 8.0 * dot as f32;
        let at = pos2(x, rect.center().y);
        ui.painter().circle_filled(at, 2.5, colour);
    }
    let left = left + 21.0 + space::S;
    let galley = line(ui, env.theme.meta, colour, &text, rect.right() - left);
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(left, top), galley, colour);
}

/// Who has read the last message of a small room.
fn read_by(env: &Env<'_>, room_id: RoomId) -> Option<String> {
    env.view(|view| {
        let room = view.rooms.get(&room_id)?;
        let mut events = room.timeline.events().rev();
        let last = events.find(|event| event.event.is_message())?;
        words::read_by(view, last)
    })
}

fn show_read_by(ui: &Ui, env: &Env<'_>, rect: Rect, text: &str) {
    let theme = env.theme;
    let left = rect.left() + LEFT;
    let galley = line(ui, theme.meta, theme.text_3, text, rect.right() - left);
    let at = pos2(left, rect.center().y - galley.size().y / 2.0);
    let place = Rect::from_min_size(at, galley.size());
    let id = ui.scope_id().with("read by");
    let response = ui.interact(place, id, Sense::hover());
    named(&response, Role::Note, text);
    ui.painter().galley(at, galley, theme.text_3);
}
