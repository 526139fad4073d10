//! A button that opens a list of things to do.

use client::present::icon::Icon;
use client::present::sheet::{Item, Weight};
use eframe::egui::accesskit::{HasPopup, Role, Toggled};
use eframe::egui::{Popup, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};

use crate::theme::{Theme, icons, space};
use crate::widgets::{cut, inner_focus_ring, line};

const WIDTH: f32 = 240.0;
const ROW: f32 = 32.0;

/// Says that a button opens a menu.
pub(crate) fn opens_menu(button: &Response) {
    button.ctx.accesskit_node_builder(button.id, |node| {
        node.set_has_popup(HasPopup::Menu);
    });
}

/// The menu of a button, while it is open. Returns the number of what was chosen.
pub(crate) fn menu(theme: &Theme, button: &Response, name: &str, items: &[Item]) -> Option<usize> {
    let menu = Popup::menu(button).accessible_name(name).width(WIDTH);
    menu.show(|ui| list(ui, theme, items))?.inner
}

/// The lines of a menu.
fn list(ui: &mut Ui, theme: &Theme, items: &[Item]) -> Option<usize> {
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut chosen = None;
    for (number, item) in items.iter().enumerate() {
        if entry(ui, theme, item).clicked() {
            ui.close();
            chosen = Some(number);
        }
    }
    chosen
}

fn entry(ui: &mut Ui, theme: &Theme, item: &Item) -> Response {
    text_entry(ui, theme, &item.text, item.weight, item.chosen)
}

/// A line of a menu of which one of several holds.
pub(crate) fn menu_radio(ui: &mut Ui, theme: &Theme, text: &str, chosen: bool) -> Response {
    text_entry(ui, theme, text, Weight::Plain, Some(chosen))
}

fn text_entry(
    ui: &mut Ui,
    theme: &Theme,
    text: &str,
    weight: Weight,
    chosen: Option<bool>,
) -> Response {
    let size = vec2(ui.available_width(), ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let role = match chosen {
        Some(_) => Role::MenuItemRadio,
        None => Role::MenuItem,
    };
    response.widget_info(|| WidgetInfo::labeled(role, true, text));
    if let Some(chosen) = chosen {
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_toggled(Toggled::from(chosen));
        });
    }
    let active = response.hovered() || response.has_focus();
    if active {
        ui.painter().rect_filled(rect, theme.radius, theme.hover);
    }
    let colour = match (weight, active) {
        (Weight::Danger, _) => theme.danger,
        (Weight::Plain | Weight::Primary, true) => theme.text,
        (Weight::Plain | Weight::Primary, false) => theme.text_2,
    };
    let galley = line(ui, theme.body, colour, text, rect.width() - 40.0);
    let response = cut(response, &galley, text);
    let at = pos2(
        rect.left() + space::M,
        rect.center().y - galley.size().y / 2.0,
    );
    ui.painter().galley(at, galley, colour);
    if chosen == Some(true) {
        let mark = pos2(rect.right() - space::M - 8.0, rect.center().y);
        let mark = Rect::from_center_size(mark, Vec2::splat(16.0));
        icons::paint(ui.painter(), mark, 16.0, Icon::Check, theme.accent_text);
    }
    inner_focus_ring(ui, theme, &response);
    response
}
