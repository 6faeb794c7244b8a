//! Asking for permission, and deciding on it, at the exact second.
//!
//! Each test tells a story: who asks, who decides, what time passes. Random histories at the end check what must hold in
//! all of them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use licensing::{
    Address, ContactName, Date, Licence, Policy, Timestamp,
    access::{Access, Assigned, By, Corrections, Grant, Holder, Level, Roster, Standing, StandingLevel, access},
    activation::Person,
    audit::Actor,
    event::{Event, RequestMail},
    limit::TryAgainAt,
    request::{
        AskOutcome, Asked, Decider, Deciding, Decision, Found, NewRequest, Nobody, Refused, Request, State, Step,
    },
    roles::{Benefit, Role},
};
use proptest::prelude::*;

use Role::{Administrator, Download, LicensingInfo, OnlineServicesManager, ProductKeys, SoftwareAssuranceManager};

/// A Thursday.
const START: &str = "2026-11-26T10:00:00Z";
/// The Monday after: two working days later.
const MONDAY: &str = "2026-11-30T10:00:00Z";
/// Three days later.
const REMINDER: &str = "2026-11-29T10:00:00Z";
/// Ten days later.
const UNDECIDED: &str = "2026-12-06T10:00:00Z";
/// Thirty days later.
const END: &str = "2026-12-26T10:00:00Z";
/// When outsiders' requests of the first day are put before those who decide.
const DIGEST: &str = "2026-11-27T00:00:00Z";

/// The roles that may come with something.
const MANAGERS: [Role; 2] = [SoftwareAssuranceManager, OnlineServicesManager];

// ---- Asking ----

/// REQ-01 REQ-05 asking opens a request that ends after thirty days; who decides is found out afterwards, and the Licensing ID's
/// audit says nothing until then.
#[test]
fn req_01_asking_opens_a_request() {
    let mut story = Story::new();
    story.comment = "for the new project".into();
    let step = story.step_of_asking(&roles([Download, ProductKeys])).unwrap();
    assert_eq!((step.seen(), step.note(), step.grants(), step.action()), (None, None, None, "permission.asked"));
    assert_eq!(story.take(step), [looked_up(1)]);
    let request = story.it();
    assert_eq!((request.asked_at, request.ends_at, request.generation), (time(START), time(END), 1));
    assert_eq!((request.by.address.clone(), request.name.as_str()), (address("ann"), "Ann Smith"));
    assert_eq!((&request.asked, request.comment.as_str()), (&roles([Download, ProductKeys]), "for the new project"));
    assert!(request.state.is_pending() && request.route.is_none() && !request.needs_operators());
}

/// REQ-01 ROLE-01 a request names at least one role, and only such as agreements of its programme have.
#[test]
fn req_01_a_request_names_roles_of_the_programme() {
    let mut story = Story::new();
    assert_eq!(story.ask(&Asked::default()), Err(Refused::NoSuchRole));
    story.licence = "master/1".parse().unwrap();
    assert_eq!(story.ask(&roles([LicensingInfo, Download])), Err(Refused::NoSuchRole));
    assert_eq!(story.stored, None);
    assert_eq!(story.ask(&roles([LicensingInfo])), Ok(vec![looked_up_on("master/1", 1)]));
}

/// REQ-01 benefits and reservations are asked for with the role that they come with; alone they are nothing.
#[test]
fn req_01_what_comes_with_a_role_goes_without_it() {
    let mut story = Story::new();
    let alone = Asked { benefits: BTreeSet::from([Benefit::HomeUse]), reservations: true, ..roles([]) };
    assert_eq!(story.ask(&alone), Err(Refused::NoSuchRole));
    story.ask(&Asked { roles: BTreeSet::from([Download]), ..alone.clone() }).unwrap();
    assert_eq!(story.it().asked, roles([Download]));
    let both = Asked { roles: BTreeSet::from([SoftwareAssuranceManager, OnlineServicesManager]), ..alone };
    story.ask(&both).unwrap();
    assert_eq!(story.it().asked, both);
}

/// ROLE-09 what is wanted until a day can be asked for until that day, and waits no longer than that.
#[test]
fn role_09_what_is_wanted_until_a_day_is_asked_until_that_day() {
    let until = |day: &str| Asked { until: Some(date(day)), ..roles([Download]) };
    assert_eq!(Story::new().ask(&until("2026-11-25")), Err(Refused::NoSuchRole), "that day is over");
    for (day, ends) in [
        ("2026-11-26", "2026-11-27T00:00:00Z"),
        ("2026-12-25", "2026-12-26T00:00:00Z"),
        ("2026-12-26", END),
        ("9999-12-31", END),
    ] {
        let mut story = Story::new();
        story.ask(&until(day)).unwrap();
        assert_eq!((story.it().ends_at, story.it().asked.until), (time(ends), Some(date(day))), "{day}");
    }
}

/// REQ-06 the same request is returned while it waits, as it is, and counts towards no limit; once it has ended, it is another.
#[test]
fn req_06_an_identical_request_is_returned() {
    let mut story = Story::asked();
    for _ in 0..5 {
        let before = story.it().clone();
        assert_eq!(story.ask(&roles([Download])), Ok(vec![]));
        assert_eq!(story.it(), &before);
    }
    story.now = second_before(time(END));
    assert_eq!(story.ask(&roles([Download])), Ok(vec![]));
    story.now = time(END);
    let events = story.ask(&roles([Download])).unwrap();
    assert_eq!(events, [mailed(1, RequestMail::Ended), looked_up(2)], "the sweep was not here yet");
    assert_eq!((story.it().generation, story.it().asked_at), (2, time(END)));
    assert_eq!(story.state_of(1), State::Ended { at: time(END), with_agreement: false });
}

/// REQ-06 who asks anew after the sweep ended the first is not told of its end again.
#[test]
fn req_06_an_end_is_told_once() {
    let mut story = Story::asked();
    story.now = time(END);
    assert_eq!(story.sweep(), Some(vec![mailed(1, RequestMail::Ended)]));
    assert_eq!(story.ask(&roles([Download])), Ok(vec![looked_up(2)]));
}

/// REQ-06 another choice replaces a request that waits: other roles, what comes with them, another end, or for another address of
/// the same person. What was asked before shows as replaced.
#[test]
fn req_06_another_choice_replaces_it() {
    let services = roles([OnlineServicesManager]);
    let with_reservations = Asked { reservations: true, ..services.clone() };
    let until = Asked { until: Some(date("2026-12-31")), ..services.clone() };
    for other in [roles([ProductKeys]), roles([OnlineServicesManager, Download]), with_reservations, until] {
        let mut story = Story::new();
        story.ask(&services).unwrap();
        story.route();
        story.now += SignedDuration::from_hours(1);
        assert_eq!(story.ask(&other), Ok(vec![looked_up(2)]));
        let request = story.it();
        assert_eq!((request.generation, &request.asked, request.asked_at), (2, &other, story.now));
        assert!(
            request.route.is_none() && request.told == licensing::request::Told::default(),
            "it is routed and told anew"
        );
        let past = request.past_of(1, story.now).expect("it is remembered");
        assert_eq!((past.generation, past.asked, past.asked_at), (1, services.clone(), time(START)));
        assert_eq!(past.state, State::Replaced { at: story.now });
        assert_eq!(past.state.ended_at(), Some(story.now));
        assert_eq!(request.past_of(2, story.now).map(|past| past.state), Some(State::Pending));
        assert_eq!(request.past_of(3, story.now), None);
    }
    let mut story = Story::asked();
    story.asker.address = address("ann.smith");
    assert_eq!(story.ask(&roles([Download])), Ok(vec![looked_up(2)]));
    assert_eq!(story.it().by.address, address("ann.smith"));
}

/// REQ-06 those who decide are told that another request took the place of the one that they have; of one that had ended before
/// they are not.
#[test]
fn req_06_who_decides_is_told_of_another_choice() {
    let mut story = Story::asked();
    story.ask(&roles([ProductKeys])).unwrap();
    assert_eq!(story.route(), [mailed(2, RequestMail::Changed)]);
    for over in [Story::withdrawn(), Story::denied()] {
        let mut story = over;
        story.ask(&roles([ProductKeys])).unwrap();
        assert_eq!(story.route(), [mailed(2, RequestMail::Asked)]);
    }
}

/// REQ-06 what is held already is left out: roles, benefits, reservations; where nothing is left, that is said.
#[test]
fn req_06_what_is_held_is_left_out() {
    let with = |all: &[Role], benefits: &[Benefit], reservations| Asked {
        benefits: benefits.iter().copied().collect(),
        reservations,
        ..roles(all.iter().copied())
    };
    let both = [Benefit::HomeUse, Benefit::Support];
    let everything = with(&[Download, SoftwareAssuranceManager, OnlineServicesManager], &both, true);
    let managers = with(&MANAGERS, &both, true);
    for (has, left) in [
        (roles([Download]), managers.clone()),
        (roles([Download, SoftwareAssuranceManager, OnlineServicesManager]), managers.clone()),
        (with(&[SoftwareAssuranceManager], &both, false), with(&[Download, OnlineServicesManager], &[], true)),
        (with(&[Download, SoftwareAssuranceManager], &both[..1], false), with(&MANAGERS, &both[1..], true)),
        (with(&[Download, OnlineServicesManager], &[], true), with(&[SoftwareAssuranceManager], &both, false)),
        (with(&MANAGERS, &both, true), roles([Download])),
    ] {
        let mut story = Story::new();
        story.has = held(&has);
        story.ask(&everything).unwrap();
        assert_eq!(story.it().asked, left, "{has}");
    }
    for (has, asked) in [
        // An Administrator may do all of it.
        (roles([Administrator]), everything.clone()),
        (everything.clone(), everything.clone()),
        (everything.clone(), roles([Download])),
        (roles([OnlineServicesManager]), roles([OnlineServicesManager])),
        (
            everything.clone(),
            Asked { benefits: BTreeSet::from([Benefit::Support]), ..roles([SoftwareAssuranceManager]) },
        ),
    ] {
        let mut story = Story::new();
        story.has = held(&has);
        assert_eq!(story.ask(&asked), Err(Refused::HasAll));
        assert_eq!(story.stored, None);
    }
}

