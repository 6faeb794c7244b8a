//! Proving a further address, by its mailed link or the code beside it (REG-07).

use serde::{Deserialize, Serialize};

use crate::{
    limit::{TryAgainAt, Window, live},
    policy::AddressPolicy,
    when::{Timestamp, add_days, add_minutes},
    words::Address,
};

const DAY: u32 = 24 * 60;

/// An address whose proof was mailed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The address.
    pub address: Address,
    /// Which link and code.
    pub generation: u32,
    /// Both are good until then.
    pub expires_at: Timestamp,
    /// The session that asked: only there it completes.
    pub session: String,
    /// So many tries with the code are left.
    #[serde(default)]
    pub tries: u32,
}

impl Pending {
    /// Whether it is still good.
    pub fn is_live(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// Whoever reads a mailbox said that they had not asked for the proof of its address: the profile that asked mails nothing there
/// for a long time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// Whose address, under a name that only the functions know.
    pub whose: String,
    /// The address as the person who asked is reminded of it, masked. Empty where an earlier release noted the refusal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub masked: String,
    /// It counts until then.
    pub until: Timestamp,
}

impl Refusal {
    /// Whether it still counts. One that would count for longer than any was noted before the clock was set back.
    fn counts(&self, now: Timestamp, policy: &AddressPolicy) -> bool {
        now < self.until && self.until <= add_days(now, policy.refused_days.saturating_add(1))
    }
}

/// Why a proof is not mailed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMailed {
    /// Whoever reads the mailbox refused it.
    Refused {
        /// From then on it may be mailed again.
        until: TryAgainAt,
    },
    /// So many mailboxes refused that nothing is mailed to any.
    RefusedByMany {
        /// From then on something may be.
        until: TryAgainAt,
    },
}

/// Whether the proof of an address may be mailed for a profile, as far as it was refused before. `is_theirs` knows the address.
pub fn may_be_mailed(
    refused: &[Refusal],
    is_theirs: impl Fn(&Refusal) -> bool,
    now: Timestamp,
    policy: &AddressPolicy,
) -> Result<(), NotMailed> {
    let live: Vec<&Refusal> = counting(refused, now, policy).collect();
    if let Some(theirs) = live.iter().find(|refusal| is_theirs(refusal)) {
        return Err(NotMailed::Refused { until: TryAgainAt(theirs.until) });
    }
    // So the list of them does not grow, either.
    let most = usize::try_from(policy.refusals).unwrap_or(usize::MAX);
    match live.iter().rev().nth(most.saturating_sub(1)) {
        Some(oldest) => Err(NotMailed::RefusedByMany { until: TryAgainAt(oldest.until) }),
        None => Ok(()),
    }
}

/// Notes that whoever reads a mailbox refused, and forgets refusals that count no more.
pub fn refuse(refused: &mut Vec<Refusal>, whose: String, address: &Address, now: Timestamp, policy: &AddressPolicy) {
    refused.retain(|refusal| refusal.counts(now, policy) && refusal.whose != whose);
    refused.push(Refusal { whose, masked: address.masked(), until: add_days(now, policy.refused_days) });
}

/// The refusals that still count, the oldest first.
pub fn counting<'r>(
    refused: &'r [Refusal],
    now: Timestamp,
    policy: &'r AddressPolicy,
) -> impl Iterator<Item = &'r Refusal> {
    refused.iter().filter(move |refusal| refusal.counts(now, policy))
}

/// Why a code proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotProven {
    /// The digits are wrong; so many tries are left.
    Wrong {
        /// Of the code that has most of them.
        left: u32,
    },
    /// No code can be used: none was asked for, or it ran out, or was used.
    NoCode,
    /// There is one, which was tried too often; the link beside it still works.
    TriedTooOften,
    /// There is a code, but another session asked for it.
    OtherSession,
    /// Too many wrong codes today; the mailed links still work.
    LinkOnly {
        /// From then on codes work again.
        until: TryAgainAt,
    },
}

