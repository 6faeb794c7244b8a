//! How many codes strangers' browsers can have mailed, and how many they can guess (REG-05).
//!
//! A mail to a stranger is counted in three places: where the request came from ([`Network`], of each size), where the mail goes
//! ([`Domain`]), and in the deployment ([`Share`]). A code that signs somebody in gives back what its mail took, and earns a
//! little more room where it was counted. So an office that signs in on Monday morning passes, while mails that nobody answers
//! use up their room, and those that bounce use it up ten times as fast.
//!
//! Nothing is ever shut: where a domain or the deployment is over its number, mails still go out, one in every few minutes. Who
//! asks first does not get all of them: a network waits an hour for each mail that it left unanswered today. Likewise the last
//! part of the deployment's bucket is for networks that left at most one unanswered ([`Today`]).
//! A browser in which this address signed in before draws from a reserve of its own ([`Reserve`]).
//!
//! Everything here is a function of what is stored and `now`; `tests/limits.rs` beside this crate plays whole hours with it.

use core::net::{IpAddr, Ipv6Addr};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

pub use crate::policy::SHARES;
use crate::{
    limit::{TryAgainAt, Window, hit, is_beyond, live},
    policy::{KnownPolicy, NetworkLimits, SignInPolicy, StrangersPolicy},
    when::{Timestamp, add_minutes},
};

/// The reserve of known browsers lies in so many parts.
pub const RESERVES: u32 = 8;

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

/// Somebody is just entering a code, or did not get it: so many unanswered mails are nothing to go by.
const UNANSWERED_BY_CHANCE: u32 = 1;

/// One in so many of a share's mails is for networks that left nothing unanswered.
const RESERVED_PART: u32 = 5;

/// Which part of the deployment's bucket a mail may be drawn from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// All of it.
    Whole,
    /// All but the last part, which is for networks that left nothing unanswered.
    ButTheReserve,
    /// What goes out although a number was passed.
    Slow,
}

/// How much of the address counts as one network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Size {
    /// A whole IPv4 address, and what can't be read as an address.
    Ipv4,
    /// What one line of IPv6 is given at least.
    Ipv6By64,
    /// What a household is given.
    Ipv6By56,
    /// What an organisation is given: 65,536 networks of the smallest size.
    Ipv6By48,
}

impl Size {
    /// Its numbers.
    pub const fn limits(self, policy: &SignInPolicy) -> &NetworkLimits {
        match self {
            Self::Ipv4 => &policy.networks.ipv4,
            Self::Ipv6By64 => &policy.networks.ipv6_64,
            Self::Ipv6By56 => &policy.networks.ipv6_56,
            Self::Ipv6By48 => &policy.networks.ipv6_48,
        }
    }
}

/// The networks that an address lies in, the smallest first, each with its name.
pub fn networks_of(address: &str) -> Vec<(Size, String)> {
    let prefix = |ip: Ipv6Addr, length: u32| {
        let kept = Ipv6Addr::from_bits(ip.to_bits() & (u128::MAX << (128 - length)));
        format!("{kept}/{length}")
    };
    match address.trim().parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V6(ip)) => {
            vec![(Size::Ipv6By64, prefix(ip, 64)), (Size::Ipv6By56, prefix(ip, 56)), (Size::Ipv6By48, prefix(ip, 48))]
        }
        Ok(IpAddr::V4(ip)) => vec![(Size::Ipv4, ip.to_string())],
        Err(_) => vec![(Size::Ipv4, String::new())],
    }
}

/// What was mailed to a domain since an hour began, and how much of it was answered by signing in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailed {
    /// When the first was mailed.
    pub since: Timestamp,
    /// So many, where one that bounced counts more.
    pub weight: u32,
    /// So many signed somebody in.
    pub answered: u32,
}

impl Mailed {
    fn live(this: Option<Self>, now: Timestamp) -> Self {
        let holds = |mailed: &Self| now < add_minutes(mailed.since, HOUR) && !is_beyond(mailed.since, now);
        this.filter(holds).unwrap_or(Self { since: now, weight: 0, answered: 0 })
    }