/// REQ-06 ROLE-09 who has a role until a day may ask for it for longer, with what comes with it; not for as long or shorter.
#[test]
fn role_09_a_role_that_ends_can_be_asked_for_longer() {
    let until = |day: Option<&str>| Asked {
        until: day.map(date),
        benefits: BTreeSet::from([Benefit::Support]),
        reservations: true,
        ..roles([Download, SoftwareAssuranceManager, OnlineServicesManager])
    };
    for (asked, is_new) in
        [(None, true), (Some("2027-01-02"), true), (Some("2027-01-01"), false), (Some("2026-12-31"), false)]
    {
        let mut story = Story::new();
        story.has = held(&until(Some("2027-01-01")));
        let asked = until(asked);
        match story.ask(&asked) {
            Ok(_) => assert!(is_new && story.it().asked == asked),
            Err(refused) => assert_eq!((is_new, refused), (false, Refused::HasAll)),
        }
    }
}

/// REQ-06 ROLE-09 who has what comes with a role until a day may ask for it for longer, also where the role has no end; not for as long
/// or shorter.
#[test]
fn role_09_what_comes_with_a_role_can_be_asked_for_longer() {
    let managers = [SoftwareAssuranceManager, OnlineServicesManager];
    let wanted = |until: Option<&str>, benefits: &[Benefit], reservations| Asked {
        until: until.map(date),
        benefits: benefits.iter().copied().collect(),
        reservations,
        ..roles(managers)
    };
    let mut holder = holder_of(&roles(managers));
    let grant = Grant { by: By::Row, at: time(START), until: Some(date("2027-01-01")), scheme: None };
    holder.assign(managers, &BTreeSet::from([Benefit::Support]), true, &grant);
    for (until, is_new) in
        [(None, true), (Some("2027-01-02"), true), (Some("2027-01-01"), false), (Some("2026-12-31"), false)]
    {
        for (asked, role) in [
            (wanted(until, &[Benefit::Support], false), SoftwareAssuranceManager),
            (wanted(until, &[], true), OnlineServicesManager),
        ] {
            let mut story = Story::new();
            story.has = held_by(&holder, story.now);
            match story.ask(&asked) {
                Ok(_) => assert!(is_new && story.it().asked == Asked { roles: BTreeSet::from([role]), ..asked }),
                Err(refused) => assert_eq!((is_new, refused), (false, Refused::HasAll), "{until:?}"),
            }
        }
    }
}

/// REQ-03 SAFE-07 two requests a day and Licensing ID; the third is told when.
#[test]
fn req_03_two_requests_a_day() {
    let mut story = Story::new();
    story.ask(&roles([Download])).unwrap();
    story.now += SignedDuration::from_hours(1);
    story.ask(&roles([ProductKeys])).unwrap();
    let again = time("2026-11-27T10:00:00Z");
    let before = story.it().clone();
    assert_eq!(story.ask(&roles([Download])), Err(Refused::TooOften(TryAgainAt(again))));
    assert_eq!(story.it(), &before, "what waits is as it was");
    story.now = again;
    assert_eq!(story.ask(&roles([Download])), Ok(vec![looked_up(3)]));
}

/// APR-02 the links of the last ten requests show what became of them.
#[test]
fn apr_02_ten_earlier_requests_are_remembered() {
    let mut story = Story::new();
    for number in 1..=12 {
        story.ask(&roles([if number % 2 == 0 { Download } else { ProductKeys }])).unwrap();
        story.now += SignedDuration::from_hours(24);
    }
    let remembered: Vec<u32> = (0..=13).filter(|number| story.it().past_of(*number, story.now).is_some()).collect();
    assert_eq!(remembered, (2..=12).collect::<Vec<_>>());
    assert!(story.it().past.is_sorted_by_key(|past| past.generation));
}

// ---- Who decides ----

/// REQ-03 REQ-04 a colleague's request goes to all Administrators at once, but not to who asks, by whatever address; who asked
/// learns how many they are.
#[test]
fn req_03_a_colleagues_request_goes_to_all_administrators() {
    let mut story = Story::new();
    story.ask(&roles([Download])).unwrap();
    story.give("ann.smith", Administrator, None);
    story.give("temp", Administrator, Some("2026-12-01"));
    story.give("late", Administrator, Some("2026-11-25"));
    story.addresses.push(address("ann.smith"));
    let deciders = story.it().deciders(story.standing(), &story.addresses, story.now);
    assert_eq!(deciders, ["above", "boss", "chief", "temp"].map(address).into());
    assert_eq!(story.route(), [mailed(1, RequestMail::Asked)]);
    let route = story.it().route.clone().expect("it was found out");
    assert_eq!(
        (route.at, route.colleague, route.sent_to, route.digest_at, route.nobody),
        (time(START), true, 4, None, None)
    );
    assert!(story.it().is_colleagues() && !story.it().needs_operators());
    assert_eq!(
        story.told_licence(),
        "permission.asked administrators=4 ends-at=2026-12-26T10:00:00Z licence=enterprise/1 outsider=false request=1 roles=download"
    );
}

/// REQ-03 an outsider's requests are not emailed one by one: they go out with the others of the day, at its end in UTC.
#[test]
fn req_03_an_outsiders_request_goes_out_with_the_others_of_the_day() {
    let mut story = Story::outsider();
    assert_eq!(story.route(), []);
    let route = story.it().route.clone().expect("it was found out");
    assert_eq!((route.colleague, route.digest_at, route.nobody), (false, Some(time(DIGEST)), None));
    assert!(!story.it().is_colleagues());
    story.now = second_before(time(DIGEST));
    assert_eq!(story.sweep(), None);
    story.now = time("2026-11-27T00:03:00Z");
    assert_eq!(story.sweep(), Some(vec![digest("2026-11-27")]));
    assert_eq!(story.sweep(), None);
    assert_eq!(story.it().told.digest_at, Some(story.now));
}

/// REQ-02 REQ-07 nobody tells an outsider whether the number is known: no email, and the same end and the same answers.
#[test]
fn req_02_an_outsider_is_answered_alike_whether_or_not_anybody_decides() {
    let known = || Story::outsider();
    let unknown = || Story { standing: None, ..Story::outsider() };
    let nobody = || {
        let mut story = Story::outsider();
        story.standing = Some(Standing { levels: vec![level("enterprise/1", &[])] });
        story
    };
    let silent = || Story { unreachable: 9, ..Story::outsider() };
    let over = || {
        let mut story = Story::outsider();
        story.agreement_ends_on("2026-11-20");
        story
    };
    let mut all: Vec<Story> = vec![known(), unknown(), nobody(), silent(), over()];
    for story in &mut all {
        assert_eq!(story.route(), []);
        assert!(story.told_asker().is_none());
    }
    for at in [START, "2026-11-30T09:59:59Z", MONDAY, END] {
        let answers = all.iter_mut().map(|story| {
            story.now = time(at);
            story.sweep();
            let request = story.it();
            let policy = Policy::default().requests;
            (
                request.state_at(story.now),
                request.ends_at,
                request.remindable_at(&policy),
                story.clone().remind().map(|_| ()),
                story.clone().withdraw().map(|_| ()),
            )
        });
        let answers: Vec<_> = answers.collect();
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:?}");
    }
}

/// REQ-07 an unknown number, one without another Administrator, or one where mail reaches none of them: operators see it, and a
/// colleague is told why.
#[test]
fn req_07_where_nobody_can_decide_it_is_said() {
    let unknown = Story { standing: None, ..Story::new() };
    let mut alone = Story::new();
    alone.standing = Some(Standing { levels: vec![level("enterprise/1", &[(ContactName::Primary, "ann")])] });
    let mut gave_up = Story::new();
    gave_up.standing = Some(Standing {
        levels: vec![level("enterprise/1", &[(ContactName::Primary, "boss"), (ContactName::BillTo, "pays")])],
    });
    gave_up.give_up("boss");
    let silent = Story { unreachable: 3, ..Story::new() };
    for (mut story, why, known) in [
        (unknown, Nobody::Unknown, false),
        (alone, Nobody::NoAdministrator, true),
        (gave_up, Nobody::NoAdministrator, true),
        (silent, Nobody::Unreachable, true),
    ] {
        story.ask(&roles([Download])).unwrap();
        assert_eq!(story.route(), [mailed(1, RequestMail::NobodyDecides)], "{why:?}");
        assert_eq!(story.it().route.as_ref().and_then(|route| route.nobody), Some(why));
        assert_eq!(story.last.as_ref().unwrap().note().is_some(), known, "an unknown Licensing ID has no audit");
        assert!(story.it().needs_operators());
        let policy = Policy::default().requests;
        assert_eq!((story.it().reminder_at(&policy), story.it().undecided_at(&policy)), (None, None));
        assert_eq!(story.it().due_at(&policy), Some(time(END)));
        story.now = time(MONDAY);
        assert_eq!(story.remind(), Err(Refused::NothingToRemind), "nobody decides");
        assert_eq!(story.clone().withdraw(), Ok(vec![]), "nobody was told of it");
        assert_eq!(story.last.as_ref().unwrap().note().is_some(), known);
        story.now = time(END);
        assert_eq!(story.sweep(), Some(vec![mailed(1, RequestMail::Ended)]));
        assert_eq!(story.last.as_ref().unwrap().note().is_some(), known);
        assert!(!story.it().needs_operators() && story.it().needed_operators(), "it is over, and what they saw goes");
    }
    let mut one_left = Story { unreachable: 2, ..Story::new() };
    one_left.ask(&roles([Download])).unwrap();
    assert_eq!(one_left.route(), [mailed(1, RequestMail::Asked)]);
}

