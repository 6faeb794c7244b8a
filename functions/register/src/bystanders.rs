//! Limits on the mails that prove further addresses: they go to mailboxes whose readers may not know who asks, so they are
//! counted by recipient, by network and in the whole deployment, besides by person (REG-05, REG-07).

use gateway::{App, Conflict, Request, request::RequestParts};
use licensing::{
    Address, Timestamp,
    limit::{TryAgainAt, span},
    limits::{Size, networks_of},
};
use store::{
    Batch, BatchResult, Slot, Write,
    marks::{self, Tally},
};

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

/// Everything that a mail to this address, asked for from this network, is counted in.
pub(crate) struct Bystanders(Vec<Counted>);

struct Counted {
    slot: Slot<Tally>,
    most: u32,
    again: TryAgainAt,
}

impl Bystanders {
    pub(crate) fn of(app: &App, request: &Request, to: &Address, now: Timestamp) -> Self {
        let policy = &app.policy.addresses;
        let named = |text: &str| app.keys.links().pseudonym(text);
        let (to, networks) = (to.as_str(), networks_of(&request.network(app)));
        let from = networks.first().map_or("", |(_, name)| name.as_str());
        let mut all = vec![
            counted("to", &named(to), DAY, policy.mails_a_day_a_recipient, now),
            counted("to-from", &named(&format!("{to} {from}")), DAY, policy.mails_a_day_a_recipient_and_network, now),
            counted("all", "", HOUR, policy.mails_an_hour_overall, now),
        ];
        all.extend(networks.iter().map(|(size, name)| {
            counted("from", &named(name), HOUR, policy.mails_an_hour_a_network.saturating_mul(times(*size)), now)
        }));
        Self(all)
    }

    /// Adds all counters to a batch.
    pub(crate) fn add_to(&self, batch: &mut Batch) {
        for counted in &self.0 {
            batch.add(&counted.slot);
        }
    }

    /// Whether the mail may go out. The answer tells nothing but a time: neither which of them is full, nor whose address it is.
    pub(crate) fn judge(&self, got: &BatchResult) -> Result<(), Conflict> {
        let mut again: Option<Timestamp> = None;
        for counted in &self.0 {
            if got.get(&counted.slot)?.map_or(0, |tally| tally.tally) >= counted.most {
                again = again.max(Some(counted.again.0));
            }
        }
        again.map_or(Ok(()), |at| Err(TryAgainAt(at).into()))
    }

    /// Counts the mail; lost if others filled one of them meanwhile.
    pub(crate) fn count(&self, app: &App, write: &mut Write, now: Timestamp) {
        for counted in &self.0 {
            write.tally("proofs", &app.store, &counted.slot, counted.most, now);
        }
    }
}

fn counted(what: &str, whose: &str, minutes: u32, most: u32, now: Timestamp) -> Counted {
    let (number, end) = span(now, minutes);
    Counted { slot: marks::tally(&format!("proofs-{what}#{whose}"), number), most, again: TryAgainAt(end) }
}

/// How many times as much as from the smallest network may come from one of this size.
const fn times(size: Size) -> u32 {
    match size {
        Size::Ipv4 | Size::Ipv6By64 => 1,
        Size::Ipv6By56 => 2,
        Size::Ipv6By48 => 4,
    }
}
