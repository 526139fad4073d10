//! Messages to every member of one room: how many deliveries a second of the server's processor time buys, how late
//! they are, and whether all arrive.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use crate::crowd::{Crowd, Dialect};
use crate::options::Options;
use crate::process::cpu_of;
use crate::report::{Line, Must};
use crate::stats::{Latencies, alternating_ratio, median};
use crate::systems::{Launcher, Running, System, launched};

/// Bytes of a message's text.
const TEXT_BYTES: usize = 128;
/// Stands at the start of every text and nowhere else in a frame.
const MARK: &[u8] = b"T~";
/// Members that speak, in turns.
const SPEAKERS: usize = 16;
/// Every so many members one looks into what it gets; all count.
const SAMPLED_EVERY: usize = 16;
/// What has not come this long after the last message does not come.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Rate and members of the latency row: a busy room, far from any limit.
const LATENCY_RATE: u32 = 50;
const LATENCY_MEMBERS: usize = 100;

/// What is asked of a server.
#[derive(Debug, Clone, Copy)]
struct Load {
    members: usize,
    /// Messages a second.
    rate: u32,
    /// Before anything counts.
    warm_up: Duration,
    measured: Duration,
}

/// What one run found.
struct Outcome {
    deliveries_per_cpu_second: f64,
    /// From the send to the read, of the sampled members.
    latencies: Latencies,
    missing: u64,
    /// Share of its core that the load generator used itself.
    load_busy: f64,
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
    fn new(options: &Options, members: usize, rate: u32) -> Self {
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
                "  {} at {}/s: {:.0} deliveries per CPU-second, p99 {:.2} ms, {} missing, load {:.0} % busy",
                system.name(),
                load.rate,
                outcome.deliveries_per_cpu_second,
                outcome.latencies.quantile_ms(0.99),
                outcome.missing,
                outcome.load_busy * 100.0
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

/// Counts what the members hear.
struct Listeners {
    /// How a delivery begins.
    delivery: &'static [u8],
    mark: memchr::memmem::Finder<'static>,
    heard: Vec<u64>,
    /// For each sampled member the sum of the numbers of all messages it heard, to tell a double from a loss.
    sums: Vec<u64>,
    deliveries: u64,
    epoch: Instant,
    /// Messages from this one on are timed.
    timed_from: u64,
    latencies: Latencies,
}

impl Listeners {
    fn new(dialect: Dialect, load: &Load, epoch: Instant) -> Self {
        let delivery: &[u8] = match dialect {
            Dialect::Chinwag => br#"{"type":"room_event""#,
            Dialect::Plain => MARK,
        };
        Self {
            delivery,
            mark: memchr::memmem::Finder::new(MARK),
            heard: vec![0; load.members],
            sums: vec![0; load.members.div_ceil(SAMPLED_EVERY)],
            deliveries: 0,
            epoch,
            timed_from: (load.warm_up.as_secs_f64() * f64::from(load.rate)) as u64,
            latencies: Latencies::new(),
        }
    }

    fn hear(&mut self, member: usize, message: &[u8], now: Instant) {
        if !message.starts_with(self.delivery) {
            return;
        }
        self.heard[member] += 1;
        self.deliveries += 1;
        if !member.is_multiple_of(SAMPLED_EVERY) {
            return;
        }
        let text = self.mark.find(message).map(|at| &message[at..]);
        if let Some((index, sent)) = text.and_then(parse_text) {
            self.sums[member / SAMPLED_EVERY] += index;
            if index >= self.timed_from {
                let sent = self.epoch + Duration::from_nanos(sent);
                self.latencies.record(now.saturating_duration_since(sent));
            }
        }
    }

    /// Deliveries that did not come, of `messages` to each; an error where one came twice or another instead.
    fn missing(&self, messages: u64) -> Result<u64> {
        let mut missing = 0;
        for (member, heard) in self.heard.iter().enumerate() {
            let left = messages.checked_sub(*heard);
            let left =
                left.with_context(|| format!("member {member} heard {heard} of {messages}"))?;
            missing += left;
        }
        if missing == 0 {
            let sum: u64 = (0..messages).sum();
            ensure!(
                self.sums.iter().all(|found| *found == sum),
                "a member heard one message twice and another not at all"
            );
        }
        Ok(missing)
    }
}

/// `T~`, the message's number, `~`, and when it was sent in nanoseconds, filled up to the length.
fn write_text(index: u64, sent: Duration) -> String {
    let nanoseconds = sent.as_nanos();
    format!(
        "T~{index:010}~{nanoseconds:018}~{:.<1$}",
        "",
        TEXT_BYTES - 32
    )
}

fn parse_text(text: &[u8]) -> Option<(u64, u64)> {
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0, |number: u64, digit| {
            digit
                .is_ascii_digit()
                .then(|| number * 10 + u64::from(digit - b'0'))
        })
    };
    Some((number(text.get(2..12)?)?, number(text.get(13..31)?)?))
}

