//! Several people at the same thing in the same second: every order in which their database calls can follow each other,
//! alone and with a fault at each call of one of them. Exactly one change is made, and everybody learns of it.
//!
//! Each test says at its end how many different orders there were. The number changes with the calls that are made: who
//! changes those counts anew, and a smaller number than expected is a defect of the test.

use std::fmt::Write as _;

use api::{
    activations::{Choice, Confirm, Target, Which},
    path,
};
use gateway::{
    App, Clock, Request,
    boot::Deadline,
    testing::{
        Bench, Browser,
        faults::{Call, Fault, Faults, Kind, Retries},
        interleavings::{Orders, Work},
        scene::{at_contoso, contacts, licence, order, sku},
    },
};
use http::HeaderValue;
use licensing::{
    Address, Timestamp,
    activation::{Activation, State},
    event::Event,
    seal::Link,
    sign_in::Attempts,
};
use serde_json::{Value, json};
use store::{
    Table, Write,
    outbox::queued,
    people::{Profile, attempts},
    sdk::types::Select,
};

/// No fault, and every one that whoever makes these calls can meet: throttled, committed but timed out, timed out before,
/// and where a transaction is written, one that has the same items.
fn faults(calls: &[Call]) -> Vec<Option<Fault>> {
    let mut all = vec![None];
    for (number, call) in (1..).zip(calls) {
        all.push(Some(Fault::before(number, Kind::Throttled)));
        all.push(Some(Fault::after(number, Kind::TimeOut)));
        // To a read it makes no difference whether it took effect.
        if call.operation == "TransactWriteItems" {
            all.push(Some(Fault::before(number, Kind::TimeOut)));
            all.push(Some(Fault::before(number, Kind::Conflict)));
        }
    }
    all
}

/// The same, where only the last of these calls, a transaction, meets them.
fn faults_of_the_last(calls: &[Call]) -> Vec<Option<Fault>> {
    faults(calls).into_iter().filter(|fault| fault.is_none_or(|fault| fault.call == calls.len())).collect()
}

/// What all that is asked for here costs: one read, one transaction.
fn read_and_write() -> Vec<Call> {
    ["BatchGetItem", "TransactWriteItems"].map(Call::to_database).into()
}

/// What taking back costs: what stands beside it is read once it is known that the person may.
fn two_reads_and_write() -> Vec<Call> {
    ["BatchGetItem", "BatchGetItem", "TransactWriteItems"].map(Call::to_database).into()
}

/// People who may all manage Contoso's activations, each on a way of their own to the same database.
struct Scene<const N: usize> {
    bench: Bench,
    people: [Browser; N],
    ways: [Faults; N],
    apps: [App; N],
    round: usize,
}

const NAMES: [&str; 3] = ["osm", "notices", "primary"];

impl<const N: usize> Scene<N> {
    /// A fresh one, in which one of the callers meets the fault.
    async fn new(retries: Retries) -> Self {
        let bench = Bench::new().await;
        bench.contoso().await;
        let mut people = Vec::new();
        for name in &NAMES[..N] {
            people.push(bench.signed_in(&[at_contoso(name).as_str()]).await);
        }
        let people = people.try_into().unwrap_or_else(|_| unreachable!("as many as were signed in"));
        let ways: [Faults; N] = std::array::from_fn(|_| Faults::on(&bench));
        let apps = std::array::from_fn(|caller| ways[caller].app(retries));
        Self { bench, people, ways, apps, round: 0 }
    }

    /// From now on this caller meets the fault, and the others none.
    fn plan(&self, fault: Option<Fault>, unlucky: usize) {
        for (caller, way) in self.ways.iter().enumerate() {
            match fault {
                Some(fault) if caller == unlucky => way.plan(fault),
                _ => way.heal(),
            }
        }
    }

