//! Headings, paragraphs, lists, facts, notes, tags, links and tables.

use api::Instant;
use leptos::prelude::*;

use super::Words;
use crate::{browser, frame, messages as m};

/// The page's heading: names the document and takes the focus, so that those who can't see it learn where they are.
pub(crate) fn h1(text: impl Into<Words>) -> AnyView {
    fn inner(text: Words) -> AnyView {
        arrive(&text);
        view! { <h1 tabindex="-1">{text}</h1> }.into_any()
    }
    inner(text.into())
}

/// Names the page, and takes the focus to its heading.
pub(crate) fn arrive(title: &str) {
    browser::title(title);
    if frame::is_moved() {
        browser::focus("h1");
    }
}

/// A heading of a part.
pub(crate) fn h2(text: impl Into<Words>) -> AnyView {
    fn inner(text: Words) -> AnyView {
        view! { <h2>{text}</h2> }.into_any()
    }
    inner(text.into())
}

/// A heading of a part of a part.
pub(crate) fn h3(text: impl Into<Words>) -> AnyView {
    fn inner(text: Words) -> AnyView {
        view! { <h3>{text}</h3> }.into_any()
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

/// A paragraph that stands back.
pub(crate) fn hint(text: impl Into<Words>) -> AnyView {
    classed_p("hint", text.into())
}

fn classed_p(class: &'static str, text: Words) -> AnyView {
    view! { <p class=class>{text}</p> }.into_any()
}

/// A paragraph of parts.
pub(crate) fn line(parts: Vec<AnyView>) -> AnyView {
    view! { <p>{parts}</p> }.into_any()
}

/// A group of actions.
pub(crate) fn actions(parts: Vec<AnyView>) -> AnyView {
    view! { <div class="actions">{parts}</div> }.into_any()
}

/// A part of a page.
pub(crate) fn section(parts: Vec<AnyView>) -> AnyView {
    view! { <section>{parts}</section> }.into_any()
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
        view! { <strong>{text}</strong> }.into_any()
    }
    inner(text.into())
}

/// A plain text.
pub(crate) fn text(text: impl Into<Words>) -> AnyView {
    text.into().into_any()
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
    view! { <a class=class href=href>{text}</a> }.into_any()
}

/// A link to a file of the whole result.
pub(crate) fn file_link(href: String, text: impl Into<Words>) -> AnyView {
    let text: Words = text.into();
    view! { <a href=href download="">{text}</a> }.into_any()
}

/// A button that acts.
pub(crate) fn button(class: &'static str, text: impl Into<Words>, act: impl Fn() + 'static) -> AnyView {
    fn inner(class: &'static str, text: Words, act: Box<dyn Fn()>) -> AnyView {
        view! { <button type="button" class=class on:click=move |_| act()>{text}</button> }.into_any()
    }
    inner(class, text.into(), Box::new(act))
}

/// A list.
pub(crate) fn list(items: Vec<AnyView>) -> AnyView {
    let items: Vec<AnyView> = items.into_iter().map(|item| view! { <li>{item}</li> }.into_any()).collect();
    view! { <ul>{items}</ul> }.into_any()
}

/// A list of what is done one after the other.
pub(crate) fn steps(items: Vec<AnyView>) -> AnyView {
    let items: Vec<AnyView> = items.into_iter().map(|item| view! { <li>{item}</li> }.into_any()).collect();
    view! { <ol>{items}</ol> }.into_any()
}

/// One of the facts: what it is, and what it is here.
pub(crate) fn fact(name: impl Into<Words>, value: AnyView) -> AnyView {
    fn inner(name: Words, value: AnyView) -> AnyView {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{value}</dd>
            </div>
        }
        .into_any()
    }
    inner(name.into(), value)
}

/// Facts, one below the other.
pub(crate) fn facts(rows: Vec<AnyView>) -> AnyView {
    view! { <dl class="facts">{rows}</dl> }.into_any()
}

/// What stands apart from the text around it.
pub(crate) fn inset(parts: Vec<AnyView>) -> AnyView {
    view! { <div class="inset">{parts}</div> }.into_any()
}

/// What must not be overlooked.
pub(crate) fn warning(parts: Vec<AnyView>) -> AnyView {
    view! {
        <div class="inset warning">
            <span class="unseen">{m::WARNING.t()}</span>
            {parts}
        </div>
    }
    .into_any()
}

/// What was done.
pub(crate) fn done(title: impl Into<Words>, parts: Vec<AnyView>) -> AnyView {
    let title: Words = title.into();
    arrive(&title);
    view! {
        <div class="done">
            <h1 tabindex="-1">{title}</h1>
            {parts}
        </div>
    }
    .into_any()
}

/// What can be opened.
pub(crate) fn details(summary: impl Into<Words>, inner: Vec<AnyView>) -> AnyView {
    let summary: Words = summary.into();
    view! {
        <details>
            <summary>{summary}</summary>
            <div>{inner}</div>
        </details>
    }
    .into_any()
}

/// A short word about a state.
pub(crate) fn tag(kind: &'static str, text: m::Text) -> AnyView {
    view! { <span class=format!("tag {kind}")>{text.t()}</span> }.into_any()
}

/// A point in time in the reader's zone.
pub(crate) fn time(at: &Instant) -> AnyView {
    let (machine, people) = (at.0.clone(), browser::date_and_time(&at.0));
    view! { <time datetime=machine>{people}</time> }.into_any()
}

/// A point in time, or a dash.
pub(crate) fn maybe_time(at: Option<&Instant>) -> AnyView {
    at.map_or_else(|| text(m::DASH), time)
}

/// A day without a zone.
pub(crate) fn day(date: &str) -> AnyView {
    let (machine, people) = (date.to_owned(), browser::day(date));
    view! { <time datetime=machine>{people}</time> }.into_any()
}

/// Below a list: its next and first page, and its files.
pub(crate) fn paging(next: Option<String>, first: Option<String>, files: Vec<AnyView>) -> AnyView {
    let mut ways = Vec::new();
    ways.extend(next.map(|next| quiet_link(next, m::NEXT_PAGE)));
    ways.extend(first.map(|first| link(first, m::FIRST_PAGE)));
    ways.extend(files);
    actions(ways)
}

/// A table. On narrow screens each row becomes a card, and each cell says what it is.
pub(crate) fn table(caption: impl Into<Words>, columns: &[m::Text], rows: Vec<Vec<AnyView>>) -> AnyView {
    fn inner(caption: Words, columns: &[m::Text], rows: Vec<Vec<AnyView>>) -> AnyView {
        let head: Vec<AnyView> = columns
            .iter()
            .map(|column| view! { <th scope="col" role="columnheader">{column.t()}</th> }.into_any())
            .collect();
        let body: Vec<AnyView> = rows
            .into_iter()
            .map(|cells| {
                let cells: Vec<AnyView> = cells
                    .into_iter()
                    .zip(columns)
                    .map(|(cell, column)| view! { <td role="cell" data-label=column.t()>{cell}</td> }.into_any())
                    .collect();
                view! { <tr role="row">{cells}</tr> }.into_any()
            })
            .collect();
        view! {
            <table role="table">
                <caption>{caption}</caption>
                <thead role="rowgroup">
                    <tr role="row">{head}</tr>
                </thead>
                <tbody role="rowgroup">{body}</tbody>
            </table>
        }
        .into_any()
    }
    inner(caption.into(), columns, rows)
}
