//! What is shown while something is fetched, and when that fails.

use std::{pin::Pin, rc::Rc};

use leptos::prelude::*;

use super::{
    Draw, Place, element,
    html::{actions, button, h1, line, link, p, text},
};
use crate::{
    browser,
    client::{self, Answered, Trouble},
    messages as m,
};

type Fetching = Pin<Box<dyn Future<Output = Answered<Draw>>>>;
type Fetch = Rc<dyn Fn() -> Fetching>;

/// Only waits that are felt are shown.
const FELT_MS: i32 = 300;

/// Fetches, shows that it does if that takes long, then draws what came or says what went wrong.
pub(crate) fn loaded<F>(fetch: impl Fn() -> F + 'static) -> AnyView
where
    F: Future<Output = Answered<Draw>> + 'static,
{
    let place = Place::new();
    run(Rc::new(move || -> Fetching { Box::pin(fetch()) }), place);
    place.view()
}

/// Something to draw, in the way that [`loaded`] takes it.
#[expect(clippy::unnecessary_wraps, reason = "what is fetched ends in this, or in what went wrong")]
pub(crate) fn draw(how: impl FnOnce() -> AnyView + 'static) -> Answered<Draw> {
    Ok(Box::new(how))
}

fn run(fetch: Fetch, place: Place) {
    place.show(waiting);
    let answer = fetch();
    browser::spawn(async move {
        match answer.await {
            Ok(draw) => {
                place.show(draw);
                browser::scroll_to_awaited_place();
            }
            Err(trouble) => {
                if !client::noticed(&trouble) {
                    place.show(move || failed(&trouble, move || run(fetch.clone(), place)));
                }
            }
        }
    });
}

/// Says that it takes a moment, as soon as that is felt.
fn waiting() -> AnyView {
    let here = Place::new();
    browser::spawn(async move {
        browser::sleep(FELT_MS).await;
        if here.is_there() {
            browser::announce(m::LOADING.t());
        }
    });
    element("p").class("waiting").text(m::LOADING).view()
}

/// A page in place of one that could not be fetched.
fn failed(trouble: &Trouble, again: impl Fn() + 'static) -> AnyView {
    let mut ways_on = Vec::new();
    if trouble.may_pass() {
        ways_on.push(button("", m::TRY_AGAIN, again));
    }
    ways_on.push(link("/", m::TO_HOME));
    vec![h1(trouble.title.clone()), what_helps(trouble), actions(ways_on)].into_any()
}

/// What to do next, when to try again, and what to tell support.
pub(crate) fn what_helps(trouble: &Trouble) -> AnyView {
    let mut parts = vec![p(trouble.detail.clone())];
    if let Some(at) = &trouble.try_again_at {
        parts.push(p(m::TRY_AGAIN_AT.with(&[("time", &browser::time_of_day(&at.0))])));
    }
    if let Some(case) = &trouble.case {
        parts.push(line(vec![text(m::CASE), text(" "), element("code").text(case.clone()).view()]));
    }
    parts.into_any()
}
