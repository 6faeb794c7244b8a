//! Every interleaving of those who act on one request for permission, over the real transitions, as the store writes them: each
//! reads, makes a step, and writes it if the request is still as it was read, and for a decision, if who acts on the Licensing ID
//! is still as it was read. Two decide, the asker withdraws, reminds and asks for something else, it is found out who decides, two
//! sweeps run, time passes, the agreement ends, and one who decides loses the right. Any two of them may be on their way at a time.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use licensing::{
    Address, Policy, Timestamp,
    access::{Access, Corrections, GivenUpBy, Holder, Roster, Standing, StandingLevel},
    activation::Person,
    event::Event,
    policy::RequestPolicy,
    request::{AskOutcome, Asked, Decider, Deciding, Decision, Found, NewRequest, Request, State, Step},
    roles::Role,
};
use stateright::{Checker, Model, Property};

/// A Thursday; by the Monday the email of the day, the reminder and two working days are due; then the tenth day.
const CLOCK: [&str; 3] = ["2026-11-26T10:00:00Z", "2026-11-30T10:00:00Z", "2026-12-06T10:00:00Z"];

/// So many may have read and not written yet.
const ON_THEIR_WAY: usize = 2;

/// REQ-05 REQ-06 REQ-09 APR-02 APR-03 EXP-03 of a colleague's request, on an agreement that ends before the thirty days: at most one
/// decision stands, nothing leaves what is over, each event is written once, the grant agrees with the state, and nothing that is
/// over or was swept just now falls due.
#[test]
#[ignore = "takes minutes: run it with --ignored"]
fn apr_03_every_interleaving_of_a_colleagues_request_keeps_the_promises() {
    check(&Room::new(true, "2026-12-11T00:00:00Z"));
}

/// REQ-02 REQ-03 APR-03 EXP-03 the same of an outsider's request, whose end does not follow the agreement's.
#[test]
#[ignore = "takes minutes: run it with --ignored"]
fn apr_03_every_interleaving_of_an_outsiders_request_keeps_the_promises() {
    check(&Room::new(false, "2026-12-26T10:00:00Z"));
}

fn check(room: &Room) {
    let checker = room.clone().checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
}

/// Where it happens.
#[derive(Debug, Clone)]
struct Room {
    colleague: bool,
    clock: Vec<Timestamp>,
    /// As it is at first, and after the first of those who decide lost the right.
    standings: [Standing; 2],
    asker: Person,
    deciders: [Person; 2],
    policy: RequestPolicy,
}

/// Who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Who {
    /// The first grants or denies, signed in; the second grants signed in, or denies by the mailed link.
    Decider(usize),
    Asks,
    Withdraws,
    Reminds,
    Router,
    Sweeper(usize),
}

const EVERYBODY: [Who; 8] = [
    Who::Decider(0),
    Who::Decider(1),
    Who::Asks,
    Who::Withdraws,
    Who::Reminds,
    Who::Router,
    Who::Sweeper(0),
    Who::Sweeper(1),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Tick,
    LosesTheRight,
    Reads(Who, bool),
    Writes(Who),
}

/// Something with a short number that tells it apart: whole requests would be slow to compare.
#[derive(Clone)]
struct Told<T> {
    it: Arc<T>,
    print: u64,
}

impl Told<Request> {
    fn request(it: Request) -> Self {
        let print = print(&it);
        Self { it: Arc::new(it), print }
    }
}

impl Told<Step> {
    fn step(it: Step) -> Self {
        let print = print(it.after());
        Self { it: Arc::new(it), print }
    }
}

impl<T> PartialEq for Told<T> {
    fn eq(&self, other: &Self) -> bool {
        self.print == other.print
    }
}

impl<T> Hash for Told<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.print.hash(state);
    }
}

impl<T: fmt::Debug> fmt::Debug for Told<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.it.fmt(f)
    }
}

/// The key of an event, short.
fn short(event: &Event) -> u64 {
    let mut hasher = DefaultHasher::new();
    event.id().hash(&mut hasher);
    hasher.finish()
}

