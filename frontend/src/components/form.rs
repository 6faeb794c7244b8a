//! Forms: fields with their hints and errors, the error summary, and sending once.

use std::{pin::Pin, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Event, FormData, HtmlFormElement};

use super::{
    Watched, Words, attribute, changing, element,
    html::{h2, link, list, strong, text, unseen},
    load::what_helps,
};
use crate::{
    browser,
    client::{self, Answered, Trouble},
    messages as m,
};

/// Only waits that are felt are shown.
const FELT_MS: i32 = 300;

/// Whoever writes no further letter for so long is told how much more fits.
const PAUSE_MS: i32 = 1_000;

/// A form: whether it is being sent, and what was wrong with it.
#[derive(Clone, Copy)]
pub(crate) struct Form(Watched<State>);

#[derive(Clone, Default)]
struct State {
    busy: bool,
    faults: Vec<Rc<Fault>>,
}

/// Faults are added one by one and taken back together, so their number tells whether they are the same.
impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.busy == other.busy && self.faults.len() == other.faults.len()
    }
}

/// Something to correct.
struct Fault {
    /// The field that it is about; empty if it is none of this form.
    field: String,
    /// What is wrong, in a sentence.
    title: Words,
    /// What the functions said, where it comes from there.
    trouble: Option<Box<Trouble>>,
}

/// What was filled in.
pub(crate) struct Filled(FormData);

impl Filled {
    /// A field's text without the blanks around it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.0.get(name).as_string().unwrap_or_default().trim().to_owned()
    }

    /// All that was ticked under a name.
    pub(crate) fn ticked(&self, name: &str) -> Vec<String> {
        self.0.get_all(name).iter().filter_map(|value| value.as_string()).collect()
    }
}

impl Form {
    pub(crate) fn new() -> Self {
        Self(Watched::new(State::default()))
    }

    /// The form itself: its error summary, what is in it, and what sending does.
    pub(crate) fn view(self, inner: Vec<AnyView>, send: impl Fn(Filled) + 'static) -> AnyView {
        self.boxed_view(inner, Box::new(send))
    }

    fn boxed_view(self, inner: Vec<AnyView>, send: Box<dyn Fn(Filled)>) -> AnyView {
        let submitted = move |event: Event| {
            event.prevent_default();
            let target = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
            let filled = target.and_then(|target| FormData::new_with_form(&target).ok());
            if let (Some(filled), false) = (filled, self.0.peek(|state| state.busy)) {
                self.clear();
                send(Filled(filled));
            }
        };
        element("form")
            .flag("novalidate", true)
            .on("submit", submitted)
            .with(changing(move || self.0.with(|state| summary(&state.faults))))
            .with_all(inner)
            .view()
    }

    /// Says that a field needs another look.
    pub(crate) fn fault(self, field: &str, text: m::Text) {
        self.add(Fault { field: field.to_owned(), title: text.into(), trouble: None });
    }

    fn trouble(self, trouble: Box<Trouble>) {
        if client::noticed(&trouble) {
            return;
        }
        // What is about a field of another form is about this form as a whole.
        let field = trouble.field.clone().filter(|field| browser::has_element(&id(field)));
        self.add(Fault {
            field: field.unwrap_or_default(),
            title: trouble.title.clone().into(),
            trouble: Some(trouble),
        });
    }

    fn change(self, change: impl FnOnce(&mut State)) {
        let mut state = self.0.peek(State::clone);
        change(&mut state);
        self.0.set(state);
    }

    /// Takes back what was said to be wrong.
    pub(crate) fn clear(self) {
        self.change(|state| state.faults.clear());
    }

    fn add(self, fault: Fault) {
        self.change(|state| state.faults.push(Rc::new(fault)));
        browser::title_has_error();
        browser::focus(".summary");
    }

    /// Whether something is wrong.
    pub(crate) fn has_faults(self) -> bool {
        self.0.peek(|state| !state.faults.is_empty())
    }

    /// Sends; what goes wrong is shown, and meanwhile the button waits.
    pub(crate) fn send(self, sending: impl Future<Output = Answered<()>> + 'static) {
        self.send_boxed(Box::pin(sending));
    }

    fn send_boxed(self, sending: Pin<Box<dyn Future<Output = Answered<()>>>>) {
        self.change(|state| state.busy = true);
        browser::spawn(async move {
            browser::sleep(FELT_MS).await;
            if self.0.try_peek(|state| state.busy) == Some(true) {
                browser::announce(m::SENDING.t());
            }
        });
        browser::spawn(async move {
            let answered = sending.await;
            // The page may be gone, and with it the form.
            if self.0.try_peek(|_| ()).is_some() {
                self.change(|state| state.busy = false);
                if let Err(trouble) = answered {
                    self.trouble(trouble);
                }
            }
        });
    }

    /// The button that sends.
    pub(crate) fn button(self, text: impl Into<Words>) -> AnyView {
        self.classed_button("", text.into())
    }

