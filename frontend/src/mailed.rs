//! The programs behind mailed links: which page it is, and its token, are in the address.

use leptos::prelude::*;
use licensing::mailed::Mailed;

use crate::{
    attention, browser,
    components::{Place, html},
    frame, messages as m, pages,
};

type Page = fn(&'static str, String, Place) -> AnyView;

/// Begins the page behind an activation link.
pub(crate) fn begin_activation() {
    begin(|_, token, publisher| pages::mailed_activation::page(token, publisher));
}

/// Begins the page behind a link that proves an address.
pub(crate) fn begin_proof() {
    begin(|path, token, _| {
        let behind = if path == "/p" { pages::mailed_proof::PAGE } else { pages::mailed_sign_in::PAGE };
        behind.page(token)
    });
}

/// Begins the page behind a link to something that waits for a decision.
pub(crate) fn begin_decision() {
    begin(|path, token, _| {
        let behind = if path == "/r" { pages::mailed_request::PAGE } else { pages::mailed_join::PAGE };
        behind.page(token)
    });
}

fn begin(page: Page) {
    frame::begin(move || {
        let (publisher, main) = (Place::new(), Place::new());
        show(main, page, publisher);
        // Another link, or the whole one after one that was cut, pasted into the same tab: nothing is loaded anew.
        browser::listen("hashchange", move |_| {
            attention::was_moved();
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
    let address = [path.as_str(), "?", &query, "#", &fragment].concat();
    let link = Mailed::read(&address).unwrap_or(Mailed { page: "", token: String::new() });
    if fragment != link.token || !query.is_empty() || path != link.page {
        browser::replace_address(&link.address());
    }
    main.show(move || page(link.page, link.token, publisher));
}
