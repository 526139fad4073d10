//! Opens the window.

use eframe::egui::{ViewportBuilder, vec2};

use super::{App, Options};
use crate::settings::Settings;
use crate::theme;

/// Why there is no window; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// Neither X11 nor Wayland, or nothing answers there.
    #[error(
        "no screen can be reached; check DISPLAY or WAYLAND_DISPLAY, or use chinwag, the client for terminals"
    )]
    NoScreen,
    /// Most likely by the graphics driver.
    #[error("the window cannot be shown: {0}")]
    NotShown(eframe::Error),
}

impl From<eframe::Error> for RunError {
    fn from(error: eframe::Error) -> Self {
        match error {
            // Its text names places in the source.
            eframe::Error::Winit(_) | eframe::Error::WinitEventLoop(_) => Self::NoScreen,
            error => Self::NotShown(error),
        }
    }
}

/// Shows the window until it is closed. Fails where there is no screen to show it on.
pub fn run(options: Options) -> Result<(), RunError> {
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
    )?;
    Ok(())
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
