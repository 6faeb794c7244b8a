//! From an event of the outbox to the mail that a person gets, on the real engine.

mod look;
mod managed;
mod permission;

use std::time::Duration;

use deliver_mail::{NotYet, STAND_BACK, deliver, records};
use gateway::{
    App,
    boot::Deadline,
    stream::{Change, Failures, Record, Records},
    testing::{
        Bench,
        faults::{Fault, Faults, Kind, Retries, Service},
        mapping::{ATTEMPTS, COME_AGAIN, OfEight, as_inserted, drive, drive_failing, image, poison},
        scene::{CLOUD, KEYED, MAIL, at_contoso, licence, order, sku},
    },
};
use licensing::{
    AccountId, Address, ContactName, Licence, ProfileId, Timestamp,
    access::Standing,
    account::{Account, AccountRole},
    activation::{Activation, Person, Proposer, Step},
    event::{Event, Why},
    import::record::{Agreement, Reason, Suppression},
    join::{Decider, Deciding, Decision, Join},
    judge::Contacts,
    proven::Leaving,
    reach::{FollowUp, Mark},
    rights::Rights,
    sign_in::{Attempts, CodeOutcome},
};
use mail::{SendError, Sent};
use serde_json::Value;
use store::{
    Table, Write, licences,
    mails::{Letter, Reported},
    outbox::Queued,
    people::{Pending, Profile, Proven},
};

/// Everything that waits in the outbox is handed over, as its stream would.
async fn deliver_all(bench: &Bench) -> Failures {
    records(&bench.app, look::outbox(bench).await).await
}

/// Every letter that the ledger knows of.
async fn ledger(bench: &Bench) -> Vec<Letter> {
    let mut letters = Vec::new();
    for row in look::stored(bench, Table::Mails).await {
        let id = row["mail"]["S"].as_str().expect("a key").to_owned();
        letters.extend(bench.store.letter(&id).await.expect("the database answers"));
    }
    letters
}

/// Queues an event by itself.
async fn queue(bench: &Bench, event: &Event) -> Queued {
    let mut write = Write::new();
    write.event(&bench.store, event, bench.app.now(), false);
    write.commit(&bench.store).await.expect("the database answers");
    let slot = store::outbox::queued(&event.id());
    bench.store.get(&slot).await.expect("the database answers").expect("it was written")
}

fn to(bench: &Bench) -> Vec<String> {
    bench.mails.sent().iter().map(|sent| sent.to.as_str().to_owned()).collect()
}

fn only(bench: &Bench) -> Sent {
    let mut sent = bench.mails.sent();
    assert_eq!(sent.len(), 1, "one mail");
    sent.remove(0)
}

/// The token of the link in a mail: what a person's click brings to the page.
fn token(sent: &Sent, page: &str) -> String {
    let start = format!("https://portal.example{page}#");
    let (_, rest) =
        sent.rendered.text.split_once(&start).unwrap_or_else(|| panic!("{start} in\n{}", sent.rendered.text));
    let token: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
    assert!(sent.rendered.html.contains(&format!("{start}{token}")), "the HTML has the same link");
    token
}

fn generation(token: &str, app: &App) -> u32 {
    app.keys.links().open_activation(token).expect("our own link").2
}

async fn suppress(bench: &Bench, address: &Address, reason: Reason) {
    let mut write = Write::new();
    write.suppression(&bench.store, &Suppression { address: address.clone(), reason }, bench.app.now());
    write.commit(&bench.store).await.expect("the database answers");
}

/// Takes a step with the activation as it is stored.
async fn step(bench: &Bench, step: impl FnOnce(&Activation) -> Step) {
    let context = bench.context(MAIL).await;
    let step = step(&context.activation.expect("it is stored"));
    let (now, policy) = (bench.app.now(), &bench.app.policy.links);
    bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
}

async fn sweep(bench: &Bench) {
    let contacts = bench.context(MAIL).await.contacts;
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    step(bench, |activation| activation.sweep(&contacts, |_| false, now, &policy).expect("something is due")).await;
}

fn osm() -> Person {
    Person { profile: "p-osm".parse().expect("an id"), address: at_contoso("osm") }
}

fn account_id(text: &str) -> AccountId {
    text.parse().expect("an id")
}

async fn store_account(bench: &Bench, id: &str, admins: &[&str]) {
    let account = Account {
        id: account_id(id),
        name: format!("Account {id}"),
        customer: None,
        domains: Vec::new(),
        global_admins: admins.iter().map(|name| at_contoso(name)).collect(),
        billing_admins: Vec::new(),
        members: Vec::new(),
        loaded: true,
        made_for: None,
        version: 1,
    };
    let mut write = Write::new();
    write.account(&bench.store, None, &account);
    write.commit(&bench.store).await.expect("it is stored");
}

async fn activate(bench: &Bench, account: &str) {
    confirm(bench, account, false).await;
}

/// Confirms as the OSM; a provisioning endpoint is asked, or not.
async fn confirm(bench: &Bench, account: &str, by_endpoint: bool) {
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    let name = format!("Account {account}");
    let rights = Rights::by(
        &Standing::naming(&gateway::testing::scene::contacts()),
        &[at_contoso("osm")],
        Timestamp::UNIX_EPOCH,
    );
    step(bench, |activation| {
        let addresses = [at_contoso("osm")];
        activation
            .confirm(osm(), &addresses, &rights, None, account_id(account), name, "r".into(), by_endpoint, now, &policy)
            .expect("the OSM may")
    })
    .await;
}

async fn profile(bench: &Bench, address: &Address, language: &str) -> Profile {
    let profile = Profile {
        profile: bench.app.chance.name().parse().expect("an id"),
        first_name: "Åsa".into(),
        last_name: "Berg".into(),
        language: language.into(),
        phone: String::new(),
        country: None,
        addresses: vec![Proven::new(address.clone(), bench.app.now(), None)],
        pending: Vec::new(),
        arriving: Vec::new(),
        moves: None,
        refused: Vec::new(),
        proof_generation: 0,
        proofs: None,
        proofs_failed: None,
        saves: None,
        epoch: 0,
        browsers: vec![],
        since: bench.app.now(),
        version: 1,
    };
    let mut write = Write::new();
    write.profile(&bench.store, None, &profile);
    write.owner(&bench.store, address, &profile.profile, bench.app.now());
    write.commit(&bench.store).await.expect("it is stored");
    profile
}

/// Asks for a sign-in code as `register` does.
async fn ask_code(bench: &Bench, address: &Address) -> Event {
    let store = &bench.store;
    let seen = store.get(&store::people::attempts(address, "")).await.expect("the database answers");
    let now = bench.app.now();
    let asked = seen.clone().unwrap_or_default().ask(now, "b".into(), "here", &bench.app.policy.sign_in);
    let Ok(CodeOutcome::Mailed(after)) = asked else { panic!("not too often: {asked:?}") };
    let Attempts { generation, mails, .. } = after;
    let event = Event::SignInCode { address: address.clone(), device: String::new(), generation, mail: mails };
    let mut write = Write::new();
    write.attempts(store, address, "", seen.as_ref(), &after, now);
    write.event(store, &event, now, false);
    write.commit(store).await.expect("it is stored");
    event
}

fn code_of(event: &Event, bench: &Bench) -> String {
    let Event::SignInCode { address, device, generation, .. } = event else { panic!("no code") };
    bench.app.keys.links().code(address, device, *generation)
}

/// ACT-02 ACT-16 the OSM gets one mail with a link that opens the activation, in five calls of the database and one of
/// SES; handed over again, the event sends nothing.
#[tokio::test]
async fn act_02_the_osm_gets_one_mail_with_the_link() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let expected = bench.invite(MAIL).await;
    let queued = look::outbox(&bench).await;

    let before = bench.app.store.meter().read();
    assert_eq!(records(&bench.app, queued.clone()).await, Failures::default());
    let used = bench.app.store.meter().read() - before;
    assert_eq!((used.calls, used.steps), (5, 5), "facts, reader, lease, accepted, done");

    let sent = only(&bench);
    assert_eq!(sent.to, at_contoso("osm"));
    assert_eq!(token(&sent, "/a"), expected);
    let [row] = &ledger(&bench).await[..] else { panic!("one row") };
    assert_eq!(
        (row.template.as_str(), row.accepted_at, row.generation),
        ("activation-link", Some(bench.app.now()), Some(1))
    );
    assert_eq!((row.to.clone(), row.licence.clone(), row.product.clone()), (sent.to, Some(licence()), Some(sku(MAIL))));
    assert!(look::open_events(&bench).await.is_empty());

    assert_eq!(records(&bench.app, queued).await, Failures::default());
    assert_eq!(bench.mails.sent().len(), 1);
}

