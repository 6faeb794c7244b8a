//! Undoing what a change made of a holder: it is exactly as before, unless somebody changed it since (APR-07).

use super::{Made, Managing, Outcome, Refused};
use crate::{
    access::{Access, Action, Holder, leaving::after, outlasts},
    digest::Digest,
    when::Date,
};

impl Managing<'_> {
    /// Restores what the address held before a change that left what `left` stands for. Who registered since stays registered.
    pub fn undo(&self, before: Option<&Holder>, left: Digest) -> Result<Outcome, Refused> {
        let by = self.may(Action::ManageUsers)?;
        let current = self.levels.first().and_then(|level| level.holder).cloned().unwrap_or_default();
        if current.digest() != left {
            return Err(Refused::ChangedSince);
        }
        let mut holder = before.cloned().unwrap_or_default();
        // What was waiting then may have been taken up since, or be over.
        holder.settle(self.registered_since, self.now);
        if holder == current {
            return Ok(Outcome::Unchanged);
        }
        let restored = after(self.levels, &holder, self.address, self.now);
        if let Some(day) = self.last_day().filter(|day| gives_beyond(&self.access(), &restored, *day)) {
            return Err(Refused::BeyondYours { day });
        }
        self.changed(by, Made::new("people.undone", holder))
    }
}

/// Whether something is given, or given for longer, that lasts longer than this day.
fn gives_beyond(before: &Access, after: &Access, day: Date) -> bool {
    let beyond = |had: Option<Option<Date>>, end: Option<Date>| {
        outlasts(end, Some(day)) && had.is_none_or(|had| outlasts(end, had))
    };
    let role = |role| beyond(before.has(role).then(|| before.until(role)), after.until(role));
    let benefit = |benefit| {
        let had = before.benefits().contains(&benefit).then(|| before.benefit_until(benefit));
        beyond(had, after.benefit_until(benefit))
    };
    let reservations = before.reservations().then(|| before.reservations_until());
    after.roles().any(role)
        || after.benefits().into_iter().any(benefit)
        || after.reservations() && beyond(reservations, after.reservations_until())
}
