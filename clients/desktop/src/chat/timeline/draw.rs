//! Draws rows at their places, and says what they are to those who do not see them.
//!
//! - this file: any row, and texts with their links and what is selected; `lines`: what stands between messages;
//!   `unsent`: what is below a message that no server has

use std::ops::Range;
use std::sync::Arc;

use client::present::rows::Row;
use eframe::egui::accesskit::{self, Role};
use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::text_selection::visuals::paint_text_selection;
use eframe::egui::{
    self, Align2, Color32, CursorIcon, Galley, Id, Pos2, Rect, Sense, Stroke, StrokeKind, Ui,
    UiBuilder, Vec2, WidgetInfo, pos2, vec2,
};
use shared::frame::Person;
use shared::{Sequence, TimestampMs};

use super::layout::{self, AVATAR, LEFT, Laid, Mark, RIGHT, Text};
use super::lines;
use super::place::RowKey;
use super::selection::{Selection, Shown};
use super::text::Link;
use super::unsent::{self, Foot};
use crate::chat::{Env, time};
use crate::theme::{Theme, regular, semibold, space};
use crate::widgets::paint_avatar;

/// What all rows of a frame have in common.
pub(super) struct Canvas<'a> {
    pub(super) env: &'a Env<'a>,
    /// The list, whose parts rows are.
    pub(super) list: Id,
    pub(super) room: &'a str,
    pub(super) own: Option<&'a Person>,
    pub(super) text_width: f32,
    pub(super) selection: &'a Selection,
    /// Where the pointer is, if it is over the list.
    pub(super) pointer: Option<Pos2>,
    /// What is on its way has been so for a while.
    pub(super) is_slow: bool,
    /// Messages in sight that mention oneself.
    pub(super) mentions: &'a [Sequence],
}

