//! Asks for the revival of a link that ended unused; an operator grants it (LINK-10).

use api::{Code, activations::Which};
use gateway::{
    ApiError, App, Conflict, Request, Response,
    answer::{accepted, refused},
    optimistic,
    request::RequestParts,
    rights::rights,
};
use licensing::rights::Rights;
use store::Write;

use crate::who_and_context;

pub(crate) async fn ask(app: &App, request: &Request) -> Result<Response, ApiError> {
    let which: Which = request.json(app)?;
    optimistic!(app.store, async {
        let (who, mut context) = who_and_context(app, request, &which.licence, &which.product).await?;
        let activation = context.activation.take().ok_or(Code::NotAllowed)?;
        let proven = who.proven();
        let may = |rights: &Rights| activation.may_ask_revival(&proven, rights);
        if !may(&rights(app, &mut context.loaded, &proven, may).await?) {
            return Err(Code::NotAllowed.into());
        }
        let now = app.now();
        let by = who.acting_as(context.contacts.values());
        let Some(step) = activation.ask_revival(by, now, &app.policy.links).map_err(refused)? else {
            return Ok(accepted(&which));
        };
        let mut also = Write::new();
        context.judged_by(&mut also, &app.store);
        app.store.write_step(&step, context.head.as_ref(), now, &app.policy.links, also).await?;
        Ok::<_, Conflict>(accepted(&which))
    })
}
