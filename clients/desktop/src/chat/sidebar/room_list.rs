//! One's rooms, with what is unread in them. The list is one stop of the Tab key; arrows move inside.

use client::present::format;
use eframe::egui::accesskit::{AriaCurrent, Role};
use eframe::egui::{
    self, EventFilter, Id, Key, Modifiers, Response, Sense, Ui, WidgetInfo, pos2, vec2,
};
use shared::RoomId;

use super::super::rooms::RoomItem;
use super::super::{Env, Wish};
use crate::theme::space;
use crate::widgets::{badge, cut, inner_focus_ring, line, region};

const ROW: f32 = 32.0;

#[derive(Default)]
pub(super) struct RoomList {
    pub(super) items: Vec<RoomItem>,
    /// The one that Tab comes to.
    stop: Option<RoomId>,
}

impl RoomList {
    pub(super) fn entrance(&self) -> Option<Id> {
        self.stop.map(id)
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, current: Option<RoomId>) {
        let focused = self.focused(ui);
        let at = focused.or_else(|| self.position(current));
        let moved = focused.and_then(|index| self.moved(ui, index));
        let stop = moved.or(at).unwrap_or(0);
        self.stop = self.items.get(stop).map(|item| item.room_id);
        if let (Some(_), Some(room_id)) = (moved, self.stop) {
            ui.memory_mut(|memory| memory.request_focus(id(room_id)));
        }
        ui.scope(|ui| {
            region(ui, Role::List, "Rooms");
            for (index, item) in self.items.iter().enumerate() {
                let is_current = Some(item.room_id) == current;
                let row = row(ui, env, item, is_current, index == stop);
                if moved == Some(index) {
                    row.scroll_to_me(None);
                }
                if row.clicked() {
                    env.wish(Wish::Go(item.room_id));
                }
            }
        });
    }

    fn position(&self, room_id: Option<RoomId>) -> Option<usize> {
        let mut items = self.items.iter();
        items.position(|item| Some(item.room_id) == room_id)
    }

    fn focused(&self, ui: &Ui) -> Option<usize> {
        let focused = ui.memory(|memory| memory.focused())?;
        let mut items = self.items.iter();
        items.position(|item| id(item.room_id) == focused)
    }

    /// Where the keys move to from here.
    fn moved(&self, ui: &Ui, from: usize) -> Option<usize> {
        let last = self.items.len().checked_sub(1)?;
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        if pressed(Key::ArrowDown) {
            Some((from + 1).min(last))
        } else if pressed(Key::ArrowUp) {
            Some(from.saturating_sub(1))
        } else if pressed(Key::Home) {
            Some(0)
        } else if pressed(Key::End) {
            Some(last)
        } else {
            None
        }
    }
}

fn id(room_id: RoomId) -> Id {
    Id::unique(("room", room_id))
}

fn row(ui: &mut Ui, env: &Env<'_>, item: &RoomItem, current: bool, stop: bool) -> Response {
    let theme = env.theme;
    let (_, rect) = ui.allocate_space(vec2(ui.available_width(), ROW));
    let sense = if stop { Sense::click() } else { Sense::CLICK };
    let response = ui.interact(rect, id(item.room_id), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::ListItem, true, item.title()));
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_selected(current);
        if current {
            node.set_aria_current(AriaCurrent::Page);
        }
    });
    let filter = EventFilter {
        vertical_arrows: true,
        ..EventFilter::default()
    };
    ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let ground = match (current, response.hovered()) {
        (true, _) => Some(theme.accent_soft),
        (false, true) => Some(theme.hover),
        (false, false) => None,
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, theme.radius, ground);
    }
    let colour = match current || item.unread > 0 {
        true => theme.text,
        false => theme.text_2,
    };
    let hash = match current {
        true => theme.accent_text,
        false => theme.text_3,
    };
    ui.painter().text(
        pos2(rect.left() + space::L, rect.center().y),
        egui::Align2::CENTER_CENTER,
        item.sign,
        theme.body.font(),
        hash,
    );
    let mut right = rect.right() - space::S;
    if item.unread > 0 {
        let at = pos2(right, rect.center().y);
        right -= badge(ui, theme, at, &format::count(item.unread)) + space::S;
    }
    let token = match item.unread {
        0 => theme.body,
        _ => theme.body.bold(),
    };
    let left = rect.left() + 32.0;
    let name = line(ui, token, colour, &item.name, right - left);
    let response = cut(response, &name, &item.name);
    let top = rect.center().y - name.size().y / 2.0;
    ui.painter().galley(pos2(left, top), name, colour);
    inner_focus_ring(ui, theme, &response);
    response
}
