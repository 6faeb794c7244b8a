//! Giving roles to others, and changing what they were given (APR-07, APR-08, PERM-04, ROLE-09).

use std::collections::BTreeSet;

use super::{Change, Made, Managing, Outcome, Refused};
use crate::{
    access::{Access, Action, Grant, Holder, Level, access},
    judge::Contacts,
    request::Asked,
    roles::Role,
    when::{Date, Timestamp, day_of},
    words::Address,
};

impl Managing<'_> {
    /// Gives roles, besides what is there.
    pub(super) fn assign(&self, roles: &Asked, listings_count: bool) -> Result<Outcome, Refused> {
        let by = self.may(Action::ManageUsers)?;
        let wanted = self.examined(roles)?;
        let mut holder = self.holder();
        // Only where it was given up is there anything to bring back.
        let revives = listings_count && holder.gave_up.is_some();
        if let Some(day) = self.last_day().filter(|_| revives) {
            return Err(Refused::RevivesBeyondYours { day });
        }
        let given = self.give(&mut holder, wanted.clone(), &by.0);
        if given.is_none() && !revives {
            return Ok(Outcome::Unchanged);
        }
        if revives {
            holder.revive();
            holder.told.acted_since = true;
        }
        let action = Change::Assign { roles: Asked::default(), listings_count }.action();
        let made = self.inviting(Made::new(action, holder), given.as_slice(), &[wanted.until]);
        self.changed(by, Made { given, ..made })
    }

    /// What acts give is this, and nothing else.
    pub(super) fn edit(&self, roles: &[Asked]) -> Result<Outcome, Refused> {
        let by = self.may(Action::ManageUsers)?;
        let wanted: Vec<Asked> = roles.iter().map(|roles| self.examined(roles)).collect::<Result<_, _>>()?;
        if wanted.is_empty() {
            return Err(Refused::NoRoles);
        }
        let before = self.holder();
        let mut holder = before.clone();
        holder.keep_only(&wanted, self.now);
        let mut given = Vec::new();
        for wanted in &wanted {
            given.extend(self.give(&mut holder, wanted.clone(), &by.0));
        }
        if holder.given(self.now) == before.given(self.now) {
            return Ok(Outcome::Unchanged);
        }
        holder.told.acted_since = true;
        let ends: Vec<Option<Date>> = wanted.iter().map(|wanted| wanted.until).collect();
        let action = Change::Edit { roles: Vec::new() }.action();
        let made = self.inviting(Made::new(action, holder), &given, &ends);
        self.changed(by, Made { given: together(given), ..made })
    }

    /// What is wanted, if it can be given at all: roles that the programme has, until a day that is not over.
    fn examined(&self, roles: &Asked) -> Result<Asked, Refused> {
        let wanted = roles.clone().tidy();
        if wanted.is_empty() {
            return Err(Refused::NoRoles);
        }
        let programme = self.licence().map(|licence| licence.programme);
        let unknown = wanted.roles.iter().find(|role| programme.is_some_and(|programme| !role.is_of(programme)));
        if let Some(role) = unknown {
            return Err(Refused::NoSuchRole { role: *role });
        }
        match wanted.until {
            Some(until) if until < day_of(self.now) => Err(Refused::EndIsPast { until }),
            _ => Ok(wanted),
        }
    }

    /// Gives what of it is not there yet, no longer than whoever gives it has it. What was given.
    fn give(&self, holder: &mut Holder, wanted: Asked, by: &Address) -> Option<Asked> {
        let until = wanted.until.into_iter().chain(self.last_day()).min();
        let news = Asked { until, ..wanted }.without_each(&by_acts(self.levels, holder, self.address, self.now));
        if news.is_empty() {
            return None;
        }
        let grant = Grant { by: self.by(by), at: self.now, until, scheme: None };
        let invited: BTreeSet<Role> = self.ending_with_invitation(holder, &news);
        holder.assign(news.roles.iter().copied(), &news.benefits, news.reservations, &grant);
        if let Some(invitation) = &mut holder.invitation {
            invitation.roles.extend(invited);
        }
        Some(news)
    }

    /// The roles that end with an invitation already and were only given for longer: they still do.
    fn ending_with_invitation(&self, holder: &Holder, news: &Asked) -> BTreeSet<Role> {
        let invitation = holder.invitation.as_ref().filter(|_| self.registered_since.is_none());
        invitation.map(|invitation| &invitation.roles & &news.roles).unwrap_or_default()
    }

    /// An address that nobody has proven is invited. What it is given now ends with that; what it had by a row does not.
    fn inviting(&self, mut made: Made, given: &[Asked], wanted: &[Option<Date>]) -> Made {
        let last_day = self.last_day();
        let is_cut = last_day.is_some_and(|day| wanted.iter().any(|until| until.is_none_or(|until| day < until)));
        made.cut_to = last_day.filter(|_| is_cut && !given.is_empty());
        if self.registered_since.is_none() && !given.is_empty() {
            let had = self.holder();
            let had: BTreeSet<Role> = had.counting_roles(self.now);
            let new = given.iter().flat_map(|given| &given.roles).filter(|role| !had.contains(role));
            made.holder.invite(new.copied().collect::<Vec<_>>(), self.now, self.policy);
            made.invites = true;
        }
        made
    }
}

/// What acts give on a Licensing ID, and nothing else.
fn by_acts(levels: &[Level<'_>], holder: &Holder, address: &Address, now: Timestamp) -> Access {
    let Some(level) = levels.first() else { return Access::default() };
    let (contacts, nothing) = (Contacts::default(), Holder::default());
    let only = Holder { assigned: holder.assigned.clone(), invitation: holder.invitation.clone(), ..nothing };
    access(&[Level { contacts: &contacts, corrections: None, holder: Some(&only), ..*level }], address, now)
}

/// All that was given, as one: the audit names it. It ends with the last of it.
fn together(given: Vec<Asked>) -> Option<Asked> {
    let mut all = given.into_iter();
    let first = all.next()?;
    Some(all.fold(first, |mut all, given| {
        all.until = all.until.zip(given.until).map(|(one, other)| one.max(other));
        all.roles.extend(given.roles);
        all.benefits.extend(given.benefits);
        all.reservations |= given.reservations;
        all
    }))
}
