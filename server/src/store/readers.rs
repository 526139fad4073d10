//! Reader threads with read-only connections of their own; they see what is committed.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use rusqlite::{Connection, OpenFlags};
use tokio::sync::oneshot;

use super::{OpenError, StoreError};

const READERS: usize = 2;

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// Dropping it ends the threads.
pub(super) struct Readers {
    queue: mpsc::Sender<Job>,
}

impl Readers {
    pub(super) fn start(path: &Path) -> Result<Self, OpenError> {
        let (queue, jobs) = mpsc::channel::<Job>();
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..READERS {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.set_prepared_statement_cache_capacity(32);
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(format!("store-reader-{number}"))
                .spawn(move || {
                    loop {
                        // Held while waiting: the other reader waits for the lock instead of for a job.
                        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
                        let Ok(job) = job else { break };
                        job(&connection);
                    }
                })?;
        }
        Ok(Self { queue })
    }

    pub(super) fn submit<T, F>(&self, operation: F) -> oneshot::Receiver<Result<T, StoreError>>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        // A job that cannot be queued is dropped with its sender, which the receiver notices.
        let _ = self.queue.send(Box::new(move |db| {
            let _ = sender.send(operation(db));
        }));
        receiver
    }
}
