//! What slows down those who ask too much: requests of a person and of an address are metered, and guesses at passwords
//! wait longer and longer. Nobody who chats, and no script that chats for them, meets these limits.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use shared::{ErrorCode, ErrorReply, PersonId, RequestId};
use tokio::time::{Instant, interval};

use crate::config::RateLimit;
use crate::metrics::Metrics;
use crate::network::Network;

mod backoff;
mod bounded;
mod class;
mod meter;

pub use backoff::{Attempt, Backoff};
use bounded::Bounded;
pub(crate) use class::{AddressClass, Class};
use meter::Meter;

/// People and addresses that are metered at a time.
const METERED_MAX: usize = 1 << 16;
/// What does not matter any more is forgotten this often.
const SWEEP_EVERY: Duration = Duration::from_secs(60);

/// Why something is refused for now, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much was asked for; again in {} ms", .0.as_millis())]
pub struct RetryAfter(pub Duration);

impl RetryAfter {
    /// At least 1, so that whoever waits for it does wait.
    pub fn ms(self) -> u64 {
        // Rounded up: a client that comes back to the millisecond must not be early.
        let ms = self.0.as_nanos().div_ceil(1_000_000);
        u64::try_from(ms).unwrap_or(u64::MAX).max(1)
    }

    /// The answer to the request.
    pub fn reply(self, request_id: RequestId, message: impl Into<String>) -> ErrorReply {
        ErrorReply {
            request_id,
            retry_after_ms: Some(self.ms()),
            ..ErrorReply::new(ErrorCode::RateLimited, message)
        }
    }
}

/// Meters people and addresses.
#[derive(Debug)]
pub(crate) struct Throttle {
    limit: RateLimit,
    /// Behind a reverse proxy everybody has the address of this machine.
    loopback_is_exempt: bool,
    metrics: Arc<Metrics>,
    people: Mutex<Bounded<(PersonId, Class), Meter>>,
    addresses: Mutex<Bounded<(Network, AddressClass), Meter>>,
    /// For whoever checks passwords.
    pub(crate) backoff: Backoff,
}

impl Throttle {
    pub(crate) fn new(limit: RateLimit, loopback_is_exempt: bool, metrics: Arc<Metrics>) -> Self {
        Self {
            limit,
            loopback_is_exempt,
            metrics,
            people: Mutex::new(Bounded::new(METERED_MAX)),
            addresses: Mutex::new(Bounded::new(METERED_MAX)),
            backoff: Backoff::new(loopback_is_exempt),
        }
    }

    /// Whether the person may ask for something of this class now, over all of their connections.
    pub(crate) fn check(&self, person: PersonId, class: Class) -> Result<(), RetryAfter> {
        let Some(factor) = self.limit.factor() else {
            return Ok(());
        };
        let now = Instant::now();
        let mut people = lock(&self.people);
        let meter = people.entry((person, class), now, || Meter::full(now));
        let taken = meter.take(class.rate().times(factor), now);
        taken.inspect_err(|_| self.metrics.throttled())
    }

    /// Whether something of this class may come from the address now.
    pub(crate) fn check_address(
        &self,
        address: IpAddr,
        class: AddressClass,
    ) -> Result<(), RetryAfter> {
        let network = Network::of(address);
        let Some(factor) = self.limit.factor() else {
            return Ok(());
        };
        if self.loopback_is_exempt && network.is_loopback() {
            return Ok(());
        }
        let now = Instant::now();
        let mut addresses = lock(&self.addresses);
        let meter = addresses.entry((network, class), now, || Meter::full(now));
        let taken = meter.take(class.rate().times(factor), now);
        taken.inspect_err(|_| self.metrics.throttled())
    }

    fn sweep(&self, now: Instant) {
        lock(&self.people).sweep(now);
        lock(&self.addresses).sweep(now);
        self.backoff.sweep(now);
    }
}

/// Forgets who has asked for nothing of late, as long as there is a server.
pub(crate) async fn sweep_regularly(throttle: Weak<Throttle>) {
    let mut ticks = interval(SWEEP_EVERY);
    loop {
        ticks.tick().await;
        let Some(throttle) = Weak::upgrade(&throttle) else {
            return;
        };
        throttle.sweep(Instant::now());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that runs under the locks can leave a half-made change behind.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
