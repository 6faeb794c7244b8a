//! The sweep ends and begins what is due, once, at a cost that what is stored has no part in.

use std::sync::Arc;

use gateway::{
    boot::Deadline,
    testing::{
        Bench,
        faults::{Fault, Faults, Retries},
        scene::{MAIL, licence, order, sku},
    },
};
use licensing::{
    Policy, Timestamp,
    access::Access,
    activation::{Activation, Invitation, State},
    due::slot,
    event::Event,
    policy::{MailPolicy, StoredPolicy},
    request::{AskOutcome, Asked, Found, NewRequest, Request},
    roles::Role,
    when::add_days,
};
use store::{Table, Write, sdk::types::AttributeValue};

async fn sweep(bench: &Bench) -> expire_links::Report {
    let report = expire_links::sweep(&bench.app, Deadline::NONE).await.expect("swept");
    bench.glance_is_right().await;
    report
}

async fn actions(bench: &Bench, chain: &str) -> Vec<String> {
    let (entries, _) = bench.store.audit_page(chain, 0, 1000).await.expect("answers");
    entries.into_iter().map(|entry| entry.action).collect()
}

/// EXP-01 EXP-06 a life of an unused link: three contacts in vain, stuck … or, delivered, three reminders and the end.
#[tokio::test]
async fn exp_06_reminders_and_end_come_from_the_sweep() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let context = bench.context(MAIL).await;
    let delivered =
        context.activation.expect("stored").delivered(1, &"osm@contoso.example".parse().expect("an address"));
    let policy = &bench.app.policy.links;
    bench
        .store
        .write_step(&delivered.expect("a step"), context.head.as_ref(), bench.app.now(), policy, Write::new())
        .await
        .expect("written");
    let mut did = Vec::new();
    for time in [
        "2026-11-26T00:00:00Z",
        "2027-04-10T23:59:59Z",
        "2027-04-11T00:00:00Z",
        "2027-05-04T00:00:00Z",
        "2027-05-10T00:00:00Z",
        "2027-05-10T23:59:59Z",
        "2027-05-11T00:00:00Z",
        "2027-05-12T00:00:00Z",
    ] {
        bench.set_time(time);
        // Months without a sweep would be walked day by day; here only the last hours matter.
        let mark = licensing::when::less_hours(bench.app.now(), 2);
        bench.store.advance_watermark("due", mark).await.expect("set");
        did.push(
            sweep(&bench).await.steps.into_iter().map(|(name, n)| format!("{name} {n}")).collect::<Vec<_>>().concat(),
        );
    }
    assert_eq!(
        did,
        [
            "",
            "",
            "activation.reminded 1",
            "activation.reminded 1",
            "activation.reminded 1",
            "",
            "activation.expired 1",
            ""
        ]
    );
    let ended = Event::LinkExpired { licence: licence(), product: sku(MAIL), generation: 1 };
    assert!(bench.store.get(&store::outbox::queued(&ended.id())).await.expect("answers").is_some());
}

/// ACT-03 three days without a delivery report: the next contact.
#[tokio::test]
async fn act_03_no_delivery_report_in_three_days() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    bench.pass(3 * 24 * 3600 - 1);
    assert_eq!(sweep(&bench).await.steps.len(), 0);
    bench.pass(1);
    assert_eq!(sweep(&bench).await.steps["activation.not-delivered"], 1);
    assert!(
        matches!(bench.activation(MAIL).await.state, State::Invited(to) if to.to.address.as_str() == "notices@contoso.example")
    );
}

/// OPS-06 EXP-05 while the release before has to read what is stored, the sweep keeps its rows of activations as well.
#[tokio::test]
async fn ops_06_the_sweep_keeps_the_rows_of_the_release_before() {
    let policy = Policy { stored: StoredPolicy { for_release_before: true }, ..Policy::default() };
    let bench = Bench::with_policy(policy).await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let (client, table) = (bench.store.client(), bench.store.name(Table::Listings));
    let key = || {
        let text = |text: &str| AttributeValue::S(text.into());
        (text("primary@contoso.example"), text(&format!("activation#{}#{MAIL}", licence())))
    };
    let delete = client.delete_item().table_name(&table).key("who", key().0).key("what", key().1);
    delete.send().await.expect("it answers");
    // Nobody heard of a delivery, so the next contact is written to.
    bench.set_time("2026-11-26T00:00:00Z");
    sweep(&bench).await;
    let row = client.get_item().table_name(&table).key("who", key().0).key("what", key().1).send().await;
    let row = row.expect("it answers").item.expect("the row is there again");
    assert_eq!(row["state"].as_s().map(String::as_str), Ok("invited"));
}

