//! When to connect, when to ask whether the server is there, when to give up.

use shared::{RequestId, TimestampMs};

const BACKOFF_FIRST_MS: u64 = 500;
const BACKOFF_MAX_MS: u64 = 30_000;
/// No server keeps anyone away for longer.
const WAIT_MAX_MS: u64 = 3_600_000;
/// Silence in either direction after which a ping is sent.
const SILENCE_MS: u64 = 25_000;
/// How long the server may take to answer a ping, `Hello`, or an attempt to connect.
const ANSWER_MS: u64 = 15_000;

/// Where the connection stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConnectionState {
    /// Waits for [`crate::Command::SignIn`]; `reason` says what was wrong, for people.
    SignedOut { reason: Option<String> },
    /// Between two attempts.
    Waiting { until: TimestampMs, reason: String },
    /// The driver opens a connection, or a session before it.
    #[default]
    Connecting,
    /// `Hello` is on its way.
    Greeting { request_id: RequestId },
    /// Signed in.
    Online,
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Due {
    Connect,
    Ping,
    GiveUp,
}

/// The timers of the connection; the state itself is in the view.
#[derive(Debug)]
pub(crate) struct Timers {
    attempts: u32,
    /// The server asked not to come back before this long.
    wait_at_least_ms: u64,
    heard_at: TimestampMs,
    sent_at: TimestampMs,
    asked_at: Option<TimestampMs>,
}

impl Timers {
    pub(crate) fn new(now: TimestampMs) -> Self {
        Self {
            attempts: 0,
            wait_at_least_ms: 0,
            heard_at: now,
            sent_at: now,
            asked_at: None,
        }
    }

    /// An answer is owed from now on.
    pub(crate) fn asked(&mut self, now: TimestampMs) {
        self.asked_at = Some(now);
        self.sent_at = now;
    }

    pub(crate) fn sent(&mut self, now: TimestampMs) {
        self.sent_at = now;
    }

    pub(crate) fn heard(&mut self, now: TimestampMs) {
        self.heard_at = now;
        self.asked_at = None;
    }

    /// Bytes travel, so the server lives; an answer may have to wait for its turn behind them.
    pub(crate) fn moved(&mut self, now: TimestampMs) {
        if self.asked_at.is_some() {
            self.asked_at = Some(now);
        }
    }

    pub(crate) fn signed_in(&mut self) {
        self.attempts = 0;
        self.wait_at_least_ms = 0;
    }

    pub(crate) fn wait_at_least(&mut self, ms: u64) {
        self.wait_at_least_ms = ms;
    }

    /// When to try again: full jitter under a bound that doubles, after what the server asked for, over which as
    /// many spread as it asked.
    pub(crate) fn retry_at(&mut self, now: TimestampMs, rng: &mut fastrand::Rng) -> TimestampMs {
        let bound_ms = BACKOFF_MAX_MS.min(BACKOFF_FIRST_MS << self.attempts.min(16));
        self.attempts = self.attempts.saturating_add(1);
        let asked_ms = std::mem::take(&mut self.wait_at_least_ms).min(WAIT_MAX_MS);
        let wait_ms = asked_ms + rng.u64(0..=bound_ms.max(asked_ms));
        self.asked_at = None;
        now.plus_ms(wait_ms)
    }

    /// What comes next, and when.
    pub(crate) fn next(&self, state: &ConnectionState) -> Option<(TimestampMs, Due)> {
        match state {
            ConnectionState::SignedOut { .. } => None,
            ConnectionState::Waiting { until, .. } => Some((*until, Due::Connect)),
            ConnectionState::Connecting
            | ConnectionState::Greeting { .. }
            | ConnectionState::Online => Some(match self.asked_at {
                Some(at) => (at.plus_ms(ANSWER_MS), Due::GiveUp),
                None => (
                    self.heard_at.min(self.sent_at).plus_ms(SILENCE_MS),
                    Due::Ping,
                ),
            }),
        }
    }
}
