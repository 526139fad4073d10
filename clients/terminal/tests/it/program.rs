//! The built program run against a real server.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde_json::Value;
use testing::World;

/// Nothing here takes this long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(60);

/// Whoever runs the program.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) server: String,
    /// Where the commands run, and where the profile lies.
    pub(crate) folder: PathBuf,
    /// A file of the certificates that are taken for the system's roots.
    pub(crate) roots: Option<PathBuf>,
    /// Beside what every command gets.
    pub(crate) environment: Vec<(String, String)>,
}

impl Person {
    /// A person with a profile of their own, signed in under `name` by each command.
    pub(crate) fn of(world: &World, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            server: world.tcp().to_owned(),
            folder: world.folder.path().join(format!("home of {name}")),
            environment: Vec::new(),
            roots: None,
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        std::fs::create_dir_all(&self.folder).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command
            .args(["--server", &self.server])
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .env("TZ", "UTC")
            .envs(self.environment.iter().cloned())
            .env("CHINWAG_PROFILE_DIR", self.folder.join("profile"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(roots) = &self.roots {
            command.env("SSL_CERT_FILE", roots);
        }
        if !self.name.is_empty() {
            command.args(["--name", &self.name]);
        }
        command
    }

    /// The same with this in the environment of every command.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same as owner of the server.
    pub(crate) fn owning(self, world: &World) -> Self {
        let name = self.name.clone();
        let person = self
            .nameless()
            .with("CHINWAG_PASSWORD", "correct horse battery");
        let link = world.owners_link().unwrap();
        person.run(&["sign-up", &name, "--invitation", &link]).ok();
        person
    }

    /// The same, without saying who it is.
    pub(crate) fn nameless(&self) -> Self {
        Self {
            name: String::new(),
            ..self.clone()
        }
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.run_with_input(arguments, b"")
    }

    /// Runs it to its end with this on standard input.
    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ended {
        let mut running = self.start(arguments);
        let mut stdin = running.stdin.take().unwrap();
        let input = input.to_owned();
        // The program may end before it has read all of it.
        let writing = std::thread::spawn(move || drop(stdin.write_all(&input)));
        let ended = running.end();
        writing.join().unwrap();
        ended
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Running {
            stdin: child.stdin.take(),
            stdout: Some(BufReader::new(child.stdout.take().unwrap())),
            arguments: arguments.join(" "),
            child,
        }
    }
}

/// A program that runs, and is killed where the test ends before it.
pub(crate) struct Running {
    child: Child,
    pub(crate) stdin: Option<ChildStdin>,
    stdout: Option<BufReader<ChildStdout>>,
    arguments: String,
}

impl Running {
    /// Types a line.
    pub(crate) fn say(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Reads on until a line holds `wanted`, and returns it.
    pub(crate) fn hear(&mut self, wanted: &str) -> String {
        let mut stdout = self.stdout.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        let looked_for = wanted.to_owned();
        std::thread::spawn(move || {
            let mut line = String::new();
            while stdout.read_line(&mut line).unwrap() > 0 {
                if line.contains(&looked_for) {
                    let _ = sender.send((line, stdout));
                    return;
                }
                line.clear();
            }
        });
        let heard = receiver.recv_timeout(PATIENCE);
        let arguments = &self.arguments;
        let (line, stdout) = heard.unwrap_or_else(|_| panic!("{arguments}: no {wanted:?}"));
        self.stdout = Some(stdout);
        line
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let status = Command::new("kill").args(["-s", name, &id]).status();
        assert!(status.unwrap().success());
    }

    /// Nobody reads what it prints any more.
    pub(crate) fn close_output(&mut self) {
        self.stdout = None;
    }

    /// Closes its standard input and waits for its end.
    pub(crate) fn end(mut self) -> Ended {
        drop(self.stdin.take());
        let stdout = self.stdout.take();
        let mut stderr = self.child.stderr.take().unwrap();
        let (sender, receiver) = mpsc::channel();
        std::thread::spawn(move || {
            let errors = std::thread::spawn(move || {
                let mut text = Vec::new();
                stderr.read_to_end(&mut text).unwrap();
                text
            });
            let mut text = Vec::new();
            if let Some(mut stdout) = stdout {
                stdout.read_to_end(&mut text).unwrap();
            }
            let _ = sender.send((text, errors.join().unwrap()));
        });
        let read = receiver.recv_timeout(PATIENCE);
        let arguments = &self.arguments;
        let (stdout, stderr) = read.unwrap_or_else(|_| panic!("{arguments}: does not end"));
        let status = self.child.wait().unwrap();
        Ended::of(Output {
            status,
            stdout,
            stderr,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Refused where it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a program left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It succeeded; returns what it printed.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// It failed with this code; returns the one sentence that says why.
    #[track_caller]
    pub(crate) fn failed(self, code: i32) -> String {
        assert_eq!(self.code, Some(code), "{self:?}");
        let last = self.stderr.lines().last().unwrap_or_default();
        assert!(last.starts_with("chinwag: "), "{self:?}");
        last.to_owned()
    }

    /// It succeeded; returns what it printed, a JSON object per line.
    #[track_caller]
    pub(crate) fn json(self) -> Vec<Value> {
        objects(&self.ok())
    }
}

#[track_caller]
pub(crate) fn objects(text: &str) -> Vec<Value> {
    let object = |line: &str| serde_json::from_str(line).unwrap();
    text.lines().map(object).collect()
}
