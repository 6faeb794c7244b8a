//! What is shown while something is fetched, and when that fails.

use std::{pin::Pin, rc::Rc};

use api::Instant;
use leptos::prelude::*;

use super::{
    Draw, Place, element,
    html::{actions, button, h1, h2, line, link, p, text},
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

/// Fetches a page, shows that it does if that takes long, then draws what came or says what went wrong.
pub(crate) fn loaded<F>(fetch: impl Fn() -> F + 'static) -> AnyView
where
    F: Future<Output = Answered<Draw>> + 'static,
{
    let place = Place::new();
    run(Loading { fetch: boxed(fetch), place, extent: Extent::Page });
    place.view()
}

/// The same for a part of a page that has its heading already. Where the reader may not see the page, or there is none,
/// `page` says so in its place.
pub(crate) fn loaded_part<F>(page: Place, fetch: impl Fn() -> F + 'static) -> AnyView
where
    F: Future<Output = Answered<Draw>> + 'static,
{
    let place = Place::new();
    run(Loading { fetch: boxed(fetch), place, extent: Extent::PartOf(page) });
    place.view()
}

fn boxed<F>(fetch: impl Fn() -> F + 'static) -> Fetch
where
    F: Future<Output = Answered<Draw>> + 'static,
{
    Rc::new(move || -> Fetching { Box::pin(fetch()) })
}

/// What is fetched, and where it is shown.
#[derive(Clone)]
struct Loading {
    fetch: Fetch,
    place: Place,
    extent: Extent,
}

/// A page has one heading of the first rank: who shows a problem has to know whether it is there.
#[derive(Clone, Copy)]
enum Extent {
    /// It comes with what is fetched.
    Page,
    /// It is there.
    PartOf(Place),
}

/// Something to draw, in the way that [`loaded`] takes it.
#[expect(clippy::unnecessary_wraps, reason = "what is fetched ends in this, or in what went wrong")]
pub(crate) fn draw(how: impl FnOnce() -> AnyView + 'static) -> Answered<Draw> {
    Ok(Box::new(how))
}

fn run(loading: Loading) {
    loading.place.show(waiting);
    let answer = (loading.fetch)();
    browser::spawn(async move {
        match answer.await {
            Ok(draw) => {
                loading.place.show(draw);
                browser::scroll_to_awaited_place();
            }
            Err(trouble) if client::noticed(&trouble) => {}
            Err(trouble) => match loading.extent {
                Extent::PartOf(page) if matches!(trouble.status, 403 | 404) => {
                    page.show(move || failed(Extent::Page, &trouble, loading));
                }
                extent => loading.place.show(move || failed(extent, &trouble, loading)),
            },
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

/// What stands in place of what could not be fetched.
fn failed(extent: Extent, trouble: &Trouble, loading: Loading) -> AnyView {
    let title = trouble.title.clone();
    let again = trouble.may_pass().then(|| button("", m::TRY_AGAIN, move || run(loading.clone())));
    let mut ways_on: Vec<AnyView> = again.into_iter().collect();
    let title = match extent {
        Extent::Page => {
            ways_on.push(link("/", m::TO_HOME));
            h1(title)
        }
        Extent::PartOf(_) => {
            browser::announce(&title);
            h2(title)
        }
    };
    vec![title, what_helps(trouble), actions(ways_on)].into_any()
}

/// What to do next, when to try again, and what to tell support.
pub(crate) fn what_helps(trouble: &Trouble) -> AnyView {
    let mut parts = vec![p(trouble.detail.clone())];
    parts.extend(trouble.try_again_at.as_ref().map(|at| p(again_at(at))));
    if let Some(case) = &trouble.case {
        parts.push(line(vec![text(m::CASE), text(" "), element("code").text(case.clone()).view()]));
    }
    parts.into_any()
}

/// When to try again; with the day, if it is not today.
pub(crate) fn again_at(at: &Instant) -> String {
    let (says, time) = if browser::is_today(&at.0) {
        (m::TRY_AGAIN_AT, browser::time_of_day(&at.0))
    } else {
        (m::TRY_AGAIN_ON, browser::date_and_time(&at.0))
    };
    says.with(&[("time", &time)])
}
