//! Changes what somebody may do, or shows what that would do.

use api::{Code, Problem, people::ChangePerson};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{ok, stored_answer},
    optimistic,
    request::RequestParts,
};
use licensing::manage::{Change, Changed, Outcome, Refused};
use store::{Error, Failed};

use crate::{
    below,
    look::{Found, Known, Named, Once},
    refusal::refused,
    write::Said,
};

/// What stands above an agreement: two at most.
pub(crate) const MOST_ABOVE: usize = 2;

/// One read where the page said what stands above, and nothing is written. Where an Administrator would go, some more count the
/// agreements below that would have nobody (ROLE-08).
pub(crate) async fn preview(app: &App, request: &Request) -> Result<Response, ApiError> {
    let (named, change, seen) = asked(app, request)?;
    let Found::Known(mut known) = named.look(app, request, None).await? else { return Err(Code::Internal.into()) };
    known.is_as_seen(seen)?;
    let outcome = known.judged(app, &named.address, |managing| change.judge(managing)).await?;
    let mut shown = known.outcome(&named.address, &outcome);
    if let Outcome::Changed(changed) = &outcome {
        must_be_heeded(app, &known, &change, changed)?;
        let counted = below::without(app, &known, &named.address, changed).await?;
        (shown.children_without, shown.or_more) = counted;
    }
    Ok(ok(&shown))
}

/// One read where the page said what stands above, and one transaction; one read more where who acts would not be the one who
/// remains.
pub(crate) async fn change(app: &App, request: &Request) -> Result<Response, ApiError> {
    let (named, change, seen) = asked(app, request)?;
    let once = Once::of(app, request, "change-person")?;
    let mut unclear = false;
    optimistic!(app.store, async {
        let mut known = match named.look(app, request, Some(&once)).await? {
            Found::Answered(answer) => return Ok(stored_answer(200, answer)),
            Found::Known(known) => known,
        };
        known.is_as_seen(seen)?;
        let outcome = known.judged(app, &named.address, |managing| change.judge(managing)).await?;
        let shown = known.outcome(&named.address, &outcome);
        let Outcome::Changed(changed) = outcome else { return Ok(ok(&shown)) };
        must_be_heeded(app, &known, &change, &changed)?;
        let answer = gateway::answer::text_of(&shown);
        let write = known.write(app, &named.address, &changed, Said::of(&change), (&once, answer)).await?;
        match write.commit(&app.store).await {
            Ok(()) => Ok(ok(&shown)),
            // It may have been made although no answer came: then the next round finds what was answered.
            Err(Failed::Error(Error::Unavailable(_))) if !std::mem::replace(&mut unclear, true) => Err(Conflict::Lost),
            Err(failed) => Err(failed.into()),
        }
    })
}

fn asked(app: &App, request: &Request) -> Result<(Named, Change, Option<u64>), ApiError> {
    let ChangePerson { licence, address, change, above, seen } = request.json(app)?;
    if above.len() > MOST_ABOVE {
        return Err(Problem::new(Code::BadField).field("above").into());
    }
    Ok((Named { licence, address, above }, change.into(), seen))
}

/// The release before would let a removed person opt in again, count what was denied, and not end an invitation (OPS-06).
fn must_be_heeded(app: &App, known: &Known, change: &Change, changed: &Changed) -> Result<(), ApiError> {
    let takes = matches!(change, Change::Remove | Change::Deny { .. });
    if app.policy.stored.for_release_before
        && (takes || changed.invites || known.owner.is_none() && changed.given.is_some())
    {
        let detail = "Until our update is complete, nobody can be removed, denied or invited. Try again tomorrow. We changed nothing.";
        return Err(Problem::new(Code::UpdateUnderWay).detail(detail).into());
    }
    Ok(())
}

impl Known {
    /// Whether what was shown of the person is still so.
    fn is_as_seen(&self, seen: Option<u64>) -> Result<(), ApiError> {
        let version = self.here().map_or(0, |here| here.version);
        if seen.is_some_and(|seen| seen != version) { Err(refused(Refused::ChangedSince)) } else { Ok(()) }
    }
}
