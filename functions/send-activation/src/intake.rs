//! Processes an order: each line once, however often the order arrives (ACT-16).

use std::collections::BTreeSet;

use gateway::{App, optimistic};
use licensing::{
    Address, ContactName, Timestamp,
    activation::{Activation, Entitlement, Line},
    audit::{Actor, Note, licence_chain},
    event::Event,
    import::record::{Agreement, Customer},
    judge::{Administers, Facts, Outcome, Undeliverable, Verdict, judge},
};
use store::{
    Batch, Error, Failed, Write,
    activations::{ActivationContext, ActivationContextSlots},
    licences::{self, StoredProduct, Versioned},
    orders::{LineOutcome, StoredOrder},
};

/// Takes in the lines of an order that were not taken in before.
pub async fn take_in(app: &App, order: &StoredOrder) -> Result<(), Error> {
    take_in_while(app, order, || true).await
}

/// The same, as long as there is time. What is left then counts as failed, so that the order comes again, and goes on there.
pub(crate) async fn take_in_while(app: &App, order: &StoredOrder, is_time: impl Fn() -> bool) -> Result<(), Error> {
    let mut order = [order.clone()];
    app.store.with_lines(&mut order).await?;
    let [order] = &order;
    let open: Vec<u32> = order.open_lines().collect();
    for line in &open {
        if !is_time() {
            return Err(Error::Busy);
        }
        take_line(app, order, *line, open.last() == Some(line)).await?;
    }
    Ok(())
}

async fn take_line(app: &App, order: &StoredOrder, number: u32, last: bool) -> Result<(), Error> {
    optimistic!(app.store, async {
        let known = read(app, order, number, last).await?;
        let now = app.now();
        let verdict = known.judge(app, now);
        match known.write(app, &verdict, now).commit(&app.store).await {
            // Somebody else took this very line in: nothing is left to do.
            Err(Failed::Lost(lost)) if lost.part == "line" => Ok(()),
            written => written,
        }
    })
}

/// All that the decision about a line depends on.
struct Known<'a> {
    order: &'a StoredOrder,
    line: Line,
    last: bool,
    product: StoredProduct,
    agreement: Versioned<Agreement>,
    customer: Versioned<Customer>,
    context: ActivationContext,
    failing: BTreeSet<Address>,
    accounts: Vec<licences::Administers>,
}

/// Three steps: what the line names, what that names, and what its manager administers.
async fn read<'a>(app: &App, order: &'a StoredOrder, number: u32, last: bool) -> Result<Known<'a>, Error> {
    let row = &order.order.lines[number as usize - 1];
    let line = Line {
        order: order.order.id.clone(),
        line: number,
        quantity: row.quantity.into(),
        purchased: order.order.purchased,
        usage_starts: order.order.usage_starts,
    };
    let slots = ActivationContextSlots::new(&order.order.licence, &row.product);
    let product = licences::product(&row.product);
    let mut batch = Batch::default().with(&product);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let context = slots.from(&got)?;
    let missing = |what: &str| Error::Corrupt(format!("order {} names {what} that is not stored", order.order.id));
    let agreement = context.agreement.clone().ok_or_else(|| missing("an agreement"))?;
    let product = got.get(&product)?.ok_or_else(|| missing("a product"))?;

    // One after the other: side by side they would need a second connection, which costs more than both, and nobody waits.
    let (customer, failing) =
        app.store.customer_and_failing(&agreement.record.customer, &context.contacts, app.now()).await?;
    let mut accounts = match context.contacts.get(&ContactName::OnlineServicesManager) {
        Some(osm) => app.store.administered_by(osm).await?,
        None => Vec::new(),
    };
    let customer = customer.ok_or_else(|| missing("a customer"))?;
    accounts.retain(|account| account.takes_assignments);
    Ok(Known { order, line, last, product, agreement, customer, context, failing, accounts })
}

impl Known<'_> {
    fn judge(&self, app: &App, now: Timestamp) -> Verdict {
        let open = self.context.activation.as_ref().filter(|activation| !activation.has_expired(now));
        let facts = Facts {
            kind: self.product.record.kind,
            contacts: &self.context.contacts,
            undeliverable: Undeliverable::among(&self.context.contacts, |address| self.failing.contains(address)),
            progress: Activation::progress(open),
            osm_administers: match self.accounts.as_slice() {
                [] => Administers::Nothing,
                [one] => Administers::One(&one.account),
                _ => Administers::Several,
            },
            purchased: open
                .and_then(|activation| activation.purchased)
                .map_or(self.line.purchased, |day| day.min(self.line.purchased)),
            usage_starts: self.line.usage_starts,
        };
        judge(&facts, now, &app.policy.links)
    }

    fn write(&self, app: &App, verdict: &Verdict, now: Timestamp) -> Write {
        let entitlement = Entitlement {
            licence: &self.order.order.licence,
            product: &self.product.record.sku,
            product_name: self.product.record.name.as_str(),
            kind: self.product.record.kind,
            customer: &self.agreement.record.customer,
            customer_name: self.customer.record.name.as_str(),
            contacts: &self.context.contacts,
            by_endpoint: self.product.endpoint.is_some(),
        };
        let account_name = self.accounts.first().map_or("", |account| account.name.as_str());
        let policy = &app.policy.links;
        let step = match &self.context.activation {
            None => Activation::open(&entitlement, &self.line, verdict, account_name, now, policy),
            Some(activation) => activation.add(&entitlement, &self.line, verdict, account_name, now, policy),
        };
        let mut write = Write::new();
        let note = match &step {
            Some(step) => {
                write.step(&app.store, step, now, policy);
                step.note().clone()
            }
            None => {
                // What is activated is noted with the activation.
                write.bought(entitlement.licence, entitlement.product);
                Note::new("order.taken", Actor::Service)
                    .fact("order", &self.line.order)
                    .fact("line", self.line.line)
                    .fact("product", entitlement.product)
                    .fact("rule", verdict.rule.id())
            }
        };
        write.audit(&app.store, &licence_chain(entitlement.licence), self.context.head.as_ref(), note, now);
        if let Outcome::KeyNotice(_) = verdict.outcome {
            let event = Event::KeyNotice {
                licence: entitlement.licence.clone(),
                product: entitlement.product.clone(),
                order: self.line.order.clone(),
            };
            write.events(&app.store, &[event], now);
        }
        let taken =
            LineOutcome { at: now, outcome: verdict.outcome.as_str().into(), checks: verdict.checks().collect() };
        write.line_taken(&app.store, self.order, self.line.line, &taken, self.last);
        write
    }
}