    async fn run<T: Send + 'static>(&self, orders: &mut Orders, work: [Work<T>; N]) -> [T; N] {
        orders.run(std::array::from_fn(|caller| &self.ways[caller]), work).await
    }

    /// An activation that was just mailed: the product, its link, and how long the audit is.
    async fn invited(&mut self) -> Round {
        self.round += 1;
        let product = format!("S-{}", self.round);
        self.bench.online_service(&product).await;
        let token = self.bench.invite(&product).await;
        Round { before: self.audit_length(&product).await, product, token }
    }

    async fn audit_length(&self, product: &str) -> u64 {
        self.bench.context(product).await.head.expect("a chain").newest
    }

    async fn accounts(&self) -> i32 {
        let store = &self.bench.app.store;
        let count = store.client().scan().table_name(store.name(Table::Accounts)).select(Select::Count);
        // Not the note of which account is a customer's own.
        count.filter_expression("attribute_exists(version)").send().await.expect("the database answers").count
    }

    async fn is_queued(&self, event: &Event) -> bool {
        self.bench.app.store.get(&queued(&event.id())).await.expect("the database answers").is_some()
    }

    /// One change since the round began: one audit entry, and the event that an activation of this version queues, and of
    /// no other version.
    async fn changed_once(&self, round: &Round, event: impl Fn(&Activation, u64) -> Event, what: &str) -> Activation {
        let after = self.bench.activation(&round.product).await;
        assert_eq!(self.audit_length(&round.product).await, round.before + 1, "{what}: one audit entry");
        for version in [after.version, after.version + 1] {
            let queued = self.is_queued(&event(&after, version)).await;
            assert_eq!(queued, version == after.version, "{what}: the event of version {version}");
        }
        after
    }
}

struct Round {
    product: String,
    token: String,
    before: u64,
}

impl Round {
    fn which(&self) -> Which {
        Which { licence: licence(), product: sku(&self.product) }
    }

    fn confirmation(&self, browser: &Browser, target: Target, caller: usize) -> Request {
        let choice = Choice::New(format!("Account {caller} of {}", self.product));
        let mut request = browser.post(path::CONFIRM, &Confirm { target, choice });
        let key = format!("key-{}-{caller}", self.product);
        request.headers_mut().insert("idempotency-key", HeaderValue::from_str(&key).expect("a header"));
        request
    }
}

fn activated(activation: &Activation, version: u64) -> Event {
    Event::Activated { licence: activation.licence.clone(), product: activation.product.clone(), version }
}

/// Answers a request with `activate`.
fn activates(app: &App, request: Request) -> Work<(u16, Value)> {
    let app = app.clone();
    Box::pin(async move { Browser::new().take(&activate::handle(&app, request).await) })
}

/// Confirms a link `N` times at once, in every order and with every fault. How many orders there were.
async fn confirmed_at_once<const N: usize>(retries: Retries) -> usize {
    let mut tried = 0;
    for fault in faults(&read_and_write()) {
        let mut scene = Scene::<N>::new(retries).await;
        let mut orders = Orders::default();
        while orders.more() {
            let round = scene.invited().await;
            let accounts = scene.accounts().await;
            scene.plan(fault, 0);
            let request =
                |caller: usize| round.confirmation(&scene.people[caller], Target::Link(round.token.clone()), caller);
            let work = std::array::from_fn(|caller| activates(&scene.apps[caller], request(caller)));
            let mut answers = scene.run(&mut orders, work).await;
            let what = what(&orders, fault, &answers);

            // Where nobody tries again by themselves, whoever got no answer asks again.
            for (caller, answer) in answers.iter_mut().enumerate() {
                if answer.0 == 503 && retries == Retries::Off {
                    assert!(caller == 0 && fault.is_some(), "{what}");
                    *answer = activates(&scene.bench.app, request(caller)).await;
                }
            }
            assert!(answers.iter().all(|(status, _)| *status == 200), "{what}");
            let winners = answers.iter().filter(|(_, answer)| answer["by_you"] == true).count();
            assert_eq!(winners, 1, "{what}");

            let after = scene.changed_once(&round, activated, &what).await;
            assert_eq!(after.version, 2, "{what}");
            let State::Activated(in_use) = &after.state else { panic!("{what}: {:?}", after.state) };
            for (caller, (_, answer)) in answers.iter().enumerate() {
                assert_eq!(answer["account_name"], in_use.account_name, "{what}: the outcome");
                let mine = in_use.account_name.starts_with(&format!("Account {caller} "));
                assert_eq!(answer["by_you"], mine, "{what}: who did it");
            }
            assert_eq!(scene.accounts().await, accounts + 1, "{what}: one account is made");
        }
        tried += orders.tried();
    }
    tried
}

/// What happened, for whoever reads a failure.
fn what(orders: &Orders, fault: Option<Fault>, answers: &[(u16, Value)]) -> String {
    let mut text = format!("calls of {:?}", orders.taken());
    if let Some(fault) = fault {
        let _ = write!(text, ", {fault}");
    }
    for (status, answer) in answers {
        let _ = write!(text, "\n  {status} {answer}");
    }
    text
}

