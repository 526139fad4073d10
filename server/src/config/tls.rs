//! Where the server's certificate comes from.

use std::mem::take;
use std::path::PathBuf;
use std::str::FromStr;

use instant_acme::LetsEncrypt;
use serde::Deserialize;

use super::{ConfigError, Host, Settings};

/// The directory where none is named.
const LETS_ENCRYPT: &str = LetsEncrypt::Production.url();

/// Who makes the server's certificate.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub enum TlsSource {
    /// Nobody: all travels in the clear.
    #[default]
    Off,
    /// The server itself; clients know it by its fingerprint.
    SelfSigned,
    /// The operator, who puts files in place and renews them.
    Files(CertificateFiles),
    /// An authority that everybody knows.
    Acme(Acme),
}

/// In PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The server's, then what leads from there to a root.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// How an authority is asked by ACME (RFC 8555).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acme {
    /// What the certificate is for; at least one, in lower case.
    pub domains: Vec<String>,
    /// Where the authority can tell of troubles.
    pub email: Option<String>,
    /// Where the authority says what it offers.
    pub directory: String,
    /// Roots, in PEM, of an authority that the system does not know.
    pub ca: Option<PathBuf>,
}

/// A name that an authority can verify.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Domain(String);

impl FromStr for Domain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Host::parse(text.trim()) {
            Some(Host::Name(name)) => Ok(Self(name)),
            Some(Host::Address(_)) | None => {
                Err(format!("{text} is not a name such as chat.example"))
            }
        }
    }
}

impl TryFrom<String> for Domain {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// The part of [`Settings`] that is taken from one place as a whole.
#[derive(Debug, Default)]
pub(super) struct TlsSettings {
    pub(super) self_signed: Option<bool>,
    pub(super) cert: Option<PathBuf>,
    pub(super) key: Option<PathBuf>,
    pub(super) acme_domain: Vec<Domain>,
}

impl Settings {
    /// Takes out where a certificate comes from; nothing where nothing is said of that. Places that say it are not mixed.
    pub(super) fn take_tls(&mut self) -> Option<TlsSettings> {
        let taken = TlsSettings {
            self_signed: self.tls_self_signed.take(),
            cert: self.tls_cert.take(),
            key: self.tls_key.take(),
            acme_domain: take(&mut self.acme_domain),
        };
        let says_nothing = taken.self_signed.is_none()
            && taken.cert.is_none()
            && taken.key.is_none()
            && taken.acme_domain.is_empty();
        (!says_nothing).then_some(taken)
    }

    pub(super) fn tls(&self) -> Result<TlsSource, ConfigError> {
        let wrong = |why| Err(ConfigError::Tls(why));
        let is_self_signed = self.tls_self_signed.unwrap_or_default();
        let from_files = self.tls_cert.is_some() || self.tls_key.is_some();
        let from_authority = !self.acme_domain.is_empty();
        let places = [is_self_signed, from_files, from_authority];
        if places.into_iter().filter(|place| *place).count() > 1 {
            return wrong(
                "tls_self_signed, tls_cert and acme_domain contradict each other; say one of them",
            );
        }
        if from_authority {
            let directory = self.acme_directory.as_deref().unwrap_or(LETS_ENCRYPT);
            if !directory.starts_with("https://") {
                return wrong("acme_directory must begin with https://");
            }
            return Ok(TlsSource::Acme(Acme {
                domains: self
                    .acme_domain
                    .iter()
                    .map(|domain| domain.0.clone())
                    .collect(),
                email: self.acme_email.clone(),
                directory: directory.to_owned(),
                ca: self.acme_ca.clone(),
            }));
        }
        match (&self.tls_cert, &self.tls_key) {
            (None, None) if is_self_signed => Ok(TlsSource::SelfSigned),
            (None, None) => Ok(TlsSource::Off),
            (Some(certificate), Some(key)) => Ok(TlsSource::Files(CertificateFiles {
                certificate: certificate.clone(),
                key: key.clone(),
            })),
            (Some(_), None) => wrong("tls_cert needs tls_key, the file of its private key"),
            (None, Some(_)) => wrong("tls_key needs tls_cert, the file of its certificate"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::tests::parse;
    use super::*;

    fn files(certificate: &str, key: &str) -> TlsSource {
        TlsSource::Files(CertificateFiles {
            certificate: certificate.into(),
            key: key.into(),
        })
    }

    #[test]
    fn a_certificate_comes_from_one_place() {
        let tls = |arguments: &[&str]| parse(arguments).tls();
        assert_eq!(tls(&[]).unwrap(), TlsSource::Off);
        assert_eq!(tls(&["--tls-self-signed"]).unwrap(), TlsSource::SelfSigned);
        let both = ["--tls-cert", "c", "--tls-key", "k"];
        assert_eq!(tls(&both).unwrap(), files("c", "k"));
        for (arguments, says) in [
            (&["--tls-cert", "c"][..], "needs tls_key"),
            (&["--tls-key", "k"], "needs tls_cert"),
            (
                &["--acme-domain", "a.example", "--tls-self-signed"],
                "contradict",
            ),
            (
                &["--acme-domain", "a.example", "--acme-directory", "http://a"],
                "https://",
            ),
            (&[&both[..], &["--tls-self-signed"]].concat(), "contradict"),
        ] {
            let error = tls(arguments).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }

    #[test]
    fn an_authority_is_asked_for_domains() {
        let flags = [
            "--acme-domain",
            "A.example,b.example",
            "--acme-email",
            "a@b",
        ];
        let expected = Acme {
            domains: vec!["a.example".to_owned(), "b.example".to_owned()],
            email: Some("a@b".to_owned()),
            directory: "https://acme-v02.api.letsencrypt.org/directory".to_owned(),
            ca: None,
        };
        assert_eq!(parse(&flags).tls().unwrap(), TlsSource::Acme(expected));
        for wrong in [
            "127.0.0.1",
            "https://a.example",
            "a..example",
            "*.example",
            "",
        ] {
            assert!(wrong.parse::<Domain>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn places_that_say_where_are_not_mixed() {
        let file = || toml::from_str("tls_cert = 'c'\ntls_key = 'k'").unwrap();
        let tls = |arguments: &[&str]| parse(arguments).or(file()).tls();
        assert_eq!(tls(&["--name", "x"]).unwrap(), files("c", "k"));
        assert_eq!(tls(&["--tls-self-signed"]).unwrap(), TlsSource::SelfSigned);
        assert_eq!(
            tls(&["--tls-self-signed", "false"]).unwrap(),
            TlsSource::Off
        );
        assert!(tls(&["--tls-cert", "d"]).is_err());
    }
}
