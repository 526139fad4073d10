//! Being signed in: connecting, waiting for what changes. `session/requests.rs`: asking and getting an answer;
//! `session/entry.rs`: coming in and going out.

mod entry;
mod requests;

use std::collections::BTreeMap;
use std::time::Duration;

use client::{Change, Config, ConnectionState, Snapshot};
use native::{Changes, FailureKind, Handle, Profile, Secured, ServerAddress, Settings, Storage};
use shared::frame::{ClientInfo, ServerInfo};
use shared::{FileInfo, Fingerprint, TimestampMs, UploadId};
use tokio::time::{Instant, timeout_at};

use crate::arguments::Global;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::profile;

pub(crate) use requests::{Answer, room_in, unexpected};

/// What is kept of what the core asks to keep.
pub(crate) enum Keeping {
    /// Everything: what was typed is sent, if not now then by a later process.
    Whole,
    /// The session, and uploads of these sources.
    Passing(Vec<String>),
}

/// For the only attempt of who does not want to try again.
const FIRST_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

pub(crate) struct Session {
    pub(crate) handle: Handle,
    changes: Changes,
    /// As it was driven with.
    global: Global,
    server: ServerAddress,
    /// Where browsers find the server, where that was said.
    web: Option<String>,
    timeout: Duration,
    /// Where not, the first failure to connect is the end.
    tries_again: bool,
    /// Whether the command waits for something, and gives up when nothing moves.
    waits: bool,
    /// When something last moved.
    moved: Instant,
    /// Uploads that ended, and the files that they are.
    pub(crate) ended: BTreeMap<UploadId, Option<Box<FileInfo>>>,
    told: Option<String>,
    /// The certificate that is new to this profile.
    met: Option<Fingerprint>,
}

impl Session {
    /// Signs in and waits until that is done.
    pub(crate) async fn open(
        global: &Global,
        keeping: Keeping,
        output: &mut Output,
    ) -> Result<Self, Failure> {
        let mut session = Self::start(global, keeping)?;
        while !session.is_online() {
            session.changed(output).await?;
        }
        Ok(session)
    }

    fn start(global: &Global, keeping: Keeping) -> Result<Self, Failure> {
        let profile = profile::open(global)?;
        profile::session(&profile, global)?;
        let (snapshot, storage) = match keeping {
            Keeping::Whole => profile.whole()?,
            Keeping::Passing(sources) => profile.passing(&sources)?,
        };
        Ok(Self::drive(global, &profile, snapshot, Some(storage)))
    }

    fn drive(
        global: &Global,
        profile: &Profile,
        snapshot: Snapshot,
        storage: Option<Box<dyn Storage>>,
    ) -> Self {
        let settings = Settings {
            server: global.server.clone(),
            trust: profile.trust().stating(global.fingerprint),
            core: Config::new(ClientInfo {
                name: "chinwag-terminal".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            }),
        };
        let (handle, changes) = native::spawn(settings, snapshot, storage);
        Self {
            handle,
            changes,
            global: global.clone(),
            server: global.server.clone(),
            web: global.web.clone(),
            timeout: match global.timeout {
                Duration::ZERO => FIRST_ATTEMPT_TIMEOUT,
                timeout => timeout,
            },
            tries_again: !global.timeout.is_zero(),
            waits: true,
            moved: Instant::now(),
            ended: BTreeMap::new(),
            told: None,
            met: None,
        }
    }

    /// Whether the command waits for something from now on; where not, silence is no failure.
    pub(crate) fn wait(&mut self, waits: bool) {
        if waits && !self.waits {
            self.moved();
        }
        self.waits = waits;
    }

    pub(crate) fn is_online(&self) -> bool {
        self.handle
            .with_view(|view| view.connection == ConnectionState::Online)
    }

    /// The whole address of a link to a file, or its path where nobody says what comes before it.
    pub(crate) fn address_of(&self, link: &str) -> String {
        self.address(link, ServerInfo::address_of)
    }

    /// The same of a path of the page.
    pub(crate) fn page_address_of(&self, path: &str) -> String {
        self.address(path, ServerInfo::page_address_of)
    }

    fn address(&self, path: &str, of: fn(&ServerInfo, &str, &str) -> Option<String>) -> String {
        if let Some(web) = &self.web {
            return format!("{}{path}", web.trim_end_matches('/'));
        }
        let address = self
            .handle
            .with_view(|view| of(view.server.as_ref()?, &self.server.host, path));
        address.unwrap_or_else(|| path.to_owned())
    }

    /// Something went forward: patience begins anew.
    pub(crate) fn moved(&mut self) {
        self.moved = Instant::now();
    }