impl Canvas<'_> {
    fn theme(&self) -> &Theme {
        self.env.theme
    }

    /// Draws a row into `rect`.
    pub(super) fn row(
        &self,
        ui: &mut Ui,
        rect: Rect,
        (key, row, laid): (RowKey, &Row, &Laid),
        foot: &Foot,
        shown: &mut Vec<Shown>,
    ) {
        let theme = self.theme();
        let hovered = self.pointer.is_some_and(|pointer| rect.contains(pointer));
        let own = self.own.map_or("", |own| &own.name);
        let name = foot.spoken(own, &laid.name);
        let mut ui = self.part(ui, rect, key, name, role(row));
        let ui = &mut ui;
        match row {
            Row::Beginning => lines::beginning(ui, theme, rect, self.room),
            Row::Loading => lines::loading(ui, theme, rect, self.is_slow),
            Row::Day { name, .. } => {
                lines::divider(ui, rect, 8.0, name, theme.text_3, theme.line);
            }
            Row::Unread(_) => {
                lines::divider(ui, rect, 8.0, &laid.name, theme.accent_text, theme.accent);
            }
            Row::Gap { .. } => lines::gap(ui, theme, rect, &laid.name),
            Row::Notice { event } => {
                self.texts(ui, rect, key, laid, shown);
                if hovered {
                    let at = pos2(rect.right() - RIGHT, rect.center().y);
                    self.clock(ui, at, Align2::RIGHT_CENTER, event.at_ms);
                }
            }
            Row::Message { event, head } => {
                let rows = ground(rect, *head);
                self.message_ground(ui, rows, event.sequence, hovered);
                self.says(ui, rect, *head, Some(&event.person), event.at_ms, hovered);
                self.texts(ui, rect, key, laid, shown);
                self.files(ui, rect, laid, |ui, rect| {
                    let files = event.event.attachments();
                    if !files.is_empty() {
                        self.env.files.show_attachments(ui, self.env, rect, files);
                    }
                    let awaited = event.event.arriving();
                    if !awaited.is_empty() {
                        let top = layout::attachments_height(self.env, event, rect.width());
                        let rect = rect.with_min_y(rect.top() + top);
                        self.env.files.show_arriving(ui, self.env, rect, awaited);
                    }
                });
                self.actions(ui, rows, event, hovered);
            }
            Row::Pending { message, head } => {
                unsent::ground(ui, theme, ground(rect, *head), foot, hovered);
                let at = message.written_at_ms;
                self.says(ui, rect, *head, self.own, at, hovered);
                self.texts(ui, rect, key, laid, shown);
                let uploads = layout::uploads(&message.attachments);
                self.files(ui, rect, laid, |ui, rect| {
                    if !uploads.is_empty() {
                        self.env.files.show_uploads(ui, self.env, rect, &uploads);
                    }
                });
                unsent::foot(ui, self.env, self.text_rect(rect), message, foot);
            }
        }
    }

    fn message_ground(&self, ui: &Ui, rect: Rect, sequence: Sequence, hovered: bool) {
        let theme = self.theme();
        if self.mentions.contains(&sequence) {
            ui.painter().rect_filled(rect, 0.0, theme.accent_soft);
            let edge = Stroke::new(3.0, theme.accent);
            ui.painter().vline(rect.left() + 1.5, rect.y_range(), edge);
        } else if hovered {
            ui.painter().rect_filled(rect, 0.0, theme.row_hover);
        }
    }

    /// A part of the list for those who do not see it.
    fn part(&self, ui: &mut Ui, rect: Rect, key: RowKey, name: String, role: Role) -> Ui {
        let builder = UiBuilder::new()
            .scope_id(self.list.with(key))
            .max_rect(rect)
            .accessibility_parent(self.list)
            .accessibility_role(role)
            .accessibility_label(name);
        let ui = ui.new_child(builder);
        ui.ctx().accesskit_node_builder(ui.unique_id(), |node| {
            node.set_bounds(bounds(rect));
        });
        ui
    }

    /// Where texts and files of a row are.
    fn text_rect(&self, rect: Rect) -> Rect {
        let left = rect.left() + LEFT;
        Rect::from_min_max(
            pos2(left, rect.top()),
            pos2(left + self.text_width, rect.bottom()),
        )
    }

    fn clock(&self, ui: &Ui, at: Pos2, align: Align2, time: TimestampMs) {
        let theme = self.theme();
        let text = time::clock(time);
        let font = regular(theme.meta.size);
        ui.painter().text(at, align, text, font, theme.text_3);
    }

    /// Who, and when.
    fn says(
        &self,
        ui: &Ui,
        rect: Rect,
        head: bool,
        person: Option<&Person>,
        at: TimestampMs,
        hovered: bool,
    ) {
        let theme = self.theme();
        let left = rect.left() + LEFT;
        let Some(person) = person.filter(|_| head) else {
            if hovered {
                let right = pos2(
                    left - space::M,
                    rect.top() + 1.0 + theme.body.line_height / 2.0,
                );
                self.clock(ui, right, Align2::RIGHT_CENTER, at);
            }
            return;
        };
        let (_, letters) = theme.person(person.id);
        let top = rect.top() + layout::GROUP;
        let corner = pos2(left - space::M - AVATAR, top);
        let painter = ui.painter();
        let avatar = Rect::from_min_size(corner, Vec2::splat(AVATAR));
        paint_avatar(painter, theme, person, avatar);
        let middle = top + theme.body.line_height / 2.0;
        let room = (self.text_width - 60.0).max(40.0);
        let mut job = egui::text::LayoutJob::simple_singleline(
            person.name.clone(),
            semibold(theme.body.size),
            letters,
        );
        job.wrap = egui::text::TextWrapping::truncate_at_width(room);
        let name = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let width = name.size().x;
        painter.galley(
            pos2(left, middle - name.size().y / 2.0),
            name,
            Color32::PLACEHOLDER,
        );
        let beside = pos2(left + width + space::S, middle + 1.0);
        self.clock(ui, beside, Align2::LEFT_CENTER, at);
    }

    fn files(&self, ui: &mut Ui, rect: Rect, laid: &Laid, show: impl FnOnce(&mut Ui, Rect)) {
        let mut rect = self.text_rect(rect);
        rect.min.y += laid.texts_top + laid.texts_height;
        show(ui, rect);
    }

    fn texts(&self, ui: &mut Ui, rect: Rect, key: RowKey, laid: &Laid, shown: &mut Vec<Shown>) {
        let origin = rect.min + vec2(LEFT, laid.texts_top);
        for mark in &laid.marks {
            self.mark(ui, origin, mark);
        }
        for (index, text) in laid.texts.iter().enumerate() {
            let job = text.job.clone();
            let mut galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
            let at = origin + text.at;
            let rect = Rect::from_min_size(at, galley.size());
            if !ui.clip_rect().intersects(rect) {
                continue;
            }
            if self.pointer.is_some_and(|pointer| rect.contains(pointer)) {
                ui.set_cursor_icon(CursorIcon::Text);
            }
            shown.push(Shown {
                row: key,
                text: index,
                rect,
                galley: galley.clone(),
            });
            let chars = galley.text().chars().count();
            if let Some(selected) = self.selection.of(key, index, chars) {
                let [from, to] = [selected.start, selected.end].map(CCursor::new);
                let range = CCursorRange::two(from, to);
                paint_text_selection(&mut galley, ui.visuals(), &range, None);
            }
            ui.painter()
                .galley(at, galley.clone(), Color32::PLACEHOLDER);
            self.links(ui, (key, index), at, &galley, text);
        }
    }

    fn mark(&self, ui: &Ui, origin: Pos2, mark: &Mark) {
        let theme = self.theme();
        let painter = ui.painter();
        match mark {
            Mark::Code(rect, language) => {
                let rect = rect.translate(origin.to_vec2());
                let line = Stroke::new(1.0, theme.line);
                painter.rect(rect, theme.radius, theme.code, line, StrokeKind::Inside);
                let corner = rect.right_top() + vec2(-10.0, 6.0);
                let font = regular(theme.meta.size);
                painter.text(corner, Align2::RIGHT_TOP, language, font, theme.text_3);
            }
            Mark::Bar(rect) => {
                let rect = rect.translate(origin.to_vec2());
                painter.rect_filled(rect, 0.0, theme.line_strong);
            }
            Mark::Item(at, mark) => {
                let middle = origin + *at + vec2(-space::S, theme.body.line_height / 2.0);
                let font = regular(theme.body.size);
                painter.text(middle, Align2::RIGHT_CENTER, mark, font, theme.text_3);
            }
        }
    }

    fn links(&self, ui: &Ui, key: (RowKey, usize), at: Pos2, galley: &Arc<Galley>, text: &Text) {
        for (number, link) in text.links.iter().enumerate() {
            let id = self.list.with((key, number));
            self.link(ui, id, at, galley, link);
        }
    }

    /// A link may go over several lines; the first of them takes the focus.
    fn link(&self, ui: &Ui, id: Id, at: Pos2, galley: &Galley, link: &Link) {
        let mut lines = Vec::new();
        for (rect, baseline) in rects(galley, link.chars.clone()) {
            let rect = rect.translate(at.to_vec2());
            if ui.clip_rect().intersects(rect) {
                let line = Stroke::new(1.0, self.theme().accent_text);
                let y = at.y + baseline + 2.5;
                ui.painter().hline(rect.x_range(), y, line);
                lines.push(rect);
            }
        }
        let Some(first) = lines.first() else {
            return;
        };
        let mut response = ui.interact(*first, id, Sense::click());
        for (number, line) in lines.iter().enumerate().skip(1) {
            response |= ui.interact(*line, id.with(number), Sense::CLICK);
        }
        response.widget_info(|| {
            let name = super::selection::slice(galley.text(), link.chars.clone());
            WidgetInfo::labeled(Role::Link, ui.is_enabled(), name)
        });
        if response.hovered() {
            ui.set_cursor_icon(CursorIcon::PointingHand);
        }
        if response.has_focus() {
            let ring = Stroke::new(2.0, self.theme().accent);
            for line in &lines {
                let rect = line.expand(2.0);
                ui.painter()
                    .rect_stroke(rect, 2.0, ring, StrokeKind::Middle);
            }
        }
        if response.clicked() {
            ui.open_url(egui::OpenUrl::new_tab(&link.address));
        }
        response.on_hover_text(&link.address);
    }
}

