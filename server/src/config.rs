//! What the server is told: by flags, else by environment variables, else by a file, else by defaults.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Parser as _;
use clap::error::ErrorKind;
use serde::Deserialize;
use shared::account::Registration;
use shared::limits::{ATTACHMENTS_MAX, FILE_BYTES_MAX, Limits, TEXT_BYTES_MAX};

use crate::admin::Command;
use crate::system;

mod entry;
mod rate_limit;
mod site;
mod tls;

use entry::{Switch, WhoRegisters};
pub use rate_limit::RateLimit;
pub use site::{FilesUrl, Origin, PublicUrl};
pub(crate) use site::{Host, Scheme, authority_of};
use tls::Domain;
pub use tls::{Acme, CertificateFiles, TlsSource};

/// More files than this are kept for other things than connections: a fifth, at least as many.
const FILES_KEPT_MIN: usize = 256;
/// Connections from one address where the operator says nothing.
const PER_ADDRESS_MAX: usize = 1_000;

/// Enough for a large file to begin, and too little for an address that was passed on by mistake.
const PASS_LIFE_MS: u64 = 5 * 60 * 1000;

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

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Help or the version was asked for, or an argument is wrong.
    #[error(transparent)]
    Arguments(#[from] clap::Error),
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{}, line {line}: {key}{message}", path.display())]
    Malformed {
        path: PathBuf,
        /// From 1.
        line: usize,
        /// With a colon; empty where the line has none.
        key: String,
        message: String,
    },
    #[error(
        "connections_max is {asked}, but this process may open only {files} files, which is enough for {possible}; \
         lower it or raise the limit of open files"
    )]
    TooFewFiles {
        asked: usize,
        files: usize,
        possible: usize,
    },
    /// Of TLS.
    #[error("{0}")]
    Tls(&'static str),
    #[error(
        "files_url is on {host}, where the page is as well; files need a host of their own, such as files.{host}"
    )]
    FilesHost { host: String },
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

