//! `/where/…`: where is my activation, for a whole Licensing ID, also when no order was loaded (ACT-12).

use std::{cell::RefCell, rc::Rc};

use api::activations::{LineExplained, Phase, Where, Which};
use leptos::prelude::*;
use licensing::Licence;

use super::activation::{AsOf, FRESH_MS, Refresh, keep_fresh, next, tell, told_here};
use crate::{
    app::app,
    browser,
    client::{self, Answered},
    components::{
        Draw, Place, changing,
        cures::{self, Curable},
        explained,
        html::{actions, h1, h2, inset, lead, line, link, list, p, quiet_link, section, text},
        load::{draw, loaded},
        words,
    },
    messages as m,
    route::{self, Route},
};

pub(crate) fn page(licence: Licence) -> AnyView {
    changing(move || {
        let older_than = app().query.with(|query| route::said(query, "after"));
        let (licence, query) = (licence.clone(), older_than.map_or_else(String::new, |after| asked(&after)));
        loaded(move || fetch(licence.clone(), query.clone()))
    })
}

fn asked(after: &str) -> String {
    route::query(&[("after", after)])
}

async fn fetch(licence: Licence, query: String) -> Answered<Draw> {
    let (text, found) = client::where_is(&licence, &query).await?;
    draw(move || live(licence, query, text, found))
}

fn live(licence: Licence, query: String, text: String, found: Where) -> AnyView {
    let (told, place, as_of) = (Place::new(), Place::new(), AsOf::now());
    let id = words::licence(&licence);
    let customer = found.customer_name.clone();
    let here = Route::Where(licence.clone()).path();
    let mut ways: Vec<AnyView> = Vec::new();
    ways.extend(found.next.as_ref().map(|next| quiet_link(client::with_query(&here, &asked(next)), m::OLDER_ORDERS)));
    ways.extend((!query.is_empty()).then(|| link(here, m::NEWEST_ORDERS)));
    ways.push(words::licence_link(&licence));
    ways.extend([link("/activations", m::ACTIVATIONS_TITLE), link("/licences", m::LICENCES_TITLE)]);
    let shown = Rc::new(RefCell::new(text));
    let is_all = query.is_empty() && found.next.is_none();
    place.show(move || products(&found, is_all));
    let refresh: Refresh =
        Rc::new(move || Box::pin(renew(licence.clone(), query.clone(), shown.clone(), place, as_of)));
    keep_fresh(told, || FRESH_MS, refresh.clone());
    vec![
        h1(m::WHERE_TITLE),
        lead(m::WHERE_LEAD.with(&[("licence", &id), ("customer", &customer)])),
        told_here(told, refresh),
        place.view(),
        as_of.view(),
        actions(ways),
    ]
    .into_any()
}

async fn renew(licence: Licence, query: String, shown: Rc<RefCell<String>>, place: Place, as_of: AsOf) {
    match client::where_is(&licence, &query).await {
        Ok((text, now)) => {
            as_of.renewed();
            if shown.replace(text.clone()) != text {
                browser::announce(m::STATE_CHANGED.t());
                let is_all = query.is_empty() && now.next.is_none();
                place.show(move || products(&now, is_all));
            }
        }
        Err(trouble) => {
            client::noticed(&trouble);
            as_of.not_renewed();
        }
    }
}

/// Each product with what helps, and below it the order lines that it was bought with.
fn products(found: &Where, is_all: bool) -> AnyView {
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
    products.into_iter().map(|(first, lines)| product(found, first, &lines, is_all)).collect::<Vec<_>>().into_any()
}

fn product(found: &Where, first: &LineExplained, lines: &[&LineExplained], is_all: bool) -> AnyView {
    let which = Which { licence: found.licence.clone(), product: first.product.clone() };
    let quantity = words::quantity(lines.iter().map(|line| line.quantity).sum());
    let mut parts = vec![h2(first.product_name.clone())];
    parts.push(line(vec![
        first.state.map(|state| vec![words::phase(state), text(" ")]).into_any(),
        text(if is_all { m::IN_ALL.with(&[("quantity", &quantity)]) } else { String::new() }),
    ]));
    let curable = Curable {
        which: which.clone(),
        cures: first.cures.clone(),
        later: first.later.clone(),
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
