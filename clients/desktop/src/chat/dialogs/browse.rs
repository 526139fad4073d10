//! All rooms that there are, to be joined or opened; and the way into those that one is invited to by a link.

use client::present::{format, picking};
use client::{Change, Command, Ticket};
use eframe::egui::accesskit::Role;
use eframe::egui::{self, Align, Layout, Margin, Ui, UiBuilder, vec2};
use shared::http::invitation_of_link;
use shared::room::RoomInfo;
use shared::{ClientFrame, Operation, RequestId, RoomRef, Secret};

use super::First;
use crate::chat::ask_form::Done;
use crate::chat::request::Request;
use crate::chat::{Env, Wish, may, new_room};
use crate::theme::space;
use crate::widgets::{
    Weight, button, cut, label, line, line_above, problem, region, room_line, search,
};

const LIST: f32 = 400.0;

#[derive(Default)]
pub(super) struct Browse {
    wanted: String,
    /// The list was asked for.
    asked: bool,
    /// It has come, or never will.
    listed: bool,
    request: Request,
    first: First,
}

/// A room, and whether one is in it.
struct Row {
    info: RoomInfo,
    member: bool,
}

impl Browse {
    pub(super) fn changed(&mut self, change: &Change) -> Option<Done> {
        if *change == Change::Directory {
            self.listed = true;
        }
        let answer = self.request.changed(change)?;
        Some(Done(picking::opened(&answer)))
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        if !self.asked {
            self.asked = true;
            match env.handle.command(Command::ListRooms) {
                Ok(
                    Ticket::Request(_)
                    | Ticket::Done
                    | Ticket::Message(_)
                    | Ticket::Upload(_)
                    | Ticket::Download(_),
                ) => {}
                Err(error) => {
                    self.request.problem = Some(error.reply());
                    self.listed = true;
                }
            }
        }
        self.head(ui, env);
        problem(ui, theme, self.request.trouble());
        if let Some(token) = invitation(&self.wanted) {
            return self.show_invitation(ui, env, token);
        }
        let rows = rows(env, &self.wanted);
        if rows.is_empty() && self.listed {
            let note = "No room of that name. Create it?";
            label(ui, theme.secondary, theme.text_3, note);
        }
        egui::ScrollArea::vertical()
            .max_height(LIST)
            .show(ui, |ui| {
                region(ui, Role::List, "All rooms");
                ui.spacing_mut().item_spacing.y = 0.0;
                for (index, found) in rows.iter().enumerate() {
                    let enabled = !self.request.waits();
                    let clicked = ui.add_enabled_ui(enabled, |ui| row(ui, env, found, index > 0));
                    if clicked.inner {
                        self.enter(env, found);
                    }
                }
            });
    }

    /// What was pasted is a link that somebody sent.
    fn show_invitation(&mut self, ui: &mut Ui, env: &Env<'_>, token: Secret) {
        let theme = env.theme;
        let text = "This is the link of an invitation.";
        label(ui, theme.secondary, theme.text_2, text);
        let follow = |ui: &mut Ui| button(ui, theme, Weight::Primary, "Follow it");
        let ready = !self.request.waits();
        if ui.add_enabled_ui(ready, follow).inner.clicked() {
            let request_id = RequestId(0);
            let accept = ClientFrame::AcceptInvitation { request_id, token };
            self.request.send(env, accept);
        }
    }

    fn head(&mut self, ui: &mut Ui, env: &Env<'_>) {
        let theme = env.theme;
        let id = ui.scope_id().with("wanted");
        self.first.give(ui, id);
        ui.horizontal(|ui| {
            let size = vec2(ui.available_width() - 130.0, 40.0);
            let layout = Layout::left_to_right(Align::Center);
            ui.allocate_ui_with_layout(size, layout, |ui| {
                let names = ("Search rooms", "Name, topic, or the link of an invitation");
                search(ui, theme, id, names, &mut self.wanted)
            });
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if may(env, Operation::CreateRoom)
                    && button(ui, theme, Weight::Plain, "New room").clicked()
                {
                    env.wish(Wish::Perform(new_room(env)));
                }
            });
        });
    }

    fn enter(&mut self, env: &Env<'_>, row: &Row) {
        let room_id = row.info.room_id;
        if row.member {
            env.wish(Wish::CloseDialog);
            env.wish(Wish::Go(room_id));
        } else {
            let room = RoomRef::Id(room_id);
            self.request.ask(env, Command::JoinRoom { room });
        }
    }
}