/// LINK-04 two people confirm the same link: in every order, and with every fault at each call, one activates and the other
/// sees its outcome; the client tries again by itself, so nobody hears of the fault.
#[tokio::test]
async fn link_04_two_confirm_in_every_order_with_every_fault() {
    assert_eq!(confirmed_at_once::<2>(Retries::AsDeployed).await, 65);
}

/// LINK-04 the same where the client does not try again: who got no answer asks again and sees the same outcome.
#[tokio::test]
async fn link_04_two_confirm_in_every_order_and_ask_again() {
    assert_eq!(confirmed_at_once::<2>(Retries::Off).await, 47);
}

/// LINK-04 the same with three.
#[tokio::test]
async fn link_04_three_confirm_in_every_order_with_every_fault() {
    assert_eq!(confirmed_at_once::<3>(Retries::AsDeployed).await, 962);
}

/// LINK-07 two people take an activation back: it is taken back once, and whoever was slower hears that it is.
#[tokio::test]
async fn link_07_two_take_it_back_in_every_order_with_every_fault() {
    let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
    let mut tried = 0;
    for fault in faults(&two_reads_and_write()) {
        let mut orders = Orders::default();
        while orders.more() {
            let mut round = scene.invited().await;
            let confirmation = round.confirmation(&scene.people[0], Target::Link(round.token.clone()), 0);
            assert_eq!(activates(&scene.bench.app, confirmation).await.0, 200);
            round.before += 1;
            scene.plan(fault, 0);
            let undo = |caller: usize| scene.people[caller].post(path::UNDO, &round.which());
            let work = [activates(&scene.apps[0], undo(0)), activates(&scene.apps[1], undo(1))];
            let answers = scene.run(&mut orders, work).await;
            let what = what(&orders, fault, &answers);

            let undone = |activation: &Activation, version: u64| Event::Undone {
                licence: activation.licence.clone(),
                product: activation.product.clone(),
                version,
                to: at_contoso("osm"),
                account: "any".parse().expect("an id"),
                account_name: String::new(),
                by_them: false,
            };
            let after = scene.changed_once(&round, undone, &what).await;
            assert!(matches!(after.state, State::Invited(_)) && after.version == 3, "{what}");
            // Who only came once it was done is told that nothing is left to take back.
            let late = |(status, answer): &(u16, Value)| *status == 409 && answer["code"] == "not-activated";
            assert!(answers.iter().any(|answer| answer.0 == 200), "{what}");
            assert!(answers.iter().all(|answer| answer.0 == 200 || late(answer)), "{what}");
            if fault.is_none() {
                assert_eq!(answers.iter().any(late), one_after_the_other(&orders), "{what}");
            }
        }
        tried += orders.tried();
    }
    assert_eq!(tried, 307);
}

/// Whether one caller was through before the other began.
fn one_after_the_other(orders: &Orders) -> bool {
    orders.taken().windows(2).filter(|pair| pair[0] != pair[1]).count() == 1
}

/// ACT-14 LINK-04 one confirms while another has a new link mailed: whichever comes first, each of the two is told what
/// holds, and a link that was replaced activates nothing.
#[tokio::test]
async fn act_14_confirming_and_resending_in_every_order_with_every_fault() {
    let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
    let mut tried = 0;
    for (by_link, unlucky) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
        for fault in faults(&read_and_write()) {
            let mut orders = Orders::default();
            while orders.more() {
                let round = scene.invited().await;
                scene.plan(fault, unlucky);
                let target = if by_link { Target::Link(round.token.clone()) } else { Target::Portal(round.which()) };
                let confirmation = round.confirmation(&scene.people[0], target, 0);
                let resend = scene.people[1].post(path::RESEND, &round.which());
                let resending = scene.apps[1].clone();
                let work: [Work<(u16, Value)>; 2] = [
                    activates(&scene.apps[0], confirmation),
                    Box::pin(async move { Browser::new().take(&send_activation::handle(&resending, resend).await) }),
                ];
                let answers = scene.run(&mut orders, work).await;
                let what =
                    format!("{}\n  by link: {by_link}, the fault is of {unlucky}", what(&orders, fault, &answers));

                let after = scene.bench.activation(&round.product).await;
                let said = [answers[0].1["code"].as_str(), answers[1].1["code"].as_str()];
                let changes = match (answers[0].0, answers[1].0) {
                    (200, 409) => {
                        assert_eq!(said[1], Some("already-activated"), "{what}");
                        assert!(matches!(after.state, State::Activated(_)) && after.generation == 1, "{what}");
                        1
                    }
                    (410, 202) => {
                        assert!(by_link && said[0] == Some("link-replaced"), "{what}");
                        assert!(matches!(after.state, State::Invited(_)) && after.generation == 2, "{what}");
                        1
                    }
                    // From the portal nothing stands against it, whatever was mailed.
                    (200, 202) => {
                        assert!(!by_link && matches!(after.state, State::Activated(_)), "{what}");
                        assert_eq!(after.generation, 2, "{what}");
                        2
                    }
                    _ => panic!("{what}"),
                };
                assert_eq!(after.version, 1 + changes, "{what}");
                assert_eq!(scene.audit_length(&round.product).await, round.before + changes, "{what}");
                let mailed = Event::ActivationLink {
                    licence: licence(),
                    product: sku(&round.product),
                    generation: 2,
                    why: licensing::event::Why::Resent,
                    mail: 1,
                };
                assert_eq!(scene.is_queued(&mailed).await, answers[1].0 == 202, "{what}");
            }
            tried += orders.tried();
        }
    }
    assert_eq!(tried, 271);
}

