//! Passwords: what is taken for one, and their Argon2id hashes. Hashing costs 19 MiB and tens of milliseconds on
//! purpose, so only a few run at once, few may wait, and of those only some from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use shared::Secret;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;

use crate::network::Network;
use crate::store::random;
use crate::throttle::RetryAfter;

mod strength;

pub(crate) use strength::check_new;

/// As OWASP's Password Storage Cheat Sheet asks for at least.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes that are made at one time, each with [`MEMORY_KIB`].
const AT_ONCE: usize = 2;
/// Who waits for a hash; those above are told to come back.
const WAITING_MAX: usize = 64;
/// Of those, from one address.
const WAITING_PER_ADDRESS_MAX: usize = 16;
/// What whoever finds the queue full is told to wait.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Makes and compares hashes of passwords.
#[derive(Debug)]
pub(crate) struct Passwords {
    running: Arc<Semaphore>,
    queue: Mutex<Queue>,
    /// Behind a reverse proxy everybody has the address of this machine.
    loopback_is_exempt: bool,
    /// Compared with where there is no account or no password, which must not be told by the time it takes.
    decoy: String,
}

#[derive(Debug, Default)]
struct Queue {
    total: usize,
    by_network: HashMap<Network, usize>,
}

/// Why there is no hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HashError {
    #[error("too many sign in at once")]
    Busy(RetryAfter),
    #[error("the password could not be hashed")]
    Failed,
}

/// A place in the queue; dropping it gives it up.
struct Place<'a> {
    passwords: &'a Passwords,
    network: Option<Network>,
}

impl Passwords {
    pub(crate) fn new(loopback_is_exempt: bool) -> Self {
        Self {
            running: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Mutex::default(),
            loopback_is_exempt,
            decoy: decoy(),
        }
    }

    /// The PHC string of a new password, with a salt of its own.
    pub(crate) async fn hash(
        &self,
        password: &Secret,
        address: IpAddr,
    ) -> Result<String, HashError> {
        let password = normalised(password);
        let hash = self.run(address, move || hash(&password)).await?;
        hash.ok_or(HashError::Failed)
    }

    /// Whether the password is the one of the hash. Takes as long without a hash, and is false then.
    pub(crate) async fn verify(
        &self,
        password: &Secret,
        hash: Option<&str>,
        address: IpAddr,
    ) -> Result<bool, HashError> {
        let password = normalised(password);
        let (known, hash) = (hash.is_some(), hash.unwrap_or(&self.decoy).to_owned());
        let same = self.run(address, move || verify(&password, &hash)).await?;
        Ok(same && known)
    }

    /// Runs it once there is memory for it.
    async fn run<T: Send + 'static>(
        &self,
        address: IpAddr,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HashError> {
        let _place = self.enter(address)?;
        let running = self.running.clone().acquire_owned().await;
        let running = running.map_err(|_| HashError::Failed)?;
        let worked = tokio::task::spawn_blocking(move || {
            // Held here, as the work goes on where nobody waits for it any more.
            let _running = running;
            work()
        });
        worked.await.map_err(|_| HashError::Failed)
    }

    fn enter(&self, address: IpAddr) -> Result<Place<'_>, HashError> {
        let network = Network::of(address);
        let network = (!self.loopback_is_exempt || !network.is_loopback()).then_some(network);
        let mut queue = self.lock();
        let from_there = network
            .and_then(|network| queue.by_network.get(&network).copied())
            .unwrap_or_default();
        if queue.total >= WAITING_MAX || from_there >= WAITING_PER_ADDRESS_MAX {
            return Err(HashError::Busy(RetryAfter(RETRY_AFTER)));
        }
        queue.total += 1;
        if let Some(network) = network {
            queue.by_network.insert(network, from_there + 1);
        }
        Ok(Place {
            passwords: self,
            network,
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Queue> {
        // Nothing that runs under the lock can leave a half-made change behind.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut queue = self.passwords.lock();
        queue.total -= 1;
        if let Some(network) = self.network
            && let Some(from_there) = queue.by_network.get_mut(&network)
        {
            *from_there -= 1;
            if *from_there == 0 {
                queue.by_network.remove(&network);
            }
        }
    }
}

/// The same text however a keyboard composes it.
fn normalised(password: &Secret) -> Secret {
    Secret::from(password.reveal().nfc().collect::<String>())
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &Secret) -> Option<String> {
    let salt = SaltString::encode_b64(&random::<16>()).ok()?;
    let hash = argon2().hash_password(password.reveal().as_bytes(), &salt);
    hash.ok().map(|hash| hash.to_string())
}

/// With the parameters that the hash names.
fn verify(password: &Secret, hash: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        argon2()
            .verify_password(password.reveal().as_bytes(), &hash)
            .is_ok()
    })
}

