//! Forms: fields with their hints and errors, the error summary, and sending once.

use api::Problem;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{FormData, HtmlFormElement, SubmitEvent};

use super::{Words, html::strong, load::what_helps};
use crate::{
    browser,
    client::{self, Answered},
    messages as m,
};

/// Whether a form is being sent, and what was wrong with it.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    busy: RwSignal<bool>,
    faults: RwSignal<Vec<Fault>>,
}

/// Something to correct.
#[derive(Clone)]
struct Fault {
    /// The field that it is about.
    field: Option<String>,
    /// What is wrong, in a sentence.
    title: Words,
    /// What helps, where there is more to say.
    problem: Option<Problem>,
}

/// What was filled in.
pub(crate) struct Filled(FormData);

impl Filled {
    /// A field's text without the blanks around it.
    pub(crate) fn text(&self, name: &str) -> String {
        self.0.get(name).as_string().unwrap_or_default().trim().to_owned()
    }
}

impl Form {
    pub(crate) fn new() -> Self {
        Self { busy: RwSignal::new(false), faults: RwSignal::new(Vec::new()) }
    }

    /// The form itself: its error summary, what is in it, and what sending does.
    pub(crate) fn view(self, inner: Vec<AnyView>, send: impl Fn(Filled) + 'static) -> AnyView {
        fn form(form: Form, inner: Vec<AnyView>, send: Box<dyn Fn(Filled)>) -> AnyView {
            let submitted = move |event: SubmitEvent| {
                event.prevent_default();
                let target = event.target().and_then(|target| target.dyn_into::<HtmlFormElement>().ok());
                let filled = target.and_then(|target| FormData::new_with_form(&target).ok());
                if let (Some(filled), false) = (filled, form.busy.get_untracked()) {
                    form.faults.set(Vec::new());
                    send(Filled(filled));
                }
            };
            view! {
                <form novalidate="" on:submit=submitted>
                    {form.summary()}
                    {inner}
                </form>
            }
            .into_any()
        }
        form(self, inner, Box::new(send))
    }

    /// Says that a field needs another look.
    pub(crate) fn fault(self, field: &str, text: m::Text) {
        self.add(Fault { field: Some(field.to_owned()), title: text.t().into(), problem: None });
    }

    /// Says what the functions answered. Who is not signed in any more is sent to sign in.
    pub(crate) fn problem(self, problem: Problem) {
        if !client::noticed(&problem) {
            self.add(Fault {
                field: problem.field.clone(),
                title: problem.title.clone().into(),
                problem: Some(problem),
            });
        }
    }

    /// Takes back what was said to be wrong.
    pub(crate) fn clear(self) {
        self.faults.set(Vec::new());
    }

    fn add(self, fault: Fault) {
        self.faults.update(|faults| faults.push(fault));
        browser::title_has_error();
        browser::focus(".summary");
    }

    /// Whether something is wrong.
    pub(crate) fn has_faults(self) -> bool {
        self.faults.with_untracked(|faults| !faults.is_empty())
    }

