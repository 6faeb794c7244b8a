//! What can be chosen, and exactly what a choice would do (LINK-02, LINK-04, LINK-05).

use std::collections::BTreeSet;

use api::{
    Code, Problem,
    activations::{Account as Choosable, Choice, Effect, Preview, Previewed, Which},
    joins::Joining,
};
use futures_util::future::join_all;
use gateway::{
    ApiError, App, Request, Response, Who,
    answer::{ok, refused, refused_by},
    request::{RequestParts, target, typed},
    rights::rights,
    session::WhoSlots,
};
use licensing::{
    AccountId, Address, Licence, Sku,
    account::{Account, associated_domain},
    activation::{Activation, Person},
    join::AskContext,
    rights::{Rights, viewers},
    words::LONGEST_TEXT,
};
use store::{
    Batch,
    activations::{ActivationContext, ActivationContextSlots},
    licences,
};

pub(crate) async fn preview(app: &App, request: &Request) -> Result<Response, ApiError> {
    let Preview { target: about, choice } = request.json(app)?;
    let (licence, product, generation) = target(app, &about)?;
    let Seen { who, mut context, by_endpoint } = look(app, request, &licence, &product).await?;
    let activation = context.activation.ok_or(Code::NotAllowed)?;
    let contacts = context.contacts;
    let proven = who.proven();
    let enough = |rights: &Rights| activation.may_confirm(&proven, rights);
    let rights = rights(app, &mut context.loaded, &proven, enough).await?;
    let acts_as = who.acting_as(activation.addressee().map(|to| &to.address).into_iter().chain(&viewers(&contacts)));
    // The same question as the confirmation's, so that nobody fills in what would be refused.
    let now = app.now();
    let may = activation.may_be_confirmed(&proven, &rights, generation, now);
    may.map_err(|refusal| refused_by(generation, refusal))?;
    activation.one_more_confirmation(now, &app.policy.links).map_err(refused)?;

    let accounts = choosable(app, &activation, &proven).await?;
    let joinings = joinings(app, &activation, &who, &acts_as, &accounts).await?;
    let accounts: Vec<Choosable> = accounts.into_iter().map(|account| shown(account, &activation, &proven)).collect();
    let effect = match &choice {
        None => None,
        Some(choice) => Some(effect(app, &activation, &acts_as, by_endpoint, choice, &accounts)?),
    };
    Ok(ok(&Previewed {
        which: Which { licence, product },
        product_name: activation.product_name.clone(),
        kind: activation.kind,
        customer_name: activation.customer_name.clone(),
        quantity: activation.quantity,
        acts_as: acts_as.address,
        accounts,
        joinings,
        new_account_name: activation.customer_name,
        effect,
    }))
}

struct Seen {
    who: Who,
    context: ActivationContext,
    /// Whether an endpoint sets the product up (LINK-11).
    by_endpoint: bool,
}

async fn look(app: &App, request: &Request, licence: &Licence, product: &Sku) -> Result<Seen, ApiError> {
    let (who, slots, product) =
        (WhoSlots::of(app, request), ActivationContextSlots::new(licence, product), licences::product(product));
    let mut batch = Batch::default().with(&product);
    who.add_to(&mut batch);
    slots.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let (mut context, product) = (slots.from(&got)?, got.get(&product)?);
    let by_endpoint = product.as_ref().is_some_and(|product| product.endpoint.is_some());
    context.activation = context.activation.map(|it| it.called(product.map(|product| product.record.name.to_string())));
    Ok(Seen { who: who.take(app, &got)?, context, by_endpoint })
}

/// The accounts that the person administers, and the one that is linked to the customer.
async fn choosable(app: &App, activation: &Activation, proven: &[Address]) -> Result<Vec<Account>, ApiError> {
    let mut ids: BTreeSet<AccountId> = BTreeSet::new();
    let linked = app.store.linked_account(&activation.customer);
    let administered = join_all(proven.iter().map(|address| app.store.administered_by(address)));
    let (linked, administered) = tokio::join!(linked, administered);
    for accounts in administered {
        ids.extend(accounts?.into_iter().map(|row| row.account));
    }
    ids.extend(linked?);
    let slots: Vec<_> = ids.iter().map(licences::account).collect();
    let mut batch = Batch::default();
    for slot in &slots {
        batch.add(slot);
    }
    let got = batch.read(&app.store).await?;
    let found = slots.iter().filter_map(|slot| got.get(slot).transpose()).collect::<Result<Vec<Account>, _>>()?;
    // A load may have given the first account of the customer to another one since.
    Ok(found.into_iter().filter(|it| it.is_administered_by(proven) || is_linked(it, activation)).collect())
}

fn shown(account: Account, activation: &Activation, proven: &[Address]) -> Choosable {
    Choosable {
        administered: account.is_administered_by(proven),
        linked: is_linked(&account, activation),
        domains: account.domains.iter().map(|domain| domain.name.clone()).collect(),
        id: account.id,
        name: account.name,
    }
}

/// How things stand with those that the person does not administer (LINK-03): one read each, and there is rarely one.
async fn joinings(
    app: &App,
    activation: &Activation,
    who: &Who,
    by: &Person,
    accounts: &[Account],
) -> Result<Vec<Joining>, ApiError> {
    let (proven, name, now) = (who.proven(), who.profile.name(), app.now());
    let mut joinings = Vec::new();
    for account in accounts.iter().filter(|account| !account.is_administered_by(&proven)) {
        let (before, failing) = app.store.asking(account, &by.profile, app.now()).await?;
        let asking = AskContext { by, addresses: &proven, name: &name, account, activation };
        let fails = |address: &Address| failing.contains(address);
        joinings.push(Joining::of(&asking, before.as_ref(), fails, now, &app.policy.joins));
    }
    Ok(joinings)
}

/// Whether an account is the customer's own.
pub(crate) fn is_linked(account: &Account, activation: &Activation) -> bool {
    account.customer.as_ref() == Some(&activation.customer)
}

fn effect(
    app: &App,
    activation: &Activation,
    acts_as: &Person,
    by_endpoint: bool,
    choice: &Choice,
    accounts: &[Choosable],
) -> Result<Effect, ApiError> {
    let (account_name, creates_account, administered) = match choice {
        Choice::New(name) => (new_name(name)?, true, false),
        Choice::Existing(id) => {
            let account = accounts.iter().find(|account| account.id == *id).ok_or(Code::AccountNotYours)?;
            (account.name.clone(), false, account.administered)
        }
    };
    Ok(Effect {
        quantity: activation.quantity,
        product_name: activation.product_name.clone(),
        account_name,
        creates_account,
        associates_domain: creates_account.then(|| associated_domain(&acts_as.address)).flatten(),
        acts_as: acts_as.address.clone(),
        administered,
        undo_hours: app.policy.links.undo_hours,
        set_up_first: by_endpoint,
    })
}

/// A new account's name: a text of 1 to 200 characters that shows as it is written.
pub(crate) fn new_name(name: &str) -> Result<String, ApiError> {
    let name = typed("choice", name, LONGEST_TEXT)?;
    if name.is_empty() {
        return Err(Problem::new(Code::BadField).field("choice").detail("Give the new account a name.").into());
    }
    Ok(name)
}
