//! The processes that are measured: started on a core of their own, read from `/proc`, ended and awaited.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// A process that is asked to end has this long to do so.
const END_TIMEOUT: Duration = Duration::from_secs(15);
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Which processor cores the two sides have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cores {
    server: usize,
    load: usize,
}

impl Cores {
    /// The first core is for the server and the last one for the load; `None` where there is only one.
    pub(crate) fn find() -> Result<Option<Self>> {
        let allowed = sched_getaffinity(None)?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        Ok(match (cores.next(), cores.next_back()) {
            (Some(server), Some(load)) => Some(Self { server, load }),
            (_, _) => None,
        })
    }

    /// Keeps this thread, and the threads and processes that it starts from now on, on the load's core.
    pub(crate) fn stay_on_load(self) -> Result<()> {
        stay_on(self.load)
    }
}

fn stay_on(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    Ok(sched_setaffinity(None, &set)?)
}

/// A running server of any kind. Dropping it ends it.
pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts it on the server's core; what it prints goes into `log`.
    pub(crate) fn start(command: &mut Command, cores: Option<Cores>, log: &Path) -> Result<Self> {
        let output = File::create(log)?;
        command
            .stdin(Stdio::null())
            .stdout(output.try_clone()?)
            .stderr(output);
        if let Some(cores) = cores {
            // A process starts on the cores of the thread that starts it.
            stay_on(cores.server)?;
        }
        let child = command.spawn();
        if let Some(cores) = cores {
            cores.stay_on_load()?;
        }
        let program = command.get_program().to_string_lossy().into_owned();
        let child = child.with_context(|| format!("cannot start {program}"))?;
        Ok(Self {
            child,
            log: log.to_owned(),
        })
    }

    /// Waits until it accepts connections there.
    pub(crate) fn await_port(&mut self, address: SocketAddr) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            self.check(started)?;
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }

    /// Fails where it has ended or takes too long to start.
    pub(crate) fn check(&mut self, started: Instant) -> Result<()> {
        let ended = self.child.try_wait()?;
        if ended.is_some() || started.elapsed() > START_TIMEOUT {
            let said = fs::read_to_string(&self.log).unwrap_or_default();
            bail!("it does not start; it said:\n{said}");
        }
        Ok(())
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Processor time it has used, in user and kernel together; a hundredth of a second exact.
    pub(crate) fn cpu(&self) -> Result<Duration> {
        cpu_of(self.child.id())
    }

    /// Bytes of memory that it has now.
    pub(crate) fn resident_bytes(&self) -> Result<u64> {
        self.status("VmRSS")
    }

    /// Bytes of memory that it had at most since [`Self::forget_peak`].
    pub(crate) fn peak_bytes(&self) -> Result<u64> {
        self.status("VmHWM")
    }

    pub(crate) fn forget_peak(&self) -> Result<()> {
        let path = format!("/proc/{}/clear_refs", self.child.id());
        fs::write(&path, "5").with_context(|| format!("writing to {path}"))
    }

    fn status(&self, field: &str) -> Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        status_bytes(&text, field).with_context(|| format!("{path} has no {field}"))
    }

    /// Asks it to end and waits until it has.
    pub(crate) fn end(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        if let Some(pid) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            kill_process(pid, Signal::TERM)?;
        }
        let asked = Instant::now();
        while self.child.try_wait()?.is_none() {
            if asked.elapsed() > END_TIMEOUT {
                self.child.kill()?;
                self.child.wait()?;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Err(error) = self.end() {
            eprintln!("could not end process {}: {error}", self.child.id());
        }
    }
}

/// Processor time of a process.
pub(crate) fn cpu_of(pid: u32) -> Result<Duration> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let ticks = stat_ticks(&text).with_context(|| format!("{path} is not as expected"))?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

/// Processor time that everything on this machine has used, and that other machines took from it.
pub(crate) fn cpu_of_all() -> Result<Duration> {
    let path = "/proc/stat";
    let text = fs::read_to_string(path).with_context(|| format!("reading {path}"))?;
    let ticks = all_ticks(&text).with_context(|| format!("{path} is not as expected"))?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_secs_f64(ticks as f64 / per_second as f64))
}

/// Of the first line: all but `idle` and `iowait`, fields 4 and 5, and `guest`, which `user` holds already (proc(5)).
fn all_ticks(stat: &str) -> Option<u64> {
    let fields = stat
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace();
    let fields: Vec<u64> = fields.map(str::parse).collect::<Result<_, _>>().ok()?;
    let busy = fields.get(..3)?.iter().chain(fields.get(5..8)?);
    Some(busy.sum())
}

/// `utime` and `stime`, fields 14 and 15; the name in field 2 may hold spaces and brackets (proc(5)).
fn stat_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ').skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// A line like `VmRSS:     1234 kB` (proc(5)).
fn status_bytes(status: &str, field: &str) -> Option<u64> {
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// A port of the loopback interface that nobody uses.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processor_time_is_found_behind_a_strange_name() {
        let stat = "42 (a) b (c)) S 1 42 42 0 -1 4194304 100 0 0 0 250 17 0 0 20 0 1 0 99";
        assert_eq!(stat_ticks(stat), Some(267));
        assert_eq!(stat_ticks("42 (x) S 1"), None);
    }

    #[test]
    fn the_whole_machine_is_not_its_idle_time() {
        let stat = "cpu  10 2 30 4000 500 6 7 80 9 0\ncpu0 1 2 3 4 5 6 7 8 9 0\n";
        assert_eq!(all_ticks(stat), Some(10 + 2 + 30 + 6 + 7 + 80));
        assert_eq!(all_ticks("cpu0 1 2 3"), None);
    }

    #[test]
    fn memory_is_read_in_bytes() {
        let status = "VmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(status_bytes(status, "VmRSS"), Some(1024 * 1024));
        assert_eq!(status_bytes(status, "Vm"), None);
    }

    #[test]
    fn a_process_is_measured_and_ended() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        let log = folder.path().join("log");
        let mut process = Process::start(command.arg("60"), None, &log).unwrap();
        assert!(process.resident_bytes().unwrap() > 0);
        assert!(process.cpu().unwrap() < Duration::from_secs(1));
        process.end().unwrap();
        assert!(process.check(Instant::now()).is_err(), "it has ended");
    }
}
