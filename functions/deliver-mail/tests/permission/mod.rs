//! The letters about requests for permission: to whom, once, and what they tell.

use std::collections::{BTreeMap, BTreeSet};

use licensing::{
    access::{Access, By, GivenUpBy, Grant, Holder, Roster, Standing},
    event::RequestMail,
    request::{AskOutcome, Asked, Decider, Deciding, Decision, Found, NewRequest, Nobody, Request, Step},
    roles::{Benefit, Role},
    when::day_of,
};
use store::{requests::RequestContext, standing};

use super::*;

const DAY: i64 = 24 * 3600;

/// An agreement above Contoso's.
fn above() -> Licence {
    "select/4410872".parse().expect("a licence")
}

/// Contoso with so many further Administrators: each second one inherited from the agreement above.
async fn with_administrators(count: usize) -> Bench {
    let bench = Bench::new().await;
    bench.contoso().await;
    let before = bench.store.get(&licences::agreement(&licence())).await.expect("the database answers");
    let before = before.expect("it is stored");
    let grant = Grant { by: By::Row, at: bench.app.now(), until: None, scheme: None };
    let mut holder = Holder::default();
    holder.assign([Role::Administrator], &BTreeSet::new(), false, &grant);
    let mut rosters = [Roster::default(), Roster::default()];
    for number in 0..count {
        rosters[number % 2].note(&administrator(number), &holder).expect("there is room");
    }
    let parent =
        Agreement { licence: above(), loaded_contacts: Contacts::new(), parent: None, ..before.record.clone() };
    let child = Agreement { parent: Some(above()), ..before.record.clone() };
    let mut write = Write::new();
    write.agreement(&bench.store, None, &parent, "Contoso");
    write.agreement(&bench.store, Some(&before), &child, "Contoso");
    write.roster(&bench.store, &licence(), None, &rosters[0]);
    write.roster(&bench.store, &above(), None, &rosters[1]);
    write.commit(&bench.store).await.expect("it is stored");
    bench
}

fn administrator(number: usize) -> Address {
    at_contoso(&format!("admin-{number}"))
}

/// Those who decide there: with the primary and the notices contact.
fn deciders(count: usize) -> BTreeSet<Address> {
    (0..count).map(administrator).chain([at_contoso("notices"), at_contoso("primary")]).collect()
}

/// Somebody with a profile. Everybody is called Åsa Berg.
async fn somebody(bench: &Bench, address: &str) -> Person {
    let address: Address = address.parse().expect("an address");
    Person { profile: profile(bench, &address, "en").await.profile, address }
}

async fn asa(bench: &Bench) -> Person {
    somebody(bench, "asa@contoso.example").await
}

fn roles(roles: &[Role]) -> Asked {
    Asked { roles: roles.iter().copied().collect(), ..Asked::default() }
}

fn everything() -> Asked {
    Asked { benefits: Benefit::ALL.iter().copied().collect(), reservations: true, ..roles(Role::ALL) }
}

async fn context(bench: &Bench, by: &Person) -> RequestContext {
    bench.store.request_context(&licence(), &by.profile).await.expect("the database answers")
}

async fn write(bench: &Bench, step: &Step, context: &RequestContext) -> Request {
    let mut write = Write::new();
    write.request(&bench.store, step, context, bench.app.now(), &bench.app.policy.requests);
    write.commit(&bench.store).await.expect("it is written");
    step.after().clone()
}

/// Takes a step with a request as it is stored.
async fn take(bench: &Bench, by: &Person, step: impl FnOnce(Request, &Standing) -> Step) -> Request {
    let context = context(bench, by).await;
    let loaded = context.loaded.clone().expect("it is loaded");
    let standing = bench.store.with_all_above(loaded).await.expect("the database answers").standing();
    let step = step(context.request.clone().expect("it was asked"), &standing);
    write(bench, &step, &context).await
}

