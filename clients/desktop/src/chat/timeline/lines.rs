//! What stands between messages.

use client::present::icon::Icon;
use eframe::egui::{Align2, Color32, CornerRadius, Rect, Shape, Stroke, Ui, Vec2, pos2, vec2};

use crate::theme::{Theme, icons, regular, semibold, space};

/// A name in the middle of a line across, with room of `below` points under it.
pub(super) fn divider(ui: &Ui, rect: Rect, below: f32, name: &str, colour: Color32, line: Color32) {
    let painter = ui.painter();
    let y = rect.bottom() - below - 8.0;
    let middle = pos2(rect.center().x, y);
    let name = painter.text(middle, Align2::CENTER_CENTER, name, semibold(12.0), colour);
    let line = Stroke::new(1.0, line);
    let (left, right) = (rect.left() + space::XL, rect.right() - space::XL);
    painter.hline(left..=name.left() - space::M, y, line);
    painter.hline(name.right() + space::M..=right, y, line);
}

/// Events that are not loaded.
pub(super) fn gap(ui: &Ui, theme: &Theme, rect: Rect, name: &str) {
    let inside = rect.shrink2(vec2(space::XL, space::M));
    let painter = ui.painter();
    let font = regular(theme.secondary.size);
    let centre = Align2::CENTER_CENTER;
    painter.text(inside.center(), centre, name, font, theme.text_3);
    for y in [inside.top(), inside.bottom()] {
        let line = [pos2(inside.left(), y), pos2(inside.right(), y)];
        let stroke = Stroke::new(1.0, theme.line_strong);
        painter.extend(Shape::dashed_line(&line, stroke, 4.0, 3.0));
    }
}

/// There is nothing before.
pub(super) fn beginning(ui: &mut Ui, theme: &Theme, rect: Rect, room: &str) {
    let painter = ui.painter();
    let corner = rect.min + vec2(space::XL, 32.0);
    let mark = Rect::from_min_size(corner, Vec2::splat(48.0));
    painter.rect_filled(mark, CornerRadius::same(12), theme.accent_soft);
    match room.starts_with('#') {
        true => {
            let centre = Align2::CENTER_CENTER;
            let font = semibold(24.0);
            painter.text(mark.center(), centre, "#", font, theme.accent_text);
        }
        // A conversation, which has no name.
        false => icons::paint(painter, mark, 24.0, Icon::People, theme.accent_text),
    }
    let left = mark.left();
    let title = pos2(left, mark.bottom() + 12.0);
    let font = theme.title.font();
    painter.text(title, Align2::LEFT_TOP, room, font, theme.text);
    let below = pos2(left, mark.bottom() + 12.0 + 28.0 + 4.0);
    let font = regular(theme.secondary.size);
    let text = welcome(room);
    painter.text(below, Align2::LEFT_TOP, &text, font, theme.text_2);
    let id = ui.unique_id();
    ui.ctx()
        .accesskit_node_builder(id, |node| node.set_label(text));
}

fn welcome(room: &str) -> String {
    format!("This is where {room} begins. Write something, or drop a file.")
}

/// Holds the place of what is on its way. It shows itself only when that takes long.
pub(super) fn loading(ui: &Ui, theme: &Theme, rect: Rect, is_slow: bool) {
    if !is_slow {
        return;
    }
    let painter = ui.painter();
    let left = rect.left() + space::XL + space::M;
    let mut top = rect.top() + space::S;
    while top + 36.0 <= rect.bottom() {
        let avatar = Rect::from_min_size(pos2(left, top), Vec2::splat(36.0));
        let round = CornerRadius::same(theme.radius_card as u8);
        painter.rect_filled(avatar, round, theme.hover);
        let room = (rect.right() - space::XL - avatar.right() - space::M).min(420.0);
        for (y, width) in [(2.0, room * 0.3), (22.0, room)] {
            let corner = pos2(avatar.right() + space::M, top + y);
            let line = Rect::from_min_size(corner, vec2(width.max(0.0), 12.0));
            painter.rect_filled(line, 4.0, theme.hover);
        }
        top += 56.0;
    }
}