/// REQ-02 REQ-03 REQ-07 an outsider's request that nobody decides on goes into no email of the day; that of a colleague neither, whoever
/// decides.
#[test]
fn req_03_only_an_outsiders_request_waits_for_the_email_of_the_day() {
    let nobody =
        |story: Story| Story { standing: Some(Standing { levels: vec![level("enterprise/1", &[])] }), ..story };
    let unknown = |story: Story| Story { standing: None, ..story };
    let silent = |story: Story| Story { unreachable: 3, ..story };
    let colleague = || {
        let mut story = Story::new();
        story.ask(&roles([Download])).unwrap();
        story
    };
    for (mut story, expected) in [
        (Story::outsider(), Some(time(DIGEST))),
        (nobody(Story::outsider()), None),
        (unknown(Story::outsider()), None),
        (silent(Story::outsider()), None),
        (colleague(), None),
        (nobody(colleague()), None),
        (unknown(colleague()), None),
        (silent(colleague()), None),
    ] {
        story.route();
        assert_eq!(story.it().route.as_ref().unwrap().digest_at, expected);
        assert_eq!(
            story.it().due_at(&Policy::default().requests).is_some_and(|due| due == time(DIGEST)),
            expected.is_some()
        );
    }
}

/// REQ-02 REQ-09 where the number is unknown, or nobody has found out yet who decides, no audit but the asker's says that they had
/// others reminded or took it back.
#[test]
fn req_09_an_unknown_number_has_no_audit_of_reminders() {
    for (standing, route, known) in [(true, true, true), (false, true, false), (true, false, false)] {
        let mut story = Story::outsider();
        story.standing = story.standing.filter(|_| standing);
        if route {
            story.route();
        }
        story.now = time(MONDAY);
        for step in [Story::remind, Story::withdraw] {
            let mut story = story.clone();
            step(&mut story).unwrap();
            let last = story.last.as_ref().unwrap();
            assert_eq!((last.note().is_some(), last.told_asker().is_some()), (known, true), "{standing} {route}");
        }
    }
}

/// REQ-04 REQ-05 what audits say of a request names its end: the asker's from the start, the Licensing ID's with how many decide.
#[test]
fn req_05_audits_say_when_a_request_ends() {
    let mut story = Story::new();
    story.agreement_ends_on("2026-12-01");
    story.ask(&roles([Download])).unwrap();
    let told = story.last.as_ref().unwrap().told_asker().unwrap();
    assert_eq!(told.facts["ends-at"], END);
    story.route();
    assert_eq!(
        story.told_licence(),
        "permission.asked administrators=3 ends-at=2026-12-02T00:00:00Z licence=enterprise/1 outsider=false request=1 roles=download"
    );
    let mut outsider = Story::outsider();
    outsider.agreement_ends_on("2026-12-01");
    outsider.route();
    assert_eq!(
        outsider.told_licence(),
        format!(
            "permission.asked administrators=3 ends-at={END} licence=enterprise/1 outsider=true request=1 roles=download"
        )
    );
}

/// REQ-07 who becomes Administrator later decides all the same.
#[test]
fn req_07_who_becomes_administrator_later_decides() {
    let mut story = Story::new();
    story.standing = Some(Standing { levels: vec![level("enterprise/1", &[])] });
    story.ask(&roles([Download])).unwrap();
    story.route();
    story.give("new", Administrator, None);
    assert_eq!(story.decide("new", Decision::Deny), Ok(vec![mailed(1, RequestMail::Decided)]));
}

/// REQ-05 a colleague's request ends with the agreement; an outsider's doesn't, as its end would tell of the agreement.
#[test]
fn req_05_a_colleagues_request_ends_with_the_agreement() {
    let ends = |day: &str, outsider: bool| {
        let mut story = if outsider { Story::outsider() } else { Story::new() };
        story.agreement_ends_on(day);
        if !outsider {
            story.ask(&roles([Download])).unwrap();
        }
        let events = story.route();
        (story, events)
    };
    for (day, end, with_agreement) in [
        ("2026-12-01", "2026-12-02T00:00:00Z", true),
        ("2026-12-25", "2026-12-26T00:00:00Z", true),
        ("2026-12-26", END, false),
        ("9999-12-31", END, false),
    ] {
        let (mut story, events) = ends(day, false);
        assert_eq!((story.it().ends_at, events), (time(end), vec![mailed(1, RequestMail::Asked)]), "{day}");
        story.now = time(end);
        let ended = State::Ended { at: time(end), with_agreement };
        assert_eq!(story.it().state_at(story.now), ended);
        story.sweep_all();
        assert_eq!(story.it().state, ended);
        let (outsiders, events) = ends(day, true);
        assert_eq!((outsiders.it().ends_at, events), (time(END), vec![]), "{day}");
    }
}

/// REQ-05 a colleague's request that was asked at midnight and ran its thirty days ended by itself, not with the agreement.
#[test]
fn req_05_a_request_of_midnight_ends_by_itself() {
    let mut story = Story { now: time("2026-11-26T00:00:00Z"), ..Story::new() };
    story.ask(&roles([Download])).unwrap();
    story.route();
    let end = time("2026-12-26T00:00:00Z");
    let ended = State::Ended { at: end, with_agreement: false };
    assert_eq!(story.it().state_at(end), ended);
    for (day, with_agreement) in [("2026-12-25", false), ("2026-12-24", true)] {
        story.agreement_ends_on(day);
        assert_eq!(
            matches!(story.judged().state_at(end), State::Ended { with_agreement: true, .. }),
            with_agreement,
            "{day}"
        );
    }
}

/// REQ-05 where the agreement has ended already, nobody is asked to decide: a colleague's request ends at once, and they are told.
#[test]
fn req_05_on_an_agreement_that_has_ended_nobody_is_asked() {
    for day in ["2026-11-25", "2026-11-01"] {
        let mut story = Story::new();
        story.agreement_ends_on(day);
        story.ask(&roles([Download])).unwrap();
        assert_eq!(story.route(), []);
        let ended = State::Ended { at: time(START), with_agreement: true };
        assert_eq!(story.it().state_at(story.now), ended);
        assert_eq!(story.decide("boss", grant([Download])), Err(Refused::Over));
        assert_eq!(story.sweep(), Some(vec![mailed(1, RequestMail::Ended)]));
        assert_eq!(story.it().state, ended);
    }
}

/// REQ-05 an agreement whose end was moved up takes a colleague's request with it at that moment, also before the sweep.
#[test]
fn req_05_nobody_decides_after_an_end_that_was_moved_up() {
    for (outsider, expected) in [(false, Err(Refused::Over)), (true, Ok(vec![mailed(1, RequestMail::Decided)]))] {
        let mut story = if outsider { Story::outsider() } else { Story::asked() };
        story.route_if_needed();
        story.agreement_ends_on("2026-11-26");
        let mut on_the_last_day = story.clone();
        assert_eq!(on_the_last_day.decide("boss", grant([Download])), Ok(vec![story.mail(RequestMail::Decided)]));
        story.now = time(DIGEST);
        assert_eq!(story.decide("boss", grant([Download])), expected.map(|_| vec![story.mail(RequestMail::Decided)]));
    }
}

/// REQ-05 EXP-05 a colleague's request ends with the agreement as that ends now: sooner or later than when it was asked, and never later
/// than it would by itself. An outsider's stays as it is.
#[test]
fn req_05_an_end_of_the_agreement_that_moves_takes_the_request_along() {
    for (first, then, end, with_agreement) in [
        ("2026-12-10", "2026-12-15", "2026-12-16T00:00:00Z", true),
        ("2026-12-10", "2026-12-05", "2026-12-06T00:00:00Z", true),
        ("2026-12-10", "2028-12-31", END, false),
        ("2028-12-31", "2026-12-10", "2026-12-11T00:00:00Z", true),
        ("2028-12-31", "2026-12-26", END, false),
        ("2028-12-31", "9999-12-31", END, false),
        ("2026-12-10", "2026-11-20", START, true),
    ] {
        let mut story = Story::new();
        story.agreement_ends_on(first);
        story.ask(&roles([Download])).unwrap();
        story.route();
        story.agreement_ends_on(then);
        story.now = second_before(time(end)).max(time(START));
        assert_eq!(story.judged().state_at(story.now).is_pending(), time(end) > story.now, "{first} {then}");
        story.now = time(end);
        assert_eq!(
            story.judged().state_at(story.now),
            State::Ended { at: time(end), with_agreement },
            "{first} {then}"
        );
        assert_eq!(story.decide("boss", grant([Download])), Err(Refused::Over), "{first} {then}");
        assert_eq!(story.judged().ends_at_the_latest(), time(END));
        let events = story.sweep_all();
        assert_eq!(events.last(), Some(&mailed(1, RequestMail::Ended)), "{first} {then}");
        assert_eq!(story.it().state, State::Ended { at: time(end), with_agreement }, "{first} {then}");

        let mut outsider = Story::outsider();
        outsider.agreement_ends_on(first);
        outsider.route();
        outsider.agreement_ends_on(then);
        assert_eq!(&outsider.judged(), outsider.it(), "{first} {then}");
    }
}

/// REQ-05 EXP-01 an end that moved is written down by the first sweep that sees it, once, so that the next one comes in time; nobody
/// is emailed, and both audits say it.
#[test]
fn req_05_the_sweep_writes_down_an_end_that_moved() {
    let policy = Policy::default().requests;
    let mut story = Story::new();
    story.agreement_ends_on("2026-11-28");
    story.ask(&roles([Download])).unwrap();
    story.route();
    assert_eq!((story.it().due_at(&policy), story.sweep()), (Some(time("2026-11-29T00:00:00Z")), None));
    story.agreement_ends_on("2026-12-10");
    assert_eq!(story.sweep(), Some(vec![]));
    assert_eq!(
        story.told_licence(),
        "permission.end-moved ends-at=2026-12-11T00:00:00Z licence=enterprise/1 request=1 roles=download"
    );
    assert_eq!(story.told_asker().as_deref(), Some("permission.end-moved"));
    assert_eq!(story.last.as_ref().unwrap().note().unwrap().actor, Actor::Service);
    assert_eq!((story.it().ends_at, story.it().due_at(&policy)), (time("2026-12-11T00:00:00Z"), Some(time(REMINDER))));
    assert_eq!(story.sweep(), None, "it is written down");
    story.agreement_ends_on("2026-11-27");
    story.now = time(DIGEST);
    assert_eq!(story.sweep(), Some(vec![]));
    story.agreement_ends_on("2028-12-31");
    story.now = time(REMINDER);
    assert_eq!(story.sweep(), Some(vec![mailed(1, RequestMail::Reminder)]), "what is due goes out with it");
    assert_eq!((story.it().ends_at, story.sweep()), (time(END), None));
    story.decide("boss", Decision::Deny).unwrap();
    story.agreement_ends_on("2026-11-27");
    assert_eq!((story.sweep(), &story.judged()), (None, story.it()), "what is over stays as it is");
}

