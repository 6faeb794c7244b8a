//! Who may do what on a Licensing ID, and why: one evaluation, of facts and `now` (ROLE-01 … ROLE-06, PERM-04).
//!
//! [`access`] is the only place where this is decided. Functions ask it before they act, pages ask it for what they offer,
//! explanations and reports print it, and a preview of what would go is the same evaluation without the source that goes
//! ([`access_without`]), so that none of them can drift apart. What an act would leave is the evaluation of a [`Holder`] on
//! which it was tried, and [`Access::less`] says what would be gone.
//!
//! Rights belong to an address. A person has those of all proven addresses together ([`Access::join`]).

mod action;
mod asked;
mod holder;
mod invitation;
pub mod leaving;
mod level;
mod roster;
mod standing;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

pub use action::{Action, Extra};
pub use asked::Asked;
use holder::End;
pub(crate) use holder::outlasts;
pub use holder::{
    Assigned, By, Claim, Deniable, Denied, GaveUp, GivenUpBy, Grant, Holder, OptOutOf, Orders, Shorter, Told,
};
pub use invitation::{Invitation, InvitationState, Settled};
pub use level::{Correction, Corrections, Level};
pub use roster::{Invited, Roster, RosterEntry, TooLong};
pub use standing::{Standing, StandingLevel};

use serde::{Deserialize, Serialize};

use crate::{
    judge::Contacts,
    roles::{Benefit, LIMITED_SET, Role, Scheme, role_of_contact},
    when::{Date, Timestamp, day_of},
    words::{Address, ContactName, Licence},
};

/// Where a right comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The address is listed on the agreement (ROLE-03).
    Contact(ContactName),
    /// An act gave it.
    Assigned,
    /// It was loaded from an older portal (ROLE-07).
    Migrated(Scheme),
    /// Orders name the address as their reseller (OPEN-08).
    Order,
    /// The order papers were shown (OPEN-01).
    Claim,
    /// Administrator of the agreement directly above (ROLE-04).
    Parent(Licence),
    /// Notices or primary contact of an agreement above (ROLE-04).
    Above(Licence),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contact(name) => write!(f, "contact:{name}"),
            Self::Assigned => f.write_str("assigned"),
            Self::Migrated(scheme) => write!(f, "migrated:{scheme}"),
            Self::Order => f.write_str("order"),
            Self::Claim => f.write_str("claim"),
            Self::Parent(licence) => write!(f, "parent:{licence}"),
            Self::Above(licence) => write!(f, "above:{licence}"),
        }
    }
}

/// One source of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// Which.
    pub source: Source,
    /// How many levels up the source looks; 0: it stands on this agreement. Whoever acts by it depends on all of them.
    pub levels: usize,
    /// With Software Assurance Manager: the benefits.
    pub benefits: BTreeSet<Benefit>,
    /// With Online Services Manager: whether reservations come with it.
    pub reservations: bool,
    /// The last day on which it counts; none: without an end (ROLE-09).
    pub until: Option<Date>,
    /// What of that comes with it ends before it does.
    pub shorter: Shorter,
}

/// What an address may do on a Licensing ID, each role with all its sources.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access(BTreeMap<Role, Vec<Given>>);

/// Why something is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ground<'a> {
    /// By this role.
    pub role: Role,
    /// Which comes from here: the nearest source that is enough.
    pub given: &'a Given,
}

/// What is missing for something to be allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// This role, or Administrator; none: Administrator.
    Role(Option<Role>),
    /// The role is there, without this.
    Extra(Extra),
}

/// One source, with what hangs on it (ROLE-06).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Which.
    pub source: Source,
    /// What it gives.
    pub gives: BTreeSet<Role>,
    /// What would be gone without it, because nothing else gives it.
    pub goes: Loss,
}

/// What is there before and not after.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loss {
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Benefits.
    pub benefits: BTreeSet<Benefit>,
    /// The permission to reserve.
    pub reservations: bool,
}

