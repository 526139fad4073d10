//! One frame of the timeline: rows are laid out around what is being read, drawn, and what is selected of them copied.

use std::time::Duration;

use client::present::rows::{EventRef, Row};
use eframe::egui::accesskit::Role;
use eframe::egui::{Event, OutputCommand, Rect, Response, Ui, UiBuilder, vec2};
use shared::{EventBody, PersonId, RoomId, Sequence};

use super::draw::Canvas;
use super::lines;
use super::place::{Arranged, Position};
use super::selection::{Point, slice};
use super::text;
use super::unsent::Foot;
use super::{Glance, Pages, Timeline};
use crate::chat::Env;

/// What takes longer, in seconds, shows that it does.
const SLOW: f64 = 0.3;

impl Timeline {
    /// Finds a place for the rows that are in sight or nearly so.
    pub(super) fn arrange(
        &mut self,
        ui: &Ui,
        env: &Env<'_>,
        room_id: RoomId,
        glance: &Glance,
        rect: Rect,
    ) {
        let ctx = ui.ctx();
        // Where rows run out, others are made around what is being read.
        for turn in 0..2 {
            let (layouts, feed) = (&mut self.layouts, &self.feed);
            layouts.begin(ctx, env.theme, rect.width(), &feed.keys);
            let width = layouts.text_width;
            let height = |index: usize| {
                let row = &feed.rows[index];
                let foot = Foot::of(ctx, env.theme, row, &glance.why, glance.now, width);
                layouts.height(ctx, env, feed.keys[index], row, foot.height())
            };
            self.arranged = Arranged::new(&feed.keys, self.position, rect.height(), height);
            if self.goal.is_none() && !self.feed.keys.is_empty() {
                self.position = match self.arranged.position(rect.height()) {
                    Position::End if !self.feed.ends() => self.position,
                    position => position,
                };
            }
            let rows = &self.arranged.rows;
            let ends = rows.first().zip(rows.last());
            let runs_out = ends.is_some_and(|(a, b)| self.feed.runs_out(a.index, b.index));
            if turn > 0 || !runs_out {
                return;
            }
            env.view(|view| self.build(view, room_id, glance));
        }
    }

    pub(super) fn draw(&mut self, ui: &mut Ui, env: &Env<'_>, list: &Response, glance: &Glance) {
        let view = list.rect.height();
        let mut ui = ui.new_child(
            UiBuilder::new()
                .scope_id(list.id.with("rows"))
                .max_rect(list.rect),
        );
        let ui = &mut ui;
        ui.shrink_clip_rect(list.rect);
        let is_slow = self.is_slow(ui, view);
        if self.goal.is_some() {
            waiting(ui, env, list, is_slow);
            return;
        }
        let mentions = self.mentions(env, view);
        let canvas = Canvas {
            mentions: &mentions,
            env,
            list: list.id,
            room: &glance.room,
            own: glance.own.as_ref(),
            text_width: self.layouts.text_width,
            selection: &self.selection,
            pointer: ui
                .input(|input| input.pointer.hover_pos())
                .filter(|_| list.contains_pointer()),
            is_slow,
        };
        let mut shown = Vec::new();
        for placed in self.arranged.in_sight(view) {
            let row = &self.feed.rows[placed.index];
            let Some(laid) = self.layouts.get(placed.key) else {
                continue;
            };
            let min = list.rect.min + vec2(0.0, placed.top);
            let rect = Rect::from_min_size(min, vec2(list.rect.width(), placed.height));
            let width = canvas.text_width;
            let foot = Foot::of(ui.ctx(), env.theme, row, &glance.why, glance.now, width);
            if let Foot::Soon(ms) = foot {
                ui.request_repaint_after(Duration::from_millis(ms + 1));
            }
            canvas.row(ui, rect, (placed.key, row, laid), &foot, &mut shown);
        }
        self.selection.follow(ui, list, &shown);
    }

    /// The messages in sight that mention oneself.
    fn mentions(&self, env: &Env<'_>, view: f32) -> Vec<Sequence> {
        let in_sight = self.arranged.in_sight(view);
        let rows = in_sight.filter_map(|placed| self.feed.rows.get(placed.index));
        let messages: Vec<&EventRef> = rows
            .filter_map(|row| match row {
                Row::Message { event, .. } => Some(event),
                Row::Beginning
                | Row::Loading
                | Row::Day { .. }
                | Row::Unread(_)
                | Row::Gap { .. }
                | Row::Notice { .. }
                | Row::Pending { .. } => None,
            })
            .collect();
        env.view(|view| {
            let means_me = |event: &&EventRef| {
                let room = view.rooms.get(&event.room_id);
                room.is_some_and(|room| room.mentions_me(event.sequence))
            };
            let found = messages.into_iter().filter(means_me);
            found.map(|event| event.sequence).collect()
        })
    }