/// Asks, and it is found out who decides, as `request-permission` does both.
async fn ask(bench: &Bench, by: &Person, asked: &Asked, colleague: bool) -> Request {
    ask_and_find(bench, by, asked, colleague, 0).await
}

async fn ask_and_find(bench: &Bench, by: &Person, asked: &Asked, colleague: bool, unreachable: usize) -> Request {
    let (now, policy) = (bench.app.now(), &bench.app.policy.requests);
    let (licence, has) = (licence(), Access::default());
    let new = NewRequest { licence: &licence, by, name: "Åsa Berg", asked, comment: "For the audit", has: &has };
    let before = context(bench, by).await;
    let outcome = Request::ask(before.request.clone(), &new, now, policy).expect("it may be asked");
    let AskOutcome::New(step) = outcome else { panic!("it waits already") };
    let request = write(bench, &step, &before).await;
    let event = Event::PermissionAsked { licence, asker: by.profile.clone(), generation: request.generation };
    bench.store.event_done(&event.id(), now).await.expect("the database answers");
    let addresses = [by.address.clone()];
    let route = |request: Request, standing: &Standing| {
        request.route(&Found { standing: Some(standing), addresses: &addresses, colleague, unreachable }, now)
    };
    take(bench, by, route).await
}

async fn withdraw(bench: &Bench, by: &Person) {
    let now = bench.app.now();
    take(bench, by, |request, _| request.withdraw(now).expect("it waits")).await;
}

/// The sweep comes to it.
async fn due(bench: &Bench, by: &Person) -> Request {
    let (now, policy) = (bench.app.now(), bench.app.policy.requests.clone());
    take(bench, by, |request, _| request.sweep(now, &policy).expect("something is due")).await
}

async fn remind(bench: &Bench, by: &Person) {
    let (now, policy) = (bench.app.now(), bench.app.policy.requests.clone());
    take(bench, by, |request, _| request.remind(now, &policy).expect("it may be reminded of")).await;
}

async fn decide(bench: &Bench, by: &Person, decision: Decision, decider: &Person) {
    let now = bench.app.now();
    let (session, addresses) = (Decider::Session(decider.clone()), [decider.address.clone()]);
    take(bench, by, |request, standing| {
        let deciding = Deciding { by: &session, addresses: &addresses, standing, asker_has_address: true };
        let shown = request.generation;
        request.decide(decision, "As we said.", shown, &deciding, now).expect("they decide")
    })
    .await;
}

/// Hands over twice all that waits: each letter of these, with to whom it went.
pub(crate) async fn letters(bench: &Bench) -> BTreeMap<&'static str, BTreeSet<Address>> {
    let before = bench.mails.sent().len();
    for _ in 0..2 {
        assert_eq!(deliver_all(bench).await, Failures::default());
    }
    assert!(look::open_events(bench).await.is_empty());
    let mut letters: BTreeMap<&'static str, BTreeSet<Address>> = BTreeMap::new();
    for sent in sent_since(bench, before) {
        let is_new = letters.entry(sent.rendered.template).or_default().insert(sent.to.clone());
        assert!(is_new, "{} to {:?}, twice", sent.rendered.template, sent.to);
    }
    letters
}

pub(crate) fn only_to(
    template: &'static str,
    to: impl IntoIterator<Item = Address>,
) -> BTreeMap<&'static str, BTreeSet<Address>> {
    BTreeMap::from([(template, to.into_iter().collect())])
}

