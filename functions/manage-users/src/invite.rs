//! Sends an invitation again (APR-08).

use api::{Code, Problem, people::InviteAgain};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{accepted, stored_answer, text_of},
    optimistic,
    request::RequestParts,
};
use licensing::{event::GivenAs, manage::Outcome};
use store::{Error, Failed};

use crate::{
    change::MOST_ABOVE,
    look::{Found, Named, Once},
    write::Said,
};

/// The same steps as a change. The letter is a new one, and the time is counted anew.
pub(crate) async fn invite(app: &App, request: &Request) -> Result<Response, ApiError> {
    let InviteAgain { licence, address, above } = request.json(app)?;
    if above.len() > MOST_ABOVE {
        return Err(Problem::new(Code::BadField).field("above").into());
    }
    let named = Named { licence, address, above };
    let once = Once::of(app, request, "invite-person")?;
    let mut unclear = false;
    optimistic!(app.store, async {
        let mut known = match named.look(app, request, Some(&once)).await? {
            Found::Answered(answer) => return Ok(stored_answer(202, answer)),
            Found::Known(known) => known,
        };
        let fails = known.fails;
        let outcome = known.judged(app, &named.address, |managing| managing.invite_again(fails)).await?;
        let shown = known.outcome(&named.address, &outcome);
        let Outcome::Changed(changed) = outcome else { return Ok(accepted(&shown)) };
        // The release before would not end it (OPS-06).
        if app.policy.stored.for_release_before {
            let detail = "Until our update is complete, nobody can be invited. Try again tomorrow. We changed nothing.";
            return Err(Problem::new(Code::UpdateUnderWay).detail(detail).into());
        }
        let said = Said::Given(GivenAs::InvitedAgain);
        let write = known.write(app, &named.address, &changed, said, (&once, text_of(&shown))).await?;
        match write.commit(&app.store).await {
            Ok(()) => Ok(accepted(&shown)),
            Err(Failed::Error(Error::Unavailable(_))) if !std::mem::replace(&mut unclear, true) => Err(Conflict::Lost),
            Err(failed) => Err(failed.into()),
        }
    })
}
