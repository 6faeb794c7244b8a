//! What one address was given, and what was taken from it, by acts on one Licensing ID. Listings and inheritance are not
//! kept: they are derived when somebody asks ([`super::access`]).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{asked::Asked, invitation::Invitation};
use crate::{
    digest::{Digest, digest_of},
    roles::{Benefit, Role, Scheme},
    when::{Date, Timestamp, day_of, hours_before},
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
    /// Who removed the address here, where it was Administrator from above only. It stays opted out until an Administrator above
    /// undoes that: it does not opt in by itself (APR-07).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_here: Option<By>,
    /// It was asked to register (APR-08). None once it did, or where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
    /// Ends through this day were told of before they came (ROLE-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_of_end: Option<Date>,
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
        (self.invitation, self.told_of_end) = (None, None);
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
        let (today, given) = (day_of(grant.at), End::of(grant.until));
        for role in roles {
            let ended = self.has_ended_with_invitation(role, grant.at);
            // Who gives it now says whether it ends with an invitation.
            if let Some(invitation) = &mut self.invitation {
                invitation.roles.remove(&role);
            }
            let assigned = &mut self.assigned;
            let before = assigned.roles.get(&role).filter(|before| before.counts(grant.at) && !ended);
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

    /// Of what acts gave, only this stays until these ends: what is not named goes, and an end moves in, never out.
    pub fn keep_only(&mut self, wanted: &[Asked], now: Timestamp) {
        let today = day_of(now);
        let latest = |fits: &dyn Fn(&Asked) -> bool| {
            wanted.iter().filter(|asked| fits(asked)).map(|asked| End::of(asked.until)).max()
        };
        let assigned = &mut self.assigned;
        let before = std::mem::take(&mut assigned.roles);
        for (role, grant) in before.into_iter().filter(|(_, grant)| grant.counts(now)) {
            let Some(end) = latest(&|asked| asked.roles.contains(&role)) else { continue };
            let was = End::of(grant.until);
            let until = was.min(end);
            match role {
                Role::SoftwareAssuranceManager => {
                    let mut all = assigned.benefits_on(today, was);
                    all.retain(|benefit, _| latest(&|asked| asked.benefits.contains(benefit)).is_some());
                    for (benefit, end) in &mut all {
                        let wanted = latest(&|asked| asked.benefits.contains(benefit)).unwrap_or(until);
                        *end = wanted.min(*end).min(until);
                    }
                    assigned.keep_benefits(all, until);
                }
                Role::OnlineServicesManager => {
                    let had = assigned.reservations_on(today, was);
                    let wanted = latest(&|asked| asked.reservations);
                    let kept = had.zip(wanted).map(|(had, wanted)| had.min(wanted).min(until));
                    assigned.keep_reservations(kept, until);
                }
                _ => {}
            }
            assigned.roles.insert(role, Grant { until: until.day(), ..grant });
        }
        self.tidy();
    }

    /// What acts give that counts, by its end: what ends first stands first, what has no end stands last.
    pub fn given(&self, now: Timestamp) -> Vec<Asked> {
        let (assigned, today) = (&self.assigned, day_of(now));
        let mut by_end: BTreeMap<End, Asked> = BTreeMap::new();
        let mut at = |end: End, role: Role, add: &dyn Fn(&mut Asked)| {
            let asked = by_end.entry(end).or_insert_with(|| Asked { until: end.day(), ..Asked::default() });
            asked.roles.insert(role);
            add(asked);
        };
        for (role, grant) in self.counting(now) {
            let end = End::of(grant.until);
            at(end, role, &|_| {});
            match role {
                Role::SoftwareAssuranceManager => {
                    for (benefit, end) in assigned.benefits_on(today, end) {
                        at(end, role, &|asked| asked.benefits.extend([benefit]));
                    }
                }
                Role::OnlineServicesManager => {
                    if let Some(end) = assigned.reservations_on(today, end) {
                        at(end, role, &|asked| asked.reservations = true);
                    }
                }
                _ => {}
            }
        }
        by_end.into_values().collect()
    }

    /// The roles that acts gave and that count at `now`: until their end, and until that of their invitation (APR-08, ROLE-09).
    pub(super) fn counting(&self, now: Timestamp) -> impl Iterator<Item = (Role, &Grant)> {
        let counts = move |role: Role, grant: &Grant| grant.counts(now) && !self.has_ended_with_invitation(role, now);
        self.assigned.roles.iter().map(|(role, grant)| (*role, grant)).filter(move |(role, grant)| counts(*role, grant))
    }

    /// Which roles acts gave that count at `now`.
    pub fn counting_roles(&self, now: Timestamp) -> BTreeSet<Role> {
        self.counting(now).map(|(role, _)| role).collect()
    }

    /// Whether this role ended with an invitation that nobody took up, swept or not (APR-08, EXP-05).
    pub fn has_ended_with_invitation(&self, role: Role, now: Timestamp) -> bool {
        self.invitation.as_ref().is_some_and(|invitation| invitation.is_over(now) && invitation.roles.contains(&role))
    }

    /// What only comes with a role goes with it.
    pub(super) fn tidy(&mut self) {
        let assigned = &mut self.assigned;
        if !assigned.roles.contains_key(&Role::SoftwareAssuranceManager) {
            assigned.benefits.clear();
            assigned.shorter.benefits.clear();
        }
        if !assigned.roles.contains_key(&Role::OnlineServicesManager) {
            assigned.reservations = false;
            assigned.shorter.reservations = None;
        }
        if let Some(invitation) = &mut self.invitation {
            invitation.roles.retain(|role| assigned.roles.contains_key(role));
        }
    }

    /// What stands for all that people may undo: who registered or was told of an end since changed nothing of that.
    pub fn digest(&self) -> Digest {
        digest_of(&Self { invitation: None, told_of_end: None, ..self.clone() })
    }

    /// When the sweep has to look at it next, if ever (EXP-01): an invitation that ends, an end that is to be told.
    pub fn due_at(&self, notice_days: u32) -> Option<Timestamp> {
        let invitation = self.invitation.as_ref().and_then(Invitation::due_at);
        invitation.into_iter().chain(self.ends_to_tell(notice_days).map(|(at, _)| at)).min()
    }

    /// What is to be told now of what ends (ROLE-09): all that ends within so many days and was not told of. It is noted as told.
    pub fn tell_of_ends(&mut self, notice_days: u32, now: Timestamp) -> Vec<Asked> {
        let due: BTreeSet<Date> = self
            .ends_to_tell(notice_days)
            .filter(|(at, last)| *at <= now && day_of(now) <= *last)
            .map(|(_, last)| last)
            .collect();
        let passed = self.ends_to_tell(notice_days).filter(|(at, _)| *at <= now).map(|(_, last)| last).max();
        self.told_of_end = self.told_of_end.max(passed);
        self.given(now).into_iter().filter(|asked| asked.until.is_some_and(|last| due.contains(&last))).collect()
    }

    /// Each end that is still to be told, with the time for it. What was given for less than that is told with the act itself.
    fn ends_to_tell(&self, notice_days: u32) -> impl Iterator<Item = (Timestamp, Date)> {
        let assigned = &self.assigned;
        let shorter = assigned.shorter.benefits.values().copied().chain(assigned.shorter.reservations);
        let of_extras = [Role::SoftwareAssuranceManager, Role::OnlineServicesManager];
        let given = of_extras.iter().filter_map(|role| assigned.roles.get(role)).map(|grant| grant.at).max();
        let shorter = shorter.filter_map(move |last| Some((given?, last)));
        let roles = assigned.roles.values().filter_map(|grant| Some((grant.at, grant.until?)));
        let told = self.told_of_end;
        roles.chain(shorter).filter(move |(_, last)| told.is_none_or(|told| told < *last)).filter_map(
            move |(given, last)| {
                let at = hours_before(last, notice_days.saturating_mul(24));
                (given < at).then_some((at, last))
            },
        )
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

    /// Whether the address may opt in by itself: not where somebody else removed it (APR-07).
    pub const fn may_opt_in(&self, of: OptOutOf) -> bool {
        match of {
            OptOutOf::Itself => self.removed_here.is_none(),
            OptOutOf::Children => true,
        }
    }

    /// It wants to be one again, or is to be one again.
    pub fn opt_in(&mut self, of: OptOutOf) {
        if of == OptOutOf::Itself {
            self.removed_here = None;
        }
        *self.opted_out_since(of) = None;
    }

    fn opted_out_since(&mut self, of: OptOutOf) -> &mut Option<Timestamp> {
        match of {
            OptOutOf::Itself => &mut self.opted_out_here,
            OptOutOf::Children => &mut self.opted_out_below,
        }
    }
}
