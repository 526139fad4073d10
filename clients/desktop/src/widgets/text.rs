//! Lines of text, headings, badges.

use std::sync::Arc;

use client::present::rooms::title;
use eframe::egui::accesskit::{Live, Role};
use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{
    self, Align2, Color32, Galley, Label, Response, RichText, Sense, Ui, WidgetInfo, pos2, vec2,
};

use shared::room::{RoomInfo, RoomKind};

use crate::theme::{TextToken, Theme, semibold};
use crate::widgets::{RoomMark, paint_mark};

/// Text that is no more than that: it wraps and cannot be selected.
pub(crate) fn label(ui: &mut Ui, token: TextToken, colour: Color32, text: &str) -> Response {
    let text = RichText::new(text).font(token.font()).color(colour);
    ui.add(Label::new(text.line_height(Some(token.line_height))).selectable(false))
}

/// One line of text, cut with an ellipsis where it is wider than `width`.
pub(crate) fn line(
    ui: &Ui,
    token: TextToken,
    colour: Color32,
    text: &str,
    width: f32,
) -> Arc<Galley> {
    let text = text.replace(['\n', '\r'], " ");
    let mut job = LayoutJob::single_section(text, format(token, colour));
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn format(token: TextToken, color: Color32) -> TextFormat {
    TextFormat {
        font_id: token.font(),
        color,
        line_height: Some(token.line_height),
        ..TextFormat::default()
    }
}

/// A room's name behind its sign, on one line.
pub(crate) fn room_line(
    ui: &Ui,
    theme: &Theme,
    token: TextToken,
    name: &str,
    width: f32,
) -> Arc<Galley> {
    let sign = TextToken {
        weight: 400,
        ..token
    };
    let mut job = LayoutJob::default();
    job.append("#", 0.0, format(sign, theme.text_3));
    job.append(name, 4.0, format(token, theme.text));
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// What is cut is told on hovering.
pub(crate) fn cut(response: Response, galley: &Galley, whole: &str) -> Response {
    match galley.elided {
        true => response.on_hover_text(whole),
        false => response,
    }
}

/// The head of a part of the window; `level` as in a document.
pub(crate) fn heading(
    ui: &mut Ui,
    token: TextToken,
    colour: Color32,
    text: &str,
    level: usize,
) -> Response {
    let galley = line(ui, token, colour, text, ui.available_width());
    show_heading(ui, galley, text, level)
}

/// The same of a room, behind its mark, which stands on `ground`.
pub(crate) fn room_heading(
    ui: &mut Ui,
    theme: &Theme,
    token: TextToken,
    room: &RoomInfo,
    (mark, ground): (&RoomMark, Color32),
    level: usize,
) -> Response {
    let name = title(room);
    let spoken = match room.kind {
        RoomKind::Direct => name.clone(),
        RoomKind::Lobby | RoomKind::Public | RoomKind::Private | RoomKind::Unknown => {
            format!("# {name}")
        }
    };
    if *mark == RoomMark::Name {
        let galley = room_line(ui, theme, token, &name, ui.available_width());
        return show_heading(ui, galley, &spoken, level);
    }
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(20.0, 20.0), Sense::hover());
        paint_mark(ui, theme, rect.center(), mark, (theme.text_3, ground));
        let galley = line(ui, token, theme.text, &name, ui.available_width());
        show_heading(ui, galley, &spoken, level)
    })
    .inner
}

fn show_heading(ui: &mut Ui, galley: Arc<Galley>, text: &str, level: usize) -> Response {
    let (rect, response) = ui.allocate_exact_size(galley.size(), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, text));
    ui.ctx()
        .accesskit_node_builder(response.id, |node| node.set_level(level));
    let response = cut(response, &galley, text);
    ui.painter().galley(rect.min, galley, Color32::PLACEHOLDER);
    response
}

/// The head of a list, with what belongs at its right end.
pub(crate) fn section_head(ui: &mut Ui, theme: &Theme, title: &str, right: impl FnOnce(&mut Ui)) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let inside = rect
        .with_min_x(rect.left() + 8.0)
        .with_max_x(rect.right() - 4.0);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.scope_builder(
        egui::UiBuilder::new().max_rect(inside).layout(layout),
        |ui| {
            heading(ui, theme.meta.bold(), theme.text_3, title, 2);
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), right);
        },
    );
}

/// A count whose right middle is at `at`, in these colours: of its ground, and its own. Returns how wide it is.
pub(crate) fn badge(
    ui: &Ui,
    at: egui::Pos2,
    text: &str,
    size: f32,
    (ground, colour): (Color32, Color32),
) -> f32 {
    let galley =
        ui.fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), semibold(size), colour));
    let width = (galley.size().x + 12.0).max(20.0);
    let rect = egui::Rect::from_min_size(pos2(at.x - width, at.y - 10.0), vec2(width, 20.0));
    ui.painter().rect_filled(rect, 10.0, ground);
    let text = Align2::CENTER_CENTER.anchor_size(rect.center(), galley.size());
    ui.painter().galley(text.min, galley, colour);
    width
}

/// What is wrong, told at once. Nothing where there is nothing.
pub(crate) fn problem(ui: &mut Ui, theme: &Theme, problem: Option<&str>) {
    if let Some(problem) = problem {
        let response = label(ui, theme.secondary, theme.danger, problem);
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_role(Role::Alert);
            node.set_label(problem);
            node.set_live(Live::Assertive);
        });
    }
}

/// Has what `response` shows read out when it changes.
pub(crate) fn live(response: &Response, role: Role, text: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| {
        node.set_role(role);
        node.set_label(text);
        node.set_live(Live::Polite);
    });
}

/// Names what is painted, for those who do not see it.
pub(crate) fn named(response: &Response, role: Role, text: &str) {
    response.ctx.accesskit_node_builder(response.id, |node| {
        node.set_role(role);
        node.set_label(text);
    });
}
