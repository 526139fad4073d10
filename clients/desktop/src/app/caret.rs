//! A text cursor that blinks draws the whole window twice a second. It stops when nobody writes any more, as those of
//! other desktops do.

use eframe::egui::{self, Event};

/// In seconds.
const BLINKS: f64 = 10.0;

#[derive(Debug)]
pub(super) struct Caret {
    /// By egui's clock.
    last_input: f64,
    blinks: bool,
}

impl Default for Caret {
    fn default() -> Self {
        Self {
            last_input: 0.0,
            blinks: true,
        }
    }
}

impl Caret {
    pub(super) fn look(&mut self, ctx: &egui::Context) {
        let (now, used) = ctx.input(|input| (input.time, input.events.iter().any(is_use)));
        if used {
            self.last_input = now;
        }
        let blinks = now - self.last_input < BLINKS;
        if blinks != self.blinks {
            self.blinks = blinks;
            ctx.all_styles_mut(|style| style.visuals.text_cursor.blink = blinks);
        }
    }
}

/// Whether somebody does something, rather than move the mouse or the window.
fn is_use(event: &Event) -> bool {
    matches!(
        event,
        Event::Key { .. }
            | Event::Text(_)
            | Event::Paste(_)
            | Event::Cut
            | Event::Copy
            | Event::Ime(_)
            | Event::PointerButton { .. }
            | Event::WindowFocused(true)
    )
}