/// Nothing is due any more before the link's end. That end.
async fn delivered_and_reminded(bench: &Bench, round: &Round) -> Timestamp {
    let (store, policy) = (&bench.app.store, &bench.app.policy.links);
    let mut end = Timestamp::MAX;
    for delivered in [true, false] {
        let context = bench.context(&round.product).await;
        let activation = context.activation.expect("it is stored");
        let State::Invited(invitation) = &activation.state else { panic!("it was mailed") };
        end = invitation.expires_at;
        let a_day_before = Timestamp::from_second(end.as_second() - 24 * 3600).expect("a time");
        let step = if delivered {
            activation.delivered(activation.generation, &invitation.to.address)
        } else {
            activation.sweep(&contacts(), |_| false, a_day_before, policy)
        };
        let step = step.expect("it was mailed, and the last reminder is due");
        store
            .write_step(&step, context.head.as_ref(), a_day_before, policy, Write::new())
            .await
            .expect("it is written");
    }
    end
}

/// EXP-03 EXP-05 LINK-04 somebody confirms in the last second while a sweep, whose clock is a second ahead, ends the link:
/// it is activated or ended, never both, and the person is told which.
#[tokio::test]
async fn exp_03_confirming_in_the_last_second_and_the_sweep_in_every_order_with_every_fault() {
    let mut tried = 0;
    let mut ended = 0;
    for fault in faults(&read_and_write()) {
        let mut orders = Orders::default();
        while orders.more() {
            // A database of its own each time: a sweep takes up all that is due.
            let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
            let round = scene.invited().await;
            let end = delivered_and_reminded(&scene.bench, &round).await;
            let round = Round { before: scene.audit_length(&round.product).await, ..round };
            let version = scene.bench.activation(&round.product).await.version;
            scene.bench.app.clock.set(Timestamp::from_second(end.as_second() - 1).expect("a time"));
            scene.bench.app.store.advance_watermark("due", scene.bench.app.now()).await.expect("it is written");
            let person = scene.bench.signed_in(&[at_contoso("primary").as_str()]).await;

            scene.plan(fault, 0);
            let confirmation = round.confirmation(&person, Target::Link(round.token.clone()), 0);
            let sweeping = App { clock: Clock::fixed(end), ..scene.apps[1].clone() };
            let work: [Work<(u16, Value)>; 2] = [
                activates(&scene.apps[0], confirmation),
                Box::pin(async move {
                    let report = expire_links::sweep(&sweeping, Deadline::NONE).await.expect("swept");
                    assert_eq!(report.failed, 0);
                    (0, json!(report.steps))
                }),
            ];
            let answers = scene.run(&mut orders, work).await;
            let what = what(&orders, fault, &answers);

            let after = scene.bench.activation(&round.product).await;
            assert_eq!(after.version, version + 1, "{what}");
            assert_eq!(scene.audit_length(&round.product).await, round.before + 1, "{what}");
            let ends =
                Event::LinkExpired { licence: licence(), product: sku(&round.product), generation: after.generation };
            let told = (scene.is_queued(&activated(&after, after.version)).await, scene.is_queued(&ends).await);
            match &after.state {
                State::Activated(_) => {
                    assert_eq!(
                        (answers[0].0, &answers[0].1["by_you"], told),
                        (200, &json!(true), (true, false)),
                        "{what}"
                    );
                    assert_eq!(answers[1].1, json!({}), "{what}");
                }
                State::Expired { .. } => {
                    assert_eq!(
                        (answers[0].0, &answers[0].1["code"], told),
                        (410, &json!("link-expired"), (false, true)),
                        "{what}"
                    );
                    assert_eq!(answers[1].1, json!({ "activation.expired": 1 }), "{what}");
                    ended += 1;
                }
                other => panic!("{what}: {other:?}"),
            }
        }
        tried += orders.tried();
    }
    assert_eq!((tried, ended), (134, 58), "in nearly half of them the sweep comes first");
}

