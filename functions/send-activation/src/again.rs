//! Open activations are judged again after contacts, or what is known of their addresses, changed (ACT-03, ACT-15).

use gateway::{App, optimistic};
use licensing::{
    AccountId, Address, CustomerId, Date, Licence,
    activation::{Activation, Entitlement},
    event::Event,
};
use store::{
    Batch, Error, Failed, Item, Write,
    activations::ActivationContextSlots,
    licences::{self, Start},
};

/// Does what an outbox item asks for, if it is for this function and not done.
pub(crate) async fn take(app: &App, item: Item) -> Result<(), Error> {
    let Some(queued) = store::outbox::of_record(item)? else { return Ok(()) };
    match &queued.event {
        Event::Rejudge { licence, .. } => judge_again(app, licence).await?,
        Event::RejudgeCustomer { customer, after, mark } => names_of(app, customer, after.as_ref(), mark).await?,
        Event::RejudgeAccount { account, mark } => names_of_account(app, account, mark).await?,
        Event::RejudgeAddress { address, mark } => judge_wherever(app, address, mark).await?,
        _ => return Ok(()),
    }
    app.store.event_done(&queued.event.id(), app.now()).await
}

/// So many agreements are worked on for one event; the next event goes on behind them.
const AGREEMENTS_AT_ONCE: i32 = 20;

/// Brings a customer's name, and those of what is activated for it, to some of its agreements. What is right already is left
/// as it is, so that a call that is cut off is repeated without harm.
async fn names_of(app: &App, of: &CustomerId, after: Option<&(Licence, Date)>, mark: &str) -> Result<(), Error> {
    let (some, more) = app.store.agreements_of(of, after, AGREEMENTS_AT_ONCE).await?;
    for (licence, _) in &some {
        listings_again(app, licence).await?;
        judge_again(app, licence).await?;
    }
    let Some(last) = some.last().filter(|_| more) else { return Ok(()) };
    let next = Event::RejudgeCustomer { customer: of.clone(), after: Some(last.clone()), mark: mark.into() };
    queue(app, [next]).await
}

/// An account's name stands where it is its customer's, and where its administrators are named.
async fn names_of_account(app: &App, id: &AccountId, mark: &str) -> Result<(), Error> {
    let Some(account) = app.store.get(&licences::account(id)).await? else { return Ok(()) };
    let mark = format!("{id}|{mark}");
    let customer = account.customer.clone();
    let of_customer = customer.map(|customer| Event::RejudgeCustomer { customer, after: None, mark: mark.clone() });
    let of_administrators = account
        .administrators()
        .into_iter()
        .map(|address| Event::RejudgeAddress { address: address.clone(), mark: mark.clone() });
    let events: Vec<Event> = of_customer.into_iter().chain(of_administrators).collect();
    for some in events.chunks(EVENTS_AT_ONCE) {
        queue(app, some.iter().cloned()).await?;
    }
    Ok(())
}

/// One transaction has room for so many events.
const EVENTS_AT_ONCE: usize = 50;

async fn queue(app: &App, events: impl IntoIterator<Item = Event>) -> Result<(), Error> {
    let mut write = Write::new();
    for event in events {
        write.event(&app.store, &event, app.now(), false);
    }
    match write.commit(&app.store).await {
        Ok(()) | Err(Failed::Lost(_)) => Ok(()),
        Err(Failed::Error(error)) => Err(error),
    }
}

/// The rows of the people whom an agreement names say the customer's name as it is now.
async fn listings_again(app: &App, licence: &Licence) -> Result<(), Error> {
    optimistic!(app.store, async {
        let Some(agreement) = app.store.get(&licences::agreement(licence)).await? else { return Ok(()) };
        let Some(customer) = app.store.get(&licences::customer(&agreement.record.customer)).await? else {
            return Ok(());
        };
        let mut write = Write::new();
        write.listings(&app.store, &agreement, customer.record.name.as_str());
        write.commit(&app.store).await
    })
}

/// So many licences are judged within one call; where an address is named on more, each is an event of its own.
const AT_ONCE: i32 = 90;

/// Judges again wherever an address is named. Each licence is judged by itself, so a call that is cut off is repeated without
/// harm; the events of many bear the names that they had the first time.
async fn judge_wherever(app: &App, address: &Address, mark: &str) -> Result<(), Error> {
    let (mut listings, mut more) = app.store.listings_of(address, Start::Beginning, AT_ONCE).await?;
    if !more {
        for listing in listings {
            judge_again(app, &listing.licence).await?;
        }
        return Ok(());
    }
    loop {
        let mut write = Write::new();
        let events = listings.iter().map(|listing| {
            let mark = format!("{mark}|{}", address.as_str());
            Event::Rejudge { licence: listing.licence.clone(), mark }
        });
        write.events(&app.store, &events.collect::<Vec<_>>(), app.now());
        match write.commit(&app.store).await {
            Ok(()) | Err(Failed::Lost(_)) => {}
            Err(Failed::Error(error)) => return Err(error),
        }
        let Some(last) = listings.pop().filter(|_| more) else { return Ok(()) };
        (listings, more) = app.store.listings_of(address, Start::Behind(&last.licence), AT_ONCE).await?;
    }
}

/// Judges all activations of a Licensing ID again. Where nothing changes, nothing is written.
pub async fn judge_again(app: &App, licence: &Licence) -> Result<(), Error> {
    for activation in app.store.activations_of(licence).await? {
        judge_one(app, activation).await?;
    }
    Ok(())
}

async fn judge_one(app: &App, first: Activation) -> Result<(), Error> {
    let (licence, product) = (first.licence, first.product);
    optimistic!(app.store, async {
        let slots = ActivationContextSlots::new(&licence, &product);
        let product_slot = licences::product(&product);
        let mut batch = Batch::default().with(&product_slot);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let context = slots.from(&got)?;
        let (Some(activation), Some(agreement), Some(known)) =
            (context.activation, context.agreement, got.get(&product_slot)?)
        else {
            return Ok(());
        };
        let contacts = &context.contacts;
        let (customer, failing) =
            app.store.customer_and_failing(&agreement.record.customer, contacts, app.now()).await?;
        let entitlement = Entitlement {
            licence: &licence,
            product: &product,
            product_name: known.record.name.as_str(),
            kind: known.record.kind,
            customer: &agreement.record.customer,
            customer_name: customer
                .as_ref()
                .map_or(&activation.customer_name, |customer| customer.record.name.as_str()),
            contacts,
            by_endpoint: known.endpoint.is_some(),
        };
        let now = app.now();
        let judged = activation.rejudge(&entitlement, |address| failing.contains(address), now, &app.policy.links);
        let step = match judged {
            Some(step) => step,
            None => {
                let account = match activation.account() {
                    Some(id) => app.store.get(&licences::account(id)).await?,
                    None => None,
                };
                let Some(step) =
                    activation.renamed(entitlement.product_name, entitlement.customer_name, account.as_ref())
                else {
                    return Ok(());
                };
                step
            }
        };
        app.store.write_step(&step, context.head.as_ref(), now, &app.policy.links, Write::new()).await
    })
}
