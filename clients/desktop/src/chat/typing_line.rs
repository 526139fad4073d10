//! Who is typing. Its height is kept where nobody is, so that nothing moves.

use client::present::words;
use eframe::egui::accesskit::Role;
use eframe::egui::{Sense, Ui, pos2, vec2};
use shared::RoomId;

use super::Env;
use crate::theme::space;
use crate::widgets::{line, live};

const HEIGHT: f32 = 24.0;

pub(super) fn show(ui: &mut Ui, env: &Env<'_>, room_id: RoomId) {
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
