//! The portal: what all its pages share (who is signed in, who publishes, where the reader is), its frame and its router.

use std::cell::Cell;

use api::me::Me;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlAnchorElement, MouseEvent};

use crate::{
    browser,
    client::{self, About},
    components::{Watched, attribute, changing, html},
    frame, messages as m, pages,
    route::{self, Route},
};

/// Kept in this tab.
pub(crate) const KEPT_LINK: &str = "link";

thread_local! {
    static APP: Cell<Option<App>> = const { Cell::new(None) };
}

/// What all pages share.
#[derive(Clone, Copy)]
pub(crate) struct App {
    /// The page that is shown.
    pub(crate) route: Watched<Route>,
    /// Its query, without `?`.
    pub(crate) query: Watched<String>,
    /// Who is signed in, as far as is known.
    pub(crate) me: Watched<Option<Me>>,
    /// Who publishes.
    pub(crate) about: Watched<Option<About>>,
    /// How many requests for permission wait for the person's decision, as the navigation says it; empty where none does.
    pub(crate) waiting: Watched<String>,
    /// Whether the session ended while the person was at work.
    pub(crate) ended: Watched<bool>,
}

/// What all pages share.
pub(crate) fn app() -> App {
    APP.get().expect("the portal has begun")
}

/// Begins the portal.
pub(crate) fn begin() {
    let (path, query, _) = browser::address();
    frame::begin(move || {
        let app = App {
            route: Watched::new(Route::at(&path)),
            query: Watched::new(query),
            me: Watched::new(None),
            about: Watched::new(None),
            waiting: Watched::new(String::new()),
            ended: Watched::new(false),
        };
        APP.set(Some(app));
        app.fetch_frame();
        whole()
    });
    client::when_signed_out(|| app().sign_in_again());
    browser::listen("popstate", |_| app().came_back());
    browser::listen("pagehide", |_| browser::keep_place());
    browser::listen("click", |event| follow(&event));
    // Somebody who signed in by the mailed link in another tab comes back to this one.
    browser::listen("focus", |_| app().look_again());
}

impl App {
    /// Goes to another page of the portal.
    pub(crate) fn go(self, path: &str) {
        self.show(path, false);
    }

    /// Shows another page in place of this one: going back doesn't lead here.
    pub(crate) fn go_instead(self, path: &str) {
        self.show(path, true);
    }

    fn show(self, path: &str, replace: bool) {
        let (place, query) = path.split_once('?').unwrap_or((path, ""));
        let route = Route::at(place);
        if route == Route::Nowhere {
            // The pages behind mailed links are another program.
            browser::leave_for(path);
            return;
        }
        browser::show_address(path, replace);
        browser::announce("");
        if self.draw(route, query.to_owned()) {
            browser::scroll_to_top();
        }
    }

    /// Draws what belongs to an address; whether that is another page. What the page before drew from its query is not drawn
    /// anew on leaving it: it would ask the service for what nobody sees.
    fn draw(self, route: Route, query: String) -> bool {
        let is_another = self.route.peek(|shown| *shown != route);
        if is_another {
            self.query.replace(query);
            self.route.set(route);
        } else {
            self.query.set(query);
        }
        is_another
    }

    fn came_back(self) {
        let (path, query, _) = browser::address();
        frame::was_moved();
        browser::await_kept_place();
        self.draw(Route::at(&path), query);
    }

    /// The address of the page that is shown.
    #[expect(clippy::unused_self, reason = "the address is the portal's, wherever it is kept")]
    pub(crate) fn here(self) -> String {
        let (path, query, _) = browser::address();
        client::with_query(&path, &query)
    }

    fn fetch_frame(self) {
        browser::spawn(async move {
            if let Ok(about) = client::about().await {
                self.about.set(Some(about));
            }
        });
        browser::spawn(async move {
            // What goes wrong here, the page itself says.
            if let Ok(me) = client::me().await {
                self.is(me);
            }
        });
    }

    /// This person is signed in.
    pub(crate) fn is(self, me: Me) {
        let needs_country = me.country.is_none();
        // What waits depends on who it is, and on the addresses that are proven.
        let is_as_before = self.me.peek(|before| {
            before.as_ref().is_some_and(|before| {
                (before.country, &before.signed_in_as, &before.addresses)
                    == (me.country, &me.signed_in_as, &me.addresses)
            })
        });
        self.ended.set(false);
        self.me.set(Some(me));
        if !is_as_before && !needs_country {
            self.count_waiting();
        }
        if needs_country && self.route.peek(|route| !matches!(route, Route::Country | Route::SignIn)) {
            self.go_instead(&format!("/country?{}", route::query(&[("next", &self.here())])));
        }
    }