/// ACT-04 the link for cloud consumption goes to the notices contact.
#[tokio::test]
async fn act_04_consumption_goes_to_the_notices_contact() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(CLOUD).await;
    deliver_all(&bench).await;
    assert_eq!(only(&bench).to, at_contoso("notices"));
}

/// ACT-14 a link that was replaced before its mail went out is not mailed any more; the new one is.
#[tokio::test]
async fn act_14_a_replaced_link_is_not_mailed() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    step(&bench, |activation| activation.resend(licensing::audit::Actor::Service, now, &policy).expect("once")).await;
    assert_eq!(look::open_events(&bench).await.len(), 2);
    assert_eq!(deliver_all(&bench).await, Failures::default());
    assert_eq!(generation(&token(&only(&bench), "/a"), &bench.app), 2);
    assert!(look::open_events(&bench).await.is_empty(), "the dropped event is done as well");
}

/// EXP-06 a reminder has the same link; after the activation there is none, also not one that was queued before.
#[tokio::test]
async fn exp_06_a_reminder_has_the_same_link_and_none_follows_after_use() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    deliver_all(&bench).await;
    step(&bench, |activation| activation.delivered(1, &at_contoso("osm")).expect("new")).await;

    bench.set_time("2027-04-11T00:00:00Z");
    sweep(&bench).await;
    deliver_all(&bench).await;
    let sent = bench.mails.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(token(&sent[0], "/a"), token(&sent[1], "/a"));
    assert!(sent[1].rendered.text.contains("30 days"), "{}", sent[1].rendered.text);

    bench.set_time("2027-05-04T00:00:00Z");
    sweep(&bench).await;
    store_account(&bench, "a1", &["osm"]).await;
    activate(&bench, "a1").await;
    deliver_all(&bench).await;
    let templates: Vec<String> = ledger(&bench).await.into_iter().map(|row| row.template).collect();
    assert_eq!(bench.mails.sent().len(), 3, "{templates:?}");
    assert_eq!(templates.iter().filter(|name| *name == "reminder").count(), 1);
    assert!(templates.contains(&"activated".to_owned()));
}

/// EXP-06 of two reminders that wait, only the nearer one is mailed.
#[tokio::test]
async fn exp_06_a_reminder_that_was_overtaken_is_not_mailed() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    deliver_all(&bench).await;
    step(&bench, |activation| activation.delivered(1, &at_contoso("osm")).expect("new")).await;
    for at in ["2027-04-11T00:00:00Z", "2027-05-04T00:00:00Z"] {
        bench.set_time(at);
        sweep(&bench).await;
    }
    deliver_all(&bench).await;
    let sent = bench.mails.sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].rendered.text.contains("7 days"));
}

/// EXP-01 EXP-03 a link that ended unused is told once; one that was revived meanwhile is not.
#[tokio::test]
async fn exp_01_the_end_of_a_link_is_told() {
    for revived in [false, true] {
        let bench = Bench::new().await;
        bench.contoso().await;
        bench.invite(MAIL).await;
        deliver_all(&bench).await;
        bench.set_time("2027-05-11T00:00:00Z");
        sweep(&bench).await;
        if revived {
            let contacts = gateway::testing::scene::contacts();
            let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
            let operator = || licensing::audit::Actor::Operator { name: "op".into() };
            step(&bench, |activation| {
                activation.revive(operator(), "asked", &contacts, |_| false, now, &policy).expect("it has ended")
            })
            .await;
        }
        deliver_all(&bench).await;
        let sent = bench.mails.sent();
        assert_eq!(sent.len(), 2);
        let page = "https://portal.example/activations/enterprise/88590039/MAIL-ENT";
        assert_eq!(sent[1].rendered.text.contains(page), !revived);
        assert_eq!(sent[1].rendered.text.contains("/a#"), revived, "a dead link is not mailed, a revived one is");
    }
}

/// ACT-05 no link: the notices contact and the Administrators learn where the key is, each once.
#[tokio::test]
async fn act_05_the_key_notice_goes_to_every_administrator_once() {
    let bench = Bench::new().await;
    let mut contacts = gateway::testing::scene::contacts();
    contacts.insert(ContactName::OnlineAdministrator, at_contoso("admin"));
    contacts.insert(ContactName::Primary, at_contoso("notices"));
    bench.contoso_with(contacts).await;
    let mut write = Write::new();
    let bought = order("PO-7", KEYED, 12);
    write.order(&bench.store, &bought, bench.app.now());
    write.commit(&bench.store).await.expect("it is stored");
    let event = Event::KeyNotice { licence: licence(), product: sku(KEYED), order: bought.id };
    let queued = queue(&bench, &event).await;
    deliver(&bench.app, &queued).await.expect("nothing fails");
    deliver(&bench.app, &queued).await.expect("nothing fails");
    assert_eq!(to(&bench), ["admin@contoso.example", "notices@contoso.example"]);
    for sent in bench.mails.sent() {
        assert!(!sent.rendered.text.contains("/a#"));
        for part in ["Developer Tools Key", "12", "Contoso", "See your licences"] {
            assert!(sent.rendered.text.contains(part), "{part} in\n{}", sent.rendered.text);
        }
    }
}

/// Contoso's product, assigned to the one account of its OSM; a provisioning endpoint is asked first, or not.
async fn assigned(by_endpoint: bool) -> Bench {
    let bench = Bench::new().await;
    bench.contoso().await;
    let context = bench.context(MAIL).await;
    let (now, policy) = (bench.app.now(), &bench.app.policy.links);
    let line = licensing::activation::Line {
        order: "PO-1".parse().expect("an id"),
        line: 1,
        quantity: 25,
        purchased: "2026-11-10".parse().expect("a date"),
        usage_starts: "2026-11-10".parse().expect("a date"),
    };
    let contacts = gateway::testing::scene::contacts();
    let account = account_id("a1");
    let facts = licensing::judge::Facts {
        kind: licensing::ProductKind::OnlineService,
        contacts: &contacts,
        undeliverable: licensing::judge::Undeliverable::default(),
        progress: licensing::judge::Progress::None,
        osm_administers: licensing::judge::Administers::One(&account),
        purchased: line.purchased,
        usage_starts: line.usage_starts,
    };
    let entitlement = licensing::activation::Entitlement {
        licence: &licence(),
        product: &sku(MAIL),
        product_name: "Mail and Calendar Enterprise",
        kind: licensing::ProductKind::OnlineService,
        customer: &"contoso".parse().expect("a key"),
        customer_name: "Contoso",
        contacts: &contacts,
        by_endpoint,
    };
    let verdict = licensing::judge::judge(&facts, now, policy);
    let opened = Activation::open(&entitlement, &line, &verdict, "Contoso's account", now, policy).expect("it opens");
    bench.store.write_step(&opened, context.head.as_ref(), now, policy, Write::new()).await.expect("it is written");
    bench
}

/// ACT-08 LINK-07 what was assigned without a link is told to the OSM, with the time until which it can be taken back.
#[tokio::test]
async fn act_08_an_assignment_is_told_to_the_osm() {
    let bench = assigned(false).await;
    deliver_all(&bench).await;
    let sent = only(&bench);
    assert_eq!(sent.to, at_contoso("osm"));
    assert!(sent.rendered.text.contains("Contoso's account"));
    assert!(!sent.rendered.text.contains("/a#"));
}

/// LINK-11 ACT-08 where nobody activated, the OSM learns that the endpoint refused.
#[tokio::test]
async fn link_11_a_refusal_of_what_was_assigned_is_told_to_the_osm() {
    let bench = assigned(true).await;
    let now = bench.app.now();
    step(&bench, |it| it.provisioning_refused("No seats left.", now).expect("it is being set up")).await;
    deliver_all(&bench).await;
    let sent = only(&bench);
    assert_eq!((sent.to, sent.rendered.template), (at_contoso("osm"), "set-up-refused"));
}

