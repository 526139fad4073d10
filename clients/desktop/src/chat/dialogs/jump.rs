//! Jumping to a room by a few letters of its name.

use client::present::format;
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Modifiers, Response, Sense, Ui, WidgetInfo, pos2, vec2};

use super::First;
use crate::chat::rooms::{self, RoomItem};
use crate::chat::{Dialog, Env, Wish};
use crate::theme::space;
use crate::widgets::{badge, cut, label, line, link_button, paint_mark, region, search};

const ROW: f32 = 36.0;
const LIST: f32 = 400.0;

#[derive(Default)]
pub(super) struct Jump {
    wanted: String,
    chosen: usize,
    first: First,
}

impl Jump {
    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let found = found(env, &self.wanted);
        let moved = self.take_keys(ui, found.len());
        let entered = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        let id = ui.scope_id().with("wanted");
        self.first.give(ui, id);
        let name = "Name of the room";
        if search(ui, env.theme, id, (name, name), &mut self.wanted).changed() {
            self.chosen = 0;
        }
        if found.is_empty() {
            label(
                ui,
                env.theme.secondary,
                env.theme.text_3,
                "None of your rooms.",
            );
        }
        egui::ScrollArea::vertical()
            .max_height(LIST)
            .show(ui, |ui| {
                region(ui, Role::ListBox, "Rooms");
                ui.spacing_mut().item_spacing.y = 0.0;
                for (index, item) in found.iter().enumerate() {
                    let chosen = index == self.chosen;
                    let row = row(ui, env, item, chosen);
                    if chosen && moved {
                        row.scroll_to_me(None);
                    }
                    if row.clicked() || (chosen && entered) {
                        env.wish(Wish::CloseDialog);
                        env.wish(Wish::Go(item.room_id));
                    }
                }
            });
        let (token, colour) = (env.theme.body, env.theme.accent_text);
        if link_button(ui, env.theme, token, colour, "Browse all rooms").clicked() {
            env.wish(Wish::Open(Dialog::Browse));
        }
    }

    /// Whether another one is chosen by the keys.
    fn take_keys(&mut self, ui: &Ui, count: usize) -> bool {
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let (down, up) = (pressed(Key::ArrowDown), pressed(Key::ArrowUp));
        if count == 0 {
            return false;
        }
        self.chosen = self.chosen.min(count - 1);
        if down {
            self.chosen = (self.chosen + 1) % count;
        } else if up {
            self.chosen = (self.chosen + count - 1) % count;
        }
        down || up
    }
}

/// Those that begin with it first, and of these the unread ones.
fn found(env: &Env<'_>, wanted: &str) -> Vec<RoomItem> {
    let wanted = wanted.trim().trim_start_matches('#').to_lowercase();
    let mut found = env.view(rooms::items);
    found.retain(|item| item.name.to_lowercase().contains(&wanted));
    found.sort_by_cached_key(|item| {
        let begins = item.name.to_lowercase().starts_with(&wanted);
        (!begins, item.unread == 0)
    });
    found
}

fn row(ui: &mut Ui, env: &Env<'_>, item: &RoomItem, chosen: bool) -> Response {
    let theme = env.theme;
    let size = vec2(ui.available_width(), ROW);
    // The arrows choose; the keyboard stays in the field.
    let (rect, response) = ui.allocate_exact_size(size, Sense::CLICK);
    response.widget_info(|| WidgetInfo::labeled(Role::ListBoxOption, true, item.title()));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_selected(chosen));
    if !ui.is_rect_visible(rect) {
        return response;
    }
    let ground = match (chosen, response.hovered()) {
        (true, _) => Some(theme.accent_soft),
        (false, true) => Some(theme.hover),
        (false, false) => None,
    };
    if let Some(ground) = ground {
        ui.painter().rect_filled(rect, theme.radius, ground);
    }
    let middle = rect.center().y;
    let mark = pos2(rect.left() + space::M + 10.0, middle);
    let ground = ground.unwrap_or(theme.surface_raised);
    paint_mark(ui, theme, mark, &item.mark, (theme.text_3, ground));
    let name_left = mark.x + 10.0 + space::S;
    let mut right = rect.right() - space::M;
    if item.unread > 0 {
        let count = format::count(item.unread);
        let colours = (theme.accent, theme.on_accent);
        let at = pos2(right, middle);
        right -= badge(ui, at, &count, theme.meta.size, colours) + space::S;
    }
    let name = line(ui, theme.body, theme.text, &item.name, right - name_left);
    let response = cut(response, &name, &item.name);
    let top = middle - name.size().y / 2.0;
    ui.painter().galley(pos2(name_left, top), name, theme.text);
    response
}
