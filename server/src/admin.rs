//! What whoever runs the server does besides serving: commands of the same program, on the same folders. Backup,
//! fsck and export work beside a running server and never take its lock; `manage` asks the server where one runs.
//!
//! Their sentences go to the operator alone, so that they may name paths. Results and the findings of fsck go to
//! standard output, a line each; errors, losses and progress to standard error.

use std::io::{self, Write};
use std::path::PathBuf;

use shared::RoomRef;

use crate::Config;

mod backup;
mod export;
mod folder;
mod fsck;
mod manage;
mod manifest;
mod progress;
mod restore;
mod secrets;
pub(crate) mod words;

/// What is done instead of serving.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Copy messages and files into a folder, whether the server runs or not
    ///
    /// What the folder has from an earlier backup is not copied again; that backup stays good until the new one is
    /// complete. Exit code: 0 complete, 1 complete but for files that the server has lost, 2 no backup.
    Backup {
        /// Where the backup is, or is to be; best on another disk
        folder: PathBuf,
        /// Also read what the folder has from earlier backups, and copy anew what is damaged there
        #[arg(long)]
        verify: bool,
    },
    /// Bring a backup back, into folders that are empty
    ///
    /// Clients notice and resynchronise. Exit code: 0 complete, 1 complete but for files, 2 nothing was restored.
    Restore {
        /// Where the backup is
        folder: PathBuf,
        /// Restore also where files of the backup are damaged or missing; they are named
        #[arg(long)]
        without_damaged: bool,
    },
    /// Check database and files, whether the server runs or not; changes nothing
    ///
    /// Prints a line for everything that is not as it should be. Of unfinished uploads it checks what the server has
    /// flushed; what goes on or ends meanwhile is no finding. Exit code: 0 all is well, 1 findings, 2 not checked.
    Fsck,
    /// Write down everything that was said in a room
    Export {
        /// The room's name or id
        room: RoomRef,
        #[arg(long, value_enum)]
        format: Format,
        /// Where to, instead of standard output
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Look after people, rooms and settings, whether the server runs or not
    ///
    /// Does what an owner may do, without an account, and says in the audit log that the operator did it. Where a
    /// server has the database open, it is asked over admin.sock in the data folder, by the user that it runs as or
    /// root. Exit code: 0 done, 1 findings, 2 not done.
    Admin(manage::Manage),
}

/// What a log is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// An event on each line, as clients get it
    Json,
    /// One page for reading, which needs nothing else
    Html,
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
    Backup(#[from] backup::BackupError),
    #[error(transparent)]
    Restore(#[from] restore::RestoreError),
    #[error(transparent)]
    Fsck(#[from] fsck::FsckError),
    #[error(transparent)]
    Export(#[from] export::ExportError),
    #[error(transparent)]
    Manage(#[from] manage::ManageError),
}

/// Does what is asked and says what came of it; returns the exit code.
pub fn run(command: Command, config: &Config) -> i32 {
    let mut out = io::stdout().lock();
    let ended = match command {
        Command::Backup { folder, verify } => {
            backup::run(config, &folder, verify, &mut out).map_err(AdminError::from)
        }
        Command::Restore {
            folder,
            without_damaged,
        } => restore::run(config, &folder, without_damaged, &mut out).map_err(AdminError::from),
        Command::Fsck => fsck::run(config, &mut out).map_err(AdminError::from),
        Command::Export {
            room,
            format,
            output,
        } => export::run(config, &room, format, output.as_deref(), &mut out)
            .map_err(AdminError::from),
        Command::Admin(task) => manage::run(config, task, &mut out).map_err(AdminError::from),
    };
    // Who went away needs no last words.
    let _ = out.flush();
    match ended {
        Ok(Verdict::Clean) => 0,
        Ok(Verdict::Findings) => 1,
        Err(error) => {
            if !error.is_unread() {
                eprintln!("chinwag-server: {error}");
            }
            2
        }
    }
}

impl AdminError {
    /// Whoever read the output has seen enough.
    fn is_unread(&self) -> bool {
        match self {
            Self::Export(export::ExportError::Output(error)) => {
                error.kind() == io::ErrorKind::BrokenPipe
            }
            Self::Export(_)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Fsck(_)
            | Self::Manage(_) => false,
        }
    }
}

/// Says what is lost where results may be thrown away, as they are every night.
fn warn(line: &str) {
    say(&mut io::stderr(), line);
}

/// Writes a line for the operator. Where nobody reads it, the exit code still tells.
fn say(out: &mut dyn Write, line: &str) {
    // What a damaged database holds may be anything.
    let line = line.replace(char::is_control, "\u{FFFD}");
    let _ = writeln!(out, "{line}");
}
