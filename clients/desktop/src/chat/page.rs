//! Pages that are no room: one's own, and the administration's. Each has a tab.

use client::Change;
use client::present::icon::Icon;
use client::present::panel::{ADMINISTRATION, Topic, YOU};
use client::present::rooms::may;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    Align, CentralPanel, Frame, Layout, Margin, Panel as Pane, Response, ScrollArea, Sense, Stroke,
    Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use shared::ErrorReply;

use super::ask_form::Done;
use super::panel::Panel;
use super::sidebar::HEAD;
use super::{Env, Wish};
use crate::theme::space;
use crate::widgets::{heading, icon_button, inner_focus_ring, line, line_below, region};

/// As the page of the browser has it.
const WIDTH: f32 = 640.0;
const TAB: f32 = 40.0;

pub(super) struct Page {
    panel: Panel,
    /// The keyboard goes to its tab when it is first shown.
    entered: bool,
}

impl Page {
    pub(super) fn new(topic: Topic) -> Self {
        Self {
            panel: Panel::new(topic),
            entered: false,
        }
    }

    pub(super) fn reload(&mut self) {
        self.panel.reload();
    }

    /// Whether a picture that is dropped becomes one's own.
    pub(super) fn takes_portrait(&self) -> bool {
        self.panel.topic == Topic::Profile
    }

    /// Why no account was made.
    pub(super) fn refuse_account(&mut self, error: &ErrorReply) {
        self.panel.refuse_account(error);
    }

    /// Takes in what changed. Returns what comes after a form that has succeeded.
    pub(super) fn changed(&mut self, changes: &[Change]) -> Option<Done> {
        let mut changes = changes.iter();
        changes.find_map(|change| self.panel.changed(change))
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, narrow: bool) {
        let frame = Frame::new().fill(env.theme.surface);
        if !self.entered {
            // Nothing knows how high its head is before it is drawn.
            ui.ctx().request_discard("the page is new");
        }
        CentralPanel::default().frame(frame).show(ui, |ui| {
            region(ui, Role::Main, "Page");
            let topic = self.panel.topic;
            let (title, topics) = match YOU.contains(&topic) {
                true => ("You", &YOU[..]),
                false => ("Administration", &ADMINISTRATION[..]),
            };
            Pane::top("page head")
                .frame(frame)
                .show_separator_line(false)
                .show(ui, |ui| {
                    ui.spacing_mut().item_spacing.y = 0.0;
                    head(ui, env, title, narrow);
                    self.tabs(ui, env, title, topics, narrow);
                });
            CentralPanel::default().frame(frame).show(ui, |ui| {
                let side = if narrow { space::L } else { space::XL };
                ScrollArea::vertical()
                    .id_salt(topic)
                    .auto_shrink(false)
                    .content_margin(Margin::symmetric(side as i8, 24))
                    .show(ui, |ui| {
                        ui.set_max_width(WIDTH.min(ui.available_width()));
                        ui.push_id(topic, |ui| self.panel.show(ui, env));
                    });
            });
        });
    }

    fn tabs(&mut self, ui: &mut Ui, env: &Env<'_>, title: &str, topics: &[Topic], narrow: bool) {
        let side = if narrow { space::M } else { space::XL };
        let margin = Margin::symmetric(side as i8, 0);
        let shown = Frame::new().inner_margin(margin).show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                region(ui, Role::TabList, title);
                ui.spacing_mut().item_spacing.x = space::XS;
                for topic in topics {
                    if !env.view(|view| may(view, topic.operation(), None)) {
                        continue;
                    }
                    let current = *topic == self.panel.topic;
                    let tab = tab(ui, env, topic.name(), current);
                    if current && !self.entered && ui.is_enabled() {
                        self.entered = true;
                        tab.request_focus();
                    }
                    if tab.clicked() && !current {
                        env.wish(Wish::Page(Some(*topic)));
                    }
                }
            });
        });
        line_below(ui.painter(), env.theme, shown.response.rect);
    }
}

fn head(ui: &mut Ui, env: &Env<'_>, title: &str, narrow: bool) {
    let theme = env.theme;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEAD), Sense::hover());
    let left = if narrow { space::XS } else { space::XL };
    let inside = rect
        .with_min_x(rect.left() + left)
        .with_max_x(rect.right() - space::M);
    let layout = Layout::right_to_left(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inside).layout(layout), |ui| {
        if icon_button(ui, theme, Icon::Close, "Close this page").clicked() {
            env.wish(Wish::Page(None));
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if narrow && icon_button(ui, theme, Icon::Back, "Back to the rooms").clicked() {
                env.wish(Wish::Page(None));
                env.wish(Wish::Back);
            }
            heading(ui, theme.body.bold(), theme.text, title, 1);
        });
    });
}

fn tab(ui: &mut Ui, env: &Env<'_>, name: &str, current: bool) -> Response {
    let theme = env.theme;
    let token = theme.secondary.bold();
    let galley = line(ui, token, theme.text, name, f32::INFINITY);
    let size = vec2(galley.size().x + 2.0 * space::S, TAB);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Tab, true, name));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_selected(current));
    let colour = match current || response.hovered() {
        true => theme.text,
        false => theme.text_2,
    };
    let galley = line(ui, token, colour, name, f32::INFINITY);
    let at = pos2(
        rect.left() + space::S,
        rect.center().y - galley.size().y / 2.0,
    );
    ui.painter().galley(at, galley, colour);
    if current {
        let mark = Stroke::new(2.0, theme.accent);
        ui.painter()
            .hline(rect.x_range(), rect.bottom() - 1.0, mark);
    }
    inner_focus_ring(ui, theme, &response);
    response
}
