//! From an event to the letters that it asks for: to whom, and with which facts, as they are now. An event that no longer makes
//! sense gives none.

use std::collections::BTreeSet;

use api::path::part;
use gateway::App;
use licensing::{
    AccountId, Address, Licence, OrderId, ProfileId, Sku, Timestamp,
    account::Account,
    activation::{Activation, How, InUse, Invitation, Proposer, Setup, State},
    event::{Event, Why},
    join::{self, Join},
    proven::Leaving,
    rights::{Role, role_of_contact},
    seal::Link,
    when::day_of,
};
use mail::{About, JoinFacts, Letter, Listing};
use store::{
    Batch, Error, Slot, activations, joins,
    licences::{self, Start, StoredProduct},
    orders,
    outbox::Queued,
    people,
};

use crate::{
    managed, permission,
    recipient::{Draft, to, unless_done},
};

/// How the marks begin of what somebody did in the portal, and not a load.
const MANAGED: &str = "managed|";

/// The letters that an event asks for, each to another person.
pub(crate) async fn drafts(app: &App, queued: &Queued) -> Result<Vec<Draft>, Error> {
    let event = &queued.event;
    match event {
        Event::SignInCode { address, device, generation, .. } => {
            sign_in_code(app, event, address, device, *generation).await
        }
        Event::ProveAddress { profile, address, generation } => {
            prove_address(app, event, profile, address, *generation).await
        }
        Event::AddressToMove { address, holder, mover, asked } => {
            address_to_move(app, event, address, holder, (mover, *asked)).await
        }
        Event::Welcome { addresses, .. } => {
            let mut digests = Vec::new();
            for address in addresses {
                digests.extend(welcome(app, address).await?);
            }
            Ok(digests)
        }
        Event::ActivationLink { licence, product, generation, why, .. } => {
            let Some(activation) = activation(app, event, licence, product).await? else { return Ok(vec![]) };
            Ok(activation_link(app, &activation, *generation, *why).into_iter().collect())
        }
        Event::Reminder { licence, product, generation, days } => {
            let Some(activation) = activation(app, event, licence, product).await? else { return Ok(vec![]) };
            Ok(reminder(app, &activation, *generation, *days).into_iter().collect())
        }
        Event::LinkExpired { licence, product, generation } => {
            let Some(activation) = activation(app, event, licence, product).await? else { return Ok(vec![]) };
            Ok(link_expired(app, &activation, *generation).into_iter().collect())
        }
        Event::KeyNotice { licence, product, order } => key_notice(app, event, licence, product, order).await,
        Event::Assigned { licence, product, .. } => assigned(app, queued, licence, product).await,
        Event::Activated { licence, product, .. } => {
            let Some(activation) = activation(app, event, licence, product).await? else { return Ok(vec![]) };
            Ok(activated(app, &activation, queued.queued_at).into_iter().collect())
        }
        Event::SetUpRefused { licence, product, version } => {
            set_up_refused(app, event, licence, product, *version).await
        }
        Event::Undone { licence, product, to, account, account_name, by_them, .. } => {
            undone(app, event, licence, product, to, (account, account_name), *by_them).await
        }
        Event::RevivalAnswered { licence, product, to, granted, .. } => {
            let Some(activation) = activation(app, event, licence, product).await? else { return Ok(vec![]) };
            Ok(revival_answered(app, &activation, to, *granted).into_iter().collect())
        }
        Event::Remap { licence, product, from, .. } => remap(app, event, licence, product, from.as_ref()).await,
        Event::RemapEnded { licence, product, to, account, sees_it, declined, .. } => {
            remap_ended(app, event, (licence, product), to, account, (*sees_it, *declined)).await
        }
        Event::JoinAsked { account, asker, generation } => join_asked(app, event, account, asker, *generation).await,
        Event::JoinDecided { account, asker, generation, to } => {
            join_decided(app, event, account, asker, *generation, to).await
        }
        Event::JoinEnded { account, asker, generation, to } => {
            join_ended(app, event, account, asker, *generation, to).await
        }
        Event::Permission { licence, asker, generation, mail, to } => {
            permission::request(app, event, (licence, asker, *generation), *mail, to).await
        }
        Event::PermissionDigest { licence, day } => permission::digest(app, event, licence, *day).await,
        Event::GaveUp { licence, to, keeps, .. } => permission::gave_up(app, event, licence, to, keeps).await,
        Event::AdministratorChanged { licence, address, made, mark } => {
            let loaded = !mark.starts_with(MANAGED);
            permission::administrator_changed(app, event, licence, address, (*made, loaded)).await
        }
        Event::PermissionGiven { .. }
        | Event::PermissionTaken { .. }
        | Event::GrantDenied { .. }
        | Event::EndsSoon { .. }
        | Event::InvitationEnded { .. } => managed::drafts(app, event).await,
        // For other functions.
        Event::PermissionAsked { .. }
        | Event::AgreementEndMoved { .. }
        | Event::Rejudge { .. }
        | Event::RejudgeCustomer { .. }
        | Event::RejudgeAccount { .. }
        | Event::RejudgeAddress { .. }
        | Event::Announce { .. }
        | Event::Deliver { .. }
        | Event::Provision { .. } => Ok(vec![]),
    }
}

