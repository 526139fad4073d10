//! How many connections there are, in all and from each address, and how many there may be.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::network::Network;
use crate::throttle::{AddressClass, RetryAfter, Throttle};

/// Counts connections while they are open.
#[derive(Debug)]
pub(crate) struct Admissions {
    total_max: usize,
    per_address_max: usize,
    /// Loopback may be a reverse proxy, behind which everyone has one address.
    loopback_is_exempt: bool,
    throttle: Arc<Throttle>,
    open: Mutex<Open>,
    /// Rung when the last one ended.
    idle: Notify,
}

#[derive(Debug, Default)]
struct Open {
    total: usize,
    by_address: HashMap<Network, usize>,
}

/// Why a connection is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refused {
    /// There are as many as there may be.
    Total,
    /// There are as many from this address as there may be.
    Address,
    /// Too many came from this address of late.
    TooFast(RetryAfter),
}

/// A connection's place; dropping it gives it up.
#[derive(Debug)]
pub(crate) struct Admission {
    admissions: Arc<Admissions>,
    network: Network,
}

impl Admissions {
    pub(crate) fn new(
        total_max: usize,
        per_address_max: usize,
        loopback_is_exempt: bool,
        throttle: Arc<Throttle>,
    ) -> Self {
        Self {
            total_max,
            per_address_max,
            loopback_is_exempt,
            throttle,
            open: Mutex::default(),
            idle: Notify::new(),
        }
    }

    pub(crate) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Admission, Refused> {
        let of_late = self
            .throttle
            .check_address(address, AddressClass::Connections);
        of_late.map_err(Refused::TooFast)?;
        let network = Network::of(address);
        let exempt = self.loopback_is_exempt && network.is_loopback();
        let mut open = self.lock();
        if open.total >= self.total_max {
            return Err(Refused::Total);
        }
        let from_there = open.by_address.entry(network).or_default();
        if *from_there >= self.per_address_max && !exempt {
            return Err(Refused::Address);
        }
        *from_there += 1;
        open.total += 1;
        Ok(Admission {
            admissions: self.clone(),
            network,
        })
    }

    pub(crate) fn total(&self) -> usize {
        self.lock().total
    }

    /// Waits until no connection is open.
    pub(crate) async fn idle(&self) {
        loop {
            let idle = self.idle.notified();
            if self.total() == 0 {
                return;
            }
            idle.await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        // Nothing that runs under the lock can leave a half-made change behind.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Admission {
    fn drop(&mut self) {
        let mut open = self.admissions.lock();
        open.total -= 1;
        if let Some(from_there) = open.by_address.get_mut(&self.network) {
            *from_there -= 1;
            if *from_there == 0 {
                open.by_address.remove(&self.network);
            }
        }
        if open.total == 0 {
            self.admissions.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::RateLimit;

    fn admissions(total_max: usize, per_address_max: usize, exempt: bool) -> Arc<Admissions> {
        let throttle = Arc::new(Throttle::new(RateLimit::default(), exempt, Arc::default()));
        Arc::new(Admissions::new(
            total_max,
            per_address_max,
            exempt,
            throttle,
        ))
    }

    #[test]
    fn places_are_counted_by_network_and_given_back() {
        let admissions = admissions(4, 2, true);
        let admit = |address: &str| admissions.admit(address.parse().unwrap());
        let first = admit("2001:db8::1").unwrap();
        let _second = admit("2001:db8::2").unwrap();
        assert_eq!(admit("2001:db8::3").unwrap_err(), Refused::Address);
        drop(first);
        let _third = admit("2001:db8::3").unwrap();
        let _other = admit("192.0.2.1").unwrap();
        let _mapped = admit("::ffff:192.0.2.1").unwrap();
        assert_eq!(admit("198.51.100.1").unwrap_err(), Refused::Total);
        assert_eq!(admissions.total(), 4);
    }

    #[test]
    fn loopback_counts_only_where_it_is_told_to() {
        for exempt in [true, false] {
            let admissions = admissions(10, 1, exempt);
            let _first = admissions.admit("127.0.0.1".parse().unwrap()).unwrap();
            let second = admissions.admit("127.0.0.1".parse().unwrap());
            assert_eq!(second.is_ok(), exempt);
        }
    }

    #[test]
    fn who_comes_and_goes_too_fast_is_refused() {
        let admissions = admissions(10, 10, true);
        let admit = |address: &str| admissions.admit(address.parse().unwrap());
        for _ in 0..2_000 {
            drop(admit("192.0.2.1").unwrap());
        }
        let refused = (0..1_000).find_map(|_| admit("192.0.2.1").err());
        assert!(matches!(refused, Some(Refused::TooFast(_))), "{refused:?}");
        assert!(admit("192.0.2.2").is_ok());
    }
}
