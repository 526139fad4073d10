//! Where the panes are: side by side where there is space, else over one another or one at a time.

use std::time::Duration;

use client::present::rooms;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, Area, CentralPanel, Frame, Id, LayerId, Margin, Order, Panel, Rect, Stroke, Ui, UiBuilder,
};
use shared::RoomId;

use super::composer::Composer;
use super::connection_bar::ConnectionBar;
use super::details::Details;
use super::files::drop::DropPlace;
use super::head::Shape;
use super::panes::{Pane, Panes, Step};
use super::shortcuts::Covered;
use super::sidebar::Sidebar;
use super::timeline::Timeline;
use super::{Chat, Env, head, shortcuts, typing_line};
use crate::connect::progress::absence;
use crate::settings::Settings;
use crate::theme::{Theme, pane, space};
use crate::widgets::{label, region};

/// What is there sooner is waited for without a word. In seconds.
const GRACE: f64 = 0.3;

#[derive(Debug, Default)]
pub(super) struct Layout {
    /// Of the window, in points; as of the last drawing.
    width: f32,
    /// The list of rooms is shown instead of the room, where there is no space for both.
    pub(super) at_list: bool,
    /// The details are open where they lie over the timeline.
    details_over: bool,
    /// Since when there is no room to show, by egui's clock.
    empty_since: Option<f64>,
}

impl Layout {
    pub(super) fn is_narrow(&self) -> bool {
        self.width < pane::NARROW
    }

    fn is_wide(&self) -> bool {
        self.width >= pane::WIDE
    }

    /// What lies over the room is no way to keep them open, so it is not remembered.
    pub(super) fn toggle_details(&mut self, settings: &mut Settings) {
        match self.is_wide() {
            true => settings.details = !settings.details,
            false => self.details_over = !self.details_over,
        }
    }

    fn shape(&self, settings: &Settings) -> Shape {
        Shape {
            narrow: self.is_narrow(),
            details: match self.is_wide() {
                true => settings.details,
                false => self.details_over,
            },
        }
    }

    fn is_list_alone(&self) -> bool {
        self.at_list && self.is_narrow()
    }

    /// There is no room yet: it comes, or the server is away.
    fn wait(&mut self, ui: &mut Ui, env: &Env<'_>, connection_bar: &mut ConnectionBar) {
        let theme = env.theme;
        let frame = Frame::new().fill(theme.surface);
        let time = ui.input(|input| input.time);
        let left = self.empty_since.get_or_insert(time).to_owned() + GRACE - time;
        CentralPanel::default().frame(frame).show(ui, |ui| {
            if left > 0.0 {
                ui.request_repaint_after(Duration::from_secs_f64(left));
            } else {
                let absence = absence(env.handle, env.server);
                let text = absence.as_deref().unwrap_or("Loading your rooms…");
                let middle = ui.max_rect().shrink(space::XL);
                ui.scope_builder(UiBuilder::new().max_rect(middle), |ui| {
                    ui.add_space(middle.height() * 0.4);
                    ui.vertical_centered(|ui| label(ui, theme.body, theme.text_2, text));
                });
            }
            connection_bar.show(ui, env, ui.max_rect());
        });
    }
}

/// The parts of the middle pane.
struct RoomPane<'a> {
    connection_bar: &'a mut ConnectionBar,
    timeline: &'a mut Timeline,
    composer: &'a mut Composer,
    panes: &'a mut Panes,
}

impl Chat {
    pub(crate) fn show(&mut self, ui: &mut Ui, theme: &Theme, settings: &mut Settings) {
        self.layout.width = ui.max_rect().width();
        self.layout.details_over &= !self.layout.is_wide();
        self.panes.clear();
        let env = Env {
            handle: &self.session.handle,
            theme,
            settings,
            files: &self.files,
            server: &self.session.server,
            notices: &self.notices,
            wishes: &self.wishes,
        };
        let covered = match &self.page {
            Some(_) => Covered::ByPage,
            None if self.layout.details_over => Covered::ByDetails,
            None => Covered::Not,
        };
        let dialog_open = self.dialogs.is_open() || self.files.is_open();
        shortcuts::take(ui.ctx(), &env, self.room, dialog_open, covered);
        let current = self.room.filter(|_| self.page.is_none());
        if self.layout.is_list_alone() {
            list_alone(ui, &env, current, &mut self.sidebar, &mut self.panes);
            let whole = ui.max_rect();
            self.connection_bar.show(ui, &env, whole);
        } else {
            if !self.layout.is_narrow() {
                list(ui, &env, current, &mut self.sidebar, &mut self.panes);
            }
            let shape = self.layout.shape(settings);
            let has_details = shape.details && self.page.is_none();
            let details = self.room.filter(|_| has_details);
            let beside = details.filter(|_| self.layout.is_wide());
            let beside = beside.map(|room_id| details_beside(ui, &env, &mut self.details, room_id));
            match (self.room, &mut self.page) {
                (_, Some(page)) => {
                    let rect = ui.available_rect_before_wrap();
                    self.panes.add(Pane::Page, ui.layer_id(), rect);
                    page.show(ui, &env, shape.narrow);
                    self.connection_bar.show(ui, &env, rect);
                }
                (Some(room_id), None) => RoomPane {
                    connection_bar: &mut self.connection_bar,
                    timeline: self.timelines.entry(room_id).or_default(),
                    composer: self.composers.entry(room_id).or_default(),
                    panes: &mut self.panes,
                }
                .show(ui, &env, room_id, shape),
                (None, None) => self.layout.wait(ui, &env, &mut self.connection_bar),
            }
            let over = details.filter(|_| beside.is_none());
            let over = over.map(|room_id| details_over(ui, &env, &mut self.details, room_id));
            if let Some((layer, rect)) = beside.or(over) {
                self.panes.add(Pane::Details, layer, rect);
            }
        }
        self.dialogs.show(ui.ctx(), &env);
        if let Some(place) = self.drop_place() {
            self.files.show_over(ui.ctx(), &env, place);
        }
        self.faces.look(&env, ui.ctx());
        self.toasts.show(ui.ctx(), &env);
        self.grant(ui.ctx(), settings);
    }