    /// Whether there is room for one more.
    const fn has_room(&self, policy: &SignInPolicy) -> bool {
        let earned = self.answered / policy.answers_for_one_more;
        self.weight < policy.domain_all_mails_an_hour
            && self.weight.saturating_sub(self.answered) < policy.domain_mails_an_hour.saturating_add(earned)
    }

    fn answer(&mut self, mails: u32) {
        self.answered = self.answered.saturating_add(mails).min(self.weight);
    }
}

/// What a network had mailed since a day began: what it left unanswered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Today {
    /// When the first was mailed.
    pub since: Timestamp,
    /// When the last was mailed.
    pub last: Timestamp,
    /// So many.
    pub mailed: u32,
    /// So many of them signed somebody in.
    pub answered: u32,
}

impl Today {
    fn live(this: Option<Self>, now: Timestamp) -> Self {
        let holds = |today: &Self| {
            now < add_minutes(today.since, DAY) && !is_beyond(today.since, now) && !is_beyond(today.last, now)
        };
        this.filter(holds).unwrap_or(Self { since: now, last: now, mailed: 0, answered: 0 })
    }

    /// So many were left unanswered. Where many people sign in, some never enter their code: answers make up for a part.
    const fn unanswered(&self, policy: &SignInPolicy) -> u32 {
        self.mailed.saturating_sub(self.answered).saturating_sub(self.answered / policy.answers_for_one_more)
    }

    /// When it may have one of the mails that go out slowly: an hour for each that it left unanswered, at most a day.
    fn next_slow(&self, policy: &SignInPolicy) -> Timestamp {
        add_minutes(self.last, self.unanswered(policy).saturating_mul(HOUR).min(DAY))
    }

    const fn mail(self, now: Timestamp) -> Self {
        Self { last: now, mailed: self.mailed.saturating_add(1), ..self }
    }

    fn answer(self, mails: u32) -> Self {
        Self { answered: self.answered.saturating_add(mails).min(self.mailed), ..self }
    }
}

/// What is counted of one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Network {
    /// Requests for codes and wrong codes in the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests: Option<Window>,
    /// From then on no mail of it is unanswered; each mail moves it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_at: Option<Timestamp>,
    /// Codes that signed in, in the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Window>,
    /// What it had mailed in the last day. None in what was stored before this field existed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub today: Option<Today>,
    /// Wrong codes of the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Window>,
    /// Rises with each change: the condition of the next write.
    #[serde(default)]
    pub version: u64,
}

/// What is counted of one recipient domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Domain {
    /// Mails of the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mailed: Option<Mailed>,
    /// Rises with each change: the condition of the next write.
    #[serde(default)]
    pub version: u64,
}

/// A share of what is counted in the whole deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Share {
    /// From then on nothing is taken of this share of the bucket; each mail moves it on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_at: Option<Timestamp>,
    /// The last mail that went out although a number was passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slow_at: Option<Timestamp>,
    /// Codes that signed in, in the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answered: Option<Window>,
    /// Mails that bounced in the last hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounced: Option<Window>,
    /// Mails of the last day that nobody answered, where one that bounced counts more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<Window>,
    /// Wrong codes of the last day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<Window>,
    /// Rises with each change: the condition of the next write.
    #[serde(default)]
    pub version: u64,
}

/// A part of the reserve of browsers in which somebody signed in before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Default)]
pub struct Reserve {
    /// From then on nothing is taken of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_at: Option<Timestamp>,
    /// Rises with each change: the condition of the next write.
    #[serde(default)]
    pub version: u64,
}

/// All that a stranger's request is counted in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tallies {
    /// The networks that it came from, the smallest first.
    pub networks: Vec<(Size, Network)>,
    /// Where the mail goes.
    pub domain: Domain,
    /// All shares of the deployment.
    pub shares: Vec<Share>,
}

