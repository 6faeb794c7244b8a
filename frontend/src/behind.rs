//! What is behind a mailed link: what its pages have in common.

use api::{Code, sign_in::LinkToken};
use leptos::prelude::*;

use crate::{
    browser,
    client::{Answered, Exchange},
    components::{
        Draw, html,
        load::{draw, loaded},
    },
    messages as m,
};

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