/// REQ-05 what an earlier release cut without keeping when it would end otherwise ends no later than it says.
#[test]
fn req_05_a_request_of_an_earlier_release_ends_no_later() {
    let mut story = Story::new();
    story.agreement_ends_on("2026-12-10");
    story.ask(&roles([Download])).unwrap();
    story.route();
    let route = story.stored.as_mut().unwrap().route.as_mut().unwrap();
    assert_eq!(route.ends_otherwise_at.take(), Some(time(END)));
    let as_stored = story.it().clone();
    for day in ["2026-12-10", "2028-12-31"] {
        story.agreement_ends_on(day);
        assert_eq!(story.judged(), as_stored, "{day}");
    }
    story.agreement_ends_on("2026-12-01");
    let end = time("2026-12-02T00:00:00Z");
    assert_eq!(story.judged().state_at(end), State::Ended { at: end, with_agreement: true });
}

/// REQ-03 a request is found its deciders once; not that of a request which was replaced meanwhile, or is over.
#[test]
fn req_03_who_decides_is_found_out_once() {
    let mut story = Story::new();
    story.ask(&roles([Download])).unwrap();
    let waits = |story: &Story, number| story.it().is_to_be_routed(number, story.now);
    assert!(waits(&story, 1) && !waits(&story, 2));
    story.ask(&roles([ProductKeys])).unwrap();
    assert!(waits(&story, 2) && !waits(&story, 1));
    let mut over = story.clone();
    over.withdraw().unwrap();
    assert!(!waits(&over, 2));
    story.route();
    assert!(!waits(&story, 2));
    let mut late = Story::new();
    late.ask(&roles([Download])).unwrap();
    late.now = time(END);
    assert!(!waits(&late, 1));
}

// ---- Deciding ----

/// APR-01 APR-05 granting all gives the address exactly what was asked for, from that instant.
#[test]
fn apr_01_granting_all_gives_what_was_asked() {
    let asked = Asked {
        benefits: BTreeSet::from([Benefit::HomeUse]),
        reservations: true,
        ..roles([Download, SoftwareAssuranceManager, OnlineServicesManager])
    };
    let mut story = Story::new();
    story.ask(&asked).unwrap();
    story.route();
    assert_eq!(story.decide("boss", Decision::Grant(asked.clone())), Ok(vec![mailed(1, RequestMail::Decided)]));
    let State::Granted { granted, decided } = &story.it().state else { panic!("{:?}", story.it().state) };
    assert_eq!((granted, decided.at, decided.message.as_str()), (&asked, time(START), "welcome"));
    let granted = story.last.as_ref().unwrap().grants().expect("it gives something").clone();
    let by = By::Person { profile: "p-boss".parse().unwrap(), address: address("boss") };
    assert_eq!(granted.grant, Grant { by, at: time(START), until: None, scheme: None });
    assert_eq!(held_by(&granted.given_to(None), story.now), held(&asked));
    assert_eq!(story.it().due_at(&Policy::default().requests), None);
}

/// APR-01 a part is granted: fewer roles, fewer benefits, no reservations, or for a shorter time.
#[test]
fn apr_01_a_part_is_granted() {
    let asked = Asked {
        benefits: BTreeSet::from([Benefit::HomeUse, Benefit::Support]),
        reservations: true,
        ..roles([Download, SoftwareAssuranceManager, OnlineServicesManager])
    };
    let one_benefit = Asked { benefits: BTreeSet::from([Benefit::Support]), ..roles([SoftwareAssuranceManager]) };
    let until = Asked { until: Some(date("2026-12-31")), ..roles([Download]) };
    for part in [roles([Download]), one_benefit, roles([OnlineServicesManager]), until] {
        let mut story = Story::new();
        story.ask(&asked).unwrap();
        story.route();
        story.decide("boss", Decision::Grant(part.clone())).unwrap();
        assert!(matches!(&story.it().state, State::Granted { granted, .. } if *granted == part), "{part}");
        let granted = story.last.as_ref().unwrap().grants().expect("it gives something").clone();
        assert_eq!((&granted.asked, granted.grant.until), (&part, part.until));
        assert_eq!(held_by(&granted.given_to(None), story.now), held(&part));
    }
}

/// APR-01 what was not asked for is not granted: another role, another benefit, reservations, nothing, what has ended.
#[test]
fn apr_01_nothing_more_than_was_asked_is_granted() {
    let asked = Asked {
        benefits: BTreeSet::from([Benefit::HomeUse]),
        ..roles([Download, SoftwareAssuranceManager, OnlineServicesManager])
    };
    let mut story = Story::new();
    story.ask(&asked).unwrap();
    story.route();
    for more in [
        roles([]),
        roles([Administrator]),
        Asked { roles: asked.roles.iter().copied().chain([ProductKeys]).collect(), ..asked.clone() },
        Asked { benefits: BTreeSet::from([Benefit::HomeUse, Benefit::Support]), ..roles([SoftwareAssuranceManager]) },
        Asked { reservations: true, ..roles([OnlineServicesManager]) },
        Asked { until: Some(date("2026-11-25")), ..roles([Download]) },
    ] {
        assert_eq!(story.decide("boss", Decision::Grant(more)), Err(Refused::NotAsked));
        assert!(story.it().state.is_pending());
    }
    // What comes with a role that is not granted is not granted either.
    story.decide("boss", Decision::Grant(Asked { reservations: true, ..roles([Download]) })).unwrap();
    assert!(matches!(&story.it().state, State::Granted { granted, .. } if *granted == roles([Download])));
}

/// APR-01 ROLE-09 what is granted until today counts today; until yesterday it can't be granted.
#[test]
fn role_09_what_is_granted_until_today_counts_today() {
    for (day, is_granted) in [("2026-11-26", true), ("2026-11-25", false)] {
        let mut story = Story::asked();
        let until = Asked { until: Some(date(day)), ..roles([Download]) };
        let decided = story.decide("boss", Decision::Grant(until));
        assert_eq!(decided.is_ok(), is_granted, "{day}");
        if is_granted {
            let given = story.last.as_ref().unwrap().grants().unwrap().given_to(None);
            let has = |at: &str| held_by(&given, time(at)).has(Download);
            assert!(has("2026-11-26T23:59:59Z") && !has("2026-11-27T00:00:00Z"));
        } else {
            assert_eq!(decided, Err(Refused::NotAsked));
        }
    }
}

/// APR-01 denying gives nothing, and the Administrator may say why.
#[test]
fn apr_01_denying_gives_nothing() {
    let mut story = Story::asked();
    assert_eq!(story.decide("chief", Decision::Deny), Ok(vec![mailed(1, RequestMail::Decided)]));
    assert_eq!(story.last.as_ref().unwrap().grants(), None);
    let decided = story.it().state.decided().expect("somebody decided");
    assert_eq!(
        (decided.by.address(), decided.message.as_str(), decided.at),
        (&address("chief"), "welcome", time(START))
    );
    assert!(matches!(story.it().state, State::Denied { .. }));
}

/// APR-01 only Administrators decide, as they are now: inherited ones too, until their last day; nobody who gave up, was removed,
/// opted out, or has another role.
#[test]
fn apr_01_only_administrators_decide() {
    let mut story = Story::asked();
    story.give("services", OnlineServicesManager, None);
    story.give("temp", Administrator, Some("2026-12-01"));
    for (who, may) in
        [("boss", true), ("chief", true), ("above", true), ("temp", true), ("services", false), ("else", false)]
    {
        let expected = if may { Ok(vec![mailed(1, RequestMail::Decided)]) } else { Err(Refused::NotYours) };
        assert_eq!(story.clone().decide(who, grant([Download])), expected, "{who}");
        assert_eq!(story.clone().decide(who, Decision::Deny), expected, "{who}");
    }
    story.now = time("2026-12-02T00:00:00Z");
    assert_eq!(story.decide("temp", Decision::Deny), Err(Refused::NotYours), "yesterday was the last day");
    story.give_up("boss");
    assert_eq!(story.decide("boss", Decision::Deny), Err(Refused::NotYours));
    let opted_out = Holder { opted_out_here: Some(story.now), ..Holder::default() };
    story.note(0, "above", &opted_out);
    assert_eq!(story.decide("above", Decision::Deny), Err(Refused::NotYours));
    assert_eq!(story.decide("chief", Decision::Deny), Ok(vec![mailed(1, RequestMail::Decided)]));
    let mut unloaded = Story::asked();
    unloaded.standing = Some(Standing::default());
    assert_eq!(unloaded.decide("boss", Decision::Deny), Err(Refused::NotYours));
}

/// APR-02 denying works from the mailed link alone; granting needs a session.
#[test]
fn apr_02_a_link_only_denies() {
    let mut story = Story::asked();
    let link = Decider::Link(address("boss"));
    assert_eq!(story.decides(&link, &[address("boss")], 1, grant([Download])), Err(Refused::SignInToGrant));
    let stranger = Decider::Link(address("else"));
    for decision in [Decision::Deny, grant([Download])] {
        assert_eq!(story.decides(&stranger, &[address("else")], 1, decision), Err(Refused::NotYours));
    }
    assert_eq!(story.decides(&link, &[address("boss")], 1, Decision::Deny), Ok(vec![mailed(1, RequestMail::Decided)]));
    assert!(matches!(&story.it().state, State::Denied { decided } if decided.by == link));
}

