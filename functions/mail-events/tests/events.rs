//! From a notice of SES to the ledger, the suppression and the next contact, on the real engine.

#[path = "../../deliver-mail/tests/look/mod.rs"]
mod look;

use gateway::testing::{
    Bench,
    faults::{Fault, Faults, Retries},
    scene::{MAIL, at_contoso, contacts, licence, sku},
};
use licensing::{
    Address, ContactName, Licence, Timestamp,
    activation::{Entitlement, State},
    event::Event,
    import::record::Agreement,
    reach::{Mark, Reach, Reason},
};
use mail_events::{Counts, take};
use serde_json::{Value, json};
use store::{
    Table, Write, licences,
    mails::{Lease, Letter, letter_id},
};

const AT: &str = "2026-11-22T00:00:05.123Z";

/// A notice as SES publishes it.
fn notice(kind: &str, mail: &str) -> Value {
    let part = match kind {
        "Bounce" => json!({
            "bounceType": "Permanent", "bounceSubType": "General", "timestamp": AT, "feedbackId": "f-1",
            "bouncedRecipients": [{
                "emailAddress": "osm@contoso.example", "action": "failed", "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }],
        }),
        "Complaint" => json!({
            "complainedRecipients": [{ "emailAddress": "osm@contoso.example" }], "timestamp": AT, "feedbackId": "f-2",
            "complaintFeedbackType": "abuse", "arrivalDate": AT,
        }),
        "DeliveryDelay" => json!({
            "timestamp": AT, "delayType": "TransientCommunicationFailure", "expirationTime": AT,
            "delayedRecipients": [{ "emailAddress": "osm@contoso.example", "status": "4.4.1" }],
        }),
        "Delivery" => json!({
            "timestamp": AT, "processingTimeMillis": 927, "recipients": ["osm@contoso.example"],
            "smtpResponse": "250 2.6.0 Message received", "reportingMTA": "mta.example",
        }),
        _ => json!({ "reason": "Bad content" }),
    };
    let name = if kind == "DeliveryDelay" { "deliveryDelay".into() } else { kind.to_lowercase() };
    json!({
        "eventType": kind,
        name: part,
        "mail": {
            "timestamp": "2026-11-22T00:00:00.000Z", "messageId": "ses-1", "destination": ["osm@contoso.example"],
            "tags": { "ses:configuration-set": ["countersign"], "mail": [mail] },
        },
    })
}

fn by_event_bridge(notice: &Value) -> Value {
    let kind = match notice["eventType"].as_str() {
        Some("Bounce") => "Email Bounced",
        Some("Complaint") => "Email Complaint Received",
        Some("Delivery") => "Email Delivered",
        Some("DeliveryDelay") => "Email Delivery Delayed",
        _ => "Email Rejected",
    };
    json!({
        "version": "0", "id": "e-1", "detail-type": kind, "source": "aws.ses", "account": "123456789012",
        "time": AT, "region": "eu-north-1", "resources": [], "detail": notice,
    })
}

fn by_sns(notices: &[Value]) -> Value {
    let record = |notice: &Value| {
        json!({
            "EventSource": "aws:sns", "EventVersion": "1.0",
            "Sns": { "Type": "Notification", "MessageId": "m-1", "Message": notice.to_string() },
        })
    };
    json!({ "Records": notices.iter().map(record).collect::<Vec<_>>() })
}

/// Enters a letter into the ledger as `deliver-mail` does, and gives its id.
async fn letter(bench: &Bench, event: &Event, to: &Address) -> String {
    let id = letter_id(event, to);
    let app = &bench.app;
    let (product, generation) = match event {
        Event::ActivationLink { product, generation, .. } => (Some(product.clone()), Some(*generation)),
        _ => (None, None),
    };
    let letter = Letter { product, generation, ..Letter::new(event, to.clone(), app.now()) };
    let until = licensing::when::add_minutes(app.now(), 1);
    let lease = bench.store.lease_letter(&id, &letter, "t", app.now(), until).await.expect("the database answers");
    assert_eq!(lease, Lease::Ours);
    bench.store.letter_accepted(&id, "ses-1", app.now()).await.expect("the database answers");
    id
}

/// Contoso with an invited activation whose link was mailed to the OSM: the mail's id.
async fn invited() -> (Bench, String) {
    let bench = Bench::new().await;
    bench.contoso().await;
    bench.invite(MAIL).await;
    let event = look::open_events(&bench).await.remove(0).event;
    let id = letter(&bench, &event, &at_contoso("osm")).await;
    bench.store.event_done(&event.id(), bench.app.now()).await.expect("the database answers");
    (bench, id)
}

async fn ledger(bench: &Bench, id: &str) -> Letter {
    bench.store.letter(id).await.expect("the database answers").expect("it is in the ledger")
}

async fn reach(bench: &Bench, address: &Address) -> Option<Reach> {
    bench.store.get(&licences::suppression(address)).await.expect("the database answers")
}

async fn suppression(bench: &Bench, address: &Address) -> Option<Reason> {
    reach(bench, address).await.map(|reach| reach.reason)
}

async fn rejudged(bench: &Bench) -> Vec<Licence> {
    let open = look::open_events(bench).await;
    let mut licences: Vec<Licence> = open
        .into_iter()
        .filter_map(|queued| match queued.event {
            Event::Rejudge { licence, .. } => Some(licence),
            _ => None,
        })
        .collect();
    licences.sort();
    licences
}

fn at() -> Timestamp {
    AT.parse().expect("a time")
}

fn unchanged() -> Counts {
    Counts { unchanged: 1, ..Counts::default() }
}

/// ACT-03 SAFE-03 a delivery goes into the ledger and to the activation, in one transaction after two reads: after three
/// days nobody else is written to. What comes again changes nothing.
#[tokio::test]
async fn act_03_a_delivery_is_known_to_ledger_and_activation() {
    let (bench, id) = invited().await;
    let before = bench.app.store.meter().read();
    let taken = take(&bench.app, by_event_bridge(&notice("Delivery", &id))).await.expect("the database answers");
    let used = bench.app.store.meter().read() - before;
    assert_eq!(taken, Counts { delivered: 1, ..Counts::default() });
    assert_eq!((used.calls, used.steps), (3, 3));
    assert_eq!(ledger(&bench, &id).await.delivered_at, Some(at()));
    let State::Invited(invitation) = bench.activation(MAIL).await.state else { panic!("invited") };
    assert!(invitation.delivered);

    let stored = look::all_stored(&bench).await;
    let again = take(&bench.app, by_sns(&[notice("Delivery", &id)])).await.expect("the database answers");
    assert_eq!(again, unchanged());
    assert_eq!(look::all_stored(&bench).await, stored);

    bench.pass(4 * 24 * 3600);
    let (activation, policy) = (bench.activation(MAIL).await, bench.app.policy.links.clone());
    assert!(activation.sweep(&contacts(), |_| false, bench.app.now(), &policy).is_none());
}

/// ACT-14 the delivery of a link that was replaced meanwhile says nothing of the new one.
#[tokio::test]
async fn act_14_a_delivery_of_an_old_link_is_not_one_of_the_new() {
    let (bench, id) = invited().await;
    let context = bench.context(MAIL).await;
    let (now, policy) = (bench.app.now(), bench.app.policy.links.clone());
    let resent = context.activation.expect("it is stored").resend(licensing::audit::Actor::Service, now, &policy);
    let resent = resent.expect("once");
    bench.store.write_step(&resent, context.head.as_ref(), now, &policy, Write::new()).await.expect("it is written");
    take(&bench.app, by_event_bridge(&notice("Delivery", &id))).await.expect("the database answers");
    assert_eq!(ledger(&bench, &id).await.delivered_at, Some(at()));
    let State::Invited(invitation) = bench.activation(MAIL).await.state else { panic!("invited") };
    assert!(!invitation.delivered);
}

/// SAFE-03 ACT-03 a hard bounce closes the address and has the Licensing ID judged afresh: ledger, suppression and event
/// in one transaction. What comes again, or after a delivery notice, changes nothing more.
#[tokio::test]
async fn safe_03_a_hard_bounce_closes_the_address_and_asks_for_the_next_contact() {
    for delivered_first in [false, true] {
        let (bench, id) = invited().await;
        if delivered_first {
            take(&bench.app, by_sns(&[notice("Delivery", &id)])).await.expect("the database answers");
        }
        let before = bench.app.store.meter().read();
        let taken = take(&bench.app, by_event_bridge(&notice("Bounce", &id))).await.expect("the database answers");
        let used = bench.app.store.meter().read() - before;
        assert_eq!(taken, Counts { bounced: 1, ..Counts::default() });
        assert_eq!(
            (used.calls, used.steps),
            (4, 4),
            "the letter, the listings, one transaction, the letter again for what strangers can have mailed"
        );
        assert_eq!(ledger(&bench, &id).await.bounced_at, Some(at()));
        assert_eq!(suppression(&bench, &at_contoso("osm")).await, Some(Reason::HardBounce));
        assert_eq!(rejudged(&bench).await, [licence()]);

        let stored = look::all_stored(&bench).await;
        let again = take(&bench.app, by_sns(&[notice("Bounce", &id)])).await.expect("the database answers");
        assert_eq!(again, unchanged());
        assert_eq!(look::all_stored(&bench).await, stored);
    }
}

/// ACT-03 a delivery notice that comes after the bounce does not count the link as delivered.
#[tokio::test]
async fn act_03_what_bounced_is_not_delivered() {
    let (bench, id) = invited().await;
    let both = by_sns(&[notice("Bounce", &id), notice("Delivery", &id)]);
    let taken = take(&bench.app, both).await.expect("the database answers");
    assert_eq!(taken, Counts { bounced: 1, delivered: 1, ..Counts::default() });
    let State::Invited(invitation) = bench.activation(MAIL).await.state else { panic!("invited") };
    assert!(!invitation.delivered);
}

/// Lists the OSM on so many further agreements, as the contact that is written to or as one that is not.
async fn list(bench: &Bench, count: usize, as_what: ContactName) -> Vec<Licence> {
    let mut listed = Vec::new();
    for number in 0..count {
        let licence: Licence = format!("select/{number:05}").parse().expect("a licence");
        let agreement = Agreement {
            licence: licence.clone(),
            customer: "contoso".parse().expect("a key"),
            starts: "2026-01-01".parse().expect("a date"),
            ends: "2028-12-31".parse().expect("a date"),
            loaded_contacts: [(as_what, at_contoso("osm"))].into(),
            parent: None,
            authorization_number: None,
        };
        let mut write = Write::new();
        write.agreement(&bench.store, None, &agreement, "Contoso");
        write.commit(&bench.store).await.expect("it is stored");
        listed.push(licence);
    }
    listed
}

/// ACT-03 SAFE-03 wherever the address is written to, the next contact is looked for: every Licensing ID once, in
/// transactions of bounded size, however many there are. Where it is only billed, nothing is judged.
#[tokio::test]
async fn act_03_every_licensing_id_of_the_address_is_judged_afresh() {
    for count in [3, 89, 90, 200] {
        let (bench, id) = invited().await;
        let mut expected = list(&bench, count, ContactName::Notices).await;
        expected.push(licence());
        expected.sort();
        let taken = take(&bench.app, by_event_bridge(&notice("Bounce", &id))).await.expect("the database answers");
        assert_eq!(taken, Counts { bounced: 1, ..Counts::default() });
        assert_eq!(rejudged(&bench).await, expected);
        assert!(ledger(&bench, &id).await.bounced_at.is_some());
    }
    for count in [2, 200] {
        let (bench, id) = invited().await;
        list(&bench, count, ContactName::BillTo).await;
        take(&bench.app, by_event_bridge(&notice("Bounce", &id))).await.expect("the database answers");
        assert_eq!(rejudged(&bench).await, [licence()]);
        assert!(ledger(&bench, &id).await.bounced_at.is_some());
    }
}

/// SAFE-03 a complaint closes the address to all but security mails and stays a complaint: a bounce is noted beside it,
/// whichever is reported first, and neither ends the other.
#[tokio::test]
async fn safe_03_a_complaint_stays_a_complaint() {
    for order in [["Complaint", "Bounce"], ["Bounce", "Complaint"]] {
        let (bench, id) = invited().await;
        take(&bench.app, by_event_bridge(&notice(order[0], &id))).await.expect("the database answers");
        take(&bench.app, by_sns(&[notice(order[1], &id)])).await.expect("the database answers");
        assert_eq!(take(&bench.app, by_sns(&[notice(order[0], &id)])).await, Ok(unchanged()));
        let letter = ledger(&bench, &id).await;
        assert_eq!((letter.bounced_at, letter.complained_at), (Some(at()), Some(at())));
        let reach = reach(&bench, &at_contoso("osm")).await.expect("it is known");
        assert_eq!((reach.reason, reach.bounced_at), (Reason::Complaint, Some(at())));
        bench.pass(40 * 24 * 3600);
        let (now, policy) = (bench.app.now(), &bench.app.policy.mails);
        assert_eq!((reach.stops(true, now, policy), reach.stops(false, now, policy)), (false, true));
    }
}

/// SAFE-03 what SES did not send because its own list has the address is understood as that: it adds nothing to a complaint,
/// and the link goes to the next contact.
#[tokio::test]
async fn safe_03_an_answer_of_sess_own_list_is_no_new_bounce() {
    let mut echo = notice("Bounce", "");
    echo["bounce"]["bounceSubType"] = json!("OnAccountSuppressionList");
    let mut echoed_complaint = notice("Complaint", "");
    echoed_complaint["complaint"]["complaintSubType"] = json!("OnAccountSuppressionList");
    for (complained_before, said, expected) in [
        (true, &echo, Reason::Complaint),
        (false, &echo, Reason::HardBounce),
        (true, &echoed_complaint, Reason::Complaint),
        (false, &echoed_complaint, Reason::Complaint),
    ] {
        let (bench, id) = invited().await;
        if complained_before {
            take(&bench.app, by_sns(&[notice("Complaint", &id)])).await.expect("the database answers");
        }
        let mut said = said.clone();
        said["mail"]["tags"]["mail"][0] = json!(id);
        let taken = take(&bench.app, by_event_bridge(&said)).await;
        assert_eq!(taken, Ok(Counts { not_sent: 1, ..Counts::default() }));
        assert!(ledger(&bench, &id).await.suppressed_at.is_some());
        assert_eq!(suppression(&bench, &at_contoso("osm")).await, Some(expected));
        assert_eq!(rejudged(&bench).await, [licence()]);
        assert_eq!(take(&bench.app, by_event_bridge(&said)).await, Ok(unchanged()));
    }
    // Other kinds that are for good are bounces: also where it bounced for others, or by a kind that is yet to come.
    for kind in ["General", "NoEmail", "Suppressed", "EmailValidationSuppressed", "SomethingNew"] {
        let (bench, id) = invited().await;
        let mut said = notice("Bounce", &id);
        said["bounce"]["bounceSubType"] = json!(kind);
        assert_eq!(take(&bench.app, by_sns(&[said])).await, Ok(Counts { bounced: 1, ..Counts::default() }), "{kind}");
    }
}

/// SAFE-03 ACT-03 a report acts on the address that it names, if the mail went there. What it says of a mailbox behind a list,
/// or of nobody, the ledger notes, masked; the list is still written to.
#[tokio::test]
async fn safe_03_a_report_acts_on_the_address_that_it_names() {
    let member = json!([{ "emailAddress": "member@contoso.example" }]);
    for kind in ["Bounce", "Complaint", "Delivery", "DeliveryDelay"] {
        for (named, noted) in [(member.clone(), "m•••@contoso.example"), (json!([]), "nobody named")] {
            let (bench, id) = invited().await;
            let said = naming(kind, &id, &named);
            let version = bench.activation(MAIL).await.version;
            let taken = take(&bench.app, by_event_bridge(&said)).await;
            assert_eq!(taken, Ok(Counts { elsewhere: 1, ..Counts::default() }), "{kind}");
            let letter = ledger(&bench, &id).await;
            assert_eq!(letter.marks(), []);
            assert!(letter.elsewhere[0].ends_with(noted), "{kind}: {:?}", letter.elsewhere);
            assert_eq!(reach(&bench, &at_contoso("osm")).await, None);
            assert_eq!(reach(&bench, &at_contoso("member")).await, None);
            assert_eq!((rejudged(&bench).await, bench.activation(MAIL).await.version), (vec![], version));
            let stored = look::all_stored(&bench).await;
            assert_eq!(take(&bench.app, by_sns(&[said])).await, Ok(unchanged()));
            assert_eq!(look::all_stored(&bench).await, stored, "told twice");

            // The list itself is written to, and what is reported of it counts.
            let both = json!([{ "emailAddress": "member@contoso.example" }, { "emailAddress": "OSM@Contoso.example" }]);
            let taken = take(&bench.app, by_sns(&[naming(kind, &id, &both)])).await.expect("the database answers");
            assert_eq!((taken.unchanged, taken.elsewhere), (0, 0), "{kind}");
            assert_eq!(ledger(&bench, &id).await.marks().len(), 1);
        }
    }
    // The ledger of one mail does not grow with the members of a list.
    let (bench, id) = invited().await;
    for number in 0..25 {
        let named = json!([{ "emailAddress": format!("{}@k{number}.example", char::from(b'a' + number)) }]);
        take(&bench.app, by_sns(&[naming("Bounce", &id, &named)])).await.expect("the database answers");
    }
    assert_eq!(ledger(&bench, &id).await.elsewhere.len(), 20);
}

/// SAFE-03 addresses are found as SES and receiving servers write them.
#[tokio::test]
async fn safe_03_a_named_address_is_read_in_every_form() {
    for form in [
        "osm@contoso.example",
        "OSM@CONTOSO.EXAMPLE",
        "<osm@contoso.example>",
        "\"A, B\" <osm@contoso.example>",
        "rfc822; osm@contoso.example",
        "rfc822;<osm@contoso.example>",
        " osm@contoso.example ",
    ] {
        let (bench, id) = invited().await;
        let said = naming("Bounce", &id, &json!([{ "emailAddress": form }]));
        assert_eq!(take(&bench.app, by_sns(&[said])).await, Ok(Counts { bounced: 1, ..Counts::default() }), "{form}");
    }
}

/// SAFE-03 where the notice itself does not say what it is, what `EventBridge` calls it counts.
#[tokio::test]
async fn safe_03_what_event_bridge_calls_a_notice_counts_where_it_does_not_say() {
    for (kind, mark) in [
        ("Bounce", Mark::Bounced),
        ("Complaint", Mark::Complained),
        ("Delivery", Mark::Delivered),
        ("DeliveryDelay", Mark::PutOff),
        ("Reject", Mark::GaveUp),
    ] {
        let (bench, id) = invited().await;
        let mut event = by_event_bridge(&notice(kind, &id));
        event["detail"].as_object_mut().expect("an object").remove("eventType");
        let taken = take(&bench.app, event).await.expect("the database answers");
        assert_eq!((taken.unchanged, taken.elsewhere), (0, 0), "{kind}");
        assert_eq!(ledger(&bench, &id).await.marks(), [mark], "{kind}");
    }
}

/// SAFE-03 ACT-03 what is not delivered yet is only recorded: an absence note, a busy server, a delay. Three days later the
/// next contact is written to, as where nothing is reported.
#[tokio::test]
async fn act_03_a_mail_that_is_put_off_is_only_recorded() {
    let mut general = notice("Bounce", "");
    general["bounce"]["bounceType"] = json!("Transient");
    let mut unclear = notice("Bounce", "");
    unclear["bounce"]["bounceType"] = json!("Undetermined");
    unclear["bounce"]["bounceSubType"] = json!("Undetermined");
    for said in [general, unclear, notice("DeliveryDelay", "")] {
        let (bench, id) = invited().await;
        let mut said = said.clone();
        said["mail"]["tags"]["mail"][0] = json!(id);
        let taken = take(&bench.app, by_event_bridge(&said)).await.expect("the database answers");
        assert_eq!(taken, Counts { put_off: 1, ..Counts::default() });
        assert_eq!(ledger(&bench, &id).await.marks(), [Mark::PutOff]);
        assert_eq!(suppression(&bench, &at_contoso("osm")).await, None);
        assert_eq!((rejudged(&bench).await, addressee(&bench).await), (vec![], at_contoso("osm")));
        assert_eq!(take(&bench.app, by_event_bridge(&said)).await, Ok(unchanged()));
        bench.pass(4 * 24 * 3600);
        let (activation, policy) = (bench.activation(MAIL).await, bench.app.policy.links.clone());
        assert!(activation.sweep(&contacts(), |_| false, bench.app.now(), &policy).is_some());
    }
}

/// SAFE-03 ACT-03 where SES has given up, the link goes to the next contact at once, in one transaction with the ledger's
/// mark, and the address stays open: a full mailbox is emptied. What had arrived before stays where it is.
#[tokio::test]
async fn act_03_a_mail_that_is_given_up_goes_to_the_next_contact() {
    for kind in ["MailboxFull", "MessageTooLarge", "ContentRejected", "AttachmentRejected", "CustomTimeoutExceeded"] {
        let (bench, id) = invited().await;
        let mut said = notice("Bounce", &id);
        said["bounce"]["bounceType"] = json!("Transient");
        said["bounce"]["bounceSubType"] = json!(kind);
        let taken = take(&bench.app, by_event_bridge(&said)).await;
        assert_eq!(taken, Ok(Counts { put_off: 1, ..Counts::default() }));
        assert_eq!(ledger(&bench, &id).await.marks(), [Mark::GaveUp]);
        assert_eq!(reach(&bench, &at_contoso("osm")).await, None);
        assert_eq!(addressee(&bench).await, at_contoso("notices"), "{kind}");
        let stored = look::all_stored(&bench).await;
        assert_eq!(take(&bench.app, by_sns(&[said.clone()])).await, Ok(unchanged()));
        assert_eq!(look::all_stored(&bench).await, stored);

        let (bench, id) = invited().await;
        said["mail"]["tags"]["mail"][0] = json!(id);
        take(&bench.app, by_sns(&[notice("Delivery", &id), said])).await.expect("the database answers");
        assert_eq!(addressee(&bench).await, at_contoso("osm"), "{kind}");
    }
    // SES holds the mail itself to be harmful: the next contact's would be as well.
    let (bench, id) = invited().await;
    take(&bench.app, by_sns(&[notice("Reject", &id)])).await.expect("the database answers");
    assert_eq!((ledger(&bench, &id).await.marks(), addressee(&bench).await), (vec![Mark::GaveUp], at_contoso("osm")));
}

/// Reports as the test below has them.
const ORDERED: [&str; 7] = ["Delivery", "Bounce", "full", "Complaint", "soft", "DeliveryDelay", "other"];

/// One of them, of one recipient or of two.
fn ordered(what: &str, id: &str, two: bool) -> Value {
    let mut named = vec![json!({ "emailAddress": "osm@contoso.example" })];
    if two {
        named.insert(0, json!({ "emailAddress": "second@contoso.example" }));
    }
    if what == "other" {
        return naming("Bounce", id, &json!([{ "emailAddress": "member@contoso.example" }]));
    }
    let kind = if matches!(what, "soft" | "full") { "Bounce" } else { what };
    let mut said = naming(kind, id, &Value::from(named));
    if kind != what {
        said["bounce"]["bounceType"] = json!("Transient");
        said["bounce"]["bounceSubType"] = json!(if what == "full" { "MailboxFull" } else { "General" });
    }
    said
}

/// SAFE-03 ACT-03 orders of reports on the real engine, each told twice, for one recipient and for two, some of another
/// address: what is known of the address, and whom the activation is with once it was judged, are as the rule says.
#[tokio::test]
async fn safe_03_every_order_of_reports_is_taken_as_the_rule_says() {
    let mut orders: Vec<Vec<&str>> = vec![vec![]];
    for one in ORDERED {
        orders.push(vec![one]);
        orders.extend(ORDERED.map(|two| vec![one, two]));
    }
    // Those that move something, also three of them.
    for one in &ORDERED[..4] {
        for two in &ORDERED[..4] {
            orders.extend(ORDERED[..4].iter().map(|three| vec![*one, *two, *three]));
        }
    }
    for (number, order) in orders.iter().enumerate() {
        let (bench, id) = invited().await;
        for what in order {
            let notice = ordered(what, &id, number % 2 == 0);
            take(&bench.app, by_sns(&[notice.clone(), notice])).await.expect("the database answers");
            for licence in rejudged(&bench).await {
                judge_again(&bench, &licence).await;
            }
        }
        let place = |what: &str| order.iter().position(|one| *one == what);
        let reason = match (place("Complaint"), place("Bounce")) {
            (Some(_), _) => Some(Reason::Complaint),
            (None, Some(_)) => Some(Reason::HardBounce),
            (None, None) => None,
        };
        assert_eq!(suppression(&bench, &at_contoso("osm")).await, reason, "{order:?}");
        let arrived = place("Delivery").into_iter().chain(place("Complaint")).min();
        let given_up = place("full").is_some_and(|full| arrived.is_none_or(|arrived| full < arrived));
        let next = place("Bounce").is_some() || given_up;
        assert_eq!(addressee(&bench).await, at_contoso(if next { "notices" } else { "osm" }), "{order:?}");
        // An absence note and a delay are one mark.
        let marked = order
            .iter()
            .filter(|what| **what != "other")
            .map(|what| if *what == "soft" { &"DeliveryDelay" } else { what });
        let marked: std::collections::BTreeSet<_> = marked.collect();
        assert_eq!(ledger(&bench, &id).await.marks().len(), marked.len(), "{order:?}");
    }
    assert_eq!(orders.len(), 1 + 7 + 49 + 64);
}

/// What `send-activation` does when it is asked to judge again.
async fn judge_again(bench: &Bench, of: &Licence) {
    let context = bench.store.activation_context(of, &sku(MAIL)).await.expect("the database answers");
    let activation = context.activation.expect("it is stored");
    let (contacts, now, policy) = (contacts(), bench.app.now(), &bench.app.policy.links);
    let failing = bench.store.failing_among(&contacts, now).await.expect("the database answers");
    let entitlement = Entitlement {
        licence: of,
        product: &activation.product,
        product_name: &activation.product_name,
        kind: activation.kind,
        customer: &activation.customer,
        customer_name: &activation.customer_name,
        contacts: &contacts,
        by_endpoint: false,
    };
    let Some(step) = activation.rejudge(&entitlement, |address| failing.contains(address), now, policy) else { return };
    bench.store.write_step(&step, context.head.as_ref(), now, policy, Write::new()).await.expect("nobody else writes");
}

/// A notice that names these.
fn naming(kind: &str, mail: &str, named: &Value) -> Value {
    let mut said = notice(kind, mail);
    let (part, recipients) = match kind {
        "Bounce" => ("bounce", "bouncedRecipients"),
        "Complaint" => ("complaint", "complainedRecipients"),
        "DeliveryDelay" => ("deliveryDelay", "delayedRecipients"),
        _ => {
            let bare: Vec<&Value> = named.as_array().into_iter().flatten().map(|who| &who["emailAddress"]).collect();
            said["delivery"]["recipients"] = json!(bare);
            return said;
        }
    };
    said[part][recipients] = named.clone();
    said
}

/// Whom the link is with.
async fn addressee(bench: &Bench) -> Address {
    let State::Invited(invitation) = bench.activation(MAIL).await.state else { panic!("invited") };
    invitation.to.address
}

/// SAFE-03 mails of others, mails that are not in the ledger, and notices of other kinds change nothing and are no error.
#[tokio::test]
async fn safe_03_what_is_not_ours_is_ignored() {
    let (bench, id) = invited().await;
    let stored = look::all_stored(&bench).await;
    let mut untagged = notice("Bounce", &id);
    untagged["mail"]["tags"] = json!({});
    let mut praise = notice("Complaint", &id);
    praise["complaint"]["complaintFeedbackType"] = json!("not-spam");
    for (event, unchanged) in [
        (by_event_bridge(&notice("Bounce", "no-mail-of-ours")), 1),
        (by_event_bridge(&notice("Delivery", "no-mail-of-ours")), 1),
        (by_sns(&[notice("Complaint", "no-mail-of-ours"), json!("not a notice")]), 1),
        (by_event_bridge(&untagged), 0),
        (by_event_bridge(&praise), 0),
        (by_event_bridge(&json!({ "eventType": "Open", "mail": { "tags": { "mail": [id] } } })), 0),
        (json!({ "Records": [{ "Sns": { "Message": "{" } }, {}] }), 0),
        (json!({ "source": "aws.health", "detail": {} }), 0),
        (json!([]), 0),
        (Value::Null, 0),
    ] {
        let taken = take(&bench.app, event.clone()).await;
        assert_eq!(taken, Ok(Counts { unchanged, ..Counts::default() }), "{event}");
    }
    assert_eq!(look::all_stored(&bench).await, stored);
}

/// REG-03 SAFE-03 a sign-in code to an address that does not exist closes it too, with no Licensing ID around.
#[tokio::test]
async fn safe_03_a_bounced_code_closes_the_address() {
    let bench = Bench::new().await;
    let to: Address = at_contoso("nobody");
    let event = Event::SignInCode { address: to.clone(), device: String::new(), generation: 1, mail: 1 };
    let id = letter(&bench, &event, &to).await;
    let said = naming("Bounce", &id, &json!([{ "emailAddress": to.as_str() }]));
    take(&bench.app, by_sns(&[said])).await.expect("the database answers");
    assert_eq!(suppression(&bench, &to).await, Some(Reason::HardBounce));
    assert_eq!(rejudged(&bench).await, []);
}

/// ACT-16 SAFE-03 whichever call fails, before or after it took effect, once or with all that follow: the notice comes
/// again, and then everything is as if nothing had failed.
#[tokio::test]
async fn act_16_no_fault_loses_a_notice_or_takes_it_twice() {
    let mut tried = 0;
    for (kind, listed) in [("Delivery", 0), ("Bounce", 0), ("Bounce", 100), ("Complaint", 0)] {
        let (bench, id) = invited().await;
        list(&bench, listed, ContactName::Notices).await;
        let faults = Faults::on(&bench);
        let event = by_event_bridge(&notice(kind, &id));
        take(&faults.app(Retries::Off), event.clone()).await.expect("nothing fails");
        let (dry, expected) = (faults.calls(), told(&bench, &id).await);

        let once = Fault::every(&dry);
        let plans = once.iter().map(|fault| (*fault, Retries::Off));
        let plans = plans.chain(once.iter().map(|fault| (*fault, Retries::AsDeployed)));
        let plans: Vec<_> = plans.chain(Fault::crashes(&dry).into_iter().map(|fault| (fault, Retries::Off))).collect();
        for (fault, retries) in plans {
            // With many listings it takes long to set the scene: only what a crash leaves behind is looked at.
            if listed > 0 && !fault.lasting {
                continue;
            }
            let (bench, id) = invited().await;
            list(&bench, listed, ContactName::Notices).await;
            let faults = Faults::on(&bench);
            faults.plan(fault);
            let what = format!("{kind} {retries:?} {fault}");
            let first = take(&faults.app(retries), event.clone()).await;
            assert!(faults.happened(), "{what}");
            if first.is_ok() {
                assert_eq!(told(&bench, &id).await, expected, "{what}: what is not reported as failed is done");
            }
            faults.heal();
            take(&faults.app(Retries::Off), event.clone()).await.expect("nothing fails any more");
            take(&faults.app(Retries::Off), event.clone()).await.expect("nothing fails any more");
            assert_eq!(told(&bench, &id).await, expected, "{what}");
            tried += 1;
        }
    }
    println!("{tried} faults");
}

/// What a notice changes, in the end.
async fn told(bench: &Bench, id: &str) -> (Letter, Option<Reason>, Vec<Licence>, u64, usize) {
    (
        ledger(bench, id).await,
        suppression(bench, &at_contoso("osm")).await,
        rejudged(bench).await,
        bench.store.activation(&licence(), &sku(MAIL)).await.expect("the database answers").map_or(0, |a| a.version),
        look::stored(bench, Table::Audit).await.len(),
    )
}

/// SAFE-03 two notices of one kind at the same time are taken once.
#[tokio::test]
async fn safe_03_two_notices_at_once_are_taken_once() {
    for kind in ["Delivery", "Bounce", "Complaint"] {
        let (bench, id) = invited().await;
        let event = || by_event_bridge(&notice(kind, &id));
        let (one, other) = tokio::join!(take(&bench.app, event()), take(&bench.app, event()));
        let (one, other) = (one.expect("the database answers"), other.expect("the database answers"));
        assert_eq!(one.unchanged + other.unchanged, 1, "{kind}");
    }
}

/// REG-05 a code that a stranger asked for bounces: its domain's tally says so ten times, once however often it is reported; what
/// a load's mail meets does not count.
#[tokio::test]
async fn reg_05_a_bounced_code_counts_ten_in_its_domain() {
    let bench = Bench::new().await;
    let to: Address = "nobody@contoso.example".parse().expect("an address");
    let code = Event::SignInCode { address: to.clone(), device: String::new(), generation: 1, mail: 1 };
    let id = letter(&bench, &code, &to).await;
    let mut bounce = notice("Bounce", &id);
    bounce["bounce"]["bouncedRecipients"][0]["emailAddress"] = json!(to.as_str());
    bounce["mail"]["destination"] = json!([to.as_str()]);
    for _ in 0..2 {
        take(&bench.app, by_event_bridge(&bounce)).await.expect("taken");
    }
    let counted = async |domain: &str| {
        let stored = bench.store.get(&store::marks::domain(domain)).await.expect("it answers");
        stored.and_then(|domain| domain.mailed).map_or(0, |mailed| mailed.weight)
    };
    assert_eq!(counted("contoso.example").await, 9, "besides the one that it counted when it was asked for");
    let mut of_all = 0;
    for number in 0..licensing::limits::SHARES {
        let share = bench.store.get(&store::marks::share(number)).await.expect("it answers").unwrap_or_default();
        of_all += share.bounced.map_or(0, |window| window.count);
    }
    assert_eq!(of_all, 1);

    let osm = at_contoso("osm");
    let link = Event::ActivationLink {
        licence: licence(),
        product: sku(MAIL),
        generation: 1,
        why: licensing::event::Why::First,
        mail: 1,
    };
    let id = letter(&bench, &link, &osm).await;
    take(&bench.app, by_event_bridge(&notice("Bounce", &id))).await.expect("taken");
    assert_eq!(counted("contoso.example").await, 9);
}

/// REG-05 REG-07 the email that proves an address bounces: it counts as a code's does, for it goes to whatever somebody typed.
#[tokio::test]
async fn reg_05_a_bounced_proof_counts_as_a_code_does() {
    let bench = Bench::new().await;
    let to: Address = "nobody@contoso.example".parse().expect("an address");
    let proof = Event::ProveAddress { profile: "p-1".parse().expect("a key"), address: to.clone(), generation: 1 };
    let id = letter(&bench, &proof, &to).await;
    let mut bounce = notice("Bounce", &id);
    bounce["bounce"]["bouncedRecipients"][0]["emailAddress"] = json!(to.as_str());
    bounce["mail"]["destination"] = json!([to.as_str()]);
    for _ in 0..2 {
        take(&bench.app, by_event_bridge(&bounce)).await.expect("taken");
    }
    let stored = bench.store.get(&store::marks::domain("contoso.example")).await.expect("it answers");
    assert_eq!(stored.and_then(|domain| domain.mailed).map_or(0, |mailed| mailed.weight), 9);
}
