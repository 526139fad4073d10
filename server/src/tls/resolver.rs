//! Which certificate a handshake gets: the newest.

use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::identity::Identity;

/// Holds the certificate of new connections; the others keep theirs.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    current: RwLock<Option<Arc<Identity>>>,
}

impl Resolver {
    pub(super) fn replace(&self, identity: Identity) {
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        *current = Some(Arc::new(identity));
    }

    pub(super) fn current(&self) -> Option<Arc<Identity>> {
        let current = self.current.read();
        current.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current()?.certified.clone())
    }
}
