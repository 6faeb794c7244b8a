//! The counters of a stranger's request: by network, by recipient domain, and for the whole deployment (REG-05).

use gateway::{App, Request, log::Metrics, request::RequestParts};
use licensing::{
    Address, Timestamp,
    limits::{Domain, Network, RESERVES, Reserve, SHARES, Share, Size, Tallies, networks_of},
};
use store::{Batch, BatchResult, Error, Slot, Write, marks};

/// How much of the day's mails to strangers is used up: an alarm looks at it.
pub const METRICS: Metrics =
    Metrics { namespace: "Countersign/Limits", units: &[("strangers_budget_percent", "Percent")] };

/// Where the tallies of a stranger's request are kept. No item is everybody's: the deployment's lie in shares, of which each
/// request writes one.
pub(crate) struct Throttle {
    networks: Vec<(Size, Slot<Network>)>,
    /// The name under which the smallest network is counted.
    pub(crate) here: String,
    domain: Slot<Domain>,
    shares: Vec<Slot<Share>>,
}

impl Throttle {
    /// Of this request.
    pub(crate) fn of(app: &App, request: &Request, address: &Address) -> Self {
        let names = networks_of(&request.network(app)).into_iter();
        let named: Vec<_> = names.map(|(size, name)| (size, app.keys.links().pseudonym(&name))).collect();
        Self {
            here: named.first().map(|(_, name)| name.clone()).unwrap_or_default(),
            networks: named.iter().map(|(size, name)| (*size, marks::network(name))).collect(),
            domain: marks::domain(address.domain()),
            shares: (0..SHARES).map(marks::share).collect(),
        }
    }

    /// Adds all of them to a batch.
    pub(crate) fn add_to(&self, batch: &mut Batch) {
        self.networks.iter().for_each(|(_, slot)| batch.add(slot));
        batch.add(&self.domain);
        self.shares.iter().for_each(|slot| batch.add(slot));
    }

    /// As they were read.
    pub(crate) fn tallies(&self, got: &BatchResult) -> Result<Tallies, Error> {
        let networks = self.networks.iter().map(|(size, slot)| Ok((*size, got.get(slot)?.unwrap_or_default())));
        let shares = self.shares.iter().map(|slot| Ok(got.get(slot)?.unwrap_or_default()));
        Ok(Tallies {
            networks: networks.collect::<Result<_, Error>>()?,
            domain: got.get(&self.domain)?.unwrap_or_default(),
            shares: shares.collect::<Result<_, Error>>()?,
        })
    }

    /// Writes those that changed.
    pub(crate) fn write(&self, app: &App, write: &mut Write, before: &Tallies, after: &Tallies, now: Timestamp) {
        for (((_, slot), (_, before)), (_, after)) in self.networks.iter().zip(&before.networks).zip(&after.networks) {
            if before != after {
                write.counted("network", &app.store, slot, (before.version, after), now);
            }
        }
        if before.domain != after.domain {
            write.counted("domain", &app.store, &self.domain, (before.domain.version, &after.domain), now);
        }
        for ((slot, before), after) in self.shares.iter().zip(&before.shares).zip(&after.shares) {
            if before != after {
                write.counted("share", &app.store, slot, (before.version, after), now);
            }
        }
    }
}

/// Two parts of the reserve of known browsers, drawn by chance: the emptier one is drawn from.
pub(crate) fn reserves(app: &App) -> [Slot<Reserve>; 2] {
    let [byte] = app.chance.bytes::<1>();
    let first = u32::from(byte) % RESERVES;
    let second = (first + 1 + u32::from(byte) / RESERVES % (RESERVES - 1)) % RESERVES;
    [first, second].map(marks::reserve)
}