    /// One beside the next step.
    pub(crate) fn quiet_button(self, text: impl Into<Words>) -> AnyView {
        self.classed_button("quiet", text.into())
    }

    /// One that looks like a link: what it does stands back.
    pub(crate) fn link_button(self, text: impl Into<Words>) -> AnyView {
        self.classed_button("link", text.into())
    }

    fn classed_button(self, class: &'static str, text: Words) -> AnyView {
        let busy = attribute(move || self.0.with(|state| state.busy.then(|| "true".to_owned())));
        element("button").set("type", "submit").class(class).changing("aria-disabled", busy).text(text).view()
    }

    /// The error of a field, above it.
    fn error(self, name: &'static str) -> AnyView {
        changing(move || {
            let fault = self.0.with(|state| fault_of(state, name).map(|fault| fault.title.clone()));
            let Some(title) = fault else { return ().into_any() };
            element("p").class("error").set("id", error_id(name)).with(unseen(m::ERROR_MARK)).text(title).view()
        })
    }

    fn invalid(self, name: &'static str) -> super::Attribute {
        attribute(move || self.0.with(|state| fault_of(state, name).map(|_| "true".to_owned())))
    }

    fn described(self, name: &'static str, has_hint: bool) -> super::Attribute {
        attribute(move || {
            let is_wrong = self.0.with(|state| fault_of(state, name).is_some());
            let hint = has_hint.then(|| hint_id(name));
            match (hint, is_wrong) {
                (Some(hint), true) => Some(hint + " " + &error_id(name)),
                (hint, false) => hint,
                (None, true) => Some(error_id(name)),
            }
        })
    }

    /// A label, a hint, an error, and what is to be filled in.
    fn labelled(self, name: &'static str, label: Words, hint: Option<Words>, input: AnyView) -> AnyView {
        element("div")
            .class("field")
            .with(element("label").set("for", id(name)).text(label).view())
            .with(hint_of(hint_id(name), hint))
            .with(self.error(name))
            .with(input)
            .view()
    }

    /// A field for text.
    pub(crate) fn field(self, field: Field) -> AnyView {
        let Field { name, label, hint, value, kind, inputmode, autocomplete, class } = field;
        let input = element("input")
            .set("id", id(name))
            .set("name", name)
            .set("type", kind)
            .class(class)
            .set("value", value)
            .set("inputmode", inputmode)
            .set("autocomplete", autocomplete)
            .set("spellcheck", "false")
            .set("autocapitalize", "none")
            .changing("aria-invalid", self.invalid(name))
            .changing("aria-describedby", self.described(name, hint.is_some()))
            .view();
        self.labelled(name, label, hint, input)
    }

    /// A field for a text of several lines. It says how much more fits, to those who listen when they pause.
    pub(crate) fn area(self, field: Field, most: usize) -> AnyView {
        let Field { name, label, hint, value, .. } = field;
        let written = Watched::new(value.chars().count());
        let left_id = id(name) + "-left";
        let mut described = self.described(name, hint.is_some());
        let its_left = left_id.clone();
        let described = attribute(move || match described() {
            Some(others) => Some(others + " " + &its_left),
            None => Some(its_left.clone()),
        });
        let input = element("textarea")
            .set("id", id(name))
            .set("name", name)
            .set("rows", "5")
            .changing("aria-invalid", self.invalid(name))
            .changing("aria-describedby", described)
            .on("input", move |event| {
                let now = browser::typed(&event).chars().count();
                written.set(now);
                browser::spawn(async move {
                    browser::sleep(PAUSE_MS).await;
                    if written.try_peek(|written| *written == now) == Some(true) {
                        browser::announce(&left(now, most));
                    }
                });
            })
            .text(value)
            .view();
        let left = changing(move || text(written.with(|written| left(*written, most))));
        let left = element("p").class("hint").set("id", left_id).with(left).view();
        self.labelled(name, label, hint, vec![input, left].into_any())
    }

    /// A field with a list to choose from.
    pub(crate) fn select(
        self,
        name: &'static str,
        label: m::Text,
        hint: Option<Words>,
        chosen: &str,
        options: Vec<(String, String)>,
    ) -> AnyView {
        let options: Vec<AnyView> = options
            .into_iter()
            .map(|(text, value)| {
                let selected = value == chosen;
                element("option").set("value", value).flag("selected", selected).text(text).view()
            })
            .collect();
        let input = element("select")
            .set("id", id(name))
            .set("name", name)
            .changing("aria-invalid", self.invalid(name))
            .changing("aria-describedby", self.described(name, hint.is_some()))
            .with_all(options)
            .view();
        self.labelled(name, label.into(), hint, input)
    }

