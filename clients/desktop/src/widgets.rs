//! Small parts that are used in many places. All of them look as the page's do, work by keyboard, and have a name.
//!
//! - `button`: in all their weights; `text`: lines, headings, badges
//! - `person`: avatars and lists of people; `faces`: their pictures; `room`: what stands before a room's name; `roving`: lists by keyboard
//! - `field`: what one types into; `form`: several of them; `menu`: things to do; `modal`: the frame of dialogs
//! - `qr`: codes for cameras

mod button;
pub(crate) mod faces;
mod field;
mod form;
mod menu;
mod modal;
mod person;
mod qr;
mod room;
mod roving;
mod text;

pub(crate) use self::button::{
    Weight, button, icon_button, link_button, list_button, menu_item, quiet_button,
    small_icon_button, wide_button,
};
pub(crate) use self::field::{Field, field, lines_field, search};
pub(crate) use self::form::{Form, Pressed, switch_edges};
pub(crate) use self::menu::{menu, menu_radio, opens_menu};
pub(crate) use self::modal::modal;
pub(crate) use self::person::{Listed, People, paint_avatar, paint_presence};
pub(crate) use self::qr::qr;
pub(crate) use self::room::{RoomMark, paint_mark};
pub(crate) use self::roving::Roving;
pub(crate) use self::text::{
    badge, cut, heading, label, line, live, named, problem, room_heading, room_line, section_head,
};

use eframe::egui::accesskit::Role;
use eframe::egui::{Color32, Painter, Pos2, Rect, Response, Shape, Stroke, StrokeKind, Ui, vec2};

use crate::theme::Theme;

/// Shows which widget has the keyboard, around it.
pub(crate) fn focus_ring(ui: &Ui, theme: &Theme, response: &Response) {
    if response.has_focus() {
        let rect = response.rect.expand(2.0);
        let stroke = Stroke::new(2.0, theme.accent);
        ui.painter()
            .rect_stroke(rect, theme.radius + 2.0, stroke, StrokeKind::Outside);
    }
}

/// The same inside of it, for what fills its list.
pub(crate) fn inner_focus_ring(ui: &Ui, theme: &Theme, response: &Response) {
    if response.has_focus() {
        let stroke = Stroke::new(2.0, theme.accent);
        ui.painter()
            .rect_stroke(response.rect, theme.radius, stroke, StrokeKind::Inside);
    }
}

/// Says what the part of the window that `ui` draws is.
pub(crate) fn region(ui: &Ui, role: Role, name: &str) {
    ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
        node.set_role(role);
        node.set_label(name);
    });
}

/// A hairline along the lower edge of `rect`.
pub(crate) fn line_below(painter: &Painter, theme: &Theme, rect: Rect) {
    let stroke = Stroke::new(1.0, theme.line);
    painter.hline(rect.x_range(), rect.bottom() - 0.5, stroke);
}

/// A hairline along the upper edge of `rect`.
pub(crate) fn line_above(painter: &Painter, theme: &Theme, rect: Rect) {
    let stroke = Stroke::new(1.0, theme.line);
    painter.hline(rect.x_range(), rect.top() + 0.5, stroke);
}

/// The program's mark, as `frontend/mark.svg` has it.
pub(crate) fn mark(painter: &Painter, rect: Rect) {
    let scale = rect.width() / 48.0;
    let at = |x: f32, y: f32| rect.min + vec2(x, y) * scale;
    let part = |from: Pos2, to: Pos2, colour: Color32| {
        painter.rect_filled(Rect::from_min_max(from, to), 4.5 * scale, colour);
    };
    let ground = Color32::from_rgb(0x0d, 0x7f, 0x6f);
    painter.rect_filled(rect, 12.0 * scale, ground);
    let tail = |corners: [Pos2; 3], colour: Color32| {
        painter.add(Shape::convex_polygon(corners.into(), colour, Stroke::NONE));
    };
    let second = Color32::from_rgb(0x8c, 0xe0, 0xcf);
    part(at(20.0, 21.0), at(37.0, 34.0), second);
    tail([at(28.0, 33.0), at(34.0, 31.0), at(34.0, 38.5)], second);
    part(at(11.0, 10.0), at(33.0, 27.0), ground);
    part(at(12.0, 11.0), at(32.0, 26.0), Color32::WHITE);
    tail(
        [at(14.6, 24.0), at(21.5, 25.0), at(14.6, 31.0)],
        Color32::WHITE,
    );
}