/// What flags, environment and file may say, each a part of it.
#[derive(Debug, Default, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    /// Address for browsers: page and WebSocket [default: 127.0.0.1:8080]
    #[arg(long, env = "CHINWAG_HTTP", value_name = "ADDRESS")]
    http: Option<SocketAddr>,
    /// Address for native clients and scripts: newline-delimited JSON [default: 127.0.0.1:7878]
    #[arg(long, env = "CHINWAG_TCP", value_name = "ADDRESS")]
    tcp: Option<SocketAddr>,
    /// Folder of the database; created where it is missing [default: data]
    #[arg(long, env = "CHINWAG_DATA_DIR", value_name = "FOLDER", global = true)]
    data_dir: Option<PathBuf>,
    /// Folder of uploaded files; created where it is missing [default: uploads]
    #[arg(
        long,
        env = "CHINWAG_UPLOADS_DIR",
        value_name = "FOLDER",
        global = true
    )]
    uploads_dir: Option<PathBuf>,
    /// What people call this server [default: Chinwag]
    #[arg(long, env = "CHINWAG_NAME")]
    name: Option<String>,
    /// Where browsers find this server, for links and as an origin; needed behind a proxy [default: the host that a client has
    /// reached, with the port of --http]
    #[arg(long, env = "CHINWAG_PUBLIC_URL", value_name = "URL", global = true)]
    public_url: Option<PublicUrl>,
    /// Serve files from this address alone, on a host that leads to this server as well and that the page does not use:
    /// what people upload is then kept apart from the page in every browser
    #[arg(long, env = "CHINWAG_FILES_URL", value_name = "URL", global = true)]
    files_url: Option<FilesUrl>,
    /// Another address by which browsers reach this server: scheme, host and port. May be given several times, in the
    /// environment with commas between. Needs none: IP addresses, localhost, this machine's NAME and NAME.local, and
    /// --public-url
    #[arg(
        long,
        env = "CHINWAG_ALLOW_ORIGIN",
        value_name = "URL",
        value_delimiter = ',',
        global = true
    )]
    allow_origin: Vec<Origin>,
    /// Speak TLS on both ports, with a certificate that the server makes for itself and keeps in --data-dir. Browsers warn
    /// of it; other clients remember its fingerprint [default: false]
    #[arg(long, env = "CHINWAG_TLS_SELF_SIGNED", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    tls_self_signed: Option<bool>,
    /// Speak TLS on both ports, with the certificate in this PEM file, the chain behind it. Read again when it changes
    #[arg(long, env = "CHINWAG_TLS_CERT", value_name = "FILE")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file as well
    #[arg(long, env = "CHINWAG_TLS_KEY", value_name = "FILE")]
    tls_key: Option<PathBuf>,
    /// Who may make an account: everyone, whoever has an invitation, or nobody. Kept until it is changed [default:
    /// invitation]
    #[arg(long, env = "CHINWAG_REGISTRATION", value_enum, value_name = "WHO")]
    registration: Option<WhoRegisters>,
    /// Whether a name is enough to come in as a guest, who can do less than others. Kept until it is changed [default:
    /// off]
    #[arg(long, env = "CHINWAG_GUESTS", value_enum, value_name = "SWITCH")]
    guests: Option<Switch>,
    /// Speak TLS on both ports, with a certificate for this name from an authority that browsers know (ACME), to the terms
    /// of which you agree. It must reach --http by the name and port 443. May be given several times, in the environment
    /// with commas between
    #[arg(
        long,
        env = "CHINWAG_ACME_DOMAIN",
        value_name = "NAME",
        value_delimiter = ','
    )]
    acme_domain: Vec<Domain>,
    /// Where the authority can tell you of troubles
    #[arg(long, env = "CHINWAG_ACME_EMAIL", value_name = "ADDRESS")]
    acme_email: Option<String>,
    /// Which authority: the address of its ACME directory [default: that of Let's Encrypt]
    #[arg(long, env = "CHINWAG_ACME_DIRECTORY", value_name = "URL")]
    acme_directory: Option<String>,
    /// A PEM file with the roots of an authority of your own, by which its directory is verified
    #[arg(long, env = "CHINWAG_ACME_CA", value_name = "FILE")]
    acme_ca: Option<PathBuf>,
    /// Connections, of both kinds together, above which new ones are refused [default: what the limit of open files
    /// allows]
    #[arg(long, env = "CHINWAG_CONNECTIONS_MAX", value_name = "NUMBER")]
    connections_max: Option<Within<1, 1_000_000>>,
    /// Connections from one address, or one IPv6 /64 network, above which new ones are refused [default: 1000, and
    /// any number from this machine]
    #[arg(
        long,
        env = "CHINWAG_CONNECTIONS_PER_ADDRESS_MAX",
        value_name = "NUMBER"
    )]
    connections_per_address_max: Option<Within<1, 1_000_000>>,
    /// How much one person or address may ask for, as a multiple of what PROTOCOL.md says, or "off" for as much as they
    /// like [default: 1]
    #[arg(long, env = "CHINWAG_RATE_LIMIT", value_name = "FACTOR")]
    rate_limit: Option<RateLimit>,
    /// Bytes of a message's text [default: 32768]
    #[arg(long, env = "CHINWAG_TEXT_BYTES_MAX", value_name = "BYTES")]
    text_bytes_max: Option<Within<1, { TEXT_BYTES_MAX as u64 }>>,
    /// Files attached to a message [default: 32]
    #[arg(long, env = "CHINWAG_ATTACHMENTS_MAX", value_name = "NUMBER")]
    attachments_max: Option<Within<0, { ATTACHMENTS_MAX as u64 }>>,
    /// Bytes of a file [default: 137438953472]
    #[arg(long, env = "CHINWAG_FILE_BYTES_MAX", value_name = "BYTES")]
    file_bytes_max: Option<Within<0, FILE_BYTES_MAX>>,
    /// Seconds of silence after which a connection is closed [default: 90]
    #[arg(long, env = "CHINWAG_SILENCE_TIMEOUT_S", value_name = "SECONDS")]
    silence_timeout_s: Option<Within<1, 86_400>>,
    /// Let others than this machine read /metrics [default: false]
    #[arg(long, env = "CHINWAG_METRICS_FOR_ALL", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    metrics_for_all: Option<bool>,
    /// Whether to draw the server's address as a QR code when it starts [default: on, on a terminal and where other
    /// devices can reach it]
    #[arg(long, env = "CHINWAG_QR_CODE", value_enum, value_name = "SWITCH")]
    qr_code: Option<Switch>,
    /// How the log is written; CHINWAG_LOG says what is, "info" or "server=debug" for example [default: text]
    #[arg(long, env = "CHINWAG_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
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

