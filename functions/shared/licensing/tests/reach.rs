//! What reports of the mail service come to (SAFE-03, ACT-03): every order of them, held against what is true of the address
//! and of the activation whose link the mail carried.

use jiff::SignedDuration;
use licensing::{
    Address, ContactName, Licence, Policy, ProductKind, Sku, Timestamp,
    activation::{Activation, Entitlement, Line, State, Step},
    judge::{Administers, Contacts, Facts, Progress, Undeliverable, judge},
    policy::MailPolicy,
    reach::{Context, FollowUp, Mark, Reach, Reason, Report, ReportOutcome, take},
};

/// When the link was mailed.
const MAILED: &str = "2026-11-22T03:00:00Z";

/// What can be reported of one mail, each at a time of its own, whenever it comes.
const REPORTS: [Report; 7] = [
    Report::Delivered,
    Report::PutOff,
    Report::GaveUp,
    Report::Bounced,
    Report::NotSent,
    Report::Complained,
    Report::NotSentAfterComplaint,
];

/// Reports are looked at in all orders up to so many, the same one again among them.
const LONGEST: usize = 5;

fn address(name: &str) -> Address {
    format!("{name}@contoso.example").parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn after(seconds: i64) -> Timestamp {
    time(MAILED).checked_add(SignedDuration::from_secs(seconds)).unwrap()
}

fn days(days: i64) -> Timestamp {
    after(days * 24 * 3600)
}

/// When a report's matter happened: the later in the list, the later.
fn happened(report: Report) -> Timestamp {
    let place = REPORTS.iter().position(|one| *one == report).unwrap_or(REPORTS.len());
    after(i64::try_from(place).unwrap() + 1)
}

fn mails() -> MailPolicy {
    Policy::default().mails
}

/// A report as it comes: of what, and of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Entitlement the addressee.
    Ours(Report),
    /// Entitlement a mailbox behind a list, which the mail did not go to.
    Other(Report),
    /// Entitlement nobody.
    Nobody(Report),
}

/// One mail with a link to the OSM, and what is known of it.
#[derive(Clone)]
struct Scene {
    marks: Vec<Mark>,
    reach: Option<Reach>,
    activation: Activation,
    contacts: Contacts,
}

impl Scene {
    fn new() -> Self {
        let contacts: Contacts =
            [(ContactName::OnlineServicesManager, address("osm")), (ContactName::Notices, address("notices"))].into();
        let (licence, product): (Licence, Sku) = ("enterprise/100".parse().unwrap(), "MAIL".parse().unwrap());
        let (customer, day) = ("contoso".parse().unwrap(), "2026-11-10".parse().unwrap());
        let entitlement = entitlement(&licence, &product, &customer, &contacts);
        let line = Line { order: "PO-1".parse().unwrap(), line: 1, quantity: 250, purchased: day, usage_starts: day };
        let facts = Facts {
            kind: ProductKind::OnlineService,
            contacts: &contacts,
            undeliverable: Undeliverable::among(&contacts, |_| false),
            progress: Progress::None,
            osm_administers: Administers::Nothing,
            purchased: day,
            usage_starts: day,
        };
        let policy = Policy::default().links;
        let verdict = judge(&facts, time(MAILED), &policy);
        let step = Activation::open(&entitlement, &line, &verdict, "", time(MAILED), &policy).unwrap();
        Self { marks: vec![], reach: None, activation: step.into_after(), contacts }
    }

    /// Takes a report as `mail-events` does. `beside` is named with the addressee, as where a mail went to two.
    fn take(&mut self, said: Said, beside: bool) -> ReportOutcome {
        let (report, named) = match said {
            Said::Ours(report) if beside => (report, vec![address("other"), address("osm")]),
            Said::Ours(report) => (report, vec![address("osm")]),
            Said::Other(report) => (report, vec![address("other")]),
            Said::Nobody(report) => (report, vec![]),
        };
        let to = address("osm");
        let context = Context { to: &to, marks: &self.marks, reach: self.reach.as_ref() };
        let taken = take(report, &named, &context, happened(report));
        if let ReportOutcome::New { mark, reach, then } = &taken {
            self.marks.push(*mark);
            if let Some(reach) = reach {
                assert_eq!(reach.version, self.reach.as_ref().map_or(0, |reach| reach.version) + 1);
                self.reach = Some(reach.clone());
            }
            if let Some(step) = self.then(*then) {
                self.activation = step.into_after();
            }
        }
        taken
    }

    fn then(&self, then: FollowUp) -> Option<Step> {
        let (policy, now) = (Policy::default().links, after(60));
        let fails = |address: &Address| {
            self.reach.as_ref().is_some_and(|reach| reach.address == *address && reach.fails(now, &mails()))
        };
        let it = &self.activation;
        match then {
            FollowUp::Nothing => None,
            FollowUp::Arrived => it.delivered(1, &address("osm")),
            FollowUp::NextContact => it.gave_up(1, &address("osm"), &self.contacts, fails, now, &policy),
            FollowUp::JudgeAgain => {
                let entitlement = entitlement(&it.licence, &it.product, &it.customer, &self.contacts);
                it.rejudge(&entitlement, fails, now, &policy)
            }
        }
    }