    /// Where files go that are dropped now.
    fn drop_place(&self) -> Option<DropPlace> {
        match &self.page {
            Some(page) => page.takes_portrait().then_some(DropPlace::Portrait),
            None => self.room.map(DropPlace::Room),
        }
    }

    /// Gives the keyboard to the next pane that takes it.
    pub(super) fn enter_pane(&mut self, ctx: &egui::Context, step: Step) {
        for pane in self.panes.others(ctx, step) {
            let stop = match pane {
                Pane::Sidebar => self.sidebar.entrance(),
                // The newest is where one reads.
                Pane::Timeline => self.panes.stops(ctx, pane).last().copied(),
                Pane::Details | Pane::Page => self.panes.stops(ctx, pane).first().copied(),
                Pane::Composer => return self.focus(),
            };
            if let Some(stop) = stop {
                return ctx.memory_mut(|memory| memory.request_focus(stop));
            }
        }
    }
}

impl RoomPane<'_> {
    fn show(self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId, shape: Shape) {
        let frame = Frame::new().fill(env.theme.surface);
        CentralPanel::default().frame(frame).show(ui, |ui| {
            region(ui, Role::Main, "Room");
            Panel::top("head")
                .frame(frame)
                .show_separator_line(false)
                .show(ui, |ui| head::show(ui, env, room_id, shape));
            let foot = Panel::bottom("composer")
                .frame(frame)
                .show_separator_line(false)
                .show(ui, |ui| {
                    typing_line::show(ui, env, room_id, self.timeline.follows_end());
                    match why_read_only(env, room_id) {
                        Some(text) => closed(ui, env.theme, &text),
                        None => self.composer.show(ui, env, room_id),
                    }
                });
            let middle = ui.available_rect_before_wrap();
            self.panes.add(Pane::Timeline, ui.layer_id(), middle);
            let foot = foot.response.rect;
            self.panes.add(Pane::Composer, ui.layer_id(), foot);
            self.timeline.show(ui, env, room_id);
            self.connection_bar.show(ui, env, middle);
        });
    }
}

/// In place of where one writes, where nobody may.
fn why_read_only(env: &Env<'_>, room_id: RoomId) -> Option<String> {
    env.view(|view| rooms::why_read_only(&view.rooms.get(&room_id)?.info))
}

fn closed(ui: &mut Ui, theme: &Theme, text: &str) {
    let margin = Margin::symmetric(space::XL as i8, space::L as i8);
    Frame::new().inner_margin(margin).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        label(ui, theme.secondary, theme.text_2, text);
    });
}

fn list(
    ui: &mut Ui,
    env: &Env<'_>,
    room: Option<RoomId>,
    sidebar: &mut Sidebar,
    panes: &mut Panes,
) {
    let shown = Panel::left("sidebar")
        .frame(Frame::new().fill(env.theme.surface_side))
        .exact_size(pane::LIST)
        .resizable(false)
        .show(ui, |ui| sidebar.show(ui, env, room));
    panes.add(Pane::Sidebar, ui.layer_id(), shown.response.rect);
}

fn list_alone(
    ui: &mut Ui,
    env: &Env<'_>,
    room: Option<RoomId>,
    sidebar: &mut Sidebar,
    panes: &mut Panes,
) {
    let frame = Frame::new().fill(env.theme.surface_side);
    let shown = CentralPanel::default().frame(frame);
    let shown = shown.show(ui, |ui| sidebar.show(ui, env, room));
    panes.add(Pane::Sidebar, ui.layer_id(), shown.response.rect);
}

/// Returns where they are.
fn details_beside(
    ui: &mut Ui,
    env: &Env<'_>,
    details: &mut Details,
    room_id: RoomId,
) -> (LayerId, Rect) {
    let shown = Panel::right("details")
        .frame(Frame::new().fill(env.theme.surface_side))
        .exact_size(pane::DETAILS)
        .resizable(false)
        .show(ui, |ui| details.show(ui, env, room_id));
    (ui.layer_id(), shown.response.rect)
}

/// Returns where they are.
fn details_over(
    ui: &mut Ui,
    env: &Env<'_>,
    details: &mut Details,
    room_id: RoomId,
) -> (LayerId, Rect) {
    let window = ui.max_rect();
    let narrow = window.width() < pane::NARROW;
    let width = if narrow {
        window.width()
    } else {
        pane::DETAILS
    };
    let rect = window.with_min_x(window.right() - width);
    let area = Area::new(Id::unique("details over"))
        .order(Order::Middle)
        .fixed_pos(rect.min)
        .constrain(false);
    let layer = area.layer();
    area.show(ui.ctx(), |ui| {
        let theme = env.theme;
        ui.painter().add(theme.shadow.as_shape(rect, 0.0));
        ui.painter().rect_filled(rect, 0.0, theme.surface_side);
        let edge = Stroke::new(1.0, theme.line);
        ui.painter().vline(rect.left() + 0.5, rect.y_range(), edge);
        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            details.show(ui, env, room_id);
            ui.expand_to_include_rect(rect);
        });
    });
    (layer, rect)
}