/// APR-03 the first decision wins; a later one changes nothing, whoever makes it, and is told what was decided and when.
#[test]
fn apr_03_the_first_of_two_decisions_stands() {
    let mut story = Story::asked();
    story.decide("boss", Decision::Deny).unwrap();
    let first = story.it().clone();
    story.now += SignedDuration::from_hours(1);
    for who in ["boss", "chief"] {
        assert_eq!(story.decide(who, grant([Download])), Err(Refused::Over));
        assert_eq!(story.decide(who, Decision::Deny), Err(Refused::Over));
    }
    assert_eq!((story.withdraw(), story.remind()), (Err(Refused::Over), Err(Refused::Over)));
    assert_eq!(story.it(), &first);
    assert_eq!(
        (first.state.ended_at(), first.state.decided().map(|decided| decided.at)),
        (Some(time(START)), Some(time(START)))
    );
    assert_eq!((Story::asked().it().state.ended_at(), Story::asked().it().state.decided()), (None, None));
    assert_eq!(Story::withdrawn().it().state.decided(), None);
}

/// APR-03 two decisions on what was read once are written on the same condition, so that one of them loses.
#[test]
fn apr_03_two_decisions_at_once_have_one_condition() {
    let story = Story::asked();
    let (one, other) =
        (story.clone().deciding_step("boss", grant([Download])), story.clone().deciding_step("chief", Decision::Deny));
    assert_eq!((one.seen(), other.seen()), (Some(2), Some(2)));
    assert_eq!((one.after().version, other.after().version), (3, 3));
}

/// APR-03 the form says which request it showed: where another took its place, nothing is decided.
#[test]
fn apr_03_a_decision_on_what_was_replaced_is_not_taken() {
    let mut story = Story::asked();
    story.ask(&roles([ProductKeys])).unwrap();
    story.route();
    let (boss, addresses) = (session("boss"), [address("boss")]);
    for shown in [0, 1, 3] {
        for decision in [Decision::Deny, grant([ProductKeys])] {
            assert_eq!(story.decides(&boss, &addresses, shown, decision), Err(Refused::Changed), "{shown}");
        }
    }
    assert!(story.decides(&boss, &addresses, 2, grant([ProductKeys])).is_ok());
    assert_eq!(story.decides(&boss, &addresses, 1, Decision::Deny), Err(Refused::Changed), "also after the end");
}

/// APR-04 nobody decides their own request: not by another address of the same profile, not by the address that asked in whatever
/// hands, not even to deny.
#[test]
fn apr_04_nobody_decides_what_they_asked_for() {
    let mut story = Story::asked();
    story.give("ann", Administrator, None);
    let same_profile = Decider::Session(Person { profile: story.asker.profile.clone(), address: address("boss") });
    let same_address = Decider::Session(Person { profile: "p-other".parse().unwrap(), address: address("boss") });
    let link = Decider::Link(address("ann"));
    for decision in [Decision::Deny, grant([Download])] {
        assert_eq!(story.decide("ann", decision.clone()), Err(Refused::Own));
        assert_eq!(story.decides(&same_profile, &[address("boss")], 1, decision.clone()), Err(Refused::Own));
        let both = [address("boss"), address("ann")];
        assert_eq!(story.decides(&same_address, &both, 1, decision.clone()), Err(Refused::Own));
        assert_eq!(story.decides(&link, &[address("ann")], 1, decision), Err(Refused::Own));
    }
    assert!(story.it().state.is_pending());
}

/// ROLE-09 who is Administrator until a day gives until that day at most, of all their addresses the latest; who asked until a day
/// gets it no longer than that.
#[test]
fn role_09_nobody_gives_for_longer_than_they_hold() {
    let day = |text: &str| Some(date(text));
    let (early, middle, late) = (day("2026-12-05"), day("2026-12-15"), day("2026-12-31"));
    for (asked, given, holds, expected) in [
        (None, None, None, None),
        (None, middle, None, middle),
        (middle, None, None, middle),
        (middle, late, None, middle),
        (late, middle, None, middle),
        (None, None, middle, middle),
        (None, late, middle, middle),
        (late, None, middle, middle),
        (early, late, middle, early),
        (late, early, middle, early),
    ] {
        let mut story = Story::new();
        story.give("temp", Administrator, Some("2026-12-15"));
        story.ask(&Asked { until: asked, ..roles([Download]) }).unwrap();
        story.route();
        let who = if holds.is_some() { "temp" } else { "boss" };
        story.decide(who, Decision::Grant(Asked { until: given, ..roles([Download]) })).unwrap();
        assert!(
            matches!(&story.it().state, State::Granted { granted, .. } if granted.until == expected),
            "{asked:?} {given:?} {holds:?}"
        );
        assert_eq!(story.last.as_ref().unwrap().grants().map(|granted| granted.grant.until), Some(expected));
        let note = story.last.as_ref().unwrap().note().unwrap();
        assert_eq!(note.facts.get("until").cloned(), expected.map(|day| day.to_string()));
    }
    let mut story = Story::asked();
    story.give("temp", Administrator, Some("2026-12-15"));
    story.give("temp.other", Administrator, Some("2026-12-31"));
    let addresses = [address("temp"), address("temp.other")];
    story.decides(&session("temp"), &addresses, 1, grant([Download])).unwrap();
    assert!(matches!(&story.it().state, State::Granted { granted, .. } if granted.until == late));
}

/// ROLE-09 APR-05 a grant moves an end out and never in; what the address has otherwise stays.
#[test]
fn role_09_a_grant_leaves_what_is_there() {
    let granted = |asked: Asked| {
        let mut story = Story::new();
        story.ask(&asked).unwrap();
        story.route();
        story.decide("boss", Decision::Grant(asked)).unwrap();
        story.last.as_ref().unwrap().grants().unwrap().clone()
    };
    let until = |day: Option<&str>, role| Asked { until: day.map(date), ..roles([role]) };
    for (before, after, expected) in [
        (Some("2026-12-31"), None, None),
        (Some("2026-12-31"), Some("2027-01-31"), Some("2027-01-31")),
        (Some("2027-01-31"), Some("2026-12-31"), Some("2027-01-31")),
        (None, Some("2026-12-31"), None),
        (Some("2026-11-25"), Some("2026-12-31"), Some("2026-12-31")),
    ] {
        let holder = holder_of(&until(before, Download));
        let given = granted(until(after, Download)).given_to(Some(&holder));
        assert_eq!(given.assigned.roles[&Download].until, expected.map(date), "{before:?} {after:?}");
    }
    let holder = holder_of(&roles([LicensingInfo]));
    let both = granted(roles([Download])).given_to(Some(&holder));
    assert_eq!(both.assigned.roles.keys().copied().collect::<Vec<_>>(), [LicensingInfo, Download]);
}

/// ROLE-09 APR-05 what is approved until a day ends on that day, also with a role that the address has for longer.
#[test]
fn role_09_what_is_approved_until_a_day_ends_with_it() {
    let mut story = Story::new();
    story.give("temp", Administrator, Some("2026-12-15"));
    let holder = holder_of(&roles([SoftwareAssuranceManager, OnlineServicesManager]));
    story.has = held_by(&holder, story.now);
    let asked = Asked {
        benefits: BTreeSet::from([Benefit::HomeUse]),
        reservations: true,
        ..roles([SoftwareAssuranceManager, OnlineServicesManager])
    };
    story.ask(&asked).unwrap();
    story.route();
    story.decide("temp", Decision::Grant(asked)).unwrap();
    let given = story.last.as_ref().unwrap().grants().unwrap().given_to(Some(&holder));
    let with_it = held_by(&given, time("2026-12-15T23:59:59Z"));
    assert!(with_it.benefits().contains(&Benefit::HomeUse) && with_it.reservations());
    let after = held_by(&given, time("2026-12-16T00:00:00Z"));
    assert!(after.has(SoftwareAssuranceManager) && after.has(OnlineServicesManager), "the roles have no end");
    assert!(after.benefits().is_empty() && !after.reservations());
}

/// PERM-04 ROLE-09 an act gives what it names and no more: what came with a role that has ended does not come back with it.
#[test]
fn perm_04_a_grant_does_not_bring_back_what_had_ended() {
    let everything = |until: &str| Asked {
        until: Some(date(until)),
        benefits: BTreeSet::from([Benefit::HomeUse]),
        reservations: true,
        ..roles([SoftwareAssuranceManager, OnlineServicesManager])
    };
    let named = Asked {
        benefits: BTreeSet::from([Benefit::Support]),
        ..roles([SoftwareAssuranceManager, OnlineServicesManager])
    };
    let mut story = Story::new();
    story.ask(&named).unwrap();
    story.route();
    story.decide("boss", Decision::Grant(named)).unwrap();
    let granted = story.last.as_ref().unwrap().grants().unwrap();
    let ended = held_by(&granted.given_to(Some(&holder_of(&everything("2026-11-25")))), story.now);
    assert_eq!((ended.benefits(), ended.reservations()), (BTreeSet::from([Benefit::Support]), false));
    let lives = held_by(&granted.given_to(Some(&holder_of(&everything("2026-11-26")))), story.now);
    assert_eq!((lives.benefits().len(), lives.reservations()), (2, true));
}

/// APR-01 what is granted goes to the address that asked, while it is still theirs; denying works all the same.
#[test]
fn apr_01_an_address_that_moved_on_is_given_nothing() {
    let mut story = Story::asked();
    story.asker_has_address = false;
    assert_eq!(story.decide("boss", grant([Download])), Err(Refused::AskerGone));
    assert_eq!(story.decide("boss", Decision::Deny), Ok(vec![mailed(1, RequestMail::Decided)]));
}

