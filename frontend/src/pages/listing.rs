//! Lists that can be long: what is looked for, the results, paging and files (UI-03). What is asked for stands in the query, so
//! that going back, loading anew and links keep the place.

use leptos::prelude::*;

use crate::{
    app::app,
    attention, browser, client,
    components::{
        Place, Words, changing,
        form::{Field, Filled, Form},
        html::{actions, button_link, h1, link, p, quiet_link},
    },
    messages as m,
    route::{query, said},
};

/// A choice in the query, by its name: its label, and its options with their values.
pub(crate) type Choice = (&'static str, m::Text, Vec<(String, String)>);

/// A choice among words, or none of them.
pub(crate) fn choice(
    name: &'static str,
    label: m::Text,
    words: impl Iterator<Item = (m::Text, &'static str)>,
) -> Choice {
    let all = [(m::ALL_STATES, "")].into_iter().chain(words);
    (name, label, all.map(|(text, value)| (text.t().to_owned(), value.to_owned())).collect())
}

/// A list's page: its heading, its search, and the results that follow the query.
pub(crate) struct Listing {
    /// The page's path, with what of its query makes it this list.
    pub(crate) path: String,
    pub(crate) title: Words,
    pub(crate) lead: AnyView,
    /// What can be looked for.
    pub(crate) search: m::Text,
    /// Further choices.
    pub(crate) choices: Vec<Choice>,
}

impl Listing {
    /// The page. `results` draws what a query asks for, in a part of this page.
    pub(crate) fn view(self, results: impl Fn(Place, String) -> AnyView + Send + 'static) -> AnyView {
        let page = Place::new();
        page.show(move || {
            let results = searched(page, self.path, self.search, self.choices, results);
            vec![h1(self.title), self.lead, results].into_any()
        });
        page.view()
    }
}

/// The search of a list, and its results, which follow the query; in a page that has its heading.
pub(crate) fn searched(
    page: Place,
    path: String,
    search: m::Text,
    choices: Vec<Choice>,
    results: impl Fn(Place, String) -> AnyView + Send + 'static,
) -> AnyView {
    let results = changing(move || results(page, app().query.with(String::clone)));
    vec![
        filter(path, search, choices),
        view! { <section id="results" tabindex="-1" aria-label=m::RESULTS.t()>{results}</section> }.into_any(),
    ]
    .into_any()
}

/// What the query says of these choices and of the search; without the place in the list.
fn asked(whole: &str, choices: &[&str]) -> Vec<(String, String)> {
    let names = choices.iter().copied().chain(["q"]);
    names.filter_map(|name| said(whole, name).map(|value| (name.to_owned(), value))).collect()
}

/// These as a query.
fn query_of(asked: &[(String, String)], more: &[(&str, &str)]) -> String {
    let mut pairs: Vec<(&str, &str)> = asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    pairs.extend(more);
    query(&pairs)
}

fn filter(path: String, search: m::Text, choices: Vec<Choice>) -> AnyView {
    let app = app();
    let form = Form::new();
    let mut names: Vec<&'static str> = choices.iter().map(|(name, ..)| *name).collect();
    names.push("q");
    let of = move |name: &str| app.query.peek(|query| said(query, name)).unwrap_or_default();
    let mut fields: Vec<AnyView> =
        choices.into_iter().map(|(name, label, options)| form.select(name, label, None, &of(name), options)).collect();
    fields.push(form.field(Field { value: of("q"), kind: "search", ..Field::text("q", search) }));
    fields.push(form.button(m::SHOW));
    // Going back or on shows what was asked for there.
    let shown = names.clone();
    fields.push(changing(move || {
        app.query.with(|query| {
            for name in &shown {
                browser::fill(&format!("field-{name}"), &said(query, name).unwrap_or_default());
            }
        });
        ().into_any()
    }));
    let send = move |filled: Filled| {
        let asked: Vec<(String, String)> = names.iter().map(|name| ((*name).to_owned(), filled.text(name))).collect();
        app.go(&client::with_query(&path, &query_of(&asked, &[])));
    };
    view! { <search class="filter">{form.view(fields, send)}</search> }.into_any()
}

/// A page of results: how many are shown, the table, the ways on, and the files.
pub(crate) struct Found<'q> {
    /// The page's path, with what of its query makes it this list.
    pub(crate) path: String,
    /// What was asked.
    pub(crate) query: &'q str,
    /// The names of the page's choices in the query.
    pub(crate) choices: &'static [&'static str],
    /// So many rows are on this page of the list.
    pub(crate) rows: usize,
    /// Where the next page begins.
    pub(crate) next: Option<&'q str>,
}

impl Found<'_> {
    /// What was asked for, without the place in the list and with this besides.
    pub(crate) fn asked_with(&self, more: &[(&str, &str)]) -> String {
        query_of(&asked(self.query, self.choices), more)
    }

    /// The table, or why there is none, with what goes below it.
    pub(crate) fn view(
        self,
        table: impl FnOnce() -> AnyView,
        none: impl FnOnce() -> AnyView,
        files: Vec<AnyView>,
    ) -> AnyView {
        let first_page = said(self.query, "after").is_none();
        let filtered = !asked(self.query, self.choices).is_empty();
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
            query: "after=x&q=a%20b&state=invited&programme=select",
            choices: &["programme", "state"],
            rows: 50,
            next: Some("y"),
        };
        assert_eq!(found.asked_with(&[("after", "y")]), "programme=select&state=invited&q=a%20b&after=y");
        assert_eq!(Found { choices: &[], ..found }.asked_with(&[]), "q=a%20b");
    }
}