/// The token of a link, and of nothing that somebody may search for.
fn invitation(wanted: &str) -> Option<Secret> {
    wanted
        .contains("#invite=")
        .then(|| invitation_of_link(wanted))?
}

fn rows(env: &Env<'_>, wanted: &str) -> Vec<Row> {
    let wanted = wanted.trim().trim_start_matches('#').to_lowercase();
    let mut rows: Vec<Row> = env.view(|view| {
        let found = view.directory.iter().filter(|room| {
            room.name.as_str().to_lowercase().contains(&wanted)
                || room.topic.to_lowercase().contains(&wanted)
        });
        let row = |info: &RoomInfo| Row {
            info: info.clone(),
            member: view.rooms.contains_key(&info.room_id),
        };
        found.map(row).collect()
    });
    rows.sort_by_cached_key(|row| row.info.name.as_str().to_lowercase());
    rows
}

/// Returns whether it is to be entered.
fn row(ui: &mut Ui, env: &Env<'_>, row: &Row, separated: bool) -> bool {
    let theme = env.theme;
    let info = &row.info;
    let name = info.name.to_string();
    let people = format::people(info.members.into());
    let item = UiBuilder::new()
        .accessibility_role(Role::ListItem)
        .accessibility_label(format!("{name}, {people}"));
    let shown = ui.scope_builder(item, |ui| {
        let frame = egui::Frame::new().inner_margin(Margin::symmetric(0, 8));
        frame.show(ui, |ui| entry(ui, env, row, &people)).inner
    });
    if separated {
        line_above(ui.painter(), theme, shown.response.rect);
    }
    shown.inner
}

fn entry(ui: &mut Ui, env: &Env<'_>, row: &Row, people: &str) -> bool {
    let theme = env.theme;
    let action = if row.member { "Open" } else { "Join" };
    let layout = Layout::right_to_left(Align::Center);
    let size = vec2(ui.available_width(), 40.0);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let button = button(ui, theme, Weight::Plain, action);
        ui.ctx().accesskit_node_builder(button.id, |node| {
            node.set_label(format!("{action} {}", row.info.name));
        });
        let layout = Layout::top_down(Align::Min);
        ui.with_layout(layout, |ui| about(ui, env, &row.info, people));
        button.clicked()
    })
    .inner
}

fn about(ui: &mut Ui, env: &Env<'_>, info: &RoomInfo, people: &str) {
    let theme = env.theme;
    let count = line(ui, theme.meta, theme.text_3, people, 200.0);
    let width = ui.available_width() - count.size().x - space::S;
    let name = info.name.as_str();
    let name_line = room_line(ui, theme, theme.body.bold(), name, width);
    let topic = line(
        ui,
        theme.secondary,
        theme.text_2,
        &info.topic,
        ui.available_width(),
    );
    let has_topic = !info.topic.is_empty();
    let mut size = vec2(ui.available_width(), name_line.size().y);
    if has_topic {
        size.y += topic.size().y;
    }
    ui.add_space(((40.0 - size.y) / 2.0).max(0.0));
    let (rect, response) = ui.allocate_exact_size(size, egui::Sense::hover());
    let response = cut(response, &name_line, name);
    cut(response, &topic, &info.topic);
    let count_at = rect.min + vec2(name_line.size().x + space::S, 4.0);
    let topic_at = rect.min + vec2(0.0, name_line.size().y);
    ui.painter().galley(rect.min, name_line, theme.text);
    ui.painter().galley(count_at, count, theme.text_3);
    if has_topic {
        ui.painter().galley(topic_at, topic, theme.text_2);
    }
}