/// REQ-03 SAFE-01 the Licensing ID's audit says who decided what; that of who asked names no Administrator.
#[test]
fn req_03_who_asked_learns_no_administrators_name() {
    let asked = Asked {
        benefits: BTreeSet::from([Benefit::HomeUse, Benefit::Support]),
        reservations: true,
        ..roles([Download, SoftwareAssuranceManager, OnlineServicesManager])
    };
    let mut story = Story::new();
    story.ask(&asked).unwrap();
    story.route();
    let signed_in = story.clone().deciding_step("boss", grant([Download]));
    assert!(matches!(&signed_in.note().unwrap().actor, Actor::Person { address: by, .. } if *by == address("boss")));
    let facts = &signed_in.note().unwrap().facts;
    assert_eq!(
        facts["roles"],
        "download software-assurance-manager:home-use,support online-services-manager:reservations"
    );
    assert_eq!(
        (facts["granted"].as_str(), facts["request"].as_str(), facts["licence"].as_str()),
        ("download", "1", "enterprise/1")
    );
    let without_reservations = story.clone().deciding_step("boss", grant([OnlineServicesManager]));
    assert_eq!(without_reservations.note().unwrap().facts["granted"], "online-services-manager");
    let link = Decider::Link(address("boss"));
    let by_link = story
        .it()
        .clone()
        .decide(Decision::Deny, "", 1, &story.deciding(&link, &[address("boss")]), story.now)
        .unwrap();
    assert_eq!(by_link.note().unwrap().actor, Actor::LinkHolder);
    assert_eq!(by_link.note().unwrap().personal["mailed-to"], address("boss").as_str());
    assert!(!by_link.note().unwrap().facts.contains_key("granted"));
    for (step, action) in [(signed_in, "permission.granted"), (by_link, "permission.denied")] {
        assert_eq!(step.action(), action);
        assert_eq!(step.note().unwrap().personal["asked-by"], address("ann").as_str());
        let told = step.told_asker().expect("who asked is told");
        assert_eq!((told.action, &told.actor), (action, &Actor::Administrator));
        assert!(!format!("{told:?}").contains("boss"));
    }
}

// ---- Waiting ----

/// REQ-09 who asked may withdraw while it waits, and those who were emailed are told.
#[test]
fn req_09_a_request_can_be_withdrawn() {
    let mut story = Story::asked();
    assert_eq!(story.withdraw(), Ok(vec![mailed(1, RequestMail::Withdrawn)]));
    assert_eq!(story.it().state, State::Withdrawn { at: time(START) });
    assert_eq!(story.last.as_ref().unwrap().note().map(|note| note.action), Some("permission.withdrawn"));
    assert_eq!((story.withdraw(), story.decide("boss", Decision::Deny)), (Err(Refused::Over), Err(Refused::Over)));

    let mut early = Story::new();
    early.ask(&roles([Download])).unwrap();
    assert_eq!(early.withdraw(), Ok(vec![]), "nobody knows of it yet");
    assert_eq!(early.last.as_ref().unwrap().note(), None);

    let mut outsider = Story::outsider();
    outsider.route();
    assert_eq!(outsider.clone().withdraw(), Ok(vec![]), "the email of the day is not out yet");
    outsider.now = time(DIGEST);
    assert_eq!(outsider.clone().withdraw(), Ok(vec![]), "it is due, and not out");
    outsider.sweep();
    assert_eq!(outsider.clone().withdraw(), Ok(vec![outsider.mail(RequestMail::Withdrawn)]));
}

/// REQ-09 after two working days, and once, who asked may have those who decide reminded. Saturday and Sunday don't count.
#[test]
fn req_09_who_asked_reminds_once_after_two_working_days() {
    for (asked, from) in [
        (START, MONDAY),
        ("2026-11-23T10:00:00Z", "2026-11-25T10:00:00Z"),
        ("2026-11-27T10:00:00Z", "2026-12-01T10:00:00Z"),
        ("2026-11-28T10:00:00Z", "2026-12-01T10:00:00Z"),
        ("2026-11-29T23:59:59Z", "2026-12-01T23:59:59Z"),
    ] {
        let mut story = Story { now: time(asked), ..Story::new() };
        story.ask(&roles([Download])).unwrap();
        story.route();
        assert_eq!(story.it().remindable_at(&Policy::default().requests), time(from), "{asked}");
        story.now = second_before(time(from));
        assert_eq!(story.remind(), Err(Refused::TooEarly(time(from))));
        story.now = time(from);
        assert_eq!(story.remind(), Ok(vec![mailed(1, RequestMail::RemindedByAsker)]));
        assert_eq!(story.last.as_ref().unwrap().action(), "permission.reminded");
        assert!(story.last.as_ref().unwrap().note().is_some());
        assert_eq!(story.it().told.reminded_by_asker_at, Some(time(from)));
        assert_eq!(story.remind(), Err(Refused::NothingToRemind));
    }
}

/// REQ-09 another request may be reminded of anew; what was not put before anybody is no reminder.
#[test]
fn req_09_a_reminder_is_of_what_was_seen() {
    let mut story = Story::asked();
    story.now = time(MONDAY);
    story.remind().unwrap();
    story.ask(&roles([ProductKeys])).unwrap();
    assert_eq!(story.remind(), Err(Refused::TooEarly(time("2026-12-02T10:00:00Z"))));
    story.now = time("2026-12-02T10:00:00Z");
    assert_eq!(story.remind(), Ok(vec![]), "it was not found out yet who decides");
    assert_eq!(story.it().told.reminded_by_asker_at, Some(story.now));

    let mut outsider = Story::outsider();
    outsider.route();
    outsider.now = time(MONDAY);
    assert_eq!(outsider.clone().remind(), Ok(vec![]), "the email of the day is not out yet");
    outsider.sweep();
    assert_eq!(outsider.clone().remind(), Ok(vec![outsider.mail(RequestMail::RemindedByAsker)]));
}

/// REQ-05 EXP-01 a colleague's request: a reminder after three days, the notices contact after ten, the end after thirty; each once,
/// at its second.
#[test]
fn req_05_each_step_goes_out_once_in_its_order() {
    let mut story = Story::asked();
    let policy = Policy::default().requests;
    for (at, mail, is_seen_by_operators, was_seen) in [
        (REMINDER, RequestMail::Reminder, false, false),
        (UNDECIDED, RequestMail::Undecided, true, true),
        (END, RequestMail::Ended, false, true),
    ] {
        assert_eq!(story.it().due_at(&policy), Some(time(at)));
        story.now = second_before(time(at));
        assert_eq!(story.sweep(), None);
        story.now = time(at);
        assert_eq!(story.sweep(), Some(vec![mailed(1, mail)]));
        assert_eq!(story.sweep(), None, "two sweeps");
        assert_eq!((story.it().needs_operators(), story.it().needed_operators()), (is_seen_by_operators, was_seen));
    }
    assert_eq!(story.it().told.reminded_at, Some(time(REMINDER)));
    assert_eq!(story.it().told.undecided_at, Some(time(UNDECIDED)));
    assert_eq!(story.it().due_at(&policy), None);
}

/// REQ-03 REQ-05 an outsider's request: first the email of the day, then the same steps.
#[test]
fn req_05_an_outsiders_request_takes_the_same_steps() {
    let mut story = Story::outsider();
    story.route();
    let mut log = Vec::new();
    while let Some(due) = story.it().due_at(&Policy::default().requests) {
        story.now = due;
        log.push((due, story.sweep().unwrap(), story.last.as_ref().unwrap().action()));
    }
    let mail = |mail| vec![story.mail(mail)];
    assert_eq!(
        log,
        [
            (time(DIGEST), vec![digest("2026-11-27")], "permission.put-before"),
            (time(REMINDER), mail(RequestMail::Reminder), "permission.reminded"),
            (time(UNDECIDED), mail(RequestMail::Undecided), "permission.undecided"),
            (time(END), mail(RequestMail::Ended), "permission.ended"),
        ]
    );
}

/// REQ-05 EXP-03 a sweep that comes late makes up for what was missed, at once: those who decide are still reminded; who hears of
/// it only now is not reminded as well; after its end nothing but the end goes out.
#[test]
fn req_05_a_late_sweep_makes_up_for_what_was_missed() {
    let swept = |mut story: Story, at: &str| {
        story.route_if_needed();
        story.now = time(at);
        let events = story.sweep();
        assert_eq!(story.sweep(), None);
        assert!(story.it().due_at(&Policy::default().requests).is_none_or(|due| due > story.now));
        (story, events.unwrap())
    };
    let (story, events) = swept(Story::asked(), UNDECIDED);
    assert_eq!(events, [mailed(1, RequestMail::Reminder), mailed(1, RequestMail::Undecided)]);
    assert_eq!((story.it().told.reminded_at, story.it().told.undecided_at), (Some(story.now), Some(story.now)));
    assert_eq!(story.last.as_ref().unwrap().action(), "permission.undecided");
    let (_, events) = swept(Story::asked(), END);
    assert_eq!(events, [mailed(1, RequestMail::Ended)]);
    let (story, events) = swept(Story::outsider(), REMINDER);
    assert_eq!(events, [digest("2026-11-29")]);
    assert_eq!((story.it().told.digest_at, story.it().told.reminded_at), (Some(story.now), Some(story.now)));
    let (story, events) = swept(Story::outsider(), "2026-12-07T00:00:00Z");
    assert_eq!(events, [digest("2026-12-07"), story.mail(RequestMail::Undecided)]);
    let (story, events) = swept(Story::outsider(), "2027-01-07T00:00:00Z");
    assert_eq!(events, [story.mail(RequestMail::Ended)]);
    assert_eq!(story.it().state, State::Ended { at: time(END), with_agreement: false }, "it ended when it was due");
}

/// REQ-05 what would go out at the end or after it does not go out.
#[test]
fn req_05_nothing_goes_out_at_the_end_but_the_end() {
    for (day, steps) in [("2026-11-28", 0), ("2026-11-29", 1), ("2026-12-05", 1), ("2026-12-06", 2)] {
        let mut story = Story::new();
        story.agreement_ends_on(day);
        story.ask(&roles([Download])).unwrap();
        story.route();
        assert_eq!(story.sweep_all().len(), steps + 1, "{day}");
    }
    let mut story = Story { now: time("2026-11-26T00:00:00Z"), ..Story::new() };
    story.agreement_ends_on("2026-11-28");
    story.ask(&roles([Download])).unwrap();
    story.route();
    let policy = Policy::default().requests;
    assert_eq!(story.it().reminder_at(&policy), None, "nobody is told of a reminder that does not come");
    assert_eq!(story.sweep_all(), [mailed(1, RequestMail::Ended)], "the reminder would be due at the end");
    let mut later = Story { now: time("2026-11-26T00:00:00Z"), ..Story::new() };
    later.agreement_ends_on("2026-12-05");
    later.ask(&roles([Download])).unwrap();
    later.route();
    assert_eq!(later.it().undecided_at(&policy), None, "nor of the notices contact");
}

