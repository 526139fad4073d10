//! Small parts that are used in many places.

use client::present::format::initials;
use client::present::icon::Icon;
use eframe::egui::{self, Align2, CornerRadius, Response, Sense, Ui, Vec2, WidgetInfo};
use shared::frame::Person;

use crate::theme::{Theme, icons, semibold};

/// A button of an icon alone, named for those who do not see it and on hovering.
pub(crate) fn icon_button(ui: &mut Ui, theme: &Theme, icon: Icon, name: &str) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(32.0), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(egui::accesskit::Role::Button, enabled, name));
    let active = response.hovered() || response.has_focus();
    if active {
        ui.painter().rect_filled(rect, theme.radius, theme.hover);
    }
    let colour = if active && enabled {
        theme.text
    } else {
        theme.text_3
    };
    icons::paint(ui.painter(), rect, 20.0, icon, colour);
    response.on_hover_text(name)
}

/// A person's initials on their colour, `size` points wide.
pub(crate) fn avatar(ui: &mut Ui, theme: &Theme, person: &Person, size: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::hover());
    let (ground, letters) = theme.person(person.id);
    let radius = if size < 30.0 {
        theme.radius
    } else {
        theme.radius_card
    };
    ui.painter()
        .rect_filled(rect, CornerRadius::same(radius as u8), ground);
    ui.painter().text(
        rect.center(),
        Align2::CENTER_CENTER,
        initials(&person.name).to_uppercase(),
        semibold(size * 0.39),
        letters,
    );
    response
}
