//! The left pane: where one is, one's rooms, who is here, and oneself.

mod room_list;
mod you;

use client::Change;
use client::present::icon::Icon;
use client::present::room_sheets;
use client::present::rooms::others_online;
use client::present::sheet::Deed;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Margin, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use native::Secured;
use shared::{Operation, RoomId};

use self::room_list::RoomList;
use super::{Dialog, Env, Wish, may, new_room, rooms};
use crate::theme::{Theme, icons, space};
use crate::widgets::{
    Listed, People, focus_ring, heading, label, line, list_button, mark, region, section_head,
    small_icon_button,
};

/// As high as the head of a room.
pub(super) const HEAD: f32 = 56.0;

#[derive(Default)]
pub(super) struct Sidebar {
    rooms: RoomList,
    direct: RoomList,
    people: People,
    others: Vec<Listed>,
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
            | Change::UploadEnded { .. }
            | Change::Elsewhere
            | Change::Arriving(_)
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
            self.look(env);
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

    fn look(&mut self, env: &Env<'_>) {
        env.view(|view| {
            let items = rooms::items(view).into_iter();
            (self.direct.items, self.rooms.items) = items.partition(|item| item.direct);
            let (mut others, total) = others_online(view);
            rooms::sort(&mut others);
            let listed = others.into_iter().map(|person| Listed {
                presence: view.presence.state(person.id),
                person,
                note: "",
                items: Vec::new(),
            });
            (self.others, self.total) = (listed.collect(), total);
        });
    }

    fn lists(&mut self, ui: &mut Ui, env: &Env<'_>, current: Option<RoomId>) {
        let theme = env.theme;
        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(space::XS);
        section_head(ui, theme, "Rooms", |ui| {
            if may(env, Operation::CreateRoom)
                && small_icon_button(ui, theme, Icon::Plus, "New room").clicked()
            {
                env.wish(Wish::Perform(new_room(env)));
            }
        });
        self.rooms.show(ui, env, "Rooms", current);
        if list_button(ui, theme, Icon::Search, "Browse all rooms").clicked() {
            env.wish(Wish::Open(Dialog::Browse));
        }
        ui.add_space(space::L);
        section_head(ui, theme, "Direct messages", |ui| {
            if may(env, Operation::OpenDirect)
                && small_icon_button(ui, theme, Icon::Plus, "New message").clicked()
            {
                env.wish(Wish::Open(Dialog::PickPeople(None)));
            }
        });
        self.direct.show(ui, env, "Direct messages", current);
        ui.add_space(space::L);
        self.here_now(ui, env);
    }

    fn here_now(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        section_head(ui, theme, "Here now", |ui| {
            if self.total > 0 {
                label(ui, theme.meta, theme.text_3, &self.total.to_string());
            }
        });
        if self.others.is_empty() {
            note(ui, theme, "Nobody else is here now.");
        }
        let ground = theme.surface_side;
        let list = &mut self.people;
        if let Some(deed) = list.show(ui, theme, "Here now", &self.others, ground) {
            env.wish(Wish::Perform(deed));
        }
        let more = self.total.saturating_sub(self.others.len());
        if more > 0 {
            note(ui, theme, &format!("and {more} more"));
        }
        if may(env, Operation::CreateInvitation)
            && list_button(ui, theme, Icon::Link, "Invite people").clicked()
        {
            let sheet = room_sheets::invite_to_server();
            env.wish(Wish::Perform(Deed::Ask(sheet.into())));
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
        .with_max_x(rect.right() - space::S);
    let layout = egui::Layout::right_to_left(egui::Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(words).layout(layout), |ui| {
        security(ui, env);
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            heading(ui, theme.body.bold(), theme.text, &server, 1);
        });
    });
    let frame = egui::Frame::new().inner_margin(Margin {
        left: 8,
        right: 8,
        top: 0,
        bottom: 8,
    });
    frame.show(ui, |ui| jump_button(ui, env));
}

/// How the connection is kept from others.
fn security(ui: &mut Ui, env: &Env<'_>) {
    let Some(secured) = env.handle.secured() else {
        return;
    };
    let icon = match secured {
        Secured::Plain => Icon::Unlocked,
        Secured::Public | Secured::Pinned { .. } => Icon::Lock,
    };
    if small_icon_button(ui, env.theme, icon, secured.named()).clicked() {
        env.wish(Wish::Open(Dialog::Security));
    }
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