    /// Waits for changes. Fails where one was signed out, where the server is no such server, and where nothing
    /// moved for too long.
    pub(crate) async fn changed(&mut self, output: &mut Output) -> Result<Vec<Change>, Failure> {
        let changes = if self.waits {
            match timeout_at(self.moved + self.timeout, self.changes.next()).await {
                Ok(changes) => changes?,
                Err(_) => return Err(self.timed_out()),
            }
        } else {
            self.changes.next().await?
        };
        for change in &changes {
            match change {
                Change::Connection => self.connection_changed(output)?,
                Change::UploadEnded { upload_id, file } => {
                    self.ended.insert(*upload_id, file.clone());
                }
                _ => {}
            }
        }
        Ok(changes)
    }

    fn connection_changed(&mut self, output: &mut Output) -> Result<(), Failure> {
        let state = self.handle.with_view(|view| view.connection.clone());
        match state {
            ConnectionState::SignedOut { reason } => Err(self.signed_out(reason)),
            ConnectionState::Waiting { until, reason } => {
                match self.handle.last_failure().map(|failure| failure.kind) {
                    Some(FailureKind::Foreign) => {
                        return Err(Failure::no_connection(format!(
                            "no Chinwag server at {}: {reason}; check --server",
                            self.server
                        )));
                    }
                    Some(FailureKind::Untrusted) => {
                        return Err(Failure::untrusted(&self.server, &reason));
                    }
                    Some(FailureKind::Unreachable | FailureKind::Lost) | None => {}
                }
                if self.told.is_none() && (self.tries_again || !self.waits) {
                    output.note(&self.why_it_waits(until, &reason));
                }
                self.told = Some(reason);
                if self.waits && !self.tries_again {
                    return Err(self.timed_out());
                }
                Ok(())
            }
            ConnectionState::Online => {
                self.moved();
                self.tell_of_new(output);
                if self.told.take().is_some() {
                    output.note("connected");
                }
                Ok(())
            }
            ConnectionState::Connecting | ConnectionState::Greeting { .. } => Ok(()),
        }
    }

    /// Why one is out of a room: `reason`, unless it is that one is out of everything.
    pub(crate) fn why_out(&self, reason: &str) -> Failure {
        let state = self.handle.with_view(|view| view.connection.clone());
        if let ConnectionState::SignedOut { reason } = state {
            return self.signed_out(reason);
        }
        Failure::refused(reason)
    }

    /// By the server's word, where it has one.
    fn signed_out(&self, reason: Option<String>) -> Failure {
        let refusal = self.handle.with_view(|view| view.refusal.clone());
        match (refusal, reason) {
            (Some(refusal), _) => Failure {
                exit: Exit::Refused,
                ..refusal.into()
            },
            (None, Some(reason)) => Failure::refused(reason),
            (None, None) => {
                Failure::refused("you were signed out; sign in with chinwag sign-in NAME")
            }
        }
    }

    fn why_it_waits(&self, until: TimestampMs, reason: &str) -> String {
        // The server was reached, and asked for patience.
        if self.handle.last_failure().is_none() {
            let seconds = until.since_ms(self.handle.now()).div_ceil(1000).max(1);
            return format!("{reason} Trying again in {seconds} s…");
        }
        let server = &self.server;
        format!("no connection to {server}: {reason}; trying again…")
    }

    /// Whoever trusts a server for the first time is told by what it is known from now on.
    fn tell_of_new(&mut self, output: &mut Output) {
        let secured = self.handle.secured();
        if let Some(Secured::Pinned {
            fingerprint,
            is_new: true,
        }) = secured
            && self.met.replace(fingerprint) != Some(fingerprint)
        {
            output.note(&format!(
                "the certificate of {} is remembered; its fingerprint is {fingerprint}",
                self.server
            ));
        }
    }

    fn timed_out(&self) -> Failure {
        let server = &self.server;
        let seconds = self.timeout.as_secs_f64();
        if self.is_online() {
            return Failure::no_connection(format!(
                "{server} did not answer within {seconds} s; try again, or wait longer with --timeout"
            ));
        }
        let reason = match (&self.told, self.handle.last_failure()) {
            (Some(told), _) => told.clone(),
            (None, Some(failure)) => failure.reason,
            (None, None) => format!("no answer within {seconds} s"),
        };
        Failure::no_connection(format!(
            "could not connect to {server}: {reason}; is the server running there? (--server \
             chooses another)"
        ))
    }

    /// Ends it, with everything stored that happened.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        drop(self.handle);
        Ok(self.changes.stopped().await?)
    }
}
