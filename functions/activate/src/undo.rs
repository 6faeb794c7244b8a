//! Takes an activation back (LINK-07).

use api::{Code, activations::Which};
use gateway::{
    App, Oops, Request, Response,
    answer::{ok, refused},
    request::Ask,
};
use licensing::{
    activation::{Activation, InUse, Setup, State},
    rights::{Rights, viewers},
};
use store::{Failed, Write};

use crate::{ATTEMPTS, who_and_around};

pub(crate) async fn undo(app: &App, request: &Request) -> Result<Response, Oops> {
    let which: Which = request.json(app)?;
    let mut meant = None;
    for _ in 0..ATTEMPTS {
        let (who, around) = who_and_around(app, request, &which.licence, &which.product).await?;
        let activation = around.activation.ok_or(Code::NotAllowed)?;
        // Whoever was faster took it back as well, and it may be in use anew: that is not what was to be taken back.
        if meant.as_ref().is_some_and(|meant| !is_still(meant, &activation)) {
            return Ok(ok(&which));
        }
        let contacts = around.agreement.map(|agreement| agreement.record.contacts).unwrap_or_default();
        let rights = Rights::of(&contacts, &who.proven());
        let now = app.now();
        let by = who.acting_as(&viewers(&contacts));
        let step = activation.undo(by, &rights, &contacts, now, &app.policy.links).map_err(refused)?;
        match app.store.write_step(&step, around.head.as_ref(), now, &app.policy.links, Write::new()).await {
            Ok(()) => return Ok(ok(&which)),
            Err(Failed::Lost(_)) => meant = in_use(activation),
            Err(Failed::Error(error)) => return Err(error.into()),
        }
    }
    Err(Code::Busy.into())
}

fn in_use(activation: Activation) -> Option<InUse> {
    match activation.state {
        State::Activated(in_use) | State::Provisioning(Setup { in_use, .. }) => Some(in_use),
        _ => None,
    }
}

/// Whether it is in use as it was: since the same moment, by the same request, wherever it was moved to.
fn is_still(meant: &InUse, activation: &Activation) -> bool {
    activation.on_account().is_some_and(|now| (now.at, &now.request) == (meant.at, &meant.request))
}
