//! Memory for each WebSocket that is signed in and says nothing, with TLS and without.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::crowd::Crowd;
use crate::report::{Line, Must};
use crate::systems::{Launcher, Running, System, launched};

/// What a server still does after the last one came is over by then.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let connections = launcher.options.connections;
    let what = format!("memory per idle WebSocket, {connections} of them");
    let ours = kibibytes_each(launcher, System::Chinwag)?;
    let line = || Line::new(what.clone(), ours, "KiB").must(Must::AtMost(8.0));
    let peers = launcher.chat_peers();
    let mut lines = Vec::new();
    if peers.is_empty() {
        lines.push(line());
    }
    for peer in peers {
        let theirs = kibibytes_each(launcher, peer)?;
        lines.push(line().peer(peer.name(), theirs, ours / theirs));
    }
    lines.push(by_tls(launcher)?);
    Ok(lines)
}

fn by_tls(launcher: &Launcher) -> Result<Line> {
    let connections = launcher.options.tls_connections;
    let running = launcher.chinwag_with(&["--tls-self-signed"])?;
    let join = || Crowd::join_by_tls(running.http, connections, "idle-");
    let each = kibibytes_of(&running, connections, join)?;
    let what = format!("memory per idle WebSocket over TLS, {connections} of them");
    Ok(Line::new(what, each, "KiB"))
}

fn kibibytes_each(launcher: &Launcher, system: System) -> Result<f64> {
    let running = launched(launcher, system)?;
    let connections = launcher.options.connections;
    let join = || Crowd::join(running.http, running.dialect, connections, "idle-");
    kibibytes_of(&running, connections, join).with_context(|| system.name())
}

fn kibibytes_of(
    running: &Running,
    connections: usize,
    join: impl FnOnce() -> Result<Crowd>,
) -> Result<f64> {
    std::thread::sleep(SETTLE);
    let before = running.process.resident_bytes()?;
    let mut crowd = join()?;
    let settled = std::time::Instant::now();
    while settled.elapsed() < SETTLE {
        crowd.poll(Duration::from_millis(100), |_, _, _| ())?;
    }
    let after = running.process.resident_bytes()?;
    Ok((after as f64 - before as f64) / 1024.0 / connections as f64)
}