/// REQ-03 SAFE-04 three hundred Administrators, half of them inherited, each get one letter in their language with a link of
/// their own; the levels are read once, and nothing that is stored opens a link.
#[tokio::test]
async fn req_03_each_of_300_administrators_is_asked_once_with_a_link_of_their_own() {
    let bench = with_administrators(298).await;
    profile(&bench, &administrator(7), "de").await;
    let by = asa(&bench).await;
    ask(&bench, &by, &everything(), true).await;
    let queued = look::outbox(&bench).await;
    assert_eq!(look::open_events(&bench).await.len(), 1, "one event, however many there are");

    let before = bench.app.store.meter().read();
    assert_eq!(records(&bench.app, queued.clone()).await, Failures::default());
    let used = bench.app.store.meter().read() - before;
    let readers = 6 + 1;
    assert_eq!(used.calls, 3 + readers + 2 * 300 + 1, "facts, customer, level above, readers, each letter, done");
    assert_eq!(records(&bench.app, queued).await, Failures::default());

    let sent = sent_since(&bench, 0);
    assert_eq!(sent.iter().map(|sent| sent.to.clone()).collect::<BTreeSet<_>>(), deciders(298));
    assert_eq!(sent.len(), 300);
    let stored = look::all_stored(&bench).await;
    let mut tokens = BTreeSet::new();
    for sent in &sent {
        let token = token(sent, "/r");
        let opened = bench.app.keys.links().open_permission(&token).expect("our own link");
        assert_eq!(opened, (licence(), by.profile.clone(), 1, sent.to.clone()));
        assert!(!stored.contains(&token[..16]));
        tokens.insert(token);
        let is_german = sent.rendered.subject.starts_with("Bitte entscheiden");
        assert_eq!(is_german, sent.to == administrator(7), "{}", sent.rendered.subject);
        for part in ["Åsa Berg", "For the audit", "asa@contoso.example"] {
            assert!(sent.rendered.text.contains(part), "{part} in\n{}", sent.rendered.text);
        }
    }
    assert_eq!(tokens.len(), 300);
    // A Licensing ID's ledger must not tell its readers who administers it.
    assert!(ledger(&bench).await.iter().all(|row| row.licence.is_none()));
}

/// REQ-05 REQ-06 REQ-09 APR-03 APR-05 what happens to a request is told to those whom it concerns, each once.
#[tokio::test]
async fn req_05_each_step_of_a_request_is_told_to_those_whom_it_concerns() {
    let bench = with_administrators(4).await;
    let (by, decider) = (asa(&bench).await, somebody(&bench, administrator(0).as_str()).await);
    let all = deciders(4);
    ask(&bench, &by, &roles(&[Role::Download]), true).await;
    assert_eq!(letters(&bench).await, only_to("permission-asked", all.clone()));

    let before = bench.mails.sent().len();
    ask(&bench, &by, &everything(), true).await;
    assert_eq!(letters(&bench).await, only_to("permission-asked", all.clone()));
    for sent in sent_since(&bench, before) {
        assert!(sent.rendered.subject.starts_with("Changed: asa@contoso.example"), "{}", sent.rendered.subject);
        assert_eq!(bench.app.keys.links().open_permission(&token(&sent, "/r")).expect("our own link").2, 2);
    }

    bench.pass(2 * DAY);
    remind(&bench, &by).await;
    assert_eq!(letters(&bench).await, only_to("permission-reminder", all.clone()));
    bench.pass(DAY);
    due(&bench, &by).await;
    assert_eq!(letters(&bench).await, only_to("permission-reminder", all.clone()));
    bench.pass(7 * DAY);
    due(&bench, &by).await;
    assert_eq!(letters(&bench).await, only_to("permission-undecided", [at_contoso("notices")]));

    decide(&bench, &by, Decision::Grant(roles(&[Role::Download])), &decider).await;
    let told = letters(&bench).await;
    assert_eq!(told["permission-decided"], BTreeSet::from([by.address.clone()]));
    assert_eq!(told["permission-handled"], &all - &BTreeSet::from([decider.address.clone()]));
    assert_eq!(told.len(), 2);
    for sent in bench.mails.sent() {
        let text = &sent.rendered.text;
        match sent.rendered.template {
            "permission-handled" => assert!(text.contains("Decided by: admin-0@contoso.example"), "{text}"),
            "permission-decided" => assert!(text.contains("/access/enterprise/88590039"), "{text}"),
            _ => assert!(token(&sent, "/r").len() > 20),
        }
    }
}

