//! A screen in memory: an X server whose pixels are read from a file, and the keys and the wheel of a person.

use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::Process;

const WIDTH: u32 = 1_280;
const HEIGHT: u32 = 800;
const START_TIMEOUT: Duration = Duration::from_secs(20);
const PIXEL_BYTES: u64 = 4;

/// A running X server. Dropping it ends it.
pub(crate) struct Screen {
    _server: Process,
    pixels: File,
    /// Of the first pixel in the file.
    begin: u64,
    line_bytes: u64,
    display: String,
}

/// A part of the screen, in pixels.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) columns: Range<u32>,
    pub(crate) rows: Range<u32>,
}

impl Screen {
    /// Takes a free display; `folder` is for its file.
    pub(crate) fn start(folder: &Path) -> Result<Self> {
        let mut command = Command::new("Xvfb");
        command
            .args([
                "-displayfd",
                "1",
                "-nolisten",
                "tcp",
                "-noreset",
                "-screen",
                "0",
            ])
            .arg(format!("{WIDTH}x{HEIGHT}x24"))
            .arg("-fbdir")
            .arg(folder);
        let log = folder.join("screen.log");
        let mut server = Process::start(&mut command, None, &log)
            .context("the window needs Xvfb; `cargo xtask test needs` installs it")?;
        let started = Instant::now();
        let number = loop {
            let said = fs::read_to_string(&log)?;
            // The number comes with the end of its line once the server listens.
            if let Some(number) = said.lines().find(|_| said.ends_with('\n')) {
                break number.to_owned();
            }
            server.check(started)?;
            ensure!(started.elapsed() < START_TIMEOUT, "Xvfb does not start");
            std::thread::sleep(Duration::from_millis(5));
        };
        let pixels = File::open(folder.join("Xvfb_screen0"))?;
        let word = |index: u64| -> Result<u64> {
            let mut word = [0; 4];
            pixels.read_exact_at(&mut word, index * 4)?;
            Ok(u64::from(u32::from_be_bytes(word)))
        };
        // As XWDFile.h has it: the header's size, the bytes of a line, and how many colours of 12 bytes follow.
        let (begin, line_bytes) = (word(0)? + 12 * word(19)?, word(12)?);
        Ok(Self {
            _server: server,
            pixels,
            begin,
            line_bytes,
            display: format!(":{number}"),
        })
    }

    /// For programs that are to be shown here; drawn by the processor, whatever the machine has.
    pub(crate) fn show<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("DISPLAY", &self.display)
            .env("LIBGL_ALWAYS_SOFTWARE", "1")
            .env_remove("WAYLAND_DISPLAY")
    }

    /// Every `step`th row of a part.
    pub(crate) fn look(&self, part: &Part, step: usize) -> Result<Vec<u8>> {
        let row_bytes = part.columns.len() * PIXEL_BYTES as usize;
        let mut seen = vec![0; row_bytes * part.rows.len().div_ceil(step)];
        for (row, bytes) in part
            .rows
            .clone()
            .step_by(step)
            .zip(seen.chunks_exact_mut(row_bytes))
        {
            let from =
                u64::from(row) * self.line_bytes + u64::from(part.columns.start) * PIXEL_BYTES;
            self.pixels.read_exact_at(bytes, self.begin + from)?;
        }
        Ok(seen)
    }

    /// Gives the keyboard to the window of a process.
    pub(crate) fn focus(&self, pid: u32) -> Result<()> {
        let window = self.xdotool(&["search", "--onlyvisible", "--pid", &pid.to_string()])?;
        let window = window.lines().last().context("the window is not there")?;
        self.xdotool(&["windowfocus", "--sync", window]).map(drop)
    }

    /// As a person would, with the arguments of `xdotool`.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> Result<String> {
        let mut command = Command::new("xdotool");
        let output = self
            .show(command.args(arguments))
            .output()
            .context("the window needs xdotool; `cargo xtask test needs` installs it")?;
        if !output.status.success() {
            bail!(
                "xdotool {arguments:?}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
