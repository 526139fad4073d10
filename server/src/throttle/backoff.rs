//! A backoff for guessed passwords. Failures are counted by account and by address; after some, the next attempt waits,
//! twice as long each time. Where somebody has signed in to an account before, the failures of others do not count.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::RetryAfter;
use super::bounded::{Bounded, Entry};
use crate::network::Network;

/// Failures at one account after which the next attempt waits.
const FREE_PER_ACCOUNT: u32 = 5;
/// Of one address: a class may sit behind it, whose slips are forgiven only once they have signed in.
const FREE_PER_ADDRESS: u32 = 20;
/// The first wait.
const DELAY_MIN: Duration = Duration::from_secs(1);
/// The longest wait.
const DELAY_MAX: Duration = Duration::from_secs(5 * 60);
/// The longest wait where the account's person has signed in before: whoever shares their address cannot hold them
/// off for long, and makes fewer than 3,000 guesses a day.
const DELAY_MAX_KNOWN: Duration = Duration::from_secs(30);
/// One failure is forgotten in this time.
const FORGET_AFTER: Duration = Duration::from_secs(10 * 60);
/// After so many doublings every wait is the longest, also once a failure is forgotten.
const DOUBLINGS_MAX: u32 = 10;
/// Accounts, addresses and pairs of both that are remembered.
const REMEMBERED_MAX: usize = 1 << 14;
/// Addresses that are remembered for an account as its person's.
const KNOWN_MAX: usize = 8;

/// Counts failed attempts to sign in.
///
/// Ask [`Backoff::attempt`] before a password is checked, and tell the [`Attempt`] how it ended. An attempt counts as
/// failed from its beginning, so that many at once are no way around it.
#[derive(Debug)]
pub struct Backoff {
    /// Behind a reverse proxy everybody has the address of this machine: it tells nobody from anybody.
    loopback_is_exempt: bool,
    tries: Mutex<Tries>,
}

#[derive(Debug)]
struct Tries {
    by_account: Bounded<AccountKey, Failures>,
    by_address: Bounded<Network, Failures>,
    /// From one address at one account: what is forgiven to the address after success.
    by_pair: Bounded<(AccountKey, Network), Failures>,
    /// Where people have signed in to the account.
    known: Bounded<AccountKey, Known>,
}

/// What an account is called here; of the same size however long its name is.
type AccountKey = [u8; 16];

/// An attempt to sign in that may go on. Dropping it counts it as failed.
#[derive(Debug)]
#[must_use = "say how the attempt ended"]
pub struct Attempt<'a> {
    backoff: &'a Backoff,
    account: AccountKey,
    /// `None` where it tells nobody from anybody.
    network: Option<Network>,
    is_known: bool,
}

impl Backoff {
    pub fn new(loopback_is_exempt: bool) -> Self {
        Self {
            loopback_is_exempt,
            tries: Mutex::new(Tries {
                by_account: Bounded::new(REMEMBERED_MAX),
                by_address: Bounded::new(REMEMBERED_MAX),
                by_pair: Bounded::new(REMEMBERED_MAX),
                known: Bounded::new(REMEMBERED_MAX),
            }),
        }
    }

    /// Begins an attempt at the account from the address. `account_key` is whatever names the account in one way only:
    /// its name in the form in which names are compared, whether there is such an account or not.
    ///
    /// # Errors
    /// Where it comes too early, with the time to wait. That costs the asker nothing.
    pub fn attempt(
        &self,
        account_key: &str,
        address: IpAddr,
        now: Instant,
    ) -> Result<Attempt<'_>, RetryAfter> {
        let account = key(account_key);
        let network = Network::of(address);
        let network = (!self.loopback_is_exempt || !network.is_loopback()).then_some(network);
        let mut tries = self.lock();
        let is_known = network.is_some_and(|network| tries.knows(account, network));
        tries.check(account, network, is_known, now)?;
        tries.charge(account, network, is_known, now);
        Ok(Attempt {
            backoff: self,
            account,
            network,
            is_known,
        })
    }

    /// Forgets what does not matter any more; to be called now and then.
    pub fn sweep(&self, now: Instant) {
        let mut tries = self.lock();
        tries.by_account.sweep(now);
        tries.by_address.sweep(now);
        tries.by_pair.sweep(now);
    }

    fn lock(&self) -> MutexGuard<'_, Tries> {
        // Nothing that runs under the lock can leave a half-made change behind.
        self.tries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Attempt<'_> {
    /// The password was right: the failures before are forgiven, and the address is known from now on.
    pub fn succeeded(self, now: Instant) {
        let mut tries = self.backoff.lock();
        tries.by_account.remove(&self.account);
        let Some(network) = self.network else { return };
        let pair = tries.by_pair.remove(&(self.account, network));
        if let Some(pair) = pair.filter(|_| !self.is_known)
            && let Some(address) = tries.by_address.find_mut(&network)
        {
            address.forgive(pair.count(now));
        }
        tries.learn(self.account, network, now);
    }

    /// The password was wrong.
    pub fn failed(self) {
        // It counts as failed already.
    }

    /// Nobody knows whether the password was right, because the server failed: it does not count.
    pub fn withdrawn(self) {
        let mut tries = self.backoff.lock();
        let pair = self.network.map(|network| (self.account, network));
        if let Some(pair) = pair {
            // Without it, somebody has signed in meanwhile and all is forgiven.
            let Some(failures) = tries.by_pair.find_mut(&pair) else {
                return;
            };
            failures.forgive(1);
        }
        if self.is_known {
            return;
        }
        if let Some(account) = tries.by_account.find_mut(&self.account) {
            account.forgive(1);
        }
        if let Some((_, network)) = pair
            && let Some(address) = tries.by_address.find_mut(&network)
        {
            address.forgive(1);
        }
    }
}

