//! Moves an activation to another account: one side's global administrator proposes, the other's confirms (LINK-07).

use api::{
    Code,
    activations::{Remap, Remapped},
};
use gateway::{
    App, Oops, Request, Response,
    answer::{ok, refused},
    request::Ask,
};
use licensing::{
    account::Account,
    activation::{Activation, State},
    explain::side,
};
use store::{Batch, Failed, Write, licences};

use crate::{ATTEMPTS, who_and_around};

pub(crate) async fn remap(app: &App, request: &Request) -> Result<Response, Oops> {
    let Remap { licence, product, account } = request.json(app)?;
    for _ in 0..ATTEMPTS {
        let (who, around) = who_and_around(app, request, &licence, &product).await?;
        let activation = around.activation.ok_or(Code::NotAllowed)?;
        let State::Activated(in_use) = &activation.state else { return Err(Code::NotActivated.into()) };

        let (from_slot, to_slot) = (licences::account(&in_use.account), licences::account(&account));
        let got = Batch::default().with(&from_slot).with(&to_slot).read(&app.store).await?;
        let proven = who.proven();
        let holds = got.get(&from_slot)?.is_some_and(|from| from.is_global_admin(&proven));
        let to = got.get(&to_slot)?;
        let receives = to.as_ref().is_some_and(|to| to.is_global_admin(&proven));
        let by = who.acting_as(to.iter().flat_map(Account::global_administrators));
        let by = side(by, holds, receives).ok_or(Code::NotAllowed)?;
        let to = to.ok_or(Code::NoSuchAccount)?;

        let now = app.now();
        let step = activation.remap(by, &account, &to.name, "", now).map_err(refused)?;
        let mut also = Write::new();
        also.check_version("account", &app.store, &to_slot, to.version);
        match app.store.write_step(&step, around.head.as_ref(), now, &app.policy.links, also).await {
            Ok(()) => return Ok(ok(&remapped(step.after()).ok_or(Code::Internal)?)),
            Err(Failed::Lost(_)) => {}
            Err(Failed::Error(error)) => return Err(error.into()),
        }
    }
    Err(Code::Busy.into())
}

fn remapped(activation: &Activation) -> Option<Remapped> {
    let State::Activated(in_use) = &activation.state else { return None };
    let proposed = in_use.remap.as_ref().map(|remap| remap.account_name.clone());
    Some(Remapped { done: proposed.is_none(), account_name: proposed.unwrap_or_else(|| in_use.account_name.clone()) })
}