/// APR-03 where nobody was reminded, only who asked learns what was decided; also where they have asked again since.
#[tokio::test]
async fn apr_03_where_nobody_was_reminded_only_who_asked_is_told() {
    for asks_again in [false, true] {
        let bench = with_administrators(2).await;
        let (by, decider) = (asa(&bench).await, somebody(&bench, administrator(1).as_str()).await);
        ask(&bench, &by, &roles(&[Role::Download]), true).await;
        letters(&bench).await;
        decide(&bench, &by, Decision::Deny, &decider).await;
        if asks_again {
            ask(&bench, &by, &everything(), true).await;
        }
        let told = letters(&bench).await;
        assert_eq!(told["permission-decided"], BTreeSet::from([by.address.clone()]));
        assert_eq!(told.get("permission-asked").cloned(), asks_again.then(|| deciders(2)));
        assert!(!told.contains_key("permission-handled"));
        let sent = bench.mails.sent();
        let outcome = sent.iter().find(|sent| sent.rendered.template == "permission-decided").expect("it is told");
        assert!(outcome.rendered.text.contains("- Download\n") && !outcome.rendered.text.contains("- Product Keys"));
    }
}

/// APR-03 who decided gets no letter that it is handled, at whichever of their addresses.
#[tokio::test]
async fn apr_03_who_decided_is_not_told_at_another_address() {
    let bench = with_administrators(3).await;
    let by = asa(&bench).await;
    let mut both = profile(&bench, &administrator(0), "en").await;
    let decider = Person { profile: both.profile.clone(), address: administrator(0) };
    let before = both.version;
    both.addresses.push(Proven::new(administrator(1), bench.app.now(), None));
    both.version += 1;
    let mut write = Write::new();
    write.profile(&bench.store, Some(before), &both);
    write.commit(&bench.store).await.expect("it is stored");
    ask(&bench, &by, &roles(&[Role::Download]), true).await;
    bench.pass(3 * DAY);
    due(&bench, &by).await;
    letters(&bench).await;
    decide(&bench, &by, Decision::Deny, &decider).await;
    let others = BTreeSet::from([administrator(2), at_contoso("notices"), at_contoso("primary")]);
    assert_eq!(letters(&bench).await["permission-handled"], others);
}

/// REQ-09 REQ-05 those who decide learn that a request was taken back; who asked, that it ended.
#[tokio::test]
async fn req_09_a_withdrawn_or_ended_request_is_told() {
    let bench = with_administrators(2).await;
    let by = asa(&bench).await;
    ask(&bench, &by, &roles(&[Role::Download]), true).await;
    letters(&bench).await;
    withdraw(&bench, &by).await;
    assert_eq!(letters(&bench).await, only_to("permission-withdrawn", deciders(2)));

    ask(&bench, &by, &roles(&[Role::Download]), true).await;
    letters(&bench).await;
    bench.pass(30 * DAY);
    due(&bench, &by).await;
    assert_eq!(letters(&bench).await, only_to("permission-ended", [by.address]));
}

/// REQ-05 APR-03 a letter whose request moved on before it was written is not written.
#[tokio::test]
async fn apr_03_letters_about_what_moved_on_are_not_written() {
    for (days, gone) in [(0, "permission-asked"), (3, "permission-reminder"), (10, "permission-undecided")] {
        let bench = with_administrators(2).await;
        let by = asa(&bench).await;
        ask(&bench, &by, &roles(&[Role::Download]), true).await;
        if days > 0 {
            letters(&bench).await;
            bench.pass(days * DAY);
            due(&bench, &by).await;
        }
        withdraw(&bench, &by).await;
        let told = letters(&bench).await;
        assert_eq!(told, only_to("permission-withdrawn", deciders(2)), "{gone}");
    }
    // Another choice took its place.
    let bench = with_administrators(2).await;
    let by = asa(&bench).await;
    ask(&bench, &by, &roles(&[Role::Download]), true).await;
    ask(&bench, &by, &roles(&[Role::ProductKeys]), true).await;
    assert_eq!(letters(&bench).await, only_to("permission-asked", deciders(2)));
    assert!(bench.mails.sent().iter().all(|sent| sent.rendered.text.contains("- Product Keys")));
}

