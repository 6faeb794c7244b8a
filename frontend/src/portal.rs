//! The portal: its frame, which it shares with the program beside it, and its router.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlAnchorElement, MouseEvent};

use crate::{
    app::{App, app},
    browser, client,
    components::{attribute, changing, html},
    frame, messages as m, pages,
    route::Route,
};

/// Begins the portal.
pub(crate) fn begin() {
    start(|route| !matches!(route, Route::Manage(..) | Route::Nowhere), page);
    // Somebody who signed in by the mailed link in another tab comes back to this one.
    browser::listen("focus", |_| look_again(app()));
}

/// Begins a program of pages that are reached by signing in: which of them are its own, and how each is drawn.
pub(crate) fn start(has: fn(&Route) -> bool, page: fn(Route) -> AnyView) {
    let (path, query, _) = browser::address();
    frame::begin(move || {
        App::begin(&path, query, has);
        whole(page)
    });
    client::when_signed_out(|| app().sign_in_again());
    browser::listen("popstate", |_| app().came_back());
    browser::listen("pagehide", |_| browser::keep_place());
    browser::listen("click", |event| follow(&event));
}

/// Somebody who waits for a code may have signed in elsewhere meanwhile.
fn look_again(app: App) {
    let waits = app.route.peek(|route| *route == Route::SignIn) && app.me.peek(Option::is_none);
    if waits && pages::sign_in::waits_for_code() {
        browser::spawn(async move {
            if let Ok(me) = client::me().await {
                pages::sign_in::forget();
                app.signed_in(me);
            }
        });
    }
}

/// Links to pages of the program are followed without loading it anew.
fn follow(event: &Event) {
    let Some(click) = event.dyn_ref::<MouseEvent>() else { return };
    let plain = click.button() == 0 && !(click.ctrl_key() || click.meta_key() || click.shift_key() || click.alt_key());
    let target = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let link =
        target.and_then(|target| target.closest("a[href]").ok()?).map(JsCast::unchecked_into::<HtmlAnchorElement>);
    let (true, false, Some(link)) = (plain, event.default_prevented(), link) else { return };
    if link.has_attribute("download") || link.has_attribute("target") || link.origin() != browser::origin() {
        return;
    }
    let path = link.pathname();
    if (app().has)(&Route::at(&path)) {
        event.prevent_default();
        app().go(&format!("{path}{}", link.search()));
    }
}

fn whole(page: fn(Route) -> AnyView) -> AnyView {
    let app = app();
    let page = changing(move || page(app.route.with(Route::clone)));
    vec![header(app), frame::main(page), footer(app)].into_any()
}

fn page(route: Route) -> AnyView {
    match route {
        Route::Home => pages::home::page(),
        Route::SignIn => pages::sign_in::page(),
        Route::Country => pages::country::page(),
        Route::Activations => pages::activations::page(),
        Route::Activation(which) => pages::activation::page(which),
        Route::Where(licence) => pages::where_is::page(licence),
        Route::Activate(which) => pages::activate::page(which),
        Route::Licences => pages::licences::page(),
        Route::Licence(licence) => pages::licence::page(licence),
        Route::Profile => pages::profile::page(),
        Route::Joins => pages::joins::page(),
        Route::Request => pages::request::page(),
        Route::Requests => pages::requests::page(),
        Route::Approvals => pages::approvals::page(),
        Route::Access(licence) => pages::access::page(licence),
        Route::Audit(licence) => pages::audit::page(licence),
        Route::Manage(..) | Route::Nowhere => nowhere(),
    }
}

/// There is no such page.
pub(crate) fn nowhere() -> AnyView {
    vec![html::h1(m::NOT_FOUND), html::p(m::NOT_FOUND_HELP), html::actions(vec![html::button_link("/", m::TO_HOME)])]
        .into_any()
}

fn header(app: App) -> AnyView {
    let publisher = changing(move || {
        html::text(app.about.with(|about| about.as_ref().map(|about| about.publisher.name.clone())).unwrap_or_default())
    });
    let person = changing(move || {
        let address = app.me.with(|me| me.as_ref().map(|me| me.signed_in_as.as_str().to_owned()));
        let Some(address) = address else { return ().into_any() };
        view! {
            <div class="who">
                <span>
                    <span class="unseen">{m::SIGNED_IN_AS.t()}</span>
                    {html::link("/profile", address)}
                </span>
                {html::button("link", m::SIGN_OUT, move || app.sign_out("/sign-in"))}
            </div>
            {nav(app)}
        }
        .into_any()
    });
    frame::header(publisher, person)
}

/// Where an entry leads, its words, and whether a page belongs to it.
type Entry = (&'static str, m::Text, fn(&Route) -> bool);

fn nav(app: App) -> AnyView {
    let entries: [Entry; 7] = [
        ("/", m::HOME, |route| matches!(route, Route::Home)),
        ("/activations", m::ACTIVATIONS, |route| {
            matches!(route, Route::Activations | Route::Activation(_) | Route::Activate(_))
        }),
        ("/licences", m::LICENCES, |route| {
            matches!(
                route,
                Route::Licences
                    | Route::Licence(_)
                    | Route::Where(_)
                    | Route::Access(_)
                    | Route::Audit(Some(_))
                    | Route::Manage(..)
            )
        }),
        ("/requests", m::REQUESTS, |route| matches!(route, Route::Request | Route::Requests)),
        ("/approvals", m::APPROVALS, |route| matches!(route, Route::Approvals)),
        ("/profile", m::PROFILE, |route| matches!(route, Route::Profile)),
        ("/audit", m::MY_AUDIT, |route| matches!(route, Route::Audit(None))),
    ];
    let links: Vec<AnyView> = entries
        .into_iter()
        .map(|(href, text, is_here)| {
            let current = attribute(move || app.route.with(is_here).then(|| "page".to_owned()));
            let count = if text == m::APPROVALS { waiting(app) } else { ().into_any() };
            view! { <li><a href=href aria-current=current>{text.t()} {count}</a></li> }.into_any()
        })
        .collect();
    view! {
        <nav aria-label=m::MAIN_NAVIGATION.t()>
            <ul>{links}</ul>
        </nav>
    }
    .into_any()
}

/// How many requests wait, beside their entry of the navigation.
fn waiting(app: App) -> AnyView {
    changing(move || {
        let count = app.waiting.with(String::clone);
        if count.is_empty() {
            return ().into_any();
        }
        view! { <span class="count">{count} <span class="unseen">" " {m::ARE_WAITING.t()}</span></span> }.into_any()
    })
}

fn footer(app: App) -> AnyView {
    frame::footer(changing(move || {
        let support = app.about.with(|about| about.as_ref().map(|about| about.publisher.support.clone()));
        support.map_or_else(|| ().into_any(), |address| html::support_line(m::SUPPORT, address))
    }))
}
