//! Who sends the requests of one connection, as far as their address tells.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use hyper::header::HeaderMap;
use shared::{ErrorReply, PersonId, RequestId};

use crate::throttle::{AddressClass, Class, Throttle};

/// Whoever is at the other end, and the meters that they are held to.
#[derive(Clone)]
pub(super) struct Caller {
    throttle: Arc<Throttle>,
    /// `None` where the peer was gone before it could be asked for.
    address: Option<IpAddr>,
}

impl Caller {
    pub(super) fn new(throttle: Arc<Throttle>, address: Option<IpAddr>) -> Self {
        Self { throttle, address }
    }

    /// Whether one more request may come from their address.
    pub(super) fn check(&self) -> Result<(), ErrorReply> {
        let Some(address) = self.address else {
            return Ok(());
        };
        let class = AddressClass::Requests;
        let checked = self.throttle.check_address(address, class);
        let text = "Too many requests come from this address; wait a moment.";
        checked.map_err(|wait| wait.reply(RequestId::default(), text))
    }

    /// This machine's where nobody knows any more.
    pub(super) fn address(&self) -> IpAddr {
        self.address.unwrap_or(Ipv4Addr::LOCALHOST.into())
    }

    /// The same, or where this machine has a reverse proxy, what that says last of whom it has passed on.
    pub(super) fn address_behind(&self, headers: &HeaderMap) -> IpAddr {
        let address = self.address();
        if !address.to_canonical().is_loopback() {
            return address;
        }
        let said = headers.get_all("x-forwarded-for").iter().next_back();
        let said = said.and_then(|said| said.to_str().ok());
        let last = said.and_then(|said| said.rsplit(',').next());
        last.and_then(|last| last.trim().parse().ok())
            .unwrap_or(address)
    }

    /// Whether one more request of the class may come from the person.
    pub(super) fn check_person(&self, person: PersonId, class: Class) -> Result<(), ErrorReply> {
        let checked = self.throttle.check(person, class);
        checked.map_err(|wait| wait.reply(RequestId::default(), class.refusal()))
    }
}
