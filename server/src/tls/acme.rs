//! Certificates from an authority that speaks ACME (RFC 8555), which asks for proof over TLS itself (TLS-ALPN-01, RFC
//! 8737): on the port of browsers, which it reaches as port 443.
//!
//! - `order`: how one is had; `https`: how the authority is reached

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::sleep;

use super::identity::Identity;
use super::resolver::Resolver;
use crate::config::{Acme as Settings, Host};

mod https;
mod order;

pub use https::AuthorityError;
use order::Orders;

/// Pauses after attempts that failed grow from the first to the second.
const PAUSE_MIN: Duration = Duration::from_secs(60);
const PAUSE_MAX: Duration = Duration::from_secs(6 * 3600);
/// How often it is looked whether a certificate is due: clocks are set, machines sleep.
const LOOK_EVERY: Duration = Duration::from_secs(3600);

/// Keeps the certificate of some domains fresh.
pub(super) struct Acme {
    settings: Settings,
    orders: Orders,
    /// Certificates and keys of before.
    path: PathBuf,
    resolver: Arc<Resolver>,
}

impl Acme {
    /// Takes the certificate that is there already. `folder` belongs to TLS.
    pub(super) fn open(
        settings: &Settings,
        folder: &std::path::Path,
        resolver: Arc<Resolver>,
    ) -> Result<Self, AuthorityError> {
        let folder = folder.join(folder_of(&settings.directory));
        let path = folder.join("certificate.pem");
        let acme = Self {
            orders: Orders::new(settings, &folder, resolver.clone())?,
            settings: settings.clone(),
            path,
            resolver,
        };
        if acme.path.exists() {
            match Identity::load(&acme.path, &acme.path) {
                Ok(identity) if acme.is_for_all(&identity) => acme.resolver.replace(identity),
                Ok(_) => tracing::info!("the domains have changed, so another certificate is due"),
                Err(error) => tracing::warn!(%error, "a certificate of before is damaged"),
            }
        }
        Ok(acme)
    }

    fn is_for_all(&self, identity: &Identity) -> bool {
        let mut domains = self.settings.domains.iter();
        domains.all(|domain| identity.covers(&Host::Name(domain.clone())))
    }

    /// Renews it for ever.
    pub(super) async fn run(self) {
        let mut failed = 0;
        loop {
            if let Some(left) = self.until_due() {
                failed = 0;
                sleep(left.min(LOOK_EVERY)).await;
                continue;
            }
            if failed > 0 {
                sleep(pause(failed)).await;
            }
            // One that is due again at once counts as a failure as well.
            failed += 1;
            match self.orders.obtain(&self.path).await {
                Ok(identity) => {
                    let fingerprint = identity.fingerprint();
                    self.resolver.replace(identity);
                    tracing::info!(%fingerprint, "there is a new certificate");
                }
                Err(error) => {
                    let next_s = pause(failed).as_secs();
                    let domains = self.settings.domains.join(", ");
                    tracing::error!(%error, "no certificate for {domains}; the next attempt is in {next_s} s");
                }
            }
        }
    }

    /// How long the present one will do; `None` where another one is due.
    fn until_due(&self) -> Option<Duration> {
        let current = self.resolver.current()?;
        let due = current.validity()?.renewed_at();
        due.duration_since(SystemTime::now()).ok()
    }
}

fn pause(failed: u32) -> Duration {
    let grown = PAUSE_MIN.saturating_mul(4_u32.saturating_pow(failed.saturating_sub(1)));
    grown.min(PAUSE_MAX)
}

/// Accounts and certificates of one authority are of no use at another one.
fn folder_of(directory: &str) -> String {
    let plain = directory.strip_prefix("https://").unwrap_or(directory);
    plain.replace(
        |c: char| !c.is_ascii_alphanumeric() && !".-".contains(c),
        "_",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_six_hours() {
        let seconds = [1, 2, 3, 4, 5, 6, 1000].map(|failed| pause(failed).as_secs());
        assert_eq!(seconds, [60, 240, 960, 3840, 15_360, 21_600, 21_600]);
    }

    #[test]
    fn every_authority_has_a_folder() {
        let folder = folder_of("https://acme.example:14000/dir/../..");
        assert_eq!(folder, "acme.example_14000_dir_.._..");
    }
}
