//! `/activations/…`: one activation, live, with the buttons that help (ACT-12, LINK-05, LINK-07).

use std::{cell::RefCell, pin::Pin, rc::Rc};

use api::{
    activations::{Activation, Phase, RevivalAsked, SettingUp, Target, Which},
    joins::Joining,
};
use leptos::prelude::*;

use super::joining;
use crate::{
    app::app,
    attention, browser,
    client::{self, Answered},
    components::{
        Draw, Place, Watched,
        cures::{self, Curable},
        element, explained,
        html::{actions, fact, facts, h1, h2, hint, inset, line, link, p, section, text, time},
        load::{draw, loaded},
        words,
    },
    messages as m,
    route::Route,
};

/// What is shown stays true for so long without being asked again.
pub(crate) const FRESH_MS: i32 = 10_000;

/// What is being set up is looked at more often: somebody waits for it.
const LIVE_MS: i32 = 3_000;

/// Fetches again and again, as often as `pace` says, while the page is in front and somebody attends to it (a page that was left open must not keep its
/// session alive), until the place where it is shown is gone.
pub(crate) fn keep_fresh(place: Place, pace: impl Fn() -> i32 + 'static, refresh: Refresh) {
    browser::spawn(async move {
        loop {
            browser::sleep(pace()).await;
            if !place.is_there() {
                break;
            }
            if browser::is_visible() && attention::is_attended() {
                refresh().await;
            }
        }
    });
}

/// As of when the page is right, at its end.
#[derive(Clone, Copy)]
pub(crate) struct AsOf {
    place: Place,
    time: Watched<String>,
}

impl AsOf {
    /// Now: the page was just fetched.
    pub(crate) fn now() -> Self {
        let as_of = Self { place: Place::new(), time: Watched::new(String::new()) };
        as_of.renewed();
        as_of
    }

    /// What is shown was fetched again.
    pub(crate) fn renewed(self) {
        self.time.set(browser::time_in(0.0));
        self.say(m::AS_OF);
    }

    /// It could not be.
    pub(crate) fn not_renewed(self) {
        self.say(m::AS_OF_STILL);
    }

    fn say(self, sentence: m::Text) {
        if let Some(sentence) = self.time.try_peek(|time| sentence.with(&[("time", time)])) {
            self.place.show(move || hint(sentence));
        }
    }

    /// Where it says so.
    pub(crate) fn view(self) -> AnyView {
        self.place.view()
    }
}

/// Fetches what is shown, and shows what has changed.
pub(crate) type Refresh = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;

pub(crate) fn page(which: Which) -> AnyView {
    loaded(move || fetch(which.clone()))
}

async fn fetch(which: Which) -> Answered<Draw> {
    let (text, activation) = client::activation(&which).await?;
    draw(move || live(which, text, activation))
}

thread_local! {
    /// The page that is shown; there is one at a time.
    static SHOWN: RefCell<Option<(Place, Refresh)>> = const { RefCell::new(None) };
}

/// Says what was done, at the top of the page that is shown, and fetches what has changed by it.
pub(crate) fn tell(what: String) {
    let Some((place, refresh)) = SHOWN.with_borrow(Clone::clone) else { return };
    place.show(move || view! { <div class="inset told" tabindex="-1">{p(what)}</div> }.into_any());
    browser::focus(".told");
    browser::spawn(refresh());
}

/// The place at the top of the page where it is said what was done.
pub(crate) fn told_here(place: Place, refresh: Refresh) -> AnyView {
    SHOWN.set(Some((place, refresh)));
    view! { <div role="status">{place.view()}</div> }.into_any()
}

/// The parts of the page that change.
#[derive(Clone, Copy)]
struct Parts {
    told: Place,
    state: Place,
    buttons: Place,
    joining: Place,
    lines: Place,
    facts: Place,
    mails: Place,
    as_of: AsOf,
}

/// What is shown now, to see what has changed.
struct Shown {
    text: String,
    state: Phase,
    setting_up: Option<SettingUp>,
    curable: Curable,
    joining: Option<Joining>,
}

