//! What flags, environment and file may say, and what is made of it.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use shared::account::Registration;
use shared::limits::{ATTACHMENTS_MAX, FILE_BYTES_MAX, Limits, TEXT_BYTES_MAX};

use super::entry::{Switch, WhoRegisters};
use super::site::{FilesUrl, Host, Origin, PublicUrl};
use super::tls::{Domain, TlsSource};
use super::within::Within;
use super::{Config, ConfigError, LogFormat, RateLimit};

/// More files than this are kept for other things than connections: a fifth, at least as many.
const FILES_KEPT_MIN: usize = 256;

/// Connections from one address where the operator says nothing.
const PER_ADDRESS_MAX: usize = 1_000;

/// Enough for a large file to begin, and too little for an address that was passed on by mistake.
const PASS_LIFE_MS: u64 = 5 * 60 * 1000;

/// What flags, environment and file may say, each a part of it.
#[derive(Debug, Default, Deserialize, clap::Args)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Settings {
    /// Address for browsers: page and WebSocket [default: 127.0.0.1:8080]
    #[arg(long, env = "CHINWAG_HTTP", value_name = "ADDRESS")]
    pub(super) http: Option<SocketAddr>,
    /// Address for native clients and scripts: newline-delimited JSON [default: 127.0.0.1:7878]
    #[arg(long, env = "CHINWAG_TCP", value_name = "ADDRESS")]
    pub(super) tcp: Option<SocketAddr>,
    /// Folder of the database; created where it is missing [default: data]
    #[arg(long, env = "CHINWAG_DATA_DIR", value_name = "FOLDER", global = true)]
    pub(super) data_dir: Option<PathBuf>,
    /// Folder of uploaded files; created where it is missing [default: uploads]
    #[arg(
        long,
        env = "CHINWAG_UPLOADS_DIR",
        value_name = "FOLDER",
        global = true
    )]
    pub(super) uploads_dir: Option<PathBuf>,
    /// What people call this server [default: Chinwag]
    #[arg(long, env = "CHINWAG_NAME")]
    pub(super) name: Option<String>,
    /// Where browsers find this server, for links and as an origin; needed behind a proxy [default: the host that a client has
    /// reached, with the port of --http]
    #[arg(long, env = "CHINWAG_PUBLIC_URL", value_name = "URL", global = true)]
    pub(super) public_url: Option<PublicUrl>,
    /// Serve files from this address alone, on a host that leads to this server as well and that the page does not use:
    /// what people upload is then kept apart from the page in every browser
    #[arg(long, env = "CHINWAG_FILES_URL", value_name = "URL", global = true)]
    pub(super) files_url: Option<FilesUrl>,
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
    pub(super) allow_origin: Vec<Origin>,
    /// Speak TLS on both ports, with a certificate that the server makes for itself and keeps in --data-dir. Browsers warn
    /// of it; other clients remember its fingerprint [default: false]
    #[arg(long, env = "CHINWAG_TLS_SELF_SIGNED", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(super) tls_self_signed: Option<bool>,
    /// Speak TLS on both ports, with the certificate in this PEM file, the chain behind it. Read again when it changes
    #[arg(long, env = "CHINWAG_TLS_CERT", value_name = "FILE")]
    pub(super) tls_cert: Option<PathBuf>,
    /// The certificate's private key, a PEM file as well
    #[arg(long, env = "CHINWAG_TLS_KEY", value_name = "FILE")]
    pub(super) tls_key: Option<PathBuf>,
    /// Who may make an account: everyone, whoever has an invitation, or nobody. Kept until it is changed [default:
    /// invitation]
    #[arg(long, env = "CHINWAG_REGISTRATION", value_enum, value_name = "WHO")]
    pub(super) registration: Option<WhoRegisters>,
    /// Whether a name is enough to come in as a guest, who can do less than others. Kept until it is changed [default:
    /// off]
    #[arg(long, env = "CHINWAG_GUESTS", value_enum, value_name = "SWITCH")]
    pub(super) guests: Option<Switch>,
    /// Speak TLS on both ports, with a certificate for this name from an authority that browsers know (ACME), to the terms
    /// of which you agree. It must reach --http by the name and port 443. May be given several times, in the environment
    /// with commas between
    #[arg(
        long,
        env = "CHINWAG_ACME_DOMAIN",
        value_name = "NAME",
        value_delimiter = ','
    )]
    pub(super) acme_domain: Vec<Domain>,
    /// Where the authority can tell you of troubles
    #[arg(long, env = "CHINWAG_ACME_EMAIL", value_name = "ADDRESS")]
    pub(super) acme_email: Option<String>,
    /// Which authority: the address of its ACME directory [default: that of Let's Encrypt]
    #[arg(long, env = "CHINWAG_ACME_DIRECTORY", value_name = "URL")]
    pub(super) acme_directory: Option<String>,
    /// A PEM file with the roots of an authority of your own, by which its directory is verified
    #[arg(long, env = "CHINWAG_ACME_CA", value_name = "FILE")]
    pub(super) acme_ca: Option<PathBuf>,
    /// Connections, of both kinds together, above which new ones are refused [default: what the limit of open files
    /// allows]
    #[arg(long, env = "CHINWAG_CONNECTIONS_MAX", value_name = "NUMBER")]
    pub(super) connections_max: Option<Within<1, 1_000_000>>,
    /// Connections from one address, or one IPv6 /64 network, above which new ones are refused [default: 1000, and
    /// any number from this machine]
    #[arg(
        long,
        env = "CHINWAG_CONNECTIONS_PER_ADDRESS_MAX",
        value_name = "NUMBER"
    )]
    pub(super) connections_per_address_max: Option<Within<1, 1_000_000>>,
    /// How much one person or address may ask for, as a multiple of what PROTOCOL.md says, or "off" for as much as they
    /// like [default: 1]
    #[arg(long, env = "CHINWAG_RATE_LIMIT", value_name = "FACTOR")]
    pub(super) rate_limit: Option<RateLimit>,
    /// Bytes of a message's text [default: 32768]
    #[arg(long, env = "CHINWAG_TEXT_BYTES_MAX", value_name = "BYTES")]
    pub(super) text_bytes_max: Option<Within<1, { TEXT_BYTES_MAX as u64 }>>,
    /// Files attached to a message [default: 32]
    #[arg(long, env = "CHINWAG_ATTACHMENTS_MAX", value_name = "NUMBER")]
    pub(super) attachments_max: Option<Within<0, { ATTACHMENTS_MAX as u64 }>>,
    /// Bytes of a file [default: 137438953472]
    #[arg(long, env = "CHINWAG_FILE_BYTES_MAX", value_name = "BYTES")]
    pub(super) file_bytes_max: Option<Within<0, FILE_BYTES_MAX>>,
    /// Seconds of silence after which a connection is closed [default: 90]
    #[arg(long, env = "CHINWAG_SILENCE_TIMEOUT_S", value_name = "SECONDS")]
    pub(super) silence_timeout_s: Option<Within<1, 86_400>>,
    /// Let others than this machine read /metrics [default: false]
    #[arg(long, env = "CHINWAG_METRICS_FOR_ALL", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    pub(super) metrics_for_all: Option<bool>,
    /// Whether to draw the server's address as a QR code when it starts [default: on, on a terminal and where other
    /// devices can reach it]
    #[arg(long, env = "CHINWAG_QR_CODE", value_enum, value_name = "SWITCH")]
    pub(super) qr_code: Option<Switch>,
    /// How the log is written; CHINWAG_LOG says what is, "info" or "server=debug" for example [default: text]
    #[arg(long, env = "CHINWAG_LOG_FORMAT", value_enum, value_name = "FORMAT")]
    pub(super) log_format: Option<LogFormat>,
}

impl Settings {
    /// What is missing here comes from `other`.
    pub(super) fn or(mut self, mut other: Self) -> Self {
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
    pub(super) fn check_files_host(&self) -> Result<(), ConfigError> {
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
    pub(super) fn complete(self, files: usize) -> Config {
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
            thumbnailer: None,
        }
    }
}

/// Connections for which there are files enough.
pub(super) fn connections_possible(files: usize) -> usize {
    files.saturating_sub(FILES_KEPT_MIN.max(files / 5)).max(1)
}

/// What a file says.
pub(super) fn read(path: &Path) -> Result<Settings, ConfigError> {
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