/// Of all that differs between the requests of a room. Those who ask and the Licensing ID are always the same.
fn print(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Request { asked, asked_at, ends_at, generation, route, told, state, past, version, .. } = request;
    (&asked.roles, asked_at, ends_at, generation, version, past.len()).hash(&mut hasher);
    (told.digest_at, told.reminded_at, told.reminded_by_asker_at, told.undecided_at).hash(&mut hasher);
    route.as_ref().map(|route| (route.at, route.sent_to)).hash(&mut hasher);
    for state in past.iter().map(|past| &past.state).chain([state]) {
        if !state.is_pending() {
            format!("{state:?}").hash(&mut hasher);
        }
    }
    hasher.finish()
}

#[derive(Debug, Clone, PartialEq, Hash)]
struct World {
    clock: usize,
    request: Told<Request>,
    /// Rises with each change of who acts on the Licensing ID.
    authority: u8,
    /// Steps that were made and are not written yet, each with the authority by which it was made.
    made: BTreeMap<Who, Made>,
    /// Who is done: each of the asker's deeds and of the decisions is made once.
    done: BTreeSet<Who>,
    /// The keys of all events.
    events: BTreeSet<u64>,
    /// Decisions that were written, by request.
    decided: BTreeMap<u32, u8>,
    /// What was given, by request.
    given: BTreeMap<u32, BTreeSet<Role>>,
    broken: BTreeSet<Broken>,
}

/// A step that waits to be written.
#[derive(Debug, Clone, PartialEq, Hash)]
struct Made {
    step: Told<Step>,
    authority: u8,
}

/// A promise that was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Broken {
    LeftWhatIsOver,
    EventTwice,
    DueAfterSweep,
    DecidedWithoutRight,
    GrantedByLink,
}

impl World {
    fn boss_left(&self) -> bool {
        self.authority > 0
    }

    /// What is stored of a request, whatever time it is.
    fn state_of(&self, generation: u32) -> Option<&State> {
        let request = &self.request.it;
        let past = || request.past.iter().find(|past| past.generation == generation).map(|past| &past.state);
        if request.generation == generation { Some(&request.state) } else { past() }
    }

    /// Whether the store would take a step.
    fn takes(&self, who: Who, made: &Made) -> bool {
        let is_judged = !matches!(who, Who::Decider(_)) || made.authority == self.authority;
        made.step.it.seen() == Some(self.request.it.version) && is_judged
    }

    /// Whoever would come too late is told so, and begins again.
    fn turn_away(&mut self) {
        let made = std::mem::take(&mut self.made);
        self.made = made.into_iter().filter(|(who, made)| self.takes(*who, made)).collect();
    }
}

fn address(who: &str) -> Address {
    format!("{who}@contoso.example").parse().unwrap()
}

fn person(who: &str) -> Person {
    Person { profile: format!("p-{who}").parse().unwrap(), address: address(who) }
}

fn roles(all: &[Role]) -> Asked {
    Asked { roles: all.iter().copied().collect(), ..Asked::default() }
}

impl Room {
    /// `boss` and `chief` are Administrators; `boss` until the right is lost.
    fn new(colleague: bool, end: &str) -> Self {
        let standing = |roster| {
            let (primary, notices) = (licensing::ContactName::Primary, licensing::ContactName::Notices);
            let level = StandingLevel {
                licence: "enterprise/1".parse().unwrap(),
                starts: "2026-01-01".parse().unwrap(),
                ends: "2026-12-10".parse().unwrap(),
                contacts: [(primary, address("boss")), (notices, address("chief"))].into(),
                corrections: Corrections::default(),
                roster,
            };
            Standing { levels: vec![level] }
        };
        let mut without = Roster::default();
        let mut holder = Holder::default();
        holder.give_up(GivenUpBy::Another, CLOCK[0].parse().unwrap());
        without.note(&address("boss"), &holder).unwrap();
        Self {
            colleague,
            clock: CLOCK.into_iter().chain([end]).map(|at| at.parse().unwrap()).collect(),
            standings: [standing(Roster::default()), standing(without)],
            asker: person("ann"),
            deciders: [person("boss"), person("chief")],
            policy: Policy::default().requests,
        }
    }

    fn now(&self, world: &World) -> Timestamp {
        self.clock[world.clock]
    }

    fn ask(&self, before: Option<Request>, asked: &Asked, now: Timestamp) -> Option<Step> {
        let (has, licence) = (Access::default(), &self.standings[0].levels[0].licence);
        let new = NewRequest { licence, by: &self.asker, name: "Ann", asked, comment: "", has: &has };
        match Request::ask(before, &new, now, &self.policy) {
            Ok(AskOutcome::New(step)) => Some(*step),
            Ok(AskOutcome::Pending(_)) | Err(_) => None,
        }
    }

