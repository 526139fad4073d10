//! Asks the core for what is missing near what is in sight, a page at a time.

use std::time::Duration;

use client::Command;
use client::present::rows::Row;
use eframe::egui::Ui;
use shared::{RoomId, Sequence};

use super::feed::Feed;
use super::place::{Arranged, RowKey};
use crate::chat::Env;

/// How much a page brings, at most.
const PAGE: u64 = 100;
/// What was asked for in vain is asked for again only after this long, in seconds.
const AGAIN: f64 = 2.0;

#[derive(Default)]
pub(super) struct Pages {
    /// What was asked for last, and when.
    asked: Option<(Sequence, f64)>,
}

impl Pages {
    /// The page around an event that somebody wants to see.
    pub(super) fn around(sequence: Sequence, last: Sequence) -> Sequence {
        Sequence((sequence.0 + PAGE / 2).min(last.0 + 1))
    }

    /// What is missing in the rows that are laid out: its end, where that is nearer to what is being read, else its
    /// beginning.
    pub(super) fn missing(
        feed: &Feed,
        arranged: &Arranged,
        held: Option<RowKey>,
        older: Option<Sequence>,
    ) -> Option<Sequence> {
        let near = arranged.rows.iter().find_map(|placed| {
            let key = placed.key;
            match &feed.rows[placed.index] {
                Row::Loading => older,
                Row::Gap { events, before } => {
                    let first = before.0 - events;
                    // Without a row that is held, the end of the list is.
                    let from_above = held.is_some_and(|held| held < key);
                    Some(match from_above {
                        true => Sequence((first + PAGE).min(before.0)),
                        false => *before,
                    })
                }
                Row::Beginning
                | Row::Day { .. }
                | Row::Unread(_)
                | Row::Message { .. }
                | Row::Notice { .. }
                | Row::Pending { .. } => None,
            }
        });
        near.filter(|before| before.0 > 1)
    }

    /// Asks for the page that ends before this.
    pub(super) fn ask(&mut self, ui: &Ui, env: &Env<'_>, room_id: RoomId, before: Sequence) {
        let now = ui.input(|input| input.time);
        if let Some((asked, at)) = self.asked
            && asked == before
            && now - at < AGAIN
        {
            let left = Duration::from_secs_f64(AGAIN - (now - at));
            ui.ctx().request_repaint_after(left);
            return;
        }
        self.asked = Some((before, now));
        let before = Some(before);
        // Refused while a page is on its way, and offline, which the window says already.
        let _ = env.handle.command(Command::ReadHistory { room_id, before });
    }
}