/// Answers a request with `register`.
fn registers(app: &App, browser: Browser, path: &str, body: &Value) -> Work<(u16, Value)> {
    let (app, request) = (app.clone(), browser.post(path, body));
    Box::pin(async move { browser.take(&register::handle(&app, request).await) })
}

/// What is known of signing in with an address from strangers' browsers.
async fn known(bench: &Bench, address: &Address) -> Attempts {
    bench.app.store.get(&attempts(address, "")).await.expect("the database answers").unwrap_or_default()
}

/// REG-03 REG-05 two browsers ask for a code for one address: both are mailed the same code, each once, and both count;
/// for an address that is asked for the first time, and for one that was before.
#[tokio::test]
async fn reg_03_two_ask_for_a_code_in_every_order_with_every_fault() {
    let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
    let mut tried = 0;
    for first in [true, false] {
        for fault in faults(&read_and_write()) {
            let mut orders = Orders::default();
            while orders.more() {
                scene.round += 1;
                // Beyond the hour in which strangers' requests are counted together.
                scene.bench.pass(3600);
                let number = if first { scene.round } else { 1 };
                let address: Address = format!("p{number}@contoso.example").parse().expect("an address");
                let before = known(&scene.bench, &address).await;
                scene.plan(fault, 0);
                let ask = |caller: usize| {
                    registers(&scene.apps[caller], Browser::new(), path::SIGN_IN_ASK, &json!({ "address": address }))
                };
                let answers = scene.run(&mut orders, [ask(0), ask(1)]).await;
                let what = what(&orders, fault, &answers);
                assert!(answers.iter().all(|(status, _)| *status == 200), "{what}");
                assert_eq!(answers[0].1, answers[1].1, "{what}");
                let after = known(&scene.bench, &address).await;
                let more = (after.version - before.version, after.mails - before.mails);
                assert_eq!((more, after.asked.map(|asked| asked.count)), ((2, 2), Some(2)), "{what}");
                for mail in 1..=3 {
                    let (address, generation) = (address.clone(), after.generation);
                    let event =
                        Event::SignInCode { address, device: String::new(), generation, mail: before.mails + mail };
                    assert_eq!(scene.is_queued(&event).await, mail < 3, "{what}: mail {mail}");
                }
            }
            tried += orders.tried();
        }
    }
    assert_eq!(tried, 140);
}

/// REG-03 the same code in two browsers: it signs in once; a person who is new gets one profile, and one who is known one
/// session more.
#[tokio::test]
async fn reg_03_a_code_signs_in_once_in_every_order_with_every_fault() {
    let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
    let mut tried = 0;
    // A known person's profile is read as well.
    let of_known = ["BatchGetItem", "BatchGetItem", "TransactWriteItems"].map(Call::to_database);
    for (new, calls) in [(true, &read_and_write()[..]), (false, &of_known[..])] {
        for fault in faults(calls) {
            let mut orders = Orders::default();
            while orders.more() {
                scene.round += 1;
                // Beyond the hour in which strangers' requests are counted together.
                scene.bench.pass(3600);
                let number = if new { scene.round } else { 1 };
                let address: Address = format!("p{number}@contoso.example").parse().expect("an address");
                let before = entered(&scene.bench, &address).await;
                let ask =
                    registers(&scene.bench.app, Browser::new(), path::SIGN_IN_ASK, &json!({ "address": address }));
                assert_eq!(ask.await.0, 200);
                let generation = known(&scene.bench, &address).await.generation;
                let code = scene.bench.app.keys.links().code(&address, "", generation);

                scene.plan(fault, 0);
                let enter = |caller: usize| {
                    let body = json!({ "address": address, "code": code });
                    registers(&scene.apps[caller], Browser::new(), path::SIGN_IN, &body)
                };
                let answers = scene.run(&mut orders, [enter(0), enter(1)]).await;
                let what = what(&orders, fault, &answers);
                let mut statuses = answers.iter().map(|(status, _)| *status).collect::<Vec<_>>();
                statuses.sort_unstable();
                assert_eq!(statuses, [200, 422], "{what}");
                assert!(answers.iter().any(|(_, answer)| answer["code"] == "no-code"), "{what}");
                let after = entered(&scene.bench, &address).await;
                assert_eq!(after, (before.0 + 1, before.1 + 1), "{what}: one session, one entry");
            }
            tried += orders.tried();
        }
    }
    assert_eq!(tried, 374);
}

