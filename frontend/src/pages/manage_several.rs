//! `/manage/…/several`: gives all who are ticked the same permissions, or removes them (APR-07). Each is a change of its own, tried
//! first without doing it, then made one after the other with progress and a report. What is to be done stands in the query; who is
//! ticked, and what was filled in, stays in this tab.
//!
//! The page makes the changes itself: it has to stay open. What it could not make can be tried again, each with its own key, so that
//! nothing is made twice.

use std::rc::Rc;

use api::Code;
use leptos::prelude::*;
use licensing::{Address, Licence};

use super::manage;
use crate::{
    app::app,
    browser,
    client::{self, Answered, Trouble},
    components::{
        Draw, Place, Watched, attribute, changing, element,
        form::Form,
        html::{
            actions, button, button_link, details, done, fact, facts, h1, h2, hint, inset, lead, line, lines, link,
            list, p, quiet_link, section, table, tag, text, warning,
        },
        load::{draw, loaded},
        person,
        person_change::{is_no, person_path, why_not},
        roles, words,
    },
    json, messages as m,
    permissions::{Assign, ChangePerson, PersonChange, PersonOutcome, Roles},
    route::{self, Managing, Route},
};

/// Kept in this tab: what all of them are to get.
const KEPT: &str = "people-give";

pub(crate) fn page(licence: Licence) -> AnyView {
    changing(move || {
        let said = |name: &str| app().query.with(|query| route::said(query, name)).unwrap_or_default();
        let (act, step, licence) = (said("do"), said("step"), licence.clone());
        let all = manage::ticked_on(&licence);
        if all.is_empty() || all.len() > manage::MOST {
            return nobody(&licence);
        }
        match (act.as_str(), step.as_str(), kept()) {
            ("remove", ..) => loaded(move || begin(licence.clone(), all.clone(), PersonChange::Remove)),
            ("give", "check", Some(roles)) => {
                let change = PersonChange::Assign(Assign { roles, listings_count: false });
                loaded(move || begin(licence.clone(), all.clone(), change.clone()))
            }
            (.., roles) => give(licence, all, roles.unwrap_or_default()),
        }
    })
}

fn path(licence: &Licence, act: &str, step: &str) -> String {
    let path = Route::Manage(licence.clone(), Managing::Several).path();
    client::with_query(&path, &route::query(&[("do", act), ("step", step)]))
}

fn list_path(licence: &Licence) -> String {
    Route::Manage(licence.clone(), Managing::People).path()
}

fn kept() -> Option<Roles> {
    json::read(&browser::kept(KEPT)?)
}

fn nobody(licence: &Licence) -> AnyView {
    vec![
        h1(m::SEVERAL_TITLE),
        p(m::SEVERAL_NOBODY),
        hint(m::PICK_HELP),
        actions(vec![button_link(list_path(licence), m::TO_USERS)]),
    ]
    .into_any()
}

fn who(all: &[Address]) -> AnyView {
    let names = all.iter().map(|address| text(address.as_str().to_owned())).collect();
    details(m::PICKED.with(&[("count", &all.len().to_string())]), vec![list(names)])
}

// ---- what all of them get ----

fn give(licence: Licence, all: Vec<Address>, chosen: Roles) -> AnyView {
    let form = Form::new();
    let offered = roles::of(licence.programme);
    let parts = vec![
        h1(m::ASSIGN_TITLE.with(&[("licence", &words::licence(&licence))])),
        lead(m::SEVERAL_GIVE_LEAD),
        who(&all),
        roles::choices(form, m::ROLES_TO_GIVE, &offered, &chosen),
        roles::until_field(form, m::ASSIGN_UNTIL_HINT, chosen.until.clone().unwrap_or_default()),
        actions(vec![form.button(m::GO_ON), quiet_link(list_path(&licence), m::CANCEL)]),
    ];
    form.view(parts, move |filled| {
        let chosen = roles::chosen(form, &filled, &offered);
        let chosen = Roles { until: roles::until(form, &filled), ..chosen };
        if form.has_faults() {
            return;
        }
        browser::keep(KEPT, &json::written(&chosen));
        app().go(&path(&licence, "give", "check"));
    })
}

// ---- the changes ----

/// One of the changes, and how far it is.
#[derive(Clone, PartialEq)]
struct Row {
    address: Address,
    /// With one key, a lost answer is answered once more.
    key: String,
    /// The version of what the trial showed.
    seen: Option<u64>,
    state: State,
}

