//! What the desktop announces of rooms that nobody looks at, and the title of the window. The core says what is news.

use client::View;
use client::present::news::{Announcement, News, Notice};
use client::present::{rooms, words};
use eframe::egui::{self, UserAttentionType, ViewportCommand};
use native::Handle;
use shared::{RoomId, TimestampMs};

use crate::settings::Settings;
use crate::system::announce::Announcer;

pub(crate) struct Notices {
    news: News,
    announcer: Announcer,
    title: String,
    /// The room that the title was made for; counting what is unread is not for every frame.
    titled: Option<Option<RoomId>>,
}

impl Notices {
    pub(super) fn new(announcer: Announcer) -> Self {
        Self {
            news: News::default(),
            announcer,
            title: String::new(),
            titled: None,
        }
    }

    /// The core has news.
    pub(super) fn changed(&mut self) {
        self.titled = None;
    }

    /// Announces what came, and takes back what was seen. Returns the room to go to, where its notice was clicked.
    pub(super) fn look(
        &mut self,
        ctx: &egui::Context,
        handle: &Handle,
        shown: Option<RoomId>,
        settings: &Settings,
    ) -> Option<RoomId> {
        if self.titled != Some(shown) {
            self.titled = Some(shown);
            let title = handle.with_view(|view| title(view, shown));
            if title != self.title {
                ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
                self.title = title;
            }
        }
        let watched = shown.filter(|_| is_watched(ctx));
        let now = handle.now();
        let all = handle.with_view(|view| self.news.look(view, watched, now));
        for one in all {
            self.announce(ctx, one, settings);
        }
        if let Some(due) = self.news.poll_timeout() {
            ctx.request_repaint_after_secs(seconds(due, now));
        }
        let clicked = self.announcer.borrow_mut().chosen().pop()?;
        ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
        ctx.send_viewport_cmd(ViewportCommand::Focus);
        Some(clicked)
    }

    fn announce(&self, ctx: &egui::Context, one: Announcement, settings: &Settings) {
        let mut announcer = self.announcer.borrow_mut();
        match one {
            Announcement::Show(notice) if settings.notifications && !settings.is_busy() => {
                announcer.show(notice);
                if !ctx.input(|input| input.raw.focused) {
                    let kind = UserAttentionType::Informational;
                    ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(kind));
                }
            }
            Announcement::Show(_) => {}
            Announcement::Withdraw(room_id) => announcer.withdraw(room_id),
        }
    }

    /// Shows one of no consequence.
    pub(super) fn try_out(&self, room: Option<RoomId>) {
        if let Some(room_id) = room {
            self.announcer.borrow_mut().show(Notice {
                room_id,
                title: "Chinwag".to_owned(),
                text: "Notices look like this.".to_owned(),
            });
        }
    }

    /// Why none can be shown, as far as that is known.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.announcer.borrow().trouble()
    }
}

fn title(view: &View, shown: Option<RoomId>) -> String {
    let room = shown.and_then(|room_id| view.rooms.get(&room_id));
    let room = room.map(|room| rooms::label(&room.info));
    words::title(view.unread_in_all(), room.as_deref())
}

/// Whether somebody is there to see what the window shows.
fn is_watched(ctx: &egui::Context) -> bool {
    ctx.input(|input| {
        let window = input.viewport();
        let hidden = window.minimized == Some(true) || window.occluded == Some(true);
        input.raw.focused && !hidden
    })
}

fn seconds(due: TimestampMs, now: TimestampMs) -> f32 {
    due.since_ms(now) as f32 / 1000.0
}