/// Two profiles, of which one holds an address and the other has asked for it, both signed in: the address, their own addresses,
/// and their browsers.
struct Moving {
    address: Address,
    holder: (Address, Browser),
    mover: (Address, Browser),
}

impl Scene<2> {
    /// A profile that holds an address, and another one with the link that proves its mailbox.
    async fn holds(&mut self) -> Moving {
        self.round += 1;
        // Beyond the hour in which strangers' requests are counted together.
        self.bench.pass(3600);
        let number = self.round;
        let own = |who: &str| format!("{who}{number}@contoso.example");
        let shared = format!("s{number}@fabrikam.example");
        let parsed = |text: &str| text.parse::<Address>().expect("an address");
        let holder = self.bench.signed_in(&[&own("h"), &shared]).await;
        let mover = self.bench.signed_in(&[&own("m")]).await;
        Moving { address: parsed(&shared), holder: (parsed(&own("h")), holder), mover: (parsed(&own("m")), mover) }
    }

    /// The body with the newest link that proves the address to this person's profile.
    async fn proof(&self, who: &(Address, Browser), address: &Address) -> Value {
        let body = json!({ "address": address, "repeated": address });
        let mailed = registers(&self.bench.app, Browser::with_cookies_of(&who.1), path::ADDRESSES, &body).await;
        assert_eq!(mailed.0, 202, "{mailed:?}");
        let profile = self.profile_of(&who.0).await;
        let generation = profile.pending.last().expect("on its way").generation;
        let link = Link::ProveAddress { profile: profile.profile, address: address.clone(), generation };
        json!({ "token": self.bench.app.keys.links().seal(&link) })
    }

    async fn profile_of(&self, address: &Address) -> Profile {
        let person = self.bench.person(address.as_str()).await;
        let slot = store::people::profile(&person.profile);
        self.bench.app.store.get(&slot).await.expect("the database answers").expect("a profile")
    }

    /// A code that signs in with this address.
    async fn code(&self, address: &Address) -> Value {
        let ask = registers(&self.bench.app, Browser::new(), path::SIGN_IN_ASK, &json!({ "address": address }));
        assert_eq!(ask.await.0, 200);
        let generation = known(&self.bench, address).await.generation;
        let code = self.bench.app.keys.links().code(address, "", generation);
        json!({ "address": address, "code": code })
    }

    /// Whatever happened: one profile has the address, and that is its owner; a move that waits stands in both profiles, and only
    /// then; the chains are sound. Whether the mover has it, and whether the move waits.
    async fn outcome(&self, moving: &Moving, what: &str) -> (bool, bool) {
        let (holder, mover) = (self.profile_of(&moving.holder.0).await, self.profile_of(&moving.mover.0).await);
        let store = &self.bench.app.store;
        let owner = store.get(&store::people::owner(&moving.address)).await.expect("the database answers");
        let owner = owner.unwrap_or_else(|| panic!("{what}: somebody has it"));
        let (theirs, mine) = (holder.holding(&moving.address), mover.holding(&moving.address));
        assert_eq!(
            (theirs.is_some(), mine.is_some()),
            (owner.profile == holder.profile, owner.profile == mover.profile),
            "{what}"
        );
        let leaving = theirs.and_then(|theirs| theirs.leaving.as_ref());
        let arriving = mover.arriving.iter().find(|one| one.address == moving.address && one.stopped.is_none());
        assert_eq!(leaving.map(|it| (it.asked, it.due)), arriving.map(|it| (it.asked, it.due)), "{what}: both sides");
        let held = theirs.or(mine).unwrap_or_else(|| panic!("{what}: somebody has it"));
        assert_eq!(
            (owner.doubted, owner.proven),
            (held.doubted.is_some(), Some(held.proven_at())),
            "{what}: the owner"
        );
        for profile in [&holder.profile, &mover.profile] {
            let chain = licensing::audit::profile_chain(profile);
            let (entries, _) = store.audit_page(&chain, 0, 100).await.expect("the database answers");
            let head = store.audit_head(&chain).await.expect("the database answers");
            let head = head.map_or_else(licensing::audit::Head::empty, |head| head.head());
            assert!(licensing::audit::leads(&chain, &licensing::audit::Head::empty(), &entries, &head), "{what}");
        }
        (mine.is_some(), leaving.is_some())
    }
}

