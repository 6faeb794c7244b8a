//! Every interleaving of those who act on one request for permission, over the real transitions, as the store writes them: each
//! reads, makes a step, and writes it if the request is still as it was read, and for a decision, if who acts on the Licensing ID
//! is still as it was read. Two decide, the asker withdraws, reminds and asks for something else, it is found out who decides, two
//! sweeps run, time passes, the agreement ends, and one who decides loses the right. Any two of them may be on their way at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
    mem::{Discriminant, discriminant},
    sync::{Arc, Mutex, PoisonError},
};

use licensing::{
    Address, Policy, Timestamp,
    access::{Access, Corrections, GivenUpBy, Holder, Roster, Standing, StandingLevel},
    activation::Person,
    event::Event,
    policy::RequestPolicy,
    request::{AskOutcome, Asked, Decider, Deciding, Decision, Found, NewRequest, Request, Route, State, Step},
    roles::Role,
};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// A Thursday; by the Monday the email of the day, the reminder and two working days are due; then the tenth day.
const CLOCK: [&str; 3] = ["2026-11-26T10:00:00Z", "2026-11-30T10:00:00Z", "2026-12-06T10:00:00Z"];

/// So many may have read and not written yet: whoever writes first turns all others away.
const ON_THEIR_WAY: usize = 2;

/// REQ-05 REQ-06 REQ-09 APR-02 APR-03 EXP-03 of a colleague's request, on an agreement that ends before the thirty days: at most one
/// decision stands, nothing leaves what is over, each event is written once, the grant agrees with the state, and nothing that is
/// over or was swept just now falls due.
#[test]
fn apr_03_every_interleaving_of_a_colleagues_request_keeps_the_promises() {
    check(&Room::new(true, "2026-12-11T00:00:00Z"), 20_000);
}

/// REQ-05 APR-03 EXP-01 EXP-03 the same where a load moves the agreement's end out at any moment, also after it: the sweep writes the new
/// end down, and whoever acts goes by it.
#[test]
fn req_05_every_interleaving_with_an_end_that_moves_keeps_the_promises() {
    let room = Room::new(true, "2026-12-11T00:00:00Z");
    check(&Room { moves: true, asks_anew: 0, ..room }, 10_000);
}

/// REQ-02 REQ-03 APR-03 EXP-03 the same of an outsider's request, whose end does not follow the agreement's.
#[test]
fn apr_03_every_interleaving_of_an_outsiders_request_keeps_the_promises() {
    check(&Room::new(false, "2026-12-26T10:00:00Z"), 60_000);
}

/// Visits all that can happen, which is at least so much: a model that compares nothing would visit less.
fn check(room: &Room, at_least: usize) {
    let checker = room.clone().checker().threads(2).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let (unique, all, steps) = (checker.unique_state_count(), checker.state_count(), room.steps().len());
    println!("{unique} states of {all} that were reached, {} deep; {steps} different steps", checker.max_depth());
    checker.assert_properties();
    assert!(unique >= at_least, "only {unique} states were visited");
}

/// Where it happens.
#[derive(Debug, Clone)]
struct Room {
    colleague: bool,
    clock: Vec<Timestamp>,
    /// As it is at first, and after the first of those who decide lost the right; then both where the agreement's end has moved.
    standings: [Standing; 4],
    /// Whether the agreement's end moves.
    moves: bool,
    /// The asker asks for something else so often.
    asks_anew: u32,
    asker: Person,
    deciders: [Person; 2],
    policy: RequestPolicy,
    /// The steps that were made so far: the same request, time and person make the same one.
    steps: Arc<Mutex<Steps>>,
}

type Steps = HashMap<Reading, Option<Told<Step>>>;

/// All that a step depends on: the request and its version, the clock, who acts on which agreement, who, and whether they grant.
type Reading = (u64, u64, usize, Authority, Who, bool);