/// The code and the link that sign in, while they do (REG-03).
async fn sign_in_code(
    app: &App,
    event: &Event,
    address: &Address,
    device: &str,
    generation: u32,
) -> Result<Vec<Draft>, Error> {
    let slot = people::attempts(address, device);
    let Some(found) = unless_done(app, event, |batch| batch.with(&slot)).await? else { return Ok(vec![]) };
    let newest = found.get(&slot)?.filter(|attempts| attempts.generation == generation);
    let Some(code) = newest.and_then(|attempts| attempts.code).filter(|code| app.now() < code.expires_at) else {
        return Ok(vec![]);
    };
    let keys = app.keys.links();
    let link = Link::SignIn { address: address.clone(), device: device.into(), generation };
    Ok(vec![to(
        address,
        Letter::SignInCode {
            address: address.clone(),
            code: keys.code(address, device, generation),
            link: format!("{}/s#{}", app.site.base, keys.seal(&link)),
            expires_at: code.expires_at,
        },
    )])
}

/// The link and the code that prove a further address, while they do (REG-07).
async fn prove_address(
    app: &App,
    event: &Event,
    profile: &ProfileId,
    address: &Address,
    generation: u32,
) -> Result<Vec<Draft>, Error> {
    let slot = people::profile(profile);
    let Some(found) = unless_done(app, event, |batch| batch.with(&slot)).await? else { return Ok(vec![]) };
    let Some(asking) = found.get(&slot)? else { return Ok(vec![]) };
    let pending = asking.pending.iter().find(|pending| pending.address == *address && pending.generation == generation);
    let Some(pending) = pending.filter(|pending| app.now() < pending.expires_at) else { return Ok(vec![]) };
    let link = Link::ProveAddress { profile: profile.clone(), address: address.clone(), generation };
    let letter = Letter::ProveAddress {
        address: address.clone(),
        profile_address_masked: asking.masked(),
        code: app.keys.links().proof_code(profile, address, generation),
        link: format!("{}/p#{}", app.site.base, app.keys.links().seal(&link)),
        expires_at: pending.expires_at,
    };
    // Most likely the same person as the one who asks.
    Ok(vec![Draft { language: Some(asking.language), ..to(address, letter) }])
}

