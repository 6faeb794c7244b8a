//! Random histories: what must hold in all of them.

use std::collections::BTreeSet;

use licensing::{
    ContactName::{self, BillTo, Notices, OnlineAdministrator, OnlineServicesManager as Osm, Primary},
    Timestamp,
    activation::{Activation, Proposer, Setup, State},
    audit::Actor,
    event::{Event, Why},
    judge::Administers,
    when::day_of,
};
use proptest::prelude::*;

use crate::story::{Story, address, leaked, policy, second_before};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// ACT-11 EXP-03 EXP-05 EXP-06 LINK-04 no history panics, and in each of them: a step rises the version by one and is
    /// made on condition of what was read; a link never gets an older number; a told end stays; no mail is lost to another
    /// one's key; what is in use reminds nobody; and something falls due exactly when the sweep finds it.
    #[test]
    fn exp_03_every_history_keeps_the_promises(acts in prop::collection::vec(any_act(), 1..60)) {
        let mut story = Story::new();
        let mut keys = BTreeSet::new();
        for act in acts {
            let (before, now) = (story.stored.clone(), story.now);
            let events = story.act(&act);
            for event in &events {
                prop_assert!(keys.insert(event.id()), "{} is written twice", event.id());
            }
            let Some(after) = &story.stored else { continue };
            prop_assert_eq!(story.due_is_when_the_sweep_finds_it(), Ok(()));
            let Some(before) = before else { continue };
            if matches!((&before.state, &act), (State::Activated(_), Act::Sweep | Act::Exhaust)) {
                prop_assert!(events.is_empty());
            }
            if let (Some(told), Some(tells)) = (end(&before), end(after)) {
                let opened = before.has_expired(now) && matches!(act, Act::Order { .. } | Act::Revive);
                prop_assert!(told == tells || opened, "{act:?} moved the end from {told} to {tells}");
            }
            if matches!(act, Act::Exhaust) {
                prop_assert!(after.due_at(&policy()).is_none_or(|due| due > now));
                prop_assert_eq!(before.has_expired(now), after.has_expired(now));
            }
            for event in &events {
                let Event::ActivationLink { why, .. } = event else { continue };
                let to = &story.invitation().to;
                if !matches!(why, Why::Resent | Why::AskedAgain) {
                    prop_assert_eq!(story.contacts.get(&to.contact), Some(&to.address));
                    prop_assert!(matches!(act, Act::Undo(_)) || !story.failing.contains(&to.address));
                }
            }
        }
    }
}

