//! Managing the people of a Licensing ID: assign, edit, remove, deny, and undo, one person at a time (APR-07, APR-08).

use licensing::{
    Address, ContactName, Date, Licence, Timestamp,
    access::{Access, Deniable, Holder, InvitationState, Source},
    judge::Contacts,
    manage::Change,
    roles::{Benefit, Role},
    words::typed_address,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::{
    Instant, exact_licence,
    requests::{EndsSooner, MustStay, Roles},
};

/// Somebody with a role on a Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonShown {
    /// Who.
    pub address: Address,
    /// The roles.
    pub roles: Vec<Role>,
    /// With Software Assurance Manager: the benefits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub benefits: Vec<Benefit>,
    /// With Online Services Manager: whether reservations come with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
    /// What of that has an end (ROLE-09).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ends: Vec<RightEnds>,
    /// Where they come from, as in the access report.
    pub sources: Vec<String>,
    /// When the address gave the Licensing ID up, or was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gave_up_at: Option<Instant>,
    /// The version of what acts gave, to be sent back with a change; 0: they gave nothing.
    #[serde(default, skip_serializing_if = "no_version")]
    pub version: u64,
    /// What acts give, by its end: what can be edited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Roles>,
    /// Whether it was asked to register (APR-08).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<InvitationShown>,
    /// Whether it was removed here only: an Administrator above may undo that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed_here: bool,
    /// What an Administrator denied.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub denied: Vec<DeniedShown>,
    /// Whether it is one of the reader's own: nobody changes those here (PERM-02).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub own: bool,
    /// Why the person can't be removed; none: they can, unless they are the last Administrator (PERM-03).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stays: Option<MustStay>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn no_version(number: &u64) -> bool {
    *number == 0
}

/// Something that a person has until a day: a role, or what comes with one and ends before it does (ROLE-09).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RightEnds {
    /// The role, or that with which it comes.
    pub role: Role,
    /// Which of its benefits; none: the role itself, or reservations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub benefit: Option<Benefit>,
    /// Whether it is reservations.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
    /// The last day on which it counts, `YYYY-MM-DD`.
    pub until: String,
}

/// Changes what an address has on a Licensing ID, or shows what that would do (APR-07).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    /// On which.
    #[serde(deserialize_with = "exact_licence")]
    pub licence: Licence,
    /// Whose.
    #[serde(deserialize_with = "typed_address")]
    pub address: Address,
    /// What.
    pub change: PersonChange,
    /// What stands above, as it was shown: with it, everything is read at once. It is checked, and may be left out.
    #[serde(default, deserialize_with = "exact_licences", skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<Licence>,
    /// The version of what was shown of the person; 0: nothing was. Where it has changed since, nothing is done. None: it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PersonChange {
    /// It gets this, besides what it has. An end moves out, never in.
    Assign(Assign),
    /// What acts give is this from now on, by its ends. What agreements, orders and claims give stays.
    Edit(Vec<Roles>),
    /// It has nothing there any more; or where it is Administrator from above only, not here.
    Remove,
    /// Whoever was removed here only inherits here again: an Administrator above may say so.
    InheritAgain,
    /// What orders or a claim give counts no longer.
    Deny(Deniable),
    /// It counts again.
    UndoDenial(Deniable),
}

/// What is assigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// What.
    pub roles: Roles,
    /// Whether listings, inheritance and orders count again where it was given up or taken (PERM-04).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub listings_count: bool,
}

/// Sends an invitation again (APR-08).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteAgain {
    /// On which Licensing ID.
    #[serde(deserialize_with = "exact_licence")]
    pub licence: Licence,
    /// Whom.
    #[serde(deserialize_with = "typed_address")]
    pub address: Address,
    /// What stands above, as it was shown.
    #[serde(default, deserialize_with = "exact_licences", skip_serializing_if = "Vec::is_empty")]
    pub above: Vec<Licence>,
}

/// What a change does: before it is made nothing is done yet, and afterwards it is what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonOutcome {
    /// The person as they are now; none: there is nothing to say of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<PersonShown>,
    /// And as they would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<PersonShown>,
    /// All of it is so already.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unchanged: bool,
    /// What they would get.
    #[serde(default, skip_serializing_if = "Rights::is_empty")]
    pub gains: Rights,
    /// What they would lose.
    #[serde(default, skip_serializing_if = "Rights::is_empty")]
    pub loses: Rights,
    /// The last day of who gives it, where that makes the end earlier than was wanted (ROLE-09).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_to: Option<Date>,
    /// Nobody has proven the address: an invitation goes out (APR-08).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub invites: bool,
    /// Where an Administrator goes: so many of the agreements below would have none who stays.
    #[serde(default, skip_serializing_if = "is_none")]
    pub children_without: u32,
    /// There may be more of them: not all were looked at.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub or_more: bool,
}