/// REQ-03 APR-05 whatever who asked is told, it names no Administrator: neither by name nor by address.
#[tokio::test]
async fn req_03_no_letter_to_who_asked_names_an_administrator() {
    let decisions = [Decision::Grant(everything()), Decision::Grant(roles(&[Role::Download])), Decision::Deny];
    let mut seen = BTreeSet::new();
    for decision in decisions.into_iter().map(Some).chain([None]) {
        let bench = with_administrators(300).await;
        let (by, decider) = (asa(&bench).await, somebody(&bench, administrator(0).as_str()).await);
        if let Some(decision) = decision {
            ask(&bench, &by, &everything(), true).await;
            decide(&bench, &by, decision, &decider).await;
        } else {
            ask_and_find(&bench, &by, &everything(), true, 302).await;
            letters(&bench).await;
            bench.pass(30 * DAY);
            due(&bench, &by).await;
        }
        assert_eq!(deliver_all(&bench).await, Failures::default());
        let administrators = deciders(300);
        let mut sent = bench.mails.sent();
        sent.retain(|sent| sent.to == by.address);
        assert!(!sent.is_empty());
        for sent in sent {
            seen.insert(sent.rendered.template);
            for form in [&sent.rendered.subject, &sent.rendered.text, &sent.rendered.html] {
                assert!(!form.contains("Åsa") && !form.contains("Berg"), "{form}");
                let named = administrators.iter().find(|address| form.contains(address.as_str()));
                assert_eq!(named, None, "{form}");
            }
        }
    }
    assert_eq!(seen, BTreeSet::from(["nobody-decides", "permission-decided", "permission-ended"]));
}

/// REQ-07 a colleague learns why nobody decides, and nobody else is written to.
#[tokio::test]
async fn req_07_a_colleague_learns_that_nobody_decides() {
    let bench = with_administrators(0).await;
    let by = asa(&bench).await;
    let request = ask_and_find(&bench, &by, &roles(&[Role::Download]), true, 2).await;
    assert_eq!(request.route.and_then(|route| route.nobody), Some(Nobody::Unreachable));
    assert_eq!(letters(&bench).await, only_to("nobody-decides", [by.address]));
    assert!(only(&bench).rendered.text.contains("our emails reach none of them"));
}

/// REQ-05 PERM-04 the notices contact is written to only where it did not give the Licensing ID up, and did not ask.
#[tokio::test]
async fn req_05_a_notices_contact_that_gave_up_is_not_written_to() {
    for gave_up in [false, true] {
        let bench = with_administrators(1).await;
        let by = if gave_up { asa(&bench).await } else { somebody(&bench, "notices@contoso.example").await };
        if gave_up {
            give_up(&bench, &at_contoso("notices")).await;
        }
        ask(&bench, &by, &roles(&[Role::Download]), true).await;
        letters(&bench).await;
        bench.pass(10 * DAY);
        due(&bench, &by).await;
        let sent: Vec<_> = letters(&bench).await.into_keys().collect();
        assert_eq!(sent, ["permission-reminder"], "gave up: {gave_up}");
    }
}