/// LINK-11 who activated learns that the endpoint refused, and why; nothing where it was taken back or is asked again by then,
/// and each further refusal is told.
#[tokio::test]
async fn link_11_who_activated_learns_of_a_refusal() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    deliver_all(&bench).await;
    store_account(&bench, "a1", &["osm"]).await;
    confirm(&bench, "a1", true).await;
    let refused = async || {
        let now = bench.app.now();
        step(&bench, |it| it.provisioning_refused("No seats left.", now).expect("it is being set up")).await;
    };
    let asked_again = async || {
        let operator = licensing::audit::Actor::Operator { name: "ops".into() };
        step(&bench, |it| it.ask_endpoint_again(operator, "mended").expect("it was refused")).await;
    };
    let told = async || {
        deliver_all(&bench).await;
        bench.mails.sent().into_iter().skip(1).map(|sent| (sent.to, sent.rendered)).collect::<Vec<_>>()
    };
    refused().await;
    asked_again().await;
    assert_eq!(told().await.len(), 0, "it is asked again already");
    refused().await;
    asked_again().await;
    refused().await;
    let first = told().await;
    assert_eq!(first.len(), 1, "what the second refusal says is not said twice");
    assert_eq!((&first[0].0, first[0].1.template), (&at_contoso("osm"), "set-up-refused"));
    let page = "https://portal.example/activations/enterprise/88590039/MAIL-ENT";
    for part in ["No seats left.", "Account a1", "could not be set up", "Contoso", page] {
        assert!(first[0].1.text.contains(part), "{part} in\n{}", first[0].1.text);
    }
    asked_again().await;
    refused().await;
    assert_eq!(told().await.len(), 2, "each refusal is told");
    asked_again().await;
    refused().await;
    let (by, contacts) = (osm(), gateway::testing::scene::contacts());
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    step(&bench, |it| {
        let addresses = [at_contoso("osm")];
        it.undo(by, &addresses, &Rights::default(), &contacts, true, None, now, &policy).expect("who activated may")
    })
    .await;
    let templates: Vec<_> = told().await.into_iter().map(|(_, rendered)| rendered.template).collect();
    assert!(!templates[2..].contains(&"set-up-refused"), "it was taken back: {templates:?}");
}

/// LINK-07 who activated learns of it, and of its undoing by somebody else, with the account that it was on.
#[tokio::test]
async fn link_07_who_activated_learns_of_it_and_of_its_undoing() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    deliver_all(&bench).await;
    store_account(&bench, "a1", &["osm"]).await;
    activate(&bench, "a1").await;
    deliver_all(&bench).await;
    let by = Person { profile: "p-primary".parse().expect("an id"), address: at_contoso("primary") };
    let contacts = gateway::testing::scene::contacts();
    let rights = Rights::by(&Standing::naming(&contacts), &[at_contoso("primary")], Timestamp::UNIX_EPOCH);
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    let addresses = [at_contoso("primary")];
    let undo =
        |it: &Activation| it.undo(by, &addresses, &rights, &contacts, true, None, now, &policy).expect("in time");
    step(&bench, undo).await;
    deliver_all(&bench).await;
    let templates: Vec<_> = ledger(&bench).await.into_iter().map(|row| (row.template, row.to)).collect();
    assert!(templates.contains(&("activated".into(), at_contoso("osm"))));
    assert!(templates.contains(&("undone".into(), at_contoso("osm"))));
    assert_eq!(bench.mails.sent().len(), 3);
    assert!(bench.mails.sent()[2].rendered.text.contains("Account a1"));
}

/// LINK-07 an activation that was taken back before its mail went out is not confirmed any more.
#[tokio::test]
async fn link_07_what_was_undone_meanwhile_is_not_confirmed() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    deliver_all(&bench).await;
    store_account(&bench, "a1", &["osm"]).await;
    activate(&bench, "a1").await;
    let contacts = gateway::testing::scene::contacts();
    let rights = Rights::by(&Standing::naming(&contacts), &[at_contoso("osm")], Timestamp::UNIX_EPOCH);
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    let addresses = [at_contoso("osm")];
    let undo =
        |it: &Activation| it.undo(osm(), &addresses, &rights, &contacts, true, None, now, &policy).expect("in time");
    step(&bench, undo).await;
    deliver_all(&bench).await;
    let templates: Vec<_> = ledger(&bench).await.into_iter().map(|row| row.template).collect();
    assert_eq!(templates.iter().filter(|name| *name != "activation-link").collect::<Vec<_>>(), ["undone"]);
}

/// LINK-07 ACT-16 it is confirmed in the portal before its mail was written, and taken back: the mail that was dropped is made
/// good, once.
#[tokio::test]
async fn link_07_what_was_confirmed_before_its_mail_is_mailed_after_an_undo() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    store_account(&bench, "a1", &["osm"]).await;
    activate(&bench, "a1").await;
    deliver_all(&bench).await;
    let links = || bench.mails.sent().iter().filter(|sent| sent.rendered.template == "activation-link").count();
    assert_eq!(links(), 0, "it was used already");
    let contacts = gateway::testing::scene::contacts();
    let (rights, addresses) =
        (Rights::by(&Standing::naming(&contacts), &[at_contoso("osm")], Timestamp::UNIX_EPOCH), [at_contoso("osm")]);
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    let undo =
        |it: &Activation| it.undo(osm(), &addresses, &rights, &contacts, false, None, now, &policy).expect("in time");
    step(&bench, undo).await;
    deliver_all(&bench).await;
    assert_eq!(links(), 1);
}

/// LINK-10 who asked for a revival is told why it was declined.
#[tokio::test]
async fn link_10_a_declined_revival_is_told_with_its_reason() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    deliver_all(&bench).await;
    bench.set_time("2027-06-01T00:00:00Z");
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    let by = Person { profile: "p-primary".parse().expect("an id"), address: at_contoso("primary") };
    step(&bench, |it| it.ask_revival(by, now, &policy).expect("it has ended").expect("the first")).await;
    let operator = || licensing::audit::Actor::Operator { name: "ann".into() };
    step(&bench, |it| it.decline_revival(operator(), "The order was cancelled.", now).expect("it is asked")).await;
    let already = bench.mails.sent().len();
    deliver_all(&bench).await;
    let sent = bench.mails.sent().split_off(already);
    let told = sent.iter().find(|sent| sent.rendered.template == "revival-answered").expect("it is told");
    assert_eq!(told.to, at_contoso("primary"));
    assert!(told.rendered.text.contains("The order was cancelled."), "{}", told.rendered.text);
}

/// LINK-07 a move is put to the other account's global administrators, and told to both accounts' once it is made.
#[tokio::test]
async fn link_07_a_move_is_put_to_the_other_side_and_told_to_both() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    deliver_all(&bench).await;
    store_account(&bench, "a1", &["osm", "holder"]).await;
    store_account(&bench, "a2", &["receiver", "osm"]).await;
    activate(&bench, "a1").await;
    deliver_all(&bench).await;
    let already = bench.mails.sent().len();
    let now = bench.app.now();
    let policy = bench.app.policy.links.clone();
    let to_a2 = |by: Proposer| {
        let policy = policy.clone();
        move |activation: &Activation| {
            activation.remap(by, &account_id("a2"), "Account a2", "", now, &policy).expect("it may be proposed")
        }
    };
    step(&bench, to_a2(Proposer::Holder(osm()))).await;
    deliver_all(&bench).await;
    assert_eq!(to(&bench)[already..], ["osm@contoso.example", "receiver@contoso.example"]);
    let sent = &bench.mails.sent()[already];
    let names = ["Account a1", "Account a2"].map(|name| sent.rendered.text.contains(name));
    assert_eq!(names, [false, true], "their own account's name, and none that strangers gave to theirs");

    let receiver = Person { profile: "p-receiver".parse().expect("an id"), address: at_contoso("receiver") };
    step(&bench, to_a2(Proposer::Receiver(receiver))).await;
    deliver_all(&bench).await;
    let told = ["holder@contoso.example", "osm@contoso.example", "receiver@contoso.example"];
    assert_eq!(to(&bench)[already + 2..], told);
    assert!(bench.mails.sent()[already + 2].rendered.text.contains("Account a1"), "where it was on");
}

/// Contoso's OSM has asked to join its account, of which `boss` and `chief` are global administrators.
async fn asked_to_join() -> (Bench, Account, Join) {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let link =
        Event::ActivationLink { licence: licence(), product: sku(MAIL), generation: 1, why: Why::First, mail: 1 };
    bench.store.event_done(&link.id(), bench.app.now()).await.expect("the activation's own mail is out of the way");
    let account = bench.account("a1", &["boss@contoso.example", "chief@contoso.example"]).await;
    bench.signed_in(&["osm@contoso.example"]).await;
    let osm = bench.person("osm@contoso.example").await;
    let join = bench.ask_to_join(&account, &osm, MAIL).await;
    (bench, account, join)
}

