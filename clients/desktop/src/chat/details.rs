//! The right pane: what the room is about, what one may do to it, and who is in it.

use client::present::icon::Icon;
use client::present::room_sheets::{
    can_leave, leave, member_items, role_note, role_of, room_items,
};
use client::present::rooms::{Attendance, attendance, facts, label as room_label};
use client::present::sheet::{Deed, Item};
use client::present::words;
use client::{Change, Command, ConnectionState, View};
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align, Layout, Margin, Sense, Ui, UiBuilder, vec2};
use shared::RoomId;
use shared::account::PresenceState;
use shared::frame::Person;
use shared::room::RoomInfo;

use super::sidebar::{HEAD, note};
use super::{Env, Wish, rooms};
use crate::theme::space;
use crate::widgets::{
    Listed, People, RoomMark, heading, icon_button, label, line_above, line_below, list_button,
    quiet_button, region, room_heading, section_head,
};

#[derive(Default)]
pub(super) struct Details {
    room_id: Option<RoomId>,
    shown: Shown,
    /// `shown` is as the view has it.
    fresh: bool,
    /// Of what the members were last asked for.
    asked: Option<Occasion>,
    here: People,
    away: People,
}

/// What the view has of the room.
#[derive(Default)]
struct Shown {
    items: Vec<(Icon, Item)>,
    here: Vec<Listed>,
    away: Vec<Listed>,
    /// Members who are not listed.
    more: usize,
    can_leave: bool,
}

/// Whoever came or went may be new to the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Occasion {
    room_id: RoomId,
    members: u32,
    online: u32,
}

impl Shown {
    fn of(view: &View, room_id: RoomId) -> Option<Self> {
        let info = &view.rooms.get(&room_id)?.info;
        let Attendance {
            mut here,
            mut away,
            more,
        } = attendance(view, room_id);
        let listed = |people: &mut Vec<Person>, otherwise: PresenceState| {
            rooms::sort(people);
            let listed = |person: &Person| Listed {
                person: person.clone(),
                presence: match view.presence.people.get(&person.id) {
                    Some(present) => present.state,
                    None => otherwise,
                },
                note: role_note(role_of(view, room_id, person.id)),
                items: member_items(view, info, person),
            };
            people.iter().map(listed).collect()
        };
        Some(Self {
            items: room_items(view, info),
            here: listed(&mut here, PresenceState::Online),
            away: listed(&mut away, PresenceState::Offline),
            more,
            can_leave: can_leave(view, info),
        })
    }
}

impl Details {
    pub(super) fn changed(&mut self, changes: &[Change]) {
        let concerns = changes.iter().any(|change| match change {
            Change::Members(room_id) | Change::Timeline(room_id) => Some(*room_id) == self.room_id,
            Change::Connection | Change::Rooms | Change::Presence => true,
            Change::Unread(_)
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

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId) {
        region(ui, Role::Complementary, "Details of this room");
        self.ask(env, room_id);
        if self.room_id != Some(room_id) || !self.fresh {
            self.shown = env
                .view(|view| Shown::of(view, room_id))
                .unwrap_or_default();
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
        if self.shown.can_leave {
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

    fn content(&mut self, ui: &mut Ui, env: &Env<'_>, info: &RoomInfo) {
        let theme = env.theme;
        ui.spacing_mut().item_spacing.y = 0.0;
        about(ui, env, info);
        if !self.shown.items.is_empty() {
            ui.add_space(space::M);
        }
        for (icon, item) in &self.shown.items {
            if list_button(ui, theme, *icon, &item.text).clicked() {
                env.wish(Wish::Perform(item.deed.clone()));
            }
        }
        let Shown {
            here, away, more, ..
        } = &self.shown;
        let lists = [
            ("Here now", here, &mut self.here),
            ("Away", away, &mut self.away),
        ];
        for (title, people, list) in lists {
            if people.is_empty() {
                continue;
            }
            ui.add_space(space::L);
            section_head(ui, theme, title, |ui| {
                label(ui, theme.meta, theme.text_3, &people.len().to_string());
            });
            let wanted = list.show(ui, theme, title, people, theme.surface_side);
            if let Some(deed) = wanted {
                env.wish(Wish::Perform(deed));
            }
        }
        if *more > 0 {
            note(ui, theme, &format!("and {more} more"));
        }
    }
}

fn about(ui: &mut Ui, env: &Env<'_>, info: &RoomInfo) {
    let theme = env.theme;
    let topic = match info.topic.is_empty() {
        true => words::about(info.kind),
        false => &info.topic,
    };
    let frame = egui::Frame::new().inner_margin(Margin::symmetric(8, 0));
    frame.show(ui, |ui| {
        let mark = env.view(|view| RoomMark::of(info, |other| view.presence.state(other.id)));
        let mark = (&mark, theme.surface_side);
        room_heading(ui, theme, theme.body.bold(), info, mark, 2);
        ui.add_space(space::XS);
        label(ui, theme.secondary, theme.text_2, topic);
        if !info.description.is_empty() {
            ui.add_space(space::S);
            label(ui, theme.secondary, theme.text, &info.description);
        }
        for fact in facts(info) {
            ui.add_space(space::XS);
            label(ui, theme.meta, theme.text_3, &fact);
        }
    });
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
        let text = format!("Leave {}", room_label(info));
        let colour = env.theme.danger;
        ui.set_min_width(ui.available_width());
        if quiet_button(ui, env.theme, Icon::Leave, &text, colour, false).clicked() {
            env.wish(Wish::Perform(Deed::Ask(leave(info).into())));
        }
    });
    line_above(ui.painter(), env.theme, shown.response.rect);
}