/// What decisions are judged by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
struct Authority {
    /// The first of those who decide lost the right.
    boss_left: bool,
    /// The agreement's end was moved.
    end_moved: bool,
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
    EndMoves,
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

/// Of a request all that what comes next depends on. When something was done does not matter any more once it was, nor how often
/// the request was written: a write is taken if nothing was written since it was read.
fn print(request: &Request) -> u64 {
    let mut hasher = DefaultHasher::new();
    let Request { asked, asked_at, ends_at, generation, route, told, state, past, .. } = request;
    (&asked.roles, asked_at, ends_at, generation).hash(&mut hasher);
    let told = [told.digest_at, told.reminded_at, told.reminded_by_asker_at, told.undecided_at];
    told.map(|at| at.is_some()).hash(&mut hasher);
    let digest_at = |route: &Route| route.digest_at.filter(|_| told[0].is_none());
    route.as_ref().map(|route| (route.nobody.is_some(), digest_at(route), route.ends_with_agreement)).hash(&mut hasher);
    for state in past.iter().map(|past| &past.state).chain([state]) {
        is(state).hash(&mut hasher);
    }
    hasher.finish()
}

/// What a state is, whenever it became that: its name, who decided, what was granted, and whether it ended with the agreement.
fn is(state: &State) -> (Discriminant<State>, Option<&str>, Option<&BTreeSet<Role>>, bool) {
    let by = state.decided().map(|decided| decided.by.address().as_str());
    let granted = if let State::Granted { granted, .. } = state { Some(&granted.roles) } else { None };
    (discriminant(state), by, granted, matches!(state, State::Ended { with_agreement: true, .. }))
}

#[derive(Debug, Clone, PartialEq, Hash)]
struct World {
    clock: usize,
    request: Told<Request>,
    authority: Authority,
    /// Steps that were made and are not written yet. All were made of the request as it is stored.
    made: BTreeMap<Who, Made>,
    /// Who is done: each of the asker's deeds and of the decisions is made once.
    done: BTreeSet<Who>,
    /// The events of the request, by their keys; those of a request that was replaced are not remembered, and none may come.
    events: BTreeSet<(u32, u64)>,
    /// Decisions that were written, by request.
    decided: BTreeMap<u32, u8>,
    /// Whether one was made after the end that the agreement had at first.
    decided_late: bool,
    /// Whether it was known who decides when the agreement's end moved.
    follows: bool,
    /// What was given, by request.
    given: BTreeMap<u32, BTreeSet<Role>>,
    broken: BTreeSet<Broken>,
}

/// A step that waits to be written.
#[derive(Debug, Clone, PartialEq, Hash)]
struct Made {
    step: Told<Step>,
    authority: Authority,
}

/// A promise that was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Broken {
    LeftWhatIsOver,
    EventTwice,
    EventOfThePast,
    DueAfterSweep,
    DecidedWithoutRight,
    GrantedByLink,
}

impl World {
    /// What is stored of a request, whatever time it is.
    fn state_of(&self, generation: u32) -> Option<&State> {
        let request = &self.request.it;
        let past = || request.past.iter().find(|past| past.generation == generation).map(|past| &past.state);
        if request.generation == generation { Some(&request.state) } else { past() }
    }

    /// Whether the store would take a step: nothing was written since it was made, and for a decision, who acts is the same.
    fn takes(&self, who: Who, made: &Made) -> bool {
        let is_judged = !matches!(who, Who::Decider(_)) || made.authority == self.authority;
        made.step.it.seen() == Some(self.request.it.version) && is_judged
    }

    /// Whoever would come too late is told so, and begins again.
    fn turn_away(&mut self) {
        let made = std::mem::take(&mut self.made);
        self.made = made.into_iter().filter(|(who, made)| self.takes(*who, made)).collect();
    }