/// A code is typed in the session `here`, without saying for which address: it is compared with each that this session asked
/// for, and costs each of them a try, so that no code is ever guessed at more often than it has tries. `is_right` compares.
pub fn present_code(
    pending: &mut [Pending],
    failed: &mut Option<Window>,
    here: &str,
    is_right: impl Fn(&Pending) -> bool,
    now: Timestamp,
    policy: &AddressPolicy,
) -> Result<Pending, NotProven> {
    if !pending.iter().any(|one| one.is_live(now)) {
        return Err(NotProven::NoCode);
    }
    let mut asked_here: Vec<&mut Pending> =
        pending.iter_mut().filter(|one| one.is_live(now) && one.session == here).collect();
    if asked_here.is_empty() {
        return Err(NotProven::OtherSession);
    }
    asked_here.retain(|one| one.tries > 0);
    if asked_here.is_empty() {
        return Err(NotProven::TriedTooOften);
    }
    let today = live(*failed, now, DAY);
    if let Some(window) = today
        && window.count >= policy.failures_a_day
    {
        return Err(NotProven::LinkOnly { until: TryAgainAt(add_minutes(window.since, DAY)) });
    }
    if let Some(proven) = asked_here.iter().find(|one| is_right(one)) {
        return Ok((**proven).clone());
    }
    let mut left = 0;
    for one in asked_here {
        one.tries -= 1;
        left = left.max(one.tries);
    }
    *failed = Some(Window { since: today.map_or(now, |it| it.since), count: today.map_or(0, |it| it.count) + 1 });
    Err(NotProven::Wrong { left })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: u32) -> Timestamp {
        add_minutes("2026-11-22T03:00:00Z".parse().unwrap(), minutes)
    }

    fn pending(address: &str, session: &str, tries: u32) -> Pending {
        Pending { address: address.parse().unwrap(), generation: 1, expires_at: at(60), session: session.into(), tries }
    }

    fn type_in(
        all: &mut [Pending],
        failed: &mut Option<Window>,
        right: &str,
        minute: u32,
    ) -> Result<Address, NotProven> {
        let is_right = |one: &Pending| one.address.as_str() == right;
        present_code(all, failed, "here", is_right, at(minute), &AddressPolicy::default()).map(|proven| proven.address)
    }

    /// REG-07 a code is taken in the session that asked, for whichever of its addresses it was mailed to, while it is good.
    #[test]
    fn reg_07_a_code_proves_the_address_that_it_was_mailed_to() {
        let mut all = [pending("a@b.example", "here", 5), pending("c@d.example", "here", 5)];
        let before = all.clone();
        assert_eq!(type_in(&mut all, &mut None, "c@d.example", 59).unwrap().as_str(), "c@d.example");
        assert_eq!(all, before, "a right code costs no try");
        assert_eq!(type_in(&mut all, &mut None, "c@d.example", 60), Err(NotProven::NoCode), "it ran out");
        assert_eq!(type_in(&mut [], &mut None, "c@d.example", 0), Err(NotProven::NoCode));
        let mut elsewhere = [pending("a@b.example", "there", 5)];
        assert_eq!(type_in(&mut elsewhere, &mut None, "a@b.example", 0), Err(NotProven::OtherSession));
        let mut without = [pending("a@b.example", "here", 0)];
        assert_eq!(type_in(&mut without, &mut None, "a@b.example", 0), Err(NotProven::TriedTooOften), "no tries left");
    }

    /// REG-07 a wrong code costs each code of the session a try, and no other one: five tries, then only a new mail helps.
    #[test]
    fn reg_07_tries_are_counted_for_every_code_that_was_compared() {
        let mut all =
            [pending("a@b.example", "here", 2), pending("c@d.example", "here", 5), pending("e@f.example", "there", 5)];
        let mut failed = None;
        for left in (0..5).rev() {
            assert_eq!(type_in(&mut all, &mut failed, "nobody", 1), Err(NotProven::Wrong { left }));
        }
        assert_eq!(all.each_ref().map(|one| one.tries), [0, 0, 5]);
        assert_eq!(type_in(&mut all, &mut failed, "c@d.example", 1), Err(NotProven::TriedTooOften));
        assert_eq!(failed, Some(Window { since: at(1), count: 5 }));
    }

    /// REG-07 after twenty wrong codes a day only the links work, until a day has passed.
    #[test]
    fn reg_07_after_twenty_wrong_codes_only_the_link_works() {
        let mut all = [pending("a@b.example", "here", 50)];
        let mut failed = None;
        for _ in 0..20 {
            assert!(matches!(type_in(&mut all, &mut failed, "nobody", 0), Err(NotProven::Wrong { .. })));
        }
        let until = TryAgainAt(at(24 * 60));
        assert_eq!(type_in(&mut all, &mut failed, "a@b.example", 30), Err(NotProven::LinkOnly { until }));
        all[0].expires_at = at(48 * 60);
        assert!(type_in(&mut all, &mut failed, "a@b.example", 24 * 60).is_ok());
    }

    /// REG-07 whoever refused is not written to for that profile until it ends; after five of them nobody is, until the oldest of
    /// these ends. A clock that was set back keeps nobody waiting for longer.
    #[test]
    fn reg_07_who_refused_is_left_in_peace() {
        let policy = AddressPolicy::default();
        let days = |days: u32| add_days(at(0), days);
        let mut refused = Vec::new();
        let address: Address = "ann@contoso.example".parse().unwrap();
        let refuse = |refused: &mut Vec<Refusal>, whose: &str, now| {
            refuse(refused, whose.into(), &address, now, &policy);
        };
        let may =
            |refused: &[Refusal], whose: &str, now| may_be_mailed(refused, |one| one.whose == whose, now, &policy);
        refuse(&mut refused, "a", at(0));
        assert_eq!(refused[0].masked, "a•••@contoso.example");
        let until = TryAgainAt(days(180));
        assert_eq!(may(&refused, "a", days(179)), Err(NotMailed::Refused { until }));
        assert_eq!((may(&refused, "a", days(180)), may(&refused, "b", at(0))), (Ok(()), Ok(())));
        for (day, whose) in (1..).zip(["b", "c", "d", "e"]) {
            assert_eq!(may(&refused, "f", days(day)), Ok(()));
            refuse(&mut refused, whose, days(day));
        }
        assert_eq!(may(&refused, "f", days(5)), Err(NotMailed::RefusedByMany { until }));
        assert_eq!(may(&refused, "f", days(180)), Ok(()));
        assert_eq!(may(&refused, "a", add_minutes(at(0), 0)), Err(NotMailed::Refused { until }));
        assert_eq!(may(&refused, "e", "2026-01-01T00:00:00Z".parse().unwrap()), Ok(()), "the clock was set back");
        assert_eq!(counting(&refused, days(181), &policy).count(), 3, "those that ended count no more");
        refuse(&mut refused, "g", days(181));
        assert_eq!(refused.len(), 4, "those that ended are forgotten");
    }
}
