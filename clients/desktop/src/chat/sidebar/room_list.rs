//! One's rooms, with what is unread in them.

use client::present::format;
use eframe::egui::accesskit::{AriaCurrent, Role};
use eframe::egui::{Id, Response, Ui, WidgetInfo, pos2, vec2};
use shared::RoomId;

use super::super::rooms::RoomItem;
use super::super::{Env, Wish};
use crate::theme::space;
use crate::widgets::{Roving, badge, cut, inner_focus_ring, line, paint_mark, region};

const ROW: f32 = 32.0;

#[derive(Default)]
pub(super) struct RoomList {
    pub(super) items: Vec<RoomItem>,
    roving: Roving,
}

impl RoomList {
    pub(super) fn entrance(&self) -> Option<Id> {
        self.roving.entrance()
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, name: &str, current: Option<RoomId>) {
        let ids: Vec<Id> = self.items.iter().map(|item| id(item.room_id)).collect();
        self.roving.take(ui, &ids, current.map(id));
        ui.scope(|ui| {
            region(ui, Role::List, name);
            for item in &self.items {
                let row = self.row(ui, env, item, Some(item.room_id) == current);
                if row.clicked() {
                    env.wish(Wish::Go(item.room_id));
                }
            }
        });
    }

    fn row(&self, ui: &mut Ui, env: &Env<'_>, item: &RoomItem, current: bool) -> Response {
        let theme = env.theme;
        let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
        let id = id(item.room_id);
        let response = ui.interact(rect, id, self.roving.sense(id));
        response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, item.title()));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_selected(current);
            if current {
                node.set_aria_current(AriaCurrent::Page);
            }
        });
        self.roving.shown(ui, &response);
        if !ui.is_rect_visible(rect) {
            return response;
        }
        let ground = match (current, response.hovered()) {
            (true, _) => theme.accent_soft,
            (false, true) => theme.hover,
            (false, false) => theme.surface_side,
        };
        ui.painter().rect_filled(rect, theme.radius, ground);
        let colour = match current || item.unread > 0 {
            true => theme.text,
            false if item.archived => theme.text_3,
            false => theme.text_2,
        };
        let mark = match current {
            true => theme.accent_text,
            false => theme.text_3,
        };
        let middle = rect.center().y;
        let at = pos2(rect.left() + space::L, middle);
        paint_mark(ui, theme, at, &item.mark, (mark, ground));
        let mut right = rect.right() - space::S;
        if item.unread > 0 {
            let count = format::count(item.unread);
            let (text, ground) = match item.mentions {
                0 => (count, (theme.accent, theme.on_accent)),
                _ => (format!("@{count}"), (theme.danger, theme.on_danger)),
            };
            right -= badge(ui, pos2(right, middle), &text, theme.meta.size, ground) + space::S;
        }
        let token = match item.unread {
            0 => theme.body,
            _ => theme.body.bold(),
        };
        let left = rect.left() + 32.0;
        let name = line(ui, token, colour, &item.name, right - left);
        let response = cut(response, &name, &item.name);
        let top = middle - name.size().y / 2.0;
        ui.painter().galley(pos2(left, top), name, colour);
        inner_focus_ring(ui, theme, &response);
        response
    }
}

fn id(room_id: RoomId) -> Id {
    Id::unique(("room", room_id))
}