/// Decides as `boss`, as `join-account` does.
async fn decide_join(bench: &Bench, join: &Join, decision: Decision) {
    let context = bench.store.join_context(&join.account, &join.by.profile).await.expect("the database answers");
    let account = context.account.clone().expect("it is stored");
    let by = Decider::Session(Person { profile: "p-boss".parse().expect("an id"), address: at_contoso("boss") });
    let addresses = [at_contoso("boss")];
    let deciding = Deciding { by: &by, addresses: &addresses, account: &account, asker_has_address: true };
    let step = context.join.clone().expect("it was asked").decide(decision, "welcome", &deciding, bench.app.now());
    let step = step.expect("the boss decides");
    bench.store.write_join(&step, &context, bench.app.now(), store::Write::new()).await.expect("it is written");
}

/// Mails since then, by recipient.
fn sent_since(bench: &Bench, before: usize) -> Vec<Sent> {
    let mut sent = bench.mails.sent().split_off(before);
    sent.sort_by(|one, other| one.to.cmp(&other.to));
    sent
}

/// ORG-04 APR-02 SAFE-04 one event: each global administrator gets a link of their own, once; who asked gets none, and
/// nothing that is stored opens one.
#[tokio::test]
async fn org_04_each_administrator_is_asked_with_a_link_of_their_own() {
    let (bench, _, join) = asked_to_join().await;
    let queued = look::outbox(&bench).await;
    assert_eq!(look::open_events(&bench).await.len(), 1, "one event, however many administrators there are");
    for _ in 0..2 {
        assert_eq!(records(&bench.app, queued.clone()).await, Failures::default());
    }
    let sent = sent_since(&bench, 0);
    assert_eq!(
        sent.iter().map(|sent| sent.to.as_str()).collect::<Vec<_>>(),
        ["boss@contoso.example", "chief@contoso.example"]
    );
    let stored = look::all_stored(&bench).await;
    for sent in &sent {
        let token = token(sent, "/j");
        let opened = bench.app.keys.links().open_join(&token).expect("our own link");
        assert_eq!(opened, (join.account.clone(), join.by.profile.clone(), 1, sent.to.clone()));
        assert!(sent.rendered.text.contains("osm@contoso.example asks to join"));
        let all = [&sent.rendered.text, &sent.rendered.html, &sent.rendered.subject];
        assert!(all.iter().all(|text| !text.contains("Olga")), "what they call themselves is not mailed (REQ-03)");
        assert!(!stored.contains(&token) && !stored.contains(&token[..16]));
    }
}

/// ORG-04 what was withdrawn, decided, or has ended before its mail went out is put to nobody.
#[tokio::test]
async fn org_04_a_request_that_is_over_is_put_to_nobody() {
    let (withdrawn, _, join) = asked_to_join().await;
    let context = withdrawn.store.join_context(&join.account, &join.by.profile).await.expect("the database answers");
    let step = join.clone().withdraw(withdrawn.app.now()).expect("it waits");
    withdrawn.store.write_join(&step, &context, withdrawn.app.now(), store::Write::new()).await.expect("it is written");
    let (ended, ..) = asked_to_join().await;
    ended.set_time("2026-12-22T00:00:00Z");
    for bench in [withdrawn, ended] {
        assert_eq!(deliver_all(&bench).await, Failures::default());
        assert_eq!(bench.mails.sent().len(), 0);
        assert!(look::open_events(&bench).await.is_empty());
    }
}

/// APR-03 APR-05 who asked learns the outcome and not by whom; the other global administrators learn that it is handled; who
/// decided, and who just joined, get no such mail.
#[tokio::test]
async fn apr_05_the_outcome_is_told_to_who_asked_and_to_the_others() {
    for (decision, outcome) in [
        (Decision::Grant(AccountRole::BillingAdministrator), "You are now its billing administrator"),
        (Decision::Grant(AccountRole::GlobalAdministrator), "You are now its global administrator"),
        (Decision::Deny, "denied your request"),
    ] {
        let (bench, _, join) = asked_to_join().await;
        deliver_all(&bench).await;
        let before = bench.mails.sent().len();
        decide_join(&bench, &join, decision).await;
        for _ in 0..2 {
            assert_eq!(deliver_all(&bench).await, Failures::default());
        }
        let [chief, osm] = &sent_since(&bench, before)[..] else { panic!("{:?}", to(&bench)) };
        assert_eq!((chief.to.clone(), osm.to.clone()), (at_contoso("chief"), at_contoso("osm")));
        assert!(osm.rendered.text.contains(outcome) && osm.rendered.text.contains("welcome"), "{}", osm.rendered.text);
        assert!(!osm.rendered.text.contains("boss@contoso.example"), "REQ-03");
        assert!(chief.rendered.text.contains("Decided by: boss@contoso.example"), "{}", chief.rendered.text);
    }
}

/// EXP-01 ORG-04 who asked is told that nobody decided; where they have asked again since, both mails are right.
#[tokio::test]
async fn exp_01_the_end_of_a_request_is_told_to_who_asked() {
    let (bench, account, join) = asked_to_join().await;
    deliver_all(&bench).await;
    bench.set_time("2026-12-22T00:00:00Z");
    let before = bench.mails.sent().len();
    let again = bench.ask_to_join(&account, &join.by, MAIL).await;
    assert_eq!(again.generation, 2);
    assert_eq!(deliver_all(&bench).await, Failures::default());
    let sent = sent_since(&bench, before);
    assert_eq!(sent.len(), 3, "{:?}", to(&bench));
    assert!(sent[2].rendered.text.contains("decided within 30 days"), "{}", sent[2].rendered.text);
    assert_eq!(sent[2].to, at_contoso("osm"));
    assert_eq!(bench.app.keys.links().open_join(&token(&sent[0], "/j")).expect("our own link").2, 2);
}

/// ACT-17 one digest a person from the listings as they are now; none where none is left; held back until the load ends;
/// none a second time, whichever of the load's events names the person again.
#[tokio::test]
async fn act_17_one_digest_from_the_live_listings() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let event = |load: &str, names: &[&str]| Event::Welcome {
        load: load.into(),
        addresses: names.iter().map(|name| at_contoso(name)).collect(),
    };
    let first = event("l1", &["notices", "gone"]);
    let mut write = Write::new();
    write.event(&bench.store, &first, bench.app.now(), true);
    write.commit(&bench.store).await.expect("it is stored");
    assert_eq!(deliver_all(&bench).await, Failures::default());
    assert_eq!(bench.mails.sent().len(), 0, "held");

    bench.store.release_events(&[first.id()]).await.expect("the database answers");
    assert_eq!(deliver_all(&bench).await, Failures::default());
    let sent = only(&bench);
    assert_eq!(sent.to, at_contoso("notices"));
    for part in ["Contoso", "As notices contact", "https://portal.example/sign-in"] {
        assert!(sent.rendered.text.contains(part), "{part} in\n{}", sent.rendered.text);
    }
    assert!(look::open_events(&bench).await.is_empty(), "who is listed nowhere any more gets nothing");

    queue(&bench, &event("l1", &["notices", "osm"])).await;
    assert_eq!(deliver_all(&bench).await, Failures::default());
    assert_eq!(to(&bench), ["notices@contoso.example", "osm@contoso.example"]);

    bench.set_time("2029-01-01T00:00:00Z");
    queue(&bench, &event("l2", &["notices"])).await;
    assert_eq!(deliver_all(&bench).await, Failures::default());
    assert_eq!(bench.mails.sent().len(), 2, "an agreement that has ended is no reason to write");
}

/// ACT-17 the welcome email counts all licences of a person, also those behind the first hundred, which is what one read gives.
#[tokio::test]
async fn act_17_the_welcome_email_counts_beyond_the_first_hundred() {
    let bench = Bench::new().await;
    bench.contoso().await;
    let mut write = Write::new();
    for number in 0..122 {
        let agreement = Agreement {
            licence: format!("select/{number:08}").parse().expect("a Licensing ID"),
            customer: "contoso".parse().expect("a key"),
            starts: "2026-01-01".parse().expect("a date"),
            ends: "2028-12-31".parse().expect("a date"),
            loaded_contacts: Contacts::from([(ContactName::Notices, at_contoso("notices"))]),
            parent: None,
            authorization_number: None,
        };
        write.agreement(&bench.store, None, &agreement, "Contoso");
        if number % 30 == 29 || number == 121 {
            std::mem::take(&mut write).commit(&bench.store).await.expect("the database answers");
        }
    }
    let addresses = [at_contoso("notices")].into();
    queue(&bench, &Event::Welcome { load: "l1".into(), addresses }).await;
    assert_eq!(deliver_all(&bench).await, Failures::default());
    let text = only(&bench).rendered.text;
    assert_eq!(text.lines().filter(|line| line.starts_with("- Contoso")).count(), 20);
    assert!(text.contains("- And 103 more: see My licences."), "{text}");
}