impl Tallies {
    /// A request that mails nothing: what is stored next.
    pub fn request(&mut self, now: Timestamp, policy: &SignInPolicy) -> Result<(), TryAgainAt> {
        let mut wait = Wait::default();
        for (size, network) in &mut self.networks {
            let requests = wait.over(hit(network.requests, now, HOUR, size.limits(policy).requests_an_hour));
            network.requests = requests.or(network.requests);
            network.version += 1;
        }
        wait.end()
    }

    /// A request that mails a code: what is stored next, or the earliest time at which it may be asked again. `chance` tells
    /// which of several equal shares is drawn from.
    pub fn mail(&mut self, chance: u8, now: Timestamp, policy: &SignInPolicy) -> Result<(), TryAgainAt> {
        self.request(now, policy)?;
        let mut mailed = Mailed::live(self.domain.mailed, now);
        let slow = !mailed.has_room(policy) || self.is_slowed(now, policy);
        let mut wait = Wait::default();
        let mut is_trusted = true;
        for (size, network) in &mut self.networks {
            let today = Today::live(network.today, now);
            // A few networks that ask all the time would otherwise have all that goes out slowly.
            let next_slow = today.next_slow(policy);
            wait.unless(!slow || next_slow <= now, next_slow);
            is_trusted &= today.unanswered(policy) <= UNANSWERED_BY_CHANCE;
            network.today = Some(today.mail(now));
            let earned =
                live(network.answered, now, HOUR).map_or(0, |window| window.count / policy.answers_for_one_more);
            let (burst, cost) = size.limits(policy).bucket();
            let drawn = wait.over(draw(network.full_at, cost, burst.saturating_add(earned), now));
            network.full_at = drawn.or(network.full_at);
        }
        wait.end()?;

        mailed.weight += 1;
        self.domain.mailed = Some(mailed);
        self.domain.version += 1;
        let part = match (slow, is_trusted) {
            (true, _) => Part::Slow,
            (false, true) => Part::Whole,
            (false, false) => Part::ButTheReserve,
        };
        self.draw(part, chance, now, &policy.strangers, policy.answers_for_one_more)
    }

    /// Takes one mail out of the deployment's bucket.
    fn draw(
        &mut self,
        part: Part,
        chance: u8,
        now: Timestamp,
        policy: &StrangersPolicy,
        answers_for_one_more: u32,
    ) -> Result<(), TryAgainAt> {
        let next_slow = self.shares.iter().filter_map(|share| share.slow_at.filter(|at| !is_beyond(*at, now))).max();
        let next_slow = next_slow.map(|at| add_minutes(at, policy.slow_minutes));
        let answered = self.count(now, HOUR, |share| share.answered);
        let burst = policy.burst.saturating_add(answered / answers_for_one_more).min(policy.burst_most);
        let cost = cost_of_a_share(policy);

        let count = u8::try_from(self.shares.len()).unwrap_or(u8::MAX).max(1);
        self.shares.rotate_left(usize::from(chance % count));
        let least = self.shares.iter_mut().min_by_key(|share| full_from(share.full_at, now));
        let drawn = least.map(|share| {
            if part == Part::Slow {
                if let Some(next) = next_slow.filter(|next| now < *next) {
                    return Err(TryAgainAt(next));
                }
                share.slow_at = Some(now);
            }
            let whole = (burst / SHARES).max(1);
            let most = match part {
                Part::Slow => u32::MAX,
                Part::Whole => whole,
                Part::ButTheReserve => whole.saturating_sub((whole / RESERVED_PART).max(1)).max(1),
            };
            share.full_at = Some(draw(share.full_at, cost, most, now)?);
            share.day = Some(more(share.day, now, DAY, 1));
            share.version += 1;
            Ok(())
        });
        self.shares.rotate_right(usize::from(chance % count));
        drawn.unwrap_or(Ok(()))
    }

