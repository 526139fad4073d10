//! What one may do with a message: a button that shows itself to the pointer and the keyboard, and its menu.

use client::present::icon::Icon;
use client::present::room_sheets::message_items;
use client::present::sheet::{Deed, Item};
use eframe::egui::accesskit::Role;
use eframe::egui::{Popup, Rect, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use shared::RoomEvent;
use shared::http::message_path;

use super::draw::Canvas;
use crate::chat::{Env, Wish};
use crate::theme::{icons, space};
use crate::widgets::{focus_ring, menu, opens_menu};

const WIDTH: f32 = 32.0;
const HEIGHT: f32 = 26.0;

impl Canvas<'_> {
    /// At the upper right corner of a message, whose ground is `rect`.
    pub(super) fn actions(&self, ui: &Ui, rect: Rect, event: &RoomEvent, hovered: bool) {
        let theme = self.env.theme;
        let right = rect.right() - space::L;
        let place = Rect::from_min_size(
            pos2(right - WIDTH, rect.top() + 1.0),
            vec2(WIDTH, HEIGHT.min(rect.height())),
        );
        let id = self.list.with(("menu", event.sequence.0));
        let button = ui.interact(place, id, Sense::click());
        let name = format!("What to do with the message of {}", event.person.name);
        button.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &name));
        opens_menu(&button);
        let open = Popup::is_id_open(ui.ctx(), Popup::default_response_id(&button));
        if hovered || open || button.has_focus() {
            let (ground, colour) = match button.hovered() || open {
                true => (theme.hover, theme.text),
                false => (theme.surface_raised, theme.text_2),
            };
            let edge = Stroke::new(1.0, theme.line);
            ui.painter()
                .rect(place, theme.radius, ground, edge, StrokeKind::Inside);
            icons::paint(ui.painter(), place, 16.0, Icon::More, colour);
            focus_ring(ui, theme, &button);
        }
        if !open && !button.clicked() {
            return;
        }
        let items = items(self.env, event);
        let chosen = menu(theme, &button, &name, &items);
        if let Some(item) = chosen.and_then(|chosen| items.get(chosen)) {
            self.env.wish(Wish::Perform(item.deed.clone()));
        }
    }
}

fn items(env: &Env<'_>, event: &RoomEvent) -> Vec<Item> {
    let copy = |name, text| Item::new(name, Deed::Copy(text));
    let mut items = Vec::new();
    if !event.event.text().is_empty() {
        items.push(copy("Copy text", event.event.text().to_owned()));
    }
    env.view(|view| {
        let room = view.rooms.get(&event.room_id);
        let address = room.and_then(|room| {
            let path = message_path(room.info.name.as_str(), event.sequence);
            view.server
                .as_ref()?
                .page_address_of(&env.server.host, &path)
        });
        items.extend(address.map(|address| copy("Copy link", address)));
        items.extend(message_items(view, event));
    });
    items
}
