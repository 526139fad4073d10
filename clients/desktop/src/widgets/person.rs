//! People: their avatars, and lists of them.

use client::present::format::initials;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align2, Color32, CornerRadius, Painter, Rect, Sense, Ui, Vec2, WidgetInfo, pos2, vec2,
};
use shared::frame::Person;

use crate::theme::{Theme, semibold};
use crate::widgets::{cut, line, region};

/// The height of a person in a list.
const ROW: f32 = 32.0;
/// The width of an avatar in a list.
const SMALL: f32 = 24.0;

/// A person's initials on their colour.
pub(crate) fn paint_avatar(painter: &Painter, theme: &Theme, person: &Person, rect: Rect) {
    let (ground, letters) = theme.person(person.id);
    let size = rect.width();
    let radius = if size < 30.0 {
        theme.radius
    } else {
        theme.radius_card
    };
    painter.rect_filled(rect, CornerRadius::same(radius as u8), ground);
    painter.text(
        rect.center(),
        Align2::CENTER_CENTER,
        initials(&person.name).to_uppercase(),
        semibold(size * 0.4),
        letters,
    );
}

/// People in a list of this name, in the order given, on `ground`. All of them are online or away.
pub(crate) fn people(
    ui: &mut Ui,
    theme: &Theme,
    name: &str,
    people: &[Person],
    online: bool,
    ground: Color32,
) {
    ui.scope(|ui| {
        region(ui, Role::List, name);
        ui.spacing_mut().item_spacing.y = 0.0;
        for person in people {
            row(ui, theme, person, online, ground);
        }
    });
}

fn row(ui: &mut Ui, theme: &Theme, person: &Person, online: bool, ground: Color32) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let state = if online { "online" } else { "away" };
    response.widget_info(|| {
        WidgetInfo::labeled(Role::ListItem, true, format!("{}, {state}", person.name))
    });
    if !ui.is_rect_visible(rect) {
        return;
    }
    let face = Rect::from_center_size(
        pos2(rect.left() + 8.0 + SMALL / 2.0, rect.center().y),
        Vec2::splat(SMALL),
    );
    paint_avatar(ui.painter(), theme, person, face);
    let dot = face.max - Vec2::splat(2.0);
    let colour = if online {
        theme.success
    } else {
        theme.line_strong
    };
    ui.painter().circle_filled(dot, 5.0, ground);
    ui.painter().circle_filled(dot, 3.0, colour);
    let left = face.right() + 10.0;
    let name = line(
        ui,
        theme.body,
        theme.text_2,
        &person.name,
        rect.right() - 8.0 - left,
    );
    let response = cut(response, &name, &person.name);
    let top = rect.center().y - name.size().y / 2.0;
    ui.painter().galley(pos2(left, top), name, theme.text_2);
    drop(response);
}