/// What `address` would have once it is proven, at `now`. The levels are the Licensing ID itself, what stands above it, and
/// what stands above that.
pub fn access(levels: &[Level<'_>], address: &Address, now: Timestamp) -> Access {
    Evaluation { address, now, without: None }.of(levels)
}

/// The same, if there were not this source on the level of this agreement. For what stands below, that is without all that the
/// source gives there.
pub fn access_without(
    levels: &[Level<'_>],
    address: &Address,
    now: Timestamp,
    source: &Source,
    of: &Licence,
) -> Access {
    Evaluation { address, now, without: Some((of, source)) }.of(levels)
}

/// Each source of an address, with what would go without it: the same evaluation (ROLE-06).
pub fn explain(levels: &[Level<'_>], address: &Address, now: Timestamp) -> Vec<Explained> {
    let Some(level) = levels.first() else { return Vec::new() };
    let all = access(levels, address, now);
    let mut explained: Vec<Explained> = Vec::new();
    for (role, given) in all.sources() {
        if let Some(known) = explained.iter_mut().find(|known| known.source == given.source) {
            known.gives.insert(role);
            continue;
        }
        let without = access_without(levels, address, now, &given.source, level.licence);
        let (source, gives) = (given.source.clone(), BTreeSet::from([role]));
        explained.push(Explained { source, gives, goes: all.less(&without) });
    }
    explained
}

/// On which level, counted from the Licensing ID itself, an address is primary or notices contact: then it can't leave there
/// (PERM-03). The contacts are those that count, level by level.
pub fn must_stay<'a>(
    levels: impl IntoIterator<Item = &'a Contacts>,
    address: &Address,
) -> Option<(usize, ContactName)> {
    levels.into_iter().enumerate().find_map(|(level, contacts)| {
        let lasting = ContactName::LASTING.into_iter().find(|name| contacts.get(name) == Some(address));
        lasting.map(|name| (level, name))
    })
}

/// The addresses that a new agreement row makes primary or notices contact, and the row before did not: what they gave up
/// there counts again (PERM-04).
pub fn newly_lasting<'a>(before: &Contacts, after: &'a Contacts) -> impl Iterator<Item = &'a Address> {
    let named = ContactName::LASTING.iter().filter_map(|name| after.get(name));
    named.filter(move |address| must_stay([before], address).is_none())
}

struct Evaluation<'a> {
    address: &'a Address,
    now: Timestamp,
    without: Option<(&'a Licence, &'a Source)>,
}