/// EXP-03 two sweeps at once end each item once, with one audit entry.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exp_03_two_sweeps_at_once_end_each_item_once() {
    let bench = Arc::new(Bench::new().await);
    due_links(&bench, 40, 40, "2026-11-22T01:00:00Z").await;
    bench.set_time("2026-11-22T02:00:00Z");
    let running: Vec<_> = (0..4)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { expire_links::sweep(&bench.app, Deadline::NONE).await.expect("swept") })
        })
        .collect();
    let mut ended = 0;
    for task in running {
        ended += task.await.expect("no panic").steps.get("activation.expired").copied().unwrap_or_default();
    }
    assert_eq!(ended, 40, "each was ended by exactly one of the sweeps");
    for number in 0..40 {
        let chain = format!("licence#enterprise/{number}");
        assert_eq!(actions(&bench, &chain).await, ["activation.expired"], "{number}");
    }
}

/// EXP-01 EXP-03 ORG-04 a request to join that nobody decided on ends when it is due, once however many sweeps there are,
/// with its audit entries and the mail to who asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exp_03_a_request_to_join_ends_once() {
    let bench = Arc::new(asked_to_join().await);
    let asker = bench.person("osm@contoso.example").await.profile;
    // Weeks without a sweep would be walked hour by hour; here only the last hours matter.
    bench.store.advance_watermark("due", "2026-12-21T22:00:00Z".parse().expect("a time")).await.expect("set");
    bench.set_time("2026-12-21T23:59:59Z");
    assert!(!sweep(&bench).await.steps.contains_key("join.ended"));
    bench.set_time("2026-12-22T00:00:00Z");
    let running: Vec<_> = (0..4)
        .map(|_| {
            let bench = Arc::clone(&bench);
            tokio::spawn(async move { expire_links::sweep(&bench.app, Deadline::NONE).await.expect("swept") })
        })
        .collect();
    let mut ended = 0;
    for task in running {
        ended += task.await.expect("no panic").steps.get("join.ended").copied().unwrap_or_default();
    }
    assert_eq!(ended, 1);
    for chain in ["account#acc-1".to_owned(), format!("profile#{asker}")] {
        assert_eq!(actions(&bench, &chain).await, ["join.asked", "join.ended"]);
    }
    let event = format!("join-ended|acc-1|{asker}|1");
    assert!(bench.store.get(&store::outbox::queued(&event)).await.expect("answers").is_some());
    assert!(!sweep(&bench).await.steps.contains_key("join.ended"));
}

/// EXP-01 REQ-05 REQ-07 a request for permission on which nobody decides is put before operators, and ends when its time is over.
#[tokio::test]
async fn req_05_a_request_for_permission_ends_when_nobody_decides() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.signed_in(&["lena@contoso.example"]).await;
    let (by, licence, has) = (bench.person("lena@contoso.example").await, licence(), Access::default());
    let asked = Asked { roles: [Role::Download].into(), ..Asked::default() };
    let new = NewRequest { licence: &licence, by: &by, name: "", asked: &asked, comment: "", has: &has };
    let policy = &bench.app.policy.requests;
    let outcome = Request::ask(None, &new, bench.app.now(), policy).expect("it may be asked");
    let AskOutcome::New(asked) = outcome else { panic!("it was asked before") };
    let loaded = bench.store.standing_of(&licence).await.expect("answers").expect("loaded");
    let (standing, addresses) = (loaded.standing(), [by.address.clone()]);
    let found = Found { standing: Some(&standing), addresses: &addresses, colleague: true, unreachable: 2 };
    let routed = asked.after().clone().route(&found, bench.app.now());
    for step in [&*asked, &routed] {
        let context = bench.store.request_context(&licence, &by.profile).await.expect("answers");
        let mut write = Write::new();
        write.request(&bench.store, step, &context, bench.app.now(), policy);
        write.commit(&bench.store).await.expect("written");
    }
    let seen = || async { bench.store.requests_for_operators(bench.app.now()).await.expect("answers").known.len() };
    assert_eq!(seen().await, 1);
    bench.set_time("2026-12-22T00:00:00Z");
    sweep(&bench).await;
    let context = bench.store.request_context(&licence, &by.profile).await.expect("answers");
    let request = context.request.expect("it is kept");
    assert!(matches!(request.state, licensing::request::State::Ended { with_agreement: false, .. }), "{request:?}");
    assert_eq!(seen().await, 0);
}

