//! `/where/…`: where is my activation, for a whole Licensing ID, also when no order was loaded (ACT-12).

use std::{cell::RefCell, rc::Rc};

use api::activations::{LineExplained, Phase, Where, Which};
use leptos::prelude::*;
use licensing::Licence;

use super::activation::{AsOf, FRESH_MS, Refresh, keep_fresh, next, tell, told_here};
use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, Place,
        cures::{self, Curable},
        explained,
        html::{actions, h1, h2, inset, lead, line, link, list, p, section, text},
        load::{draw, loaded},
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

fn live(licence: Licence, text: String, found: Where) -> AnyView {
    let (told, place, as_of) = (Place::new(), Place::new(), AsOf::now());
    let id = words::licence(&licence);
    let customer = found.customer_name.clone();
    let shown = Rc::new(RefCell::new(text));
    place.show(move || products(&found));
    let refresh: Refresh = Rc::new(move || Box::pin(renew(licence.clone(), shown.clone(), place, as_of)));
    keep_fresh(told, || FRESH_MS, refresh.clone());
    vec![
        h1(m::WHERE_TITLE),
        lead(m::WHERE_LEAD.with(&[("licence", &id), ("customer", &customer)])),
        told_here(told, refresh),
        place.view(),
        as_of.view(),
        actions(vec![link("/activations", m::ACTIVATIONS_TITLE), link("/licences", m::LICENCES_TITLE)]),
    ]
    .into_any()
}

async fn renew(licence: Licence, shown: Rc<RefCell<String>>, place: Place, as_of: AsOf) {
    match client::where_is(&licence).await {
        Ok((text, now)) => {
            as_of.renewed();
            if shown.replace(text.clone()) != text {
                browser::announce(m::STATE_CHANGED.t());
                place.show(move || products(&now));
            }
        }
        Err(trouble) => {
            client::noticed(&trouble);
            as_of.not_renewed();
        }
    }
}

/// Each product with what helps, and below it the order lines that it was bought with.
fn products(found: &Where) -> AnyView {
    if found.lines.is_empty() {
        return section(vec![
            h2(m::NO_ORDERS),
            inset(vec![p(m::NO_ORDERS_WHY)]),
            list(vec![text(m::NO_ORDERS_RESELLER), text(m::NO_ORDERS_NUMBER), text(m::NO_ORDERS_LATER)]),
        ]);
    }
    let mut products: Vec<(&LineExplained, Vec<&LineExplained>)> = Vec::new();
    for line in &found.lines {
        match products.iter_mut().find(|(first, _)| first.product == line.product) {
            Some((_, lines)) => lines.push(line),
            None => products.push((line, vec![line])),
        }
    }
    products.into_iter().map(|(first, lines)| product(found, first, &lines)).collect::<Vec<_>>().into_any()
}

fn product(found: &Where, first: &LineExplained, lines: &[&LineExplained]) -> AnyView {
    let which = Which { licence: found.licence.clone(), product: first.product.clone() };
    let quantity = words::quantity(lines.iter().map(|line| line.quantity).sum());
    let mut parts = vec![h2(first.product_name.clone())];
    parts.push(line(vec![
        first.state.map(|state| vec![words::phase(state), text(" ")]).into_any(),
        text(m::IN_ALL.with(&[("quantity", &quantity)])),
    ]));
    let curable = Curable {
        which: which.clone(),
        cures: first.cures.clone(),
        to: explained::addressee(first),
        accounts: Vec::new(),
        moving_to: None,
    };
    parts.push(cures::buttons(&curable, tell));
    if first.state == Some(Phase::Stuck) {
        parts.push(p(next(Phase::Stuck)));
    }
    parts.push(explained::product(lines));
    if first.state.is_some() {
        parts.push(line(vec![link(Route::Activation(which).path(), m::OPEN_ACTIVATION)]));
    }
    section(parts)
}
