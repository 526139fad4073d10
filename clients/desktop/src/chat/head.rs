//! The line above a room: its name and topic, how many are in it, and the way to its details.

use client::present::format;
use client::present::icon::Icon;
use client::present::rooms::member_count;
use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{Align, Layout, Margin, Sense, Ui, UiBuilder, vec2};
use shared::RoomId;
use shared::room::RoomKind;

use super::sidebar::HEAD;
use super::{Env, Wish};
use crate::theme::space;
use crate::widgets::{
    RoomMark, cut, icon_button, line, line_below, named, quiet_button, room_heading,
};

/// How the head is shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// The list of rooms is a step back.
    pub(super) narrow: bool,
    /// Whether the details are open.
    pub(super) details: bool,
}

pub(super) fn show(ui: &mut Ui, env: &Env<'_>, room_id: RoomId, shape: Shape) {
    let found = env.view(|view| {
        let room = view.rooms.get(&room_id)?;
        let mark = RoomMark::of(&room.info, |other| view.presence.state(other.id));
        Some((room.info.clone(), member_count(view, room), mark))
    });
    let Some((info, members, mark)) = found else {
        return;
    };
    let topic = match info.kind {
        RoomKind::Lobby if info.topic.is_empty() => "Everyone is here",
        RoomKind::Lobby
        | RoomKind::Public
        | RoomKind::Private
        | RoomKind::Direct
        | RoomKind::Unknown => &info.topic,
    };
    let theme = env.theme;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    line_below(ui.painter(), theme, rect);
    let left = if shape.narrow { space::XS } else { space::XL };
    let inside = rect
        - Margin {
            left: left as i8,
            right: 12,
            top: 0,
            bottom: 0,
        };
    let layout = Layout::right_to_left(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inside).layout(layout), |ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        toggle(ui, env, members, shape.details);
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if shape.narrow && icon_button(ui, theme, Icon::Back, "Back to the rooms").clicked() {
                env.wish(Wish::Back);
            }
            ui.scope(|ui| {
                if !shape.narrow {
                    ui.set_max_width(ui.available_width() * 0.6);
                }
                let mark = (&mark, theme.surface);
                room_heading(ui, theme, theme.body.bold(), &info, mark, 1);
            });
            if !shape.narrow {
                show_topic(ui, env, topic);
            }
        });
    });
}

fn show_topic(ui: &mut Ui, env: &Env<'_>, topic: &str) {
    let theme = env.theme;
    let galley = line(
        ui,
        theme.secondary,
        theme.text_3,
        topic,
        ui.available_width(),
    );
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    named(&response, Role::Paragraph, topic);
    cut(response, &galley, topic);
    ui.painter().galley(rect.min, galley, theme.text_3);
}

fn toggle(ui: &mut Ui, env: &Env<'_>, members: u32, open: bool) {
    let theme = env.theme;
    let colour = if open { theme.text } else { theme.text_2 };
    let count = members.to_string();
    let button = quiet_button(ui, theme, Icon::People, &count, colour, open);
    let people = format::people(members.into());
    let name = format!("Details of this room, {people}");
    ui.ctx().accesskit_node_builder(button.id, |node| {
        node.set_label(name.clone());
        node.set_toggled(Toggled::from(open));
    });
    if button.on_hover_text(name).clicked() {
        env.wish(Wish::ToggleDetails);
    }
}
