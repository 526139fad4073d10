//! The left pane: where one is, one's rooms, who is here, and oneself.

mod room_list;
mod you;

use client::Change;
use client::present::icon::Icon;
use client::present::rooms::others_online;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Margin, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use shared::RoomId;
use shared::frame::Person;

use self::room_list::RoomList;
use super::{Dialog, Env, Wish, rooms};
use crate::theme::{Theme, icons, space};
use crate::widgets::{
    focus_ring, heading, label, line, list_button, mark, people, region, section_head,
    small_icon_button,
};

/// As high as the head of a room.
pub(super) const HEAD: f32 = 56.0;

#[derive(Default)]
pub(super) struct Sidebar {
    rooms: RoomList,
    others: Vec<Person>,
    /// Of the others, listed or not.
    total: usize,
    /// What is above is as the view has it.
    fresh: bool,
}

impl Sidebar {
    pub(super) fn changed(&mut self, changes: &[Change]) {
        let concerns = changes.iter().any(|change| match change {
            Change::Connection | Change::Rooms | Change::Unread(_) | Change::Presence => true,
            Change::Timeline(_)
            | Change::Members(_)
            | Change::ReadBy(_)
            | Change::Typing(_)
            | Change::Directory
            | Change::Upload(_)
            | Change::Download(_)
            | Change::RoomJoined { .. }
            | Change::RequestDone { .. }
            | Change::Answered { .. }
            | Change::RequestFailed { .. } => false,
        });
        self.fresh &= !concerns;
    }

    /// The widget that the pane is entered at.
    pub(super) fn entrance(&self) -> Option<egui::Id> {
        self.rooms.entrance()
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, current: Option<RoomId>) {
        if !self.fresh {
            let (items, (others, total)) =
                env.view(|view| (rooms::items(view), others_online(view)));
            self.rooms.items = items;
            (self.others, self.total) = (others, total);
            rooms::sort(&mut self.others);
            self.fresh = true;
        }
        region(ui, Role::Navigation, "Rooms and people");
        let none = egui::Frame::new();
        egui::Panel::top("sidebar head")
            .frame(none)
            .show_separator_line(false)
            .show(ui, |ui| head(ui, env));
        egui::Panel::bottom("sidebar you")
            .frame(none)
            .show_separator_line(false)
            .show(ui, |ui| you::show(ui, env));
        egui::CentralPanel::default().frame(none).show(ui, |ui| {
            egui::ScrollArea::vertical()
                .auto_shrink(false)
                .content_margin(Margin {
                    left: 8,
                    right: 8,
                    top: 0,
                    bottom: 16,
                })
                .show(ui, |ui| self.lists(ui, env, current));
        });
    }

    fn lists(&mut self, ui: &mut Ui, env: &Env<'_>, current: Option<RoomId>) {
        let theme = env.theme;
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(space::XS);
        section_head(ui, theme, "Rooms", |ui| {
            if small_icon_button(ui, theme, Icon::Plus, "New room").clicked() {
                env.wish(Wish::Open(Dialog::CreateRoom));
            }
        });
        self.rooms.show(ui, env, current);
        if list_button(ui, theme, Icon::Search, "Browse all rooms").clicked() {
            env.wish(Wish::Open(Dialog::Browse));
        }
        ui.add_space(space::L);
        section_head(ui, theme, "Here now", |ui| {
            if self.total > 0 {
                label(ui, theme.meta, theme.text_3, &self.total.to_string());
            }
        });
        if self.others.is_empty() {
            note(ui, theme, "Nobody else yet.");
        }
        let ground = theme.surface_side;
        people(ui, theme, "Here now", &self.others, true, ground);
        let more = self.total.saturating_sub(self.others.len());
        if more > 0 {
            note(ui, theme, &format!("and {more} more"));
        }
    }
}

/// A line in a list that is no item of it.
pub(super) fn note(ui: &mut Ui, theme: &Theme, text: &str) {
    let frame = egui::Frame::new().inner_margin(Margin::symmetric(8, 4));
    frame.show(ui, |ui| label(ui, theme.secondary, theme.text_3, text));
}

fn head(ui: &mut Ui, env: &Env<'_>) {
    let theme = env.theme;
    let server = env.view(|view| view.server.as_ref().map(|server| server.name.clone()));
    let server = server.unwrap_or_else(|| "Chinwag".to_owned());
    ui.spacing_mut().item_spacing.y = 0.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let square = egui::Rect::from_center_size(
        pos2(rect.left() + space::L + 12.0, rect.center().y),
        vec2(24.0, 24.0),
    );
    mark(ui.painter(), square);
    let words = rect
        .with_min_x(square.right() + 10.0)
        .with_max_x(rect.right() - space::L);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(words).layout(layout), |ui| {
        heading(ui, theme.body.bold(), theme.text, &server, 1);
    });
    let frame = egui::Frame::new().inner_margin(Margin {
        left: 8,
        right: 8,
        top: 0,
        bottom: 8,
    });
    frame.show(ui, |ui| jump_button(ui, env));
}

/// Looks like the field that it opens.
fn jump_button(ui: &mut Ui, env: &Env<'_>) {
    let theme = env.theme;
    let size = vec2(ui.available_width(), 34.0);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Jump to a room"));
    let (border, colour) = match response.hovered() {
        true => (theme.line_strong, theme.text_2),
        false => (theme.line, theme.text_3),
    };
    let border = Stroke::new(1.0, border);
    ui.painter().rect(
        rect,
        theme.radius,
        theme.surface,
        border,
        StrokeKind::Inside,
    );
    let icon = egui::Rect::from_center_size(
        pos2(rect.left() + space::S + 8.0, rect.center().y),
        vec2(16.0, 16.0),
    );
    icons::paint(ui.painter(), icon, 16.0, Icon::Search, colour);
    let text = line(ui, theme.secondary, colour, "Jump to…", rect.width());
    let at = pos2(
        icon.right() + space::S,
        rect.center().y - text.size().y / 2.0,
    );
    ui.painter().galley(at, text, colour);
    let keys = ui.ctx().format_shortcut(&super::shortcuts::JUMP);
    let keys = line(ui, theme.meta, colour, &keys, rect.width());
    let at = pos2(
        rect.right() - space::S - keys.size().x,
        rect.center().y - keys.size().y / 2.0,
    );
    ui.painter().galley(at, keys, colour);
    focus_ring(ui, theme, &response);
    if response.clicked() {
        env.wish(Wish::Open(Dialog::Jump));
    }
}
