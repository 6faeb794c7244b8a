//! The programs behind mailed links: which page it is, and its token, are in the address.

use api::{Code, sign_in::LinkToken};
use leptos::prelude::*;
use licensing::mailed::Mailed;

use crate::{
    browser,
    client::{Answered, Exchange},
    components::{
        Draw, Place, html,
        load::{draw, loaded},
    },
    frame, messages as m, pages,
};

type Page = fn(&'static str, String, Place) -> AnyView;

/// Begins the page behind an activation link.
pub(crate) fn begin_activation() {
    begin(|_, token, publisher| pages::mailed_activation::page(token, publisher));
}

/// Begins the page behind another link.
pub(crate) fn begin_other() {
    begin(|path, token, _| {
        let behind = match path {
            "/s" => pages::mailed_sign_in::PAGE,
            "/p" => pages::mailed_proof::PAGE,
            "/r" => pages::mailed_request::PAGE,
            _ => pages::mailed_join::PAGE,
        };
        behind.page(token)
    });
}

fn begin(page: Page) {
    frame::begin(move || {
        let (publisher, main) = (Place::new(), Place::new());
        show(main, page, publisher);
        // Another link, or the whole one after one that was cut, pasted into the same tab: nothing is loaded anew.
        browser::listen("hashchange", move |_| {
            frame::was_moved();
            show(main, page, publisher);
        });
        let header = frame::header(publisher.view(), ().into_any());
        vec![header, frame::main(main.view()), frame::footer(html::link("/", m::TO_PORTAL))].into_any()
    });
}

/// Shows the page of the link in the address, which is put right first: gateways and trackers change it, and its token belongs
/// behind the `#`, where no server sees it.
fn show(main: Place, page: Page, publisher: Place) {
    let (path, query, fragment) = browser::address();
    let address = format!("{path}?{query}#{fragment}");
    let link = Mailed::read(&address).unwrap_or(Mailed { page: "", token: String::new() });
    if fragment != link.token || !query.is_empty() || path != link.page {
        browser::replace_address(&link.address());
    }
    main.show(move || page(link.page, link.token, publisher));
}

/// What is behind a mailed link. The pages share one way of asking, as all of it is fetched before anything is shown.
#[derive(Clone, Copy)]
pub(crate) struct Behind {
    /// Under what name this tab keeps the token.
    pub(crate) kept: &'static str,
    /// Asks what the link is for.
    pub(crate) ask: fn(&LinkToken) -> Exchange,
    /// What is shown of the answer.
    pub(crate) shown: fn(LinkToken, Answered<String>) -> Answered<Draw>,
    /// What is shown of a link that does not open.
    pub(crate) broken: fn() -> AnyView,
}

impl Behind {
    /// Asks, and shows the page.
    pub(crate) fn page(self, token: String) -> AnyView {
        let token = taken_over(self.kept, token);
        if token.token.is_empty() {
            return (self.broken)();
        }
        loaded(move || self.fetch(token.clone()))
    }

    async fn fetch(self, token: LinkToken) -> Answered<Draw> {
        match (self.ask)(&token).await {
            Err(trouble) if trouble.is(Code::BadLink) => draw(self.broken),
            came => (self.shown)(token, came),
        }
    }
}

/// The token of a link whose page can be loaded again after its address was made harmless.
pub(crate) fn taken_over(key: &'static str, token: String) -> LinkToken {
    if token.is_empty() {
        return LinkToken { token: browser::kept(key).unwrap_or_default() };
    }
    browser::keep(key, &token);
    browser::replace_address(&browser::address().0);
    LinkToken { token }
}

/// A link without its token, or with one that does not open: what it is for, and how to go on.
pub(crate) fn broken(purpose: m::Text, way_on: AnyView) -> AnyView {
    vec![html::h1(m::BROKEN_LINK), html::lead(purpose), html::p(m::BROKEN_LINK_HELP), way_on].into_any()
}
