//! What the server is told: by flags, else by environment variables, else by a file, else by defaults.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Parser as _;
use serde::Deserialize;
use shared::account::Registration;
use shared::limits::Limits;

use crate::admin::Command;
use crate::system;

mod entry;
mod error;
mod rate_limit;
mod settings;
mod site;
mod tls;
mod within;

pub use error::ConfigError;
pub use rate_limit::RateLimit;
use settings::{Settings, connections_possible, read};
pub use site::{FilesUrl, Origin, PublicUrl};
pub(crate) use site::{Host, Scheme, authority_of};
pub use tls::{Acme, CertificateFiles, TlsSource};
use within::Within;

/// What this process is told to do.
#[derive(Debug, Clone)]
pub struct Invocation {
    pub config: Config,
    /// To serve, where there is none.
    pub command: Option<Command>,
}

/// All that the server is told, checked and complete.
#[derive(Debug, Clone)]
pub struct Config {
    /// Address for browsers.
    pub http: SocketAddr,
    /// Address for native clients.
    pub tcp: SocketAddr,
    /// Folder of the database; created where it is missing.
    pub data_dir: PathBuf,
    /// Folder of uploaded files; created where it is missing.
    pub uploads_dir: PathBuf,
    /// What people call this server.
    pub name: String,
    /// Where browsers find it, where that does not follow from `http`.
    pub public_url: Option<PublicUrl>,
    /// Where links to files lead, on a host that means nothing else.
    pub files_url: Option<FilesUrl>,
    /// Further origins of this server's page, as browsers see it.
    pub allow_origins: Vec<Origin>,
    /// Whether both ports speak TLS, and with which certificate.
    pub tls: TlsSource,
    /// Connections, of both kinds together, above which new ones are refused.
    pub connections_max: usize,
    /// Connections from one address (of IPv6, one /64 network) above which new ones are refused.
    pub connections_per_address_max: usize,
    /// This machine is no address of which connections and requests are counted.
    pub loopback_is_exempt: bool,
    /// How much one person or address may ask for.
    pub rate_limit: RateLimit,
    /// Who may make an account; where it is left out, as it was before.
    pub registration: Option<Registration>,
    /// Whether a name is enough to come in; likewise.
    pub guests: Option<bool>,
    /// How long an address is good by which a browser fetches a file for members from the files' host.
    pub pass_life_ms: u64,
    /// Whether `/metrics` answers others than this machine.
    pub metrics_for_all: bool,
    /// What clients are held to.
    pub limits: Limits,
    /// Whether to draw the server's address as QR code at start; where it is left out, on a terminal.
    pub qr_code: Option<bool>,
    /// How the log is written.
    pub log_format: LogFormat,
    /// The program that draws thumbnails, which is this one; without it there are none.
    pub thumbnailer: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Settings::default().complete(1024)
    }
}

/// How the log is written, on standard error.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// A JSON object on each line.
    Json,
}

/// Team chat with file sharing that you run yourself.
#[derive(Debug, clap::Parser)]
#[command(name = "chinwag-server", version)]
struct Arguments {
    /// A TOML file with these settings, named like the flags with _ for -
    #[arg(long, env = "CHINWAG_CONFIG", value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Option<Command>,
}

impl Invocation {
    /// From this process's arguments and environment, and the file that they name.
    ///
    /// # Errors
    /// Where any of them is wrong, or asks for more than the process may have. Asking for help counts as one.
    pub fn from_environment() -> Result<Self, ConfigError> {
        let Arguments {
            config,
            settings,
            command,
        } = Arguments::try_parse()?;
        let file = config.map_or_else(|| Ok(Settings::default()), |path| read(&path))?;
        let settings = settings.or(file);
        let tls = settings.tls()?;
        settings.check_files_host()?;
        let files = system::files_max();
        let possible = connections_possible(files);
        if command.is_none()
            && let Some(Within(asked)) = settings.connections_max
            && asked as usize > possible
        {
            let asked = asked as usize;
            return Err(ConfigError::TooFewFiles {
                asked,
                files,
                possible,
            });
        }
        Ok(Self {
            config: Config {
                tls,
                ..settings.complete(files)
            },
            command,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