/// EXP-03 ORG-04 whichever call fails while a request to join is ended, before or after it took effect: it ends once.
#[tokio::test]
async fn exp_03_a_fault_while_a_request_to_join_ends_ends_it_once() {
    let due = || async {
        let bench = asked_to_join().await;
        // One hour only, so that the calls that find nothing do not have to fail one by one.
        bench.store.advance_watermark("due", "2026-12-22T00:00:00Z".parse().expect("a time")).await.expect("set");
        bench.set_time("2026-12-22T00:10:00Z");
        bench
    };
    let dry = due().await;
    let faults = Faults::on(&dry);
    expire_links::sweep(&faults.app(Retries::Off), Deadline::NONE).await.expect("swept");
    for fault in Fault::crashes(&faults.calls()) {
        let bench = due().await;
        let faults = Faults::on(&bench);
        faults.plan(fault);
        let _ = expire_links::sweep(&faults.app(Retries::Off), Deadline::NONE).await;
        assert!(faults.happened(), "{fault}");
        faults.heal();
        expire_links::sweep(&faults.app(Retries::Off), Deadline::NONE).await.expect("swept");
        assert_eq!(actions(&bench, "account#acc-1").await, ["join.asked", "join.ended"], "{fault}");
    }
}

/// Contoso's OSM has asked to join its account at the beginning of 22 November.
async fn asked_to_join() -> Bench {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let account = bench.account("acc-1", &["boss@contoso.example"]).await;
    bench.signed_in(&["osm@contoso.example"]).await;
    let osm = bench.person("osm@contoso.example").await;
    bench.ask_to_join(&account, &osm, MAIL).await;
    bench
}

/// EXP-02 the read units of a sweep of 100 due links are the same among 150 and among 3,000 stored ones (the figures for
/// 1,000, 40,000 and 400,000: `cargo xtask bench sweep`).
#[tokio::test]
async fn exp_02_the_cost_is_that_of_what_is_due() {
    let mut costs = Vec::new();
    for stored in [150, 3_000] {
        let bench = Bench::new().await;
        due_links(&bench, 100, stored, "2026-11-22T01:00:00Z").await;
        bench.set_time("2026-11-22T01:30:00Z");
        let report = sweep(&bench).await;
        assert_eq!((report.steps["activation.expired"], report.left, report.failed), (100, 0, 0));
        assert_eq!(report.oldest_due_seconds, 1800);
        costs.push(report.read_units);
    }
    assert!((costs[0] - costs[1]).abs() < f64::EPSILON, "{costs:?}");
}

/// EXP-02 looking costs one page a table, shard and day since the watermark, and one more for each full page of what is
/// due; it finds what fell due on any of those days.
#[tokio::test]
async fn exp_02_looking_costs_the_days_since_the_watermark_and_the_pages_of_what_is_due() {
    let bench = Bench::new().await;
    due_links(&bench, 3, 3, "2026-11-23T07:00:00Z").await;
    bench.set_time("2026-11-22T13:00:00Z");
    assert_eq!(sweep(&bench).await.looks, 3 * 12, "a first sweep looks two days back");
    bench.set_time("2026-11-22T13:05:00Z");
    assert_eq!(sweep(&bench).await.looks, 12, "the next one looks at today only");

    bench.set_time("2026-12-06T13:00:00Z");
    let late = sweep(&bench).await;
    assert_eq!((late.looks, late.steps["activation.expired"]), (15 * 12, 3));
    bench.set_time("2026-12-07T00:30:00Z");
    assert_eq!(sweep(&bench).await.looks, 2 * 12, "what is young may still show up under yesterday");

    // 250 in one shard: a full page of 200, and one more.
    let end: Timestamp = "2026-12-07T02:00:00Z".parse().expect("a time");
    let template = bench.activation(MAIL).await;
    let in_one_shard = |number: &usize| slot(end, &format!("enterprise/{number}#{MAIL}")).ends_with("#3");
    for number in (100..).filter(in_one_shard).take(250) {
        write_link(&bench, &template, number, end).await;
    }
    bench.set_time("2026-12-07T02:00:00Z");
    let many = sweep(&bench).await;
    assert_eq!((many.looks, many.steps["activation.expired"]), (2 * 12 + 1, 250));
}

