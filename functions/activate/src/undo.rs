//! Takes an activation back (LINK-07).

use api::{Code, activations::Which};
use gateway::{
    App, Oops, Request, Response,
    answer::{ok, refused},
    request::Ask,
};
use licensing::rights::{Rights, viewers};
use store::{Failed, Write};

use crate::{ATTEMPTS, who_and_around};

pub(crate) async fn undo(app: &App, request: &Request) -> Result<Response, Oops> {
    let which: Which = request.json(app)?;
    for _ in 0..ATTEMPTS {
        let (who, around) = who_and_around(app, request, &which.licence, &which.product).await?;
        let activation = around.activation.ok_or(Code::NotAllowed)?;
        let contacts = around.agreement.map(|agreement| agreement.record.contacts).unwrap_or_default();
        let rights = Rights::of(&contacts, &who.proven());
        let now = app.now();
        let by = who.acting_as(&viewers(&contacts));
        let step = activation.undo(by, &rights, &contacts, now, &app.policy.links).map_err(refused)?;
        match app.store.write_step(&step, around.head.as_ref(), now, &app.policy.links, Write::new()).await {
            Ok(()) => return Ok(ok(&which)),
            Err(Failed::Lost(_)) => {}
            Err(Failed::Error(error)) => return Err(error.into()),
        }
    }
    Err(Code::Busy.into())
}
