//! Decides on a request to join: whoever is first; all others see what was decided and when (APR-01 … APR-04).

use api::{
    Code,
    joins::{Decide, Decision as Asked},
};
use gateway::{
    ApiError, App, Request, Response,
    answer::{join_refused, ok},
    request::{Ask, typed},
};
use licensing::{
    account::AccountRole,
    join::{Deciding, Decision, Refused},
    words::LONGEST_TEXT,
};
use store::{Error, Failed};

use crate::{ATTEMPTS, inspect::Named};

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
    for _ in 0..ATTEMPTS {
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
            Err(other) => return Err(join_refused(other)),
        };
        match app.store.write_join(&step, &known.context, now).await {
            Ok(()) => return Ok(ok(&known.shown_as(step.after(), &named, now)?)),
            // The address went to somebody else: the rule says what that means.
            Err(Failed::Lost(lost)) if lost.part == "owner" => asker_has_address = false,
            Err(Failed::Lost(_)) => {}
            Err(Failed::Error(Error::Unavailable(_))) if !unclear => unclear = true,
            Err(Failed::Error(error)) => return Err(error.into()),
        }
    }
    Err(Code::Busy.into())
}
