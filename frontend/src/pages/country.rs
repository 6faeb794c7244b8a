//! `/country`: confirms the organisation's country or region, once (REG-06).

use api::me::ConfirmCountry;
use leptos::prelude::*;

use crate::{
    app::app,
    browser, client,
    components::{
        form::{Filled, Form},
        html::{h1, lead, p, warning},
    },
    messages as m,
};

pub(crate) fn page() -> AnyView {
    let app = app();
    let form = Form::new();
    let mut countries = vec![(m::CHOOSE_COUNTRY.t().to_owned(), String::new())];
    countries.extend(browser::countries());
    let send = move |filled: Filled| {
        let Ok(country) = filled.text("country").parse() else {
            form.fault("country", m::COUNTRY_EMPTY);
            return;
        };
        form.send(async move {
            let me = client::confirm_country(&ConfirmCountry { country }).await?;
            app.is(me);
            app.go_instead(&app.way_on());
            Ok(())
        });
    };
    form.view(
        vec![
            h1(m::COUNTRY_TITLE),
            lead(m::COUNTRY_LEAD),
            form.select("country", m::COUNTRY_LABEL, None, "", countries),
            warning(vec![p(m::COUNTRY_ONCE)]),
            form.button(m::CONFIRM),
        ],
        send,
    )
}
