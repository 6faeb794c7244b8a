//! Finds out who decides on a request (REQ-03, REQ-07): everybody who is Administrator, by whatever source, but who asks.

use gateway::{App, optimistic};
use licensing::{
    Address, Licence, ProfileId,
    event::Event,
    request::{Found, Request},
};
use store::{
    Batch, Error, Failed, Item, Write, licences, outbox,
    people::{self, Profile},
    requests::{RequestContext, RequestSlots},
};

use crate::follow::follow;

/// Does what an outbox item asks for, if it is for this function and not done.
pub(crate) async fn take(app: &App, item: Item) -> Result<(), Error> {
    let Some(queued) = outbox::of_record(item)? else { return Ok(()) };
    match &queued.event {
        Event::PermissionAsked { licence, asker, generation } => find_out(app, licence, asker, *generation).await,
        event @ Event::AgreementEndMoved { licence, .. } => follow(app, licence, event).await,
        _ => Ok(()),
    }
}

/// Reads the Licensing ID with what stands above it, finds those who decide, gives each a row in their inbox, and writes the
/// request with what is to be emailed and the event's end in one transaction. Cut off in between it is repeated: rows of inboxes
/// are keys, and written again they are the same.
pub async fn find_out(app: &App, licence: &Licence, asker: &ProfileId, generation: u32) -> Result<(), Error> {
    let event = Event::PermissionAsked { licence: licence.clone(), asker: asker.clone(), generation };
    let slots = RequestSlots::new(licence, asker);
    let profile_slot = people::profile(asker);
    optimistic!(app.store, async {
        let mut batch = Batch::default().with(&profile_slot);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let (mut context, profile) = (slots.from(&got)?, got.get(&profile_slot)?);
        let now = app.now();
        let Some(request) = context.request.take() else { return Ok(app.store.event_done(&event.id(), now).await?) };
        if !request.is_to_be_routed(generation, now) {
            let Some(step) = request.settle(generation) else {
                return Ok(app.store.event_done(&event.id(), now).await?);
            };
            let mut write = Write::new();
            write.request(&app.store, &step, &context, now, &app.policy.requests);
            write.event_done(&app.store, &event.id(), now);
            return write.commit(&app.store).await;
        }
        if let Some(loaded) = context.loaded.take() {
            context.loaded = Some(app.store.with_all_above(loaded).await?);
        }
        // Who asks decides nowhere, by whichever of their addresses; a colleague is who has one that counts.
        let held = profile.as_ref().map(Profile::held).unwrap_or_default();
        let counting = profile.map(|profile| profile.proven(now, &app.policy.addresses)).unwrap_or_default();
        let step = decide_who(app, request, &context, &held, &counting).await?;

        let mut write = Write::new();
        write.request(&app.store, &step, &context, now, &app.policy.requests);
        write.event_done(&app.store, &event.id(), now);
        write.commit(&app.store).await
    })
}

/// The request with who decides on it; each of them has its row in the inbox by then.
async fn decide_who(
    app: &App,
    request: Request,
    context: &RequestContext,
    addresses: &[Address],
    counting: &[Address],
) -> Result<licensing::request::Step, Failed> {
    let now = app.now();
    let Some(loaded) = &context.loaded else {
        let found = Found { standing: None, addresses, colleague: false, unreachable: 0 };
        return Ok(request.route(&found, now));
    };
    let standing = loaded.standing();
    let customer = &loaded.agreement().customer;
    let deciders = request.deciders(&standing, addresses, now);
    let mut batch = Batch::default().with(&licences::customer(customer));
    for address in &deciders {
        batch.add(&licences::suppression(address));
    }
    let got = batch.read(&app.store).await?;
    let mut unreachable = 0;
    for address in &deciders {
        let fails = got.get(&licences::suppression(address))?.is_some_and(|reach| app.store.fails(&reach, now));
        unreachable += usize::from(fails);
    }
    let name = got.get(&licences::customer(customer))?.map(|customer| customer.record.name.to_string());
    let domains = app.store.domains_of(customer).await?;
    let colleague = standing.is_colleague(counting, &domains);
    let step = request.route(&Found { standing: Some(&standing), addresses, colleague, unreachable }, now);
    let name = name.unwrap_or_else(|| customer.to_string());
    app.store.put_into_inboxes(step.after(), &name, deciders.iter()).await?;
    Ok(step)
}