/// A hash that costs as much to compare with as any other, and that no password has.
fn decoy() -> String {
    let part =
        |bytes: &[u8]| base64::Engine::encode(&base64::prelude::BASE64_STANDARD_NO_PAD, bytes);
    let (salt, output) = (part(&random::<16>()), part(&random::<32>()));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${output}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn secret(text: &str) -> Secret {
        Secret::from(text)
    }

    #[tokio::test]
    async fn a_hash_is_of_one_password_and_names_its_cost() {
        let passwords = Passwords::new(true);
        let hash = passwords.hash(&secret("a good one"), HERE).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert_ne!(
            hash,
            passwords.hash(&secret("a good one"), HERE).await.unwrap()
        );
        for (password, fits) in [("a good one", true), ("a good One", false), ("", false)] {
            let password = secret(password);
            let verified = passwords.verify(&password, Some(&hash), HERE).await;
            assert_eq!(verified, Ok(fits));
        }
        let composed = passwords.hash(&secret("Zoë's cat"), HERE).await.unwrap();
        let decomposed = secret("Zoe\u{308}'s cat");
        let verified = passwords.verify(&decomposed, Some(&composed), HERE);
        assert_eq!(verified.await, Ok(true));
    }

    #[tokio::test]
    async fn without_an_account_the_same_work_is_done() {
        let passwords = Passwords::new(true);
        let decoy = PasswordHash::new(&passwords.decoy).unwrap();
        let real = passwords.hash(&secret("a good one"), HERE).await.unwrap();
        let real = PasswordHash::new(&real).unwrap();
        assert_eq!(decoy.params.to_string(), real.params.to_string());
        assert_eq!(decoy.hash.unwrap().len(), real.hash.unwrap().len());
        let verified = passwords.verify(&secret("a good one"), None, HERE).await;
        assert_eq!(verified, Ok(false));
    }

    #[tokio::test]
    async fn few_wait_and_fewer_from_one_address() {
        let passwords = Passwords::new(true);
        let address = |text: &str| text.parse().unwrap();
        let mut places: Vec<_> = (0..WAITING_PER_ADDRESS_MAX)
            .map(|_| passwords.enter(address("192.0.2.1")).unwrap())
            .collect();
        assert!(passwords.enter(address("192.0.2.1")).is_err());
        places.push(passwords.enter(address("192.0.2.2")).unwrap());
        while places.len() < WAITING_MAX {
            // This machine may be a proxy.
            places.push(passwords.enter(address("127.0.0.1")).unwrap());
        }
        assert!(passwords.enter(address("192.0.2.3")).is_err());
        assert!(passwords.enter(HERE).is_err());
        places.remove(0);
        assert!(passwords.enter(address("192.0.2.1")).is_ok());
        drop(places);
        assert_eq!(passwords.lock().by_network.len(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_more_run_at_once_than_there_is_memory_for() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let passwords = Arc::new(Passwords::new(true));
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..20)
            .map(|_| {
                let (passwords, now, most) = (passwords.clone(), now.clone(), most.clone());
                tokio::spawn(async move {
                    let work = move || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(5));
                        now.fetch_sub(1, Ordering::SeqCst);
                    };
                    passwords.run(HERE, work).await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(most.load(Ordering::SeqCst), AT_ONCE);
    }
}