impl Evaluation<'_> {
    fn of(&self, levels: &[Level<'_>]) -> Access {
        let mut access = Access::default();
        let Some((level, above)) = levels.split_first() else { return access };
        let nothing = Holder::default();
        let holder = level.holder.unwrap_or(&nothing);
        // Who gave it up has what acts gave since, and Licensing Info from above; nothing else until it is revived.
        let gave_up = holder.gave_up.is_some();
        if !gave_up {
            self.add_listings(level, &mut access);
        }
        self.add_acts(level, holder, gave_up, &mut access);
        if !gave_up {
            self.add_inheritance(level, above, holder, &mut access);
        }
        self.add_from_above(level, above, &mut access);
        access
    }

    fn add_listings(&self, level: &Level<'_>, access: &mut Access) {
        for name in level.listed(self.address, self.now) {
            if let Some(role) = role_of_contact(name) {
                let benefits = Benefit::ALL.iter().copied().filter(|_| role == Role::SoftwareAssuranceManager);
                let given = Given { benefits: benefits.collect(), ..Given::here(Source::Contact(name)) };
                self.add(level, role, given, access);
            }
        }
    }

    /// What was given by acts, which counts until its end; then what orders and claims give, unless it was denied.
    fn add_acts(&self, level: &Level<'_>, holder: &Holder, gave_up: bool, access: &mut Access) {
        let assigned = &holder.assigned;
        let shorter = assigned.shorter.on(day_of(self.now));
        for (role, grant) in holder.counting(self.now) {
            let source = grant.scheme.map_or(Source::Assigned, Source::Migrated);
            let mut given = Given { until: grant.until, ..Given::here(source) };
            match role {
                Role::SoftwareAssuranceManager => {
                    given.benefits.clone_from(&assigned.benefits);
                    given.shorter.benefits.clone_from(&shorter.benefits);
                    given.shorter.benefits.retain(|benefit, _| given.benefits.insert(*benefit));
                }
                Role::OnlineServicesManager => {
                    given.shorter.reservations = shorter.reservations.filter(|_| !assigned.reservations);
                    given.reservations = assigned.reservations || given.shorter.reservations.is_some();
                }
                _ => {}
            }
            self.add(level, role, given, access);
        }
        let ordered = holder.orders.is_some() && !gave_up && !holder.is_denied(Deniable::Orders);
        let counts = |claim: &Claim| claim.counts_from <= self.now;
        let claimed = holder.claim.as_ref().is_some_and(counts) && !holder.is_denied(Deniable::Claim);
        for source in [ordered.then_some(Source::Order), claimed.then_some(Source::Claim)].into_iter().flatten() {
            for role in LIMITED_SET {
                self.add(level, *role, Given::here(source.clone()), access);
            }
        }
    }

    /// Whoever is Administrator directly above is Administrator here, unless that is not wanted, there or here (ROLE-04).
    fn add_inheritance(&self, level: &Level<'_>, above: &[Level<'_>], holder: &Holder, access: &mut Access) {
        let Some(parent) = above.first() else { return };
        let unwanted = holder.opted_out(OptOutOf::Itself)
            || parent.holder.is_some_and(|holder| holder.opted_out(OptOutOf::Children));
        if unwanted {
            return;
        }
        let there = self.of(above);
        if let Some(levels) = there.nearest(Role::Administrator).map(|given| given.levels + 1) {
            let until = there.until(Role::Administrator);
            let given = Given { levels, until, ..Given::here(Source::Parent(parent.licence.clone())) };
            self.add(level, Role::Administrator, given, access);
        }
    }

    /// Notices and primary contacts of what stands above see everything below, whatever they gave up (ROLE-04).
    fn add_from_above(&self, level: &Level<'_>, above: &[Level<'_>], access: &mut Access) {
        for (index, upper) in above.iter().enumerate() {
            let mut listed = upper.listed(self.address, self.now);
            if listed.any(|name| ContactName::LASTING.contains(&name) && self.counts(upper, &Source::Contact(name))) {
                let given = Given { levels: index + 1, ..Given::here(Source::Above(upper.licence.clone())) };
                self.add(level, Role::LicensingInfo, given, access);
            }
        }
    }

    fn add(&self, level: &Level<'_>, role: Role, given: Given, access: &mut Access) {
        if role.is_of(level.licence.programme) && self.counts(level, &given.source) {
            access.0.entry(role).or_default().push(given);
        }
    }

    fn counts(&self, level: &Level<'_>, source: &Source) -> bool {
        self.without != Some((level.licence, source))
    }
}

impl Given {
    fn here(source: Source) -> Self {
        let (benefits, shorter) = (BTreeSet::new(), Shorter::default());
        Self { source, levels: 0, benefits, reservations: false, until: None, shorter }
    }

    /// The last day on which a benefit of it counts; none: without an end.
    pub fn benefit_until(&self, benefit: Benefit) -> Option<Date> {
        self.shorter.benefits.get(&benefit).copied().or(self.until)
    }

    /// The last day on which reservations come with it; none: without an end.
    pub fn reservations_until(&self) -> Option<Date> {
        self.shorter.reservations.or(self.until)
    }

    fn comes_with(&self, extra: Extra) -> bool {
        match extra {
            Extra::Benefit(benefit) => self.benefits.contains(&benefit),
            Extra::Reservations => self.reservations,
        }
    }
}