impl ConfigError {
    /// Says it as a command does, in one line, unless it is help that was asked for; returns the exit code.
    pub fn report(&self) -> i32 {
        match self {
            Self::Arguments(error) => match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
                    // Nobody is left to tell where standard output is gone.
                    let _ = error.print();
                    return 0;
                }
                _other => {
                    let text = error.to_string();
                    // Usage and tips come after an empty line.
                    let said = text.lines().take_while(|line| !line.is_empty());
                    let line = said.map(str::trim).collect::<Vec<_>>().join(" ");
                    let line = line.strip_prefix("error: ").unwrap_or(&line);
                    eprintln!("chinwag-server: {line}; --help lists the arguments");
                }
            },
            Self::Unreadable { .. }
            | Self::Malformed { .. }
            | Self::TooFewFiles { .. }
            | Self::Tls(_)
            | Self::FilesHost { .. } => {
                eprintln!("chinwag-server: {self}");
            }
        }
        2
    }
}

impl Settings {
    /// What is missing here comes from `other`.
    fn or(mut self, mut other: Self) -> Self {
        let tls = self.take_tls().or_else(|| other.take_tls());
        let tls = tls.unwrap_or_default();
        Self {
            http: self.http.or(other.http),
            tcp: self.tcp.or(other.tcp),
            data_dir: self.data_dir.or(other.data_dir),
            uploads_dir: self.uploads_dir.or(other.uploads_dir),
            name: self.name.or(other.name),
            public_url: self.public_url.or(other.public_url),
            files_url: self.files_url.or(other.files_url),
            allow_origin: if self.allow_origin.is_empty() {
                other.allow_origin
            } else {
                self.allow_origin
            },
            tls_self_signed: tls.self_signed,
            tls_cert: tls.cert,
            tls_key: tls.key,
            acme_domain: tls.acme_domain,
            acme_email: self.acme_email.or(other.acme_email),
            acme_directory: self.acme_directory.or(other.acme_directory),
            acme_ca: self.acme_ca.or(other.acme_ca),
            registration: self.registration.or(other.registration),
            guests: self.guests.or(other.guests),
            connections_max: self.connections_max.or(other.connections_max),
            connections_per_address_max: self
                .connections_per_address_max
                .or(other.connections_per_address_max),
            rate_limit: self.rate_limit.or(other.rate_limit),
            text_bytes_max: self.text_bytes_max.or(other.text_bytes_max),
            attachments_max: self.attachments_max.or(other.attachments_max),
            file_bytes_max: self.file_bytes_max.or(other.file_bytes_max),
            silence_timeout_s: self.silence_timeout_s.or(other.silence_timeout_s),
            metrics_for_all: self.metrics_for_all.or(other.metrics_for_all),
            qr_code: self.qr_code.or(other.qr_code),
            log_format: self.log_format.or(other.log_format),
        }
    }

