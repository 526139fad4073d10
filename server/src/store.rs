//! People, rooms and their logs, in SQLite. One writer thread commits whatever is queued in one transaction and
//! answers only when it is on disk; a few readers see what is committed. Nothing here knows of frames' transport.

use std::fmt;
use std::future::Future;
use std::path::Path;
use std::sync::Arc;

use shared::frame::Person;
use shared::{Epoch, FileId, RoomEvent, RoomId, Sequence, TimestampMs, TransactionId};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::metrics::Metrics;
use crate::names::NewNameError;

mod accounts;
mod admin;
mod arrivals;
mod attachments;
mod audit;
mod bots;
pub(crate) mod check;
mod checkpoint;
mod damages;
mod downloads;
mod files;
mod inspect;
mod invitations;
mod links;
mod listing;
mod log;
mod looks;
mod mentions;
mod people;
mod policy;
mod profiles;
mod purges;
mod readers;
mod reading;
mod reports;
mod retention;
mod rooms;
mod schema;
mod secrets;
mod sessions;
mod snapshot;
mod space;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use accounts::{Account, NewAccount, Proof, Totp, may_upgrade};
pub(crate) use admin::Actor;
pub(crate) use bots::NewBot;
pub(crate) use damages::ScrubPlace;
pub(crate) use downloads::{Origin, Portion};
pub(crate) use files::{NewFile, NewUpload, Stated, StoredChunk, StoredUpload};
pub(crate) use inspect::{Content, InspectError, Inspection, RoomOfLog};
pub(crate) use invitations::AskedInvitation;
pub(crate) use links::{Change, Linked, NewLink, OpenFile, Terms};
pub(crate) use people::random;
pub use people::{NotAllowed, SignedIn};
pub(crate) use profiles::NewProfile;
pub(crate) use reading::{Moved, NewMarks};
pub(crate) use retention::enforce_regularly;
pub use rooms::{ListedMember, Members, Membership, NewRoom};
pub use schema::OpenError;
pub(crate) use schema::{Identity, database_path, lock};
pub(crate) use secrets::NewPassword;
pub use sessions::Visit;
pub(crate) use sessions::{NewSession, Opened, TokenHash};
pub(crate) use snapshot::{Snapshot, SnapshotError, adopt};

/// Told of commits by the writer, in their order.
pub trait Announcer: Send {
    /// These events are on disk now. Called before those who wait for them are answered.
    fn committed(&mut self, events: &[RoomEvent]);
    /// Everyone who waited for the commit has been answered.
    fn answered(&mut self) {}
}

impl<F: FnMut(&[RoomEvent]) + Send> Announcer for F {
    fn committed(&mut self, events: &[RoomEvent]) {
        self(events);
    }
}

/// The open database. Clones share it.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    identity: Identity,
    writer: writer::Writer,
    readers: readers::Readers,
}

/// By what a folder of uploads knows its database. No two have the same, not even a backup and what it was made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UploadsOwner(Uuid);

impl UploadsOwner {
    pub(crate) const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }

    fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }
}

impl fmt::Display for UploadsOwner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A message to be appended to a room's log.
#[derive(Debug, Clone)]
pub struct NewMessage {
    pub room: RoomId,
    pub person: Person,
    /// Unique per room and person, for good.
    pub transaction_id: TransactionId,
    pub text: String,
    /// Finished files, in the sender's order.
    pub attachments: Vec<FileId>,
    pub at_ms: TimestampMs,
}

/// A message's place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The event as it is stored; of a repeat, the original.
    pub event: RoomEvent,
    /// It was there already.
    pub repeated: bool,
}

