//! Coming in, and what is asked before.

use client::{Command, Entry, Snapshot, Ticket};
use native::FailureKind;
use shared::{ClientFrame, ErrorCode, ServerFrame};

use crate::arguments::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::profile;
use crate::session::{Session, unexpected};

impl Session {
    /// At the server's door, without being signed in. Refused where one is already.
    pub(crate) fn knock(global: &Global) -> Result<Self, Failure> {
        let profile = profile::open(global)?;
        match profile.session()? {
            Some(session) if session.is_granted() => {
                let name = session.name().unwrap_or_default();
                return Err(Failure::refused(format!(
                    "you are signed in on {} as {name}; chinwag sign-out first, or use another \
                     --profile-dir",
                    global.server
                )));
            }
            // An attempt that nobody knows the end of; this one takes its place.
            Some(_) => drop(profile.forget_session()?),
            None => {}
        }
        let (snapshot, storage) = profile.passing(&[])?;
        Ok(Self::drive(global, &profile, snapshot, Some(storage)))
    }

    /// At the door, to ask only.
    pub(crate) fn look(global: &Global) -> Result<Self, Failure> {
        let profile = profile::open(global)?;
        Ok(Self::drive(global, &profile, Snapshot::default(), None))
    }

    /// Asks what one may ask without having signed in.
    pub(crate) async fn inquire(
        &mut self,
        output: &mut Output,
        frame: ClientFrame,
    ) -> Result<ServerFrame, Failure> {
        self.moved();
        let Ticket::Request(asked) = self.handle.command(Command::Ask(Box::new(frame)))? else {
            return Err(unexpected());
        };
        let answer = self.answer(output, asked).await;
        answer.map_err(|failure| match failure.code {
            Some(ErrorCode::TimedOut) => self.unreachable(&failure.message),
            Some(_) | None => failure,
        })
    }

    /// By the reason that there was no connection for.
    fn unreachable(&self, reason: &str) -> Failure {
        let server = &self.server;
        match self.handle.last_failure().map(|failure| failure.kind) {
            Some(FailureKind::Untrusted) => Failure::untrusted(server, reason),
            Some(FailureKind::Foreign | FailureKind::Unreachable | FailureKind::Lost) | None => {
                Failure::no_connection(format!(
                    "could not connect to {server}: {reason}; check --server"
                ))
            }
        }
    }

    /// Has the server make an account of the guest that one is: a second connection signs up with the session that
    /// there is, so that nothing is lost where it is refused.
    pub(crate) async fn become_member(
        &self,
        entry: Entry,
        output: &mut Output,
    ) -> Result<(), Failure> {
        let profile = profile::open(&self.global)?;
        let token = profile.session()?.and_then(|session| session.token());
        let session_token = token.ok_or_else(unexpected)?;
        let mut second = Self::drive(&self.global, &profile, Snapshot::default(), None);
        second.moved();
        second.handle.command(Command::SignIn {
            entry,
            session_token,
        })?;
        while !second.is_online() {
            second.changed(output).await?;
        }
        second.close().await
    }

    /// Comes in and waits until that is done.
    pub(crate) async fn come_in(
        &mut self,
        output: &mut Output,
        entry: Entry,
    ) -> Result<(), Failure> {
        self.moved();
        self.handle.sign_in(entry)?;
        while !self.is_online() {
            self.changed(output).await?;
        }
        Ok(())
    }
}
