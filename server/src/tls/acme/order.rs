//! From an account to a certificate.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use instant_acme::{
    Account, AccountCredentials, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount,
    NewOrder, Order, OrderStatus, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::crypto::ring as provider;
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::sign::CertifiedKey;
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use super::super::identity::{Identity, IdentityError};
use super::super::resolver::Resolver;
use super::super::self_signed::write_private;
use super::https::{AuthorityError, Https};
use crate::config::Acme as Settings;

/// How long an authority may take to look for the proof, and to issue.
const RETRIES: RetryPolicy = RetryPolicy::new()
    .initial_delay(Duration::from_millis(500))
    .backoff(1.5)
    .timeout(Duration::from_secs(180));
/// What an authority says to an account that it does not know (any more).
const NO_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum OrderError {
    #[error("{0}")]
    Acme(#[from] Error),
    #[error("the authority could not verify {domain}: {why}")]
    Refused { domain: String, why: String },
    #[error("the authority offers no proof over TLS for {domain}")]
    NoChallenge { domain: String },
    #[error("the proof for {domain} cannot be made: {source}")]
    Proof {
        domain: String,
        source: rcgen::Error,
    },
    #[error("the key of a proof cannot be used: {0}")]
    Key(#[from] rustls::Error),
    #[error("{} cannot be used: {why}", path.display())]
    File { path: PathBuf, why: String },
    #[error("what the authority has issued cannot be used: {0}")]
    Issued(#[from] IdentityError),
}

/// An account as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(default)]
    email: Option<String>,
    credentials: AccountCredentials,
}

/// Orders certificates for some domains.
pub(super) struct Orders {
    settings: Settings,
    https: Https,
    account_path: PathBuf,
    resolver: Arc<Resolver>,
}

impl Orders {
    pub(super) fn new(
        settings: &Settings,
        folder: &Path,
        resolver: Arc<Resolver>,
    ) -> Result<Self, AuthorityError> {
        Ok(Self {
            https: Https::new(settings.ca.as_deref())?,
            settings: settings.clone(),
            account_path: folder.join("account.json"),
            resolver,
        })
    }

    /// A new certificate, which lies at `path` then, with its key.
    pub(super) async fn obtain(&self, path: &Path) -> Result<Identity, OrderError> {
        let ordered = self.order().await;
        self.resolver.forget_proofs();
        if let Err(OrderError::Acme(Error::Api(problem))) = &ordered
            && problem.r#type.as_deref() == Some(NO_ACCOUNT)
        {
            // The next attempt makes another one.
            let _ = fs::remove_file(&self.account_path);
        }
        let pem = ordered?;
        let path = path.to_owned();
        let kept = spawn_blocking(move || {
            write_private(&path, pem.as_bytes()).map_err(|error| unfit(&path, &error))?;
            Ok(Identity::load(&path, &path)?)
        });
        kept.await
            .unwrap_or_else(|error| Err(unfit(&self.account_path, &io::Error::other(error))))
    }

    /// Certificates and key in PEM.
    async fn order(&self) -> Result<String, OrderError> {
        let account = self.account().await?;
        let domains = self.settings.domains.iter().cloned();
        let identifiers: Vec<Identifier> = domains.map(Identifier::Dns).collect();
        let mut order = account.new_order(&NewOrder::new(&identifiers)).await?;
        self.prove(&mut order).await?;
        let is_ready = match order.state().status {
            OrderStatus::Ready => true,
            _other => matches!(order.poll_ready(&RETRIES).await, Ok(OrderStatus::Ready)),
        };
        if !is_ready {
            return Err(why(&mut order).await);
        }
        let key = order.finalize().await?;
        let chain = order.poll_certificate(&RETRIES).await?;
        Ok(format!("{chain}\n{key}"))
    }

    /// Has the authority look for the proofs that it wants.
    async fn prove(&self, order: &mut Order) -> Result<(), OrderError> {
        let mut authorizations = order.authorizations();
        while let Some(authorization) = authorizations.next().await {
            let mut authorization = authorization?;
            if authorization.status == AuthorizationStatus::Valid {
                continue;
            }
            let domain = authorization.identifier().to_string();
            let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
            let Some(mut challenge) = challenge else {
                return Err(OrderError::NoChallenge { domain });
            };
            let digest = challenge.key_authorization().digest();
            let proof = proof(&domain, digest.as_ref())?;
            self.resolver.prove(domain.clone(), proof);
            challenge.set_ready().await.map_err(|error| match error {
                Error::Api(problem) => OrderError::Refused {
                    why: problem.to_string(),
                    domain,
                },
                other => other.into(),
            })?;
        }
        Ok(())
    }

    /// The account of before, or a new one.
    async fn account(&self) -> Result<Account, OrderError> {
        let builder = Account::builder_with_http(Box::new(self.https.clone()));
        let email = self.settings.email.clone();
        let contact: Vec<String> = email
            .iter()
            .map(|email| format!("mailto:{email}"))
            .collect();
        let contact: Vec<&str> = contact.iter().map(String::as_str).collect();
        let path = &self.account_path;
        match fs::read(path) {
            Ok(bytes) => {
                let kept: Kept =
                    serde_json::from_slice(&bytes).map_err(|error| unfit(path, &error.into()))?;
                let is_known = kept.email == email;
                let credentials = serde_json::to_value(&kept.credentials).map_err(Error::from)?;
                let account = builder.from_credentials(kept.credentials).await?;
                if !is_known {
                    account.update_contacts(&contact).await?;
                    let credentials = serde_json::from_value(credentials).map_err(Error::from)?;
                    self.keep(email, credentials)?;
                }
                Ok(account)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let new = NewAccount {
                    contact: &contact,
                    terms_of_service_agreed: true,
                    only_return_existing: false,
                };
                let directory = self.settings.directory.clone();
                let (account, credentials) = builder.create(&new, directory, None).await?;
                self.keep(email, credentials)?;
                Ok(account)
            }
            Err(error) => Err(unfit(path, &error)),
        }
    }

    fn keep(
        &self,
        email: Option<String>,
        credentials: AccountCredentials,
    ) -> Result<(), OrderError> {
        let kept = serde_json::to_vec(&Kept { email, credentials }).map_err(Error::from)?;
        let path = &self.account_path;
        write_private(path, &kept).map_err(|error| unfit(path, &error))
    }
}

/// What the authority has found instead of a proof.
async fn why(order: &mut Order) -> OrderError {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = match authorization {
            Ok(authorization) => authorization,
            Err(error) => return error.into(),
        };
        if let Err(error) = authorization.refresh().await {
            return error.into();
        }
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let domain = authorization.identifier().to_string();
        let found = authorization.challenges.iter().find_map(|challenge| {
            let problem = challenge.error.as_ref()?;
            problem.detail.clone().or(problem.r#type.clone())
        });
        return OrderError::Refused {
            domain,
            why: found.unwrap_or_else(|| "it does not say why".to_owned()),
        };
    }
    OrderError::Acme(Error::Str("the order was not completed"))
}

/// A certificate that nobody but the authority asks for (RFC 8737, section 3).
fn proof(domain: &str, digest: &[u8]) -> Result<CertifiedKey, OrderError> {
    let made = || {
        let mut params = CertificateParams::new([domain.to_owned()])?;
        params.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
        let key = KeyPair::generate()?;
        Ok((params.self_signed(&key)?.der().clone(), key))
    };
    let (certificate, key) = made().map_err(|source| OrderError::Proof {
        domain: domain.to_owned(),
        source,
    })?;
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    let signing = provider::sign::any_supported_type(&key)?;
    Ok(CertifiedKey::new(vec![certificate], signing))
}

fn unfit(path: &Path, error: &io::Error) -> OrderError {
    OrderError::File {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