/// EXP-01 a clock that was set back does not keep what falls due meanwhile waiting until it has caught up.
#[tokio::test]
async fn exp_01_a_clock_that_was_set_back_sweeps_over_midnight() {
    let bench = Bench::new().await;
    due_links(&bench, 3, 3, "2026-11-22T23:59:30Z").await;
    bench.store.advance_watermark("due", "2027-05-22T00:00:00Z".parse().expect("a time")).await.expect("set");
    bench.set_time("2026-11-23T00:00:05Z");
    assert_eq!(sweep(&bench).await.steps["activation.expired"], 3);
}

/// EXP-03 whichever call of a sweep fails, before or after it took effect: the next sweep makes good, each link ends once.
#[tokio::test]
async fn exp_03_a_fault_at_any_call_ends_each_link_once() {
    let dry = Bench::new().await;
    due_links(&dry, 2, 2, "2026-11-22T00:30:00Z").await;
    dry.set_time("2026-11-22T00:40:00Z");
    // One hour only, so that the calls that find nothing do not have to fail one by one.
    dry.store.advance_watermark("due", "2026-11-22T00:00:00Z".parse().expect("a time")).await.expect("set");
    let faults = Faults::on(&dry);
    expire_links::sweep(&faults.app(Retries::Off), Deadline::NONE).await.expect("swept");
    let calls = faults.calls();
    for fault in Fault::crashes(&calls) {
        let bench = Bench::new().await;
        due_links(&bench, 2, 2, "2026-11-22T00:30:00Z").await;
        bench.set_time("2026-11-22T00:40:00Z");
        bench.store.advance_watermark("due", "2026-11-22T00:00:00Z".parse().expect("a time")).await.expect("set");
        let faults = Faults::on(&bench);
        faults.plan(fault);
        let _ = expire_links::sweep(&faults.app(Retries::Off), Deadline::NONE).await;
        faults.heal();
        expire_links::sweep(&faults.app(Retries::Off), Deadline::NONE).await.expect("swept");
        for number in 0..2 {
            let chain = format!("licence#enterprise/{number}");
            assert_eq!(actions(&bench, &chain).await, ["activation.expired"], "{fault}");
        }
    }
}

/// EXP-01 mails queued for over ten minutes are driven again; EXP-07 the report says so.
#[tokio::test]
async fn exp_01_what_is_queued_too_long_is_driven_again() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    bench.pass(599);
    assert_eq!(sweep(&bench).await.events, 0);
    bench.pass(1);
    let report = sweep(&bench).await;
    assert_eq!(report.events, 1);
    assert!(report.read_units > 0.0 && report.write_units > 0.0);
    assert_eq!(sweep(&bench).await.events, 0, "and not at once again");
    bench.pass(600);
    assert_eq!(sweep(&bench).await.events, 1);
    let id = Event::ActivationLink {
        licence: licence(),
        product: sku(MAIL),
        generation: 1,
        why: licensing::event::Why::First,
        mail: 1,
    }
    .id();
    bench.store.event_done(&id, bench.app.now()).await.expect("done");
    bench.pass(3600);
    assert_eq!(sweep(&bench).await.events, 0, "what is done is not driven");
}

