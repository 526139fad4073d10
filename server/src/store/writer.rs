//! The writer: one thread that runs every queued job in a savepoint of one transaction, commits once, announces the
//! new events and answers all. A job that fails rolls back alone; a commit that fails ends the process.

use std::sync::{Arc, mpsc};
use std::time::Instant;

use rusqlite::{Connection, ffi};
use shared::RoomEvent;
use tokio::sync::oneshot;

use super::checkpoint::Checkpoints;
use super::space::Space;
use super::{Announcer, StoreError};
use crate::lock::Lock;
use crate::metrics::Metrics;

/// A bound on what one commit makes the first of its jobs wait for.
const BATCH_JOBS_MAX: usize = 512;

pub(super) struct Writer {
    queue: mpsc::Sender<Command>,
}

/// What the writer's thread works with.
pub(super) struct Parts {
    pub(super) connection: Connection,
    pub(super) checkpoints: Checkpoints,
    pub(super) space: Space,
    pub(super) metrics: Arc<Metrics>,
    pub(super) announcer: Box<dyn Announcer>,
    /// Keeps other processes out until the writer has ended.
    pub(super) _lock: Lock,
}

/// What keeps a job that fails from being committed by halves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// A savepoint, which costs as much as a small job.
    Savepoint,
    /// The job refuses before it changes anything. Where the database fails it later, the whole batch is lost.
    ChecksFirst,
}

enum Command {
    Run(Job),
    Stop(oneshot::Sender<()>),
}

struct Job {
    guard: Guard,
    run: Operation,
}

/// Runs under its guard, or learns why it cannot, and says how it went.
type Operation = Box<dyn FnOnce(Result<&Connection, StoreError>) -> Done + Send>;
/// Answers who waits. The argument is the error that befell the whole batch, if one did.
type Answer = Box<dyn FnOnce(Option<StoreError>) + Send>;

struct Done {
    /// Why it failed, if it did.
    cause: Option<ffi::Error>,
    /// The database failed it, rather than refused it.
    is_failure: bool,
    events: Vec<RoomEvent>,
    answer: Answer,
}

impl Writer {
    pub(super) fn start(parts: Parts) -> std::io::Result<Self> {
        let (queue, commands) = mpsc::channel();
        std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || run(parts, &commands))?;
        Ok(Self { queue })
    }

    /// Queues the operation now. `then` is called on the writer's thread when it is on disk, or refused.
    pub(super) fn submit<T, F, A>(&self, guard: Guard, operation: F, then: A)
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<(T, Vec<RoomEvent>), StoreError> + Send + 'static,
        A: FnOnce(Result<T, StoreError>) + Send + 'static,
    {
        let run: Operation = Box::new(move |db: Result<&Connection, StoreError>| {
            let (result, events) = match db.and_then(operation) {
                Ok((value, events)) => (Ok(value), events),
                Err(error) => (Err(error), Vec::new()),
            };
            Done {
                cause: result.as_ref().err().map(cause),
                is_failure: result.as_ref().is_err_and(StoreError::is_failure),
                events,
                answer: Box::new(move |failure| {
                    then(result.and_then(|value| failure.map_or(Ok(value), Err)));
                }),
            }
        });
        let command = Command::Run(Job { guard, run });
        if let Err(mpsc::SendError(Command::Run(job))) = self.queue.send(command) {
            refuse([job], || StoreError::Closed);
        }
    }

    /// Ready when all that was queued before is committed and the connection closed.
    pub(super) fn stop(&self) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let _ = self.queue.send(Command::Stop(sender));
        receiver
    }
}

fn run(mut parts: Parts, commands: &mpsc::Receiver<Command>) {
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
        if jobs.is_empty() {
            continue;
        }
        if parts.space.is_low() {
            refuse(jobs, || StoreError::Full);
        } else {
            parts.checkpoints.committed(jobs.len());
            commit_batch(&mut parts, jobs);
        }
    }
    drop(parts);
    for command in commands.try_iter() {
        match command {
            Command::Run(job) => refuse([job], || StoreError::Closed),
            // Dropping the sender answers it.
            Command::Stop(_) => {}
        }
    }
    if let Some(sender) = stopped {
        let _ = sender.send(());
    }
}

/// Answers the jobs without running them.
fn refuse(jobs: impl IntoIterator<Item = Job>, error: impl Fn() -> StoreError) {
    for job in jobs {
        ((job.run)(Err(error())).answer)(None);
    }
}

fn commit_batch(parts: &mut Parts, jobs: Vec<Job>) {
    let db = &parts.connection;
    let started = Instant::now();
    let mut lost = execute(db, "BEGIN IMMEDIATE")
        .err()
        .map(|e| cause(&e.into()));
    let mut answers: Vec<Answer> = Vec::with_capacity(jobs.len());
    let mut events = Vec::new();
    for job in jobs {
        // Without its transaction a job would commit by itself, piece by piece.
        let done = match (lost, job.guard) {
            (Some(cause), _) => (job.run)(Err(failed(cause))),
            (None, Guard::Savepoint) => run_in_savepoint(db, job.run),
            (None, Guard::ChecksFirst) => (job.run)(Ok(db)),
        };
        let is_half_done = job.guard == Guard::ChecksFirst && done.is_failure;
        if lost.is_none() && (is_half_done || db.is_autocommit()) {
            // Some errors (a full disk, no memory) roll the whole transaction back.
            lost = Some(done.cause.unwrap_or(ffi::Error::new(ffi::SQLITE_ABORT)));
        }
        answers.push(done.answer);
        events.extend(done.events);
    }
    if lost.is_none()
        && let Err(error) = execute(db, "COMMIT")
    {
        if error.sqlite_error_code() != Some(rusqlite::ErrorCode::DiskFull) {
            abort("commit", &error);
        }
        // Nothing was flushed yet, so it is certain that nothing of it is stored.
        lost = Some(ffi::Error::new(ffi::SQLITE_FULL));
    }
    if let Some(cause) = lost {
        if !db.is_autocommit()
            && let Err(error) = execute(db, "ROLLBACK")
        {
            abort("roll back", &error);
        }
        tracing::error!(error = %cause, "a transaction was lost; nothing of it is stored");
        for answer in answers {
            answer(Some(failed(cause)));
        }
        return;
    }
    parts
        .metrics
        .committed(answers.len(), events.len(), started.elapsed());
    if !events.is_empty() {
        parts.announcer.committed(&events);
    }
    for answer in answers {
        answer(None);
    }
    parts.announcer.answered();
}

fn run_in_savepoint(db: &Connection, job: Operation) -> Done {
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
        _refusal => ffi::Error::new(ffi::SQLITE_ERROR),
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
