//! What an address holds: invitations that end, and ends that are told before they come (APR-08, ROLE-09).

use gateway::{App, optimistic};
use licensing::{
    Address, Licence, Timestamp,
    access::{By, Holder, Settled},
    audit::{Actor, Note, licence_chain},
    event::Event,
    roles::Role,
};
use store::{
    Batch, Error, Failed, Write,
    audit::head,
    people,
    standing::{StandingSlots, holder},
};

/// One read, and one transaction on condition that what the address holds, and whose it is, is still as it was read. One read
/// more where somebody proved it again after the invitation. What it became, if anything.
pub(crate) async fn sweep(
    app: &App,
    licence: &Licence,
    address: &Address,
    now: Timestamp,
) -> Result<Option<&'static str>, Error> {
    let (held, owner, chain) = (holder(licence, address), people::owner(address), head(&licence_chain(licence)));
    let slots = StandingSlots::of(licence);
    optimistic!(app.store, async {
        let mut batch = Batch::default().with(&held).with(&owner).with(&chain);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let (Some(before), Some(loaded)) = (got.get(&held)?, slots.from(&got)?) else { return Ok(None) };
        let (owner, chain_head) = (got.get(&owner)?, got.get(&chain)?);
        let since = app.store.registered_since(address, owner.as_ref(), Some(&before.record)).await?;
        let mut after = before.record.clone();
        let settled = after.settle(since, now);
        let ends = after.tell_of_ends(app.policy.people.end_notice_days, now);
        if after == before.record {
            return Ok(None);
        }

        let (store, version) = (&app.store, before.version + 1);
        let mut write = Write::new();
        let mut events = Vec::new();
        let mut action = "people.looked-after";
        if let Settled::Ended(roles) = &settled {
            action = "people.invitation-ended";
            let names: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
            let note = Note::new(action, Actor::Service)
                .personal("address", address.as_str())
                .fact("licence", licence.key())
                .fact("roles", names.join(" "));
            write.audit(store, &licence_chain(licence), chain_head.as_ref(), note, now);
            events.extend(given_by(&before.record, roles.iter()).map(|to| Event::InvitationEnded {
                licence: licence.clone(),
                address: address.clone(),
                version,
                to,
            }));
        }
        if let Some(last) = ends.iter().filter_map(|part| part.until).max() {
            action = "people.end-told";
            events.push(Event::EndsSoon { licence: licence.clone(), address: address.clone(), last });
        }
        let mut roster = loaded.roster().map(|roster| roster.record.clone()).unwrap_or_default();
        // Something only goes, or is noted: there is always room for that.
        if roster.note(address, &after).is_ok_and(|changes| changes) {
            write.roster(store, licence, loaded.roster(), &roster);
        }
        let mirror = app.store.get(&store::standing::held(address, licence)).await?;
        let customer = mirror.map(|held| held.customer_name).unwrap_or_default();
        write.holder(store, loaded.agreement(), &customer, address, Some(&before), &after);
        match &owner {
            Some(owner) => write.check_owner(store, address, &owner.profile),
            None => write.check_unowned(store, address),
        }
        write.events(store, &events, now);
        write.commit(store).await?;
        Ok::<_, Failed>(Some(action))
    })
}

/// Who gave one of these roles: the one who gave last is told.
fn given_by<'a>(holder: &Holder, roles: impl Iterator<Item = &'a Role>) -> Option<Address> {
    let grants = roles.filter_map(|role| holder.assigned.roles.get(role));
    let newest = grants.filter_map(|grant| match &grant.by {
        By::Person { address, .. } => Some((grant.at, address.clone())),
        _ => None,
    });
    newest.max_by_key(|(at, _)| *at).map(|(_, address)| address)
}