/// That another profile asks to have an address: at that address, and at the others of who holds it, as long as the move waits
/// (REG-09).
async fn address_to_move(
    app: &App,
    event: &Event,
    address: &Address,
    holder: &ProfileId,
    (mover, asked): (&ProfileId, Timestamp),
) -> Result<Vec<Draft>, Error> {
    let slot = people::profile(holder);
    let Some(found) = unless_done(app, event, |batch| batch.with(&slot)).await? else { return Ok(vec![]) };
    let Some(holder) = found.get(&slot)? else { return Ok(vec![]) };
    let leaving = holder.holding(address).and_then(|held| held.leaving.as_ref());
    let waits = |leaving: &&Leaving| leaving.to == *mover && leaving.asked == asked && leaving.is_live(app.now());
    let Some(leaving) = leaving.filter(waits) else { return Ok(vec![]) };
    let letter = Letter::AddressToMove {
        address: address.clone(),
        to_masked: leaving.masked.clone(),
        moves_at: leaving.due,
        is_last: holder.addresses.len() == 1,
        sign_in: format!("{}/sign-in", app.site.base),
    };
    Ok(holder.held().iter().map(|address| to(address, letter.clone())).collect())
}

/// A welcome email counts so many licences: of a person who is named on more it says "at least".
const MOST_COUNTED: usize = 1000;

/// How many of them are read at a time.
const A_PAGE: i32 = 100;

/// What a person may do under all agreements that name them now, whichever load brought it up (ACT-17).
async fn welcome(app: &App, address: &Address) -> Result<Option<Draft>, Error> {
    let today = day_of(app.now());
    let (mut listings, mut read, mut after) = (Vec::new(), 0, None);
    let more = loop {
        let (page, more) = app.store.listings_of(address, Start::behind(after.as_ref()), A_PAGE).await?;
        read += page.len();
        after = page.last().map(|listing| listing.licence.clone());
        listings.extend(page.into_iter().filter(|listing| listing.ends >= today).map(|listing| Listing {
            licence: listing.licence,
            customer: listing.customer_name,
            contacts: listing.contacts,
        }));
        if !more || after.is_none() || read >= MOST_COUNTED {
            break more;
        }
    };
    if listings.is_empty() {
        return Ok(None);
    }
    let sign_in = format!("{}/sign-in", app.site.base);
    Ok(Some(to(address, Letter::Welcome { address: address.clone(), listings, more, sign_in })))
}

/// The link, unless it was used, replaced or has ended since (ACT-02 … ACT-06).
fn activation_link(app: &App, activation: &Activation, generation: u32, why: Why) -> Option<Draft> {
    let invitation = open_invitation(app, activation, generation)?;
    let letter = Letter::ActivationLink {
        about: activation.into(),
        contact: invitation.to.contact,
        link: link(app, activation, generation),
        expires_at: invitation.expires_at,
        why,
    };
    Some(about(activation, &invitation.to.address, letter, Some(generation)))
}

/// The same link again, unless it was used or replaced, or a nearer reminder is on its way (EXP-06).
fn reminder(app: &App, activation: &Activation, generation: u32, days: u32) -> Option<Draft> {
    let invitation = open_invitation(app, activation, generation)?;
    if invitation.reminded != Some(days) {
        return None;
    }
    let letter = Letter::Reminder {
        about: activation.into(),
        contact: invitation.to.contact,
        days,
        link: link(app, activation, generation),
        expires_at: invitation.expires_at,
    };
    Some(about(activation, &invitation.to.address, letter, Some(generation)))
}

/// That the link has ended unused, unless it was revived since.
fn link_expired(app: &App, activation: &Activation, generation: u32) -> Option<Draft> {
    let State::Expired { invitation, .. } = &activation.state else { return None };
    if activation.generation != generation {
        return None;
    }
    let letter = Letter::LinkExpired {
        about: activation.into(),
        expired_at: invitation.expires_at,
        portal: page(app, &activation.licence, &activation.product),
    };
    Some(about(activation, &invitation.to.address, letter, None))
}

