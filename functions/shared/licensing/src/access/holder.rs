//! What one address was given, and what was taken from it, by acts on one Licensing ID. Listings and inheritance are not
//! kept: they are derived when somebody asks ([`super::access`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    roles::{Benefit, Role, Scheme},
    when::{Date, Timestamp, day_of},
    words::{Address, OrderId, ProfileId, names},
};

/// What one address holds on one Licensing ID by acts, and what it does not want or may not have.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The roles that an act gave.
    #[serde(default, skip_serializing_if = "Assigned::is_empty")]
    pub assigned: Assigned,
    /// The orders that name the address as their reseller (OPEN-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub orders: Option<Orders>,
    /// Who proved that they have the order papers gets the limited set (OPEN-01).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// What an Administrator objected to (OPEN-03). A later denial of one leaves the other as it is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub denied: BTreeMap<Deniable, Denied>,
    /// It was given up or taken (PERM-04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up: Option<GaveUp>,
    /// Since when the address is not to inherit here (ROLE-04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_here: Option<Timestamp>,
    /// Since when nothing directly below is to inherit from here (ROLE-04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_below: Option<Timestamp>,
    /// How often it was given up: each order keeps the number from when it was noted, so that those from before are told apart.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub times_given_up: u32,
    /// What rows told.
    #[serde(default, skip_serializing_if = "Told::is_nothing")]
    pub told: Told,
}

/// What loaded rows told of an address on a Licensing ID. The same row again changes nothing, whatever people did since; so the
/// export of every night undoes nobody's act.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The `assignment` or `removal` that was taken last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<Digest>,
    /// Whether somebody acted in the portal since: another row about the same would undo that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acted_since: bool,
    /// What `opt-out` rows told.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub opt_outs: BTreeSet<OptOutOf>,
}

/// Roles that an act gave: a decision, an assignment, a loaded row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// Each with who gave it.
    pub roles: BTreeMap<Role, Grant>,
    /// What comes with Software Assurance Manager for as long as that role.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub benefits: BTreeSet<Benefit>,
    /// Whether Online Services Manager comes with reservations, for as long as that role.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
    /// What comes with them and ends before they do.
    #[serde(default, skip_serializing_if = "Shorter::is_empty")]
    pub shorter: Shorter,
}

/// What comes with a role and ends before it does, each with its last day (ROLE-09). It is not among what lasts as long as the
/// role: a function that does not know of it yet takes it for not given, never for given without an end.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shorter {
    /// With Software Assurance Manager: benefits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub benefits: BTreeMap<Benefit, Date>,
    /// With Online Services Manager: reservations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservations: Option<Date>,
}

/// One role that an act gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Who gave it.
    pub by: By,
    /// When.
    pub at: Timestamp,
    /// The last day on which it counts; none: without an end (ROLE-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
    /// The older portal that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<Scheme>,
}

/// Who acted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "kebab-case")]
pub enum By {
    /// A loaded row.
    Row,
    /// One of the publisher's operators.
    Operator {
        /// The name under which the operator is known here.
        name: Box<str>,
    },
    /// A person, signed in.
    Person {
        /// The profile.
        profile: ProfileId,
        /// The address by which the person acted.
        address: Address,
    },
}

/// Orders that name an address as their reseller. Their ids are the orders' own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orders {
    /// How many there are; those from before the Licensing ID was given up are not counted.
    pub count: u32,
    /// The one that came last.
    pub newest: OrderId,
}

/// The right pair of numbers was given (OPEN-01).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// When.
    pub at: Timestamp,
    /// From when on it counts: later, where Administrators have time to object (OPEN-04).
    pub counts_from: Timestamp,
}

names! {
    /// What can be denied.
    Deniable {
        /// What orders give.
        Orders = "orders",
        /// What a claim gives.
        Claim = "claim",
    }
}

/// A denial. What it denies counts no longer, and does not count if it comes again; it is only hidden, so that undoing the
/// denial restores exactly that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Denied {
    /// Who denied it.
    pub by: By,
    /// When.
    pub at: Timestamp,
    /// Until when it can be undone.
    pub undo_until: Timestamp,
}

/// The whole Licensing ID was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GaveUp {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: GivenUpBy,
}

names! {
    /// Who gave a Licensing ID up for an address.
    GivenUpBy {
        /// The person whose address it is.
        Oneself = "oneself",
        /// Somebody who manages users.
        Another = "another",
        /// A loaded row.
        Row = "row",
    }
}

names! {
    /// Where somebody does not want to be Administrator by inheritance.
    OptOutOf {
        /// Here, of what stands above.
        Itself = "itself",
        /// On everything directly below, of what stands here.
        Children = "children",
    }
}

impl Told {
    /// Whether no row told anything, and nobody acted.
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it like this")]
const fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Assigned {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.roles.is_empty()
    }

    /// The benefits that still count on this day, each with its end, where the role has this one.
    fn benefits_on(&self, day: Date, role_ends: End) -> BTreeMap<Benefit, End> {
        let shorter = self.shorter.on(day).benefits.into_iter().map(|(benefit, last)| (benefit, End::On(last)));
        shorter.chain(self.benefits.iter().map(|benefit| (*benefit, role_ends))).collect()
    }

    /// The end of the reservations that still count on this day, where the role has this one; none: there are none.
    fn reservations_on(&self, day: Date, role_ends: End) -> Option<End> {
        let shorter = self.shorter.on(day).reservations.map(End::On);
        if self.reservations { Some(role_ends) } else { shorter }
    }

