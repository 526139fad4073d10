//! Memory for each WebSocket that is signed in and says nothing.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::crowd::Crowd;
use crate::report::{Line, Must};
use crate::systems::{Launcher, System, launched};

/// What a server still does after the last one came is over by then.
const SETTLE: Duration = Duration::from_secs(2);

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let connections = launcher.options.connections;
    let what = format!("memory per idle WebSocket, {connections} of them");
    let ours = kibibytes_each(launcher, System::Chinwag)?;
    let line = || Line::new(what.clone(), ours, "KiB").must(Must::AtMost(8.0));
    let peers = launcher.chat_peers();
    if peers.is_empty() {
        return Ok(vec![line()]);
    }
    let compared = peers.into_iter().map(|peer| {
        let theirs = kibibytes_each(launcher, peer)?;
        Ok(line().peer(peer.name(), theirs, ours / theirs))
    });
    compared.collect()
}

fn kibibytes_each(launcher: &Launcher, system: System) -> Result<f64> {
    let running = launched(launcher, system)?;
    std::thread::sleep(SETTLE);
    let before = running.process.resident_bytes()?;
    let connections = launcher.options.connections;
    let mut crowd = Crowd::join(running.http, running.dialect, connections, "idle-")
        .with_context(|| system.name())?;
    let settled = std::time::Instant::now();
    while settled.elapsed() < SETTLE {
        crowd.poll(Duration::from_millis(100), |_, _, _| ())?;
    }
    let after = running.process.resident_bytes()?;
    Ok((after as f64 - before as f64) / 1024.0 / connections as f64)
}