    /// Whom the link is with, and whether it is known to have arrived.
    fn link(&self) -> (&str, bool) {
        let State::Invited(invitation) = &self.activation.state else { panic!("there is a further contact") };
        (invitation.to.address.as_str(), invitation.delivered)
    }

    /// Whether a code, and an ordinary mail, go to the OSM at that time.
    fn goes(&self, at: Timestamp) -> (bool, bool) {
        let stops = |is_security| self.reach.as_ref().is_some_and(|reach| reach.stops(is_security, at, &mails()));
        (!stops(true), !stops(false))
    }
}

fn entitlement<'a>(
    licence: &'a Licence,
    product: &'a Sku,
    customer: &'a licensing::CustomerId,
    contacts: &'a Contacts,
) -> Entitlement<'a> {
    Entitlement {
        licence,
        product,
        product_name: "Mail",
        kind: ProductKind::OnlineService,
        customer,
        customer_name: "Contoso",
        contacts,
        by_endpoint: false,
    }
}

/// Every order of reports of the addressee, up to [`LONGEST`], the same again included.
fn every_order(visit: &mut impl FnMut(&[Report])) {
    fn go(so_far: &mut Vec<Report>, visit: &mut impl FnMut(&[Report])) {
        visit(so_far);
        if so_far.len() < LONGEST {
            for report in REPORTS {
                so_far.push(report);
                go(so_far, visit);
                so_far.pop();
            }
        }
    }
    go(&mut Vec::new(), visit);
}

/// SAFE-03 ACT-03 in every order, for one recipient and for two: a complaint leaves security mails and stays a complaint, a
/// bounce stops all for thirty days, the ledger has each report once, and the link goes on when its mail will not arrive.
#[test]
fn safe_03_every_order_of_reports_comes_to_what_is_true() {
    let mut orders = 0;
    every_order(&mut |reports| {
        for beside in [false, true] {
            let mut scene = Scene::new();
            for (place, report) in reports.iter().enumerate() {
                let again = reports[..place].contains(report);
                let before = (scene.marks.clone(), scene.reach.clone(), scene.activation.clone());
                let taken = scene.take(Said::Ours(*report), beside);
                if again {
                    assert_eq!(taken, ReportOutcome::Known, "{reports:?}");
                    assert_eq!((scene.marks.clone(), scene.reach.clone(), scene.activation.clone()), before);
                }
            }
            check(reports, &scene);
            orders += 1;
        }
    });
    assert_eq!(orders, 2 * (1 + 7 + 49 + 343 + 2401 + 16807));
}

fn check(reports: &[Report], scene: &Scene) {
    let had = |report: Report| reports.contains(&report);
    let first = |any: &[Report]| reports.iter().position(|report| any.contains(report));
    let what = format!("{reports:?}");

    // The address. One mail is either not sent at all or reported on, but what reports say together still has to hold.
    let not_sent = [Report::NotSent, Report::NotSentAfterComplaint];
    let complaint = first(&[Report::Complained])
        .or_else(|| (first(&not_sent) == first(&not_sent[1..])).then(|| first(&not_sent[1..])).flatten());
    let bounce = had(Report::Bounced) || had(Report::NotSent) && first(&not_sent) == first(&not_sent[..1]);
    let reason = scene.reach.as_ref().map(|reach| reach.reason);
    if complaint.is_some() {
        assert_eq!(reason, Some(Reason::Complaint), "{what}");
        for day in [0, 31, 1000] {
            assert_eq!(scene.goes(days(day)), (true, false), "a complaint is not forgotten: {what}");
        }
    } else if bounce {
        assert_eq!(reason, Some(Reason::HardBounce), "{what}");
        assert_eq!(scene.goes(days(30)), (false, false), "{what}");
        assert_eq!(scene.goes(after(30 * 24 * 3600 + 60)), (true, true), "it is tried again: {what}");
    } else {
        assert_eq!(reason, None, "{what}");
    }

    // The ledger.
    assert!(Mark::ALL.iter().all(|mark| scene.marks.iter().filter(|one| *one == mark).count() <= 1), "{what}");

    // The link. It goes on where its mail was refused or not sent, or given up before it was known to have arrived.
    let refused = first(&[Report::Bounced, Report::NotSent, Report::NotSentAfterComplaint]);
    let given_up = first(&[Report::GaveUp])
        .filter(|gave_up| first(&[Report::Delivered, Report::Complained]).is_none_or(|arrived| gave_up < &arrived));
    let moved = refused.is_some() || given_up.is_some();
    let arrived = had(Report::Delivered) && !moved;
    assert_eq!(
        scene.link(),
        (if moved { "notices@contoso.example" } else { "osm@contoso.example" }, arrived),
        "{what}"
    );
}

