//! Where is my activation? For a whole Licensing ID: every order line, and why it is where it is (ACT-12).

use std::collections::{BTreeMap, BTreeSet};

use api::{Code, Problem, activations::Where};
use gateway::{ApiError, App, Request, Response, Who, answer, request::RequestParts, session::WhoSlots};
use licensing::{AccountId, Address, Licence, ProductKind, Sku, activation::Activation, rights::Rights};
use store::{
    Batch, Slot,
    licences::{LinkedAccount, StoredProduct, customer, product},
    standing::StandingSlots,
};

use crate::{
    facts::{self, Facts, LINES, Lines, Product},
    ledger::Letters,
    refusal::nothing_there,
};

/// Three steps; two where nothing was ordered. Managers of the Licensing ID see every line, the addressee of an activation
/// (and who administers its account) those that it is of: that is found out first, by what they administer and the
/// activations alone. Anybody else gets the same answer, after the same reads, as for a Licensing ID that is not there.
pub(crate) async fn all(app: &App, request: &Request, licence: &Licence) -> Result<Response, ApiError> {
    let (who, standing) = (WhoSlots::of(app, request), StandingSlots::of(licence));
    let mut batch = Batch::default();
    standing.add_to(&mut batch);
    who.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who.take(app, &got)?;
    let loaded = standing.from(&got)?;
    let agreement = loaded.as_ref().map(|loaded| loaded.agreement().clone());
    let manages = |_: &[Address], rights: &Rights| rights.manages_activations();
    let mut facts = Facts::of(app, &who, loaded, manages).await?;

    let manages = facts.rights.manages_activations();
    let mut early = None;
    if !manages {
        let (administers, activations) = whose(&facts, &who, licence).await?;
        facts.administers = administers;
        let seen: Vec<Activation> = activations.into_iter().filter(|activation| facts.may_see(activation)).collect();
        if seen.is_empty() {
            return Err(nothing_there(app, licence, facts.loaded.as_ref()).await);
        }
        early = Some(seen);
    }
    let agreement = agreement.ok_or(Code::NotAllowed)?;
    let mut batch = Batch::default();
    facts::add_suppressions(&facts.contacts, &mut batch);
    batch.add(&customer(&agreement.customer));
    LinkedAccount::of(&agreement.customer).add_to(&mut batch);
    let all = async {
        match &early {
            Some(_) => Ok(None),
            None => whose(&facts, &who, licence).await.map(Some),
        }
    };
    let (got, osm, orders, all) =
        tokio::join!(batch.read(&app.store), facts.osm_administers(), app.store.orders_of(licence), all);
    let (got, orders, all) = (got?, orders?, all?);
    facts.osm_administers = osm?;
    facts.failing = facts::failing(app, &facts.contacts, &got)?;
    if let Some((administers, activations)) = all {
        facts.administers = administers;
        early = Some(activations);
    }
    let seen = early.unwrap_or_default();
    let seen = facts::by_product(&seen);
    let before = request.query("after").filter(|place| !place.is_empty());
    let mut lines =
        Lines::newest(orders, before.as_deref(), |sku| manages || seen.contains_key(sku)).ok_or_else(no_such_line)?;

    // What the lines name: mails, products, and the accounts that count for a move.
    let named = Named::of(&facts, &lines, &seen);
    let accounts = facts.account_slots(seen.values().copied(), facts::linked(&agreement.customer, &got)?.as_ref());
    let mut batch = Batch::default();
    named.add_to(&mut batch);
    for slot in &accounts {
        batch.add(slot);
    }
    let (more, lines_read) = tokio::join!(batch.read(&app.store), lines.read(app));
    let more = more?;
    lines_read?;
    facts.accounts = facts::all(&accounts, &more)?;

    let mut explained = Vec::with_capacity(LINES);
    for ((order, number), letters) in lines.all().zip(&named.letters) {
        let sku = &order.order.lines[number].product;
        let activation = seen.get(sku).copied();
        let stored = named.products.get(sku).map(|slot| more.get(slot)).transpose()?.flatten();
        let about = match (activation, &stored) {
            (Some(activation), None) => Product { name: &activation.product_name, kind: activation.kind },
            (Some(activation), Some(stored)) => Product { name: stored.record.name.as_str(), kind: activation.kind },
            (None, Some(stored)) => Product { name: stored.record.name.as_str(), kind: stored.record.kind },
            (None, None) => Product { name: sku.as_str(), kind: ProductKind::OnPremises },
        };
        explained.push(facts.line(order, number, &about, activation, &letters.from(&more)?));
    }
    let customer_name = got.get(&customer(&agreement.customer))?.map(|customer| customer.record.name.to_string());
    Ok(answer::ok(&Where {
        licence: licence.clone(),
        customer_name: customer_name.unwrap_or_default(),
        lines: explained,
        next: lines.older,
    }))
}

fn no_such_line() -> ApiError {
    let detail = "Pass what the page before names as the next one, or leave it out to begin with the newest.";
    Problem::new(Code::BadField).field("after").detail(detail).into()
}

/// What decides who may see what: the accounts that the reader administers, and the activations.
async fn whose(
    facts: &Facts<'_>,
    who: &Who,
    licence: &Licence,
) -> Result<(BTreeSet<AccountId>, Vec<Activation>), ApiError> {
    let store = &facts.app.store;
    let (administers, activations, touched) =
        tokio::join!(facts.administers(), store.activations_shown_of(licence), who.touch(facts.app));
    touched?;
    Ok((administers?, activations?))
}

/// What is read of the lines.
struct Named {
    /// One for each line.
    letters: Vec<Letters>,
    /// Of all lines.
    products: BTreeMap<Sku, Slot<StoredProduct>>,
}

impl Named {
    fn of(facts: &Facts<'_>, lines: &Lines, seen: &BTreeMap<&Sku, &Activation>) -> Self {
        let mut named = Self { letters: Vec::new(), products: BTreeMap::new() };
        for (order, number) in lines.all() {
            let sku = &order.order.lines[number].product;
            if let Some(activation) = seen.get(sku) {
                named.letters.push(Letters::about(activation, &facts.contacts, &facts.app.policy.links));
            } else {
                // Whatever the product is: a key notice is looked for, and not found where there is none.
                let order = &order.order;
                named.letters.push(Letters::key_notice(&order.licence, sku, &order.id, &facts.contacts));
            }
            named.products.insert(sku.clone(), product(sku));
        }
        named
    }

    fn add_to(&self, batch: &mut Batch) {
        for letters in &self.letters {
            letters.add_to(batch);
        }
        for slot in self.products.values() {
            batch.add(slot);
        }
    }
}
