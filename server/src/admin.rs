//! What whoever runs the server does besides serving: commands of the same program, on the same folders. They work
//! beside a running server and never take its lock.
//!
//! Their sentences go to the operator alone, so that they may name paths. Results and the findings of fsck go to
//! standard output, a line each; errors and progress to standard error.

use std::io::{self, Write};

use crate::Config;

mod fsck;
mod progress;
mod words;

/// What is done instead of serving.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Check database and files, whether the server runs or not; changes nothing
    ///
    /// Prints a line for everything that is not as it should be. Of unfinished uploads it checks what the server has
    /// flushed; what goes on or ends meanwhile is no finding. Exit code: 0 all is well, 1 findings, 2 not checked.
    Fsck,
}

/// How a command ended that did what it was asked to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Clean,
    /// Something is wrong with what the server keeps; it has been named.
    Findings,
}

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
enum AdminError {
    #[error(transparent)]
    Fsck(#[from] fsck::FsckError),
}

/// Does what is asked and says what came of it; returns the exit code.
pub fn run(command: Command, config: &Config) -> i32 {
    let mut out = io::stdout().lock();
    let ended = match command {
        Command::Fsck => fsck::run(config, &mut out).map_err(AdminError::from),
    };
    // Who went away needs no last words.
    let _ = out.flush();
    match ended {
        Ok(Verdict::Clean) => 0,
        Ok(Verdict::Findings) => 1,
        Err(error) => {
            eprintln!("chinwag-server: {error}");
            2
        }
    }
}

/// Writes a line for the operator. Where nobody reads it, the exit code still tells.
fn say(out: &mut dyn Write, line: &str) {
    // What a damaged database holds may be anything.
    let line = line.replace(char::is_control, "\u{FFFD}");
    let _ = writeln!(out, "{line}");
}