    fn note_events(&mut self, step: &Step, before: &Request) {
        for event in step.events() {
            let of = match event {
                Event::Permission { generation, .. } | Event::PermissionAsked { generation, .. } => *generation,
                // The day's email has no number: the same may never come twice.
                _ => 0,
            };
            if of > 0 && of < before.generation {
                self.broken.insert(Broken::EventOfThePast);
            }
            if !self.events.insert((of, short(event))) {
                self.broken.insert(Broken::EventTwice);
            }
        }
        let now = step.after().generation;
        self.events.retain(|(of, _)| [0, now].contains(of));
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
        let standing = |roster: &Roster, ends: &str| {
            let (primary, notices) = (licensing::ContactName::Primary, licensing::ContactName::Notices);
            let level = StandingLevel {
                licence: "enterprise/1".parse().unwrap(),
                starts: "2026-01-01".parse().unwrap(),
                ends: ends.parse().unwrap(),
                contacts: [(primary, address("boss")), (notices, address("chief"))].into(),
                corrections: Corrections::default(),
                roster: roster.clone(),
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
            standings: [
                standing(&Roster::default(), "2026-12-10"),
                standing(&without, "2026-12-10"),
                standing(&Roster::default(), "2026-12-15"),
                standing(&without, "2026-12-15"),
            ],
            moves: false,
            asks_anew: 1,
            asker: person("ann"),
            deciders: [person("boss"), person("chief")],
            policy: Policy::default().requests,
            steps: Arc::default(),
        }
    }

    fn steps(&self) -> std::sync::MutexGuard<'_, Steps> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
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
    fn step(&self, world: &World, who: Who, grants: bool) -> Option<Told<Step>> {
        let (print, version) = (world.request.print, world.request.it.version);
        let reading = (print, version, world.clock, world.authority, who, grants);
        if let Some(known) = self.steps().get(&reading) {
            return known.clone();
        }
        let step = self.make(world, who, grants).map(Told::step);
        self.steps().insert(reading, step.clone());
        step
    }

    fn make(&self, world: &World, who: Who, grants: bool) -> Option<Step> {
        let (stored, now) = (Request::clone(&world.request.it), self.now(world));
        let Authority { boss_left, end_moved } = world.authority;
        let standing = &self.standings[usize::from(boss_left) + 2 * usize::from(end_moved)];
        let request = stored.clone().followed(standing.ends_at());
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
                if index == 1 && grants {
                    // The mailed link is tried first, and grants nothing.
                    let (request, by) = (request.clone(), Decider::Link(person.address.clone()));
                    let deciding = Deciding { by: &by, ..deciding };
                    if let Ok(step) = request.decide(decision.clone(), "", shown, &deciding, now) {
                        return Some(step);
                    }
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
            Who::Sweeper(_) => {
                let moved = request.ends_at != stored.ends_at;
                let step = stored.sweep_followed(standing.ends_at(), now, &self.policy);
                assert!(step.is_some() || !moved, "an end that moved is not written down");
                step
            }
        }
    }

    /// What the store does with it. The first that comes wins; the others begin again.
    fn write(&self, world: &mut World, who: Who, made: &Made) {
        let (before, step) = (Arc::clone(&world.request.it), &made.step.it);
        let after = step.after();
        if !before.state.is_pending() {
            let now = self.now(world);
            let past = after.past_of(before.generation, now);
            // A step that is made once for all requests of a kind may have another time in it.
            if past.is_none_or(|past| is(&past.state) != is(&before.state)) {
                world.broken.insert(Broken::LeftWhatIsOver);
            }
        }
        world.note_events(step, &before);
        if let Who::Decider(index) = who {
            *world.decided.entry(after.generation).or_default() += 1;
            let at = after.state.decided().map(|decided| decided.at);
            world.decided_late |= self.moves && at >= self.standings[0].ends_at();
            if index == 0 && world.authority.boss_left {
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
        if world.made.is_empty() {
            // Nobody is on the way who could tell how often it was written.
            world.request = Told::request(Request { version: 1, ..after.clone() });
        }
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
            authority: Authority::default(),
            made: BTreeMap::new(),
            done: BTreeSet::new(),
            events: step.events().iter().map(|event| (1, short(event))).collect(),
            decided: BTreeMap::new(),
            decided_late: false,
            follows: false,
            given: BTreeMap::new(),
            broken: BTreeSet::new(),
        }]
    }

    fn actions(&self, world: &World, acts: &mut Vec<Act>) {
        acts.extend(world.made.keys().map(|who| Act::Writes(*who)));
        acts.extend((world.clock + 1 < self.clock.len()).then_some(Act::Tick));
        acts.extend((!world.authority.boss_left).then_some(Act::LosesTheRight));
        acts.extend((self.moves && !world.authority.end_moved).then_some(Act::EndMoves));
        if world.made.len() == ON_THEIR_WAY {
            return;
        }
        for who in EVERYBODY {
            // Two sweeps are alike: the second begins where the first is on its way.
            let is_first = who != Who::Sweeper(1) || world.made.contains_key(&Who::Sweeper(0));
            let is_over = who == Who::Asks && world.request.it.generation > self.asks_anew;
            if world.made.contains_key(&who) || world.done.contains(&who) || !is_first || is_over {
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
                world.authority.boss_left = true;
                world.turn_away();
            }
            Act::EndMoves => {
                world.authority.end_moved = true;
                world.follows = world.request.it.route.is_some();
                world.turn_away();
            }
            Act::Reads(who, grants) => {
                let step = self.step(&world, who, grants)?;
                let due = step.it.after().due_at(&self.policy);
                if matches!(who, Who::Sweeper(_)) && due.is_some_and(|due| due <= self.now(&world)) {
                    world.broken.insert(Broken::DueAfterSweep);
                }
                let authority = world.authority;
                world.made.insert(who, Made { step, authority });
            }
            Act::Writes(who) => {
                let made = world.made.remove(&who)?;
                self.write(&mut world, who, &made);
            }
        }
        Some(world)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        fn stands(world: &World, wanted: fn(&State) -> bool) -> bool {
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
            Property::<Self>::always("nothing is said of a request that was replaced", |_, world| {
                !world.broken.contains(&Broken::EventOfThePast)
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
                stands(world, |state| matches!(state, State::Granted { .. }))
            }),
            Property::<Self>::sometimes("it is denied", |_, world| {
                stands(world, |state| matches!(state, State::Denied { .. }))
            }),
            Property::<Self>::sometimes("it is withdrawn", |_, world| {
                stands(world, |state| matches!(state, State::Withdrawn { .. }))
            }),
            Property::<Self>::sometimes("two decide at once", |_, world| {
                world.made.keys().filter(|who| matches!(who, Who::Decider(_))).count() == 2
            }),
            Property::<Self>::sometimes("two sweeps run at once", |_, world| world.made.contains_key(&Who::Sweeper(1))),
            Property::<Self>::sometimes("it was reminded of by all", |_, world| {
                let told = &world.request.it.told;
                told.reminded_at.is_some() && told.reminded_by_asker_at.is_some() && told.undecided_at.is_some()
            }),
        ];
        if self.asks_anew > 0 {
            all.push(Property::<Self>::sometimes("it is replaced and then decided", |_, world| {
                world.request.it.generation == 2 && world.decided.contains_key(&2)
            }));
            all.push(Property::<Self>::sometimes("both requests are decided", |_, world| world.decided.len() == 2));
        }
        if self.moves {
            all.push(Property::<Self>::sometimes("the end that moved is written down", |room, world| {
                let request = &world.request.it;
                world.follows && Some(request.ends_at) == room.standings[2].ends_at() && request.state.is_pending()
            }));
            all.push(Property::<Self>::sometimes("it is decided after the end that moved", |_, world| {
                world.follows && world.decided_late
            }));
        }
        all.push(if self.colleague {
            Property::<Self>::sometimes("it ends with the agreement", |_, world| {
                stands(world, |state| matches!(state, State::Ended { with_agreement: true, .. }))
            })
        } else {
            Property::<Self>::sometimes("it ends by itself", |_, world| {
                stands(world, |state| matches!(state, State::Ended { with_agreement: false, .. }))
            })
        });
        all
    }
}
