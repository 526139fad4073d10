//! A room's timeline: a list that costs what is in sight, however much is known. What is being read never moves; it
//! follows the end only while the end is in sight.
//!
//! - this file: what it remembers, and what it takes in; `scroll`: how people move; `frame`: what is on the screen
//! - `feed`: which rows there are around what is being read; `place`: where they stand; `bar`: the scrollbar
//! - `layout`: rows, measured; `text`: the texts of a message; `actions`: their menus; `draw`, `lines`, `unsent`: rows on the screen
//! - `selection`: selected text; `marks`: what is unread; `pages`: asks for what is missing

mod actions;
mod bar;
mod draw;
mod feed;
mod frame;
mod layout;
mod lines;
mod marks;
mod pages;
mod place;
mod scroll;
mod selection;
mod text;
mod unsent;

use client::present::day::Day;
use client::present::rooms::label;
use client::present::words;
use client::{ConnectionState, View};
use eframe::egui::accesskit::{Action, Role};
use eframe::egui::{EventFilter, Rect, Response, Sense, Stroke, StrokeKind, Ui, WidgetInfo};
use shared::frame::Person;
use shared::{RoomId, Sequence, TimestampMs};

use self::feed::{Feed, Moment};
pub(super) use self::layout::LEFT;
use self::layout::Layouts;
use self::marks::Marks;
use self::pages::Pages;
use self::place::{Arranged, Position, RowKey};
use self::selection::Selection;
use super::{Env, time};

/// Nearer to the end than this, in points, counts as being there.
const END: f32 = 48.0;
/// How far below the top a place is shown that was gone to.
const MARGIN: f32 = 96.0;
/// How far assistive technology scrolls at a time, in points.
const ASKED: f32 = 100.0;

pub(super) struct Timeline {
    position: Position,
    feed: Feed,
    layouts: Layouts,
    marks: Marks,
    selection: Selection,
    pages: Pages,
    arranged: Arranged,
    /// Somebody came to the room and has not been put anywhere yet.
    entering: bool,
    /// Where to go once it is known.
    goal: Option<Goal>,
    /// The core has news.
    changed: bool,
    /// Some of it came while nobody looked.
    unwatched: bool,
    /// What the rows were made for, beside the events.
    made_for: Option<(Day, bool)>,
    /// It has the focus from a click, which needs no ring.
    clicked: bool,
    /// Since when something in sight is on its way, in seconds.
    waits_since: Option<f64>,
}

impl Default for Timeline {
    fn default() -> Self {
        Self {
            position: Position::End,
            feed: Feed::default(),
            layouts: Layouts::default(),
            marks: Marks::default(),
            selection: Selection::default(),
            pages: Pages::default(),
            arranged: Arranged::default(),
            entering: true,
            goal: None,
            changed: true,
            unwatched: false,
            made_for: None,
            clicked: false,
            waits_since: None,
        }
    }
}

/// An event that somebody wants to see.
#[derive(Debug, Clone, Copy)]
struct Goal {
    sequence: Sequence,
    /// How much of it is above `y`.
    fraction: f32,
    /// In points from the top of what is in sight.
    y: f32,
}

/// What a frame needs of the view, beside the rows.
struct Glance {
    room: String,
    own: Option<Person>,
    online: bool,
    reading: bool,
    last: Sequence,
    older: Option<Sequence>,
    why: [String; 2],
    now: TimestampMs,
    today: Day,
}

impl Glance {
    fn new(env: &Env<'_>, room_id: RoomId) -> Option<Self> {
        let now = env.handle.now();
        env.view(|view| {
            let room = view.rooms.get(&room_id)?;
            Some(Self {
                room: label(&room.info),
                own: view.person.clone(),
                online: view.connection == ConnectionState::Online,
                reading: room.reading_history,
                last: room.info.last_sequence,
                older: room.timeline.older_before(),
                why: [false, true].map(|has_uploads| words::why_it_waits(view, has_uploads)),
                now,
                today: time::day(now),
            })
        })
    }
}

impl Timeline {
    /// Somebody comes to the room.
    pub(super) fn enter(&mut self) {
        self.entering = true;
        self.changed = true;
    }

    /// The room's events or pending messages changed; `watched` where the window has the focus.
    pub(super) fn changed(&mut self, watched: bool) {
        self.changed = true;
        self.unwatched |= !watched;
    }

    /// Goes to the newest message; all counts as read.
    pub(super) fn jump_to_latest(&mut self) {
        self.marks.unread = None;
        self.goal = None;
        self.entering = false;
        self.position = Position::End;
        self.changed = true;
        // What just came is being looked at, and not marked again.
        self.unwatched = false;
    }

