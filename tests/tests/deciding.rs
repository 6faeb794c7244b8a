//! Several people at the same request for permission, or at the right that lets them decide, in the same second: every order in which
//! their database calls can follow each other, alone and with a fault at each call of one of them. One decision stands, everybody
//! learns of it, and whoever had lost the right when it was written changes nothing.
//!
//! Each test says at its end how many different orders there were. The number changes with the calls that are made: who changes
//! those counts anew, and a smaller number than expected is a defect of the test.

use std::{collections::BTreeSet, fmt::Write as _, sync::Arc};

use api::{
    activations::{Choice, Confirm, Target, Which},
    path,
    requests::{AskPermission, DecideRequest, GiveUp, OnLicence, RequestDecision, RequestKey, Roles, WhichRequest},
};
use gateway::{
    App, Request,
    testing::{
        Bench, Browser,
        faults::{Call, Fault, Faults, Kind, Retries},
        interleavings::{Orders, Work},
        scene::{at_contoso, licence, sku},
    },
};
use http::HeaderValue;
use licensing::{
    Address,
    access::{By, Grant, Holder, Roster},
    audit::licence_chain,
    event::{Event, RequestMail},
    roles::Role,
};
use serde_json::{Value, json};
use store::{Write, outbox::queued, requests, standing};

/// No fault, and every one that whoever makes these calls can meet.
fn faults(calls: &[&str]) -> Vec<Option<Fault>> {
    let mut all = vec![None];
    for (number, operation) in (1..).zip(calls) {
        all.push(Some(Fault::before(number, Kind::Throttled)));
        all.push(Some(Fault::after(number, Kind::TimeOut)));
        if Call::to_database(operation).operation == "TransactWriteItems" {
            all.push(Some(Fault::before(number, Kind::TimeOut)));
            all.push(Some(Fault::before(number, Kind::Conflict)));
        }
    }
    all
}

/// What deciding costs: the request and the Licensing ID, what the address holds, one transaction.
const DECIDING: [&str; 3] = ["BatchGetItem", "BatchGetItem", "TransactWriteItems"];

fn roles(role: Role) -> Roles {
    Roles { roles: [role].into(), ..Roles::default() }
}

/// Answers a request with the function that its path names.
fn answer(app: &App, request: Request) -> Work<(u16, Value)> {
    let app = app.clone();
    Box::pin(async move {
        let answer = match request.uri().path() {
            path::APPROVAL_DECIDE | path::APPROVAL_INSPECT => approve::handle(&app, request).await,
            path::CONFIRM | path::UNDO => activate::handle(&app, request).await,
            _ => request_permission::handle(&app, request).await,
        };
        Browser::new().take(&answer)
    })
}

/// Contoso with people who decide, each on a way of their own to the same database.
struct Scene {
    bench: Bench,
    people: Vec<Browser>,
    ways: [Faults; 2],
    apps: [App; 2],
    round: usize,
}

/// One request that waits.
struct Round {
    asker: Browser,
    address: Address,
    key: RequestKey,
}

impl Scene {
    /// With these people signed in.
    async fn of(people: &[&str]) -> Self {
        let mut bench = Bench::new().await;
        // Here all ask from one network.
        Arc::make_mut(&mut bench.app.policy).requests.asks_a_day_a_network = u32::MAX;
        bench.contoso().await;
        let mut signed_in = Vec::new();
        for name in people {
            signed_in.push(bench.signed_in(&[at_contoso(name).as_str()]).await);
        }
        let ways: [Faults; 2] = std::array::from_fn(|_| Faults::on(&bench));
        let apps = std::array::from_fn(|caller: usize| ways[caller].app(Retries::AsDeployed));
        Self { bench, people: signed_in, ways, apps, round: 0 }
    }

    fn plan(&self, fault: Option<Fault>) {
        match fault {
            Some(fault) => self.ways[0].plan(fault),
            None => self.ways[0].heal(),
        }
        self.ways[1].heal();
    }

    async fn run(&self, orders: &mut Orders, work: [Work<(u16, Value)>; 2]) -> [(u16, Value); 2] {
        orders.run([&self.ways[0], &self.ways[1]], work).await
    }

    /// Somebody new asks, and it is found out who decides.
    async fn asked(&mut self, role: Role) -> Round {
        self.round += 1;
        let address = at_contoso(&format!("asker-{}", self.round));
        let asker = self.bench.signed_in(&[address.as_str()]).await;
        let body = AskPermission {
            licence: licence(),
            address: Some(address.clone()),
            asked: roles(role),
            comment: String::new(),
        };
        let (status, said) = answer(&self.bench.app, asker.post(path::REQUEST_ASK, &body)).await;
        assert_eq!(status, 202, "{said}");
        let profile = self.bench.person(address.as_str()).await.profile;
        request_permission::find_out(&self.bench.app, &licence(), &profile, 1).await.expect("the database answers");
        Round { asker, address, key: RequestKey { licence: licence(), asker: profile, number: 1 } }
    }