/// Where the key is: to the notices contact, or else the primary contact, and to all Administrators, each once (ACT-05).
/// Both contacts are Administrators (ROLE-03), so these are all.
async fn key_notice(
    app: &App,
    event: &Event,
    licence: &Licence,
    product: &Sku,
    order: &OrderId,
) -> Result<Vec<Draft>, Error> {
    let slots = (licences::agreement(licence), licences::product(product), orders::order(order));
    let read = |batch: Batch| batch.with(&slots.0).with(&slots.1).with(&slots.2);
    let Some(found) = unless_done(app, event, read).await? else { return Ok(vec![]) };
    let (Some(agreement), Some(known), Some(stored)) =
        (found.get(&slots.0)?, found.get(&slots.1)?, found.get(&slots.2)?)
    else {
        return Ok(vec![]);
    };
    let customer = app.store.get(&licences::customer(&agreement.record.customer)).await?;
    let lines = stored.order.lines.iter().filter(|line| line.product == *product);
    let of = About {
        product: known.record.name.to_string(),
        kind: known.record.kind,
        customer: customer
            .map_or_else(|| agreement.record.customer.to_string(), |customer| customer.record.name.to_string()),
        quantity: lines.map(|line| u64::from(line.quantity)).sum(),
        licence: licence.clone(),
    };
    let administrators: BTreeSet<&Address> = agreement
        .record
        .contacts()
        .iter()
        .filter(|(name, _)| role_of_contact(**name) == Some(Role::Administrator))
        .map(|(_, address)| address)
        .collect();
    let portal = format!("{}/licences", app.site.base);
    let letter = Letter::KeyNotice { about: of, portal };
    let notice = |address: &Address| Draft { product: Some(product.clone()), ..to(address, letter.clone()) };
    Ok(administrators.into_iter().map(notice).collect())
}

/// That a licence was assigned without a link: to the OSM as listed now, unless it was taken back since (ACT-08).
async fn assigned(app: &App, queued: &Queued, licence: &Licence, product: &Sku) -> Result<Vec<Draft>, Error> {
    let Some((activation, osm)) = with_osm(app, &queued.event, licence, product).await? else { return Ok(vec![]) };
    let (Some(osm), Some(in_use)) = (osm, in_use_since(&activation, queued.queued_at)) else { return Ok(vec![]) };
    if in_use.how != How::Assigned {
        return Ok(vec![]);
    }
    let letter = Letter::Assigned {
        about: (&activation).into(),
        account_name: in_use.account_name.clone(),
        undo_until: in_use.undo_until,
        portal: page(app, licence, product),
    };
    Ok(vec![about(&activation, &osm, letter, None)])
}

/// What was done and what comes next: to who activated, unless it was taken back since.
fn activated(app: &App, activation: &Activation, queued_at: Timestamp) -> Option<Draft> {
    let in_use = in_use_since(activation, queued_at)?;
    let by = in_use.by.as_ref()?;
    let letter = Letter::Activated {
        about: activation.into(),
        account_name: in_use.account_name.clone(),
        at: in_use.at,
        undo_until: in_use.undo_until,
        portal: page(app, &activation.licence, &activation.product),
    };
    Some(about(activation, &by.address, letter, None))
}

/// That an endpoint has refused, as long as that stands: to who activated, or to the OSM as listed now where it was put on an
/// account without anybody's doing (LINK-11).
async fn set_up_refused(
    app: &App,
    event: &Event,
    licence: &Licence,
    product: &Sku,
    version: u64,
) -> Result<Vec<Draft>, Error> {
    let Some((activation, osm)) = with_osm(app, event, licence, product).await? else { return Ok(vec![]) };
    let State::Provisioning(Setup { in_use, refused: Some(refusal), asked, .. }) = &activation.state else {
        return Ok(vec![]);
    };
    // It was asked again since, and refused again: that has an event of its own.
    if *asked > version {
        return Ok(vec![]);
    }
    let Some(whom) = in_use.by.as_ref().map(|by| by.address.clone()).or(osm) else { return Ok(vec![]) };
    let letter = Letter::SetUpRefused {
        about: (&activation).into(),
        account_name: in_use.account_name.clone(),
        reason: refusal.reason.clone(),
        at: refusal.at,
        portal: page(app, licence, product),
    };
    Ok(vec![about(&activation, &whom, letter, None)])
}