/// Why the store did not do what it was asked to. Nothing of it was stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(transparent)]
    NewName(#[from] NewNameError),
    #[error("this name is taken")]
    NameTaken,
    #[error("this name looks like {like}, which is taken")]
    NameLooksTaken { like: String },
    #[error("this session token is another person's")]
    TokenTaken,
    #[error("a room of this name exists")]
    RoomNameTaken,
    #[error("the room's name looks like {like}, which exists")]
    RoomNameLooksTaken { like: String },
    #[error("there is no such room")]
    RoomNotFound,
    #[error("only members of the room may do this")]
    NotAMember,
    #[error("nobody can leave the lobby")]
    CannotLeave,
    #[error("this transaction id was used for another message")]
    TransactionConflict,
    #[error("there is no such file")]
    FileNotFound,
    #[error("there is no such upload")]
    UploadNotFound,
    #[error("this upload id was used for another file")]
    UploadConflict,
    #[error("this person has too many unfinished uploads")]
    TooManyUploads,
    #[error("no account has this name and password")]
    WrongCredentials,
    #[error("the account asks for its current code")]
    SecondFactorNeeded,
    #[error("the server takes nobody in this way")]
    RegistrationClosed,
    #[error("the invitation is not, or no longer, valid")]
    InvitationInvalid,
    #[error("there is no such person")]
    PersonNotFound,
    #[error("there is no such {0}")]
    NotFound(&'static str),
    #[error("not allowed: {0:?}")]
    NotAllowed(NotAllowed),
    #[error("the person is banned from this room")]
    Banned,
    #[error("the room is archived")]
    RoomArchived,
    #[error("everyone else in the direct room is gone")]
    NobodyElse,
    /// Nothing changed; the text is for the peer.
    #[error("{0}")]
    Invalid(&'static str),
    #[error("there may be {max} {what} at most")]
    QuotaExceeded { what: &'static str, max: u64 },
    #[error("the disk is full")]
    Full,
    #[error("the store is closed")]
    Closed,
    #[error("the database failed: {0}")]
    Sqlite(#[source] rusqlite::Error),
}

impl StoreError {
    /// One person's files would take more than `max` bytes.
    pub(crate) fn too_many_file_bytes(max: u64) -> Self {
        Self::QuotaExceeded {
            what: "bytes of files of one person",
            max,
        }
    }

    /// Whether the database failed, rather than refused.
    fn is_failure(&self) -> bool {
        matches!(self, Self::Full | Self::Sqlite(_))
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull) {
            Self::Full
        } else {
            Self::Sqlite(error)
        }
    }
}

impl Store {
    /// Opens `chinwag.db` in `data_dir`, making both where they are missing, and starts the store's threads.
    /// One process at a time may have it open.
    pub fn open(
        data_dir: &Path,
        metrics: Arc<Metrics>,
        announcer: Box<dyn Announcer>,
    ) -> Result<Self, OpenError> {
        Self::open_keeping_free(data_dir, space::FREE_BYTES_MIN, metrics, announcer)
    }

    /// As [`Self::open`], but what to keep free of the disk is up to the caller.
    fn open_keeping_free(
        data_dir: &Path,
        free_bytes_min: u64,
        metrics: Arc<Metrics>,
        announcer: Box<dyn Announcer>,
    ) -> Result<Self, OpenError> {
        let schema::Opened {
            connection,
            path,
            lock,
            identity,
        } = schema::open(data_dir)?;
        let checkpoints = checkpoint::start(&path)?;
        let readers = readers::Readers::start(&path)?;
        let space = space::Space::new(data_dir, free_bytes_min);
        let writer = writer::Writer::start(writer::Parts {
            connection,
            checkpoints,
            space,
            metrics,
            announcer,
            _lock: lock,
        })?;
        Ok(Self {
            inner: Arc::new(Inner {
                identity,
                writer,
                readers,
            }),
        })
    }

    /// The life of this database; sequences of another are not comparable.
    pub fn epoch(&self) -> Epoch {
        self.inner.identity.epoch
    }

    /// The room that everyone is in.
    pub fn lobby(&self) -> RoomId {
        self.inner.identity.lobby
    }

    /// Whose the folder of uploads must be.
    pub(crate) fn uploads_owner(&self) -> UploadsOwner {
        self.inner.identity.uploads_owner
    }

    /// As [`Self::queue_message`]; the future is ready when the message is on disk, and dropping it does not take
    /// the message back.
    pub fn append_message(
        &self,
        message: NewMessage,
    ) -> impl Future<Output = Result<Appended, StoreError>> + Send + use<> {
        let (sender, receiver) = oneshot::channel();
        self.queue_message(message, move |result| {
            // Who no longer waits needs no answer.
            let _ = sender.send(result);
        });
        answer(receiver)
    }

    /// Queues the message at the call, so that the order of calls is the order in the log. `then` is called on the
    /// writer's thread once the message is on disk or refused, and must not wait for anything.
    pub fn queue_message<F>(&self, message: NewMessage, then: F)
    where
        F: FnOnce(Result<Appended, StoreError>) + Send + 'static,
    {
        let lobby = self.lobby();
        let append = move |db: &rusqlite::Connection| {
            let appended = log::append_message(db, lobby, message)?;
            let new = if appended.repeated {
                Vec::new()
            } else {
                vec![appended.event.clone()]
            };
            Ok((appended, new))
        };
        self.inner
            .writer
            .submit(writer::Guard::ChecksFirst, append, then);
    }

    /// Whether the database can be read.
    pub async fn check(&self) -> Result<(), StoreError> {
        let lobby = self.lobby();
        self.read(move |db| log::page_before(db, lobby, None, 1).map(|_| ()))
            .await
    }

    /// The events from `from` on, ascending: at most `limit`, and fewer where they are large.
    pub async fn read_page(
        &self,
        room: RoomId,
        from: Sequence,
        limit: u32,
    ) -> Result<Vec<RoomEvent>, StoreError> {
        self.read(move |db| log::page_from(db, room, from, limit))
            .await
    }

    /// The last events before `before`, or of all, ascending: at most `limit`, and fewer where they are large.
    pub async fn page_before(
        &self,
        room: RoomId,
        before: Option<Sequence>,
        limit: u32,
    ) -> Result<Vec<RoomEvent>, StoreError> {
        self.read(move |db| log::page_before(db, room, before, limit))
            .await
    }

    /// Commits what is queued and ends the writer, for every clone. Later writes get [`StoreError::Closed`].
    pub async fn close(self) {
        // Refused only where the writer has already ended.
        let _ = self.inner.writer.stop().await;
    }

    /// Queues `operation` for the writer at the call; it gives the answer and the events to announce.
    fn write<T, F>(
        &self,
        operation: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> Result<(T, Vec<RoomEvent>), StoreError>
            + Send
            + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        self.inner
            .writer
            .submit(writer::Guard::Savepoint, operation, move |result| {
                // Who no longer waits needs no answer.
                let _ = sender.send(result);
            });
        answer(receiver)
    }

    /// Runs `operation` on a reader.
    fn read<T, F>(
        &self,
        operation: F,
    ) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, F>
    where
        T: Send + 'static,
        F: FnOnce(&rusqlite::Connection) -> Result<T, StoreError> + Send + 'static,
    {
        answer(self.inner.readers.submit(operation))
    }
}

/// A job that was dropped unanswered met a closed store.
async fn answer<T>(receiver: oneshot::Receiver<Result<T, StoreError>>) -> Result<T, StoreError> {
    receiver.await.unwrap_or(Err(StoreError::Closed))
}

/// Reads what several statements ask for as of the same moment.
fn at_one_moment<T>(
    db: &rusqlite::Connection,
    read: impl FnOnce(&rusqlite::Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let moment = db.unchecked_transaction()?;
    let result = read(&moment);
    moment.commit()?;
    result
}

/// A counter as SQLite's signed integers hold it; none comes near their end.
fn to_integer(counter: u64) -> i64 {
    i64::try_from(counter).unwrap_or(i64::MAX)
}

/// A counter that [`to_integer`] stored.
fn counter(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let integer: i64 = row.get(column)?;
    u64::try_from(integer).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, integer))
}

/// One of an enum's values, kept under its name on the wire; a name of a newer version is `Unknown`.
fn named<T: serde::de::DeserializeOwned>(
    row: &rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<T> {
    let name: String = row.get(column)?;
    serde_json::from_value(serde_json::Value::String(name)).map_err(|error| {
        let text = rusqlite::types::Type::Text;
        rusqlite::Error::FromSqlConversionFailure(column, text, error.into())
    })
}
