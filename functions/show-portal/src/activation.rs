//! One activation, with the buttons that help and the reasons for where it is (ACT-12, LINK-05).

use api::{
    Code,
    activations::{self as shown, LineExplained},
};
use gateway::{ApiError, App, Request, Response, answer, session::WhoSlots};
use licensing::{
    Address, Licence, Sku,
    activation::{Activation, Setup, State},
    rights::Rights,
};
use store::{
    Batch,
    activations::activation,
    licences::{self, LinkedAccount},
    standing::StandingSlots,
};

use crate::{
    facts::{self, Facts, Lines, Product},
    joins::Joined,
    ledger::{self, Letters},
    refusal::nothing_there,
    shown::{mail_status, row},
};

/// Two steps, a third to find the accounts that it can be moved to or that can be joined, and a fourth where joining is
/// offered. For whoever neither manages the Licensing ID nor is the addressee, what they administer is read first and by
/// itself: who may not see it gets the same answer, after the same reads, whether or not it is there and whatever was ordered.
pub(crate) async fn one(app: &App, request: &Request, licence: &Licence, product: &Sku) -> Result<Response, ApiError> {
    let (who, found, standing) = (WhoSlots::of(app, request), activation(licence, product), StandingSlots::of(licence));
    let of = licences::product(product);
    let mut batch = Batch::default().with(&found).with(&of);
    standing.add_to(&mut batch);
    who.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who.take(app, &got)?;
    let name = got.get(&of)?.map(|product| product.record.name.to_string());
    let found = got.get(&found)?.map(|found| found.called(name));
    let may =
        |proven: &[Address], rights: &Rights| found.as_ref().is_some_and(|found| found.may_confirm(proven, rights));
    let mut facts = Facts::of(app, &who, standing.from(&got)?, may).await?;
    let manages = may(&facts.proven, &facts.rights);
    if !manages {
        let (administers, touched) = tokio::join!(facts.administers(), who.touch(app));
        touched?;
        facts.administers = administers?;
        match found.as_ref() {
            Some(found) if facts.may_see(found) => {}
            Some(found) if facts.may_be_asked(found) => return only_proposed(facts, found).await,
            _ => return Err(nothing_there(app, licence, facts.loaded.as_ref()).await),
        }
    }

    let letters =
        found.as_ref().map(|found| Letters::about(found, &facts.contacts, &app.policy.links)).unwrap_or_default();
    let mut batch = Batch::default();
    facts::add_suppressions(&facts.contacts, &mut batch);
    letters.add_to(&mut batch);
    if let Some(found) = &found {
        LinkedAccount::of(&found.customer).add_to(&mut batch);
    }
    let mine = async {
        if !manages {
            return Ok(facts.administers.clone());
        }
        let (administers, touched) = tokio::join!(facts.administers(), who.touch(app));
        touched.map(|()| administers)?.map_err(ApiError::from)
    };
    let (got, osm, mine, orders) =
        tokio::join!(batch.read(&app.store), facts.osm_administers(), mine, app.store.orders_of(licence));
    let (got, orders) = (got?, orders?);
    (facts.osm_administers, facts.administers) = (osm?, mine?);
    facts.failing = facts::failing(app, &facts.contacts, &got)?;
    let found = found.ok_or(Code::NotAllowed)?;

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
    let mut lines = Lines::newest(orders, None, |ordered| ordered == product).ok_or(Code::Internal)?;
    let (read, lines_read) = tokio::join!(batch.read(&app.store), lines.read(app));
    let read = read?;
    lines_read?;
    facts.accounts = facts::all(&accounts, &read)?;
    let joining = match joining {
        Some(joining) => joining.before(&facts, &found, &read, &who.profile.name()).await?,
        None => None,
    };

    let letters = letters.from(&got)?;
    let about = Product { name: &found.product_name, kind: found.kind };
    let line = |(order, number)| facts.line(order, number, &about, Some(&found), &letters);
    let lines = lines.all().map(line).collect();
    Ok(answer::ok(&shown::Activation { joining, ..page(&facts, &found, &letters, lines) }))
}

/// What whoever is asked to agree to a move to their account sees of it: what would come, and from where.
async fn only_proposed(mut facts: Facts<'_>, found: &Activation) -> Result<Response, ApiError> {
    let slots = facts.account_slots([found], None);
    let mut batch = Batch::default();
    for slot in &slots {
        batch.add(slot);
    }
    facts.accounts = facts::all(&slots, &batch.read(&facts.app.store).await?)?;
    if !facts.case(found).is_asked_to_receive() {
        return Err(Code::NotAllowed.into());
    }
    let whole = page(&facts, found, &ledger::Found::default(), Vec::new());
    Ok(answer::ok(&shown::Activation {
        row: shown::Row { date: None, ..whole.row },
        activated_at: None,
        activated_by: None,
        undo_until: None,
        accounts: Vec::new(),
        only_proposed: true,
        ..whole
    }))
}

/// Who asked for its revival, and what came of it: by whom, for the Administrators and who asked (LINK-10).
fn revival(facts: &Facts<'_>, found: &Activation) -> Option<shown::RevivalAsked> {
    let declined = found.revival_declined.as_ref();
    let asked = found.revival_asked().or_else(|| declined.map(|declined| &declined.asked))?;
    let declined = declined.filter(|declined| declined.asked == *asked);
    let by_you = asked.by.profile == facts.person.profile;
    Some(shown::RevivalAsked {
        at: asked.at.into(),
        by_you,
        by: (by_you || facts.rights.is_administrator()).then(|| asked.by.address.masked()),
        declined_at: declined.map(|declined| declined.at.into()),
        reason: declined.map(|declined| declined.reason.clone()),
    })
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
    let policy = &facts.app.policy.links;
    let remap = in_use.and_then(|in_use| in_use.proposal(facts.now, policy));
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
        moving_to: remap.map(|remap| facts.name_of(&remap.account, found)),
        moving_until: remap.map(|remap| remap.ends_at(policy).into()),
        only_proposed: false,
        moving_to_id: remap.map(|remap| remap.account.clone()),
        accounts,
        joining: None,
        revival: revival(facts, found),
        revivals: found.revivals,
        mails: letters.newest.iter().map(|letter| mail_status(facts.app, letter)).collect(),
        cures,
        later: facts.later(found),
        lines,
    }
}
