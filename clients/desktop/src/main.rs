//! The program: arguments, and the window.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use desktop::{App, Options};
use eframe::egui::ViewportBuilder;
use native::ServerAddress;
use shared::PersonName;

/// Team chat and files in a window
#[derive(Debug, Parser)]
#[command(name = "chinwag-desktop", version)]
struct Arguments {
    /// Where the server listens for native clients; without it, the one of last time
    #[arg(long, short, env = "CHINWAG_SERVER", value_name = "HOST[:PORT]")]
    server: Option<ServerAddress>,
    /// Who you are; the name is yours from its first use with this profile
    #[arg(long, short)]
    name: Option<PersonName>,
    /// Where sessions and unsent messages are kept, shared with `chinwag`
    #[arg(long, value_name = "FOLDER", env = "CHINWAG_PROFILE_DIR")]
    profile_dir: Option<PathBuf>,
    /// Files to attach to a message
    files: Vec<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let Some(profile_root) = arguments.profile_dir.or_else(native::profile::default_root) else {
        eprintln!(
            "error: there is no home folder to keep the session in; name one with --profile-dir"
        );
        return ExitCode::from(2);
    };
    let options = Options {
        profile_root,
        server: arguments.server,
        name: arguments.name,
        files: arguments.files,
    };
    let viewport = ViewportBuilder::default()
        .with_app_id("chinwag-desktop")
        .with_title("Chinwag")
        .with_inner_size([1100.0, 720.0])
        .with_min_inner_size([360.0, 320.0]);
    let native_options = eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        // The window takes files first.
        clipboard_shortcuts: false,
        ..eframe::NativeOptions::default()
    };
    let shown = eframe::run_native(
        "Chinwag",
        native_options,
        Box::new(|creation| Ok(Box::new(App::new(creation, options)?))),
    );
    match shown {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: no window can be opened: {error}");
            ExitCode::FAILURE
        }
    }
}