    /// Whether the whole deployment is over a number: too many mails bounced, or the day's are used up.
    fn is_slowed(&self, now: Timestamp, policy: &SignInPolicy) -> bool {
        self.count(now, HOUR, |share| share.bounced) >= policy.strangers.bounces_an_hour
            || self.count(now, DAY, |share| share.day) >= policy.strangers.mails_a_day
    }

    /// Whether digits sign in from here, or until when the mailed link alone does.
    pub fn digits(&self, now: Timestamp, policy: &SignInPolicy) -> Result<(), TryAgainAt> {
        let mut wait = Wait::default();
        for (size, network) in &self.networks {
            if let Some(failed) = live(network.failed, now, DAY) {
                let few = failed.count < size.limits(policy).failures_a_day;
                wait.unless(few, add_minutes(failed.since, DAY));
            }
        }
        if self.count(now, DAY, |share| share.failed) >= policy.strangers.failures_a_day {
            let windows = self.shares.iter().filter_map(|share| live(share.failed, now, DAY));
            let until = windows.map(|window| add_minutes(window.since, DAY)).min();
            wait.unless(false, until.unwrap_or(now));
        }
        wait.end()
    }

    /// Somebody entered a wrong code: what is stored next.
    pub fn failed(&mut self, chance: u8, now: Timestamp) {
        for (_, network) in &mut self.networks {
            network.requests = Some(more(network.requests, now, HOUR, 1));
            network.failed = Some(more(network.failed, now, DAY, 1));
            network.version += 1;
        }
        let count = self.shares.len().max(1);
        if let Some(share) = self.shares.get_mut(usize::from(chance) % count) {
            share.failed = Some(more(share.failed, now, DAY, 1));
            share.version += 1;
        }
    }

    /// A code signed somebody in. Its mails are given back: all of them, and to the networks those that came from here.
    pub fn answered(&mut self, mails: u32, from_here: u32, now: Timestamp, policy: &SignInPolicy) {
        if from_here > 0 {
            for (size, network) in &mut self.networks {
                let (_, cost) = size.limits(policy).bucket();
                network.full_at = given_back(network.full_at, cost, from_here);
                network.answered = Some(more(network.answered, now, HOUR, 1));
                network.today = Some(Today::live(network.today, now).answer(from_here));
                network.version += 1;
            }
        }
        let mut mailed = Mailed::live(self.domain.mailed, now);
        mailed.answer(mails);
        self.domain.mailed = Some(mailed);
        self.domain.version += 1;
        if let Some(share) = self.shares.iter_mut().max_by_key(|share| share.full_at) {
            share.full_at = given_back(share.full_at, cost_of_a_share(&policy.strangers), mails);
            share.answered = Some(more(share.answered, now, HOUR, 1));
            let day = live(share.day, now, DAY);
            share.day = day.map(|window| Window { count: window.count.saturating_sub(mails), ..window });
            share.version += 1;
        }
    }

    /// How much of the day's mails is used up, in percent.
    pub fn budget_used(&self, now: Timestamp, policy: &StrangersPolicy) -> u32 {
        let used = u64::from(self.count(now, DAY, |share| share.day));
        u32::try_from(used * 100 / u64::from(policy.mails_a_day.max(1))).unwrap_or(u32::MAX)
    }

    fn count(&self, now: Timestamp, minutes: u32, of: impl Fn(&Share) -> Option<Window>) -> u32 {
        self.shares.iter().filter_map(|share| live(of(share), now, minutes)).map(|window| window.count).sum()
    }
}

/// A mail to a stranger bounced: what is stored next. Of a domain that is over its number already, it counts in the domain
/// alone: nobody else is to wait for what goes wrong there.
pub fn bounced(domain: &mut Domain, share: &mut Share, now: Timestamp, policy: &SignInPolicy) {
    let mut mailed = Mailed::live(domain.mailed, now);
    let is_over = !mailed.has_room(policy);
    let further = policy.bounce_weight.saturating_sub(1);
    mailed.weight = mailed.weight.saturating_add(further);
    domain.mailed = Some(mailed);
    domain.version += 1;
    if !is_over {
        share.bounced = Some(more(share.bounced, now, HOUR, 1));
    }
    share.day = Some(more(share.day, now, DAY, further));
    share.version += 1;
}

