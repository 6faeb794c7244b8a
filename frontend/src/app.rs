//! What all pages share that are reached by signing in: who that is, who publishes, where the reader is.

use std::cell::Cell;

use api::me::Me;

use crate::{
    attention, browser,
    client::{self, About},
    components::Watched,
    permissions::Approvals,
    route::{self, Route},
};

/// Kept in this tab.
pub(crate) const KEPT_LINK: &str = "link";

/// That the session ended, for the sign-in page where that is of another program.
const KEPT_ENDED: &str = "session-ended";

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
    /// Whether a page is one of this program's: the others are reached by leaving it.
    pub(crate) has: fn(&Route) -> bool,
}

/// What all pages share.
pub(crate) fn app() -> App {
    APP.get().expect("the portal has begun")
}

impl App {
    /// What pages share from the beginning: where the reader is. The rest is asked for.
    pub(crate) fn begin(path: &str, query: String, has: fn(&Route) -> bool) {
        let ended = browser::kept(KEPT_ENDED).is_some();
        browser::keep(KEPT_ENDED, "");
        let app = Self {
            route: Watched::new(Route::at(path)),
            query: Watched::new(query),
            me: Watched::new(None),
            about: Watched::new(None),
            waiting: Watched::new(String::new()),
            ended: Watched::new(ended),
            has,
        };
        APP.set(Some(app));
        app.fetch_frame();
    }

    /// Goes to another page.
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
        if !(self.has)(&route) {
            if replace {
                browser::leave_instead(path);
            } else {
                browser::leave_for(path);
            }
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

    /// The reader went back or forth.
    pub(crate) fn came_back(self) {
        let (path, query, _) = browser::address();
        attention::was_moved();
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
            self.waiting.set(first.map(|first| counted(&first)).unwrap_or_default());
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
    pub(crate) fn sign_in_again(self) {
        if self.route.peek(|route| *route == Route::SignIn) {
            return;
        }
        let ended = self.me.peek(Option::is_some);
        self.ended.set(ended);
        self.me.set(None);
        self.waiting.set(String::new());
        if ended && !(self.has)(&Route::SignIn) {
            browser::keep(KEPT_ENDED, "yes");
        }
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
}

/// How many wait, as far as the first page says; empty where it shows none.
pub(crate) fn counted(first: &Approvals) -> String {
    match (first.requests.len(), &first.next) {
        (0, _) => String::new(),
        (count, None) => count.to_string(),
        (count, Some(_)) => count.to_string() + "+",
    }
}