fn live(which: Which, text: String, activation: Activation) -> AnyView {
    let new = Place::new;
    let parts = Parts {
        told: new(),
        state: new(),
        buttons: new(),
        joining: new(),
        lines: new(),
        facts: new(),
        mails: new(),
        as_of: AsOf::now(),
    };
    let (product, licence) = (activation.row.product_name.clone(), activation.row.licence.clone());
    let only_proposed = activation.only_proposed;
    let shown = Rc::new(RefCell::new(Shown {
        text,
        state: activation.row.state,
        setting_up: activation.setting_up.clone(),
        curable: curable_of(&activation),
        joining: activation.joining.clone(),
    }));
    parts.show_joining(&activation);
    parts.buttons.show({
        let curable = curable_of(&activation);
        move || cures::buttons(&curable, tell)
    });
    parts.show(activation);

    let kept = Rc::new(parts);
    let watched = shown.clone();
    let pace = move || if watched.borrow().state == Phase::Provisioning { LIVE_MS } else { FRESH_MS };
    let refresh: Refresh = Rc::new(move || Box::pin(renew(which.clone(), shown.clone(), kept.clone())));
    keep_fresh(parts.told, pace, refresh.clone());
    let top = vec![
        h1(product),
        told_here(parts.told, refresh),
        parts.state.view(),
        view! { <div>{parts.buttons.view()}</div> }.into_any(),
    ];
    // Whoever is asked to agree to a move sees what is proposed; the rest is not theirs to see yet.
    if only_proposed {
        let facts = section(vec![h2(m::FACTS), parts.facts.view(), parts.as_of.view()]);
        return vec![top.into_any(), facts].into_any();
    }
    vec![
        top.into_any(),
        parts.joining.view(),
        section(vec![h2(m::WHERE_TITLE), parts.lines.view(), parts.as_of.view()]),
        section(vec![h2(m::FACTS), parts.facts.view()]),
        section(vec![h2(m::MAILS), parts.mails.view()]),
        actions(vec![link(Route::Where(licence).path(), m::WHERE_ALL), link("/activations", m::ACTIVATIONS_TITLE)]),
    ]
    .into_any()
}

async fn renew(which: Which, shown: Rc<RefCell<Shown>>, parts: Rc<Parts>) {
    let (text, now) = match client::activation(&which).await {
        Ok(answer) => answer,
        // What can't be fetched now is asked for again soon; the page stays as it is, and says so.
        Err(trouble) => {
            client::noticed(&trouble);
            parts.as_of.not_renewed();
            return;
        }
    };
    parts.as_of.renewed();
    let mut shown = shown.borrow_mut();
    if shown.text == text {
        return;
    }
    // A reader who hears the page is told how it goes on, not only that it does.
    if shown.state != now.row.state {
        browser::announce(&format!("{} {}", m::STATE_CHANGED.t(), next(now.row.state)));
    } else if shown.setting_up != now.setting_up {
        let says = now.setting_up.as_ref().map(setting_up_says).unwrap_or_default();
        browser::announce(&browser::joined(says.iter().map(String::as_str), " "));
    }
    let curable = curable_of(&now);
    // The buttons are drawn again only when they change: a dialog that is open stays.
    if shown.curable != curable {
        let curable = curable.clone();
        parts.buttons.show(move || cures::buttons(&curable, tell));
    }
    if shown.joining != now.joining {
        parts.show_joining(&now);
    }
    let setting_up = now.setting_up.clone();
    *shown = Shown { text, state: now.row.state, setting_up, curable, joining: now.joining.clone() };
    parts.show(now);
}

impl Parts {
    /// The customer's account that the reader doesn't administer (LINK-03): drawn again only when that changes.
    fn show_joining(&self, now: &Activation) {
        match now.joining.clone() {
            Some(it) => {
                let target = Target::Portal(which_of(now));
                self.joining.show(move || joining::joining(it, target));
            }
            None => self.joining.clear(),
        }
    }

    fn show(&self, now: Activation) {
        let now = Rc::new(now);
        let (a, b, c, d) = (now.clone(), now.clone(), now.clone(), now);
        self.state.show(move || state(&a));
        self.lines.show(move || explained::product(&b.lines.iter().collect::<Vec<_>>()));
        self.facts.show(move || all_facts(&c));
        self.mails.show(move || explained::mails(&d.mails));
    }
}

fn which_of(it: &Activation) -> Which {
    Which { licence: it.row.licence.clone(), product: it.row.product.clone() }
}

fn curable_of(it: &Activation) -> Curable {
    Curable {
        which: which_of(it),
        cures: it.cures.clone(),
        later: it.later.clone(),
        to: it.to.as_ref().map(|(_, address)| address.clone()),
        accounts: it.accounts.clone(),
        moving_to: it.moving_to_id.clone().zip(it.moving_to.clone()),
    }
}

/// What comes next in this state.
pub(crate) fn next(state: Phase) -> String {
    let next = match state {
        Phase::Invited => m::NEXT_INVITED,
        Phase::Scheduled => m::NEXT_SCHEDULED,
        Phase::Provisioning => m::NEXT_PROVISIONING,
        Phase::Activated => m::NEXT_ACTIVATED,
        Phase::Expired => m::NEXT_EXPIRED,
        Phase::Stuck => m::NEXT_STUCK,
    };
    next.with(&[("support", &support())])
}

/// Where to write to.
fn support() -> String {
    let support = app().about.peek(|about| about.as_ref().map(|about| about.publisher.support.clone()));
    support.unwrap_or_else(|| m::THE_PUBLISHER.t().to_owned())
}