/// That an activation was taken back: to who had activated (LINK-07).
async fn undone(
    app: &App,
    event: &Event,
    licence: &Licence,
    product: &Sku,
    whom: &Address,
    (account, name): (&AccountId, &str),
    by_you: bool,
) -> Result<Vec<Draft>, Error> {
    let (slots, of) =
        ((activations::activation(licence, product), licences::product(product)), licences::account(account));
    let read = |batch: Batch| batch.with(&slots.0).with(&slots.1).with(&of);
    let Some(found) = unless_done(app, event, read).await? else { return Ok(vec![]) };
    let Some(activation) = named(&found, &slots)? else { return Ok(vec![]) };
    let letter = Letter::Undone {
        about: (&activation).into(),
        // An account that was made for it went with it.
        account_name: found.get(&of)?.map_or_else(|| name.to_owned(), |account| account.name),
        by_you,
        portal: page(app, licence, product),
    };
    Ok(vec![about(&activation, whom, letter, None)])
}

/// What came of asking for a revival: to who asked. Where they have asked again since, the answer to that follows (LINK-10).
fn revival_answered(app: &App, activation: &Activation, whom: &Address, granted: bool) -> Option<Draft> {
    let reason = match (&activation.revival_declined, granted) {
        (Some(declined), false) => declined.reason.clone(),
        (None, false) => return None,
        (_, true) => String::new(),
    };
    let portal = page(app, &activation.licence, &activation.product);
    Some(about(activation, whom, Letter::RevivalAnswered { about: activation.into(), granted, reason, portal }, None))
}

/// A move to another account (LINK-07). Once it was made (`from` is where it was on), the global administrators of both
/// accounts are told; before, those of the other side are asked. What operators propose, operators confirm.
async fn remap(
    app: &App,
    event: &Event,
    licence: &Licence,
    product: &Sku,
    from: Option<&AccountId>,
) -> Result<Vec<Draft>, Error> {
    let Some(activation) = activation(app, event, licence, product).await? else { return Ok(vec![]) };
    let State::Activated(in_use) = &activation.state else { return Ok(vec![]) };
    let portal = page(app, licence, product);
    let (whom, letter) = if let Some(from) = from {
        let slots = (licences::account(from), licences::account(&in_use.account));
        let found = Batch::default().with(&slots.0).with(&slots.1).read(&app.store).await?;
        let (left, joined) = (found.get(&slots.0)?, found.get(&slots.1)?);
        let admins = left.iter().chain(&joined).flat_map(Account::global_administrators).cloned();
        let letter = Letter::RemapDone {
            about: (&activation).into(),
            from: left.as_ref().map_or_else(|| from.to_string(), |account| account.name.clone()),
            to: in_use.account_name.clone(),
            portal,
        };
        (admins.collect::<BTreeSet<Address>>(), letter)
    } else {
        let policy = &app.policy.links;
        let Some(proposed) = in_use.proposal(app.now(), policy) else { return Ok(vec![]) };
        let slots = (licences::account(&in_use.account), licences::account(&proposed.account));
        let found = Batch::default().with(&slots.0).with(&slots.1).read(&app.store).await?;
        let (from, to) = (found.get(&slots.0)?, found.get(&slots.1)?);
        let asked = match &proposed.by {
            Proposer::Holder(_) => &to,
            Proposer::Receiver(_) => &from,
            Proposer::Both(_) | Proposer::Operator(_) => return Ok(vec![]),
        };
        let Some(asked) = asked else { return Ok(vec![]) };
        let known = |it: &Account| it.id == asked.id || (it.customer.is_some() && it.customer == asked.customer);
        let name = |it: &Option<Account>| it.as_ref().filter(|it| known(it)).map(|it| it.name.clone());
        let letter = Letter::RemapProposed {
            about: (&activation).into(),
            from: name(&from),
            to: name(&to),
            ends_at: proposed.ends_at(policy),
            portal,
        };
        (asked.global_administrators().into_iter().cloned().collect(), letter)
    };
    Ok(whom.iter().map(|address| about(&activation, address, letter.clone(), None)).collect())
}

