//! The whole window takes files, and shows where they will go.

use std::path::PathBuf;

use client::present::icon::Icon;
use client::present::rooms::label;
use eframe::egui::{self, Align2, Area, Id, Order, Rect, Shape, Stroke, Vec2, vec2};
use shared::RoomId;

use crate::chat::{Env, Wish};
use crate::theme::{icons, semibold};

const INSET: f32 = 12.0;
const DASH: f32 = 8.0;

/// Where files go that are dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::chat) enum DropPlace {
    /// To the message of this room.
    Room(RoomId),
    /// One of them becomes one's picture.
    Portrait,
}

/// Takes what was dropped or pasted.
pub(super) fn take(ctx: &egui::Context, env: &Env<'_>, place: DropPlace) {
    let dropped: Vec<PathBuf> = ctx.input(|input| {
        let files = input.raw.dropped_files.iter();
        files.map(|file| file.path().to_owned()).collect()
    });
    if dropped.is_empty() {
        return;
    }
    match place {
        DropPlace::Room(_) => env.wish(Wish::Attach(dropped)),
        DropPlace::Portrait => env.wish(Wish::MakePortrait(dropped)),
    }
}

/// While files are held over the window.
pub(super) fn show(ctx: &egui::Context, env: &Env<'_>, place: DropPlace) {
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let text = match place {
        DropPlace::Room(room_id) => {
            let name = env.view(|view| {
                let room = view.rooms.get(&room_id);
                room.map(|room| label(&room.info))
            });
            format!("Drop to attach to {}", name.unwrap_or_default())
        }
        DropPlace::Portrait => "Drop to make it your picture".to_owned(),
    };
    let theme = env.theme;
    let rect = ctx.content_rect();
    let area = Area::new(Id::unique("drop")).order(Order::Tooltip);
    area.fixed_pos(rect.min)
        .interactable(false)
        .show(ctx, |ui| {
            ui.set_min_size(rect.size());
            let painter = ui.painter();
            painter.rect_filled(rect, 0.0, theme.surface.gamma_multiply(0.94));
            let line = rect.shrink(INSET);
            let corners = [
                line.left_top(),
                line.right_top(),
                line.right_bottom(),
                line.left_bottom(),
                line.left_top(),
            ];
            let stroke = Stroke::new(2.0, theme.accent);
            painter.extend(Shape::dashed_line(&corners, stroke, DASH, DASH));
            let icon = Align2::CENTER_CENTER
                .anchor_size(rect.center() - vec2(0.0, 32.0), Vec2::splat(40.0));
            icons::paint(painter, icon, 40.0, Icon::Attach, theme.accent_text);
            let text = egui::RichText::new(text).font(semibold(theme.title.size));
            let place = Rect::from_center_size(
                rect.center() + vec2(0.0, 20.0),
                vec2(rect.width() - 4.0 * INSET, theme.title.line_height),
            );
            ui.put(place, egui::Label::new(text.color(theme.accent_text)));
        });
}
