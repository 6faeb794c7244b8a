//! `/activations/…`: one activation, live, with the buttons that help (ACT-12, LINK-05, LINK-07).

use std::{cell::RefCell, rc::Rc};

use api::activations::{Activation, StateName, Which};
use leptos::prelude::*;

use crate::{
    browser,
    client::{self, Answered},
    components::{
        cures::{self, Curable},
        explained,
        html::{actions, fact, facts, h1, h2, hint, inset, link, maybe_time, p, section, text},
        load::{Draw, draw, loaded},
        words,
    },
    frame, messages as m,
    portal::app,
    route::Route,
};

/// What is shown stays true for so long without being asked again.
pub(crate) const FRESH_MS: i32 = 10_000;

/// Calls again and again while the page is in front and somebody attends to it (a page that was left open must not keep its
/// session alive), until the place where it is shown is gone.
pub(crate) fn keep_fresh<F>(ask: impl Fn() -> F + 'static)
where
    F: Future<Output = ()> + 'static,
{
    let alive = RwSignal::new(());
    browser::spawn(async move {
        loop {
            browser::sleep(FRESH_MS).await;
            if alive.try_get_untracked().is_none() {
                break;
            }
            if browser::is_visible() && frame::is_attended() {
                ask().await;
            }
        }
    });
}

pub(crate) fn page(which: Which) -> AnyView {
    loaded(move || fetch(which.clone()))
}

async fn fetch(which: Which) -> Answered<Draw> {
    let (text, activation) = client::activation(&which).await?;
    draw(move || live(which, text, activation))
}

thread_local! {
    /// What was done last on the page that is shown; there is one page at a time.
    static TOLD: RefCell<Option<Rc<dyn Fn(String)>>> = const { RefCell::new(None) };
}

/// Says what was done, at the top of the page that is shown.
pub(crate) fn tell(what: String) {
    let told = TOLD.with_borrow(Clone::clone);
    if let Some(told) = told {
        told(what);
    }
}

/// The place at the top of the page where it is said what was done; `then` fetches what has changed by it.
pub(crate) fn told_here(then: impl Fn() + 'static) -> AnyView {
    let said = RwSignal::new(None::<String>);
    let tell: Rc<dyn Fn(String)> = Rc::new(move |what| {
        if said.try_set(Some(what)).is_none() {
            then();
            browser::focus(".told");
        }
    });
    TOLD.set(Some(tell));
    let note =
        move || said.get().map(|what| view! { <div class="inset told" tabindex="-1">{p(what)}</div> }.into_any());
    view! { <div role="status">{note}</div> }.into_any()
}

fn live(which: Which, first: String, activation: Activation) -> AnyView {
    let shown = RwSignal::new(activation);
    let last = Rc::new(RefCell::new(first));
    let refresh = {
        let which = which.clone();
        move || {
            let (which, last) = (which.clone(), last.clone());
            async move {
                let (text, now) = match client::activation(&which).await {
                    Ok(answer) => answer,
                    // What can't be fetched now is asked for again soon; the page stays as it is.
                    Err(problem) => {
                        client::noticed(&problem);
                        return;
                    }
                };
                if *last.borrow() != text {
                    let news = shown.try_with_untracked(|before| before.row.state != now.row.state);
                    if news == Some(true) {
                        browser::announce(m::STATE_CHANGED.t());
                    }
                    *last.borrow_mut() = text;
                    shown.try_set(now);
                }
            }
        }
    };
    keep_fresh(refresh.clone());
    let told = told_here(move || browser::spawn(refresh()));

    // The buttons are drawn again only when they change: a dialog that is open stays.
    let curable = Memo::new(move |_| shown.with(curable_of));
    let buttons = move || curable.with(|curable| cures::buttons(curable, tell));
    let (product, licence) = shown.with_untracked(|it| (it.row.product_name.clone(), it.row.licence.clone()));
    vec![
        h1(product),
        told,
        (move || shown.with(summary)).into_any(),
        view! { <div>{buttons}</div> }.into_any(),
        section(vec![h2(m::WHERE_TITLE.t()), (move || shown.with(lines)).into_any(), hint(m::LIVE_HINT.t())]),
        section(vec![h2(m::MAILS.t()), (move || shown.with(|it| explained::mails(&it.mails))).into_any()]),
        actions(vec![
            link(Route::Where(licence).path(), m::WHERE_ALL.t()),
            link("/activations", m::ACTIVATIONS_TITLE.t()),
        ]),
    ]
    .into_any()
}

fn curable_of(it: &Activation) -> Curable {
    Curable {
        which: Which { licence: it.row.licence.clone(), product: it.row.product.clone() },
        cures: it.cures.clone(),
        to: it.to.as_ref().map(|(_, address)| address.clone()),
        accounts: it.accounts.clone(),
        moving_to: it.moving_to_id.clone().zip(it.moving_to.clone()),
    }
}

fn lines(it: &Activation) -> AnyView {
    if it.lines.is_empty() {
        return p(m::NO_LINES.t());
    }
    it.lines.iter().map(|line| explained::order_line(line, false, None)).collect::<Vec<_>>().into_any()
}

fn summary(it: &Activation) -> AnyView {
    let support = app().about.with_untracked(|about| about.as_ref().map(|about| about.publisher.support.clone()));
    let next = match it.row.state {
        StateName::Invited => m::NEXT_INVITED,
        StateName::Scheduled => m::NEXT_SCHEDULED,
        StateName::Activated => m::NEXT_ACTIVATED,
        StateName::Expired => m::NEXT_EXPIRED,
        StateName::Stuck => m::NEXT_STUCK,
    };
    let next = next.with(&[("support", support.as_deref().unwrap_or_else(|| m::THE_PUBLISHER.t()))]);
    let to = it.to.as_ref().map(|(contact, address)| {
        fact(m::MAILED_TO.t(), text(format!("{address} ({})", words::contact(*contact).t())))
    });
    let at = |name: m::Text, at: &Option<api::Instant>| {
        at.as_ref().map(|at| fact(name.t(), maybe_time(Some(at)))).into_any()
    };
    let ends = if it.row.state == StateName::Expired { m::LINK_ENDED } else { m::LINK_ENDS };
    let account = it.row.account_name.as_ref().map(|name| fact(m::ACCOUNT.t(), text(name.clone())));
    let by = it.activated_by.as_ref().map(|by| fact(m::ACTIVATED_BY.t(), text(by.clone())));
    let revived = (it.revivals > 0).then(|| fact(m::REVIVALS.t(), text(it.revivals.to_string())));
    let moving = it.moving_to.as_ref().map(|name| inset(vec![p(m::MOVING_TO.with(&[("account", name)]))]));
    vec![
        facts(vec![
            fact(m::STATE.t(), words::state(it.row.state)),
            fact(m::ORGANISATION.t(), text(it.row.customer_name.clone())),
            fact(m::LICENSING_ID.t(), text(words::licence(&it.row.licence))),
            fact(m::QUANTITY.t(), text(words::quantity(it.row.quantity))),
            fact(m::KIND.t(), text(words::kind(it.kind).t())),
            account.into_any(),
            to.into_any(),
            at(m::MAIL_GOES_OUT, &it.send_at),
            at(m::MAILED_AT, &it.mailed_at),
            at(ends, &it.expires_at),
            at(m::ACTIVATED_AT, &it.activated_at),
            by.into_any(),
            at(m::UNDO_UNTIL, &it.undo_until),
            revived.into_any(),
        ]),
        p(next),
        moving.into_any(),
    ]
    .into_any()
}
