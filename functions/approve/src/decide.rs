//! Decides on a request for permission. The first decision counts; everyone else sees what was decided and when (APR-01 … APR-06).

use api::{
    Code, Problem,
    requests::{DecideRequest, RequestDecision},
};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{ok, request_refused},
    optimistic,
    request::{RequestParts, typed},
};
use licensing::{
    request::{Decider, Deciding, Decision, Refused},
    words::LONGEST_TEXT,
};
use store::{Error, Failed, Write, requests::GrantWritten};

use crate::inspect::Named;

/// Two reads, one transaction; one read more for each level above, where the Licensing ID alone does not make the reader an
/// Administrator. Repeating it changes nothing and is answered with what was decided.
pub(crate) async fn decide(app: &App, request: &Request) -> Result<Response, ApiError> {
    let DecideRequest { request: which, decision, message } = request.json(app)?;
    let message = typed("message", &message, LONGEST_TEXT)?;
    let decision = match decision {
        RequestDecision::Deny(true) => Decision::Deny,
        RequestDecision::Deny(false) => {
            let detail = "Send `true` to deny, or what is granted. We changed nothing.";
            return Err(Problem::new(Code::BadField).field("decision.deny").detail(detail).into());
        }
        RequestDecision::Grant(roles) => Decision::Grant(roles.into()),
    };
    let named = Named::of(app, which)?;
    let mut asker_has_address = true;
    let mut unclear = false;
    optimistic!(app.store, async {
        let known = named.look(app, request).await?;
        let (now, policy) = (app.now(), &app.policy.requests);
        let grant = app.store.grant_context(&known.loaded, &known.permission.by.address).await?;
        let shown = |permission| known.shown_as(permission, &named, &grant.customer_name, now);
        let addresses = known.addresses();
        let deciding =
            Deciding { by: &known.decider, addresses: &addresses, standing: &known.standing, asker_has_address };
        let step = match known.permission.clone().decide(decision.clone(), &message, named.number(), &deciding, now) {
            Ok(step) => step,
            // What was shown has ended since, or another one took its place: that is shown.
            Err(Refused::Over) => return Ok(ok(&shown(&known.permission)?)),
            Err(other) => return Err(request_refused(other).into()),
        };
        let mut write = Write::new();
        write.request(&app.store, &step, &known.context, now, policy);
        let written = write.granted(&app.store, &step, &known.loaded, &grant);
        if written == GrantWritten::TooLong {
            return Err(Code::RosterFull.into());
        }
        // Who decides must be Administrator in the moment of the change, and have the address that makes them one.
        let writes_roster = written == GrantWritten::Granted { roster: true };
        write.judged_by(&app.store, &known.loaded, known.levels, writes_roster);
        if let Decider::Session(person) = &known.decider {
            write.check_owner(&app.store, &person.address, &person.profile);
        }
        match write.commit(&app.store).await {
            Ok(()) => Ok(ok(&shown(step.after())?)),
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