/// An address gives Contoso's Licensing ID up.
async fn give_up(bench: &Bench, address: &Address) -> Holder {
    let loaded = bench.store.standing_of(&licence()).await.expect("the database answers").expect("it is loaded");
    let mut holder = Holder::default();
    holder.give_up(GivenUpBy::Oneself, bench.app.now());
    let mut roster = loaded.roster().expect("there is one").record.clone();
    roster.note(address, &holder).expect("taking away is never refused");
    let mut write = Write::new();
    write.holder(&bench.store, loaded.agreement(), "Contoso", address, None, &holder);
    write.roster(&bench.store, &licence(), loaded.roster(), &roster);
    write.commit(&bench.store).await.expect("it is written");
    holder
}

/// REQ-03 outsiders' requests of a day come in one letter to each who decides, without names and comments, each with a link of
/// its own; whoever of them asked does not get their own; once, although the sweep comes to one after the other.
#[tokio::test]
async fn req_03_outsiders_requests_come_together_once_a_day() {
    let bench = with_administrators(298).await;
    let stranger = somebody(&bench, "someone@fabrikam.example").await;
    // An Administrator from outside asks for more: their own request is nothing for them to decide.
    let outside = somebody(&bench, administrator(3).as_str()).await;
    let late = somebody(&bench, "late@fabrikam.example").await;
    ask(&bench, &stranger, &everything(), false).await;
    bench.pass(60);
    ask(&bench, &outside, &roles(&[Role::ProductKeys]), false).await;
    assert_eq!(letters(&bench).await, BTreeMap::new(), "nothing before the day is over");

    bench.set_time("2026-11-23T00:00:30Z");
    ask(&bench, &late, &roles(&[Role::Download]), false).await;
    due(&bench, &stranger).await;
    let all = deciders(298);
    assert_eq!(letters(&bench).await, only_to("permission-digest", all.clone()));
    due(&bench, &outside).await;
    assert_eq!(letters(&bench).await, BTreeMap::new(), "it was in the letter of the day already");

    let links = bench.app.keys.links();
    for sent in bench.mails.sent() {
        let text = &sent.rendered.text;
        assert!(!text.contains("Åsa") && !text.contains("For the audit") && !text.contains("late@fabrikam"), "{text}");
        let opened: Vec<_> = text.split("/r#").skip(1).filter_map(|rest| rest.lines().next()).collect();
        let opened = opened.iter().map(|token| links.open_permission(token).expect("our own link"));
        let of = |by: &Person| (licence(), by.profile.clone(), 1, sent.to.clone());
        let expected = if sent.to == outside.address { vec![of(&stranger)] } else { vec![of(&stranger), of(&outside)] };
        assert_eq!(opened.collect::<Vec<_>>(), expected);
    }

    bench.set_time("2026-11-24T00:00:30Z");
    due(&bench, &late).await;
    assert_eq!(letters(&bench).await, only_to("permission-digest", all));
    let sent = bench.mails.sent().pop().expect("it was sent");
    assert!(sent.rendered.text.contains("late@fabrikam") && !sent.rendered.text.contains("someone@fabrikam"));
}

/// REQ-03 a digest shows twenty requests and counts the others; what was withdrawn by then is not in it.
#[tokio::test]
async fn req_03_a_digest_of_many_shows_twenty() {
    let bench = with_administrators(0).await;
    let mut strangers = Vec::new();
    for number in 0..24 {
        let stranger = somebody(&bench, &format!("someone-{number}@fabrikam.example")).await;
        ask(&bench, &stranger, &roles(&[Role::Download]), false).await;
        bench.pass(1);
        strangers.push(stranger);
    }
    withdraw(&bench, &strangers[0]).await;
    bench.set_time("2026-11-23T00:00:30Z");
    due(&bench, &strangers[1]).await;
    assert_eq!(letters(&bench).await, only_to("permission-digest", deciders(0)));
    let sent = bench.mails.sent().pop().expect("it was sent");
    let text = &sent.rendered.text;
    assert_eq!(text.matches("/r#").count(), 20);
    assert!(text.contains("someone-1@") && text.contains("someone-20@") && !text.contains("someone-0@"));
    assert!(text.contains("And 3 more") && text.contains("/approvals"), "{text}");
    assert!(sent.rendered.subject.contains("23 requests from outside"));
}

