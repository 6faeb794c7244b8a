//! Headings, paragraphs, lists, facts, notes, tags, links and tables.

use api::Instant;
use leptos::prelude::*;

use super::{Words, element};
use crate::{attention, browser, messages as m};

/// The page's heading: names the document and takes the focus, so that those who can't see it learn where they are.
pub(crate) fn h1(text: impl Into<Words>) -> AnyView {
    fn inner(text: Words) -> AnyView {
        arrive(&text);
        element("h1").set("tabindex", "-1").text(text).view()
    }
    inner(text.into())
}

/// Names the page, and takes the focus to its heading.
pub(crate) fn arrive(title: &str) {
    browser::title(title);
    if attention::is_moved() {
        browser::focus("h1");
    }
}

/// An address as its person knows it: with its domain in its own letters first, where it has others than ASCII.
pub(crate) fn in_full(own_letters: Option<&str>, address: &str) -> String {
    match own_letters {
        Some(own) => m::NAMED.with(&[("name", own), ("address", address)]),
        None => address.to_owned(),
    }
}

/// A heading of a part.
pub(crate) fn h2(text: impl Into<Words>) -> AnyView {
    fn inner(text: Words) -> AnyView {
        element("h2").text(text).view()
    }
    inner(text.into())
}

/// A heading of a part of a part.
pub(crate) fn h3(text: impl Into<Words>) -> AnyView {
    fn inner(text: Words) -> AnyView {
        element("h3").text(text).view()
    }
    inner(text.into())
}

/// A paragraph.
pub(crate) fn p(text: impl Into<Words>) -> AnyView {
    classed_p("", text.into())
}

/// A paragraph that leads in.
pub(crate) fn lead(text: impl Into<Words>) -> AnyView {
    classed_p("lead", text.into())
}

/// A paragraph that leads in, with something in the place of its `{}`.
pub(crate) fn lead_around(sentence: m::Text, inner: AnyView) -> AnyView {
    element("p").class("lead").with(around(sentence, inner)).view()
}

/// A paragraph that stands back.
pub(crate) fn hint(text: impl Into<Words>) -> AnyView {
    classed_p("hint", text.into())
}

fn classed_p(class: &'static str, text: Words) -> AnyView {
    element("p").class(class).text(text).view()
}

/// A paragraph of parts.
pub(crate) fn line(parts: Vec<AnyView>) -> AnyView {
    element("p").with_all(parts).view()
}

/// A group of actions.
pub(crate) fn actions(parts: Vec<AnyView>) -> AnyView {
    element("div").class("actions").with_all(parts).view()
}

/// A part of a page.
pub(crate) fn section(parts: Vec<AnyView>) -> AnyView {
    element("section").with_all(parts).view()
}

/// A text with something in the place of its `{}`.
pub(crate) fn around(sentence: m::Text, inner: AnyView) -> AnyView {
    let (before, after) = sentence.t().split_once('{').unwrap_or((sentence.t(), "}"));
    vec![text(before), inner, text(&after[1..])].into_any()
}

/// A line that names the address to write to.
pub(crate) fn support_line(sentence: m::Text, address: String) -> AnyView {
    line(vec![around(sentence, link(String::from("mailto:") + &address, address))])
}

/// Said with weight.
pub(crate) fn strong(text: impl Into<Words>) -> AnyView {
    fn inner(text: Words) -> AnyView {
        element("strong").text(text).view()
    }
    inner(text.into())
}

/// Said only to those who listen.
pub(crate) fn unseen(text: m::Text) -> AnyView {
    element("span").class("unseen").text(text).view()
}

/// A plain text.
pub(crate) fn text(text: impl Into<Words>) -> AnyView {
    text.into().into_any()
}

/// What a person wrote, with its lines.
pub(crate) fn said(text: impl Into<Words>) -> AnyView {
    element("span").class("said").text(text).view()
}

/// A link.
pub(crate) fn link(href: impl Into<String>, text: impl Into<Words>) -> AnyView {
    classed_link("", href.into(), text.into())
}

/// A link that looks like what it is: the next step.
pub(crate) fn button_link(href: impl Into<String>, text: impl Into<Words>) -> AnyView {
    classed_link("button", href.into(), text.into())
}

/// A link that looks like a step aside.
pub(crate) fn quiet_link(href: impl Into<String>, text: impl Into<Words>) -> AnyView {
    classed_link("button quiet", href.into(), text.into())
}

fn classed_link(class: &'static str, href: String, text: Words) -> AnyView {
    element("a").class(class).set("href", href).text(text).view()
}

