//! Who is Administrator or Online Services Manager of a Licensing ID by an act, and who gave up or does not want what listings
//! and inheritance would give: all that a decision about others needs, in one item, however many people hold something there.
//!
//! It repeats what the [`Holder`]s say and is written in the transaction that changes one of them, so that a check of its
//! version is a check of all of them. Where it says nothing of an address, nobody gave or took anything that matters here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{
    holder::{Assigned, By, End, GaveUp, GivenUpBy, Grant, Holder, Shorter, outlasts},
    invitation::Invitation,
};
use crate::{
    roles::Role,
    when::{Date, Timestamp},
    words::Address,
};

/// The roles that let somebody act on what belongs to others.
const ROLES: [Role; 2] = [Role::Administrator, Role::OnlineServicesManager];

/// All that the holders of one Licensing ID say of who acts there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Each address of which there is something to say.
    #[serde(default)]
    entries: BTreeMap<Address, RosterEntry>,
}

/// What there is to say of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RosterEntry {
    /// The roles that an act gave, each with its last day.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<Role, Option<Date>>,
    /// Whether Online Services Manager comes with reservations, for as long as that role.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
    /// The last day on which it comes with reservations, where that is before the role's (ROLE-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reservations_until: Option<Date>,
    /// Those of the roles that end with an invitation, and when (APR-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited: Option<Invited>,
    /// Since when listings and inheritance count no more (PERM-04).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up: Option<Timestamp>,
    /// Since when the address is not to inherit here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_here: Option<Timestamp>,
    /// Since when nothing directly below is to inherit from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opted_out_below: Option<Timestamp>,
}

/// Roles that end with an invitation, unless somebody registers by then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// Which.
    pub roles: BTreeSet<Role>,
    /// They end then.
    pub ends_at: Timestamp,
}

/// One more would make the roster longer than one item should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooLong;

/// A roster is one item, read with every decision: it has so many bytes at most, as they are counted here.
const LONGEST_ROSTER: usize = 64 * 1024;

/// What an entry takes besides its address: that of an Administrator with an end. Few say more.
const A_ROSTER_ENTRY: usize = 120;

/// And what those take more who are invited.
const AN_INVITATION: usize = 80;

impl RosterEntry {
    /// What a holder says that matters here.
    pub fn of(holder: &Holder) -> Self {
        let roles = holder.assigned.roles.iter().filter(|(role, _)| ROLES.contains(role));
        let manages = holder.assigned.roles.contains_key(&Role::OnlineServicesManager);
        let invited = holder.invitation.as_ref().map(|invitation| {
            let roles = invitation.roles.iter().copied().filter(|role| ROLES.contains(role));
            Invited { roles: roles.collect(), ends_at: invitation.ends_at }
        });
        Self {
            roles: roles.map(|(role, grant)| (*role, grant.until)).collect(),
            reservations: holder.assigned.reservations && manages,
            reservations_until: holder.assigned.shorter.reservations.filter(|_| manages),
            invited: invited.filter(|invited| !invited.roles.is_empty()),
            gave_up: holder.gave_up.as_ref().map(|gave_up| gave_up.at),
            opted_out_here: holder.opted_out_here,
            opted_out_below: holder.opted_out_below,
        }
    }

    /// The same as a holder, for the evaluation. Who gave what is not in it.
    fn holder(&self) -> Holder {
        let at = Timestamp::UNIX_EPOCH;
        let grant = |until: Option<Date>| Grant { by: By::Row, at, until, scheme: None };
        Holder {
            assigned: Assigned {
                roles: self.roles.iter().map(|(role, until)| (*role, grant(*until))).collect(),
                reservations: self.reservations,
                shorter: Shorter { reservations: self.reservations_until, ..Shorter::default() },
                ..Assigned::default()
            },
            invitation: self.invited.as_ref().map(|invited| Invitation::ending(invited.roles.clone(), invited.ends_at)),
            gave_up: self.gave_up.map(|at| GaveUp { at, by: GivenUpBy::Another }),
            opted_out_here: self.opted_out_here,
            opted_out_below: self.opted_out_below,
            ..Holder::default()
        }
    }

    /// Until when reservations come: no end where they last as long as the role; none at all where there are none.
    fn reserves_until(&self) -> Option<End> {
        if self.reservations { Some(End::Never) } else { self.reservations_until.map(End::On) }
    }

    /// Whether an act gave something that it had not given before: a role, reservations, or a later end of either.
    fn gives_more_than(&self, before: &Self) -> bool {
        let more =
            |(role, until): (&Role, &Option<Date>)| before.roles.get(role).is_none_or(|was| outlasts(*until, *was));
        self.roles.iter().any(more) || self.reserves_until() > before.reserves_until()
    }
}

impl Roster {
    /// Whether there is nothing to say of anybody.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Of whom there is something to say.
    pub fn addresses(&self) -> impl Iterator<Item = &Address> {
        self.entries.keys()
    }

    /// What it says of an address, as the evaluation takes it.
    pub fn holder(&self, address: &Address) -> Option<Holder> {
        self.entries.get(address).map(RosterEntry::holder)
    }

    /// Takes over what is true of an address from now on. Whether anything changes. Taking something away is never refused;
    /// giving something is where the roster would be too long.
    pub fn note(&mut self, address: &Address, holder: &Holder) -> Result<bool, TooLong> {
        let after = RosterEntry::of(holder);
        let before = self.entries.get(address).cloned().unwrap_or_default();
        if before == after {
            return Ok(false);
        }
        if after == RosterEntry::default() {
            self.entries.remove(address);
            return Ok(true);
        }
        let gives_more = after.gives_more_than(&before);
        self.entries.insert(address.clone(), after);
        if gives_more && self.length() > LONGEST_ROSTER {
            if before == RosterEntry::default() {
                self.entries.remove(address);
            } else {
                self.entries.insert(address.clone(), before);
            }
            return Err(TooLong);
        }
        Ok(true)
    }

    /// About how many bytes it takes.
    fn length(&self) -> usize {
        let length = |(address, entry): (&Address, &RosterEntry)| {
            let invited = if entry.invited.is_some() { AN_INVITATION } else { 0 };
            address.as_str().len() + A_ROSTER_ENTRY + invited
        };
        self.entries.iter().map(length).sum()
    }
}