/// REQ-03 reminders about a stranger name neither what they call themselves nor what they say, and warn.
#[tokio::test]
async fn req_03_reminders_about_strangers_warn() {
    let bench = with_administrators(2).await;
    let by = somebody(&bench, "someone@fabrikam.example").await;
    ask(&bench, &by, &roles(&[Role::Download]), false).await;
    bench.pass(DAY);
    due(&bench, &by).await;
    letters(&bench).await;
    let before = bench.mails.sent().len();
    bench.pass(2 * DAY);
    due(&bench, &by).await;
    assert_eq!(letters(&bench).await, only_to("permission-reminder", deciders(2)));
    for sent in sent_since(&bench, before) {
        let text = &sent.rendered.text;
        assert!(text.contains("from outside") && !text.contains("Åsa") && !text.contains("For the audit"), "{text}");
    }
}

/// SAFE-03 of three hundred, one address bounced before and SES refuses another one for good: all others get their letter, and
/// the event is done.
#[tokio::test]
async fn safe_03_the_bounce_of_one_of_300_harms_no_other() {
    let refused_call = {
        let bench = with_administrators(298).await;
        ask(&bench, &asa(&bench).await, &everything(), true).await;
        let faults = Faults::on(&bench);
        assert_eq!(records(&faults.app(Retries::Off), look::outbox(&bench).await).await, Failures::default());
        let calls = faults.calls();
        let nth = calls.iter().enumerate().filter(|(_, call)| call.service == Service::SES).nth(150);
        nth.expect("there are three hundred").0
    };
    let bench = with_administrators(298).await;
    suppress(&bench, &administrator(290), Reason::HardBounce).await;
    ask(&bench, &asa(&bench).await, &everything(), true).await;
    let faults = Faults::on(&bench);
    faults.plan(Fault::before(refused_call + 1, Kind::Rejected));
    assert_eq!(records(&faults.app(Retries::Off), look::outbox(&bench).await).await, Failures::default());
    assert!(faults.happened());
    let sent: BTreeSet<Address> = bench.mails.sent().into_iter().map(|sent| sent.to).collect();
    assert_eq!((sent.len(), bench.mails.sent().len()), (298, 298));
    let without: Vec<Address> = deciders(298).difference(&sent).cloned().collect();
    assert!(without.contains(&administrator(290)));
    assert!(look::open_events(&bench).await.is_empty(), "no other contact is looked for, and nothing comes again");
    let bounced = ledger(&bench).await.into_iter().filter(|row| row.accepted_at.is_none());
    assert_eq!(bounced.map(|row| row.to).collect::<BTreeSet<_>>(), without.into_iter().collect());
}

/// PERM-02 who gave a Licensing ID up learns it, unless an act gave them something since.
#[tokio::test]
async fn perm_02_who_gave_up_is_told() {
    for given_since in [false, true] {
        let bench = with_administrators(1).await;
        let whose = at_contoso("asa");
        let mut holder = give_up(&bench, &whose).await;
        if given_since {
            let slot = standing::holder(&licence(), &whose);
            let before = bench.store.get(&slot).await.expect("the database answers");
            let loaded = bench.store.standing_of(&licence()).await.expect("the database answers");
            let grant = Grant { by: By::Row, at: bench.app.now(), until: None, scheme: None };
            holder.assign([Role::Download], &BTreeSet::new(), false, &grant);
            let mut write = Write::new();
            let loaded = loaded.expect("it is loaded");
            write.holder(&bench.store, loaded.agreement(), "Contoso", &whose, before.as_ref(), &holder);
            write.commit(&bench.store).await.expect("it is written");
        }
        queue(
            &bench,
            &Event::GaveUp { licence: licence(), to: whose.clone(), version: 1, keeps: [Role::Download].into() },
        )
        .await;
        let told = letters(&bench).await;
        assert_eq!(told, if given_since { BTreeMap::new() } else { only_to("gave-up", [whose]) });
        if !given_since {
            let text = only(&bench).rendered.text;
            assert!(text.contains("/request?programme=enterprise&number=88590039"), "{text}");
            assert!(text.contains("You keep these permissions") && text.contains("- Download"), "{text}");
        }
    }
}

