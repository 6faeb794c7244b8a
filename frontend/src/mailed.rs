//! The programs behind mailed links: which page it is, and its token, are in the address.

use api::sign_in::LinkToken;
use leptos::prelude::*;

use crate::{
    browser,
    components::{Place, html},
    frame, messages as m, pages,
};

/// Begins the page behind an activation link.
pub(crate) fn begin_activation() {
    begin(|path, token, publisher| match path {
        "/a" => pages::mailed_activation::page(token, publisher),
        _ => broken(),
    });
}

/// Begins the page behind another link.
pub(crate) fn begin_other() {
    begin(|path, token, _| match path {
        "/s" => pages::mailed_sign_in::page(token),
        "/p" => pages::mailed_proof::page(token),
        "/j" => pages::mailed_join::page(token),
        _ => broken(),
    });
}

fn begin(page: fn(&str, String, Place) -> AnyView) {
    let (path, _, token) = browser::address();
    frame::begin(move || {
        let publisher = Place::new();
        let page = page(&path, token, publisher);
        let header = frame::header(publisher.view(), ().into_any());
        vec![header, frame::main(page), frame::footer(html::link("/", m::TO_PORTAL))].into_any()
    });
}

/// The token of a link whose page can be loaded again after its address was made harmless.
pub(crate) fn taken_over(key: &'static str, token: String) -> LinkToken {
    if token.is_empty() {
        return LinkToken { token: browser::kept(key).unwrap_or_default() };
    }
    browser::keep(key, &token);
    browser::show_address(&browser::address().0, true);
    LinkToken { token }
}

/// A link without its token.
pub(crate) fn broken() -> AnyView {
    vec![
        html::h1(m::BROKEN_LINK),
        html::p(m::BROKEN_LINK_HELP),
        html::actions(vec![html::button_link("/", m::TO_PORTAL)]),
    ]
    .into_any()
}
