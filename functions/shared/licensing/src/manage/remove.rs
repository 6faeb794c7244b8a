//! Removing others (APR-07, PERM-03, PERM-04, ROLE-04).

use super::{Change, Made, Managing, Outcome, Refused};
use crate::{
    access::{Access, Action, Deniable, GivenUpBy, Holder, OptOutOf, Source, Standing},
    roles::Role,
    when::Timestamp,
};

impl Managing<'_> {
    /// Takes all that the address has there; where it is Administrator from above only, it is none here.
    pub(super) fn remove(&self) -> Result<Outcome, Refused> {
        let by = self.may(Action::ManageUsers)?;
        let lasting = self.levels.iter().map(|level| level.lasting(self.address, self.now));
        if let Some((level, contact)) = lasting.enumerate().find_map(|(level, contact)| Some((level, contact?))) {
            return Err(Refused::MustStay { contact, level });
        }
        let mut holder = self.holder();
        let access = self.access();
        let action = if holds_here(&access, &holder, self.now) {
            holder.give_up(GivenUpBy::Another, self.now);
            Change::Remove.action()
        } else if inherits(&access) {
            holder.opt_out(OptOutOf::Itself, self.now);
            holder.removed_here = Some(self.by(&by.0));
            "people.removed-here"
        } else {
            return Err(Refused::HoldsNothing);
        };
        self.changed(by, Made::new(action, holder))
    }

    /// Undoes that an address was removed here only: an Administrator above does.
    pub(super) fn inherit_again(&self) -> Result<Outcome, Refused> {
        let mut holder = self.holder();
        self.may(Action::ManageUsers)?;
        if holder.removed_here.is_none() {
            return Err(Refused::NothingToUndo);
        }
        let above = Standing { levels: self.standing.levels.iter().skip(1).cloned().collect() };
        let (by, levels) =
            above.who_may(self.counting, Action::ManageUsers, self.now).map_err(|_| Refused::NotAbove)?;
        holder.opt_in(OptOutOf::Itself);
        self.changed((by.clone(), levels + 1), Made::new(Change::InheritAgain.action(), holder))
    }
}

/// Whether the address has something on this Licensing ID itself: by an act, a listing, orders or a claim, one too that waits.
fn holds_here(access: &Access, holder: &Holder, now: Timestamp) -> bool {
    let waits =
        holder.claim.as_ref().is_some_and(|claim| now < claim.counts_from && !holder.is_denied(Deniable::Claim));
    waits || access.sources().any(|(_, given)| !matches!(given.source, Source::Parent(_) | Source::Above(_)))
}

fn inherits(access: &Access) -> bool {
    access.sources_of(Role::Administrator).iter().any(|given| matches!(given.source, Source::Parent(_)))
}
