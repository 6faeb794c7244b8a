//! What puts a licence at risk of having nobody who can act, and what cures it (UI-04).

use crate::{
    policy::PeoplePolicy,
    roles::role_of_contact,
    when::{Date, Timestamp, add_days, day_of},
    words::ContactName,
};

/// What is known of a licence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Its last day.
    pub ends: Date,
    /// Since when it is known here.
    pub since: Timestamp,
    /// So many Administrators without an end have a proven address that counts (ROLE-08).
    pub administrators: usize,
    /// Its contacts, as they were corrected.
    pub contacts: Vec<ContactFacts>,
    /// So many addresses that rows gave something to have never been proven (APR-08).
    pub never_registered: usize,
    /// When somebody who has a right here did anything in the portal last; none: nobody ever did.
    pub active_at: Option<Timestamp>,
}

/// What is known of a contact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFacts {
    /// Which.
    pub name: ContactName,
    /// Whether email to the address is known to fail.
    pub fails: bool,
    /// Whether somebody has proven the address.
    pub registered: bool,
    /// Since when the address is named here; none: longer than is known.
    pub named_since: Option<Timestamp>,
}

/// A risk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// Nobody is Administrator without an end and with a proven address.
    NoAdministrator,
    /// One person is: where they leave, nobody can decide.
    OneAdministrator,
    /// Email to a contact fails.
    ContactBounced(ContactName),
    /// A contact has not registered for as long as an invitation lasts.
    ContactNeverRegistered(ContactName),
    /// So many addresses that were loaded have never been proven.
    NeverRegistered(usize),
    /// Nobody did anything since; none: nobody ever did.
    NobodyActive(Option<Timestamp>),
}

/// What helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cure {
    /// Make somebody Administrator, in Manage users.
    MakeAdministrator,
    /// Nobody can do that here: the Administrators of an agreement above can, or a recovery (REQ-08).
    AskAboveOrRecover,
    /// Correct the contact, or have email to it tried again (ACT-15, SAFE-03).
    CorrectContact(ContactName),
    /// Ask the contact to register, or correct it.
    RemindContact(ContactName),
    /// Invite them again, or remove them, in Manage users.
    InviteAgain,
    /// Look through who has what: start a review (ROLE-10).
    Review,
}

impl Flag {
    /// What helps.
    pub const fn cure(self) -> Cure {
        match self {
            Self::NoAdministrator => Cure::AskAboveOrRecover,
            Self::OneAdministrator => Cure::MakeAdministrator,
            Self::ContactBounced(name) => Cure::CorrectContact(name),
            Self::ContactNeverRegistered(name) => Cure::RemindContact(name),
            Self::NeverRegistered(_) => Cure::InviteAgain,
            Self::NobodyActive(_) => Cure::Review,
        }
    }
}