/// Roles, and what comes with them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rights {
    /// Roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<Role>,
    /// Benefits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub benefits: Vec<Benefit>,
    /// The permission to reserve.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reservations: bool,
}

/// Whether an address was asked to register, and what became of it (APR-08).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InvitationShown {
    /// How far it is.
    pub state: InvitationName,
    /// When it ends, or ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Instant>,
    /// What ended with it: to be given again in one step.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<Roles>,
}

/// How far an invitation has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InvitationName {
    /// Somebody has proven the address.
    Registered,
    /// It was emailed.
    Invited,
    /// Email to the address fails.
    Bounced,
    /// Nobody registered in time.
    Expired,
    /// Rows named the address, and nobody has proven it. What they gave stays.
    NeverRegistered,
}

impl InvitationName {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Registered, Self::Invited, Self::Bounced, Self::Expired, Self::NeverRegistered];

    /// The name as it is written in answers and queries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Invited => "invited",
            Self::Bounced => "bounced",
            Self::Expired => "expired",
            Self::NeverRegistered => "never-registered",
        }
    }
}

/// In the query for people: who gave the Licensing ID up, or was removed. The other states are those of invitations.
pub const GAVE_UP: &str = "gave-up";

/// Something that an Administrator denied a reseller (OPEN-03).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeniedShown {
    /// What.
    pub what: Deniable,
    /// It can be undone until then.
    pub undo_until: Instant,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
const fn is_none(number: &u32) -> bool {
    *number == 0
}

