//! What counts as one address where connections, requests and guesses are counted by it.

use std::net::{IpAddr, Ipv6Addr};

/// An IPv6 network of this size is commonly one household's.
const IPV6_NETWORK_BITS: u32 = 64;

/// An IPv4 address, or an IPv6 /64 network, of which whoever has one address has them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Network(IpAddr);

impl Network {
    pub(crate) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(address) if !address.is_loopback() => {
                let mask = u128::MAX << (128 - IPV6_NETWORK_BITS);
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & mask))
            }
            canonical => canonical,
        })
    }

    /// The same for all of its addresses, and for no other.
    pub(crate) fn address(self) -> IpAddr {
        self.0
    }

    /// Whether it is this machine, which may be a reverse proxy, behind which everyone has one address.
    pub(crate) fn is_loopback(self) -> bool {
        self.0.is_loopback()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_network_is_one_address_and_a_mapped_one_is_the_ipv4_address() {
        let of = |text: &str| Network::of(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert!(of("::1").is_loopback() && of("127.0.0.9").is_loopback());
        assert!(!of("::2").is_loopback());
    }
}
