//! A Licensing ID with its people, and what is done about them.

use std::collections::{BTreeMap, BTreeSet};

use licensing::{
    Address, ContactName, Date, Licence, Timestamp,
    access::{
        Access, By, Corrections, Grant, Holder, InvitationState, Level, Roster, Settled, Standing, StandingLevel,
        access,
    },
    activation::Person,
    judge::Contacts,
    manage::{Change, Changed, Managing, Outcome, Refused},
    policy::PeoplePolicy,
    request::Asked,
    roles::{Benefit, Role},
};

use Role::Administrator;

pub(crate) const ANN: &str = "ann@contoso.example";
pub(crate) const BOB: &str = "bob@contoso.example";
pub(crate) const CAT: &str = "cat@contoso.example";

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn now() -> Timestamp {
    at("2026-11-22T12:00:00Z")
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn address(text: &str) -> Address {
    text.parse().unwrap()
}

pub(crate) fn asked(roles: &[Role]) -> Asked {
    Asked { roles: roles.iter().copied().collect(), ..Asked::default() }
}

pub(crate) fn until(roles: &[Role], day: &str) -> Asked {
    Asked { until: Some(date(day)), ..asked(roles) }
}

pub(crate) fn assign(roles: &[Role]) -> Change {
    Change::Assign { roles: asked(roles), listings_count: false }
}

pub(crate) fn assign_until(roles: &[Role], day: &str) -> Change {
    Change::Assign { roles: until(roles, day), listings_count: false }
}

/// An agreement with its people.
#[derive(Clone)]
pub(crate) struct Stage {
    pub(crate) licence: Licence,
    pub(crate) contacts: Contacts,
    pub(crate) corrections: Corrections,
    pub(crate) holders: BTreeMap<Address, Holder>,
}

/// A Licensing ID with what stands above it, and who has proven their address since when.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) stages: Vec<Stage>,
    pub(crate) registered: BTreeMap<Address, Timestamp>,
    pub(crate) now: Timestamp,
    pub(crate) policy: PeoplePolicy,
}

impl Desk {
    pub(crate) fn of(licences: &[&str]) -> Self {
        let stage = |licence: &&str| Stage {
            licence: licence.parse().unwrap(),
            contacts: Contacts::new(),
            corrections: Corrections::default(),
            holders: BTreeMap::new(),
        };
        let registered = [ANN, BOB, CAT].map(|who| (address(who), at("2026-01-01T00:00:00Z"))).into();
        Self { stages: licences.iter().map(stage).collect(), registered, now: now(), policy: PeoplePolicy::default() }
    }

    /// One Licensing ID of which Ann is Administrator.
    pub(crate) fn of_ann() -> Self {
        Self::of(&["enterprise/100"]).holding(0, ANN, &[Administrator], None)
    }

    pub(crate) fn holding(mut self, level: usize, who: &str, roles: &[Role], until: Option<&str>) -> Self {
        let grant = Grant { by: By::Row, at: at("2026-10-01T00:00:00Z"), until: until.map(date), scheme: None };
        let all: BTreeSet<Benefit> = Benefit::ALL.iter().copied().collect();
        self.holder(level, who).assign(roles.iter().copied(), &all, true, &grant);
        self
    }

    pub(crate) fn naming(mut self, level: usize, name: ContactName, who: &str) -> Self {
        self.stages[level].contacts.insert(name, address(who));
        self
    }

    pub(crate) fn holder(&mut self, level: usize, who: &str) -> &mut Holder {
        self.stages[level].holders.entry(address(who)).or_default()
    }

    pub(crate) fn held(&self, who: &str) -> Holder {
        self.stages[0].holders.get(&address(who)).cloned().unwrap_or_default()
    }

    pub(crate) fn standing(&self) -> Standing {
        let level = |stage: &Stage| {
            let mut roster = Roster::default();
            for (address, holder) in &stage.holders {
                roster.note(address, holder).unwrap();
            }
            StandingLevel {
                licence: stage.licence.clone(),
                starts: date("2026-01-01"),
                ends: date("2028-12-31"),
                contacts: stage.contacts.clone(),
                corrections: stage.corrections.clone(),
                roster,
            }
        };
        Standing { levels: self.stages.iter().map(level).collect() }
    }

    pub(crate) fn with<T>(&self, by: &str, who: &str, act: impl FnOnce(&Managing<'_>) -> T) -> T {
        let (by, who) = (address(by), address(who));
        let levels: Vec<Level<'_>> = self
            .stages
            .iter()
            .map(|stage| Level {
                licence: &stage.licence,
                starts: date("2026-01-01"),
                ends: date("2028-12-31"),
                contacts: &stage.contacts,
                corrections: Some(&stage.corrections),
                holder: stage.holders.get(&who),
            })
            .collect();
        let person = Person { profile: by.as_str().parse().unwrap(), address: by.clone() };
        let own = [by];
        act(&Managing {
            person: &person,
            counting: &own,
            own: &own,
            address: &who,
            registered_since: self.registered.get(&who).copied().filter(|since| *since <= self.now),
            levels: &levels,
            standing: &self.standing(),
            is_proven: &|address| self.registered.get(address).is_some_and(|since| *since <= self.now),
            now: self.now,
            policy: &self.policy,
        })
    }

    pub(crate) fn judge(&self, by: &str, who: &str, change: &Change) -> Result<Outcome, Refused> {
        self.with(by, who, |managing| change.judge(managing))
    }

    pub(crate) fn refuses(&self, by: &str, who: &str, change: &Change) -> Refused {
        self.judge(by, who, change).expect_err("it is refused")
    }

    pub(crate) fn write(&mut self, who: &str, outcome: Outcome) -> Box<Changed> {
        let Outcome::Changed(changed) = outcome else { panic!("nothing is written") };
        self.stages[0].holders.insert(address(who), changed.holder.clone());
        let standing = self.standing();
        assert_eq!(changed.roster.unwrap_or(standing.levels[0].roster.clone()), standing.levels[0].roster);
        assert_eq!(changed.after, self.access(who), "the preview is what becomes true");
        Box::new(Changed { roster: None, ..*changed })
    }

    pub(crate) fn done(&mut self, by: &str, who: &str, change: &Change) -> Box<Changed> {
        let outcome = self.judge(by, who, change).expect("it is done");
        self.write(who, outcome)
    }

    pub(crate) fn access(&self, who: &str) -> Access {
        let who = address(who);
        let levels: Vec<Level<'_>> = self
            .stages
            .iter()
            .map(|stage| Level {
                licence: &stage.licence,
                starts: date("2026-01-01"),
                ends: date("2028-12-31"),
                contacts: &stage.contacts,
                corrections: Some(&stage.corrections),
                holder: stage.holders.get(&who),
            })
            .collect();
        access(&levels, &who, self.now)
    }

    pub(crate) fn roles(&self, who: &str) -> Vec<Role> {
        self.access(who).roles().collect()
    }
}

pub(crate) const NEW: &str = "new@contoso.example";

pub(crate) fn state(desk: &Desk, fails: bool) -> InvitationState {
    let registered = desk.registered.get(&address(NEW)).is_some_and(|since| *since <= desk.now);
    InvitationState::of(desk.stages[0].holders.get(&address(NEW)), registered, fails, desk.now)
}

pub(crate) fn sweep(desk: &mut Desk) -> Settled {
    let (since, now) = (desk.registered.get(&address(NEW)).copied(), desk.now);
    desk.holder(0, NEW).settle(since.filter(|since| *since <= now), now)
}
