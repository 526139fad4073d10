//! The certificate that the server makes for itself at its first start, and keeps: clients know it by its fingerprint.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use rcgen::{
    CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, KeyPair,
    KeyUsagePurpose, SanType, date_time_ymd,
};

use super::identity::{Identity, IdentityError};
use crate::config::Host;

/// In the folder of what belongs to TLS.
const FILE: &str = "self-signed.pem";

/// The extension of a file that is not whole.
const UNFINISHED: &str = "new";

/// Why there is no certificate of the server's own.
#[derive(Debug, thiserror::Error)]
pub enum SelfSignedError {
    #[error(
        "the certificate that the server made for itself is damaged: {0}. Put it back from a backup; or remove the \
         file to have another made, which clients will refuse until they are told its fingerprint"
    )]
    Damaged(IdentityError),
    #[error("cannot make a certificate: {0}")]
    Make(#[from] rcgen::Error),
    #[error("cannot write {}: {source}", path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// The one that is there, or a new one for these hosts.
pub(super) fn open(folder: &Path, hosts: &[Host]) -> Result<Identity, SelfSignedError> {
    let path = folder.join(FILE);
    if !path.exists() {
        write_private(&path, make(hosts)?.as_bytes()).map_err(|source| {
            let path = path.clone();
            SelfSignedError::Write { path, source }
        })?;
    }
    Identity::load(&path, &path).map_err(SelfSignedError::Damaged)
}

/// Certificate and key, in PEM. It ends late: whoever knows the fingerprint does not ask for more.
fn make(hosts: &[Host]) -> Result<String, rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, "Chinwag");
    params.not_before = date_time_ymd(2024, 1, 1);
    params.not_after = date_time_ymd(2099, 1, 1);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let loopback = [
        SanType::IpAddress(Ipv4Addr::LOCALHOST.into()),
        SanType::IpAddress(Ipv6Addr::LOCALHOST.into()),
    ];
    params.subject_alt_names.extend(loopback);
    for host in hosts {
        let name = match host {
            Host::Address(address) => SanType::IpAddress(*address),
            Host::Name(name) => SanType::DnsName(name.as_str().try_into()?),
        };
        if !params.subject_alt_names.contains(&name) {
            params.subject_alt_names.push(name);
        }
    }
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    Ok(format!("{}{}", certificate.pem(), key.serialize_pem()))
}

/// Writes a file that its owner alone may read, whole or not at all, and makes its folder.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)?;
    let new = path.with_extension(UNFINISHED);
    let mut file = OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    File::open(folder)?.sync_all()
}

/// Whether the file is one that was not written as a whole so far.
pub(crate) fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == UNFINISHED)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn it_is_made_once_names_its_hosts_and_is_nobody_elses_to_read() {
        let folder = TempDir::new().unwrap();
        let folder = folder.path().join("tls");
        let host = |name: &str| Host::parse(name).unwrap();
        let hosts = [host("mill.local"), host("192.0.2.7"), host("127.0.0.1")];
        let first = open(&folder, &hosts).unwrap();
        for known in ["mill.local", "192.0.2.7", "127.0.0.1", "[::1]"] {
            assert!(first.covers(&host(known)), "{known}");
        }
        assert!(!first.covers(&host("other.local")) && !first.covers(&host("192.0.2.8")));
        let mode = |path: &Path| path.metadata().unwrap().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join(FILE)), 0o600);
        // Other names are no reason to be another one.
        let second = open(&folder, &[]).unwrap();
        assert_eq!(first.fingerprint(), second.fingerprint());
        fs::write(folder.join(FILE), "").unwrap();
        let damaged = open(&folder, &hosts).unwrap_err().to_string();
        assert!(damaged.contains("remove the file"), "{damaged}");
    }
}
