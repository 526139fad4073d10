//! What a screen holds of a driver: commands and the view from any thread, and the changes.

use std::sync::{Arc, Mutex, MutexGuard};

use client::{Change, Client, Command, CommandError, Entry, Ticket, View};
use shared::SessionToken;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::connection::Failure;
use crate::profile::ProfileError;
use crate::tls::Secured;

/// What the driver and its handles share.
pub(crate) struct Shared {
    client: Mutex<Client>,
    pub(crate) clock: Clock,
    /// Rung when a command was given or the last handle is gone.
    pub(crate) commanded: Notify,
    news: Mutex<News>,
    changed: Notify,
}

#[derive(Default)]
struct News {
    changes: Vec<Change>,
    failure: Option<Failure>,
    secured: Option<Secured>,
    handles_gone: bool,
    stopped: bool,
    /// Why nothing can be stored, for people.
    stuck: Option<String>,
    /// The same, until it was told.
    trouble: Option<ProfileError>,
    try_again: bool,
}

/// The driver does nothing any more.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// Its handles were dropped.
    #[error("the driver was stopped")]
    Asked,
    /// What must be stored could not be, so that nothing is sent until [`Handle::store_again`] went well. What is
    /// commanded meanwhile waits in memory.
    #[error(transparent)]
    Storage(#[from] ProfileError),
}

impl Shared {
    pub(crate) fn new(client: Client, clock: Clock) -> Self {
        Self {
            client: Mutex::new(client),
            clock,
            commanded: Notify::new(),
            news: Mutex::default(),
            changed: Notify::new(),
        }
    }

    pub(crate) fn client(&self) -> MutexGuard<'_, Client> {
        self.client
            .lock()
            .expect("nobody panics while holding the client")
    }

    fn news(&self) -> MutexGuard<'_, News> {
        self.news
            .lock()
            .expect("nobody panics while holding the news")
    }

    /// A change that waits to be seen already is not added: it is looked up in the view all the same.
    pub(crate) fn announce(&self, change: Change) {
        let mut news = self.news();
        if !news.changes.iter().any(|other| change.repeats(other)) {
            news.changes.push(change);
            self.changed.notify_one();
        }
    }

    pub(crate) fn failed(&self, failure: Failure) {
        self.news().failure = Some(failure);
    }

    pub(crate) fn opened(&self, secured: Secured) {
        self.news().secured = Some(secured);
    }

    /// The core ended the connection, for reasons of its own.
    pub(crate) fn given_up(&self) {
        self.news().failure = None;
    }

    pub(crate) fn handles_gone(&self) -> bool {
        self.news().handles_gone
    }

    pub(crate) fn stuck(&self, error: ProfileError) {
        let mut news = self.news();
        news.stuck = Some(error.to_string());
        news.trouble = Some(error);
        self.changed.notify_one();
    }

    pub(crate) fn unstuck(&self) {
        self.news().stuck = None;
        // All is to be looked at again.
        self.announce(Change::Connection);
    }

    /// Whether to store what could not be stored. At the end in any case.
    pub(crate) fn tries_again(&self) -> bool {
        let mut news = self.news();
        std::mem::take(&mut news.try_again) || news.handles_gone
    }

    pub(crate) fn stopped(&self) {
        self.news().stopped = true;
        self.changed.notify_one();
    }
}

/// Commands and the view. The driver ends with the last clone, or a moment later where the server is being told that
/// the session is over.
#[derive(Clone)]
pub struct Handle {
    guard: Arc<Guard>,
}

struct Guard {
    shared: Arc<Shared>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.shared.news().handles_gone = true;
        self.shared.commanded.notify_one();
    }
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            guard: Arc::new(Guard { shared }),
        }
    }

    /// Does what a person wants, or refuses. Never waits: what it leads to comes as a change.
    pub fn command(&self, command: Command) -> Result<Ticket, CommandError> {
        let shared = &self.guard.shared;
        let ticket = shared.client().command(command, shared.clock.now())?;
        shared.commanded.notify_one();
        Ok(ticket)
    }

    /// Connects and comes in, under a new secret, where one is signed out.
    pub fn sign_in(&self, entry: Entry) -> Result<Ticket, CommandError> {
        let session_token = SessionToken::from_random(crate::random());
        self.command(Command::SignIn {
            entry,
            session_token,
        })
    }

    /// Shows the view. The driver waits meanwhile, so be quick, and give no command inside.
    pub fn with_view<T>(&self, look: impl FnOnce(&View) -> T) -> T {
        look(self.guard.shared.client().view())
    }

    /// The secret of the session, for requests over HTTP.
    pub fn session_token(&self) -> Option<String> {
        self.guard
            .shared
            .client()
            .session_token()
            .map(str::to_owned)
    }

    /// Why nothing can be stored, and what to do about it, for people; `None` while all is well.
    pub fn stuck(&self) -> Option<String> {
        self.guard.shared.news().stuck.clone()
    }

    /// Tries to store what could not be stored, and goes on where that goes well.
    pub fn store_again(&self) {
        let shared = &self.guard.shared;
        shared.news().try_again = true;
        shared.commanded.notify_one();
    }

    /// Why the last connection ended or could not be opened; `None` where the core gave it up.
    pub fn last_failure(&self) -> Option<Failure> {
        self.guard.shared.news().failure.clone()
    }

    /// How the present connection, or the last one, is kept from others; `None` before the first.
    pub fn secured(&self) -> Option<Secured> {
        self.guard.shared.news().secured
    }

    /// The time by the clock that the core is told.
    pub fn now(&self) -> shared::TimestampMs {
        self.guard.shared.clock.now()
    }
}

/// What has changed since it was last asked for, each only once.
pub struct Changes {
    pub(crate) shared: Arc<Shared>,
}

impl Changes {
    /// Waits for changes, at least one. May be dropped while it waits; nothing is lost. Each failure to store is
    /// told once.
    pub async fn next(&mut self) -> Result<Vec<Change>, Stopped> {
        loop {
            if let Some(changes) = self.try_next()? {
                return Ok(changes);
            }
            self.shared.changed.notified().await;
        }
    }

    /// After the last handle was dropped: waits until everything is stored.
    pub async fn stopped(mut self) -> Result<(), ProfileError> {
        loop {
            match self.next().await {
                Ok(_) => {}
                Err(Stopped::Asked) => return Ok(()),
                Err(Stopped::Storage(error)) => return Err(error),
            }
        }
    }

    /// What has changed, without waiting.
    pub fn try_next(&mut self) -> Result<Option<Vec<Change>>, Stopped> {
        let mut news = self.shared.news();
        if !news.changes.is_empty() {
            return Ok(Some(std::mem::take(&mut news.changes)));
        }
        match (news.trouble.take(), news.stopped) {
            (Some(error), _) => Err(Stopped::Storage(error)),
            (None, true) => Err(Stopped::Asked),
            (None, false) => Ok(None),
        }
    }
}
