//! Messages to every member of one room: how many deliveries a second of the server's processor time buys, how late
//! they are, and whether all arrive.

mod listeners;

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use self::listeners::{Listeners, write_message, write_text};
use crate::crowd::Crowd;
use crate::options::Options;
use crate::process::{cpu_of, cpu_of_all};
use crate::report::{Line, Must};
use crate::stats::{Latencies, alternating_ratio, median};
use crate::systems::{Launcher, Running, System, launched};

/// Members that speak, in turns.
const SPEAKERS: usize = 16;
/// What has not come this long after the last message does not come.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Rate and members of the latency row: a busy room, far from any limit.
pub(super) const LATENCY_RATE: u32 = 50;
pub(super) const LATENCY_MEMBERS: usize = 100;

/// What is asked of a server.
#[derive(Debug, Clone, Copy)]
pub(super) struct Load {
    members: usize,
    /// Messages a second.
    rate: u32,
    /// Before anything counts.
    warm_up: Duration,
    measured: Duration,
}

/// What one run found.
pub(super) struct Outcome {
    deliveries_per_cpu_second: f64,
    /// From the send to the read, of the sampled members.
    pub(super) latencies: Latencies,
    pub(super) missing: u64,
    /// Share of its core that the load generator used itself.
    load_busy: f64,
    /// Processor cores that neither server nor load generator used but somebody else.
    others_busy: f64,
}

pub(super) fn measure(launcher: &Launcher) -> Result<Vec<Line>> {
    let options = &launcher.options;
    let mut lines = Vec::new();
    for rate in &options.rates {
        let load = Load::new(options, options.members, *rate);
        let turns = Turns::take(launcher, load)?;
        let what = format!("fan-out to {} at {rate} messages/s", load.members);
        lines.push(turns.missing(&what));
        let score = |outcome: &Outcome| outcome.deliveries_per_cpu_second;
        let what_score = format!("{what}, deliveries per server CPU-second");
        let must = |peer| match peer {
            System::UWebSockets => Must::RatioAtLeast(0.7),
            System::Ws => Must::RatioAtLeast(3.0),
            System::Chinwag => Must::Nothing,
        };
        lines.extend(turns.compare(&what_score, "1/s", score, must));
        for share in [0.5, 0.99, 0.999] {
            let must = |peer| match peer {
                System::UWebSockets if share == 0.99 => Must::RatioAtMost(2.0),
                System::UWebSockets | System::Ws | System::Chinwag => Must::Nothing,
            };
            lines.extend(turns.compare_latency(&what, share, must));
        }
    }
    Ok(lines)
}

pub(super) fn measure_latency(launcher: &Launcher) -> Result<Vec<Line>> {
    let load = Load::new(&launcher.options, LATENCY_MEMBERS, LATENCY_RATE);
    let turns = Turns::take(launcher, load)?;
    let what = format!("{LATENCY_MEMBERS} members at {LATENCY_RATE} messages/s");
    let mut lines = vec![turns.missing(&what)];
    for share in [0.5, 0.99, 0.999] {
        lines.extend(turns.compare_latency(&what, share, |_| Must::Nothing));
    }
    Ok(lines)
}

impl Load {
    pub(super) fn new(options: &Options, members: usize, rate: u32) -> Self {
        let measured = Duration::from_secs_f64(options.seconds);
        Self {
            members,
            rate,
            warm_up: measured.min(Duration::from_secs(1)),
            measured,
        }
    }

    fn messages(&self) -> u64 {
        let seconds = (self.warm_up + self.measured).as_secs_f64();
        ((seconds * f64::from(self.rate)) as u64).max(1)
    }

    /// When message number `index` is due, after the start.
    fn due(&self, index: u64) -> Duration {
        Duration::from_secs_f64(index as f64 / f64::from(self.rate))
    }
}

/// What everybody found who took turns: ours, each peer, ours, each peer, ours.
struct Turns {
    ours: Vec<Outcome>,
    peers: Vec<(System, Vec<Outcome>)>,
}

