//! A room's timeline: about 150 rows of it are mounted, and what is being read never moves. It follows the end only
//! while the end is in sight.
//!
//! - `window`: which of the rows are mounted; `scroll`: where the reader is
//! - `message`, `pending`, `divider`: one row each; `read_by`: what stands under the last one

mod divider;
mod message;
mod pending;
mod read_by;
mod scroll;
mod window;

use std::rc::Rc;

use client::present::rooms;
use client::present::rows::{self, EventRef, Row, Unread};
use client::{Change, Command, Room};
use gloo_events::EventListener;
use litemap::LiteMap;
use shared::{EventBody, RoomId, Sequence};
use yew::{Component, Context, Html, NodeRef, Properties, html};

use self::message::Message;
use self::pending::Pending;
use self::read_by::ReadBy;
use self::scroll::{Anchor, Scroller};
use self::window::Window;
use crate::browser::{self, is_watched};
use crate::components::icon::{Icon, icon};
use crate::driver::{Driver, Watch};
use client::present::format;

/// Events that are read after a message that is sought, so that it is not alone.
const SOUGHT_AFTER: u64 = 40;
/// Rows are brought in when their end is nearer than this, in pixels.
const AHEAD_PX: i32 = 800;

#[derive(PartialEq, Properties)]
pub(crate) struct TimelineProps {
    pub(crate) room_id: RoomId,
    /// Each increase goes to the newest message and takes all as read.
    pub(crate) jumps: u32,
    /// The message that somebody followed a link to.
    #[prop_or_default]
    pub(crate) at: Option<Sequence>,
}

pub(crate) enum Msg {
    /// The core has news about the room.
    Changed,
    Scrolled,
    /// Somebody may look at the page again.
    Watched,
    Jump,
    FillGap(Sequence),
}

/// Where the next drawing is to leave the reader.
enum Goal {
    Stay(Option<Anchor>),
    End,
    Unread,
    At(Sequence),
}

/// A message that is gone to as soon as it is known.
struct Sought {
    sequence: Sequence,
    /// The page that holds it was asked for.
    is_asked: bool,
}

pub(crate) struct Timeline {
    driver: Driver,
    scroller: Scroller,
    unread_line: NodeRef,
    window: Window,
    rows: Vec<Row>,
    /// Copies of the mounted events.
    events: LiteMap<Sequence, EventRef>,
    unread: Option<Unread>,
    /// The newest event that was in sight.
    seen: Sequence,
    /// New messages below what is in sight.
    below: u64,
    /// How far away the reader is from the end.
    far: bool,
    goal: Goal,
    sought: Option<Sought>,
    /// Stands out, because somebody followed a link to it.
    found: Option<Sequence>,
    _watches: (Watch, Vec<EventListener>),
}

impl Component for Timeline {
    type Message = Msg;
    type Properties = TimelineProps;