    /// Keeps what comes with Software Assurance Manager, which has this end.
    fn keep_benefits(&mut self, all: BTreeMap<Benefit, End>, role_ends: End) {
        self.benefits = all.iter().filter(|(_, end)| **end == role_ends).map(|(benefit, _)| *benefit).collect();
        let shorter = all.into_iter().filter(|(benefit, _)| !self.benefits.contains(benefit));
        self.shorter.benefits = shorter.filter_map(|(benefit, end)| Some((benefit, end.day()?))).collect();
    }

    /// Keeps the reservations until this end, if there are any, with Online Services Manager, which has that one.
    fn keep_reservations(&mut self, end: Option<End>, role_ends: End) {
        self.reservations = end == Some(role_ends);
        self.shorter.reservations = end.filter(|_| !self.reservations).and_then(End::day);
    }
}

impl Shorter {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What still counts on this day.
    pub(super) fn on(&self, day: Date) -> Self {
        let benefits = self.benefits.iter().filter(|(_, last)| day <= **last);
        Self {
            benefits: benefits.map(|(benefit, last)| (*benefit, *last)).collect(),
            reservations: self.reservations.filter(|last| day <= *last),
        }
    }
}

impl Grant {
    /// Whether it counts at `now`: through the whole of its last day, in UTC (ROLE-09).
    pub fn counts(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|last| day_of(now) <= last)
    }
}

/// When something ends; a later one is greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum End {
    /// With this day, which still counts.
    On(Date),
    /// It has no end.
    Never,
}

impl End {
    /// Of a last day, if there is one.
    pub(super) fn of(last: Option<Date>) -> Self {
        last.map_or(Self::Never, Self::On)
    }

    /// The last day, if there is one.
    pub(super) const fn day(self) -> Option<Date> {
        match self {
            Self::On(last) => Some(last),
            Self::Never => None,
        }
    }
}

/// Whether one end is later than another; none is the latest.
pub(crate) fn outlasts(end: Option<Date>, other: Option<Date>) -> bool {
    End::of(end) > End::of(other)
}

impl Holder {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an act gave something that may count, now or later.
    pub fn gives_something(&self) -> bool {
        !self.assigned.is_empty() || self.orders.is_some() || self.claim.is_some()
    }

    /// Whether an Administrator objected to this.
    pub fn is_denied(&self, what: Deniable) -> bool {
        self.denied.contains_key(&what)
    }

    /// Whether the address opted out, of this.
    pub fn opted_out(&self, of: OptOutOf) -> bool {
        match of {
            OptOutOf::Itself => self.opted_out_here.is_some(),
            OptOutOf::Children => self.opted_out_below.is_some(),
        }
    }

    /// The Licensing ID is given up, or taken (PERM-02, PERM-04): all that was given goes. What the address does not want, and
    /// what it was denied, stays.
    pub fn give_up(&mut self, by: GivenUpBy, at: Timestamp) {
        (self.assigned, self.orders, self.claim) = (Assigned::default(), None, None);
        self.times_given_up = self.times_given_up.saturating_add(1);
        self.told.acted_since |= by != GivenUpBy::Row;
        self.gave_up = Some(GaveUp { at, by });
    }

    /// An act gives roles, with what comes with them, until the same day. What the address has of them stays; an end moves out,
    /// never in: whoever may take a role away does that by itself. Where the role lasts longer than what comes with it, that keeps
    /// its own end (ROLE-09). What came with a role that has ended does not come back with it.
    pub fn assign(
        &mut self,
        roles: impl IntoIterator<Item = Role>,
        benefits: &BTreeSet<Benefit>,
        reservations: bool,
        grant: &Grant,
    ) {
        let (assigned, today, given) = (&mut self.assigned, day_of(grant.at), End::of(grant.until));
        for role in roles {
            let before = assigned.roles.get(&role).filter(|before| before.counts(grant.at));
            let before = before.map(|before| End::of(before.until));
            let until = before.map_or(given, |before| before.max(given));
            match role {
                Role::SoftwareAssuranceManager => {
                    let mut all = before.map(|end| assigned.benefits_on(today, end)).unwrap_or_default();
                    for benefit in benefits {
                        let end = all.entry(*benefit).or_insert(given);
                        *end = given.max(*end);
                    }
                    assigned.keep_benefits(all, until);
                }
                Role::OnlineServicesManager => {
                    let had = before.and_then(|end| assigned.reservations_on(today, end));
                    assigned.keep_reservations(had.max(reservations.then_some(given)), until);
                }
                _ => {}
            }
            assigned.roles.insert(role, Grant { until: until.day(), ..grant.clone() });
        }
        self.told.acted_since |= grant.by != By::Row;
    }

    /// Listings, inheritance and the orders since it was given up count again (PERM-04). What was given before stays gone.
    pub fn revive(&mut self) {
        self.gave_up = None;
    }

    /// An order names the address as its reseller. While the Licensing ID is given up it is noted, and gives nothing.
    pub fn ordered(&mut self, id: &OrderId) {
        let before = self.orders.as_ref().map_or(0, |orders| orders.count);
        self.orders = Some(Orders { count: before.saturating_add(1), newest: id.clone() });
    }

    /// The address does not want to be Administrator by inheritance. Since when is kept where it said so before.
    pub fn opt_out(&mut self, of: OptOutOf, at: Timestamp) {
        self.opted_out_since(of).get_or_insert(at);
    }

    /// It wants to be one again.
    pub fn opt_in(&mut self, of: OptOutOf) {
        *self.opted_out_since(of) = None;
    }

    fn opted_out_since(&mut self, of: OptOutOf) -> &mut Option<Timestamp> {
        match of {
            OptOutOf::Itself => &mut self.opted_out_here,
            OptOutOf::Children => &mut self.opted_out_below,
        }
    }
}