/// REG-03 the code and the link come in one mail, in five steps of the database; asked for again, the same ones come.
#[tokio::test]
async fn reg_03_the_code_and_the_link_come_in_one_mail() {
    let bench = Bench::new().await;
    let address = at_contoso("asa");
    ask_code(&bench, &address).await;
    let before = bench.app.store.meter().read();
    assert_eq!(deliver_all(&bench).await, Failures::default());
    let used = bench.app.store.meter().read() - before;
    assert_eq!((used.calls, used.steps), (5, 5), "facts, reader, lease, accepted, done");

    let again = ask_code(&bench, &address).await;
    assert_eq!(deliver_all(&bench).await, Failures::default());
    let sent = bench.mails.sent();
    assert_eq!(sent.len(), 2);
    let code = code_of(&again, &bench);
    for sent in &sent {
        assert_eq!(sent.to, address);
        assert!(sent.rendered.text.contains(&code));
        let (whom, device, generation) = bench.app.keys.links().open_sign_in(&token(sent, "/s")).expect("our own link");
        assert_eq!((whom, bench.app.keys.links().code(&address, &device, generation)), (address.clone(), code.clone()));
    }
}

/// REG-03 a code that ran out, was used or was replaced is not mailed any more.
#[tokio::test]
async fn reg_03_a_dead_code_is_not_mailed() {
    let address = at_contoso("asa");
    let bench = Bench::new().await;
    ask_code(&bench, &address).await;
    bench.pass(600);
    assert_eq!(deliver_all(&bench).await, Failures::default());
    assert_eq!(bench.mails.sent().len(), 0, "it ran out");

    ask_code(&bench, &address).await;
    let slot = store::people::attempts(&address, "");
    let seen = bench.store.get(&slot).await.expect("the database answers").expect("it is stored");
    let present = licensing::sign_in::Presented::Code { right: true };
    let (used, outcome) = seen.clone().present(present, Ok(()), bench.app.now(), &bench.app.policy.sign_in);
    assert_eq!(outcome, Ok(()));
    let mut write = Write::new();
    write.attempts(&bench.store, &address, "", Some(&seen), &used, bench.app.now());
    write.commit(&bench.store).await.expect("it is stored");
    assert_eq!(deliver_all(&bench).await, Failures::default());
    assert_eq!(bench.mails.sent().len(), 0, "it was used");
    assert!(look::open_events(&bench).await.is_empty());
}

/// REG-07 the proof link and code go to the new address, name who asks by their business address and not by what they call
/// themselves, and are not mailed once they were replaced or have ended.
#[tokio::test]
async fn reg_07_the_proof_link_goes_to_the_new_address() {
    for (minutes, generation, mailed) in [(0, 3, true), (0, 2, false), (48 * 60, 3, false)] {
        let bench = Bench::new().await;
        let mut asking = profile(&bench, &at_contoso("asa"), "de").await;
        asking.pending.push(Pending {
            address: at_contoso("new"),
            generation: 3,
            expires_at: licensing::when::add_hours(bench.app.now(), 48),
            session: "s".into(),
            tries: 5,
        });
        let mut write = Write::new();
        write.profile(&bench.store, Some(1), &Profile { version: 2, ..asking.clone() });
        write.commit(&bench.store).await.expect("it is stored");
        let asker: ProfileId = asking.profile;
        let event = Event::ProveAddress { profile: asker.clone(), address: at_contoso("new"), generation };
        queue(&bench, &event).await;
        bench.pass(minutes * 60);
        assert_eq!(deliver_all(&bench).await, Failures::default());
        assert_eq!(bench.mails.sent().len(), usize::from(mailed));
        assert!(look::open_events(&bench).await.is_empty());
        if mailed {
            let sent = only(&bench);
            assert_eq!(sent.to, at_contoso("new"));
            let links = bench.app.keys.links();
            assert!(sent.rendered.text.contains(&links.proof_code(&asker, &at_contoso("new"), 3)));
            assert_eq!(links.open_proof(&token(&sent, "/p")), Ok((asker, at_contoso("new"), 3)));
            assert!(sent.rendered.text.contains("a•••@contoso.example"));
            assert!(!sent.rendered.text.contains("Berg"), "what they call themselves is not mailed to whoever that is");
            assert!(sent.rendered.html.contains("lang=\"de\""), "in the language of who asks");
        }
    }
}

/// REG-09 that an address is to move is told at that address and at the others of its holder, in their language, also where they
/// complained of our emails; not once the holder has proven it again, or the move is over.
#[tokio::test]
async fn reg_09_the_holder_of_an_address_is_told_at_all_of_theirs() {
    for (days, stopped, told) in [(0, false, true), (0, true, false), (30, false, false)] {
        let bench = Bench::new().await;
        let mut holder = profile(&bench, &at_contoso("asa"), "de").await;
        let (asked, policy) = (bench.app.now(), &bench.app.policy.addresses);
        let mover: ProfileId = "p-mover".parse().expect("an id");
        let mut moving = Proven::new(at_contoso("shared"), asked, None);
        moving.leaving = (!stopped).then(|| Leaving {
            to: mover.clone(),
            masked: "j•••@contoso.example".into(),
            asked,
            due: licensing::when::add_hours(asked, policy.move_hours),
            ends: licensing::when::add_days(asked, policy.move_days),
        });
        holder.addresses.push(moving);
        holder.version = 2;
        let mut write = Write::new();
        write.profile(&bench.store, Some(1), &holder);
        write.owner(&bench.store, &at_contoso("shared"), &holder.profile, asked);
        write.commit(&bench.store).await.expect("it is stored");
        suppress(&bench, &at_contoso("asa"), Reason::Complaint).await;
        let (holder, address) = (holder.profile, at_contoso("shared"));
        queue(&bench, &Event::AddressToMove { address, holder, mover, asked }).await;
        bench.pass(days * 24 * 3600);
        assert_eq!(deliver_all(&bench).await, Failures::default());
        assert!(look::open_events(&bench).await.is_empty());
        let mut all = to(&bench);
        all.sort();
        let expected = if told { vec!["asa@contoso.example", "shared@contoso.example"] } else { vec![] };
        assert_eq!(all, expected);
        for sent in bench.mails.sent() {
            let text = &sent.rendered.text;
            assert!(
                text.contains("Melden Sie sich mit shared@contoso.example an") && text.contains("j•••@contoso.example")
            );
        }
    }
}

/// SAFE-04 a mail is in the language of the recipient's profile, English for who has none.
#[tokio::test]
async fn safe_04_a_mail_is_in_the_recipients_language() {
    for (language, written) in [(Some("de"), "lang=\"de\""), (Some(""), "lang=\"en\""), (None, "lang=\"en\"")] {
        let bench = Bench::new().await;
        bench.contoso().await;
        if let Some(language) = language {
            profile(&bench, &at_contoso("osm"), language).await;
        }
        bench.invite(MAIL).await;
        deliver_all(&bench).await;
        assert!(only(&bench).rendered.html.contains(written), "{language:?}");
    }
}

/// SAFE-04 nothing that is stored in any table opens a link or shows a code; the mails do.
#[tokio::test]
async fn safe_04_nothing_that_is_stored_opens_a_link_or_shows_a_code() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let code = code_of(&ask_code(&bench, &at_contoso("asa")).await, &bench);
    deliver_all(&bench).await;
    let sent = bench.mails.sent();
    assert_eq!(sent.len(), 2);
    let text = look::all_stored(&bench).await;
    assert!(
        text.contains("sign-in-code") && text.contains("activation-link"),
        "the ledger and the outbox are looked at"
    );
    assert!(sent.iter().any(|sent| sent.rendered.text.contains(&code)));
    assert!(!text.contains(&code));
    for page in ["/a", "/s"] {
        let sent =
            sent.iter().find(|sent| sent.rendered.text.contains(&format!("{page}#"))).expect("a mail with the link");
        let token = token(sent, page);
        // Not even a part that would leave little to guess.
        assert!(!text.contains(&token) && !text.contains(&token[..16]) && !text.contains(&token[token.len() - 16..]));
        assert!(!sent.rendered.subject.contains(&code));
    }
}

