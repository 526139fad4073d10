//! Making an account of the guest that one is: a second connection signs up with the session that there is, so that
//! nothing is lost where it is refused.

use std::sync::mpsc::{self, Receiver};

use client::{Command, Config, ConnectionState, Entry, Snapshot, View};
use eframe::egui;
use shared::{ErrorCode, ErrorReply, SessionToken};

use super::{Session, client_info};

/// Whether there is an account, once that is known.
pub(crate) type Membership = Receiver<Result<(), ErrorReply>>;

impl Session {
    /// Has the server make the account. Who one is stays the same, and what one may do comes by the first connection.
    pub(crate) fn become_member(&self, entry: Entry, ctx: egui::Context) -> Membership {
        let (sender, told) = mpsc::channel();
        let token = self.handle.session_token();
        let Some(session_token) = token.and_then(|token| token.parse::<SessionToken>().ok()) else {
            // Kept until it is looked at.
            let _ = sender.send(Err(unreachable()));
            return told;
        };
        let settings = native::Settings {
            server: self.server.clone(),
            trust: self.trust.clone(),
            core: Config::new(client_info()),
        };
        let _inside = self.runtime.enter();
        let (handle, mut changes) = native::spawn(settings, Snapshot::default(), None);
        let sign_up = Command::SignIn {
            entry,
            session_token,
        };
        // Never refused: the second connection has just begun.
        let _ = handle.command(sign_up);
        self.runtime.spawn(async move {
            let outcome = loop {
                if let Some(outcome) = handle.with_view(outcome) {
                    break outcome;
                }
                if changes.next().await.is_err() {
                    break Err(unreachable());
                }
            };
            // Refused only where the chat is over.
            let _ = sender.send(outcome);
            ctx.request_repaint();
        });
        told
    }
}

fn outcome(view: &View) -> Option<Result<(), ErrorReply>> {
    match &view.connection {
        ConnectionState::Online => Some(Ok(())),
        ConnectionState::SignedOut { .. } => {
            Some(Err(view.refusal.clone().unwrap_or_else(unreachable)))
        }
        ConnectionState::Waiting { .. } => Some(Err(unreachable())),
        ConnectionState::Connecting | ConnectionState::Greeting { .. } => None,
    }
}

fn unreachable() -> ErrorReply {
    let text = "The server cannot be reached. Try again.";
    ErrorReply::new(ErrorCode::Unknown, text)
}
