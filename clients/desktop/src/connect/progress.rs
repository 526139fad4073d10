//! How far connecting is, in words.

use client::ConnectionState;
use client::present::format::sentence;
use client::present::words;
use native::{FailureKind, Handle, NATIVE_PORT, ServerAddress};

/// What was told of the last attempt stays on the screen during the next.
#[derive(Debug, Default)]
pub(super) struct Progress {
    trouble: Option<String>,
}

/// What the form says of a session that is being opened.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// What went wrong so far.
    pub(super) trouble: Option<String>,
    pub(super) state: String,
    /// Between two attempts, and when the text changes, in milliseconds.
    pub(super) waits: Option<u64>,
}

impl Progress {
    pub(super) fn look(&mut self, handle: &Handle, server: &ServerAddress) -> Told {
        let now = handle.now();
        let failure = handle.last_failure();
        handle.with_view(|view| {
            let mut waits = None;
            let connecting = format!("Connecting to {server}…");
            let state = match &view.connection {
                ConnectionState::Waiting { until, reason } => {
                    let kind = failure.as_ref().map(|failure| failure.kind);
                    self.trouble = Some(trouble(server, kind, reason));
                    waits = Some(until.since_ms(now) % 1000 + 1);
                    words::connection(&view.connection, now).unwrap_or(connecting)
                }
                ConnectionState::Connecting
                | ConnectionState::Greeting { .. }
                | ConnectionState::Online
                | ConnectionState::SignedOut { .. } => connecting,
            };
            Told {
                trouble: self.trouble.clone(),
                state,
                waits,
            }
        })
    }
}

/// Why there is no connection, or what there was to say of the last; `None` while all is well.
pub(crate) fn absence(handle: &Handle, server: &ServerAddress) -> Option<String> {
    if handle.with_view(|view| view.connection == ConnectionState::Online) {
        return None;
    }
    let failure = handle.last_failure()?;
    Some(trouble(server, Some(failure.kind), &failure.reason))
}

fn trouble(server: &ServerAddress, kind: Option<FailureKind>, reason: &str) -> String {
    match kind {
        Some(FailureKind::Unreachable) => format!(
            "{server} cannot be reached: {reason}. Check the address, and that the server runs."
        ),
        Some(FailureKind::Foreign) => stranger(server, reason),
        Some(FailureKind::Untrusted) => distrust(server, reason),
        Some(FailureKind::Lost) => format!("{server} was there and went away: {reason}."),
        // What the core says for itself, or the server did.
        None => sentence(reason),
    }
}

/// It may be another server, or others could read along.
pub(crate) fn distrust(server: &ServerAddress, reason: &str) -> String {
    format!("{server} is not to be trusted: {reason}.")
}

/// Something else listens there.
pub(super) fn stranger(server: &ServerAddress, reason: &str) -> String {
    format!(
        "{server} is no Chinwag server: {reason}. Check the port: that of native clients is usually {NATIVE_PORT}, and \
         the server names it at its start."
    )
}
