//! A question that is asked before something is done.

use std::pin::Pin;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::HtmlDialogElement;

use super::{
    Words, element,
    form::{Filled, Form},
    html::{actions, button},
};
use crate::{browser, client::Answered, messages as m};

/// A button that opens a dialog. What is sent from there closes it, unless it went wrong.
pub(crate) struct Dialog {
    /// On the button, and above the question.
    pub(crate) title: Words,
    /// What is asked.
    pub(crate) inner: Vec<AnyView>,
    /// On the button that does it.
    pub(crate) yes: Words,
    /// How the button looks that opens it.
    pub(crate) class: &'static str,
}

/// What a dialog does when it is agreed to; nothing where a field needs another look.
type Act = Box<dyn Fn(Filled) -> Option<Acting>>;

/// Something under way.
type Acting = Pin<Box<dyn Future<Output = Answered<()>>>>;

impl Dialog {
    /// The button and its dialog.
    pub(crate) fn view<F>(self, form: Form, act: impl Fn(Filled) -> Option<F> + 'static) -> AnyView
    where
        F: Future<Output = Answered<()>> + 'static,
    {
        self.boxed_view(form, Box::new(move |filled| Some(Box::pin(act(filled)?))))
    }

    fn boxed_view(self, form: Form, act: Act) -> AnyView {
        let Self { title, inner, yes, class } = self;
        let id = browser::fresh_id();
        let (to_open, to_close, to_end) = (id.clone(), id.clone(), id.clone());
        let title_id = id.clone() + "-title";
        let send = move |filled: Filled| {
            let Some(acting) = act(filled) else { return };
            let id = to_end.clone();
            form.send(async move {
                acting.await?;
                close(&id);
                Ok(())
            });
        };
        let inner = form.view(
            vec![
                element("h2").set("id", title_id.clone()).text(title.clone()).view(),
                inner.into_any(),
                actions(vec![form.button(yes), button("quiet", m::CANCEL, move || close(&to_close))]),
            ],
            send,
        );
        let open = button(class, title, move || {
            form.clear();
            open(&to_open);
        });
        let dialog = element("dialog").set("id", id).set("aria-labelledby", title_id).with(inner).view();
        vec![open, dialog].into_any()
    }
}

fn found(id: &str) -> Option<HtmlDialogElement> {
    browser::document().get_element_by_id(id)?.dyn_into().ok()
}

fn open(id: &str) {
    if let Some(dialog) = found(id) {
        drop(dialog.show_modal());
    }
}

fn close(id: &str) {
    if let Some(dialog) = found(id) {
        dialog.close();
    }
}