    /// Whether something that is in sight has been on its way for long.
    fn is_slow(&mut self, ui: &Ui, view: f32) -> bool {
        let loading = |index: usize| matches!(self.feed.rows.get(index), Some(Row::Loading));
        let waits = self.goal.is_some()
            || self
                .arranged
                .in_sight(view)
                .any(|placed| loading(placed.index));
        if !waits {
            self.waits_since = None;
            return false;
        }
        let now = ui.input(|input| input.time);
        let since = *self.waits_since.get_or_insert(now);
        let left = SLOW - (now - since);
        if left > 0.0 {
            ui.request_repaint_after(Duration::from_secs_f64(left));
        }
        left <= 0.0
    }

    /// Asks for what is missing nearby.
    pub(super) fn ask(&mut self, ui: &Ui, env: &Env<'_>, room_id: RoomId, glance: &Glance) {
        if !glance.online || glance.reading || self.entering {
            return;
        }
        let missing = match self.goal {
            Some(goal) => Some(Pages::around(goal.sequence, glance.last)),
            None => Pages::missing(
                &self.feed,
                &self.arranged,
                self.position.row(),
                glance.older,
            ),
        };
        if let Some(before) = missing {
            self.pages.ask(ui, env, room_id, before);
        }
    }

    /// Puts what is selected on the clipboard, unless something else was.
    pub(super) fn copy(&self, ui: &Ui, env: &Env<'_>, room_id: RoomId) {
        let asked = ui.input(|input| input.events.contains(&Event::Copy));
        let taken = ui.output(|output| {
            let mut commands = output.commands.iter();
            commands.any(|command| matches!(command, OutputCommand::CopyText(_)))
        });
        if let Some((first, last)) = self.selection.ends().filter(|_| asked && !taken) {
            ui.copy_text(selected(env, room_id, first, last));
        }
    }
}

/// Everything waits for a page from far away.
fn waiting(ui: &mut Ui, env: &Env<'_>, list: &Response, is_slow: bool) {
    let builder = UiBuilder::new()
        .scope_id(list.id.with("waiting"))
        .max_rect(list.rect)
        .accessibility_parent(list.id)
        .accessibility_role(Role::Status)
        .accessibility_label("Loading messages");
    let ui = ui.new_child(builder);
    lines::loading(&ui, env.theme, list.rect, is_slow);
}

/// The text between two points, with the name of each person before what they said, unless it is all of one message.
fn selected(env: &Env<'_>, room_id: RoomId, first: Point, last: Point) -> String {
    let colour = env.theme.text;
    let part = |row, said: &str| {
        let chunks = text::chunks(env.theme, said, colour);
        let texts = chunks
            .iter()
            .filter(|chunk| chunk.kind != text::Kind::Rule)
            .map(|chunk| chunk.job.text.as_str());
        let texts = texts.enumerate().filter_map(|(index, text)| {
            let here = (row, index);
            let (from, to) = ((first.row, first.text), (last.row, last.text));
            let start = if here == from { first.at } else { 0 };
            let end = match here == to {
                true => last.at,
                false => usize::MAX,
            };
            (from <= here && here <= to).then(|| slice(text, start..end.max(start)))
        });
        texts.collect::<Vec<_>>().join("\n")
    };
    env.view(|view| {
        let mut lines = Vec::new();
        let mut speaker: Option<PersonId> = None;
        let room = view.rooms.get(&room_id);
        let (from, to) = (Sequence(first.row.at), Sequence(last.row.at));
        let events = room
            .into_iter()
            .flat_map(|room| room.timeline.range(from..=to));
        for event in events {
            if let EventBody::MessageSent { text, .. } = &event.event {
                if speaker.replace(event.person.id) != Some(event.person.id) && from != to {
                    lines.push(format!("{}:", event.person.name));
                }
                lines.push(part(super::RowKey::event(event.sequence.0), text));
            }
        }
        for (message, index) in view.pending(room_id).zip(0..) {
            let row = super::RowKey::unsent(index);
            if first.row <= row && row <= last.row {
                lines.push(part(row, &message.text));
            }
        }
        lines.join("\n")
    })
}
