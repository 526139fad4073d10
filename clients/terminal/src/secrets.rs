//! Passwords and codes: from a file or the environment for scripts, else typed without being shown. Never from the
//! arguments, which others on the machine can read.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::path::Path;

use shared::Secret;
use tokio::task::spawn_blocking;

use crate::failure::Failure;

/// No password of any server is longer, in bytes.
const LINE_BYTES_MAX: u64 = 4_096;

/// Where a password comes from.
pub(crate) struct Source<'a> {
    /// What it is asked for with.
    pub(crate) prompt: String,
    /// The option that names `file`.
    pub(crate) option: &'a str,
    pub(crate) file: Option<&'a Path>,
    pub(crate) variable: &'a str,
}

impl<'a> Source<'a> {
    /// Of the password that one has.
    pub(crate) fn current(prompt: impl Into<String>, file: Option<&'a Path>) -> Self {
        Self {
            prompt: prompt.into(),
            option: "--password-file",
            file,
            variable: "CHINWAG_PASSWORD",
        }
    }

    /// A password that is there already.
    pub(crate) async fn read(&self) -> Result<Secret, Failure> {
        match self.given()? {
            Some(given) => Ok(given),
            None => self.typed(&self.prompt).await,
        }
    }

    /// A password that is being chosen: typed twice, since nobody sees it.
    pub(crate) async fn choose(&self) -> Result<Secret, Failure> {
        if let Some(given) = self.given()? {
            return Ok(given);
        }
        loop {
            let chosen = self.typed(&self.prompt).await?;
            if self.typed("The same again").await? == chosen {
                return Ok(chosen);
            }
            say("These were two different ones.");
        }
    }

    fn given(&self) -> Result<Option<Secret>, Failure> {
        let text = match self.file {
            Some(path) => Some(first_line(path)?),
            None => std::env::var(self.variable).ok(),
        };
        Ok(text.filter(|text| !text.is_empty()).map(Secret::from))
    }

    async fn typed(&self, prompt: &str) -> Result<Secret, Failure> {
        if !is_by_hand() {
            return Err(Failure::usage(format!(
                "a password is needed; name a file that holds it with {}, or set {}",
                self.option, self.variable
            )));
        }
        hidden(prompt).await
    }
}

/// A code of six digits: from the environment, typed, or from standard input, where a script can write it once it knows
/// what the code is made of.
pub(crate) async fn code() -> Result<Secret, Failure> {
    if let Ok(code) = std::env::var("CHINWAG_CODE") {
        return Ok(code.into());
    }
    if is_by_hand() {
        return line("Code from your authenticator").await.map(Secret::from);
    }
    let read = spawn_blocking(|| line_of(io::stdin().lock())).await;
    typed(read).map(Secret::from).map_err(|_| {
        Failure::usage("a code besides the password is needed; set CHINWAG_CODE, or write it to standard input")
    })
}

/// Whether somebody sits there to type.
pub(crate) fn is_by_hand() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A line that may be seen.
pub(crate) async fn line(prompt: &str) -> Result<String, Failure> {
    let prompt = format!("{prompt}: ");
    let read = spawn_blocking(move || {
        let _ = write!(io::stderr(), "{prompt}");
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map(|_| line)
    });
    typed(read.await).map(|line| line.trim().to_owned())
}

async fn hidden(prompt: &str) -> Result<Secret, Failure> {
    let prompt = format!("{prompt}: ");
    let read = spawn_blocking(move || rpassword::prompt_password(prompt));
    typed(read.await).map(Secret::from)
}

fn typed(read: Result<io::Result<String>, tokio::task::JoinError>) -> Result<String, Failure> {
    match read {
        Ok(Ok(line)) if !line.is_empty() => Ok(line),
        Ok(Ok(_)) => Err(Failure::usage("nothing was typed")),
        Ok(Err(error)) => Err(Failure::failed(format!(
            "cannot read the terminal: {error}"
        ))),
        Err(error) => Err(Failure::failed(error.to_string())),
    }
}

/// Whoever closed standard error does not want to know.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn first_line(path: &Path) -> Result<String, Failure> {
    let read = if path == Path::new("-") {
        line_of(io::stdin().lock())
    } else {
        File::open(path).and_then(|file| line_of(BufReader::new(file)))
    };
    match read {
        Ok(line) if line.is_empty() => Err(Failure::usage(format!(
            "the first line of {} is empty; it should be the password",
            path.display()
        ))),
        Ok(line) => Ok(line),
        Err(error) => Err(Failure::failed(format!(
            "cannot read the password from {}: {error}",
            path.display()
        ))),
    }
}

fn line_of(reader: impl io::BufRead) -> io::Result<String> {
    let mut line = String::new();
    reader.take(LINE_BYTES_MAX).read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_with_its_spaces() {
        assert_eq!(
            line_of(&b" two words \r\nmore"[..]).expect("read"),
            " two words "
        );
        assert_eq!(line_of(&b""[..]).expect("read"), "");
        assert!(line_of(&b"\xff\n"[..]).is_err());
    }
}
