//! TLS to a server, and whether it is the one that it was: by the roots of the system, or else by the fingerprint that
//! its certificate had the first time.
//!
//! - `trust`: what is remembered of a server; `verifier`: what is made of the certificate that it shows

mod trust;
mod verifier;

use std::sync::Arc;

use rustls::crypto::ring as provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, Error};
use shared::Fingerprint;

use crate::connection::{Failure, FailureKind};
use verifier::Verifier;

pub(crate) use trust::Known;
pub use trust::Trust;

/// How a connection is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secured {
    /// Not at all.
    Plain,
    /// The certificate is one for this name that everybody can verify.
    Public,
    /// The certificate is the one with this fingerprint.
    Pinned {
        fingerprint: Fingerprint,
        /// That was not known before.
        is_new: bool,
    },
}

impl Secured {
    /// What that means, for people, in a sentence or two.
    pub fn explained(self) -> &'static str {
        match self {
            Self::Plain => {
                "Not encrypted: whoever is on the way to the server can read along. Fit for a network that you trust."
            }
            Self::Public => {
                "Encrypted. The server's certificate is one for its name that everybody can verify."
            }
            Self::Pinned { .. } => {
                "Encrypted. The server shows the same certificate as before; compare its fingerprint with the one that \
                 the server's operator has."
            }
        }
    }

    /// The same in two or three words.
    pub fn named(self) -> &'static str {
        match self {
            Self::Plain => "Not encrypted",
            Self::Public => "Encrypted, certificate verified",
            Self::Pinned { .. } => "Encrypted, certificate known",
        }
    }
}

/// A handshake with a server that is to come. Each is verified on its own: nothing is resumed.
pub struct Handshake {
    /// For rustls, together with `name`.
    pub config: Arc<ClientConfig>,
    /// Whom the server must be.
    pub name: ServerName<'static>,
    verifier: Arc<Verifier>,
    trust: Trust,
}

impl Handshake {
    /// With the server at `host`. Blocks: reads what is remembered. Verifying may read the roots of the system.
    pub fn new(trust: &Trust, host: &str) -> Result<Self, Failure> {
        // An address may name the network card that it is reached by.
        let bare = host.split('%').next().unwrap_or(host);
        let name = ServerName::try_from(bare.to_owned())
            .map_err(|_| unreachable(format!("{host} can be no server's name")))?;
        let known = trust
            .known()
            .map_err(|error| unreachable(error.to_string()))?;
        let verifier = Arc::new(Verifier::new(trust.stated(), known));
        let config = ClientConfig::builder_with_provider(Arc::new(provider::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| unreachable(error.to_string()))?;
        let mut config = config
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone())
            .with_no_client_auth();
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self {
            config: Arc::new(config),
            name,
            verifier,
            trust: trust.clone(),
        })
    }

    /// To be called once the handshake went well: remembers the server. Blocks.
    pub fn succeeded(&self) -> Result<Secured, Failure> {
        let Some(secured) = self.verifier.accepted() else {
            return Err(unreachable("the server showed no certificate".to_owned()));
        };
        let known = match secured {
            Secured::Plain | Secured::Public => Known::Public,
            Secured::Pinned { fingerprint, .. } => Known::Pinned { fingerprint },
        };
        self.trust
            .remember(known)
            .map_err(|error| unreachable(error.to_string()))?;
        Ok(secured)
    }

    /// Why the handshake failed, for people.
    pub fn failed(&self, error: &std::io::Error) -> Failure {
        if let Some(refusal) = self.verifier.refusal() {
            return Failure {
                kind: FailureKind::Untrusted,
                reason: refusal,
            };
        }
        let cause = error.get_ref().and_then(|error| error.downcast_ref());
        match cause {
            Some(Error::InvalidMessage(_)) if self.verifier.has_met() => {
                untrusted(no_way_back(&self.trust))
            }
            Some(Error::InvalidMessage(_)) => unreachable("it does not speak TLS".to_owned()),
            Some(Error::AlertReceived(alert)) => unreachable(format!(
                "the server gave up the TLS handshake ({alert:?}); its log may say why"
            )),
            Some(cause) => unreachable(format!("the TLS handshake failed: {cause}")),
            None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                unreachable("the server closed the connection".to_owned())
            }
            None => unreachable(error.to_string()),
        }
    }
}

/// Whether what answered does not speak TLS.
pub(crate) fn is_plain(error: &std::io::Error) -> bool {
    let cause = error.get_ref().and_then(|error| error.downcast_ref());
    matches!(cause, Some(Error::InvalidMessage(_)))
}

/// Why nothing is sent without TLS to a server that has spoken it.
pub(crate) fn no_way_back(trust: &Trust) -> String {
    let forget = match trust.path() {
        Some(path) => format!(
            "; if it really has given that up, remove {}",
            path.display()
        ),
        None => String::new(),
    };
    format!(
        "it spoke TLS before, and nothing is sent to it without. Somebody may want to read along; ask whoever runs the \
         server{forget}"
    )
}

pub(crate) fn untrusted(reason: String) -> Failure {
    Failure {
        kind: FailureKind::Untrusted,
        reason,
    }
}

fn unreachable(reason: String) -> Failure {
    Failure {
        kind: FailureKind::Unreachable,
        reason,
    }
}
