//! What those who talk notice of thousands of connections that only cost: latency with and without them.

use anyhow::{Context as _, Result};

use super::fan_out::{LATENCY_MEMBERS, LATENCY_RATE, Load, Outcome, run};
use crate::content::Content;
use crate::native::Native;
use crate::report::{Line, Must};
use crate::slow::SlowPeers;
use crate::stats::{alternating_ratio, median};
use crate::systems::Launcher;
use crate::upload::upload;

/// Of the file that many ask for and nobody takes; more than any socket holds.
const FILE_MIB: u64 = 64;
const MIB: f64 = 1024.0 * 1024.0;

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let slow = launcher.options.slow;
    let content = Content::new(FILE_MIB)?;
    let mut turns = Turns::default();
    turns.with(launcher, &content)?;
    for _ in 0..launcher.options.rounds {
        turns.without(launcher)?;
        turns.with(launcher, &content)?;
    }
    let what = format!("{LATENCY_MEMBERS} members beside {slow} slow connections");
    let p99 = |outcomes: &[Outcome]| -> Vec<f64> {
        let p99 = |outcome: &Outcome| outcome.latencies.quantile_ms(0.99);
        outcomes.iter().map(p99).collect()
    };
    let (with, without) = (p99(&turns.with), p99(&turns.without));
    let missing: u64 = turns.with.iter().map(|outcome| outcome.missing).sum();
    let missing = Line::new(
        format!("{what}, deliveries missing"),
        missing as f64,
        "deliveries",
    );
    let latency = Line::new(format!("{what}, p99 delivery"), median(&with), "ms");
    let memory = median(&turns.memory);
    Ok(vec![
        missing.must(Must::AtMost(0.0)),
        latency
            .peer(
                "without them",
                median(&without),
                alternating_ratio(&with, &without),
            )
            .must(Must::RatioAtMost(2.0)),
        Line::new(format!("{what}, memory"), memory, "MiB").must(Must::AtMost(512.0)),
    ])
}

/// With, without, with, …
#[derive(Default)]
struct Turns {
    with: Vec<Outcome>,
    without: Vec<Outcome>,
    /// Resident, with them, in MiB.
    memory: Vec<f64>,
}

impl Turns {
    fn with(&mut self, launcher: &Launcher, content: &Content) -> Result<()> {
        let running = launcher.chinwag()?;
        let token = Native::sign_in(running.tcp, "bench")?.token;
        let file = upload(running.http, &token, content, &content.hashes()?)?;
        let slow = SlowPeers::open(&running, launcher.options.slow, &file.link)?;
        let load = Load::new(&launcher.options, LATENCY_MEMBERS, LATENCY_RATE);
        let outcome = run(&running, load).context("beside slow connections")?;
        let memory = running.process.resident_bytes()? as f64 / MIB;
        eprintln!(
            "  with: p99 {:.2} ms, {memory:.0} MiB, {} connections came",
            outcome.latencies.quantile_ms(0.99),
            slow.came()
        );
        self.memory.push(memory);
        self.with.push(outcome);
        Ok(())
    }

    fn without(&mut self, launcher: &Launcher) -> Result<()> {
        let running = launcher.chinwag()?;
        let load = Load::new(&launcher.options, LATENCY_MEMBERS, LATENCY_RATE);
        let outcome = run(&running, load)?;
        eprintln!(
            "  without: p99 {:.2} ms",
            outcome.latencies.quantile_ms(0.99)
        );
        self.without.push(outcome);
        Ok(())
    }
}
