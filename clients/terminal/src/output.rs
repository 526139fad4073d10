//! What is printed: results to standard output, as lines or as JSON, everything else to standard error.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;
use serde_json::json;

use crate::arguments::Global;
use crate::failure::{Exit, Failure};
use crate::text;

/// Where interactive lines go: to whoever keeps the line that is being typed below them.
pub(crate) type Printer = std::sync::mpsc::Sender<String>;

pub(crate) struct Output {
    json: bool,
    quiet: bool,
    colour: bool,
    printer: Option<Printer>,
}

impl Output {
    pub(crate) fn new(global: &Global) -> Self {
        let no_colour = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Self {
            json: global.json,
            quiet: global.quiet,
            colour: io::stdout().is_terminal() && !no_colour && !global.json,
            printer: None,
        }
    }

    /// From now on lines go there.
    pub(crate) fn print_through(&mut self, printer: Option<Printer>) {
        self.printer = printer;
    }

    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    pub(crate) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// A result for people; not printed where JSON is wanted. The text must be safe.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), Failure> {
        if self.json {
            return Ok(());
        }
        self.write(text)
    }

    /// A result for programs: `value`, which must be an object, with its `type` first; not printed where lines are wanted.
    pub(crate) fn object(&mut self, kind: &str, value: impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let fields = serde_json::to_string(&value)
            .map_err(|error| Failure::failed(format!("cannot write the output: {error}")))?;
        let fields = fields.trim_start_matches('{');
        let separator = if fields == "}" { "" } else { "," };
        let text = format!("{{\"type\":\"{kind}\"{separator}{fields}");
        self.write(&text::json(&text))
    }

    fn write(&mut self, text: &str) -> Result<(), Failure> {
        if let Some(printer) = &self.printer {
            // Refused only where the program ends.
            let _ = printer.send(format!("{text}\n"));
            return Ok(());
        }
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{text}")?;
        Ok(stdout.flush()?)
    }

    /// Something to know that is no result.
    pub(crate) fn note(&mut self, text: &str) {
        if self.quiet {
            return;
        }
        let text = text::line(text);
        match &self.printer {
            Some(printer) => drop(printer.send(format!("{}\n", self.dim(&format!("* {text}"))))),
            // Whoever closed standard error does not want to know.
            None => drop(writeln!(io::stderr(), "chinwag: {text}")),
        }
    }

    /// The end of a command that failed.
    pub(crate) fn failure(&mut self, failure: &Failure) {
        self.printer = None;
        if failure.message.is_empty() {
            return;
        }
        if self.json {
            let error = json!({
                "exit_code": failure.exit.code(),
                "code": failure.code,
                "message": failure.message,
            });
            // There is no other way left to tell.
            let _ = self.object("error", error);
        }
        if failure.exit != Exit::OutputClosed {
            let _ = writeln!(io::stderr(), "chinwag: {}", text::line(&failure.message));
        }
    }

    pub(crate) fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    pub(crate) fn dim(&self, text: &str) -> String {
        self.styled("2", text)
    }

    fn styled(&self, style: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}
