//! The servers that are measured: ours and its peers, each started fresh in a folder of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::crowd::Dialect;
use crate::http;
use crate::options::Options;
use crate::process::{Cores, Process, free_address};

/// More than any row opens.
const CONNECTIONS_MAX: usize = 16_000;

/// A server that chat can be measured on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Chinwag,
    UWebSockets,
    Ws,
}

impl System {
    pub(crate) const PEERS: [Self; 2] = [Self::UWebSockets, Self::Ws];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chinwag => "Chinwag",
            Self::UWebSockets => "uWebSockets",
            Self::Ws => "npm ws",
        }
    }
}

/// A started server. Dropping it ends the process and removes what it stored.
pub(crate) struct Running {
    // Before the folder, so that nothing writes into it any more when it is removed.
    pub(crate) process: Process,
    _folder: TempDir,
    pub(crate) http: SocketAddr,
    /// Native TCP; only Chinwag listens there.
    pub(crate) tcp: SocketAddr,
    pub(crate) dialect: Dialect,
}

/// Starts servers.
pub(crate) struct Launcher {
    pub(crate) options: Options,
    pub(crate) cores: Option<Cores>,
    server: PathBuf,
    python: PathBuf,
}

impl Launcher {
    pub(crate) fn new(options: Options, cores: Option<Cores>) -> Result<Self> {
        Ok(Self {
            server: options.server()?,
            python: options.python()?,
            options,
            cores,
        })
    }

    /// Starts servers on the load's core, where something else is measured.
    pub(crate) fn on_load(&self) -> Self {
        Self {
            options: self.options.clone(),
            cores: None,
            server: self.server.clone(),
            python: self.python.clone(),
        }
    }

    /// An empty folder on the disk that is measured.
    pub(crate) fn folder(&self) -> Result<TempDir> {
        let builder = || {
            let mut builder = tempfile::Builder::new();
            builder.prefix("chinwag-bench-");
            builder
        };
        Ok(match &self.options.scratch {
            Some(scratch) => {
                std::fs::create_dir_all(scratch)?;
                builder().tempdir_in(scratch)?
            }
            None => builder().tempdir()?,
        })
    }

    /// Ours, with an empty database, answering at both ports.
    pub(crate) fn chinwag(&self) -> Result<Running> {
        self.chinwag_with(&[])
    }

    /// The same with further arguments.
    pub(crate) fn chinwag_with(&self, arguments: &[&str]) -> Result<Running> {
        let mut running = self.spawned(arguments)?;
        let started = Instant::now();
        while !http::is_healthy(running.http) {
            running.process.check(started)?;
        }
        Ok(running)
    }

    /// Ours, just spawned.
    pub(crate) fn chinwag_starting(&self) -> Result<Running> {
        self.spawned(&[])
    }

    fn spawned(&self, arguments: &[&str]) -> Result<Running> {
        let folder = self.folder()?;
        let (http, tcp) = (free_address()?, free_address()?);
        let mut command = Command::new(&self.server);
        command
            .args(["--http", &http.to_string(), "--tcp", &tcp.to_string()])
            .args(["--connections-max", &CONNECTIONS_MAX.to_string()])
            .args(["--guests", "on"])
            // Far from any limit, but what counts for it is at work.
            .args(["--rate-limit", "1000000"])
            .args(arguments)
            .arg("--data-dir")
            .arg(folder.path())
            .env("CHINWAG_LOG", "warn")
            .current_dir(folder.path());
        Ok(Running {
            process: self.start(&mut command, folder.path())?,
            _folder: folder,
            http,
            tcp,
            dialect: Dialect::Chinwag,
        })
    }

    /// Any of them, ready.
    pub(crate) fn launch(&self, system: System) -> Result<Running> {
        let (program, script) = match system {
            System::Chinwag => return self.chinwag(),
            System::UWebSockets => (self.python.as_path(), "uws.py"),
            System::Ws => (Path::new("node"), "ws.js"),
        };
        let folder = self.folder()?;
        let http = free_address()?;
        let mut command = Command::new(program);
        command
            .arg(peer_folder().join(script))
            .arg(http.port().to_string());
        let mut process = self.start(&mut command, folder.path())?;
        process.await_port(http)?;
        Ok(Running {
            process,
            _folder: folder,
            http,
            tcp: http,
            dialect: Dialect::Plain,
        })
    }

    /// nginx with the folder `files` below its own to serve from and to put into; one process.
    pub(crate) fn nginx(&self) -> Result<Running> {
        let folder = self.folder()?;
        let http = free_address()?;
        let root = folder.path().join("files");
        std::fs::create_dir(&root)?;
        let place = folder.path().display();
        let config = format!(
            "daemon off; master_process off; pid {place}/pid; error_log stderr;
             events {{ worker_connections 256; }}
             http {{
               access_log off; sendfile on; tcp_nopush on;
               client_max_body_size 0; client_body_temp_path {place}/bodies;
               proxy_temp_path {place}/p; fastcgi_temp_path {place}/f; scgi_temp_path {place}/s;
               uwsgi_temp_path {place}/u;
               server {{ listen {http}; root {root}; location / {{ dav_methods PUT DELETE; }} }}
             }}",
            root = root.display(),
        );
        let config_path = folder.path().join("nginx.conf");
        std::fs::write(&config_path, config)?;
        let mut command = Command::new("nginx");
        command
            .arg("-c")
            .arg(&config_path)
            .arg("-p")
            .arg(folder.path());
        let mut process = self.start(&mut command, folder.path())?;
        process.await_port(http)?;
        Ok(Running {
            process,
            _folder: folder,
            http,
            tcp: http,
            dialect: Dialect::Plain,
        })
    }

    /// How large the server's program is, the page in it included.
    pub(crate) fn program_bytes(&self) -> Result<u64> {
        Ok(std::fs::metadata(&self.server)?.len())
    }

    fn start(&self, command: &mut Command, folder: &Path) -> Result<Process> {
        Process::start(command, self.cores, &folder.join("output.log"))
    }

    /// The peers that can be had here, in one order. Each that cannot is named on standard error.
    pub(crate) fn chat_peers(&self) -> Vec<System> {
        let mut peers = System::PEERS.to_vec();
        peers
            .retain(|peer| !self.options.alone && self.can_be_had(peer.name(), self.launch(*peer)));
        peers
    }

    /// Whether nginx is to be measured.
    pub(crate) fn has_nginx(&self) -> bool {
        !self.options.alone && self.can_be_had("nginx", self.nginx())
    }

    fn can_be_had(&self, name: &str, started: Result<Running>) -> bool {
        match started {
            Ok(_) => true,
            Err(error) => {
                eprintln!(
                    "{name} is not compared with; `cargo xtask bench --peers` installs it ({error:#})"
                );
                false
            }
        }
    }
}

/// Where the peers' programs lie in the checkout that this program was built from.
fn peer_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// A system that was named by someone who knows that it can be had.
pub(crate) fn launched(launcher: &Launcher, system: System) -> Result<Running> {
    launcher
        .launch(system)
        .with_context(|| format!("starting {}", system.name()))
}
