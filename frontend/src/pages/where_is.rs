//! `/where/…`: where is my activation, for a whole Licensing ID, also when no order was loaded (ACT-12).

use std::{cell::RefCell, rc::Rc};

use api::activations::{Where, Which};
use leptos::prelude::*;
use licensing::Licence;

use super::activation::{keep_fresh, tell, told_here};
use crate::{
    browser,
    client::{self, Answered},
    components::{
        cures::{self, Curable},
        explained,
        html::{actions, h1, h2, hint, inset, lead, link, list, p, section, text},
        load::{Draw, draw, loaded},
        words,
    },
    messages as m,
    route::Route,
};

pub(crate) fn page(licence: Licence) -> AnyView {
    loaded(move || fetch(licence.clone()))
}

async fn fetch(licence: Licence) -> Answered<Draw> {
    let (text, found) = client::where_is(&licence).await?;
    draw(move || live(licence, text, found))
}

fn live(licence: Licence, first: String, found: Where) -> AnyView {
    let customer = found.customer_name.clone();
    let shown = RwSignal::new(found);
    let last = Rc::new(RefCell::new(first));
    let refresh = {
        let licence = licence.clone();
        move || {
            let (licence, last) = (licence.clone(), last.clone());
            async move {
                let (text, now) = match client::where_is(&licence).await {
                    Ok(answer) => answer,
                    Err(problem) => {
                        client::noticed(&problem);
                        return;
                    }
                };
                if *last.borrow() != text {
                    browser::announce(m::STATE_CHANGED.t());
                    *last.borrow_mut() = text;
                    shown.try_set(now);
                }
            }
        }
    };
    keep_fresh(refresh.clone());
    let told = told_here(move || browser::spawn(refresh()));
    let id = words::licence(&licence);
    vec![
        h1(m::WHERE_TITLE.t()),
        lead(m::WHERE_LEAD.with(&[("licence", &id), ("customer", &customer)])),
        told,
        (move || shown.with(lines)).into_any(),
        hint(m::LIVE_HINT.t()),
        actions(vec![link("/activations", m::ACTIVATIONS_TITLE.t()), link("/licences", m::LICENCES_TITLE.t())]),
    ]
    .into_any()
}

fn lines(found: &Where) -> AnyView {
    if found.lines.is_empty() {
        return section(vec![
            h2(m::NO_ORDERS.t()),
            inset(vec![p(m::NO_ORDERS_WHY.t())]),
            list(vec![text(m::NO_ORDERS_RESELLER.t()), text(m::NO_ORDERS_NUMBER.t()), text(m::NO_ORDERS_LATER.t())]),
        ]);
    }
    let lines: Vec<AnyView> = found
        .lines
        .iter()
        .map(|line| {
            let which = Which { licence: found.licence.clone(), product: line.product.clone() };
            let more =
                line.state.is_some().then(|| link(Route::Activation(which.clone()).path(), m::OPEN_ACTIVATION.t()));
            let curable = Curable { which, cures: line.cures.clone(), to: None, accounts: Vec::new(), moving_to: None };
            let buttons = (!line.cures.is_empty()).then(|| cures::buttons(&curable, tell));
            explained::order_line(line, true, Some(vec![buttons.into_any(), more.into_any()].into_any()))
        })
        .collect();
    lines.into_any()
}