/// A button that acts.
pub(crate) fn button(class: &'static str, text: impl Into<Words>, act: impl Fn() + 'static) -> AnyView {
    fn inner(class: &'static str, text: Words, act: Box<dyn Fn()>) -> AnyView {
        element("button").set("type", "button").class(class).on("click", move |_| act()).text(text).view()
    }
    inner(class, text.into(), Box::new(act))
}

/// A list.
pub(crate) fn list(items: Vec<AnyView>) -> AnyView {
    let items: Vec<AnyView> = items.into_iter().map(|item| element("li").with(item).view()).collect();
    element("ul").with_all(items).view()
}

/// Several things in one place, each in a line of its own.
pub(crate) fn lines(parts: Vec<AnyView>) -> AnyView {
    let parts = parts.into_iter().map(|part| element("div").with(part).view()).collect();
    element("div").with_all(parts).view()
}

/// A list of what is done one after the other.
pub(crate) fn steps(items: Vec<AnyView>) -> AnyView {
    let items: Vec<AnyView> = items.into_iter().map(|item| element("li").with(item).view()).collect();
    element("ol").with_all(items).view()
}

/// One of the facts: what it is, and what it is here.
pub(crate) fn fact(name: impl Into<Words>, value: AnyView) -> AnyView {
    fn inner(name: Words, value: AnyView) -> AnyView {
        element("div").with(element("dt").text(name).view()).with(element("dd").with(value).view()).view()
    }
    inner(name.into(), value)
}

/// Facts, one below the other.
pub(crate) fn facts(rows: Vec<AnyView>) -> AnyView {
    element("dl").class("facts").with_all(rows).view()
}

/// What stands apart from the text around it.
pub(crate) fn inset(parts: Vec<AnyView>) -> AnyView {
    element("div").class("inset").with_all(parts).view()
}

/// What must not be overlooked.
pub(crate) fn warning(parts: Vec<AnyView>) -> AnyView {
    element("div").class("inset warning").with(unseen(m::WARNING)).with_all(parts).view()
}

/// What was done.
pub(crate) fn done(title: impl Into<Words>, parts: Vec<AnyView>) -> AnyView {
    let title: Words = title.into();
    arrive(&title);
    let title = element("h1").set("tabindex", "-1").text(title).view();
    element("div").class("done").with(title).with_all(parts).view()
}

/// What can be opened.
pub(crate) fn details(summary: impl Into<Words>, inner: Vec<AnyView>) -> AnyView {
    let inner = element("div").with_all(inner).view();
    element("details").with(element("summary").text(summary).view()).with(inner).view()
}

/// A short word about a state.
pub(crate) fn tag(kind: &'static str, text: m::Text) -> AnyView {
    element("span").class(String::from("tag ") + kind).text(text).view()
}

/// A point in time in the reader's zone.
pub(crate) fn time(at: &Instant) -> AnyView {
    element("time").set("datetime", at.0.clone()).text(browser::date_and_time(&at.0)).view()
}

/// A point in time, or a dash.
pub(crate) fn maybe_time(at: Option<&Instant>) -> AnyView {
    at.map_or_else(|| text(m::DASH), time)
}

/// A day without a zone.
pub(crate) fn day(date: &str) -> AnyView {
    element("time").set("datetime", date.to_owned()).text(browser::day(date)).view()
}

/// A table. On narrow screens each row becomes a card, and each cell says what it is.
pub(crate) fn table(caption: impl Into<Words>, columns: &[m::Text], rows: Vec<Vec<AnyView>>) -> AnyView {
    fn inner(caption: Words, columns: &[m::Text], rows: Vec<Vec<AnyView>>) -> AnyView {
        // Numbers are compared digit below digit.
        let class =
            |column: &m::Text| if *column == m::QUANTITY || *column == m::NUMBER_COLUMN { "number" } else { "" };
        let head: Vec<AnyView> = columns
            .iter()
            .map(|column| {
                let mut head = element("th");
                head.set("scope", "col").set("role", "columnheader").class(class(column)).text(*column).view()
            })
            .collect();
        let body: Vec<AnyView> = rows
            .into_iter()
            .map(|cells| {
                let cells: Vec<AnyView> = cells
                    .into_iter()
                    .zip(columns)
                    .map(|(cell, column)| {
                        let mut place = element("td");
                        place.set("role", "cell").class(class(column)).set("data-label", *column).with(cell).view()
                    })
                    .collect();
                row(cells)
            })
            .collect();
        element("table")
            .set("role", "table")
            .with(element("caption").text(caption).view())
            .with(element("thead").set("role", "rowgroup").with(row(head)).view())
            .with(element("tbody").set("role", "rowgroup").with_all(body).view())
            .view()
    }
    fn row(cells: Vec<AnyView>) -> AnyView {
        element("tr").set("role", "row").with_all(cells).view()
    }
    inner(caption.into(), columns, rows)
}
