//! What is made of the certificate that a server shows.

use std::sync::{Arc, Mutex, OnceLock};

use ring::digest::{SHA256, digest};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, ring as provider};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use shared::Fingerprint;

use super::{Known, Secured};

/// Verifies one handshake.
#[derive(Debug)]
pub(super) struct Verifier {
    stated: Option<Fingerprint>,
    known: Option<Known>,
    /// The system's, where none are given.
    given_roots: Option<Roots>,
    provider: Arc<CryptoProvider>,
    verdict: Mutex<Option<Verdict>>,
}

/// `None` where there are none.
type Roots = Option<Arc<WebPkiServerVerifier>>;

/// Secured, or why not, for people.
type Verdict = Result<Secured, String>;

/// What everybody makes of a certificate.
enum Public {
    Valid,
    /// Nobody else vouches for it.
    Unknown,
    /// Somebody does, but not for this; or it is broken.
    Wrong(CertificateError),
}

impl Verifier {
    pub(super) fn new(stated: Option<Fingerprint>, known: Option<Known>) -> Self {
        Self {
            stated,
            known,
            given_roots: None,
            provider: Arc::new(provider::default_provider()),
            verdict: Mutex::new(None),
        }
    }

    /// Whether the server has spoken TLS before.
    pub(super) fn has_met(&self) -> bool {
        self.known.is_some_and(|known| known != Known::Plain)
    }

    fn verdict(&self) -> Option<Verdict> {
        let verdict = self.verdict.lock();
        verdict.expect("nobody panics while holding it").clone()
    }

    pub(super) fn accepted(&self) -> Option<Secured> {
        self.verdict()?.ok()
    }

    pub(super) fn refusal(&self) -> Option<String> {
        self.verdict()?.err()
    }

    /// Whether the system's roots lead to it.
    fn is_public(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Public {
        let Some(roots) = self.given_roots.clone().unwrap_or_else(system_roots) else {
            return Public::Unknown;
        };
        match roots.verify_server_cert(certificate, chain, name, &[], now) {
            Ok(_) => Public::Valid,
            // The second is said where it only claims to be by one of them, the third of one that may sign others.
            Err(Error::InvalidCertificate(
                CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::Other(_),
            )) => Public::Unknown,
            Err(Error::InvalidCertificate(error)) => Public::Wrong(error),
            Err(_) => Public::Wrong(CertificateError::BadEncoding),
        }
    }

    /// Whether it is the one that is remembered.
    fn is_pinned(&self, shown: Fingerprint) -> bool {
        self.known == Some(Known::Pinned { fingerprint: shown })
    }

    fn judge(
        &self,
        certificate: &CertificateDer<'_>,
        shown: Fingerprint,
        name: &ServerName<'_>,
        public: Public,
    ) -> Verdict {
        let accepted = match public {
            Public::Valid => Secured::Public,
            Public::Unknown | Public::Wrong(_) => Secured::Pinned {
                fingerprint: shown,
                is_new: !self.is_pinned(shown),
            },
        };
        if let Some(stated) = self.stated {
            return if stated == shown {
                Ok(accepted)
            } else {
                Err(format!(
                    "its certificate has the fingerprint {shown}, and not {stated} as was stated; ask whoever runs the \
                     server which is right"
                ))
            };
        }
        match (self.known, public) {
            (_, Public::Valid) => Ok(Secured::Public),
            (Some(Known::Pinned { fingerprint }), _) => Err(format!(
                "its certificate is another one than before: its fingerprint was {fingerprint} and is now {shown}. Somebody may \
                 be reading along. Ask whoever runs the server; if the new one is right, accept it by stating it once: \
                 --fingerprint {shown}"
            )),
            (Some(Known::Public), _) => Err(format!(
                "its certificate could be verified by everybody before and cannot be now. Somebody may be reading along. \
                 Ask whoever runs the server; if the certificate with the fingerprint {shown} is right, accept it by stating \
                 it once: --fingerprint {shown}"
            )),
            (Some(Known::Plain) | None, Public::Wrong(error)) => Err(not_yet(
                &format!("its certificate is not valid ({})", words(&error)),
                shown,
            )),
            (Some(Known::Plain) | None, Public::Unknown) => match names(certificate, name) {
                Ok(()) => Ok(accepted),
                Err(error) => Err(not_yet(&words(&error), shown)),
            },
        }
    }
}

/// Nothing is remembered that could tell that it is right all the same.
fn not_yet(why: &str, shown: Fingerprint) -> String {
    format!(
        "{why}. Its fingerprint is {shown}: if that is what the server prints at its start, accept it by stating it once: \
         --fingerprint {shown}"
    )
}

/// Whether a certificate that nobody vouches for claims at least to be for this name. An address has many that its
/// server knows nothing of.
fn names(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), CertificateError> {
    if matches!(name, ServerName::IpAddress(_)) {
        return Ok(());
    }
    let parsed = ParsedCertificate::try_from(certificate);
    match parsed.and_then(|parsed| verify_server_name(&parsed, name)) {
        Ok(()) => Ok(()),
        Err(Error::InvalidCertificate(error)) => Err(error),
        Err(_) => Err(CertificateError::BadEncoding),
    }
}

/// For people.
fn words(error: &CertificateError) -> String {
    match error {
        CertificateError::NotValidForNameContext {
            expected,
            presented,
        } => {
            let plain = |name: &String| {
                let inner = name.split('"').nth(1);
                inner.unwrap_or(name).to_owned()
            };
            let presented: Vec<String> = presented.iter().map(plain).collect();
            format!(
                "its certificate is for {}, not for {}",
                presented.join(", "),
                expected.to_str()
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its time is over".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its time has not begun; is this computer's clock right?".to_owned()
        }
        other => other.to_string(),
    }
}

fn fingerprint_of(certificate: &CertificateDer<'_>) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
    Fingerprint(bytes)
}

/// Read once.
fn system_roots() -> Roots {
    static ROOTS: OnceLock<Roots> = OnceLock::new();
    let read = || {
        let mut roots = RootCertStore::empty();
        // What cannot be read vouches for nobody.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        verifier_of(roots)
    };
    ROOTS.get_or_init(read).clone()
}

fn verifier_of(roots: RootCertStore) -> Roots {
    let provider = Arc::new(provider::default_provider());
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .ok()
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = fingerprint_of(certificate);
        let verdict = if self.stated.is_none() && self.is_pinned(shown) {
            // Nobody else need be asked.
            Ok(Secured::Pinned {
                fingerprint: shown,
                is_new: false,
            })
        } else {
            let public = self.is_public(certificate, chain, name, now);
            self.judge(certificate, shown, name, public)
        };
        let is_accepted = verdict.is_ok();
        *self.verdict.lock().expect("nobody panics while holding it") = Some(verdict);
        if is_accepted {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests;
