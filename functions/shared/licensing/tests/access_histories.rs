//! Random histories of rows, acts and time, compared step by step with a naive model: it keeps what happened and, for each
//! question, reads all of it again from the start.

mod dry_run;

use std::collections::BTreeSet;

use dry_run::{lines, take};
use licensing::{
    Address, ContactName, Date, Licence, Policy, Timestamp,
    access::{
        Access, Action, By, Claim, Corrections, Deniable, Denied, GivenUpBy, Grant, Holder, Level, OptOutOf, Roster,
        Source, Standing, StandingLevel, access, access_without, newly_lasting,
    },
    activation::Person,
    import::{Everybody, Line, Reader, Record, RowOutcome, World, record::Agreement},
    manage::{self as managing, Change, Managing, Outcome},
    request::{AskOutcome, Asked, Decider, Deciding, Decision, Found, NewRequest, Nobody, Refused, Request},
    roles::{Benefit, LIMITED_SET, Role, Scheme},
    when::{add_days, add_hours, day_of, start_of},
};
use proptest::{prelude::*, sample::select};
use serde_json::{Value, json};

/// `master/7` above `select/2` above `select/1` and `open-licence/5`, and above `select/3`: so it begins.
const LICENCES: [&str; 5] = ["master/7", "select/2", "select/1", "select/3", "open-licence/5"];
const MASTER: usize = 0;
const OPEN: usize = 4;
const PARENTS: [Option<usize>; 5] = [None, Some(MASTER), Some(1), Some(MASTER), Some(1)];

/// Rights are an address's own. Two are enough for one to take another's place.
const ADDRESSES: [&str; 2] = ["ann@contoso.example", "bob@contoso.example"];

/// The contacts that matter, as the model knows them: the first two stay, the first three are Administrators.
const CONTACTS: [&str; 6] = [
    "primary",
    "notices",
    "online-administrator",
    "software-assurance-manager",
    "online-services-manager",
    "subscriptions-manager",
];

/// The roles, as the model knows them.
const ADMINISTRATOR: usize = 0;
const INFO: usize = 1;
const DOWNLOAD: usize = 2;
const KEYS: usize = 3;
const ASSURANCE: usize = 4;
const SERVICES: usize = 5;
const SUBSCRIPTIONS: usize = 6;
/// Behind the roles, where ends are told: what comes with Software Assurance Manager and with Online Services Manager.
const SUPPORT: usize = 7;
const RESERVATIONS: usize = 8;
const OF_CONTACT: [usize; 6] = [ADMINISTRATOR, ADMINISTRATOR, ADMINISTRATOR, ASSURANCE, SERVICES, SUBSCRIPTIONS];
const LIMITED: [usize; 4] = [INFO, DOWNLOAD, KEYS, SUBSCRIPTIONS];

