//! Decides on a request to join. The first decision counts; everyone else sees what was decided and when (APR-01 … APR-04).

use api::joins::{Decide, Decision as Asked};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{join_refused, ok},
    optimistic,
    request::{RequestParts, typed},
};
use licensing::{
    account::AccountRole,
    join::{Deciding, Decision, Refused},
    words::LONGEST_TEXT,
};
use store::{Error, Failed};

use crate::inspect::Named;

/// One read, one transaction. Repeating it changes nothing and is answered with what was decided.
pub(crate) async fn decide(app: &App, request: &Request) -> Result<Response, ApiError> {
    let Decide { request: which, decision, message } = request.json(app)?;
    let message = typed("message", &message, LONGEST_TEXT)?;
    let decision = match decision {
        Asked::Deny => Decision::Deny,
        Asked::BillingAdministrator => Decision::Grant(AccountRole::BillingAdministrator),
        Asked::GlobalAdministrator => Decision::Grant(AccountRole::GlobalAdministrator),
    };
    let named = Named::of(app, which)?;
    let mut asker_has_address = true;
    let mut unclear = false;
    optimistic!(app.store, async {
        let known = named.look(app, request).await?;
        let now = app.now();
        if !named.is_newest(&known.join) {
            return Ok(ok(&known.shown(&named, now)?));
        }
        let addresses = known.addresses();
        let deciding =
            Deciding { by: &known.decider, addresses: &addresses, account: &known.account, asker_has_address };
        let step = match known.join.clone().decide(decision, &message, &deciding, now) {
            Ok(step) => step,
            Err(Refused::Over) => return Ok(ok(&known.shown(&named, now)?)),
            Err(other) => return Err(join_refused(other).into()),
        };
        match app.store.write_join(&step, &known.context, now, store::Write::new()).await {
            Ok(()) => Ok(ok(&known.shown_as(step.after(), &named, now)?)),
            // The address went to somebody else: the rule says what that means.
            Err(Failed::Lost(lost)) if lost.part == "owner" => {
                asker_has_address = false;
                Err(Conflict::Lost)
            }
            // It may have been made although no answer came: then it is found in the next round.
            Err(Failed::Error(Error::Unavailable(_))) if !std::mem::replace(&mut unclear, true) => Err(Conflict::Lost),
            Err(failed) => Err(failed.into()),
        }
    })
}
