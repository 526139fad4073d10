//! From spawning the server, with an empty database, to its first healthy answer; its memory when it then does nothing.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::http;
use crate::report::{Line, Must};
use crate::stats::median;
use crate::systems::Launcher;

/// Starts for one median.
const STARTS: usize = 9;
/// After this long a started server does nothing any more.
const SETTLE: Duration = Duration::from_secs(1);
const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let mut milliseconds = Vec::new();
    for _ in 0..STARTS {
        let spawned = Instant::now();
        let mut running = launcher.chinwag_starting()?;
        while !http::is_healthy(running.http) {
            running.process.check(spawned)?;
        }
        milliseconds.push(spawned.elapsed().as_secs_f64() * 1e3);
    }
    let running = launcher.chinwag()?;
    std::thread::sleep(SETTLE);
    let idle = running.process.resident_bytes()? as f64 / MIB;
    let program = launcher.program_bytes()? as f64 / MIB;
    Ok(vec![
        Line::new(
            "size of the server's program, with the page",
            program,
            "MiB",
        ),
        Line::new("start to serving", median(&milliseconds), "ms").must(Must::AtMost(150.0)),
        Line::new("idle memory", idle, "MiB").must(Must::AtMost(20.0)),
    ])
}
