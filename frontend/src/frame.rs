//! The frame around every page of all programs: header, main part and footer.

use leptos::prelude::AnyView;
use wasm_bindgen::JsCast;
use web_sys::HtmlElement;

use crate::{attention, browser, components::element, messages as m};

/// Draws the page in place of what was shown while the program was loading.
pub(crate) fn begin(draw: impl FnOnce() -> AnyView + 'static) {
    let Some(place) = browser::document().get_element_by_id("app") else { return };
    place.set_inner_html("");
    // The skip link and the error summary lead to places of the page, which leaves its address alone: the address of a
    // mailed link holds its token.
    browser::listen("click", |event| {
        attention::was_moved();
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        let link = target.and_then(|target| target.closest("a[href^='#']").ok()?);
        if let Some(place) = link.and_then(|link| link.get_attribute("href")) {
            event.prevent_default();
            browser::focus(place);
        }
    });
    browser::listen("submit", |_| attention::was_moved());
    for touch in ["pointerdown", "keydown", "focus", "scroll"] {
        browser::listen(touch, |_| attention::is_here());
    }
    attention::is_here();
    leptos::mount::mount_to(place.unchecked_into::<HtmlElement>(), draw).forget();
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