/// SAFE-03 ACT-03 to an address that bounced or complained no activation link goes: the ledger says so, and the next
/// contact is looked for at once. Sign-in codes still reach who complained, but not an address that does not exist.
#[tokio::test]
async fn safe_03_suppressed_addresses_get_security_mails_only_and_only_after_complaints() {
    for (reason, code_mailed) in [(Reason::Complaint, true), (Reason::HardBounce, false)] {
        let bench = Bench::new().await;
        bench.contoso().await;
        suppress(&bench, &at_contoso("osm"), reason).await;
        bench.invite(MAIL).await;
        ask_code(&bench, &at_contoso("osm")).await;
        assert_eq!(deliver_all(&bench).await, Failures::default());
        assert_eq!(bench.mails.sent().len(), usize::from(code_mailed), "{reason:?}");
        let ledger = ledger(&bench).await;
        let suppressed = |template: &str| {
            let row = ledger.iter().find(|row| row.template == template).expect("every letter is in the ledger");
            assert_eq!(row.accepted_at.is_some(), row.suppressed_at.is_none());
            row.suppressed_at.is_some()
        };
        assert!(suppressed("activation-link"));
        assert_eq!(suppressed("sign-in-code"), !code_mailed);
        let open: Vec<Event> = look::open_events(&bench).await.into_iter().map(|queued| queued.event).collect();
        assert!(matches!(&open[..], [Event::Rejudge { licence: judged, .. }] if *judged == licence()), "{open:?}");
        assert_eq!(deliver_all(&bench).await, Failures::default(), "what is for another function is left alone");
        assert_eq!(look::open_events(&bench).await.len(), 1);
    }
}

/// SAFE-03 an address that bounced gets nothing for thirty days, then it is tried again; and at once where that was lifted.
#[tokio::test]
async fn safe_03_an_address_that_bounced_is_tried_again() {
    for lifted in [false, true] {
        let bench = Bench::new().await;
        let osm = at_contoso("osm");
        suppress(&bench, &osm, Reason::HardBounce).await;
        bench.pass(30 * 24 * 3600 - 60);
        ask_code(&bench, &osm).await;
        assert_eq!(deliver_all(&bench).await, Failures::default());
        assert_eq!(bench.mails.sent().len(), 0);
        if lifted {
            let slot = licences::suppression(&osm);
            let known = bench.store.get(&slot).await.expect("the database answers").expect("it is stored");
            let after = known.lift(bench.app.now(), &bench.app.policy.mails).expect("not too often");
            let mut write = Write::new();
            write.reach(&bench.store, &after.expect("it stops mail"));
            write.commit(&bench.store).await.expect("nobody else writes");
        } else {
            bench.pass(60);
        }
        ask_code(&bench, &osm).await;
        assert_eq!(deliver_all(&bench).await, Failures::default());
        assert_eq!(only(&bench).to, osm, "lifted: {lifted}");
    }
}

/// SAFE-03 ACT-03 a mail that SES refuses for good counts as a hard bounce: suppression, and the next contact.
#[tokio::test]
async fn safe_03_a_mail_that_ses_refuses_counts_as_bounced() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let faults = Faults::on(&bench);
    faults.plan(Fault::before(4, Kind::Rejected));
    let failures = records(&faults.app(Retries::Off), look::outbox(&bench).await).await;
    assert!(faults.happened());
    assert_eq!(failures, Failures::default());
    assert_eq!(bench.mails.sent().len(), 0);
    assert!(ledger(&bench).await[0].bounced_at.is_some());
    let suppression = bench.store.get(&licences::suppression(&at_contoso("osm"))).await.expect("the database answers");
    assert_eq!(suppression.map(|suppression| suppression.reason), Some(Reason::HardBounce));
    assert!(matches!(&look::open_events(&bench).await[..], [queued] if matches!(queued.event, Event::Rejudge { .. })));
}

/// ACT-16 where SES takes no mail now, the record comes again and the mail goes out without waiting; where SES did not
/// say whether it took it, the mail waits for the lease to end, and repeats the same link.
#[tokio::test]
async fn act_16_ses_out_of_order_delays_a_mail_and_loses_none() {
    for (kind, at_once) in [
        (Kind::Throttled, true),
        (Kind::NoConnection, true),
        (Kind::ServerError, false),
        (Kind::TimeOut, false),
        (Kind::Broken, false),
    ] {
        let bench = Bench::new().await;
        bench.contoso().await;
        bench.invite(MAIL).await;
        let faults = Faults::on(&bench);
        let queued = look::outbox(&bench).await;
        faults.plan(Fault::before(4, kind));
        assert_eq!(records(&faults.app(Retries::Off), queued.clone()).await.failures.len(), 1, "{kind:?}");
        assert!(faults.happened());
        assert_eq!(records(&bench.app, queued.clone()).await.failures.is_empty(), at_once, "{kind:?}");
        assert_eq!(bench.mails.sent().len(), usize::from(at_once), "{kind:?}");
        bench.pass(60);
        assert_eq!(records(&bench.app, queued).await, Failures::default());
        only(&bench);
    }
}

/// ACT-16 SAFE-03 SES took a mail and did not say so: once it is reported what became of it, the mail is not sent again.
#[tokio::test]
async fn act_16_a_report_settles_what_ses_did_not_say() {
    for kind in [Kind::ServerError, Kind::TimeOut, Kind::Broken] {
        let bench = Bench::new().await;
        bench.contoso().await;
        bench.invite(MAIL).await;
        let faults = Faults::on(&bench);
        let queued = look::outbox(&bench).await;
        faults.plan(Fault::after(4, kind));
        assert_eq!(records(&faults.app(Retries::Off), queued.clone()).await.failures.len(), 1, "{kind:?}");
        let mail = only(&bench).mail;
        let letter = bench.store.letter(&mail).await.expect("the database answers").expect("it is in the ledger");
        let (at, then) = (bench.app.now(), FollowUp::Nothing);
        let report = Reported { id: &mail, letter: &letter, mark: Mark::Delivered, at, reach: None, then };
        bench.store.write_report(&report, at, Write::new()).await.expect("it is in the ledger");
        bench.pass(60);
        assert_eq!(records(&bench.app, queued).await, Failures::default(), "{kind:?}");
        only(&bench);
        assert!(look::open_events(&bench).await.is_empty(), "{kind:?}");
    }
}

/// ACT-16 a sender that is killed in the middle leaves nothing to the sweep: the stream's tries outlast the lease that it left
/// behind, whichever call it was at, and each mail goes out, once at least and twice only where SES had taken it.
#[tokio::test]
async fn act_16_a_killed_sender_leaves_nothing_to_the_sweep() {
    // Facts, reader, and for each mail lease, SES, mark and the event's.
    for call in [3, 4, 5, 6, 11, 12] {
        let (bench, people) = eight_listed().await;
        let batch = as_inserted(welcomes(&bench, &people, "killed").await);
        let faults = Faults::on(&bench);
        let app = faults.app(Retries::Off);
        faults.plan(Fault { lasting: true, ..Fault::after(call, Kind::Broken) });
        let mut killed = false;
        let function = async |event| {
            let handed: Records = serde_json::from_value(event).ok()?;
            let left = Duration::from_mins(1);
            #[expect(clippy::disallowed_methods, reason = "Lambda's deadline is a time of the system's clock")]
            let deadline = Deadline::at(std::time::SystemTime::now() + left);
            let failures = records(&app, Records { deadline, ..handed }).await;
            // The first call never came to say what it did.
            if !std::mem::replace(&mut killed, true) {
                faults.heal();
                return None;
            }
            Some(failures)
        };
        let driven = tokio::select! {
            driven = drive(&batch, ATTEMPTS, function) => driven,
            () = passing(&bench) => unreachable!("time passes without end"),
        };
        assert_eq!(driven.dead, [0_usize; 0], "{call}");
        let sent = bench.mails.sent();
        assert!(people.iter().all(|person| sent.iter().any(|sent| sent.to == *person)), "{call}");
        assert!(sent.len() <= people.len() + 1, "{call}: {}", sent.len());
        assert!(look::open_events(&bench).await.is_empty(), "{call}");
    }
}

/// ACT-16 where the call's time is nearly up, it does not wait for a lease to end: the next try does.
#[tokio::test]
async fn act_16_a_call_waits_no_longer_than_it_may() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let faults = Faults::on(&bench);
    let queued = look::outbox(&bench).await;
    faults.plan(Fault::before(4, Kind::TimeOut));
    assert_eq!(records(&faults.app(Retries::Off), queued.clone()).await.failures.len(), 1);
    for (left, failed) in [(11, 1), (60, 0)] {
        #[expect(clippy::disallowed_methods, reason = "Lambda's deadline is a time of the system's clock")]
        let deadline = Deadline::at(std::time::SystemTime::now() + Duration::from_secs(left));
        let waited = Records { deadline, ..queued.clone() };
        let failures = if failed == 1 {
            records(&bench.app, waited).await
        } else {
            tokio::select! {
                failures = records(&bench.app, waited) => failures,
                () = passing(&bench) => unreachable!("time passes without end"),
            }
        };
        assert_eq!(failures.failures.len(), failed);
        assert_eq!(bench.mails.sent().len(), 1 - failed);
    }
}