    /// Counts what waits for the person's decision, for the navigation.
    pub(crate) fn count_waiting(self) {
        browser::spawn(async move {
            // What goes wrong here, the page of it says.
            let first = client::approvals("").await;
            self.waiting.set(first.map(|first| pages::approvals::counted(&first)).unwrap_or_default());
        });
    }

    /// This person has just signed in.
    pub(crate) fn signed_in(self, me: Me) {
        let way_on = self.way_on();
        let needs_country = me.country.is_none();
        self.is(me);
        if needs_country {
            self.go_instead(&format!("/country?{}", route::query(&[("next", &way_on)])));
        } else {
            self.go_instead(&way_on);
        }
    }

    /// Where the query says to go on; home if it says nothing or something that isn't followed.
    pub(crate) fn way_on(self) -> String {
        let next = self.query.peek(|query| route::said(query, "next"));
        next.as_deref().and_then(route::safe_way_on).unwrap_or("/").to_owned()
    }

    /// Nobody is signed in any more; signing in leads back to this page.
    fn sign_in_again(self) {
        if self.route.peek(|route| *route == Route::SignIn) {
            return;
        }
        self.ended.set(self.me.peek(Option::is_some));
        self.me.set(None);
        self.waiting.set(String::new());
        let here = self.here();
        let next = if here == "/" { "" } else { here.as_str() };
        self.go_instead(&client::with_query("/sign-in", &route::query(&[("next", next)])));
    }

    /// Signs out here; what this tab kept is forgotten.
    pub(crate) fn sign_out(self, way_on: &'static str) {
        browser::spawn(async move {
            match client::sign_out().await {
                Ok(_) => self.signed_out(way_on),
                Err(trouble) if client::noticed(&trouble) => {}
                Err(trouble) => browser::announce(&trouble.title),
            }
        });
    }

    /// Nobody is signed in, as the person wished.
    pub(crate) fn signed_out(self, way_on: &str) {
        let link = browser::kept(KEPT_LINK).unwrap_or_default();
        browser::forget_all();
        if browser::has(way_on, "next=") {
            browser::keep(KEPT_LINK, &link);
        }
        self.ended.set(false);
        self.me.set(None);
        self.waiting.set(String::new());
        self.go(way_on);
    }

    fn look_again(self) {
        let waits = self.route.peek(|route| *route == Route::SignIn) && self.me.peek(Option::is_none);
        if waits && pages::sign_in::waits_for_code() {
            browser::spawn(async move {
                if let Ok(me) = client::me().await {
                    pages::sign_in::forget();
                    self.signed_in(me);
                }
            });
        }
    }
}

/// Links of the portal are followed without loading it anew.
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
    if Route::at(&path) != Route::Nowhere {
        event.prevent_default();
        app().go(&format!("{path}{}", link.search()));
    }
}

fn whole() -> AnyView {
    let app = app();
    let page = changing(move || match app.route.with(Route::clone) {
        Route::Home => pages::home::page(),
        Route::SignIn => pages::sign_in::page(),
        Route::Country => pages::country::page(),
        Route::Activations => pages::activations::page(),
        Route::Activation(which) => pages::activation::page(which),
        Route::Where(licence) => pages::where_is::page(licence),
        Route::Activate(which) => pages::activate::page(which),
        Route::Licences => pages::licences::page(),
        Route::Profile => pages::profile::page(),
        Route::Joins => pages::joins::page(),
        Route::Request => pages::request::page(),
        Route::Requests => pages::requests::page(),
        Route::Approvals => pages::approvals::page(),
        Route::Access(licence) => pages::access::page(licence),
        Route::Audit(licence) => pages::audit::page(licence),
        Route::Nowhere => nowhere(),
    });
    vec![header(app), frame::main(page), footer(app)].into_any()
}

fn nowhere() -> AnyView {
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
            matches!(route, Route::Licences | Route::Where(_) | Route::Access(_) | Route::Audit(Some(_)))
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