/// A place, for those who do not see it.
pub(super) fn bounds(rect: Rect) -> accesskit::Rect {
    let [x0, y0, x1, y1] = [rect.min.x, rect.min.y, rect.max.x, rect.max.y].map(f64::from);
    accesskit::Rect { x0, y0, x1, y1 }
}

/// What a row is to those who do not see it.
fn role(row: &Row) -> Role {
    match row {
        Row::Beginning | Row::Notice { .. } => Role::Note,
        Row::Loading => Role::Status,
        Row::Day { .. } | Row::Unread(_) | Row::Gap { .. } => Role::Splitter,
        Row::Message { .. } | Row::Pending { .. } => Role::Article,
    }
}

/// What is highlighted of a message; the space above a group is not.
fn ground(rect: Rect, head: bool) -> Rect {
    let top = if head { layout::GROUP - 2.0 } else { 0.0 };
    Rect::from_min_max(rect.min + vec2(0.0, top), rect.max)
}

/// Where characters are in a text, line by line, and the line that they stand on.
fn rects(galley: &Galley, chars: Range<usize>) -> impl Iterator<Item = (Rect, f32)> {
    let mut begun = 0;
    galley.rows.iter().filter_map(move |row| {
        let first = begun;
        let last = first + row.glyphs.len();
        begun += row.char_count_including_newline().0;
        let (from, to) = (chars.start.max(first), chars.end.min(last));
        (from < to).then(|| {
            let x = |at: usize| row.pos.x + row.x_offset((at - first).into());
            let rect = Rect::from_min_max(pos2(x(from), row.min_y()), pos2(x(to), row.max_y()));
            (rect, row.pos.y + row.glyphs[from - first].pos.y)
        })
    })
}