/// REQ-05 while nobody found out who decides, nothing falls due but the end.
#[test]
fn req_05_before_it_is_known_who_decides_only_the_end_falls_due() {
    let mut story = Story::new();
    story.ask(&roles([Download])).unwrap();
    assert_eq!(story.it().due_at(&Policy::default().requests), Some(time(END)));
    story.now = time(END);
    assert_eq!(story.sweep(), Some(vec![mailed(1, RequestMail::Ended)]));
    assert_eq!(story.last.as_ref().unwrap().note(), None, "nobody else knows of it");
}

/// EXP-05 a request past its end has ended the second it is, swept or not: nobody decides, withdraws or reminds.
#[test]
fn exp_05_a_request_ends_to_the_second() {
    let mut story = Story::asked();
    story.now = time(END);
    assert_eq!(story.it().state_at(story.now), State::Ended { at: time(END), with_agreement: false });
    assert_eq!(story.decide("boss", grant([Download])), Err(Refused::Over));
    assert_eq!(story.decide("boss", Decision::Deny), Err(Refused::Over));
    assert_eq!((story.withdraw(), story.remind()), (Err(Refused::Over), Err(Refused::Over)));
    assert_eq!(story.state_of(1), State::Ended { at: time(END), with_agreement: false });
    story.now = second_before(time(END));
    assert_eq!(story.decide("boss", grant([Download])), Ok(vec![mailed(1, RequestMail::Decided)]));
}

/// EXP-03 a sweep leaves what is over as it is.
#[test]
fn exp_03_a_sweep_leaves_what_is_over() {
    let mut granted = Story::asked();
    granted.decide("boss", grant([Download])).unwrap();
    for mut story in [granted, Story::denied(), Story::withdrawn()] {
        assert_eq!(story.it().due_at(&Policy::default().requests), None);
        story.now = time(END);
        assert_eq!(story.sweep(), None);
        assert!(!matches!(story.it().state_at(story.now), State::Ended { .. }));
    }
}

/// SAFE-01 REQ-05 each step of the sweep stands in the Licensing ID's audit as the service's; only the end stands in that of who asked.
#[test]
fn safe_01_the_sweep_says_what_it_did() {
    let mut story = Story::asked();
    let mut said = Vec::new();
    while let Some(due) = story.it().due_at(&Policy::default().requests) {
        story.now = due;
        story.sweep();
        let step = story.last.as_ref().unwrap();
        let note = step.note().expect("it is known who decides");
        assert_eq!(note.actor, Actor::Service);
        said.push((note.action, step.told_asker().map(|note| (note.action, note.facts["ended"].clone()))));
    }
    let end = ("permission.ended", END.to_owned());
    assert_eq!(said, [("permission.reminded", None), ("permission.undecided", None), ("permission.ended", Some(end))]);
}

