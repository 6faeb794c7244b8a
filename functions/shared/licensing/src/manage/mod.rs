//! Managing users: what an Administrator of a Licensing ID does about somebody else (APR-07, APR-08, PERM-03, ROLE-08, ROLE-09).
//!
//! ```text
//! Change, Managing ── judge ──▶ Changed (what is written), Unchanged, or Refused (which field, why, what to do)
//! ```
//!
//! [`Managing`] is what was read: who acts, whose address it is about, the levels, and `now`. [`Change`] is what is wanted. It
//! says the same whether a page, several Licensing IDs at once or a row of a file ask for it; a dry run is the same judgement
//! without the write, and undoing is a change like others, judged like them.
//!
//! Nobody changes anything for themselves here: single roles of one's own are neither added nor dropped (PERM-02), and nobody
//! prolongs their own (ROLE-09). All that somebody gives ends when they end.

mod assign;
mod denial;
mod invite;
mod refused;
mod remove;
mod undo;

use serde::{Deserialize, Serialize};

pub use refused::Refused;

use crate::{
    access::{
        Access, Action, By, Deniable, Holder, Level, Loss, Roster, Standing, access,
        leaving::{after, guards, others},
    },
    activation::Person,
    audit::{Actor, Note},
    digest::Digest,
    policy::PeoplePolicy,
    request::Asked,
    roles::Role,
    when::{Date, Timestamp},
    words::{Address, Licence},
};

/// What is wanted of an address on a Licensing ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "name", rename_all = "kebab-case")]
pub enum Change {
    /// It gets this, besides what it has. An end moves out, never in.
    Assign {
        /// What.
        roles: Asked,
        /// Whether listings, inheritance and orders count again where it was given up or taken (PERM-04).
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        listings_count: bool,
    },
    /// What acts give is this from now on, and nothing else. What agreements, orders and claims give stays.
    Edit {
        /// What, by its end.
        roles: Vec<Asked>,
    },
    /// It has nothing there any more; or where it is Administrator from above only, not here.
    Remove,
    /// Whoever was removed here only inherits here again.
    InheritAgain,
    /// What orders or a claim give counts no longer (OPEN-03, OPEN-08).
    Deny {
        /// Which of them.
        what: Deniable,
    },
    /// It counts again.
    UndoDenial {
        /// Which of them.
        what: Deniable,
    },
}

/// Who acts on whom, and what is known of both.
#[derive(Clone, Copy)]
pub struct Managing<'a> {
    /// Who acts.
    pub person: &'a Person,
    /// Those of their proven addresses that count.
    pub counting: &'a [Address],
    /// All addresses of their profile, whether they count or not.
    pub own: &'a [Address],
    /// Whose rights it is about.
    pub address: &'a Address,
    /// Since when that address is somebody's; none: nobody has proven it.
    pub registered_since: Option<Timestamp>,
    /// The Licensing ID and all that stands above it, with what the address holds on each.
    pub levels: &'a [Level<'a>],
    /// The same with the rosters: who else acts there.
    pub standing: &'a Standing,
    /// Whether somebody has proven this address and the proof counts: asked of the address itself, and of other Administrators.
    pub is_proven: &'a dyn Fn(&Address) -> bool,
    /// When.
    pub now: Timestamp,
    /// The numbers.
    pub policy: &'a PeoplePolicy,
}

/// What a change comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is so already: nothing is written.
    Unchanged,
    /// This is written.
    Changed(Box<Changed>),
}

/// What is written, on condition that all is still as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// What the address holds from now on.
    pub holder: Holder,
    /// The roster from now on; none where it says the same as before.
    pub roster: Option<Roster>,
    /// What the address could do before, once it is proven.
    pub before: Access,
    /// What it can do from now on.
    pub after: Access,
    /// What is given that was not there, with its end: no later than the end of who gives it (ROLE-09).
    pub given: Option<Asked>,
    /// The last day of who gives it, where that made the end earlier than was wanted.
    pub cut_to: Option<Date>,
    /// Whether an invitation goes out: nobody has proven the address (APR-08).
    pub invites: bool,
    /// By which address it is done, and how many levels up that is Administrator: so much is checked at the write.
    pub by: (Address, usize),
    /// Who remains where an Administrator goes: their address must still be proven at the write, so that two who remove each
    /// other do not both (ROLE-08). None where nobody had to be looked for.
    pub remains: Option<Address>,
    /// What the Licensing ID's audit says.
    pub note: Note,
}

/// How the Administrators change: notices and primary contact are told (APR-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdministratorChange {
    /// The address is one now.
    Made,
    /// It is none any more.
    Removed,
}

impl Changed {
    /// What the address loses.
    pub fn loses(&self) -> Loss {
        self.before.less(&self.after)
    }

    /// What it gets.
    pub fn gains(&self) -> Loss {
        self.after.less(&self.before)
    }

    /// Whether it became Administrator, or is none any more.
    pub fn administrator(&self) -> Option<AdministratorChange> {
        match (self.before.has(Role::Administrator), self.after.has(Role::Administrator)) {
            (false, true) => Some(AdministratorChange::Made),
            (true, false) => Some(AdministratorChange::Removed),
            _ => None,
        }
    }

    /// What stands for the holder as it was written: undoing asks whether it is still that.
    pub fn digest(&self) -> Digest {
        self.holder.digest()
    }
}