impl Tries {
    fn knows(&self, account: AccountKey, network: Network) -> bool {
        let known = self.known.find(&account);
        known.is_some_and(|known| known.networks.contains(&network))
    }

    fn check(
        &self,
        account: AccountKey,
        network: Option<Network>,
        is_known: bool,
        now: Instant,
    ) -> Result<(), RetryAfter> {
        let wait = |failures: Option<&Failures>, free, longest| {
            failures.map_or(Duration::ZERO, |failures| failures.wait(free, longest, now))
        };
        let wait = if let (true, Some(network)) = (is_known, network) {
            let pair = self.by_pair.find(&(account, network));
            wait(pair, FREE_PER_ACCOUNT, DELAY_MAX_KNOWN)
        } else {
            let account = self.by_account.find(&account);
            let address = network.and_then(|network| self.by_address.find(&network));
            let account = wait(account, FREE_PER_ACCOUNT, DELAY_MAX);
            account.max(wait(address, FREE_PER_ADDRESS, DELAY_MAX))
        };
        if wait.is_zero() {
            Ok(())
        } else {
            Err(RetryAfter(wait))
        }
    }

    fn charge(
        &mut self,
        account: AccountKey,
        network: Option<Network>,
        is_known: bool,
        now: Instant,
    ) {
        let new = || Failures::none(now);
        if let Some(network) = network {
            let pair = self.by_pair.entry((account, network), now, new);
            pair.add(FREE_PER_ACCOUNT, now);
        }
        if is_known {
            return;
        }
        let of_account = self.by_account.entry(account, now, new);
        of_account.add(FREE_PER_ACCOUNT, now);
        if let Some(network) = network {
            let of_address = self.by_address.entry(network, now, new);
            of_address.add(FREE_PER_ADDRESS, now);
        }
    }

    fn learn(&mut self, account: AccountKey, network: Network, now: Instant) {
        let known = self.known.entry(account, now, || Known {
            networks: Vec::new(),
            used: now,
        });
        known.used = now;
        known.networks.retain(|known| *known != network);
        known.networks.insert(0, network);
        known.networks.truncate(KNOWN_MAX);
    }
}

/// How often something failed of late.
#[derive(Debug)]
struct Failures {
    failures: u32,
    /// When the last one was.
    last: Instant,
    /// Up to when they are forgotten with time.
    forgotten: Instant,
}

impl Failures {
    fn none(now: Instant) -> Self {
        Self {
            failures: 0,
            last: now,
            forgotten: now,
        }
    }

    fn count(&self, now: Instant) -> u32 {
        self.failures.saturating_sub(self.forgettable(now))
    }

    fn forgettable(&self, now: Instant) -> u32 {
        let times = now.duration_since(self.forgotten).as_secs() / FORGET_AFTER.as_secs();
        u32::try_from(times).unwrap_or(u32::MAX)
    }

    fn add(&mut self, free: u32, now: Instant) {
        let forgettable = self.forgettable(now);
        self.failures = self.failures.saturating_sub(forgettable);
        if self.failures == 0 {
            self.forgotten = now;
        } else {
            self.forgotten += FORGET_AFTER * forgettable;
        }
        self.failures = (self.failures + 1).min(free + DOUBLINGS_MAX);
        self.last = now;
    }

    fn forgive(&mut self, failures: u32) {
        self.failures = self.failures.saturating_sub(failures);
    }

    /// For how long nothing may be tried; zero where it may be now.
    fn wait(&self, free: u32, longest: Duration, now: Instant) -> Duration {
        // As many as they were at the last one: a wait that was told is not cut short.
        let Some(doublings) = self.failures.checked_sub(free) else {
            return Duration::ZERO;
        };
        let delay = DELAY_MIN * (1 << doublings.min(DOUBLINGS_MAX));
        (self.last + delay.min(longest)).saturating_duration_since(now)
    }
}

impl Entry for Failures {
    /// A flood of names that are tried once must not push out what is guessed at for long.
    type Rank = (u32, Instant);

    fn rank(&self, now: Instant) -> Self::Rank {
        (self.count(now), self.last)
    }

    fn is_spent(&self, now: Instant) -> bool {
        self.count(now) == 0
    }
}

/// Where somebody has signed in to an account, the latest first.
#[derive(Debug)]
struct Known {
    networks: Vec<Network>,
    used: Instant,
}

impl Entry for Known {
    type Rank = Instant;

    fn rank(&self, _now: Instant) -> Instant {
        self.used
    }

    fn is_spent(&self, _now: Instant) -> bool {
        false
    }
}

fn key(account: &str) -> AccountKey {
    let mut key = AccountKey::default();
    key.copy_from_slice(&blake3::hash(account.as_bytes()).as_bytes()[..16]);
    key
}

#[cfg(test)]
mod tests;
