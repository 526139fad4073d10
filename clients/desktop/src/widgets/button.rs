//! Buttons, from a filled one down to an icon.

use client::present::icon::Icon;
pub(crate) use client::present::sheet::Weight;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Color32, CursorIcon, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};

use crate::theme::{TextToken, Theme, icons, space};
use crate::widgets::{cut, focus_ring, inner_focus_ring, line};

/// A button with a border or a ground.
pub(crate) fn button(ui: &mut Ui, theme: &Theme, weight: Weight, text: &str) -> Response {
    let width = ui.available_width().max(60.0);
    let token = theme.body.bold();
    let measured = line(ui, token, theme.text, text, width - 2.0 * space::L);
    let size = vec2(measured.size().x + 2.0 * space::L, 36.0);
    sized(ui, theme, weight, text, size)
}

/// The same as wide as there is space, for a form that has no other.
pub(crate) fn wide_button(ui: &mut Ui, theme: &Theme, weight: Weight, text: &str) -> Response {
    let size = vec2(ui.available_width(), 44.0);
    sized(ui, theme, weight, text, size)
}

fn sized(ui: &mut Ui, theme: &Theme, weight: Weight, text: &str, size: Vec2) -> Response {
    let token = theme.body.bold();
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    let active = enabled && response.hovered();
    let none = Color32::TRANSPARENT;
    let (fill, border, colour) = match (weight, active) {
        (Weight::Plain, false) => (theme.surface_raised, theme.line_strong, theme.text),
        (Weight::Plain, true) => (theme.hover, theme.line_strong, theme.text),
        (Weight::Primary, false) => (theme.accent, none, theme.on_accent),
        (Weight::Primary, true) => (theme.accent_hover, none, theme.on_accent),
        (Weight::Danger, false) => (theme.danger, none, theme.on_danger),
        (Weight::Danger, true) => (theme.danger.gamma_multiply(0.9), none, theme.on_danger),
    };
    let (fill, border, colour) = match enabled {
        true => (fill, border, colour),
        false => (theme.hover, none, theme.text_3),
    };
    let border = Stroke::new(1.0, border);
    ui.painter()
        .rect(rect, theme.radius, fill, border, StrokeKind::Inside);
    let galley = line(ui, token, colour, text, size.x);
    let at = rect.center() - galley.size() / 2.0;
    ui.painter().galley(at, galley, colour);
    focus_ring(ui, theme, &response);
    response
}

/// A button of an icon alone, named for those who do not see it and on hovering.
pub(crate) fn icon_button(ui: &mut Ui, theme: &Theme, icon: Icon, name: &str) -> Response {
    only_icon(ui, theme, icon, name, 32.0, 20.0)
}

/// The same for the heads of lists.
pub(crate) fn small_icon_button(ui: &mut Ui, theme: &Theme, icon: Icon, name: &str) -> Response {
    only_icon(ui, theme, icon, name, 24.0, 16.0)
}

fn only_icon(
    ui: &mut Ui,
    theme: &Theme,
    icon: Icon,
    name: &str,
    size: f32,
    icon_size: f32,
) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    let active = enabled && response.hovered();
    if active {
        ui.painter().rect_filled(rect, theme.radius, theme.hover);
    }
    let colour = match (enabled, active) {
        (false, _) => theme.text_3,
        (true, true) => theme.text,
        (true, false) => theme.text_2,
    };
    icons::paint(ui.painter(), rect, icon_size, icon, colour);
    inner_focus_ring(ui, theme, &response);
    response.on_hover_text(name)
}

/// An icon with a few words and no ground until it is pointed at. `pressed` is one that holds a state.
pub(crate) fn quiet_button(
    ui: &mut Ui,
    theme: &Theme,
    icon: Icon,
    text: &str,
    colour: Color32,
    pressed: bool,
) -> Response {
    let galley = line(
        ui,
        theme.secondary,
        colour,
        text,
        ui.available_width() - 38.0,
    );
    let size = vec2(galley.size().x + 38.0, 28.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    if pressed || (enabled && response.hovered()) {
        ui.painter().rect_filled(rect, theme.radius, theme.hover);
    }
    let response = cut(response, &galley, text);
    with_icon(ui, rect, icon, galley, 6.0, colour);
    inner_focus_ring(ui, theme, &response);
    response
}

/// A button that fills the width of its list.
pub(crate) fn list_button(ui: &mut Ui, theme: &Theme, icon: Icon, text: &str) -> Response {
    row(ui, theme, (icon, text), theme.secondary, Role::Button)
}

/// A line of a menu.
pub(crate) fn menu_item(ui: &mut Ui, theme: &Theme, icon: Icon, text: &str) -> Response {
    row(ui, theme, (icon, text), theme.body, Role::MenuItem)
}

fn row(
    ui: &mut Ui,
    theme: &Theme,
    (icon, text): (Icon, &str),
    token: TextToken,
    role: Role,
) -> Response {
    let size = vec2(ui.available_width(), 32.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(role, enabled, text));
    let active = enabled && (response.hovered() || response.has_focus());
    if active {
        ui.painter().rect_filled(rect, theme.radius, theme.hover);
    }
    let colour = match (role, active) {
        (_, true) => theme.text,
        (Role::MenuItem, false) => theme.text_2,
        (_, false) => theme.text_3,
    };
    let galley = line(ui, token, colour, text, rect.width() - 40.0);
    let response = cut(response, &galley, text);
    with_icon(ui, rect, icon, galley, space::S, colour);
    inner_focus_ring(ui, theme, &response);
    response
}

fn with_icon(
    ui: &Ui,
    rect: Rect,
    icon: Icon,
    galley: std::sync::Arc<eframe::egui::Galley>,
    gap: f32,
    colour: Color32,
) {
    let square = Rect::from_center_size(
        pos2(rect.left() + space::S + 8.0, rect.center().y),
        Vec2::splat(16.0),
    );
    icons::paint(ui.painter(), square, 16.0, icon, colour);
    let at = pos2(
        square.right() + gap,
        rect.center().y - galley.size().y / 2.0,
    );
    ui.painter().galley(at, galley, colour);
}

/// Words that do something, underlined when pointed at.
pub(crate) fn link_button(
    ui: &mut Ui,
    theme: &Theme,
    token: TextToken,
    colour: Color32,
    text: &str,
) -> Response {
    let galley = line(ui, token.bold(), colour, text, ui.available_width());
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, text));
    ui.painter().galley(rect.min, galley, colour);
    if response.hovered() {
        let stroke = Stroke::new(1.0, colour);
        let y = rect.bottom() - 2.0;
        ui.painter().hline(rect.x_range(), y, stroke);
    }
    focus_ring(ui, theme, &response);
    response.on_hover_cursor(CursorIcon::PointingHand)
}