impl Reserve {
    /// A known browser has a code mailed: what is stored next.
    pub fn mail(mut self, now: Timestamp, policy: &KnownPolicy) -> Result<Self, TryAgainAt> {
        let each = policy.mails_a_minute.max(1);
        let cost = SignedDuration::from_millis(60_000 * i64::from(RESERVES) / i64::from(each));
        // A minute's mails may come at once.
        self.full_at = Some(draw(self.full_at, cost, (each / RESERVES).max(1), now)?);
        self.version += 1;
        Ok(self)
    }
}

/// A browser in which a person signed in before: known by a cookie that names it, as long as the person's profile does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownBrowser {
    /// Its name.
    pub device: String,
    /// When somebody signed in with it last, to the day.
    pub since: Timestamp,
}

impl KnownBrowser {
    /// Whether a browser is still one of a person's.
    pub fn is_among(known: &[Self], device: &str, now: Timestamp, policy: &KnownPolicy) -> bool {
        let lives = |browser: &&Self| now < add_minutes(browser.since, policy.days.saturating_mul(DAY));
        known.iter().filter(lives).any(|browser| browser.device == device)
    }

    /// Somebody signed in with a browser: it is the newest of the person's, of which there are so many. One that is known since
    /// today changes nothing.
    pub fn remember(known: &mut Vec<Self>, device: &str, now: Timestamp, policy: &KnownPolicy) {
        if known.iter().any(|browser| browser.device == device && now < add_minutes(browser.since, DAY)) {
            return;
        }
        known.retain(|browser| browser.device != device);
        known.push(Self { device: device.to_owned(), since: now });
        let most = usize::try_from(policy.browsers).unwrap_or(usize::MAX);
        known.drain(..known.len().saturating_sub(most));
    }
}

/// The latest of the times at which limits let one more pass.
#[derive(Default)]
struct Wait(Option<Timestamp>);

impl Wait {
    fn unless(&mut self, holds: bool, until: Timestamp) {
        if !holds {
            self.0 = self.0.max(Some(until));
        }
    }

    fn over<T>(&mut self, outcome: Result<T, TryAgainAt>) -> Option<T> {
        outcome.map_err(|TryAgainAt(at)| self.unless(false, at)).ok()
    }

    fn end(self) -> Result<(), TryAgainAt> {
        self.0.map_or(Ok(()), |at| Err(TryAgainAt(at)))
    }
}

/// When a bucket is full: at once where nothing was drawn, or where the clock was set back since. No bucket takes a day to fill.
fn full_from(full_at: Option<Timestamp>, now: Timestamp) -> Timestamp {
    full_at.filter(|at| !is_beyond(*at, now)).map_or(now, |at| at.max(now))
}

/// Takes one out of a bucket that holds `most` and gets one back each `cost`: from when on it is full again.
fn draw(full_at: Option<Timestamp>, cost: SignedDuration, most: u32, now: Timestamp) -> Result<Timestamp, TryAgainAt> {
    let full_at = full_from(full_at, now);
    let deepest = cost.saturating_mul(i32::try_from(most).unwrap_or(i32::MAX) - 1);
    if full_at.duration_since(now) > deepest {
        return Err(TryAgainAt(whole_second(later(full_at, -deepest))));
    }
    Ok(later(full_at, cost))
}

fn given_back(full_at: Option<Timestamp>, cost: SignedDuration, mails: u32) -> Option<Timestamp> {
    full_at.map(|at| later(at, -cost.saturating_mul(i32::try_from(mails).unwrap_or(i32::MAX))))
}