    /// An act gives an address a role, as a decision does.
    async fn give(&self, address: &Address, role: Role) {
        let store = &self.bench.store;
        let loaded = store.standing_of(&licence()).await.expect("it answers").expect("it is loaded");
        let slot = standing::holder(&licence(), address);
        let before = store.get(&slot).await.expect("it answers");
        let mut after = before.as_ref().map_or_else(Holder::default, |before| before.record.clone());
        let grant = Grant { by: By::Row, at: self.bench.app.now(), until: None, scheme: None };
        after.assign([role], &BTreeSet::new(), false, &grant);
        let mut roster = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
        roster.note(address, &after).expect("there is room");
        let mut write = Write::new();
        write.holder(store, loaded.agreement(), "Contoso", address, before.as_ref(), &after);
        write.roster(store, &licence(), loaded.roster(), &roster);
        write.commit(store).await.expect("nobody else writes");
    }

    /// The same to so many Administrators in one transaction.
    async fn give_all(&self, administrators: usize) {
        let store = &self.bench.store;
        let mut roster = Roster::default();
        for number in 0..administrators {
            let mut holder = Holder::default();
            let grant = Grant { by: By::Row, at: self.bench.app.now(), until: None, scheme: None };
            holder.assign([Role::Administrator], &BTreeSet::new(), false, &grant);
            roster.note(&at_contoso(&format!("chief-{number}")), &holder).expect("there is room");
        }
        let mut write = Write::new();
        write.roster(store, &licence(), None, &roster);
        write.commit(store).await.expect("nobody else writes");
    }

    /// What the Licensing ID's audit says, in order, from this place on.
    async fn said_since(&self, before: u64) -> Vec<String> {
        let (entries, _) =
            self.bench.store.audit_page(&licence_chain(&licence()), before, 100).await.expect("it answers");
        entries.into_iter().map(|entry| entry.action).collect()
    }

    async fn audit_length(&self) -> u64 {
        let head = self.bench.store.audit_head(&licence_chain(&licence())).await.expect("it answers");
        head.map_or(0, |head| head.newest)
    }

    /// The roles that an act gave to an address.
    async fn holds(&self, address: &Address) -> Vec<Role> {
        let holder = self.bench.store.get(&standing::holder(&licence(), address)).await.expect("it answers");
        holder.map(|holder| holder.record.assigned.roles.into_keys().collect()).unwrap_or_default()
    }

    async fn is_told(&self, round: &Round) -> bool {
        let event = Event::Permission {
            licence: licence(),
            asker: round.key.asker.clone(),
            generation: 1,
            mail: RequestMail::Decided,
            to: round.address.clone(),
        };
        self.bench.store.get(&queued(&event.id())).await.expect("it answers").is_some()
    }

