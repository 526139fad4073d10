//! How a person moves through the timeline: wheel, keys, scrollbar and the way back to the end.

use client::present::format::count;
use client::present::icon::Icon;
use client::present::rows::Row;
use eframe::egui::accesskit::Role;
use eframe::egui::{
    self, CursorIcon, Key, Rect, Response, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, pos2,
    vec2,
};
use shared::{RoomId, Sequence};

use super::bar::{self, Sight};
use super::place::{Placed, Position, RowKey};
use super::{Glance, Goal, Timeline};
use crate::chat::Env;
use crate::theme::{icons, semibold, space};

/// What an arrow key scrolls, in points.
const STEP: f32 = 48.0;

impl Goal {
    /// To the top of what is in sight.
    fn top(sequence: Sequence, fraction: f32) -> Self {
        Self {
            sequence,
            fraction,
            y: 0.0,
        }
    }
}

impl Timeline {
    /// Takes the wheel over the list, keys while it has the focus, and the points that are `asked` for otherwise.
    pub(super) fn scroll(&mut self, ui: &Ui, list: &Response, asked: f32, glance: &Glance) {
        let mut delta = asked;
        if ui.rect_contains_pointer(list.rect) {
            delta += ui.input_mut(|input| std::mem::take(&mut input.smooth_scroll_delta.y));
        }
        // Text is selected beyond the edges of the list by holding the pointer there.
        if list.dragged_by(egui::PointerButton::Primary)
            && let Some(pointer) = list.interact_pointer_pos()
        {
            let above = (list.rect.top() - pointer.y).max(0.0);
            let beyond = above - (pointer.y - list.rect.bottom()).max(0.0);
            if beyond != 0.0 {
                delta += beyond.clamp(-60.0, 60.0) * 0.3;
                ui.ctx().request_repaint();
            }
        }
        if list.has_focus() {
            delta += self.keys(ui, list.rect.height(), glance);
        }
        if delta != 0.0 {
            self.move_by(delta);
        }
    }

    /// How far keys scroll, in points.
    fn keys(&mut self, ui: &Ui, view: f32, glance: &Glance) -> f32 {
        let page = (view - STEP).max(STEP);
        let (delta, home, end) = ui.input(|input| {
            let presses = |key| input.num_presses(key) as f32;
            let steps = presses(Key::ArrowUp) - presses(Key::ArrowDown);
            let pages = presses(Key::PageUp) - presses(Key::PageDown);
            let (home, end) = (input.key_pressed(Key::Home), input.key_pressed(Key::End));
            (STEP * steps + page * pages, home, end)
        });
        if home && glance.last.0 > 0 {
            self.goal = Some(Goal::top(Sequence(1), 0.0));
        }
        if end {
            self.go_to_end();
        }
        delta
    }

    /// Moves what is in sight down by `delta` points.
    fn move_by(&mut self, delta: f32) {
        self.goal = None;
        self.entering = false;
        match &mut self.position {
            Position::Bottom { y, .. } | Position::Top { y, .. } => *y += delta,
            Position::End => {
                if let Some(row) = self.arranged.rows.last().filter(|_| delta > 0.0) {
                    self.position = Position::Bottom {
                        row: row.key,
                        y: row.bottom() + delta,
                    };
                }
            }
        }
    }

    fn go_to_end(&mut self) {
        self.goal = None;
        self.entering = false;
        if self.position != Position::End {
            self.position = Position::End;
            self.changed = true;
        }
    }

    /// Goes where somebody wants to be, as soon as that is known.
    pub(super) fn go(&mut self, env: &Env<'_>, room_id: RoomId, glance: &Glance) {
        let Some(goal) = self.goal else {
            return;
        };
        let Goal {
            sequence,
            fraction,
            y,
        } = goal;
        env.view(|view| {
            let room = view.rooms.get(&room_id);
            // Offline, the next thing that is known has to do.
            if glance.online && !room.is_some_and(|room| room.timeline.knows(sequence)) {
                return;
            }
            let row = match sequence.0 <= 1 && fraction == 0.0 {
                true => RowKey::FIRST,
                false => RowKey::event(sequence.0),
            };
            self.goal = None;
            self.entering = false;
            self.position = Position::Top { row, fraction, y };
            self.build(view, room_id, glance);
        });
    }