fn exact_licences<'de, D: Deserializer<'de>>(reader: D) -> Result<Vec<Licence>, D::Error> {
    #[derive(Deserialize)]
    struct Exact(#[serde(deserialize_with = "exact_licence")] Licence);
    let all = Vec::<Exact>::deserialize(reader)?;
    Ok(all.into_iter().map(|Exact(licence)| licence).collect())
}

impl From<PersonChange> for Change {
    fn from(change: PersonChange) -> Self {
        match change {
            PersonChange::Assign(Assign { roles, listings_count }) => {
                Self::Assign { roles: roles.into(), listings_count }
            }
            PersonChange::Edit(roles) => Self::Edit { roles: roles.into_iter().map(Into::into).collect() },
            PersonChange::Remove => Self::Remove,
            PersonChange::InheritAgain => Self::InheritAgain,
            PersonChange::Deny(what) => Self::Deny { what },
            PersonChange::UndoDenial(what) => Self::UndoDenial { what },
        }
    }
}

impl From<licensing::access::Loss> for Rights {
    fn from(all: licensing::access::Loss) -> Self {
        Self {
            roles: all.roles.into_iter().collect(),
            benefits: all.benefits.into_iter().collect(),
            reservations: all.reservations,
        }
    }
}

impl Rights {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What is known of a person on a Licensing ID.
#[derive(Debug, Clone, Copy)]
pub struct PersonFacts<'a> {
    /// Who.
    pub address: &'a Address,
    /// What they may do.
    pub access: &'a Access,
    /// What they hold by acts, and the version of that.
    pub holder: Option<(&'a Holder, u64)>,
    /// Whom the agreement names.
    pub contacts: &'a Contacts,
    /// As which of those who can't be removed they count, so many levels up (PERM-03).
    pub lasting: Option<(usize, ContactName)>,
    /// Whether it is one of the reader's own addresses.
    pub own: bool,
    /// How far an invitation has come, where that was looked for.
    pub invitation: Option<InvitationState>,
    /// When.
    pub now: Timestamp,
}

impl PersonShown {
    /// Somebody with their roles; none where there is nothing to say of them.
    pub fn of(facts: &PersonFacts<'_>) -> Option<Self> {
        let PersonFacts { address, access, contacts, now, .. } = *facts;
        let holder = facts.holder.map(|(holder, _)| holder);
        let gave_up_at = holder.and_then(|holder| holder.gave_up.as_ref()).map(|gave_up| gave_up.at.into());
        let mut sources: Vec<String> = Vec::new();
        // Also who is named without any role, as a bill-to contact is.
        let named = contacts.iter().filter(|(_, named)| gave_up_at.is_none() && *named == address);
        let named = named.map(|(name, _)| Source::Contact(*name).to_string());
        for source in access.sources().map(|(_, given)| given.source.to_string()).chain(named) {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
        let denied = holder.into_iter().flat_map(|holder| &holder.denied);
        let denied: Vec<DeniedShown> =
            denied.map(|(what, denied)| DeniedShown { what: *what, undo_until: denied.undo_until.into() }).collect();
        let removed_here = holder.is_some_and(|holder| holder.removed_here.is_some());
        let ended = holder.map(|holder| ended(holder, facts.invitation, now)).unwrap_or_default();
        if sources.is_empty() && gave_up_at.is_none() && !removed_here && denied.is_empty() && ended.is_empty() {
            return None;
        }
        let stays = facts.lasting.map(|(level, contact)| match (level, contact) {
            (0, ContactName::Primary) => MustStay::Primary,
            (0, _) => MustStay::Notices,
            _ => MustStay::Above,
        });
        Some(Self {
            address: address.clone(),
            roles: access.roles().collect(),
            benefits: access.benefits().into_iter().collect(),
            reservations: access.reservations(),
            ends: ends(access),
            sources,
            gave_up_at,
            version: facts.holder.map_or(0, |(_, version)| version),
            given: holder.map(|holder| holder.given(now).into_iter().map(Into::into).collect()).unwrap_or_default(),
            invitation: facts.invitation.map(|state| InvitationShown::of(state, ended)),
            removed_here,
            denied,
            own: facts.own,
            stays,
        })
    }
}

impl InvitationShown {
    /// What was found of the address since: whether somebody has proven it, and whether email to it fails.
    pub fn found(&mut self, registered: bool, fails: bool) {
        if registered {
            (self.state, self.ends_at) = (InvitationName::Registered, None);
        } else if fails {
            self.state = InvitationName::Bounced;
        }
    }

    fn of(state: InvitationState, ended: Vec<Roles>) -> Self {
        let (state, ends_at) = match state {
            InvitationState::Registered => (InvitationName::Registered, None),
            InvitationState::Invited { ends_at } => (InvitationName::Invited, Some(ends_at)),
            InvitationState::Bounced { ends_at } => (InvitationName::Bounced, ends_at),
            InvitationState::Expired { at } => (InvitationName::Expired, Some(at)),
            InvitationState::NeverRegistered => (InvitationName::NeverRegistered, None),
        };
        Self { state, ends_at: ends_at.map(Into::into), ended }
    }
}

/// What ended with an invitation, swept or not.
fn ended(holder: &Holder, state: Option<InvitationState>, now: Timestamp) -> Vec<Roles> {
    let is_registered = matches!(state, Some(InvitationState::Registered));
    let mut holder = holder.clone();
    if !is_registered {
        holder.settle(None, now);
    }
    let ended = holder.invitation.map(|invitation| invitation.ended).unwrap_or_default();
    ended.into_iter().map(Into::into).collect()
}

/// What of an access has an end: roles, and behind each what comes with it and ends before it does (ROLE-09).
fn ends(all: &Access) -> Vec<RightEnds> {
    let mut ends = Vec::new();
    for role in all.roles() {
        let of = |until: Date| RightEnds { role, benefit: None, reservations: false, until: until.to_string() };
        ends.extend(all.until(role).map(of));
        let sooner = ends_sooner(all, role).into_iter();
        ends.extend(sooner.map(|EndsSooner { benefit, until }| RightEnds {
            benefit,
            reservations: benefit.is_none(),
            ..of(until)
        }));
    }
    ends
}

/// What comes with a role and ends before it does (ROLE-09).
pub fn ends_sooner(all: &Access, role: Role) -> Vec<EndsSooner> {
    let with_it: Vec<(Option<Benefit>, Option<Date>)> = match role {
        Role::SoftwareAssuranceManager => {
            all.benefits().into_iter().map(|benefit| (Some(benefit), all.benefit_until(benefit))).collect()
        }
        Role::OnlineServicesManager => vec![(None, all.reservations_until())],
        _ => Vec::new(),
    };
    let role_until = all.until(role);
    let sooner = with_it.into_iter().filter(|(_, until)| *until != role_until);
    sooner.filter_map(|(benefit, until)| Some(EndsSooner { benefit, until: until? })).collect()
}
