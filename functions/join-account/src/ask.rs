//! Asks to join the account of the customer whose service is to be activated (LINK-03).

use api::{
    Code,
    joins::{AskToJoin, MyRequest},
};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{accepted, join_refused, refused_by},
    optimistic,
    request::{RequestParts as _, target},
    rights::rights,
    session::WhoSlots,
};
use licensing::{
    ProfileId,
    account::Account,
    join::{AskContext, AskOutcome, Join},
    limit::{TryAgainAt, span},
    rights::{Rights, viewers},
};
use store::{Batch, Error, Failed, Write, activations::ActivationContextSlots, joins::JoinSlots, marks::tally};

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// Two reads (what the account is, and who of its administrators can be reached), one transaction. Asking again while the
/// same request waits changes nothing.
pub(crate) async fn ask(app: &App, request: &Request) -> Result<Response, ApiError> {
    let AskToJoin { target: about, account } = request.json(app)?;
    let (licence, product, generation) = target(app, &about)?;
    let who_slots = WhoSlots::of(app, request);
    let asker: ProfileId = who_slots.ids().map(|(profile, _)| profile.clone()).ok_or(Code::SignInNeeded)?;
    let (slots, join_slots) = (ActivationContextSlots::new(&licence, &product), JoinSlots::new(&account, &asker));
    let mut unclear = false;
    optimistic!(app.store, async {
        let mut batch = Batch::default();
        who_slots.add_to(&mut batch);
        slots.add_to(&mut batch);
        join_slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let who = who_slots.take(app, &got)?;
        let mut around = slots.from(&got)?;
        let activation = around.activation.take().ok_or(Code::NotAllowed)?;
        let mut context = join_slots.from(&got)?;

        // Whoever may activate may ask, also when a colleague has done so.
        let (proven, now) = (who.proven(), app.now());
        let enough = |rights: &Rights| activation.may_confirm(&proven, rights);
        let rights = rights(app, &mut around.loaded, &proven, enough).await?;
        let may = activation.may_ask_to_join(&proven, &rights, generation, now);
        may.map_err(|refusal| refused_by(generation, refusal))?;

        // One that is not there is answered like one that is another customer's, after the same reads.
        let theirs = |account: &Account| account.customer.as_ref() == Some(&activation.customer);
        let account = context.account.clone().filter(theirs).ok_or(Code::NoSuchAccount)?;
        let (_, failing) = app.store.asking(&account, &asker, now).await?;
        let wanted = activation.addressee().map(|to| &to.address);
        let by = who.acting_as(wanted.into_iter().chain(&viewers(&around.contacts)));
        let name = who.profile.name();
        let asking =
            AskContext { by: &by, addresses: &proven, name: &name, account: &account, activation: &activation };
        let before = context.join.take();
        let fails = |address: &licensing::Address| failing.contains(address);
        let step = match Join::ask(before, &asking, fails, now, &app.policy.joins).map_err(join_refused)? {
            AskOutcome::Pending(join) => return Ok(accepted(&MyRequest::of(&join, now))),
            AskOutcome::New(step) => *step,
        };
        // However many people ask, an account's administrators are mailed so many requests a day.
        let (day, end) = span(now, DAY);
        let (counter, most) =
            (tally(&format!("asks#account#{}", account.id), day), app.policy.joins.asks_a_day_an_account);
        let mut also = Write::new();
        around.judged_by(&mut also, &app.store);
        also.tally("asks", &app.store, &counter, most, now);
        match app.store.write_join(&step, &context, now, also).await {
            Ok(()) => Ok(accepted(&MyRequest::of(step.after(), now))),
            Err(Failed::Lost(lost)) if lost.part == "asks" => Err(TryAgainAt(end).into()),
            // It may have been made although no answer came: then it is found in the next round.
            Err(Failed::Error(Error::Unavailable(_))) if !std::mem::replace(&mut unclear, true) => Err(Conflict::Lost),
            Err(failed) => Err(failed.into()),
        }
    })
}