    fn deciding(&self, who: usize, round: &Round, decision: RequestDecision) -> Request {
        let body = DecideRequest { request: WhichRequest::Portal(round.key.clone()), decision, message: String::new() };
        self.people[who].post(path::APPROVAL_DECIDE, &body)
    }
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

/// APR-03 APR-06 one Administrator grants while another denies: in every order, and with every fault at each call of the first, one
/// decision stands, both see it, and grant, audit and email agree with it.
#[tokio::test]
async fn apr_03_granting_and_denying_in_every_order_with_every_fault() {
    let mut scene = Scene::of(&["primary", "notices"]).await;
    let mut tried = 0;
    for fault in faults(&DECIDING) {
        let mut orders = Orders::default();
        while orders.more() {
            let round = scene.asked(Role::OnlineServicesManager).await;
            let before = scene.audit_length().await;
            scene.plan(fault);
            let grant = scene.deciding(0, &round, RequestDecision::Grant(roles(Role::OnlineServicesManager)));
            let deny = scene.deciding(1, &round, RequestDecision::Deny(true));
            let work = [answer(&scene.apps[0], grant), answer(&scene.apps[1], deny)];
            let answers = scene.run(&mut orders, work).await;
            let what = what(&orders, fault, &answers);

            assert!(answers.iter().all(|(status, _)| *status == 200), "{what}");
            assert_eq!(answers[0].1["state"], answers[1].1["state"], "{what}: both see the same");
            let deciders = answers.iter().filter(|(_, answer)| answer["by_you"] == true).count();
            assert_eq!(deciders, 1, "{what}");
            let granted = answers[0].1["state"] == "granted";
            let action = if granted { "permission.granted" } else { "permission.denied" };
            assert_eq!(scene.said_since(before).await, [action], "{what}");
            let holds = scene.holds(&round.address).await;
            assert_eq!(holds, if granted { vec![Role::OnlineServicesManager] } else { vec![] }, "{what}");
            assert!(scene.is_told(&round).await, "{what}");
        }
        tried += orders.tried();
    }
    assert_eq!(tried, 317);
}

/// APR-03 fifty Administrators decide at once, half of them to grant and half to deny: one decision stands, all others learn it, and
/// grant, audit and email agree with it. So many rounds are made as the variable `ROUNDS` says, else two.
#[tokio::test]
async fn apr_03_fifty_decide_at_once() {
    let rounds: usize = std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(2);
    let names: Vec<String> = (0..50).map(|number| format!("chief-{number}")).collect();
    let mut scene = Scene::of(&names.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for name in &names {
        scene.give(&at_contoso(name), Role::Administrator).await;
    }
    for _ in 0..rounds {
        let round = scene.asked(Role::OnlineServicesManager).await;
        let before = scene.audit_length().await;
        let decision = |who: usize| match who % 2 {
            0 => RequestDecision::Grant(roles(Role::OnlineServicesManager)),
            _ => RequestDecision::Deny(true),
        };
        let all = (0..names.len()).map(|who| answer(&scene.bench.app, scene.deciding(who, &round, decision(who))));
        let answers = futures_util::future::join_all(all).await;
        assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
        let state = answers[0].1["state"].clone();
        assert!(answers.iter().all(|(_, answer)| answer["state"] == state), "all see the same");
        assert_eq!(answers.iter().filter(|(_, answer)| answer["by_you"] == true).count(), 1);
        let granted = state == "granted";
        let action = if granted { "permission.granted" } else { "permission.denied" };
        assert_eq!(scene.said_since(before).await, [action]);
        assert_eq!(!scene.holds(&round.address).await.is_empty(), granted);
        assert!(scene.is_told(&round).await);
    }
}

/// APR-06 with 300 Administrators by an act, deciding costs at most 8 write units more than with one, the roster's size besides
/// where it is written; and so does activating.
#[tokio::test]
async fn apr_06_three_hundred_administrators_cost_hardly_more() {
    let mut units = Vec::new();
    for administrators in [1, 300] {
        let mut scene = Scene::of(&["chief-0", "manager"]).await;
        scene.give_all(administrators).await;
        scene.give(&at_contoso("manager"), Role::OnlineServicesManager).await;
        let round = scene.asked(Role::Download).await;
        scene.bench.online_service("S-1").await;
        scene.bench.invite("S-1").await;
        let used = async |work: Work<(u16, Value)>| {
            let before = scene.bench.app.store.meter().read();
            let (status, said) = work.await;
            assert_eq!(status, 200, "{said}");
            (scene.bench.app.store.meter().read() - before).write_units
        };
        let grant = scene.deciding(0, &round, RequestDecision::Grant(roles(Role::Download)));
        let decided = used(answer(&scene.bench.app, grant)).await;
        let target = Target::Portal(Which { licence: licence(), product: sku("S-1") });
        let mut confirm =
            scene.people[1].post(path::CONFIRM, &Confirm { target, choice: Choice::New("Account".into()) });
        confirm.headers_mut().insert("idempotency-key", HeaderValue::from_static("key-00000001"));
        let confirmed = used(answer(&scene.bench.app, confirm)).await;
        units.push([decided, confirmed]);
    }
    for (one, many) in units[0].iter().zip(units[1]) {
        assert!(many - one <= 8.0, "{units:?}");
    }
}

/// REQ-09 APR-03 who asked takes it back while an Administrator grants: one of the two stands, and the other one is told.
#[tokio::test]
async fn req_09_withdrawing_and_granting_in_every_order_with_every_fault() {
    let mut scene = Scene::of(&["primary"]).await;
    let mut tried = 0;
    for fault in faults(&DECIDING) {
        let mut orders = Orders::default();
        while orders.more() {
            let round = scene.asked(Role::Download).await;
            let before = scene.audit_length().await;
            scene.plan(fault);
            let grant = scene.deciding(0, &round, RequestDecision::Grant(roles(Role::Download)));
            let withdraw = round.asker.post(path::REQUEST_WITHDRAW, &OnLicence { licence: licence() });
            let work = [answer(&scene.apps[0], grant), answer(&scene.apps[1], withdraw)];
            let answers = scene.run(&mut orders, work).await;
            let what = what(&orders, fault, &answers);
            assert!(answers.iter().all(|(status, _)| *status == 200), "{what}");
            assert_eq!(answers[0].1["state"], answers[1].1["state"], "{what}");
            let granted = answers[0].1["state"] == "granted";
            let action = if granted { "permission.granted" } else { "permission.withdrawn" };
            assert_eq!(scene.said_since(before).await, [action], "{what}");
            assert_eq!(!scene.holds(&round.address).await.is_empty(), granted, "{what}");
        }
        tried += orders.tried();
    }
    assert_eq!(tried, 132);
}

/// PERM-04 APR-01 an Administrator by an act decides while giving the licence up: whoever had lost the right when it was written has
/// decided nothing.
#[tokio::test]
async fn perm_04_deciding_and_giving_up_in_every_order() {
    let mut scene = Scene::of(&["boss"]).await;
    let boss = at_contoso("boss");
    let mut orders = Orders::default();
    while orders.more() {
        // A bench of its own each round would take long: the right is given anew.
        scene.give(&boss, Role::Administrator).await;
        let round = scene.asked(Role::Download).await;
        let before = scene.audit_length().await;
        scene.plan(None);
        let grant = scene.deciding(0, &round, RequestDecision::Grant(roles(Role::Download)));
        let leave = scene.people[0].post(path::GIVE_UP, &GiveUp { licence: licence(), address: boss.clone() });
        // Somebody else has to remain who has proven their address.
        if scene.round == 1 {
            scene.bench.signed_in(&["primary@contoso.example"]).await;
        }
        let work = [answer(&scene.apps[0], grant), answer(&scene.apps[1], leave)];
        let answers = scene.run(&mut orders, work).await;
        let what = what(&orders, None, &answers);
        assert_eq!(answers[1].0, 200, "{what}");
        let said = scene.said_since(before).await;
        let granted = said.iter().any(|action| action == "permission.granted");
        assert_eq!(granted, answers[0].0 == 200, "{what}: {said:?}");
        if granted {
            assert_eq!(said, ["permission.granted", "permission.given-up"], "{what}: the right was there");
        } else {
            assert_eq!((answers[0].0, &answers[0].1["code"]), (403, &json!("not-allowed")), "{what}");
        }
        assert_eq!(!scene.holds(&round.address).await.is_empty(), granted, "{what}");
        let request =
            scene.bench.store.get(&requests::request(&licence(), &round.key.asker)).await.expect("it answers");
        assert_eq!(request.expect("it was asked").state.is_pending(), !granted, "{what}");
    }
    assert_eq!(orders.tried(), 20);
}

/// LINK-02 PERM-04 an Online Services Manager by an act confirms an activation while giving the licence up: it is activated only
/// where that was written first.
#[tokio::test]
async fn link_02_confirming_and_giving_up_in_every_order() {
    let mut scene = Scene::of(&["manager"]).await;
    let manager = at_contoso("manager");
    let mut orders = Orders::default();
    while orders.more() {
        scene.round += 1;
        scene.give(&manager, Role::OnlineServicesManager).await;
        let product = format!("S-{}", scene.round);
        scene.bench.online_service(&product).await;
        scene.bench.invite(&product).await;
        let before = scene.audit_length().await;
        scene.plan(None);
        let target = Target::Portal(Which { licence: licence(), product: sku(&product) });
        let choice = Choice::New(format!("Account of {product}"));
        let mut confirm = scene.people[0].post(path::CONFIRM, &Confirm { target, choice });
        let key = format!("key-{product}-1");
        confirm.headers_mut().insert("idempotency-key", HeaderValue::from_str(&key).expect("a header"));
        let leave = scene.people[0].post(path::GIVE_UP, &GiveUp { licence: licence(), address: manager.clone() });
        let work = [answer(&scene.apps[0], confirm), answer(&scene.apps[1], leave)];
        let answers = scene.run(&mut orders, work).await;
        let what = what(&orders, None, &answers);
        assert_eq!(answers[1].0, 200, "{what}");
        let said = scene.said_since(before).await;
        let activated = scene.bench.state(&product).await == "activated";
        assert_eq!(activated, answers[0].0 == 200, "{what}: {said:?}");
        if activated {
            assert_eq!(said, ["activation.confirmed", "permission.given-up"], "{what}: the right was there");
        } else {
            assert_eq!((answers[0].0, &answers[0].1["code"]), (403, &json!("not-allowed")), "{what}");
        }
    }
    assert_eq!(orders.tried(), 10);
}