/// A share of the deployment's bucket gets a mail back each such time.
fn cost_of_a_share(policy: &StrangersPolicy) -> SignedDuration {
    SignedDuration::from_millis(60_000 * i64::from(SHARES) / i64::from(policy.mails_a_minute.max(1)))
}

impl NetworkLimits {
    /// Half of an hour's mails at once, and the others spread over the hour: never more within any hour.
    fn bucket(&self) -> (u32, SignedDuration) {
        let spread = (self.mails_an_hour / 2).max(1);
        (
            self.mails_an_hour.saturating_sub(self.mails_an_hour / 2),
            SignedDuration::from_millis(3_600_000 / i64::from(spread)),
        )
    }
}

fn more(window: Option<Window>, now: Timestamp, minutes: u32, by: u32) -> Window {
    let window = live(window, now, minutes).unwrap_or(Window { since: now, count: 0 });
    Window { count: window.count.saturating_add(by), ..window }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(at)
}

/// Times are told in whole seconds, rounded up, so that the limit has really ended by then.
fn whole_second(at: Timestamp) -> Timestamp {
    let seconds = at.as_second() + i64::from(at.subsec_nanosecond() > 0);
    Timestamp::from_second(seconds).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u32) -> Timestamp {
        add_minutes("2026-11-22T03:00:00Z".parse().unwrap(), minutes)
    }

    /// REG-05 a bucket that was drawn from before the clock was set back by months is full; an empty one stays empty.
    #[test]
    fn reg_05_a_bucket_of_a_clock_that_was_set_back_is_full() {
        let cost = SignedDuration::from_mins(1);
        assert_eq!(draw(Some(at(210 * 24 * 60)), cost, 3, at(0)), Ok(at(1)));
        assert_eq!(draw(Some(at(3)), cost, 3, at(0)), Err(TryAgainAt(at(1))));
    }

    /// REG-05 at most ten browsers are known of a person, the newest, each for 90 days to the second.
    #[test]
    fn reg_05_ten_browsers_of_a_person_are_known_for_90_days() {
        let policy = KnownPolicy::default();
        let mut known = Vec::new();
        for number in 0..20 {
            KnownBrowser::remember(&mut known, &format!("b{number}"), at(number), &policy);
        }
        let is_known = |known: &[KnownBrowser], device, now| KnownBrowser::is_among(known, device, now, &policy);
        assert_eq!(known.len(), 10);
        assert!(!is_known(&known, "b9", at(20)) && is_known(&known, "b10", at(20)) && is_known(&known, "b19", at(20)));
        assert!(!is_known(&known, "", at(20)), "a stranger's browser has no name");
        let last = at(19 + 90 * DAY);
        assert!(is_known(&known, "b19", last.checked_sub(SignedDuration::from_secs(1)).unwrap()));
        assert!(!is_known(&known, "b19", last));
        let before = known.clone();
        KnownBrowser::remember(&mut known, "b10", at(20), &policy);
        assert_eq!(known, before, "known since today");
        KnownBrowser::remember(&mut known, "b10", at(10 + DAY), &policy);
        KnownBrowser::remember(&mut known, "b20", at(11 + DAY), &policy);
        assert!(
            is_known(&known, "b10", at(11 + DAY)) && !is_known(&known, "b11", at(11 + DAY)),
            "used again, it stays"
        );
    }

    /// REG-05 the known browsers have a ceiling all together, and each waits a few seconds at most.
    #[test]
    fn reg_05_known_browsers_have_a_ceiling() {
        let policy = KnownPolicy { mails_a_minute: 80, ..KnownPolicy::default() };
        let mut reserve = Reserve::default();
        for _ in 0..10 {
            reserve = reserve.mail(at(0), &policy).unwrap();
        }
        let TryAgainAt(again) = reserve.clone().mail(at(0), &policy).unwrap_err();
        assert_eq!(again.duration_since(at(0)).as_secs(), 6);
        assert!(reserve.mail(again, &policy).is_ok(), "the time that is told holds");
    }
}
