//! TLS on both ports: who the server says it is, and handshakes.
//!
//! - `identity`: a certificate and its key, from `files` that are watched, `self_signed`, or from an authority by `acme`
//! - `resolver`: the one that new connections get; `validity`: until when
//! - `stream`: TLS over a TCP stream, without waiting

use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::ring as provider;
use shared::Fingerprint;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::config::{Host, TlsSource};
use crate::transport::Stream;

mod acme;
mod files;
mod identity;
mod resolver;
mod self_signed;
pub(crate) mod stream;
mod validity;

pub use acme::AuthorityError;
pub use identity::IdentityError;
pub use self_signed::SelfSignedError;
pub(crate) use self_signed::{is_unfinished, write_private};

use acme::Acme;
use files::Watch;
use resolver::{PROOF_PROTOCOL, Resolver};
use stream::TlsStream;

/// Below the folder of the database.
pub(crate) const FOLDER: &str = "tls";
/// The type of a record that begins a handshake (RFC 8446, section 5.1).
const HANDSHAKE: u8 = 22;

/// Why the server cannot speak TLS as it was told to.
#[derive(Debug, thiserror::Error)]
pub enum OpenTlsError {
    #[error(transparent)]
    Files(#[from] IdentityError),
    #[error(transparent)]
    SelfSigned(#[from] SelfSignedError),
    #[error(transparent)]
    Authority(#[from] AuthorityError),
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[from] rustls::Error),
}

/// What a port speaks over TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spoken {
    Http,
    Lines,
}

/// How a connection has begun.
pub(crate) enum Begun {
    Tls(Stream),
    /// The peer speaks without TLS; nothing of it was read.
    Plain(TcpStream),
    /// It was shown what it wanted, and there is nothing more to say.
    Proven,
}

/// What keeps the certificate fresh.
type Renewing = JoinHandle<()>;

/// The server's TLS.
#[derive(Debug)]
pub(crate) struct Tls {
    http: Arc<ServerConfig>,
    lines: Arc<ServerConfig>,
    resolver: Arc<Resolver>,
    /// Made by the server for itself, so that nobody else vouches for it.
    is_self_signed: bool,
    reload: Arc<Notify>,
}

/// What shows the certificate, and what keeps it up to date.
pub(crate) type Opened = (Arc<Tls>, Option<Renewing>);

impl Tls {
    /// With what keeps the certificate fresh; nothing where TLS is off. `hosts` are what the server is
    /// called.
    pub(crate) fn open(
        source: &TlsSource,
        data_dir: &Path,
        hosts: &[Host],
    ) -> Result<Option<Opened>, OpenTlsError> {
        let resolver = Arc::new(Resolver::default());
        let reload = Arc::new(Notify::new());
        let folder = data_dir.join(FOLDER);
        let fresh = match source {
            TlsSource::Off => return Ok(None),
            TlsSource::SelfSigned => {
                resolver.replace(self_signed::open(&folder, hosts)?);
                None
            }
            TlsSource::Files(files) => {
                let watch = Watch::open(files.clone(), resolver.clone(), reload.clone())?;
                Some(tokio::spawn(watch.run()))
            }
            TlsSource::Acme(settings) => {
                let acme = Acme::open(settings, &folder, resolver.clone())?;
                Some(tokio::spawn(acme.run()))
            }
        };
        let lines = configure(&resolver)?;
        let mut http = lines.clone();
        http.alpn_protocols = vec![b"http/1.1".to_vec()];
        if matches!(source, TlsSource::Acme(_)) {
            http.alpn_protocols.push(PROOF_PROTOCOL.to_vec());
        }
        let tls = Self {
            http: Arc::new(http),
            lines: Arc::new(lines),
            resolver,
            is_self_signed: *source == TlsSource::SelfSigned,
            reload,
        };
        Ok(Some((Arc::new(tls), fresh)))
    }

    /// Looks how the peer begins and answers its handshake. Without a deadline of its own.
    pub(crate) async fn begin(&self, stream: TcpStream, spoken: Spoken) -> io::Result<Begun> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if first != [HANDSHAKE] {
            return Ok(Begun::Plain(stream));
        }
        let config = match spoken {
            Spoken::Http => self.http.clone(),
            Spoken::Lines => self.lines.clone(),
        };
        let stream = TlsStream::accept(stream, config).await?;
        if stream.protocol() == Some(PROOF_PROTOCOL) {
            return Ok(Begun::Proven);
        }
        Ok(Begun::Tls(Stream::Tls(Box::new(stream))))
    }

    /// What clients know the present certificate by, where there is one.
    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        Some(self.resolver.current()?.fingerprint())
    }

    /// Whether the present certificate names this host.
    pub(crate) fn covers(&self, host: &Host) -> bool {
        let current = self.resolver.current();
        current.is_some_and(|identity| identity.covers(host))
    }

    pub(crate) fn is_self_signed(&self) -> bool {
        self.is_self_signed
    }

    /// Reads a certificate from files again.
    pub(crate) fn reload(&self) {
        self.reload.notify_one();
    }
}

fn configure(resolver: &Arc<Resolver>) -> Result<ServerConfig, rustls::Error> {
    let builder = ServerConfig::builder_with_provider(Arc::new(provider::default_provider()))
        .with_safe_default_protocol_versions()?;
    let mut config = builder
        .with_no_client_auth()
        .with_cert_resolver(resolver.clone());
    // Who comes back brings what is needed along, so that nothing is kept for them.
    config.ticketer = provider::Ticketer::new()?;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(config)
}