    /// The step that somebody makes of what is stored now, if any.
    fn step(&self, world: &World, who: Who, grants: bool) -> Option<Step> {
        let (request, now) = (Request::clone(&world.request.it), self.now(world));
        let standing = &self.standings[usize::from(world.boss_left())];
        match who {
            Who::Decider(index) => {
                let person = &self.deciders[index];
                let asked = if index == 0 { request.asked.clone() } else { roles(&[Role::Download]) };
                let by = if index == 1 && !grants {
                    Decider::Link(person.address.clone())
                } else {
                    Decider::Session(person.clone())
                };
                let addresses = std::slice::from_ref(&person.address);
                let deciding = Deciding { by: &by, addresses, standing, asker_has_address: true };
                let decision = if grants { Decision::Grant(asked) } else { Decision::Deny };
                let shown = request.generation;
                if shown > 1 {
                    // Who has the request before them that another took the place of.
                    let stale = request.clone().decide(decision.clone(), "", shown - 1, &deciding, now);
                    assert!(stale.is_err(), "it was decided on what is no longer asked");
                }
                request.decide(decision, "", shown, &deciding, now).ok()
            }
            Who::Asks => self.ask(Some(request), &roles(&[Role::ProductKeys, Role::Download]), now),
            Who::Withdraws => request.withdraw(now).ok(),
            Who::Reminds => request.remind(now, &self.policy).ok(),
            Who::Router => {
                let addresses = std::slice::from_ref(&self.asker.address);
                let found = Found { standing: Some(standing), addresses, colleague: self.colleague, unreachable: 0 };
                request.is_to_be_routed(request.generation, now).then(|| request.route(&found, now))
            }
            Who::Sweeper(_) => request.sweep(now, &self.policy),
        }
    }

    /// What the store does with it. The first that comes wins; the others begin again.
    fn write(&self, world: &mut World, who: Who, made: &Made) {
        let (before, step) = (Arc::clone(&world.request.it), &made.step.it);
        let after = step.after();
        if !before.state.is_pending() {
            let now = self.now(world);
            if before.past_of(before.generation, now) != after.past_of(before.generation, now) {
                world.broken.insert(Broken::LeftWhatIsOver);
            }
        }
        for event in step.events() {
            if !world.events.insert(short(event)) {
                world.broken.insert(Broken::EventTwice);
            }
        }
        if let Who::Decider(index) = who {
            *world.decided.entry(after.generation).or_default() += 1;
            if index == 0 && world.boss_left() {
                world.broken.insert(Broken::DecidedWithoutRight);
            }
        }
        if let Some(granted) = step.grants() {
            if after.state.decided().is_none_or(|decided| matches!(decided.by, Decider::Link(_))) {
                world.broken.insert(Broken::GrantedByLink);
            }
            world.given.insert(after.generation, granted.given_to(None).assigned.roles.into_keys().collect());
        }
        if !matches!(who, Who::Router | Who::Sweeper(_)) {
            world.done.insert(who);
        }
        world.request = Told::request(after.clone());
        world.turn_away();
    }
}

impl Model for Room {
    type State = World;
    type Action = Act;

    fn init_states(&self) -> Vec<World> {
        let step = self.ask(None, &roles(&[Role::Download]), self.clock[0]).expect("it is the first");
        vec![World {
            clock: 0,
            request: Told::request(step.after().clone()),
            authority: 0,
            made: BTreeMap::new(),
            done: BTreeSet::new(),
            events: step.events().iter().map(short).collect(),
            decided: BTreeMap::new(),
            given: BTreeMap::new(),
            broken: BTreeSet::new(),
        }]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        acts.extend(world.made.keys().map(|who| Act::Writes(*who)));
        acts.extend((world.clock + 1 < self.clock.len()).then_some(Act::Tick));
        acts.extend((!world.boss_left()).then_some(Act::LosesTheRight));
        if world.made.len() == ON_THEIR_WAY {
            return;
        }
        for who in EVERYBODY {
            // Two sweeps are alike: the second begins where the first is on its way.
            let is_first = who != Who::Sweeper(1) || world.made.contains_key(&Who::Sweeper(0));
            if world.made.contains_key(&who) || world.done.contains(&who) || !is_first {
                continue;
            }
            acts.push(Act::Reads(who, false));
            acts.extend(matches!(who, Who::Decider(_)).then_some(Act::Reads(who, true)));
        }
    }