/// SAFE-03 what is known of an address does not depend on the order in which reports come, only on what they say.
#[test]
fn safe_03_the_order_of_bounces_and_complaints_does_not_matter() {
    let reports = [Report::Delivered, Report::GaveUp, Report::Bounced, Report::Complained];
    let known = |order: &[Report]| {
        let mut scene = Scene::new();
        for report in order {
            drop(scene.take(Said::Ours(*report), false));
        }
        scene.reach.map(|reach| Reach { version: 0, ..reach })
    };
    let expected = known(&reports).unwrap();
    assert_eq!(expected.reason, Reason::Complaint);
    assert_eq!(expected.bounced_at, Some(happened(Report::Bounced)), "the bounce is noted");
    let mut orders = 0;
    every_order(&mut |order| {
        if order.len() == 4 && reports.iter().all(|report| order.contains(report)) {
            assert_eq!(known(order), Some(expected.clone()), "{order:?}");
            orders += 1;
        }
    });
    assert_eq!(orders, 24);
}

/// SAFE-03 ACT-03 a report of a mailbox behind a list, or of nobody, changes nothing wherever it comes: neither what is known
/// of the list's address nor the activation.
#[test]
fn safe_03_a_report_acts_on_the_address_that_it_names_only() {
    every_order(&mut |reports| {
        if reports.len() > 3 {
            return;
        }
        for place in 0..=reports.len() {
            for other in REPORTS.into_iter().flat_map(|report| [Said::Other(report), Said::Nobody(report)]) {
                let (mut with, mut without) = (Scene::new(), Scene::new());
                reports[..place].iter().for_each(|report| drop(with.take(Said::Ours(*report), false)));
                assert_eq!(with.take(other, false), ReportOutcome::Elsewhere, "{other:?}");
                reports[place..].iter().for_each(|report| drop(with.take(Said::Ours(*report), false)));
                for report in reports {
                    drop(without.take(Said::Ours(*report), false));
                }
                assert_eq!((&with.marks, &with.reach), (&without.marks, &without.reach), "{reports:?} {other:?}");
                assert_eq!(with.activation, without.activation, "{reports:?} {other:?}");
            }
        }
    });
}

/// SAFE-03 what was lifted stays lifted, whatever comes late about mails from before; what happens later counts.
#[test]
fn safe_03_what_was_lifted_stays_lifted_until_something_new_happens() {
    let osm = address("osm");
    for seen in [Report::Bounced, Report::Complained] {
        let mut scene = Scene::new();
        scene.take(Said::Ours(seen), false);
        let lifted = scene.reach.as_ref().unwrap().lift(after(3600), &mails()).unwrap().unwrap();
        assert_eq!(lifted.lift(after(3601), &mails()), Ok(None), "nothing stops it any more");
        scene.reach = Some(lifted.clone());
        assert_eq!(scene.goes(after(3600)), (true, true), "{seen:?}");
        scene.take(Said::Ours(Report::Bounced), false);
        scene.take(Said::Ours(Report::Complained), false);
        assert_eq!(scene.reach, Some(lifted.clone()), "they are of mails from before: {seen:?}");

        let bounced = Reach::bounced(Some(&lifted), &osm, after(7200)).unwrap();
        assert_eq!(
            (bounced.reason, bounced.tried_again_at(&mails())),
            (Reason::HardBounce, Some(after(7200 + 30 * 24 * 3600)))
        );
        let complained = Reach::complained(Some(&bounced), &osm, after(7300)).unwrap();
        assert_eq!((complained.reason, complained.since()), (Reason::Complaint, Some(after(7300))));
    }
}

/// SAFE-03 an address is closed to the second for thirty days after its newest bounce; lifting is limited a day.
#[test]
fn safe_03_a_bounce_lasts_thirty_days_and_lifting_is_limited() {
    let osm = address("osm");
    let mut reach = Reach::bounced(None, &osm, days(0)).unwrap();
    assert!(reach.fails(after(30 * 24 * 3600 - 1), &mails()) && !reach.fails(days(30), &mails()));
    assert_eq!(Reach::bounced(Some(&reach), &osm, days(0)), None, "told twice");
    reach = Reach::bounced(Some(&reach), &osm, days(31)).unwrap();
    assert!(reach.fails(days(60), &mails()) && !reach.fails(days(61), &mails()));

    let at = |minute: i64| days(31).checked_add(SignedDuration::from_mins(minute)).unwrap();
    for minute in [10, 20, 30] {
        reach = reach.lift(at(minute), &mails()).unwrap().unwrap();
        reach = Reach::bounced(Some(&reach), &osm, at(minute + 5)).unwrap();
    }
    let refused = reach.lift(at(40), &mails()).unwrap_err();
    assert_eq!(refused.0, at(10 + 24 * 60));
    assert!(reach.lift(refused.0, &mails()).is_ok());
}

/// SAFE-03 rows of the first releases say why, but not since when: a complaint still holds, a bounce is tried again.
#[test]
fn safe_03_a_row_without_times_still_counts() {
    for (reason, goes) in [("complaint", (true, false)), ("hard-bounce", (true, true))] {
        let row = format!(r#"{{"address":"osm@contoso.example","reason":"{reason}"}}"#);
        let reach: Reach = serde_json::from_str(&row).unwrap();
        assert_eq!((!reach.stops(true, days(0), &mails()), !reach.fails(days(0), &mails())), goes, "{reason}");
    }
}
