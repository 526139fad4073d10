//! Who sends the requests of one connection, as far as their address tells.

use std::net::IpAddr;
use std::sync::Arc;

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

    /// Whether one more request of the class may come from the person.
    pub(super) fn check_person(&self, person: PersonId, class: Class) -> Result<(), ErrorReply> {
        let checked = self.throttle.check(person, class);
        checked.map_err(|wait| wait.reply(RequestId::default(), class.refusal()))
    }
}
