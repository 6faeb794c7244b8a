//! `/where/…`: where is my activation, for a whole Licensing ID, also when no order was loaded (ACT-12).

use std::{cell::RefCell, rc::Rc};

use api::activations::{Where, Which};
use leptos::prelude::*;
use licensing::Licence;

use super::activation::{Refresh, keep_fresh, tell, told_here};
use crate::{
    browser,
    client::{self, Answered},
    components::{
        Draw, Place,
        cures::{self, Curable},
        explained,
        html::{actions, h1, h2, hint, inset, lead, link, list, p, section, text},
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
    let (told, place) = (Place::new(), Place::new());
    let id = words::licence(&licence);
    let customer = found.customer_name.clone();
    let shown = Rc::new(RefCell::new(text));
    place.show(move || lines(&found));
    let refresh: Refresh = Rc::new(move || Box::pin(renew(licence.clone(), shown.clone(), place)));
    keep_fresh(told, refresh.clone());
    vec![
        h1(m::WHERE_TITLE),
        lead(m::WHERE_LEAD.with(&[("licence", &id), ("customer", &customer)])),
        told_here(told, refresh),
        place.view(),
        hint(m::LIVE_HINT),
        actions(vec![link("/activations", m::ACTIVATIONS_TITLE), link("/licences", m::LICENCES_TITLE)]),
    ]
    .into_any()
}

async fn renew(licence: Licence, shown: Rc<RefCell<String>>, place: Place) {
    match client::where_is(&licence).await {
        Ok((text, now)) => {
            if shown.replace(text.clone()) != text {
                browser::announce(m::STATE_CHANGED.t());
                place.show(move || lines(&now));
            }
        }
        Err(trouble) => {
            client::noticed(&trouble);
        }
    }
}

fn lines(found: &Where) -> AnyView {
    if found.lines.is_empty() {
        return section(vec![
            h2(m::NO_ORDERS),
            inset(vec![p(m::NO_ORDERS_WHY)]),
            list(vec![text(m::NO_ORDERS_RESELLER), text(m::NO_ORDERS_NUMBER), text(m::NO_ORDERS_LATER)]),
        ]);
    }
    let lines: Vec<AnyView> = found
        .lines
        .iter()
        .map(|line| {
            let which = Which { licence: found.licence.clone(), product: line.product.clone() };
            let open = line.state.map(|_| link(Route::Activation(which.clone()).path(), m::OPEN_ACTIVATION));
            let curable = Curable { which, cures: line.cures.clone(), to: None, accounts: Vec::new(), moving_to: None };
            let mut helps = Vec::new();
            if !line.cures.is_empty() {
                helps.push(cures::buttons(&curable, tell));
            }
            helps.extend(open);
            explained::order_line(line, true, helps)
        })
        .collect();
    lines.into_any()
}