/// What is loaded as an assignment: fields, roles, source, whether only Support comes with it, whether reservations do.
type Loadable = (&'static str, &'static [usize], Origin, bool, bool);
const ASSIGNMENTS: [Loadable; 7] = [
    (r#"{"roles":["administrator"]}"#, &[ADMINISTRATOR], Origin::Assigned, false, false),
    (r#"{"roles":["licensing-info"]}"#, &[INFO], Origin::Assigned, false, false),
    (
        r#"{"roles":["online-services-manager","download"],"reservations":true}"#,
        &[DOWNLOAD, SERVICES],
        Origin::Assigned,
        false,
        true,
    ),
    (r#"{"roles":["software-assurance-manager"],"benefits":["support"]}"#, &[ASSURANCE], Origin::Assigned, true, false),
    (
        r#"{"scheme":"benefit-roles","roles":["user-with-keys"]}"#,
        &[INFO, DOWNLOAD, KEYS],
        Origin::Migrated(0),
        false,
        false,
    ),
    (r#"{"scheme":"benefit-roles","roles":["administrator"]}"#, &[ADMINISTRATOR], Origin::Migrated(0), false, false),
    (r#"{"scheme":"role-less"}"#, &[ADMINISTRATOR], Origin::Migrated(1), false, false),
];
const ROLE_LESS: usize = 6;

/// Where a right comes from, as the model knows it, in the order in which sources stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Contact(usize),
    Assigned,
    Migrated(usize),
    Order,
    Claim,
    Parent(usize),
    Above(usize),
}

/// Something that happens. Numbers are places in the lists above.
#[derive(Debug, Clone, PartialEq)]
enum Event {
    Agreement {
        licence: usize,
        parent: Option<usize>,
        contacts: [Option<usize>; 6],
    },
    Assignment {
        licence: usize,
        who: usize,
        what: usize,
    },
    Removal {
        licence: usize,
        who: usize,
    },
    OptOutRow {
        licence: usize,
        who: usize,
        below: bool,
    },
    Order {
        licence: usize,
        who: usize,
        id: usize,
    },
    Assign {
        licence: usize,
        who: usize,
        role: usize,
        days: Option<u32>,
        /// Whether Support or reservations come with it.
        with_more: bool,
    },
    GiveUp {
        licence: usize,
        who: usize,
    },
    Revive {
        licence: usize,
        who: usize,
    },
    Claim {
        licence: usize,
        who: usize,
        hours: u32,
    },
    Deny {
        licence: usize,
        who: usize,
        of_claim: bool,
    },
    UndoDenial {
        licence: usize,
        who: usize,
        of_claim: bool,
    },
    OptOut {
        licence: usize,
        who: usize,
        below: bool,
    },
    OptIn {
        licence: usize,
        who: usize,
        below: bool,
    },
    Correct {
        licence: usize,
        contact: usize,
        who: usize,
    },
    /// Asks for roles, with Support and reservations where they go with them.
    Ask {
        licence: usize,
        who: usize,
        roles: Vec<usize>,
        days: Option<u32>,
    },
    Route {
        licence: usize,
        who: usize,
    },
    Withdraw {
        licence: usize,
        who: usize,
    },
    /// One of the two decides on what another asked, or they themselves.
    Decide {
        licence: usize,
        who: usize,
        by: usize,
        what: Decides,
    },
    /// What the model notes of that: what was given, until when.
    Decided {
        licence: usize,
        who: usize,
        roles: Vec<usize>,
        last: Option<Date>,
    },
    /// One of the two manages the other, or themselves.
    Manage {
        licence: usize,
        who: usize,
        by: usize,
        what: Manages,
    },
    /// What the model notes of that: a role that was given until a day, with Support and reservations where they go with it.
    Given {
        licence: usize,
        who: usize,
        role: usize,
        last: Date,
    },
    /// And that whoever was Administrator from above only is none here.
    RemovedHere {
        licence: usize,
        who: usize,
    },
    Hours(u32),
}

/// What is decided. A part is the first role of what was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Decides {
    Deny,
    All,
    Part,
}

/// How somebody is managed.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Manages {
    Assign { role: usize, days: Option<u32>, listings_count: bool },
    Remove,
    InheritAgain,
    Deny { of_claim: bool },
    UndoDenial { of_claim: bool },
}

impl Event {
    /// Whether it takes something away and gives nothing.
    fn takes(&self) -> bool {
        matches!(
            self,
            Self::Removal { .. }
                | Self::OptOutRow { .. }
                | Self::GiveUp { .. }
                | Self::Deny { .. }
                | Self::OptOut { .. }
                | Self::Ask { .. }
                | Self::Route { .. }
                | Self::Withdraw { .. }
                | Self::Decide { what: Decides::Deny, .. }
                | Self::Manage { what: Manages::Remove | Manages::Deny { .. }, .. }
        )
    }

    fn is_of_a_request(&self) -> bool {
        matches!(self, Self::Ask { .. } | Self::Route { .. } | Self::Withdraw { .. } | Self::Decide { .. })
    }

    fn licence(&self) -> Option<usize> {
        match *self {
            Self::Agreement { licence, .. }
            | Self::Assignment { licence, .. }
            | Self::Removal { licence, .. }
            | Self::OptOutRow { licence, .. }
            | Self::Order { licence, .. }
            | Self::Assign { licence, .. }
            | Self::GiveUp { licence, .. }
            | Self::Revive { licence, .. }
            | Self::Claim { licence, .. }
            | Self::Deny { licence, .. }
            | Self::UndoDenial { licence, .. }
            | Self::OptOut { licence, .. }
            | Self::OptIn { licence, .. }
            | Self::Correct { licence, .. }
            | Self::Ask { licence, .. }
            | Self::Route { licence, .. }
            | Self::Withdraw { licence, .. }
            | Self::Decide { licence, .. }
            | Self::Decided { licence, .. }
            | Self::Manage { licence, .. }
            | Self::Given { licence, .. }
            | Self::RemovedHere { licence, .. } => Some(licence),
            Self::Hours(_) => None,
        }
    }

    fn is_row(&self) -> bool {
        matches!(
            self,
            Self::Agreement { .. }
                | Self::Assignment { .. }
                | Self::Removal { .. }
                | Self::OptOutRow { .. }
                | Self::Order { .. }
        )
    }

    /// The row, if it is one.
    fn text(&self) -> Option<String> {
        let of = |kind: &str, licence: usize| {
            let (programme, number) = LICENCES[licence].split_once('/').unwrap();
            json!({"type": kind, "programme": programme, "number": number})
        };
        let row = match *self {
            Self::Agreement { licence, parent, contacts } => {
                let mut row = of("agreement", licence);
                let contacts = CONTACTS
                    .iter()
                    .zip(contacts)
                    .filter_map(|(name, who)| Some(((*name).to_owned(), json!(ADDRESSES[who?]))));
                row["customer"] = json!("c1");
                row["starts"] = json!("2026-01-01");
                row["ends"] = json!("2028-12-31");
                row["contacts"] = Value::Object(contacts.collect());
                if let Some(parent) = parent {
                    let (programme, number) = LICENCES[parent].split_once('/').unwrap();
                    row["parent"] = json!({"programme": programme, "number": number});
                }
                if licence == OPEN {
                    row["authorization_number"] = json!("8019735687");
                }
                row
            }
            Self::Assignment { licence, who, what } => {
                let mut row = of("assignment", licence);
                row["address"] = json!(ADDRESSES[who]);
                let more: Value = serde_json::from_str(ASSIGNMENTS[what].0).unwrap();
                row.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                row
            }
            Self::Removal { licence, who } => {
                let mut row = of("removal", licence);
                row["address"] = json!(ADDRESSES[who]);
                row
            }
            Self::OptOutRow { licence, who, below } => {
                let mut row = of("opt-out", licence);
                row["address"] = json!(ADDRESSES[who]);
                row["of"] = json!(if below { "children" } else { "itself" });
                row
            }
            Self::Order { licence, who, id } => {
                let mut row = of("order", licence);
                row["id"] = json!(format!("PO-{id}"));
                row["reseller"] = json!(ADDRESSES[who]);
                row["purchased"] = json!("2026-11-10");
                row["usage_starts"] = json!("2026-11-10");
                row["lines"] = json!([{"product": "SRV", "quantity": 1}]);
                row
            }
            _ => return None,
        };
        Some(row.to_string())
    }
}

fn any_event() -> impl Strategy<Value = Event> {
    let pair = || (0..LICENCES.len(), 0..ADDRESSES.len());
    let contacts = prop::array::uniform6(prop::option::weighted(0.35, 0..ADDRESSES.len()));
    let agreement = (0..LICENCES.len(), prop::option::weighted(0.8, 0..LICENCES.len()), contacts).prop_map(
        |(licence, parent, contacts)| {
            // Mostly where it hung at first; a `master` hangs nowhere.
            let parent = match (licence, parent) {
                (MASTER, _) | (_, None) => None,
                (_, Some(parent)) if parent == licence => PARENTS[licence],
                (_, parent) => parent,
            };
            Event::Agreement { licence, parent, contacts }
        },
    );
    let in_place = (0..LICENCES.len(), prop::array::uniform6(prop::option::weighted(0.35, 0..ADDRESSES.len())))
        .prop_map(|(licence, contacts)| Event::Agreement { licence, parent: PARENTS[licence], contacts });
    let rows = prop_oneof![
        3 => in_place,
        1 => agreement,
        3 => (pair(), 0..ASSIGNMENTS.len()).prop_map(|((licence, who), what)| Event::Assignment { licence, who, what }),
        3 => pair().prop_map(|(licence, who)| Event::Removal { licence, who }),
        2 => (pair(), any::<bool>()).prop_map(|((licence, who), below)| Event::OptOutRow { licence, who, below }),
        2 => (select(&[OPEN, OPEN, OPEN, 1][..]), 0..ADDRESSES.len(), 0..12_usize).prop_map(|(licence, who, id)| Event::Order { licence, who, id }),
    ];
    let acts = prop_oneof![
        2 => (pair(), 0..7_usize, prop::option::of(0..4_u32), any::<bool>()).prop_map(
            |((licence, who), role, days, with_more)| Event::Assign { licence, who, role, days, with_more }
        ),
        // Those that come with something, by one act after the other.
        2 => (0..2_usize, select(&[ASSURANCE, SERVICES][..]), prop::option::of(0..4_u32), any::<bool>()).prop_map(
            |(who, role, days, with_more)| Event::Assign { licence: 2, who, role, days, with_more }
        ),
        2 => pair().prop_map(|(licence, who)| Event::GiveUp { licence, who }),
        2 => pair().prop_map(|(licence, who)| Event::Revive { licence, who }),
        2 => (0..ADDRESSES.len(), select(&[0_u32, 24][..])).prop_map(|(who, hours)| Event::Claim {
            licence: OPEN,
            who,
            hours
        }),
        2 => (0..ADDRESSES.len(), any::<bool>()).prop_map(|(who, of_claim)| Event::Deny { licence: OPEN, who, of_claim }),
        2 => (0..ADDRESSES.len(), any::<bool>()).prop_map(|(who, of_claim)| Event::UndoDenial {
            licence: OPEN,
            who,
            of_claim
        }),
        2 => (pair(), any::<bool>()).prop_map(|((licence, who), below)| Event::OptOut { licence, who, below }),
        2 => (pair(), any::<bool>()).prop_map(|((licence, who), below)| Event::OptIn { licence, who, below }),
        2 => (0..LICENCES.len(), select(&[0_usize, 1, 1, 4][..]), 0..ADDRESSES.len())
            .prop_map(|(licence, contact, who)| Event::Correct { licence, contact, who }),
        2 => select(&[1_u32, 24, 71, 72][..]).prop_map(Event::Hours),
    ];
    prop_oneof![3 => rows, 2 => acts]
}

fn any_history() -> impl Strategy<Value = Vec<Event>> {
    prop::collection::vec(any_event(), 1..18)
}

/// What happens to requests: mostly on two agreements, so that they meet.
fn any_event_of_a_request() -> impl Strategy<Value = Event> {
    let pair = || (select(&[2_usize, 2, 1, MASTER, OPEN][..]), 0..ADDRESSES.len());
    let roles = prop::collection::btree_set(0..7_usize, 1..3).prop_map(|all| all.into_iter().collect());
    let what = select(&[Decides::Deny, Decides::All, Decides::All, Decides::Part][..]);
    prop_oneof![
        4 => (pair(), roles, prop::option::weighted(0.4, 0..4_u32)).prop_map(|((licence, who), roles, days)| Event::Ask {
            licence,
            who,
            roles,
            days
        }),
        1 => pair().prop_map(|(licence, who)| Event::Route { licence, who }),
        1 => pair().prop_map(|(licence, who)| Event::Withdraw { licence, who }),
        5 => (pair(), 0..8_usize, what).prop_map(|((licence, who), by, what)| Event::Decide {
            licence,
            who,
            // Mostly the other.
            by: if by == 0 { who } else { 1 - who },
            what
        }),
        1 => select(&[24_u32, 24 * 29, 24 * 30][..]).prop_map(Event::Hours),
    ]
}

/// Histories in which people ask: at first one of the two, or both, are Administrators of something.
fn any_history_of_requests() -> impl Strategy<Value = Vec<Event>> {
    let first =
        (select(&[2_usize, 2, 1, MASTER, OPEN][..]), 0..ADDRESSES.len(), prop::option::weighted(0.4, 0..40_u32))
            .prop_map(|(licence, who, days)| Event::Assign {
                licence,
                who,
                role: ADMINISTRATOR,
                days,
                with_more: true,
            });
    let then = prop_oneof![1 => any_event(), 3 => any_event_of_a_request()];
    (prop::collection::vec(first, 1..3), prop::collection::vec(then, 1..22)).prop_map(|(mut all, then)| {
        all.extend(then);
        all
    })
}

/// What happens where people are managed: mostly on two agreements, and mostly the other.
fn any_event_of_managing() -> impl Strategy<Value = Event> {
    let pair = || (select(&[2_usize, 2, 1, MASTER, OPEN][..]), 0..ADDRESSES.len());
    let what = prop_oneof![
        4 => (0..7_usize, prop::option::weighted(0.5, 0..40_u32), any::<bool>()).prop_map(|(role, days, listings_count)| {
            // Mostly what gives and takes the right to give.
            Manages::Assign { role: if days == Some(7) { role } else { [ADMINISTRATOR, role][role % 2] }, days, listings_count }
        }),
        4 => Just(Manages::Remove),
        1 => Just(Manages::InheritAgain),
        1 => any::<bool>().prop_map(|of_claim| Manages::Deny { of_claim }),
        1 => any::<bool>().prop_map(|of_claim| Manages::UndoDenial { of_claim }),
    ];
    (pair(), 0..8_usize, what).prop_map(|((licence, who), by, what)| Event::Manage {
        licence,
        who,
        by: if by == 0 { who } else { 1 - who },
        what,
    })
}

/// Histories in which people are managed: at first one of the two, or both, are Administrators of something.
fn any_history_of_managing() -> impl Strategy<Value = Vec<Event>> {
    let first =
        (select(&[2_usize, 2, 1, MASTER, OPEN][..]), 0..ADDRESSES.len(), prop::option::weighted(0.3, 0..40_u32))
            .prop_map(|(licence, who, days)| Event::Assign {
                licence,
                who,
                role: ADMINISTRATOR,
                days,
                with_more: true,
            });
    let hours = select(&[24_u32, 24 * 6, 24 * 7][..]).prop_map(Event::Hours);
    let then = prop_oneof![2 => any_event(), 6 => any_event_of_managing(), 1 => hours];
    (prop::collection::vec(first, 1..4), prop::collection::vec(then, 1..22)).prop_map(|(mut all, then)| {
        all.extend(then);
        all
    })
}

fn begin() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

/// The hours in which whoever a correction replaced keeps the rights of a primary or notices contact.
const KEPT_HOURS: u32 = 72;

// ---- The model ----

/// What happened on each agreement, and when. Rows that were refused or unchanged are not in it.
#[derive(Debug, Clone)]
struct Model {
    happened: [Vec<(Timestamp, Event)>; LICENCES.len()],
    now: Timestamp,
}

/// What becomes of a row.
#[derive(Debug, PartialEq, Eq)]
enum Becomes {
    RowOutcome,
    Unchanged,
    Refused(&'static str),
}

impl Model {
    fn new() -> Self {
        Self { happened: Default::default(), now: begin() }
    }

    fn add(&mut self, event: Event) {
        match event.licence() {
            Some(licence) => self.happened[licence].push((self.now, event)),
            None => {
                if let Event::Hours(hours) = event {
                    self.now = add_hours(self.now, hours);
                }
            }
        }
    }

    fn events(&self, of: usize) -> impl DoubleEndedIterator<Item = &Event> + ExactSizeIterator {
        self.happened[of].iter().map(|(_, event)| event)
    }

    fn agreements(&self, of: usize) -> impl DoubleEndedIterator<Item = (usize, Option<usize>, [Option<usize>; 6])> {
        self.events(of).enumerate().filter_map(|(at, event)| match event {
            Event::Agreement { parent, contacts, .. } => Some((at, *parent, *contacts)),
            _ => None,
        })
    }

    fn loaded(&self, of: usize) -> [Option<usize>; 6] {
        self.agreements(of).next_back().map_or([None; 6], |(_, _, contacts)| contacts)
    }

    /// What stands above, the nearer first.
    fn above(&self, of: usize) -> Vec<usize> {
        let mut all = Vec::new();
        let mut next = of;
        while let Some((_, Some(parent), _)) = self.agreements(next).next_back() {
            all.push(parent);
            next = parent;
        }
        all
    }

    // Which rows are taken.

    fn judge(&self, event: &Event) -> Becomes {
        match *event {
            Event::Agreement { licence, parent, contacts } => {
                if self
                    .agreements(licence)
                    .next_back()
                    .is_some_and(|(_, was, named)| (was, named) == (parent, contacts))
                {
                    return Becomes::Unchanged;
                }
                if self.hangs_badly(licence, parent) { Becomes::Refused("parent.number") } else { Becomes::RowOutcome }
            }
            Event::Assignment { licence, what, .. } if what == ROLE_LESS && licence != OPEN => {
                Becomes::Refused("scheme")
            }
            Event::Assignment { licence, who, what } => {
                let roles = ASSIGNMENTS[what].1;
                if licence == MASTER && roles.iter().any(|role| *role > INFO) {
                    return Becomes::Refused("roles[0]");
                }
                match self.told(licence, who) {
                    Some(Event::Assignment { what: before, .. }) if *before == what => Becomes::Unchanged,
                    _ => Becomes::RowOutcome,
                }
            }
            Event::Removal { licence, who } => {
                if matches!(self.told(licence, who), Some(Event::Removal { .. })) {
                    return Becomes::Unchanged;
                }
                let stays = |of: &usize| self.loaded(*of)[..2].contains(&Some(who));
                let mut levels = self.above(licence);
                levels.push(licence);
                if levels.iter().any(stays) { Becomes::Refused("address") } else { Becomes::RowOutcome }
            }
            Event::OptOutRow { licence, .. } => {
                if self.events(licence).any(|other| other == event) {
                    Becomes::Unchanged
                } else {
                    Becomes::RowOutcome
                }
            }
            Event::Order { id, .. } => {
                let mut all = (0..LICENCES.len()).flat_map(|licence| self.events(licence));
                let known = all.find(|other| matches!(other, Event::Order { id: other, .. } if *other == id));
                match known {
                    None => Becomes::RowOutcome,
                    Some(known) if known == event => Becomes::Unchanged,
                    Some(_) => Becomes::Refused("id"),
                }
            }
            _ => Becomes::RowOutcome,
        }
    }

    /// Whether a chain would become too long, or a circle.
    fn hangs_badly(&self, licence: usize, parent: Option<usize>) -> bool {
        let up = |of: usize| {
            if of == licence { parent } else { self.agreements(of).next_back().and_then(|(_, parent, _)| parent) }
        };
        (0..LICENCES.len()).any(|of| match up(of).and_then(up) {
            None => false,
            Some(second) => second != MASTER || up(second).is_some(),
        })
    }

    /// The `assignment` or `removal` that was loaded last.
    fn told(&self, of: usize, whose: usize) -> Option<&Event> {
        self.events(of).rev().find(|event| {
            matches!(event, Event::Assignment { licence, who, .. } | Event::Removal { licence, who }
                if (*licence, *who) == (of, whose))
        })
    }

    // Who may do what.

    /// Where what counts begins: after the last time that it was given up.
    fn since(&self, of: usize, whose: usize) -> usize {
        let gave_up = |event: &Event| {
            matches!(event, Event::Removal { licence, who } | Event::GiveUp { licence, who }
                if (*licence, *who) == (of, whose))
        };
        let last = self.happened[of].iter().rposition(|(_, event)| gave_up(event));
        last.map_or(0, |at| at + 1)
    }

    fn is_gone(&self, of: usize, whose: usize) -> bool {
        let since = self.since(of, whose);
        let lasting = |contacts: [Option<usize>; 6]| contacts[..2].contains(&Some(whose));
        let mut before = false;
        let mut named_again = false;
        for (at, _, contacts) in self.agreements(of) {
            named_again |= at >= since && lasting(contacts) && !before;
            before = lasting(contacts);
        }
        let revived = self.happened[of][since..].iter().any(|(_, event)| {
            matches!(event, Event::Assignment { licence, who, .. } | Event::Revive { licence, who }
                if (*licence, *who) == (of, whose))
        });
        since > 0 && !named_again && !revived
    }

    /// Since when the loaded row says this of a contact.
    fn loaded_since(&self, of: usize, contact: usize) -> usize {
        let mut since = 0;
        let mut before = None;
        for (at, _, contacts) in self.agreements(of) {
            if before != Some(contacts[contact]) {
                since = at;
            }
            before = Some(contacts[contact]);
        }
        since
    }

    /// The corrections of a contact that its row has not overtaken: when, and to whom.
    fn corrections(&self, of: usize, name: usize) -> Vec<(Timestamp, usize)> {
        let since = self.loaded_since(of, name);
        let correction = |(at, event): &(Timestamp, Event)| match event {
            Event::Correct { licence, contact, who } if (*licence, *contact) == (of, name) => Some((*at, *who)),
            _ => None,
        };
        self.happened[of][since..].iter().filter_map(correction).collect()
    }

    fn contact(&self, of: usize, name: usize) -> Option<usize> {
        self.corrections(of, name).last().map(|(_, who)| *who).or(self.loaded(of)[name])
    }

    fn is_listed(&self, of: usize, name: usize, who: usize) -> bool {
        let corrections = self.corrections(of, name);
        let mut was = self.loaded(of)[name];
        let mut kept = false;
        for (at, to) in corrections {
            if was == Some(who) {
                kept = self.now < add_hours(at, KEPT_HOURS);
            }
            was = Some(to);
        }
        was == Some(who) || name < 2 && kept
    }

    fn is_opted_out(&self, of: usize, whose: usize, what: bool) -> bool {
        let last = self.events(of).rev().find_map(|event| match event {
            Event::OptOutRow { licence, who, below } | Event::OptOut { licence, who, below }
                if (*licence, *who, *below) == (of, whose, what) =>
            {
                Some(true)
            }
            Event::RemovedHere { licence, who } if (*licence, *who, false) == (of, whose, what) => Some(true),
            Event::OptIn { licence, who, below } if (*licence, *who, *below) == (of, whose, what) => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    /// Whether somebody else took it that they inherit here, and nothing brought it back since.
    fn is_removed_here(&self, of: usize, whose: usize) -> bool {
        let last = self.events(of).rev().find_map(|event| match event {
            Event::RemovedHere { licence, who } if (*licence, *who) == (of, whose) => Some(true),
            Event::OptIn { licence, who, below: false } if (*licence, *who) == (of, whose) => Some(false),
            _ => None,
        });
        last == Some(true)
    }

    // Who manages whom.

    /// Whether somebody guards an agreement: Administrator for ever. All addresses are proven here.
    fn guards(&self, of: usize, whose: usize) -> bool {
        self.lasts(of, whose, ADMINISTRATOR) == Some(Date::MAX)
    }

    /// The claim that counts or waits, and from when it counts.
    fn claimed(&self, of: usize, whose: usize) -> Option<Timestamp> {
        let here = &self.happened[of][self.since(of, whose)..];
        here.iter().rev().find_map(|(at, event)| match event {
            Event::Claim { licence, who, hours } if (*licence, *who) == (of, whose) => Some(add_hours(*at, *hours)),
            _ => None,
        })
    }

    /// What becomes of it when somebody manages somebody: what happened, or why nothing did.
    fn judge_managing(&self, of: usize, whose: usize, by: usize, what: Manages) -> Result<Vec<Event>, &'static str> {
        let end = self.lasts(of, by, ADMINISTRATOR).ok_or("not yours")?;
        if by == whose {
            return Err("own");
        }
        let (licence, who) = (of, whose);
        match what {
            Manages::Assign { role, days, listings_count } => {
                if of == MASTER && role > INFO {
                    return Err("no such role");
                }
                let revives = listings_count && self.is_gone(of, whose);
                if revives && end < Date::MAX {
                    return Err("beyond yours");
                }
                let last = days.map_or(Date::MAX, |days| day_of(add_days(self.now, days))).min(end);
                let acts = self.acts(of, whose);
                let had = acts.roles[role].map(|(_, had)| had);
                let with = match role {
                    ASSURANCE => acts.support,
                    SERVICES => acts.reservations,
                    _ => had,
                };
                let mut happened = Vec::new();
                if had.min(with).is_none_or(|had| had < last) {
                    happened.push(Event::Given { licence, who, role, last });
                }
                if revives {
                    happened.push(Event::Revive { licence, who });
                }
                if happened.is_empty() { Err("unchanged") } else { Ok(happened) }
            }
            Manages::Remove => {
                let mut levels = self.above(of);
                levels.push(of);
                if levels.iter().any(|level| (0..2).any(|name| self.is_listed(*level, name, whose))) {
                    return Err("must stay");
                }
                let sources = self.rights(of, whose).sources;
                let is_here = |(_, from): &(usize, Origin)| !matches!(from, Origin::Parent(_) | Origin::Above(_));
                let waits =
                    self.claimed(of, whose).is_some_and(|from| self.now < from) && !self.is_denied(of, whose, true);
                let event = if waits || sources.iter().any(is_here) {
                    Event::GiveUp { licence, who }
                } else if sources.iter().any(|(_, from)| matches!(from, Origin::Parent(_))) {
                    Event::RemovedHere { licence, who }
                } else {
                    return Err("nothing");
                };
                let last = self.guards(of, whose) && !self.guards(of, 1 - whose);
                if last { Err("last") } else { Ok(vec![event]) }
            }
            Manages::InheritAgain => {
                if !self.is_removed_here(of, whose) {
                    return Err("nothing to undo");
                }
                let above = self.above(of).first().and_then(|parent| self.lasts(*parent, by, ADMINISTRATOR));
                above.map(|_| vec![Event::OptIn { licence, who, below: false }]).ok_or("not above")
            }
            Manages::Deny { of_claim } => {
                if self.is_denied(of, whose, of_claim) {
                    return Err("unchanged");
                }
                let here = &self.happened[of][self.since(of, whose)..];
                let is_order = |event: &Event| matches!(event, Event::Order { licence, who, .. } if (*licence, *who) == (of, whose));
                let is_there = if of_claim {
                    self.claimed(of, whose).is_some()
                } else {
                    of == OPEN && here.iter().any(|(_, event)| is_order(event))
                };
                if is_there { Ok(vec![Event::Deny { licence, who, of_claim }]) } else { Err("nothing") }
            }
            Manages::UndoDenial { of_claim } => {
                if !self.is_denied(of, whose, of_claim) {
                    return Err("nothing to undo");
                }
                if self.now >= add_days(self.denied_at(of, whose, of_claim), 7) {
                    return Err("too late");
                }
                if end < Date::MAX {
                    return Err("beyond yours");
                }
                Ok(vec![Event::UndoDenial { licence, who, of_claim }])
            }
        }
    }

    /// Since when it is denied: of several denials the last one counts, as it says until when it can be undone.
    fn denied_at(&self, of: usize, whose: usize, what: bool) -> Timestamp {
        let denials = self.happened[of].iter().rev().filter(|(_, event)| {
            matches!(event, Event::Deny { licence, who, of_claim } if (*licence, *who, *of_claim) == (of, whose, what))
        });
        denials.map(|(at, _)| *at).next().expect("it was denied")
    }

    // What is asked for, and decided.

    /// What was asked and waits: the roles, and the last day for which they are wanted.
    fn pending(&self, of: usize, whose: usize) -> Option<(Vec<usize>, Option<Date>)> {
        let mut waits = None;
        for (at, event) in &self.happened[of] {
            match event {
                Event::Ask { licence, who, roles, days } if (*licence, *who) == (of, whose) => {
                    let last = days.map(|days| day_of(add_days(*at, days)));
                    let over = last.map_or(Timestamp::MAX, |last| start_of(last.tomorrow().unwrap()));
                    waits = Some((roles.clone(), last, over.min(add_days(*at, 30))));
                }
                Event::Withdraw { licence, who } | Event::Decided { licence, who, .. }
                    if (*licence, *who) == (of, whose) =>
                {
                    waits = None;
                }
                _ => {}
            }
        }
        waits.filter(|(_, _, end)| self.now < *end).map(|(roles, last, _)| (roles, last))
    }

    /// Whether two were asked in the span of a day that began with the first of them.
    fn asked_too_often(&self, of: usize, whose: usize) -> bool {
        let mut span: Option<(Timestamp, u32)> = None;
        for (at, event) in &self.happened[of] {
            if matches!(event, Event::Ask { licence, who, .. } if (*licence, *who) == (of, whose)) {
                span = match span {
                    Some((since, count)) if *at < add_hours(since, 24) => Some((since, count + 1)),
                    _ => Some((*at, 1)),
                };
            }
        }
        span.is_some_and(|(since, count)| self.now < add_hours(since, 24) && count >= 2)
    }

    /// How long somebody has a role with what goes with it: none if there is no such source.
    fn lasts(&self, of: usize, whose: usize, wanted: usize) -> Option<Date> {
        let ends = self.ends(of, whose, &self.rights(of, whose));
        ends[match wanted {
            ASSURANCE => SUPPORT,
            SERVICES => RESERVATIONS,
            role => role,
        }]
    }

    /// The last days of what somebody has, of all sources the latest: each role, then Support and reservations.
    fn ends(&self, of: usize, whose: usize, rights: &Rights) -> [Option<Date>; 9] {
        let acts = self.acts(of, whose);
        let mut ends = [None; 9];
        for (role, from) in &rights.sources {
            let (role_ends, more_ends) = match from {
                // A listed online services manager has no reservations.
                Origin::Contact(_) => (Some(Date::MAX), (*role != SERVICES).then_some(Date::MAX)),
                Origin::Assigned | Origin::Migrated(_) => {
                    let more = if *role == ASSURANCE { acts.support } else { acts.reservations };
                    (acts.roles[*role].map(|(_, last)| last), more.filter(|last| *last >= day_of(self.now)))
                }
                Origin::Parent(parent) => (self.lasts(*parent, whose, ADMINISTRATOR), None),
                _ => (Some(Date::MAX), None),
            };
            ends[*role] = ends[*role].max(role_ends);
            match *role {
                ASSURANCE => ends[SUPPORT] = ends[SUPPORT].max(more_ends),
                SERVICES => ends[RESERVATIONS] = ends[RESERVATIONS].max(more_ends),
                _ => {}
            }
        }
        ends
    }

    /// What becomes of a step of a request: what happened, or why nothing did.
    fn judge_request(&self, event: &Event) -> Result<Event, &'static str> {
        match *event {
            Event::Ask { licence, who, ref roles, days } => {
                if licence == MASTER && roles.iter().any(|role| *role > INFO) {
                    return Err("no such role");
                }
                let last = days.map(|days| day_of(add_days(self.now, days)));
                let wanted = last.unwrap_or(Date::MAX);
                let mut left = roles.clone();
                // An Administrator may do all of it.
                let all = self.lasts(licence, who, ADMINISTRATOR).is_some_and(|end| end >= wanted);
                left.retain(|role| !all && self.lasts(licence, who, *role).is_none_or(|end| end < wanted));
                if left.is_empty() {
                    return Err("has all");
                }
                if self.pending(licence, who) == Some((left.clone(), last)) {
                    return Err("waits");
                }
                if self.asked_too_often(licence, who) {
                    return Err("too often");
                }
                Ok(Event::Ask { licence, who, roles: left, days })
            }
            Event::Decide { licence, who, by, what } => {
                if !self.events(licence).any(|event| matches!(event, Event::Ask { who: other, .. } if *other == who)) {
                    return Err("nothing");
                }
                if by == who {
                    return Err("own");
                }
                let end = self.lasts(licence, by, ADMINISTRATOR).ok_or("not yours")?;
                let (mut roles, last) = self.pending(licence, who).ok_or("over")?;
                match what {
                    Decides::Deny => roles.clear(),
                    Decides::All => {}
                    Decides::Part => roles.truncate(1),
                }
                // Nobody gives for longer than they hold.
                let last = last.into_iter().chain([end]).min().filter(|last| *last < Date::MAX);
                Ok(Event::Decided { licence, who, roles, last })
            }
            Event::Withdraw { licence, who } | Event::Route { licence, who } => {
                if self.pending(licence, who).is_none() { Err("over") } else { Ok(event.clone()) }
            }
            _ => unreachable!("it is no step of a request"),
        }
    }

    /// Every act gives what it names until its day, whatever others gave: so long the latest of them lasts.
    fn acts(&self, of: usize, whose: usize) -> Acts {
        let mut acts = Acts::default();
        for (at, event) in &self.happened[of][self.since(of, whose)..] {
            match *event {
                // What a row tells takes the place of all that was given before.
                Event::Assignment { licence, who, what } if (licence, who) == (of, whose) => {
                    let (_, given, from, only_support, with_reservations) = ASSIGNMENTS[what];
                    acts = Acts::default();
                    for role in given {
                        acts.roles[*role] = Some((from, Date::MAX));
                    }
                    acts.all_benefits = given.contains(&ASSURANCE) && !only_support;
                    acts.support = given.contains(&ASSURANCE).then_some(Date::MAX);
                    acts.reservations = with_reservations.then_some(Date::MAX);
                }
                Event::Assign { licence, who, role, days, with_more } if (licence, who) == (of, whose) => {
                    let last = days.map_or(Date::MAX, |days| day_of(add_days(*at, days)));
                    acts.give(role, last, with_more);
                }
                Event::Given { licence, who, role, last } if (licence, who) == (of, whose) => {
                    acts.give(role, last, true);
                }
                Event::Decided { licence, who, ref roles, last } if (licence, who) == (of, whose) => {
                    for role in roles {
                        acts.give(*role, last.unwrap_or(Date::MAX), true);
                    }
                }
                _ => {}
            }
        }
        acts
    }

    fn is_denied(&self, of: usize, whose: usize, what: bool) -> bool {
        let last = self.events(of).rev().find_map(|event| match event {
            Event::Deny { licence, who, of_claim } if (*licence, *who, *of_claim) == (of, whose, what) => Some(true),
            Event::UndoDenial { licence, who, of_claim } if (*licence, *who, *of_claim) == (of, whose, what) => {
                Some(false)
            }
            _ => None,
        });
        last == Some(true)
    }

    /// All roles with all sources, benefits (none, Support, all) and reservations.
    fn rights(&self, of: usize, whose: usize) -> Rights {
        let mut rights = Rights::default();
        let gone = self.is_gone(of, whose);
        let has = |role: usize| of != MASTER || role <= INFO;
        if !gone {
            for (name, role) in OF_CONTACT.into_iter().enumerate() {
                if has(role) && self.is_listed(of, name, whose) {
                    rights.sources.push((role, Origin::Contact(name)));
                    rights.all_benefits |= role == ASSURANCE;
                }
            }
        }
        let Acts { roles, all_benefits, support, reservations } = self.acts(of, whose);
        let counts = |last: Option<Date>| last.is_some_and(|last| day_of(self.now) <= last);
        for (role, given) in roles.into_iter().enumerate() {
            let Some((from, last)) = given else { continue };
            if has(role) && counts(Some(last)) {
                rights.sources.push((role, from));
                rights.all_benefits |= role == ASSURANCE && all_benefits;
                rights.support |= role == ASSURANCE && counts(support);
                rights.reservations |= role == SERVICES && counts(reservations);
            }
        }
        let here = &self.happened[of][self.since(of, whose)..];
        let ordered = of == OPEN
            && here.iter().any(
                |(_, event)| matches!(event, Event::Order { licence, who, .. } if (*licence, *who) == (of, whose)),
            );
        if ordered && !gone && !self.is_denied(of, whose, false) {
            rights.sources.extend(LIMITED.map(|role| (role, Origin::Order)));
        }
        let claim = here.iter().rev().find_map(|(at, event)| match event {
            Event::Claim { licence, who, hours } if (*licence, *who) == (of, whose) => Some(add_hours(*at, *hours)),
            _ => None,
        });
        if claim.is_some_and(|from| self.now >= from) && !self.is_denied(of, whose, true) {
            rights.sources.extend(LIMITED.map(|role| (role, Origin::Claim)));
        }
        let above = self.above(of);
        if let Some(parent) = above.first() {
            let unwanted = self.is_opted_out(of, whose, false) || self.is_opted_out(*parent, whose, true);
            let there = || self.rights(*parent, whose).sources.iter().any(|(role, _)| *role == ADMINISTRATOR);
            if !gone && !unwanted && there() {
                rights.sources.push((ADMINISTRATOR, Origin::Parent(*parent)));
            }
        }
        for upper in above {
            if (0..2).any(|name| self.is_listed(upper, name, whose)) {
                rights.sources.push((INFO, Origin::Above(upper)));
            }
        }
        rights.support |= rights.all_benefits;
        rights.sources.sort_by_key(|(role, _)| *role);
        rights
    }
}

/// What acts gave: each role with its source and the last day on which it counts, and what comes with them with theirs.
#[derive(Default)]
struct Acts {
    roles: [Option<(Origin, Date)>; 7],
    /// Only rows give all benefits, and those have no end.
    all_benefits: bool,
    support: Option<Date>,
    reservations: Option<Date>,
}

impl Acts {
    fn give(&mut self, role: usize, last: Date, with_more: bool) {
        let had = self.roles[role].map(|(_, last)| last);
        self.roles[role] = Some((Origin::Assigned, had.map_or(last, |had| had.max(last))));
        match role {
            ASSURANCE if with_more => self.support = self.support.max(Some(last)),
            SERVICES if with_more => self.reservations = self.reservations.max(Some(last)),
            _ => {}
        }
    }
}

/// Each number stands once.
fn place(licence: &Licence) -> usize {
    LICENCES.iter().position(|known| known.ends_with(licence.number.as_str())).unwrap()
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Rights {
    sources: Vec<(usize, Origin)>,
    all_benefits: bool,
    support: bool,
    reservations: bool,
}

impl Rights {
    fn of(access: &Access) -> Self {
        let from = |source: &Source| match source {
            Source::Contact(name) => {
                Origin::Contact(CONTACTS.iter().position(|known| *known == name.as_str()).unwrap())
            }
            Source::Assigned => Origin::Assigned,
            Source::Migrated(Scheme::BenefitRoles) => Origin::Migrated(0),
            Source::Migrated(Scheme::RoleLess) => Origin::Migrated(1),
            Source::Order => Origin::Order,
            Source::Claim => Origin::Claim,
            Source::Parent(licence) => Origin::Parent(place(licence)),
            Source::Above(licence) => Origin::Above(place(licence)),
        };
        Self {
            sources: access.sources().map(|(role, given)| (role as usize, from(&given.source))).collect(),
            all_benefits: access.benefits().len() == Benefit::ALL.len(),
            support: access.benefits().contains(&Benefit::Support),
            reservations: access.reservations(),
        }
    }

    fn roles(&self) -> BTreeSet<usize> {
        self.sources.iter().map(|(role, _)| *role).collect()
    }

    fn is_within(&self, other: &Self) -> bool {
        self.roles().is_subset(&other.roles())
            && self.all_benefits <= other.all_benefits
            && self.support <= other.support
            && self.reservations <= other.reservations
    }
}

// ---- The code ----

/// The same history by the code: rows through the import, acts on what is kept.
struct Real {
    reader: Reader,
    world: World,
    everybody: Everybody,
    now: Timestamp,
    stages: Vec<Option<Stage>>,
    addresses: Vec<Address>,
    /// Of each of the two on each agreement.
    requests: Vec<[Option<Request>; 2]>,
}

struct Stage {
    agreement: Agreement,
    parent: Option<usize>,
    corrections: Corrections,
    holders: Vec<Holder>,
}

impl Real {
    fn new() -> Self {
        let mut world = World::empty();
        dry_run::load(
            &mut world,
            "{\"type\":\"customer\",\"id\":\"c1\",\"name\":\"n\",\"country\":\"SE\"}\n\
             {\"type\":\"product\",\"sku\":\"SRV\",\"name\":\"n\",\"kind\":\"on-premises\"}",
        );
        let stages = LICENCES.iter().map(|_| None).collect();
        let addresses = ADDRESSES.iter().map(|address| address.parse().unwrap()).collect();
        let (reader, everybody, requests) = (Reader::new(), Everybody::default(), vec![[None, None]; LICENCES.len()]);
        Self { reader, world, everybody, now: begin(), stages, addresses, requests }
    }

    fn holder(&mut self, licence: usize, who: usize) -> &mut Holder {
        &mut self.stages[licence].as_mut().expect("it is loaded at first").holders[who]
    }

    fn stage(&self, licence: usize) -> &Stage {
        self.stages[licence].as_ref().expect("it is loaded at first")
    }

    fn row(&mut self, text: &str) -> Becomes {
        match take(&mut self.world, self.reader.read(&Line::Text { row: 1, bytes: text.as_bytes() })) {
            Ok(RowOutcome::Unchanged) => Becomes::Unchanged,
            Ok(taken) => {
                self.everybody.note(&taken, self.now);
                self.keep(taken);
                Becomes::RowOutcome
            }
            Err(refusal) => {
                let field = refusal.field.unwrap_or_default();
                let known = ["parent.number", "scheme", "roles[0]", "address", "id"];
                Becomes::Refused(known.into_iter().find(|known| **known == *field).unwrap_or("another field"))
            }
        }
    }

    fn keep(&mut self, taken: RowOutcome) {
        let who = |address: &Address| ADDRESSES.iter().position(|known| *known == address.as_str()).unwrap();
        let now = self.now;
        match taken {
            RowOutcome::Stored(Record::Agreement(agreement)) => {
                let parent = agreement.parent.as_ref().map(place);
                let stage = &mut self.stages[place(&agreement.licence)];
                match stage {
                    None => {
                        let holders = ADDRESSES.iter().map(|_| Holder::default()).collect();
                        *stage = Some(Stage { agreement, parent, corrections: Corrections::default(), holders });
                    }
                    Some(stage) => {
                        let before = std::mem::replace(&mut stage.agreement, agreement);
                        stage.parent = parent;
                        stage.corrections.loaded(&before.loaded_contacts, &stage.agreement.loaded_contacts);
                        for address in newly_lasting(&before.loaded_contacts, &stage.agreement.loaded_contacts) {
                            stage.holders[who(address)].revive();
                        }
                    }
                }
            }
            RowOutcome::Stored(Record::Assignment(row)) => {
                self.holder(place(&row.licence), who(&row.address)).load(&row, now);
            }
            RowOutcome::Stored(Record::Removal(row)) => {
                self.holder(place(&row.licence), who(&row.address)).give_up(GivenUpBy::Row, now);
            }
            RowOutcome::Stored(Record::OptOut(row)) => {
                self.holder(place(&row.licence), who(&row.address)).opt_out(row.of, now);
            }
            RowOutcome::Ordered(order, _) => {
                if let (OPEN, Some(reseller)) = (place(&order.licence), &order.reseller) {
                    self.holder(OPEN, who(reseller)).ordered(&order.id);
                }
            }
            other => panic!("no such row is in a history: {other:?}"),
        }
    }

    fn act(&mut self, event: &Event) {
        let (now, row) = (self.now, By::Row);
        match *event {
            Event::Assign { licence, who, role, days, with_more } => {
                let grant =
                    Grant { by: row, at: now, until: days.map(|days| day_of(add_days(now, days))), scheme: None };
                let benefits = BTreeSet::from_iter(with_more.then_some(Benefit::Support));
                self.holder(licence, who).assign([Role::ALL[role]], &benefits, with_more, &grant);
            }
            Event::GiveUp { licence, who } => self.holder(licence, who).give_up(GivenUpBy::Oneself, now),
            Event::Revive { licence, who } => self.holder(licence, who).revive(),
            Event::Claim { licence, who, hours } => {
                self.holder(licence, who).claim = Some(Claim { at: now, counts_from: add_hours(now, hours) });
            }
            Event::Deny { licence, who, of_claim } => {
                let denied = Denied { by: row, at: now, undo_until: add_days(now, 7) };
                self.holder(licence, who).denied.insert(deniable(of_claim), denied);
            }
            Event::UndoDenial { licence, who, of_claim } => {
                self.holder(licence, who).denied.remove(&deniable(of_claim));
            }
            Event::OptOut { licence, who, below } => self.holder(licence, who).opt_out(opt_out(below), now),
            Event::OptIn { licence, who, below } => self.holder(licence, who).opt_in(opt_out(below)),
            Event::Correct { licence, contact, who } => {
                let name: ContactName = CONTACTS[contact].parse().unwrap();
                let stage = self.stages[licence].as_mut().expect("it is loaded at first");
                let before = Level::of(&stage.agreement, Some(&stage.corrections), None).contact(name).cloned();
                let until = add_hours(now, KEPT_HOURS);
                stage.corrections.correct(name, before.as_ref(), ADDRESSES[who].parse().unwrap(), row, now, until);
            }
            Event::Hours(hours) => self.now = add_hours(now, hours),
            _ => unreachable!("rows go through the import"),
        }
    }

    /// A step of a request, or why there is none.
    fn request(&mut self, event: &Event) -> Result<(), &'static str> {
        let (now, policy) = (self.now, Policy::default().requests);
        let why = |refused: Refused| match refused {
            Refused::NoSuchRole => "no such role",
            Refused::HasAll => "has all",
            Refused::TooOften(_) => "too often",
            Refused::NotYours => "not yours",
            Refused::Own => "own",
            Refused::Over => "over",
            other => panic!("nobody does that in a history: {other:?}"),
        };
        match *event {
            Event::Ask { licence, who, ref roles, days } => {
                let roles: BTreeSet<Role> = roles.iter().map(|role| Role::ALL[*role]).collect();
                let until = days.map(|days| day_of(add_days(now, days)));
                let asked = Asked { roles, benefits: BTreeSet::from([Benefit::Support]), reservations: true, until };
                let (has, by, named) =
                    (self.access(licence, who), self.person(who), LICENCES[licence].parse().unwrap());
                let new = NewRequest { licence: &named, by: &by, name: "", asked: &asked, comment: "", has: &has };
                let before = self.requests[licence][who].take();
                match Request::ask(before.clone(), &new, now, &policy) {
                    Ok(AskOutcome::New(step)) => self.requests[licence][who] = Some(step.after().clone()),
                    Ok(AskOutcome::Pending(request)) => {
                        self.requests[licence][who] = Some(*request);
                        return Err("waits");
                    }
                    Err(refused) => {
                        self.requests[licence][who] = before;
                        return Err(why(refused));
                    }
                }
            }
            Event::Route { licence, who } => {
                let Some(request) = self.requests[licence][who].clone() else { return Err("over") };
                if !request.state_at(now).is_pending() {
                    return Err("over");
                }
                let (standing, addresses) = (self.standing(licence), &self.addresses[who..=who]);
                let found = Found { standing: Some(&standing), addresses, colleague: true, unreachable: 0 };
                self.requests[licence][who] = Some(request.route(&found, now).after().clone());
            }
            Event::Withdraw { licence, who } => {
                let request = self.requests[licence][who].clone().ok_or("over")?;
                self.requests[licence][who] = Some(request.withdraw(now).map_err(why)?.after().clone());
            }
            Event::Decide { licence, who, by, what } => {
                let request = self.requests[licence][who].clone().ok_or("nothing")?;
                let decision = match what {
                    Decides::Deny => Decision::Deny,
                    Decides::All => Decision::Grant(request.asked.clone()),
                    Decides::Part => {
                        let first = request.asked.roles.iter().copied().take(1).collect();
                        Decision::Grant(Asked { roles: first, ..request.asked.clone() })
                    }
                };
                let (standing, addresses) = (self.standing(licence), &self.addresses[by..=by]);
                let by = Decider::Session(self.person(by));
                let deciding = Deciding { by: &by, addresses, standing: &standing, asker_has_address: true };
                let shown = request.generation;
                let step = request.decide(decision, "", shown, &deciding, now).map_err(why)?;
                if let Some(granted) = step.grants() {
                    let holder = self.holder(licence, who);
                    *holder = granted.given_to(Some(holder));
                }
                self.requests[licence][who] = Some(step.after().clone());
            }
            _ => unreachable!("it is no step of a request"),
        }
        Ok(())
    }

    /// One manages the other, or why not. What was changed is undone and done again besides: then it is as before.
    fn manage(&mut self, licence: usize, who: usize, by: usize, what: Manages) -> Result<(), &'static str> {
        let why = |refused: managing::Refused| match refused {
            managing::Refused::NotYours => "not yours",
            managing::Refused::Own => "own",
            managing::Refused::NoSuchRole { .. } => "no such role",
            managing::Refused::RevivesBeyondYours { .. } | managing::Refused::BeyondYours { .. } => "beyond yours",
            managing::Refused::MustStay { .. } => "must stay",
            managing::Refused::HoldsNothing => "nothing",
            managing::Refused::LastAdministrator => "last",
            managing::Refused::NothingToUndo => "nothing to undo",
            managing::Refused::TooLateToUndo { .. } => "too late",
            managing::Refused::NotAbove => "not above",
            other => panic!("nobody does that in a history: {other:?}"),
        };
        let change = match what {
            Manages::Assign { role, days, listings_count } => {
                let until = days.map(|days| day_of(add_days(self.now, days)));
                let (roles, benefits) = ([Role::ALL[role]].into(), [Benefit::Support].into());
                Change::Assign { roles: Asked { roles, benefits, reservations: true, until }, listings_count }
            }
            Manages::Remove => Change::Remove,
            Manages::InheritAgain => Change::InheritAgain,
            Manages::Deny { of_claim } => Change::Deny { what: deniable(of_claim) },
            Manages::UndoDenial { of_claim } => Change::UndoDenial { what: deniable(of_claim) },
        };
        let before = self.stage(licence).holders[who].clone();
        let outcome = self.managing(licence, who, by, |managing| change.judge(managing));
        let Outcome::Changed(changed) = outcome.map_err(why)? else { return Err("unchanged") };
        *self.holder(licence, who) = changed.holder.clone();
        assert_eq!(self.access(licence, who), changed.after, "the preview is what becomes true");
        match self.managing(licence, who, by, |managing| managing.undo(Some(&before), changed.digest())) {
            Ok(Outcome::Changed(undone)) => assert_eq!(undone.holder, before),
            Ok(Outcome::Unchanged) => panic!("something was changed"),
            Err(refused) => assert!(["last", "beyond yours"].contains(&why(refused)), "{refused:?}"),
        }
        Ok(())
    }

    fn managing<T>(&self, licence: usize, who: usize, by: usize, act: impl FnOnce(&Managing<'_>) -> T) -> T {
        let (person, own, policy) = (self.person(by), &self.addresses[by..=by], Policy::default().people);
        act(&Managing {
            person: &person,
            counting: own,
            own,
            address: &self.addresses[who],
            registered_since: Some(Timestamp::UNIX_EPOCH),
            levels: &self.levels(licence, who),
            standing: &self.standing(licence),
            is_proven: &|_| true,
            now: self.now,
            policy: &policy,
        })
    }

    fn person(&self, who: usize) -> Person {
        Person { profile: format!("p-{who}").parse().unwrap(), address: self.addresses[who].clone() }
    }

    /// What decisions are judged by: contacts, and rosters of what is held.
    fn standing(&self, licence: usize) -> Standing {
        let mut levels = Vec::new();
        let mut next = Some(licence);
        while let Some(stage) = next.and_then(|place| self.stages[place].as_ref()) {
            let mut roster = Roster::default();
            for (address, holder) in self.addresses.iter().zip(&stage.holders) {
                roster.note(address, holder).unwrap();
            }
            let Level { licence, starts, ends, contacts, .. } = Level::of(&stage.agreement, None, None);
            let (licence, contacts, corrections) = (licence.clone(), contacts.clone(), stage.corrections.clone());
            levels.push(StandingLevel { licence, starts, ends, contacts, corrections, roster });
            next = stage.parent;
        }
        Standing { levels }
    }

    fn levels(&self, licence: usize, who: usize) -> Vec<Level<'_>> {
        let mut levels = Vec::new();
        let mut next = Some(licence);
        while let Some(stage) = next.and_then(|place| self.stages[place].as_ref()) {
            levels.push(Level::of(&stage.agreement, Some(&stage.corrections), Some(&stage.holders[who])));
            next = stage.parent;
        }
        levels
    }

    fn access(&self, licence: usize, who: usize) -> Access {
        access(&self.levels(licence, who), &self.addresses[who], self.now)
    }
}

/// The last days of all roles, of Support and of reservations, where they have one.
fn ends(access: &Access) -> [Option<Date>; 9] {
    let mut ends = [None; 9];
    for (place, role) in Role::ALL.iter().enumerate() {
        ends[place] = access.until(*role);
    }
    ends[SUPPORT] = access.benefit_until(Benefit::Support);
    ends[RESERVATIONS] = access.reservations_until();
    ends
}

fn opt_out(below: bool) -> OptOutOf {
    if below { OptOutOf::Children } else { OptOutOf::Itself }
}

fn deniable(of_claim: bool) -> Deniable {
    if of_claim { Deniable::Claim } else { Deniable::Orders }
}

fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..LICENCES.len()).flat_map(|licence| (0..ADDRESSES.len()).map(move |who| (licence, who)))
}

/// Both, with the agreements as they hang at first.
fn set_out() -> (Model, Real) {
    let (mut model, mut real) = (Model::new(), Real::new());
    for (licence, parent) in PARENTS.into_iter().enumerate() {
        let event = Event::Agreement { licence, parent, contacts: [None; 6] };
        assert_eq!(real.row(&event.text().unwrap()), Becomes::RowOutcome);
        model.add(event);
    }
    (model, real)
}

/// One step by both. False if nothing happened.
fn step(model: &mut Model, real: &mut Real, event: &Event) -> Result<bool, TestCaseError> {
    if let Event::Correct { licence, contact, who } = *event
        && [None, Some(who)].contains(&model.contact(licence, contact))
    {
        return Ok(false);
    }
    if let Event::Manage { licence, who, by, what } = *event {
        let guarded = |model: &Model| (0..ADDRESSES.len()).any(|who| model.guards(licence, who));
        let expected = model.judge_managing(licence, who, by, what);
        let was_guarded = guarded(model);
        prop_assert_eq!(
            real.manage(licence, who, by, what),
            expected.as_ref().map(|_| ()).map_err(|why| *why),
            "{:?}",
            event
        );
        let happened = expected.is_ok();
        expected.into_iter().flatten().for_each(|event| model.add(event));
        prop_assert!(!was_guarded || guarded(model), "{:?} leaves nobody", event);
        return Ok(happened);
    }
    if event.is_of_a_request() {
        let expected = model.judge_request(event);
        prop_assert_eq!(real.request(event), expected.as_ref().map(|_| ()).map_err(|why| *why), "{:?}", event);
        let happened = expected.is_ok();
        if let Ok(event) = expected {
            model.add(event);
        }
        return Ok(happened);
    }
    if let Some(text) = event.text() {
        let expected = rows_of(model).judge(event);
        prop_assert_eq!(&real.row(&text), &expected, "{}", text);
        if expected != Becomes::RowOutcome {
            return Ok(false);
        }
    } else {
        real.act(event);
    }
    model.add(event.clone());
    Ok(true)
}

/// The same history without what people did: so a dry run sees it.
fn rows_of(model: &Model) -> Model {
    let rows = |of: &Vec<(Timestamp, Event)>| of.iter().filter(|(_, event)| event.is_row()).cloned().collect();
    Model { happened: model.happened.each_ref().map(rows), now: model.now }
}

/// Both take each step of a history, and what everybody may do is compared after each.
fn follow(history: Vec<Event>) -> Result<(), TestCaseError> {
    let (mut model, mut real) = set_out();
    let mut before: Vec<Rights> = pairs().map(|_| Rights::default()).collect();
    for event in history {
        if !step(&mut model, &mut real, &event)? {
            continue;
        }
        let mut after = Vec::with_capacity(before.len());
        for ((licence, who), before) in pairs().zip(&before) {
            let found = real.access(licence, who);
            let rights = Rights::of(&found);
            prop_assert_eq!(&rights, &model.rights(licence, who), "{} {}", LICENCES[licence], ADDRESSES[who]);
            prop_assert!(
                !event.takes() || rights.is_within(before),
                "{:?} gives {:?} more than {:?}",
                event,
                rights,
                before
            );
            let known = model.ends(licence, who, &rights).map(|last| last.filter(|last| *last < Date::MAX));
            prop_assert_eq!(ends(&found), known, "{} {}", LICENCES[licence], ADDRESSES[who]);
            let by_papers = |source: &Source| matches!(source, Source::Order | Source::Claim);
            if let Ok(ground) = found.allows(Action::ManageUsers) {
                prop_assert!(ground.role == Role::Administrator && !by_papers(&ground.given.source));
            }
            let limited = found.sources().filter(|(_, given)| by_papers(&given.source));
            prop_assert!(limited.map(|(role, _)| role).all(|role| LIMITED_SET.contains(&role)));
            after.push(rights);
        }
        before = after;
        if let Event::Route { licence, who } = event {
            let others = (0..ADDRESSES.len()).filter(|other| *other != who);
            let all = others.filter(|other| model.rights(licence, *other).roles().contains(&ADMINISTRATOR)).count();
            let route = real.requests[licence][who].as_ref().and_then(|request| request.route.clone()).unwrap();
            prop_assert_eq!(route.sent_to as usize, all);
            prop_assert_eq!(route.nobody, (all == 0).then_some(Nobody::NoAdministrator));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// ROLE-03 ROLE-04 ROLE-05 ROLE-07 ROLE-09 PERM-03 PERM-04 after each step of any history everybody has what the model says,
    /// from where and until when it says; each row becomes what it says; what takes a right away gives nobody another; and neither an order nor a
    /// claim makes an Administrator.
    #[test]
    fn role_04_any_history_gives_what_the_model_says(history in any_history()) {
        follow(history)?;
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    /// REQ-06 APR-01 APR-04 APR-05 ROLE-09 EXP-05 the same where people ask, withdraw and decide: who may, what is left out, what is
    /// given until when and what is refused is what the model says; only a grant gives something.
    #[test]
    fn apr_01_any_history_of_requests_gives_what_the_model_says(history in any_history_of_requests()) {
        follow(history)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// APR-07 PERM-03 PERM-04 ROLE-04 ROLE-08 ROLE-09 the same where people manage each other: who may, what is given until when,
    /// what is refused and why is what the model says; taking gives nobody anything, one Administrator always remains where there
    /// was one, the preview says what becomes true, and what is undone is as if nothing had been.
    #[test]
    fn apr_07_any_history_of_managing_gives_what_the_model_says(history in any_history_of_managing()) {
        follow(history)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// ROLE-04 ROLE-06 whatever happened: without one of its sources, here or above, nobody has more than with it; opting out and
    /// in again is as if nothing had been.
    #[test]
    fn role_06_without_a_source_nobody_has_more(history in any_history()) {
        let (mut model, mut real) = set_out();
        for event in &history {
            step(&mut model, &mut real, event)?;
        }
        for (licence, who) in pairs() {
            let (levels, address) = (real.levels(licence, who), &real.addresses[who]);
            let all = real.access(licence, who);
            let rights = Rights::of(&all);
            for upper in 0..levels.len() {
                let there = access(&levels[upper..], address, real.now);
                for (_, given) in there.sources() {
                    let without = access_without(&levels, address, real.now, &given.source, levels[upper].licence);
                    prop_assert!(Rights::of(&without).is_within(&rights));
                    prop_assert!(without.sources().all(|(role, left)| all.sources_of(role).iter().any(|had| had.source == left.source)));
                    prop_assert!(upper > 0 || without.sources().all(|(_, left)| left.source != given.source));
                }
            }
        }
        for (licence, who) in pairs() {
            for below in [false, true] {
                let holder = real.stage(licence).holders[who].clone();
                if holder.opted_out(opt_out(below)) {
                    continue;
                }
                let everywhere = |real: &Real| (0..LICENCES.len()).map(|licence| real.access(licence, who)).collect::<Vec<_>>();
                let before = everywhere(&real);
                real.act(&Event::OptOut { licence, who, below });
                real.act(&Event::OptIn { licence, who, below });
                prop_assert_eq!(&real.stage(licence).holders[who], &holder);
                prop_assert_eq!(before, everywhere(&real));
            }
        }
    }

    /// ROLE-06 what `--access` prints of a file is what the model says of its rows: each pair with any right once, in order.
    #[test]
    fn role_06_the_report_is_what_the_model_says(history in any_history()) {
        let (mut model, mut real) = set_out();
        for event in history.iter().filter(|event| event.is_row()) {
            step(&mut model, &mut real, event)?;
        }
        let mut expected: Vec<(usize, usize)> = pairs().filter(|(licence, who)| !model.rights(*licence, *who).sources.is_empty()).collect();
        // In the order of programmes: select, open-licence, master.
        expected.sort_by_key(|(licence, who)| ([4, 1, 0, 2, 3][*licence], *who));
        let report = lines(&real.everybody, real.now);
        let lines: Vec<Value> = report.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        prop_assert_eq!(lines.len(), expected.len());
        for (line, (licence, who)) in lines.iter().zip(expected) {
            let rights = model.rights(licence, who);
            let named = format!("{}/{}", line["programme"].as_str().unwrap(), line["number"].as_str().unwrap());
            prop_assert_eq!((named.as_str(), line["address"].as_str().unwrap()), (LICENCES[licence], ADDRESSES[who]));
            let count = |role: usize, sources: &Value| {
                let orders = sources.as_array().unwrap().iter().filter(|source| source.as_str().unwrap().starts_with("order:")).count();
                let of_model = rights.sources.iter().filter(|(other, _)| *other == role).count();
                (sources.as_array().unwrap().len() - orders.saturating_sub(1), of_model)
            };
            let roles = line["roles"].as_object().unwrap();
            prop_assert_eq!(roles.len(), rights.roles().len());
            for (role, sources) in roles {
                let role = role.parse::<Role>().unwrap() as usize;
                let (printed, of_model) = count(role, sources);
                prop_assert_eq!(printed, of_model);
            }
            prop_assert_eq!(line["benefits"].is_array(), rights.support && !rights.all_benefits);
            prop_assert_eq!(line["reservations"] == json!(true), rights.reservations);
        }
    }
}
