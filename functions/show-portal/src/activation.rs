//! One activation, with the buttons that help and the reasons for where it is (ACT-12, LINK-05).

use api::{Code, activations as api_};
use gateway::{App, Oops, Request, Response, answer, session::WhoSlots};
use licensing::{Licence, Sku, activation::State, rights::Rights};
use store::{Batch, activations::activation, licences::agreement};

use crate::shown;

/// Answers one activation.
pub(crate) async fn one(app: &App, request: &Request, licence: &Licence, product: &Sku) -> Result<Response, Oops> {
    let (who, found, agreed) = (WhoSlots::of(app, request), activation(licence, product), agreement(licence));
    let mut batch = Batch::default().with(&found).with(&agreed);
    who.add_to(&mut batch);
    let got = batch.read(&app.store).await?;
    let who = who.take(app, &got)?;
    let (Some(activation), Some(agreement)) = (got.get(&found)?, got.get(&agreed)?) else {
        return Err(Code::NotAllowed.into());
    };
    let proven = who.proven();
    let rights = Rights::of(&agreement.record.contacts, &proven);
    if !activation.may_confirm(&proven, &rights) {
        return Err(Code::NotAllowed.into());
    }
    who.touch(app).await?;
    let now = app.now();
    let (invitation, in_use) = match &activation.state {
        State::Invited(invitation) | State::Expired { invitation, .. } => (Some(invitation), None),
        State::Activated(in_use) => (None, Some(in_use)),
        State::Stuck { .. } | State::Scheduled { .. } => (None, None),
    };
    let send_at = match &activation.state {
        State::Scheduled { send_at, .. } => Some(*send_at),
        _ => None,
    };
    Ok(answer::ok(&api_::Activation {
        row: shown::row(&activation.summary(), now),
        kind: activation.kind,
        to: activation.addressee().map(|to| (to.contact, to.address.masked())),
        send_at: send_at.map(Into::into),
        mailed_at: invitation.map(|invitation| invitation.mailed.into()),
        expires_at: activation.summary().ends.map(Into::into),
        activated_at: in_use.map(|in_use| in_use.at.into()),
        activated_by: in_use.and_then(|in_use| in_use.by.as_ref()).map(|by| by.address.masked()),
        undo_until: in_use.and_then(|in_use| in_use.undo_until).map(Into::into),
        moving_to: in_use.and_then(|in_use| in_use.remap.as_ref()).map(|remap| remap.account_name.clone()),
        moving_to_id: in_use.and_then(|in_use| in_use.remap.as_ref()).map(|remap| remap.account.clone()),
        accounts: Vec::new(),
        revivals: activation.revivals,
        mails: Vec::new(),
        cures: Vec::new(),
        lines: Vec::new(),
    }))
}