/// What happens in a random history.
#[derive(Debug, Clone)]
enum Act {
    Wait(u32),
    WaitUntilDue,
    Sweep,
    Exhaust,
    Order {
        bought: i32,
        usable: i32,
    },
    Load,
    Fails(&'static str),
    Heals(&'static str),
    Corrects(ContactName, &'static str),
    Leaves(ContactName),
    Administers(Administers<'static>),
    Delivered,
    Confirm(&'static str, Option<u32>),
    Undo(&'static str),
    Resend,
    AskAgain,
    AskRevival,
    Revive,
    Remap(bool, &'static str),
    /// From now on an endpoint sets the product up, or none does any more.
    Endpoint(bool),
    /// The endpoint says that it is done, or refuses.
    Answers(bool),
    AskEndpointAgain,
}

fn any_act() -> impl Strategy<Value = Act> {
    let contact = || prop::sample::select(vec![Osm, Notices, Primary, OnlineAdministrator, BillTo]);
    let who = || prop::sample::select(vec!["osm", "notices", "primary", "admin", "new-osm", "else"]);
    let account = || prop::sample::select(vec!["acc-1", "acc-2"]);
    prop_oneof![
        4 => (0_u32..24 * 60).prop_map(Act::Wait),
        2 => (0_u32..200).prop_map(|days| Act::Wait(days * 24 * 60)),
        4 => Just(Act::WaitUntilDue),
        4 => Just(Act::Sweep),
        3 => Just(Act::Exhaust),
        3 => (-200_i32..200, -100_i32..200).prop_map(|(bought, usable)| Act::Order { bought, usable }),
        1 => Just(Act::Load),
        2 => who().prop_map(Act::Fails),
        1 => who().prop_map(Act::Heals),
        2 => (contact(), who()).prop_map(|(name, who)| Act::Corrects(name, who)),
        1 => contact().prop_map(Act::Leaves),
        1 => prop_oneof![Just(Administers::Nothing), account().prop_map(|id| Administers::One(leaked(id)))]
            .prop_map(Act::Administers),
        2 => Just(Act::Delivered),
        2 => (who(), prop::option::of(0_u32..4)).prop_map(|(who, generation)| Act::Confirm(who, generation)),
        2 => who().prop_map(Act::Undo),
        1 => Just(Act::Resend),
        1 => Just(Act::AskAgain),
        1 => Just(Act::AskRevival),
        1 => Just(Act::Revive),
        1 => (any::<bool>(), account()).prop_map(|(one, to)| Act::Remap(one, to)),
        1 => any::<bool>().prop_map(Act::Endpoint),
        2 => any::<bool>().prop_map(Act::Answers),
        1 => Just(Act::AskEndpointAgain),
    ]
}

/// The end of the link, where one was told.
fn end(activation: &Activation) -> Option<Timestamp> {
    match &activation.state {
        State::Stuck { expires_at, .. } => *expires_at,
        State::Invited(invitation) | State::Expired { invitation, .. } => Some(invitation.expires_at),
        State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => {
            in_use.before.as_ref().map(|invitation| invitation.expires_at).or(in_use.told)
        }
        State::Scheduled { .. } => None,
    }
}

impl Story {
    /// Does what can be done of it, and gives the events of every step that was made.
    fn act(&mut self, act: &Act) -> Vec<Event> {
        match act {
            Act::Wait(minutes) => self.pass_minutes((*minutes).into()),
            Act::Order { bought, usable } => {
                let today = day_of(self.now);
                let on = |days: i32| today.saturating_add(jiff::Span::new().days(days));
                return self.order_on(on(*bought), on(*usable));
            }
            Act::Load => self.load("acc-9"),
            Act::Administers(whom) => self.administers = *whom,
            _ if self.stored.is_none() => {}
            Act::WaitUntilDue => self.now = self.due().map_or(self.now, |due| due.max(self.now)),
            Act::Sweep => return self.sweep().unwrap_or_default(),
            Act::Exhaust => return self.exhaust(),
            Act::Fails(who) => return self.fails(who).unwrap_or_default(),
            Act::Heals(who) => {
                self.failing.remove(&address(who));
                return self.take(self.rejudged()).unwrap_or_default();
            }
            Act::Corrects(name, who) => return self.corrects(*name, who).unwrap_or_default(),
            Act::Leaves(name) => {
                self.contacts.remove(name);
                return self.take(self.rejudged()).unwrap_or_default();
            }
            Act::Delivered => {
                if let Some(to) = self.it().addressee().cloned() {
                    self.take(self.it().delivered(self.it().generation, &to.address));
                }
            }
            Act::Confirm(who, generation) => return self.confirm(who, *generation).unwrap_or_default(),
            Act::Undo(who) => return self.undo(who).unwrap_or_default(),
            Act::Resend => return self.resend().unwrap_or_default(),
            Act::AskAgain => return self.ask_again().unwrap_or_default(),
            Act::AskRevival => return self.ask_revival("osm").ok().flatten().unwrap_or_default(),
            Act::Revive => return self.revive().unwrap_or_default(),
            Act::Remap(one, to) => {
                let by = Proposer::Operator(if *one { "one" } else { "two" }.into());
                return self.remap(by, to).unwrap_or_default();
            }
            Act::Endpoint(there) => self.by_endpoint = *there,
            Act::Answers(done) => {
                let it = self.it();
                let step =
                    if *done { it.provisioned(self.now, &policy()) } else { it.provisioning_refused("no", self.now) };
                return self.take(step).unwrap_or_default();
            }
            Act::AskEndpointAgain => {
                let step = self.it().ask_endpoint_again(Actor::Operator { name: "one".into() }, "mended");
                return self.try_take(step).unwrap_or_default();
            }
        }
        Vec::new()
    }

    /// At the time at which it falls due the sweep finds something to do, a second before it nothing.
    fn due_is_when_the_sweep_finds_it(&self) -> Result<(), String> {
        let finds = |now| self.it().sweep(&self.contacts, |_| false, now, &policy()).is_some();
        match self.due() {
            Some(due) if !finds(due) => Err(format!("nothing to do at {due}")),
            Some(due) if finds(second_before(due)) => Err(format!("something to do before {due}")),
            None if finds(Timestamp::MAX) => Err("something to do that never falls due".into()),
            _ => Ok(()),
        }
    }
}