/// Time passes, faster than it does.
async fn passing(bench: &Bench) {
    loop {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bench.pass(5);
    }
}

/// ACT-16 two deliveries of one event at the same time send one mail.
#[tokio::test]
async fn act_16_two_deliveries_at_once_send_one_mail() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let [queued] = &look::open_events(&bench).await[..] else { panic!("one event") };
    let outcomes = tokio::join!(deliver(&bench.app, queued), deliver(&bench.app, queued), deliver(&bench.app, queued));
    only(&bench);
    for outcome in [outcomes.0, outcomes.1, outcomes.2] {
        assert!(matches!(outcome, Ok(()) | Err(NotYet::Leased(_))), "{outcome:?}");
    }
}

/// ACT-16 where the answer to the lease is lost and the SDK asks again, the lease is known as our own: the mail goes out at
/// once.
#[tokio::test]
async fn act_16_a_lease_whose_answer_was_lost_is_our_own() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let faults = Faults::on(&bench);
    faults.plan(Fault::after(3, Kind::Broken));
    let failures = records(&faults.app(Retries::AsDeployed), look::outbox(&bench).await).await;
    assert_eq!(faults.calls().iter().filter(|call| call.operation == "PutItem").count(), 2, "asked twice");
    assert_eq!(failures, Failures::default());
    only(&bench);
}

/// ACT-16 a failed record is reported and does not hold up the others; what is done, held, removed or for others is left.
#[tokio::test]
async fn act_16_only_failed_records_are_reported() {
    let bench = Bench::new().await;
    bench.contoso().await;
    for product in [CLOUD, MAIL] {
        bench.invite(product).await;
    }
    ask_code(&bench, &at_contoso("asa")).await;
    let mut batch = look::outbox(&bench).await;
    let garbage = |number: usize, kind: &str, new_image: Value| Record {
        kind: kind.into(),
        dynamodb: Change { new_image, sequence_number: format!("garbage-{number}") },
    };
    batch.records.insert(0, garbage(1, "INSERT", serde_json::json!({ "event_id": { "S": "x" } })));
    batch.records.push(garbage(2, "REMOVE", Value::Null));
    let faults = Faults::on(&bench);
    // The second mail is the fourth call of the second event.
    faults.plan(Fault::before(6 + 4, Kind::Throttled));
    let failures = records(&faults.app(Retries::Off), batch.clone()).await;
    assert!(faults.happened());
    let reported: Vec<&str> = failures.failures.iter().map(|failure| failure.sequence_number.as_str()).collect();
    assert_eq!(reported, ["garbage-1", "1"]);
    assert_eq!(bench.mails.sent().len(), 2);
    assert_eq!(
        records(&bench.app, batch).await.failures.len(),
        1,
        "what can't be read is reported until it is set aside"
    );
    assert_eq!(bench.mails.sent().len(), 3);
}

/// ACT-16 whichever of eight events of a batch fail: each of their mails goes out, once. The stream hands over again what
/// failed *and* what stood behind it; that sends nothing again. What can never be done, because it can't be read, ends with
/// the dead letters by itself, and holds up no other.
#[tokio::test]
async fn act_16_whichever_of_eight_events_fail_each_mail_goes_out_once() {
    let (bench, people) = eight_listed().await;
    let faults = Faults::on(&bench);
    let app = faults.app(Retries::Off);
    let mut again = 0;
    for failing in OfEight::every_way() {
        let batch = as_inserted(welcomes(&bench, &people, &failing.to_string()).await);

        // SES is too busy for some of the mails, at first.
        let busy_for: Vec<Address> = failing.places().into_iter().map(|place| people[place].clone()).collect();
        faults.refuse(move |call, body| {
            let to = body.pointer("/Destination/ToAddresses/0").and_then(Value::as_str).unwrap_or_default();
            call.service == Service::SES && busy_for.iter().any(|busy| busy.as_str() == to)
        });
        let before = bench.mails.sent().len();
        let function = async |event| Some(records(&app, serde_json::from_value(event).ok()?).await);
        again += drive_failing(&batch, failing, function, async || {
            assert_eq!(bench.mails.sent().len() - before, failing.others().len(), "{failing}: the others were done");
            faults.heal();
        })
        .await;
        assert_eq!(sent_to(&bench, before), people, "{failing}: each one's mail, once");
    }
    assert_eq!(again, COME_AGAIN);
}

/// REG-05 SES takes so many mails a second, and a load uses them up: its letters stand back for a second each time, codes never do.
#[tokio::test]
async fn reg_05_a_loads_letters_stand_back_for_codes() {
    let (bench, people) = eight_listed().await;
    let faults = Faults::on(&bench);
    let app = faults.app(Retries::Off);
    faults.refuse(|call, _| call.service == Service::SES);
    let code = ask_code(&bench, &at_contoso("asa")).await;
    let stored = bench.store.raw(&store::outbox::queued(&code.id())).await.expect("it answers").expect("it is queued");
    let waited = async |images: Vec<Value>| {
        let event = serde_json::json!({ "Records": as_inserted(images) });
        let batch: Records = serde_json::from_value(event).expect("a batch");
        let deadline = Deadline::at(std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 33));
        let began = tokio::time::Instant::now();
        let failures = records(&app, Records { deadline, ..batch }).await;
        assert!(!failures.failures.is_empty(), "SES takes none");
        began.elapsed()
    };
    assert!(waited(welcomes(&bench, &people[..2], "l1").await).await >= 2 * STAND_BACK);
    // The machine may be busy for a while, but not each time.
    let mut shortest = Duration::MAX;
    for _ in 0..5 {
        shortest = shortest.min(waited(vec![image(&stored)]).await);
    }
    assert!(shortest < STAND_BACK);
}

/// ACT-16 whichever of eight records can't be read: they end with the dead letters, and each of the others' mails goes out,
/// once.
#[tokio::test]
async fn act_16_whichever_of_eight_records_are_poison_the_others_are_mailed_once() {
    let (bench, people) = eight_listed().await;
    for poisoned in OfEight::every_way() {
        let mut batch = as_inserted(welcomes(&bench, &people, &format!("poison-{poisoned}")).await);
        for place in poisoned.places() {
            batch[place] = poison(place);
        }
        let before = bench.mails.sent().len();
        let driven =
            drive(&batch, ATTEMPTS, async |event| Some(records(&bench.app, serde_json::from_value(event).ok()?).await))
                .await;
        assert_eq!(driven.dead, poisoned.places(), "{poisoned}");
        let others: Vec<Address> = poisoned.others().into_iter().map(|place| people[place].clone()).collect();
        assert_eq!(sent_to(&bench, before), others, "{poisoned}: each one's mail, once");
    }
}

/// Eight people, each listed on a Licensing ID.
async fn eight_listed() -> (Bench, Vec<Address>) {
    let bench = Bench::new().await;
    bench.contoso().await;
    let agreement = bench.context(MAIL).await.agreement.expect("stored").record;
    let people: Vec<Address> = (0..8).map(|number| at_contoso(&format!("person-{number}"))).collect();
    let mut write = Write::new();
    for (number, person) in people.iter().enumerate() {
        let contacts = Contacts::from([(ContactName::Notices, person.clone())]);
        let licence = format!("enterprise/{number}").parse().expect("a licence");
        write.agreement(
            &bench.store,
            None,
            &Agreement { licence, loaded_contacts: contacts, ..agreement.clone() },
            "Contoso",
        );
    }
    write.commit(&bench.store).await.expect("it is stored");
    (bench, people)
}

/// Queues a welcome mail for each of these people: their outbox items, as the stream carries them.
async fn welcomes(bench: &Bench, people: &[Address], load: &str) -> Vec<Value> {
    let events: Vec<Event> = people
        .iter()
        .map(|person| Event::Welcome { load: load.to_owned(), addresses: [person.clone()].into() })
        .collect();
    let mut write = Write::new();
    write.events(&bench.store, &events, bench.app.now());
    write.commit(&bench.store).await.expect("it is stored");
    let mut images = Vec::new();
    for event in events {
        let stored = bench.store.raw(&store::outbox::queued(&event.id())).await.expect("the database answers");
        images.push(image(&stored.expect("it is stored")));
    }
    images
}