/// Who proposed a move learns that it is not made: in words of what they named themselves, for proposing gives no sight of it
/// (LINK-07).
async fn remap_ended(
    app: &App,
    event: &Event,
    (licence, product): (&Licence, &Sku),
    whom: &Address,
    account: &AccountId,
    (sees_it, declined): (bool, bool),
) -> Result<Vec<Draft>, Error> {
    let slots = (activations::activation(licence, product), licences::account(account), licences::product(product));
    let read = |batch: Batch| batch.with(&slots.0).with(&slots.1).with(&slots.2);
    let Some(found) = unless_done(app, event, read).await? else { return Ok(vec![]) };
    let Some(activation) = found.get(&slots.0)? else { return Ok(vec![]) };
    let known = |it: &Account| {
        it.is_global_admin(std::slice::from_ref(whom)) || it.customer.as_ref() == Some(&activation.customer)
    };
    let name = found.get(&slots.2)?.map_or_else(|| product.to_string(), |known| known.record.name.to_string());
    let letter = Letter::RemapEnded {
        product: name,
        licence: licence.clone(),
        to: found.get(&slots.1)?.filter(known).map(|it| it.name),
        declined,
        portal: if sees_it { page(app, licence, product) } else { format!("{}/activations", app.site.base) },
    };
    Ok(vec![Draft { product: Some(product.clone()), ..to(whom, letter) }])
}

/// Each global administrator of the account is asked, with a link of their own, while the request waits (ORG-04).
async fn join_asked(
    app: &App,
    event: &Event,
    account: &AccountId,
    asker: &ProfileId,
    generation: u32,
) -> Result<Vec<Draft>, Error> {
    let Some((join, account)) = joining(app, event, account, asker).await? else { return Ok(vec![]) };
    if join.generation != generation || !join.state_at(app.now()).is_pending() {
        return Ok(vec![]);
    }
    let ask = |admin: &Address| {
        let (account, asker) = (join.account.clone(), join.by.profile.clone());
        let link = Link::Join { account, asker, generation, to: admin.clone() };
        let link = format!("{}/j#{}", app.site.base, app.keys.links().seal(&link));
        to(admin, Letter::JoinAsked { asking: (&join).into(), ends_at: join.ends_at, link })
    };
    Ok(account.global_administrators().into_iter().map(ask).collect())
}

/// Who asked learns the outcome (APR-05), and the account's other global administrators that it is handled (APR-03).
async fn join_decided(
    app: &App,
    event: &Event,
    account: &AccountId,
    asker: &ProfileId,
    generation: u32,
    asked: &Address,
) -> Result<Vec<Draft>, Error> {
    let Some((join, account)) = joining(app, event, account, asker).await? else { return Ok(vec![]) };
    let (role, decided) = match join.state_of(generation, app.now()) {
        Some(join::State::Granted { role, decided }) => (Some(role), decided),
        Some(join::State::Denied { decided }) => (None, decided),
        _ => return Ok(vec![]),
    };
    let asking = JoinFacts { address: asked.clone(), ..(&join).into() };
    let outcome = Letter::JoinDecided {
        asking: asking.clone(),
        role,
        message: decided.message.clone(),
        portal: occasion(app, &join),
    };
    let handled = Letter::JoinHandled {
        asking,
        role,
        by: decided.by.address().clone(),
        at: decided.at,
        portal: format!("{}/joins", app.site.base),
    };
    let others = account.global_administrators().into_iter().filter(|it| *it != asked && *it != decided.by.address());
    Ok(std::iter::once(to(asked, outcome)).chain(others.map(|admin| to(admin, handled.clone()))).collect())
}

