//! Denying a reseller what orders or a claim give, and undoing that (OPEN-03, OPEN-08, APR-07).

use super::{Change, Made, Managing, Outcome, Refused};
use crate::{
    access::{Action, Deniable, Denied},
    when::add_days,
};

impl Managing<'_> {
    /// What orders or a claim give counts no longer; it is only hidden, so that undoing restores exactly that.
    pub(super) fn deny(&self, what: Deniable) -> Result<Outcome, Refused> {
        let by = self.may(Action::DenyGrant)?;
        let mut holder = self.holder();
        let is_there = match what {
            Deniable::Orders => holder.orders.is_some(),
            Deniable::Claim => holder.claim.is_some(),
        };
        if holder.is_denied(what) {
            return Ok(Outcome::Unchanged);
        }
        if !is_there {
            return Err(Refused::HoldsNothing);
        }
        let undo_until = add_days(self.now, self.policy.denial_undo_days);
        holder.denied.insert(what, Denied { by: self.by(&by.0), at: self.now, undo_until });
        self.changed(by, Made::new(Change::Deny { what }.action(), holder))
    }

    /// It counts again, for so many days after it was denied.
    pub(super) fn undo_denial(&self, what: Deniable) -> Result<Outcome, Refused> {
        let by = self.may(Action::DenyGrant)?;
        let mut holder = self.holder();
        let denied = holder.denied.remove(&what).ok_or(Refused::NothingToUndo)?;
        if denied.undo_until <= self.now {
            return Err(Refused::TooLateToUndo { at: denied.undo_until });
        }
        // It counts without an end, so whoever has one can't give it (ROLE-09).
        if let Some(day) = self.last_day() {
            return Err(Refused::BeyondYours { day });
        }
        self.changed(by, Made::new(Change::UndoDenial { what }.action(), holder))
    }
}