impl Change {
    /// Judges it, and says what is written (APR-07).
    pub fn judge(&self, managing: &Managing<'_>) -> Result<Outcome, Refused> {
        match self {
            Self::Assign { roles, listings_count } => managing.assign(roles, *listings_count),
            Self::Edit { roles } => managing.edit(roles),
            Self::Remove => managing.remove(),
            Self::InheritAgain => managing.inherit_again(),
            Self::Deny { what } => managing.deny(*what),
            Self::UndoDenial { what } => managing.undo_denial(*what),
        }
    }

    /// What it is in the audit's words.
    pub const fn action(&self) -> &'static str {
        match self {
            Self::Assign { .. } => "people.assigned",
            Self::Edit { .. } => "people.edited",
            Self::Remove => "people.removed",
            Self::InheritAgain => "people.inherits-again",
            Self::Deny { .. } => "people.denied",
            Self::UndoDenial { .. } => "people.denial-undone",
        }
    }
}

/// What a change made of a holder, before the rules that hold for all of them were asked.
struct Made {
    action: &'static str,
    holder: Holder,
    given: Option<Asked>,
    cut_to: Option<Date>,
    invites: bool,
}

impl Made {
    fn new(action: &'static str, holder: Holder) -> Self {
        Self { action, holder, given: None, cut_to: None, invites: false }
    }
}

impl<'a> Managing<'a> {
    fn licence(&self) -> Option<&'a Licence> {
        self.levels.first().map(|level| level.licence)
    }

    /// By which address whoever acts may do this, and how many levels up the reason stands. Nobody acts on their own address.
    fn may(&self, action: Action) -> Result<(Address, usize), Refused> {
        let (by, levels) = self.standing.who_may(self.counting, action, self.now).map_err(|_| Refused::NotYours)?;
        if self.is_own() {
            return Err(Refused::Own);
        }
        Ok((by.clone(), levels))
    }

    fn is_own(&self) -> bool {
        self.own.contains(self.address) || self.counting.contains(self.address)
    }

    fn by(&self, address: &Address) -> By {
        By::Person { profile: self.person.profile.clone(), address: address.clone() }
    }

    /// The last day of whoever acts: they give until that day at most (ROLE-09).
    fn last_day(&self) -> Option<Date> {
        self.standing.of_all(self.counting, self.now).until(Role::Administrator)
    }

    /// What the address holds here, without an invitation that is over or was taken up.
    fn holder(&self) -> Holder {
        let mut holder = self.levels.first().and_then(|level| level.holder).cloned().unwrap_or_default();
        holder.settle(self.registered_since, self.now);
        holder
    }

    fn access(&self) -> Access {
        access(self.levels, self.address, self.now)
    }

    /// The rules that hold for every change: the last Administrator stays (ROLE-08), and the roster has room.
    fn changed(&self, by: (Address, usize), made: Made) -> Result<Outcome, Refused> {
        let Made { action, holder, given, cut_to, invites } = made;
        let before = self.access();
        let after = after(self.levels, &holder, self.address, self.now);
        let mut remains = None;
        if guards(&before) && !guards(&after) && (self.is_proven)(self.address) {
            let mut others = others(self.standing, self.address, self.now).into_iter();
            remains = Some(others.find(|other| (self.is_proven)(other)).ok_or(Refused::LastAdministrator)?);
        }
        let mut roster = self.standing.levels.first().map(|level| level.roster.clone()).unwrap_or_default();
        let changes = roster.note(self.address, &holder).map_err(|_| Refused::RosterFull)?;
        let actor = Actor::Person { profile: self.person.profile.clone(), address: by.0.clone() };
        let mut note = Note::new(action, actor).personal("address", self.address.as_str());
        if let Some(licence) = self.licence() {
            note = note.fact("licence", licence.key());
        }
        if let Some(given) = &given {
            note = note.fact("given", given);
            note = given.until.into_iter().fold(note, |note, until| note.fact("until", until));
        }
        let gone = before.less(&after);
        let names = |all: Vec<&str>| Some(all.join(" ")).filter(|all| !all.is_empty());
        let roles = names(gone.roles.iter().map(|role| role.as_str()).collect());
        let benefits = names(gone.benefits.iter().map(|benefit| benefit.as_str()).collect());
        let reservations = gone.reservations.then(|| "true".to_owned());
        for (name, gone) in [("gone", roles), ("gone-benefits", benefits), ("gone-reservations", reservations)] {
            note = gone.into_iter().fold(note, |note, gone| note.fact(name, gone));
        }
        let roster = changes.then_some(roster);
        Ok(Outcome::Changed(Box::new(Changed {
            holder,
            roster,
            before,
            after,
            given,
            cut_to,
            invites,
            by,
            remains,
            note,
        })))
    }
}

/// Whether somebody is left who guards a Licensing ID: Administrator without an end, with a proven address (ROLE-08). Where
/// somebody goes from a parent, its children are asked like this: the preview says how many would have nobody.
pub fn is_guarded(standing: &Standing, is_proven: impl Fn(&Address) -> bool, now: Timestamp) -> bool {
    standing.administrators(now).iter().any(|address| is_proven(address) && guards(&standing.of(address, now)))
}

/// A child's standing as it would be with another roster so many levels up.
pub fn with_roster(mut standing: Standing, level: usize, roster: &Roster) -> Standing {
    if let Some(level) = standing.levels.get_mut(level) {
        level.roster = roster.clone();
    }
    standing
}
