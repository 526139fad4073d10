//! The line that is typed in a terminal, with what arrives printed above it.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, mpsc as threads};

use rustyline::error::ReadlineError;
use rustyline::{Config, DefaultEditor, ExternalPrinter as _};
use tokio::sync::mpsc;
use unicode_width::UnicodeWidthStr as _;

use crate::commands::chat::input::Input;
use crate::failure::Failure;
use crate::output::Printer;

/// Starts the thread that reads and the one that prints.
pub(crate) fn start(
    sender: mpsc::Sender<Input>,
    is_done: threads::Receiver<()>,
    prompt: Arc<Mutex<String>>,
) -> Result<Printer, Failure> {
    let failed = |error| Failure::failed(format!("the terminal cannot be used: {error}"));
    let config = Config::builder().auto_add_history(true).build();
    let mut editor = DefaultEditor::with_config(config).map_err(failed)?;
    let mut above = editor.create_external_printer().map_err(failed)?;
    let (printer, lines) = threads::channel::<String>();
    // Printing waits for the editor to take it, so it has a thread of its own.
    std::thread::spawn(move || {
        for line in lines {
            if above.print(line).is_err() {
                return;
            }
        }
    });
    std::thread::spawn(move || {
        loop {
            let prompt = prompt.lock().expect("nobody panics with a prompt").clone();
            let input = match editor.readline(&prompt) {
                Ok(line) => {
                    erase(&prompt, &line);
                    Input::Line(line)
                }
                Err(ReadlineError::Eof | ReadlineError::Interrupted) => Input::Ended,
                Err(error) => Input::Failed(format!("the terminal cannot be read: {error}")),
            };
            let goes_on = matches!(input, Input::Line(_));
            // Passwords may be asked for meanwhile, and the next prompt may be another one.
            if sender.blocking_send(input).is_err() || !goes_on || is_done.recv().is_err() {
                return;
            }
        }
    });
    Ok(printer)
}

/// Takes a message that was typed off the screen: it is shown again, with time and name, once it is sent.
fn erase(prompt: &str, line: &str) {
    let is_command = line.starts_with('/') && !line.starts_with("//");
    let Some(columns) = columns().filter(|_| !is_command && !line.trim().is_empty()) else {
        return;
    };
    let rows = |text: &str| text.width().div_ceil(columns).max(1);
    let mut lines = line.split('\n');
    let first = format!("{prompt}{}", lines.next().unwrap_or_default());
    let rows = rows(&first) + lines.map(rows).sum::<usize>();
    let mut stdout = io::stdout().lock();
    // Where it fails the line stays, which does no harm.
    let _ = write!(stdout, "\x1b[{rows}A\r\x1b[J").and_then(|()| stdout.flush());
}

fn columns() -> Option<usize> {
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
    }
    #[cfg(not(unix))]
    None
}

/// How the terminal was before: a program that ends by a signal must not leave it in another mode.
pub(crate) struct TerminalMode {
    #[cfg(unix)]
    saved: Option<rustix::termios::Termios>,
}

impl TerminalMode {
    pub(crate) fn save() -> Self {
        Self {
            #[cfg(unix)]
            saved: rustix::termios::tcgetattr(io::stdin()).ok(),
        }
    }

    pub(crate) fn restore(self) {
        #[cfg(unix)]
        if let Some(saved) = self.saved {
            use rustix::termios::{OptionalActions, tcsetattr};
            // Nothing is left to be done where it cannot be set.
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, &saved);
        }
    }
}
