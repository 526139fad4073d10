//! The server's memory while a file goes up and down that is far larger than what it may take.

use std::time::Duration;

use anyhow::Result;

use crate::content::Content;
use crate::http::Http;
use crate::native::Native;
use crate::report::{Line, Must};
use crate::systems::Launcher;
use crate::upload::upload;

/// After this long a started server does nothing any more.
const SETTLE: Duration = Duration::from_secs(1);
const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let size_mib = launcher.options.big_file_mib;
    let content = Content::new(size_mib)?;
    let hashes = content.hashes()?;
    let running = launcher.chinwag()?;
    let token = Native::sign_in(running.tcp, "bench")?.token;
    std::thread::sleep(SETTLE);
    let idle = running.process.resident_bytes()? as f64;
    let grown = || -> Result<f64> { Ok((running.process.peak_bytes()? as f64 - idle) / MIB) };
    running.process.forget_peak()?;
    let file = upload(running.http, &token, &content, &hashes)?;
    let up = grown()?;
    running.process.forget_peak()?;
    Http::connect(running.http, "")?.fetch(&file.link, |_| ())?;
    let down = grown()?;
    let line = |what: &str, grown: f64| {
        let what = format!("memory above idle while {size_mib} MiB go {what}");
        Line::new(what, grown, "MiB").must(Must::AtMost(32.0))
    };
    Ok(vec![line("up", up), line("down", down)])
}
