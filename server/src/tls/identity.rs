//! A certificate and its key.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use rustls::client::verify_server_name;
use rustls::crypto::ring as provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, IpAddr, PrivateKeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use shared::Fingerprint;

use super::validity::Validity;
use crate::config::Host;

/// What the server shows of itself.
#[derive(Debug)]
pub(crate) struct Identity {
    /// For rustls.
    pub(super) certified: Arc<CertifiedKey>,
    fingerprint: Fingerprint,
    validity: Option<Validity>,
}

/// Why a certificate cannot be used; the text says what to do.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", .0.display())]
    NoCertificate(PathBuf),
    #[error("{} holds no private key in PEM that is not encrypted (-----BEGIN PRIVATE KEY-----)", .0.display())]
    NoKey(PathBuf),
    #[error("the certificate in {} cannot be used: {error}", path.display())]
    Certificate { path: PathBuf, error: rustls::Error },
    #[error("the key in {} cannot be used: {error}", path.display())]
    Key { path: PathBuf, error: rustls::Error },
    #[error("the key in {} is not that of the certificate in {}", key.display(), certificate.display())]
    Mismatch { certificate: PathBuf, key: PathBuf },
}

impl Identity {
    /// From PEM files, which may be the same; the server's own certificate is the first one.
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Self, IdentityError> {
        let chain: Result<Vec<_>, _> =
            CertificateDer::pem_slice_iter(&read(certificate)?).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| IdentityError::NoCertificate(certificate.to_owned()))?;
        let key_der = PrivateKeyDer::from_pem_slice(&read(key)?);
        let key_der = key_der.map_err(|_| IdentityError::NoKey(key.to_owned()))?;
        Self::new(chain, key_der, certificate, key)
    }

    /// The paths are for what is said where it cannot be used.
    pub(super) fn new(
        chain: Vec<CertificateDer<'static>>,
        key_der: PrivateKeyDer<'static>,
        certificate: &Path,
        key: &Path,
    ) -> Result<Self, IdentityError> {
        let Some(own) = chain.first() else {
            return Err(IdentityError::NoCertificate(certificate.to_owned()));
        };
        let bad = |error| IdentityError::Certificate {
            path: certificate.to_owned(),
            error,
        };
        ParsedCertificate::try_from(own).map_err(bad)?;
        let fingerprint = fingerprint(own);
        let validity = Validity::of(own);
        let signing = provider::sign::any_supported_type(&key_der);
        let signing = signing.map_err(|error| IdentityError::Key {
            path: key.to_owned(),
            error,
        })?;
        let certified = CertifiedKey::new(chain, signing);
        certified
            .keys_match()
            .map_err(|_| IdentityError::Mismatch {
                certificate: certificate.to_owned(),
                key: key.to_owned(),
            })?;
        Ok(Self {
            certified: Arc::new(certified),
            fingerprint,
            validity,
        })
    }

    pub(crate) fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Nothing where the certificate has none that can be read.
    pub(super) fn validity(&self) -> Option<Validity> {
        self.validity
    }

    /// Whether the certificate names this host.
    pub(crate) fn covers(&self, host: &Host) -> bool {
        let name = match host {
            Host::Address(address) => Some(ServerName::IpAddress(IpAddr::from(*address))),
            Host::Name(name) => ServerName::try_from(name.as_str()).ok(),
        };
        let own = self.certified.cert.first();
        let own = own.and_then(|own| ParsedCertificate::try_from(own).ok());
        match (own, name) {
            (Some(own), Some(name)) => verify_server_name(&own, &name).is_ok(),
            _ => false,
        }
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
    Fingerprint(bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, IdentityError> {
    fs::read(path).map_err(|source| IdentityError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_cannot_be_used_is_named_with_its_file() {
        let folder = TempDir::new().unwrap();
        let path = |name: &str| folder.path().join(name);
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        let begun = "-----BEGIN CERTIFICATE-----\n";
        for (name, text) in [
            ("own.pem", pem.clone()),
            ("own.key", key.serialize_pem()),
            ("other.key", KeyPair::generate().unwrap().serialize_pem()),
            ("empty", String::new()),
            ("cut.pem", format!("{begun}AAAA\n")),
            ("odd.pem", format!("{begun}AAAA\n-----END CERTIFICATE-----\n")),
            (
                "odd.key",
                "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_owned(),
            ),
            (
                "locked.key",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
                    .to_owned(),
            ),
        ] {
            fs::write(path(name), text).unwrap();
        }
        let load = |certificate, key| Identity::load(&path(certificate), &path(key));
        let good = load("own.pem", "own.key").unwrap();
        let host = |name| Host::parse(name).unwrap();
        assert!(good.covers(&host("a.example")) && !good.covers(&host("b.example")));
        assert!(!good.covers(&host("127.0.0.1")));
        for (certificate, key, says) in [
            ("missing.pem", "own.key", "cannot read"),
            ("empty", "own.key", "no certificate"),
            ("cut.pem", "own.key", "no certificate"),
            ("odd.pem", "own.key", "cannot be used"),
            ("own.pem", "missing.key", "cannot read"),
            ("own.pem", "empty", "no private key"),
            ("own.pem", "odd.key", "cannot be used"),
            ("own.pem", "locked.key", "not encrypted"),
            ("own.pem", "other.key", "is not that of"),
        ] {
            let error = load(certificate, key).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
            let named = if key == "own.key" { certificate } else { key };
            assert!(error.contains(named), "{error}");
        }
    }
}
