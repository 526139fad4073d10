//! Opens the window.

use eframe::egui::{ViewportBuilder, vec2};

use super::{App, Options};
use crate::settings::Settings;
use crate::theme;

/// Shows the window until it is closed. Fails where there is no screen to show it on.
pub fn run(options: Options) -> eframe::Result {
    theme::fonts::begin();
    let settings = Settings::load(&options.profile_root);
    let native_options = eframe::NativeOptions {
        viewport: viewport(&settings),
        renderer: eframe::Renderer::Glow,
        // The window takes files first.
        clipboard_shortcuts: false,
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(
        "Chinwag",
        native_options,
        Box::new(|creation| Ok(Box::new(App::new(creation, options)?))),
    )
}

fn viewport(settings: &Settings) -> ViewportBuilder {
    let size = settings.size.map_or(vec2(1100.0, 720.0), Into::into);
    let viewport = ViewportBuilder::default()
        .with_app_id("chinwag-desktop")
        .with_title("Chinwag")
        .with_inner_size(size)
        .with_min_inner_size([360.0, 320.0])
        .with_maximized(settings.maximized);
    match settings.position {
        Some(position) => viewport.with_position(position),
        None => viewport,
    }
}