/// The risks of a licence, the worst first. One that has ended has none: what becomes of it is another question (LIC-04).
pub fn flags(facts: &Facts, now: Timestamp, policy: &PeoplePolicy) -> Vec<Flag> {
    if facts.ends < day_of(now) {
        return Vec::new();
    }
    let mut flags = Vec::new();
    flags.extend(match facts.administrators {
        0 => Some(Flag::NoAdministrator),
        1 => Some(Flag::OneAdministrator),
        _ => None,
    });
    let failing = facts.contacts.iter().filter(|contact| contact.fails);
    flags.extend(failing.map(|contact| Flag::ContactBounced(contact.name)));
    // Who is only sent bills has nothing to do here; and whoever can't be reached has to be corrected first.
    let missing = facts.contacts.iter().filter(|contact| {
        let had_time = contact.named_since.is_none_or(|since| add_days(since, policy.invitation_days) <= now);
        !contact.registered && !contact.fails && role_of_contact(contact.name).is_some() && had_time
    });
    flags.extend(missing.map(|contact| Flag::ContactNeverRegistered(contact.name)));
    flags.extend((facts.never_registered > 0).then_some(Flag::NeverRegistered(facts.never_registered)));
    let quiet_since = facts.active_at.unwrap_or(facts.since);
    let is_quiet = add_days(quiet_since, policy.inactive_days) <= now;
    flags.extend(is_quiet.then_some(Flag::NobodyActive(facts.active_at)));
    flags
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }

    fn days_ago(days: i64) -> Timestamp {
        now().checked_sub(jiff::SignedDuration::from_hours(24 * days)).unwrap()
    }

    fn contact(name: ContactName) -> ContactFacts {
        ContactFacts { name, fails: false, registered: true, named_since: Some(days_ago(400)) }
    }

    fn flagged(change: impl FnOnce(&mut Facts)) -> Vec<Flag> {
        let mut facts = Facts {
            ends: "2028-12-31".parse().unwrap(),
            since: days_ago(400),
            administrators: 2,
            contacts: vec![contact(ContactName::Primary), contact(ContactName::Notices)],
            never_registered: 0,
            active_at: Some(days_ago(1)),
        };
        change(&mut facts);
        flags(&facts, now(), &PeoplePolicy::default())
    }

    /// UI-04 a licence with two Administrators, contacts who can be reached and somebody active has no flag; with one
    /// Administrator or none it has one, and the cure fits.
    #[test]
    fn ui_04_one_administrator_is_a_risk() {
        assert_eq!(flagged(|_| {}), []);
        assert_eq!(flagged(|facts| facts.administrators = 1), [Flag::OneAdministrator]);
        assert_eq!(flagged(|facts| facts.administrators = 0), [Flag::NoAdministrator]);
        assert_eq!(Flag::OneAdministrator.cure(), Cure::MakeAdministrator);
        assert_eq!(Flag::NoAdministrator.cure(), Cure::AskAboveOrRecover);
    }

    /// UI-04 a contact to whom email fails is flagged, and one who did not register in 30 days; not who is only sent bills, and
    /// nobody twice.
    #[test]
    fn ui_04_contacts_who_bounce_or_never_registered_are_flagged() {
        use ContactName as C;
        let with = |change: fn(&mut ContactFacts)| {
            C::ALL.iter().map(move |name| {
                let mut contact = contact(*name);
                change(&mut contact);
                contact
            })
        };
        let bounced: Vec<ContactFacts> = with(|contact| (contact.fails, contact.registered) = (true, false)).collect();
        let all: Vec<Flag> = C::ALL.iter().map(|name| Flag::ContactBounced(*name)).collect();
        assert_eq!(flagged(|facts| facts.contacts = bounced), all);
        let missing: Vec<ContactFacts> = with(|contact| contact.registered = false).collect();
        let but_bills = C::ALL.iter().filter(|name| **name != C::BillTo);
        let all: Vec<Flag> = but_bills.map(|name| Flag::ContactNeverRegistered(*name)).collect();
        assert_eq!(flagged(|facts| facts.contacts = missing), all);
        for (days, is_flagged) in [(29, false), (30, true)] {
            let since = ContactFacts { registered: false, named_since: Some(days_ago(days)), ..contact(C::Notices) };
            assert_eq!(!flagged(|facts| facts.contacts = vec![since]).is_empty(), is_flagged, "{days}");
        }
        assert_eq!(Flag::ContactBounced(C::Notices).cure(), Cure::CorrectContact(C::Notices));
        assert_eq!(Flag::ContactNeverRegistered(C::Primary).cure(), Cure::RemindContact(C::Primary));
    }

    /// APR-08 UI-04 loaded addresses that nobody proved stay, and are flagged with how many they are.
    #[test]
    fn apr_08_loaded_ones_who_never_registered_are_flagged() {
        let flags = flagged(|facts| facts.never_registered = 7);
        assert_eq!((flags.as_slice(), flags[0].cure()), ([Flag::NeverRegistered(7)].as_slice(), Cure::InviteAgain));
    }

    /// UI-04 nobody active for 180 days is flagged, to the second; a licence that was loaded a month ago is not, though nobody
    /// ever was.
    #[test]
    fn ui_04_nobody_active_for_180_days_is_a_risk() {
        let at = days_ago(180);
        assert_eq!(flagged(|facts| facts.active_at = Some(at)), [Flag::NobodyActive(Some(at))]);
        let later = at.checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
        assert_eq!(flagged(|facts| facts.active_at = Some(later)), []);
        assert_eq!(flagged(|facts| facts.active_at = None), [Flag::NobodyActive(None)]);
        assert_eq!(flagged(|facts| (facts.active_at, facts.since) = (None, days_ago(30))), []);
        assert_eq!(Flag::NobodyActive(None).cure(), Cure::Review);
    }

    /// UI-04 what has ended is not at risk; on its last day it still is.
    #[test]
    fn ui_04_what_has_ended_is_not_flagged() {
        for (ends, flags) in [("2026-11-21", 0), ("2026-11-22", 1)] {
            let found = flagged(|facts| (facts.ends, facts.administrators) = (ends.parse().unwrap(), 0));
            assert_eq!(found.len(), flags, "{ends}");
        }
    }

    proptest! {
        /// UI-04 one more Administrator, somebody who registers or becomes active, and email that goes through again never add
        /// a flag.
        #[test]
        fn ui_04_a_cure_never_adds_a_flag(
            count in 0..4_usize,
            fails in any::<bool>(),
            registered in any::<bool>(),
            never_registered in 0..3_usize,
            quiet in 0..400_i64,
        ) {
            let found = |count: usize, fails, registered, never_registered, quiet| {
                let facts = Facts {
                    ends: "2028-12-31".parse().unwrap(),
                    since: days_ago(400),
                    administrators: count,
                    contacts: vec![ContactFacts { fails, registered, ..contact(ContactName::Primary) }],
                    never_registered,
                    active_at: Some(days_ago(quiet)),
                };
                flags(&facts, now(), &PeoplePolicy::default()).len()
            };
            let before = found(count, fails, registered, never_registered, quiet);
            prop_assert!(found(count + 1, fails, registered, never_registered, quiet) <= before);
            prop_assert!(found(count, false, registered, never_registered, quiet) <= before);
            prop_assert!(found(count, fails, true, never_registered, quiet) <= before);
            prop_assert!(found(count, fails, registered, 0, quiet) <= before);
            prop_assert!(found(count, fails, registered, never_registered, 0) <= before);
        }
    }
}