    /// Where the page had the host of files, nothing but files would be there.
    fn check_files_host(&self) -> Result<(), ConfigError> {
        let Some(files) = &self.files_url else {
            return Ok(());
        };
        let public = self.public_url.iter().map(PublicUrl::origin);
        let mut pages = public.chain(&self.allow_origin).map(|page| &page.host);
        let local = Host::Name("localhost".to_owned());
        if pages.any(|page| page == files.host()) || *files.host() == local {
            let host = files.host().to_string();
            return Err(ConfigError::FilesHost { host });
        }
        Ok(())
    }

    /// What is missing gets its default, on a system that lets the process open so many files.
    fn complete(self, files: usize) -> Config {
        let defaults = Limits::default();
        let per_address = self.connections_per_address_max;
        Config {
            http: self
                .http
                .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 8080))),
            tcp: self.tcp.unwrap_or(SocketAddr::from(([127, 0, 0, 1], 7878))),
            data_dir: self.data_dir.unwrap_or_else(|| "data".into()),
            uploads_dir: self.uploads_dir.unwrap_or_else(|| "uploads".into()),
            name: self.name.unwrap_or_else(|| "Chinwag".to_owned()),
            public_url: self.public_url,
            files_url: self.files_url,
            allow_origins: self.allow_origin,
            tls: TlsSource::Off,
            registration: self.registration.map(Registration::from),
            guests: self.guests.map(Switch::is_on),
            connections_max: self
                .connections_max
                .map_or(connections_possible(files), Within::count),
            connections_per_address_max: per_address.map_or(PER_ADDRESS_MAX, Within::count),
            loopback_is_exempt: per_address.is_none(),
            rate_limit: self.rate_limit.unwrap_or_default(),
            pass_life_ms: PASS_LIFE_MS,
            metrics_for_all: self.metrics_for_all.unwrap_or_default(),
            limits: Limits {
                text_bytes_max: self
                    .text_bytes_max
                    .map_or(defaults.text_bytes_max, Within::count),
                attachments_max: self
                    .attachments_max
                    .map_or(defaults.attachments_max, Within::count),
                file_bytes_max: self
                    .file_bytes_max
                    .map_or(defaults.file_bytes_max, |max| max.0),
                silence_timeout_ms: self
                    .silence_timeout_s
                    .map_or(defaults.silence_timeout_ms, |seconds| seconds.0 * 1000),
            },
            qr_code: self.qr_code.map(Switch::is_on),
            log_format: self.log_format.unwrap_or_default(),
        }
    }
}

/// Connections for which there are files enough.
fn connections_possible(files: usize) -> usize {
    files.saturating_sub(FILES_KEPT_MIN.max(files / 5)).max(1)
}

fn read(path: &Path) -> Result<Settings, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    toml::from_str(&text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start).min(text.len());
        let line = text.as_bytes()[..at]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count();
        let key = text.lines().nth(line).and_then(|line| line.split_once('='));
        ConfigError::Malformed {
            path: path.to_owned(),
            line: line + 1,
            key: key
                .map(|(key, _)| format!("{}: ", key.trim()))
                .unwrap_or_default(),
            // One line of the log or terminal.
            message: error.message().replace('\n', " "),
        }
    })
}

/// A number from `MIN` to `MAX`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u64")]
struct Within<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Within<MIN, MAX> {
    fn count(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<const MIN: u64, const MAX: u64> TryFrom<u64> for Within<MIN, MAX> {
    type Error = String;
    fn try_from(number: u64) -> Result<Self, String> {
        if (MIN..=MAX).contains(&number) {
            Ok(Self(number))
        } else {
            Err(format!("{number} is not between {MIN} and {MAX}"))
        }
    }
}

impl<const MIN: u64, const MAX: u64> FromStr for Within<MIN, MAX> {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let number: u64 = text.parse().map_err(|_| "it is not a number".to_owned())?;
        number.try_into()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
