//! Which certificate a handshake gets: the newest, or, for an authority that asks, a proof.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::identity::Identity;

/// What an authority wants to speak that looks for a proof (RFC 8737, section 6.2).
pub(super) const PROOF_PROTOCOL: &[u8] = b"acme-tls/1";

/// Holds the certificate of new connections; the others keep theirs.
#[derive(Debug, Default)]
pub(super) struct Resolver {
    current: RwLock<Option<Arc<Identity>>>,
    /// By domain.
    proofs: RwLock<HashMap<String, Arc<CertifiedKey>>>,
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

    /// Shows a proof to whoever asks for one for this domain.
    pub(super) fn prove(&self, domain: String, proof: CertifiedKey) {
        let mut proofs = self.proofs.write().unwrap_or_else(PoisonError::into_inner);
        proofs.insert(domain, Arc::new(proof));
    }

    pub(super) fn forget_proofs(&self) {
        let mut proofs = self.proofs.write().unwrap_or_else(PoisonError::into_inner);
        proofs.clear();
    }
}

impl ResolvesServerCert for Resolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let mut protocols = hello.alpn().into_iter().flatten();
        if protocols.any(|protocol| protocol == PROOF_PROTOCOL) {
            let proofs = self.proofs.read().unwrap_or_else(PoisonError::into_inner);
            return proofs.get(&hello.server_name()?.to_lowercase()).cloned();
        }
        Some(self.current()?.certified.clone())
    }
}