/// REG-09 the holder proves an address again by signing in while the mover takes it: one of them has it, both profiles say so, and
/// nothing is half written, in every order of the calls and with every fault of either's transaction.
#[tokio::test]
async fn reg_09_proving_again_and_taking_in_every_order_with_every_fault() {
    let (mut tried, mut taken) = (0, 0);
    // Whose the address is, the one profile, the other one; and who takes reads both profiles.
    let signs_in = ["BatchGetItem", "BatchGetItem", "BatchGetItem", "TransactWriteItems"].map(Call::to_database);
    let takes = ["BatchGetItem", "BatchGetItem", "TransactWriteItems"].map(Call::to_database);
    for (unlucky, all) in [(0, faults_of_the_last(&signs_in)), (1, faults_of_the_last(&takes))] {
        for fault in all {
            let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
            let mut orders = Orders::default();
            while orders.more() {
                let moving = scene.holds().await;
                let proof = scene.proof(&moving.mover, &moving.address).await;
                let mover = Browser::with_cookies_of(&moving.mover.1);
                let asked = registers(&scene.bench.app, mover, path::MOVE_ADDRESS, &proof).await;
                assert_eq!(asked.0, 200, "{asked:?}");
                scene.bench.pass(72 * 3600);
                let mover = scene.bench.signed_in_again(moving.mover.0.as_str()).await;
                let code = scene.code(&moving.address).await;

                scene.plan(fault, unlucky);
                let work = [
                    registers(&scene.apps[0], Browser::new(), path::SIGN_IN, &code),
                    registers(&scene.apps[1], mover, path::TAKE_ADDRESS, &json!({ "address": moving.address })),
                ];
                let mut answers = scene.run(&mut orders, work).await;
                let what = what(&orders, fault, &answers);
                let (moved, waits) = scene.outcome(&moving, &what).await;
                // Taken between two reads, so who signs in reads anew, and the transaction's fault hits a read: they try again.
                if answers[0].0 == 503 {
                    assert!(fault.is_some() && unlucky == 0 && moved, "{what}");
                    answers[0] = registers(&scene.bench.app, Browser::new(), path::SIGN_IN, &code).await;
                }
                assert_eq!(answers[0].0, 200, "{what}");
                let said = (answers[1].0, answers[1].1["code"].as_str());
                assert_eq!(said, if moved { (200, None) } else { (409, Some("nothing-to-take")) }, "{what}");
                assert!(!waits, "{what}");
                let own = answers[0].1["addresses"][0]["address"].as_str();
                let expected = if moved { &moving.mover.0 } else { &moving.holder.0 };
                assert_eq!(own, Some(expected.as_str()), "{what}: signed in to the profile that has it");
                taken += usize::from(moved);
            }
            tried += orders.tried();
        }
    }
    assert_eq!((tried, taken), (639, 375));
}

