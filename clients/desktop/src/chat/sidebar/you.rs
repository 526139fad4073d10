//! Oneself, at the foot of the left pane, and the menu of what concerns the whole.

use client::present::icon::Icon;
use eframe::egui::accesskit::{HasPopup, Role};
use eframe::egui::{self, Popup, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use shared::frame::Person;

use super::super::{Dialog, Env, Wish};
use super::HEAD;
use crate::theme::{icons, space};
use crate::widgets::{cut, inner_focus_ring, line, line_above, menu_item, paint_avatar};

pub(super) fn show(ui: &mut Ui, env: &Env<'_>) {
    let Some(own) = env.view(|view| view.person.clone()) else {
        return;
    };
    let button = button(ui, env, &own);
    let menu = Popup::menu(&button)
        .align(egui::RectAlign::TOP_START)
        .accessible_name("Menu")
        .width(228.0);
    menu.show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        for (icon, name, dialog) in [
            (Icon::Settings, "Settings", Dialog::Settings),
            (Icon::Keyboard, "Keys", Dialog::Help),
            (Icon::Leave, "Sign out", Dialog::SignOut),
        ] {
            if menu_item(ui, env.theme, icon, name).clicked() {
                env.wish(Wish::Open(dialog));
                ui.close();
            }
        }
    });
}

fn button(ui: &mut Ui, env: &Env<'_>, own: &Person) -> Response {
    let theme = env.theme;
    let size = vec2(ui.available_width(), HEAD);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let name = format!("{}, menu", own.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_has_popup(HasPopup::Menu);
    });
    if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, theme.hover);
    }
    line_above(ui.painter(), theme, rect);
    let face = Rect::from_center_size(
        pos2(rect.left() + space::L + 12.0, rect.center().y),
        Vec2::splat(24.0),
    );
    paint_avatar(ui.painter(), theme, own, face);
    let right = rect.right() - space::M - 32.0;
    let left = face.right() + 10.0;
    let token = theme.body.bold();
    let galley = line(ui, token, theme.text, &own.name, right - left);
    let response = cut(response, &galley, &own.name);
    let top = rect.center().y - galley.size().y / 2.0;
    ui.painter().galley(pos2(left, top), galley, theme.text);
    let corner = Rect::from_center_size(
        pos2(rect.right() - space::M - 10.0, rect.center().y),
        Vec2::splat(20.0),
    );
    icons::paint(ui.painter(), corner, 20.0, Icon::Menu, theme.text_2);
    inner_focus_ring(ui, theme, &response);
    response
}
