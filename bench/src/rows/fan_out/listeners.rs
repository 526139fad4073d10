//! What the members of a room hear: counted for all, and looked into for some. And what is said to them.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::Load;
use crate::crowd::Dialect;
use crate::stats::Latencies;

/// Bytes of a message's text.
const TEXT_BYTES: usize = 128;
/// Stands at the start of every text and nowhere else in a frame.
const MARK: &[u8] = b"T~";
/// Every so many members one looks into what it gets; all count.
const SAMPLED_EVERY: usize = 16;

/// Counts what the members hear.
pub(super) struct Listeners {
    /// How a delivery begins.
    delivery: &'static [u8],
    mark: memchr::memmem::Finder<'static>,
    heard: Vec<u64>,
    /// For each sampled member the sum of the numbers of all messages it heard, to tell a double from a loss.
    sums: Vec<u64>,
    pub(super) deliveries: u64,
    epoch: Instant,
    /// Messages from this one on are timed.
    timed_from: u64,
    pub(super) latencies: Latencies,
}

impl Listeners {
    pub(super) fn new(dialect: Dialect, load: &Load, epoch: Instant) -> Self {
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

    pub(super) fn hear(&mut self, member: usize, message: &[u8], now: Instant) {
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
    pub(super) fn missing(&self, messages: u64) -> Result<u64> {
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
pub(super) fn write_text(index: u64, sent: Duration) -> String {
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
pub(super) fn write_message(dialect: Dialect, index: u64, text: &str) -> String {
    match dialect {
        Dialect::Plain => text.to_owned(),
        Dialect::Chinwag => format!(
            r#"{{"type":"send_message","request_id":{},"room":"lobby","transaction_id":"019a0000-0000-7000-8000-{index:012x}","text":"{text}"}}"#,
            index + 1
        ),
    }
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