    pub(super) fn bar(&mut self, ui: &Ui, env: &Env<'_>, list: &Response, glance: &Glance) {
        let Some(sight) = self.sight(list.rect.height(), glance) else {
            return;
        };
        let id = list.id.with("bar");
        let Some(share) = bar::show(ui, env.theme, list.rect, id, sight) else {
            return;
        };
        if share >= 1.0 {
            self.go_to_end();
        } else {
            let at = sight.at(share);
            self.goal = Some(Goal::top(Sequence(at as u64 + 1), at.fract()));
        }
        ui.ctx().request_repaint();
    }

    fn sight(&self, view: f32, glance: &Glance) -> Option<Sight> {
        let all = glance.last.0 as f32;
        if let Some(goal) = self.goal {
            let first = (goal.sequence.0 - 1) as f32 + goal.fraction;
            return Some(Sight {
                first,
                last: (first + 10.0).min(all),
                all,
            });
        }
        let mut rows = self.arranged.in_sight(view);
        let first = rows.next()?;
        let last = rows.next_back().unwrap_or(first);
        // Where a point of a row is in the room, in events.
        let place = |row: Placed, y: f32| {
            let (from, to) = self.events(row, glance);
            from + (to - from) * (y / row.height.max(1.0)).clamp(0.0, 1.0)
        };
        Some(Sight {
            first: place(first, -first.top),
            last: match self.position {
                Position::End => all,
                Position::Bottom { .. } | Position::Top { .. } => place(last, view - last.top),
            },
            all,
        })
    }

    /// The events that a row stands for.
    fn events(&self, row: Placed, glance: &Glance) -> (f32, f32) {
        let at = |sequence: u64| sequence.saturating_sub(1) as f32;
        let Some(sequence) = row.key.sequence() else {
            return (glance.last.0 as f32, glance.last.0 as f32);
        };
        match self.feed.rows.get(row.index) {
            Some(Row::Loading) => (0.0, at(glance.older.map_or(1, |older| older.0))),
            Some(Row::Gap { events, before }) => (at(before.0 - events), at(before.0)),
            Some(Row::Message { .. } | Row::Notice { .. }) => (at(sequence), sequence as f32),
            Some(Row::Beginning | Row::Day { .. } | Row::Unread(_) | Row::Pending { .. })
            | None => (at(sequence), at(sequence)),
        }
    }

    /// The way back to the end, while that is far away or has news.
    pub(super) fn pill(&mut self, ui: &mut Ui, env: &Env<'_>, list: &Response) {
        let view = list.rect.height();
        let far = self.goal.is_some()
            || self.position != Position::End && self.arranged.below.is_none_or(|b| b > view);
        if !far && self.marks.below == 0 {
            return;
        }
        let text = match self.marks.below {
            0 => "Jump to latest".to_owned(),
            1 => "1 new message".to_owned(),
            below => format!("{} new messages", count(below)),
        };
        if pill(ui, env, list, &text).clicked() {
            self.jump_to_latest();
            ui.ctx().request_repaint();
        }
    }
}

fn pill(ui: &Ui, env: &Env<'_>, list: &Response, text: &str) -> Response {
    let theme = env.theme;
    let font = semibold(theme.secondary.size);
    let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(text.to_owned(), font, theme.on_accent));
    let size = vec2(galley.size().x + 16.0 + 6.0 + space::M + space::L, 34.0);
    let top = list.rect.bottom() - space::M - size.y;
    let rect = Rect::from_min_size(pos2(list.rect.center().x - size.x / 2.0, top), size);
    let response = ui.interact(rect, list.id.with("latest"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), text));
    let ground = match response.hovered() {
        true => theme.accent_hover,
        false => theme.accent,
    };
    let painter = ui.painter();
    let shadow = ui.visuals().popup_shadow;
    painter.add(shadow.as_shape(rect, size.y / 2.0));
    painter.rect_filled(rect, size.y / 2.0, ground);
    let icon = Rect::from_min_size(
        pos2(rect.left() + space::M, rect.center().y - 8.0),
        Vec2::splat(16.0),
    );
    icons::paint(painter, icon, 16.0, Icon::Down, theme.on_accent);
    let at = pos2(icon.right() + 6.0, rect.center().y - galley.size().y / 2.0);
    painter.galley(at, galley, theme.on_accent);
    if response.has_focus() {
        let ring = Stroke::new(2.0, theme.accent);
        let rect = rect.expand(3.0);
        painter.rect_stroke(rect, rect.height() / 2.0, ring, StrokeKind::Outside);
    }
    if response.hovered() {
        ui.set_cursor_icon(CursorIcon::PointingHand);
    }
    response
}
