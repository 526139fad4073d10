//! Whether one is there: what one chose, and away by itself where nobody has touched the window for long.

use std::time::Duration;

use client::Command;
use client::present::presence::{self, IDLE_MS};
use eframe::egui::{self, Event};
use native::Handle;
use shared::TimestampMs;

use crate::settings::Settings;

#[derive(Default)]
pub(super) struct Attention {
    /// When somebody last touched the window.
    touched_at: Option<TimestampMs>,
}

impl Attention {
    /// Keeps the core told, and looks again when it may be another.
    pub(super) fn look(&mut self, ctx: &egui::Context, handle: &Handle, settings: &Settings) {
        let now = handle.now();
        if ctx.input(|input| input.events.iter().any(is_touch)) {
            self.touched_at = Some(now);
        }
        let idle_ms = now.since_ms(*self.touched_at.get_or_insert(now));
        let chosen = presence::of_word(&settings.presence);
        let state = presence::told(chosen, idle_ms);
        // Never refused; the core tells the server only what is new.
        let _ = handle.command(Command::SetPresence { state });
        if idle_ms < IDLE_MS {
            ctx.request_repaint_after(Duration::from_millis(IDLE_MS - idle_ms));
        }
    }
}

/// What a person does while they are there.
fn is_touch(event: &Event) -> bool {
    matches!(
        event,
        Event::PointerMoved(_)
            | Event::PointerButton { .. }
            | Event::MouseWheel { .. }
            | Event::Touch { .. }
            | Event::Key { .. }
            | Event::Text(_)
            | Event::Paste(_)
            | Event::Ime(_)
            | Event::WindowFocused(true)
            | Event::AccessKitActionRequest(_)
    )
}