#[derive(Clone, PartialEq)]
enum State {
    /// Nothing is known of it yet.
    New,
    /// It would do this.
    Tried(Box<PersonOutcome>),
    /// It is so already.
    Unchanged,
    /// It can't be done.
    Refused(Trouble),
    /// It did this.
    Made(Box<PersonOutcome>),
    /// It is not known whether it was done: it can be sent again.
    Unclear(Trouble),
}

impl State {
    /// What became of a trial, or of the change itself.
    fn of(answered: Answered<PersonOutcome>, makes: bool) -> Self {
        match answered {
            Ok(outcome) if outcome.unchanged => Self::Unchanged,
            Ok(outcome) if makes => Self::Made(Box::new(outcome)),
            Ok(outcome) => Self::Tried(Box::new(outcome)),
            Err(trouble) if is_no(&trouble) => Self::Refused(*trouble),
            Err(trouble) => Self::Unclear(*trouble),
        }
    }

    /// Whether it waits for being done.
    const fn waits(&self) -> bool {
        matches!(self, Self::Tried(_) | Self::Unclear(_) | Self::New)
    }
}

/// All of them.
struct Work {
    licence: Licence,
    change: PersonChange,
    above: Vec<Licence>,
    /// How many are through in this round.
    through: Watched<usize>,
    /// Whether the reader stopped it.
    stopped: Watched<bool>,
    /// Where it is shown.
    place: Place,
}

impl Work {
    fn request(&self, row: &Row, seen: Option<u64>) -> ChangePerson {
        ChangePerson {
            licence: self.licence.clone(),
            address: row.address.clone(),
            change: self.change.clone(),
            above: self.above.clone(),
            seen,
        }
    }

    const fn removes(&self) -> bool {
        matches!(self.change, PersonChange::Remove)
    }
}

async fn begin(licence: Licence, all: Vec<Address>, change: PersonChange) -> Answered<Draw> {
    // What stands above is told with the list.
    let above = client::people(&licence, "").await?.above;
    draw(move || {
        let place = Place::new();
        let (through, stopped) = (Watched::new(0), Watched::new(false));
        let work = Rc::new(Work { licence, change, above, through, stopped, place });
        let row = |address| Row { address, key: browser::random_key(), seen: None, state: State::New };
        try_all(&work, all.into_iter().map(row).collect());
        place.view()
    })
}

/// Asks of each what it would do.
fn try_all(work: &Rc<Work>, rows: Vec<Row>) {
    run(work, rows, m::SEVERAL_TRYING, false, check);
}

/// Makes those that wait.
fn make_all(work: &Rc<Work>, rows: Vec<Row>) {
    run(work, rows, m::SEVERAL_MAKING, true, report);
}

/// Goes through all that wait, one after the other, and then shows what came of it. Whoever leaves the page stops it; so does an
/// ended session.
fn run(work: &Rc<Work>, mut rows: Vec<Row>, title: m::Text, makes: bool, then: fn(&Rc<Work>, Vec<Row>) -> AnyView) {
    let count = rows.iter().filter(|row| row.state.waits()).count();
    work.through.set(0);
    work.stopped.set(false);
    let shown = Rc::clone(work);
    work.place.show(move || progress(&shown, title, count, makes));
    let work = Rc::clone(work);
    browser::spawn(async move {
        for row in rows.iter_mut().filter(|row| row.state.waits()) {
            if !work.place.is_there() || work.stopped.try_peek(|stopped| *stopped) != Some(false) {
                break;
            }
            let answered = if makes {
                client::change_person(&work.request(row, row.seen), &row.key).await
            } else {
                client::preview_person(&work.request(row, None)).await
            };
            if let Err(trouble) = &answered
                && client::noticed(trouble)
            {
                return;
            }
            if !makes && let Ok(outcome) = &answered {
                row.seen = outcome.before.as_ref().map(|before| before.version);
            }
            row.state = State::of(answered, makes);
            let through = work.through.try_peek(|through| through + 1).unwrap_or_default();
            work.through.set(through);
        }
        let (place, next) = (work.place, Rc::clone(&work));
        place.show(move || then(&next, rows));
    });
}

