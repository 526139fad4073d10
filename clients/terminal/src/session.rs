//! Being signed in: connecting, waiting for what changes, asking and getting an answer.

use std::time::Duration;

use client::{Change, Command, CommandError, Config, ConnectionState, Ticket, View};
use native::{Changes, FailureKind, Handle, Secured, ServerAddress, Settings};
use shared::frame::ClientInfo;
use shared::{ErrorCode, Fingerprint, RequestId, RoomId, RoomRef};
use tokio::time::{Instant, timeout_at};

use crate::arguments::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::profile;

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
        let settings = Settings {
            server: global.server.clone(),
            trust: profile.trust().stating(global.fingerprint),
            core: Config::new(ClientInfo {
                name: "chinwag-terminal".to_owned(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            }),
        };
        let (handle, changes) = native::spawn(settings, snapshot, Some(storage));
        Ok(Self {
            handle,
            changes,
            server: global.server.clone(),
            web: global.web.clone(),
            timeout: match global.timeout {
                Duration::ZERO => FIRST_ATTEMPT_TIMEOUT,
                timeout => timeout,
            },
            tries_again: !global.timeout.is_zero(),
            waits: true,
            moved: Instant::now(),
            told: None,
            met: None,
        })
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

    /// The whole address of a link, or its path where nobody says what comes before it.
    pub(crate) fn address_of(&self, link: &str) -> String {
        if let Some(web) = &self.web {
            return format!("{}{link}", web.trim_end_matches('/'));
        }
        let address = self.handle.with_view(|view| {
            let server = view.server.as_ref()?;
            server.address_of(&self.server.host, link)
        });
        address.unwrap_or_else(|| link.to_owned())
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
        if changes.contains(&Change::Connection) {
            self.connection_changed(output)?;
        }
        Ok(changes)
    }

    fn connection_changed(&mut self, output: &mut Output) -> Result<(), Failure> {
        let state = self.handle.with_view(|view| view.connection.clone());
        match state {
            ConnectionState::SignedOut { reason } => {
                Err(Failure::refused(reason.unwrap_or_else(|| {
                    "you were signed out; sign in with chinwag sign-in NAME".to_owned()
                })))
            }
            ConnectionState::Waiting { reason, .. } => {
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
                    output.note(&format!(
                        "no connection to {}: {reason}; trying again…",
                        self.server
                    ));
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

    /// Gives a command that needs a connection and waits for one where there is none.
    async fn ask(
        &mut self,
        output: &mut Output,
        command: impl Fn() -> Command,
    ) -> Result<Ticket, Failure> {
        loop {
            match self.handle.command(command()) {
                Err(CommandError::Offline) => drop(self.changed(output).await?),
                Ok(ticket) => return Ok(ticket),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Gives a command and waits for its answer. Where the connection is lost meanwhile, it is given again: use it
    /// for what may be repeated.
    pub(crate) async fn request(
        &mut self,
        output: &mut Output,
        answer: Answer,
        command: impl Fn() -> Command,
    ) -> Result<Option<RoomId>, Failure> {
        self.wait(true);
        self.moved();
        'repeat: loop {
            let Ticket::Request(asked) = self.ask(output, &command).await? else {
                return Ok(None);
            };
            loop {
                for change in self.changed(output).await? {
                    if let Change::RoomJoined {
                        request_id,
                        room_id,
                    } = change
                        && request_id == asked
                    {
                        return Ok(Some(room_id));
                    } else if let Change::RequestFailed { request_id, error } = &change
                        && *request_id == asked
                    {
                        if error.code == ErrorCode::TimedOut && !self.is_online() {
                            continue 'repeat;
                        }
                        return Err(error.clone().into());
                    } else if answer.is(asked, &change) {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The room's id. A room that one is not in is joined; one that is not there is created where `create`.
    pub(crate) async fn enter(
        &mut self,
        output: &mut Output,
        room: &RoomRef,
        create: bool,
    ) -> Result<RoomId, Failure> {
        if let Some(room_id) = self.handle.with_view(|view| room_in(view, room)) {
            return Ok(room_id);
        }
        let join = || Command::JoinRoom { room: room.clone() };
        let joined = self.request(output, Answer::Joined, join).await;
        let joined = match (joined, room) {
            (Err(failure), RoomRef::Name(name))
                if create && failure.code == Some(ErrorCode::RoomNotFound) =>
            {
                let new = || Command::CreateRoom {
                    name: name.to_string(),
                    topic: String::new(),
                };
                match self.request(output, Answer::Joined, new).await {
                    // Somebody else was quicker, or our own first attempt.
                    Err(failure) if failure.code == Some(ErrorCode::RoomNameTaken) => {
                        self.request(output, Answer::Joined, join).await
                    }
                    created => created,
                }
            }
            (Err(failure), _) if failure.code == Some(ErrorCode::RoomNotFound) => Err(Failure {
                message: format!(
                    "there is no room {room}; chinwag rooms lists them, --create makes one"
                ),
                ..failure
            }),
            (joined, _) => joined,
        };
        joined?.ok_or_else(|| Failure::failed("the server did not say which room it is"))
    }
}

/// What ends the waiting for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Joined,
    Done,
    Rooms,
    Members(RoomId),
}

impl Answer {
    fn is(self, asked: RequestId, change: &Change) -> bool {
        match self {
            Self::Joined => false,
            Self::Done => *change == Change::RequestDone { request_id: asked },
            Self::Rooms => *change == Change::Directory,
            Self::Members(room_id) => *change == Change::Members(room_id),
        }
    }
}

/// The room, where one is in it.
pub(crate) fn room_in(view: &View, wanted: &RoomRef) -> Option<RoomId> {
    match wanted {
        RoomRef::Id(room_id) => view.rooms.contains_key(room_id).then_some(*room_id),
        RoomRef::Name(name) => {
            let key = name.key();
            let mut rooms = view.rooms.iter();
            let found = rooms.find(|(_, room)| room.info.name.key() == key);
            found.map(|(room_id, _)| *room_id)
        }
    }
}
