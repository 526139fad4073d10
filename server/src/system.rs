//! What the server asks of the operating system for itself.

#[cfg(target_os = "linux")]
use std::cell::Cell;
use std::io;
use std::path::PathBuf;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// About a tenth of the weight of a thread that serves connections.
#[cfg(target_os = "linux")]
const BACKGROUND_NICENESS: i32 = 10;
/// Files that a process may open where the system sets no limit.
const FILES_MAX: usize = 1 << 20;

/// Raises the limit of open files as far as it goes, and keeps memory to the pages that are used. Best done before
/// there are threads.
pub fn prepare() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "cannot raise the limit of open files");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "cannot turn huge pages off");
    }
}

/// Has the calling thread give way to those that serve connections, where both want the same core. It is for threads
/// that read, write and hash: on a small machine many of them at once would hold up what people say.
#[cfg(target_os = "linux")]
pub(crate) fn give_way() {
    thread_local! {
        static GIVES_WAY: Cell<bool> = const { Cell::new(false) };
    }
    if !GIVES_WAY.replace(true) {
        // Linux takes "this process" for the calling thread.
        let _ = rustix::process::setpriority_process(None, BACKGROUND_NICENESS);
    }
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn give_way() {}

/// Files that this process may open.
pub fn files_max() -> usize {
    let limit = getrlimit(Resource::Nofile).current;
    limit.map_or(FILES_MAX, |files| {
        usize::try_from(files).unwrap_or(FILES_MAX)
    })
}

/// What this machine calls itself, with its domain or without.
pub fn host_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_str().ok()?.to_owned();
    (!name.is_empty()).then_some(name)
}

/// This process's program, also where its file has been replaced since.
///
/// # Errors
/// Where the system does not tell.
pub fn own_program() -> io::Result<PathBuf> {
    if cfg!(target_os = "linux") {
        Ok("/proc/self/exe".into())
    } else {
        std::env::current_exe()
    }
}