impl Turns {
    fn take(launcher: &Launcher, load: Load) -> Result<Self> {
        let mut turns = Self {
            ours: Vec::new(),
            peers: launcher
                .chat_peers()
                .into_iter()
                .map(|peer| (peer, Vec::new()))
                .collect(),
        };
        let turn = |system: System| -> Result<Outcome> {
            let running = launched(launcher, system)?;
            let outcome = run(&running, load).with_context(|| system.name())?;
            eprintln!(
                "  {} at {}/s: {:.0} deliveries per CPU-second, p99 {:.2} ms, {} missing, load {:.0} % busy, others {:.0} % of a core",
                system.name(),
                load.rate,
                outcome.deliveries_per_cpu_second,
                outcome.latencies.quantile_ms(0.99),
                outcome.missing,
                outcome.load_busy * 100.0,
                outcome.others_busy * 100.0
            );
            Ok(outcome)
        };
        turns.ours.push(turn(System::Chinwag)?);
        for _ in 0..launcher.options.rounds {
            for (peer, outcomes) in &mut turns.peers {
                outcomes.push(turn(*peer)?);
            }
            turns.ours.push(turn(System::Chinwag)?);
        }
        Ok(turns)
    }

    fn missing(&self, what: &str) -> Line {
        let missing: u64 = self.ours.iter().map(|outcome| outcome.missing).sum();
        let line = Line::new(
            format!("{what}, deliveries missing"),
            missing as f64,
            "deliveries",
        );
        line.must(Must::AtMost(0.0))
    }

    /// A line for each peer; one without where there is none.
    fn compare(
        &self,
        what: &str,
        unit: &'static str,
        figure: impl Fn(&Outcome) -> f64,
        must: impl Fn(System) -> Must,
    ) -> Vec<Line> {
        let figures = |outcomes: &[Outcome]| outcomes.iter().map(&figure).collect::<Vec<f64>>();
        let ours = figures(&self.ours);
        let line = || Line::new(what, median(&ours), unit);
        if self.peers.is_empty() {
            return vec![line().must(must(System::UWebSockets))];
        }
        let compared = self.peers.iter().map(|(peer, outcomes)| {
            let theirs = figures(outcomes);
            let ratio = alternating_ratio(&ours, &theirs);
            line()
                .peer(peer.name(), median(&theirs), ratio)
                .must(must(*peer))
        });
        compared.collect()
    }

    fn compare_latency(&self, what: &str, share: f64, must: impl Fn(System) -> Must) -> Vec<Line> {
        let what = format!("{what}, p{} delivery", share * 100.0);
        self.compare(
            &what,
            "ms",
            |outcome| outcome.latencies.quantile_ms(share),
            must,
        )
    }
}

/// Lets the members speak and listen.
pub(super) fn run(running: &Running, load: Load) -> Result<Outcome> {
    let dialect = running.dialect;
    let mut crowd = Crowd::join(running.http, dialect, load.members, "member-")?;
    let messages = load.messages();
    let start = Instant::now();
    let mut listeners = Listeners::new(dialect, &load, start);
    let snapshot = |listeners: &Listeners| -> Result<_> {
        Ok(Snapshot {
            at: Instant::now(),
            deliveries: listeners.deliveries,
            server: running.process.cpu()?,
            load: cpu_of(std::process::id())?,
            all: cpu_of_all()?,
        })
    };
    let mut warm = None;
    let mut sent = 0;
    while sent < messages {
        let now = start.elapsed();
        if warm.is_none() && now >= load.warm_up {
            warm = Some(snapshot(&listeners)?);
        }
        if load.due(sent) <= now {
            let message = write_message(dialect, sent, &write_text(sent, now));
            crowd.send(
                sent as usize % SPEAKERS.min(load.members),
                message.as_bytes(),
            )?;
            sent += 1;
            continue;
        }
        let wait = load.due(sent).saturating_sub(now);
        crowd.poll(wait, |member, message, now| {
            listeners.hear(member, message, now)
        })?;
    }
    let end = snapshot(&listeners)?;
    let warm = warm.context("too few messages to warm up before them")?;
    let expected = messages * load.members as u64;
    let last = Instant::now();
    while listeners.deliveries < expected && last.elapsed() < DRAIN_TIMEOUT {
        let wait = Duration::from_millis(50);
        crowd.poll(wait, |member, message, now| {
            listeners.hear(member, message, now)
        })?;
    }
    let seconds = |from: Duration, to: Duration| to.saturating_sub(from).as_secs_f64();
    let wall = (end.at - warm.at).as_secs_f64();
    let server = seconds(warm.server, end.server);
    let load_used = seconds(warm.load, end.load);
    Ok(Outcome {
        deliveries_per_cpu_second: (end.deliveries - warm.deliveries) as f64 / server,
        missing: listeners.missing(messages)?,
        latencies: listeners.latencies,
        load_busy: load_used / wall,
        others_busy: (seconds(warm.all, end.all) - server - load_used).max(0.0) / wall,
    })
}

/// What had happened, and what it had cost, at one moment.
struct Snapshot {
    at: Instant,
    deliveries: u64,
    server: Duration,
    load: Duration,
    all: Duration,
}
