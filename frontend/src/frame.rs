//! The frame around every page of both programs: header, main part and footer.

use std::cell::Cell;

use leptos::prelude::AnyView;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::{browser, components::element, messages as m};

thread_local! {
    static MOVED: Cell<bool> = const { Cell::new(false) };
    static ATTENDED: Cell<f64> = const { Cell::new(0.0) };
}

/// A page that nobody has touched for so long is not attended to.
const ATTENTION_MS: f64 = 15.0 * 60_000.0;

/// Draws the page in place of what was shown while the program was loading.
pub(crate) fn begin(draw: impl FnOnce() -> AnyView + 'static) {
    let Some(place) = browser::document().get_element_by_id("app") else { return };
    place.set_inner_html("");
    // The skip link and the error summary lead to places of the page, which leaves its address alone: the address of a
    // mailed link holds its token.
    browser::listen("click", |event| {
        was_moved();
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|target| target.closest("a[href^='#']").ok()?);
        if let Some(place) = link.and_then(|link| link.get_attribute("href")) {
            event.prevent_default();
            browser::focus(place);
        }
    });
    browser::listen("submit", |_| was_moved());
    for touch in ["pointerdown", "keydown", "focus", "scroll"] {
        browser::listen(touch, |_| ATTENDED.set(browser::ticks()));
    }
    ATTENDED.set(browser::ticks());
    leptos::mount::mount_to(place.unchecked_into::<HtmlElement>(), draw).forget();
}

/// The reader has done something: from now on, new headings take the focus. Before, the browser's own start is right.
pub(crate) fn was_moved() {
    MOVED.set(true);
}

/// Whether the reader has done something.
pub(crate) fn is_moved() -> bool {
    MOVED.get()
}

/// Whether somebody sits in front of the page.
pub(crate) fn is_attended() -> bool {
    browser::ticks() - ATTENDED.get() < ATTENTION_MS
}

/// The header.
pub(crate) fn header(publisher: AnyView, more: AnyView) -> AnyView {
    let brand = element("a")
        .class("brand")
        .set("href", "/")
        .with(element("span").class("product").text(m::PRODUCT).view())
        .with(element("span").class("publisher").with(publisher).view())
        .view();
    element("header").with(element("div").class("width").with(brand).with(more).view()).view()
}

/// The main part.
pub(crate) fn main(page: AnyView) -> AnyView {
    element("main").set("id", "main").class("width").set("tabindex", "-1").with(page).view()
}

/// The footer.
pub(crate) fn footer(support: AnyView) -> AnyView {
    element("footer").with(element("div").class("width").with(support).view()).view()
}
