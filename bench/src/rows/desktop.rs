//! The window from outside: until the room's messages stand on the screen, its memory, what it does when nothing
//! happens, and what a frame costs while somebody scrolls.
//!
//! Drawn by the processor on a screen in memory. The window has the server's core; screen and server share the load's.

use std::process::Command;
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;

use crate::memory::Memory;
use crate::native::Native;
use crate::process::Process;
use crate::report::{Line, Must};
use crate::screen::{Part, Screen};
use crate::stats::median;
use crate::systems::{Launcher, Running};

/// Starts for one median.
const STARTS: usize = 9;
/// After this long a window that was opened does nothing any more.
const SETTLE: Duration = Duration::from_secs(3);
/// After this long nobody counts as typing any more.
const TYPING_ENDS: Duration = Duration::from_secs(10);
const START_TIMEOUT: Duration = Duration::from_secs(30);
/// Between two turns of the wheel, as fast as a quick finger.
const NOTCH_MS: u32 = 30;
const MIB: f64 = 1024.0 * 1024.0;

/// Messages of a room in which nobody has scrolled.
const FEW: usize = 200;

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let mut lines = quiet(launcher)?;
    lines.extend(scrolling(launcher)?);
    Ok(lines)
}

/// A screen, a server with messages in the lobby, and where the window keeps its profile.
struct Desk {
    // Before the folder, into which they write.
    screen: Screen,
    server: Running,
    folder: TempDir,
}

impl Desk {
    fn with_messages(launcher: &Launcher, count: usize) -> Result<Self> {
        let server = launcher.on_load().chinwag()?;
        Native::sign_in(server.tcp, "bench")?.say("lobby", count)?;
        let folder = launcher.folder()?;
        Ok(Self {
            screen: Screen::start(folder.path())?,
            server,
            folder,
        })
    }

    fn window(&self, launcher: &Launcher) -> Result<Process> {
        let mut command = Command::new(launcher.options.desktop()?);
        let home = self.folder.path();
        command
            .args(["--server", &self.server.tcp.to_string(), "--name", "Ann"])
            .arg("--profile-dir")
            .arg(home.join("profile"))
            .env("HOME", home)
            .env("XDG_RUNTIME_DIR", home)
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
            .current_dir(home);
        let log = home.join("window.log");
        Process::start(self.screen.show(&mut command), launcher.cores, &log)
    }
}

/// Where messages are drawn, whatever stands around them: right of the rooms, left of the details, above the composer.
fn middle() -> Part {
    Part {
        columns: 300..740,
        rows: 120..560,
    }
}

fn quiet(launcher: &Launcher) -> Result<Vec<Line>> {
    let desk = Desk::with_messages(launcher, FEW)?;
    // The first start takes the name and the messages, the second shows how it looks from then on.
    for _ in 0..2 {
        let _window = desk.window(launcher)?;
        sleep(SETTLE);
    }
    let mut window = desk.window(launcher)?;
    sleep(SETTLE);
    let expected = desk.screen.look(&middle(), 1)?;
    ensure!(
        expected.iter().any(|byte| *byte != expected[0]),
        "the window shows nothing"
    );
    let mut milliseconds = Vec::new();
    for _ in 0..STARTS {
        window.end()?;
        blank(&desk.screen)?;
        let spawned = Instant::now();
        window = desk.window(launcher)?;
        while desk.screen.look(&middle(), 1)? != expected {
            window.check(spawned)?;
            ensure!(
                spawned.elapsed() < START_TIMEOUT,
                "the room does not come to look as it did"
            );
        }
        milliseconds.push(spawned.elapsed().as_secs_f64() * 1e3);
    }
    sleep(SETTLE);
    let memory = Memory::of(window.id())?;
    let line = |what: &str, bytes: u64| Line::new(what, bytes as f64 / MIB, "MiB");
    Ok(vec![
        Line::new(
            "window, start to the room's messages on the screen",
            median(&milliseconds),
            "ms",
        ),
        line("window, resident memory", memory.resident),
        line(
            "window, of it the program files of software OpenGL",
            memory.software_gl,
        ),
        line(
            "window, memory with shared pages in proportion",
            memory.proportional,
        ),
        idle(launcher, &desk.screen, &window)?,
    ])
}

/// Waits until what an ended window left is gone from the screen.
fn blank(screen: &Screen) -> Result<()> {
    let started = Instant::now();
    loop {
        let seen = screen.look(&middle(), 1)?;
        if seen.chunks(4).all(|pixel| pixel == &seen[..4]) {
            return Ok(());
        }
        ensure!(started.elapsed() < START_TIMEOUT, "the window stays");
        sleep(Duration::from_millis(5));
    }
}

/// Somebody has begun to write and looks away.
fn idle(launcher: &Launcher, screen: &Screen, window: &Process) -> Result<Line> {
    screen.focus(window.id())?;
    screen.xdotool(&["type", "a word"])?;
    sleep(TYPING_ENDS);
    let before = window.cpu()?;
    sleep(Duration::from_secs_f64(launcher.options.idle_seconds));
    let used = (window.cpu()? - before).as_secs_f64() * 1e3;
    let what = format!(
        "window, processor time in {} idle seconds while one writes",
        launcher.options.idle_seconds
    );
    Ok(Line::new(what, used, "ms").must(Must::AtMost(50.0)))
}

fn scrolling(launcher: &Launcher) -> Result<Vec<Line>> {
    let messages = launcher.options.messages;
    let desk = Desk::with_messages(launcher, messages)?;
    let window = desk.window(launcher)?;
    sleep(SETTLE);
    let seconds = launcher.options.seconds;
    let notches = (seconds * 1e3 / f64::from(NOTCH_MS)) as u32;
    desk.screen.xdotool(&["mousemove", "520", "340"])?;
    let before = window.cpu()?;
    let (frames, took) = std::thread::scope(|scope| -> Result<(usize, Duration)> {
        let (delay, repeat) = (NOTCH_MS.to_string(), notches.to_string());
        let screen = &desk.screen;
        let wheel = scope
            .spawn(move || screen.xdotool(&["click", "--delay", &delay, "--repeat", &repeat, "4"]));
        let (mut frames, started) = (0, Instant::now());
        let mut last = screen.look(&middle(), 8)?;
        while !wheel.is_finished() {
            let seen = screen.look(&middle(), 8)?;
            frames += usize::from(seen != last);
            last = seen;
            sleep(Duration::from_millis(2));
        }
        let took = started.elapsed();
        let turned = wheel.join().ok().context("turning the wheel")?;
        turned?;
        Ok((frames, took))
    })?;
    ensure!(frames > 0, "the wheel moves nothing");
    let used = (window.cpu()? - before).as_secs_f64();
    let what = |what: &str| format!("window, scrolling a room of {messages} messages, {what}");
    Ok(vec![
        Line::new(
            what("frames a second"),
            frames as f64 / took.as_secs_f64(),
            "1/s",
        ),
        Line::new(
            what("processor time a frame"),
            used * 1e3 / frames as f64,
            "ms",
        ),
    ])
}
