//! `chinwag`: team chat and files from a terminal, for people and for scripts.
//!
//! - `arguments`: what may be asked; `commands`: how it is done, a file each
//! - `session`: signing in, asking and waiting; `profile`: where that is kept; `secrets`: passwords and codes
//! - `output`, `text`: what is printed, and how it is made safe to print; `failure`: exit codes
//! - `transfer`: uploads as commands need them, with their progress

mod arguments;
mod commands;
mod failure;
mod output;
mod profile;
mod secrets;
mod session;
mod text;
mod transfer;

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let arguments = Arguments::read();
    let goes_on = arguments.command.goes_on();
    let mut output = Output::new(&arguments.global);
    let terminal = commands::TerminalMode::save();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let ended = match runtime {
        Ok(runtime) => {
            let ended = runtime.block_on(async {
                tokio::select! {
                    ended = commands::run(arguments, &mut output) => ended,
                    signal = interrupted() => Err(Failure::signal(signal, goes_on)),
                }
            });
            // Whoever still waits for a line of input would wait for ever.
            runtime.shutdown_background();
            ended
        }
        Err(error) => Err(Failure::failed(format!("cannot start: {error}"))),
    };
    terminal.restore();
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code()
        }
    }
}

/// Ends with the number of the signal that asks to stop.
async fn interrupted() -> u8 {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (Ok(mut terminate), Ok(mut hang_up)) = (
            signal(SignalKind::terminate()),
            signal(SignalKind::hangup()),
        ) else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = tokio::signal::ctrl_c() => 2,
            _ = hang_up.recv() => 1,
            _ = terminate.recv() => 15,
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
        2
    }
}