    /// A choice of one. Nothing is chosen beforehand unless it is named: a decision needs a person who makes it.
    pub(crate) fn choice(
        self,
        name: &'static str,
        legend: m::Text,
        chosen: Option<&str>,
        options: Vec<Choice>,
    ) -> AnyView {
        self.options("radio", name, legend, None, chosen.as_slice(), options)
    }

    /// A choice of any number.
    pub(crate) fn checks(
        self,
        name: &'static str,
        legend: m::Text,
        hint: Option<m::Text>,
        ticked: &[&str],
        options: Vec<Choice>,
    ) -> AnyView {
        self.options("checkbox", name, legend, hint, ticked, options)
    }

    fn options(
        self,
        kind: &'static str,
        name: &'static str,
        legend: m::Text,
        hint: Option<m::Text>,
        chosen: &[&str],
        options: Vec<Choice>,
    ) -> AnyView {
        let described = self.described(name, hint.is_some());
        let hint = hint_of(hint_id(name), hint.map(Into::into));
        let mut parts = vec![element("legend").text(legend).view(), hint, self.error(name)];
        // The error summary leads to the first one.
        let mut own_id = id(name);
        for option in options {
            let checked = chosen.contains(&option.value.as_str());
            parts.push(one_option(kind, name, own_id, checked, option));
            own_id = browser::fresh_id();
        }
        element("fieldset").class("field").changing("aria-describedby", described).with_all(parts).view()
    }
}

/// How much more of a text fits.
fn left(written: usize, most: usize) -> String {
    let (text, count) =
        if written > most { (m::CHARACTERS_OVER, written - most) } else { (m::CHARACTERS_LEFT, most - written) };
    text.with(&[("count", &browser::number(count as u64))])
}

/// One answer of a choice.
fn one_option(kind: &'static str, name: &'static str, own_id: String, checked: bool, option: Choice) -> AnyView {
    let hint_id = own_id.clone() + "-hint";
    let described = option.hint.is_some().then(|| hint_id.clone().into());
    let input = element("input")
        .set("type", kind)
        .set("id", own_id.clone())
        .set("name", name)
        .set("value", option.value)
        .flag("checked", checked)
        .maybe("aria-describedby", described)
        .view();
    element("div")
        .class("option")
        .with(input)
        .with(element("label").set("for", own_id).with(strong(option.label)).view())
        .with(hint_of(hint_id, option.hint))
        .with_all(option.inner.into_iter().collect())
        .view()
}

fn fault_of<'s>(state: &'s State, name: &str) -> Option<&'s Fault> {
    state.faults.iter().map(Rc::as_ref).find(|fault| fault.field == name)
}

/// What is wrong, all of it, with links to the fields.
fn summary(faults: &[Rc<Fault>]) -> AnyView {
    if faults.is_empty() {
        return ().into_any();
    }
    let helps: Vec<AnyView> = faults.iter().filter_map(|fault| fault.trouble.as_deref().map(what_helps)).collect();
    let items: Vec<AnyView> = faults
        .iter()
        .map(|fault| {
            let title = fault.title.clone();
            if fault.field.is_empty() { text(title) } else { link(String::from("#") + &id(&fault.field), title) }
        })
        .collect();
    element("div")
        .class("summary")
        .set("role", "alert")
        .set("tabindex", "-1")
        .with(h2(m::THERE_IS_A_PROBLEM))
        .with(list(items))
        .with_all(helps)
        .view()
}

fn hint_of(id: String, hint: Option<Words>) -> AnyView {
    match hint {
        Some(hint) => element("p").class("hint").set("id", id).text(hint).view(),
        None => ().into_any(),
    }
}

/// A field for text.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: Words,
    pub(crate) hint: Option<Words>,
    pub(crate) value: String,
    pub(crate) kind: &'static str,
    pub(crate) inputmode: &'static str,
    pub(crate) autocomplete: &'static str,
    pub(crate) class: &'static str,
}

impl Field {
    pub(crate) fn text(name: &'static str, label: impl Into<Words>) -> Self {
        Self {
            name,
            label: label.into(),
            hint: None,
            value: String::new(),
            kind: "text",
            inputmode: "text",
            autocomplete: "off",
            class: "",
        }
    }

    /// For an email address.
    pub(crate) fn address(name: &'static str, label: m::Text) -> Self {
        Self { kind: "email", inputmode: "email", autocomplete: "email", ..Self::text(name, label) }
    }
}

/// Something that can be chosen.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: Words,
    pub(crate) hint: Option<Words>,
    /// What belongs to it: a further field, shown while it is chosen.
    pub(crate) inner: Option<AnyView>,
}

impl Choice {
    pub(crate) fn new(value: &str, label: impl Into<Words>) -> Self {
        Self { value: value.to_owned(), label: label.into(), hint: None, inner: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<Words>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

fn id(name: &str) -> String {
    String::from("field-") + name
}

fn hint_id(name: &str) -> String {
    id(name) + "-hint"
}

fn error_id(name: &str) -> String {
    id(name) + "-error"
}
