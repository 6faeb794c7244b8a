//! The only place that talks to systems of others: the event bus, and the hosts of subscribers and provisioning endpoints
//! (LINK-11).
//!
//! Where a message goes is written down by operators, and still nothing is trusted: only HTTPS, only public addresses,
//! checked after the name was resolved and then called exactly so (a name can't lead elsewhere between check and call), no
//! redirects, bounded time, bounded answers. What is sent is signed ([`licensing::sign`]).

mod bus;
mod call;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
#[cfg(any(test, feature = "testing"))]
mod testing_bus;
#[cfg(any(test, feature = "testing"))]
mod testing_net;

use licensing::{Timestamp, message::Message, outside::Endpoint, sign::SigningKeys};

pub use aws_sdk_eventbridge as sdk;
pub use bus::Bus;
pub use call::{Answer, Trouble};

/// The way out.
#[derive(Debug, Clone)]
pub struct Outside {
    bus: Option<Bus>,
    keys: SigningKeys,
    caller: call::Caller,
}

impl Outside {
    /// With this bus, if there is one. `loopback` also allows programs on this machine, without TLS: whoever makes it sees to
    /// it that this is no production.
    pub fn new(bus: Option<Bus>, keys: SigningKeys, loopback: bool) -> Self {
        Self { bus, keys, caller: call::Caller::new(loopback) }
    }

    /// Whether there is a bus.
    pub const fn has_bus(&self) -> bool {
        self.bus.is_some()
    }

    /// The secret of a receiver, under the newest key.
    pub fn secret(&self, receiver: &str) -> String {
        self.keys.secret(receiver)
    }

    /// Puts a message on the bus, where there is one.
    pub async fn publish(&self, message: &Message) -> Result<(), Trouble> {
        match &self.bus {
            Some(bus) => bus.publish(message).await,
            None => Ok(()),
        }
    }

    /// Calls a receiver, once, with a signed message; `now` is when it is signed.
    pub async fn post(
        &self,
        to: &Endpoint,
        receiver: &str,
        message: &Message,
        now: Timestamp,
    ) -> Result<Answer, Trouble> {
        let (id, body, second) = (message.id(), message.body(), now.as_second());
        let signature = self.keys.sign(receiver, &id, second, &body);
        let headers = [("webhook-id", id), ("webhook-timestamp", second.to_string()), ("webhook-signature", signature)];
        self.caller.post(to, headers, body).await
    }
}