/// To whom mails went since there were so many, sorted.
fn sent_to(bench: &Bench, before: usize) -> Vec<Address> {
    let mut to: Vec<Address> = sent_since(bench, before).into_iter().map(|sent| sent.to).collect();
    to.sort();
    to
}

/// ACT-16 EXP-04 when the time of a call is nearly up, nothing more is begun: the rest is reported, and comes again.
#[tokio::test]
async fn act_16_a_call_whose_time_is_up_begins_nothing() {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let batch = look::outbox(&bench).await;
    let over = Records { deadline: Deadline::at(std::time::UNIX_EPOCH), ..batch.clone() };
    let before = bench.app.store.meter().read();
    assert_eq!(records(&bench.app, over).await.failures.len(), 1);
    assert_eq!(bench.app.store.meter().read(), before);
    assert_eq!(records(&bench.app, batch).await, Failures::default());
    only(&bench);
}

/// SES's words are kept from the log where they could name an address; ours name none.
#[tokio::test]
async fn what_is_logged_names_no_address() {
    let texts = [
        NotYet::Leased(Timestamp::MIN).to_string(),
        NotYet::Mail(SendError::Later("TooManyRequestsException".into())).to_string(),
        NotYet::Store(store::Error::Busy).to_string(),
    ];
    assert!(texts.iter().all(|text| !text.contains('@') && !text.is_empty()));
}

/// A thing that is queued, and what the first delivery does with it.
#[derive(Debug, Clone, Copy)]
enum Case {
    Link,
    Code,
    Keys,
    Suppressed,
    Joining,
    Permission,
}

async fn prepared(case: Case) -> (Bench, Records) {
    let bench = Bench::new().await;
    bench.contoso().await;
    match case {
        Case::Link => drop(bench.invite(MAIL).await),
        Case::Code => {
            profile(&bench, &at_contoso("asa"), "de").await;
            drop(ask_code(&bench, &at_contoso("asa")).await);
        }
        Case::Keys => {
            let bought = order("PO-7", KEYED, 12);
            let mut write = Write::new();
            write.order(&bench.store, &bought, bench.app.now());
            write.event(
                &bench.store,
                &Event::KeyNotice { licence: licence(), product: sku(KEYED), order: bought.id },
                bench.app.now(),
                false,
            );
            write.commit(&bench.store).await.expect("it is stored");
        }
        Case::Suppressed => {
            suppress(&bench, &at_contoso("osm"), Reason::HardBounce).await;
            drop(bench.invite(MAIL).await);
        }
        Case::Permission => permission::asked_for_permission(&bench).await,
        Case::Joining => {
            let (bench, ..) = asked_to_join().await;
            let queued = look::outbox(&bench).await;
            return (bench, queued);
        }
    }
    let queued = look::outbox(&bench).await;
    (bench, queued)
}

/// Mails, by recipient.
fn counted(bench: &Bench) -> std::collections::BTreeMap<Address, Vec<Sent>> {
    let mut mails: std::collections::BTreeMap<Address, Vec<Sent>> = std::collections::BTreeMap::new();
    for sent in bench.mails.sent() {
        mails.entry(sent.to.clone()).or_default().push(sent);
    }
    mails
}

/// ACT-16 whichever call fails, before or after it took effect, once or with all that follow: after the fault and a
/// redelivery no mail is lost, and none is doubled except where SES had taken it and the mark was lost; then with the same
/// link.
#[tokio::test]
async fn act_16_no_fault_loses_a_mail_or_doubles_one_that_is_marked() {
    let mut tried = 0;
    let mut doubled = 0;
    for (case, expected, calls) in [
        (Case::Link, 1, 6),
        (Case::Code, 1, 7),
        (Case::Keys, 2, 10),
        (Case::Suppressed, 0, 4),
        (Case::Joining, 2, 9),
        (Case::Permission, 2, 10),
    ] {
        let (bench, queued) = prepared(case).await;
        let faults = Faults::on(&bench);
        assert_eq!(records(&faults.app(Retries::Off), queued).await, Failures::default());
        let dry = faults.calls();
        assert_eq!((bench.mails.sent().len(), dry.len()), (expected, calls), "{case:?} {dry:?}");

        let once = Fault::every(&dry);
        let plans = once.iter().map(|fault| (*fault, Retries::Off));
        let plans = plans.chain(once.iter().map(|fault| (*fault, Retries::AsDeployed)));
        let plans = plans.chain(Fault::crashes(&dry).into_iter().map(|fault| (fault, Retries::Off)));
        for (fault, retries) in plans {
            let (bench, queued) = prepared(case).await;
            let faults = Faults::on(&bench);
            faults.plan(fault);
            let failures = records(&faults.app(retries), queued.clone()).await;
            let what = format!("{case:?} {retries:?} {fault}: {:?}", faults.calls());
            assert!(faults.happened(), "{what}");
            let after_fault = counted(&bench);
            let marked: Vec<Address> =
                ledger(&bench).await.into_iter().filter(|row| row.accepted_at.is_some()).map(|row| row.to).collect();
            if failures.failures.is_empty() {
                let open = look::open_events(&bench).await;
                assert!(
                    open.iter().all(|queued| queued.consumer != "mail"),
                    "{what}: what is not done must be reported"
                );
            }
            faults.heal();
            bench.pass(60);
            // The stream carries the same image again, and then the sweep drives whatever is open.
            assert_eq!(records(&faults.app(Retries::Off), queued).await, Failures::default(), "{what}");
            assert_eq!(deliver_all(&bench).await, Failures::default(), "{what}");
            let mails = counted(&bench);
            assert_eq!(mails.len(), expected, "{what}: everyone got the mail");
            for (to, sent) in &mails {
                let unmarked = after_fault.contains_key(to) && !marked.contains(to);
                assert_eq!(sent.len(), 1 + usize::from(unmarked), "{what}: to {to:?}");
                assert!(sent.iter().all(|one| one.rendered == sent[0].rendered), "{what}: the same link");
                doubled += sent.len() - 1;
            }
            let ledger = ledger(&bench).await;
            assert!(ledger.iter().all(Letter::is_done), "{what}");
            if matches!(case, Case::Suppressed) {
                let open = look::open_events(&bench).await;
                assert_eq!(open.len(), 1, "{what}: the next contact is looked for, once");
            }
            tried += 1;
        }
    }
    println!("{tried} faults, {doubled} mails doubled");
}

/// ACT-16 an event of each kind finds nothing to write about where what it names is not there, and is done.
#[tokio::test]
async fn act_16_events_about_what_is_gone_are_done() {
    let bench = Bench::new().await;
    let (licence, product, account): (Licence, _, _) = (licence(), sku(MAIL), account_id("a1"));
    let (generation, version) = (1, 1);
    let address = at_contoso("osm");
    let asker: ProfileId = "p".parse().expect("an id");
    let l = || licence.clone();
    let p = || product.clone();
    for event in [
        Event::SignInCode { address: address.clone(), device: String::new(), generation, mail: 1 },
        Event::ProveAddress { profile: "p".parse().expect("an id"), address: address.clone(), generation },
        Event::Welcome { load: "l".into(), addresses: [address.clone()].into() },
        Event::ActivationLink { licence: l(), product: p(), generation, why: Why::First, mail: 1 },
        Event::Reminder { licence: l(), product: p(), generation, days: 7 },
        Event::LinkExpired { licence: l(), product: p(), generation },
        Event::KeyNotice { licence: l(), product: p(), order: "PO-1".parse().expect("an id") },
        Event::Assigned { licence: l(), product: p(), version },
        Event::Activated { licence: l(), product: p(), version },
        Event::SetUpRefused { licence: l(), product: p(), version },
        Event::Undone {
            licence: l(),
            product: p(),
            version,
            to: address.clone(),
            account: account.clone(),
            account_name: "Account a1".into(),
            by_them: true,
        },
        Event::Remap { licence: l(), product: p(), version, from: None },
        Event::Remap { licence: l(), product: p(), version: 2, from: Some(account.clone()) },
        Event::JoinAsked { account: account.clone(), asker: asker.clone(), generation },
        Event::JoinDecided { account: account.clone(), asker: asker.clone(), generation, to: address.clone() },
        Event::JoinEnded { account, asker, generation, to: address.clone() },
    ] {
        queue(&bench, &event).await;
    }
    for event in permission::events_about_nothing().into_iter().chain(managed::events_about_nothing()) {
        queue(&bench, &event).await;
    }
    assert_eq!(deliver_all(&bench).await, Failures::default());
    assert_eq!(bench.mails.sent().len(), 0);
    assert!(look::open_events(&bench).await.is_empty());
    assert!(ledger(&bench).await.is_empty());
}
