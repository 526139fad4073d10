//! What the process that draws may use. The limits are set before it reads a byte of the image.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Resource, Rlimit, setpriority_process, setrlimit};
use shared::http::ThumbnailBox;

use super::{COMMAND, CONFINED};
use crate::system;

/// For the program, the file and [`super::draw::PIXELS_MAX`] of eight bytes each.
const MEMORY_BYTES_MAX: u64 = 640 << 20;
/// Ten times what the largest image takes.
const CPU_SECONDS_MAX: u64 = 10;
/// Nothing on the machine gives way more willingly.
const NICENESS: i32 = 19;

/// Limits memory and time, then replaces this process by the program anew: its allocator has reserved memory already,
/// which a limit that comes after it does not count.
pub(super) fn start_anew(fits: ThumbnailBox) -> io::Result<()> {
    limit(Resource::As, MEMORY_BYTES_MAX)?;
    limit(Resource::Cpu, CPU_SECONDS_MAX)?;
    limit(Resource::Core, 0)?;
    // A machine that runs out of memory all the same ends this process first.
    #[cfg(target_os = "linux")]
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    setpriority_process(None, NICENESS)?;
    let program = system::own_program()?;
    let pixels = fits.pixels().to_string();
    Err(Command::new(program)
        .args([COMMAND, &pixels, CONFINED])
        .env_clear()
        .exec())
}

/// From here on nothing can be opened, written or started.
pub(super) fn close_doors() -> io::Result<()> {
    limit(Resource::Nofile, 0)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Nproc, 0)
}

fn limit(resource: Resource, max: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(max),
        maximum: Some(max),
    };
    Ok(setrlimit(resource, limit)?)
}