    fn create(ctx: &Context<Self>) -> Self {
        let (driver, _) = ctx
            .link()
            .context::<Driver>(yew::Callback::noop())
            .expect("the app provides the driver");
        let room_id = ctx.props().room_id;
        let link = ctx.link().clone();
        let watch = driver.watch(
            move |change| {
                matches!(change, Change::Timeline(id) if *id == room_id)
                    || matches!(change, Change::Rooms | Change::Connection)
            },
            move |_| link.send_message(Msg::Changed),
        );
        let on = |target: &web_sys::EventTarget, name: &'static str| {
            let link = ctx.link().clone();
            EventListener::new(target, name, move |_| link.send_message(Msg::Watched))
        };
        let listeners = vec![
            on(&browser::window(), "focus"),
            on(&browser::document(), "visibilitychange"),
        ];
        let mut timeline = Self {
            driver,
            scroller: Scroller::default(),
            unread_line: NodeRef::default(),
            window: Window::default(),
            rows: Vec::new(),
            events: LiteMap::new(),
            unread: None,
            seen: Sequence(0),
            below: 0,
            far: false,
            goal: Goal::End,
            sought: ctx.props().at.map(|sequence| Sought {
                sequence,
                is_asked: false,
            }),
            found: ctx.props().at,
            _watches: (watch, listeners),
        };
        let shown = Some(room_id);
        // Never refused.
        let _ = timeline
            .driver
            .command(Command::ShowRoom { room_id: shown });
        timeline.mark_unread(room_id, false);
        if timeline.unread.is_some() {
            timeline.goal = Goal::Unread;
        }
        timeline.seek(room_id);
        timeline.build(room_id);
        timeline
    }

    fn changed(&mut self, ctx: &Context<Self>, _: &TimelineProps) -> bool {
        self.jump(ctx.props().room_id);
        true
    }

    fn update(&mut self, ctx: &Context<Self>, msg: Msg) -> bool {
        let room_id = ctx.props().room_id;
        match msg {
            Msg::Changed => {
                self.mark_unread(room_id, is_watched() && self.scroller.at_end());
                self.stay();
                self.seek(room_id);
                self.build(room_id);
                true
            }
            Msg::Scrolled => self.scrolled(room_id),
            Msg::Watched => {
                self.mark_read(room_id);
                false
            }
            Msg::Jump => {
                self.jump(room_id);
                true
            }
            Msg::FillGap(before) => {
                let before = Some(before);
                // Refused while a page is on its way, and offline, which the page says already.
                let _ = self
                    .driver
                    .command(Command::ReadHistory { room_id, before });
                false
            }
        }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let onscroll = ctx.link().callback(|_| Msg::Scrolled);
        let jump = ctx.link().callback(|_| Msg::Jump);
        let room_id = ctx.props().room_id;
        let (name, reading) = self.driver.view(|view| {
            let room = view.rooms.get(&room_id);
            (
                room.map(|room| rooms::label(&room.info)),
                room.is_some_and(|room| room.reading_history),
            )
        });
        let label = format!("Messages in {}", name.clone().unwrap_or_default());
        html! {
            <div class="timeline-frame">
                <div ref={self.scroller.node()} class="timeline" role="log" tabindex="0" {onscroll}
                    aria-label={label} aria-busy={reading.to_string()}>
                    <div ref={self.scroller.rows()} class="rows">
                        for row in &self.rows {
                            { self.row(ctx, row, name.as_deref().unwrap_or_default()) }
                        }
                        if let (Some(last), true) = (self.last_message(), self.window.follows_end()) {
                            <ReadBy key="read-by" event={last} />
                        }
                    </div>
                </div>
                if self.far || self.below > 0 {
                    <button class="jump-pill" onclick={jump}>
                        { icon(Icon::Down) }
                        <span class="numbers">{ match self.below {
                            0 => "Jump to latest".to_owned(),
                            1 => "1 new message".to_owned(),
                            count => format!("{} new messages", format::count(count)),
                        } }</span>
                    </button>
                }
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Self>, first: bool) {
        if first {
            self.scroller.follow_sizes();
        }
        match std::mem::replace(&mut self.goal, Goal::Stay(None)) {
            Goal::End => self.scroller.to_end(),
            Goal::Unread => self.scroller.to(self.unread_line.cast()),
            Goal::At(sequence) => self.scroller.to(self.scroller.row(sequence)),
            Goal::Stay(Some(anchor)) => anchor.restore(&self.scroller),
            Goal::Stay(None) => {}
        }
        if first {
            ctx.link().send_message(Msg::Scrolled);
        }
        self.mark_read(ctx.props().room_id);
    }

    fn destroy(&mut self, _: &Context<Self>) {
        let _ = self.driver.command(Command::ShowRoom { room_id: None });
    }
}

impl Timeline {
    fn row(&self, ctx: &Context<Self>, row: &Row, room: &str) -> Html {
        match row {
            Row::Beginning => divider::beginning(room),
            Row::Loading => divider::loading(),
            Row::Day { key, name } => divider::day_line(*key, name),
            Row::Unread(unread) => divider::unread_line(&self.unread_line, *unread),
            Row::Gap { events, before } => {
                let before = *before;
                let load = ctx.link().callback(move |_| Msg::FillGap(before));
                divider::gap_line(before.0, *events, load)
            }
            Row::Message { event, head } => html! {
                <Message key={event.sequence.to_string()} event={event.clone()} head={*head}
                    found={self.found == Some(event.sequence)} />
            },
            Row::Notice { event } => message::notice(event),
            Row::Pending { message, head } => html! {
                <Pending key={message.transaction_id.to_string()} message={message.clone()} head={*head} />
            },
        }
    }

    /// The message at the end, where nothing comes after it.
    fn last_message(&self) -> Option<EventRef> {
        match self.rows.last() {
            Some(Row::Message { event, .. }) => Some(event.clone()),
            _ => None,
        }
    }

    /// Makes the rows of what is known now.
    fn build(&mut self, room_id: RoomId) {
        let driver = self.driver.clone();
        driver.view(|view| {
            let Some(room) = view.rooms.get(&room_id) else {
                return self.rows.clear();
            };
            let known: Vec<Sequence> = room.timeline.events().map(|event| event.sequence).collect();
            let range = self.window.range(&known);
            let mounted = room.timeline.events().skip(range.start).take(range.len());
            let mut events = LiteMap::with_capacity(range.len());
            let mounted: Vec<EventRef> = mounted
                .map(|event| {
                    // Another one only where what it said was removed.
                    let kept = self.events.remove(&event.sequence);
                    let kept = kept.filter(|kept| *kept.0 == *event);
                    let kept = kept.unwrap_or_else(|| EventRef(Rc::new(event.clone())));
                    events.insert(event.sequence, kept.clone());
                    kept
                })
                .collect();
            self.events = events;
            let at_end = range.end == known.len();
            let pending = view.pending(room_id).filter(|_| at_end);
            self.rows = rows::rows(rows::Parts {
                events: &mounted,
                pending: pending.map(|message| Rc::new(message.clone())).collect(),
                own: view.person.as_ref(),
                unread: self.unread,
                at_start: range.start == 0 && room.timeline.older_before().is_none(),
                loading: range.start == 0
                    && (room.reading_history
                        || known.is_empty() && room.info.last_sequence > Sequence(0)),
                gap_before_end: room
                    .timeline
                    .gaps()
                    .pop()
                    .filter(|gap| at_end && known.last() < Some(&gap.first)),
                now: self.driver.now(),
                day: browser::time::day,
            });
            self.below = self.count_below(room, view.person.as_ref().map(|person| person.id));
        });
    }

