//! A certificate and key that somebody else renews: looked at now and then, and at once when told to.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::identity::{Identity, IdentityError};
use super::resolver::Resolver;
use crate::config::CertificateFiles;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often it is said that the certificate is over soon.
const WARN_EVERY: Duration = Duration::from_secs(86_400);

/// What tells that a file is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Stamp([Option<(SystemTime, u64)>; 2]);

/// Files that are watched.
pub(super) struct Watch {
    files: CertificateFiles,
    resolver: Arc<Resolver>,
    /// When it was last said that the certificate should be another one.
    warned_at: Option<Instant>,
    /// As they were when they were last loaded, or could not be.
    seen: Stamp,
    /// Rung to load them whatever they look like.
    reload: Arc<Notify>,
}

impl Watch {
    /// Loads them for the first time.
    pub(super) fn open(
        files: CertificateFiles,
        resolver: Arc<Resolver>,
        reload: Arc<Notify>,
    ) -> Result<Self, IdentityError> {
        // Before, so that what changes meanwhile is seen.
        let seen = Stamp::of(&files);
        resolver.replace(Identity::load(&files.certificate, &files.key)?);
        Ok(Self {
            files,
            resolver,
            warned_at: None,
            seen,
            reload,
        })
    }

    /// Loads them again whenever they change. What cannot be used leaves the certificate of before.
    pub(super) async fn run(mut self) {
        let reload = self.reload.clone();
        loop {
            let told = tokio::select! {
                () = reload.notified() => true,
                () = sleep(LOOK_EVERY) => false,
            };
            // Disks may be slow.
            let looked = spawn_blocking(move || {
                self.look(told);
                self.warn();
                self
            });
            match looked.await {
                Ok(watch) => self = watch,
                // It is stopped with the runtime.
                Err(_) => return,
            }
        }
    }

    /// Once a day, where the certificate should be another one.
    fn warn(&mut self) {
        let is_new = self.warned_at.is_none_or(|at| at.elapsed() >= WARN_EVERY);
        let current = self.resolver.current();
        let validity = current.and_then(|identity| identity.validity());
        let trouble = validity.and_then(|validity| validity.trouble(SystemTime::now()));
        if let Some(trouble) = trouble.filter(|_| is_new) {
            self.warned_at = Some(Instant::now());
            let path = self.files.certificate.display();
            tracing::warn!("the certificate in {path}: {trouble}");
        }
    }

    fn look(&mut self, told: bool) {
        let now = Stamp::of(&self.files);
        if now == self.seen && !told {
            return;
        }
        self.seen = now;
        let CertificateFiles { certificate, key } = &self.files;
        match Identity::load(certificate, key) {
            Ok(identity) => {
                let fingerprint = identity.fingerprint();
                self.resolver.replace(identity);
                self.warned_at = None;
                tracing::info!(%fingerprint, "new connections get the certificate of now");
            }
            Err(error) => {
                tracing::error!(%error, "the new certificate cannot be used; the one of before stays");
            }
        }
    }
}

impl Stamp {
    fn of(files: &CertificateFiles) -> Self {
        let stamp = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        };
        Self([stamp(&files.certificate), stamp(&files.key)])
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_cannot_be_used_leaves_the_certificate_of_before() {
        let folder = TempDir::new().unwrap();
        let files = CertificateFiles {
            certificate: folder.path().join("certificate.pem"),
            key: folder.path().join("key.pem"),
        };
        let make = || {
            let key = KeyPair::generate().unwrap();
            let params = CertificateParams::new(["a.example".to_owned()]).unwrap();
            (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
        };
        let put = |certificate: &str, key: &str| {
            fs::write(&files.certificate, certificate).unwrap();
            fs::write(&files.key, key).unwrap();
        };
        let ((first, first_key), (second, second_key)) = (make(), make());
        put(&first, &first_key);
        let resolver = Arc::new(Resolver::default());
        let opened = Watch::open(files.clone(), resolver.clone(), Arc::default());
        let mut watch = opened.unwrap();
        let shown = || resolver.current().unwrap().fingerprint();
        let before = shown();
        for (certificate, key) in [
            ("", ""),
            (&first[..100], &first_key[..]),
            // Half of what is being put in place.
            (&second, &first_key),
            (&first, &second_key),
        ] {
            put(certificate, key);
            watch.look(false);
            assert_eq!(shown(), before);
        }
        fs::remove_file(&files.key).unwrap();
        watch.look(false);
        assert_eq!(shown(), before);
        put(&second, &second_key);
        watch.look(false);
        assert_ne!(shown(), before);
    }
}