/// ACT-01 the notices and the primary contact are emailed, each once, whom a load made an Administrator or removed, while that is so.
/// A contact who gave up is written to as if not named, and nobody is told of themselves. The licence's own list of emails shows
/// nobody who administers it (REQ-03).
#[tokio::test]
async fn act_01_contacts_are_told_whom_a_load_makes_administrator() {
    let changed = |address: Address, made: bool| Event::AdministratorChanged {
        licence: licence(),
        address,
        made,
        mark: format!("holder|{made}"),
    };
    let both = || [at_contoso("notices"), at_contoso("primary")];
    let bench = with_administrators(2).await;
    // One by an act there, one by what stands above: whoever is Administrator now is told as one.
    for number in [0, 1] {
        queue(&bench, &changed(administrator(number), true)).await;
        assert_eq!(letters(&bench).await, only_to("administrator-changed", both()));
    }
    let text = bench.mails.sent().pop().expect("it was sent").rendered.text;
    assert!(text.contains(administrator(1).as_str()), "{text}");
    assert!(bench.store.letters_of(&licence(), 10).await.expect("the database answers").is_empty());

    // What is no longer so is not told, and what is so is.
    queue(&bench, &changed(administrator(0), false)).await;
    assert_eq!(letters(&bench).await, BTreeMap::new());
    give_up(&bench, &at_contoso("asa")).await;
    queue(&bench, &changed(at_contoso("asa"), false)).await;
    assert_eq!(letters(&bench).await, only_to("administrator-changed", both()));

    let bench = with_administrators(1).await;
    queue(&bench, &changed(at_contoso("primary"), true)).await;
    assert_eq!(letters(&bench).await, only_to("administrator-changed", [at_contoso("notices")]));
    give_up(&bench, &at_contoso("notices")).await;
    queue(
        &bench,
        &Event::AdministratorChanged {
            licence: licence(),
            address: administrator(0),
            made: true,
            mark: "another".into(),
        },
    )
    .await;
    assert_eq!(letters(&bench).await, only_to("administrator-changed", [at_contoso("primary")]));
}

/// Contoso, where a colleague has asked: both contacts decide.
pub(crate) async fn asked_for_permission(bench: &Bench) {
    let by = asa(bench).await;
    ask(bench, &by, &roles(&[Role::Download]), true).await;
}

/// An event of each kind about a request that is not there.
pub(crate) fn events_about_nothing() -> Vec<Event> {
    let asker: ProfileId = "p".parse().expect("an id");
    let all = [
        RequestMail::Asked,
        RequestMail::Changed,
        RequestMail::Reminder,
        RequestMail::RemindedByAsker,
        RequestMail::Undecided,
        RequestMail::Withdrawn,
        RequestMail::Decided,
        RequestMail::Ended,
        RequestMail::NobodyDecides,
    ];
    let about = |mail: RequestMail| Event::Permission {
        licence: licence(),
        asker: asker.clone(),
        generation: 1,
        mail,
        to: at_contoso("asa"),
    };
    let day = day_of("2026-11-22T00:00:00Z".parse().expect("a time"));
    let mut events: Vec<Event> = all.into_iter().map(about).collect();
    events.push(Event::PermissionDigest { licence: licence(), day });
    events.push(Event::GaveUp { licence: licence(), to: at_contoso("asa"), version: 1, keeps: BTreeSet::new() });
    let (licence, address, mark) = (licence(), at_contoso("asa"), "holder|1".into());
    events.push(Event::AdministratorChanged { licence, address, made: true, mark });
    events
}
