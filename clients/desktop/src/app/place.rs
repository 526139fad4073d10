//! Where the window was on the screen.

use eframe::egui;

use crate::settings::Settings;

/// As much of the window as has to be seen of it in each direction, in pixels, so that it can be moved.
const GRIP: i32 = 80;

/// Remembers how large it is and where. To be stored with what else is, for it changes with every pixel.
pub(super) fn remember(ctx: &egui::Context, settings: &mut Settings) {
    let zoom = ctx.zoom_factor();
    ctx.input(|input| {
        let window = input.viewport();
        let large = window.maximized == Some(true) || window.fullscreen == Some(true);
        settings.maximized = window.maximized == Some(true);
        if large || window.minimized == Some(true) {
            return;
        }
        if let Some(inner) = window.inner_rect {
            settings.size = Some((inner.size() * zoom).into());
        }
        if let Some(outer) = window.outer_rect {
            settings.position = Some((outer.min * zoom).into());
        }
    });
}

/// Back to where it can be seen, where the screen that it was on is gone.
pub(super) fn keep_on_screen(creation: &eframe::CreationContext<'_>) {
    let Some(window) = creation.winit_window() else {
        return;
    };
    // Wayland says nothing of positions, and keeps its windows on screens by itself.
    let Ok(at) = window.outer_position() else {
        return;
    };
    let size = window.outer_size();
    let mut monitors = window.available_monitors().peekable();
    if monitors.peek().is_none() {
        return;
    }
    let seen = monitors.any(|monitor| {
        let (from, whole) = (monitor.position(), monitor.size());
        let shared = |at: i32, length: u32, from: i32, whole: u32| {
            (at + length as i32).min(from + whole as i32) - at.max(from)
        };
        shared(at.x, size.width, from.x, whole.width) >= GRIP
            && shared(at.y, size.height, from.y, whole.height) >= GRIP
            && at.y >= from.y
    });
    let home = window.primary_monitor();
    if let Some(home) = home.or_else(|| window.available_monitors().next())
        && !seen
    {
        window.set_outer_position(home.position());
    }
}
