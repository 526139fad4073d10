//! Lines that are typed or piped in, read on a thread of their own.

use std::io::{self, BufRead as _, Read as _};
use std::sync::{Arc, Mutex, mpsc as threads};

use shared::limits::TEXT_BYTES_MAX;
use tokio::sync::mpsc;

use crate::commands::chat::terminal;
use crate::failure::Failure;
use crate::output::Printer;

/// What comes next.
pub(crate) enum Input {
    Line(String),
    Ended,
    /// For people.
    Failed(String),
}

/// The reading thread, seen from the conversation.
pub(crate) struct Lines {
    receiver: mpsc::Receiver<Input>,
    prompt: Arc<Mutex<String>>,
    /// A command that was typed has the terminal to itself until this is rung.
    done: Option<threads::Sender<()>>,
}

impl Lines {
    /// From a terminal. What is printed goes to the printer, so that the line being typed stays below it.
    pub(crate) fn by_hand(prompt: String) -> Result<(Self, Printer), Failure> {
        let (sender, receiver) = mpsc::channel(64);
        let prompt = Arc::new(Mutex::new(prompt));
        let (done, is_done) = threads::channel();
        let printer = terminal::start(sender, is_done, prompt.clone())?;
        let lines = Self {
            receiver,
            prompt,
            done: Some(done),
        };
        Ok((lines, printer))
    }

    /// From whatever standard input is.
    pub(crate) fn piped() -> Self {
        let (sender, receiver) = mpsc::channel(1);
        std::thread::spawn(move || read_lines(io::stdin().lock(), &sender));
        Self {
            receiver,
            prompt: Arc::default(),
            done: None,
        }
    }

    /// May be dropped while it waits; no line is lost.
    pub(crate) async fn next(&mut self) -> Input {
        self.receiver.recv().await.unwrap_or(Input::Ended)
    }

    /// The line was dealt with, and another may be typed.
    pub(crate) fn go_on(&self) {
        if let Some(done) = &self.done {
            // Refused only where the terminal has ended.
            let _ = done.send(());
        }
    }

    /// What stands before the line from the next one on.
    pub(crate) fn prompt(&self, prompt: String) {
        *self.prompt.lock().expect("nobody panics with a prompt") = prompt;
    }

    pub(crate) fn close(&mut self) {
        self.receiver.close();
    }
}

fn read_lines(mut input: impl io::BufRead, sender: &mpsc::Sender<Input>) {
    let mut bytes = Vec::new();
    loop {
        // A line without end, or a file of one line, becomes several messages.
        let room = (TEXT_BYTES_MAX - bytes.len()) as u64;
        let next = match input.by_ref().take(room).read_until(b'\n', &mut bytes) {
            Ok(0) if bytes.is_empty() => Input::Ended,
            Ok(0) => Input::Line(String::from_utf8_lossy(&std::mem::take(&mut bytes)).into_owned()),
            Ok(_) => Input::Line(take_text(&mut bytes)),
            Err(error) => Input::Failed(format!("cannot read standard input: {error}")),
        };
        let goes_on = matches!(next, Input::Line(_));
        if sender.blocking_send(next).is_err() || !goes_on {
            return;
        }
    }
}

/// Takes what is there, but for the first bytes of a character whose last ones are still to come.
fn take_text(bytes: &mut Vec<u8>) -> String {
    let whole = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => error.valid_up_to(),
        Ok(_) | Err(_) => bytes.len(),
    };
    let rest = bytes.split_off(whole);
    let text = String::from_utf8_lossy(bytes).into_owned();
    *bytes = rest;
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines_of(input: &[u8]) -> Vec<String> {
        let (sender, mut receiver) = mpsc::channel(64);
        read_lines(input, &sender);
        let mut lines = Vec::new();
        while let Ok(Input::Line(line)) = receiver.try_recv() {
            lines.push(line);
        }
        lines
    }

    #[test]
    fn lines_are_cut_where_they_end_or_are_too_long() {
        assert_eq!(lines_of(b"one\ntwo"), ["one\n", "two"]);
        assert!(lines_of(b"").is_empty());
        assert_eq!(lines_of(b"\xff\n"), ["\u{fffd}\n"]);
        let long = format!(
            "{}é{}\nnext\n",
            "x".repeat(TEXT_BYTES_MAX - 1),
            "y".repeat(10)
        );
        let lines = lines_of(long.as_bytes());
        assert_eq!(lines.len(), 3);
        assert_eq!(lines.concat(), long, "no character is broken");
        assert!(lines.iter().all(|line| line.len() <= TEXT_BYTES_MAX));
    }
}