/// EXP-07 a sweep's report is a line from which CloudWatch takes metrics: each is a number beside its name, the time is in
/// milliseconds, and the deployment tells sweeps apart.
#[tokio::test]
async fn exp_07_a_sweep_reports_metrics() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    // No delivery was reported for three days.
    bench.set_time("2026-11-25T00:00:30Z");
    let report = sweep(&bench).await;
    let line = expire_links::METRICS.of(&report, bench.app.store.deployment(), bench.app.now());
    let told = &line["_aws"]["CloudWatchMetrics"][0];
    assert_eq!(
        (&line["_aws"]["Timestamp"], &told["Namespace"]),
        (&1_795_564_830_000_i64.into(), &"Countersign/Sweep".into())
    );
    assert_eq!((&told["Dimensions"], &line["Stack"]), (&serde_json::json!([["Stack"]]), &"t".into()));
    for metric in told["Metrics"].as_array().expect("metrics") {
        let name = metric["Name"].as_str().expect("a name");
        assert!(line[name].is_number() && metric["Unit"].is_string(), "{name}: {line}");
    }
    assert_eq!((&line["changes"], &line["oldest_due_seconds"]), (&1.into(), &30.into()), "{line}");
    assert!(line["read_units"].as_f64() > Some(0.0) && line["write_units"].as_f64() > Some(0.0), "{line}");
    assert!(!line.to_string().contains('\n'), "one line");
}

/// EXP-01 an order that was not taken in, because its record of the stream was lost, is handed over again.
#[tokio::test]
async fn exp_01_an_order_that_was_not_taken_in_is_driven_again() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let mut write = Write::new();
    write.order(&bench.store, &order("PO-1", MAIL, 25), bench.app.now());
    write.commit(&bench.store).await.expect("stored");
    bench.pass(599);
    assert_eq!(sweep(&bench).await.orders, 0);
    bench.pass(1);
    assert_eq!(sweep(&bench).await.orders, 1);
    assert_eq!(sweep(&bench).await.orders, 0, "and not at once again");
}

/// EXP-01 the time after which mails are driven again is the policy's.
#[tokio::test]
async fn exp_01_the_policy_says_when_mails_are_driven_again() {
    let policy = Policy { mails: MailPolicy { redrive_minutes: 3, ..MailPolicy::default() }, ..Policy::default() };
    let bench = Bench::with_policy(policy).await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    bench.pass(179);
    assert_eq!(sweep(&bench).await.events, 0);
    bench.pass(1);
    assert_eq!(sweep(&bench).await.events, 1);
    bench.pass(180);
    assert_eq!(sweep(&bench).await.events, 1, "and again after as long");
}

/// EXP-04 a sweep whose time is nearly up begins nothing more and says what is left; the next one does all of it, each once.
#[tokio::test]
async fn exp_04_a_sweep_stops_in_time_and_the_next_goes_on() {
    let bench = Bench::new().await;
    due_links(&bench, 30, 30, "2026-11-23T00:00:00Z").await;
    bench.set_time("2026-11-24T09:00:00Z");
    // Its whole time is over: it may look, and must not begin anything.
    let over = Deadline::at(std::time::UNIX_EPOCH);
    let mark = licensing::when::less_hours(bench.app.now(), 33);
    bench.store.advance_watermark("due", mark).await.expect("set");
    let report = expire_links::sweep(&bench.app, over).await.expect("swept");
    assert!(report.steps.is_empty(), "{report:?}");
    assert!(report.left > 0 && report.days_left == 1, "{report:?}");
    let again = expire_links::sweep(&bench.app, over).await.expect("swept");
    assert_eq!(again.left, report.left, "what was left is not forgotten");
    assert_eq!(sweep(&bench).await.steps["activation.expired"], 30);
    assert!(sweep(&bench).await.steps.is_empty());
}

/// Stores `stored` invited activations of as many Licensing IDs, of which `due` end at `end` and the rest a year later.
async fn due_links(bench: &Bench, due: usize, stored: usize, end: &str) {
    let end: Timestamp = end.parse().expect("a time");
    bench.contoso().await;
    bench.invite(MAIL).await;
    let template = bench.activation(MAIL).await;
    // Contoso's own mail is out of the way.
    let why = licensing::event::Why::First;
    let mail = Event::ActivationLink { licence: licence(), product: sku(MAIL), generation: 1, why, mail: 1 };
    bench.store.event_done(&mail.id(), bench.app.now()).await.expect("done");
    for number in 0..stored {
        let ends = if number < due { end } else { add_days(end, 365) };
        write_link(bench, &template, number, ends).await;
    }
}

