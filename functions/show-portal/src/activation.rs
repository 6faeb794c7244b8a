//! One activation, with the buttons that help and the reasons for where it is (ACT-12, LINK-05).

use api::{
    Code,
    activations::{self as shown, LineExplained},
};
use gateway::{App, Oops, Request, Response, answer, session::WhoSlots};
use licensing::{
    Licence, Sku,
    activation::{Activation, Setup, State},
};
use store::{
    Batch,
    activations::activation,
    licences::{LinkedAccount, agreement},
};

use crate::{
    facts::{self, Facts, Product},
    joins::Joined,
    ledger::{self, Letters},
    shown::{mail_status, row},
};

/// Two steps, a third to find the accounts that it can be moved to or that can be joined, and a fourth where joining is
/// offered. Who may not see it gets the same answer, after the same steps, as for one that is not there.
pub(crate) async fn one(app: &App, request: &Request, licence: &Licence, product: &Sku) -> Result<Response, Oops> {
    let (who, found, agreed) = (WhoSlots::of(app, request), activation(licence, product), agreement(licence));
    let mut batch = Batch::default().with(&found).with(&agreed);
    who.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who.take(app, &got)?;
    let found = got.get(&found)?;
    let contacts = got.get(&agreed)?.map(|agreement| agreement.record.contacts).unwrap_or_default();
    let mut facts = Facts::new(app, &who, contacts);

    let letters =
        found.as_ref().map(|found| Letters::about(found, &facts.contacts, &app.policy.links)).unwrap_or_default();
    let mut batch = Batch::default();
    facts::add_suppressions(&facts.contacts, &mut batch);
    letters.add_to(&mut batch);
    if let Some(found) = &found {
        LinkedAccount::of(&found.customer).add_to(&mut batch);
    }
    let (got, administered, orders, touched) =
        tokio::join!(batch.read(&app.store), facts.administered(), app.store.orders_of(licence), who.touch(app));
    touched?;
    let (got, mut orders) = (got?, orders?);
    (facts.osm_administers, facts.administers) = administered?;
    facts.failing = facts::failing(&facts.contacts, &got)?;
    let found = found.filter(|found| facts.may_see(found)).ok_or(Code::NotAllowed)?;

    let linked = facts::linked(&found.customer, &got)?;
    let accounts = facts.account_slots([&found], linked.as_ref());
    let joining = Joined::of(&facts, found.account().or(linked.as_ref()));
    let mut batch = Batch::default();
    for slot in &accounts {
        batch.add(slot);
    }
    if let Some(joining) = &joining {
        joining.add_to(&mut batch);
    }
    let read = batch.read(&app.store).await?;
    facts.accounts = facts::all(&accounts, &read)?;
    let joining = match joining {
        Some(joining) => joining.before(&facts, &found, &read, &who.profile.name()).await?,
        None => None,
    };

    let letters = letters.from(&got)?;
    let about = Product { name: &found.product_name, kind: found.kind };
    let lines = facts::lines(&mut orders)
        .filter(|(order, number)| order.order.lines[*number].product == *product)
        .map(|(order, number)| facts.line(order, number, &about, Some(&found), &letters))
        .collect();
    Ok(answer::ok(&shown::Activation { joining, ..page(&facts, &found, &letters, lines) }))
}

fn page(
    facts: &Facts<'_>,
    found: &Activation,
    letters: &ledger::Found,
    lines: Vec<LineExplained>,
) -> shown::Activation {
    let (invitation, in_use, send_at) = match &found.state {
        State::Invited(invitation) | State::Expired { invitation, .. } => (Some(invitation), None, None),
        State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => (None, Some(in_use), None),
        State::Scheduled { send_at, .. } => (None, None, Some(*send_at)),
        State::Stuck { .. } => (None, None, None),
    };
    let remap = in_use.and_then(|in_use| in_use.remap.as_ref());
    let waits = found.on_account().is_none();
    let setting_up = match &found.state {
        State::Provisioning(setup) => Some(shown::SettingUp {
            takes_long: found.takes_long(facts.now, &facts.app.policy.links),
            refused: setup.refused.as_ref().map(|refusal| refusal.reason.clone()),
        }),
        _ => None,
    };
    let summary = found.summary();
    let (cures, accounts) = facts.cures(found);
    shown::Activation {
        row: row(&summary, facts.now),
        kind: found.kind,
        to: found.addressee().filter(|_| waits).map(|to| (to.contact, to.address.masked())),
        send_at: send_at.map(Into::into),
        mailed_at: invitation.map(|invitation| invitation.mailed.into()),
        expires_at: summary.ends.map(Into::into),
        activated_at: in_use.map(|in_use| in_use.at.into()),
        setting_up,
        activated_by: in_use.and_then(|in_use| in_use.by.as_ref()).map(|by| by.address.masked()),
        undo_until: in_use.and_then(|in_use| in_use.undo_until).filter(|end| facts.now < *end).map(Into::into),
        moving_to: remap.map(|remap| remap.account_name.clone()),
        moving_to_id: remap.map(|remap| remap.account.clone()),
        accounts,
        joining: None,
        revivals: found.revivals,
        mails: letters.newest.iter().map(|letter| mail_status(facts.app, letter)).collect(),
        cures,
        lines,
    }
}