/// A client's frame that says it. The transaction id grows with time, as version 7 does.
fn write_message(dialect: Dialect, index: u64, text: &str) -> String {
    match dialect {
        Dialect::Plain => text.to_owned(),
        Dialect::Chinwag => format!(
            r#"{{"type":"send_message","request_id":{},"room":"lobby","transaction_id":"019a0000-0000-7000-8000-{index:012x}","text":"{text}"}}"#,
            index + 1
        ),
    }
}

fn run(running: &Running, load: Load) -> Result<Outcome> {
    let dialect = running.dialect;
    let mut crowd = Crowd::join(running.http, dialect, load.members, "member-")?;
    let messages = load.messages();
    let start = Instant::now();
    let mut listeners = Listeners::new(dialect, &load, start);
    let snapshot = |listeners: &Listeners| -> Result<_> {
        Ok((
            listeners.deliveries,
            running.process.cpu()?,
            cpu_of(std::process::id())?,
            Instant::now(),
        ))
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
    let (deliveries, cpu, own_cpu, at) = warm.context("the warm-up is over before the end")?;
    let expected = messages * load.members as u64;
    let last = Instant::now();
    while listeners.deliveries < expected && last.elapsed() < DRAIN_TIMEOUT {
        let wait = Duration::from_millis(50);
        crowd.poll(wait, |member, message, now| {
            listeners.hear(member, message, now)
        })?;
    }
    let seconds = (end.1 - cpu).as_secs_f64();
    Ok(Outcome {
        deliveries_per_cpu_second: (end.0 - deliveries) as f64 / seconds,
        missing: listeners.missing(messages)?,
        latencies: listeners.latencies,
        load_busy: (end.2 - own_cpu).as_secs_f64() / (end.3 - at).as_secs_f64(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_says_its_number_and_its_time() {
        let text = write_text(42, Duration::from_micros(1_500));
        assert_eq!(text.len(), TEXT_BYTES);
        assert_eq!(parse_text(text.as_bytes()), Some((42, 1_500_000)));
        assert_eq!(parse_text(&text.as_bytes()[..30]), None);
        assert_eq!(parse_text(b"T~00000000x1~000000000000000000~"), None);
    }

    #[test]
    fn a_message_is_a_frame_of_the_protocol() {
        let line = write_message(Dialect::Chinwag, 7, &write_text(7, Duration::ZERO));
        let head = shared::codec::decode_line::<shared::ClientFrame>(line.as_bytes()).unwrap();
        let shared::ClientFrame::SendMessage(message) = head.frame else {
            panic!("another frame: {line}");
        };
        assert_eq!(message.text.len(), TEXT_BYTES);
        assert!(message.transaction_id.is_some());
    }

    #[test]
    fn a_double_is_not_taken_for_a_delivery() {
        let load = Load {
            members: 1,
            rate: 2,
            warm_up: Duration::ZERO,
            measured: Duration::from_secs(1),
        };
        let hear = |indices: &[u64]| {
            let mut listeners = Listeners::new(Dialect::Plain, &load, Instant::now());
            for index in indices {
                let text = write_text(*index, Duration::ZERO);
                listeners.hear(0, text.as_bytes(), Instant::now());
            }
            listeners.missing(load.messages())
        };
        assert_eq!(hear(&[0, 1]).unwrap(), 0);
        assert_eq!(hear(&[1]).unwrap(), 1);
        assert!(hear(&[1, 1]).is_err(), "one twice, one never");
        assert!(hear(&[0, 1, 1]).is_err(), "one too many");
    }
}