/// REG-09 two who have proven a mailbox ask for its address at once, or one asks while the holder signs in with it: what is told
/// to each is what is stored, in every order of the calls and with every fault of the transaction.
#[tokio::test]
async fn reg_09_asking_for_a_move_in_every_order_with_every_fault() {
    let mut tried = 0;
    let calls = ["BatchGetItem", "BatchGetItem", "TransactWriteItems"].map(Call::to_database);
    for (with_holder, all) in [(true, faults_of_the_last(&calls)), (false, faults_of_the_last(&calls))] {
        for fault in all {
            let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
            let mut orders = Orders::default();
            while orders.more() {
                let moving = scene.holds().await;
                let proof = scene.proof(&moving.mover, &moving.address).await;
                let mover = Browser::with_cookies_of(&moving.mover.1);
                let own: Address = format!("t{}@contoso.example", scene.round).parse().expect("an address");
                let third = (own.clone(), scene.bench.signed_in(&[own.as_str()]).await);
                let other = if with_holder {
                    (Browser::new(), path::SIGN_IN, scene.code(&moving.address).await)
                } else {
                    let proof = scene.proof(&third, &moving.address).await;
                    (Browser::with_cookies_of(&third.1), path::MOVE_ADDRESS, proof)
                };

                scene.plan(fault, 0);
                let work = [
                    registers(&scene.apps[0], mover, path::MOVE_ADDRESS, &proof),
                    registers(&scene.apps[1], other.0, other.1, &other.2),
                ];
                let answers = scene.run(&mut orders, work).await;
                let what = what(&orders, fault, &answers);
                if with_holder {
                    assert_eq!((answers[0].0, answers[1].0), (200, 200), "{what}");
                    let (_, waits) = scene.outcome(&moving, &what).await;
                    let said = answers[1].1["addresses"][1]["confirm_again"].is_null();
                    assert!(said, "{what}: who has just signed in by it has proven it");
                    let mover = scene.profile_of(&moving.mover.0).await;
                    assert_eq!(mover.arriving.len(), 1, "{what}");
                    assert_eq!(mover.arriving[0].stopped.is_none(), waits, "{what}");
                } else {
                    let mut statuses = answers.iter().map(|(status, _)| *status).collect::<Vec<_>>();
                    statuses.sort_unstable();
                    assert_eq!(statuses, [200, 409], "{what}");
                    assert!(answers.iter().any(|(_, answer)| answer["code"] == "address-moves"), "{what}");
                    let moving = if answers[0].0 == 200 { moving } else { Moving { mover: third, ..moving } };
                    assert_eq!(scene.outcome(&moving, &what).await, (false, true), "{what}");
                }
            }
            tried += orders.tried();
        }
    }
    assert_eq!(tried, 356);
}

/// How many sessions and audit entries the profile of an address has.
async fn entered(bench: &Bench, address: &Address) -> (usize, u64) {
    let store = &bench.app.store;
    let owner = store.get(&store::people::owner(address)).await.expect("the database answers");
    let Some(owner) = owner else { return (0, 0) };
    let sessions = store.sessions_of(&owner.profile).await.expect("the database answers");
    let chain = licensing::audit::profile_chain(&owner.profile);
    let head = store.audit_head(&chain).await.expect("the database answers").expect("a chain");
    (sessions.len(), head.newest)
}

/// ACT-16 one order is handed over twice at the same time: one activation, one mail, one audit entry, in every order of
/// the calls and with every fault.
#[tokio::test]
async fn act_16_an_order_taken_in_twice_in_every_order_with_every_fault() {
    let mut scene = Scene::<2>::new(Retries::AsDeployed).await;
    let mut tried = 0;
    // What the order names, then what that names: the customer with the addresses known to fail, then the OSM's accounts.
    let calls = ["BatchGetItem", "BatchGetItem", "Query", "TransactWriteItems"];
    for fault in faults(&calls.map(Call::to_database)) {
        let mut orders = Orders::default();
        while orders.more() {
            scene.round += 1;
            let product = format!("S-{}", scene.round);
            scene.bench.online_service(&product).await;
            let before = scene.bench.context(&product).await.head.map_or(0, |head| head.newest);
            let new = order(&format!("PO-{}", scene.round), &product, 10);
            let mut write = Write::new();
            write.order(&scene.bench.app.store, &new, scene.bench.app.now());
            write.commit(&scene.bench.app.store).await.expect("a new order");
            let slot = store::orders::order(&new.id);
            let stored = scene.bench.app.store.get(&slot).await.expect("answers").expect("stored");

            scene.plan(fault, 0);
            let work = std::array::from_fn(|caller| {
                let (app, stored) = (scene.apps[caller].clone(), stored.clone());
                let taking: Work<Result<(), store::Error>> =
                    Box::pin(async move { send_activation::take_in(&app, &stored).await });
                taking
            });
            let answers = scene.run(&mut orders, work).await;
            assert_eq!(scene.ways[0].happened(), fault.is_some());
            let what = format!("calls of {:?}, {fault:?}: {answers:?}", orders.taken());
            assert!(answers.iter().all(Result::is_ok), "{what}");
            let after = scene.bench.activation(&product).await;
            assert_eq!((after.version, after.generation, after.quantity), (1, 1, 10), "{what}");
            assert_eq!(scene.audit_length(&product).await, before + 1, "{what}");
        }
        tried += orders.tried();
    }
    assert_eq!(tried, 367);
}
