//! What is shown while something is fetched, and when that fails.

use std::{cell::RefCell, pin::Pin, rc::Rc};

use api::{Code, Problem};
use leptos::prelude::*;

use super::html::{actions, button, h1, line, link, p, text};
use crate::{
    browser,
    client::{self, Answered},
    messages as m,
};

/// Draws what was fetched.
pub(crate) type Draw = Box<dyn FnOnce() -> AnyView>;

type Fetching = Pin<Box<dyn Future<Output = Answered<Draw>>>>;

/// Only waits that are felt are shown.
const FELT_MS: i32 = 300;

/// Fetches, shows that it does if that takes long, then draws what came or says what went wrong.
pub(crate) fn loaded<F>(fetch: impl Fn() -> F + 'static) -> AnyView
where
    F: Future<Output = Answered<Draw>> + 'static,
{
    Loading::begin(Rc::new(move || -> Fetching { Box::pin(fetch()) }))
}

/// Something to draw, in the way that [`loaded`] takes it.
pub(crate) fn draw(how: impl FnOnce() -> AnyView + 'static) -> Answered<Draw> {
    Ok(Box::new(how))
}

struct Loading {
    fetch: Rc<dyn Fn() -> Fetching>,
    drawing: RefCell<Option<Draw>>,
    ready: RwSignal<u32>,
}

impl Loading {
    fn begin(fetch: Rc<dyn Fn() -> Fetching>) -> AnyView {
        let loading = Rc::new(Self { fetch, drawing: RefCell::default(), ready: RwSignal::new(0) });
        loading.clone().run();
        let ready = loading.ready;
        let shown = StoredValue::new_local(loading);
        (move || {
            ready.get();
            let drawing = shown.with_value(|loading| loading.drawing.take());
            drawing.map_or_else(waiting, |draw| draw())
        })
        .into_any()
    }

    fn run(self: Rc<Self>) {
        let answer = (self.fetch)();
        browser::spawn(async move {
            let drawing = match answer.await {
                Ok(drawing) => drawing,
                Err(problem) if client::noticed(&problem) => return,
                Err(problem) => {
                    let again = self.clone();
                    Box::new(move || failed(&problem, move || again.clone().anew())) as Draw
                }
            };
            // Who went on to another page meanwhile doesn't want this one any more.
            if self.ready.try_get_untracked().is_some() {
                *self.drawing.borrow_mut() = Some(drawing);
                self.ready.update(|times| *times += 1);
            }
        });
    }

    fn anew(self: Rc<Self>) {
        self.ready.update(|times| *times += 1);
        self.run();
    }
}

/// Says that it takes a moment, as soon as that is felt.
pub(crate) fn waiting() -> AnyView {
    let mounted = RwSignal::new(());
    browser::spawn(async move {
        browser::sleep(FELT_MS).await;
        if mounted.try_get_untracked().is_some() {
            browser::announce(m::LOADING.t());
        }
    });
    view! { <p class="waiting">{m::LOADING.t()}</p> }.into_any()
}

/// A page in place of one that could not be fetched.
pub(crate) fn failed(problem: &Problem, again: impl Fn() + 'static) -> AnyView {
    let again = (problem.status == 0 || problem.status == 429 || problem.status >= 500)
        .then(|| button("", m::TRY_AGAIN.t(), again));
    let home = (problem.code != Code::BadLink).then(|| link("/", m::TO_HOME.t()));
    vec![h1(problem.title.clone()), what_helps(problem), actions(again.into_iter().chain(home).collect())].into_any()
}

/// What to do next, when to try again, and what to tell support.
pub(crate) fn what_helps(problem: &Problem) -> AnyView {
    let again_at =
        problem.try_again_at.as_ref().map(|at| p(m::TRY_AGAIN_AT.with(&[("time", &browser::time_of_day(&at.0))])));
    let case = problem
        .case
        .as_ref()
        .map(|case| line(vec![text(m::CASE.t()), text(" "), view! { <code>{case.clone()}</code> }.into_any()]));
    vec![Some(p(problem.detail.clone())), again_at, case].into_iter().flatten().collect::<Vec<_>>().into_any()
}

/// How long to wait before trying again by itself makes sense, in milliseconds: the service is busy, or slows everybody down.
pub(crate) fn short_wait(problem: &Problem) -> Option<f64> {
    let until = problem.try_again_at.as_ref().map(|at| (browser::millis(&at.0) - browser::now()).max(1_000.0));
    match (problem.status, problem.code) {
        (503, _) => Some(until.unwrap_or(3_000.0)),
        (429, Code::TooOften) => until,
        _ => None,
    }
}
