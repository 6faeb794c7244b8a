//! The whole result of a list as a file (UI-03, SAFE-02).

use leptos::prelude::*;

use super::{Place, form::Form, html::hint};
use crate::{browser, client, messages as m};

/// A button that fetches a file, in as many parts as it comes, and gives it to the reader under this name.
pub(crate) fn button(path: String, name: String, text: m::Text) -> AnyView {
    let form = Form::new();
    let progress = Place::new();
    let send = move |_| {
        let (path, name) = (path.clone(), name.clone());
        form.send(async move {
            let part = move |count: u32| {
                let text = m::FETCHING_PART.with(&[("count", &count.to_string())]);
                progress.show(move || hint(text));
            };
            let fetched = client::file(path, name, part).await;
            progress.clear();
            fetched?;
            browser::announce(m::FILE_SAVED.t());
            Ok(())
        });
    };
    let inner = vec![form.link_button(text), view! { <div role="status">{progress.view()}</div> }.into_any()];
    view! { <div class="export">{form.view(inner, send)}</div> }.into_any()
}