    fn next_state(&self, world: &World, act: Act) -> Option<World> {
        let mut world = world.clone();
        match act {
            Act::Tick => world.clock += 1,
            Act::LosesTheRight => {
                world.authority += 1;
                world.turn_away();
            }
            Act::Reads(who, grants) => {
                let step = self.step(&world, who, grants)?;
                let due = step.after().due_at(&self.policy);
                if matches!(who, Who::Sweeper(_)) && due.is_some_and(|due| due <= self.now(&world)) {
                    world.broken.insert(Broken::DueAfterSweep);
                }
                let authority = world.authority;
                world.made.insert(who, Made { step: Told::step(step), authority });
            }
            Act::Writes(who) => {
                let made = world.made.remove(&who)?;
                self.write(&mut world, who, &made);
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn is(world: &World, wanted: fn(&State) -> bool) -> bool {
            wanted(&world.request.it.state)
        }
        let mut all = vec![
            Property::<Self>::always("at most one decision stands", |_, world| {
                world.decided.values().all(|count| *count == 1)
            }),
            Property::<Self>::always("nothing leaves what is over", |_, world| {
                !world.broken.contains(&Broken::LeftWhatIsOver)
            }),
            Property::<Self>::always("each event is written once", |_, world| {
                !world.broken.contains(&Broken::EventTwice)
            }),
            Property::<Self>::always("nothing is due right after a sweep", |_, world| {
                !world.broken.contains(&Broken::DueAfterSweep)
            }),
            Property::<Self>::always("who lost the right decides nothing", |_, world| {
                !world.broken.contains(&Broken::DecidedWithoutRight)
            }),
            Property::<Self>::always("a link grants nothing", |_, world| {
                !world.broken.contains(&Broken::GrantedByLink)
            }),
            Property::<Self>::always("the grant agrees with the state", |_, world| {
                (1..=world.request.it.generation).all(|generation| match world.state_of(generation) {
                    Some(State::Granted { granted, .. }) => world.given.get(&generation) == Some(&granted.roles),
                    _ => !world.given.contains_key(&generation),
                })
            }),
            Property::<Self>::always("a decision is what the state says", |_, world| {
                (1..=world.request.it.generation).all(|generation| {
                    let says = world.state_of(generation).and_then(State::decided).is_some();
                    says == world.decided.contains_key(&generation)
                })
            }),
            Property::<Self>::always("nothing is due of what is over", |room, world| {
                world.request.it.due_at(&room.policy).is_some() == world.request.it.state.is_pending()
            }),
            Property::<Self>::sometimes("it is granted", |_, world| {
                is(world, |state| matches!(state, State::Granted { .. }))
            }),
            Property::<Self>::sometimes("it is denied", |_, world| {
                is(world, |state| matches!(state, State::Denied { .. }))
            }),
            Property::<Self>::sometimes("it is withdrawn", |_, world| {
                is(world, |state| matches!(state, State::Withdrawn { .. }))
            }),
            Property::<Self>::sometimes("it is replaced and then decided", |_, world| {
                world.request.it.generation == 2 && world.decided.contains_key(&2)
            }),
            Property::<Self>::sometimes("both requests are decided", |_, world| world.decided.len() == 2),
            Property::<Self>::sometimes("two decide at once", |_, world| {
                world.made.keys().filter(|who| matches!(who, Who::Decider(_))).count() == 2
            }),
            Property::<Self>::sometimes("two sweeps run at once", |_, world| world.made.contains_key(&Who::Sweeper(1))),
            Property::<Self>::sometimes("it was reminded of by all", |_, world| {
                let told = &world.request.it.told;
                told.reminded_at.is_some() && told.reminded_by_asker_at.is_some() && told.undecided_at.is_some()
            }),
        ];
        all.push(if self.colleague {
            Property::<Self>::sometimes("it ends with the agreement", |_, world| {
                is(world, |state| matches!(state, State::Ended { with_agreement: true, .. }))
            })
        } else {
            Property::<Self>::sometimes("it ends by itself", |_, world| {
                is(world, |state| matches!(state, State::Ended { with_agreement: false, .. }))
            })
        });
        all
    }
}