impl Access {
    /// The roles, in the order of the specification.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        self.0.keys().copied()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this role is there.
    pub fn has(&self, role: Role) -> bool {
        self.0.contains_key(&role)
    }

    /// The sources of a role, those of this agreement first.
    pub fn sources_of(&self, role: Role) -> &[Given] {
        self.0.get(&role).map_or(&[], Vec::as_slice)
    }

    /// Every role with every source.
    pub fn sources(&self) -> impl Iterator<Item = (Role, &Given)> {
        self.0.iter().flat_map(|(role, all)| all.iter().map(|given| (*role, given)))
    }

    /// The benefits that may be managed as Software Assurance Manager.
    pub fn benefits(&self) -> BTreeSet<Benefit> {
        let all = self.sources_of(Role::SoftwareAssuranceManager).iter();
        all.flat_map(|given| given.benefits.iter().copied()).collect()
    }

    /// Whether reservations may be managed as Online Services Manager.
    pub fn reservations(&self) -> bool {
        self.sources_of(Role::OnlineServicesManager).iter().any(|given| given.reservations)
    }

    /// Whether this may be done: by what, or what is missing. Of several sources the nearest decides, as whoever acts by it
    /// depends on the fewest agreements; at the same distance the smaller role.
    pub fn allows(&self, action: Action) -> Result<Ground<'_>, Missing> {
        let own =
            action.role().into_iter().flat_map(|role| self.sources_of(role).iter().map(move |given| (role, given)));
        let own = own.filter(|(_, given)| action.extra().is_none_or(|extra| given.comes_with(extra)));
        let administrator = self.sources_of(Role::Administrator).iter().map(|given| (Role::Administrator, given));
        let nearest = own.chain(administrator).min_by_key(|(_, given)| given.levels);
        nearest.map(|(role, given)| Ground { role, given }).ok_or_else(|| {
            match action.extra().filter(|_| action.role().is_some_and(|role| self.has(role))) {
                Some(extra) => Missing::Extra(extra),
                None => Missing::Role(action.role()),
            }
        })
    }

    /// The last day on which a role counts, of all its sources the latest; none: without an end, or not there at all.
    pub fn until(&self, role: Role) -> Option<Date> {
        latest(self.sources_of(role).iter().map(|given| given.until))
    }

    /// The same of a benefit.
    pub fn benefit_until(&self, benefit: Benefit) -> Option<Date> {
        let sources = self.sources_of(Role::SoftwareAssuranceManager).iter();
        let with_it = sources.filter(|given| given.benefits.contains(&benefit));
        latest(with_it.map(|given| given.benefit_until(benefit)))
    }

    /// The same of reservations.
    pub fn reservations_until(&self) -> Option<Date> {
        let sources = self.sources_of(Role::OnlineServicesManager).iter();
        latest(sources.filter(|given| given.reservations).map(Given::reservations_until))
    }

    /// What this has and the other does not.
    pub fn less(&self, other: &Self) -> Loss {
        Loss {
            roles: self.roles().filter(|role| !other.has(*role)).collect(),
            benefits: self.benefits().difference(&other.benefits()).copied().collect(),
            reservations: self.reservations() && !other.reservations(),
        }
    }

    /// Takes in what another address of the same person has on the same Licensing ID.
    pub fn join(&mut self, other: Self) {
        for (role, all) in other.0 {
            let here = self.0.entry(role).or_default();
            here.extend(all);
            here.sort_by_key(|given| given.levels);
        }
    }

    fn nearest(&self, role: Role) -> Option<&Given> {
        self.sources_of(role).iter().min_by_key(|given| given.levels)
    }
}

/// The latest of all ends; none: there is none, or one of them never comes.
fn latest(ends: impl Iterator<Item = Option<Date>>) -> Option<Date> {
    ends.map(End::of).max().and_then(End::day)
}

impl Loss {
    /// Whether nothing would go.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
