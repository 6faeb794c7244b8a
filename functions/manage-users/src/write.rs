//! Writes what a rule said: all of it in one transaction, on condition that all is still as it was read (APR-06, ROLE-08).

use api::Code;
use gateway::{ApiError, App};
use licensing::{
    Address,
    access::Deniable,
    audit::licence_chain,
    event::{Event, GivenAs},
    manage::{AdministratorChange, Change, Changed},
};
use store::{Write, marks::Answered};

use crate::look::{Known, Once};

/// What was asked for, as far as letters tell it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Said {
    Given(GivenAs),
    Taken,
    Denied { what: Deniable, undone: bool },
}

impl Said {
    pub(crate) const fn of(change: &Change) -> Self {
        match change {
            Change::Assign { .. } | Change::InheritAgain => Self::Given(GivenAs::Assigned),
            Change::Edit { .. } => Self::Given(GivenAs::Edited),
            Change::Remove => Self::Taken,
            Change::Deny { what } => Self::Denied { what: *what, undone: false },
            Change::UndoDenial { what } => Self::Denied { what: *what, undone: true },
        }
    }
}

impl Known {
    /// The change with its conditions, audit entry, events, and the answer for a repeat.
    pub(crate) async fn write(
        &self,
        app: &App,
        address: &Address,
        changed: &Changed,
        said: Said,
        (once, answer): (&Once, String),
    ) -> Result<Write, ApiError> {
        let (store, agreement, now) = (&app.store, self.loaded.agreement(), self.now);
        let licence = &agreement.licence;
        let by = &changed.by.0;
        let profile = &self.who.profile.profile;
        let mut write = Write::new();
        let customer = self.customer_name(app, changed).await?;
        write.holder(store, agreement, &customer, address, self.here(), &changed.holder);
        if let Some(roster) = &changed.roster {
            write.roster(store, licence, self.loaded.roster(), roster);
        }
        // What it was judged by: rights above count for what the address keeps, and for who may act.
        write.judged_by(store, &self.loaded, self.loaded.levels.len(), changed.roster.is_some());
        for (nth, level) in self.loaded.levels.iter().enumerate().skip(1) {
            let seen = self.holders[nth].as_ref().map(|holder| holder.version);
            if seen.is_some() {
                write.holds_still(store, &level.agreement.record.licence, address, seen);
            }
        }
        write.check_owner(store, by, profile);
        if let Some((remains, owner)) = self.owner_of(changed).filter(|(remains, _)| *remains != by) {
            write.check_owner(store, remains, owner);
        }
        // Whether there is somebody to invite, or somebody who would be the last Administrator.
        match &self.owner {
            Some(owner) => write.check_owner(store, address, &owner.profile),
            None => write.check_unowned(store, address),
        }
        write.audit(store, &licence_chain(licence), self.head.as_ref(), changed.note.clone(), now);
        write.events(store, &self.events(address, changed, said)?, now);
        let answer = Answered { content: once.content.clone(), version: self.next_version(), at: now, answer };
        write.answered(store, &once.slot, &answer);
        Ok(write)
    }

    fn events(&self, address: &Address, changed: &Changed, said: Said) -> Result<Vec<Event>, ApiError> {
        let (licence, version) = (self.loaded.agreement().licence.clone(), self.next_version());
        let to = address.clone();
        let mark = format!("managed|{version}");
        let mut events = vec![match said {
            Said::Given(said) => Event::PermissionGiven { licence: licence.clone(), to, version, said },
            Said::Taken => Event::PermissionTaken {
                licence: licence.clone(),
                to,
                version,
                keeps: changed.after.roles().collect(),
                here_only: changed.holder.removed_here.is_some() && changed.holder.gave_up.is_none(),
            },
            Said::Denied { what, undone } => {
                Event::GrantDenied { licence: licence.clone(), to, version, claim: what == Deniable::Claim, undone }
            }
        }];
        if let Some(change) = changed.administrator() {
            let made = matches!(change, AdministratorChange::Made);
            events.push(Event::AdministratorChanged {
                licence: licence.clone(),
                address: address.clone(),
                made,
                mark: mark.clone(),
            });
        }
        // Contacts who are removed are written to as if not named, and count again once they are revived (PERM-04).
        let gave_up =
            |holder: Option<&licensing::access::Holder>| holder.is_some_and(|holder| holder.gave_up.is_some());
        if gave_up(self.here().map(|here| &here.record)) != gave_up(Some(&changed.holder)) {
            events.push(Event::Rejudge { licence, mark: format!("{mark}|{}", address.as_str()) });
        }
        if events.len() > MOST_EVENTS {
            return Err(Code::Internal.into());
        }
        Ok(events)
    }
}

/// A change tells so much at most.
const MOST_EVENTS: usize = 4;