    /// Sends; what goes wrong is shown, and meanwhile the button waits.
    pub(crate) fn send(self, sending: impl Future<Output = Answered<()>> + 'static) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        browser::spawn(async move {
            browser::sleep(300).await;
            if self.busy.try_get_untracked() == Some(true) {
                browser::announce(m::SENDING.t());
            }
        });
        browser::spawn(async move {
            let answered = sending.await;
            // The page may be gone, and with it the form.
            if self.busy.try_set(false).is_none() {
                if let Err(problem) = answered {
                    self.problem(problem);
                }
            }
        });
    }

    fn summary(self) -> AnyView {
        (move || {
            self.faults.with(|faults| {
                let general = faults.iter().filter(|fault| fault.field.is_none() || fault.problem.is_some());
                let helps: Vec<AnyView> = general.filter_map(|fault| fault.problem.as_ref().map(what_helps)).collect();
                let items: Vec<AnyView> = faults
                    .iter()
                    .map(|fault| {
                        let title = fault.title.clone();
                        match &fault.field {
                            Some(field) => view! { <li><a href=format!("#{}", id(field))>{title}</a></li> }.into_any(),
                            None => view! { <li>{title}</li> }.into_any(),
                        }
                    })
                    .collect();
                (!faults.is_empty()).then(|| {
                    view! {
                        <div class="summary" role="alert" tabindex="-1">
                            <h2>{m::THERE_IS_A_PROBLEM.t()}</h2>
                            <ul>{items}</ul>
                            {helps}
                        </div>
                    }
                    .into_any()
                })
            })
        })
        .into_any()
    }

    /// The button that sends.
    pub(crate) fn button(self, text: impl Into<Words>) -> AnyView {
        let text: Words = text.into();
        let busy = move || self.busy.get().then_some("true");
        view! { <button type="submit" aria-disabled=busy>{text}</button> }.into_any()
    }

    fn error_of(self, name: &'static str) -> AnyView {
        let text = move || {
            let found = self.faults.with(|faults| {
                faults.iter().find(|fault| fault.field.as_deref() == Some(name)).map(|fault| fault.title.clone())
            });
            found.map(|text| {
                view! {
                    <p class="error" id=error_id(name)>
                        <span class="unseen">{m::ERROR_MARK.t()}</span>
                        {text}
                    </p>
                }
                .into_any()
            })
        };
        text.into_any()
    }

    fn is_wrong(self, name: &'static str) -> bool {
        self.faults.with(|faults| faults.iter().any(|fault| fault.field.as_deref() == Some(name)))
    }

    fn described(self, name: &'static str, has_hint: bool) -> Option<String> {
        let hint = has_hint.then(|| hint_id(name));
        let error = self.is_wrong(name).then(|| error_id(name));
        let all: Vec<String> = hint.into_iter().chain(error).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }

    /// A field for text.
    pub(crate) fn field(self, field: Field) -> AnyView {
        let Field { name, label, hint, value, kind, inputmode, autocomplete, narrow } = field;
        let has_hint = hint.is_some();
        let class = if narrow { "narrow" } else { "" };
        let hint = hint.map(|hint| view! { <p class="hint" id=hint_id(name)>{hint}</p> }.into_any());
        view! {
            <div class="field" class:wrong=move || self.is_wrong(name)>
                <label for=id(name)>{label}</label>
                {hint}
                {self.error_of(name)}
                <input
                    id=id(name)
                    name=name
                    type=kind
                    class=class
                    value=value
                    inputmode=inputmode
                    autocomplete=autocomplete
                    spellcheck="false"
                    autocapitalize="none"
                    aria-invalid=move || self.is_wrong(name).then_some("true")
                    aria-describedby=move || self.described(name, has_hint)
                />
            </div>
        }
        .into_any()
    }

    /// A field with a list to choose from; the first entry stands for nothing chosen.
    pub(crate) fn select(
        self,
        name: &'static str,
        label: m::Text,
        hint: Option<Words>,
        chosen: &str,
        options: Vec<(String, String)>,
    ) -> AnyView {
        let has_hint = hint.is_some();
        let hint = hint.map(|hint| view! { <p class="hint" id=hint_id(name)>{hint}</p> }.into_any());
        let options: Vec<AnyView> = options
            .into_iter()
            .map(|(text, value)| {
                let selected = value == chosen;
                view! { <option value=value selected=selected>{text}</option> }.into_any()
            })
            .collect();
        view! {
            <div class="field" class:wrong=move || self.is_wrong(name)>
                <label for=id(name)>{label.t()}</label>
                {hint}
                {self.error_of(name)}
                <select
                    id=id(name)
                    name=name
                    aria-invalid=move || self.is_wrong(name).then_some("true")
                    aria-describedby=move || self.described(name, has_hint)
                >
                    {options}
                </select>
            </div>
        }
        .into_any()
    }

    /// A choice of one. Nothing is chosen beforehand unless it is named: a decision needs a person who makes it.
    pub(crate) fn choice(
        self,
        name: &'static str,
        legend: impl Into<Words>,
        chosen: Option<&str>,
        options: Vec<Choice>,
    ) -> AnyView {
        self.choice_of(name, legend.into(), chosen, options)
    }

    fn choice_of(self, name: &'static str, legend: Words, chosen: Option<&str>, options: Vec<Choice>) -> AnyView {
        let options: Vec<AnyView> = options
            .into_iter()
            .enumerate()
            .map(|(place, option)| {
                let own_id = if place == 0 { id(name) } else { format!("{}-{place}", id(name)) };
                let hint_id = format!("{own_id}-hint");
                let described = option.hint.is_some().then(|| hint_id.clone());
                let hint = option.hint.map(|hint| view! { <span class="hint" id=hint_id>{hint}</span> }.into_any());
                let checked = chosen == Some(option.value.as_str());
                view! {
                    <div class="option">
                        <input
                            type="radio"
                            id=own_id.clone()
                            name=name
                            value=option.value
                            checked=checked
                            aria-describedby=described
                        />
                        <label for=own_id>{strong(option.label)} {hint}</label>
                        {option.inner}
                    </div>
                }
                .into_any()
            })
            .collect();
        view! {
            <fieldset
                class="field"
                class:wrong=move || self.is_wrong(name)
                aria-describedby=move || self.described(name, false)
            >
                <legend>{legend}</legend>
                {self.error_of(name)}
                {options}
            </fieldset>
        }
        .into_any()
    }
}

/// A field for text.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) label: Words,
    pub(crate) hint: Option<Words>,
    pub(crate) value: String,
    pub(crate) kind: &'static str,
    pub(crate) inputmode: Option<&'static str>,
    pub(crate) autocomplete: &'static str,
    pub(crate) narrow: bool,
}

impl Field {
    pub(crate) fn text(name: &'static str, label: m::Text) -> Self {
        Self {
            name,
            label: label.t().into(),
            hint: None,
            value: String::new(),
            kind: "text",
            inputmode: None,
            autocomplete: "off",
            narrow: false,
        }
    }

    /// For an e-mail address.
    pub(crate) fn address(name: &'static str, label: m::Text) -> Self {
        Self { kind: "email", autocomplete: "email", ..Self::text(name, label) }
    }
}

/// Something that can be chosen.
pub(crate) struct Choice {
    pub(crate) value: String,
    pub(crate) label: Words,
    pub(crate) hint: Option<Words>,
    /// What belongs to it: a further field.
    pub(crate) inner: Option<AnyView>,
}

impl Choice {
    pub(crate) fn new(value: impl Into<String>, label: impl Into<Words>) -> Self {
        Self { value: value.into(), label: label.into(), hint: None, inner: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<Words>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn inner(mut self, inner: AnyView) -> Self {
        self.inner = Some(inner);
        self
    }
}

fn id(name: &str) -> String {
    format!("field-{name}")
}

fn hint_id(name: &str) -> String {
    format!("field-{name}-hint")
}

fn error_id(name: &str) -> String {
    format!("field-{name}-error")
}