// ---- Any history ----

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    /// APR-03 EXP-03 REQ-05 REQ-06 in any history: a step rises the version by one; each event is written once; nothing changes
    /// what is over; only a grant gives something, and never more than was asked; something falls due exactly when the sweep finds it,
    /// and not again at the same time; what is stored is read as it was.
    #[test]
    fn apr_03_every_history_of_a_request_keeps_the_promises(outsider in any::<bool>(), acts in prop::collection::vec(any_act(), 1..40)) {
        let mut story = if outsider { Story { stored: None, ..Story::outsider() } } else { Story::new() };
        let policy = Policy::default().requests;
        let mut keys = BTreeSet::new();
        for act in acts {
            // The agreement's end is no step: what a request is goes by it as it is now.
            if let Act::Ends(day) = act {
                story.agreement_ends_on(day);
                continue;
            }
            let before = story.stored.is_some().then(|| story.judged());
            story.last = None;
            for event in story.act(&act) {
                let digest = matches!(event, Event::PermissionDigest { .. });
                prop_assert!(keys.insert(event.id()) || digest, "{} is written twice", event.id());
            }
            let Some(after) = story.stored.is_some().then(|| story.judged()) else { continue };
            let followed = story.it().clone().sweep_followed(story.agreement_ends(), story.now, &policy);
            prop_assert_eq!(followed.is_some(), after.due_at(&policy).is_some_and(|due| due <= story.now) || after.ends_at != story.it().ends_at);
            if let Some(followed) = followed {
                let again = followed.after().clone().sweep_followed(story.agreement_ends(), story.now, &policy);
                prop_assert_eq!((again, followed.after().state_at(story.now)), (None, after.state_at(story.now)));
            }
            let due = after.due_at(&policy).is_some_and(|due| due <= story.now);
            let swept = after.clone().sweep(story.now, &policy);
            prop_assert_eq!(due, swept.is_some());
            if let Some(swept) = swept {
                prop_assert!(swept.after().due_at(&policy).is_none_or(|due| due > story.now));
                prop_assert_eq!(swept.after().state_at(story.now), after.state_at(story.now));
            }
            prop_assert_eq!(after.due_at(&policy).is_some(), after.state.is_pending());
            let stored = serde_json::to_value(&after).unwrap();
            prop_assert_eq!(&serde_json::from_value::<Request>(stored).unwrap(), &after);
            if let Some(granted) = story.last.as_ref().and_then(Step::grants) {
                let is_said = matches!(&after.state, State::Granted { granted: said, .. } if *said == granted.asked);
                prop_assert!(is_said);
                prop_assert!(!granted.asked.is_empty() && granted.asked.is_part_of(&after.asked));
            }
            prop_assert!(after.past.len() <= 10);
            let Some(before) = before else { continue };
            if before.generation == after.generation && !before.state_at(story.now).is_pending() {
                prop_assert_eq!(before.state_at(story.now), after.state_at(story.now), "{:?} changed what was over", act);
            }
            for past in &before.past {
                let is = after.past_of(past.generation, story.now);
                prop_assert!(is.is_none() || is.as_ref() == Some(past), "{:?} changed what was over", act);
            }
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Wait(i64),
    Ask(Asked),
    Route,
    Withdraw,
    Remind,
    Sweep,
    Decide(&'static str, bool, u32, Decision),
    Moves,
    GivesUp,
    Ends(&'static str),
}

fn any_act() -> impl Strategy<Value = Act> {
    let any_asked = || {
        (
            prop::sample::subsequence(vec![Download, SoftwareAssuranceManager, OnlineServicesManager], 0..=3),
            any::<[bool; 2]>(),
            prop::option::of(0..60_i64),
        )
            .prop_map(|(all, [benefits, reservations], days)| Asked {
                benefits: benefits.then_some(Benefit::Support).into_iter().collect(),
                reservations,
                until: days.map(|days| date("2026-11-26").saturating_add(jiff::Span::new().days(days))),
                ..roles(all)
            })
    };
    let decision = prop_oneof![Just(Decision::Deny), any_asked().prop_map(Decision::Grant)];
    let who = prop::sample::select(vec!["boss", "chief", "above", "ann", "else"]);
    prop_oneof![
        4 => (0_i64..12 * 24).prop_map(Act::Wait),
        4 => any_asked().prop_map(Act::Ask),
        4 => Just(Act::Route),
        1 => Just(Act::Withdraw),
        2 => Just(Act::Remind),
        3 => Just(Act::Sweep),
        3 => (who, any::<bool>(), 0..2_u32, decision).prop_map(|(who, link, before, decision)| Act::Decide(who, link, before, decision)),
        1 => Just(Act::Moves),
        1 => Just(Act::GivesUp),
        1 => prop::sample::select(vec!["2026-11-20", "2026-12-10", "2027-12-31"]).prop_map(Act::Ends),
    ]
}

// ---- Stories ----

/// One person, one Licensing ID, and a clock.
#[derive(Clone)]
struct Story {
    now: Timestamp,
    licence: Licence,
    asker: Person,
    addresses: Vec<Address>,
    comment: String,
    has: Access,
    standing: Option<Standing>,
    colleague: bool,
    unreachable: usize,
    asker_has_address: bool,
    stored: Option<Request>,
    last: Option<Step>,
}

impl Story {
    /// `boss` is primary and `chief` notices contact, `above` is primary contact of the agreement above; `ann`, a colleague, is
    /// about to ask.
    fn new() -> Self {
        let here = level(
            "enterprise/1",
            &[(ContactName::Primary, "boss"), (ContactName::Notices, "chief"), (ContactName::BillTo, "pays")],
        );
        let above = level("enterprise/2", &[(ContactName::Primary, "above")]);
        Self {
            now: time(START),
            licence: "enterprise/1".parse().unwrap(),
            asker: Person { profile: "p-ann".parse().unwrap(), address: address("ann") },
            addresses: vec![address("ann")],
            comment: String::new(),
            has: Access::default(),
            standing: Some(Standing { levels: vec![here, above] }),
            colleague: true,
            unreachable: 0,
            asker_has_address: true,
            stored: None,
            last: None,
        }
    }

    /// `ann` asked for Download, and it was found out who decides.
    fn asked() -> Self {
        let mut story = Self::new();
        story.ask(&roles([Download])).unwrap();
        story.route();
        story
    }

    /// Somebody from elsewhere asked for Download; nobody knows yet who decides.
    fn outsider() -> Self {
        let stranger: Address = "eve@fabrikam.example".parse().unwrap();
        let asker = Person { profile: "p-eve".parse().unwrap(), address: stranger.clone() };
        let mut story = Self { asker, addresses: vec![stranger], colleague: false, ..Self::new() };
        story.ask(&roles([Download])).unwrap();
        story
    }

    fn denied() -> Self {
        let mut story = Self::asked();
        story.decide("boss", Decision::Deny).unwrap();
        story
    }

    fn withdrawn() -> Self {
        let mut story = Self::asked();
        story.withdraw().unwrap();
        story
    }

    fn it(&self) -> &Request {
        self.stored.as_ref().expect("it was asked")
    }

    /// The request as functions read it: with the agreement's end as it is now.
    fn judged(&self) -> Request {
        self.it().clone().followed(self.agreement_ends())
    }

    fn agreement_ends(&self) -> Option<Timestamp> {
        self.standing.as_ref().and_then(Standing::ends_at)
    }

    fn agreement_ends_on(&mut self, day: &str) {
        self.standing.as_mut().expect("it is loaded").levels[0].ends = date(day);
    }

    fn standing(&self) -> &Standing {
        self.standing.as_ref().expect("it is loaded")
    }

    fn state_of(&self, generation: u32) -> State {
        self.it().past_of(generation, self.now).expect("it is remembered").state
    }

    fn note(&mut self, at: usize, who: &str, holder: &Holder) {
        let level = &mut self.standing.as_mut().expect("it is loaded").levels[at];
        level.roster.note(&address(who), holder).unwrap();
    }

    fn give(&mut self, who: &str, role: Role, until: Option<&str>) {
        let holder = holder_of(&Asked { until: until.map(date), ..roles([role]) });
        self.note(0, who, &holder);
    }

    fn give_up(&mut self, who: &str) {
        let mut holder = Holder::default();
        holder.give_up(licensing::access::GivenUpBy::Oneself, self.now);
        self.note(0, who, &holder);
    }

    fn step_of_asking(&self, asked: &Asked) -> Result<Step, Refused> {
        let (by, name, has) = (&self.asker, "Ann Smith", &self.has);
        let new = NewRequest { licence: &self.licence, by, name, asked, comment: &self.comment, has };
        match Request::ask(self.stored.as_ref().map(|_| self.judged()), &new, self.now, &Policy::default().requests)? {
            AskOutcome::New(step) => Ok(*step),
            AskOutcome::Pending(request) => panic!("{request:?} waits already"),
        }
    }

    fn ask(&mut self, asked: &Asked) -> Result<Vec<Event>, Refused> {
        let (by, name, has) = (&self.asker, "Ann Smith", &self.has);
        let new = NewRequest { licence: &self.licence, by, name, asked, comment: &self.comment, has };
        match Request::ask(self.stored.as_ref().map(|_| self.judged()), &new, self.now, &Policy::default().requests)? {
            AskOutcome::New(step) => Ok(self.take(*step)),
            AskOutcome::Pending(request) => {
                assert_eq!(*request, self.judged(), "what waits is as it was");
                Ok(Vec::new())
            }
        }
    }

    fn route(&mut self) -> Vec<Event> {
        assert!(self.it().is_to_be_routed(self.it().generation, self.now));
        let found = Found {
            standing: self.standing.as_ref(),
            addresses: &self.addresses,
            colleague: self.colleague,
            unreachable: self.unreachable,
        };
        let step = self.it().clone().route(&found, self.now);
        self.take(step)
    }

    fn route_if_needed(&mut self) {
        if self.it().route.is_none() {
            self.route();
        }
    }

    fn deciding<'a>(&'a self, by: &'a Decider, addresses: &'a [Address]) -> Deciding<'a> {
        Deciding { by, addresses, standing: self.standing(), asker_has_address: self.asker_has_address }
    }

    fn deciding_step(self, who: &str, decision: Decision) -> Step {
        let (by, addresses) = (session(who), [address(who)]);
        let shown = self.it().generation;
        self.it().clone().decide(decision, "", shown, &self.deciding(&by, &addresses), self.now).unwrap()
    }

    fn decides(
        &mut self,
        by: &Decider,
        addresses: &[Address],
        shown: u32,
        decision: Decision,
    ) -> Result<Vec<Event>, Refused> {
        let deciding = self.deciding(by, addresses);
        let may = self.it().may_be_decided(decision == Decision::Deny, shown, &deciding, self.now);
        let step = self.it().clone().decide(decision, "welcome", shown, &deciding, self.now);
        match &step {
            Ok(_) | Err(Refused::NotAsked) => assert_eq!(may, Ok(()), "what is offered is what is taken"),
            Err(refused) => assert_eq!(may.as_ref(), Err(refused), "what is offered is what is taken"),
        }
        step.map(|step| self.take(step))
    }

    fn decide(&mut self, who: &str, decision: Decision) -> Result<Vec<Event>, Refused> {
        let shown = self.it().generation;
        self.decides(&session(who), &[address(who)], shown, decision)
    }

    fn withdraw(&mut self) -> Result<Vec<Event>, Refused> {
        self.judged().withdraw(self.now).map(|step| self.take(step))
    }

    fn remind(&mut self) -> Result<Vec<Event>, Refused> {
        self.judged().remind(self.now, &Policy::default().requests).map(|step| self.take(step))
    }

    /// What is due by now. It is not due again at the same time, or sweeps would never come to an end.
    fn sweep(&mut self) -> Option<Vec<Event>> {
        let (it, ends, policy) = (self.it().clone(), self.agreement_ends(), Policy::default().requests);
        let step = it.sweep_followed(ends, self.now, &policy)?;
        assert!(step.after().due_at(&policy).is_none_or(|due| due > self.now), "it is due again");
        Some(self.take(step))
    }

    /// What a sweep that is always in time does, until nothing is left to do.
    fn sweep_all(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(due) = self.it().due_at(&Policy::default().requests) {
            self.now = self.now.max(due);
            events.extend(self.sweep().expect("it is due"));
        }
        events
    }

    /// Stores a step as the store would, checks what must hold of each, and gives its events.
    fn take(&mut self, step: Step) -> Vec<Event> {
        assert_eq!(step.seen(), self.stored.as_ref().map(|request| request.version));
        assert_eq!(step.after().version, step.seen().unwrap_or_default() + 1);
        for note in step.note().into_iter().chain(step.told_asker()) {
            assert_eq!((note.facts["licence"].as_str(), note.action), (self.licence.key().as_str(), step.action()));
        }
        self.stored = Some(step.after().clone());
        let events = step.events().to_vec();
        self.last = Some(step);
        events
    }

    fn act(&mut self, act: &Act) -> Vec<Event> {
        if self.stored.is_none() && !matches!(act, Act::Ask(_) | Act::Wait(_)) {
            return Vec::new();
        }
        match act {
            Act::Wait(hours) => self.now += SignedDuration::from_hours(*hours),
            Act::Ask(asked) => return self.ask(asked).unwrap_or_default(),
            Act::Route if !self.it().is_to_be_routed(self.it().generation, self.now) => {}
            Act::Route => return self.route(),
            Act::Withdraw => return self.withdraw().unwrap_or_default(),
            Act::Remind => return self.remind().unwrap_or_default(),
            Act::Sweep => return self.sweep().unwrap_or_default(),
            Act::Decide(who, link, before, decision) => {
                let by = if *link { Decider::Link(address(who)) } else { session(who) };
                let shown = self.it().generation - before.min(&self.it().generation);
                return self.decides(&by, &[address(who)], shown, decision.clone()).unwrap_or_default();
            }
            Act::Moves => self.asker_has_address = !self.asker_has_address,
            Act::GivesUp => self.give_up("boss"),
            Act::Ends(day) => self.agreement_ends_on(day),
        }
        Vec::new()
    }

    fn mail(&self, mail: RequestMail) -> Event {
        Event::Permission {
            licence: self.licence.clone(),
            asker: self.asker.profile.clone(),
            generation: self.it().generation,
            mail,
            to: self.asker.address.clone(),
        }
    }

    fn told_asker(&self) -> Option<String> {
        self.last.as_ref().and_then(Step::told_asker).map(|note| note.action.to_owned())
    }

    /// What the Licensing ID's audit said last: the action and its facts.
    fn told_licence(&self) -> String {
        let note = self.last.as_ref().and_then(Step::note).expect("it says something");
        let facts: Vec<String> = note.facts.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{} {}", note.action, facts.join(" "))
    }
}

fn level(licence: &str, contacts: &[(ContactName, &str)]) -> StandingLevel {
    StandingLevel {
        licence: licence.parse().unwrap(),
        starts: date("2026-01-01"),
        ends: date("2028-12-31"),
        contacts: contacts.iter().map(|(name, who)| (*name, address(who))).collect(),
        corrections: Corrections::default(),
        roster: Roster::default(),
    }
}

fn roles(all: impl IntoIterator<Item = Role>) -> Asked {
    Asked { roles: all.into_iter().collect(), ..Asked::default() }
}

fn grant(all: impl IntoIterator<Item = Role>) -> Decision {
    Decision::Grant(roles(all))
}

/// Who has this by an act.
fn holder_of(asked: &Asked) -> Holder {
    let grant = Grant { by: By::Row, at: time(START), until: asked.until, scheme: None };
    let roles: BTreeMap<Role, Grant> = asked.roles.iter().map(|role| (*role, grant.clone())).collect();
    let (benefits, reservations) = (asked.benefits.clone(), asked.reservations);
    let assigned = Assigned { roles, benefits, reservations, ..Assigned::default() };
    Holder { assigned, ..Holder::default() }
}

fn held_by(holder: &Holder, now: Timestamp) -> Access {
    let level = level("enterprise/1", &[]);
    let level = Level {
        licence: &level.licence,
        starts: level.starts,
        ends: level.ends,
        contacts: &level.contacts,
        corrections: None,
        holder: Some(holder),
    };
    access(&[level], &address("ann"), now)
}

fn held(asked: &Asked) -> Access {
    held_by(&holder_of(asked), time(START))
}

fn session(who: &str) -> Decider {
    Decider::Session(Person { profile: format!("p-{who}").parse().unwrap(), address: address(who) })
}

fn address(who: &str) -> Address {
    format!("{who}@contoso.example").parse().unwrap()
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn second_before(at: Timestamp) -> Timestamp {
    at - SignedDuration::from_secs(1)
}

fn looked_up(generation: u32) -> Event {
    looked_up_on("enterprise/1", generation)
}

fn looked_up_on(licence: &str, generation: u32) -> Event {
    Event::PermissionAsked { licence: licence.parse().unwrap(), asker: "p-ann".parse().unwrap(), generation }
}

fn mailed(generation: u32, mail: RequestMail) -> Event {
    let (licence, asker) = ("enterprise/1".parse().unwrap(), "p-ann".parse().unwrap());
    Event::Permission { licence, asker, generation, mail, to: address("ann") }
}

fn digest(day: &str) -> Event {
    Event::PermissionDigest { licence: "enterprise/1".parse().unwrap(), day: date(day) }
}