    pub(super) fn show(&mut self, ui: &mut Ui, env: &Env<'_>, room_id: RoomId) {
        let rect = ui.available_rect_before_wrap();
        let Some(glance) = Glance::new(env, room_id) else {
            return;
        };
        let (list, asked) = self.list(ui, env, rect, room_id, &glance.room);
        self.take_in(env, room_id, &glance);
        self.scroll(ui, &list, asked, &glance);
        self.go(env, room_id, &glance);
        self.arrange(ui, env, room_id, &glance, rect);
        self.draw(ui, env, &list, &glance);
        self.copy(ui, env, room_id);
        self.bar(ui, env, &list, &glance);
        self.pill(ui, env, &list);
        self.ask(ui, env, room_id, &glance);
        if self.follows_end() && !self.entering && ui.input(|input| input.focused) {
            self.marks.read(env.handle, room_id);
        }
    }

    /// Notes what is unread, and makes the rows anew where they are not what they were.
    fn take_in(&mut self, env: &Env<'_>, room_id: RoomId, glance: &Glance) {
        let made_for = (glance.today, glance.online);
        if !self.changed && self.made_for == Some(made_for) {
            return;
        }
        let (at_end, enters) = (self.follows_end(), self.entering);
        env.view(|view| {
            if enters {
                self.enter_room(view, room_id);
            } else if self.changed {
                self.marks.note(view, room_id, at_end && !self.unwatched);
            }
            if at_end && matches!(self.position, Position::Bottom { .. }) {
                self.position = Position::End;
            }
            if let Some(room) = view.rooms.get(&room_id) {
                let own = view.person.as_ref().map(|person| person.id);
                self.marks.count(room, own, at_end || enters);
            }
            self.build(view, room_id, glance);
        });
        self.made_for = Some(made_for);
        self.changed = false;
        self.unwatched = false;
    }

    /// Goes to where the unread messages begin, or to the end, once these are known.
    fn enter_room(&mut self, view: &View, room_id: RoomId) {
        self.marks.unread = None;
        self.marks.note(view, room_id, false);
        self.position = Position::End;
        self.goal = None;
        let Some(room) = view.rooms.get(&room_id) else {
            return;
        };
        self.entering = room.timeline.last_sequence().unwrap_or_default() < room.info.last_sequence;
        let Some(unread) = self.marks.unread.filter(|_| !self.entering) else {
            return;
        };
        let next = unread.after.next();
        if !room.timeline.knows(next) {
            self.goal = Some(Goal {
                sequence: next,
                fraction: 0.0,
                y: MARGIN,
            });
        } else if let Some(first) = feed::first_message(room, unread) {
            self.position = Position::Top {
                row: RowKey::unread(first.0),
                fraction: 0.0,
                y: MARGIN,
            };
        }
    }

    fn build(&mut self, view: &View, room_id: RoomId, glance: &Glance) {
        let middle = self.position.row().and_then(RowKey::sequence).map(Sequence);
        let moment = Moment {
            now: glance.now,
            day: time::day,
            unread: self.marks.unread,
        };
        self.feed.build(view, room_id, middle, moment);
    }

    /// Whether the end is in sight, or nearly so.
    pub(super) fn follows_end(&self) -> bool {
        let near = self.arranged.below.is_some_and(|below| below <= END);
        self.goal.is_none() && (self.position == Position::End || near && self.feed.ends())
    }

    /// The list as a whole, and how far assistive technology wants it scrolled, in points.
    fn list(
        &mut self,
        ui: &Ui,
        env: &Env<'_>,
        rect: Rect,
        room_id: RoomId,
        room: &str,
    ) -> (Response, f32) {
        let id = ui.scope_id().with(("timeline", room_id));
        let asked = ui.input(|input| {
            let count = |action| input.num_accesskit_action_requests(id, action) as f32;
            ASKED * (count(Action::ScrollUp) - count(Action::ScrollDown))
        });
        // Other rows come to where others were.
        ui.ctx().allow_widget_id_changes_in(rect);
        let list = ui.interact(rect, id, Sense::click_and_drag());
        let name = format!("Messages in {room}");
        list.widget_info(|| WidgetInfo::labeled(Role::Log, ui.is_enabled(), &name));
        ui.ctx().accesskit_node_builder(id, |node| {
            node.add_action(Action::ScrollUp);
            node.add_action(Action::ScrollDown);
        });
        if list.clicked() {
            list.request_focus();
            self.clicked = true;
        }
        if list.has_focus() {
            let filter = EventFilter {
                vertical_arrows: true,
                ..EventFilter::default()
            };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
            if !self.clicked {
                let ring = Stroke::new(2.0, env.theme.accent);
                let painter = ui.painter();
                painter.rect_stroke(rect, 0.0, ring, StrokeKind::Inside);
            }
        } else {
            self.clicked = false;
        }
        (list, asked)
    }
}
