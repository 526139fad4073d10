//! Where the server's certificate comes from.

use std::path::PathBuf;

use super::{ConfigError, Settings};

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
}

/// In PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The server's, then what leads from there to a root.
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl Settings {
    /// Whether anything is said of where a certificate comes from; places that say it are not mixed.
    pub(super) fn says_tls(&self) -> bool {
        self.tls_cert.is_some() || self.tls_key.is_some() || self.tls_self_signed.is_some()
    }

    pub(super) fn tls(&self) -> Result<TlsSource, ConfigError> {
        let wrong = |why| Err(ConfigError::Tls(why));
        let self_signed = self.tls_self_signed.unwrap_or_default();
        match (&self.tls_cert, &self.tls_key) {
            (None, None) if self_signed => Ok(TlsSource::SelfSigned),
            (None, None) => Ok(TlsSource::Off),
            (Some(_), Some(_)) if self_signed => {
                wrong("tls_self_signed and tls_cert contradict each other; say one of them")
            }
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
            (&[&both[..], &["--tls-self-signed"]].concat(), "contradict"),
        ] {
            let error = tls(arguments).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
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
