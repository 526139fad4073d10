//! The program: arguments, and the window.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use desktop::Options;
use native::ServerAddress;
use shared::{Fingerprint, PersonName};

/// Team chat and files in a window
#[derive(Debug, Parser)]
#[command(name = "chinwag-desktop", version, after_help = AFTER_HELP)]
struct Arguments {
    /// Where the server listens for native clients; without it, the one of last time
    #[arg(long, short, env = "CHINWAG_SERVER", value_name = "HOST[:PORT]")]
    server: Option<ServerAddress>,
    /// Take that server's certificate only if it has this SHA-256 fingerprint, and remember it
    #[arg(
        long,
        env = "CHINWAG_FINGERPRINT",
        value_name = "AB:CD:…",
        requires = "server"
    )]
    fingerprint: Option<Fingerprint>,
    /// Who you are; the name is yours from its first use with this profile
    #[arg(long, short)]
    name: Option<PersonName>,
    /// Where sessions and unsent messages are kept, shared with `chinwag`
    #[arg(long, value_name = "FOLDER", env = "CHINWAG_PROFILE_DIR")]
    profile_dir: Option<PathBuf>,
    /// Files to attach to a message
    files: Vec<PathBuf>,
}

const AFTER_HELP: &str = "\
Whatever is not named here is asked for in the window and remembered.

Exit status: 0 once the window was closed, 1 where none could be opened, 2 where the arguments make no sense.";

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
        fingerprint: arguments.fingerprint,
        name: arguments.name,
        files: arguments.files,
    };
    match desktop::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
