//! Limits on strangers' browsers: per network address, and for the whole deployment (REG-05).

use std::net::IpAddr;

use gateway::{App, Request, request::Ask};
use licensing::{
    Timestamp,
    limit::{TryAgainAt, brake, span},
};
use store::{
    Batch, Got, Slot, Write,
    marks::{self, Tally},
};

use crate::missed::Missed;

/// The deployment's counter is spread over so many items, so that none of them is hot.
const SHARDS: u32 = 16;

/// The counters that a stranger's request is held against.
pub(crate) struct Throttle {
    network: Slot<Tally>,
    network_again: TryAgainAt,
    shard: Slot<Tally>,
    now: Timestamp,
}

impl Throttle {
    /// Of this request.
    pub(crate) fn of(app: &App, request: &Request, now: Timestamp) -> Self {
        let (hour, end) = span(now, 60);
        let (minute, _) = span(now, 1);
        let whose = app.keys.links().pseudonym(&network(&request.network(app)));
        let [byte] = app.chance.bytes::<1>();
        Self {
            network: marks::tally(&format!("ask-network#{whose}"), hour),
            network_again: TryAgainAt(end),
            shard: marks::tally(&format!("ask-all#{}", u32::from(byte) % SHARDS), minute),
            now,
        }
    }

    /// Adds both counters to a batch.
    pub(crate) fn add_to(&self, batch: &mut Batch) {
        batch.add(&self.network);
        batch.add(&self.shard);
    }

    /// Whether the request passes. What is refused is not counted and costs no write.
    pub(crate) fn judge(&self, app: &App, got: &Got) -> Result<(), Missed> {
        let count = |slot| got.get(slot).map(|tally| tally.map_or(0, |tally: Tally| tally.tally));
        if count(&self.network)? >= app.policy.sign_in.requests_an_hour_a_network {
            return Err(self.network_again.into());
        }
        let estimate = u64::from(count(&self.shard)?) * u64::from(SHARDS);
        brake(estimate, app.policy.sign_in.requests_a_minute_overall, app.chance.bytes(), self.now)?;
        Ok(())
    }

    /// Counts the request; lost if others filled the network address's limit meanwhile.
    pub(crate) fn count(&self, app: &App, write: &mut Write) {
        let most = app.policy.sign_in.requests_an_hour_a_network;
        write.tally("network", &app.store, &self.network, most, self.now);
        write.tally("shard", &app.store, &self.shard, u32::MAX, self.now);
    }
}

/// What counts as one network: an IPv4 address, or the half of an IPv6 address that one line is given.
fn network(address: &str) -> String {
    match address.trim().parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => format!("{:x?}", &ip.segments()[..4]),
        Ok(IpAddr::V4(ip)) => ip.to_string(),
        Err(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    /// REG-05 one line of IPv6 is one network, however many addresses it makes up.
    #[test]
    fn reg_05_an_ipv6_line_is_one_network() {
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), network("2001:db8:1:2::9"));
        assert_ne!(network("2001:db8:1:2::9"), network("2001:db8:1:3::9"));
        assert_eq!(network("::ffff:192.0.2.7"), network("192.0.2.7"));
        assert_eq!(network("no address"), "");
    }
}