/// How far it is, with the way to stop.
fn progress(work: &Rc<Work>, title: m::Text, count: usize, makes: bool) -> AnyView {
    let (through, stopped) = (work.through, work.stopped);
    let said = move || {
        let values = [("done", through.with(usize::to_string)), ("count", count.to_string())];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        m::SEVERAL_PROGRESS.with(&values)
    };
    let bar = element("progress")
        .set("max", count.to_string())
        .set("aria-label", title)
        .changing("value", attribute(move || Some(through.with(usize::to_string))))
        .view();
    let mut parts = vec![h1(title), line(vec![bar]), line(vec![changing(move || text(said()))])];
    if makes {
        parts.extend([
            hint(m::SEVERAL_STAY),
            actions(vec![button("quiet", m::SEVERAL_STOP, move || stopped.set(true))]),
        ]);
    }
    parts.into_any()
}

/// What would be done, and the button that does it.
fn check(work: &Rc<Work>, rows: Vec<Row>) -> AnyView {
    let ready = rows.iter().filter(|row| matches!(row.state, State::Tried(_))).count();
    let mut parts = vec![
        h1(if work.removes() { m::SEVERAL_REMOVE_CHECK } else { m::SEVERAL_GIVE_CHECK }),
        facts(about(work, rows.len())),
        table(m::WHAT_CHANGES, &[m::ADDRESS, m::STATE, m::FACTS], rows.iter().map(|row| shown(work, row)).collect()),
    ];
    let unclear = rows.iter().any(|row| matches!(row.state, State::Unclear(_) | State::New));
    let mut ways = Vec::new();
    if unclear {
        let (work, rows) = (Rc::clone(work), rows.clone());
        ways.push(button("quiet", m::TRY_AGAIN, move || try_all(&work, rows.clone())));
    }
    if ready > 0 {
        parts.push(warning(vec![p(if work.removes() { m::SEVERAL_REMOVE_MAILS } else { m::SEVERAL_GIVE_MAILS })]));
        let yes = if work.removes() { m::SEVERAL_REMOVE_YES } else { m::SEVERAL_GIVE_YES };
        let yes = yes.with(&[("count", &ready.to_string())]);
        // Only what was shown is done.
        let wanted: Vec<Row> = rows.iter().filter(|row| matches!(row.state, State::Tried(_))).cloned().collect();
        let others: Vec<Row> = rows.into_iter().filter(|row| !matches!(row.state, State::Tried(_))).collect();
        let make = Rc::clone(work);
        ways.insert(
            0,
            button("", yes, move || {
                let settled = others.iter().filter(|row| !row.state.waits()).cloned();
                make_all(&make, wanted.iter().cloned().chain(settled).collect());
            }),
        );
    } else {
        parts.push(inset(vec![p(m::SEVERAL_NOTHING)]));
    }
    ways.push(quiet_link(list_path(&work.licence), m::CANCEL));
    parts.push(actions(ways));
    parts.into_any()
}

fn about(work: &Work, count: usize) -> Vec<AnyView> {
    let mut rows = vec![fact(m::LICENSING_ID, text(words::licence(&work.licence)))];
    if let PersonChange::Assign(Assign { roles, .. }) = &work.change {
        let until = roles.until.as_deref().map_or_else(|| m::NO_LAST_DAY.t().to_owned(), words::until);
        rows.extend([fact(m::ROLES_TO_GIVE, words::roles(roles)), fact(m::LAST_DAY_FACT, text(until))]);
    }
    rows.push(fact(m::PEOPLE, text(count.to_string())));
    rows
}

fn shown(work: &Work, row: &Row) -> Vec<AnyView> {
    let (state, said) = match &row.state {
        State::New => (tag("later", m::ROW_NOT_TRIED), Vec::new()),
        State::Tried(outcome) => (tag("todo", m::ROW_READY), said(outcome)),
        State::Unchanged => (tag("later", m::ROW_UNCHANGED), Vec::new()),
        State::Refused(trouble) => (tag("bad", m::ROW_REFUSED), not_done(trouble)),
        State::Made(outcome) => (tag("good", m::ROW_MADE), said(outcome)),
        State::Unclear(trouble) => (tag("over", m::ROW_UNCLEAR), not_done(trouble)),
    };
    let path = person_path(&work.licence, row.address.as_str(), "");
    let said = if said.is_empty() { text(m::DASH) } else { lines(said.into_iter().map(text).collect()) };
    vec![link(path, row.address.as_str().to_owned()), state, said]
}

