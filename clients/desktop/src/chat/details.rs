//! The right pane: what the room is about and who is in it.

use client::present::icon::Icon;
use client::present::rooms::{Attendance, attendance};
use client::present::words;
use client::{Change, Command, ConnectionState};
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align, Layout, Margin, Sense, Ui, UiBuilder, vec2};
use shared::RoomId;
use shared::frame::Person;
use shared::room::{RoomInfo, RoomKind};

use super::sidebar::{HEAD, note};
use super::{Dialog, Env, Wish, rooms};
use crate::theme::space;
use crate::widgets::{
    heading, icon_button, label, line_above, line_below, people, quiet_button, region,
    room_heading, section_head,
};

#[derive(Default)]
pub(super) struct Details {
    room_id: Option<RoomId>,
    attendance: Attendance,
    /// `attendance` is as the view has it.
    fresh: bool,
    /// Of what the members were last asked for.
    asked: Option<Occasion>,
}

/// Whoever came or went may be new to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Occasion {
    room_id: RoomId,
    members: u32,
    online: u32,
}

impl Details {
    pub(super) fn changed(&mut self, changes: &[Change]) {
        let concerns = changes.iter().any(|change| match change {
            Change::Members(room_id) => Some(*room_id) == self.room_id,
            Change::Connection | Change::Rooms | Change::Presence => true,
            Change::Timeline(_)
            | Change::Unread(_)
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

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId) {
        region(ui, Role::Complementary, "Details of this room");
        self.ask(env, room_id);
        if self.room_id != Some(room_id) || !self.fresh {
            self.attendance = env.view(|view| attendance(view, room_id));
            rooms::sort(&mut self.attendance.here);
            rooms::sort(&mut self.attendance.away);
            (self.room_id, self.fresh) = (Some(room_id), true);
        }
        let info = env.view(|view| view.rooms.get(&room_id).map(|room| room.info.clone()));
        let Some(info) = info else {
            return;
        };
        let none = egui::Frame::new();
        egui::Panel::top("details head")
            .frame(none)
            .show_separator_line(false)
            .show(ui, |ui| head(ui, env));
        if info.kind != RoomKind::Lobby {
            egui::Panel::bottom("details foot")
                .frame(none)
                .show_separator_line(false)
                .show(ui, |ui| foot(ui, env, &info));
        }
        egui::CentralPanel::default().frame(none).show(ui, |ui| {
            egui::ScrollArea::vertical()
                .auto_shrink(false)
                .content_margin(Margin::symmetric(12, 16))
                .show(ui, |ui| self.content(ui, env, &info));
        });
    }

    /// Asks for the members when there is reason to.
    fn ask(&mut self, env: &Env<'_>, room_id: RoomId) {
        let occasion = env.view(|view| {
            let room = view.rooms.get(&room_id)?;
            let occasion = Occasion {
                room_id,
                members: room.info.members,
                online: view.presence.total,
            };
            (view.connection == ConnectionState::Online).then_some(occasion)
        });
        if occasion.is_some() && occasion != self.asked {
            // What is refused now is asked for again at the next occasion.
            let _ = env.handle.command(Command::ListMembers { room_id });
        }
        self.asked = occasion;
    }

    fn content(&self, ui: &mut Ui, env: &Env<'_>, info: &RoomInfo) {
        let theme = env.theme;
        ui.spacing_mut().item_spacing.y = 0.0;
        let about = if info.topic.is_empty() {
            words::about(info.kind)
        } else {
            &info.topic
        };
        let frame = egui::Frame::new().inner_margin(Margin::symmetric(8, 0));
        frame.show(ui, |ui| {
            room_heading(ui, theme, theme.body.bold(), info, 2);
            ui.add_space(space::XS);
            label(ui, theme.secondary, theme.text_2, about);
        });
        list(ui, env, "Here now", &self.attendance.here, true);
        list(ui, env, "Away", &self.attendance.away, false);
        if self.attendance.more > 0 {
            note(ui, theme, &format!("and {} more", self.attendance.more));
        }
    }
}

fn list(ui: &mut Ui, env: &Env<'_>, title: &str, persons: &[Person], online: bool) {
    if persons.is_empty() {
        return;
    }
    let theme = env.theme;
    ui.add_space(space::L);
    section_head(ui, theme, title, |ui| {
        label(ui, theme.meta, theme.text_3, &persons.len().to_string());
    });
    people(ui, theme, title, persons, online, theme.surface_side);
}

fn head(ui: &mut Ui, env: &Env<'_>) {
    let theme = env.theme;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    line_below(ui.painter(), theme, rect);
    let inside = rect
        .with_min_x(rect.left() + 20.0)
        .with_max_x(rect.right() - space::M);
    let layout = Layout::right_to_left(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inside).layout(layout), |ui| {
        if icon_button(ui, theme, Icon::Close, "Close details").clicked() {
            env.wish(Wish::ToggleDetails);
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            heading(ui, theme.body.bold(), theme.text, "Details", 1);
        });
    });
}

fn foot(ui: &mut Ui, env: &Env<'_>, info: &RoomInfo) {
    let frame = egui::Frame::new().inner_margin(Margin::symmetric(12, 8));
    let shown = frame.show(ui, |ui| {
        let text = format!("Leave #{}", info.name);
        let colour = env.theme.danger;
        ui.set_min_width(ui.available_width());
        if quiet_button(ui, env.theme, Icon::Leave, &text, colour, false).clicked() {
            env.wish(Wish::Open(Dialog::Leave(info.room_id)));
        }
    });
    line_above(ui.painter(), env.theme, shown.response.rect);
}
