//! The writer: one thread that runs every queued job in a savepoint of one transaction, commits once, announces the
//! new events and answers all. A job that fails rolls back alone; a commit that fails ends the process.

use std::sync::mpsc;

use rusqlite::{Connection, ffi};
use shared::RoomEvent;
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::{OnCommit, StoreError};

/// A bound on what one commit makes the first of its jobs wait for.
const BATCH_JOBS_MAX: usize = 512;

pub(super) struct Writer {
    queue: mpsc::Sender<Command>,
}

enum Command {
    Run(Job),
    Stop(oneshot::Sender<()>),
}

/// Runs in its savepoint, or learns why it cannot, and says how it went.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Done + Send>;
/// Answers who waits. The argument is the error that befell the whole batch, if one did.
type Answer = Box<dyn FnOnce(Option<StoreError>) + Send>;

struct Done {
    /// Why it failed, if it did.
    cause: Option<ffi::Error>,
    events: Vec<RoomEvent>,
    answer: Answer,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        checkpoints: Checkpoints,
        on_commit: OnCommit,
    ) -> std::io::Result<Self> {
        let (queue, commands) = mpsc::channel();
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(connection, &commands, checkpoints, on_commit))?;
        Ok(Self { queue })
    }

    /// Queues the operation now. The receiver fails where the writer has ended.
    pub(super) fn submit<T, F>(&self, operation: F) -> oneshot::Receiver<Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<(T, Vec<RoomEvent>), StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job = Box::new(move |db: Result<&Connection, StoreError>| {
            let (result, events) = match db.and_then(operation) {
                Ok((value, events)) => (Ok(value), events),
                Err(error) => (Err(error), Vec::new()),
            };
            Done {
                cause: result.as_ref().err().map(cause),
                events,
                answer: Box::new(move |failure| {
                    // Who no longer waits needs no answer.
                    let _ = sender.send(result.and_then(|value| failure.map_or(Ok(value), Err)));
                }),
            }
        });
        // A job that cannot be queued is dropped with its sender, which the receiver notices.
        let _ = self.queue.send(Command::Run(job));
        receiver
    }

    /// Ready when all that was queued before is committed and the connection closed.
    pub(super) fn stop(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.queue.send(Command::Stop(sender));
        receiver
    }
}

fn run(
    connection: Connection,
    commands: &mpsc::Receiver<Command>,
    mut checkpoints: Checkpoints,
    mut on_commit: OnCommit,
) {
    let mut stopped = None;
    while stopped.is_none() {
        // Ends where every handle is gone; what was queued before has been received by then.
        let Ok(first) = commands.recv() else { break };
        let mut jobs = Vec::new();
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Run(job) => jobs.push(job),
                Command::Stop(sender) => {
                    stopped = Some(sender);
                    break;
                }
            }
            next = (jobs.len() < BATCH_JOBS_MAX)
                .then(|| commands.try_recv().ok())
                .flatten();
        }
        if !jobs.is_empty() {
            checkpoints.committed(jobs.len());
            commit_batch(&connection, jobs, &mut on_commit);
        }
    }
    drop(connection);
    if let Some(sender) = stopped {
        let _ = sender.send(());
    }
}

fn commit_batch(db: &Connection, jobs: Vec<Job>, on_commit: &mut OnCommit) {
    let mut lost = execute(db, "BEGIN IMMEDIATE")
        .err()
        .map(|e| cause(&e.into()));
    let mut answers: Vec<Answer> = Vec::with_capacity(jobs.len());
    let mut events = Vec::new();
    for job in jobs {
        // Without its transaction a job would commit by itself, piece by piece.
        let done = match lost {
            Some(cause) => job(Err(failed(cause))),
            None => run_in_savepoint(db, job),
        };
        if lost.is_none() && db.is_autocommit() {
            // Some errors (a full disk, no memory) roll the whole transaction back.
            lost = Some(done.cause.unwrap_or(ffi::Error::new(ffi::SQLITE_ABORT)));
        }
        answers.push(done.answer);
        events.extend(done.events);
    }
    if let Some(cause) = lost {
        tracing::error!(error = %cause, "a transaction was lost; nothing of it is stored");
        for answer in answers {
            answer(Some(failed(cause)));
        }
        return;
    }
    if let Err(error) = execute(db, "COMMIT") {
        abort("commit", &error);
    }
    if !events.is_empty() {
        on_commit(&events);
    }
    for answer in answers {
        answer(None);
    }
}

fn run_in_savepoint(db: &Connection, job: Job) -> Done {
    if let Err(error) = execute(db, "SAVEPOINT job") {
        return job(Err(error.into()));
    }
    let done = job(Ok(db));
    if db.is_autocommit() {
        return done;
    }
    let ended = if done.cause.is_none() {
        execute(db, "RELEASE job")
    } else {
        execute(db, "ROLLBACK TO job").and_then(|()| execute(db, "RELEASE job"))
    };
    if let Err(error) = ended {
        // A job that may be half in the transaction must not be committed with it.
        abort("end a savepoint", &error);
    }
    done
}

fn execute(db: &Connection, sql: &str) -> rusqlite::Result<()> {
    db.prepare_cached(sql)?.execute([]).map(|_| ())
}

/// SQLite's code for the error; of a refusal that is not SQLite's, a general one.
fn cause(error: &StoreError) -> ffi::Error {
    match error {
        StoreError::Full => ffi::Error::new(ffi::SQLITE_FULL),
        StoreError::Sqlite(rusqlite::Error::SqliteFailure(cause, _)) => *cause,
        StoreError::Sqlite(_)
        | StoreError::NameTaken
        | StoreError::TokenTaken
        | StoreError::RoomNameTaken
        | StoreError::RoomNotFound
        | StoreError::NotAMember
        | StoreError::CannotLeave
        | StoreError::TransactionConflict
        | StoreError::FileNotFound
        | StoreError::UploadNotFound
        | StoreError::UploadConflict
        | StoreError::TooManyUploads
        | StoreError::Closed => ffi::Error::new(ffi::SQLITE_ERROR),
    }
}

fn failed(cause: ffi::Error) -> StoreError {
    rusqlite::Error::SqliteFailure(cause, None).into()
}

/// After a failed flush nobody knows what is on disk, and trying again can report success wrongly. A new process
/// reads from the disk what is really there.
fn abort(what: &str, error: &rusqlite::Error) -> ! {
    tracing::error!(%error, "cannot {what}; ending the process");
    std::process::abort()
}