/// What a change does to one of them, in a few words.
fn said(outcome: &PersonOutcome) -> Vec<String> {
    let mut said = Vec::new();
    for (sentence, rights) in [(m::ROW_GETS, &outcome.gains), (m::ROW_LOSES, &outcome.loses)] {
        let rights = person::rights(rights);
        if !rights.is_empty() {
            let all = browser::joined(rights.iter().map(String::as_str), "; ");
            said.push(sentence.with(&[("roles", &all)]));
        }
    }
    said.extend(outcome.cut_to.as_deref().map(|day| m::CUT_TO.with(&[("until", &words::until(day))])));
    said.extend(outcome.invites.then(|| m::ROW_INVITES.t().to_owned()));
    // It may only have moved an end.
    if said.is_empty() {
        said.extend(outcome.after.iter().flat_map(|after| person::roles(after, words::until)));
    }
    said
}

fn not_done(trouble: &Trouble) -> Vec<String> {
    vec![why_not(trouble), trouble.detail.clone()]
}

/// What was done, row by row, and the way to do the rest.
fn report(work: &Rc<Work>, rows: Vec<Row>) -> AnyView {
    let count = |is: fn(&State) -> bool| rows.iter().filter(|row| is(&row.state)).count().to_string();
    let values = [
        ("made", count(|state| matches!(state, State::Made(_)))),
        ("unchanged", count(|state| matches!(state, State::Unchanged))),
        ("refused", count(|state| matches!(state, State::Refused(_)))),
    ];
    let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let rest: Vec<Row> = rows.iter().filter(|row| row.state.waits()).cloned().collect();
    let left: Vec<Address> = rest.iter().map(|row| row.address.clone()).collect();
    // Who is through is not ticked any more.
    manage::keep_ticked(&work.licence, &left);
    let title = if left.is_empty() { m::SEVERAL_DONE } else { m::SEVERAL_NOT_DONE };
    let mut parts = vec![done(title, vec![p(m::SEVERAL_COUNTS.with(&values))])];
    parts.extend((!left.is_empty()).then(|| warning(vec![p(m::SEVERAL_REST)])));
    let changed = rows.iter().any(|row| is_changed(&row.state));
    parts.extend(changed.then(|| hint(m::SEVERAL_CHANGED)));
    let shown = rows.iter().map(|row| shown(work, row)).collect();
    parts.push(section(vec![h2(m::RESULTS), table(m::RESULTS, &[m::ADDRESS, m::STATE, m::FACTS], shown)]));
    let mut ways = vec![button_link(list_path(&work.licence), m::TO_USERS)];
    if left.is_empty() {
        browser::keep(KEPT, "");
    } else {
        let work = Rc::clone(work);
        ways.insert(0, button("", m::SEVERAL_GO_ON, move || make_all(&work, rows.clone())));
    }
    parts.push(actions(ways));
    parts.into_any()
}

/// Whether somebody changed it between the trial and the change.
fn is_changed(state: &State) -> bool {
    matches!(state, State::Refused(trouble) if trouble.is(Code::ChangedSince))
}

#[cfg(test)]
mod tests {
    use api::people::Rights;

    use super::*;

    fn outcome(unchanged: bool) -> PersonOutcome {
        PersonOutcome {
            before: None,
            after: None,
            unchanged,
            gains: Rights::default(),
            loses: Rights::default(),
            cut_to: None,
            invites: true,
            children_without: 0,
            or_more: false,
        }
    }

    /// APR-07 what was done, refused, or already so is through; what is not known to be done can be sent again.
    #[test]
    fn apr_07_only_what_is_unclear_is_sent_again() {
        let tried = State::of(Ok(outcome(false)), false);
        let made = State::of(Ok(outcome(false)), true);
        let unchanged = State::of(Ok(outcome(true)), true);
        assert!(tried.waits() && State::New.waits());
        assert!(!made.waits() && !unchanged.waits());
        let trouble = |status: u16, code: &str| -> Box<Trouble> {
            let text = format!(r#"{{"title":"T","status":{status},"code":"{code}","detail":"D"}}"#);
            Box::new(json::read(&text).unwrap())
        };
        for (status, code, waits) in [
            (409, "changed-since", false),
            (403, "own-rights", false),
            (503, "unavailable", true),
            (429, "too-often", true),
        ] {
            assert_eq!(State::of(Err(trouble(status, code)), true).waits(), waits, "{code}");
        }
        assert!(is_changed(&State::of(Err(trouble(409, "changed-since")), true)));
        assert_eq!(said(&outcome(false)), ["We send an invitation."]);
    }
}