/// What there is to say of it beyond that it is being set up (LINK-11).
fn setting_up_says(it: &SettingUp) -> Vec<String> {
    match &it.refused {
        Some(reason) => vec![
            m::SETTING_UP_REFUSED.with(&[("reason", reason)]),
            m::SETTING_UP_REFUSED_HELP.with(&[("support", &support())]),
        ],
        None if it.takes_long => vec![m::SETTING_UP_LONG.t().to_owned()],
        None => Vec::new(),
    }
}

/// How far it has come, and what comes next.
fn state(it: &Activation) -> AnyView {
    let mut parts = vec![line(vec![
        words::phase(it.row.state),
        text(" "),
        text(
            m::FOR_ORGANISATION
                .with(&[("quantity", &words::quantity(it.row.quantity)), ("customer", &it.row.customer_name)]),
        ),
    ])];
    match &it.setting_up {
        None => parts.push(p(next(it.row.state))),
        Some(setting_up) => {
            if setting_up.refused.is_none() {
                parts.push(p(next(it.row.state)));
                parts.push(element("progress").set("aria-label", m::PROVISIONING.t()).view());
            }
            let more: Vec<AnyView> = setting_up_says(setting_up).into_iter().map(p).collect();
            if !more.is_empty() {
                parts.push(inset(more));
            }
        }
    }
    parts.extend(it.revival.as_ref().map(|asked| inset(vec![p(revival(asked))])));
    if let Some((name, until)) = it.moving_to.as_ref().zip(it.moving_until.as_ref()) {
        let time = browser::date_and_time(&until.0);
        let mut said = vec![p(m::MOVING_TO.with(&[("account", name), ("time", &time)]))];
        said.extend(it.only_proposed.then(|| p(m::ONLY_PROPOSED)));
        parts.push(inset(said));
    }
    parts.into_any()
}

/// Who asked for its revival, and what came of it (LINK-10).
fn revival(asked: &RevivalAsked) -> String {
    let (says, declined) = match (asked.by_you, &asked.by) {
        (true, _) => (m::REVIVAL_ASKED_BY_YOU, m::REVIVAL_DECLINED_YOU),
        (false, Some(_)) => (m::REVIVAL_ASKED_BY, m::REVIVAL_DECLINED_BY),
        (false, None) => (m::REVIVAL_ASKED, m::REVIVAL_DECLINED),
    };
    let (who, time) = (asked.by.as_deref().unwrap_or_default(), browser::date_and_time(&asked.at.0));
    match &asked.declined_at {
        None => says.with(&[("who", who), ("time", &time)]),
        Some(at) => {
            let (at, reason) = (browser::date_and_time(&at.0), asked.reason.as_deref().unwrap_or_default());
            declined.with(&[("who", who), ("time", &time), ("declined", &at), ("reason", reason)])
        }
    }
}

fn all_facts(it: &Activation) -> AnyView {
    // Whoever is only asked to agree to a move may do nothing on the licence.
    let licence =
        if it.only_proposed { text(words::licence(&it.row.licence)) } else { words::licence_link(&it.row.licence) };
    let mut rows = vec![
        fact(m::ORGANISATION, text(it.row.customer_name.clone())),
        fact(m::LICENSING_ID, licence),
        fact(m::QUANTITY, text(words::quantity(it.row.quantity))),
        fact(m::KIND, text(words::kind(it.kind))),
    ];
    let to = it
        .to
        .as_ref()
        .map(|(contact, address)| fact(m::MAILED_TO, text(format!("{address} ({})", words::contact(*contact).t()))));
    let at = |name: m::Text, at: &Option<api::Instant>| at.as_ref().map(|at| fact(name, time(at)));
    let ends = if it.row.state == Phase::Expired { m::LINK_ENDED } else { m::LINK_ENDS };
    let (confirmed, confirmed_by) = match it.setting_up {
        Some(_) => (m::CONFIRMED_AT, m::CONFIRMED_BY),
        None => (m::ACTIVATED_AT, m::ACTIVATED_BY),
    };
    let more = [
        it.row.account_name.as_ref().map(|name| fact(m::ACCOUNT, text(name.clone()))),
        to,
        at(m::MAIL_GOES_OUT, &it.send_at),
        at(m::MAILED_AT, &it.mailed_at),
        at(ends, &it.expires_at),
        at(confirmed, &it.activated_at),
        it.activated_by.as_ref().map(|by| fact(confirmed_by, text(by.clone()))),
        at(m::UNDO_UNTIL, &it.undo_until),
        (it.revivals > 0).then(|| fact(m::REVIVALS, text(it.revivals.to_string()))),
    ];
    rows.extend(more.into_iter().flatten());
    facts(rows)
}