async fn write_link(bench: &Bench, template: &Activation, number: usize, ends: Timestamp) {
    let mut activation = template.clone();
    activation.licence = format!("enterprise/{number}").parse().expect("a licence");
    let State::Invited(invitation) = activation.state else { panic!("invited") };
    activation.state = State::Invited(Invitation { expires_at: ends, delivered: true, ..invitation });
    activation.viewers.clear();
    bench.store.seed_activation(&activation, &bench.app.policy.links).await.expect("stored");
}

/// What an address holds, given by a person.
async fn given(bench: &Bench, name: &str, make: impl FnOnce(&mut licensing::access::Holder)) {
    let address = gateway::testing::scene::at_contoso(name);
    let loaded = bench.store.standing_of(&licence()).await.expect("answers").expect("loaded");
    let by = bench.person("notices@contoso.example").await;
    let grant = licensing::access::Grant {
        by: licensing::access::By::Person { profile: by.profile, address: by.address },
        at: bench.app.now(),
        until: None,
        scheme: None,
    };
    let mut holder = licensing::access::Holder::default();
    holder.assign([Role::Administrator], &[].into(), false, &grant);
    make(&mut holder);
    let mut roster = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
    let mut write = Write::new();
    if roster.note(&address, &holder).expect("there is room") {
        write.roster(&bench.store, &licence(), loaded.roster(), &roster);
    }
    write.holder(&bench.store, loaded.agreement(), "Contoso", &address, None, &holder);
    write.commit(&bench.store).await.expect("nobody else writes");
}

/// APR-08 EXP-01 what was given to an address ends after 30 days where nobody proved it, and who gave it is told; where somebody did,
/// it stays. In holder, roster and audit alike.
#[tokio::test]
async fn apr_08_an_invitation_ends_unless_somebody_registered() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.signed_in(&["notices@contoso.example"]).await;
    let policy = bench.app.policy.people.clone();
    for name in ["lena", "typo"] {
        given(&bench, name, |holder| holder.invite([Role::Administrator], bench.app.now(), &policy)).await;
    }
    bench.signed_in(&["lena@contoso.example"]).await;
    bench.pass(29 * 24 * 3600);
    sweep(&bench).await;
    bench.pass(24 * 3600);
    assert_eq!(sweep(&bench).await.steps["people.invitation-ended"], 1);
    let loaded = bench.store.standing_of(&licence()).await.expect("answers").expect("loaded");
    let administrators = loaded.standing().administrators(bench.app.now());
    let [lena, typo] = ["lena", "typo"].map(gateway::testing::scene::at_contoso);
    assert!(administrators.contains(&lena) && !administrators.contains(&typo), "{administrators:?}");
    let held = bench.store.get(&store::standing::holder(&licence(), &typo)).await.expect("answers").expect("stored");
    assert!(held.record.assigned.is_empty());
    assert!(bench.store.get(&store::standing::held(&typo, &licence())).await.expect("answers").is_none());
    let event = Event::InvitationEnded {
        licence: licence(),
        address: typo,
        version: held.version,
        to: "notices@contoso.example".parse().expect("an address"),
    };
    assert!(bench.store.get(&store::outbox::queued(&event.id())).await.expect("answers").is_some());
    let said = actions(&bench, "licence#enterprise/88590039").await;
    assert_eq!(said.iter().filter(|action| *action == "people.invitation-ended").count(), 1, "{said:?}");
    assert_eq!(sweep(&bench).await.steps.len(), 0, "once");
}

/// ROLE-09 what ends is told 14 days before, once.
#[tokio::test]
async fn role_09_what_ends_is_told_fourteen_days_before() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.signed_in(&["notices@contoso.example"]).await;
    let last: licensing::Date = "2027-01-31".parse().expect("a day");
    given(&bench, "lena", |holder| {
        holder.assigned.roles.values_mut().for_each(|grant| grant.until = Some(last));
    })
    .await;
    bench.set_time("2027-01-16T00:00:00Z");
    assert_eq!(sweep(&bench).await.steps.len(), 0);
    bench.set_time("2027-01-18T00:00:00Z");
    assert_eq!(sweep(&bench).await.steps["people.end-told"], 1);
    let address = gateway::testing::scene::at_contoso("lena");
    let event = Event::EndsSoon { licence: licence(), address, last };
    assert!(bench.store.get(&store::outbox::queued(&event.id())).await.expect("answers").is_some());
    assert_eq!(sweep(&bench).await.steps.len(), 0, "once");
}
