//! A bounded number of blocking jobs at once, so that no transfer holds up the runtime and a thousand transfers do
//! not make a thousand threads.

use std::io;
use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::system;

/// More would not make a disk faster, and each may hold a piece of a file in memory.
const JOBS_MAX: usize = 16;

/// Clones share the bound.
#[derive(Clone)]
pub(crate) struct Disk {
    places: Arc<Semaphore>,
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            places: Arc::new(Semaphore::new(JOBS_MAX)),
        }
    }
}

impl Disk {
    /// Starts the job once there is a place for it. Dropping the handle does not stop it.
    pub(crate) async fn start<T, F>(&self, job: F) -> JoinHandle<T>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        // The semaphore is never closed; without a place the job would only be less bounded.
        let place = self.places.clone().acquire_owned().await.ok();
        spawn_blocking(move || {
            let _place = place;
            system::give_way();
            job()
        })
    }

    /// Runs the job to its end.
    pub(crate) async fn run<T, F>(&self, job: F) -> io::Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> io::Result<T> + Send + 'static,
    {
        // It fails only where the runtime stops.
        self.start(job).await.await.map_err(io::Error::other)?
    }
}
