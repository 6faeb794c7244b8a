//! Lists that can be long: what is looked for, the results, paging and files (UI-03). What is asked for stands in the query, so
//! that going back, loading anew and links keep the place.

use leptos::prelude::*;

use crate::{
    app::app,
    attention, browser, client,
    components::{
        Place, changing,
        form::{Field, Filled, Form},
        html::{actions, button_link, h1, lead, link, p, quiet_link},
    },
    messages as m,
    route::{query, said},
};

/// A choice in the query, by its name: its label, and its options with their values.
type Choice = (&'static str, m::Text, Vec<(String, String)>);

/// A list's page: its heading, its search, and the results that follow the query.
pub(crate) struct Listing {
    /// The page's path.
    pub(crate) path: String,
    pub(crate) title: m::Text,
    pub(crate) lead: String,
    /// What can be looked for.
    pub(crate) search: m::Text,
    /// A further choice.
    pub(crate) choice: Option<Choice>,
}

impl Listing {
    /// The page. `results` draws what a query asks for, in a part of this page.
    pub(crate) fn view(self, results: impl Fn(Place, String) -> AnyView + Send + Clone + 'static) -> AnyView {
        let page = Place::new();
        page.show(move || {
            let results = changing(move || results(page, app().query.with(String::clone)));
            vec![
                h1(self.title),
                lead(self.lead),
                filter(self.path, self.search, self.choice),
                view! { <section id="results" tabindex="-1" aria-label=m::RESULTS.t()>{results}</section> }.into_any(),
            ]
            .into_any()
        });
        page.view()
    }
}

/// What the query says of these, as a query; without the place in the list.
fn asked(whole: &str, choice: Option<&str>) -> Vec<(String, String)> {
    choice.into_iter().chain(["q"]).filter_map(|name| said(whole, name).map(|value| (name.to_owned(), value))).collect()
}

fn filter(path: String, search: m::Text, choice: Option<Choice>) -> AnyView {
    let app = app();
    let form = Form::new();
    let name = choice.as_ref().map(|(name, ..)| *name);
    let of = move |name: &str| app.query.peek(|query| said(query, name)).unwrap_or_default();
    let mut fields: Vec<AnyView> = Vec::new();
    fields.extend(choice.map(|(name, label, options)| form.select(name, label, None, &of(name), options)));
    fields.push(form.field(Field { value: of("q"), kind: "search", ..Field::text("q", search) }));
    fields.push(form.button(m::SHOW));
    // Going back or on shows what was asked for there.
    fields.push(changing(move || {
        app.query.with(|query| {
            for name in name.into_iter().chain(["q"]) {
                browser::fill(&format!("field-{name}"), &said(query, name).unwrap_or_default());
            }
        });
        ().into_any()
    }));
    let send = move |filled: Filled| {
        let (chosen, q) = (name.map(|name| filled.text(name)).unwrap_or_default(), filled.text("q"));
        app.go(&client::with_query(&path, &query(&[(name.unwrap_or("q"), &chosen), ("q", &q)])));
    };
    view! { <search class="filter">{form.view(fields, send)}</search> }.into_any()
}

/// A page of results: how many are shown, the table, the ways on, and the files.
pub(crate) struct Found<'q> {
    /// The page's path.
    pub(crate) path: String,
    /// What was asked.
    pub(crate) query: &'q str,
    /// The name of the page's choice in the query, if it has one.
    pub(crate) choice: Option<&'static str>,
    /// So many rows are on this page of the list.
    pub(crate) rows: usize,
    /// Where the next page begins.
    pub(crate) next: Option<&'q str>,
}

impl Found<'_> {
    /// What was asked for, without the place in the list and with this besides.
    pub(crate) fn asked_with(&self, more: &[(&str, &str)]) -> String {
        let asked = asked(self.query, self.choice);
        let mut pairs: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        pairs.extend(more);
        query(&pairs)
    }

    /// The table, or why there is none, with what goes below it.
    pub(crate) fn view(
        self,
        table: impl FnOnce() -> AnyView,
        none: impl FnOnce() -> AnyView,
        files: Vec<AnyView>,
    ) -> AnyView {
        let first_page = said(self.query, "after").is_none();
        let filtered = !asked(self.query, self.choice).is_empty();
        browser::announce(&m::ROWS_FOUND.with(&[("count", &self.rows.to_string())]));
        if attention::is_moved() && !first_page {
            browser::focus("#results");
        }
        let to = |more: &[(&str, &str)]| client::with_query(&self.path, &self.asked_with(more));
        if self.rows == 0 && self.next.is_none() && first_page {
            return if filtered {
                vec![p(m::NONE_FOUND), actions(vec![quiet_link(self.path.clone(), m::SHOW_ALL)])].into_any()
            } else {
                none()
            };
        }
        let mut ways: Vec<AnyView> = Vec::new();
        // A search may have come to nothing so far, with more to look through.
        ways.extend(self.next.map(|next| {
            let to = to(&[("after", next)]);
            if self.rows == 0 { button_link(to, m::SEARCH_ON) } else { quiet_link(to, m::NEXT_PAGE) }
        }));
        ways.extend((!first_page).then(|| link(to(&[]), m::FIRST_PAGE)));
        ways.extend(files);
        let table = if self.rows > 0 {
            table()
        } else if self.next.is_some() {
            p(m::NONE_SO_FAR)
        } else {
            p(m::NO_MORE)
        };
        vec![table, actions(ways)].into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// UI-03 paging and files keep what was looked for, and nothing of the place in the list.
    #[test]
    fn ui_03_what_was_asked_goes_along() {
        let found = Found {
            path: "/activations".to_owned(),
            query: "after=x&q=a%20b&state=invited",
            choice: Some("state"),
            rows: 50,
            next: Some("y"),
        };
        assert_eq!(found.asked_with(&[("after", "y")]), "state=invited&q=a%20b&after=y");
        assert_eq!(Found { choice: None, ..found }.asked_with(&[]), "q=a%20b");
    }
}
