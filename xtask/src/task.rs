//! One command to run, with its environment and folder, that can say how a person repeats it.

use std::{
    ffi::{OsStr, OsString},
    fmt,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
};

use anyhow::{Context, Result, bail};

/// A command that is built up, then run.
#[derive(Clone)]
pub(crate) struct Task {
    program: OsString,
    arguments: Vec<OsString>,
    environment: Vec<(String, OsString)>,
    removed: Vec<String>,
    folder: Option<PathBuf>,
}

impl Task {
    pub(crate) fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            environment: Vec::new(),
            removed: Vec::new(),
            folder: None,
        }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(crate) fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(
            arguments
                .into_iter()
                .map(|argument| argument.as_ref().to_owned()),
        );
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment
            .push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Takes a variable of ours away from it.
    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.removed.push(name.to_owned());
        self
    }

    pub(crate) fn dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.folder = Some(folder.as_ref().to_owned());
        self
    }

    /// Runs it with this terminal as its own.
    pub(crate) fn run(&self) -> Result<()> {
        let status = self
            .command()
            .status()
            .with_context(|| self.start_failure())?;
        self.check(status)
    }

    /// Runs it, passing its standard output on and each line of it to `watch` as well.
    pub(crate) fn run_watched(&self, mut watch: impl FnMut(&str)) -> Result<()> {
        let mut child = self
            .command()
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| self.start_failure())?;
        let output = child
            .stdout
            .take()
            .context("standard output was asked for")?;
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output
            .read_until(b'\n', &mut line)
            .with_context(|| format!("reading what {self} prints"))?
            > 0
        {
            let text = String::from_utf8_lossy(&line);
            print!("{text}");
            watch(&text);
            line.clear();
        }
        self.check(child.wait()?)
    }

    /// Runs it silently and returns its standard output; its standard error is part of the failure.
    pub(crate) fn read(&self) -> Result<String> {
        let output = self
            .command()
            .stdin(Stdio::null())
            .output()
            .with_context(|| self.start_failure())?;
        self.check(output.status)
            .with_context(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Becomes the program where the system can do that, so that signals reach it and nothing stands in between.
    pub(crate) fn replace_this_process(&self) -> Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            Err(self.command().exec()).with_context(|| self.start_failure())
        }
        #[cfg(not(unix))]
        self.run()
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)));
        for name in &self.removed {
            command.env_remove(name);
        }
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        command
    }

    fn start_failure(&self) -> String {
        format!(
            "could not start {}; is it installed and on PATH?",
            self.program.to_string_lossy()
        )
    }

    fn check(&self, status: ExitStatus) -> Result<()> {
        if !status.success() {
            bail!("a command failed ({status}); to repeat it:\n  {self}");
        }
        Ok(())
    }
}

/// The line to paste into a shell.
impl fmt::Display for Task {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(folder) = &self.folder {
            write!(formatter, "cd {} && ", quoted(folder.as_os_str()))?;
        }
        for (name, value) in &self.environment {
            write!(formatter, "{name}={} ", quoted(value))?;
        }
        formatter.write_str(&quoted(&self.program))?;
        self.arguments
            .iter()
            .try_for_each(|argument| write!(formatter, " {}", quoted(argument)))
    }
}

fn quoted(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_=+.,:/@%".contains(character);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::Task;

    #[test]
    fn a_task_prints_as_a_shell_takes_it() {
        let task = Task::new("node")
            .args(["--test", "it's.js"])
            .env("A", "b c")
            .dir("/tmp/x");
        assert_eq!(
            task.to_string(),
            r"cd /tmp/x && A='b c' node --test 'it'\''s.js'"
        );
        assert_eq!(Task::new("true").arg("").to_string(), "true ''");
    }

    #[cfg(unix)]
    #[test]
    fn a_failure_names_the_command_and_what_it_said() {
        let task = Task::new("sh").args(["-c", "echo out; echo why >&2; exit 3"]);
        let failure = format!("{:#}", task.read().expect_err("it exits with 3"));
        assert!(
            failure.contains("why") && failure.contains("sh -c"),
            "{failure}"
        );
        let mut seen = String::new();
        assert!(task.run_watched(|line| seen.push_str(line)).is_err());
        assert_eq!(seen, "out\n");
    }
}