/// Who asked learns that nobody decided in time.
async fn join_ended(
    app: &App,
    event: &Event,
    account: &AccountId,
    asker: &ProfileId,
    generation: u32,
    asked: &Address,
) -> Result<Vec<Draft>, Error> {
    let Some((join, _)) = joining(app, event, account, asker).await? else { return Ok(vec![]) };
    let ended = matches!(join.state_of(generation, app.now()), Some(join::State::Ended { .. }));
    let asking = JoinFacts { address: asked.clone(), ..(&join).into() };
    let letter = Letter::JoinEnded { asking, portal: occasion(app, &join) };
    Ok(ended.then(|| to(asked, letter)).into_iter().collect())
}

/// A request to join with its account, unless its event was done already.
async fn joining(
    app: &App,
    event: &Event,
    account: &AccountId,
    asker: &ProfileId,
) -> Result<Option<(Join, Account)>, Error> {
    let slots = (joins::join(account, asker), licences::account(account));
    let read = |batch: Batch| batch.with(&slots.0).with(&slots.1);
    let Some(found) = unless_done(app, event, read).await? else { return Ok(None) };
    Ok(found.get(&slots.0)?.zip(found.get(&slots.1)?))
}

/// The page of the activation on whose way it was asked.
fn occasion(app: &App, join: &Join) -> String {
    page(app, &join.occasion.licence, &join.occasion.product)
}

async fn activation(app: &App, event: &Event, licence: &Licence, product: &Sku) -> Result<Option<Activation>, Error> {
    let slots = (activations::activation(licence, product), licences::product(product));
    match unless_done(app, event, |batch| batch.with(&slots.0).with(&slots.1)).await? {
        Some(found) => named(&found, &slots),
        None => Ok(None),
    }
}

/// An activation by its product's name as it is now.
fn named(
    found: &store::BatchResult,
    slots: &(Slot<Activation>, Slot<StoredProduct>),
) -> Result<Option<Activation>, Error> {
    let product = found.get(&slots.1)?;
    Ok(found.get(&slots.0)?.map(|activation| activation.called(product.map(|product| product.record.name.to_string()))))
}

/// An activation, and the online services manager as listed now, unless its event was done already.
async fn with_osm(
    app: &App,
    event: &Event,
    licence: &Licence,
    product: &Sku,
) -> Result<Option<(Activation, Option<Address>)>, Error> {
    let (slots, agreed) =
        ((activations::activation(licence, product), licences::product(product)), licences::agreement(licence));
    let read = |batch: Batch| batch.with(&slots.0).with(&slots.1).with(&agreed);
    let Some(found) = unless_done(app, event, read).await? else { return Ok(None) };
    let osm = found
        .get(&agreed)?
        .and_then(|agreement| agreement.record.contacts().get(&licensing::ContactName::OnlineServicesManager).cloned());
    Ok(named(&found, &slots)?.map(|activation| (activation, osm)))
}

/// The invitation, if the link of this generation is the newest and good.
fn open_invitation<'a>(app: &App, activation: &'a Activation, generation: u32) -> Option<&'a Invitation> {
    match &activation.state {
        State::Invited(invitation) if activation.generation == generation && !activation.has_expired(app.now()) => {
            Some(invitation)
        }
        _ => None,
    }
}

/// How it is in use, if it came into use by the time the event was queued: a later one has an event of its own.
fn in_use_since(activation: &Activation, queued_at: Timestamp) -> Option<&InUse> {
    match &activation.state {
        State::Activated(in_use) if in_use.at <= queued_at => Some(in_use),
        _ => None,
    }
}

fn link(app: &App, activation: &Activation, generation: u32) -> String {
    let (licence, product) = (activation.licence.clone(), activation.product.clone());
    format!("{}/a#{}", app.site.base, app.keys.links().seal(&Link::Activation { licence, product, generation }))
}

/// The portal's page of an activation.
fn page(app: &App, licence: &Licence, product: &Sku) -> String {
    let number = part(licence.number.as_str());
    format!("{}/activations/{}/{number}/{}", app.site.base, licence.programme, part(product.as_str()))
}

fn about(activation: &Activation, address: &Address, letter: Letter, generation: Option<u32>) -> Draft {
    Draft { product: Some(activation.product.clone()), generation, ..to(address, letter) }
}