    fn count_below(&mut self, room: &Room, own: Option<shared::PersonId>) -> u64 {
        if self.follows_end() {
            self.seen = room.timeline.last_sequence().unwrap_or_default();
            return 0;
        }
        let news = room.timeline.events_after(self.seen).filter(|event| {
            matches!(event.event, EventBody::MessageSent { .. }) && Some(event.person.id) != own
        });
        news.count() as u64
    }

    fn follows_end(&self) -> bool {
        self.window.follows_end() && self.scroller.at_end()
    }

    /// Notes where the unread messages begin, unless they are being looked at as they come.
    fn mark_unread(&mut self, room_id: RoomId, watched: bool) {
        let (unread, last_read) = self.driver.view(|view| {
            let last_read = view.rooms.get(&room_id).map(|room| room.last_read);
            (view.unread(room_id), last_read.unwrap_or_default())
        });
        if unread > 0 && !watched {
            self.unread = Some(Unread {
                after: last_read,
                count: unread,
            });
        }
    }

    fn mark_read(&mut self, room_id: RoomId) {
        if !self.follows_end() || !self.scroller.is_shown() || !is_watched() {
            return;
        }
        let last = self.driver.view(|view| {
            let room = view.rooms.get(&room_id)?;
            (room.info.last_sequence > room.last_read).then_some(room.info.last_sequence)
        });
        if let Some(up_to) = last {
            // Refused only for a room that one is not in, and then there is nothing to mark.
            let _ = self.driver.command(Command::MarkRead { room_id, up_to });
        }
    }

    /// What is being read stays where it is, unless that is the end.
    fn stay(&mut self) {
        if matches!(self.goal, Goal::Stay(_)) {
            self.goal = match self.follows_end() {
                true => Goal::End,
                false => Goal::Stay(Anchor::here(&self.scroller)),
            };
        }
    }

    fn jump(&mut self, room_id: RoomId) {
        self.unread = None;
        self.window.follow_end();
        self.scroller.set_at_end();
        self.goal = Goal::End;
        self.far = false;
        self.build(room_id);
    }

    /// Whether anything has to be drawn.
    fn scrolled(&mut self, room_id: RoomId) -> bool {
        let Some(place) = self.scroller.place() else {
            return false;
        };
        let known: Vec<Sequence> = self.driver.view(|view| {
            let room = view.rooms.get(&room_id);
            room.map(|room| room.timeline.events().map(|event| event.sequence).collect())
                .unwrap_or_default()
        });
        let mut moved = false;
        if place.above_px < AHEAD_PX {
            moved |= self.window.up(&known);
            if !moved && self.window.range(&known).start == 0 {
                self.read_older(room_id);
            }
        }
        if !moved && place.below_px < AHEAD_PX {
            moved |= self.window.down(&known);
        }
        if !self.scroller.at_end() {
            self.window.hold(&known);
        } else if self.window.ends(&known) {
            self.window.follow_end();
        }
        let before = (self.far, self.below);
        self.far = place.below_px > place.height_px;
        if moved {
            self.stay();
            self.build(room_id);
        } else if self.follows_end() {
            self.below = 0;
            self.seen = known.last().copied().unwrap_or_default();
            self.mark_read(room_id);
        }
        moved || before != (self.far, self.below)
    }

    /// Goes to the message that is sought, once it is there.
    fn seek(&mut self, room_id: RoomId) {
        let Some(sought) = &mut self.sought else {
            return;
        };
        let sequence = sought.sequence;
        let (known, reading, last) = self.driver.view(|view| {
            let room = view.rooms.get(&room_id);
            let events = room.into_iter().flat_map(|room| room.timeline.events());
            let known: Vec<Sequence> = events.map(|event| event.sequence).collect();
            let last = room.map(|room| room.info.last_sequence);
            (known, room.is_some_and(|room| room.reading_history), last)
        });
        if known.contains(&sequence) {
            self.sought = None;
            self.unread = None;
            self.window.around(&known, sequence);
            self.goal = Goal::At(sequence);
        } else if last.is_some_and(|last| sequence > last) || sought.is_asked && !reading {
            self.sought = None;
        } else if !reading && !known.is_empty() {
            let before = Some(Sequence(sequence.0 + SOUGHT_AFTER));
            let command = Command::ReadHistory { room_id, before };
            // Refused while offline; it is tried again with the next event.
            sought.is_asked = self.driver.command(command).is_ok();
        }
    }

    fn read_older(&self, room_id: RoomId) {
        let wanted = self.driver.view(|view| {
            let room = view.rooms.get(&room_id)?;
            (!room.reading_history)
                .then(|| room.timeline.older_before())
                .flatten()
        });
        if wanted.is_some() {
            let before = None;
            // Refused while offline; scrolling further asks again.
            let _ = self
                .driver
                .command(Command::ReadHistory { room_id, before });
        }
    }
}
