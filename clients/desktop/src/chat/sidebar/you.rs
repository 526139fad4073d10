//! Oneself, at the foot of the left pane: whether one is there, and the way to all that is one's own.

use client::present::icon::Icon;
use client::present::panel::{ADMINISTRATION, Topic, YOU};
use client::present::people;
use client::present::presence::{CHOICES, of_word, word};
use client::present::rooms::may;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Popup, Rect, Response, Sense, Ui, Vec2, WidgetInfo, pos2, vec2};
use shared::account::PresenceState;
use shared::frame::Person;

use super::super::{Dialog, Env, Wish};
use super::HEAD;
use crate::settings::Settings;
use crate::theme::{icons, space};
use crate::widgets::{
    cut, inner_focus_ring, line, line_above, menu_item, menu_radio, opens_menu, paint_avatar,
    paint_presence,
};

pub(super) fn show(ui: &mut Ui, env: &Env<'_>) {
    let found = env.view(|view| {
        let own = view.person.clone()?;
        let first = |topics: &[Topic]| {
            let mut topics = topics.iter();
            topics
                .find(|topic| may(view, topic.operation(), None))
                .copied()
        };
        Some((own, view.attention, first(&YOU), first(&ADMINISTRATION)))
    });
    let Some((own, presence, you, administration)) = found else {
        return;
    };
    let button = button(ui, env, &own, presence);
    let menu = Popup::menu(&button)
        .align(egui::RectAlign::TOP_START)
        .accessible_name("Menu")
        .width(228.0);
    menu.show(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let pages = [
            (Icon::People, "Profile and account", you),
            (Icon::Lock, "Administration", administration),
        ];
        for (icon, name, topic) in pages {
            if topic.is_some() && menu_item(ui, env.theme, icon, name).clicked() {
                env.wish(Wish::Page(topic));
                ui.close();
            }
        }
        show_presence(ui, env);
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

/// What one can be seen as.
fn show_presence(ui: &mut Ui, env: &Env<'_>) {
    let chosen = of_word(&env.settings.presence);
    ui.separator();
    for state in CHOICES {
        let text = people::presence(state);
        if menu_radio(ui, env.theme, text, state == chosen).clicked() {
            env.wish(Wish::Set(Box::new(Settings {
                presence: word(state).to_owned(),
                ..env.settings.clone()
            })));
            ui.close();
        }
    }
    ui.separator();
}

fn button(ui: &mut Ui, env: &Env<'_>, own: &Person, presence: PresenceState) -> Response {
    let theme = env.theme;
    let size = vec2(ui.available_width(), HEAD);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let name = format!("{}, menu", own.name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_description(people::presence(presence));
    });
    opens_menu(&response);
    let ground = match response.hovered() {
        true => theme.hover,
        false => theme.surface_side,
    };
    ui.painter().rect_filled(rect, 0.0, ground);
    line_above(ui.painter(), theme, rect);
    let face = Rect::from_center_size(
        pos2(rect.left() + space::L + 12.0, rect.center().y),
        Vec2::splat(24.0),
    );
    paint_avatar(ui.painter(), theme, own, face);
    paint_presence(ui.painter(), theme, presence, face, ground);
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
